"""One repository of a registry, over HTTP (OCI distribution-spec 1.1)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from lading.errors import RegistryError
from lading.grammar.invalid import Invalid
from lading.grammar.reference import Digest
from lading.http import HttpClient, HttpError, is_loopback
from lading.registry import refusals
from lading.registry.auth import authorization, parse_challenges
from lading.registry.manifests import ACCEPT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.http import Answer
    from lading.registry.credentials import Credentials

__all__ = ["Content", "Repository"]

# distribution-spec, "Pushing manifests": registries should limit manifests to 4 MiB.
_MAX_MANIFEST: Final = 4 << 20
_MAX_CONFIG: Final = 8 << 20
_MAX_TAG_PAGES: Final = 5

# Docker Hub's name in references is not the host of its API.
_API_HOSTS: Final = {"docker.io": "registry-1.docker.io", "index.docker.io": "registry-1.docker.io"}

_OK, _BAD_REQUEST, _UNAUTHORIZED, _NOT_FOUND = 200, 400, 401, 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Bytes that hash to the digest they are known by."""

    content: bytes
    media_type: str
    digest: Digest


class Repository:
    """A repository that is read, with the login it turned out to need."""

    def __init__(
        self, client: HttpClient, domain: str, path: str, credentials: Credentials
    ) -> None:
        self.domain = domain
        self.path = path
        self._client = client
        self._credentials = credentials
        self._authorization: str | None = None
        self._remark: str | None = None
        self._base: str | None = None

    @property
    def name(self) -> str:
        """The repository as a reference names it."""
        return f"{self.domain}/{self.path}"

    def manifest(self, reference: str | Digest) -> Content:
        """Fetch a manifest or index, and check that it is the one asked for.

        Args:
            reference: A tag, or the digest that the content must have.

        Raises:
            RegistryError: It isn't there, can't be had, or is not what the registry says it is.
        """
        answer = self._get(f"manifests/{reference}", {"Accept": ACCEPT}, _MAX_MANIFEST)
        if answer.status == _NOT_FOUND:
            raise self._missing(reference)
        self._expect_ok(answer)
        said = self._said_digest(answer)
        wanted = reference if isinstance(reference, Digest) else said
        digest = self._verified(answer.body, wanted)
        if said is not None:
            self._verified(answer.body, said)
        kind = answer.headers.get("content-type", "")
        return Content(content=answer.body, media_type=kind, digest=digest)

    def config(self, digest: Digest) -> bytes:
        """Fetch an image's configuration, a small blob.

        Raises:
            RegistryError: It isn't there, can't be had, or its hash is another.
        """
        answer = self._get(f"blobs/{digest}", {}, _MAX_CONFIG)
        if answer.status == _NOT_FOUND:
            raise RegistryError(f"{self.name} has no blob {digest}, though its manifest names it")
        self._expect_ok(answer)
        self._verified(answer.body, digest)
        return answer.body

    def tags(self) -> tuple[str, ...] | None:
        """The repository's tags, some thousands at most, or None where they can't be listed.

        Raises:
            RegistryError: The registry can't be reached.
        """
        found: list[str] = []
        page: str | None = "tags/list?n=1000"
        for _ in range(_MAX_TAG_PAGES):
            if page is None:
                break
            answer = self._get(page, {}, _MAX_MANIFEST)
            if answer.status != _OK:
                return tuple(found) or None
            found += refusals.tags_in(answer.body)
            page = self._next_page(answer)
        return tuple(found)

    def _get(self, path: str, headers: Mapping[str, str], limit: int) -> Answer:
        """GET below the repository; logs in when the registry asks for it."""
        try:
            url = urljoin(f"{self._root()}/v2/{self.path}/", path)
            answer = self._send(url, headers, limit)
            if answer.status == _UNAUTHORIZED:
                self._log_in(answer)
                answer = self._send(url, headers, limit)
        except HttpError as error:
            raise refusals.unreachable(self.domain, error) from None
        return answer

    def _send(self, url: str, headers: Mapping[str, str], limit: int) -> Answer:
        proof = {"Authorization": self._authorization} if self._authorization else {}
        return self._client.read(url, headers={**headers, **proof}, limit=limit)

    def _root(self) -> str:
        if self._base is None:
            host = _API_HOSTS.get(self.domain, self.domain)
            self._base = f"{_scheme(self._client, host)}://{host}"
        return self._base

    def _log_in(self, refusal: Answer) -> None:
        found = self._credentials.find(self.domain, self.path)
        self._remark = found.remark
        challenges = parse_challenges(refusal.headers.get("www-authenticate", ""))
        scope = f"repository:{self.path}:pull"
        answer = authorization(self._client, challenges, found.login, scope)
        if answer is None:
            raise refusals.refused(self.name, refusal, found.remark)
        self._authorization = answer

    def _expect_ok(self, answer: Answer) -> None:
        if answer.status != _OK:
            raise refusals.refused(self.name, answer, self._remark)

    def _said_digest(self, answer: Answer) -> Digest | None:
        said = answer.headers.get("docker-content-digest")
        if said is None:
            return None
        try:
            return Digest.parse(said)
        except Invalid:
            raise RegistryError(f"registry {self.domain} sent a digest that is none") from None

    def _verified(self, content: bytes, wanted: Digest | None) -> Digest:
        """The content's digest, in the algorithm of the wanted one, which it must equal."""
        algorithm = "sha256" if wanted is None else wanted.algorithm
        found = Digest(algorithm=algorithm, encoded=hashlib.new(algorithm, content).hexdigest())
        if wanted is not None and found != wanted:
            raise RegistryError(
                f"registry {self.domain} sent {found} for {self.name} where {wanted} was due",
                hint="a cache, proxy or mirror on the way may have changed it: ask another",
            )
        return found

    def _missing(self, reference: str | Digest) -> RegistryError:
        if isinstance(reference, Digest):
            return RegistryError(f"{self.name} has no manifest {reference}")
        tags = self.tags()
        if tags is None:
            return RegistryError(f"{self.name} has no tag {reference!r}, or is no repository")
        near = get_close_matches(reference, dict.fromkeys(tags), n=3, cutoff=0.5)
        hint = f"the nearest are {', '.join(near)}" if near else None
        return RegistryError(f"{self.name} has no tag {reference!r}", hint=hint)

    def _next_page(self, answer: Answer) -> str | None:
        """distribution-spec, "Listing tags": the `Link` header (RFC 8288) of a further page."""
        link = re.match(r'\s*<([^>]*)>\s*;\s*rel="?next"?', answer.headers.get("link", ""))
        if link is None:
            return None
        try:
            target = urljoin(f"{self._root()}/v2/{self.path}/tags/list", link[1])
        except ValueError:
            return None
        # A page elsewhere would be asked with the login for this registry.
        return target if target.startswith(f"{self._root()}/v2/") else None


def _scheme(client: HttpClient, host: str) -> str:
    """https, but for loopback, which is http unless that port does not speak it.

    A TLS server answers a plain request with status 400 or ends the connection.
    """
    if not is_loopback(urlsplit(f"//{host}").hostname or ""):
        return "https"
    try:
        with HttpClient(replace(client.settings, retries=0)) as once:
            answer = once.read(f"http://{host}/v2/", limit=_MAX_MANIFEST)
    except HttpError as error:
        if error.passing:
            return "https"
        raise
    return "https" if answer.status == _BAD_REQUEST else "http"
