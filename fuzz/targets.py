"""What is given anything at all: only errors of Lading's own may come out, and what is read holds.

`fuzz/run.py` runs each target for as long as it is told to; the tests run each for a moment.
"""

from __future__ import annotations

import codecs
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from elf_as_given import ELF_BYTES, elf
from hypothesis import given
from hypothesis import strategies as st
from scripts_as_given import SCRIPTS, script
from wheels_as_given import BYTES, wheel

from dockerfile.parseback import DIALECTS, argv, pairs, parse, paths
from lading.dockerfile.instructions import (
    Cmd,
    Comment,
    Copy,
    Entrypoint,
    Env,
    From,
    Healthcheck,
    Label,
    PathEnv,
    Run,
    Volume,
    Workdir,
)
from lading.dockerfile.serialize import serialize
from lading.errors import LadingError
from lading.grammar.invalid import Invalid
from lading.grammar.reference import ImageReference
from lading.lock.file import emit_lock, parse_lock
from lading.requirements import parse_requirements, read_requirements_file, requirements_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dockerfile.parseback import Parsed
    from lading.dockerfile.instructions import Instruction

__all__ = ["TARGETS"]

_SPICE = [
    *"\\\"'$`#<>-[]{}=,!*?&|;:@/%~^ \t\r\n",
    "\0",
    "\x85",
    "\u2028",
    "\ufeff",
    "é",
    "木",
    "🐋",
]
_TEXT = st.text(st.characters(codec="utf-8"), max_size=8)


def mixed(*fragments: str, most: int = 40) -> st.SearchStrategy[str]:
    """Texts of these fragments, of signs that some parser acts on, and of anything."""
    pieces = st.sampled_from(fragments) | st.sampled_from(_SPICE) | _TEXT
    return st.lists(pieces, max_size=most).map("".join)


# Requirements files.

_REQUIREMENT_WORDS = (
    *("six", "Torch_Vision", "==1.0", ">=2,<3", "~=", "===", "[extra]", "; python_version < '3'"),
    *(
        " @ ",
        "git+https://",
        "git+ssh://git@",
        "file:",
        "file:///",
        "https://h.test/x.whl",
        "#egg=",
    ),
    *("-r ", "-c ", "--requirement=", "-e ", "--index-url ", "--extra-index-url=", "-f ", "--pre"),
    *("--hash=sha256:", "a" * 64, " --hash sha512:", "--no-binary :all:", "--only-binary=", "-i"),
    *("r.txt", "c.txt", "sub/", "../", "./", "x-1.0-py3-none-any.whl", ".tar.gz", "~/", "C:\\"),
    *(" \\\n", "\n", "\r\n", " # ", "${VAR}", "$VAR", "user:pw@", "%40", "&subdirectory=", "@v1"),
    *(
        "1!2.0rc1.post3.dev4+local",
        "e\u0301",
        "-",
        "_",
        ".",
        "==1.*",
        "or ",
        "and ",
        "extra == 'a'",
    ),
)
_ENCODINGS: tuple[Callable[[str], bytes], ...] = (
    lambda text: text.encode(),
    lambda text: codecs.BOM_UTF8 + text.encode(),
    lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    lambda text: codecs.BOM_UTF32_LE + text.encode("utf-32-le"),
    lambda text: text.encode("latin-1", "replace"),
)
_CONTENTS = st.one_of(
    st.binary(max_size=60),
    st.builds(
        lambda text, encode: encode(text),
        mixed(*_REQUIREMENT_WORDS),
        st.sampled_from(_ENCODINGS),
    ),
)


