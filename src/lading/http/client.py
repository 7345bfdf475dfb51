"""Requests: connections, trust, proxies, retries and redirects.

urllib3 costs 100 ms to import, so it is imported when the first request is made.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from lading.http.body import Streamed
from lading.http.failure import HttpError, failure
from lading.http.logins import basic, login_for, netrc_login, origin
from lading.http.pace import limited, pool_classes
from lading.http.settings import SCHEMES, authority, is_web_url

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    import urllib3

    from lading.http.settings import HttpSettings

__all__ = ["Answer", "HttpClient"]

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SEE_OTHER: Final = 303
_MAX_HOPS: Final = 6
_RETRIED_STATUSES: Final = frozenset({429, 500, 502, 503, 504})
_ASKING: Final = frozenset({401, 403, 404})
"""How a server says that it wants a login; some deny that there is anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole response.

    Attributes:
        headers: By lower-case name.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | Streamed | None = None
    patience: float | None = None

    def follow(self, location: str, status: int) -> _Request:
        """The request that a redirect asks for, which carries no credentials to another host."""
        target_url = _joined(self.url, location)
        here, there = urlsplit(self.url), urlsplit(target_url)
        if there.scheme not in {"https", here.scheme}:
            raise HttpError(f"it redirects from {here.scheme} to {there.scheme}")
        target = replace(self, url=urlunsplit(there))
        if status == _SEE_OTHER:
            target = replace(target, method="GET", body=None)
        return target if origin(here) == origin(there) else target.to_stranger()

    @property
    def has_login(self) -> bool:
        return any(name.lower() == "authorization" for name in self.headers)

    def with_login(self, login: str | None) -> _Request:
        if login is None or self.has_login:
            return self
        return replace(self, headers={**self.headers, "Authorization": login})

    def to_stranger(self) -> _Request:
        if self.body is not None:
            raise HttpError("it redirects what was sent to another host")
        kept = {k: v for k, v in self.headers.items() if k.lower() not in _PRIVATE_HEADERS}
        return replace(self, headers=kept)


def _joined(base: str, location: str) -> str:
    try:
        joined = urljoin(base, location)
    except ValueError:
        joined = ""
    if not is_web_url(joined):
        raise HttpError("it redirects to what is not a web address")
    return joined


_PRIVATE_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie"})


