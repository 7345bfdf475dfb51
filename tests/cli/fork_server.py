"""A process that has imported all of Lading, and forks the program as often as it is asked.

To start an interpreter for each of hundreds of runs would take most of the time of a test, and most
random moments would meet imports. It is single-threaded, so that forking is safe.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import resource
import signal
import sys
import time
from dataclasses import fields
from importlib import import_module
from typing import Any

import lading

_PATIENCE = 60.0
_PROGRAMS = ("__main__", "_child")  # to import them is to run them
_OTHERS = "lading.integrations"  # which take what Lading does not bring
_ELSE = ("urllib3", "urllib3.contrib", "concurrent.futures.thread", "netrc", "encodings.idna")


def serve() -> None:
    """Answer each line of stdin by one of stdout: a process id, or how a process ended."""
    for module in pkgutil.walk_packages(lading.__path__, "lading."):
        if not module.name.endswith(_PROGRAMS) and not module.name.startswith(_OTHERS):
            import_module(module.name)
    for name in _ELSE:
        import_module(name)
    gc.freeze()  # what is here stays: no child looks through it again
    _answer(os.getpid())
    for line in sys.stdin:
        order = json.loads(line)
        _answer(_ended(order["wait"]) if "wait" in order else _started(order))


def _answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _ended(child: int) -> int:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    os.kill(child, signal.SIGABRT)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _started(order: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["environment"])
    _redirect(os.devnull, 0, os.O_RDONLY)
    for number, name in ((1, "out"), (2, "err")):
        _redirect(order[name], number, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    _hasten(order["http"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if order["largest"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest"],) * 2)
    sys.argv = ["lading", *order["words"]]
    from lading.cli import main  # noqa: PLC0415 - as the program itself does

    return main()


def _redirect(path: str, number: int, flags: int) -> None:
    handle = os.open(path, flags, 0o600)
    os.dup2(handle, number)
    os.close(handle)


def _hasten(http: dict[str, float]) -> None:
    """Other defaults for HTTP: no option makes a user's program less patient."""
    from lading.http import HttpSettings  # noqa: PLC0415 - beside its only use

    assert set(http) <= {one.name for one in fields(HttpSettings)}
    defaults = HttpSettings.__init__.__kwdefaults__
    assert defaults is not None
    defaults.update(http)


if __name__ == "__main__":
    serve()