def requirements(content: bytes, included: bytes) -> None:
    """A requirements file is read, or refused at its lines."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "r.txt").write_bytes(content)
        (project / "c.txt").write_bytes(included)
        try:
            found = read_requirements_file(project, "r.txt")
        except LadingError as error:
            check_problems(error)
            return
    kept = [one.requirement for one in found.requirements]
    text = requirements_text(kept, hashes=True)
    again = parse_requirements(text, file="r.txt")
    assert [one.requirement for one in again.requirements] == kept
    assert all("\n" not in one.text and "\r" not in one.text for one in kept)


def check_problems(error: LadingError) -> None:
    """An error says something, in one line, and where."""
    assert error.problems
    for problem in error.problems:
        check_line(problem.message)
        assert problem.location is not None or ".txt" in problem.message


def check_line(message: str) -> None:
    """A message is one line of words."""
    assert message
    assert len(message.splitlines()) == 1, message


# Image references.

_REFERENCE_WORDS = (
    *("python", "docker.io/", "library/", "registry.example.test", ":5000/", "localhost/", ":3.11"),
    *("@sha256:", "0" * 64, "@sha512:", "f" * 128, "[::1]", "127.0.0.1", "a__b", "a--b", "A", "_"),
    *("team/", "..", "x" * 128, "y" * 255, "/", ":", "@", "-", "http://", "index.docker.io/"),
)


def reference(text: str) -> None:
    """A reference is one word that means itself, or is refused."""
    try:
        found = ImageReference.parse(text)
    except Invalid as error:
        check_line(error.message)
        return
    assert ImageReference.parse(str(found)) == found
    assert ImageReference.parse(found.familiar) == found
    assert not set(str(found)) & set(" \t\r\n\0\"'$#\\`")
    assert not str(found).startswith("-")
    (parsed,) = parse(serialize([From(image=str(found))]))
    assert (parsed.flags, parsed.rest) == ((), str(found))


# Dockerfiles.

_WORDS = mixed(
    "RUN id", "<<EOF", "--mount=type=secret", "${x}", "$HOME", "[", '["a"]', " AS b", most=9
)
_MANY = st.lists(_WORDS, max_size=3).map(tuple)
_HOSTILE = {"HOME": "expanded!", "x": "expanded!", "PATH": "/base"}


def _labels(words: Sequence[str]) -> Label:
    return Label(pairs=tuple(zip(words[::2], words[1::2], strict=False)))


_MAKERS: tuple[Callable[[tuple[str, ...]], Instruction], ...] = (
    lambda words: Run(command="".join(words)),
    lambda words: Cmd(argv=words),
    lambda words: Entrypoint(argv=words),
    lambda words: Healthcheck(argv=words),
    lambda words: Env(variables=tuple((f"V{at}", word) for at, word in enumerate(words))),
    lambda words: PathEnv(before=words),
    lambda words: Copy(sources=words, destination=f"/{''.join(words)}/"),
    lambda words: Volume(paths=tuple(f"/{word}" for word in words)),
    lambda words: Workdir(path=f"/{''.join(words)}"),
    lambda words: Comment(text="".join(words)),
    _labels,
)


def _said(one: Instruction) -> object:  # noqa: PLR0911 - a closed set
    """What an instruction's own words are."""
    match one:
        case Run():
            return ("/bin/sh", "-c", one.command)
        case Cmd() | Entrypoint() | Healthcheck():
            return one.argv or None
        case Env():
            return one.variables
        case Label():
            return one.pairs
        case Volume():
            return one.paths
        case PathEnv():
            return (("PATH", ":".join((*one.before, "/base"))),)
        case Copy():
            return one.destination
        case _:
            return None


def _read(parsed: Parsed) -> object:
    """The words that a builder reads."""
    match parsed.kind:
        case "RUN" | "CMD" | "ENTRYPOINT":
            return argv(parsed.rest)
        case "HEALTHCHECK":
            return argv(parsed.rest.removeprefix("CMD "))
        case "ENV" | "LABEL":
            return pairs(parsed, _HOSTILE)
        case "VOLUME":
            return paths(parsed, _HOSTILE)
        case "COPY":
            return paths(parsed, _HOSTILE)[-1]
        case _:
            return None


def dockerfile(made: list[tuple[int, tuple[str, ...]]]) -> None:
    """What can be said is read as it was said, by both families of builders."""
    instructions: list[Instruction] = []
    for maker, words in made:
        with suppress(Invalid):
            instructions.append(_MAKERS[maker](words))
    text = serialize([From(image="first"), *instructions, From(image="last")])
    said = [one for one in instructions if not isinstance(one, Comment)]
    for dialect in DIALECTS:
        first, *read, last = parse(text, dialect)
        assert (first.rest, last.rest) == ("first", "last")
        for one, parsed in zip(said, read, strict=True):
            assert _said(one) is None or _read(parsed) == _said(one)


# Locks.

