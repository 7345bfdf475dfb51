"""What the image's variables come to, whichever generator writes them: PATH grows, HOME is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lading.info.steps import SetEnv

if TYPE_CHECKING:
    from lading.info.model import ImageInfo

__all__ = ["DEFAULT_PATH", "SearchPath", "account_variables", "search_path"]

DEFAULT_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What an engine takes for PATH where a base sets none."""

_FORMER = frozenset({"$PATH", "${PATH}"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPath:
    """A change of PATH.

    Attributes:
        before: Folders that are searched first.
        inherited: Whether the path so far stays, between the two.
        after: Folders that are searched last.
    """

    before: tuple[str, ...] = ()
    inherited: bool = True
    after: tuple[str, ...] = ()


def search_path(value: str, *, venv: str | None) -> SearchPath | None:
    """What setting PATH to this comes to, or None where nothing changes.

    Args:
        value: As the user wrote it; an entry `$PATH` is the path so far.
        venv: The virtual environment, which stays on a PATH that does not refer to the former one.
    """
    entries = [entry for entry in value.split(":") if entry]
    places = [place for place, entry in enumerate(entries) if entry in _FORMER]
    inherited = bool(places)
    before = entries[: places[0]] if inherited else [*_programs(venv), *entries]
    # The former path once more adds nothing to a search.
    after = [one for place, one in enumerate(entries) if inherited and place > places[0]]
    after = [one for one in after if one not in _FORMER]
    if not before and not after:
        return None
    return SearchPath(before=tuple(before), inherited=inherited, after=tuple(after))


def account_variables(info: ImageInfo) -> tuple[tuple[str, str], ...]:
    """The variables that tell who the container runs as, but for those that the user sets.

    A platform that picks another uid finds no passwd entry for it, and so neither home nor name:
    Python's `getpass.getuser` looks at USER before it looks there.
    """
    steps = (step for step in info.steps if isinstance(step, SetEnv))
    given = {name for step in steps for name, _ in step.variables}
    user = info.config.user
    pairs = (("HOME", user.home), ("USER", user.name))
    return tuple(pair for pair in pairs if pair[0] not in given)


def _programs(venv: str | None) -> tuple[str, ...]:
    return (f"{venv}/bin",) if venv else ()
