"""The `lading` program: its commands, and how errors reach the user."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from lading.cli.build import build
from lading.cli.doctor import doctor
from lading.cli.freeze import dockerfile, freeze
from lading.cli.lock import lock
from lading.errors import LadingError
from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["main", "program"]

_REFUSED = 1
_INTERRUPTED = 130
_TERMINATED = 143


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="lading", prog_name="lading")
@click.option("--debug", is_flag=True, help="Show Python's traceback with an error.")
def program(*, debug: bool) -> None:
    """Lock, freeze and build the container that an Image in Python describes.

    TARGET is `path/service.py:image`, `package.module:image`, or a folder whose pyproject.toml has
    `[tool.lading] image = "service:image"`. Left out, it is this folder.

    Exit codes: 0 done; 1 refused, failed or drifted; 2 called wrongly; 130 interrupted.
    """
    click.get_current_context().obj = debug


for _command in (lock, freeze, dockerfile, build, doctor):
    program.add_command(_command)


def main() -> NoReturn:
    """Run the command line, and exit."""
    # An engine that is running must be stopped and waited for, which only an exception does.
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(_run())


def _run() -> int:
    try:
        program(standalone_mode=False)
    except click.Abort:
        return _say("interrupted", _INTERRUPTED)
    except KeyboardInterrupt:
        return _say("interrupted", _INTERRUPTED)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except LadingError as error:
        _trace()
        return _say("\n".join(f"error: {problem}" for problem in error.problems), _REFUSED)
    except Invalid as error:
        _trace()
        hint = f"\nhint: {error.hint}" if error.hint else ""
        return _say(f"error: {error.message}{hint}", _REFUSED)
    except BrokenPipeError:
        # The reader of our output has gone, as in `lading dockerfile | head`.
        sys.stderr.close()
        return _REFUSED
    except OSError as error:
        _trace()
        place = f" {error.filename}" if error.filename else ""
        return _say(f"error: {(error.strerror or str(error)).lower()}{place}", _REFUSED)
    return 0


def _trace() -> None:
    if "--debug" in sys.argv[1:]:
        import traceback  # noqa: PLC0415 - only when asked for

        traceback.print_exc()


def _say(text: str, code: int) -> int:
    click.echo(text, err=True)
    return code


def _terminate(number: int, _: FrameType | None) -> NoReturn:
    del number
    raise SystemExit(_TERMINATED)
