"""Laws of the analysis, over images of any small shape."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from elf.elfmaker import make_elf
from lading.elf import InMemory, read_elf
from lading.libraries import Provided, WheelElfs, WheelFile
from lading.libraries.table import OnDemand, Opened, Preloaded, Table
from libraries.values import CONTENTS, GLIBC, check, of

if TYPE_CHECKING:
    from lading.libraries import Finding

NAMES = ("one", "two", "three")
SONAMES = ("libGL.so.1", "libzbar.so.0", "libown.so.1", "libnone.so.2", *GLIBC)
PLACES = ("{0}/_ext.abi3.so", "{0}.libs/libown.so.1", "{0}/plugins/libplugin.so", "{0}/tool")

VERSIONS: tuple[dict[str, list[str]], ...] = (
    {},
    {"libc.so.6": ["GLIBC_2.17"]},
    {"libc.so.6": ["GLIBC_2.38"]},
)

TABLE = Table(
    opened=(
        Opened(
            distribution="one",
            libraries=("libzbar.so.0 | libGL.so.1",),
            programs=("ffmpeg",),
            unless=("three",),
            when="import",
            why="which it opens",
            source="one.py",
            version="1",
        ),
    ),
    on_demand=(OnDemand(distribution="t*", members=("*/plugins/*",), why="", source=""),),
    preloaded=(Preloaded(distribution="two", members=("one.libs/*",), why="", source=""),),
)


@st.composite
def elfs(draw: st.DrawFn) -> bytes:
    """A file that may be for another machine, another C library, or newer than the target."""
    return make_elf(
        *draw(st.lists(st.sampled_from((*SONAMES, "libc.musl-x86_64.so.1")), max_size=4)),
        machine=draw(st.sampled_from([62, 62, 62, 183])),
        kind=draw(st.sampled_from([3, 3, 3, 2])),
        runpath=draw(st.sampled_from([None, "$ORIGIN", "$ORIGIN/../one.libs", "$LIB:/opt"])),
        versions=draw(
            st.sampled_from([{}, {"libc.so.6": ["GLIBC_2.17"]}, {"libc.so.6": ["GLIBC_2.38"]}])
        ),
        stack=draw(st.sampled_from([6, 7])),
    )


@st.composite
def wheels(draw: st.DrawFn) -> tuple[WheelElfs, ...]:
    return tuple(
        WheelElfs(
            name=name,
            version="1.0",
            any_platform=draw(st.booleans()),
            requires=tuple(draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True))),
            files=tuple(
                WheelFile(member=place.format(name), elf=read_elf(InMemory(draw(elfs()))))
                for place in draw(st.lists(st.sampled_from(PLACES), max_size=3, unique=True))
            ),
        )
        for name in draw(st.lists(st.sampled_from(NAMES), max_size=3, unique=True))
    )


def missing(findings: tuple[Finding, ...]) -> set[tuple[str, str]]:
    kinds = {"library", "program"}
    return {(one.distribution, one.what) for one in findings if one.kind in kinds}


@given(wheels(), st.sets(st.sampled_from((*SONAMES, "bin/ffmpeg"))))
def test_what_is_provided_is_never_missing_and_more_of_it_never_less(
    found: tuple[WheelElfs, ...], base: set[str]
) -> None:
    some = missing(check(*found, base=base, table=TABLE))
    assert not {what for _, what in some} & base
    every = missing(check(*found, base=(*SONAMES, "bin/ffmpeg"), table=TABLE))
    assert {what for _, what in every} <= {"libc.musl-x86_64.so.1"}


@given(wheels())
def test_the_order_of_wheels_does_not_matter(found: tuple[WheelElfs, ...]) -> None:
    assert check(*found, table=TABLE) == check(*reversed(found), table=TABLE)


@given(wheels())
def test_installing_what_is_named_mends_it(found: tuple[WheelElfs, ...]) -> None:
    before = check(*found, table=TABLE)
    packages = {one.packages[0] for one in before if one.packages}
    provided = Provided(names=frozenset(GLIBC)).with_names(CONTENTS.held_by(packages))
    after = check(*found, provided=provided, table=TABLE)
    assert [one for one in after if one.packages] == []
    assert missing(after) <= missing(before)


@given(wheels())
def test_an_unknown_base_hides_what_is_missing_and_nothing_else(
    found: tuple[WheelElfs, ...],
) -> None:
    known = check(*found, table=TABLE)
    unknown = check(*found, provided=Provided(is_known=False), table=TABLE)
    others = [one for one in known if one.kind not in {"library", "program", "driver"}]
    assert [replace(one, members=()) for one in unknown] == [
        replace(one, members=()) for one in others
    ]


@given(wheels())
def test_each_finding_can_be_told_in_a_line(found: tuple[WheelElfs, ...]) -> None:
    for one in (*check(*found, table=TABLE), *check(*found, target=of("alpine"), table=TABLE)):
        assert "\n" not in one.message
        assert one.message.startswith(one.what)
        assert one.hint
        assert one.level in {"error", "remark", "note"}
