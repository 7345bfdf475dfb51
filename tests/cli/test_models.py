"""Models at the command line: whole outputs, and what a push sends."""

# ruff: noqa: E501 - lines of an output are as long as they are
from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from registry.full_registry import running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.program import Project
    from registry.full_registry import FullRegistry

SERVICE = """\
from lading import Image

image = (
    Image(base_image="scratch")
    .model("weights", to="/models", exclude=["*.md"], layer_size="1MB")
    .build_include(".")
    .cmd("/app/server")
)
"""

CONFIG = '{"layers": 2}\n'


@pytest.fixture
def modelled(bare: Project) -> Project:
    """A project with the shards of a model in it, and nothing to fetch."""
    bare.write("pyproject.toml", '[tool.lading]\nimage = "service:image"\n')
    bare.write("service.py", SERVICE)
    bare.write("app.py", "print(1)\n")
    bare.write("weights/README.md", "# A model\n")
    bare.write("weights/config.json", CONFIG)
    for number in (1, 2):
        put(bare, f"weights/shard-{number}.bin", seed=number)
    return bare


def put(project: Project, name: str, *, seed: int, size: int = 1_200_000) -> None:
    (project.folder / name).write_bytes(random.Random(seed).randbytes(size))  # noqa: S311 - weights


@pytest.fixture
def registry(modelled: Project) -> Iterator[FullRegistry]:
    with running_registry() as running:
        modelled.stand_ins[running.host] = "REGISTRY"
        yield running


def sent(project: Project, registry: FullRegistry) -> list[str]:
    """What a build that is pushed sends, by the names of the layers."""
    before = len(registry.requests("PUT", "/blobs/"))
    ran = project.lading("build", "--push", "-t", f"{registry.host}/a/b:1")
    assert ran.code == 0, ran.err
    found = re.findall(r"(?m)^  sent +\S+ \S+  (.*)$", ran.err)
    assert len(registry.requests("PUT", "/blobs/")) - before == len(found)
    return sorted(found)


def test_no_weights_are_sent_again_when_code_changes(
    modelled: Project, registry: FullRegistry
) -> None:
    everything = sent(modelled, registry)
    assert [one for one in everything if one.startswith("model")] == snapshot(
        ["model weights/config.json", "model weights/shard-1.bin", "model weights/shard-2.bin"]
    )
    modelled.write("app.py", "print(2)\n")
    assert sent(modelled, registry) == snapshot(["configuration", "files to /app"])


def test_one_shard_is_sent_when_one_changes(modelled: Project, registry: FullRegistry) -> None:
    sent(modelled, registry)
    put(modelled, "weights/shard-2.bin", seed=3)
    assert sent(modelled, registry) == snapshot(["configuration", "model weights/shard-2.bin"])
    modelled.write("weights/config.json", "{}")
    assert sent(modelled, registry) == snapshot(["configuration", "model weights/config.json"])


def test_the_lock_says_what_there_is(modelled: Project) -> None:
    ran = modelled.lading("lock")
    assert (ran.code, ran.out, ran.err) == snapshot(
        (
            0,
            "",
            """\
linux/amd64: 0 distributions, base scratch
3 files of models, 2.4 MB
lading.lock written
""",
        )
    )
    assert re.findall(r'(?m)^path = "(.*)"', modelled.read("lading.lock")) == [
        "weights/config.json",
        "weights/shard-1.bin",
        "weights/shard-2.bin",
    ]


def test_drift_is_said_file_by_file(modelled: Project) -> None:
    assert modelled.lading("lock", "-q").code == 0
    put(modelled, "weights/shard-1.bin", seed=9)
    put(modelled, "weights/shard-3.bin", seed=3)
    (modelled.folder / "weights/shard-2.bin").unlink()
    ran = modelled.lading("lock", "--check")
    shown = re.sub(r"sha256:[0-9a-f]{12}", "sha256:SHORT", ran.err)
    assert (ran.code, ran.out, shown) == snapshot(
        (
            1,
            "",
            """\
drifted: weights/shard-1.bin has changed: sha256:SHORT… (1.2 MB) is locked, sha256:SHORT… (1.2 MB) is there
drifted: weights/shard-3.bin, a file of a model, is not locked
drifted: weights/shard-2.bin is locked, and no file of a model any more
hint: run `lading lock`, and commit the result
""",
        )
    )
    ran = modelled.lading("freeze", "--locked", "-o", "build")
    shown = re.sub(r"sha256:[0-9a-f]{12}", "sha256:SHORT", ran.err)
    assert (ran.code, ran.out, shown) == snapshot(
        (
            1,
            "",
            """\
error: lading.lock is out of date: weights/shard-1.bin has changed: sha256:SHORT… (1.2 MB) is locked, sha256:SHORT… (1.2 MB) is there
error: lading.lock is out of date: weights/shard-3.bin, a file of a model, is not locked
error: lading.lock is out of date: weights/shard-2.bin is locked, and no file of a model any more
hint: run `lading lock`, and commit the result
""",
        )
    )


