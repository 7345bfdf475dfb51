"""`lading bake`: a context for each image and platform, and the file that builds all of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

if TYPE_CHECKING:
    from cli.program import Project
    from registry.fake_registry import FakeServer

APP = """\
from lading import Image, secret

base = (
    Image(base_image="HOST/python:3.11-slim-bookworm")
    .index("http://HOST/simple", default=True)
    .python_packages("tiny")
)
images = base.variants(
    a=lambda image: image,
    b=lambda image: image.run("true", secrets=[secret("TOKEN", file="~/.token")]),
)
"""


@pytest.fixture
def images(tiny: Project, server: FakeServer) -> Project:
    (tiny.folder / "service.py").unlink()
    (tiny.folder / "pyproject.toml").unlink()
    tiny.write("app.py", APP.replace("HOST", server.host))
    return tiny


def test_all_for_all_platforms(images: Project) -> None:
    platforms = ("--platform", "linux/amd64", "--platform", "linux/arm64")
    words = ("bake", "app.py:images", "--all", "-o", "out", *platforms)
    ran = images.lading(*words, "-t", "registry.example/{name}:1-{platform}")
    assert (ran.code, ran.out) == (0, "out/docker-bake.json\n")
    assert ran.err.splitlines()[-1] == "4 targets: `docker buildx bake` in that folder builds all"
    assert images.read("out/docker-bake.json") == snapshot("""\
{
  "//": "Made by Lading: changes belong in the Images that this was made from.",
  "group": {
    "a": {
      "targets": [
        "a-linux-amd64",
        "a-linux-arm64"
      ]
    },
    "b": {
      "targets": [
        "b-linux-amd64",
        "b-linux-arm64"
      ]
    },
    "default": {
      "targets": [
        "a-linux-amd64",
        "a-linux-arm64",
        "b-linux-amd64",
        "b-linux-arm64"
      ]
    }
  },
  "target": {
    "a-linux-amd64": {
      "context": "a/linux-amd64",
      "dockerfile": "Dockerfile",
      "platforms": [
        "linux/amd64"
      ],
      "tags": [
        "registry.example/a:1-linux-amd64"
      ]
    },
    "a-linux-arm64": {
      "context": "a/linux-arm64",
      "dockerfile": "Dockerfile",
      "platforms": [
        "linux/arm64"
      ],
      "tags": [
        "registry.example/a:1-linux-arm64"
      ]
    },
    "b-linux-amd64": {
      "context": "b/linux-amd64",
      "dockerfile": "Dockerfile",
      "platforms": [
        "linux/amd64"
      ],
      "secret": [
        "id=TOKEN"
      ],
      "tags": [
        "registry.example/b:1-linux-amd64"
      ]
    },
    "b-linux-arm64": {
      "context": "b/linux-arm64",
      "dockerfile": "Dockerfile",
      "platforms": [
        "linux/arm64"
      ],
      "secret": [
        "id=TOKEN"
      ],
      "tags": [
        "registry.example/b:1-linux-arm64"
      ]
    }
  }
}
""")
    contexts = [f"out/{name}/linux-{arch}" for name in "ab" for arch in ("amd64", "arm64")]
    assert set(images.files()) >= {f"{one}/Dockerfile" for one in contexts}
    first = images.read("out/docker-bake.json")
    again = images.lading(*words, "-q", "-t", "registry.example/{name}:1-{platform}", "--json")
    assert images.read("out/docker-bake.json") == first
    assert [(one["name"], one["platform"]) for one in json.loads(again.out)["targets"]] == [
        (name, f"linux/{arch}") for name in "ab" for arch in ("amd64", "arm64")
    ]


def test_one_image_goes_into_the_project(images: Project) -> None:
    ran = images.lading("bake", "app.py:images.a", "-q")
    assert (ran.code, ran.out, ran.err) == (0, ".lading/bake/docker-bake.json\n", "")
    assert list(json.loads(images.read(".lading/bake/docker-bake.json"))["target"]) == [
        "a-linux-amd64"
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--all", "-t", "x:1"), [
            "error: --tag: x:1 names one image, and these are 2: a, b",
            "hint: write {name} where the name of each goes, as in registry.example/{name}:1",
        ]),
        (("--all", "-t", "{name}:1", "--platform", "linux/amd64", "--platform", "linux/arm64"), [
            "error: --tag: {name}:1 would be the image of the platform that is built last",
            ("hint: write {platform} in it, as in {name}:1-{platform}; "
             "`docker buildx imagetools create` makes one of them"),
        ]),
        (("--all", "-t", "{nome}:1"), ['error: --tag: image name "{nome}" is invalid']),
        (("--all", "-t", "{name}@sha256:" + "0" * 64), [
            "error: --tag: {name}@sha256:DIGEST has a digest, which only a finished image can have",
            "hint: write {name}",
        ]),
        (("--all", "-t", "x/{name}-{platform}:{name}A/b"), [
            'error: --tag: image name "x/x-x:xA/b" is invalid',
        ]),
        (("--all", "-t", "{name}/{name}B"), [
            'error: --tag: image name "x/xB" is invalid', 'hint: names are in lower case: "x/xb"',
        ]),
        ((), [
            "error: app.py:images has several variants: a, b",
            "hint: name one: app.py:images.a; `lading build app.py:images --all` takes all",
        ]),
    ],
)  # fmt: skip
def test_what_can_not_be_baked(images: Project, words: tuple[str, ...], said: list[str]) -> None:
    ran = images.lading("bake", "app.py:images", "-o", "out", *words)
    assert ran.code in {1, 2}
    assert ran.err.splitlines()[: len(said)] == said
    assert not (images.folder / "out").exists()


@pytest.mark.parametrize(
    ("holds", "output", "said"),
    [
        ("other/docker-bake.json", "other", "holds docker-bake.json, which Lading"),
        ("other/docker-bake.json/x", "other", "holds docker-bake.json, which Lading"),
        ("other/notes.txt", "other", "holds notes.txt, which Lading has not written there"),
        ("other/a/notes.txt", "other", "holds a, which Lading has not written there"),
        ("model/weights", "model", "holds weights, which Lading has not written there"),
        ("other/a", "other", "holds a, which Lading has not written there"),
        ("x", ".", "the target project is the project, or a folder that holds it"),
        ("x", "..", "the target .. is the project, or a folder that holds it"),
    ],
)
def test_what_lading_has_not_written_is_left_alone(
    images: Project, holds: str, output: str, said: str
) -> None:
    images.write(holds, '{"target": {}}\n')
    before = images.files()
    for command in ("bake", "freeze"):
        ran = images.lading(command, "app.py:images", "--all", "-o", output)
        assert ran.code in {1, 2}
        assert said in ran.err.splitlines()[0]
        assert images.files() == before
    assert images.read(holds) == '{"target": {}}\n'


def test_an_own_folder_is_written_anew(images: Project) -> None:
    words = ("bake", "app.py:images", "--all", "-o", "out", "-q")
    assert images.lading(*words).code == 0
    images.write("app.py", images.read("app.py").replace("    a=", "    c="))
    ran = images.lading(*words)
    assert (ran.code, ran.err) == (0, "")
    assert (images.folder / "out/a/linux-amd64/Dockerfile").is_file()
    frozen = images.lading("freeze", "app.py:images.b", "-o", "out/c", "-q")
    assert frozen.code == 1
    (images.folder / "out/docker-bake.json").unlink()
    (images.folder / "out/docker-bake.json").symlink_to("../app.py")
    ran = images.lading(*words)
    assert (ran.code, ran.err.splitlines()[0]) == (
        2,
        "error: --output: out holds docker-bake.json, which Lading has not written there",
    )


def test_no_context_goes_into_a_frozen_image(images: Project) -> None:
    assert images.lading("freeze", "app.py:images", "--all", "-o", "out", "-q").code == 0
    ran = images.lading("bake", "app.py:images", "--all", "-o", "out")
    assert (ran.code, ran.err.splitlines()[0]) == (
        2,
        "error: --output: a is a frozen image itself",
    )


def test_a_name_that_no_tag_can_have_is_told_before_anything_is_written(images: Project) -> None:
    images.write("app.py", images.read("app.py").replace("    a=", "    A="))
    ran = images.lading("bake", "app.py:images", "--all", "-o", "out", "-t", "x/{name}:1")
    assert (ran.code, ran.err.splitlines()[:2]) == (2, [
        'error: --tag: image name "x/A" is invalid (of x/{name}:1)',
        'hint: names are in lower case: "x/a"',
    ])  # fmt: skip
    images.write("file", "")
    ran = images.lading("bake", "app.py:images", "--all", "-o", "file")
    assert ran.err.splitlines()[0] == (
        "error: --output: file is a file, and each image gets a folder in it"
    )
    assert sorted(images.files()) == ["app.py", "file"]


def test_one_that_can_not_be_decided_leaves_nothing_written(images: Project) -> None:
    images.write("app.py", images.read("app.py").replace("image.run(", "image.run_script("))
    ran = images.lading("bake", "app.py:images", "--all", "-o", "out")
    assert ran.code == 1
    assert ran.err.splitlines()[-2].startswith("error: app.py:10: b: ")
    assert not (images.folder / "out").exists()
