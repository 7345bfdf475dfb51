"""Patterns beside the real grep, sed and dash, and a time that no pattern can make long."""

from __future__ import annotations

import shutil
import subprocess
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.debs import NOTHING
from lading.debs.commands.patterns import PATTERNS
from lading.debs.commands.texts import TEXTS
from lading.debs.root import Root
from lading.debs.shell import Follower, State, Unfollowable

needs_grep = pytest.mark.skipif(
    shutil.which("grep") is None or shutil.which("sed") is None, reason="no grep or sed is on PATH"
)

LINES = [
    *("".join(chars) for count in range(5) for chars in product("ab", repeat=count)),
    *(
        "a.b",
        "a*b",
        "^a",
        "a$",
        "(ab)",
        "a|b",
        "a{2}",
        "[ab]",
        "a+b",
        "b?a",
        "\\a",
        "ab-1_2",
        " a  b ",
    ),
]
TEXT = "".join(f"{line}\n" for line in LINES)


def followed(*words: str, text: str = TEXT) -> str:
    """What a command says to a text."""
    root = Root(NOTHING)
    root.write("words", "".join(f"{word}\n" for word in words[1:]).encode())
    root.write("in", text.encode())
    names = [f"w{number}" for number, _ in enumerate(words[1:])]
    reads = "".join(f"IFS= read -r {name}\n" for name in names)
    call = " ".join((words[0], *(f'"${name}"' for name in names)))
    script = f"{{ {reads} }} < /words\n{call} < /in > /out || :\n"
    Follower({**TEXTS, **PATTERNS}).follow(script, State(root, {"IFS": " \t\n"}, ()))
    return (root.read("/out") or b"").decode()


def real(*words: str, text: str = TEXT) -> tuple[int, str]:
    done = subprocess.run(
        words, input=text, capture_output=True, text=True, check=False, env={"LC_ALL": "C"}
    )
    return done.returncode, done.stdout


def expressions(*, is_extended: bool) -> st.SearchStrategy[str]:
    """Regular expressions, most of which are ones."""
    escape = "" if is_extended else "\\"
    atoms = st.sampled_from(["a", "b", "ab", ".", "[ab]", "[^a]", "[[:alpha:]]", "\\.", "\\*", "-"])

    def wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.builds("{}{}".format, inner, inner),
            st.builds("{}{}".format, inner, inner),
            st.builds(f"{escape}({{}}{escape})".format, inner),
            st.builds(f"{escape}({{}}{escape}|{{}}{escape})".format, inner, inner),
            st.builds(f"{{}}{escape}|{{}}".format, inner, inner),
            st.builds("{}*".format, inner),
            st.builds(f"{{}}{escape}+".format, inner),
            st.builds(f"{{}}{escape}?".format, inner),
            st.builds(f"{{}}{escape}{{{{1,2{escape}}}}}".format, inner),
        )

    bodies = st.recursive(atoms, wider, max_leaves=6)
    return st.builds(
        "{}{}{}".format, st.sampled_from(["", "", "^"]), bodies, st.sampled_from(["", "", "$"])
    )


ANYTHING = st.text(alphabet="ab\\()|*+?{}1,[]^$.-:&<>bw", max_size=9)


@needs_grep
@settings(max_examples=150, deadline=None)
@given(data=st.data(), is_extended=st.booleans())
def test_grep_finds_what_the_real_one_does(data: st.DataObject, *, is_extended: bool) -> None:
    form = data.draw(expressions(is_extended=is_extended) | ANYTHING)
    options = data.draw(st.sampled_from(["-v", "-x", "-i", "-o", ""]))
    words = ["grep", *(["-E"] if is_extended else []), *([options] if options else []), "-e", form]
    try:
        found = followed(*words)
    except Unfollowable:
        return
    assert found == real(*words)[1]


