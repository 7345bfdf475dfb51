"""What the pages show can be run as it stands."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import lading
from lading import Image, secret
from lading.config import ProjectImages
from lading.project_file import SETTINGS, ProjectFile

ROOT = Path(__file__).parents[1]
# What that page shows runs in BentoML: tests/integrations.
OTHERS = {"bentoml.md"}
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[tuple[str, int, str]]:
    """Each block in a language: its page, the line that it begins on, and its text."""
    return [
        (page.relative_to(ROOT).as_posix(), text.count("\n", 0, found.start()) + 2, found[2])
        for page in PAGES
        if not (language == "python" and page.name in OTHERS)
        for text in [page.read_text()]
        for found in _BLOCK.finditer(text)
        if found[1] == language
    ]


@pytest.fixture(autouse=True)
def framework(monkeypatch: pytest.MonkeyPatch) -> None:
    """What examples import is not installed beside Lading."""
    fastapi = ModuleType("fastapi")
    exec(  # noqa: S102 - a stand-in, as short as can be
        "class FastAPI:\n    def get(self, path):\n        return lambda function: function\n",
        vars(fastapi),
    )
    monkeypatch.setitem(sys.modules, "fastapi", fastapi)


@pytest.mark.parametrize("page", sorted({page for page, _, _ in blocks("python")}))
def test_python_runs(page: str) -> None:
    """The blocks of a page one after another, as a reader types them."""
    names: dict[str, object] = {"lading": lading, "Image": Image, "secret": secret}
    for where, line, text in blocks("python"):
        if where == page:
            exec(compile("\n" * (line - 1) + text, page, "exec"), names)  # noqa: S102


PROJECT_FILES = [
    block
    for block in blocks("toml")
    if not tomllib.loads(block[2]).keys() & {"platforms", "project"}
]
"""What shows a lock is Lading's to write, and no user's; [project] is a package's own."""


@pytest.mark.parametrize(("page", "line", "text"), PROJECT_FILES)
def test_toml_is_a_project_file(page: str, line: int, text: str) -> None:
    table = tomllib.loads(text)
    above = ("tool", "lading") if "tool" in table else ()
    for key in above:
        table = table[key]
    file = ProjectFile(path=Path(f"{page}:{line}"), above=above, table=table, text=text)
    images = ProjectImages(file=file, load=lambda _, __: Image())
    assert all(isinstance(images.image(name), Image) for name in images.named)
    assert tuple(images.named) or set(table) <= set(SETTINGS)
