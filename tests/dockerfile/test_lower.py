"""Whole Dockerfiles, as snapshots; `recipes.py` says how they are written anew."""

from __future__ import annotations

import difflib

import pytest

from dockerfile.recipes import CASES, SNAPSHOTS, UPDATE, snapshot_path, text_of


@pytest.mark.parametrize(("recipe", "distro"), CASES)
def test_the_dockerfile_is_the_one_that_was_reviewed(recipe: str, distro: str) -> None:
    text = text_of(recipe, distro)
    path = snapshot_path(recipe, distro)
    if UPDATE:
        path.write_text(text, "utf-8")
    reviewed = path.read_bytes().decode()
    lines = difflib.unified_diff(
        reviewed.splitlines(), text.splitlines(), path.name, "now", lineterm=""
    )
    difference = "\n".join(lines)
    assert text == reviewed, f"\n{difference}"


def test_no_snapshot_is_left_over() -> None:
    expected = {snapshot_path(recipe, distro) for recipe, distro in CASES}
    assert set(SNAPSHOTS.iterdir()) == expected
