"""An image on its way to registries: contents before manifests, and what a name points to last."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Final

from lading.errors import RegistryError
from lading.http import HttpClient, HttpError
from lading.oci.blobs import Place
from lading.oci.graph import contents
from lading.progress import SILENT
from lading.registry import refusals
from lading.registry.credentials import Credentials
from lading.registry.parallel import each
from lading.registry.referrers import note_referrer
from lading.registry.repository import ACCEPT, said_digest
from lading.registry.session import Session
from lading.registry.source import Source
from lading.registry.uploads import ACCEPTED, CREATED, NOTHING, Upload, check_stored, is_there

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lading.grammar.reference import Digest, ImageReference
    from lading.http import Answer, HttpSettings
    from lading.oci.blobs import Artifact, Blob, Descriptor
    from lading.progress import Progress

__all__ = ["push"]

_ANONYMOUS: Final = Credentials()
_OK, _UNAUTHORIZED = 200, 401
_SUCCESSES: Final = frozenset({200, 201, 202, 204})


def push(  # noqa: PLR0913 - what, where to, and how
    artifact: Artifact,
    references: Sequence[ImageReference],
    *,
    http: HttpSettings,
    credentials: Credentials = _ANONYMOUS,
    progress: Progress = SILENT,
    jobs: int = 8,
) -> Digest:
    """Send an image, or an index with its images, to where some names say.

    What a repository has is not sent again; what another repository of the same registry has is
    mounted from there. Nothing is visible under a name before all of it is there.

    Args:
        artifact: The image.
        references: Its names; one with a digest must have this image's, one without a tag is
            `latest`.
        http: How to reach the registries.
        credentials: Where logins are, in case they ask for one.
        progress: Told of each content, by its digest.
        jobs: How many contents are sent at once.

    Returns:
        The digest of what the names stand for now.

    Raises:
        RegistryError: A registry can't be reached, refuses, or stores something else.
        ImageError: A content can't be read, or is not what its descriptor says; or an index lacks
            one of its images, and the registry refuses it for that.
    """
    digest = artifact.descriptor.digest
    places: dict[tuple[str, Digest], Place] = {}
    with HttpClient(replace(http, logins=(), netrc=None), connections=jobs) as client:
        for (domain, path), tags in _targets(digest, references).items():
            sources = _sources(artifact, domain, path, places)
            session = Session(client, domain, path, credentials, aim=refusals.push, sources=sources)
            pusher = _Pusher(session, places, progress, jobs)
            try:
                pusher.push(artifact, tags)
            except HttpError as error:
                raise session.unreachable(error) from None
    return digest


def _targets(
    digest: Digest, references: Sequence[ImageReference]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """The tags by repository; a reference by digest alone asks for none."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for reference in references:
        if reference.digest not in {None, digest}:
            raise RegistryError(
                f"{reference} names another image than the one that is pushed, {digest}",
                hint="push to a tag, and take the digest that is printed",
            )
        tag = reference.tag or (None if reference.digest else "latest")
        before = found.get((reference.domain, reference.path), ())
        new = (tag,) if tag and tag not in before else ()
        found[reference.domain, reference.path] = (*before, *new)
    return found


def _sources(
    artifact: Artifact, domain: str, path: str, places: dict[tuple[str, Digest], Place]
) -> tuple[str, ...]:
    """The other repositories of the registry from which something may be mounted."""
    blobs = (blob for one in artifact.manifests() for blob in one.blobs)
    found = (_place(blob, domain, places) for blob in blobs)
    return tuple(dict.fromkeys(one.path for one in found if one and one.path != path))


def _place(blob: Blob, domain: str, places: dict[tuple[str, Digest], Place]) -> Place | None:
    sent = places.get((domain, blob.descriptor.digest))
    return sent or (blob.place if blob.place and blob.place.domain == domain else None)


