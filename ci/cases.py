"""Writes docs/cases.md: what goes wrong in this field, and the tests that it does not here.

`python ci/cases.py` writes the page; `--check` fails where it is not what the tests give. A test
bears a case's number in its name: `test_r30_...`.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "cases.md"
TESTS = ROOT / "tests"

NUMBER = re.compile(r"test_r(\d+)_")
NUMBERS = range(1, 55)
THEMES = {
    "Words and quoting": range(1, 7),
    "Shells and bases": range(7, 16),
    "Locking": range(16, 30),
    "Secrets": range(30, 35),
    "Caching and layers": range(35, 43),
    "Other builders and machines": range(43, 48),
    "Running": range(48, 53),
    "Air gaps and evidence": range(53, 55),
}

CASES = {
    1: "A line break in a variable's value is refused, and no word ever adds an instruction.",
    2: "A base image is one reference: nothing after it, no option, not empty.",
    3: "A system package is a name, never a shell word or an option.",
    4: "A variable has a variable's name; its value reaches the container byte for byte.",
    5: "Paths with spaces, patterns and links mean what they say, and none leaves the project.",
    6: "A command of any shape is one step, with the meaning that a shell gives it.",
    7: "Every generated command is POSIX sh.",
    8: "The user is made whatever tools, names and numbers the base already has.",
    9: "Steps run as root even where the base has another user; the container runs by a number.",
    10: "The distribution is known from the base's name, or asked for: never guessed.",
    11: "The installer comes with the context, pinned, for the target, and is not in the image.",
    12: "A Python version is kept to its patch, and one that is left out becomes no word.",
    13: "PATH keeps what the base has.",
    14: "System packages come without a question, in one step that leaves no lists behind.",
    15: "The base has its release's name and its digest.",
    16: "The lock is the same bytes whatever machine made it.",
    17: "Each platform has its own part of the lock.",
    18: "A package without wheels for Alpine is named when the image is locked.",
    19: "PyTorch comes from its own index and everything else does not; the lock says which.",
    20: "A pin of the user's is the only one.",
    21: "Requirements files in each form and encoding that pip reads are the same set.",
    22: "One index named twice is one; two are an error with both places.",
    23: "What conda leaves in a requirements file is answered with what to write.",
    24: "A source is compiled in a stage that is not shipped, and never on the host.",
    25: "Freezing twice asks nobody and gives the same bytes; a check refuses what changed.",
    26: "A failed resolution has the resolver's words and the user's line.",
    27: "A pyproject's extras, groups, sources and dynamic parts are followed or refused by name.",
    28: "Another tool's lock gives its own pins and hashes, or an error where it is stale.",
    29: "What is locked is installed by hash alone.",
    30: "A credential is in no file, layer, label, log or error.",
    31: "A secret is there for every part of the step that names it, and for no other step.",
    32: "Another value of a secret is the same image; another version runs its steps again.",
    33: "A secret for a builder that can't mount one is an error.",
    34: "A variable without a value is no variable.",
    35: "A change makes new what it concerns; place, time and owner concern nothing.",
    36: "Images made of one base do not meet, and what is handed in stays as it is.",
    37: "Installations and commands stay in the order of the calls.",
    38: "Another base keeps every step.",
    39: "Files of the project that are installed are there when they are.",
    40: "No tree is walked for its owner; no cache and no compiler is left in the image.",
    41: "A cache has a name, a lock and an owner, and is where a builder knows caches.",
    42: "A directive is the first byte of the Dockerfile, or isn't there.",
    43: "A Dockerfile for older builders has nothing that they don't know, and builds the same.",
    44: "Linters and independent parsers have nothing to say.",
    45: "A script from any checkout has the line ends and the bit that a kernel wants.",
    46: "A project may be anywhere and be called anything; what lies beside it is not walked.",
    47: "The project's own .dockerignore takes nothing away.",
    48: "The container runs as any user of group 0, on a read-only file system.",
    49: "A replaced command finds the environment; the server itself gets SIGTERM.",
    50: "A word where a list belongs is answered with the right call.",
    51: "CUDA bases and versions.",
    52: "What is not supported is an error, never left out in silence.",
    53: "A vendored folder builds without a network.",
    54: "An SBOM equals what is installed, and no label holds a secret.",
}

LATER = {
    51: "its tables come with a later issue",
    54: "it comes with a later issue",
}


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Proof:
    """A test that bears a number.

    Attributes:
        file: Below the repository's root.
        name: Of the function.
        engines: Those that it builds with.
        is_network: Whether it asks the package index.
        is_many: Whether it is run with more than one set of words.
    """

    file: str
    name: str
    engines: tuple[str, ...] = ()
    is_network: bool = False
    is_many: bool = False


def proofs() -> dict[int, list[Proof]]:
    """All tests by the numbers that they bear."""
    found: defaultdict[int, list[Proof]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for number, proof in of_file(path):
            found[number].append(proof)
    return {number: sorted(found[number]) for number in found}


def constants(tree: ast.Module) -> dict[str, ast.expr]:
    """What a module calls by a name in capitals, such as `EACH_ENGINE`."""
    return {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.isupper()
    }


def imported(tree: ast.Module) -> dict[str, ast.expr]:
    """The same of the modules among the tests that a module imports from."""
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            path = TESTS / f"{node.module.replace('.', '/')}.py"
            if path.is_file():
                theirs = constants(ast.parse(path.read_text("utf-8")))
                names = {alias.name for alias in node.names}
                found |= {name: value for name, value in theirs.items() if name in names}
    return found


def of_file(path: Path) -> Iterator[tuple[int, Proof]]:
    """The numbers of a file's tests."""
    tree = ast.parse(path.read_text("utf-8"))
    known = imported(tree) | constants(tree)
    everywhere = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and (match := NUMBER.match(node.name)):
            marks = [*everywhere, *node.decorator_list]
            text = " ".join(ast.unparse(known.get(ast.unparse(mark), mark)) for mark in marks)
            yield int(match[1]), proof(path, node.name, text)


