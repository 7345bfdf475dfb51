"""R43 to R47: the same context wherever it is made, for whoever builds it."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from dockerfile_parse import DockerfileParser

from building.workshop import PROGRAM
from cases.frozen import decide, frozen, instructions, runs
from dockerfile.parseback import DIALECTS, json_list, parse
from freeze.world import World, sdist, tree, wheel
from lading import Image, process
from lading.distros import SUPPORTED
from lading.errors import FreezeError
from lading.info import CopyFiles
from lock.package_index import sha256_of
from lock.package_index import wheel as wheel_file
from shells import _linter

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICE = """(
    Image(distro=DISTRO)
    .system_packages("curl")
    .env(A="it's $HOME", B='"')
    .python_packages("six", "old")
    .run("for i in 1 2; do\\n  echo $i\\ndone")
    .run_script("set-up.sh", "it's", "a b", secrets=["TOKEN"])
    .build_include("my data", "*.py")
    .label({"org.example.note": 'a "note"'})
    .healthcheck("true")
    .cmd("python", "-m", "x")
)"""
FILES = {"set-up.sh": "#!/bin/sh\necho one\n", "a.py": "", "my data/x y": "x"}
LOCKED = (wheel("six", "1.0"), sdist("old", "1.0"))
RELEASES = [str(distro) for distro in SUPPORTED]

BESIDE = 100_000
SECONDS = 2.0


def service(world: World, distro: str = "debian:bookworm") -> Image:
    world.write(FILES)
    return world.image(SERVICE, DISTRO=distro)


@pytest.mark.parametrize("distro", RELEASES)
def test_r43_a_classic_dockerfile_has_nothing_that_older_builders_do_not_know(
    world: World, distro: str
) -> None:
    source = SERVICE.replace(', secrets=["TOKEN"]', "")
    world.write(FILES)
    image = world.image(source, DISTRO=distro)
    world.lock(image, *LOCKED)
    info = world.freeze(image, dialect="classic")
    text = (world.target / "Dockerfile").read_text()
    unknown = r"--mount|<<|--link|--parents|--chmod|--exclude|^# *syntax"
    assert not re.search(unknown, text, re.MULTILINE)
    assert "pip install" in text
    for dialect in DIALECTS:
        assert parse(text, dialect)[0].kind == "FROM"
    copied = [one for one in parse(text) if one.kind == "COPY" and not one.flags]
    for one in copied:
        words = json_list(one.rest) or tuple(one.rest.split())
        assert (world.target / words[0]).exists(), one.rest
    assert info.key


@pytest.mark.parametrize("distro", RELEASES)
def test_r44_hadolint_has_nothing_to_say(world: World, distro: str) -> None:
    file = world.root / "Dockerfile"
    file.write_text(decide(world, service(world, distro), *LOCKED).dockerfile)
    done = process.run(
        (_linter("hadolint"), "--format", "json", str(file)), env=os.environ, timeout=60
    )
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("distro", RELEASES)
def test_r44_independent_parsers_read_the_same(world: World, distro: str) -> None:
    info = decide(world, service(world, distro), *LOCKED)
    kinds = [[one.kind for one in parse(info.dockerfile, dialect)] for dialect in DIALECTS]
    parser = DockerfileParser(fileobj=BytesIO())
    parser.content = info.dockerfile
    kinds.append(
        [one["instruction"] for one in parser.structure if one["instruction"] != "COMMENT"]
    )
    assert kinds[0] == kinds[1] == kinds[2]
    assert {"FROM", "RUN", "COPY", "ENV", "LABEL", "CMD"} <= set(kinds[0])


@pytest.mark.parametrize("content", [b"#!/bin/sh\r\necho\r\n", b"\xef\xbb\xbf#!/bin/sh\necho\n"])
def test_r45_a_script_from_windows_is_what_a_kernel_starts(world: World, content: bytes) -> None:
    world.write({"set-up.sh": content})
    (world.project / "set-up.sh").chmod(0o644)
    image = world.image('Image().run_script("set-up.sh")')
    world.lock(image)
    world.freeze(image)
    (script,) = (world.target / "scripts").iterdir()
    assert script.read_bytes() == b"#!/bin/sh\necho\n"
    assert script.stat().st_mode & 0o111 == 0o111


@pytest.mark.parametrize("content", [b"echo\n", b"", b"\n#!/bin/sh\n"])
def test_r45_a_script_names_its_interpreter(world: World, content: bytes) -> None:
    world.write({"set-up.sh": content})
    with pytest.raises(FreezeError, match="does not begin with a #! line"):
        frozen(world, 'Image().run_script("set-up.sh")')


def test_r45_a_checkout_with_other_line_ends_gives_the_same_context(tmp_path: Path) -> None:
    trees = []
    for place, newline in (("linux", b"\n"), ("windows", b"\r\n")):
        world = World(root=(tmp_path / place).resolve())
        image = service(world)
        world.lock(image, *LOCKED)
        script = world.project / "set-up.sh"
        script.write_bytes(script.read_bytes().replace(b"\n", newline))
        if place == "windows":  # where files have no such bit
            script.chmod(0o666)
        world.freeze(image)
        trees.append(tree(world.target))
    assert trees[0] == trees[1]


def test_r46_the_context_is_in_the_project_by_default(tmp_path: Path) -> None:
    world = World(root=tmp_path.resolve(), name="my project @ süd")
    image = service(world)
    world.write(
        {
            "service.py": f"from lading import Image\n\nimage = {SERVICE}\n".replace(
                "DISTRO", '"debian:bookworm"'
            )
        }
    )
    world.lock(image, *LOCKED)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    env = {
        **os.environ,
        "LADING_CACHE_DIR": str(world.cache),
        "TMPDIR": str(temporary),
        "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
    }
    argv = (*PROGRAM, "freeze", "--locked", "--offline", "service.py:image")
    done = process.run(argv, env=env, cwd=world.project, timeout=60)
    assert done.returncode == 0, done.stderr
    (dockerfile,) = world.project.glob(".lading/**/Dockerfile")
    assert dockerfile.is_file()
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["two words", "a@b", "größe-模型", "quote'd", "a#b%20c", "x,y=z"])
def test_r46_a_project_may_be_called_anything(tmp_path: Path, name: str) -> None:
    world = World(root=tmp_path.resolve(), name=name)
    image = service(world)
    world.lock(image, *LOCKED)
    info = world.freeze(image)
    assert (world.target / "Dockerfile").read_text() == info.dockerfile
    assert name not in info.dockerfile + info.to_json()


@contextmanager
def watched() -> Iterator[list[str]]:
    """Which folders are listed in this block, by Python's audit events."""
    seen: list[str] = []
    is_on = [True]

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if is_on and event in {"os.scandir", "os.listdir"}:
            seen.append(str(arguments[0]))

    sys.addaudithook(hook)  # there is no way to take one away
    try:
        yield seen
    finally:
        is_on.clear()


