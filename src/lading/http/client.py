"""Requests: connections, trust, proxies, retries and redirects.

urllib3 costs 100 ms to import, so it is imported when the first request is made.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

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
    body: bytes | None = None

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
    """Connections under one `HttpSettings`; a context manager that closes them at its end."""

    def __init__(self, settings: HttpSettings) -> None:
        self.settings = settings
        self._pools: dict[str | None, urllib3.PoolManager] = {}

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
        body: bytes | None = None,
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """Send a request, follow redirects, and hand out the response with its body unread.

        Args:
            url: May hold `user:password@`, which is sent as Basic credentials to that host only.
            method: The request's method; those which can be repeated safely are retried.
            headers: The request's headers.
            body: The request's body; one with a body is never redirected to another host.

        Raises:
            HttpError: No answer came, or it broke off while it was read inside the `with`.
        """
        from urllib3 import exceptions  # noqa: PLC0415

        response = self._follow(_request(method, url, headers or {}, body))
        try:
            yield response
        except exceptions.HTTPError as error:
            raise failure(error, self.settings) from None
        finally:
            response.close()

    def read(
        self,
        url: str,
        *,
        limit: int,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Send a request and read the whole answer; one that breaks off is asked for again.

        Args:
            url: As for `open`.
            limit: The most bytes that the body may have.
            method: As for `open`.
            headers: As for `open`.
            body: As for `open`.

        Raises:
            HttpError: No answer came, or it is larger than `limit`.
        """
        for _ in range(self.settings.retries):
            try:
                return self._read_once(url, method, headers, body, limit)
            except HttpError as error:
                if not error.passing:
                    raise
        return self._read_once(url, method, headers, body, limit)

    def _read_once(
        self,
        url: str,
        method: str,
        headers: Mapping[str, str] | None,
        body: bytes | None,
        limit: int,
    ) -> Answer:
        with self.open(url, method=method, headers=headers, body=body) as response:
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

        proxy = self.settings.proxy_for(request.url)
        try:
            return self._pool(proxy).request(
                request.method,
                request.url,
                headers=dict(request.headers),
                body=request.body,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
        except exceptions.HTTPError as error:
            raise failure(error, self.settings) from None

    def _pool(self, proxy: str | None) -> urllib3.PoolManager:
        if proxy not in self._pools:
            self._pools[proxy] = _new_pool(self.settings, proxy)
        return self._pools[proxy]


def _request(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> _Request:
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


def _new_pool(settings: HttpSettings, proxy: str | None) -> urllib3.PoolManager:
    import urllib3  # noqa: PLC0415

    trust = _trust(settings.ca_bundle)
    if settings.client_certificate is not None:
        _identify(trust, settings.client_certificate)
    shared: dict[str, Any] = {
        "ssl_context": trust,
        "timeout": urllib3.Timeout(connect=settings.timeout, read=settings.timeout),
        "retries": _retry(settings),
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


def _trust(ca_bundle: str | None) -> ssl.SSLContext:
    import ssl  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    if ca_bundle is None:
        return ssl.create_default_context()
    try:
        if Path(ca_bundle).is_dir():
            return ssl.create_default_context(capath=ca_bundle)
        return ssl.create_default_context(cafile=ca_bundle)
    except OSError as error:  # ssl.SSLError is one
        raise HttpError(
            f"the CA bundle {ca_bundle} can't be read ({error.strerror or 'not PEM'})",
            hint="SSL_CERT_FILE, REQUESTS_CA_BUNDLE or --ca-bundle names a file of certificates",
        ) from None


def _identify(trust: ssl.SSLContext, certificate: str) -> None:
    """Let the context show a client certificate to whoever asks for one."""
    try:
        # Without a password, OpenSSL would ask for one on the terminal.
        trust.load_cert_chain(certificate, password="")
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        raise HttpError(
            "the client certificate can't be read",
            hint="it is a PEM file with a certificate and its key, which has no password",
        ) from None
