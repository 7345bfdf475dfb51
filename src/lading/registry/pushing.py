"""An image on its way to registries: contents before manifests, and what a name points to last."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Final, Self

from lading.errors import RegistryError
from lading.http import HttpClient, HttpError
from lading.oci.blobs import Place
from lading.oci.graph import contents
from lading.progress import SILENT
from lading.registry import refusals
from lading.registry.credentials import Credentials
from lading.registry.parallel import Crew, each
from lading.registry.referrers import note_referrer
from lading.registry.repository import ACCEPT, said_digest
from lading.registry.session import Session
from lading.registry.source import Source
from lading.registry.uploads import ACCEPTED, CREATED, NOTHING, Upload, check_stored, is_there

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType

    from lading.grammar.reference import Digest, ImageReference
    from lading.http import Answer, HttpSettings
    from lading.oci.blobs import Artifact, Blob, Descriptor
    from lading.progress import Progress

__all__ = ["Pushing", "push"]

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
    with Pushing(
        references, http=http, credentials=credentials, progress=progress, jobs=jobs
    ) as pushing:
        return pushing.finish(artifact)


class Pushing:
    """An image on its way, of which some contents are sent before all of it is made.

    A context manager: left before `finish`, no name stands for anything new, and what has been sent
    is for the registry to clean away. Arguments are those of `push`.
    """

    def __init__(
        self,
        references: Sequence[ImageReference],
        *,
        http: HttpSettings,
        credentials: Credentials = _ANONYMOUS,
        progress: Progress = SILENT,
        jobs: int = 8,
    ) -> None:
        self._references = tuple(references)
        self._places: dict[tuple[str, Digest], Place] = {}
        self._client = HttpClient(replace(http, logins=(), netrc=None), connections=jobs)
        self._pushers: dict[tuple[str, str], _Pusher] = {}
        for one in references:
            session = Session(self._client, one.domain, one.path, credentials, aim=refusals.push)
            pusher = _Pusher(session, self._places, progress, jobs)
            self._pushers.setdefault((one.domain, one.path), pusher)
        # What the first one of a registry has, the others mount from there.
        self._first = {domain: one for (domain, _), one in reversed(self._pushers.items())}

    def __enter__(self) -> Self:
        self._client.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            for pusher in self._pushers.values():
                pusher.leave()
        self._client.__exit__(kind, error, trace)

    def begin(self, blob: Blob) -> None:
        """Send a content that the image will have; from any thread. What fails, `finish` raises."""
        for pusher in self._first.values():
            pusher.begin(blob)

    def finish(self, artifact: Artifact) -> Digest:
        """Send what is left of the image, and let the names stand for it.

        Raises:
            RegistryError, ImageError: See `push`.
        """
        digest = artifact.descriptor.digest
        for (domain, path), tags in _targets(digest, self._references).items():
            sources = _sources(artifact, domain, path, self._places)
            self._pushers[domain, path].push(artifact, tags, sources)
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
        self._crew = Crew(jobs, self._send, self._stop)
        self._begun: set[Digest] = set()

    def begin(self, blob: Blob) -> None:
        """Send a content, soon."""
        if blob.descriptor.digest not in self._begun:
            self._begun.add(blob.descriptor.digest)
            self._crew.add(blob)

    def leave(self) -> None:
        """Send no more."""
        self._crew.leave()

    def push(self, artifact: Artifact, tags: tuple[str, ...], sources: tuple[str, ...]) -> None:
        """Send what the repository lacks, then the manifests, then the names."""
        self._session.mount_from(sources)
        try:
            self._push(artifact, tags)
        except HttpError as error:
            raise self._session.unreachable(error) from None

    def _push(self, artifact: Artifact, tags: tuple[str, ...]) -> None:
        manifests = _each_once(artifact)
        missing = [artifact]
        if self._has(str(artifact.descriptor.digest), artifact):
            missing = []
        elif artifact.children:
            missing = [one for one in manifests[:-1] if not self._has_child(one)] + missing
        for blob in _blobs(missing):
            self.begin(blob)
        self._crew.finish()
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

    def _tell_rest(self, every: tuple[Blob, ...], sent: tuple[Blob, ...]) -> None:
        done = {blob.descriptor.digest for blob in sent} | self._begun
        for blob in every:
            if blob.descriptor.digest not in done:
                self._note(blob, "there already")

    def _send(self, blob: Blob, *, anew: bool = False) -> None:
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
            each(
                self._jobs,
                _blobs([artifact]),
                lambda blob: self._send(blob, anew=True),
                self._stop,
            )
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
