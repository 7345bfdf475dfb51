"""Outputs and models: what is written may be no file of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading import Image
from lading.errors import FreezeError
from lading.freeze.outputs import check_apart

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "project"
    (root / "weights").mkdir(parents=True)
    (root / "weights" / "a.bin").write_bytes(b"a")
    (root / "link").symlink_to("weights")
    return root


def scratch() -> Image:
    return Image(base_image="scratch")


@pytest.mark.parametrize(
    ("pattern", "exclude", "output"),
    [
        ("weights", [], "weights/layout"),
        ("weights", [], "weights/a/b/c.tar"),
        ("weights", ["*.md"], "weights/layout"),
        ("weights", [], "link/layout"),
        ("link", [], "weights/layout"),
        ("*.tar", [], "image.tar"),
        ("weights/**", [], "weights/out/layout"),
        ("weights/*.tar", [], "weights/image.tar"),
        ("**/*.json", [], "build"),  # of a layout the index
        ("weights/a.bin", [], "weights/a.bin"),
        (".lading/kept", [], ".lading/kept/layout"),
    ],
)
def test_an_output_among_a_model_s_files_is_refused(
    project: Path, pattern: str, exclude: list[str], output: str
) -> None:
    (project / ".lading" / "kept").mkdir(parents=True)
    image = scratch().model(pattern, exclude=exclude)
    with pytest.raises(FreezeError) as raised:
        check_apart([image], project, [project / output])
    [problem] = raised.value.problems
    assert f"would become a part of the model {pattern}, and its lock drift" in problem.message
    assert problem.location == image.steps[0].location


@pytest.mark.parametrize(
    ("pattern", "exclude", "output"),
    [
        ("weights", [], "build"),
        ("weights", [], "weights-2"),
        ("weights/a.bin", [], "weights/layout"),
        ("weights/*.bin", [], "weights/image.tar"),
        ("weights/*.bin", [], "weights/layout"),
        ("**/*.bin", [], "build"),
        ("weights", ["*.tar"], "weights/image.tar"),
        ("weights", ["weights/out"], "weights/out/layout"),
        ("**/*.json", [], ".lading/image"),
        ("weights", [], "weights/.lading/image"),
        ("**/*.json", [], "../elsewhere"),
    ],
)
def test_an_output_beside_them_is_not(
    project: Path, pattern: str, exclude: list[str], output: str
) -> None:
    check_apart([scratch().model(pattern, exclude=exclude)], project, [project / output])


def test_models_of_all_platforms_and_below_count(project: Path) -> None:
    below = scratch().model("weights")
    for image in (
        scratch().for_platform("linux/arm64", lambda one: one.model("weights")),
        Image.from_image(below).env(A="1"),
    ):
        with pytest.raises(FreezeError):
            check_apart([image], project, [project / "weights" / "layout"])


def test_all_such_are_told_together(project: Path) -> None:
    image = scratch().model("weights").model("**/*.json", to="/elsewhere")
    with pytest.raises(FreezeError) as raised:
        check_apart([image], project, [project / "build", project / "weights" / "a.tar"])
    assert [one.message.partition(" would")[0] for one in raised.value.problems] == [
        "build",
        "weights/a.tar",
        "weights/a.tar",
    ]
