"""Running programs for a bounded time, and what the clock says about them."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING, Final

from lading.process import ProgramNotFound, ProgramTimedOut, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["NotMeasured", "Shell", "alternate", "processor_time"]

MINUTES = 60.0

# The kernel tells it of a process whose children have ended, so that there must be one in between.
PEAK: Final = """\
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(peak * (1 if sys.platform == "darwin" else 1024))
"""


class NotMeasured(Exception):  # noqa: N818 - an outcome that the table states
    """Something that a comparison needs is missing or failed; the message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Where programs run, and what they see.

    Attributes:
        environ: Their whole environment.
        folder: Their working directory.
    """

    environ: Mapping[str, str] = field(repr=False)
    folder: Path

    def having(self, **variables: str) -> Shell:
        """The same, with these variables set."""
        return replace(self, environ={**self.environ, **variables})

    def call(self, *argv: str, stdin: str | None = None, minutes: float = 10) -> str:
        """What a program wrote on stdout.

        Raises:
            NotMeasured: It can't be started, takes too long, or fails.
        """
        try:
            done = run(
                argv, env=self.environ, cwd=self.folder, stdin=stdin, timeout=minutes * MINUTES
            )
        except (ProgramNotFound, ProgramTimedOut) as error:
            raise NotMeasured(str(error)) from None
        if done.returncode != 0:
            said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
            last = said[-1].strip() if said else "it said nothing"
            name = argv[0].rpartition("/")[2]
            raise NotMeasured(f"{name} {' '.join(argv[1:3])} failed ({done.returncode}): {last}")
        return done.stdout

    def seconds(self, *argv: str, stdin: str | None = None, minutes: float = 10) -> float:
        """How long a program takes from its start to its end.

        Raises:
            NotMeasured: As `call`.
        """
        begin = perf_counter()
        self.call(*argv, stdin=stdin, minutes=minutes)
        return perf_counter() - begin

    def peak(self, *argv: str) -> float:
        """The memory that the largest of a program's processes takes at most, in bytes.

        Raises:
            NotMeasured: As `call`.
        """
        return float(self.call(sys.executable, "-c", PEAK, *argv))


def alternate(rounds: int, *measures: Callable[[], float]) -> list[tuple[float, ...]]:
    """The values of each measure, taken in turn (A B A B …) after one turn that is not counted."""
    turns = [tuple(measure() for measure in measures) for _ in range(rounds + 1)][1:]
    return list(zip(*turns, strict=True))


def processor_time() -> float:
    """Seconds of processor time of all programs that have ended so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
