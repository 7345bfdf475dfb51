"""What a wheel says of itself: its file name, and the files of its dist-info folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from installer.utils import parse_metadata_file

from lading.wheels.content import Unreadable, read
from lading.wheels.record import SIGNATURES
from lading.wheels.refusal import refusal, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lading.wheels.members import File

__all__ = ["DistInfo", "find_dist_info", "identity_problems", "parse_filename"]

_LARGEST: Final = {"RECORD": 64 << 20, "METADATA": 16 << 20}
_LARGEST_OTHER: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DistInfo:
    """The folder that describes a wheel.

    Attributes:
        wheel: What errors call the wheel.
        name: The folder's, as the wheel spells it.
        files: Those in it, by their names there.
    """

    wheel: str
    name: str
    files: Mapping[str, File]

    @property
    def stem(self) -> str:
        """Name and version, as the folder spells them."""
        return self.name.removesuffix(".dist-info")

    @property
    def own(self) -> tuple[str, ...]:
        """RECORD and its signatures, as members."""
        return tuple(f"{self.name}/{name}" for name in ("RECORD", *SIGNATURES))

    def text(self, name: str) -> str:
        """One of its files.

        Raises:
            ImageError: It is missing, too large, damaged or not UTF-8.
        """
        file = self.files.get(name)
        if file is None:
            raise refusal(self.wheel, [f"it has no {name} in {shown(self.name)}"])
        try:
            return read(file, most=_LARGEST.get(name, _LARGEST_OTHER)).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise refusal(self.wheel, [f"{shown(file.name)}: it is not UTF-8"]) from None
        except Unreadable as error:
            raise refusal(self.wheel, [f"{shown(file.name)}: {error}"]) from None


def find_dist_info(files: Sequence[File], wheel: str) -> DistInfo:
    """The one folder that describes a wheel.

    Raises:
        ImageError: There is none, or more than one.
    """
    tops = {file.name.partition("/")[0] for file in files if "/" in file.name}
    names = sorted(top for top in tops if top.endswith(".dist-info"))
    if len(names) != 1:
        told = ", ".join(shown(name) for name in names[:3]) or "none"
        raise refusal(wheel, [f"it must have one .dist-info folder, and has: {told}"])
    prefix = f"{names[0]}/"
    found = {file.name[len(prefix) :]: file for file in files if file.name.startswith(prefix)}
    return DistInfo(wheel=wheel, name=names[0], files=found)


def parse_filename(filename: str) -> tuple[str, str]:
    """The normalised name and version that a wheel's file name has (PEP 427).

    Raises:
        ImageError: It is no wheel's.
    """
    from packaging.utils import (  # noqa: PLC0415 - 20 ms
        InvalidWheelFilename,
        canonicalize_version,
        parse_wheel_filename,
    )

    try:
        name, version, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        raise refusal(filename, ["its file name is no wheel's"]) from None
    return name, canonicalize_version(version, strip_trailing_zero=False)


def identity_problems(info: DistInfo, name: str, version: str) -> list[str]:
    """Where the wheel says that it is another one, or in a format of the future."""
    stem_name, _, stem_version = info.stem.partition("-")
    problems = _differences(f"{shown(info.name)}", stem_name, stem_version, name, version)
    metadata = parse_metadata_file(info.text("METADATA"))
    told = (str(metadata["Name"] or ""), str(metadata["Version"] or ""))
    problems += _differences(f"{shown(info.name)}/METADATA", *told, name, version)
    wheel = parse_metadata_file(info.text("WHEEL"))
    form = str(wheel["Wheel-Version"] or "").strip()
    if not form.startswith("1."):
        said = f"format {shown(form)}" if form else "no format"
        problems.append(f"{shown(info.name)}/WHEEL: it names {said}; only 1.x is known")
    return problems


def _differences(place: str, name: str, version: str, right: str, right_version: str) -> list[str]:
    from packaging.utils import canonicalize_name, canonicalize_version  # noqa: PLC0415 - 20 ms

    found = []
    if canonicalize_name(name.strip()) != right:
        found.append(f"{place}: its name is {shown(name)!r}, not {right}")
    # An escaped version has underscores where a local one has its separators.
    spelled = canonicalize_version(version.strip().replace("_", "-"), strip_trailing_zero=True)
    if spelled != canonicalize_version(right_version, strip_trailing_zero=True):
        found.append(f"{place}: its version is {shown(version)!r}, not {right_version}")
    return found