@needs_grep
@settings(max_examples=150, deadline=None)
@given(data=st.data(), is_extended=st.booleans())
def test_sed_replaces_what_the_real_one_does(data: st.DataObject, *, is_extended: bool) -> None:
    form = data.draw(expressions(is_extended=is_extended) | ANYTHING)
    new = data.draw(st.sampled_from(["<&>", r"<\1>", r"<\1,\2>", "", r"\&\/"]))
    flags = data.draw(st.sampled_from(["", "g", "p", "gp"]))
    words = ["sed", *(["-E"] if is_extended else []), f"s/{form}/{new}/{flags}"]
    try:
        found = followed(*words)
    except Unfollowable:
        return
    assert (0, found) == real(*words)


GLOBS = st.lists(
    st.sampled_from(["*", "?", "[ab]", "[!a]", "[[:alpha:]]", "[a-b]", "a", "b", ".", "-"]),
    max_size=5,
).map("".join)
WORDS = st.text(alphabet="ab.-", max_size=6)


@pytest.mark.skipif(shutil.which("dash") is None, reason="dash is not on PATH")
@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(GLOBS, WORDS), min_size=1, max_size=20))
def test_patterns_of_the_shell_are_dashs(pairs: list[tuple[str, str]]) -> None:
    script = "".join(
        f"p='{form}'; w='{word}'\n"
        'case "$w" in $p) echo fits;; esac\n'
        'echo "${w#$p}" "${w##$p}" "${w%$p}" "${w%%$p}"\n'
        for form, word in pairs
    )
    assert said(script) == real("dash", text=script)[1]


SPLIT = st.text(alphabet="ab: \t", max_size=8)


@pytest.mark.skipif(shutil.which("dash") is None, reason="dash is not on PATH")
@settings(max_examples=60, deadline=None)
@given(st.lists(SPLIT, min_size=1, max_size=20), st.sampled_from([" ", ":", " :", ": \t", ""]))
def test_words_are_split_where_dash_splits_them(texts: list[str], separators: str) -> None:
    script = f"IFS='{separators}'\n" + "".join(
        f"x='{text}'; set -- $x; echo $#; for i in $x; do echo \"<$i>\"; done\n"
        f"printf '%s\\n' '{text}' | {{ read -r a b; echo \"<$a> <$b>\"; }}\n"
        f'set -- "$x" "" b; echo "$*"; for i in $*; do echo "<$i>"; done\n'
        for text in texts
    )
    assert said(script) == real("dash", text=script)[1]


def said(script: str) -> str:
    root = Root(NOTHING)
    text = f"{{\n{script}\n}} > /out\n"
    Follower({**TEXTS, **PATTERNS}).follow(text, State(root, {"IFS": " \t\n"}, ()))
    return (root.read("/out") or b"").decode()


# Each takes exponential time where what didn't match is tried again.
EXPONENTIAL = (
    'grep -E "^(a|a)*$"',
    'grep -E "^(a*)*$"',
    'grep -E "^((a+)+)+$"',
    'grep -E "^(a?){30}a{30}$"',
    'sed "s/\\(\\(a*\\)*\\)*b/x/"',
    'sed -E "s/(.*)*(.*)*(.*)*b/x/g"',
)


@pytest.mark.parametrize("command", EXPONENTIAL)
def test_no_pattern_takes_exponential_time(command: str) -> None:
    line = "a" * 3000
    assert followed_text(f"echo {line}b | {command}") is not None


def test_no_pattern_of_the_shell_takes_exponential_time() -> None:
    text = "a" * 3000
    script = f"x={text}; case $x in {'*a' * 200}b) echo no;; esac; echo ${{x%%{'*a' * 200}b}}"
    assert said(script) == f"{text}\n"


def followed_text(script: str) -> str | None:
    try:
        return said(f"{script} || :")
    except Unfollowable as error:
        # sed's marks of all places may be more than a script's work.
        return str(error) if "more work" in str(error) else None
