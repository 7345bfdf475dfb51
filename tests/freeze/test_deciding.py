from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from freeze.debs import deb
from freeze.world import World, sdist, sha256, wheel
from lading.errors import FreezeError, Location
from lading.freeze.deciding import place
from lading.grammar.path import ProjectPath
from lading.image import steps
from lading.info import (
    CopyFiles,
    ImageInfo,
    InstallPython,
    InstallSystem,
    RunCommand,
    RunScript,
    SetEnv,
)
from lading.lock.model import Distribution

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = b"#!/bin/sh\necho a\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(root=tmp_path.resolve())
    world.write({"a.py": "a", "setup.sh": SCRIPT, "ours-1.0-py3-none-any.whl": b"wheel"})
    return world


def decide(world: World, source: str, *distributions: Distribution, **names: object) -> ImageInfo:
    image = world.image(source, **names)
    world.lock(image, *distributions)
    freezer = world.freezer()
    return freezer.decide(image, platform="linux/amd64", project=world.project).info


def test_steps_keep_their_order_around_commands(world: World) -> None:  # CASES R37
    info = decide(
        world,
        """(
    Image()
    .env(A="1")
    .build_include("a.py")
    .python_packages("torch")
    .system_packages("curl")
    .run("one")
    .python_packages("flash-attn")
    .run_script("setup.sh")
    .env(B="2")
)""",
        wheel("torch", "2.1"),
        wheel("flash-attn", "2.0", group=2),
    )
    assert [type(step) for step in info.steps] == [
        *(InstallSystem, InstallPython, CopyFiles, SetEnv, RunCommand),
        *(InstallPython, RunScript, SetEnv),
    ]
    assert [step.at for step in info.steps] == [
        (f"service.py:{line}",) for line in (8, 7, 6, 5, 9, 10, 11, 12)
    ]
    installs = [step for step in info.steps if isinstance(step, InstallPython)]
    assert [[one.name for one in step.distributions] for step in installs] == [
        ["torch"],
        ["flash-attn"],
    ]


def test_system_packages_of_one_span_are_one_sorted_step(world: World) -> None:
    info = decide(world, 'Image().system_packages("zlib1g").system_packages("curl", "zlib1g")')
    debs = (deb("curl", suite="trixie"), deb("zlib1g", suite="trixie"))
    step = InstallSystem(packages=("curl", "zlib1g"), debs=debs, at=("service.py:3",))
    assert info.steps == (step,)


def test_nothing_of_python_comes_where_none_is_asked_for(world: World) -> None:
    info = decide(world, 'Image(distro="ubuntu:24.04").run("true")')
    assert (info.venv, info.tools, info.interpreter_packages) == (None, (), ())


@pytest.mark.parametrize(
    ("arguments", "packages"),
    [
        ('distro="ubuntu:24.04"', ("python3.12",)),
        ('distro="ubi9"', ("python3.12",)),
        ('distro="amazonlinux:2023"', ("python3.13",)),
        ('distro="debian:bookworm"', ()),
        ('distro="alpine:3.20"', ()),
        ('"example.test/base:1", distro="debian:bookworm"', ("python3.11",)),
        ('"example.test/mirror/python:3.11-slim-bookworm"', ()),
    ],
)
def test_the_interpreter_comes_where_the_base_may_have_none(
    world: World, arguments: str, packages: tuple[str, ...]
) -> None:
    info = decide(world, f'Image({arguments}).python_packages("six")', wheel("six", "1"))
    assert info.interpreter_packages == packages


def test_a_compiled_package_sees_the_variables_before_it(world: World) -> None:
    info = decide(
        world,
        'Image().env(A="1").run("x").env(B="2").python_packages("p").run("y").env(C="3")',
        sdist("p", "1"),
    )
    (install,) = [step for step in info.steps if isinstance(step, InstallPython)]
    assert install.environment == (("A", "1"), ("B", "2"))


def test_of_settings_with_one_value_the_last_counts(world: World) -> None:
    info = decide(
        world,
        """(
    Image().workdir("/a").workdir("/b").user(1).user(2, group=3, name="x")
    .cmd("a").cmd("b").entrypoint("c").stop_signal("SIGINT").stop_signal("SIGTERM")
    .volume("/d", "/e").volume("/d").expose(80).expose("80/tcp", "53/udp")
    .label(a="1").label(a="2", b="3").healthcheck("a").healthcheck("b", retries=2)
)""",
    )
    config = info.config
    assert config.workdir == "/b"
    assert (config.user.uid, config.user.gid, config.user.home) == (2, 3, "/home/x")
    assert (config.entrypoint, config.cmd) == (("c",), ("b",))
    assert config.stop_signal == "SIGTERM"
    assert config.volumes == ("/d", "/e")
    assert config.ports == ("80/tcp", "53/udp")
    labels = dict(config.labels)
    assert (labels["a"], labels["b"]) == ("2", "3")
    assert labels["org.opencontainers.image.base.digest"].startswith("sha256:")
    assert config.healthcheck is not None
    assert (config.healthcheck.argv, config.healthcheck.retries) == (("b",), 2)
    lines = {name: [place.rpartition(":")[2] for place in at] for name, at in config.at}
    assert lines == {
        **{key: ["4"] for key in ("user", "workdir")},
        **{key: ["5"] for key in ("entrypoint", "cmd", "stop_signal")},
        **{key: ["6"] for key in ("ports", "volumes")},
        **{key: ["7"] for key in ("labels", "healthcheck")},
    }