def test_other_weights_are_locked_without_resolving(modelled: Project) -> None:
    # Nothing can be asked here: there is no network.
    assert modelled.lading("lock", "-q").code == 0
    first = modelled.read("lading.lock")
    modelled.write("weights/config.json", "{}")
    assert modelled.lading("lock", "-q").code == 0
    before, after = first.splitlines(), modelled.read("lading.lock").splitlines()
    changed = [one for one, other in zip(before, after, strict=True) if one != other]
    assert [line.partition(" ")[0] for line in changed] == ["sha256", "size"]


def test_a_missing_model_is_an_error_at_its_line(modelled: Project) -> None:
    modelled.write("service.py", SERVICE.replace('"weights"', '"wieghts"'))
    ran = modelled.lading("lock")
    assert (ran.code, ran.out, ran.err) == snapshot(
        (
            1,
            "",
            """\
error: service.py:5: the project has no wieghts
hint: did you mean "weights"?
""",
        )
    )


def test_it_is_shown_explained_and_told_apart(modelled: Project) -> None:
    assert modelled.lading("lock", "-q").code == 0
    ran = modelled.lading("show")
    assert ran.out.splitlines()[1] == (
        'service.py:5:   .model("weights", to="/models", exclude=["*.md"], layer_size="1MB")'
    )
    assert ran.out[ran.out.index("lading.lock fits") :] == snapshot("""\
lading.lock fits
  3 files of models, 2.4 MB
  linux/amd64
    base image       scratch
    Python packages  none
    system packages  none
""")
    assert json.loads(modelled.lading("show", "--json").out)["lock"]["models"] == snapshot(
        {"count": 3, "size": 2400014}
    )

    one = modelled.lading("explain", "model weights/shard-1")
    assert (one.code, one.out) == snapshot(
        (
            0,
            """\
layer model weights/shard-1.bin, linux/amd64 (service.py:5)
  size: 1.2 MB, what it is made of
  holds: /models/weights/shard-1.bin
  why: a model is large and changes seldom: it has layers of its own, below packages and code, so that no change of these sends it again
""",
        )
    )


def test_another_shard_is_one_layer_of_two_frozen_images(modelled: Project) -> None:
    assert modelled.lading("freeze", "-q", "-o", "one").code == 0
    put(modelled, "weights/shard-2.bin", seed=3)
    modelled.write("app.py", "print(2)\n")
    assert modelled.lading("freeze", "-q", "-o", "other").code == 0
    ran = modelled.lading("diff", "one", "other")
    assert (ran.code, ran.err, ran.out) == snapshot(
        (
            0,
            "",
            """\
one -> other
linux/amd64
  files
    ~ /app/app.py (9 B)
    ~ /models/weights/shard-2.bin (1.2 MB)
  sizes
    files: 2.4 MB
    layers: 2.4 MB
  layers
    + model weights/shard-2.bin (1.2 MB)
        /models/weights/shard-2.bin has changed
    + files to /app (247 B)
        /app/app.py has changed
    2 to make and push, 1.2 MB; 3 kept, 1.2 MB; 2 dropped
""",
        )
    )


def test_two_locks_differ_by_a_shard(modelled: Project) -> None:
    # Shards that have a layer each, however large the layers of several files may be.
    for number in (1, 2):
        put(modelled, f"weights/shard-{number}.bin", seed=number, size=65 << 20)
    assert modelled.lading("lock", "-q").code == 0
    (modelled.folder / "lading.lock").rename(modelled.folder / "before.lock")
    put(modelled, "weights/shard-2.bin", seed=3, size=66 << 20)
    assert modelled.lading("lock", "-q").code == 0
    ran = modelled.lading("diff", "before.lock", "lading.lock")
    assert (ran.code, ran.err, ran.out) == snapshot(
        (
            0,
            "",
            """\
before.lock -> lading.lock
linux/amd64
  files of models
    ~ weights/shard-2.bin (69.2 MB)
  sizes
    files of models: 137 MB (+1.0 MB)
    layers: 137 MB (+1.0 MB)
  layers of packages and models
    + model weights/shard-2.bin (69.2 MB)
        weights/shard-2.bin has changed
    1 to make and push, 69.2 MB; 2 kept, 68.2 MB; 1 dropped
""",
        )
    )


def test_a_frozen_folder_keeps_its_weights(modelled: Project) -> None:
    assert modelled.lading("freeze", "-q", "-o", "build").code == 0
    (shard,) = modelled.folder.glob("build/models/*/weights/shard-1.bin")
    first = shard.stat()
    modelled.write("app.py", "print(2)\n")
    assert modelled.lading("freeze", "-q", "-o", "build").code == 0
    assert (
        shard.stat().st_ino
        == first.st_ino
        != (modelled.folder / "weights/shard-1.bin").stat().st_ino
    )
    assert modelled.read("build/files/1.1/app.py") == "print(2)\n"


