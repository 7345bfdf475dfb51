"""Whose word counts for an archive: a key's, a lock's, or nobody's where that is asked for by name.

A state that nothing at hand can check is taken where a lock has its very bytes: they were checked
when the lock was made. One that is older than what was seen before is a replay, or of a mirror that
lags behind; either way what it lacks are updates.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from lading.debian.signature import Uncheckable, find_keyring, signed_text
from lading.errors import Problem, ResolutionError
from lading.project_file import either_title

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lading.distros import ArchiveSuite

__all__ = ["SeenArchive", "Trust", "clear_text"]

# RFC 9580, 7: the framework of clear-signed messages.
_BEGIN: Final = b"-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE: Final = b"\n-----BEGIN PGP SIGNATURE-----"


class SeenArchive(Protocol):
    """What is asked of a suite's state that was read before."""

    @property
    def suite(self) -> str: ...  # noqa: D102 - see ReadArchive

    @property
    def release(self) -> str: ...  # noqa: D102

    @property
    def date(self) -> str: ...  # noqa: D102

    @property
    def signed(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whose word counts for the archives of a distribution.

    Attributes:
        distro: Its name.
        environ: `PATH` for gpgv, and `LADING_DEBIAN_KEYRING` or `LADING_UBUNTU_KEYRING`.
        keyrings: Names of archives (`debian-security`), and the files with the keys that sign them
            in place of the distribution's own.
        unsigned: Names of archives that nobody has to sign.
        locked: The states that a lock has. Those that nobody signed count for nothing.
        takes_older: Whether a state may be older than one that was seen before.
    """

    distro: str
    environ: Mapping[str, str]
    keyrings: tuple[tuple[str, Path], ...] = ()
    unsigned: tuple[str, ...] = ()
    locked: tuple[SeenArchive, ...] = ()
    takes_older: bool = False

    def signs(self, suite: ArchiveSuite) -> bool:
        """Whether somebody has to sign it."""
        return suite.archive not in self.unsigned

    def text(self, content: bytes, suite: ArchiveSuite, *, what: str) -> bytes:
        """What a suite's Release file says, once it is known to be the archive's own.

        Args:
            content: The file, as it is there.
            suite: What it is of.
            what: What it is called, for the error.

        Raises:
            ResolutionError: It isn't, or nothing can tell.
        """
        if not self.signs(suite):
            return clear_text(content, what=what)
        try:
            keyring = self._keyring(suite.archive)
            return signed_text(content, what=what, keyring=keyring, environ=self.environ)
        except Uncheckable as error:
            pinned = [one.release for one in self._seen(suite)]
            if hashlib.sha256(content).hexdigest() in pinned:
                return clear_text(content, what=what)
            raise _uncheckable(error, suite, what, is_known=bool(pinned)) from None

    def check_date(self, date: str, suite: ArchiveSuite, *, seen: str | None, what: str) -> None:
        """Refuse a state that is older than one that was seen before.

        Args:
            date: When it was made, as `ReadArchive` has it.
            suite: What it is of.
            seen: When the newest was made that this machine has seen.
            what: What it is called, for the error.

        Raises:
            ResolutionError: It is older.
        """
        newest = max((one.date for one in self._seen(suite)), default="")
        where, before = max(("the lock", newest), ("this machine", seen or ""), key=_second)
        if self.takes_older or date >= before:
            return
        raise ResolutionError(
            f"{what} is of {date}, and {where} has seen {suite.suite} of {before}: "
            "it is a replayed older index",
            hint="where the mirror lags behind, ask again later, or name another as"
            f" {suite.mirror} in {either_title('mirrors')};"
            " `lading lock --allow-older-index` takes it once",
        )

    def _seen(self, suite: ArchiveSuite) -> list[SeenArchive]:
        return [one for one in self.locked if one.suite == suite.suite and one.signed]

    def _keyring(self, archive: str) -> Path:
        own = dict(self.keyrings).get(archive)
        return find_keyring(self.distro, self.environ) if own is None else own


def _second(pair: tuple[str, str]) -> str:
    return pair[1]


def _uncheckable(
    error: Uncheckable, suite: ArchiveSuite, what: str, *, is_known: bool
) -> ResolutionError:
    """Why nothing can tell, and all that can be done about it."""
    why = error.problems[0]
    name = suite.archive.removesuffix("-ports")
    changed = "has changed since it was locked, and " if is_known else ""
    unsigned = f"unsigned = true in {either_title('archives', name)} asks for no signature"
    return ResolutionError(
        Problem(
            message=f"{what} {changed}can't be checked: {why.message}",
            hint="; ".join(filter(None, (why.hint, unsigned))),
        )
    )


def clear_text(content: bytes, *, what: str) -> bytes:
    """The text in a clear-signed message, whoever signed it; or all of what is no such message.

    Args:
        content: The file.
        what: What it is called, for the error.

    Raises:
        ResolutionError: The message is cut off.
    """
    _, begin, rest = content.replace(b"\r\n", b"\n").partition(_BEGIN)
    if not begin:
        return content
    _, _, rest = rest.partition(b"\n\n")
    text, end, _ = rest.partition(_SIGNATURE)
    if not end:
        raise ResolutionError(f"{what} is cut off: it ends before its signature")
    # RFC 9580, 7.1: a line that begins with a dash is written with a dash and a space before it.
    return re.sub(rb"(?m)^- ", b"", text + b"\n")
