"""Writing the frozen folder: whole or not at all, and the same bytes whoever writes it."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lading.errors import FreezeError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Content", "check_target", "write_folder"]

_MARK = "image.json"

_TIME = 315532800
"""1980-01-01: every entry's time, since one that varies would differ from run to run, and archives of
wheels know none before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What one file of the folder holds: bytes, or those of another file."""

    source: bytes | Path
    executable: bool = False


def check_target(target: Path) -> None:
    """Refuse a target that holds anything but an earlier frozen folder.

    Raises:
        FreezeError: It would destroy something that freeze has not made.
    """
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise FreezeError(f"{target.name} is not a folder", hint="choose another target")
    if target.is_dir() and any(target.iterdir()) and not (target / _MARK).is_file():
        message = f"the folder {target.name} is not empty, and no frozen image"
        raise FreezeError(message, hint="choose another target, or empty it")


def write_folder(target: Path, contents: Mapping[str, Content]) -> None:
    """Replace `target` by a folder of exactly these files.

    It is written beside the target first. Whatever fails, the former folder stays as it was.

    Raises:
        FreezeError: The file system refuses, or a source has changed meanwhile.
    """
    check_target(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise _unwritable(target, error) from None
    try:
        _fill(aside, contents)
        _swap(aside, target)
    except OSError as error:
        raise _unwritable(target, error) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _unwritable(target: Path, error: OSError) -> FreezeError:
    return FreezeError(f"can't write {target.name}: {error.strerror or error}")


def _fill(folder: Path, contents: Mapping[str, Content]) -> None:
    for name, content in sorted(contents.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content.source, bytes):
            path.write_bytes(content.source)
        else:
            shutil.copyfile(content.source, path)
        # Not what the umask or the source says: a mode is part of what a builder sees.
        path.chmod(0o755 if content.executable else 0o644)
        os.utime(path, (_TIME, _TIME))
    for parent, _, _ in os.walk(folder, topdown=False):
        Path(parent).chmod(0o755)
        os.utime(parent, (_TIME, _TIME))


def _swap(aside: Path, target: Path) -> None:
    former = None
    if target.exists():
        former = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        target.rename(former / target.name)
    try:
        aside.rename(target)
    except OSError:
        if former is not None:
            (former / target.name).rename(target)
        raise
    finally:
        if former is not None:
            shutil.rmtree(former, ignore_errors=True)