class HttpClient:
    """Connections under one `HttpSettings`, for any number of threads.

    A context manager that closes them at its end.

    Args:
        settings: How servers are reached.
        connections: How many to one server are kept for the next requests.
    """

    def __init__(self, settings: HttpSettings, *, connections: int = 1) -> None:
        self.settings = settings
        self._connections = connections
        self._lock = Lock()
        self._pools: dict[tuple[str, str | None], urllib3.PoolManager] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pool in self._pools.values():
            pool.clear()

    @contextmanager
    def open(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | Streamed | None = None,
        patience: float | None = None,
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """Send a request, follow redirects, and hand out the response with its body unread.

        Args:
            url: May hold `user:password@`, which is sent as Basic credentials to that host only.
            method: The request's method; those which can be repeated safely are retried.
            headers: The request's headers.
            body: The request's body; one with a body is never redirected to another host. What is
                streamed is sent once: nothing is retried here.
            patience: Seconds to wait for the answer, where those of the settings are too few.

        Raises:
            HttpError: No answer came, or it broke off while it was read inside the `with`.
        """
        request = replace(_request(method, url, headers or {}, body), patience=patience)
        with self._opened(request) as response:
            yield response

    @contextmanager
    def _opened(self, request: _Request) -> Iterator[urllib3.BaseHTTPResponse]:
        from urllib3 import exceptions  # noqa: PLC0415

        response = self._follow(request)
        try:
            yield response
        except exceptions.HTTPError as error:
            raise failure(error, self.settings) from None
        finally:
            response.close()

    def read(  # noqa: PLR0913 - a request has as many parts
        self,
        url: str,
        *,
        limit: int,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | Streamed | None = None,
        patience: float | None = None,
    ) -> Answer:
        """Send a request and read the whole answer; one that breaks off is asked for again.

        Args:
            url: As for `open`.
            limit: The most bytes that the body may have.
            method: As for `open`.
            headers: As for `open`.
            body: As for `open`.
            patience: As for `open`.

        Raises:
            HttpError: No answer came, or it is larger than `limit`.
        """
        request = replace(_request(method, url, headers or {}, body), patience=patience)
        for _ in range(0 if isinstance(body, Streamed) else self.settings.retries):
            try:
                return self._read_once(request, limit)
            except HttpError as error:
                if not error.passing:
                    raise
        return self._read_once(request, limit)

    def _read_once(self, request: _Request, limit: int) -> Answer:
        with self._opened(request) as response:
            content = b"".join(limited(response, limit, self.settings))
            return Answer(
                status=response.status,
                headers={name.lower(): value for name, value in response.headers.items()},
                body=content,
            )

    def _follow(self, request: _Request) -> urllib3.BaseHTTPResponse:
        for _ in range(_MAX_HOPS):
            response = self._let_in(request)
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or not location:
                return response
            response.close()
            request = request.follow(location, response.status)
        raise HttpError("it redirects in circles")

    def _let_in(self, request: _Request) -> urllib3.BaseHTTPResponse:
        """Send the request with the login that is kept for it; no redirect takes that along."""
        known = login_for(request.url, self.settings)
        response = self._send(request.with_login(known))
        if response.status not in _ASKING or known is not None or request.has_login:
            return response
        try:
            kept = netrc_login(request.url, self.settings)
        except HttpError:
            response.close()
            raise
        if kept is None:
            return response
        response.close()
        return self._send(request.with_login(kept))

    def _send(self, request: _Request) -> urllib3.BaseHTTPResponse:
        from urllib3 import exceptions  # noqa: PLC0415

        if self.settings.offline:
            raise HttpError("nothing may be fetched", hint="run once without --offline")
        proxy = self.settings.proxy_for(request.url)
        try:
            return self._pool(urlsplit(request.url).scheme, proxy).request(
                request.method,
                request.url,
                redirect=False,
                preload_content=False,
                decode_content=False,
                **_sent(request, self.settings),
            )
        except exceptions.HTTPError as error:
            raise failure(error, self.settings) from None

    def _pool(self, scheme: str, proxy: str | None) -> urllib3.PoolManager:
        with self._lock:
            if (scheme, proxy) not in self._pools:
                new = _new_pool(self.settings, scheme, proxy, self._connections)
                self._pools[scheme, proxy] = new
            return self._pools[scheme, proxy]


def _sent(request: _Request, settings: HttpSettings) -> dict[str, Any]:
    """What urllib3 is to send, and how patiently."""
    import urllib3  # noqa: PLC0415

    words: dict[str, Any] = {"headers": dict(request.headers), "body": request.body}
    if request.patience is not None:
        words["timeout"] = urllib3.Timeout(connect=settings.timeout, read=request.patience)
    if isinstance(request.body, Streamed):
        words["headers"]["Content-Length"] = str(request.body.size)
        words |= {"body": request.body.parts(), "retries": urllib3.Retry(total=0)}
    return words


def _request(
    method: str, url: str, headers: Mapping[str, str], body: bytes | Streamed | None
) -> _Request:
    """The request with credentials moved from its URL to its headers."""
    if not is_web_url(url):
        raise HttpError("it is not a web address")
    parts = urlsplit(url)
    all_headers = {"User-Agent": "lading", **headers}
    if parts.username is not None:
        login = basic(unquote(parts.username), unquote(parts.password or ""))
        all_headers = {"Authorization": login, **all_headers}
    bare = urlunsplit(parts._replace(netloc=authority(parts), fragment=""))
    return _Request(method=method, url=bare, headers=all_headers, body=body)


def _new_pool(
    settings: HttpSettings, scheme: str, proxy: str | None, connections: int
) -> urllib3.PoolManager:
    import urllib3  # noqa: PLC0415

    # Reading the system's certificates takes longer than a whole exchange on loopback.
    trust = None if scheme == "http" and proxy is None else _trust(settings)
    shared: dict[str, Any] = {
        "ssl_context": trust,
        "timeout": urllib3.Timeout(connect=settings.timeout, read=settings.timeout),
        "retries": _retry(settings),
        "maxsize": connections,
    }
    if proxy is None:
        return _paced(urllib3.PoolManager(**shared), settings)
    parts = urlsplit(proxy)
    if parts.scheme not in SCHEMES:
        raise HttpError(f"a proxy of the kind {parts.scheme}:// is not supported")
    login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    secret = urllib3.make_headers(proxy_basic_auth=login) if parts.username else None
    bare = f"{parts.scheme}://{authority(parts)}"
    return _paced(
        urllib3.ProxyManager(bare, proxy_headers=secret, proxy_ssl_context=trust, **shared),
        settings,
    )


def _trust(settings: HttpSettings) -> ssl.SSLContext:
    from lading.http.trust import identify, trust_in  # noqa: PLC0415 - it imports ssl

    trust = trust_in(settings.ca_bundle)
    if settings.client_certificate is not None:
        identify(trust, settings.client_certificate)
    return trust


def _paced(pool: urllib3.PoolManager, settings: HttpSettings) -> urllib3.PoolManager:
    pool.pool_classes_by_scheme = pool_classes(settings)
    return pool


def _retry(settings: HttpSettings) -> urllib3.Retry:
    import urllib3  # noqa: PLC0415

    return urllib3.Retry(
        total=settings.retries,
        connect=min(settings.retries, 2),  # a host that isn't there should be said soon
        other=0,  # TLS: the certificate will be the same
        status_forcelist=_RETRIED_STATUSES,
        backoff_factor=settings.backoff,
        backoff_max=settings.longest_wait,
        retry_after_max=int(settings.longest_wait),
        raise_on_status=False,
    )
