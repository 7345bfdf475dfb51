"""What the base's dpkg is told not to unpack."""

from __future__ import annotations

import pytest

from debs.debmaker import Some
from lading.debs import NOTHING, wanted
from lading.oci.entries import Entry, Folder, Literal, Regular

SLIM = """\
# a comment
path-exclude=/usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude = /usr/share/man/*
path-exclude=/usr/share/locale/*
"""

PATHS = (
    "usr/bin/tool",
    "usr/share/doc/",
    "usr/share/doc/tool/",
    "usr/share/doc/tool/copyright",
    "usr/share/doc/tool/changelog.gz",
    "usr/share/locale/de/LC_MESSAGES/tool.mo",
    "usr/share/man/man1/",
    "usr/share/man/man1/tool.1.gz",
)


def entry(path: str) -> Entry:
    if path.endswith("/"):
        return Folder(path=path.rstrip("/"), mode=0o755)
    return Regular(path=path, mode=0o644, content=Literal(data=b""))


def kept(**files: str) -> list[str]:
    ground = Some({f"etc/dpkg/{path}": text for path, text in files.items()})
    return [one.path for one in wanted(map(entry, PATHS), ground)]


def test_without_rules_all_is_unpacked() -> None:
    assert len(wanted(map(entry, PATHS), NOTHING)) == len(PATHS)


@pytest.mark.parametrize("name", ["dpkg.cfg.d/docker", "dpkg.cfg"])
def test_the_rules_of_a_slim_image(name: str) -> None:
    assert kept(**{name: SLIM}) == [
        "usr/bin/tool",
        "usr/share/doc",
        "usr/share/doc/tool",
        "usr/share/doc/tool/copyright",
    ]


def test_the_last_rule_that_matches_decides() -> None:
    text = "path-include=/usr/bin/tool\npath-exclude=/usr/bin/*\n"
    assert "usr/bin/tool" not in kept(**{"dpkg.cfg.d/a": text})


def test_a_file_whose_name_dpkg_passes_over_has_no_rules() -> None:
    assert len(kept(**{"dpkg.cfg.d/docker.bak": SLIM})) == len(PATHS)
