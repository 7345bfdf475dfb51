"""What is installed for some words on some base, over small indexes of our own."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debian.signed_archive import stanza
from lading.debian.index import Index, Packages
from lading.debian.resolving import resolve
from lading.debian.status import installed_in, unneeded
from lading.debian.words import MissingPackage
from lading.errors import ResolutionError

WORDS = st.sampled_from(
    (
        "tool",
        "lib",
        "1.0",
        "2~",
        "~",
        "amd64",
        "(= 1.0)",
        "(",
        "|",
        ",",
        ":",
        "\n",
        "\n\n",
        " ",
        "é",
    )
)
FIELDS = st.sampled_from(("Package", "Version", "Depends", "Provides", "Size", "Filename", "X"))


def index(*stanzas: str, suite: str = "stable") -> Index:
    return Index("\n".join(stanzas).encode(), suite=suite)


def chosen(words: str, *indexes: Index, base: str = "") -> str:
    packages = Packages(indexes)
    installed = installed_in(base, what="the base")
    found = resolve(words.split(), packages, installed=installed, architecture="amd64")
    return " ".join(f"{one.name}={one.version}" for one in found)


def names(words: str, *stanzas: str, base: str = "") -> str:
    found = chosen(words, index(*stanzas), base=base)
    return " ".join(word.partition("=")[0] for word in found.split())


def has(*stanzas: str) -> str:
    """What dpkg has recorded of a base with these packages."""
    return "\n".join(
        one.replace("Version:", "Status: install ok installed\nVersion:") for one in stanzas
    )


def refusal(words: str, *stanzas: str, base: str = "") -> str:
    with pytest.raises(ResolutionError) as caught:
        chosen(words, index(*stanzas), base=base)
    return str(caught.value)


def test_all_that_is_depended_on_comes_along_and_no_recommends() -> None:
    assert (
        names(
            "tool",
            stanza("tool", depends="lib (>= 1), data", recommends="doc", suggests="more"),
            stanza("lib", pre_depends="libc"),
            stanza("data", architecture="all"),
            stanza("libc"),
            stanza("doc"),
            stanza("more"),
        )
        == "data lib libc tool"
    )


def test_circles_end() -> None:
    assert names("a", stanza("a", depends="b"), stanza("b", depends="a")) == "a b"


def test_the_newest_version_of_all_suites_is_taken() -> None:
    assert (
        chosen(
            "tool",
            index(stanza("tool", "1.0-1"), stanza("tool", "1.0-1+deb12u9")),
            index(stanza("tool", "1.0-1+deb12u10"), suite="stable-security"),
            index(stanza("tool", "1.0-1~bpo"), suite="stable-updates"),
        )
        == "tool=1.0-1+deb12u10"
    )


def test_a_version_can_be_named() -> None:
    some = index(stanza("tool", "1:1.2-3"), stanza("tool", "1:1.2-4"), stanza("tool", "1:2-1"))
    assert chosen("tool=1:1.2-3", some) == "tool=1:1.2-3"
    assert chosen("tool=1:1.2*", some) == "tool=1:1.2-4"
    assert chosen("tool", some) == "tool=1:2-1"


def test_a_version_that_is_not_there_shows_those_that_are() -> None:
    assert refusal("tool=3", stanza("tool", "1.2-3"), stanza("tool", "2-1")) == (
        "the archive has no tool=3\nhint: it has 2-1, 1.2-3"
    )


def test_an_unknown_package_shows_the_nearest_names() -> None:
    assert refusal("libgl1-mesa-glx", stanza("libgl1"), stanza("libglu1-mesa")) == (
        "no package is named libgl1-mesa-glx in stable\nhint: did you mean libgl1 or libglu1-mesa?"
    )


def test_all_that_is_unknown_is_said_at_once() -> None:
    said = refusal("nope curll nopenope", stanza("curl"))
    assert "nope" in said
    assert "did you mean curl?" in said
    assert said.count("no package is named") == 3


def test_an_architecture_is_the_images_own() -> None:
    assert names("tool:amd64", stanza("tool")) == "tool"
    assert refusal("tool:arm64", stanza("tool")) == (
        "tool:arm64 is for another architecture than the image, amd64\nhint: name tool alone"
    )


def test_the_first_alternative_that_exists_is_taken() -> None:
    some = (stanza("tool", depends="gone | second | third"), stanza("second"), stanza("third"))
    assert names("tool", *some) == "second tool"


def test_an_alternative_that_is_too_old_counts_as_none() -> None:
    some = (stanza("tool", depends="first (>= 2) | second"), stanza("first"), stanza("second"))
    assert names("tool", *some) == "second tool"


def test_of_a_package_only_the_newest_version_counts_as_apt_has_it() -> None:
    some = (stanza("tool", depends="lib (<< 2)"), stanza("lib", "1"), stanza("lib", "2"))
    assert refusal("tool", *some).startswith("tool 1.0 needs lib (<< 2), which the archive lacks")
    assert chosen("tool lib=1", index(*some)) == "lib=1 tool=1.0"


def test_for_another_architecture_nothing_is_taken() -> None:
    tool = stanza("tool", depends="x:i386 | y:any")
    assert names("tool", tool, stanza("x"), stanza("y", multi_arch="allowed")) == "tool y"
    assert "needs x:i386 | y:any, which" in refusal("tool", tool, stanza("x"), stanza("y"))


def test_what_is_provided_is_taken_from_a_provider() -> None:
    some = (
        stanza("tool", depends="awk"),
        stanza("gawk", provides="awk"),
        stanza("mawk", provides="awk", priority="required"),
    )
    assert names("tool", *some) == "mawk tool"  # by its priority


def test_a_package_comes_before_what_provides_its_name() -> None:
    some = (stanza("tool", depends="x"), stanza("a", provides="x"), stanza("x"))
    assert names("tool", *some) == "tool x"


def test_a_provider_that_is_here_anyway_will_do() -> None:
    some = (
        stanza("tool", depends="mta"),
        stanza("exim", provides="mta"),
        stanza("postfix", provides="mta"),
    )
    assert names("tool", *some) == "exim tool"
    assert names("tool postfix", *some) == "postfix tool"


def test_a_relation_with_a_version_needs_a_provision_with_one() -> None:  # Policy 7.5
    some = (
        stanza("tool", depends="abi (= 5)"),
        stanza("a", provides="abi"),
        stanza("b", provides="abi (= 4)"),
        stanza("c", provides="other, abi (= 5)"),
    )
    assert names("tool", *some) == "c tool"


def test_a_name_that_one_package_provides_stands_for_it() -> None:
    assert names("awk", stanza("mawk", provides="awk")) == "mawk"
    assert refusal("awk", stanza("mawk", provides="awk"), stanza("gawk", provides="awk")) == (
        "awk is not a package, but what several provide\nhint: name one of gawk, mawk"
    )


def test_what_can_not_be_had_is_said_with_who_needs_it() -> None:
    said = refusal("tool", stanza("tool", depends="lib"), stanza("lib", depends="a (>= 2) | b"))
    assert said.startswith("lib 1.0 needs a (>= 2) | b, which the archive lacks")


# A base.


def test_what_is_installed_is_not_installed_again() -> None:
    some = (stanza("tool", depends="lib"), stanza("lib", "2"))
    assert names("tool", *some, base=has(stanza("lib", "1"))) == "tool"
    assert names("lib", *some, base=has(stanza("lib", "2"))) == ""
    assert names("lib", *some, base=has(stanza("lib", "3"))) == ""


def test_what_is_named_becomes_the_newest() -> None:
    assert chosen("lib", index(stanza("lib", "2")), base=has(stanza("lib", "1"))) == "lib=2"


def test_what_is_too_old_is_replaced() -> None:
    some = (stanza("tool", depends="lib (>= 2)"), stanza("lib", "2"))
    assert chosen("tool", index(*some), base=has(stanza("lib", "1"))) == "lib=2 tool=1.0"


def test_what_the_base_provides_will_do() -> None:
    some = (stanza("tool", depends="awk"), stanza("gawk", provides="awk"))
    assert names("tool", *some, base=has(stanza("mawk", provides="awk"))) == "tool"


def test_an_installed_alternative_that_is_too_old_comes_before_a_new_one() -> None:
    some = (
        stanza("tool", depends="first | second (>= 2)"),
        *(stanza("first"), stanza("second", "2")),
    )
    assert names("tool", *some, base=has(stanza("second", "1"))) == "second tool"


def test_what_needs_the_old_version_of_something_moves_with_it() -> None:
    some = (
        stanza("tool", depends="lib (>= 2)"),
        *(stanza("lib", "2"), stanza("user", "2", depends="lib (= 2)")),
    )
    base = has(stanza("lib", "1"), stanza("user", "1", depends="lib (= 1)"))
    assert names("tool", *some, base=base) == "lib tool user"


def test_what_is_of_one_source_moves_together() -> None:
    some = (
        stanza("libgomp1", source="gcc-12", depends="gcc-12-base (= 1.0)"),
        stanza("gcc-12-base", source="gcc-12"),
        stanza("gcc-12", source="gcc-12", depends="gcc-12-base (= 1.0)"),
        stanza("libstdc++6", source="gcc-12 (1.0)", depends="gcc-12-base (= 1.0), extra"),
        stanza("extra"),
    )
    base = has(
        stanza("gcc-12-base", "0.9", source="gcc-12"),
        stanza("libstdc++6", "0.9", source="gcc-12", depends="gcc-12-base (= 0.9)"),
    )
    assert names("libgomp1", *some, base=base) == "extra gcc-12-base libgomp1 libstdc++6"
    assert names("extra", *some, base=base) == "extra"


def test_what_is_removed_but_for_its_configuration_is_not_there() -> None:
    gone = has(stanza("lib")).replace("install ok installed", "deinstall ok config-files")
    assert names("tool", stanza("tool", depends="lib"), stanza("lib"), base=gone) == "lib tool"


def test_a_base_that_was_broken_before_is_left_so() -> None:
    broken = has(stanza("old", depends="gone"))
    assert names("tool", stanza("tool"), base=broken) == "tool"


# Conflicts.


def test_two_that_conflict_are_both_named() -> None:
    some = [stanza("a", depends="x"), stanza("b", depends="y")]
    some += [stanza("x", conflicts="y"), stanza("y")]
    assert refusal("a b", *some) == (
        "y 1.0 (which b needs) and x 1.0 (which a needs) can't be installed together: "
        "x conflicts with y\nhint: leave one of them out"
    )


def test_nothing_of_the_base_is_removed() -> None:
    said = refusal("new", stanza("new", breaks="old (<< 2)"), base=has(stanza("old", "1")))
    assert said.startswith("new 1.0 and old 1 (of the base image) can't be installed together")
    some = (stanza("new", breaks="old (<< 2)"), stanza("old", "2"))
    assert names("new", *some, base=has(stanza("old", "1"))) == "new old"


def test_a_conflict_with_what_one_provides_itself_is_none() -> None:
    assert names("exim", stanza("exim", provides="mta", conflicts="mta")) == "exim"


def test_of_alternatives_one_in_the_way_is_passed_over() -> None:
    some = (
        stanza("tool", depends="helper, core"),
        stanza("helper", depends="core-small | core"),
        *(stanza("core", conflicts="core-small"), stanza("core-small", conflicts="core")),
    )
    assert names("tool", *some) == "core helper tool"


def test_a_search_that_has_no_way_out_ends() -> None:
    some = [
        stanza("top", depends="z, y | w, x | y"),
        stanza("z", conflicts="x, y"),
        *(stanza("x"), stanza("y"), stanza("w")),
    ]
    assert "can't be installed together" in refusal("top", *some)


def test_what_waits_for_a_trigger_is_installed() -> None:
    waiting = has(stanza("lib")).replace("install ok installed", "install ok triggers-awaited")
    assert names("tool", stanza("tool", depends="lib"), stanza("lib"), base=waiting) == "tool"


def test_a_package_for_another_architecture_is_not_there() -> None:
    text = has(stanza("lib", architecture="i386"), stanza("data", architecture="all"))
    found = installed_in(text, what="example", architecture="amd64")
    assert [one.name for one in found] == ["data"]


def test_what_is_missing_is_known_by_name() -> None:
    with pytest.raises(MissingPackage) as caught:
        resolve(["a=1", "b:amd64"], Packages((index(stanza("c")),)), architecture="amd64")
    assert caught.value.names == ("a=1", "b:amd64")


@pytest.mark.parametrize(
    "text",
    ["Package: a\nVersion: 1\n", "no field\n", "Package: a b\nVersion: 1\nArchitecture: all\n"],
)
def test_a_damaged_list_of_what_is_installed_is_refused(text: str) -> None:
    with pytest.raises(ResolutionError, match="installed packages of example is damaged"):
        installed_in(text, what="example")


def test_status_d_has_no_status_in_it() -> None:
    (found,) = installed_in("Package: a\nVersion: 1\nArchitecture: all\n", what="example")
    assert (found.name, found.version) == ("a", "1")


def holds(*stanzas: str) -> str:
    """What dpkg has recorded of a base with these packages on hold."""
    return has(*stanzas).replace("Status: install", "Status: hold")


NEWER_LIB = stanza("lib", "2.0")


def test_what_is_on_hold_is_not_brought_to_another_version() -> None:
    held = holds(stanza("lib", "1.0"))
    assert chosen("tool", index(stanza("tool", depends="lib"), NEWER_LIB), base=held) == "tool=1.0"
    with pytest.raises(ResolutionError) as refused:
        chosen("tool", index(stanza("tool", depends="lib (>= 2)"), NEWER_LIB), base=held)
    assert str(refused.value) == (
        "tool 1.0 needs lib (>= 2), and the base image has lib 1.0 on hold\n"
        "hint: take a base image that does not hold it"
    )


def test_what_is_on_hold_gives_way_to_another_alternative() -> None:
    either = stanza("tool", depends="lib (>= 2) | other")
    held = holds(stanza("lib", "1.0"))
    assert names("tool", either, NEWER_LIB, stanza("other"), base=held) == "other tool"


def test_what_is_on_hold_is_not_changed_for_who_names_it() -> None:
    held = holds(stanza("lib", "1.0"))
    for word in ("lib", "lib=2.0"):
        with pytest.raises(ResolutionError) as refused:
            chosen(word, index(NEWER_LIB), base=held)
        assert str(refused.value) == (
            "lib 2.0 can't be installed: the base image has 1.0 on hold\n"
            "hint: leave it out, or take a base image that does not hold it"
        )
    assert chosen("lib", index(stanza("lib", "1.0")), base=held) == ""


def test_what_is_on_hold_does_not_move_with_its_source() -> None:
    base = has(stanza("one", source="src")) + "\n" + holds(stanza("two", source="src"))
    newer = index(stanza("one", "2.0", source="src"), stanza("two", "2.0", source="src"))
    assert chosen("one", newer, base=base) == "one=2.0"


def test_what_is_on_hold_is_not_moved_out_of_the_way() -> None:
    breaking = stanza("tool", breaks="lib (<< 2)")
    assert chosen("tool", index(breaking, NEWER_LIB), base=has(stanza("lib", "1.0"))) == (
        "lib=2.0 tool=1.0"
    )
    with pytest.raises(ResolutionError) as refused:
        chosen("tool", index(breaking, NEWER_LIB), base=holds(stanza("lib", "1.0")))
    assert "tool 1.0 and lib 1.0 (on hold in the base image) can't be installed together" in str(
        refused.value
    )


def test_an_older_package_that_provides_something_does_not_replace_a_newer_one() -> None:
    """Apt's candidate is what is installed where that is newer, whatever it provides."""
    tool, old = stanza("tool", depends="service"), stanza("server", provides="service")
    with pytest.raises(ResolutionError, match=r"tool 1\.0 needs service, which the archive lacks"):
        chosen("tool", index(tool, old), base=has(stanza("server", "2.0")))
    other = stanza("zserver", provides="service")
    assert names("tool", tool, old, other, base=has(stanza("server", "2.0"))) == "tool zserver"


