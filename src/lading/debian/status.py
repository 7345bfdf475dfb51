"""What is installed, as dpkg records it: /var/lib/dpkg/status, or status.d in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lading.debian.control import Relation, fields_of
from lading.debian.facts import Facts, facts_in
from lading.errors import ResolutionError
from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["installed_in", "unneeded"]

_INSTALLED: Final = "installed"
# deb-status: what waits for another package's trigger is installed all the same.
_INSTALLED_STATES: Final = frozenset({_INSTALLED, "triggers-pending", "triggers-awaited"})
_STATUS: Final = "status"
_HOLD: Final = "hold"  # dpkg(1): what its user has asked not to touch
_ANY: Final = "999999999:0"

_STANDING: Final = {
    "debconf": (Relation(name="debconf-2.0"),),
    "mawk": (Relation(name="awk"),),
}
"""What others ask for in place of these."""


def installed_in(text: str, *, what: str, architecture: str | None = None) -> tuple[Facts, ...]:
    """The packages that are installed, by name.

    One that was removed and whose configuration is still there does not count. A stanza without a
    `Status` is one of status.d, where only what is installed is recorded.

    Args:
        text: Stanzas.
        what: Whose they are, for the error.
        architecture: Whose packages count, beside those for all; None for any.

    Raises:
        ResolutionError: They are damaged.
    """
    found: dict[str, Facts] = {}
    for fields in _stanzas(text, what):
        words = fields.get(_STATUS, _INSTALLED).split()
        if not _INSTALLED_STATES & set(words[-1:]):
            continue
        if architecture is not None and fields.get("architecture") not in {architecture, "all"}:
            continue
        try:
            one = Facts(**facts_in(fields), held=words[0] == _HOLD)
        except (KeyError, ValueError) as error:
            raise _damaged(what, error) from None
        found.setdefault(one.name, one)
    return tuple(found[name] for name in sorted(found))


def unneeded(names: Iterable[str]) -> tuple[Facts, ...]:
    """Packages that are held to be there, so that what others need to be installed isn't brought.

    They will do for any relation but one with exactly a version, which only packages of the same
    source have, and what they alone provide: that needs the package itself.
    """
    return tuple(
        Facts(
            name=name,
            version=_ANY,
            architecture="all",
            source="",  # what comes of its source brings it where that needs it, and only there
            priority="optional",
            multi_arch="allowed",
            depends=(),
            provides=_STANDING.get(name, ()),
            conflicts=(),
            stands_in=True,
        )
        for name in names
    )


def _stanzas(text: str, what: str) -> Iterator[dict[str, str]]:
    for stanza in text.replace("\r\n", "\n").split("\n\n"):
        if stanza.strip():
            try:
                yield fields_of(stanza)
            except Invalid as error:
                raise _damaged(what, error) from None


def _damaged(what: str, error: Exception) -> ResolutionError:
    why = error.message if isinstance(error, Invalid) else f"{type(error).__name__} {error}"
    return ResolutionError(f"the list of installed packages of {what} is damaged: {why}")