class _Pusher:
    """One repository that an image is sent to."""

    def __init__(
        self,
        session: Session,
        places: dict[tuple[str, Digest], Place],
        progress: Progress,
        jobs: int,
    ) -> None:
        self._session = session
        self._places = places
        self._progress = progress
        self._jobs = jobs
        self._stop = Event()

    def push(self, artifact: Artifact, tags: tuple[str, ...]) -> None:
        """Send what the repository lacks, then the manifests, then the names."""
        manifests = _each_once(artifact)
        missing = [artifact]
        if self._has(str(artifact.descriptor.digest), artifact):
            missing = []
        elif artifact.children:
            missing = [one for one in manifests[:-1] if not self._has_child(one)] + missing
        self._send_all(_blobs(missing))
        self._tell_rest(_blobs(manifests), _blobs(missing))
        for one in missing:
            if one is not artifact or not tags:
                self._put(one, str(one.descriptor.digest))
        for tag in tags:
            if missing or not self._has(tag, artifact):
                self._put(artifact, tag)

    def _has_child(self, artifact: Artifact) -> bool:
        return self._has(str(artifact.descriptor.digest), artifact)

    def _has(self, name: str, artifact: Artifact) -> bool:
        """Whether the repository has this image under a tag or digest."""
        url = self._session.url(f"manifests/{name}")
        answer = self._session.ask(url, method="HEAD", headers={"Accept": ACCEPT})
        if answer.status == _UNAUTHORIZED:  # with the login that there is
            raise self._session.refused(answer)
        said = said_digest(self._session.domain, answer) if answer.status == _OK else None
        return said == artifact.descriptor.digest

    def _send_all(self, blobs: tuple[Blob, ...], *, anew: bool = False) -> None:
        each(self._jobs, blobs, lambda blob: self._send(blob, anew=anew), self._stop)

    def _tell_rest(self, every: tuple[Blob, ...], sent: tuple[Blob, ...]) -> None:
        done = {blob.descriptor.digest for blob in sent}
        for blob in every:
            if blob.descriptor.digest not in done:
                self._note(blob, "there already")

    def _send(self, blob: Blob, *, anew: bool) -> None:
        try:
            outcome = self._sent(blob, anew=anew)
        except HttpError as error:
            raise self._session.unreachable(error) from None
        self._note(blob, outcome)

    def _note(self, blob: Blob, outcome: str) -> None:
        digest = blob.descriptor.digest
        here = Place(domain=self._session.domain, path=self._session.path)
        self._places[self._session.domain, digest] = here
        self._progress.end(str(digest), outcome, blob.descriptor.size)

    def _sent(self, blob: Blob, *, anew: bool) -> str:
        descriptor, begun = blob.descriptor, None
        if not anew:
            if is_there(self._session, descriptor.digest, descriptor.size):
                return "there already"
            begun = self._mount(blob)
            if begun is not None and begun.status == CREATED:
                check_stored(self._session, descriptor.digest, begun)
                return "mounted"
        piece = str(descriptor.digest)
        self._progress.begin(piece, descriptor.size)
        with Source(
            blob, self._stop, lambda amount: self._progress.advance(piece, amount)
        ) as source:
            Upload(self._session, source, self._stop).run(begun)
        return "sent"

    def _mount(self, blob: Blob) -> Answer | None:
        """distribution-spec, "Mounting a blob from another repository": 201, or an upload begun."""
        place = _place(blob, self._session.domain, self._places)
        if place is None or place.path == self._session.path:
            return None
        query = f"?mount={blob.descriptor.digest}&from={place.path}"
        url = self._session.url(f"blobs/uploads/{query}")
        try:
            answer = self._session.ask(url, method="POST", body=NOTHING)
        except HttpError as error:
            if not error.transient:
                raise
            return None
        return answer if answer.status in {CREATED, ACCEPTED} else None

    def _put(self, artifact: Artifact, name: str) -> None:
        answer = self._put_once(artifact, name)
        if refusals.has_code(answer, "MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"):
            # It said that it had them: a cache, or contents that were cleaned away meanwhile.
            self._send_all(_blobs([artifact]), anew=True)
            answer = self._put_once(artifact, name)
        if answer.status not in _SUCCESSES:
            contents([artifact])  # an index without one of its images says so itself
            raise refusals.manifest_refused(
                self._session.name, answer, artifact.descriptor.media_type, self._session.remark
            )
        check_stored(self._session, artifact.descriptor.digest, answer)
        if "oci-subject" not in answer.headers:
            note_referrer(self._session, artifact)

    def _put_once(self, artifact: Artifact, name: str) -> Answer:
        return self._session.ask(
            self._session.url(f"manifests/{name}"),
            method="PUT",
            headers={"Content-Type": artifact.descriptor.media_type},
            body=artifact.content,
        )


def _each_once(artifact: Artifact) -> list[Artifact]:
    """It and all below it, each child before what refers to it."""
    return list({one.descriptor.digest: one for one in artifact.manifests()}.values())


def _blobs(manifests: Iterable[Artifact]) -> tuple[Blob, ...]:
    """Their contents, each once; the largest first, so that none is waited for in the end."""
    found = {blob.descriptor.digest: blob for one in manifests for blob in one.blobs}
    sent = (blob for blob in found.values() if not _is_foreign(blob.descriptor))
    return tuple(sorted(sent, key=lambda blob: -blob.descriptor.size))


def _is_foreign(descriptor: Descriptor) -> bool:
    """Whether it is had elsewhere, and must not be given away (OCI image-spec, layer.md)."""
    kind = descriptor.media_type
    return bool(descriptor.urls) and (".nondistributable." in kind or ".foreign." in kind)
