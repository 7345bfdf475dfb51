from __future__ import annotations

import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.invalid import Invalid
from lading.grammar.system_package import parse_any_system_package, parse_system_package

FAMILIES = ("debian", "alpine", "redhat")
texts = st.text() | st.text(alphabet="aA1.+-_:=~*/ \n;$@^")


@pytest.mark.parametrize(
    ("family", "text"),
    [
        ("debian", "libgomp1"),
        ("debian", "g++"),
        ("debian", "libstdc++6:amd64"),
        ("debian", "libfoo=1.2*"),
        ("debian", "libfoo=1:2.3~rc1+dfsg-4+b1"),
        ("debian", "python3.11"),
        ("debian", "libc6:kfreebsd-amd64=2.36-9"),
        ("alpine", "libgomp"),
        ("alpine", "libstdc++"),
        ("alpine", "py3-numpy~1.26"),
        ("alpine", "bash=5.2.26-r0"),
        ("alpine", "foo=1.2b_rc1-r0"),
        ("alpine", "R"),
        ("redhat", "gcc-c++"),
        ("redhat", "glibc-2.34.x86_64"),
        ("redhat", "python3.11"),
        ("redhat", "bind-32:9.16.23-1.el9.x86_64"),
        ("redhat", "glibc-2.34~rc1-1.el9"),
        ("redhat", "ImageMagick"),
    ],
)
def test_names_of_each_family_are_accepted(family: str, text: str) -> None:
    assert parse_system_package(text, family) == text
    assert parse_any_system_package(text) == text


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "text",
    [
        "curl; id",
        "$(id)",
        "-oDPkg::Pre-Install-Pkgs::=id",
        "--allow-untrusted",
        "a b",
        "",
        "curl\n",
        "curl\nRUN id",
        "`id`",
        "a&b",
        "a|b",
        "a>b",
        "a<b",
        "a'b",
        'a"b',
        "a\\b",
        "lib*",
        "lib?",
        "[ab]",
        "{a,b}",
        "~root",
        "foo-",
        "./x.deb",
        "x.deb",
        "x.rpm",
        "x.apk",
        "/usr/bin/x",
        "@development",
        "!curl",
        "#x",
        "cürl",
    ],
)
def test_r3_shell_words_options_and_files_are_refused_by_all(family: str, text: str) -> None:
    with pytest.raises(Invalid):
        parse_system_package(text, family)
    with pytest.raises(Invalid):
        parse_any_system_package(text)


@pytest.mark.parametrize(
    ("family", "text"),
    [
        ("debian", "Curl"),
        ("debian", "a"),
        ("debian", "lib_x"),
        ("debian", "curl~1.2"),
        ("debian", "curl=*"),
        ("debian", "curl=1*2"),
        ("alpine", "libstdc++6:amd64"),
        ("alpine", "libfoo=1.2*"),
        ("alpine", "foo>1"),
        ("alpine", "foo=1.2-4ubuntu1"),
        ("redhat", "curl=7.1"),
        ("redhat", "libstdc++6:amd64"),
    ],
)
def test_what_another_family_knows_is_refused(family: str, text: str) -> None:
    with pytest.raises(Invalid, match=family):
        parse_system_package(text, family)


@pytest.mark.parametrize(
    ("family", "text", "hint"),
    [
        ("debian", "CURL", 'did you mean "curl"?'),
        ("debian", "curl==7.1", 'write "curl=7.1"'),
        ("redhat", "curl=7.1", 'write "curl-7.1"'),
        ("alpine", "curl@7.1", 'write "curl=7.1"'),
        ("debian", "curl>=7", 'name the package alone, or one version of it: "curl=1.2"'),
        ("debian", "curl git", 'write each on its own: "curl", "git"'),
        ("debian", "curl-", "a final '-' asks to remove a package; write \"curl\""),
        ("debian", "-y", "options can't be given with a package"),
        (
            "debian",
            "./x.deb",
            "name a package of the distro; a file goes in by build_include and run",
        ),
    ],
)
def test_the_corrected_form_is_hinted_at(family: str, text: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_system_package(text, family)
    assert caught.value.hint == hint


@pytest.mark.parametrize("wrong", [None, True, 3, b"curl", ["curl"]])
def test_only_text_is_a_package(wrong: str) -> None:
    with pytest.raises(Invalid, match="must be a string"):
        parse_any_system_package(wrong)


@given(texts, st.sampled_from(FAMILIES))
def test_any_text_is_one_harmless_word_or_invalid(text: str, family: str) -> None:
    try:
        word = parse_system_package(text, family)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert word == text == parse_any_system_package(text)
    assert shlex.split(word) == [word]
    assert re.match(r"[A-Za-z0-9]", word)
    assert "*" not in word or (family == "debian" and "=" in word)


@given(texts)
def test_a_word_of_no_known_family_is_one_of_some_family(text: str) -> None:
    try:
        parse_any_system_package(text)
    except Invalid:
        for family in FAMILIES:
            with pytest.raises(Invalid):
                parse_system_package(text, family)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("part", ["a", "a-", "a+", "1-1:", "a=1", "a a", "=", "a:", "a.1_"])
def test_long_text_takes_no_long_time(family: str, part: str) -> None:
    with pytest.raises(Invalid):
        parse_system_package(part * 5_000 + "!", family)
