"""What a service is, by the framework that it was made with; and how such a thing is started."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from keyword import iskeyword
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Kind", "Served", "Start", "kind_called", "kind_of", "start_of"]

Kind: TypeAlias = Literal[
    "asgi", "wsgi", "gradio", "command", "group", "function", "coroutine", "generator", "class"
]

_FRAMEWORKS: Final[dict[str, Kind]] = {
    "blacksheep": "asgi",
    "fastapi": "asgi",
    "litestar": "asgi",
    "quart": "asgi",
    "starlette": "asgi",
    "bottle": "wsgi",
    "click.Command": "command",
    "click.Group": "group",
    "click.core.Command": "command",
    "click.core.Group": "group",
    "django": "wsgi",
    "django.core.asgi": "asgi",
    "django.core.handlers.asgi": "asgi",
    "falcon": "wsgi",
    "falcon.asgi": "asgi",
    "flask": "wsgi",
    "gradio": "gradio",
    "typer.Typer": "command",
    "typer.main.Typer": "command",
}
"""By the package or module that an application's class is of, or by that class."""

_PORTS: Final = {"asgi": 8000, "wsgi": 8000, "gradio": 7860}


_NOT_STARTED: Final = {"class": "a class of your own", "generator": "a generator"}

_FACTORIES: Final = frozenset(
    f"{verb}_{noun}"
    for verb in ("build", "create", "get", "make")
    for noun in ("app", "application")
)
"""Names of functions that nobody calls for what they do, but for what they give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What a service serves.

    Attributes:
        kind: What it is; None where that is not known. A coroutine is what `async def` makes.
        place: Where it is, as `module:attribute`; None where it is what was decorated.
        is_factory: Whether it has to be called to get the application.
        needs: Names of the arguments that it can't be called without.
    """

    kind: Kind | None = None
    place: str | None = None
    is_factory: bool = False
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How a service is started.

    Attributes:
        argv: The command.
        brought_by: The Python package that has its program; None where Python itself does.
        port: Where it listens; None where it does not.
    """

    argv: tuple[str, ...]
    brought_by: str | None = None
    port: int | None = None


def kind_of(served: object) -> Kind | None:
    """What an object is; None where it is nothing that is known how to start."""
    made = served if isinstance(served, type) else type(served)
    for base in made.__mro__:
        found = kind_called(f"{base.__module__}.{base.__qualname__}")
        if found is not None:
            is_called = getattr(served, "invoke_without_command", None) is True
            return "command" if found == "group" and is_called else found
    if isinstance(served, type):
        return "class"
    return "function" if inspect.isroutine(served) else None


def kind_called(name: str) -> Kind | None:
    """What a class is, such as `fastapi.FastAPI`, or those of a module; None where nobody knows."""
    parts = name.split(".")
    names = (".".join(parts[:depth]) for depth in range(len(parts), 0, -1))
    return next((_FRAMEWORKS[one] for one in names if one in _FRAMEWORKS), None)


def start_of(  # noqa: PLR0913 - what it is, where, and how it is called
    kind: Kind | None,
    module: str,
    attribute: str,
    *,
    port: int | None,
    factory: bool,
    needs: Sequence[str] = (),
) -> Start:
    """The command that starts a thing of that kind.

    Args:
        kind: What it is.
        module: Its module, as it is imported in the container.
        attribute: Its name in there.
        port: Where it is to listen; None where the usual one will do.
        factory: Whether it has to be called to get the application.
        needs: Names of the arguments that it can't be called without.

    Raises:
        Invalid: Nothing sensible starts it.
    """
    port = port if port is not None else _PORTS.get(kind or "")
    place = f"{module}:{attribute}"
    _check_callable(kind, attribute, factory=factory, needs=needs)
    match kind:
        case "asgi":
            made = ("--factory",) if factory else ()
            listens = ("--host", "0.0.0.0", "--port", str(port))  # noqa: S104 - in a container
            return Start(argv=("uvicorn", *made, place, *listens), brought_by="uvicorn", port=port)
        case "wsgi":
            called = f"{place}()" if factory else place
            argv = ("gunicorn", "--bind", f"0.0.0.0:{port}", called)
            return Start(argv=argv, brought_by="gunicorn", port=port)
        case "gradio":
            demo = f"{attribute}()" if factory else attribute
            listening = f"{demo}.launch(server_name='0.0.0.0', server_port={port})"
            return Start(argv=_python(module, attribute, listening), brought_by="gradio", port=port)
        case "function":
            return Start(argv=_python(module, attribute, f"{attribute}()"), port=port)
        case "command":  # it ends the program once it has run
            command = f"{attribute}()" if factory else attribute
            return Start(argv=_python(module, attribute, f"{command}()"), port=port)
        case "group":
            then = f"from {module} import {attribute}; {attribute}(['NAME'])"
            raise Invalid(
                f"{attribute} is a group of commands, and does nothing without the name of one",
                hint=f'command=["python3", "-c", "{then}"]',
            )
        case "coroutine":
            awaiting = f"import asyncio; asyncio.run({attribute}())"
            return Start(argv=_python(module, attribute, awaiting), port=port)
        case _:
            what = _NOT_STARTED.get(kind or "", "of a kind that is not known")
            raise Invalid(
                f"{attribute} is {what}, and nothing says how it is started",
                hint=f'command=["python", "-m", "{module}"]',
            )


def _check_callable(
    kind: Kind | None, attribute: str, *, factory: bool, needs: Sequence[str]
) -> None:
    """Refuse a function whose call fails, or comes to nothing."""
    if needs:
        several = ", ".join(needs)
        hint = f"give it defaults for {several}, or say how it is started: command=[...]"
        raise Invalid(f"{attribute} can't be called without {several}", hint=hint)
    if kind == "coroutine" and factory:
        message = f"{attribute} is async, and no server waits for an application to be made"
        raise Invalid(message, hint=f"def {attribute}(), without async")
    if kind in {"function", "coroutine"} and attribute in _FACTORIES:
        message = f"{attribute} is a function, and nothing says that it gives an application"
        hint = f"say what it gives, as in: def {attribute}() -> FastAPI; or command=[...]"
        raise Invalid(message, hint=hint)


def _python(module: str, attribute: str, then: str) -> tuple[str, ...]:
    for part in module.split("."):
        # Uvicorn and gunicorn take these all the same.
        if not part.isidentifier() or iskeyword(part):
            message = f"{attribute} can't be imported from {module}: {part} is no name in Python"
            raise Invalid(message, hint=f"rename the file, as in {_renamed(part)}.py")
    # The one name that an environment has, and Debian's own Python where there is none.
    return ("python3", "-c", f"from {module} import {attribute}; {then}")


def _renamed(part: str) -> str:
    made = re.sub(r"\W", "_", part)
    return f"{made}_" if iskeyword(made) else made if made.isidentifier() else f"_{made}"
