"""Which login a request carries: that of the index or mirror it is for, and to no other server."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lading.http.failure import HttpError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from lading.http.settings import HttpSettings

__all__ = ["basic", "login_for", "netrc_login", "origin"]

_DEFAULT_PORTS = {"http": 80, "https": 443}


def basic(user: str, password: str) -> str:
    """The value of an `Authorization` header (RFC 7617)."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode('ascii')}"


def origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    """Scheme, host and port, which together are one server."""
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)


def login_for(url: str, settings: HttpSettings) -> str | None:
    """The `Authorization` of a request for `url`: of the longest URL that it is below."""
    found = [login for login in settings.logins if _is_below(url, login[0])]
    if not found:
        return None
    _, user, password = max(found, key=lambda login: len(login[0]))
    return basic(user, password)


def _is_below(url: str, index: str) -> bool:
    here, there = urlsplit(url), urlsplit(index)
    if origin(here) != origin(there):
        return False
    # As uv does: `/team/simple` lists files that are at `/team/packages`.
    root = re.sub(r"/\+?simple/?$", "", there.path).rstrip("/") + "/"
    steps = unquote(here.path).split("/")
    return f"{here.path}/".startswith(root) and ".." not in steps and "\\" not in here.path


def netrc_login(url: str, settings: HttpSettings) -> str | None:
    """The `Authorization` that the netrc file has for the host of `url`.

    Its entry `default`, which is for every host, is for people: a server that answers with 404
    should not be able to ask for it.

    Raises:
        HttpError: The file can't be read.
    """
    import netrc  # noqa: PLC0415 - only where a server asks who one is

    host = urlsplit(url).hostname
    if settings.netrc is None or host is None or not Path(settings.netrc).is_file():
        return None
    try:
        found = netrc.netrc(settings.netrc).hosts.get(host)
    except netrc.NetrcParseError as error:  # its own words hold what it stumbled over
        why = f"line {error.lineno} is no netrc" if error.lineno else "it is no netrc"
        raise _unreadable(settings.netrc, why) from None
    except (OSError, UnicodeDecodeError) as error:
        why = (getattr(error, "strerror", None) or "it is not text").lower()
        raise _unreadable(settings.netrc, why) from None
    return basic(found[0], found[2]) if found else None


def _unreadable(file: str, why: str) -> HttpError:
    return HttpError(
        f"the logins in {file} can't be read: {why}", hint="mend the file, or set NETRC"
    )
