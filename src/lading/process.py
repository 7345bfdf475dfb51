"""The one way to start another program.

Both calls take the program and its arguments as a list and never a shell line, and the whole
environment as an argument, so that nothing reaches a program by accident. A program that is started
is always waited for, also when Python is interrupted.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from threading import Event

__all__ = [
    "Captured",
    "Completed",
    "ProgramNotFound",
    "ProgramStopped",
    "ProgramTimedOut",
    "StreamResult",
    "capture",
    "find_programs",
    "run",
    "stream",
    "write_line",
]

TAIL_LINES = 40
GRACE_SECONDS = 10.0
DRAIN_SECONDS = 0.2
STOP_SECONDS = 0.2
CHUNK_BYTES = 65536


class ProgramNotFound(OSError):  # noqa: N818 - the name says what happened
    """A program is not on the PATH that was handed in, or can't be executed.

    Attributes:
        program: The program as it was asked for.
        reason: The operating system's words.
    """

    def __init__(self, program: str, reason: str) -> None:
        super().__init__(f"can't start {program}: {reason}")
        self.program = program
        self.reason = reason


class ProgramTimedOut(TimeoutError):  # noqa: N818 - the name says what happened
    """A program was still running when its time was over; it has been ended.

    Attributes:
        program: The program as it was asked for.
        seconds: The time that it had.
    """

    def __init__(self, program: str, seconds: float) -> None:
        super().__init__(f"{program} gave no answer in {seconds:g} s")
        self.program = program
        self.seconds = seconds


class ProgramStopped(Exception):  # noqa: N818 - the name says what happened
    """A program was ended since its result is not wanted any more.

    Attributes:
        program: The program as it was asked for.
    """

    def __init__(self, program: str) -> None:
        super().__init__(f"{program} was stopped")
        self.program = program


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A program that has ended, with all that it wrote.

    Attributes:
        argv: The program and its arguments.
        returncode: Its exit code; below zero, the signal that ended it.
        stdout: Decoded as UTF-8; what isn't UTF-8 shows as U+FFFD.
        stderr: The same.
    """

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """A program that has ended, or was ended since it wrote too much.

    Attributes:
        returncode: Its exit code; below zero, the signal that ended it.
        output: What it wrote to stdout; not in the repr, since it may be a secret.
        cut: Whether there was more than the limit.
    """

    returncode: int
    output: bytes = field(repr=False)
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamResult:
    """A program that has ended, whose output went by live.

    Attributes:
        returncode: Its exit code; below zero, the signal that ended it.
        tail: Its last lines, stdout and stderr together; empty where it wrote to a terminal itself.
    """

    returncode: int
    tail: tuple[str, ...]


def run(  # noqa: PLR0913 - a program has this many sides
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    stdin: str | None = None,
    timeout: float | None = None,
    stop: Event | None = None,
) -> Completed:
    """Runs a program to its end and returns what it wrote.

    It gets a session of its own, without a terminal: a program that would ask for a password fails
    instead of waiting for an answer that nobody sees, and on a timeout its children end with it.

    Raises:
        ProgramNotFound: If it can't be started.
        ProgramTimedOut: If `timeout` seconds were not enough.
        ProgramStopped: If `stop` was set: the way to end a program that runs in another thread.
    """
    given = subprocess.DEVNULL if stdin is None else subprocess.PIPE
    child = _start(
        argv,
        env=env,
        cwd=cwd,
        files=(given, subprocess.PIPE, subprocess.PIPE),
        own_session=True,
    )
    with _ended(child, signal_group=True):
        try:
            written = None if stdin is None else stdin.encode()
            out, err = _communicate(child, argv[0], written, timeout, stop)
        except subprocess.TimeoutExpired:
            _send(child, signal.SIGKILL, group=True)
            raise ProgramTimedOut(argv[0], timeout or 0) from None
    return Completed(
        argv=tuple(argv),
        returncode=child.returncode,
        stdout=out.decode(errors="replace"),
        stderr=err.decode(errors="replace"),
    )


