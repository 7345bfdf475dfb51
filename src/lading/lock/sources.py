"""Sources among what is resolved: where they are read, and what they require.

A resolver takes what a source declares (PEP 621, PEP 643). Where that leaves something to the code
of the source, the answer is the user's, or else what its files say: an assumption, which the lock
marks and the build checks.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Final

from lading.errors import Problem, ResolutionError
from lading.grammar.requirement import Requirement
from lading.lock.groups import Group, Wanted
from lading.lock.metadata import Known, known_by, version_in
from lading.lock.pylock import DEFAULT_INDEX
from lading.lock.resolve import Declared, NeedsCode, Renewal, Settled
from lading.lock.source_texts import SourceTexts, read_archive, read_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from lading.http import HttpSettings
    from lading.lock.git import Git
    from lading.lock.model import Distribution
    from lading.lock.refusals import Needed
    from lading.lock.resolve import Resolver

__all__ = ["SourceReader", "SourceResolver"]

_ROUNDS: Final = 100
_UNKNOWN: Final = "0"
"""The version that stands for one that only a build would tell: uv wants some."""

_NOTHING_RENEWED = Renewal()
_NOTHING_SETTLED = Settled()


@dataclass(slots=True, kw_only=True)
class SourceReader:
    """Reads what sources say, each once.

    Attributes:
        project: The project's folder, absolute.
        cache: Where files that were fetched by hash are kept.
        http: How to reach them.
        git: How to reach repositories.
        mirror: The index that is asked first for a file of the default one.
    """

    project: Path
    cache: Path
    http: HttpSettings
    git: Git
    mirror: str | None = None
    _found: dict[tuple[str | None, ...], SourceTexts] = field(default_factory=dict)
    _reading: dict[tuple[str | None, ...], Lock] = field(default_factory=dict)

    def texts(self, one: Distribution) -> SourceTexts:
        """The texts of a source; several threads may ask.

        Raises:
            ResolutionError: It can't be had or read.
        """
        key = (one.kind, one.url, one.commit, one.subdirectory, *one.hashes)
        with self._reading.setdefault(key, Lock()):
            if key not in self._found:
                self._found[key] = self._read(one)
            return self._found[key]

    def fetch(self, one: Distribution) -> Path:
        """The file of a source distribution, which from then on is in the cache."""
        from lading.download import fetch  # noqa: PLC0415 - only where there are sources

        assert one.sha256 is not None  # noqa: S101 - no other is locked
        return fetch(
            one.url,
            one.sha256,
            cache=self.cache,
            http=self.http,
            size=one.size,
            mirror=self.mirror if one.index == DEFAULT_INDEX else None,
        )

    def _read(self, one: Distribution) -> SourceTexts:
        match one.kind:
            case "sdist":
                return read_archive(self.fetch(one), one.filename, one.subdirectory)
            case "archive":
                return read_archive(self.project / one.url, one.filename, one.subdirectory)
            case "directory":
                return read_folder(self.project / one.url, self.project)
            case "git":
                return self.git.texts(one.url, str(one.commit), one.subdirectory)
            case _:
                return SourceTexts()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceResolver:
    """Resolves, and answers for the sources whose own code would have to.

    Attributes:
        resolver: Resolves what needs no such answer.
        reader: Reads sources.
        requires: By name, what the user says that a source requires.
    """

    resolver: Resolver
    reader: SourceReader
    requires: Mapping[str, tuple[str, ...]]

    def distributions(
        self,
        groups: Sequence[Group],
        earlier: Iterable[Distribution],
        renewal: Renewal,
        *,
        settled: Settled = _NOTHING_SETTLED,
    ) -> tuple[Distribution, ...]:
        """What `Resolver.distributions` gives, where it can without running anybody's code.

        Raises:
            ResolutionError: It can't; or neither the user nor a source says what that requires.
        """
        kept = tuple(earlier)
        declared: dict[tuple[str, str | None], Declared] = {}
        for _ in range(_ROUNDS):
            resolver = replace(self.resolver, declared=tuple(declared.values()))
            try:
                found = resolver.distributions(groups, kept, renewal, settled=settled)
            except NeedsCode as needed:
                new = self._answers(needed.sources, groups)
                if new.keys() <= declared.keys():
                    raise
                declared |= new
            else:
                return tuple(_marked(one, declared.values()) for one in found)
        raise ResolutionError(f"more than {_ROUNDS} sources don't declare what they require")

    def _answers(
        self, sources: Iterable[Needed], groups: Sequence[Group]
    ) -> dict[tuple[str, str | None], Declared]:
        """What each source requires, or one error for all of which nobody says it."""
        found: dict[tuple[str, str | None], Declared] = {}
        problems: list[Problem] = []
        for source in sources:
            try:
                found[source.name, source.version] = self._answer(source, groups)
            except ResolutionError as error:
                problems += error.problems
        if problems:
            raise ResolutionError(problems)
        return found

    def _answer(self, source: Needed, groups: Sequence[Group]) -> Declared:
        name = source.name
        wanted = _wanted(source, groups)
        one = self._located(source, wanted)
        texts = self.reader.texts(one)
        lines = self.requires.get(name)
        try:
            version = source.version or version_in(texts) or _UNKNOWN
            known = Known(requires=lines) if lines is not None else known_by(texts, name)
        except ValueError as error:
            raise ResolutionError(_unsaid(source, wanted, str(error))) from None
        if known is None:
            raise ResolutionError(_unsaid(source, wanted))
        return Declared(name=name, version=version, requires=known.requires, extras=known.extras)

    def _located(self, source: Needed, wanted: Wanted) -> Distribution:
        """Where the source is: resolved alone, as one that requires nothing."""
        nothing = Declared(name=source.name, version=source.version or _UNKNOWN)
        group = Group(requirements=(wanted,), no_binary=(source.name,), complete=True)
        resolver = replace(self.resolver, declared=(nothing,))
        found = resolver.distributions((group,), (), _NOTHING_RENEWED)
        return next(one for one in found if one.name == source.name)


def _wanted(source: Needed, groups: Sequence[Group]) -> Wanted:
    """The requirement that stands for exactly this source."""
    asked = [one for group in groups for one in group.requirements]
    same = [one for one in asked if one.requirement.name == source.name]
    direct = [one for one in same if one.requirement.kind != "named"]
    if source.version is None and direct:
        return direct[0]
    text = f"{source.name}=={source.version}" if source.version else str(source.requirement)
    place = same[0] if same else Wanted(requirement=Requirement.parse(source.name))
    return replace(place, requirement=Requirement.parse(text))


def _marked(one: Distribution, declared: Iterable[Declared]) -> Distribution:
    """The distribution, marked where the answer for it was no declaration of its own."""
    import msgspec  # noqa: PLC0415 - the model has brought it already

    versions = [said.version for said in declared if said.name == one.name]
    is_answered = one.version in versions or (one.version is None and bool(versions))
    if not is_answered or not one.is_source:
        return one
    version = one.version if one.version != _UNKNOWN else None
    return msgspec.structs.replace(one, assumed=True, version=version)


def _unsaid(source: Needed, wanted: Wanted, why: str | None = None) -> Problem:
    what = f"{source.name} {source.version}" if source.version else source.name
    return Problem(
        message=f"{what} tells what it requires only to those who run its code, "
        "which locking never does",
        detail=why,
        location=wanted.location,
        hint=f'say it: python_packages(..., requires={{"{source.name}": ["its requirements"]}})',
    )
