"""Scripts followed as dash runs them: every snippet here is also run by the real one."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.debs import NOTHING
from lading.debs.commands import testing
from lading.debs.commands.patterns import PATTERNS
from lading.debs.commands.texts import TEXTS
from lading.debs.root import Root
from lading.debs.shell import Follower, State, Unfollowable, parse

COMMANDS = {**TEXTS, **PATTERNS, "[": testing.test, "test": testing.test}


def followed(text: str, *arguments: str, fails: bool = False) -> tuple[int, str]:
    """The status of a script, and what it writes into the file /out."""
    root = Root(NOTHING)
    state = State(root, {"IFS": " \t\n"}, arguments, fails=fails)
    status = Follower(COMMANDS).follow(f"{{\n{text}\n}} > /out\n", state)
    return status, (root.read("/out") or b"").decode()


def dash(text: str, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        ["/bin/sh", "-c", text, "script", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
        cwd="/",
    )
    return done.returncode, done.stdout


SNIPPETS = [
    "echo a b  c 'd  e' \"f  g\"",
    'x=1; y="$x 2"; echo $y "$y" \'$y\' \\$y',
    'x="a b"; for i in $x "$x"; do echo "<$i>"; done',
    'for i in "$@"; do echo "<$i>"; done',
    "for i; do echo $i; done",
    'set -- a "b c"; echo $# "$2" "$*"; shift; echo $1',
    'case "$1" in one|two) echo first;; o*) echo second;; *) echo other;; esac',
    'case ab.so in *.so) echo yes;; esac; case "*" in "*") echo star;; esac',
    'if [ -n "$1" ] && ! [ "$1" = x ]; then echo a; elif true; then echo b; else echo c; fi',
    "if false; then :; fi; echo $?",
    "false || echo or; true && echo and; ! false && echo not",
    "f() { echo in $1; return 3; echo never; }; f x || echo $?",
    "f() { for i in 1 2 3; do [ $i = 2 ] && return 0; echo $i; done; }; f",
    'while read a b; do echo "$b-$a"; done <<EOF\n1 2 3\nx y\nEOF',
    "cat <<'EOF'\n$x `y` \\n\nEOF",
    'x=v; cat <<EOF\n$x ${x} \\$x "q"\nEOF',
    "cat <<-EOF\n\tindented\n\tEOF\necho after",
    'x=$(echo a; echo b); echo "$x" $x',
    "x=`echo \\`echo deep\\``; echo $x",
    'echo "$(echo "a  b")" "${u:-d  e}" ${u:-d  e} "${u-x}" "${v:+y}"',
    "p=/usr/lib/a.so.1; echo ${p#*/} ${p##*/} ${p%.*} ${p%%.*} ${#p}",
    "echo ${x:=set} $x",
    "echo $((1 + 2 * 3)) $(((4 - 1) * 2))",
    "x=5; echo $((x * 2)) $(($x + 1))",
    "(x=inner; echo $x; exit 4); echo $? $x",
    "echo a | tr a b | sed 's/b/c/'",
    "echo a:b:c | cut -d: -f2; echo x.tar.gz | sed -e 's/\\.gz$//'",
    "printf '%s-%s\\n' a b c; printf '%%\\n'",
    "echo 'one two' | sed 's/\\(one\\) \\(two\\)/\\2 \\1/'",
    "printf 'b\\na\\nb\\n' | sort -u; printf 'a\\nb\\n' | head -n 1",
    "printf 'a\\nb\\n' | grep -v a; printf 'ab\\n' | grep -q '^a' && echo found",
    "printf 'a1\\nb2\\n' | sed -n '/[0-9]/p;/b/d'; printf 'x\\ny\\n' | sed -e /x/d",
    "printf 'Version: 1\\nOther: 2\\n' | sed -n 's/^Version: //p'",
    "basename /a/b.c .c; dirname /a/b/c; dirname x; expr 3 + 4",
    'x=; [ -z "$x" ] && echo empty; [ 2 -gt 1 ] && echo more; [ a = b -o 1 = 1 ] && echo or',
    "test ! -e /nonexistent && echo absent; [ ! \\( a = b \\) ] && echo brackets",
    "i=0; while [ $i -lt 3 ]; do i=$((i + 1)); [ $i = 2 ] && continue; echo $i; done",
    "for i in 1 2; do for j in a b; do [ $j = b ] && break; echo $i$j; done; done",
    "until true; do echo never; done",
    "echo a >&2; echo b 2>/dev/null; echo c > /dev/null; echo d",
    "exit 3",
    "IFS=:; x=a:b; echo $x; for i in $x; do echo $i; done",
    "x='a  b'; set -- $x; echo $#; set -- \"$x\"; echo $#",
    'echo "a\\\nb" c\\\nd # comment\n# more\necho e;echo f',
    'x=1 y=2 true; echo "$x$y"; unset x; echo "$x"',
    '{ echo a; echo b; } | while read l; do echo "<$l>"; done',
    "md5sum </dev/null | cut -f1 -d' '",
    "x=1; x=2 y=$x; echo $y; f() { echo $x; }; x=3 true; echo $x",
    "echo x | { read a; echo $a$a; }",
    "echo {a,b} a=b 'it'\"'\"'s'",
    "echo a; exit 0; echo b",
    "f() { echo in; return 0; echo never; }; f; echo after",
    "while :; do echo once; break; done; echo after",
    'IFS=:; x=a::b:; set -- $x; echo $#; for i in $x; do echo "<$i>"; done',
    'set -- "a b" c; for i in $*; do echo $i; done; for i in $@; do echo $i; done',
    'IFS=,; set -- a b; echo "$*"',
    "printf 'a\\nb' | while read -r x; do echo \"<$x>\"; done; printf 'a' | sed s/a/b/",
    "printf 'ab\\nb\\n' | grep -o b; echo xay | sed 's/x\\(a\\)*y/<&>/'; echo abc | sed 's/b*/x/g'",
    "set -f; x='/*'; echo /* $x; set +f; echo /none*",
    "basename a a; dirname /a; expr 3 - 3; echo $?; printf 'a:b\\nc\\n' | cut -s -d: -f1",
    "x=a.b.c; echo ${x%%[.]*} ${x#[![:digit:]]} ${x%.?}",
]


@pytest.mark.skipif(shutil.which("dash") is None, reason="dash is not on PATH")
@pytest.mark.parametrize("text", SNIPPETS)
@pytest.mark.parametrize("arguments", [(), ("one", "a b")], ids=["bare", "given"])
def test_a_script_does_what_dash_does(text: str, arguments: tuple[str, ...]) -> None:
    assert followed(text, *arguments) == dash(text, *arguments)


FAILING = [
    "false; echo never",
    "if false; then :; fi; echo on",
    "false || true; echo on",
    "true && false; echo never",
    "false && true; echo on",
    "! true; echo on",
    "f() { false; echo never; }; f",
    "f() { false; echo on; }; f || true",
    "(false; echo never); echo never",
    "x=$(false); echo never",
    "if true; then false && true; fi; echo on",
    "while false; do :; done; echo on",
    "false | true; echo on",
    "true | false; echo never",
    "case a in a) false && true;; esac; echo on",
]


@pytest.mark.skipif(shutil.which("dash") is None, reason="dash is not on PATH")
@pytest.mark.parametrize("text", FAILING)
def test_what_fails_ends_a_script_where_it_does_in_dash(text: str) -> None:
    status, said = followed(f"set -e\n{text}")
    assert (status, said) == dash(f"set -e\n{text}")


REFUSED = {
    "curl example.test": "it runs `curl example.test`",
    "echo a &": "it starts a command in the background",
    "echo $$": "it goes on by $$",
    "eval echo a": "it runs `eval echo a`",
    "exec true": "it runs `exec true`",
    "echo 'a": "it has a quote without an end",
    "echo $(a": "without an end",
    "if true; then echo": "fi is missing",
    "cat <<EOF\na": "it has a here-document without an end",
    "while true; do :; done": "it does not come to an end",
    "f() { f; }; f": "its commands call each other without an end",
    ": ${x?}": "it ends where x is not set",
    "cat /none": "and /none is not there",
    "cat < /none": "it reads /none, which is not there",
    ". /none": "which is not there",
    "sed y/a/b/": "it runs `sed y/a/b/`",
    "echo ${x/a/b}": "it has an expansion that POSIX doesn't know",
    "echo $((1 / 0))": "it calculates",
    "case a in [^b]) :;; esac": "it has the pattern '[^b]'",
    "set -C; echo a > /a; echo b >| /a; echo c > /a": "that it must not write again",
    "[ a -eq 1 ]": "which compares what is no number",
    ")": "its syntax is not understood",
    "$(" * 100: "deeper in each other than any script's",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_can_not_be_known_is_refused(text: str) -> None:
    with pytest.raises(Unfollowable, match=r".") as caught:
        followed(text)
    assert REFUSED[text] in str(caught.value)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab $\"'`\\(){};&|<>\n#=*?[]!/-:", max_size=40))
def test_any_text_is_commands_or_refused(text: str) -> None:
    try:
        parse(text)
    except Unfollowable:
        return


@pytest.mark.skipif(shutil.which("dash") is None, reason="dash is not on PATH")
@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab $\"'\\{}#%x", max_size=14))
def test_what_is_followed_is_what_dash_says(text: str) -> None:
    script = f'x="a b"; ab=c; echo {text}'
    try:
        found = followed(script)
    except Unfollowable:
        return
    assert found == dash(script)
