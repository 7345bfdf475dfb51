"""How package indexes let one in: the values of their secrets, in the forms that tools take."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lading.errors import BuildError, Problem
from lading.masking import forms_of, masker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from lading.grammar.secret import Secret
    from lading.http import HttpSettings
    from lading.image.steps import Index

__all__ = ["DEFAULT_USERNAME", "Logins", "index_variable", "logins_of"]

DEFAULT_USERNAME = "__token__"
"""Who a token belongs to, where an index names nobody: what most indexes take."""


def index_variable(name: str) -> str:
    """The part of `UV_INDEX_<...>_USERNAME` that stands for the index `name`, as uv forms it."""
    return "".join(char if char.isalnum() else "_" for char in name).upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Logins:
    """The logins of some indexes; nothing of it is shown.

    Attributes:
        passwords: Name, URL, user and password of each index that has one.
        netrc: The text of a netrc file.
        client_certificate: A PEM file.
    """

    passwords: tuple[tuple[str, str, str, str], ...] = field(default=(), repr=False)
    netrc: str | None = field(default=None, repr=False)
    client_certificate: bytes | None = field(default=None, repr=False)

    def environment(self, folder: Path) -> dict[str, str]:
        """Variables for uv; what has to be in a file is written to `folder`."""
        found: dict[str, str] = {}
        for name, _, user, password in self.passwords:
            variable = f"UV_INDEX_{index_variable(name)}"
            found |= {f"{variable}_USERNAME": user, f"{variable}_PASSWORD": password}
        if self.netrc is not None:
            found["NETRC"] = _written(folder / "netrc", self.netrc.encode())
        if self.client_certificate is not None:
            found["SSL_CLIENT_CERT"] = _written(folder / "client.pem", self.client_certificate)
        return found

    def http(self, settings: HttpSettings, folder: Path) -> HttpSettings:
        """The same settings with these logins; files are written to `folder` as for uv."""
        files = self.environment(folder)
        given = tuple((url, user, password) for _, url, user, password in self.passwords)
        return replace(
            settings,
            logins=(*given, *settings.logins),
            netrc=files.get("NETRC", settings.netrc),
            client_certificate=files.get("SSL_CLIENT_CERT", settings.client_certificate),
        )

    def mask(self, text: str) -> str:
        """`text` without any of these values."""
        certificate = (self.client_certificate or b"").decode(errors="replace")
        forms = [*forms_of(self.netrc or ""), *forms_of(certificate)]
        for _, _, user, password in self.passwords:
            forms += forms_of(password, (user,))
        return masker(forms)(text)


def logins_of(indexes: Iterable[Index], read: Callable[[Secret], bytes]) -> Logins:
    """The logins of `indexes`, whose secrets `read` gives the values of.

    Raises:
        BuildError: A secret isn't there, is no password, or is one of two files that can't be used
            at a time.
    """
    asked = tuple(indexes)
    _check_names(asked)
    netrc = _only(asked, "netrc file", "netrc", read)
    return Logins(
        passwords=tuple(
            (index.name, index.url, index.username or DEFAULT_USERNAME, _password(index, read))
            for index in asked
            if index.secret is not None and index.name is not None
        ),
        netrc=None if netrc is None else netrc.decode(errors="replace"),
        client_certificate=_only(asked, "client certificate", "client_certificate", read),
    )


def _check_names(indexes: Iterable[Index]) -> None:
    """Refuse two names that are one to uv: one index would be sent the password of the other."""
    first: dict[str, Index] = {}
    for index in indexes:
        if index.secret is None or index.name is None:
            continue
        other = first.setdefault(index_variable(index.name), index)
        if other.url != index.url:
            message = (
                f"the index name {index.name!r} is too like {other.name!r} of {other.location}"
            )
            hint = "to uv they are one name; give one of them another"
            raise BuildError(Problem(message=message, location=index.location, hint=hint))


def _password(index: Index, read: Callable[[Secret], bytes]) -> str:
    """The password, less the end of its line, which most editors write into a file."""
    assert index.secret is not None  # noqa: S101 - the caller has chosen
    try:
        text = read(index.secret).decode().strip("\r\n")
    except UnicodeDecodeError:
        text = "\0"
    if not text.isprintable():
        message = f"the secret {index.secret.id!r} is no password: it is not one line of text"
        raise BuildError(Problem(message=message, location=index.location))
    return text


def _only(
    indexes: Iterable[Index], what: str, field: str, read: Callable[[Secret], bytes]
) -> bytes | None:
    """The one file of a kind that a program can be given."""
    first: Index | None = None
    content: bytes | None = None
    for index in indexes:
        secret: Secret | None = getattr(index, field)
        if secret is None:
            continue
        value = read(secret)
        if first is not None and value != content:
            raise _two(what, first, index)
        first, content = first or index, value
    return content


def _two(what: str, first: Index, second: Index) -> BuildError:
    return BuildError(
        Problem(
            message=f"this index has another {what} than the one of {first.location}, and only "
            "one can be used at a time",
            location=second.location,
            hint=f"put both into one {what}, and name that by one secret",
        )
    )


def _written(file: Path, content: bytes) -> str:
    """Write a file that nobody else may read, and return its path."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
    return str(file)
