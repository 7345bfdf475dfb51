"""Resolving Python packages by uv: an image's requirements to one file each, for one target."""

from __future__ import annotations

import tempfile
import tomllib
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING

from lading.errors import Problem, ResolutionError
from lading.grammar.requirement import Requirement
from lading.lock.annotations import Annotations, as_written_by_uv, read_annotations
from lading.lock.bindings import Bindings
from lading.lock.compiling import Compiler, Declared, NeedsCode, Question
from lading.lock.groups import Group, Holder, Wanted
from lading.lock.pylock import (
    DEFAULT_INDEX,
    Reading,
    emit_pinned_lines,
    emit_pins,
    package_names,
    read_distributions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from lading.lock.model import Distribution, Inputs, PlatformLock
    from lading.lock.target import Target
    from lading.lock.uv import Uv

__all__ = ["Declared", "NeedsCode", "Renewal", "Resolver", "Settled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What an earlier lock pins and what of it may change.

    Attributes:
        everything: Nothing is kept.
        packages: Normalised names that are not kept.
    """

    everything: bool = False
    packages: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.everything or bool(self.packages)

    def keeps(self, name: str) -> bool:
        """Whether the earlier version of `name` is preferred."""
        return not self.everything and name not in self.packages

    def renews_debs(self, earlier: PlatformLock | None) -> bool:
        """Whether system packages are chosen anew: all, since an archive keeps no old ones."""
        names = {deb.name for deb in earlier.debs} if earlier else set()
        return self.everything or not names.isdisjoint(self.packages)

    @property
    def options(self) -> tuple[str, ...]:
        """Options for uv, which then asks indexes again, whatever it has in its cache."""
        if self.everything:
            return ("--upgrade",)
        return tuple(word for name in self.packages for word in ("--upgrade-package", name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What is installed below, and stays what it is.

    Attributes:
        distributions: All of it.
        groups: How many installations bring it: the first ones.
        file: The lock of its own that says so, where there is one.
    """

    distributions: tuple[Distribution, ...] = ()
    groups: int = 0
    file: str | None = None

    def constraints(self) -> Group:
        """The versions, which all that comes on top has to fit."""
        holder = Holder(file=self.file)
        return Group(
            constraints=tuple(
                Wanted(requirement=Requirement.parse(f"{one.name}=={one.version}"), holder=holder)
                for one in self.distributions
                if one.version is not None
            )
        )

    def completed(self, found: Iterable[Distribution]) -> Iterator[Distribution]:
        """All of it, and what else was found: that belongs to a later installation."""
        yield from self.distributions
        known = {one.name for one in self.distributions}
        for one in found:
            if one.name not in known:
                yield _in_group(one, max(one.group, self.groups + 1))


_NOTHING_SETTLED = Settled()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """Resolves for one target, in one project.

    Attributes:
        uv: The program that resolves.
        project: The folder that paths in requirements start from.
        target: What the packages are for.
        inputs: Where to look for them.
        declared: What sources are said to require.
        mask: Masks the values of secrets in a text.
        python_mirror: The URL of what stands for the resolver's own default index.
    """

    uv: Uv
    project: Path
    target: Target
    inputs: Inputs
    declared: tuple[Declared, ...] = ()
    mask: Callable[[str], str] = str
    python_mirror: str | None = None

    def distributions(
        self,
        groups: Sequence[Group],
        earlier: Iterable[Distribution],
        renewal: Renewal,
        *,
        settled: Settled = _NOTHING_SETTLED,
    ) -> tuple[Distribution, ...]:
        """One distribution for each package that the groups need, the same whichever asks for it.

        Args:
            groups: The installations, in their order.
            earlier: Pins that are preferred where they still fit.
            renewal: Which of them are not.
            settled: What the first installations bring, whatever a resolver would choose now.

        Raises:
            NeedsCode: A source would have to be run to know what it requires.
            ResolutionError: There is no solution, no file for the target, or no allowed hash.
        """
        if not any(group.requirements for group in groups[settled.groups :]):
            return settled.distributions
        whole = reduce(add, groups, settled.constraints())
        kept = tuple(one for one in earlier if renewal.keeps(one.name))
        bindings = Bindings.of(whole, self.inputs.indexes)
        run = Question(group=whole, bindings=bindings, more=renewal.options)
        found = self._resolve(run, kept)
        first = self._first_groups(groups, settled.groups, run, found)
        placed = [_in_group(one, first.get(one.name, len(groups))) for one in found]
        found = tuple(settled.completed(placed))
        return tuple(sorted(found, key=lambda one: (one.group, one.name)))

    @property
    def _compiler(self) -> Compiler:
        return Compiler(
            uv=self.uv,
            project=self.project,
            target=self.target,
            inputs=self.inputs,
            declared=self.declared,
            mask=self.mask,
            python_mirror=self.python_mirror,
        )

    def _resolve(self, run: Question, kept: tuple[Distribution, ...]) -> tuple[Distribution, ...]:
        with tempfile.TemporaryDirectory(prefix="lading-") as name:
            folder = Path(name).resolve()
            run, text = self._settle(run, folder, emit_pins(kept))
            remarks = self._remarks(run, folder, text)
            needed = _needed(run, text, remarks)
            found_on = {one: self._index_of(one, run, remarks) for one in needed}
            _check_bound(run, found_on)
            reading = Reading(
                target=self.target,
                project=self.project,
                output=folder,
                found_on=found_on,
                wanted=run.group,
            )
            found = read_distributions(text, reading)
        return tuple(one for one in found if one.name in needed)

    def _settle(self, run: Question, folder: Path, preferred: str) -> tuple[Question, str]:
        """The answer that holds no stand-in any more; each turn learns at least one name."""
        while True:
            text = self._compiler.answer(run, folder, preferred)
            met = run.stand_ins.intersection(package_names(text))
            if not met:
                return run, text
            run = replace(run, learned=run.learned | met)

    def _first_groups(
        self,
        groups: Sequence[Group],
        known: int,
        run: Question,
        found: tuple[Distribution, ...],
    ) -> dict[str, int]:
        """By name, the installation that needs it first: what the earlier ones' closures hold.

        Of the first ones it is known, so that nothing is asked for them: an image that is put on a
        hundred others would ask of each of these again, on each of them.
        """
        first: dict[str, int] = {}
        for number in range(known + 1, len(groups)):
            part = reduce(add, groups[:number], Group())
            for name in self._closure(part, run, found) if part.requirements else ():
                first.setdefault(name, number)
        return first

    def _closure(
        self, part: Group, whole: Question, found: tuple[Distribution, ...]
    ) -> frozenset[str]:
        """The names of all that a part of the whole needs, of the versions that were chosen."""
        group = Group(
            requirements=part.requirements,
            no_binary=whole.group.no_binary,
            only_binary=whole.group.only_binary,
            complete=part.complete,
        )
        run = Question(group=group, bindings=whole.bindings, pins=found)
        bound = frozenset(one.name for one in found if one.name in whole.bindings.urls)
        run = replace(run, learned=frozenset() if part.complete else bound - run.asked)
        with tempfile.TemporaryDirectory(prefix="lading-") as name:
            folder = Path(name).resolve()
            text = self._compiler.answer(run, folder)
            remarks = self._remarks(run, folder, text) if run.learned else Annotations()
            return _needed(run, text, remarks)

    def _remarks(self, run: Question, folder: Path, pylock: str) -> Annotations:
        """Where each package was found and what needs it: uv writes it in its other format only.

        Where no index but one can have been asked, nothing needs to be run a second time.
        """
        others = [index for index in self.inputs.indexes if not index.default]
        pages = [link for link in self.inputs.find_links if "://" in link]
        if not (others or pages or run.bindings.urls or self.inputs.accelerator):
            return Annotations()
        words = ("--annotate", "--annotation-style", "split")
        again = replace(
            run,
            form="requirements.txt",
            more=(*words, "--emit-index-annotation", "--emit-index-url"),
        )
        return read_annotations(self._compiler.answer(again, folder, emit_pinned_lines(pylock)))

    def _index_of(self, name: str, run: Question, remarks: Annotations) -> str | None:
        """The index of a package: as it was declared, or uv's word for one that it knows itself.

        A page of links is none.
        """
        declared = next((one.url for one in self.inputs.indexes if one.default), None)
        own = declared or DEFAULT_INDEX
        url = remarks.found_on.get(name)
        if url is None or url == remarks.default:
            return own
        if url in map(as_written_by_uv, self.inputs.find_links):
            return None
        urls = [one.url for one in self.inputs.indexes]
        known = {as_written_by_uv(one): one for one in (*urls, *run.bindings.names)}
        return known.get(url, url)


def _needed(run: Question, pylock: str, remarks: Annotations) -> frozenset[str]:
    """What is needed of an answer: a name that was learned may have lost whoever needed it."""
    names = frozenset(package_names(pylock))
    if not run.learned:
        return names
    roots = run.asked | _direct(pylock)
    return names & remarks.reached(roots)


def _direct(pylock: str) -> frozenset[str]:
    """The packages that are at a URL or a path, which only a requirement can name."""
    packages = tomllib.loads(pylock).get("packages", ())
    kinds = {"archive", "directory", "vcs"}
    return frozenset(package["name"] for package in packages if kinds & package.keys())


def _check_bound(run: Question, found_on: Mapping[str, str | None]) -> None:
    """See that uv did what it was told: this is what keeps a stranger's package out."""
    places = run.group.places()
    problems = [
        Problem(
            message=f"{name} may come from {url} only, and was found elsewhere: {found_on[name]}",
            location=places.get(name),
        )
        for name, url in run.bindings.urls.items()
        if found_on.get(name, url) != url
    ]
    if problems:
        raise ResolutionError(problems)


def _in_group(distribution: Distribution, group: int) -> Distribution:
    import msgspec  # noqa: PLC0415 - the model has brought it already

    return msgspec.structs.replace(distribution, group=group)
