"""The order that packages are unpacked and configured in: what they depend on comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lading.debs.package import Package

__all__ = ["in_order"]

_FIRST: Final = ("base-files", "base-passwd", "usr-is-merged")
"""What installers of a system from nothing put before all else: accounts, and the folders."""


def in_order(packages: Iterable[Package]) -> tuple[Package, ...]:
    """The packages, each after those that it depends on, else by name; the same on every host.

    Where they depend on each other in a circle, it is cut at the first by name.
    """
    known = {one.name: one for one in sorted(packages, key=lambda one: one.name)}
    provided = _providers(known)
    done: dict[str, Package] = {}
    for name in (*_FIRST, *known):
        _visit(name, known, provided, done)
    return tuple(done.values())


def _providers(known: Mapping[str, Package]) -> dict[str, str]:
    found: dict[str, str] = {}
    for package in known.values():
        for names in package.stanza.names_in("Provides"):
            found.setdefault(names[0], package.name)
    return found


def _visit(
    start: str, known: Mapping[str, Package], provided: Mapping[str, str], done: dict[str, Package]
) -> None:
    """Depth first, without recursion: chains of dependencies are long."""
    entered: set[str] = set()
    stack = [(start, False)]
    while stack:
        name, is_after = stack.pop()
        package = known.get(name)
        if package is None or name in done:
            continue
        if is_after:
            done[name] = package
        elif name not in entered:
            entered.add(name)
            stack.append((name, True))
            needed = _needed(package, known, provided)
            stack.extend((other, False) for other in reversed(needed))


def _needed(
    package: Package, known: Mapping[str, Package], provided: Mapping[str, str]
) -> list[str]:
    found: list[str] = []
    for relation in ("Pre-Depends", "Depends"):
        for names in package.stanza.names_in(relation):
            there = (name if name in known else provided.get(name) for name in names)
            found += [name for name in there if name is not None][:1]
    return list(dict.fromkeys(found))
