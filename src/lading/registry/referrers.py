"""What refers to an image: signatures, attestations and the like (distribution-spec 1.1).

Registries that lack the API keep them in an index under a tag that is made of the image's digest,
which whoever pushes keeps up to date ("Referrers Tag Schema").
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from lading.errors import RegistryError
from lading.grammar.invalid import Invalid
from lading.grammar.reference import Digest
from lading.http import HttpClient
from lading.oci.documents import parse_document
from lading.oci.fields import canonical
from lading.oci.media_types import OCI
from lading.registry import refusals
from lading.registry.credentials import Credentials
from lading.registry.repository import Repository
from lading.registry.resolve import understood
from lading.registry.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.grammar.reference import ImageReference
    from lading.http import Answer, HttpSettings
    from lading.oci.blobs import Artifact, Descriptor

__all__ = ["Referrer", "note_referrer", "referrers"]

_ANONYMOUS: Final = Credentials()
_MAX_INDEX: Final = 4 << 20
_MAX_PAGES: Final = 20
_OK, _CREATED, _NOT_FOUND = 200, 201, 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Referrer:
    """A manifest that refers to another.

    Attributes:
        descriptor: Of it, with its annotations.
        artifact_type: What it is, or None where nothing says so.
    """

    descriptor: Descriptor
    artifact_type: str | None = None


def referrers(
    reference: ImageReference,
    digest: Digest,
    *,
    http: HttpSettings,
    credentials: Credentials = _ANONYMOUS,
) -> tuple[Referrer, ...]:
    """What refers to an image, in the registry's order.

    Args:
        reference: The repository.
        digest: Of the image.
        http: How to reach the registry.
        credentials: Where logins are, in case it asks for one.

    Raises:
        RegistryError: The registry can't be reached, refuses, or answers what can't be read.
    """
    with HttpClient(replace(http, logins=(), netrc=None)) as client:
        session = Session(client, reference.domain, reference.path, credentials, aim=refusals.pull)
        repository = Repository(session)
        pages = _pages(repository, f"referrers/{digest}")
        if pages is None:
            kept = repository.find(_tag(digest))
            pages = [] if kept is None else [kept.content]
    found = [one for page in pages for one in _entries(page, session.name)]
    return tuple({one.descriptor.digest: one for one in found}.values())


def _tag(digest: Digest) -> str:
    return f"{digest.algorithm}-{digest.encoded}"[:128]


def _pages(repository: Repository, path: str) -> list[bytes] | None:
    """The answers of the API, or None where the registry lacks it."""
    found: list[bytes] = []
    page: str | None = path
    for _ in range(_MAX_PAGES):
        if page is None:
            break
        answer = repository.session.read(page, {"Accept": OCI["index"]}, _MAX_INDEX)
        if answer.status != _OK or not _is_index(answer):
            if found or answer.status not in {_OK, 400, _NOT_FOUND, 405}:
                raise repository.session.refused(answer)
            return None
        found.append(answer.body)
        page = repository.next_page(answer, path)
    return found


def _is_index(answer: Answer) -> bool:
    """Registries without the API may answer this path with something else, such as a page."""
    return answer.headers.get("content-type", "").partition(";")[0].strip() == OCI["index"]


def _entries(content: bytes, name: str) -> Iterator[Referrer]:
    with understood():
        index = parse_document(content, OCI["index"], f"the list of referrers in {name}")
    types = {entry.get("digest"): entry.get("artifactType") for entry in _listed(content)}
    for descriptor in getattr(index, "manifests", ()):
        kind = types.get(str(descriptor.digest))
        yield Referrer(descriptor=descriptor, artifact_type=kind if isinstance(kind, str) else None)


def _listed(content: bytes) -> list[dict[str, Any]]:
    document = json.loads(content)
    entries = document.get("manifests") if isinstance(document, dict) else None
    return [entry for entry in entries if isinstance(entry, dict)] if entries else []


def note_referrer(session: Session, artifact: Artifact) -> None:
    """Add what was pushed to the list of its subject, in a registry that does not do so itself.

    Two that do this at once may lose one entry: the specification knows no way around it.

    Raises:
        RegistryError: The list can't be read or written.
        HttpError: The registry does not answer.
    """
    entry = _entry(artifact)
    if entry is None:
        return
    subject, described = entry
    kept = Repository(session).find(_tag(subject))
    listed = [] if kept is None else _listed(kept.content)
    if any(one.get("digest") == described["digest"] for one in listed):
        return
    index = {"schemaVersion": 2, "mediaType": OCI["index"], "manifests": [*listed, described]}
    answer = session.ask(
        session.url(f"manifests/{_tag(subject)}"),
        method="PUT",
        headers={"Content-Type": OCI["index"]},
        body=canonical(index),
    )
    if answer.status != _CREATED:
        raise refusals.manifest_refused(session.name, answer, OCI["index"], session.remark)


def _entry(artifact: Artifact) -> tuple[Digest, dict[str, Any]] | None:
    """The subject of a manifest, and how the manifest stands in the list of it."""
    document = json.loads(artifact.content)
    subject = document.get("subject")
    if not isinstance(subject, dict):
        return None
    try:
        digest = Digest.parse(str(subject.get("digest")))
    except Invalid:
        raise RegistryError("the subject of what is pushed has no digest") from None
    config = document.get("config") or {}
    described = {
        "mediaType": artifact.descriptor.media_type,
        "digest": str(artifact.descriptor.digest),
        "size": artifact.descriptor.size,
        "artifactType": document.get("artifactType") or config.get("mediaType"),
        "annotations": document.get("annotations"),
    }
    return digest, {name: value for name, value in described.items() if value}
