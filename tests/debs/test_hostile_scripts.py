"""Maintainer scripts that would cost a lot, or write what they must not: each refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from debs.debmaker import Some, by_path, file, folder, hardlink, installed, make_deb, text_of
from lading.debs import bounds
from lading.errors import ImageError

if TYPE_CHECKING:
    from pathlib import Path

    from lading.debs import Installed

GROUND = Some({"etc/passwd": "root:x:0:0::/:/bin/sh\n", "etc/group": "root:x:0:\n"})
WORK = "it takes more work than any script does"
TEXT = "it makes a text that is longer than any script's"
WORDS = "it makes more words than any command takes"
WRITES = "it writes more than any script does"
DEEP = "its commands are deeper in each other than any script's"
ENDLESS = "it does not come to an end"
CALLS = "its commands call each other without an end"
A_LINE = 'x=$(seq 1 3000 | tr "0-9\\n" a)'


def after(path: Path, script: str, **control: str) -> Installed:
    deb = make_deb(
        path,
        "tool",
        folder("./opt/"),
        file("./opt/a", "A"),
        hardlink("./opt/b", "./opt/a"),
        control={"postinst": f"#!/bin/sh -e\n{script}\n", **control},
    )
    return installed(path, deb, ground=GROUND)


COSTLY = {
    "a variable that doubles": ("x=aaaaaaaa; while :; do x=$x$x; done", (WORK, TEXT)),
    "words that double": (
        'x="a b"; while :; do x="$x $x"; for i in $x; do :; done; done',
        (WORDS, ENDLESS),
    ),
    "a long sequence": ("seq 1 1000000000", (TEXT,)),
    "a long substitution": ("x=$(seq 1 1000000000)", (TEXT,)),
    "a file that grows": ('x=$(seq 1 9999); while :; do echo "$x" >> /opt/f; done', (WORK, WRITES)),
    "a file that doubles": ("echo a > /f; while :; do cat /f /f > /g; cat /g > /f; done", (WORK,)),
    "copies": ("seq 1 99999 > /f; for i in $(seq 1 999); do cp /f /g$i; done", (WRITES,)),
    "a here-document": (f"{A_LINE}; while :; do cat <<E\n$x$x$x$x\nE\ndone", (WORK, TEXT)),
    "a pipe": (f'{A_LINE}; while :; do echo "$x" | cat | cat; done', (WORK, TEXT)),
    "printf": (f'{A_LINE}; printf "$x$x$x$x%s" $(seq 1 8000)', (TEXT,)),
    "loops in loops": ("for i in $(seq 60000); do for j in a b c d; do :; done; done", (ENDLESS,)),
    "links to the root": (
        "for i in 1 2 3 4 5 6 7 8 9 0; do ln -s / /l$i; done; echo /*/*/*/*/*/*/*/*",
        (WORDS, WORK),
    ),
    "a pattern's groups": (f'{A_LINE}; echo "$x" | sed "s/\\(a*\\)\\(a*\\)/\\2/"', (WORK,)),
    "a pattern that is large": ('echo a | grep -E "((a{1,999}){1,999}){1,999}"', ("a pattern",)),
    "a pattern in a loop": (f'{A_LINE}; while :; do [ "${{x%%*a*b}}" ]; done', (WORK,)),
    "expansions in expansions": ("echo " + "${a:-" * 500 + "}" * 500, (DEEP,)),
    "functions in functions": ("f() " * 500 + "{ :; }", (DEEP,)),
    "conditions in conditions": ("if :; then " * 300 + ":" + "; fi" * 300, (DEEP,)),
    "negations": ("[ " + "! " * 5000 + "a ]", (DEEP,)),
    "a file that reads itself": ('echo ". /s" > /s; . /s', (CALLS,)),
    "a function that asks itself": ("f() { x=$(f); }; f", (CALLS,)),
    "a number that squares": ("x=9; while :; do x=$((x * x)); done", ("it calculates",)),
    "a power": ("echo $((10**10**10))", ("it calculates",)),
    "a shift of bits": ("echo $((1<<9999999999))", ("it calculates",)),
    "a long path": (f"{A_LINE}; [ -e /$x$x ]", ("longer than any system takes",)),
    "a range of characters": ("echo a | tr 'a-\U0010ffff' b", ("it runs `tr",)),
}


@pytest.mark.parametrize("case", COSTLY)
def test_what_costs_more_than_any_script_is_refused(tmp_path: Path, case: str) -> None:
    script, reasons = COSTLY[case]
    with pytest.raises(ImageError) as caught:
        after(tmp_path, script)
    told = str(caught.value)
    assert told.startswith("tool needs its postinst to be run: ")
    assert any(reason in told for reason in reasons)
    assert told.count("\n") == 1


def test_the_scripts_of_an_installation_write_so_much_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lading.debs.root.MOST_WRITTEN", 100_000)
    script = "#!/bin/sh -e\nseq 1 9999 > /opt/$DPKG_MAINTSCRIPT_PACKAGE\n"
    debs = [
        make_deb(tmp_path, name, folder("./opt/"), control={"postinst": script})
        for name in ("a", "b", "c")
    ]
    with pytest.raises(ImageError) as caught:
        installed(tmp_path, *debs)
    assert str(caught.value).startswith(f"c needs its postinst to be run: {WRITES}")


def test_each_script_has_its_own_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "_MOST_STEPS", 50)
    script = "#!/bin/sh -e\nfor i in 1 2 3 4 5 6 7 8 9; do :; done\n"
    debs = [make_deb(tmp_path, name, control={"postinst": script}) for name in ("a", "b", "c")]
    assert installed(tmp_path, *debs).entries


STEALTHY = {
    "echo x > /": "which is a folder",
    "echo x > /opt": "which is a folder",
    "echo x > /opt/a/x": "which is below what is no folder",
    "cp -T /opt/a /opt": "which is a folder",
    "mv -T /opt/a /opt": "",
    "x='a\nb'; touch \"/opt/$x\"": "a name that no file may have",
    "touch /opt/$(seq 1 300 | tr -d '\\n')": "a name that no file may have",
    "ln -s 'a\033b' /opt/l": "which is no path",
    "printf '\\033[31m'": "with an escape that is not known here",
    "chown 4294967295 /opt/a": "whose number is no number of one",
    "chown 99999999999999999999 /opt/a": "whose account is not there",
    "adduser --system --gecos 'x:0:0' evil": "which would be another's",
    "adduser --system --home '/x\nroot2::0:0::/:/bin/sh' evil": "which would be another's",
    "adduser --system 'a:b'": "which is no name of one",
    "addgroup --system 'a,b'": "which is no name of one",
    "adduser 'a,b' root": "which is no name of an account",
    "dpkg-divert --divert '/x\n/y' --add /z": "which is no path",
    "dpkg-divert --divert x --add z": "which is no path",
    "dpkg-statoverride --add root root '4755 /opt/a\nroot root 4755' /opt/a": "more than a line",
    "update-alternatives --install /opt/l ../../../../etc/x /opt/a 1": "which is no name of one",
    "update-alternatives --install 'opt/l\nx' x /opt/a 1": "which is no path",
    "update-alternatives --install /opt/l x /opt/a 1e9": "with a priority that is no number",
    "ucf /opt/a '/opt/x\ny'": "",
    "break": "it leaves a loop from where none is",
    "exit 256": "with a number that is not known here",
    "set -n; curl x": "it runs `set -n`",
    "shift -1": "it runs `shift -1`, which fails",
    "exit=1; echo a 3> /opt/x; read a <&3": "another input than the standard one",
    "[ 1_0 -eq 10 ]": "which compares what is no number",
    "echo $((True))$((1_0))": "it calculates",
    "addgroup --system='a\x1f\033[31m'": "whose option --system is not known here",
    "adduser --x\x1f": "whose option --x\\x1f is not known here",
    "curl 'a\033[31m'": "it runs `curl a\\x1b[31m`",
}


@pytest.mark.parametrize("script", STEALTHY)
def test_what_no_system_would_take_is_refused(tmp_path: Path, script: str) -> None:
    with pytest.raises(ImageError) as caught:
        after(tmp_path, script)
    told = str(caught.value)
    assert STEALTHY[script] in told
    assert told.startswith("tool needs its postinst to be run: ")
    assert told.replace("\n", "").isprintable()


@pytest.mark.parametrize("content", [b"#!/bin/sh\n\xff\n", b"#!/bin/sh\necho \0\n"])
def test_what_is_no_text_is_no_script(tmp_path: Path, content: bytes) -> None:
    deb = make_deb(tmp_path, "tool", control={"postinst": content})
    with pytest.raises(ImageError, match=r"it is no text|it has a NUL"):
        installed(tmp_path, deb)


def test_a_folder_is_removed_with_all_that_is_in_it(tmp_path: Path) -> None:
    found = by_path(after(tmp_path, "mkdir -p /opt/x/y/z; : > /opt/x/y/f; rm -r /opt/x"))
    assert not [path for path in found if path.startswith("opt/x")]


@pytest.mark.parametrize(
    "name",
    ["../../../../etc/cron.d/x", "a/b", "File", "Unincorp", ".x", "-x", "ä", "/a\x1bb", "x" * 256],
)
def test_what_is_no_trigger_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImageError, match=r"tool 1\.0 waits for .*, which is no trigger"):
        after(tmp_path, ":", triggers=f"interest-noawait {name}\n")


def test_triggers_are_recorded_by_their_names(tmp_path: Path) -> None:
    triggers = "interest-noawait /usr/share/x # why\ninterest ld.so-config_2\nactivate ../../x\n"
    found = after(tmp_path, ":", triggers=triggers)
    assert text_of(found, "var/lib/dpkg/triggers/File") == "/usr/share/x tool/noawait\n"
    assert text_of(found, "var/lib/dpkg/triggers/ld.so-config_2") == "tool\n"


def test_a_package_does_not_write_its_own_list(tmp_path: Path) -> None:
    found = after(tmp_path, ":", list="/etc/passwd\n")
    assert text_of(found, "var/lib/dpkg/info/tool.list") == "/.\n/opt\n/opt/a\n/opt/b\n"
