"""The `lading` program: its commands, and how it ends."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from keyword import iskeyword
from typing import TYPE_CHECKING, NoReturn

import click

from lading.cli.commands import Commands
from lading.cli.failure import INTERRUPTED, REFUSED, Terminated, explain
from lading.cli.talk import note

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["main", "program"]


# In the order in which they are used, each with its module. One is imported when it is called: half
# of the time of `lading freeze` would else go into importing engines and resolvers.
_COMMANDS = {
    "init": "init",
    "lock": "lock",
    "show": "show",
    "diff": "diff",
    "explain": "explain",
    "check": "check",
    "freeze": "freeze",
    "vendor": "vendor",
    "dockerfile": "freeze",
    "build": "build",
    "bake": "bake",
    "push": "sending",
    "copy": "sending",
    "inspect": "inspecting",
    "import": "bentofile",
    "doctor": "doctor",
    "schema": "schema",
    "cache": "cache",
}


_A_MOMENT = 0.01
"""In seconds."""


class _Program(Commands):
    """The commands of `lading`, each imported when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which they are used."""
        del ctx
        return list(_COMMANDS)

    def named(self, name: str) -> click.Command | None:
        """The command of a name that is listed."""
        attribute = f"{name}_" if iskeyword(name) else name
        found = getattr(import_module(f"lading.cli.{_COMMANDS[name]}"), attribute)
        return found if isinstance(found, click.Command) else None


@click.group(
    cls=_Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="lading", prog_name="lading")
@click.option("--debug", is_flag=True, help="Show Python's traceback with an error.")
def program(*, debug: bool) -> None:
    """Lock, freeze and build the container that an Image in Python describes.

    TARGET names an Image, a function that returns one, or a service that is declared with one, as
    `path/service.py:image` or `package.module:image`; `app.py:images.gpu` is one of its variants,
    and `app.py` alone is `app.py:image`. A folder stands for the image that `[tool.lading]` of its
    pyproject.toml, or its lading.toml, refers to or describes, and `folder:name` for one of several
    there. Left out, TARGET is this folder.

    Data goes to stdout, all talk to stderr.

    Exit codes: 0 done; 1 refused, failed or drifted; 2 called wrongly; 129 hung up;
    130 interrupted; 143 terminated.
    """
    click.get_current_context().find_root().obj["debug"] = debug


def main() -> NoReturn:
    """Run the command line, and exit."""
    try:
        _open_streams()
        # An engine that is running must be stopped and waited for, which only an exception does.
        signal.signal(signal.SIGTERM, _terminate)
        if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:  # `nohup` has it ignored
            signal.signal(signal.SIGHUP, _terminate)
        sys.unraisablehook = _unraisable
        code = _run()
    except Terminated as error:
        code = error.code
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)


def _run() -> int:
    state = {"debug": False}
    try:
        # Without standalone mode click returns the code that a command exits with.
        code = program(prog_name="lading", standalone_mode=False, obj=state)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last place to say it
        if isinstance(error, OSError):
            _forget_output()
        if isinstance(error, BrokenPipeError):
            # The reader of our output has gone, as in `lading dockerfile | head`.
            return REFUSED
        if state["debug"]:
            import traceback  # noqa: PLC0415 - only when asked for

            traceback.print_exc()
        text, code = explain(error)
        note(text)
    return int(code or 0)


def _open_streams() -> None:
    """Discard what goes to a stream that the caller closed (`2>&-`).

    Python has None there; and the next file that is opened would be the standard error of all
    programs that are started.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            os.dup2(opened, number)
            if opened != number:
                os.close(opened)
            else:
                os.set_inheritable(number, True)
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - to the end
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - to the end


def _forget_output() -> None:
    """Leave unwritten what could not be written: Python would try, and fail, again at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unraisable(found: sys.UnraisableHookArgs) -> None:
    """Give a Ctrl-C again that came while Python was tidying up, where no exception goes anywhere.

    Not at once, when it would be in this function.
    """
    match found.exc_value:
        case KeyboardInterrupt():
            again: int = signal.SIGINT
        case Terminated(number=number):
            again = number
        case _:
            sys.__unraisablehook__(found)
            return
    import threading  # noqa: PLC0415 - seldom needed

    threading.Timer(_A_MOMENT, os.kill, (os.getpid(), again)).start()


def _terminate(number: int, _: FrameType | None) -> NoReturn:
    raise Terminated(number)
