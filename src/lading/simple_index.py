"""Where a package index has a file of a certain name (PEP 503 and PEP 691)."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urljoin, urlsplit

from lading.http import HttpClient, HttpError, is_web_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.http import Answer, HttpSettings

__all__ = ["filename_in", "find_file"]

_MAX_PAGE: Final = 128 << 20  # the longest pages there are have some 20 MB
_OK: Final = 200

# PEP 691, "Version + Format Selection": an index that knows HTML alone sends HTML.
_ACCEPT: Final = (
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
    "text/html;q=0.01"
)

# PEP 427 and PEP 625: no other dash is in a wheel's name, and none after an sdist's version.
_WHEEL: Final = re.compile(r"(?P<name>[^-]+)-[^-]+(-[^-]+){3,4}\.whl")
_SDIST: Final = re.compile(r"(?P<name>.+)-[^-]+\.(tar\.gz|zip|tar\.bz2|tar\.xz|tgz)")


def filename_in(url: str) -> str:
    """The name of the file that a URL is of."""
    return unquote(urlsplit(url).path).rpartition("/")[2]


def find_file(index: str, filename: str, http: HttpSettings) -> str | None:
    """The URL at which an index has this file, or None where it has none of that name.

    Args:
        index: The index's URL.
        filename: The name of a wheel or a source distribution.
        http: How to reach the index.

    Raises:
        HttpError: It can't be reached, or answers what is no page of an index.
    """
    found = _WHEEL.fullmatch(filename) or _SDIST.fullmatch(filename)
    if found is None:
        return None
    project = re.sub(r"[-_.]+", "-", found["name"]).lower()  # PEP 503, "Normalized Names"
    page = f"{index}/{project}/"
    with HttpClient(http) as client:
        answer = client.read(page, limit=_MAX_PAGE, headers={"Accept": _ACCEPT})
    if answer.status != _OK:
        return None
    same = (link for name, link in _files(answer) if name == filename)
    return next((url for url in (_joined(page, link) for link in same) if is_web_url(url)), None)


def _files(answer: Answer) -> Iterator[tuple[str, str]]:
    """Names and links of the files that a page lists."""
    if "json" in answer.headers.get("content-type", ""):
        return _in_json(answer.body)
    reader = _Links()
    reader.feed(answer.body.decode(errors="replace"))
    return iter(reader.found)


def _in_json(body: bytes) -> Iterator[tuple[str, str]]:
    try:
        files = json.loads(body)["files"]
        yield from [(str(file["filename"]), str(file["url"])) for file in files]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise HttpError("its answer is no page of a package index") from None


class _Links(HTMLParser):
    """Each anchor of a page: its text is the file's name."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._link: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._link, self._text = dict(attrs).get("href"), ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link:
            self.found.append((self._text.strip(), self._link))
            self._link = None


def _joined(page: str, link: str) -> str:
    try:
        return urljoin(page, link)
    except ValueError:
        return ""
