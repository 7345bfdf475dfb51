"""What one repository holds: manifests, configurations and tags (OCI distribution-spec 1.1)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from lading.errors import RegistryError
from lading.grammar.invalid import Invalid
from lading.grammar.reference import Digest
from lading.oci.media_types import INDEXES, MANIFESTS
from lading.registry import refusals

if TYPE_CHECKING:
    from lading.http import Answer
    from lading.registry.session import Session

__all__ = ["ACCEPT", "Content", "Repository", "said_digest", "verified"]

ACCEPT: Final = ", ".join((*INDEXES, *MANIFESTS))

# distribution-spec, "Pushing manifests": registries should limit manifests to 4 MiB.
_MAX_MANIFEST: Final = 4 << 20
_MAX_CONFIG: Final = 8 << 20
_MAX_TAG_PAGES: Final = 5

_OK, _NOT_FOUND = 200, 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Bytes that hash to the digest they are known by."""

    content: bytes
    media_type: str
    digest: Digest


class Repository:
    """A repository that is read."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def name(self) -> str:
        """The repository as a reference names it."""
        return self.session.name

    def manifest(self, reference: str | Digest) -> Content:
        """Fetch a manifest or index, and check that it is the one asked for.

        Args:
            reference: A tag, or the digest that the content must have.

        Raises:
            RegistryError: It isn't there, can't be had, or is not what the registry says it is.
        """
        found = self.find(reference)
        if found is None:
            raise self._missing(reference)
        return found

    def find(self, reference: str | Digest) -> Content | None:
        """The same, or None where the registry has none.

        Raises:
            RegistryError: It can't be had, or is not what the registry says it is.
        """
        path = f"manifests/{reference}"
        answer = self.session.read(path, {"Accept": ACCEPT}, _MAX_MANIFEST)
        if answer.status == _NOT_FOUND:
            return None
        self._expect_ok(answer)
        said = said_digest(self.session.domain, answer)
        wanted = reference if isinstance(reference, Digest) else said
        digest = verified(self.session, answer.body, wanted)
        if said is not None:
            verified(self.session, answer.body, said)
        kind = answer.headers.get("content-type", "")
        return Content(content=answer.body, media_type=kind, digest=digest)

    def config(self, digest: Digest) -> bytes:
        """Fetch an image's configuration, a small blob.

        Raises:
            RegistryError: It isn't there, can't be had, or its hash is another.
        """
        answer = self.session.read(f"blobs/{digest}", {}, _MAX_CONFIG)
        if answer.status == _NOT_FOUND:
            raise RegistryError(f"{self.name} has no blob {digest}, though its manifest names it")
        self._expect_ok(answer)
        verified(self.session, answer.body, digest)
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
            answer = self.session.read(page, {}, _MAX_MANIFEST)
            if answer.status != _OK:
                return tuple(found) or None
            found += refusals.tags_in(answer.body)
            page = self.next_page(answer, "tags/list")
        return tuple(found)

    def next_page(self, answer: Answer, path: str) -> str | None:
        """distribution-spec, "Listing tags": the `Link` header (RFC 8288) of a further page."""
        link = re.match(r'\s*<([^>]*)>\s*;\s*rel="?next"?', answer.headers.get("link", ""))
        if link is None:
            return None
        try:
            target = urljoin(self.session.url(path), link[1])
        except ValueError:
            return None
        # A page elsewhere would be asked with the login for this registry.
        return target if target.startswith(f"{self.session.root()}/v2/") else None

    def _expect_ok(self, answer: Answer) -> None:
        if answer.status != _OK:
            raise self.session.refused(answer)

    def _missing(self, reference: str | Digest) -> RegistryError:
        if isinstance(reference, Digest):
            return RegistryError(f"{self.name} has no manifest {reference}")
        tags = self.tags()
        if tags is None:
            return RegistryError(f"{self.name} has no tag {reference!r}, or is no repository")
        near = get_close_matches(reference, dict.fromkeys(tags), n=3, cutoff=0.5)
        hint = f"the nearest are {', '.join(near)}" if near else None
        return RegistryError(f"{self.name} has no tag {reference!r}", hint=hint)


def said_digest(domain: str, answer: Answer) -> Digest | None:
    """The digest that a registry says a content has, where it does.

    Raises:
        RegistryError: What it says is none.
    """
    said = answer.headers.get("docker-content-digest")
    if said is None:
        return None
    try:
        return Digest.parse(said)
    except Invalid:
        raise RegistryError(f"registry {domain} sent a digest that is none") from None


def verified(session: Session, content: bytes, wanted: Digest | None) -> Digest:
    """The content's digest, in the algorithm of the wanted one.

    Raises:
        RegistryError: It is another than that.
    """
    algorithm = "sha256" if wanted is None else wanted.algorithm
    found = Digest(algorithm=algorithm, encoded=hashlib.new(algorithm, content).hexdigest())
    if wanted is not None and found != wanted:
        raise RegistryError(
            f"registry {session.domain} sent {found} for {session.name} where {wanted} was due",
            hint="a cache, proxy or mirror on the way may have changed it: ask another",
        )
    return found
