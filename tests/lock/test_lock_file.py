from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from file_state import state_of
from lading.errors import FreezeError, Problem
from lading.lock import model
from lading.lock.drift import drift
from lading.lock.file import LOCK_NAME, emit_lock, parse_lock, read_lock, write_lock

if TYPE_CHECKING:
    from pathlib import Path

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,4}(-[a-z0-9]{1,3})?", fullmatch=True)
VERSIONS = st.from_regex(r"[1-9][0-9]?(\.[0-9]){0,2}(rc1|\+cu118)?", fullmatch=True)
SHA256 = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")
DIGESTS = SHA256.map(lambda digest: f"sha256:{digest}")
COMMITS = st.integers(0, 2**160 - 1).map(lambda number: f"{number:040x}")
LINES = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x7f"), min_size=1
)
WORDS = st.from_regex(r"https://[a-z]{1,5}\.example\.test/[ -~é]{0,5}", fullmatch=True).map(
    lambda text: text.replace(" ", "_")
)
URLS = st.from_regex(
    r"https://[a-z]{1,5}\.example\.test/[a-z][a-z0-9_.+-]{0,4}\.whl", fullmatch=True
)
PATHS = st.from_regex(r"[a-z]{1,4}(/[a-z.é ]{0,3}[a-z]){0,2}", fullmatch=True)


