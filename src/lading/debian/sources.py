"""Which archives the machine at hand installs from, as its apt is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lading.debian.control import fields_of
from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["roots_in"]

_ARCHIVES: Final = frozenset({"debian", "debian-security", "ubuntu", "ubuntu-ports"})
_LINE: Final = re.compile(r"^[ \t]*deb[ \t]+(?:\[[^\]\n]*\][ \t]+)?(?P<url>[^\s]+)", re.MULTILINE)
_MAX: Final = 1 << 20


def roots_in(folder: Path) -> tuple[tuple[str, str], ...]:
    """Names of archives (`debian`, `ubuntu`, ...) and the URLs that apt has them at.

    An archive is known by the last part of its URL. What can't be read is left out.

    Args:
        folder: Such as `/etc/apt`; need not be there.
    """
    found: dict[str, str] = {}
    for url in _urls(folder):
        name = url.rstrip("/").rpartition("/")[2]
        if name in _ARCHIVES and re.match(r"https?://[^/@\s]+/", url):
            found.setdefault(name, url.rstrip("/"))
    return tuple(sorted(found.items()))


def _urls(folder: Path) -> Iterator[str]:
    parts = sorted((folder / "sources.list.d").glob("*"))
    for file in (folder / "sources.list", *parts):
        text = _text(file)
        if file.suffix == ".list":
            yield from (match["url"] for match in _LINE.finditer(text))
        elif file.suffix == ".sources":
            yield from _deb822(text)


def _deb822(text: str) -> Iterator[str]:
    for stanza in re.split(r"\n[ \t]*\n", text):
        try:
            fields = fields_of(stanza)
        except Invalid:
            continue
        if "deb" in fields.get("types", "").split() and fields.get("enabled", "yes") != "no":
            yield from fields.get("uris", "").split()


def _text(file: Path) -> str:
    try:
        with file.open(encoding="utf-8", errors="replace") as content:
            return content.read(_MAX)
    except OSError:
        return ""
