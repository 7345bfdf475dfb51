"""What a RUN sees by mounts is told by its text, since not every builder looks at mounts.

A digest is another one where something that its RUN sees is, and the same one wherever nothing is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import pytest

from dockerfile.parseback import argv, parse
from dockerfile.recipes import CASES, CLASSIC, build, frozen, replaced, text_of
from freeze.world import sdist, wheel
from lading.dockerfile import dockerfile
from lading.info import CopyFiles, InstallPython, InstallSystem, RunCommand
from lading.lock.model import Deb, Distribution

if TYPE_CHECKING:
    from lading.info import ImageInfo, Step

SIX = wheel("six", "1.16.0")
ONE, TWO = sdist("one", "1.0"), sdist("two", "1.0")
FOLDER = Distribution(
    name="shared",
    version="0.3",
    kind="directory",
    url="libs/shared",
    hashes=("sha256:" + "a" * 64,),
)
BUILDS = (build("one", wheel("setuptools", "80.0")), build("shared"), build("two"))
STEP = InstallPython(
    distributions=(ONE, FOLDER, SIX, TWO), builds=BUILDS, environment=(("CFLAGS", "-O2"),)
)
DIGEST = r": 'inputs [0-9a-f]{16}'"


def image(*steps: Step, **changes: object) -> ImageInfo:
    return msgspec.structs.replace(replaced(frozen("minimal", "debian:bookworm"), steps), **changes)


def with_step(**changes: object) -> ImageInfo:
    return image(msgspec.structs.replace(STEP, **changes))


def digests(info: ImageInfo) -> dict[str, str]:
    """By what a RUN does, the digest that it begins with."""
    found = {}
    for run in parse(info.dockerfile):
        text = argv(run.rest)[2] if run.kind == "RUN" else ""
        if re.match(DIGEST, text):
            compiled = re.search(r"uv build.* (?:/src/)(\w+)/", text)
            name = compiled[1] if compiled else "install" if "uv pip install" in text else "end"
            found[name] = text[: len(": 'inputs 0123456789abcdef'")]
    return found


def changed(after: ImageInfo, before: ImageInfo | None = None) -> set[str]:
    old, new = digests(before or image(STEP)), digests(after)
    assert old.keys() == new.keys()
    return {name for name in old if old[name] != new[name]}


@pytest.mark.parametrize(("recipe", "distro"), CASES)
def test_a_run_tells_what_its_mounts_do_not(recipe: str, distro: str) -> None:
    for run in parse(text_of(recipe, distro)):
        if run.kind != "RUN":
            continue
        named = r"source=(?:ca-bundle\.sh|scripts/[0-9a-f]{16,}[^,]*),"
        bound = [flag for flag in run.flags if "type=bind" in flag and not re.search(named, flag)]
        told = re.match(DIGEST, argv(run.rest)[2]) is not None
        # The last of a stage has the digest alone.
        assert told == (bool(bound) or re.fullmatch(DIGEST, argv(run.rest)[2]) is not None)
        assert not (told and recipe in CLASSIC)  # COPY looks at content


def test_each_run_has_a_digest_of_its_own() -> None:
    found = digests(image(STEP))
    assert set(found) == {"one", "two", "shared", "install", "end"}
    assert len(set(found.values())) == 5


def test_a_changed_wheel_is_installed_and_nothing_is_compiled_for_it() -> None:
    newer = wheel("six", "1.17.0")
    assert changed(with_step(distributions=(ONE, FOLDER, newer, TWO))) == {"install", "end"}
    other = msgspec.structs.replace(SIX, hashes=("sha256:" + "e" * 64,))
    assert changed(with_step(distributions=(ONE, FOLDER, other, TWO))) == {"install", "end"}


def test_an_edited_folder_is_compiled_and_installed() -> None:  # CASES R24
    edited = msgspec.structs.replace(FOLDER, hashes=("sha256:" + "b" * 64,))
    after = with_step(distributions=(ONE, edited, SIX, TWO))
    assert changed(after) == {"shared", "install", "end"}


def test_what_a_source_is_built_with_is_told() -> None:
    newer = (build("one", wheel("setuptools", "81.0")), *BUILDS[1:])
    assert changed(with_step(builds=newer)) == {"one", "install", "end"}
    assert changed(with_step(environment=(("CFLAGS", "-O0"),))) == {"install", "end"}
    assert changed(image(STEP, build_packages=("libpq-dev",))) == {"install", "end"}
    (uv,) = image().tools
    newer_uv = msgspec.structs.replace(uv, sha256="9" * 64)
    assert changed(image(STEP, tools=(newer_uv,))) == set(digests(image(STEP)))


def test_requirements_without_a_lock_are_told() -> None:
    before, after = (image(InstallPython(requirements=(line,))) for line in ("six", "six>=1"))
    assert changed(after, before) == {"install"}


def test_what_another_step_does_is_no_part_of_it() -> None:  # CASES R35
    assert changed(image(RunCommand(command="true"), STEP)) == {"end"}
    copied = CopyFiles(source="files/1.1", destination="/app", files=())
    assert changed(image(STEP, RunCommand(command="true"), copied)) == set()
    # Where it stands among the installations is no part of it either.
    moved = tuple(msgspec.structs.replace(one, group=2) for one in STEP.distributions)
    assert changed(with_step(distributions=moved)) == set()


def test_the_users_lines_and_where_files_are_fetched_change_nothing() -> None:  # CASES R35
    assert changed(with_step(at=("elsewhere.py:9",))) == set()
    near = msgspec.structs.replace(
        SIX, url="https://mirror.example.test/six-1.16.0-py3-none-any.whl", size=3
    )
    far = msgspec.structs.replace(SIX, url="https://far.example.test/six-1.16.0-py3-none-any.whl")
    one, two = (with_step(distributions=(ONE, FOLDER, six, TWO)) for six in (near, far))
    assert changed(two, one) == set()


@pytest.mark.parametrize("is_vendored", [True, False])
def test_locked_debs_are_told(*, is_vendored: bool) -> None:
    deb = Deb(
        name="curl",
        version="8.0",
        architecture="amd64",
        path="pool/curl.deb",
        sha256="1" * 64,
        size=1,
        suite="bookworm",
    )
    newer = msgspec.structs.replace(deb, sha256="2" * 64)
    step = InstallSystem(packages=("curl",))
    steps = (msgspec.structs.replace(step, debs=(one,)) for one in (deb, newer))
    texts = [image(one, vendored=is_vendored).dockerfile for one in steps]
    digest_of = [re.findall(DIGEST, text) for text in texts]
    assert len(digest_of[0]) == len(digest_of[1]) == 1
    assert digest_of[0] != digest_of[1]
    assert not re.search(DIGEST, image(step).dockerfile)


def test_a_builder_that_copies_needs_no_digest() -> None:
    assert not re.search(DIGEST, dockerfile(image(STEP), dialect="classic"))