def test_a_project_file_has_models_too(modelled: Project) -> None:
    modelled.write(
        "pyproject.toml",
        """\
[tool.lading]
base_image = "scratch"
build_include = "."
model = { paths = "weights", to = "/models", exclude = ["*.md"], layer_size = "1MB" }
cmd = "/app/server"
""",
    )
    ran = modelled.lading("dockerfile")
    assert (ran.code, re.findall(r"(?m)^(?:# .*|COPY .*)$", ran.out)) == snapshot(
        (
            0,
            [
                "# Made by Lading: changes belong in the Image that this was made from, and are lost here.",
                "# who the container runs as: 10001:0",
                "# pyproject.toml:4 model weights/shard-1.bin",
                "COPY models/1.1.90caf0cca8fc1e0e/ /models/",
                "# pyproject.toml:4 model weights/shard-2.bin",
                "COPY models/1.1.e9a2ade0b82150a7/ /models/",
                "# pyproject.toml:4 model weights/config.json",
                "COPY models/1.1.together/ /models/",
                "# pyproject.toml:3 files",
                "COPY files/1.1/ /app/",
            ],
        )
    )


ON_ARM = """\
from lading import Image

image = (
    Image(base_image="scratch")
    .for_platform("linux/arm64", lambda image: image.model("weights"))
    INCLUDE
)
"""


def on(platform: str) -> tuple[str, ...]:
    return ("freeze", "-q", "--platform", platform, "-o", f"../{platform.replace('/', '-')}")


def test_a_model_of_one_platform_and_an_include_of_all_is_an_error_there(
    modelled: Project,
) -> None:
    modelled.write("service.py", ON_ARM.replace("INCLUDE", '.build_include("weights")'))
    assert modelled.lading(*on("linux/amd64")).code == 0
    ran = modelled.lading(*on("linux/arm64"))
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: service.py:6: model() at service.py:5 has all that weights names, and it is not copied twice
hint: leave it out here, or include it by for_platform where that model is not
"""),
    )
    # As the hint says.
    said = '.for_platform("linux/amd64", lambda image: image.build_include("weights"))'
    modelled.write("service.py", ON_ARM.replace("INCLUDE", said))
    for platform, folder in (("linux/amd64", "files"), ("linux/arm64", "models")):
        assert modelled.lading(*on(platform)).code == 0
        frozen = modelled.folder.parent / platform.replace("/", "-")
        (found,) = frozen.rglob("shard-1.bin")
        assert found.relative_to(frozen).parts[0] == folder


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("build", "-o", "weights/layout"), "weights/layout"),
        (("build", "-o", "oci-archive:weights/image.tar"), "weights/image.tar"),
        (("build", "--all", "-o", "weights/layout"), "weights/layout"),
        (("bake", "-o", "weights/bake"), "weights/bake/docker-bake.json"),
    ],
)
def test_nothing_is_written_among_the_files_of_a_model(
    modelled: Project, words: tuple[str, ...], name: str
) -> None:
    modelled.lading("lock", "-q")
    before = modelled.files()
    ran = modelled.lading(*words, "-q")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f"error: service.py:5: {name} would become a part of the model weights, and its lock drift\n"
        "hint: choose a folder for it that is not in the model's, or exclude= it there\n"
    )
    assert modelled.files() == before


def test_frozen_folders_are_no_part_of_a_model(modelled: Project) -> None:
    modelled.lading("lock", "-q")
    assert modelled.lading("freeze", "-q", "-o", "weights/one").code == 0
    assert modelled.lading("freeze", "-q", "--all", "-o", "weights/each").code == 0
    assert (modelled.folder / "weights/each/image/image.json").is_file()
    assert modelled.lading("lock", "--check").code == 0
    again = modelled.lading("freeze", "-q", "--locked", "-o", "weights/one")
    assert (again.code, again.err) == (0, "")


TWO = """\
images.code = "service:image"

[images.one]
base_image = "scratch"
model = ["weights"]

[images.two]
extends = "service:image"
model = ["other"]

[images.three]
from_image = "two"
python_packages = ["tiny"]

[images.wrong]
extends = "one"
env = {"A B" = "1"}
"""


@pytest.mark.parametrize(
    "words", [("build", ".:one", "-o", "other/layout"), ("build", ".:one", "--all", "-o", "other/a.b"),
              ("bake", ".:one", "-o", "other/bake")]
)  # fmt: skip
def test_nor_among_those_of_an_image_that_is_described_beside_it(
    modelled: Project, words: tuple[str, ...]
) -> None:
    """Code is not run to know of them."""
    modelled.write("pyproject.toml", "")
    modelled.write("service.py", "raise SystemExit('this was run')\n")
    modelled.write("lading.toml", TWO)
    modelled.write("other/a.bin", "a")
    modelled.lading("lock", ".:one", "-q")
    before = modelled.files()
    ran = modelled.lading(*words, "-q")
    assert (ran.code, ran.out) == (1, "")
    assert "would become a part of the model other, and its lock drift" in ran.err
    assert "error: lading.toml:9: " in ran.err
    assert modelled.files() == before
    ran = modelled.lading("build", ".:one", "-q", "-o", "elsewhere")
    assert (ran.code, ran.err) == (0, "")