def many(elements: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(elements, max_size=3, unique=True).map(tuple)


FILES = st.builds(
    model.InputFile, path=PATHS, sha256=SHA256, extras=many(NAMES), groups=many(NAMES)
)
GROUPS = st.builds(
    model.InputGroup,
    requirements=many(LINES),
    constraints=many(LINES),
    no_binary=many(NAMES),
    only_binary=many(NAMES),
    requires=st.lists(
        st.builds(model.InputRequires, name=NAMES, requirements=many(LINES)),
        max_size=2,
        unique_by=lambda one: one.name,
    ).map(tuple),
    files=st.lists(FILES, max_size=2, unique_by=lambda file: file.path).map(tuple),
)
INDEXES = st.builds(
    model.InputIndex,
    url=WORDS,
    name=st.none() | NAMES,
    default=st.booleans(),
    packages=many(NAMES),
)
INPUTS = st.builds(
    model.Inputs,
    base=WORDS,
    distro=st.none() | st.sampled_from(["debian:bookworm", "alpine:3.20"]),
    python=st.sampled_from(["3.11", "3.12.4"]),
    lock_python_packages=st.booleans(),
    prerelease=st.booleans(),
    no_index=st.booleans(),
    accelerator=st.none() | st.sampled_from(["cpu", "cu126"]),
    find_links=many(LINES),
    indexes=many(INDEXES),
    groups=st.lists(GROUPS, max_size=3).map(tuple),
)
DISTRIBUTIONS = st.builds(
    model.Distribution,
    name=NAMES,
    version=st.none() | VERSIONS,
    kind=st.sampled_from(["wheel", "sdist", "file", "git"]),
    url=URLS,
    commit=st.none() | COMMITS,
    subdirectory=st.none() | PATHS,
    hashes=many(DIGESTS),
    size=st.none() | st.integers(0, 2**40),
    index=st.none() | st.just("default") | WORDS,
    group=st.integers(1, 9),
)
PARTS = st.builds(
    model.PlatformLock,
    platform=st.sampled_from(["linux/amd64", "linux/arm64", "linux/arm/v7"]),
    base=st.builds(
        model.LockedBase, reference=WORDS, digest=st.none() | DIGESTS, manifest=st.none() | DIGESTS
    ),
    tools=many(st.builds(model.Tool, name=NAMES, version=VERSIONS, url=WORDS, sha256=SHA256)),
    distributions=st.lists(DISTRIBUTIONS, max_size=3).map(tuple),
)
LOCKS = st.builds(
    model.Lock,
    version=st.just(model.FORMAT),
    inputs=INPUTS,
    platforms=st.lists(PARTS, max_size=2, unique_by=lambda part: part.platform).map(tuple),
)

SMALL = model.Lock(
    inputs=model.Inputs(
        base="docker.io/library/python:3.11",
        distro="debian:bookworm",
        python="3.11",
        groups=(model.InputGroup(requirements=("alpha",)),),
    ),
    platforms=(
        model.PlatformLock(
            platform="linux/amd64",
            base=model.LockedBase(
                reference="docker.io/library/python:3.11",
                digest=f"sha256:{'a' * 64}",
                manifest=f"sha256:{'d' * 64}",
            ),
            tools=(
                model.Tool(
                    name="uv",
                    version="1.0",
                    url="https://x.example.test/uv-1.0-py3-none-musllinux_1_1_x86_64.whl",
                    sha256="b" * 64,
                ),
            ),
            distributions=(
                model.Distribution(
                    name="alpha",
                    version="1.0",
                    url="https://x.example.test/alpha-1.0-py3-none-any.whl",
                    hashes=(f"sha256:{'c' * 64}",),
                    size=3,
                    index="default",
                ),
            ),
        ),
    ),
)


@settings(max_examples=60, deadline=None)
@given(LOCKS)
def test_reading_what_was_written_gives_the_lock_again(lock: model.Lock) -> None:
    text = emit_lock(lock)
    assert parse_lock(text) == lock
    assert parse_lock(text.replace("\n", "\r\n")) == lock
    assert emit_lock(parse_lock(text)) == text


def test_a_lock_reads_as_one_fact_a_line() -> None:
    assert (
        emit_lock(SMALL)
        == f"""\
# Made by `lading lock`, which also checks it (--check) and renews it (--upgrade).

version = 3

[inputs]
base = "docker.io/library/python:3.11"
distro = "debian:bookworm"
python = "3.11"

[[inputs.groups]]
requirements = [
    "alpha",
]

[[platforms]]
platform = "linux/amd64"

[platforms.base]
reference = "docker.io/library/python:3.11"
digest = "sha256:{"a" * 64}"
manifest = "sha256:{"d" * 64}"

[[platforms.tools]]
name = "uv"
version = "1.0"
url = "https://x.example.test/uv-1.0-py3-none-musllinux_1_1_x86_64.whl"
sha256 = "{"b" * 64}"

[[platforms.distributions]]
name = "alpha"
version = "1.0"
url = "https://x.example.test/alpha-1.0-py3-none-any.whl"
hashes = [
    "sha256:{"c" * 64}",
]
size = 3
index = "default"
"""
    )


def test_an_unchanged_lock_is_not_written_again(tmp_path: Path) -> None:
    assert write_lock(tmp_path, SMALL)
    written = state_of(tmp_path / LOCK_NAME)
    assert not write_lock(tmp_path, SMALL)
    assert state_of(tmp_path / LOCK_NAME) == written
    assert read_lock(tmp_path) == SMALL
    assert [path.name for path in tmp_path.iterdir()] == [LOCK_NAME]


def test_no_file_is_no_lock(tmp_path: Path) -> None:
    assert read_lock(tmp_path) is None


def test_a_byte_order_mark_is_no_damage(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).write_text(emit_lock(SMALL), "utf-8-sig")
    assert read_lock(tmp_path) == SMALL


def problem_of(text: str) -> Problem:
    with pytest.raises(FreezeError) as raised:
        parse_lock(text)
    (problem,) = raised.value.problems
    assert "\n" not in problem.message
    return problem


def test_a_merge_conflict_is_told_as_one() -> None:
    text = emit_lock(SMALL).replace(
        "size = 3\n", "<<<<<<< HEAD\nsize = 3\n=======\nsize = 4\n>>>>>>> other\n"
    )
    problem = problem_of(text)
    assert problem.message == "lading.lock has the marks of a merge conflict"
    assert str(problem.location) == f"lading.lock:{text.splitlines().index('<<<<<<< HEAD') + 1}"
    assert "take one side" in (problem.hint or "")


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n"])
def test_an_empty_one_is_said_to_be_so(text: str) -> None:
    problem = problem_of(text)
    assert problem.message == "lading.lock is empty"
    assert problem.hint == "remove it and run `lading lock` again"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("version = 3", "version = 0", "has format 0; this Lading reads format 3"),
        ("version = 3", "", "says no format; this Lading reads format 3"),
        ("version = 3", "version = true", "has format True"),
        ("size = 3", "size = 3\ncolour = 'red'", "unknown field `colour`"),
        ('platform = "linux/amd64"\n', "", "missing required field `platform`"),
        ("size = 3", "size = 'large'", "$.platforms[0].distributions[0].size"),
        ("size = 3", "size = -3", "$.platforms[0].distributions[0].size"),
        ("size = 3", f"size = {2**53}", "$.platforms[0].distributions[0].size"),
        ("size = 3", f"size = {2**64}", "$.platforms[0].distributions[0].size"),
        ("size = 3", "size = ", "is not valid TOML"),
        ('name = "alpha"', 'name = "-r evil"', "distributions[0].name"),
        ('version = "1.0"\nurl = "https://x.example.test/al',
         'version = "1\\n--index-url x"\nurl = "https://x.example.test/al', "[0].version"),
        ("https://x.example.test/alpha", "https://x.example.test/ --alpha", "[0].url"),
        (f"sha256:{'c' * 64}", "sha256:cc", "[0].hashes[0]"),
        (f"sha256:{'a' * 64}", "sha256:aa", "[0].base.digest"),
        (f'"{"b" * 64}"', '"../../../etc/passwd"', "[0].tools[0].sha256"),
    ],
)  # fmt: skip
def test_damage_is_named_by_its_path(old: str, new: str, words: str) -> None:
    text = emit_lock(SMALL)
    assert old in text
    problem = problem_of(text.replace(old, new, 1))
    assert words in problem.message
    assert problem.hint == "remove it and run `lading lock` again"


