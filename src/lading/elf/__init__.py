"""What an ELF file asks of the system that loads it, read from its headers alone."""

from __future__ import annotations

from lading.elf.bytes_at import BytesAt, InMemory
from lading.elf.model import AARCH64, X86_64, Elf, NotElf
from lading.elf.reading import MAGIC, is_elf, read_elf

__all__ = [
    "AARCH64",
    "MAGIC",
    "X86_64",
    "BytesAt",
    "Elf",
    "InMemory",
    "NotElf",
    "is_elf",
    "read_elf",
]
