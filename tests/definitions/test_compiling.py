"""Each definition is an image, and makes a Dockerfile, without any network."""

from __future__ import annotations

import hashlib
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from definitions.expected import EXPECTED, Locked, Refused
from definitions.yard import MODEL, lay_out
from dockerfile.parseback import parse
from freeze.world import World, sdist, wheel
from lading import Image
from lading.cli.target import load_target
from lading.errors import FreezeError, LadingError, SpecificationError
from lading.grammar.base import SCRATCH
from lading.image import steps
from lading.image.spans import settings
from lading.lock.file import LOCK_NAME, lock_name
from lading.lock.inputs import read_inputs
from lading.lock.model import Distribution
from lading.services import service_of

if TYPE_CHECKING:
    from lading import ImageInfo
    from lading.cli.target import Target
    from lading.grammar.requirement import Requirement

SHARED = {"base", "scratch", "slim", "demo_image", "vllm_image", "yolo_image"}
"""What several images begin with."""

REFUSED = {
    name: one
    for name, one in EXPECTED.items()
    if isinstance(one, Refused) and one.stage in {FreezeError, SpecificationError}
}
COMPILING = [name for name in EXPECTED if name not in {*REFUSED, "language.py:private"}]
"""All the others but one, of which no lock can be made up: it has an index of its own."""


def test_nothing_is_defined_of_which_nothing_is_known(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "project")
    found = {
        f"{module}:{name}"
        for module in {name.partition(":")[0] for name in EXPECTED}
        for name, value in runpy.run_path(str(folder / module)).items()
        if isinstance(value, Image) or service_of(value) is not None
    }
    called = {"llm.py:text_generation"}  # a function, which only its caller runs
    assert {one for one in found if one.partition(":")[2] not in SHARED} | called == {*EXPECTED}
    assert len(EXPECTED) >= 25


@pytest.mark.parametrize("name", COMPILING)
def test_it_compiles(tmp_path: Path, name: str) -> None:
    world, known = World(root=tmp_path), EXPECTED[name]
    image, info = frozen(world, name)
    instructions = parse((world.target / "Dockerfile").read_text())
    said = {kind: [one.rest for one in instructions if one.kind == kind] for kind in KINDS}
    assert said["FROM"]
    assert said["USER"]
    for step in settings(image.steps, steps.Run):
        assert any(step.command in text for text in said["RUN"])
    port = known.port if isinstance(known, Locked) else None
    health = known.health if isinstance(known, Locked) else None
    assert info.config.ports == ((f"{port}/tcp",) if port else ())
    assert len(said["HEALTHCHECK"]) == bool(health)
    assert all(f"127.0.0.1:{port}{health}" in text for text in said["HEALTHCHECK"])


def frozen(world: World, name: str) -> tuple[Image, ImageInfo]:
    lay_out(world.project)
    found = load_target(f"{world.project / name}")
    image = found.image
    if image.base_image == SCRATCH:  # whose packages only an archive has: test_real_locks.py
        image = image.replace(base_image=None)
    world.lock(image, *pinned(found))
    (world.project / LOCK_NAME).rename(world.project / lock_name(image))
    return image, world.freeze(image)


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused(tmp_path: Path, name: str) -> None:
    world, known = World(root=tmp_path), REFUSED[name]
    with pytest.raises(LadingError) as refusal:
        frozen(world, name)
    assert type(refusal.value) is known.stage
    (problem,) = refusal.value.problems
    assert problem.location is not None
    lines = Path(problem.location.file).read_text().splitlines()
    assert known.at in lines[problem.location.line - 1]
    assert problem.message in known.says
    assert known.hint in (problem.hint or "")


KINDS = ("FROM", "USER", "RUN", "HEALTHCHECK")


def pinned(found: Target) -> tuple[Distribution, ...]:
    """A distribution of each package that is asked for, in the version that its pin has."""
    groups = read_inputs(found.image, found.project).groups
    made: dict[str, Distribution] = {}
    for number, group in enumerate(groups, start=1):
        compiled = {name for _, one in group for name in one.no_binary}
        for _, asked in group:
            for one in asked.requirements:
                own = one.requirement
                is_source = own.name in compiled
                made.setdefault(str(own), _made(own, found.project, number, is_source=is_source))
    return tuple({one.name: one for one in made.values()}.values())


def _made(own: Requirement, project: Path, group: int, *, is_source: bool) -> Distribution:
    if own.kind == "named":
        make = sdist if is_source else wheel
        version = own.specifier.removeprefix("==") or "1.0"
        return make(str(own.name), version, group=group)
    path = str(own.path)
    digest = hashlib.sha256((project / path).read_bytes()).hexdigest()
    return Distribution(
        name=MODEL.replace("_", "-"),
        version="3.8.0",
        kind="file",
        url=path,
        hashes=(f"sha256:{digest}",),
        group=group,
    )