def test_the_lock_of_a_newer_lading_is_not_to_be_removed() -> None:
    problem = problem_of(emit_lock(SMALL).replace("version = 3", "version = 4", 1))
    assert problem.message == "lading.lock has format 4; this Lading reads format 3"
    assert problem.hint == "update Lading: a newer one has made this lock"


def test_the_lock_of_an_older_lading_is_to_be_made_again() -> None:
    problem = problem_of(emit_lock(SMALL).replace("version = 3", "version = 2", 1))
    assert problem.message == "lading.lock has format 2; this Lading reads format 3"
    assert problem.hint == ("an older Lading has made it: remove it and run `lading lock` again")


def test_a_lock_that_is_nested_without_end_is_refused() -> None:
    assert "nested too deep" in problem_of(f"version = {'[' * 100_000}").message


def test_a_pipe_of_that_name_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / LOCK_NAME)
    with pytest.raises(FreezeError, match="can't be read: it is no file"):
        read_lock(tmp_path)


def test_a_place_that_cannot_be_written_names_the_lock(tmp_path: Path) -> None:
    with pytest.raises(FreezeError, match=r"^lading\.lock can't be written: no such file"):
        write_lock(tmp_path / "gone", SMALL)


def test_a_platform_that_is_there_twice_is_refused() -> None:
    text = emit_lock(SMALL)
    start = text.index("[[platforms]]")
    assert "has a platform twice" in problem_of(text + text[start:]).message


def test_what_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).write_bytes(b"version = 1 # \xff\n")
    with pytest.raises(FreezeError, match="not UTF-8"):
        read_lock(tmp_path)


def test_a_folder_of_that_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).mkdir()
    with pytest.raises(FreezeError, match="can't be read"):
        read_lock(tmp_path)


# Drift.


@settings(max_examples=80, deadline=None)
@given(LOCKS, INPUTS, st.lists(st.sampled_from(["linux/amd64", "linux/arm64"]), unique=True))
def test_drift_is_empty_exactly_where_the_lock_fits(
    lock: model.Lock, inputs: model.Inputs, platforms: list[str]
) -> None:
    have = {part.platform for part in lock.platforms}
    pinned = {part.platform for part in lock.platforms if part.base.digest is not None}
    fits = lock.inputs == inputs and set(platforms) <= have
    assert bool(drift(lock, inputs, platforms, allow_unpinned_base=True)) != fits
    assert bool(drift(lock, inputs, platforms)) != (fits and set(platforms) <= pinned)
    assert drift(lock, lock.inputs, sorted(have), allow_unpinned_base=True) == ()
    assert drift(lock, lock.inputs, sorted(pinned)) == ()


