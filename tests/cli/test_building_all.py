"""`lading build --all`: every image of a project, with the layers that they share made once."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from cli.test_assembling import without_sizes
from lading.oci import layout, validate
from lading.oci.graph import name_of
from registry.full_registry import Fault, running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.program import Project
    from lading.oci.blobs import Artifact
    from registry.fake_registry import FakeServer
    from registry.full_registry import FullRegistry

APP = """\
from lading import Image

base = (
    Image(base_image="oci:base", distro="debian:bookworm", python_version="3.11")
    .index("http://HOST/simple", default=True)
    .python_packages("tiny")
)
images = base.variants(a=lambda image: image.env(A="1"), b=lambda image: image.env(B="1"))


def sized(size: int = 1) -> Image:
    return base.python_packages("small").env(SIZE=str(size))
"""

FILE = """\
[images.both]
image = "app.py:images"

[images.sized]
image = "app.py:sized"
set = { size = 2 }
"""


@pytest.fixture
def several(shipped: Project, server: FakeServer) -> Project:
    """A project of three images, two of which are variants of one."""
    for name in ("pyproject.toml", "service.py"):
        (shipped.folder / name).unlink()
    shipped.write("app.py", APP.replace("HOST", server.host))
    shipped.write("lading.toml", FILE)
    return shipped


def written(project: Project, folder: str) -> tuple[Artifact, ...]:
    assert validate(project.folder / folder) == ()
    return layout.read(project.folder / folder)


def names(project: Project, folder: str) -> list[str | None]:
    return [name_of(one) for one in written(project, folder)]


@pytest.fixture
def registry(shipped: Project) -> Iterator[FullRegistry]:
    """A registry that can be pushed to, running."""
    with running_registry() as running:
        shipped.stand_ins[running.host] = "REGISTRY"
        yield running


def test_all_are_in_one_layout_by_their_names(several: Project) -> None:
    ran = several.lading("build", "--all", "-o", "out")
    assert (ran.code, ran.out) == (0, "")
    assert names(several, "out") == ["both.a", "both.b", "sized"]
    told = ran.err.splitlines()
    assert [one.split(" as ")[0] for one in told if one.startswith("built ")][:3] == [
        "built both.a", "built both.b", "built sized",
    ]  # fmt: skip
    assert told[-2] == "they are in out"
    assert told[-1].startswith("built 3 images; 3 of 4 layers are shared: ")
    assert sum(1 for one in told if "tiny 2.0" in one and one.startswith("  made")) == 1
    assert [one for one in several.files() if one.endswith(".lock")] == [
        "lading.both.a.lock", "lading.both.b.lock", "lading.sized.lock",
    ]  # fmt: skip


def test_each_is_the_image_that_it_is_alone(several: Project) -> None:
    assert several.lading("build", "-q", "--all", "-o", "out").code == 0
    together = {name_of(one): one.descriptor.digest for one in layout.read(several.folder / "out")}
    for name in ("both.a", "both.b", "sized"):
        assert several.lading("build", "-q", f".:{name}", "-o", "one").code == 0
        (alone,) = layout.read(several.folder / "one")
        assert alone.descriptor.digest == together[name]


def test_names_are_made_by_a_template(several: Project, registry: FullRegistry) -> None:
    tag = f"{registry.host}/models/{{name}}:1"
    ran = several.lading("build", "--all", "-t", tag, "--push", "-o", "out", "--json")
    assert ran.code == 0
    found = json.loads(ran.out)
    tags = [tag.format(name=name) for name in ("both.a", "both.b", "sized")]
    told = [one.replace(registry.host, "REGISTRY") for one in tags]
    assert [one["name"] for one in found["images"]] == ["both.a", "both.b", "sized"]
    assert [one["pushed"] for one in found["images"]] == [[one] for one in told]
    assert found["sharing"]["shared"] == 3
    assert found["sharing"]["size"] < found["sharing"]["unshared"]
    assert names(several, "out") == tags
    for name, one in zip(("both.a", "both.b", "sized"), written(several, "out"), strict=True):
        assert registry.manifest(f"models/{name}", "1") == one.content


def test_one_archive_holds_all(several: Project) -> None:
    for out in ("all.tar", "docker-archive:docker.tar"):
        words = ("-t", "{name}:1", "-o", out)
        assert several.lading("build", "-q", "--all", *words).code == 0
    shown = several.lading("inspect", "--json", "oci-archive:all.tar:both.b:1")
    assert shown.code == 0
    shown = several.lading("inspect", "--json", "docker-archive:docker.tar:sized:1")
    assert shown.code == 0


def test_for_several_platforms_and_nowhere(several: Project) -> None:
    words = ("--platform", "linux/amd64", "--platform", "linux/arm64")
    file = several.read("app.py").replace('.python_packages("tiny")', "")
    several.write("app.py", file.replace('.python_packages("small")', ""))
    several.write("app.py", several.read("app.py").replace("oci:base", "scratch").replace(
        'distro="debian:bookworm", python_version="3.11"', ""
    ))  # fmt: skip
    ran = several.lading("build", "--all", *words)
    assert (ran.code, ran.err.splitlines()[-2]) == (0, "they are in .lading/image")
    assert names(several, ".lading/image") == ["both.a", "both.b", "sized"]


def test_variants_alone_are_called_as_they_are(several: Project) -> None:
    assert several.lading("build", "-q", "app.py:images", "--all", "-o", "out").code == 0
    assert names(several, "out") == ["a", "b"]
    ran = several.lading("build", "-q", "app.py:images.b", "-t", "x/{name}:1", "-o", "out")
    assert (ran.code, names(several, "out")) == (0, ["x/b:1"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--all", "-t", "iris:1"), [
            "error: --tag: iris:1 names one image, and these are 3: both.a, both.b, sized",
            ("hint: write {name} where the name of each goes, as in "
             "registry.example/{name}:1"),
        ]),
        (("--all", "-t", "{nam}:1"), [
            'error: --tag: image name "{nam}" is invalid',
        ]),
        (("--all", "-o", "oci:out:1"), [
            "error: --output: 1 would be the name of all images",
            "hint: leave it out, or name them: -t '{name}:1'",
        ]),
        (("--all", "-o", "docker-archive:x.tar"), [
            "error: --output: a docker archive knows its images by tags",
            "hint: name them: -t '{name}:1'",
        ]),
    ],
)  # fmt: skip
def test_what_several_can_not_share(
    several: Project, words: tuple[str, ...], said: list[str]
) -> None:
    ran = several.lading("build", *words)
    assert ran.code == 2
    assert ran.err.splitlines()[: len(said)] == said
    assert not (several.folder / "out").exists()


def test_all_that_can_not_be_decided_is_told_before_any_is_made(several: Project) -> None:
    text = several.read("app.py")
    several.write("app.py", text.replace('"small"', '"nowhere"').replace(
        "b=lambda image: image", 'b=lambda image: image.build_include("none")'
    ))  # fmt: skip
    ran = several.lading("build", "--all", "-o", "out")
    assert ran.code == 1
    errors = [one for one in ran.err.splitlines() if one.startswith("error: ")]
    assert [one.split(": ")[2] for one in errors] == ["both.b", "sized"]
    assert not (several.folder / "out").exists()
    assert "  made" not in ran.err


def test_one_that_can_not_be_made_keeps_no_other(several: Project, registry: FullRegistry) -> None:
    registry.fails("PUT", r"/both\.b/manifests/", Fault(status=400), times=9)
    tag = f"{registry.host}/{{name}}:1"
    ran = several.lading("build", "--all", "-t", tag, "--push", "-o", "out")
    assert ran.code == 1
    lines = ran.err.splitlines()
    assert [one for one in lines if one.startswith("pushed ")] == [
        "pushed REGISTRY/both.a:1", "pushed REGISTRY/sized:1",
    ]  # fmt: skip
    (error,) = [one for one in lines if one.startswith("error: ")]
    assert error.startswith("error: both.b: ")
    assert not (several.folder / "out").exists()
    assert registry.manifest("sized", "1")
    with pytest.raises(KeyError):
        registry.manifest("both.b", "1")


def test_locking_checking_and_freezing_all(several: Project, server: FakeServer) -> None:
    base = f"{server.host}/python:3.11-slim-bookworm"  # containers can't be built on a layout
    text = several.read("app.py").replace("oci:base", base)
    several.write("app.py", text)
    ran = several.lading("lock", "--check", "--all")
    assert (ran.code, ran.err.splitlines()) == (1, [
        "drifted: both.a: there is no lading.both.a.lock",
        "drifted: both.b: there is no lading.both.b.lock",
        "drifted: sized: there is no lading.sized.lock",
        "hint: run `lading lock --all`, and commit the result",
    ])  # fmt: skip
    ran = several.lading("lock", "--all", "--json")
    assert [
        (one["name"], one["file"], one["changed"]) for one in json.loads(ran.out)["images"]
    ] == [(name, f"lading.{name}.lock", True) for name in ("both.a", "both.b", "sized")]
    assert several.lading("lock", "--check", "--all", "-q").code == 0
    ran = several.lading("freeze", "--all", "-o", "out", "--locked")
    assert (ran.code, ran.out.splitlines()) == (0, ["out/both.a", "out/both.b", "out/sized"])
    assert "ENV B=1" in several.read("out/both.b/Dockerfile")
    several.write(
        "app.py", several.read("app.py").replace(".env(SIZE", ".build_include('.').env(SIZE")
    )
    assert several.lading("freeze", "--all", "-q", "-o", "out").code == 0
    assert "out/sized/image.json" in several.files()
    assert not [one for one in several.files() if one.count("image.json") and "app/" in one]
    ran = several.lading("freeze", "--all", "-o", "out/sized")
    assert ran.err.splitlines()[0] == "error: --output: sized is a frozen image itself"
    ran = several.lading("check", "--all", "--json")
    assert [one["name"] for one in json.loads(ran.out)["images"]] == ["both.a", "both.b", "sized"]


def test_what_can_not_be_locked_keeps_no_other_from_it(several: Project) -> None:
    several.write("app.py", several.read("app.py").replace('"small"', '"nowhere"'))
    ran = several.lading("lock", "--all")
    assert ran.code == 1
    (error,) = [one for one in ran.err.splitlines() if one.startswith("error: ")]
    assert "sized: " in error
    assert [one for one in several.files() if one.endswith(".lock")] == [
        "lading.both.a.lock", "lading.both.b.lock",
    ]  # fmt: skip


def test_an_engine_builds_what_has_to_be_executed(several: Project) -> None:
    text = several.read("app.py").replace('.env(B="1")', '.run("true")')
    several.write("app.py", text)
    ran = several.lading("build", "--all", "-o", "out")
    assert ran.code == 2
    assert "not with a container engine, and the image needs one" in ran.err
    ran = several.lading("build", "--all", "--engine", "oci")
    assert ran.code == 1
    assert "error: both.b: --engine oci: some of it has to be executed" in ran.err
    # The base is a layout, which no container engine can build on.
    ran = several.lading("build", "--all")
    assert ran.code == 1
    assert [one for one in ran.err.splitlines() if one.startswith("built ")][-1].startswith(
        "built 2 images; "
    )
    assert [one for one in ran.err.splitlines() if one.startswith("error: ")] == snapshot(
        [
            "error: app.py:8: both.b: a command has to be executed",
            "error: both.b: no container engine can serve here",
            "error: both.b: buildx can't serve: docker has no buildx plugin, or there is no docker",
            "error: both.b: docker can't serve: docker is not on PATH",
            "error: both.b: podman can't serve: podman is not on PATH",
            "error: both.b: buildah can't serve: buildah is not on PATH",
            "error: both.b: nerdctl can't serve: nerdctl is not on PATH",
            "error: both.b: buildctl can't serve: buildctl is not on PATH",
        ]
    )
    assert names(several, ".lading/image") == ["both.a", "sized"]


def test_a_layer_that_was_damaged_is_made_again(several: Project) -> None:
    assert several.lading("build", "-q", "--all", "-o", "out").code == 0
    blobs = [one for one in (several.home / ".cache").rglob("layers/blobs/**/*") if one.is_file()]
    assert blobs
    for one in blobs:  # as a failing disk does it: nothing but the content tells
        told = one.stat()
        one.chmod(0o644)
        one.write_bytes(bytes(reversed(one.read_bytes())))
        os.utime(one, ns=(told.st_atime_ns, told.st_mtime_ns))
        one.chmod(told.st_mode)
    ran = several.lading("build", "--all", "-o", "other")
    assert (ran.code, ran.err.splitlines()[-2]) == (0, "they are in other")
    assert "in the layer store is damaged or gone" in ran.err
    assert names(several, "other") == ["both.a", "both.b", "sized"]


def test_the_whole_output(several: Project) -> None:
    assert several.lading("lock", "-q", "--all").code == 0
    ran = several.lading("build", "--all", "-o", "out")
    assert (ran.code, ran.out) == (0, "")
    assert without_sizes(ran.err).rpartition(": ")[0] == snapshot("""\
reused base image oci:base
fetching tiny-2.0-py3-none-any.whl
made python environment, folders of the user
made python packages tiny 2.0
reused python environment, folders of the user
reused python environment, folders of the user
reused python packages tiny 2.0
reused python packages tiny 2.0
reused base image oci:base
reused base image oci:base
fetching small-1.0-py3-none-any.whl
made python packages small 1.0
writing out
built both.a as sha256:DIGEST
built both.b as sha256:DIGEST
built sized as sha256:DIGEST
they are in out
built 3 images; 3 of 4 layers are shared\
""")
