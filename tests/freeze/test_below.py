"""An image on another one begins with that one: as it is decided, planned and built by itself."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from freeze.world import World, wheel
from image.recipes import made
from lading import FreezeError, Image, ImageInfo, LadingError
from lading.assembly import plan
from lading.dockerfile import generated_files
from lading.dockerfile.instructions import From
from lading.dockerfile.lower import lower
from lading.dockerfile.settings import settings as container
from lading.freeze.checking import check_folder
from lading.grammar.dialect import DIALECTS
from lading.grammar.invalid import Invalid
from lading.image.spans import spans

if TYPE_CHECKING:
    from typing import Any

    from image.recipes import Recipe
    from lading.dockerfile.instructions import Instruction
    from lading.grammar.dialect import Dialect
    from lading.lock.model import Distribution

FILES = {"app.py": "1\n", "data/b.json": "{}\n", "setup.sh": "#!/bin/sh\n", "weights/m.bin": "m"}


def _call(name: str, *words: st.SearchStrategy[Any], **options: st.SearchStrategy[Any]) -> Any:  # noqa: ANN401 - hypothesis's type
    return st.tuples(st.just(name), st.tuples(*words), st.fixed_dictionaries(options))


CALLS: st.SearchStrategy[Recipe] = st.lists(
    st.one_of(
        _call("system_packages", st.sampled_from(["curl", "libgomp1", "git"])),
        _call("python_packages", st.sampled_from(["alpha", "beta>=1", "gamma==1.0"])),
        _call("build_include", st.sampled_from(["app.py", "data", "*.py"])),
        _call("build_include", st.just("data"), to=st.sampled_from(["/srv", "/opt/venv/x", "/"])),
        _call("model", st.just("weights"), to=st.sampled_from(["/models", "/app"])),
        _call("env", st.dictionaries(st.sampled_from(["A", "PATH"]), st.just("/x:$PATH"))),
        _call("run", st.sampled_from(["true", "make"])),
        _call("run_script", st.just("setup.sh")),
        _call("workdir", st.sampled_from(["/app", "/srv"])),
        _call("user", st.integers(1, 3)),
        _call("volume", st.sampled_from(["/data", "/cache"])),
        _call("label", st.dictionaries(st.just("a"), st.sampled_from(["1", "2"]))),
        _call("index", st.just("https://index.example.test/simple"), default=st.just(True)),
        _call("index", st.just("https://other.example.test/simple")),
        _call("cmd", st.just("serve")),
    ),
    max_size=6,
)
DISTROS = st.sampled_from(["debian:bookworm", "alpine:3.22"])


def distributions(image: Image) -> tuple[Distribution, ...]:
    """One for each requirement, in the installation that asks for it first."""
    found: dict[str, Distribution] = {}
    if not image.lock_python_packages:
        return ()
    with_python = (span for span in spans(image.steps) if span.python)
    for group, span in enumerate(with_python, start=1):
        names = sorted(
            str(one.name) for step in span.python for one in getattr(step, "requirements", ())
        )
        for name in names:
            found.setdefault(name, wheel(name, "1.0", group=group))
    return tuple(found.values())


def decided(image: Image) -> ImageInfo:
    """What an image is, in a project of its own."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(root=Path(folder))
        world.write(FILES)
        world.lock(image, *distributions(image))
        project = world.project
        return world.freezer().decide(image, platform="linux/amd64", project=project).info


def in_one_project(*images: Image) -> tuple[ImageInfo, ...] | None:
    """What images are; None where one of them can't be."""
    try:
        return tuple(map(decided, images))
    except LadingError:
        return None


@settings(max_examples=60, deadline=None)
@given(DISTROS, st.sampled_from([True, True, False]), CALLS, CALLS)
def test_it_begins_with_the_other(distro: str, lock: bool, below: Recipe, above: Recipe) -> None:  # noqa: FBT001 - hypothesis's way
    base = made(below, Image(distro=distro, lock_python_packages=lock))
    service = made(above, Image.from_image(base))
    found = in_one_project(base, service)
    assume(found is not None)
    assert found is not None
    own, whole = found
    assert whole.below == own
    layers, shared = plan(whole), plan(own)
    assert layers[: len(shared)] == shared
    assert all(one.image == 1 for one in layers[len(shared) :])
    assert ImageInfo.from_json(whole.to_json()) == whole
    here, there = generated_files(whole, ()), generated_files(own, ())
    kept = there.keys() - {"Dockerfile", "image.json", ".dockerignore"}
    assert {name: here[name] for name in kept} == {name: there[name] for name in kept}
    for dialect in DIALECTS:
        assert begins(own, whole, dialect)


def unnamed(found: tuple[Instruction, ...]) -> tuple[Instruction, ...]:
    """What is made, whatever its stages are called: a stage has a name where another needs it."""
    return tuple(
        replace(one, stage=None) if isinstance(one, From) and one.stage else one for one in found
    )


def begins(own: ImageInfo, whole: ImageInfo, dialect: Dialect) -> bool:
    """Whether a Dockerfile begins with another one, but for how that one's container is run."""
    try:
        first = unnamed(lower(own, dialect)[: -len(list(container(own))) - 1])
        return unnamed(lower(whole, dialect))[: len(first)] == first
    except (FreezeError, Invalid):
        return True


def test_a_vendored_folder_has_all_of_both(tmp_path: Path) -> None:
    world = World(root=tmp_path)
    world.write(FILES)
    base = Image(distro="debian:bookworm").python_packages("alpha").build_include("app.py")
    service = Image.from_image(base).python_packages("beta").build_include("data").workdir("/srv")
    world.keep(b"alpha", b"beta")
    infos = []
    for name, image in (("below", base), ("above", service)):
        world.lock(image, *distributions(image))
        infos.append(world.freeze(image, tmp_path / name, vendor=True))
        assert check_folder(tmp_path / name).differences == ()
    own, whole = infos
    assert begins(own, whole, "buildkit")
    assert begins(own, whole, "classic")
    kept = {path.relative_to(tmp_path / "below") for path in (tmp_path / "below").rglob("*.whl")}
    assert {str(path) for path in kept} == {"wheels/1/alpha-1.0-py3-none-any.whl"}
    assert all((tmp_path / "above" / path).is_file() for path in kept)
