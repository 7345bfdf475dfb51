"""What an engine is: it says whether it can serve, and which commands make a build."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lading import process

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lading.engines.request import BuildRequest

__all__ = ["Answer", "Availability", "Command", "Engine", "ask", "unusable", "usable", "version_in"]

PROBE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether an engine can serve on this machine, now.

    Attributes:
        usable: Whether it can.
        version: Its own version, where it told.
        reason: Why it can't serve.
        hint: What to do so that it can.
        classic: Whether it can serve all the same where the Dockerfile's dialect is classic.
    """

    usable: bool
    version: str | None = None
    reason: str | None = None
    hint: str | None = None
    classic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One program to run as part of a build.

    Attributes:
        argv: The program and its arguments.
        purpose: What it does, to complete "could not ...".
        env: What its environment has beyond the caller's, as pairs.
    """

    argv: tuple[str, ...]
    purpose: str
    env: tuple[tuple[str, str], ...] = ()


class Engine(Protocol):
    """A program that builds an image from a Dockerfile and its context.

    An engine gets the environment as an argument and doesn't read that of Python.
    """

    @property
    def name(self) -> str:
        """The name that `--engine` takes."""

    def probe(self, environment: Mapping[str, str]) -> Availability:
        """Says whether the engine can serve, in bounded time."""

    def commands(
        self, request: BuildRequest, environment: Mapping[str, str]
    ) -> tuple[Command, ...]:
        """The commands that do what is asked, in their order.

        Raises:
            BuildError: If the engine can't do all of it.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a program said when it was asked something.

    Attributes:
        ok: Whether it ended with exit code 0.
        text: All that it wrote, stdout first.
        trouble: Its last line, or why there is none, where `ok` is false.
    """

    ok: bool
    text: str
    trouble: str = ""


def ask(argv: Sequence[str], environment: Mapping[str, str]) -> Answer:
    """Runs a program that should answer quickly; a missing or hanging one is an answer too."""
    try:
        done = process.run(argv, env=environment, timeout=PROBE_SECONDS)
    except (process.ProgramNotFound, process.ProgramTimedOut) as error:
        return Answer(ok=False, text="", trouble=str(error))
    text = f"{done.stdout}\n{done.stderr}".strip()
    if done.returncode == 0:
        return Answer(ok=True, text=text)
    said = [line.strip() for line in text.splitlines() if line.strip()]
    return Answer(ok=False, text=text, trouble=said[-1] if said else f"exit code {done.returncode}")


def version_in(text: str) -> str | None:
    """The first version number in what a program says about itself."""
    found = re.search(r"\bv?(\d+\.\d+[0-9A-Za-z.+~-]*)", text)
    return found[1] if found else None


def usable(version: str | None) -> Availability:
    """The engine can serve."""
    return Availability(usable=True, version=version)


def unusable(
    reason: str, hint: str | None = None, *, version: str | None = None, classic: bool = False
) -> Availability:
    """The engine can't serve, or only for a classic Dockerfile."""
    return Availability(usable=False, version=version, reason=reason, hint=hint, classic=classic)
