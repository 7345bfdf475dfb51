"""`lading schema` prints what editors check project files by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lading.config import schema

if TYPE_CHECKING:
    from cli.program import Project


def test_it_is_printed(bare: Project) -> None:
    ran = bare.lading("schema")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out) == schema()
