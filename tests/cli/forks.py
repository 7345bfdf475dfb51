"""Processes of the program that start within milliseconds, to be killed at any moment."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from cli.program import SOURCE, Ran
from lading.process import Completed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SERVER = str(Path(__file__).with_name("fork_server.py"))

# Retries come at once. A busy machine may be silent for a second: only a test of silence is in a
# hurry.
QUICK = {"timeout": 30.0, "backoff": 0.0, "longest_wait": 0.05}
HASTY = {**QUICK, "timeout": 0.4}


@dataclass
class Forks:
    """The process that they are forked from."""

    folder: Path
    orders: IO[str]
    answers: IO[str]
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def start(
        self,
        *words: str,
        cwd: Path,
        environment: Mapping[str, str],
        largest: int | None = None,
        http: Mapping[str, float] | None = None,
    ) -> Running:
        """Start the program.

        Args:
            words: Its arguments.
            cwd: Where.
            environment: All of it.
            largest: How many bytes a file that it writes may have.
            http: Other defaults for `HttpSettings`.
        """
        number = next(self.numbers)
        out, err = (self.folder / f"{number}.{name}" for name in ("out", "err"))
        pid = self.ask(
            words=words,
            cwd=str(cwd),
            environment=dict(environment),
            out=str(out),
            err=str(err),
            largest=largest,
            http=dict(QUICK if http is None else http),
        )
        return Running(forks=self, pid=pid, out=out, err=err)

    def ask(self, **order: object) -> int:
        self.orders.write(json.dumps(order) + "\n")
        self.orders.flush()
        return int(self.answers.readline())


@dataclass
class Running:
    """One process of it; it stays until it is waited for, so that its id is no other's."""

    forks: Forks
    pid: int
    out: Path
    err: Path

    def send(self, number: int = signal.SIGKILL) -> None:
        os.kill(self.pid, number)

    def wait(self) -> Ran:
        """How it ended; a code less than 0 is the signal that ended it."""
        done = self.completed()
        return Ran(done.returncode, done.stdout, done.stderr)

    def completed(self) -> Completed:
        """The same, as of any program."""
        code = self.forks.ask(wait=self.pid)
        out, err = map(_taken, (self.out, self.err))
        return Completed(argv=("lading",), returncode=code, stdout=out, stderr=err)


def _taken(path: Path) -> str:
    text = path.read_text("utf-8", errors="replace") if path.exists() else ""
    path.unlink(missing_ok=True)
    return text


@contextmanager
def forking(folder: Path) -> Iterator[Forks]:
    """The process that they are forked from, until the block ends."""
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, "-P", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": SOURCE, "PATH": "", "LANG": "C.UTF-8"},
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        with server.stdin:
            assert int(server.stdout.readline()) == server.pid
            yield Forks(folder=folder, orders=server.stdin, answers=server.stdout)
