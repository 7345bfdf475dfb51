"""Alternatives: one name for several programs, as update-alternatives(1) keeps them.

Source: dpkg's utils/update-alternatives.c. A group's state is a file of
`/var/lib/dpkg/alternatives`: its status, its link, its slaves, and each choice with its priority
and slaves. All groups are in automatic mode here: the choice of the highest priority is linked.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from lading.debs.refusal import Broken, text_of
from lading.oci.entries import Symlink

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.debs.root import Root

__all__ = ["Alternative", "Choice", "install_alternative", "read_alternative", "remove_choice"]

_STATE: Final = "var/lib/dpkg/alternatives"
_LINKS: Final = "etc/alternatives"
_SOURCE: Final = "alternatives"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the programs.

    Attributes:
        path: It.
        priority: The highest one is linked.
        slaves: Paths of its slaves, by their names.
    """

    path: str
    priority: int
    slaves: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A group.

    Attributes:
        name: Of the link in `/etc/alternatives`.
        link: The path that leads to it.
        slaves: Links that follow it, by their names.
        choices: By path.
        status: `auto`, or `manual` where somebody chose.
    """

    name: str
    link: str
    slaves: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    status: str = "auto"

    @property
    def best(self) -> Choice:
        """The one of the highest priority; of equals the first."""
        return max(self.choices, key=lambda one: one.priority)


def read_alternative(root: Root, name: str) -> Alternative | None:
    """A group as its state file has it; None where there is none.

    Raises:
        Broken: The file can't be read.
    """
    content = root.read(f"{_STATE}/{name}") if "/" not in name else None
    if content is None:
        return None
    lines = iter(content.decode(errors="surrogateescape").split("\n"))
    try:
        status, link = next(lines), next(lines)
        slaves = {}
        while slave := next(lines):
            slaves[slave] = next(lines)
        choices = []
        while path := next(lines):
            priority = int(next(lines))
            own = {slave: next(lines) for slave in slaves}
            choices.append(
                Choice(path=path, priority=priority, slaves={k: v for k, v in own.items() if v})
            )
    except (StopIteration, ValueError):
        raise Broken(f"the state of the alternative {name} can't be read") from None
    return Alternative(name=name, link=link, slaves=slaves, choices=tuple(choices), status=status)


def install_alternative(
    root: Root, name: str, link: str, choice: Choice, slaves: Mapping[str, str]
) -> None:
    """Add a choice to a group, which is made where it is missing; then link the best one.

    Args:
        root: The image.
        name: The group.
        link: Its path.
        choice: What is added; one of its path is replaced.
        slaves: The links of the choice's slaves, by their names.

    Raises:
        Broken: The link is a file, the group's link is elsewhere, or a name or path is none.
    """
    _check(name, link, choice, links=slaves)
    there = read_alternative(root, name) or Alternative(name=name, link=link)
    if there.link != link:
        raise Broken(f"it wants the alternative {name} at {link}, and it is at {there.link}")
    others = [one for one in there.choices if one.path != choice.path]
    new = replace(
        there,
        slaves=dict(sorted((there.slaves | slaves).items())),  # type: ignore[operator]
        choices=tuple(sorted((*others, choice), key=lambda one: one.path)),
    )
    _write(root, new)


def _check(name: str, link: str, choice: Choice, *, links: Mapping[str, str]) -> None:
    """As the real one: what is called by a name is a file, and all else is a path of one line."""
    for one in (name, *links, *choice.slaves):
        if not one or "/" in one or " " in one or one in {".", ".."} or not one.isprintable():
            raise Broken(f"it makes the alternative {text_of(one)}, which is no name of one")
    for path in (link, choice.path, *links.values(), *choice.slaves.values()):
        if not path.startswith("/") or not path.isprintable():
            raise Broken(f"it makes an alternative of {text_of(path)}, which is no path")


def remove_choice(root: Root, name: str, path: str) -> None:
    """Take a choice out of a group, where it is there.

    Raises:
        Broken: It is, which no script of a package that is new there can want.
    """
    there = read_alternative(root, name)
    if there is not None and any(one.path == path for one in there.choices):
        raise Broken(f"it removes {path} from the alternative {name}")


def _write(root: Root, group: Alternative) -> None:
    lines = [group.status, group.link]
    for name, link in group.slaves.items():
        lines += [name, link]
    lines.append("")
    for choice in group.choices:
        lines += [choice.path, str(choice.priority)]
        lines += [choice.slaves.get(name, "") for name in group.slaves]
    text = "".join(f"{line}\n" for line in (*lines, ""))
    root.write(f"{_STATE}/{group.name}", text.encode(errors="surrogateescape"), source=_SOURCE)
    if group.status == "auto":
        _link_best(root, group)


def _link_best(root: Root, group: Alternative) -> None:
    best = group.best
    links = {group.name: (group.link, best.path)}
    links |= {name: (group.slaves[name], path) for name, path in best.slaves.items()}
    for name, (link, target) in links.items():
        # A slave whose file is not there is left out.
        if name == group.name or root.leads_to(target) is not None:
            _link(root, link, f"/{_LINKS}/{name}")
            _link(root, f"{_LINKS}/{name}", target)
        else:
            _unlink(root, link, f"/{_LINKS}/{name}")


def _link(root: Root, path: str, target: str) -> None:
    place = root.place(path)
    if root.kind(place) not in {None, "link"}:
        raise Broken(f"/{place} is a file, and an alternative would take its place")
    if root.target(path) != target:
        root.put(Symlink(path=place, mode=0o777, target=target, source=_SOURCE))


def _unlink(root: Root, link: str, target: str) -> None:
    if root.target(link) == target:
        root.remove(link)
        root.remove(target)
