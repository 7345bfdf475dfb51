"""What is known of an ELF file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["AARCH64", "X86_64", "Elf", "NotElf"]

X86_64: Final = 62
AARCH64: Final = 183


class NotElf(ValueError):  # noqa: N818 - the name says what it is
    """A file is no ELF file, or a damaged one; the text says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elf:
    """An object that the dynamic loader maps, or would.

    Attributes:
        bits: 32 or 64.
        little: Whether its numbers have their least significant byte first.
        machine: `e_machine`: 62 is x86-64, 183 AArch64.
        osabi: `EI_OSABI`: 0 is System V, 3 GNU.
        flags: `e_flags`: an ARM's calling convention, a RISC-V's extensions.
        kind: `shared` for what is mapped anywhere (`ET_DYN`, libraries and most programs),
            `program` for what is not (`ET_EXEC`), `other` for all else.
        interpreter: The loader that it names (`PT_INTERP`): it is a program.
        needed: The libraries that must be loaded with it (`DT_NEEDED`), in order.
        soname: What it is called by those that need it (`DT_SONAME`).
        rpath: Folders of `DT_RPATH`, which counts where there is no `DT_RUNPATH`.
        runpath: Folders of `DT_RUNPATH`.
        versions: Of each library the versions that it must define (`.gnu.version_r`), without those
            whose absence is no error.
        executable_stack: Whether loading it takes an executable stack: its `PT_GNU_STACK` says so,
            or it has none, which on x86 and ARM means the same.
    """

    bits: Literal[32, 64]
    little: bool
    machine: int
    osabi: int = 0
    flags: int = 0
    kind: Literal["shared", "program", "other"] = "shared"
    interpreter: str | None = None
    needed: tuple[str, ...] = ()
    soname: str | None = None
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    versions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    executable_stack: bool = False

    @property
    def is_program(self) -> bool:
        """Whether it is started, rather than loaded: a few libraries name a loader too."""
        return self.kind == "program" or (self.interpreter is not None and self.soname is None)
