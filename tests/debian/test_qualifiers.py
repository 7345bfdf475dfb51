"""`libc6:i386`, `python3:any`, `tool:native`: what takes which package is what apt says."""

from __future__ import annotations

import pytest

from debian.debs import Apt
from debian.signed_archive import needs, stanza
from lading.debian.index import Index, Packages
from lading.debian.resolving import resolve
from lading.errors import ResolutionError

THERE = (
    stanza("plain"),
    stanza("allowed", multi_arch="allowed"),
    stanza("foreign", multi_arch="foreign"),
    stanza("same", multi_arch="same"),
    stanza("data", architecture="all"),
    stanza("open-data", architecture="all", multi_arch="allowed"),
    stanza("one", provides="virtual"),
    stanza("two", provides="open-virtual", multi_arch="allowed"),
    stanza("three", provides="own-virtual:amd64"),
    stanza("four", provides="other-virtual:i386"),
    stanza("five", provides="both:i386 (= 1), both:amd64 (= 2)"),
)
WHO = {
    "virtual": "one",
    "open-virtual": "two",
    "own-virtual": "three",
    "other-virtual": "four",
    "both": "five",
}
NAMES = ("plain", "allowed", "foreign", "same", "data", "open-data", *WHO)
QUALIFIERS = ("", ":any", ":native", ":all", ":amd64", ":i386")
VERSIONED = ("both (= 1)", "both:i386 (= 1)", "both (= 2)", "both:amd64 (= 1)")
RELATIONS = (*(f"{name}{one}" for name in NAMES for one in QUALIFIERS), *VERSIONED)


def word(kind: str, relation: str) -> str:
    plain = "".join(char if char.isalnum() else "." for char in relation)
    return f"{kind}-{plain.strip('.')}"


def asking() -> list[str]:
    """A package for each relation that needs it, and one that bars it and needs who is meant."""
    found = []
    for relation in RELATIONS:
        name = relation.partition(":")[0].partition(" ")[0]
        found += [
            stanza(word("needs", relation), depends=relation),
            stanza(word("bars", relation), conflicts=relation, depends=WHO.get(name, name)),
            stanza(word("breaks", relation), breaks=relation, depends=WHO.get(name, name)),
        ]
    return found


WORDS = tuple(word(kind, one) for kind in ("needs", "bars", "breaks") for one in RELATIONS)


@pytest.fixture(scope="module")
def by_apt(tmp_path_factory: pytest.TempPathFactory) -> Apt:
    """An apt that has a folder of these packages, and nothing installed."""
    root = tmp_path_factory.mktemp("apt")
    (root / "Packages").write_text("\n".join((*THERE, *asking())))
    return Apt(root / "state", (f"deb [trusted=yes] file:{root} ./",)).updated()


def chosen(name: str) -> list[str] | None:
    packages = Packages((Index("\n".join((*THERE, *asking())).encode(), suite="stable"),))
    try:
        return [one.name for one in resolve([name], packages, architecture="amd64")]
    except ResolutionError:
        return None


@needs("apt-get")
def test_what_takes_which_package_is_what_apt_says(by_apt: Apt) -> None:
    differing = {}
    for name in WORDS:
        done = by_apt.run("-s", "-qq", "install", name)
        lines = [line.split() for line in done.stdout.splitlines()]
        installed = sorted(words[1] for words in lines if words[:1] == ["Inst"])
        said = installed if done.returncode == 0 else None
        if chosen(name) != said:
            differing[name] = (chosen(name), said)
    assert differing == {}


@pytest.mark.parametrize(
    ("relation", "taken"),
    [
        ("plain", True),
        ("plain:amd64", True),
        ("plain:native", True),
        ("plain:any", False),
        ("plain:i386", False),
        ("allowed:any", True),
        ("data:amd64", True),
        ("data:i386", False),
        ("own-virtual", True),
        ("other-virtual", False),
        ("other-virtual:i386", True),
    ],
)
def test_a_relation_with_an_architecture(relation: str, *, taken: bool) -> None:
    assert (chosen(word("needs", relation)) is not None) is taken


@pytest.mark.parametrize(
    ("relation", "barred"),
    [("plain", True), ("plain:amd64", True), ("plain:i386", False), ("other-virtual", True)],
)
def test_a_conflict_with_an_architecture(relation: str, *, barred: bool) -> None:
    assert (chosen(word("bars", relation)) is None) is barred


def test_it_is_told_with_its_architecture() -> None:
    packages = Packages((Index("\n".join((*THERE, *asking())).encode(), suite="stable"),))
    with pytest.raises(ResolutionError, match=r"bars-plain.amd64 conflicts with plain:amd64"):
        resolve([word("bars", "plain:amd64")], packages, architecture="amd64")
