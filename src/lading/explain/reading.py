"""What locked packages say of themselves: what they require, and how large they are installed.

The lock has none of that. It is read from the wheels and Debian packages where they are in the
cache; of other wheels their METADATA is asked for, which indexes offer beside them (PEP 658), so
that no gigabyte is fetched to tell why it is there. What was read is kept by the hash of the file.
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from lading.debian import Facts
from lading.debian.control import fields_of
from lading.debian.deb import control_of
from lading.debian.facts import facts_in
from lading.errors import LadingError, ResolutionError
from lading.grammar.invalid import Invalid
from lading.http import HttpClient, HttpError
from lading.image import steps
from lading.image.spans import settings
from lading.lock.access import git_access
from lading.lock.git import Git
from lading.lock.metadata import known_by
from lading.lock.pylock import DEFAULT_INDEX
from lading.lock.said import said_requirements
from lading.lock.sources import SourceReader
from lading.simple_index import find_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lading.freeze import Freezer
    from lading.freeze.deciding import Decided
    from lading.http import HttpSettings
    from lading.lock.inputs import Asked
    from lading.lock.model import Deb, Distribution
    from lading.store import Store

__all__ = ["DebSays", "PackageReader", "WheelSays"]

_WHEEL: Final = "wheel-says-1"
_METADATA: Final = "wheel-metadata-1"
_DEB: Final = "deb-control-1"
_LARGEST: Final = 16 << 20
_OK: Final = 200
_AT_ONCE: Final = 8
_KIB: Final = 1024

_REQUIRES: Final = re.compile(r"^Requires-Dist:[ \t]*([^\r\n]+)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelSays:
    """What a distribution says.

    Attributes:
        requires: Its requirements (PEP 508).
        installed: The bytes of its files; None where the wheel is not at hand.
    """

    requires: tuple[str, ...]
    installed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DebSays:
    """What a Debian package says.

    Attributes:
        facts: Its relations.
        installed: The bytes that its files take, as it says itself.
    """

    facts: Facts
    installed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageReader:
    """Reads what the packages of a decided image say.

    Attributes:
        freezer: What gets files, from the network where it may.
        decided: The image.
        asked: What it asks for.
        store: Where what was read is kept.
    """

    freezer: Freezer
    decided: Decided
    asked: Asked
    store: Store

    def distributions(
        self, found: Iterable[Distribution]
    ) -> tuple[dict[str, WheelSays], tuple[str, ...]]:
        """By name, what distributions say; and in words, of which it is not known and why."""
        every = tuple(found)
        says: dict[str, WheelSays] = {}
        unknown: list[str] = []
        wheels = [one for one in every if not one.is_source]
        for one in wheels:
            if (known := self._at_hand(one)) is not None:
                says[one.name] = known
        lacking = [one for one in wheels if one.name not in says]
        says |= self._told_by_indexes(lacking, unknown)
        says |= self._sources([one for one in every if one.is_source], unknown)
        return says, tuple(sorted(unknown))

    def debs(self, found: Iterable[Deb]) -> tuple[dict[str, DebSays], tuple[str, ...]]:
        """By name, what Debian packages say; they are fetched where they are not in the cache."""
        every = tuple({one.sha256: one for one in found}.values())
        texts = {one.sha256: self.store.record(f"{_DEB}-{one.sha256}") for one in every}
        lacking = [one for one in every if texts[one.sha256] is None]
        try:
            files = self.freezer.fetch_debs(self.decided, lacking) if lacking else {}
            for one in lacking:
                text = control_of(files[one.sha256], what=one.name).encode()
                self.store.keep(f"{_DEB}-{one.sha256}", text)
                texts[one.sha256] = text
            return {one.name: _deb_says(texts[one.sha256] or b"") for one in every}, ()
        except LadingError as error:
            why = error.problems[0].message
            return {}, (f"what system packages depend on is not known: {why}",)

    def _at_hand(self, one: Distribution) -> WheelSays | None:
        """What is known of a wheel, or is read from it where it is in the cache."""
        name = f"{_WHEEL}-{one.sha256}"
        kept = self.store.record(name)
        if kept is not None:
            found = json.loads(kept)
            return WheelSays(requires=tuple(found["requires"]), installed=found["installed"])
        try:
            offline = replace(self.freezer, offline=True)
            (path,) = offline.fetch_wheels(self.decided, [one]).values()
        except LadingError:
            return None
        read = _read_wheel(path, one.filename)
        text = json.dumps({"requires": read.requires, "installed": read.installed})
        self.store.keep(name, text.encode())
        return read

    def _told_by_indexes(
        self, lacking: list[Distribution], unknown: list[str]
    ) -> dict[str, WheelSays]:
        """What the METADATA beside wheels says; where an index has none, the wheel is fetched."""
        says: dict[str, WheelSays] = {}
        for one in lacking:
            if (kept := self.store.record(f"{_METADATA}-{one.sha256}")) is not None:
                says[one.name] = WheelSays(requires=_requires(kept.decode(errors="replace")))
        left = [one for one in lacking if one.name not in says]
        if left and not self.freezer.offline:
            self.freezer.say(
                f"asking what {len(left)} wheel{'' if len(left) == 1 else 's'} require"
            )
            says |= self._asked_for(left)
        self._read_whole([one for one in left if one.name not in says], says, unknown)
        return says

    def _asked_for(self, lacking: list[Distribution]) -> dict[str, WheelSays]:
        machine, origin = self.freezer.machine, self.decided.origin
        urls = {one.index for one in lacking}
        indexes = [
            one
            for one in settings(origin.image.steps, steps.Index)
            if one.url in urls or (one.default and DEFAULT_INDEX in urls)
        ]
        with (
            machine.logged_in(indexes, project=origin.project) as reach,
            ThreadPoolExecutor(max_workers=_AT_ONCE) as pool,
        ):
            texts = tuple(pool.map(lambda one: self._beside(one, reach.http), lacking))
        found = {}
        for one, text in zip(lacking, texts, strict=True):
            if text is not None:
                self.store.keep(f"{_METADATA}-{one.sha256}", text)
                found[one.name] = WheelSays(requires=_requires(text.decode(errors="replace")))
        return found

    def _beside(self, one: Distribution, http: HttpSettings) -> bytes | None:
        """The METADATA of a wheel that its index offers (PEP 658): it is for information alone."""
        mirror = self.decided.origin.mirrors.python if one.index == DEFAULT_INDEX else None
        url = one.url.partition("#")[0]
        try:
            if mirror is not None:
                url = find_file(mirror, one.filename, http) or url
            with HttpClient(http) as client:
                answer = client.read(f"{url.partition('#')[0]}.metadata", limit=_LARGEST)
        except (HttpError, ResolutionError):
            return None
        return answer.body if answer.status == _OK else None

    def _read_whole(
        self, lacking: list[Distribution], says: dict[str, WheelSays], unknown: list[str]
    ) -> None:
        """What wheels say whose index has no METADATA beside them: they are fetched, together."""
        why = "its wheel is not in the cache"
        if lacking and not self.freezer.offline:
            try:
                self.freezer.fetch_wheels(self.decided, lacking)
            except LadingError as error:
                why = error.problems[0].message
        for one in lacking:
            found = None if self.freezer.offline else self._at_hand(one)
            if found is None:
                unknown.append(_unknown(one, why))
            else:
                says[one.name] = found

    def _sources(self, found: list[Distribution], unknown: list[str]) -> dict[str, WheelSays]:
        """What the user or its files say that a source requires; none of its code is run."""
        says: dict[str, WheelSays] = {}
        said = said_requirements(self.decided.origin.image)
        left = [one for one in found if one.name not in said]
        for one in found:
            if one.name in said:
                says[one.name] = WheelSays(requires=said[one.name])
        if not left:
            return says
        machine, origin = self.freezer.machine, self.decided.origin
        with git_access(self.asked, machine, origin.project, self.freezer.say) as access:
            reader = SourceReader(
                project=origin.project,
                cache=machine.cache,
                http=replace(machine.http(), offline=self.freezer.offline),
                git=Git(environment={**machine.uv().environment, **access}),
                mirror=origin.mirrors.python,
            )
            for one in left:
                try:
                    says[one.name] = self._source(one, reader)
                except (LadingError, ValueError) as error:
                    why = error.problems[0].message if isinstance(error, LadingError) else error
                    unknown.append(_unknown(one, str(why)))
        return says

    def _source(self, one: Distribution, reader: SourceReader) -> WheelSays:
        if one.kind == "git" and self.freezer.offline:
            raise ResolutionError("nothing may be fetched")
        known = known_by(reader.texts(one), one.name)
        if known is None:
            raise ResolutionError("only its own code could tell")
        return WheelSays(requires=known.requires)


def _unknown(one: Distribution, why: str) -> str:
    return f"what {one.name} requires is not known: {why}"


def _read_wheel(path: Path, filename: str) -> WheelSays:
    from lading.wheels.members import read_members  # noqa: PLC0415 - only where one is read
    from lading.wheels.metadata import find_dist_info  # noqa: PLC0415

    members = read_members(path, filename).files
    text = find_dist_info(members, filename).text("METADATA")
    return WheelSays(requires=_requires(text), installed=sum(one.content.size for one in members))


def _requires(metadata: str) -> tuple[str, ...]:
    """The requirements in a METADATA, whose headers end at the first empty line."""
    headers = re.split(r"\r?\n\r?\n", metadata, maxsplit=1)[0]
    return tuple(match.strip() for match in _REQUIRES.findall(headers))


def _deb_says(control: bytes) -> DebSays:
    try:
        fields = fields_of(control.decode())
        facts: Any = facts_in(fields)
        size = fields.get("installed-size", "")
    except (Invalid, KeyError, UnicodeDecodeError) as error:
        raise ResolutionError(f"a package's control file is damaged: {error}") from None
    installed = int(size) * _KIB if re.fullmatch(r"[0-9]{1,12}", size) else None
    return DebSays(facts=Facts(**facts), installed=installed)
