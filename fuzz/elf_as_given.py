"""ELF files that are anything: honest ones whose bytes are changed or cut off."""

from __future__ import annotations

from hypothesis import strategies as st

from elf.elfmaker import make_elf
from lading.elf import InMemory, NotElf, is_elf, read_elf

__all__ = ["ELF_BYTES", "elf"]

_NAMES = st.sampled_from(["libc.so.6", "libm.so.6", "", "a" * 5000, "\u6728"])
_MADE = st.builds(
    make_elf,
    _NAMES,
    _NAMES,
    bits=st.sampled_from([32, 64]),
    order=st.sampled_from("<>"),
    soname=st.none() | _NAMES,
    runpath=st.none() | st.sampled_from(["$ORIGIN", ":", "a:b"]),
    interpreter=st.none() | _NAMES,
    versions=st.sampled_from([{}, {"a": ["V_1", "V_2"]}, {"a": ["V"], "b": []}]),
    stack=st.sampled_from([None, 6, 7]),
)
_NUMBERS = st.sampled_from(
    [0, 1, 2, 8, 255, 1 << 16, 1 << 31, (1 << 32) - 1, 1 << 63, (1 << 64) - 1]
)
_EDITS = st.lists(
    st.tuples(
        st.integers(0, 700),
        st.sampled_from([1, 2, 4, 8]),
        _NUMBERS | st.integers(0, (1 << 64) - 1),
    ),
    max_size=4,
)


def _edited(content: bytes, edits: list[tuple[int, int, int]], size: int | None) -> bytes:
    data = bytearray(content)
    for place, width, number in edits:
        data[place : place + width] = (number % (1 << 8 * width)).to_bytes(width, "little")
    return bytes(data[:size])


ELF_BYTES = st.binary(max_size=80) | st.builds(
    _edited, _MADE, _EDITS, st.none() | st.integers(0, 700)
)


def elf(content: bytes) -> None:
    """A file is read, or refused as none."""
    try:
        found = read_elf(InMemory(content))
    except NotElf:
        return
    assert is_elf(content)
    # What can be shown, kept and compared.
    for name in (*found.needed, *found.rpath, *found.runpath, found.soname or ""):
        name.encode()
        assert "\0" not in name
    assert read_elf(InMemory(content)) == found
