"""Whose word a project takes for archives of Debian packages: `[tool.lading.archives]`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lading.debian import Trust
from lading.errors import Problem
from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.lock.local_inputs import digest_at
from lading.lock.model import InputKeyring
from lading.project_file import SIGNED_ARCHIVES, read_project_file
from lading.requirements.source import project_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from lading.distros import Distro
    from lading.lock.model import Archive, Inputs, Lock
    from lading.project_file import ProjectFile

__all__ = ["archives_seen", "keyrings", "read_archives", "trust_of", "unsigned_archives"]

_TABLE: Final = "archives"
_KEYRING: Final = "keyring"
_UNSIGNED: Final = "unsigned"
_KEYS: Final = (_KEYRING, _UNSIGNED)


def read_archives(
    project: Path, distro: Distro | None, problems: list[Problem]
) -> tuple[tuple[InputKeyring, ...], tuple[str, ...]]:
    """The keyrings of a distribution's archives, and those that nobody signs.

    Args:
        project: The project's folder; it need not have a project file.
        distro: Whose archives count.
        problems: Told what is wrong in the table.

    Raises:
        SpecificationError: The project's file can't be read.
    """
    found: list[InputKeyring] = []
    unsigned: list[str] = []
    file = read_project_file(project)
    if file is None:
        return (), ()
    for archive, said in _tables(file, problems):
        where = f"{file.path}: {file.title(_TABLE, archive)}"
        keyring, is_unsigned = said.get(_KEYRING), said.get(_UNSIGNED, False)
        problems += _unknown(where, said, _KEYS)
        if not isinstance(is_unsigned, bool):
            problems.append(Problem(message=f"{where} {_UNSIGNED} is not true or false"))
        elif is_unsigned and keyring is not None:
            problems.append(
                Problem(
                    message=f"{where} has a keyring, and says that nobody signs the archive",
                    hint=f"leave out {_KEYRING} or {_UNSIGNED}",
                )
            )
        elif distro is None or not archive.startswith(distro.name):
            continue
        elif is_unsigned:
            unsigned.append(archive)
        elif keyring is not None:
            found += _keyring(project, archive, keyring, f"{where} {_KEYRING}", problems)
    return tuple(found), tuple(unsigned)


def _tables(
    file: ProjectFile, problems: list[Problem]
) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The table of each archive, by name."""
    table, where = file.table.get(_TABLE, {}), f"{file.path}: {file.title(_TABLE)}"
    if not isinstance(table, dict):
        problems.append(Problem(message=f"{where} is not a table"))
        return
    problems += _unknown(where, table, SIGNED_ARCHIVES)
    for archive in sorted(table.keys() & set(SIGNED_ARCHIVES)):
        if isinstance(table[archive], dict):
            yield archive, table[archive]
        else:
            hint = f'{archive} = {{ keyring = "keys/archive.gpg" }}'
            problems.append(Problem(message=f"{where} {archive} is not a table", hint=hint))


def _unknown(where: str, words: Iterable[str], known: tuple[str, ...]) -> Iterator[Problem]:
    for word in words:
        if word not in known:
            hint = did_you_mean(word, known) or f"there are {', '.join(known)}"
            yield Problem(message=f"{where} has no key {word!r}", hint=hint)


def _keyring(
    project: Path, archive: str, path: object, where: str, problems: list[Problem]
) -> Iterator[InputKeyring]:
    if not isinstance(path, str):
        problems.append(Problem(message=f"{where} is not a path", hint='"keys/archive.gpg"'))
        return
    try:
        found = project_file(project, path)
        yield InputKeyring(archive=archive, path=found, sha256=digest_at(project, found))
    except Invalid as error:
        problems.append(Problem(message=f"{where}: {error.message}", hint=error.hint))
    except OSError as error:
        why = (error.strerror or "no access").lower()
        problems.append(Problem(message=f"{where}: {found} can't be read: {why}"))


def archives_seen(lock: Lock | None, snapshot: str | None) -> tuple[Archive, ...]:
    """The states of archives that a lock has, as far as a later one must not be older.

    Args:
        lock: The lock so far.
        snapshot: The moment whose state is meant now: older than all others on purpose.
    """
    return tuple(
        archive
        for part in (lock.platforms if lock else ())
        if snapshot in {None, part.debs_for.snapshot if part.debs_for else None}
        for archive in part.archives
    )


def trust_of(inputs: Inputs, project: Path, distro: Distro, environ: Mapping[str, str]) -> Trust:
    """Whose word counts for the archives of an image.

    Args:
        inputs: What it asks for.
        project: The project's folder.
        distro: Its distribution.
        environ: `PATH` for gpgv, and the variables that name keyrings.
    """
    return Trust(
        distro=distro.name,
        environ=environ,
        keyrings=tuple((name, project / path) for name, path in keyrings(inputs)),
        unsigned=unsigned_archives(inputs),
    )


def keyrings(inputs: Inputs) -> tuple[tuple[str, str], ...]:
    """Names of archives, and the paths of their keyrings in the project."""
    return tuple((name, one.path) for one in inputs.keyrings for name in _parts(one.archive))


def unsigned_archives(inputs: Inputs) -> tuple[str, ...]:
    """Names of archives that nobody signs."""
    return tuple(name for one in inputs.unsigned for name in _parts(one))


def _parts(archive: str) -> tuple[str, ...]:
    """An archive's names: Ubuntu has a second one, for most architectures, with the same keys."""
    return (archive, f"{archive}-ports") if archive == "ubuntu" else (archive,)
