"""The constructor's arguments of an `Image`, as `Image.replace` takes them too."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Arguments", "said"]


class Arguments(TypedDict, total=False):
    """The constructor's arguments, which `Image.replace` takes too; None is one left out."""

    base_image: str | None
    distro: str | None
    python_version: str | None
    lock_python_packages: bool | None
    lock_system_packages: bool | None
    components: Sequence[str] | None
    snapshot: str | None
    shell: bool | None
    compile_bytecode: bool | None
    accelerator: str | None


def said(arguments: Arguments) -> Arguments:
    """Those that are not left out, be it with the value that they have without."""
    return cast("Arguments", {name: one for name, one in arguments.items() if one is not None})
