"""What `lading diff` compares: a lock, a frozen folder, an image, or a revision of the lock."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lading.cli.failure import Misused
from lading.errors import FreezeError, ImageError, LadingError
from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.grammar.words import shown
from lading.project_file import PROJECT_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lading.explain.sides import Side
    from lading.lock.revisions import Revisions
    from lading.machine import Machine
    from lading.oci.blobs import Artifact, Blob
    from lading.store import Store

__all__ = ["Sides"]

_TRANSPORTS: Final = ("oci:", "oci-archive:", "docker-archive:", "docker://")
_IMAGE: Final = "image.json"
_ATTESTED: Final = "unknown/unknown"  # what BuildKit says of an attestation, which is no image
_FORMS: Final = "neither a lock, nor a frozen folder, an image or a git revision"


class Sides:
    """Reads what words name, as seen from this folder.

    Args:
        machine: How registries are reached, and where layers are kept.
        project: The project's folder, whose history revisions are of.
    """

    def __init__(self, machine: Machine, project: Path) -> None:
        self._machine = machine
        self._project = project
        self._store: Store | None = None

    def here(self) -> Side:
        """The project's own lock, as it is now.

        Raises:
            FreezeError: There is none, or it can't be read.
        """
        from lading.lock.file import LOCK_NAME  # noqa: PLC0415 - only where it is read

        return self._lock(self._project, LOCK_NAME)

    def locks(self, before: str, after: str | None = None) -> tuple[tuple[Side, Side], ...]:
        """Every lock of the project: as it was at a revision, and at a later one, or as it is now.

        One that there was or is only on one side is compared to nothing.

        Raises:
            LadingError: There were none, there are none, or one can't be read.
        """
        old, new = self._then(before), self._now() if after is None else self._then(after)
        if not old or not new:  # which is said of the lock that most projects have
            return (
                (self.revision(before), self.here() if after is None else self.revision(after)),
            )
        return tuple(
            (
                old[file]() if file in old else _nothing(_at(before, file)),
                new[file]() if file in new else _nothing(_at(after, file)),
            )
            for file in sorted({*old, *new})
        )

    def is_revision(self, word: str) -> bool:
        """Whether a word names a revision, and nothing that goes before one."""
        with suppress(OSError, ValueError):  # no path at all: too long, a NUL in it
            if word.startswith(_TRANSPORTS) or Path(word).exists():
                return False
        return ":" not in word and self._revisions.has(word)

    def _then(self, revision: str) -> dict[str, Callable[[], Side]]:
        """By the names of the locks at a revision, what reads each."""
        from lading.explain.decided import side_of_lock  # noqa: PLC0415 - only where it is read

        def read(file: str) -> Side:
            lock = self._revisions.lock(f"{revision}:{file}")
            return side_of_lock(lock, _at(revision, file))

        return {file: partial(read, file) for file in self._revisions.locks(revision)}

    def _now(self) -> dict[str, Callable[[], Side]]:
        """By the names of the locks that are there, what reads each."""
        from lading.explain.decided import side_of_lock  # noqa: PLC0415 - only where it is read
        from lading.lock.file import read_lock  # noqa: PLC0415

        def read(file: str) -> Side:
            lock = read_lock(self._project, file)
            return _nothing(file) if lock is None else side_of_lock(lock, file)

        return {file: partial(read, file) for file in self._locks_in(self._project)}

    @staticmethod
    def _locks_in(folder: Path) -> tuple[str, ...]:
        from lading.lock.file import is_lock_name  # noqa: PLC0415 - only where one is looked for

        return tuple(sorted(filter(is_lock_name, (one.name for one in folder.glob("*.lock")))))

    def named(self, word: str) -> Side:
        """What a word names. What is there goes before a revision, and that before a registry.

        Raises:
            Misused: It names nothing.
            LadingError: What it names can't be read.
        """
        path = Path(word)
        if word.startswith(_TRANSPORTS):
            return self._image(word)
        with suppress(OSError, ValueError):  # no path at all: too long, a NUL in it
            if path.is_dir():
                return self._folder(path, word)
            if path.exists():
                return self._file(path, word)
        if self._revisions.has(word):
            return self.revision(word)
        if _is_reference(word):
            return self._image(word)
        raise self._unknown(word)

    def revision(self, word: str) -> Side:
        """The project's lock at a revision.

        Raises:
            LadingError: There is none.
        """
        from lading.explain.decided import side_of_lock  # noqa: PLC0415 - only where it is read

        return side_of_lock(self._revisions.lock(word), word)

    @property
    def _revisions(self) -> Revisions:
        from lading.lock.revisions import Revisions  # noqa: PLC0415 - only where git is asked

        return Revisions(project=self._project, environ=self._machine.environ)

    def _folder(self, path: Path, word: str) -> Side:
        from lading.lock.file import LOCK_NAME  # noqa: PLC0415 - only where one is looked at
        from lading.oci.layout import is_layout  # noqa: PLC0415

        if is_layout(path):
            return self._image(word, transport=f"oci:{word}" if ":" not in word else f"./{word}")
        if (path / _IMAGE).is_file():
            return self._frozen(path, word)
        if (path / LOCK_NAME).is_file():
            return self._lock(path, word)
        locks = self._locks_in(path)
        raise Misused(
            f"the folder {word} holds neither {LOCK_NAME}, nor a frozen image, nor an image",
            hint=f"name one of its locks: {', '.join(locks)}" if locks else None,
        )

    def _file(self, path: Path, word: str) -> Side:
        from lading.lock.file import LOCK_NAME  # noqa: PLC0415 - only where one is looked at

        if path.name == _IMAGE:
            return self._frozen(path.parent, word)
        if path.name == LOCK_NAME:
            return self._lock(path.parent, word)
        if word.lower().endswith(".tar"):
            return self._image(word)
        return self._lock_text(path, word)

    def _lock(self, folder: Path, word: str) -> Side:
        from lading.explain.decided import side_of_lock  # noqa: PLC0415 - only where it is read
        from lading.lock.file import LOCK_NAME, read_lock  # noqa: PLC0415

        lock = read_lock(folder)
        if lock is None:
            raise FreezeError(f"there is no {LOCK_NAME} in {folder}", hint="run `lading lock`")
        return side_of_lock(lock, word)

    def _lock_text(self, path: Path, word: str) -> Side:
        """A lock that is kept under another name."""
        from lading.explain.decided import side_of_lock  # noqa: PLC0415 - only where it is read
        from lading.lock.file import LOCK_NAME, parse_lock  # noqa: PLC0415

        if not path.is_file():
            raise Misused(f"{word} is neither a file nor a folder")
        if path.suffix == ".py" or path.name in PROJECT_FILES:
            what = "a module" if path.suffix == ".py" else "a project file"
            locks = self._locks_in(path.parent)
            hint = f"the locks beside it: {', '.join(locks)}" if locks else "run `lading lock`"
            raise Misused(f"{word} is no lock, but {what}", hint=hint)
        try:
            text = path.read_text("utf-8-sig")
        except UnicodeDecodeError:
            raise Misused(
                f"{word} is no lock", hint="write oci-archive:PATH for an archive"
            ) from None
        try:
            return side_of_lock(parse_lock(text), word)
        except FreezeError as error:
            raise FreezeError(error.problems[0].message.replace(LOCK_NAME, word, 1)) from None

    def _frozen(self, folder: Path, word: str) -> Side:
        from lading.explain.decided import side_of_info  # noqa: PLC0415 - only where it is read
        from lading.freeze.checking import read_image  # noqa: PLC0415

        return side_of_info(read_image(folder), word)

    def _image(self, word: str, *, transport: str | None = None) -> Side:
        from lading.cli.sending import read_images, read_transport  # noqa: PLC0415 - only for images
        from lading.explain.built import side_of_images  # noqa: PLC0415

        found = read_images(read_transport(transport or word), self._machine, None)
        _check_one_for_each(found, word)
        return side_of_images(found, word, self._at_hand)

    def _at_hand(self, blob: Blob) -> Blob | None:
        """A layer in a folder or a file, or in the cache."""
        from lading.oci.blobs import BytesBlob, FileBlob  # noqa: PLC0415 - only for images

        if isinstance(blob, (BytesBlob, FileBlob)):
            return blob
        with suppress(ImageError):  # where the cache can't be used, nothing in it is at hand
            self._store = self._store or self._machine.store()
            return self._store.stored(blob.descriptor)
        return None

    def _unknown(self, word: str) -> Misused:
        from lading.lock.file import LOCK_NAME  # noqa: PLC0415 - seldom needed

        hint = "run `lading lock`" if word.endswith(LOCK_NAME) else None
        locks = self._locks_in(self._project)
        hint = hint or did_you_mean(word, locks)
        with suppress(LadingError):
            others = [name for name in self._revisions.names() if name != word]
            hint = hint or did_you_mean(word, others)
        if hint is None and locks and word.endswith(".lock"):
            hint = f"there are: {', '.join(locks)}"
        return Misused(f"{shown(word)} names {_FORMS}", hint=hint)


def _check_one_for_each(images: Sequence[Artifact], word: str) -> None:
    """Refuse no image, and several for one platform: none of them is the one to compare.

    Raises:
        ImageError: There are such.
    """
    from lading.oci.graph import pick  # noqa: PLC0415 - only for images
    from lading.oci.making import config_of  # noqa: PLC0415

    roots = {one.descriptor.digest: one for one in images}.values()
    platforms = [
        {str(config_of(one).platform) for one in root.manifests() if one.blobs} - {_ATTESTED}
        for root in roots
    ]
    if not roots or sum(map(len, platforms)) > len(set().union(*platforms)):
        pick(images, where=word)  # which says what there is


def _at(revision: str | None, file: str) -> str:
    """What a lock is called, one of a revision as git has it."""
    from lading.lock.file import LOCK_NAME  # noqa: PLC0415 - only where it is read

    if revision is None:
        return file
    return revision if file == LOCK_NAME else f"{revision}:{file}"


def _nothing(name: str) -> Side:
    """A lock that there is not."""
    from lading.explain.sides import Side  # noqa: PLC0415 - only where locks are compared

    return Side(name=name, kind="lock", parts=())


def _is_reference(word: str) -> bool:
    """Whether it can be an image of a registry, and says so by a host, a path or a tag."""
    from lading.grammar.reference import ImageReference  # noqa: PLC0415 - only where it may be one

    if not {"/", ":", "@"} & set(word):
        return False
    try:
        ImageReference.parse(word)
    except Invalid:
        return False
    return True
