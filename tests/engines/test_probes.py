"""Probes against small scripts in the place of engines, since a broken engine must be made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading.engines import engines
from lading.engines.engine import Availability, ask, version_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lading.engines import BuildRequest, Engine

    AddProgram = Callable[[str, str], Path]

OLD_CLIENT = "Docker version 20.10.24+dfsg1, build 297e128"
NEW_CLIENT = "Docker version 28.2.2, build e6534b4"
NO_DAEMON = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."


def engine(name: str) -> Engine:
    return next(engine for engine in engines() if engine.name == name)


def docker_script(
    client: str, *, server: str | None = "27.0.3", buildx: str | None = None, inspect: str = "Name:"
) -> str:
    """A docker client: what it says of itself, of its daemon, and of its plugin."""
    daemon = f"echo '{server}'" if server else f'echo "{NO_DAEMON}" >&2; exit 1'
    plugin = f"echo '{buildx}'" if buildx else "echo 'docker: unknown command' >&2; exit 1"
    return (
        'case "$*" in\n'
        f"--version) echo '{client}' ;;\n"
        f"'version --format '*) {daemon} ;;\n"
        f"'buildx version') {plugin} ;;\n"
        f"'buildx inspect') echo '{inspect}' ;;\n"
        "*) exit 64 ;;\nesac"
    )


@pytest.mark.parametrize("name", [engine.name for engine in engines()])
def test_a_machine_without_engines_gets_a_reason_and_a_hint_from_each(
    environment: dict[str, str], name: str
) -> None:
    found = engine(name).probe(environment)
    assert not found.usable
    assert found.reason
    assert found.hint
    assert "install" in found.hint


def test_a_docker_before_23_has_buildkit_in_it(
    program: AddProgram, environment: dict[str, str]
) -> None:
    program("docker", docker_script(OLD_CLIENT, server="20.10.24+dfsg1"))
    found = engine("docker").probe(environment)
    assert found == Availability(usable=True, version="20.10.24+dfsg1")


def test_a_newer_docker_needs_the_buildx_plugin(
    program: AddProgram, environment: dict[str, str]
) -> None:
    program("docker", docker_script(NEW_CLIENT))
    assert engine("docker").probe(environment) == Availability(
        usable=False,
        version="28.2.2",
        reason="docker 28.2.2 can use BuildKit only through its buildx plugin, which is missing",
        hint="install the package docker-buildx-plugin, or docker-buildx as some distributions "
        "call it",
        classic=True,
    )


def test_a_newer_docker_with_the_plugin_can_serve(
    program: AddProgram, environment: dict[str, str]
) -> None:
    program("docker", docker_script(NEW_CLIENT, buildx="github.com/docker/buildx v0.24.0 x"))
    assert engine("docker").probe(environment).usable
    assert engine("buildx").probe(environment) == Availability(usable=True, version="0.24.0")


def test_the_docker_that_can_use_buildkit_is_taken_wherever_it_is_on_path(
    program: AddProgram,
    environment: dict[str, str],
    tmp_path: Path,
    request_for: Callable[..., BuildRequest],
) -> None:
    capable = program("docker", docker_script(OLD_CLIENT)).rename(tmp_path / "docker")
    program("docker", docker_script(NEW_CLIENT))
    environment["PATH"] += f":{tmp_path}"
    assert engine("docker").probe(environment).usable
    build, push = engine("docker").commands(request_for(tags=("a",), push=True), environment)
    assert (build.argv[0], push.argv[0]) == (str(capable), str(capable))


def test_a_docker_without_a_daemon_says_so_in_its_own_words(
    program: AddProgram, environment: dict[str, str]
) -> None:
    program("docker", docker_script(OLD_CLIENT, server=None))
    assert engine("docker").probe(environment) == Availability(
        usable=False, reason=NO_DAEMON, hint="start the docker daemon, or set DOCKER_HOST"
    )


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (docker_script("Docker version 19.03.1, build 0"), "docker 19.03.1 is older than 20.10"),
        (docker_script(OLD_CLIENT, server="4.3.1"), "its daemon is version 4.3.1, older than"),
        ("echo podman version 4.3.1", "this docker is podman under another name"),
        ("exit 2", "exit code 2"),
    ],
)
def test_a_docker_that_is_old_or_none_at_all_is_refused(
    program: AddProgram, environment: dict[str, str], script: str, reason: str
) -> None:
    program("docker", script)
    found = engine("docker").probe(environment)
    assert not found.usable
    assert reason in str(found.reason)


def test_a_docker_built_from_source_has_no_number_and_counts_as_new(
    program: AddProgram, environment: dict[str, str]
) -> None:
    program("docker", docker_script("Docker version dev, build unknown", server="dev"))
    assert engine("docker").probe(environment).usable


def test_buildx_whose_builder_is_unreachable_cannot_serve_though_it_exits_with_0(
    program: AddProgram,
    environment: dict[str, str],
) -> None:
    inspect = "Name: far\nNodes:\nError:    cannot reach tcp://far.example.test:2376"
    program("docker", docker_script(NEW_CLIENT, buildx="buildx v0.24.0", inspect=inspect))
    found = engine("buildx").probe(environment)
    assert found.reason == "cannot reach tcp://far.example.test:2376"
    assert found.version == "0.24.0"


@pytest.mark.parametrize("name", ["podman", "buildah"])
def test_podman_and_buildah_need_a_storage_that_they_may_use(
    program: AddProgram, environment: dict[str, str], name: str
) -> None:
    program(name, f'[ "$1" = info ] || echo {name} version 4.3.1')
    assert engine(name).probe(environment) == Availability(usable=True, version="4.3.1")
    program(name, f'[ "$1" = info ] && {{ echo no namespaces >&2; exit 125; }}; echo {name} 5.0')
    assert engine(name).probe(environment) == Availability(
        usable=False,
        version="5.0",
        reason="no namespaces",
        hint=f"make this work first: {name} info",
    )


def test_buildctl_needs_a_daemon(program: AddProgram, environment: dict[str, str]) -> None:
    version = "echo buildctl github.com/moby/buildkit v0.12.5 abc"
    program("buildctl", version)
    assert engine("buildctl").probe(environment) == Availability(usable=True, version="0.12.5")
    program("buildctl", f'[ "$1" = debug ] && {{ echo no socket >&2; exit 1; }}; {version}')
    found = engine("buildctl").probe(environment)
    assert (found.usable, found.reason) == (False, "no socket")
    assert "BUILDKIT_HOST" in str(found.hint)


def test_nerdctl_needs_containerd_buildctl_and_buildkitd(
    program: AddProgram, environment: dict[str, str]
) -> None:
    nerdctl = engine("nerdctl")
    program("nerdctl", '[ "$1" = info ] && exit 1; echo nerdctl version 1.7.6')
    assert nerdctl.probe(environment).hint == "start containerd"
    program("nerdctl", "echo nerdctl version 1.7.6")
    assert "buildctl" in str(nerdctl.probe(environment).reason)
    program("buildctl", '[ "$2" = tcp://far.example.test ] || exit 1')
    near = {**environment, "BUILDKIT_HOST": "tcp://near.example.test"}
    assert nerdctl.probe(near).reason == "no buildkitd answers"
    far = {**environment, "BUILDKIT_HOST": "tcp://far.example.test"}
    assert nerdctl.probe(far) == Availability(usable=True, version="1.7.6")


def test_nerdctl_finds_the_socket_of_a_rootless_buildkitd(
    program: AddProgram, bin_folder: Path, environment: dict[str, str]
) -> None:
    run = bin_folder.parent / "run"
    socket = run / "buildkit-default" / "buildkitd.sock"
    socket.parent.mkdir(parents=True)
    socket.touch()
    program("nerdctl", "echo nerdctl version 1.7.6")
    program("buildctl", f'[ "$2" = "unix://{socket}" ]')
    environment = {**environment, "XDG_RUNTIME_DIR": str(run)}
    assert engine("nerdctl").probe(environment).usable


def test_a_program_that_hangs_is_an_answer_in_bounded_time(
    program: AddProgram, host_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lading.engines.engine.PROBE_SECONDS", 0.3)
    hanging = str(program("podman", "sleep 60"))
    answer = ask([hanging], host_environment)
    assert not answer.ok
    assert "gave no answer in 0.3 s" in answer.trouble


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Docker version 20.10.24+dfsg1, build 297e128", "20.10.24+dfsg1"),
        ("buildctl github.com/moby/buildkit v0.12.5 bac3f2b6", "0.12.5"),
        ("github.com/docker/buildx v0.11.2-desktop.5 f20ec130", "0.11.2-desktop.5"),
        ("nothing", None),
    ],
)
def test_a_version_is_the_first_number_with_a_point(text: str, version: str | None) -> None:
    assert version_in(text) == version
