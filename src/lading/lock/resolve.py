"""Resolving Python packages: the requirements of an image to one file each, by uv, for one target."""

from __future__ import annotations

import re
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lading.errors import Problem, ResolutionError
from lading.grammar.invalid import Invalid
from lading.grammar.url import redact
from lading.lock.pylock import (
    DEFAULT_INDEX,
    emit_pinned_lines,
    emit_pins,
    read_distributions,
    read_index_annotations,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lading.errors import Location
    from lading.lock.model import Distribution, Inputs
    from lading.lock.target import Target
    from lading.lock.uv import Uv

__all__ = ["Group", "Renewal", "Resolver"]

_NEEDS_SOURCE = re.compile(r"Wheels are required for `([^`]+)`")
_NO_WHEEL = re.compile(
    r"\b([A-Za-z0-9][A-Za-z0-9._-]*)\S* has no (?:usable wheels|wheels with a matching)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The requirements of one installation, ready for the resolver.

    Attributes:
        requirements: Lines as a requirements file has them, without hashes.
        constraints: Lines of the same form that only limit versions.
        no_binary: Names to compile from source.
        only_binary: Names never to compile.
        hashes: By name, the hashes that a file of the user's allows; a name without is free.
        places: By name, the user's line that asks for it.
    """

    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()
    hashes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    places: tuple[tuple[str, Location], ...] = ()

    def __add__(self, other: Group) -> Group:
        return Group(
            requirements=self.requirements + other.requirements,
            constraints=self.constraints + other.constraints,
            no_binary=self.no_binary + other.no_binary,
            only_binary=self.only_binary + other.only_binary,
            hashes=self.hashes + other.hashes,
            places=self.places + other.places,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What an earlier lock pins and what of it may change.

    Attributes:
        everything: Nothing is kept.
        packages: Normalised names that are not kept.
    """

    everything: bool = False
    packages: tuple[str, ...] = ()

    def keeps(self, name: str) -> bool:
        """Whether the earlier version of `name` is preferred."""
        return not self.everything and name not in self.packages


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """Resolves for one target, in one project.

    Attributes:
        uv: The program that resolves.
        project: The folder that paths in requirements start from.
        target: What the packages are for.
        inputs: Where to look for them.
    """

    uv: Uv
    project: Path
    target: Target
    inputs: Inputs

    def distributions(
        self, groups: Sequence[Group], earlier: Iterable[Distribution], renewal: Renewal
    ) -> tuple[Distribution, ...]:
        """One distribution for each package that the groups need, the same whichever asks for it.

        Args:
            groups: The installations, in their order.
            earlier: Pins that are preferred where they still fit.
            renewal: Which of them are not.

        Raises:
            ResolutionError: There is no solution, no file for the target, or no allowed hash.
        """
        whole = sum(groups, Group())
        if not whole.requirements:
            return ()
        kept = tuple(one for one in earlier if renewal.keeps(one.name))
        found = self._compile(whole, kept)
        self._check_hashes(found, whole)
        first = self._first_groups(groups, found)
        placed = [_replace(one, group=first.get(one.name, len(groups))) for one in found]
        return tuple(sorted(placed, key=lambda one: (one.group, one.name)))

    def _first_groups(
        self, groups: Sequence[Group], found: tuple[Distribution, ...]
    ) -> dict[str, int]:
        """By name, the installation that needs it first: what the earlier ones' closures hold."""
        first: dict[str, int] = {}
        pins = tuple(f"{one.name}=={one.version}" for one in found if one.index is not None)
        for number in range(1, len(groups)):
            part = sum(groups[:number], Group(constraints=pins))
            for one in self._compile(part, found) if part.requirements else ():
                first.setdefault(one.name, number)
        return first

    def _compile(self, group: Group, earlier: tuple[Distribution, ...]) -> tuple[Distribution, ...]:
        with tempfile.TemporaryDirectory(prefix="lading-") as name:
            folder = Path(name)
            output = folder / "pylock.toml"
            if earlier:
                output.write_text(emit_pins(earlier), "utf-8")
            self._run(group, folder, "pylock.toml", output)
            text = output.read_text("utf-8")
            return read_distributions(
                text,
                target=self.target,
                project=self.project,
                output=folder.resolve(),
                found_on=self._found_on(group, folder, text),
            )

    def _found_on(self, group: Group, folder: Path, pylock: str) -> dict[str, str]:
        """By name, the index of each package: uv writes it in its other format only.

        Where no index but one can have been asked, nothing needs to be run a second time.
        """
        defaults = [index.url for index in self.inputs.indexes if index.default]
        own = defaults[0] if defaults else DEFAULT_INDEX
        packages = [package["name"] for package in tomllib.loads(pylock).get("packages", ())]
        extra = {index.url.rstrip("/"): index.url for index in self.inputs.indexes if not index.default}
        if not extra:
            return dict.fromkeys(packages, own)
        output = folder / "requirements.txt"
        output.write_text(emit_pinned_lines(pylock), "utf-8")
        self._run(group, folder, "requirements.txt", output, "--emit-index-annotation")
        remarks = read_index_annotations(output.read_text("utf-8"))
        return {name: extra.get(remarks.get(name, ""), own) for name in packages}

    def _run(self, group: Group, folder: Path, form: str, output: Path, *more: str) -> None:
        constraints = folder / "constraints.txt"
        constraints.write_text("".join(f"{line}\n" for line in group.constraints), "utf-8")
        done = self.uv.call(
            (
                *("pip", "compile", "-", "--format", form, *more, *self._options(group)),
                *("-c", str(constraints), "-o", str(output)),
            ),
            cwd=self.project,
            stdin="".join(f"{line}\n" for line in group.requirements),
        )
        if done.returncode != 0:
            raise ResolutionError(self._refusals(group, redact(done.stderr).strip()))

    def _options(self, group: Group) -> tuple[str, ...]:
        """Options that leave uv nothing to take from the machine at hand."""
        try:
            platform = self.target.uv_platform
        except Invalid as error:
            raise ResolutionError(error.message, hint=error.hint) from None
        named = {"--no-binary": group.no_binary, "--only-binary": (":all:", *group.only_binary)}
        return (
            *("--python", self.uv.interpreter, "--python-version", str(self.target.python)),
            *("--python-platform", platform),
            *("--no-header", "--no-annotate", "--quiet"),
            *(word for option, names in named.items() for one in names for word in (option, one)),
            *(("--prerelease", "allow") if self.inputs.prerelease else ()),
            *self._indexes(),
        )

    def _indexes(self) -> tuple[str, ...]:
        words: list[str] = ["--no-index"] if self.inputs.no_index else []
        for index in self.inputs.indexes:
            named = f"{index.name}={index.url}" if index.name else index.url
            words += ("--default-index" if index.default else "--index", named)
        for link in self.inputs.find_links:
            words += ("--find-links", link)
        return tuple(words)

    def _refusals(self, group: Group, words: str) -> list[Problem]:
        """The resolver's own words, at the user's line (CASES R18, R26)."""
        places = dict(group.places)
        named = [name for name in places if _mentions(words, name)]
        first = places[named[0]] if named else next(iter(places.values()), None)
        message = f"the requirements can't be resolved for {self.target}"
        hint = self._source_hint(words) or self._wheel_hint(words)
        return [Problem(message=message, location=first, detail=words, hint=hint)]

    def _source_hint(self, words: str) -> str | None:
        names = list(dict.fromkeys(_NEEDS_SOURCE.findall(words)))
        if not names:
            return None
        quoted = ", ".join(f'"{name}"' for name in names)
        return (
            f"{', '.join(names)} has no wheel for this target; to compile it from source in a stage "
            f"that is not shipped: python_packages(..., no_binary=[{quoted}])"
        )

    def _wheel_hint(self, words: str) -> str | None:
        names = list(dict.fromkeys(_NO_WHEEL.findall(words)))
        if not names:
            return None
        kind = "musllinux" if self.target.libc.name == "musl" else "manylinux"
        other = ' or a glibc distro (distro="debian")' if kind == "musllinux" else ""
        return f"{', '.join(names)}: no {kind} wheel fits; try another version, Python{other}"

    def _check_hashes(self, found: tuple[Distribution, ...], group: Group) -> None:
        allowed = dict(group.hashes)
        places = dict(group.places)
        problems = [
            Problem(
                message=f"{one.name} {one.version} for {self.target.platform} has a hash that the "
                "requirement does not allow",
                location=places.get(one.name),
                detail="\n".join((f"found {one.filename}", *one.hashes)),
                hint="add this file's hash, or make the file of hashes anew for this platform",
            )
            for one in found
            if one.name in allowed and not set(one.hashes) & set(allowed[one.name])
        ]
        if problems:
            raise ResolutionError(problems)


def _mentions(words: str, name: str) -> bool:
    loose = re.escape(name).replace(r"\-", "[-_.]")
    return re.search(rf"(?<![\w.-]){loose}(?![\w-])", words, re.IGNORECASE) is not None


def _replace(distribution: Distribution, *, group: int) -> Distribution:
    import msgspec  # noqa: PLC0415 - the model has brought it already

    return msgspec.structs.replace(distribution, group=group)
