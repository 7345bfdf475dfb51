"""R35: a change makes new only the layers from its own step on."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

import engine_support
from building.workshop import EACH_ENGINE, layers, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = [pytest.mark.network]

IMAGE = """Image(distro="debian:bookworm", python_version="3.11")
    .python_packages("iniconfig==2.0.0")
    .run_script("set-up.sh")
    .build_include("server.py")
    .env(MODE="one")"""
SCRIPT = "#!/bin/sh\nset -eu\necho one > /set-up\n"

# The layers above the base's, from the last: server.py, set-up.sh, Python packages.
CODE, SCRIPTS, PACKAGES = 1, 2, 3


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {"set-up__sh": SCRIPT, "server__py": "print('one')\n"}
    return write_project(tmp_path_factory.mktemp("caching"), IMAGE, **files)


@pytest.fixture
def engine(engines: dict[str, Engine]) -> Engine:
    return engines["docker"]


@pytest.fixture(scope="module")
def first(workshop: Workshop, engines: dict[str, Engine], base: str, project: Path) -> str:
    tag = engines["docker"].tag("caching")
    workshop.build(project, engine="docker", base=base, tag=tag)
    return tag


def kept(before: tuple[str, ...], after: tuple[str, ...]) -> int:
    """How many layers are the same, counted from the base's."""
    pairs = zip(before, after, strict=False)
    return next(
        (at for at, (one, two) in enumerate(pairs) if one != two), min(len(before), len(after))
    )


@pytest.mark.engine("docker")
@pytest.mark.parametrize(
    ("file", "old", "new", "renewed"),
    [
        pytest.param("server.py", "one", "two", CODE, id="code"),
        pytest.param("set-up.sh", "one", "two", SCRIPTS, id="script"),
        pytest.param("service.py", 'MODE="one"', 'MODE="two"', 0, id="env"),
        pytest.param("service.py", '2.0.0"', '2.0.0", "attrs==24.2.0"', PACKAGES, id="requirement"),
    ],
)
def test_r35_a_change_renews_what_follows_it(
    *,
    file: str,
    old: str,
    new: str,
    renewed: int,
    workshop: Workshop,
    engine: Engine,
    base: str,
    project: Path,
    first: str,
    tmp_path: Path,
) -> None:
    changed = shutil.copytree(project, tmp_path / "changed")
    text = (changed / file).read_text()
    assert old in text
    (changed / file).write_text(text.replace(old, new))
    tag = engine.tag("caching-changed")
    workshop.build(changed, engine="docker", base=base, tag=tag)
    before, after = layers(engine, first), layers(engine, tag)
    assert len(before) == len(after)
    assert kept(before, after) == len(before) - renewed
    assert engine.inspect(first)["Id"] != engine.inspect(tag)["Id"]


@pytest.mark.engine("docker")
def test_r35_another_checkout_user_and_time_renew_nothing(
    *, workshop: Workshop, engine: Engine, base: str, project: Path, first: str, tmp_path: Path
) -> None:
    elsewhere = shutil.copytree(project, tmp_path / "else where" / "ü")
    shutil.rmtree(elsewhere / ".lading")
    for path in elsewhere.iterdir():
        os.utime(path, (1, 1))
        path.chmod(0o640)
    tag = engine.tag("caching-elsewhere")
    workshop.build(elsewhere, engine="docker", base=base, tag=tag, USER="other", TZ="Asia/Tokyo")
    assert engine.inspect(tag)["Id"] == engine.inspect(first)["Id"]


@pytest.mark.engine("docker")
@pytest.mark.parametrize(
    "by", ["docker", pytest.param("buildx", marks=pytest.mark.engine("buildx"))]
)
def test_r35_an_edit_that_keeps_the_length_is_seen(
    *, by: str, workshop: Workshop, engine: Engine, base: str, tmp_path: Path
) -> None:
    # BuildKit compares a context with the one that it got from the same folder before: by size,
    # mode and time, not by content.
    project = write_project(tmp_path / "edited", IMAGE, set_up__sh=SCRIPT, server__py="")
    (project / "set-up.sh").write_text(SCRIPT)
    for word in ("one", "two"):
        (project / "server.py").write_text(f"print('{word}')\n")
        (project / "set-up.sh").write_text(SCRIPT.replace("one", word))
        tag = engine.tag(f"caching-{by}-{word}")
        config = os.environ.get(engine_support.BUILDX_CONFIG) if by == "buildx" else None
        workshop.build(project, engine=by, base=base, tag=tag, DOCKER_CONFIG=config)
        assert engine.output_of(tag, "python", "server.py").strip() == word
        assert engine.output_of(tag, "cat", "/set-up").strip() == word


@EACH_ENGINE
def test_r35_a_changed_requirement_is_installed_by_each_engine(
    name: str, workshop: Workshop, engines: dict[str, Engine], base: str, tmp_path: Path
) -> None:
    """The file that has it is mounted, and buildah and podman look at no mount's content."""
    image = """Image(distro="debian:bookworm", python_version="3.11")
    .python_packages("iniconfig=={version}")
    .cmd("python", "-c", "import importlib.metadata as m; print(m.version('iniconfig'))")"""
    for version in ("2.0.0", "2.1.0"):
        project = write_project(tmp_path / version, image.format(version=version))
        tag = engines[name].tag(f"requiring-{version}")
        workshop.build(project, engine=name, base=base, tag=tag)
        assert engines[name].output_of(tag).strip() == version


@pytest.mark.engine("docker")
def test_r35_a_change_of_code_leaves_a_model_alone_and_one_shard_the_next(
    workshop: Workshop, engine: Engine, base: str, tmp_path: Path
) -> None:
    image = """Image(distro="debian:bookworm", python_version="3.11")
    .model("weights", layer_size="1MB")
    .build_include(".")"""
    project = write_project(tmp_path / "project", image, app__py="print('one')\n")
    (project / "weights").mkdir()
    for number in (1, 2):
        (project / f"weights/{number}.bin").write_bytes(bytes([number]) * 1_200_000)

    def built() -> tuple[str, ...]:
        tag = engine.tag("models")
        workshop.build(project, engine="docker", base=base, tag=tag)
        return layers(engine, tag)

    before = built()
    (project / "app.py").write_text("print('two')\n")
    code = built()
    # Of the same length, so that only its content tells.
    (project / "weights/2.bin").write_bytes(bytes([3]) * 1_200_000)
    weights = built()
    assert kept(before, code) == len(before) - CODE
    assert kept(code, weights) == len(before) - CODE - 1
