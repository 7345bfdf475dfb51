"""How servers are reached, as values; nothing is sent here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

from lading.grammar.invalid import Invalid
from lading.grammar.registry_host import parse_registry_host

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from urllib.parse import SplitResult

__all__ = ["SCHEMES", "HttpSettings", "authority", "is_loopback", "is_web_url", "redacted_url"]

SCHEMES: Final = ("http", "https")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """How to reach servers: whom to trust, through which proxy, and how patiently.

    Attributes:
        ca_bundle: A PEM file or a folder of hashed certificates; the only trust there is when
            given. None stands for the system's.
        timeout: Seconds to wait for a connection, and for each part of an answer.
        retries: How often a request is made again after a failure that may pass.
        backoff: Seconds before the second retry; each later one waits twice as long.
        longest_wait: The most seconds that one wait takes, whatever `Retry-After` asks.
        proxies: Pairs of URL scheme and proxy URL. May hold credentials, hence not in the repr.
        no_proxy: Hosts that are reached directly, as `NO_PROXY` lists them.
        logins: URL, user and password of servers that are told who one is, whatever is below that
            URL. One that ends in `/simple` stands for its index, whose files are beside it.
        netrc: A file with the logins of hosts, for those that ask for one; it may be missing.
        client_certificate: A PEM file with a certificate and its key, for servers that ask for it.
        plain_http: Registries, as `host` or `host:port`, that are reached without TLS though they
            are not on this machine.
        offline: Whether every request is refused before it is made.
    """

    ca_bundle: str | None = None
    timeout: float = 30.0
    retries: int = 4
    backoff: float = 0.5
    longest_wait: float = 20.0
    proxies: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    no_proxy: tuple[str, ...] = ()
    logins: tuple[tuple[str, str, str], ...] = field(default=(), repr=False)
    netrc: str | None = None
    client_certificate: str | None = None
    plain_http: tuple[str, ...] = ()
    offline: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> HttpSettings:
        """Read the variables that curl, pip and uv read too.

        Args:
            environ: `SSL_CERT_FILE`, else `REQUESTS_CA_BUNDLE`; `HTTPS_PROXY`, `HTTP_PROXY` and
                `NO_PROXY` in upper or lower case; `NETRC` and `SSL_CLIENT_CERT`;
                `LADING_PLAIN_HTTP`, hosts with commas between.

        Raises:
            Invalid: `LADING_PLAIN_HTTP` names something other than hosts of registries, or a proxy
                is no URL.
        """
        return cls(
            ca_bundle=environ.get("SSL_CERT_FILE") or environ.get("REQUESTS_CA_BUNDLE") or None,
            proxies=tuple(_proxies(environ)),
            no_proxy=tuple(re.findall(r"[^,\s]+", _either(environ, "no_proxy"))),
            netrc=environ.get("NETRC") or None,
            client_certificate=environ.get("SSL_CLIENT_CERT") or None,
            plain_http=tuple(_plain_hosts(environ.get("LADING_PLAIN_HTTP", ""))),
        )

    def is_plain(self, host: str) -> bool:
        """Whether the user lets this host, with its port where it has one, go without TLS."""
        return host.lower() in {named.lower() for named in self.plain_http}

    def proxy_for(self, url: str) -> str | None:
        """The proxy that a request for this URL takes, or None where it goes directly."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if is_loopback(host) or any(_is_exempt(host, parts.port, rule) for rule in self.no_proxy):
            return None
        return dict(self.proxies).get(parts.scheme)


def _plain_hosts(text: str) -> Iterator[str]:
    for word in re.findall(r"[^,\s]+", text):
        try:
            yield parse_registry_host(word)
        except Invalid as error:
            raise Invalid(f"LADING_PLAIN_HTTP: {error.message}", hint=error.hint) from None


def _either(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name.upper()) or environ.get(name) or ""


def _proxies(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for scheme in SCHEMES:
        proxy = _either(environ, f"{scheme}_proxy")
        url = proxy if "://" in proxy else f"http://{proxy}"
        if proxy and not _has_host(url):
            # Its value is not shown: it may have a password in it.
            raise Invalid(
                f"{scheme.upper()}_PROXY is no address of a proxy",
                hint="write it as http://proxy.example:3128, or unset it",
            )
        if proxy:
            yield scheme, url


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_exempt(host: str, port: int | None, rule: str) -> bool:
    """Whether one word of NO_PROXY names the host, by the rules of Go's `httpproxy`."""
    name, colon, wanted_port = rule.rpartition(":")
    if colon and wanted_port.isdigit() and name.count(":") == 0:
        return port == int(wanted_port) and _is_exempt(host, port, name)
    bare = rule.strip("[]").removeprefix("*").lower()
    if rule == "*" or (bare and host == bare):
        return True
    if "/" in bare:
        return _is_in_network(host, bare)
    return bool(bare) and host.endswith(bare if bare.startswith(".") else f".{bare}")


def _is_in_network(host: str, network: str) -> bool:
    from ipaddress import ip_address, ip_network  # noqa: PLC0415 - costs 5 ms, seldom needed

    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name alone: nothing is resolved."""
    bare = host.strip("[]").lower()
    return bare in {"localhost", "::1"} or bool(
        re.fullmatch(r"127(\.[0-9]{1,3}){3}", bare, re.ASCII)
    )


def is_web_url(url: str) -> bool:
    """Whether a URL is for http or https, and all its parts can be read."""
    return _has_host(url) and urlsplit(url).scheme in SCHEMES


def redacted_url(url: str) -> str:
    """The URL as it may be shown: no user, no password, no query, which may hold a signature."""
    try:
        parts = urlsplit(url)
        query = "..." if parts.query else ""
        return urlunsplit((parts.scheme, authority(parts), parts.path, query, ""))
    except ValueError:
        return "(a URL that can't be read)"


def authority(parts: SplitResult) -> str:
    """Host and port, without a user and password."""
    return parts.netloc.rpartition("@")[2]
