"""What the pages show can be run as it stands."""

from __future__ import annotations

import ast
import re
import shlex
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import click
import pytest

import lading
from lading import Image, secret
from lading.cli.main import program
from lading.config import ProjectImages
from lading.project_file import SETTINGS, ProjectFile

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]
# BentoML is not installed beside Lading: tests/integrations/test_bentoml.py runs that page's code.
OF_BENTOML = "docs/bentoml.md"
_SPAN = re.compile(r"(?<!`)`(lading [a-z][^`\n]*)`(?!`)")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[tuple[str, int, str]]:
    """Each block in a language: its page, the line that it begins on, and its text."""
    return [
        (page.relative_to(ROOT).as_posix(), text.count("\n", 0, found.start()) + 2, found[2])
        for page in PAGES
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


@pytest.mark.parametrize("page", sorted({page for page, _, _ in blocks("python")} - {OF_BENTOML}))
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


DROP_IN = ROOT / "src/lading/integrations/bentoml"


def drop_in() -> dict[str, ast.FunctionDef]:
    """The calls of the `Image` for BentoML, by name, read off its source."""
    tree = ast.parse((DROP_IN / "image.py").read_text())
    (image,) = (one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == "Image")
    return {one.name: one for one in image.body if isinstance(one, ast.FunctionDef)}


def chained(call: ast.Call) -> list[tuple[str, ast.Call]]:
    """The calls of a chain that begins with the page's own `Image`: that, then each method."""
    match call.func:
        case ast.Name(id="Image"):
            return [("__init__", call)]
        case ast.Attribute(value=ast.Call() as before, attr=name) if chained(before):
            return [*chained(before), (name, call)]
        case _:
            return []


@pytest.mark.parametrize(
    ("line", "text"), [found[1:] for found in blocks("python") if found[0] == OF_BENTOML]
)
def test_python_for_bentoml_names_what_there_is(line: int, text: str) -> None:
    tree = ast.parse("\n" * (line - 1) + text)
    exported = (DROP_IN / "__init__.py").read_text()
    known = drop_in()
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert any(map(chained, calls))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.module == "lading.integrations.bentoml"
            assert all(f'"{one.name}"' in exported for one in node.names)
    for call in calls:
        if ast.unparse(call).startswith("lading."):
            eval(ast.unparse(call), {"lading": lading})  # noqa: S307 - it is Lading's own
        for name, link in chained(call):
            takes = known[name].args
            names = {one.arg for one in (*takes.args, *takes.kwonlyargs)}
            assert {one.arg for one in link.keywords} <= names


def commands() -> Iterator[tuple[str, int, list[str]]]:
    """Each command of Lading's in a block of a shell: its page, its line, and its words."""
    for language in ("console", "sh"):
        for page, first, text in blocks(language):
            lines = enumerate(text.replace("\\\n", "  ").splitlines(), first)
            for number, line in lines:
                if language == "sh" or line.startswith("$ "):
                    yield from (
                        (page, number, words[1:])
                        for words in parted(line.removeprefix("$ "))
                        if words[0] == "lading"
                    )


def in_sentences() -> Iterator[tuple[str, int, list[str]]]:
    """The same of each command that stands between backticks."""
    for page in PAGES:
        text = page.read_text()
        for found in _SPAN.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            for words in parted(found[1]):
                yield page.relative_to(ROOT).as_posix(), line, words[1:]


def parted(line: str) -> Iterator[list[str]]:
    """The words of each command of a shell's line, without where its output goes."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;<>")
    lexer.whitespace_split, lexer.commenters = True, "#"
    words: list[str] = []
    found = iter(lexer)
    for word in found:
        if word in {">", "2>", ">>", "<"}:
            next(found)
        elif set(word) <= set("&|;"):
            yield words
            words = []
        else:
            words.append(word)
    if words:
        yield words


def read(words: list[str]) -> None:
    """Let the program itself read a command line, up to where it would do something.

    Raises:
        click.UsageError: It has no such command, option or argument.
    """
    context = click.Context(program, info_name="lading", obj={"debug": False})
    command: click.Command = program
    while isinstance(command, click.Group):
        name, *words = words
        found = command.get_command(context, name)
        if found is None:
            raise click.UsageError(f"no command {name}")
        command = found
        context = click.Context(command, parent=context, info_name=name)
    command.make_context(context.info_name, list(words), parent=context.parent)


@pytest.mark.parametrize(
    "words", [pytest.param(words, id=f"{page}:{line}") for page, line, words in commands()]
)
def test_commands_are_those_of_the_program(words: list[str]) -> None:
    read(words)


def test_commands_in_sentences_are_those_of_the_program() -> None:
    """They may lack what a command has to be given: some only name it."""
    wrong = []
    for page, line, words in in_sentences():
        try:
            read(words)
        except (click.MissingParameter, click.BadOptionUsage):
            pass
        except click.UsageError as error:
            wrong.append(f"{page}:{line}: {error.format_message()}")
    assert wrong == []


@pytest.mark.parametrize(
    "words", [["build", "--fast"], ["biuld"], ["cache", "inf"], ["lock", "a", "b"], ["copy", "a"]]
)
def test_other_commands_are_not(words: list[str]) -> None:
    with pytest.raises(click.UsageError):
        read(words)


def test_a_line_is_parted_as_a_shell_does() -> None:
    line = "lading bake -t \"a/{name}:1\" >x.json && cd 'a b'  # lading build"
    assert list(parted(line)) == [["lading", "bake", "-t", "a/{name}:1"], ["cd", "a b"]]