def test_r46_a_hundred_thousand_files_beside_the_project_are_not_walked(world: World) -> None:
    image = world.image('Image().build_include("src/**", exclude=["*.tmp"])')
    world.write({"src/a.py": "", "src/b.tmp": ""})
    beside = [world.project / name for name in (".venv", ".git", "node_modules")]
    beside.append(world.project / "data")  # no pattern leads there
    for number in range(BESIDE):
        folder = beside[number % len(beside)] / f"{number // 1000 % 25}"
        if not folder.exists():
            folder.mkdir(parents=True)
        os.close(os.open(folder / f"{number}", os.O_CREAT | os.O_WRONLY))
    world.lock(image)
    began = time.monotonic()
    with watched() as listed:
        info = world.freeze(image)
    assert time.monotonic() - began < SECONDS
    (step,) = [step for step in info.steps if isinstance(step, CopyFiles)]
    assert [file.path for file in step.files] == ["src/a.py"]
    assert str(world.project / "src") in listed
    assert not [one for one in listed if any(one.startswith(str(other)) for other in beside)]


def test_r46_environments_and_histories_are_no_part_of_a_whole_project(world: World) -> None:
    world.write({"a.py": "", ".venv/b.py": "", ".git/c.py": "", "d/__pycache__/e.pyc": ""})
    info = frozen(world, 'Image().build_include(".", exclude=["service.py"])')
    (step,) = [step for step in info.steps if isinstance(step, CopyFiles)]
    assert [file.path for file in step.files] == ["a.py"]


def test_r47_the_projects_dockerignore_takes_nothing_away(world: World) -> None:
    image = service(world)
    world.lock(image, *LOCKED)
    info = world.freeze(image)
    before = tree(world.target)
    world.write({".dockerignore": "*\n", "my data/.dockerignore": "*\n"})
    (world.project / "my data" / ".dockerignore").unlink()
    world.freeze(image)
    assert tree(world.target) == before
    let_through = (world.target / ".dockerignore").read_text().splitlines()
    copied = {one.rest.split("/")[0] for one in instructions(info, "COPY")}
    flags = ",".join(flag for run in runs(info) for flag in run.flags).split(",")
    copied |= {one.partition("=")[2].split("/")[0] for one in flags if one.startswith("source=")}
    assert {f"!{name}" for name in copied - {""}} <= set(let_through)


def test_r53_a_vendored_dockerfile_reaches_for_nothing_but_its_base(world: World) -> None:
    world.write(FILES)
    source = SERVICE.replace('.system_packages("curl")', "").replace(', secrets=["TOKEN"]', "")
    image = world.image(source.replace(', "old"', ""), DISTRO="debian:bookworm")
    content = wheel_file("six", "1.0")[1]
    six = msgspec.structs.replace(wheel("six", "1.0"), hashes=(sha256_of(content),))
    world.lock(image, six)
    world.keep(content)
    info = world.freeze(image, vendor=True)
    assert info.vendored
    installed = [run for run in runs(info) if "pip install" in run.rest]
    assert installed
    for run in installed:
        assert "--no-index" in run.rest
        assert "--offline" in run.rest or "--find-links" in run.rest
    for run in runs(info):
        assert not re.search(r"https?://|--index|--default-index|git clone|\bupdate\b", run.rest)
    assert (world.target / "wheels" / "1" / six.filename).read_bytes() == content
