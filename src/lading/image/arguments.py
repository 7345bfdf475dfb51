"""The constructor's arguments of an `Image`, as `Image.replace` takes them too."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Arguments"]


class Arguments(TypedDict, total=False):
    """The constructor's arguments, which `Image.replace` takes too."""

    base_image: str | None
    distro: str | None
    python_version: str | None
    lock_python_packages: bool
    lock_system_packages: bool
    components: Sequence[str]
    snapshot: str | None
    shell: bool
    compile_bytecode: bool
    accelerator: str | None
