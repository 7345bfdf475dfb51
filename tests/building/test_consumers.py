"""Images made without an engine, given to the programs that others use."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from building.conftest import EXAMPLES, on_debian
from building.workshop import DOCKER_AND_PODMAN
from engine_support import Engine
from lading import process
from lading.oci import validate

if TYPE_CHECKING:
    from pathlib import Path

    from building.workshop import Workshop

pytestmark = pytest.mark.network

ASK = ("python", "-c", "import sys, numpy; print(sys.prefix, numpy.arange(3).sum())")
ANSWER = "/opt/venv 3"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop, base: str) -> Path:
    """A copy of the example, with its image in a layout and in an archive of each kind."""
    folder = tmp_path_factory.mktemp("consumers") / "served"
    shutil.copytree(EXAMPLES / "served", folder)
    on_debian(folder)
    for place in ("layout", "image.tar", "docker-archive:saved.tar"):
        words = ("--base-image", base, "--tag", "lading-test/consumed:1", "--output", place)
        done = workshop.lading("build", "--quiet", *words, cwd=folder)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert validate(folder / place.rpartition(":")[2]) == ()
    return folder


@pytest.fixture
def pushed(project: Path, workshop: Workshop, registry: str) -> str:
    """The same image in the registry, straight from the layout."""
    name = f"{registry}/lading-test/consumed:{os.getpid()}"
    done = workshop.lading("push", "--quiet", "layout", name, cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    return name


def skopeo(*words: str) -> str:
    done = process.run(("skopeo", *words), env=os.environ, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.engine("skopeo")
def test_skopeo_inspects_and_copies_what_is_pushed(
    project: Path, pushed: str, tmp_path: Path
) -> None:
    told = json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{pushed}"))
    [listed] = json.loads((project / "layout" / "index.json").read_text())["manifests"]
    assert told["Digest"] == listed["digest"]
    assert (told["Os"], told["Architecture"]) == ("linux", "amd64")
    skopeo("copy", "--src-tls-verify=false", f"docker://{pushed}", f"oci:{tmp_path}/copy:1")
    assert validate(tmp_path / "copy") == ()
    [copied] = json.loads((tmp_path / "copy" / "index.json").read_text())["manifests"]
    assert copied["digest"] == listed["digest"]


@pytest.mark.engine("skopeo")
@pytest.mark.parametrize(
    "source", ["oci:layout", "oci-archive:image.tar", "docker-archive:saved.tar"]
)
def test_skopeo_copies_from_what_is_written(
    project: Path, source: str, registry: str, tmp_path: Path
) -> None:
    kind, _, path = source.partition(":")
    whole = f"{kind}:{project / path}"
    told = json.loads(skopeo("inspect", "--config", whole))
    assert told["config"]["User"] == "10001:0"
    skopeo("copy", whole, f"dir:{tmp_path}/copy")
    target = f"docker://{registry}/lading-test/copied:{os.getpid()}"
    skopeo("copy", "--dest-tls-verify=false", whole, target)


@DOCKER_AND_PODMAN
def test_an_engine_pulls_and_runs_what_is_pushed(engine: Engine, pushed: str) -> None:
    engine.tags.append(pushed)
    plain = () if engine.program == "docker" else ("--tls-verify=false",)
    engine.run("pull", "--quiet", *plain, pushed)
    assert engine.output_of(pushed, *ASK).strip() == ANSWER


@DOCKER_AND_PODMAN
def test_an_engine_loads_and_runs_a_docker_archive(engine: Engine, project: Path) -> None:
    told = engine.run("load", "--input", str(project / "saved.tar"))
    name = told.strip().splitlines()[-1].rpartition(": ")[2]
    engine.tags.append(name)
    assert engine.output_of(name, *ASK).strip() == ANSWER


@pytest.mark.engine("podman")
@pytest.mark.parametrize("name", ["podman"])
def test_podman_runs_a_layout_and_loads_an_archive(engine: Engine, project: Path) -> None:
    assert engine.output_of(f"oci:{project / 'layout'}", *ASK).strip() == ANSWER
    told = engine.run("load", "--quiet", "--input", str(project / "image.tar"))
    name = told.strip().splitlines()[-1].rpartition(": ")[2]
    engine.tags.append(name)
    assert engine.output_of(name, *ASK).strip() == ANSWER


@pytest.mark.engine("buildah", "podman")
def test_buildah_starts_from_a_layout(project: Path) -> None:
    buildah = Engine(program="buildah")
    container = buildah.run("from", f"oci:{project / 'layout'}").strip().splitlines()[-1]
    try:
        assert buildah.run("run", container, "--", *ASK).strip() == ANSWER
    finally:
        buildah.run("rm", container)


@DOCKER_AND_PODMAN
def test_a_build_with_a_name_can_be_run_by_it(
    engine: Engine, name: str, project: Path, workshop: Workshop, base: str, tmp_path: Path
) -> None:
    tag = engine.tag("loaded")
    programs = tmp_path / "bin"
    programs.mkdir()
    found = shutil.which(name)
    assert found is not None
    (programs / name).symlink_to(found)
    path = f"{programs}:/usr/sbin:/sbin"  # with no other engine on it
    words = ("build", "--base-image", base, "--tag", tag, "--load", "--json", "--quiet")
    done = workshop.lading(*words, cwd=project, PATH=path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["loaded"] == name
    assert engine.output_of(tag, *ASK).strip() == ANSWER
    again = workshop.lading(*words, cwd=project, PATH=path)
    assert json.loads(again.stdout)["image_id"] == result["image_id"]
