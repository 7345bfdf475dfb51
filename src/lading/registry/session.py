"""Requests to one repository, with the login that it turned out to need."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from lading.errors import RegistryError
from lading.http import Answer, HttpClient, HttpError, is_loopback, is_web_url
from lading.registry import refusals
from lading.registry.auth import authorization, parse_challenges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import urllib3

    from lading.http import Streamed
    from lading.registry.credentials import Credentials, Found
    from lading.registry.refusals import Aim

__all__ = ["Session"]

# Docker Hub's name in references is not the host of its API.
_API_HOSTS: Final = {"docker.io": "registry-1.docker.io", "index.docker.io": "registry-1.docker.io"}

_LARGEST_ANSWER: Final = 4 << 20
_BAD_REQUEST, _UNAUTHORIZED = 400, 401

_RENEWALS: Final = 2
"""How often one request asks for a login: another thread may use up the first one's token."""


class Session:
    """Requests below one repository, from any number of threads, which share its authorization.

    Args:
        client: Sends them.
        domain: The registry as references name it.
        path: The repository's path there.
        credentials: Where logins are, in case it asks for one.
        aim: What it is asked for.
    """

    def __init__(
        self,
        client: HttpClient,
        domain: str,
        path: str,
        credentials: Credentials,
        *,
        aim: Aim = refusals.lock,
    ) -> None:
        self.client = client
        self.domain = domain
        self.path = path
        self.aim = aim
        self._credentials = credentials
        self._sources: tuple[str, ...] = ()
        self._authorization: str | None = None
        self._found: Found | None = None
        self._root: str | None = None
        self._lock = Lock()

    @property
    def name(self) -> str:
        """The repository as a reference names it."""
        return f"{self.domain}/{self.path}"

    @property
    def remark(self) -> str | None:
        """What a credential helper did, where one failed."""
        return self._found.remark if self._found else None

    def mount_from(self, paths: Iterable[str]) -> None:
        """Ask for a login to these other repositories of the registry too, from now on."""
        sources = tuple(f"repository:{path}:pull" for path in paths)
        with self._lock:
            if sources != self._sources:
                self._sources, self._authorization = sources, None

    def root(self) -> str:
        """Scheme, host and port of the registry's API.

        Raises:
            HttpError: A registry on loopback, which may speak either scheme, does not answer.
        """
        if self._root is None:
            host = _API_HOSTS.get(self.domain, self.domain)
            self._root = f"{_scheme(self.client, host)}://{host}"
        return self._root

    def url(self, path: str) -> str:
        """What is at `path` below the repository."""
        return urljoin(f"{self.root()}/v2/{self.path}/", path)

    def location(self, base: str, location: str) -> str:
        """Where a `Location` header points, which may be relative and on another host.

        Raises:
            RegistryError: It is no web address, or gives up TLS.
        """
        try:
            target = urljoin(base, location)
        except ValueError:
            target = ""
        if not is_web_url(target) or "@" in urlsplit(target).netloc:
            raise RegistryError(f"registry {self.domain} sent a location that is no web address")
        here, there = urlsplit(self.root()), urlsplit(target)
        if here.scheme == "https" and there.scheme == "http":
            # Behind a proxy that ends TLS, registries often don't know of it.
            if here.netloc != there.netloc:
                raise RegistryError(f"registry {self.domain} sends uploads to a host without TLS")
            return there._replace(scheme="https").geturl()
        return target

    def ask(  # noqa: PLR0913 - a request has as many parts
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | Streamed | None = None,
        limit: int = _LARGEST_ANSWER,
        patience: float | None = None,
    ) -> Answer:
        """Send a request; log in where that is asked for, and again where a token has expired.

        Raises:
            HttpError: No answer came.
            RegistryError: No login can be had, or none that serves.
        """
        for renewal in range(_RENEWALS + 1):
            proof = self._proof(url)
            answer = self.client.read(
                url,
                method=method,
                headers={**(headers or {}), **proof},
                body=body,
                limit=limit,
                patience=patience,
            )
            if not self._is_asked(answer.status, url) or renewal == _RENEWALS:
                break
            if not self._log_in(answer, proof):
                break
        return answer

    def read(self, path: str, headers: Mapping[str, str], limit: int = _LARGEST_ANSWER) -> Answer:
        """GET below the repository.

        Raises:
            RegistryError: No answer came, or no login can be had.
        """
        try:
            return self.ask(self.url(path), headers=headers, limit=limit)
        except HttpError as error:
            raise self.unreachable(error) from None

    @contextmanager
    def open(
        self, path: str, headers: Mapping[str, str]
    ) -> Iterator[tuple[urllib3.BaseHTTPResponse, Answer]]:
        """GET a large content: the response, and an answer that has its status and headers only.

        Raises:
            HttpError: No answer came, or it broke off.
            RegistryError: No login can be had.
        """
        url = self.url(path)
        for _ in range(_RENEWALS):
            proof = self._proof(url)
            with self.client.open(url, headers={**headers, **proof}) as response:
                head = _head(response)
                if not self._is_asked(head.status, url):
                    yield response, head
                    return
            if not self._log_in(head, proof):
                break
        with self.client.open(url, headers={**headers, **self._proof(url)}) as response:
            yield response, _head(response)

    def unreachable(self, error: HttpError) -> RegistryError:
        """What to raise where no answer came."""
        return refusals.unreachable(self.domain, error, self.aim)

    def refused(self, answer: Answer) -> RegistryError:
        """What to raise for an answer that is no success."""
        return refusals.refused(self.name, answer, self.aim, self.remark)

    def _proof(self, url: str) -> dict[str, str]:
        """The authorization, which no other server is shown."""
        proof = self._authorization
        return {"Authorization": proof} if proof and self._is_own(url) else {}

    def _is_own(self, url: str) -> bool:
        here, there = urlsplit(self.root()), urlsplit(url)
        return (here.scheme, here.netloc) == (there.scheme, there.netloc)

    def _is_asked(self, status: int, url: str) -> bool:
        return status == _UNAUTHORIZED and self._is_own(url)

    def _log_in(self, refusal: Answer, proof: Mapping[str, str]) -> bool:
        """Get an authorization other than the one that was refused; false where there is none."""
        with self._lock:
            if self._authorization != proof.get("Authorization"):
                return True  # another thread has got one
            if self._found is None:
                self._found = self._credentials.find(self.domain, self.path)
            answer = self._authorized(refusal, self._found)
            if answer is None:
                raise self.refused(refusal)
            is_new = answer != self._authorization
            self._authorization = answer
            return is_new

    def _authorized(self, refusal: Answer, found: Found) -> str | None:
        challenges = parse_challenges(refusal.headers.get("www-authenticate", ""))
        scope = f"repository:{self.path}:{self.aim.actions}"
        try:
            return authorization(self.client, challenges, found.login, (scope, *self._sources))
        except RegistryError:
            if not self._sources:
                raise
        # Some token servers give nothing where one of several scopes is denied.
        self._sources = ()
        return authorization(self.client, challenges, found.login, (scope,))


def _head(response: urllib3.BaseHTTPResponse) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(status=response.status, headers=headers, body=b"")


def _scheme(client: HttpClient, host: str) -> str:
    """https, but for hosts that the user names, and for loopback unless that port speaks TLS.

    A TLS server answers a plain request with status 400 or ends the connection.
    """
    if client.settings.is_plain(host):
        return "http"
    if not is_loopback(urlsplit(f"//{host}").hostname or ""):
        return "https"
    try:
        with HttpClient(replace(client.settings, retries=0)) as once:
            answer = once.read(f"http://{host}/v2/", limit=_LARGEST_ANSWER)
    except HttpError as error:
        if error.passing:
            return "https"
        raise
    return "https" if answer.status == _BAD_REQUEST else "http"