# What a base made of packages does without.


def brought(words: str, *stanzas: str, without: str) -> str:
    """What is installed on a base that is held to have some packages."""
    packages = Packages((index(*stanzas),))
    installed = unneeded(without.split())
    found = resolve(words.split(), packages, installed=installed, architecture="amd64")
    return " ".join(one.name for one in found)


PERL = (
    stanza("perl-base", "5.40", provides="perlapi-5.40", depends="libcrypt1"),
    *(stanza("libcrypt1"), stanza("perl", "5.40", depends="perl-base (= 5.40)")),
)


@pytest.mark.parametrize("needs", ["perl-base", "perl-base (>= 5.20)", "perl-base | perl"])
def test_what_is_for_installing_alone_is_not_brought(needs: str) -> None:
    assert brought("tool", *PERL, stanza("tool", depends=needs), without="perl-base") == "tool"


@pytest.mark.parametrize("needs", ["perl-base (= 5.40)", "perl-base (>= 5.20), perlapi-5.40"])
def test_what_needs_exactly_it_brings_it(needs: str) -> None:
    found = brought("tool", *PERL, stanza("tool", depends=needs), without="perl-base")
    assert found == "libcrypt1 perl-base tool"


def test_so_it_does_through_another() -> None:
    found = brought("git", *PERL, stanza("git", depends="perl"), without="perl-base debconf")
    assert found == "git libcrypt1 perl perl-base"


