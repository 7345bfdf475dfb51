"""The wheels of an image: those that are known already are not opened, and need not be there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from lading.libraries.wheel import WheelElfs, kept_libraries, wheel_libraries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from lading.store import Store

__all__ = ["AnyDistribution", "read_wheels"]

_READERS: Final = 4


class AnyDistribution(Protocol):
    """What is asked of a locked distribution."""

    @property
    def name(self) -> str: ...  # noqa: D102 - see lading.lock.model.Distribution

    @property
    def version(self) -> str | None: ...  # noqa: D102

    @property
    def is_source(self) -> bool: ...  # noqa: D102

    @property
    def filename(self) -> str: ...  # noqa: D102

    @property
    def sha256(self) -> str | None: ...  # noqa: D102


D = TypeVar("D", bound=AnyDistribution)


def read_wheels(
    distributions: Iterable[D],
    *,
    store: Store,
    fetch: Callable[[Sequence[D]], Mapping[str, Path]],
    say: Callable[[str], None],
) -> tuple[tuple[WheelElfs, ...], tuple[D, ...]]:
    """What the distributions of an image hold for the dynamic loader.

    Args:
        distributions: All of them; of one that is there twice, the later counts.
        store: Where what was read of wheels is kept.
        fetch: Gives those wheels that are not known yet, by their SHA-256; it may leave some out.
        say: Told what is being done.

    Returns:
        What is known, and the distributions that `fetch` has left out.

    Raises:
        ImageError: A wheel is damaged.
    """
    every = {one.name: one for one in distributions}.values()
    found = {one.name: _known(one, store) for one in every}
    lacking = [one for one in every if found[one.name] is None]
    paths = fetch(lacking) if lacking else {}
    there = [one for one in lacking if one.sha256 in paths]
    if there:
        say(f"reading {len(there)} wheel{'' if len(there) == 1 else 's'}")

    def read(one: D) -> WheelElfs:
        sha256 = one.sha256 or ""
        return wheel_libraries(paths[sha256], filename=one.filename, sha256=sha256, store=store)

    # Inflating lets other threads run.
    with ThreadPoolExecutor(max_workers=_READERS) as pool:
        found |= zip((one.name for one in there), pool.map(read, there), strict=True)
    return (
        tuple(one for one in found.values() if one is not None),
        tuple(one for one in lacking if found[one.name] is None),
    )


def _known(one: AnyDistribution, store: Store) -> WheelElfs | None:
    """What is known without the wheel: one that is compiled has no files yet."""
    if one.is_source:
        return WheelElfs(name=one.name, version=one.version or "")
    return kept_libraries(filename=one.filename, sha256=one.sha256 or "", store=store)