def test_where_a_setting_is_written_is_no_part_of_the_key(world: World) -> None:
    first = decide(world, 'Image().cmd("a").expose(80)')
    second = decide(world, '(\n\nImage()\n.cmd("a")\n.expose(80))')
    assert first.config.at != second.config.at
    assert first.key == second.key


@pytest.mark.parametrize("setting", ["workdir", "volume"])
def test_the_users_folders_are_not_in_the_environment(world: World, setting: str) -> None:
    place = "/opt/venv/lib/python3.11/site-packages/p"
    source = f'Image().python_packages("p").{setting}("{place}")'
    with pytest.raises(FreezeError) as caught:
        decide(world, source, wheel("p", "1"))
    (problem,) = caught.value.problems
    assert problem.message == f"{place} is in /opt/venv, where the Python packages are"
    assert problem.location is not None
    assert decide(world, f'Image().{setting}("{place}")').venv is None


def test_files_go_to_the_last_working_directory(world: World) -> None:
    info = decide(
        world, 'Image().build_include("a.py").workdir("/srv").build_include("*.sh", to="/x")'
    )
    copies = [step for step in info.steps if isinstance(step, CopyFiles)]
    assert [(one.source, one.destination) for one in copies] == [
        ("files/1.1", "/srv"),
        ("files/1.2", "/x"),
    ]


def test_of_two_files_at_one_place_the_later_call_decides(world: World) -> None:
    world.write({"a/conf": "one", "b/conf": "two"})
    info = decide(
        world, 'Image().build_include("a/conf", to="/x").build_include("b/conf", to="/x")'
    )
    copies = [step for step in info.steps if isinstance(step, CopyFiles)]
    assert [step.files[0].sha256 for step in copies] == [sha256(b"one"), sha256(b"two")]


@pytest.mark.parametrize("name", ["setup.sh", "my setup, old.sh", "setup", "déjà.sh", "a.s h"])
def test_a_script_is_named_by_what_it_holds(world: World, name: str) -> None:  # CASES R45
    world.write({name: SCRIPT.replace(b"\n", b"\r\n")})
    image = world.image(f"Image().run_script({name!r})")
    world.lock(image)
    info = world.freeze(image)
    (step,) = info.steps
    assert isinstance(step, RunScript)
    assert step.script.path.startswith(f"scripts/{sha256(SCRIPT)[:16]}")
    frozen = world.target / step.script.path
    assert frozen.read_bytes() == SCRIPT
    assert frozen.stat().st_mode & 0o777 == stat.S_IRWXU | 0o055


def test_all_that_is_wrong_is_said_at_once_with_its_lines(world: World) -> None:
    world.write({"requirements.txt": "--find-links .\nours\n"})
    with pytest.raises(FreezeError) as refused:
        decide(
            world,
            """(
    Image()
    .build_include("nothing.py")
    .run_script("a.py")
    .env(PATH="bin:$PATH")
    .build_include("a.py")
    .run_script("gone.sh")
    .requirements_file("requirements.txt")
)""",
            Distribution(
                name="ours",
                version="1.0",
                kind="file",
                url="ours-1.0-py3-none-any.whl",
                hashes=(f"sha256:{sha256(b'another')}",),
            ),
        )
    found = [(one.location.line, one.message) for one in refused.value.problems if one.location]
    assert found == [
        (5, "the project has no nothing.py"),
        (6, "the script a.py does not begin with a #! line"),
        (7, "PATH has the entry 'bin', which is no absolute path"),
        (9, "the project has no gone.sh"),
        (10, "ours-1.0-py3-none-any.whl is not the file that was locked"),
    ]


def test_a_wheel_of_the_project_must_be_the_one_that_was_locked(world: World) -> None:
    wheel_of_ours = Distribution(
        name="ours",
        version="1.0",
        kind="file",
        url="ours-1.0-py3-none-any.whl",
        hashes=(f"sha256:{sha256(b'another')}",),
    )
    world.write({"requirements.txt": "--find-links .\nours\n"})
    with pytest.raises(FreezeError, match="is not the file that was locked") as refused:
        decide(world, 'Image().requirements_file("requirements.txt")', wheel_of_ours)
    assert refused.value.problems[0].location is not None