def test_it_comes_where_it_is_named() -> None:
    assert brought("perl-base", *PERL, without="perl-base") == "libcrypt1 perl-base"
    assert brought("perl-base=5.40", *PERL, without="perl-base") == "libcrypt1 perl-base"


def test_of_alternatives_it_is_not_preferred_as_what_is_there_is() -> None:
    tool = stanza("tool", depends="small | perl-base (= 5.40)")
    assert brought("tool", *PERL, tool, stanza("small"), without="perl-base") == "small tool"


def test_what_is_of_its_source_does_not_bring_it() -> None:
    packages = (stanza("debconf", source="debconf"), stanza("debconf-doc", source="debconf"))
    assert brought("debconf-doc", *packages, without="debconf") == "debconf-doc"


def test_two_suites_with_the_same_package_count_once() -> None:
    both = index(stanza("tool")), index(stanza("tool"), suite="stable-security")
    (found,) = resolve(["tool", "tool"], Packages(both), architecture="amd64")
    assert found.suite == "stable"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Filename", "pool/../../etc/x.deb"),
        ("Filename", "/etc/x.deb"),
        ("Filename", "pool/x"),
        ("Filename", "pool/-o.deb"),
        ("SHA256", "0" * 63),
        ("Size", "many"),
        ("Architecture", "amd 64"),
        ("Version", "1 0"),
        ("Depends", "a b"),
    ],
)
def test_a_damaged_stanza_is_refused(field: str, value: str) -> None:
    good = stanza("tool", depends="lib")
    lines = [f"{field}: {value}" if x.startswith(field) else x for x in good.split("\n")]
    assert refusal("tool", "\n".join(lines)).startswith("the package index of stable is damaged")


def test_a_version_that_is_none_is_refused() -> None:
    said = refusal("tool", stanza("tool", "1.0"), stanza("tool", "1:a:b"))
    assert said == 'the package index is damaged: "1:a:b" is not a Debian version'


@given(
    st.lists(st.tuples(st.integers(0, 20), FIELDS, st.lists(WORDS, max_size=4)), max_size=4),
    st.sampled_from(("tool", "lib", "virtual", "tool=1*")),
)
def test_any_index_is_read_or_refused(changes: list[tuple[int, str, list[str]]], word: str) -> None:
    some = (
        stanza("tool", depends="lib (>= 1), virtual", priority="required"),
        stanza("lib", "1.0-1"),
        stanza("other", provides="virtual", essential="yes"),
    )
    lines = "\n".join(some).split("\n")
    for place, name, words in changes:
        lines[place % len(lines)] = f"{name}: {''.join(words)}"
    with suppress(ResolutionError):
        chosen(word, Index("\n".join(lines).encode(), suite="stable"))
