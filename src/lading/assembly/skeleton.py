"""The lowest layer: the environment without packages, and the folders that the user writes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.assembly.accounts import accounts
from lading.assembly.packages import ENVIRONMENT
from lading.oci.entries import Folder, Literal, Regular, Symlink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.assembly.folders import Folders
    from lading.assembly.ground import Ground
    from lading.info import ImageInfo
    from lading.oci.entries import Entry

__all__ = ["skeleton"]


def skeleton(info: ImageInfo, ground: Ground, folders: Folders) -> tuple[Entry, ...]:
    """The entries: of an image on one of one's own, those that the image below lacks.

    Args:
        info: The image.
        ground: What it is put on.
        folders: The image's folders, with those that the user gets.
    """
    below, user = info.below, info.config.user
    has_environment = below is not None and below.venv is not None
    found: list[Entry] = [] if has_environment else list(_environment(info, ground))
    given = tuple(path for path in ground.given(info) if path)
    if ground.is_empty:
        # A base made of packages has accounts in the layer of these.
        has_accounts = below is not None and below.config.user == user
        found += () if has_accounts or info.interpreter_debs is not None else accounts(user)
        given = given if below else ("tmp", *(path for path in given if path != "tmp"))
    owned: list[Entry] = [folders.entry(path) for path in given]
    above = folders.above(one.path for one in (*found, *owned))
    places = {one.path for one in owned}
    return (*(one for one in above if one.path not in places), *found, *owned)


def _environment(info: ImageInfo, ground: Ground) -> Iterator[Entry]:
    """What `uv venv` makes, as the Dockerfile leaves it (PEP 405)."""
    python = ground.interpreter
    if info.venv is None or python is None:
        return
    root, series = ground.resolved(info.venv), ground.series
    config = f"home = {python.home}\ninclude-system-site-packages = false\n"
    yield Regular(
        path=f"{root}/pyvenv.cfg",
        mode=0o644,
        content=Literal(data=config.encode()),
        source=ENVIRONMENT,
    )
    links = {"python": python.path, "python3": "python", f"python{series}": "python"}
    for name, target in links.items():
        yield _link(f"{root}/bin/{name}", target)
    if ground.lib64:
        yield _link(f"{root}/lib64", "lib")
    site = f"{root}/lib/python{series}/site-packages"
    yield Folder(path=site, mode=0o755, source=ENVIRONMENT)


def _link(path: str, target: str) -> Symlink:
    return Symlink(path=path, mode=0o777, target=target, source=ENVIRONMENT)
