"""Processes of a test's own, to be killed at any point."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import lading.store

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

_STORE = str(Path(lading.store.__file__).parent)

FAILED = 70


def forked(work: Callable[[], object]) -> int:
    """Start a process that does `work` and nothing else; its id."""
    child = os.fork()
    if child:
        return child
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        work()
        os._exit(0)
    except KeyboardInterrupt:
        os._exit(130)
    except BaseException:  # noqa: BLE001 - it must not go on as a second test run
        traceback.print_exc()
        os._exit(FAILED)


def ended(child: int) -> int:
    """Wait for a process; its exit code, or less than 0: the signal that ended it."""
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def killed(child: int) -> int:
    """Kill a process, and wait for it."""
    os.kill(child, signal.SIGKILL)
    return ended(child)


def killing_itself_at(line: int, work: Callable[[], object]) -> Callable[[], None]:
    """`work`, ended by SIGKILL before that line, counted over all that run in the store's code."""
    return interrupted_at(line, lambda: os.kill(os.getpid(), signal.SIGKILL), work)


def interrupted_at(
    line: int, action: Callable[[], object], work: Callable[[], object]
) -> Callable[[], None]:
    """`work`, with `action` before that line, counted over all that run in the store's code."""

    def run() -> None:
        sys.settrace(_Count(line, action).call)
        work()

    return run


class _Count:
    def __init__(self, left: int, action: Callable[[], object]) -> None:
        self.left = left
        self.action = action

    def call(self, frame: FrameType, event: str, argument: object) -> Any:  # noqa: ANN401 - Python's own type
        del event, argument
        return self.line if frame.f_code.co_filename.startswith(_STORE) else None

    def line(self, frame: FrameType, event: str, argument: object) -> Any:  # noqa: ANN401
        del frame, argument
        if event == "line":
            self.left -= 1
            if not self.left:
                self.action()
        return self.line


class Signal:
    """Something that one process tells another once."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()

    def give(self) -> None:
        os.write(self._writing, b"x")

    def wait(self) -> None:
        os.read(self._reading, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: object, trace: TracebackType | None
    ) -> None:
        os.close(self._reading)
        os.close(self._writing)