# Without the lock.


def unlocked(world: World, steps: str) -> InstallPython:
    info = decide(world, f"Image(lock_python_packages=False){steps}")
    assert ImageInfo.from_json(info.to_json()) == info
    (install,) = [step for step in info.steps if isinstance(step, InstallPython)]
    return install


def test_unlocked_requirements_stand_as_they_were_written(world: World) -> None:
    world.write({"requirements.txt": f"six>=1  --hash=sha256:{'a' * 64}\n"})
    install = unlocked(
        world, '.python_packages("pandas[all]>=2").requirements_file("requirements.txt")'
    )
    assert install.requirements == ("pandas[all]>=2", f"six>=1 --hash=sha256:{'a' * 64}")
    assert install.distributions == ()


def test_unlocked_files_and_repositories_come_with_the_build(world: World) -> None:  # CASES R39
    install = unlocked(
        world,
        '.python_packages("./ours-1.0-py3-none-any.whl", '
        '"theirs @ git+ssh://git@git.example.test/t.git@v1#subdirectory=py")',
    )
    ours, theirs = install.distributions
    assert (ours.kind, ours.hashes) == ("file", (f"sha256:{sha256(b'wheel')}",))
    assert (theirs.url, theirs.revision) == ("ssh://git@git.example.test/t.git", "v1")
    assert (theirs.commit, theirs.subdirectory) == (None, "py")
    assert install.requirements == ("ours==1.0", "theirs")


def test_unlocked_folders_of_wheels_come_with_the_build(world: World) -> None:  # CASES R39
    world.write(
        {
            "requirements.txt": "--find-links wheels\nours\n",
            "wheels/ours-2.0-py3-none-any.whl": b"other wheel",
            "wheels/README": "",
        }
    )
    install = unlocked(world, '.requirements_file("requirements.txt")')
    assert install.requirements == ("ours",)
    assert [one.url for one in install.distributions] == ["wheels/ours-2.0-py3-none-any.whl"]


@pytest.mark.parametrize(
    ("requirement", "message"),
    [
        ("./gone-1.0-py3-none-any.whl", "the project has no gone-1.0-py3-none-any.whl"),
        ("git+https://git.example.test/team/t.git", "can't be installed without the lock"),
    ],
)
def test_what_an_unlocked_build_can_not_have_is_refused_with_its_line(
    world: World, requirement: str, message: str
) -> None:
    with pytest.raises(FreezeError, match=message) as refused:
        unlocked(world, f".python_packages({requirement!r}, {requirement!r})")
    assert all(one.location and one.location.line == 3 for one in refused.value.problems)


# Places.


def test_a_place_is_a_path_in_the_project_or_a_name(world: World) -> None:
    project = world.project
    world.write({"deep/service.py": "", "service.py": ""})
    link = world.root / "link"
    link.symlink_to(project)
    inside = Location(str(project / "deep" / "service.py"), 3)
    assert place(inside, project) == "deep/service.py:3"
    assert place(Location(str(link / "service.py"), 3), project) == "service.py:3"
    assert place(Location("/home/alice/shared/images.py", 3), project) == "images.py:3"
    assert place(Location("../alice/service.py", 3), project) == "service.py:3"
    assert place(Location("deep/service.py", 3), project) == "deep/service.py:3"
    assert place(Location("<stdin>", 3), project) == "<stdin>:3"


def test_path_grows_with_each_call(world: World) -> None:
    info = decide(world, 'Image().env(PATH="/a:$PATH").env(PATH="/b:${PATH}", A="1").env(A="2")')
    (step,) = info.steps
    assert isinstance(step, SetEnv)
    assert dict(step.variables) == {"PATH": "/b:/a:$PATH", "A": "2"}


def test_a_home_of_the_users_own_stays(world: World) -> None:
    info = decide(world, 'Image().env(HOME="/data")')
    assert "HOME=/data" in info.dockerfile
    assert "HOME=/home" not in info.dockerfile


def test_a_text_is_a_file_of_the_working_directory(world: World) -> None:
    source = 'Image().workdir("/srv")._add(steps.TextFile(path=path, text="ü\\n", location=place))'
    names = {"path": ProjectPath.parse("a/b.py"), "place": Location("service.py", 3)}
    info = decide(world, source, steps=steps, **names)
    (step,) = info.steps
    assert isinstance(step, CopyFiles)
    (file,) = step.files
    assert (step.destination, file.path, file.sha256) == ("/srv", "a/b.py", sha256("ü\n".encode()))
