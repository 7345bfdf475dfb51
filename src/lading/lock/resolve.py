"""Resolving Python packages by uv: an image's requirements to one file each, for one target."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING

from lading.errors import ResolutionError
from lading.lock.groups import Group
from lading.lock.guard import guarded
from lading.lock.pylock import (
    DEFAULT_INDEX,
    Reading,
    emit_pinned_lines,
    emit_pins,
    package_names,
    read_distributions,
    read_index_annotations,
)
from lading.lock.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lading.lock.groups import Wanted
    from lading.lock.model import Distribution, Inputs
    from lading.lock.target import Target
    from lading.lock.uv import Uv

__all__ = ["Renewal", "Resolver"]


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

    @property
    def options(self) -> tuple[str, ...]:
        """Options for uv, which then asks indexes again, whatever it has in its cache."""
        if self.everything:
            return ("--upgrade",)
        return tuple(word for name in self.packages for word in ("--upgrade-package", name))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One call of the resolver.

    Attributes:
        group: What it is asked.
        form: In which form it answers.
        more: Options of this call only.
        pins: Lines that limit versions further, besides the constraints of the group.
    """

    group: Group
    form: str = "pylock.toml"
    more: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()


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
        whole = reduce(add, groups, Group())
        if not whole.requirements:
            return ()
        kept = tuple(one for one in earlier if renewal.keeps(one.name))
        found = self._resolve(whole, kept, renewal)
        first = self._first_groups(groups, whole, found)
        placed = [_in_group(one, first.get(one.name, len(groups))) for one in found]
        return tuple(sorted(placed, key=lambda one: (one.group, one.name)))

    def _resolve(
        self, whole: Group, kept: tuple[Distribution, ...], renewal: Renewal
    ) -> tuple[Distribution, ...]:
        with tempfile.TemporaryDirectory(prefix="lading-") as name:
            folder = Path(name).resolve()
            text = self._answer(_Run(group=whole, more=renewal.options), folder, emit_pins(kept))
            reading = Reading(
                target=self.target,
                project=self.project,
                output=folder,
                found_on=self._found_on(whole, folder, text),
                wanted=whole,
            )
            return read_distributions(text, reading)

    def _first_groups(
        self, groups: Sequence[Group], whole: Group, found: tuple[Distribution, ...]
    ) -> dict[str, int]:
        """By name, the installation that needs it first: what the earlier ones' closures hold."""
        first: dict[str, int] = {}
        pins = tuple(_exactly(one, self.project) for one in found)
        for number in range(1, len(groups)):
            part = reduce(add, groups[:number], Group())
            for name in self._closure(part, whole, pins) if part.requirements else ():
                first.setdefault(name, number)
        return first

    def _closure(self, part: Group, whole: Group, pins: tuple[str, ...]) -> tuple[str, ...]:
        """The names of all that a part of the whole needs, of the versions that were chosen."""
        group = Group(
            requirements=part.requirements,
            no_binary=whole.no_binary,
            only_binary=whole.only_binary,
            complete=part.complete,
        )
        with tempfile.TemporaryDirectory(prefix="lading-") as name:
            return package_names(self._answer(_Run(group=group, pins=pins), Path(name).resolve()))

    def _found_on(self, group: Group, folder: Path, pylock: str) -> dict[str, str]:
        """By name, the index of each package: uv writes it in its other format only.

        Where no index but one can have been asked, nothing needs to be run a second time.
        """
        defaults = [index.url for index in self.inputs.indexes if index.default]
        own = defaults[0] if defaults else DEFAULT_INDEX
        urls = [index.url for index in self.inputs.indexes if not index.default]
        urls += [one.index for one in group.requirements if one.index is not None]
        known = {url.rstrip("/"): url for url in urls}
        if not known:
            return dict.fromkeys(package_names(pylock), own)
        run = _Run(group=group, form="requirements.txt", more=("--emit-index-annotation",))
        remarks = read_index_annotations(self._answer(run, folder, emit_pinned_lines(pylock)))
        return {name: known.get(remarks.get(name, ""), own) for name in package_names(pylock)}

    def _answer(self, run: _Run, folder: Path, preferred: str = "") -> str:
        """What uv writes into a file that holds the versions it is to prefer.

        Raises:
            ResolutionError: It refuses.
        """
        output = folder / run.form
        if preferred:
            output.write_text(preferred, "utf-8")
        done = self.uv.call(
            (
                *("pip", "compile", *self._sources(run, folder), "--format", run.form),
                *self._options(run.group, folder),
                *(*run.more, "-o", str(output)),
            ),
            cwd=self.project,
            stdin=_lines(one for one in run.group.requirements if one.index is None),
        )
        if done.returncode != 0:
            words = done.stderr.replace(f"{folder}/", "").replace(f"file://{self.project}/", "./")
            raise ResolutionError(refusal(words, run.group, self.target))
        return output.read_text("utf-8")

    def _sources(self, run: _Run, folder: Path) -> tuple[str, ...]:
        constraints = folder / "constraints.txt"
        pins = "".join(f"{line}\n" for line in run.pins)
        constraints.write_text(_lines(run.group.constraints) + pins, "utf-8")
        indexed = [one for one in run.group.requirements if one.index is not None]
        more = (str(_indexed_project(indexed, folder)),) if indexed else ()
        return ("-", *more, "--constraints", str(constraints))

    def _options(self, group: Group, folder: Path) -> tuple[str, ...]:
        """Options that leave uv nothing to take from the machine at hand."""
        only = (":all:", *dict.fromkeys(group.only_binary))
        named = {"--no-binary": dict.fromkeys(group.no_binary), "--only-binary": only}
        # Only what is named there can be built at all.
        runs = (guarded(self.uv, folder), "--no-build-isolation") if group.no_binary else ()
        return (
            *("--python", *(runs or (self.uv.interpreter,))),
            *("--python-version", str(self.target.python)),
            *("--python-platform", self.target.uv_platform),
            *("--no-header", "--no-annotate", "--quiet"),
            *(word for option, names in named.items() for one in names for word in (option, one)),
            *(("--no-deps",) if group.complete else ()),
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


def _lines(wanted: Iterable[Wanted]) -> str:
    return "".join(f"{one.requirement.text}\n" for one in wanted)


def _exactly(one: Distribution, project: Path) -> str:
    """What was chosen, as a constraint."""
    if one.index is not None:
        return f"{one.name}=={one.version}"
    part = f"#subdirectory={one.subdirectory}" if one.subdirectory else ""
    match one.kind:
        case "git":
            return f"{one.name} @ git+{one.url}@{one.commit}{part}"
        case "file":
            return f"{one.name} @ {(project / one.url).as_uri()}"
        case _:
            return f"{one.name} @ {one.url}{part if '#' not in one.url else ''}"


def _indexed_project(wanted: Iterable[Wanted], folder: Path) -> Path:
    """A pyproject.toml whose requirements come from one index each: no other form can say that."""
    lines = ["[project]", 'name = "lading-locked"', 'version = "0"', "dependencies = ["]
    sources: dict[str, str] = {}
    for one in wanted:
        lines.append(f"  {json.dumps(one.requirement.text)},")
        sources[str(one.requirement.name)] = str(one.index)
    lines += ["]", "[tool.uv.sources]"]
    numbers = {url: number for number, url in enumerate(dict.fromkeys(sources.values()))}
    lines += [
        f'{json.dumps(name)} = {{ index = "lading-{numbers[url]}" }}'
        for name, url in sources.items()
    ]
    for url, number in numbers.items():
        lines += ["[[tool.uv.index]]", f'name = "lading-{number}"', f"url = {json.dumps(url)}"]
        lines += ["explicit = true"]
    path = folder / "pyproject.toml"
    path.write_text("\n".join((*lines, "")), "utf-8")
    return path


def _in_group(distribution: Distribution, group: int) -> Distribution:
    import msgspec  # noqa: PLC0415 - the model has brought it already

    return msgspec.structs.replace(distribution, group=group)
