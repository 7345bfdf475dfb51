"""Which package has which file: the Contents indexes of a suite, reduced to what is asked of them.

An index names every file of every package, 150 MB of text for Debian's main. Kept of it are the
shared libraries in the folders that the dynamic loader searches, and the programs of the search
path: half a megabyte.

Source: the Debian repository format, "Contents indices"; its lines are a path, white space, and
`section/package` words with commas between them.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Final

from lading.errors import ResolutionError
from lading.http import redacted_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lading.debian.archive import SignedSuite
    from lading.debian.release import IndexFile

__all__ = ["contents_files", "reduced", "triplet"]

_CHUNK: Final = 1 << 20
_LARGEST: Final = 4 << 30
_LONGEST_LINE: Final = 1 << 20

# Debian Policy 8.1.2 and its multiarch specification: the folder of each architecture's libraries.
_TRIPLETS: Final = {
    "amd64": "x86_64-linux-gnu",
    "arm64": "aarch64-linux-gnu",
    "armhf": "arm-linux-gnueabihf",
    "i386": "i386-linux-gnu",
    "ppc64el": "powerpc64le-linux-gnu",
    "riscv64": "riscv64-linux-gnu",
    "s390x": "s390x-linux-gnu",
}

# libblas.so.3 and liblapack.so.3 are alternatives: the packages have them in folders of their own.
# A Java is one too, in a folder of its version.
_LIBRARY: Final = (
    r"(?:usr/)?lib(?:64)?/(?:%s/)?(?:(?:blas|lapack)/)?(?P<library>[^/\s]+\.so(?:\.[^/\s]+)?)"
)
_PROGRAM: Final = r"(?:(?:usr/)?s?bin|usr/games|usr/lib/jvm/[^/\s]+/bin)/(?P<program>[^/\s]+)"


def triplet(architecture: str) -> str:
    """The name of the folders that hold an architecture's libraries.

    Args:
        architecture: In Debian's words.

    Raises:
        ResolutionError: There is none that we know.
    """
    if architecture not in _TRIPLETS:
        raise ResolutionError(f"the library folders of {architecture} are not known")
    return _TRIPLETS[architecture]


def contents_files(
    signed: SignedSuite, components: Iterable[str], architecture: str
) -> tuple[IndexFile, ...]:
    """The Contents indexes of a suite: Debian has one a component, Ubuntu one for all.

    Args:
        signed: The suite.
        components: Those that an image installs from.
        architecture: In Debian's words; `all` for packages of any.
    """
    name = f"Contents-{architecture}.gz"
    files = signed.release.files
    return tuple(
        files[path] for path in (name, *(f"{part}/{name}" for part in components)) if path in files
    )


def reduced(path: Path, signed: SignedSuite, file: IndexFile, architecture: str) -> Iterator[str]:
    """Of each library and program one line: its name, and the packages that have it.

    A program's name begins with `bin/`. A package stands with its section: `libs/libgl1`.

    Args:
        path: The index, compressed, whose SHA-256 was checked.
        signed: The suite that it is of.
        file: What that says of it.
        architecture: Whose libraries count.

    Raises:
        ResolutionError: It is damaged, or longer than its Release file says.
    """
    plain = signed.release.files.get(file.path.removesuffix(".gz"))
    size = None if plain is None else plain.size
    library = _LIBRARY % re.escape(triplet(architecture))
    line = re.compile(
        rf"^(?:\./)?(?:{library}|{_PROGRAM})[ \t]+(?P<packages>\S+)$".encode(), re.MULTILINE
    )
    try:
        for lines in _whole_lines(path, size):
            for match in line.finditer(lines):
                name = match["library"] or b"bin/" + match["program"]
                packages = match["packages"].replace(b",", b" ")
                yield f"{name.decode(errors='replace')} {packages.decode(errors='replace')}"
    except (zlib.error, ValueError, OSError) as error:
        what = f"{redacted_url(signed.folder)}/{file.path}"
        raise ResolutionError(f"{what} can't be unpacked: {error}") from None


def _whole_lines(path: Path, size: int | None) -> Iterator[bytes]:
    """The text piece by piece, each cut at the end of a line."""
    rest = b""
    for piece in _pieces(path, size):
        lines, end, after = piece.rpartition(b"\n")
        if end:
            yield rest + lines
            rest = after
        else:
            rest += after
            if len(rest) > _LONGEST_LINE:
                raise ValueError("it has a line longer than any path")
    if rest:
        yield rest


def _pieces(path: Path, size: int | None) -> Iterator[bytes]:
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)  # gzip, RFC 1952
    limit = _LARGEST if size is None else size
    done = 0
    with path.open("rb") as file:
        while not inflater.eof:
            packed = inflater.unconsumed_tail or file.read(_CHUNK)
            if not packed:
                raise ValueError("it is cut off")
            piece = inflater.decompress(packed, _CHUNK)
            done += len(piece)
            if done > limit:
                raise ValueError("it is longer than its Release file says")
            yield piece
    if size is not None and done < size:
        raise ValueError("it is shorter than its Release file says")