@settings(max_examples=80, deadline=None)
@given(INPUTS, INPUTS, st.sampled_from(model.Inputs.__struct_fields__))
def test_each_changed_input_has_words(old: model.Inputs, other: model.Inputs, name: str) -> None:
    assume(getattr(old, name) != getattr(other, name))
    new = msgspec.structs.replace(old, **{name: getattr(other, name)})
    assert drift(model.Lock(inputs=old), new, [])


def drifted(**changes: object) -> tuple[str, ...]:
    return drift(SMALL, msgspec.structs.replace(SMALL.inputs, **changes), ["linux/amd64"])


def test_drift_is_told_in_words() -> None:
    group = model.InputGroup(requirements=("alpha", "beta"), constraints=("gamma<2",))
    index = model.InputIndex(url="https://x.example.test", name="x", default=True)

    assert drifted(python="3.12") == ("the Python version: 3.11 is locked, 3.12 is asked for",)
    assert drifted(distro="debian") == (
        "the distro: debian:bookworm is locked, debian is asked for",
    )
    assert drifted(prerelease=True) == (
        "whether pre-releases are taken: no is locked, yes is asked for",
    )
    assert drifted(indexes=(index,)) == (
        "index https://x.example.test named x (default) is not locked",
    )
    assert drifted(accelerator="cpu") == ("the accelerator: none is locked, cpu is asked for",)
    few = msgspec.structs.replace(index, default=False, packages=("beta", "gamma"))
    assert drifted(indexes=(few,)) == (
        "index https://x.example.test named x for beta, gamma only is not locked",
    )
    said = (
        model.InputRequires(name="beta", requirements=("gamma", "delta<2")),
        model.InputRequires(name="gamma"),
    )
    asked = msgspec.structs.replace(SMALL.inputs.groups[0], requires=said)
    assert drifted(groups=(asked,)) == (
        "requires beta: gamma, delta<2 is not locked",
        "requires gamma: nothing is not locked",
    )
    assert drifted(groups=(group,)) == (
        "requirement beta is not locked",
        "constraint gamma<2 is not locked",
    )
    assert drifted(groups=()) == (
        "the number of installations: 1 is locked, 0 is asked for",
        "requirement alpha is locked, and no longer asked for",
    )
    assert drift(SMALL, SMALL.inputs, ["linux/arm64"]) == ("linux/arm64 is not in the lock",)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        (
            "example.test/python:3.11",
            "the base image example.test/python:3.11 has no digest in the lock for linux/amd64",
        ),
        (f"example.test/python@sha256:{'a' * 64}", None),
    ],
)
def test_a_base_without_a_digest_is_told_unless_its_reference_holds_one(
    reference: str, words: str | None
) -> None:
    base = model.LockedBase(reference=reference)
    part = msgspec.structs.replace(SMALL.platforms[0], base=base)
    lock = msgspec.structs.replace(SMALL, platforms=(part,))
    assert drift(lock, lock.inputs, ["linux/amd64"]) == ((words,) if words else ())
    assert drift(lock, lock.inputs, ["linux/amd64"], allow_unpinned_base=True) == ()


def test_a_changed_file_is_told() -> None:
    def inputs(digit: str, **more: tuple[str, ...]) -> model.Inputs:
        file = model.InputFile(path="uv.lock", sha256=digit * 64, **more)
        return msgspec.structs.replace(SMALL.inputs, groups=(model.InputGroup(files=(file,)),))

    lock = model.Lock(inputs=inputs("a"))
    assert drift(lock, inputs("b"), []) == ("uv.lock has changed",)
    assert drift(lock, inputs("a", extras=("gpu",)), []) == (
        "file uv.lock with extra gpu is not locked",
        "file uv.lock is locked, and no longer asked for",
    )
