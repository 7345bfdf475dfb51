"""A frozen folder inside of a larger build context, with more of that context in the image."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lading.dockerfile.instructions import BindMount, Blank, Comment, Copy, Run, RunAll
from lading.dockerfile.lower import lower
from lading.dockerfile.serialize import serialize
from lading.errors import FreezeError
from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.dockerfile.instructions import Instruction, Mount
    from lading.info import ImageInfo

__all__ = ["Added", "embedded_dockerfile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """Files of the larger context, copied last.

    Attributes:
        sources: Paths in that context; a folder where one ends in a slash.
        destination: A folder of the image, with a slash at its end.
    """

    sources: tuple[str, ...]
    destination: str


def embedded_dockerfile(info: ImageInfo, folder: str, added: Iterable[Added] = ()) -> str:
    """The Dockerfile that builds `info` from a context that has the frozen folder at `folder`.

    Args:
        info: What to build.
        folder: Where its frozen folder lies in the context, such as `env/lading`.
        added: What else of the context the image gets, as the container's user.

    Raises:
        FreezeError: It can't be said in a Dockerfile.
    """
    user = info.config.user
    more = [
        Copy(sources=one.sources, destination=one.destination, owner=f"{user.uid}:{user.gid}")
        for one in added
    ]
    title = (Blank(), Comment(text="the rest of the build context")) if more else ()
    try:
        return serialize((*_moved(lower(info), folder), *title, *more))
    except Invalid as error:
        raise FreezeError(error.message, hint=error.hint) from None


def _moved(instructions: Iterable[Instruction], folder: str) -> Iterator[Instruction]:
    """The same instructions, which find the files of the frozen folder in `folder`."""
    for one in instructions:
        match one:
            case Copy(from_stage=None):
                yield replace(one, sources=tuple(f"{folder}/{path}" for path in one.sources))
            case Run() | RunAll():
                yield replace(one, mounts=tuple(_mount(mount, folder) for mount in one.mounts))
            case _:
                yield one


def _mount(mount: Mount, folder: str) -> Mount:
    if isinstance(mount, BindMount) and mount.from_stage is None:
        return replace(mount, source=f"{folder}/{mount.source}")
    return mount
