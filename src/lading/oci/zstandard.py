"""What is compressed by zstd (RFC 8878): layers, and members of Debian packages."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, BinaryIO, Final, cast

if TYPE_CHECKING:
    import io
    from types import ModuleType
    from typing import IO

__all__ = ["zstd_errors", "zstd_file"]

_WINDOW_LOG: Final = 27
"""128 MiB, as the zstd tool: a frame that asks for more memory is refused."""


def zstd_file(source: IO[bytes] | io.BufferedIOBase) -> BinaryIO:
    """The content, decompressed while it is read."""
    zstd = _zstd()
    options = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
    return cast("BinaryIO", zstd.ZstdFile(source, options=options))


def zstd_errors() -> tuple[type[Exception], ...]:
    """What reading damaged content raises; to be asked when it is raised."""
    loaded = (sys.modules.get(name) for name in ("backports.zstd", "compression.zstd"))
    return (EOFError, *(module.ZstdError for module in loaded if module is not None))


def _zstd() -> ModuleType:
    """The standard library's from Python 3.14 on, before that the package that it came from."""
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415
    else:
        from backports import zstd  # noqa: PLC0415 - only what is in zstd needs it
    module: ModuleType = zstd
    return module
