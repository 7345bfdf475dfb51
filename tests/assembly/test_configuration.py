from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import pytest
from hypothesis import given

from assembly.tiny import image_info
from freeze.world import wheel
from lading.assembly.configuring import execution
from lading.assembly.environment import variables
from lading.dockerfile import instructions as docker
from lading.dockerfile.lower import lower
from lading.info import Config, Healthcheck, InstallPython, SetEnv, User
from lading.oci.config import Execution
from lading.oci.config import Healthcheck as Checked

if TYPE_CHECKING:
    from lading.info import ImageInfo, Step

WHEEL = wheel("six", "1.16.0")
BASE = ("PATH=/usr/bin:/bin", "LANG=C.UTF-8")
ACCOUNT = ("HOME=/home/lading", "USER=lading")


def env(*pairs: tuple[str, str]) -> SetEnv:
    return SetEnv(variables=pairs)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((), ("PATH=/usr/bin:/bin", "LANG=C.UTF-8")),
        ((env(("LANG", "de"), ("A", "$B")),), ("PATH=/usr/bin:/bin", "LANG=de", "A=$B")),
        (
            (InstallPython(), env(("PATH", "/x:$PATH"))),
            ("PATH=/x:/opt/venv/bin:/usr/bin:/bin", "LANG=C.UTF-8"),
        ),
        (
            (env(("PATH", "$PATH:/x")), InstallPython()),
            ("PATH=/opt/venv/bin:/usr/bin:/bin:/x", "LANG=C.UTF-8"),
        ),
        (
            (InstallPython(), env(("PATH", "/only"))),
            ("PATH=/opt/venv/bin:/only", "LANG=C.UTF-8"),
        ),
    ],
)
def test_variables_are_as_docker_merges_them(
    steps: tuple[Step, ...], expected: tuple[str, ...]
) -> None:
    venv = "/opt/venv" if any(isinstance(step, InstallPython) for step in steps) else None
    assert variables(image_info(*steps, venv=venv), BASE) == (*expected, *ACCOUNT)


def test_a_base_without_a_path_gets_the_usual_one() -> None:
    found = variables(image_info(env(("PATH", "/x:$PATH"))), ("A=1",))
    assert found[:2] == (
        "A=1",
        "PATH=/x:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    )


def test_who_sets_home_and_user_keeps_them() -> None:
    found = variables(image_info(env(("HOME", "/h"), ("USER", "me"))), ())
    assert found[1:] == ("HOME=/h", "USER=me")


def test_an_entrypoint_drops_the_command_of_the_base() -> None:
    base = Execution(cmd=("python3",), entrypoint=("/init",))
    kept = execution(image_info(), base, "oci")
    dropped = execution(image_info(config=Config(entrypoint=("serve",))), base, "oci")
    both = execution(image_info(config=Config(entrypoint=(), cmd=("x",))), base, "oci")
    assert (kept.entrypoint, kept.cmd) == (("/init",), ("python3",))
    assert (dropped.entrypoint, dropped.cmd) == (("serve",), ())
    assert (both.entrypoint, both.cmd) == ((), ("x",))


def test_what_the_base_has_is_added_to() -> None:
    base = Execution(ports=("80/tcp",), volumes=("/old",), labels=(("a", "1"), ("b", "2")))
    config = Config(
        user=User(uid=7, gid=8), ports=("53/udp",), volumes=("/new",), labels=(("b", "3"),)
    )
    found = execution(image_info(config=config), base, "oci")
    assert found.user == "7:8"
    assert found.ports == ("53/udp", "80/tcp")
    assert found.volumes == ("/new", "/old")
    assert found.labels == (("a", "1"), ("b", "3"))
    assert found.working_dir == "/app"


def test_a_healthcheck_is_there_in_dockers_vocabulary_only() -> None:
    check = Healthcheck(argv=("ok",), interval="1m30s", timeout="500ms", retries=2)
    info = image_info(config=Config(healthcheck=check))
    assert execution(info, Execution(), "oci").healthcheck is None
    assert execution(info, Execution(), "docker").healthcheck == Checked(
        test=("CMD", "ok"), interval=90_000_000_000, timeout=500_000_000, retries=2
    )


def performed(info: ImageInfo, base: Execution) -> Execution:  # noqa: C901 - a closed set
    """What docker makes of the Dockerfile's words, one after the other."""
    env = {name: value for name, _, value in (word.partition("=") for word in base.env)}
    found = base
    for one in lower(info):
        match one:
            case docker.Env(variables=pairs):
                env |= dict(pairs)
            case docker.PathEnv(before=before, inherited=inherited, after=after):
                env["PATH"] = ":".join((*before, *([env["PATH"]] if inherited else []), *after))
            case docker.Label(pairs=pairs):
                found = replace(
                    found, labels=tuple(sorted({**dict(found.labels), **dict(pairs)}.items()))
                )
            case docker.Expose(ports=ports):
                found = replace(found, ports=tuple(sorted({*found.ports, *ports})))
            case docker.Volume(paths=paths):
                found = replace(found, volumes=tuple(sorted({*found.volumes, *paths})))
            case docker.StopSignal(signal=signal):
                found = replace(found, stop_signal=signal)
            case docker.User(user=user):
                found = replace(found, user=user)
            case docker.Workdir(path=path):
                found = replace(found, working_dir=path)
            case docker.Entrypoint(argv=argv):
                found = replace(found, entrypoint=argv, cmd=())
            case docker.Cmd(argv=argv):
                found = replace(found, cmd=argv)
            case _:
                pass
    return replace(found, env=tuple(f"{name}={value}" for name, value in env.items()))


VALUES = st.text("ab$ \\'\"=:{}PATH", max_size=12)
FOLDERS = st.sampled_from(["/a", "/b/c", "$PATH", "${PATH}", "/opt/venv/bin", ""])
PATHS = st.lists(FOLDERS, min_size=1, max_size=5).map(":".join)
PAIRS = st.one_of(
    st.tuples(st.sampled_from(["A", "B", "LANG", "HOME", "USER"]), VALUES),
    st.tuples(st.just("PATH"), PATHS),
)
ENVS = st.lists(PAIRS, min_size=1, max_size=4, unique_by=lambda pair: pair[0]).map(
    lambda pairs: SetEnv(variables=tuple(pairs))
)
WORDS = st.one_of(st.none(), st.lists(VALUES, max_size=3).map(tuple))


@given(
    st.lists(ENVS, max_size=3),
    st.integers(0, 3),
    WORDS,
    WORDS,
    st.lists(st.sampled_from(["80/tcp", "53/udp"]), unique=True),
)
def test_it_is_what_the_dockerfile_says(
    envs: list[SetEnv],
    place: int,
    entrypoint: tuple[str, ...] | None,
    cmd: tuple[str, ...] | None,
    ports: list[str],
) -> None:
    steps: list[Step] = [*envs[:place], InstallPython(distributions=(WHEEL,)), *envs[place:]]
    config = Config(entrypoint=entrypoint, cmd=cmd, ports=tuple(ports), volumes=("/data",))
    info = image_info(*steps, venv="/opt/venv", config=config)
    base = Execution(
        env=BASE, cmd=("python3",), entrypoint=("/init",), ports=("80/tcp",), labels=(("a", "1"),)
    )
    assert execution(info, base, "oci") == performed(info, base)
