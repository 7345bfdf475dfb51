"""Compressed files of an archive, no longer than they may be, whoever made them."""

from __future__ import annotations

import gzip
import io
import lzma
import zlib
from typing import Final

__all__ = ["gunzip", "unxz"]

_MAX_MEMORY: Final = 256 << 20  # `xz -9` takes 65 MB


def unxz(packed: bytes, limit: int) -> bytes:
    """The content of an .xz file.

    Raises:
        ValueError: It is damaged, cut off, or longer than `limit`.
    """
    reader = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_MAX_MEMORY)
    try:
        content = reader.decompress(packed, max_length=limit + 1)
        if len(content) <= limit and not reader.eof:
            reader.decompress(b"", max_length=1)  # what is left is no more than the stream's end
    except (lzma.LZMAError, EOFError) as error:
        raise ValueError(f"it is damaged ({error})") from None
    if len(content) > limit or not reader.eof:
        raise ValueError("it is cut off, or longer than it may be")
    return content


def gunzip(packed: bytes, limit: int) -> bytes:
    """The content of a .gz file.

    Raises:
        ValueError: It is damaged, cut off, or longer than `limit`.
    """
    try:
        with gzip.open(io.BytesIO(packed)) as file:
            content = file.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"it is damaged ({error})") from None
    if len(content) > limit:
        raise ValueError("it is longer than it may be")
    return content