def proof(path: Path, name: str, marks: str) -> Proof:
    """A test by the text of its decorators."""
    return Proof(
        file=path.relative_to(ROOT).as_posix(),
        name=name,
        engines=tuple(engines(marks)),
        is_network="mark.network" in marks,
        is_many="mark.parametrize" in marks or "given(" in marks,
    )


def engines(text: str) -> Iterator[str]:
    """The engines that decorators name, each once."""
    words = re.findall(r"mark\.engine\(([^)]*)\)", text)
    yield from dict.fromkeys(re.findall(r"'(\w+)'", " ".join(words)))


def page() -> str:
    """The text of docs/cases.md."""
    found = proofs()
    unknown = sorted(set(found) - set(NUMBERS))
    if unknown:
        raise SystemExit(f"tests bear numbers that no case has: {unknown}")
    covered = [number for number in NUMBERS if number in found]
    lines = [
        "<!-- Made by ci/cases.py from the tests: `make cases` writes it again. -->",
        "# What goes wrong, and what shows that it does not here",
        "",
        "Each case is a failure that users of tools in this field have met. The tests that bear",
        f"its number in their names are listed: {len(covered)} of {len(NUMBERS)} cases have some.",
    ]
    for theme, numbers in THEMES.items():
        lines += ["", f"## {theme}"]
        for number in numbers:
            lines += ["", f"### R{number}", "", CASES[number], "", *listed(found, number)]
    return "\n".join(lines) + "\n"


def listed(found: Mapping[int, list[Proof]], number: int) -> Iterator[str]:
    """The lines of one case's tests."""
    for one in found.get(number, ()):
        about = []
        if one.engines:
            about.append(f"real builds: {', '.join(one.engines)}")
        if one.is_network:
            about.append("asks the package index")
        if one.is_many:
            about.append("many inputs")
        more = f" ({'; '.join(about)})" if about else ""
        yield f"- `{one.name}` in [{one.file}](../{one.file}){more}"
    if number not in found:
        reason = LATER.get(number)
        yield f"Not yet{f': {reason}' if reason else ''}."


def main() -> int:
    """Writes the page, or checks it."""
    parser = argparse.ArgumentParser(description="write docs/cases.md from the tests")
    parser.add_argument("--check", action="store_true", help="fail where it is not up to date")
    options = parser.parse_args()
    text = page()
    if not options.check:
        PAGE.write_text(text, "utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text("utf-8") == text:
        return 0
    print("docs/cases.md is not what the tests give: run `make cases`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
