"""Whether an archive's own key has signed what a server sent."""

from __future__ import annotations

import base64
import binascii
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lading import process
from lading.errors import Problem, ResolutionError
from lading.project_file import either_title

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Uncheckable", "find_keyring", "signed_text"]

_KEYRINGS: Final = "/usr/share/keyrings"
_SECONDS: Final = 60.0

_ARMOUR: Final = re.compile(
    rb"^-----BEGIN PGP PUBLIC KEY BLOCK-----\n(?:[^\n]+\n)*\n"
    rb"(?P<content>[A-Za-z0-9+/=\n]+?)\n(?:=[A-Za-z0-9+/]{4}\n)?-----END",
    re.MULTILINE,
)
_MAX_KEYRING: Final = 4 << 20

# What brings each distribution's keyring, on Debian and Ubuntu themselves.
_PACKAGES: Final = {"debian": "debian-archive-keyring", "ubuntu": "ubuntu-keyring"}


class Uncheckable(ResolutionError):  # noqa: N818 - it says what can't be done
    """This machine has nothing to check a signature with."""


def find_keyring(name: str, environ: Mapping[str, str]) -> Path:
    """The file with the keys that the archives of a distribution are signed by.

    Args:
        name: `debian` or `ubuntu`.
        environ: Where `LADING_DEBIAN_KEYRING` or `LADING_UBUNTU_KEYRING` may name it.

    Raises:
        Uncheckable: There is none.
        ResolutionError: The variable names what is no file.
    """
    variable = f"LADING_{name.upper()}_KEYRING"
    named = environ.get(variable)
    places = (
        [named] if named else [f"{_KEYRINGS}/{name}-archive-keyring.{e}" for e in ("pgp", "gpg")]
    )
    for place in places:
        if Path(place).is_file():
            return Path(place).resolve()
    hint = (
        f"install {_PACKAGES[name]}, or name a file of {name}'s archive keys by {variable}, or by "
        f"keyring = ... in {either_title('archives', name)}"
    )
    if named:
        raise ResolutionError(f"{variable} names {named}, which is not a file", hint=hint)
    raise Uncheckable(f"the keys that sign {name}'s archives are not here", hint=hint)


def signed_text(content: bytes, *, what: str, keyring: Path, environ: Mapping[str, str]) -> bytes:
    """The text in a clear-signed message, once one of the keys is known to have signed it.

    What stands around the signed text is dropped: only what gpgv itself gives out counts.

    Args:
        content: The message.
        what: What it is, for the error.
        keyring: The keys, binary or armoured.
        environ: Where gpgv is found.

    Raises:
        Uncheckable: There is no gpgv.
        ResolutionError: No key of the keyring has signed it, or the keyring can't be read.
    """
    with tempfile.TemporaryDirectory(prefix="lading-") as name:
        folder = Path(name)
        (folder / "message").write_bytes(content)
        (folder / "keys.gpg").write_bytes(_binary(keyring))
        done = _gpgv(folder, environ)
        status = re.findall(r"^\[GNUPG:\] (\w+)", done.stdout, re.MULTILINE)
        # GnuPG, doc/DETAILS: one of these for each signature. GOODSIG alone says that it is good,
        # and neither it nor its key has expired or been revoked. An archive is signed by several
        # keys, of which a keyring need not have all. A second text could be one that nobody signed.
        good = "GOODSIG" in status and "BADSIG" not in status and status.count("PLAINTEXT") == 1
        if not good or not (folder / "text").is_file():
            raise _unsigned(what, keyring, done.stderr)
        return (folder / "text").read_bytes()


def _gpgv(folder: Path, environ: Mapping[str, str]) -> process.Completed:
    argv = ("gpgv", "--homedir", str(folder), "--status-fd", "1", "--weak-digest", "SHA1")
    files = ("--keyring", f"{folder}/keys.gpg", "--output", f"{folder}/text", f"{folder}/message")
    env = {"LC_ALL": "C", **{name: environ[name] for name in ("PATH",) if name in environ}}
    try:
        return process.run((*argv, *files), env=env, timeout=_SECONDS)
    except process.ProgramNotFound:
        raise Uncheckable(
            "gpgv, which checks the signatures of Debian's archives, is not on the PATH",
            hint="install gpgv (Debian, Ubuntu) or gnupg (elsewhere)",
        ) from None
    except process.ProgramTimedOut as error:
        raise ResolutionError(str(error)) from None


def _unsigned(what: str, keyring: Path, said: str) -> ResolutionError:
    return ResolutionError(
        Problem(
            message=f"{what} is not signed by a key of {keyring}",
            detail=re.sub(r"(?m)^gpgv: ", "", said),
            hint="a newer release may need a newer keyring; otherwise somebody has changed it",
        )
    )


def _binary(keyring: Path) -> bytes:
    """The keys as gpgv reads them, which before 2.4 takes no armour (RFC 9580, 6.2)."""
    try:
        with keyring.open("rb") as file:
            content = file.read(_MAX_KEYRING)
    except OSError as error:
        why = (error.strerror or "no access").lower()
        raise ResolutionError(f"the keyring {keyring} can't be read: {why}") from None
    blocks = _ARMOUR.findall(content.replace(b"\r\n", b"\n"))
    try:
        return b"".join(map(base64.b64decode, blocks)) if blocks else content
    except binascii.Error:
        raise ResolutionError(f"the keyring {keyring} is damaged") from None
