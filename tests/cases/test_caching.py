"""R35 to R42: a change makes new only what it concerns, and nothing is left behind."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cases.frozen import arguments, commands, decide, frozen, instructions, runs
from dockerfile.parseback import argv, directives
from freeze.world import World, sdist, sha256, tree, wheel
from lading import Image, process
from lading.info import InstallPython, RunCommand
from lading.lock.model import Distribution

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICE = """(
    Image(distro="debian:bookworm")
    .system_packages("curl")
    .python_packages("six", "old")
    .run("true")
    .python_packages("seven")
    .run_script("set-up.sh")
    .build_include("server.py", "data")
    .env(MODE="one")
    .cmd("python", "server.py")
)"""
FILES = {"set-up.sh": "#!/bin/sh\necho one\n", "server.py": "one", "data/x": "x"}
NO_ISOLATION = "--no-build-isolation"
LOCKED = (wheel("six", "1.0"), sdist("old", "1.0"), wheel("seven", "1.0", group=2))


def service(root: Path, source: str = SERVICE, name: str = "project") -> tuple[World, Image]:
    world = World(root=root.resolve(), name=name)
    world.write(FILES)
    image = world.image(source)
    world.lock(image, *LOCKED)
    return world, image


def differing(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_r35_code_is_copied_last_and_alone_is_new(tmp_path: Path) -> None:
    world, image = service(tmp_path)
    info = world.freeze(image)
    before = tree(world.target)
    world.write({"server.py": "two"})
    world.freeze(image)
    changed = differing(before, tree(world.target))
    assert changed - {"image.json"} == {one for one in changed if one.endswith("/server.py")}
    kinds = [one.kind for one in instructions(info)]
    assert "RUN" not in kinds[kinds.index("COPY") :]


def test_r35_a_variable_concerns_only_the_tail(tmp_path: Path) -> None:
    world, image = service(tmp_path)
    before = world.freeze(image).dockerfile.splitlines()
    image = world.image(SERVICE.replace('MODE="one"', 'MODE="two"'))
    after = world.freeze(image).dockerfile.splitlines()
    first = next(at for at, pair in enumerate(zip(before, after, strict=True)) if len({*pair}) > 1)
    assert not [line for line in before[first:] if line.startswith(("RUN", "COPY"))]


def test_r35_one_package_concerns_its_installation_and_what_follows(tmp_path: Path) -> None:
    world, image = service(tmp_path)
    world.freeze(image)
    before = tree(world.target)
    image = world.image(SERVICE.replace('"seven"', '"seven", "eight"'))
    world.lock(image, *LOCKED, wheel("eight", "1.0", group=2))
    world.freeze(image)
    changed = differing(before, tree(world.target))
    assert not [name for name in changed if name.startswith(("files", "scripts", "sources"))]
    lists = [name for name in changed if "requirements" in name]
    assert len(lists) == 1
    assert "seven" in (world.target / lists[0]).read_text()


def test_r35_a_script_concerns_its_own_step(tmp_path: Path) -> None:
    world, image = service(tmp_path)
    before = world.freeze(image)
    world.write({"set-up.sh": "#!/bin/sh\necho two\n"})
    after = world.freeze(image)
    one, other = ([(run.flags, run.rest) for run in runs(info)] for info in (before, after))
    (changed,) = [at for at, pair in enumerate(zip(one, other, strict=True)) if len({*pair}) > 1]
    assert "scripts/" in "".join(one[changed][0])


def test_r35_place_time_and_owner_concern_nothing(tmp_path: Path) -> None:
    trees: list[object] = []
    infos = []
    for place, name in (("a", "project"), ("b c@é", "deep/my project")):
        world, image = service(tmp_path / place, name=name)
        for path in world.project.rglob("*"):
            os.utime(path, (len(trees), len(trees)))
        infos.append(world.freeze(image))
        trees.append(tree(world.target))
    assert trees[0] == trees[1]
    assert infos[0].key == infos[1].key


_CHILD = """
import sys
from pathlib import Path
from freeze.world import World
from cases.test_caching import SERVICE
world = World(root=Path(sys.argv[1]))
world.freeze(world.image(SERVICE), Path(sys.argv[2]))
"""


def test_r35_user_host_and_zone_concern_nothing(tmp_path: Path) -> None:
    world, image = service(tmp_path)
    world.freeze(image)
    tests = Path(__file__).parents[1]
    paths = os.pathsep.join(filter(None, (str(tests), str(tests.parent / "src"), *sys.path)))
    for number, zone in enumerate(("Pacific/Kiritimati", "America/Lima")):
        target = tmp_path / f"by-{number}"
        env = {"PYTHONPATH": paths, "TZ": zone, "USER": zone, "HOSTNAME": zone, "HOME": str(target)}
        argv = (sys.executable, "-c", _CHILD, str(world.root), str(target))
        done = process.run(argv, env=env, timeout=60)
        assert done.returncode == 0, done.stderr
        assert tree(target) == tree(world.target)


def test_r36_images_of_one_base_do_not_meet(world: World) -> None:
    base = world.image('Image().python_packages("six").env(A="1")')
    before = repr(base)
    one = base.env(B="1").run("one")
    two = base.env(C="1").run("two")
    assert repr(base) == before
    for image, other in ((one, "two"), (two, "one")):
        assert f"command='{other}'" not in repr(image.steps)
        text = decide(world, image, wheel("six", "1.0")).dockerfile
        assert f"; {other}" not in text


def test_r36_what_a_user_hands_in_stays_as_it_is(world: World) -> None:
    names, variables, excluded = ["curl"], {"A": "1"}, ["*.tmp"]
    image = Image().system_packages(debian=names).env(variables)
    image = image.build_include("x", exclude=excluded)
    names.append("wget")
    variables["B"] = "2"
    excluded.append("*.py")
    assert "wget" not in repr(image)
    assert "'B'" not in repr(image)
    assert "*.py" not in repr(image)
    plain = world.image('Image().run("true")')
    world.lock(plain)
    before = repr(plain)
    world.freeze(plain)
    assert repr(plain) == before


def test_r37_python_command_python_command_stay_in_that_order(world: World) -> None:
    info = frozen(
        world,
        """(
    Image().python_packages("torch").run("first").python_packages("flash-attn").run("second")
)""",
        wheel("torch", "2.1"),
        wheel("flash-attn", "2.0", group=2),
    )
    order = [
        step.command if isinstance(step, RunCommand) else step.distributions[0].name
        for step in info.steps
        if isinstance(step, RunCommand | InstallPython)
    ]
    assert order == ["torch", "first", "flash-attn", "second"]
    text = commands(info)
    places = [
        next(at for at, one in enumerate(text) if found in one)
        for found in ("uv venv", "; first", "requirements.txt", "; second")
    ]
    installs = [at for at, one in enumerate(text) if "pip install" in one]
    assert len(installs) == 2
    assert installs[0] < places[1] < installs[1] < places[3]


def test_r38_another_base_keeps_the_steps_and_makes_one_environment(world: World) -> None:
    world.write(FILES)
    image = world.image(SERVICE.replace('.system_packages("curl")', ""))
    other = image.replace(base_image="example.test/own:1", lock_python_packages=True)
    assert other.steps == image.steps
    assert other.lock_python_packages == image.lock_python_packages
    text = "\n".join(commands(decide(world, other, *LOCKED)))
    assert text.count("uv venv") == 1
    assert "source=scripts/" in decide(world, other, *LOCKED).dockerfile
    unlocked = image.replace(lock_python_packages=False).replace(base_image="example.test/own:1")
    assert not unlocked.lock_python_packages


@pytest.mark.parametrize("locked", [True, False])
def test_r39_a_wheel_of_the_project_is_there_when_it_is_installed(
    world: World, *, locked: bool
) -> None:
    content = b"a wheel"
    name = "ours-1.0-py3-none-any.whl"
    world.write({f"wheels/{name}": content})
    image = world.image(f'Image(lock_python_packages={locked}).python_packages("wheels/{name}")')
    ours = Distribution(
        name="ours",
        version="1.0",
        kind="file",
        url=f"wheels/{name}",
        hashes=(f"sha256:{sha256(content)}",),
    )
    world.lock(image, *([ours] if locked else []))
    info = world.freeze(image)
    (found,) = world.target.rglob(name)
    assert found.read_bytes() == content
    (install,) = [run for run in runs(info) if "pip install" in run.rest]
    folder = found.relative_to(world.target).parent.as_posix()
    assert any(f"source={folder}," in flag for flag in install.flags)


@pytest.mark.parametrize("distro", ["debian:bookworm", "alpine:3.20", "ubi9"])
def test_r40_no_tree_is_walked_and_no_tool_or_cache_is_left(world: World, distro: str) -> None:
    world.write(FILES)
    info = frozen(world, SERVICE.replace("debian:bookworm", distro), *LOCKED)
    text = info.dockerfile
    assert not re.search(r"ch(?:own|mod) +(?:-[A-Za-z]* +)*(?:-[a-zA-Z]*R|--recursive)", text)
    last = text[text.rindex("\nFROM ") :]
    assert "pip install" in last
    assert not re.search(r"build-essential|build-base|\bgcc\b|\buv build\b", last)
    assert re.search(r"build-essential|build-base|\bgcc\b|apt/build\.versions", text)
    for line in re.findall(r"^RUN (?:.*\\\n)*.*$", last, re.MULTILINE):
        if "/run/uv" in line:
            cache = re.search(r"UV_CACHE_DIR=(\S+)", line)
            assert cache
            assert re.search(rf"type=cache,[^ ]*target={cache[1]}\b", line)


@pytest.mark.parametrize("user", ["", ".user(1001)"])
def test_r41_a_cache_has_a_name_and_a_lock_and_is_roots(world: World, user: str) -> None:
    world.write(FILES)
    info = frozen(world, SERVICE.replace('.env(MODE="one")', user), *LOCKED)
    caches = {flag for run in runs(info) for flag in run.flags if "type=cache" in flag}
    assert len(caches) >= 2
    for flag in caches:
        assert re.search(r"\bid=lading-[a-z0-9-]*amd64\b", flag)
        assert "sharing=locked" in flag
    # Every step runs as root, so that no cache needs another owner.
    first, *_ = instructions(info, "USER", "RUN")
    assert (first.kind, first.rest) == ("USER", "0")


def test_r41_debian_keeps_its_archives_only_in_the_step_that_has_the_cache(world: World) -> None:
    info = frozen(world, 'Image().system_packages("curl").run("true")')
    assert not [one for one in commands(info) if "/etc/apt" in one]
    (install,) = [one for one in commands(info) if "apt-get" in one]
    assert "Keep-Downloaded-Packages=true" in install


@pytest.mark.parametrize("distro", ["debian:bookworm", "alpine:3.20"])
def test_r42_a_directive_would_be_the_first_byte(world: World, distro: str) -> None:
    world.write(FILES)
    text = frozen(world, SERVICE.replace("debian:bookworm", distro), *LOCKED).dockerfile
    if directives(text):
        assert text.startswith("# syntax=")
    assert not re.search(r"(?m)\A(?:.*\n)+#\s*(?:syntax|escape|check)\s*=", text)


def test_r35_the_command_comes_last(world: World) -> None:
    world.write(FILES)
    info = frozen(world, SERVICE, *LOCKED)
    assert arguments(info, "CMD") == ("python", "server.py")
    assert instructions(info)[-1].kind == "CMD"


def test_r37_what_needs_no_isolation_is_compiled_among_what_came_before(world: World) -> None:
    info = frozen(
        world,
        'Image().python_packages("torch").run("true").python_packages("flash-attn", "ninja", '
        'no_binary=["flash-attn"], no_build_isolation=["flash-attn"])',
        wheel("torch", "2.1"),
        wheel("ninja", "1.0", group=2),
        sdist("flash-attn", "2.0", group=2),
    )
    stages: dict[str, list[str]] = {}
    for one in instructions(info):
        if one.kind == "FROM":
            words = one.rest.split()
            below = stages.get(words[0], [])
            name = words[-1]
            stages[name] = list(below)
        elif one.kind == "RUN":
            stages[name].append(argv(one.rest)[2])
    (compiled,) = [one for one in stages.values() if any(NO_ISOLATION in run for run in one)]
    before = compiled[: next(at for at, run in enumerate(compiled) if NO_ISOLATION in run)]
    # Both installations are there: torch's, and that of what comes beside flash-attn.
    assert len([run for run in before if "pip install" in run]) == 2
    image = stages[name]
    assert not [run for run in image if NO_ISOLATION in run]
    assert "flash-attn==2.0" in image[-1]