LOCK = f"""\
version = 3

[inputs]
base = "docker.io/library/python:3.11"
distro = "debian:bookworm"
python = "3.11"

[[inputs.indexes]]
url = "https://packages.example.test/simple"
name = "corp"
packages = ["torch"]

[[inputs.groups]]
requirements = ["six>=1", "theirs @ git+https://git.example.test/theirs.git@main"]
no_binary = ["built"]
build_constraints = ["setuptools<81"]
requires = [{{ name = "built", requirements = ["six"] }}]
files = [{{ path = "libs/ours", sha256 = "{"e" * 64}" }}]

[[platforms]]
platform = "linux/amd64"

[platforms.base]
reference = "docker.io/library/python:3.11"
digest = "sha256:{"a" * 64}"

[[platforms.tools]]
name = "uv"
version = "0.9.0"
url = "https://files.example.test/uv.whl"
sha256 = "{"b" * 64}"

[[platforms.distributions]]
name = "six"
version = "1.16.0"
url = "https://files.example.test/six-1.16.0-py2.py3-none-any.whl"
hashes = ["sha256:{"c" * 64}"]
index = "default"
size = 11053

[[platforms.distributions]]
name = "built"
version = "2.0"
kind = "sdist"
url = "https://files.example.test/built-2.0.tar.gz"
hashes = ["sha256:{"d" * 64}"]
index = "https://packages.example.test/simple"
assumed = true

[[platforms.distributions]]
name = "theirs"
kind = "git"
url = "https://git.example.test/theirs.git"
commit = "{"f" * 40}"
subdirectory = "python"

[[platforms.distributions]]
name = "ours"
version = "1.0"
kind = "directory"
url = "libs/ours"
hashes = ["sha256:{"e" * 64}"]

[[platforms.builds]]
name = "built"
requirements = ["setuptools>=40.8.0"]

[[platforms.builds.distributions]]
name = "setuptools"
version = "80.9.0"
url = "https://files.example.test/setuptools-80.9.0-py3-none-any.whl"
hashes = ["sha256:{"1" * 64}"]
index = "default"

[[platforms.builds]]
name = "theirs"

[[platforms.builds]]
name = "ours"

[[platforms.archives]]
url = "https://mirror.example.test/debian"
suite = "bookworm"
release = "{"2" * 64}"
date = "2026-11-01T00:00:00Z"

[[platforms.debs]]
name = "libgomp1"
version = "12.2.0-14"
architecture = "amd64"
path = "pool/main/g/gcc-12/libgomp1_12.2.0-14_amd64.deb"
sha256 = "{"3" * 64}"
size = 1
suite = "bookworm"
"""
_LINES = LOCK.splitlines(keepends=True)
_LOCK_WORDS = (
    *_LINES,
    *(
        'kind = "git"\n',
        'kind = "file"\n',
        f'commit = "{"d" * 40}"\n',
        "group = 0\n",
        "group = 2\n",
    ),
    *('path = "../x"\n', "[[platforms]]\n", "[[platforms.debs]]\n", "<<<<<<< HEAD\n", "=======\n"),
    *("version = 99\n", "version = 1\n", 'version = "2"\n', "x = 1\n", "= ", '"""', "1e400", "nan"),
    *(
        "1979-05-27T07:32:00Z\n",
        "[a.b]\n",
        "a.b.c = {}\n",
        "'\\n'",
        '"\\u0000"',
        "9" * 30,
        "[" * 30,
    ),
)
_EDITS = st.lists(
    st.tuples(
        st.integers(0, len(LOCK)),
        st.integers(0, 60),
        st.sampled_from(_LOCK_WORDS) | st.sampled_from(_SPICE) | _TEXT,
    ),
    max_size=4,
)


def edited(edits: list[tuple[int, int, str]]) -> str:
    """The lock with some of its text replaced."""
    text = LOCK
    for start, length, new in edits:
        text = text[:start] + new + text[start + length :]
    return text


def lock(text: str) -> None:
    """A lock is read and written as the same, or refused."""
    try:
        found = parse_lock(text)
    except LadingError as error:
        for problem in error.problems:
            check_line(problem.message)
        return
    assert parse_lock(emit_lock(found)) == found
    assert emit_lock(parse_lock(emit_lock(found))) == emit_lock(found)
    for part in found.platforms:
        for one in part.distributions:
            assert not one.url.startswith("-")
            assert len(one.url.split()) == 1
            assert len(one.name.split()) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is given what.

    Attributes:
        check: Raises where something does not hold.
        words: What it is given, by the names of its parameters.
    """

    check: Callable[..., None]
    words: Mapping[str, st.SearchStrategy[object]]

    def test(self) -> Callable[..., None]:
        """A new test for hypothesis."""

        def check(**words: object) -> None:
            self.check(**words)

        return given(**self.words)(check)


_MADE = st.lists(st.tuples(st.sampled_from(range(len(_MAKERS))), _MANY), max_size=5)

TARGETS = {
    "requirements": Target(check=requirements, words={"content": _CONTENTS, "included": _CONTENTS}),
    "reference": Target(check=reference, words={"text": mixed(*_REFERENCE_WORDS, most=12)}),
    "dockerfile": Target(check=dockerfile, words={"made": _MADE}),
    "lock": Target(check=lock, words={"text": _EDITS.map(edited) | mixed(*_LOCK_WORDS, most=20)}),
    "wheel": Target(check=wheel, words={"content": BYTES}),
    "script": Target(check=script, words={"text": SCRIPTS}),
    "elf": Target(check=elf, words={"content": ELF_BYTES}),
}
"""By name."""