def capture(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    timeout: float,
    limit: int,
) -> Captured:
    """Runs a program to its end and returns the bytes of its stdout; its stderr goes nowhere.

    Like `run`, it gets a session of its own, without a terminal.

    Raises:
        ProgramNotFound: If it can't be started.
        ProgramTimedOut: If `timeout` seconds were not enough.
    """
    files = (subprocess.DEVNULL, subprocess.PIPE, subprocess.DEVNULL)
    child = _start(argv, env=env, cwd=cwd, files=files, own_session=True)
    written = bytearray()
    end = time.monotonic() + timeout
    with _ended(child, signal_group=True):
        for chunk in _chunks(child, waking=True):
            written += chunk
            if time.monotonic() > end or len(written) > limit:
                break
        if len(written) > limit:
            _send(child, signal.SIGKILL, group=True)
        try:
            child.wait(max(0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            _send(child, signal.SIGKILL, group=True)
            raise ProgramTimedOut(argv[0], timeout) from None
    cut = len(written) > limit
    return Captured(returncode=child.returncode, output=bytes(written[:limit]), cut=cut)


def _communicate(
    child: subprocess.Popen[bytes],
    program: str,
    stdin: bytes | None,
    timeout: float | None,
    stop: Event | None,
) -> tuple[bytes, bytes]:
    """Waits for the child, and now and then looks whether it is to stop."""
    if stop is None:
        return child.communicate(stdin, timeout)
    left = timeout
    while not stop.is_set():
        part = STOP_SECONDS if left is None else min(STOP_SECONDS, left)
        try:
            return child.communicate(stdin, part)
        except subprocess.TimeoutExpired:
            stdin = None  # it goes on being written
            left = None if left is None else left - part
            if left is not None and left <= 0:
                raise
    raise ProgramStopped(program)


def stream(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    on_line: Callable[[str], None] | None = None,
    grace: float = GRACE_SECONDS,
) -> StreamResult:
    """Runs a program to its end and passes its output through while it runs.

    Without `on_line` the output, stdout too, goes to our stderr. Where that is a terminal the
    program writes to it directly, so that its own progress display works. `on_line` gets each line
    without its line end, in the caller's thread. Where it has to be ended before its time it has
    `grace` seconds to do so by itself, after SIGINT and once more after SIGTERM.

    Raises:
        ProgramNotFound: If it can't be started.
    """
    if on_line is None and sys.stderr.isatty():
        return _inherit(argv, env=env, cwd=cwd, grace=grace)
    child = _start(
        argv,
        env=env,
        cwd=cwd,
        files=(subprocess.DEVNULL, subprocess.PIPE, subprocess.STDOUT),
        own_session=False,
    )
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    emit = on_line or write_line
    with _ended(child, signal_group=False, grace=grace):
        for line in _lines(child):
            tail.append(line)
            emit(line)
        child.wait()
    return StreamResult(returncode=child.returncode, tail=tuple(tail))


def find_programs(name: str, env: Mapping[str, str]) -> tuple[str, ...]:
    """Every program of that name on the PATH of `env`, in its order, each file once."""
    found: dict[str, str] = {}
    for folder in env.get("PATH", os.defpath).split(os.pathsep):
        path = shutil.which(name, path=folder or os.curdir)
        if path is not None:
            found.setdefault(str(Path(path).resolve()), path)
    return tuple(found.values())


def _inherit(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path | None, grace: float
) -> StreamResult:
    sys.stderr.flush()
    terminal = sys.stderr.fileno()
    child = _start(
        argv,
        env=env,
        cwd=cwd,
        files=(subprocess.DEVNULL, terminal, terminal),
        own_session=False,
    )
    with _ended(child, signal_group=False, grace=grace):
        child.wait()
    return StreamResult(returncode=child.returncode, tail=())


def _start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None,
    files: tuple[int, int, int],
    own_session: bool,
) -> subprocess.Popen[bytes]:
    if isinstance(argv, str):
        raise TypeError("argv is a list of words, not one string")
    try:
        return subprocess.Popen(
            list(argv),
            env=dict(env),
            cwd=cwd,
            stdin=files[0],
            stdout=files[1],
            stderr=files[2],
            start_new_session=own_session,
        )
    except OSError as error:
        if cwd is not None and not cwd.is_dir():
            raise
        raise ProgramNotFound(argv[0], (error.strerror or str(error)).lower()) from error


@contextlib.contextmanager
def _ended(
    child: subprocess.Popen[bytes], *, signal_group: bool, grace: float = GRACE_SECONDS
) -> Iterator[None]:
    """The child has ended and its pipes are closed after this block, however it is left."""
    try:
        yield
    except BaseException:
        _stop(child, group=signal_group, grace=grace)
        raise
    finally:
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _stop(child: subprocess.Popen[bytes], *, group: bool, grace: float) -> None:
    """Asks the child to end as Ctrl-C does, then less kindly; a second Ctrl-C hurries it.

    On a terminal the child has had its own SIGINT already. One more does no harm: the BuildKit
    clients give up their clean ending at the third.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        if child.poll() is not None:
            return
        _send(child, number, group=group)
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            child.wait(grace)
    if child.poll() is None:
        _send(child, signal.SIGKILL, group=group)
        child.wait()


def _send(child: subprocess.Popen[bytes], number: signal.Signals, *, group: bool) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if group:
            os.killpg(child.pid, number)
        else:
            child.send_signal(number)


def _lines(child: subprocess.Popen[bytes]) -> Iterator[str]:
    """The lines that the child writes, until it has ended and nothing more comes.

    Not until its pipe is closed: a helper that it leaves behind (an SSH connection kept open) may
    hold the pipe for hours.
    """
    splitter = _Splitter()
    for chunk in _chunks(child):
        yield from splitter.feed(chunk)
    yield from splitter.end()


def _chunks(child: subprocess.Popen[bytes], *, waking: bool = False) -> Iterator[bytes]:
    """What the child writes; with `waking`, an empty chunk now and then while it writes nothing."""
    if child.stdout is None:
        return
    pipe = child.stdout.fileno()
    while True:
        # The order matters: ended first, then looked, so that its last words are not missed.
        over = child.poll() is not None
        if select.select([pipe], [], [], DRAIN_SECONDS)[0]:
            chunk = os.read(pipe, CHUNK_BYTES)
            if not chunk:
                return
            yield chunk
        elif over:
            return
        elif waking:
            yield b""


@dataclass(slots=True)
class _Splitter:
    """Cuts a stream of bytes into lines; a carriage return ends a line as well."""

    rest: str = ""
    decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")(errors="replace")
    )

    def feed(self, chunk: bytes) -> Iterator[str]:
        text = self.rest + self.decoder.decode(chunk)
        # A carriage return at the very end may be the first half of a CR LF.
        held = text.endswith("\r")
        *lines, self.rest = re.split("\r\n|\r|\n", text[:-1] if held else text)
        self.rest += "\r" if held else ""
        yield from lines

    def end(self) -> Iterator[str]:
        text = self.rest + self.decoder.decode(b"", final=True)
        if text:
            yield text.removesuffix("\r")


def write_line(line: str) -> None:
    """Writes a line to stderr, at once."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
