"""`service()`: what serves, in which Image, and how it is started and watched."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar, overload

from lading.errors import Location  # noqa: TC001 - a dataclass field
from lading.grammar.image_name import IMAGE_NAME_FORM, is_image_name
from lading.grammar.invalid import Invalid
from lading.grammar.port import Port
from lading.grammar.words import expect_text, shown
from lading.image import Image, Variants
from lading.image.call import Call
from lading.image.words import expect_names, pairs, parse_argv, parse_pattern, parse_variable
from lading.services.functions import served_function
from lading.services.kinds import Served, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lading.grammar.path import ProjectPath

__all__ = ["Service", "service", "service_of", "services_in_words", "services_of"]

P = ParamSpec("P")
T = TypeVar("T")

_IN_WORDS: Final = 'declare each in words: web = lading.service(image=image)("app:main")'


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service as it is declared.

    Attributes:
        image: Its environment; a service for each, where it is variants.
        served: What it serves; None before it is known.
        command: What starts it; what is usual for its kind where None.
        port: Where it listens.
        health: The path that answers while it is well.
        include: Files of the project that it needs.
        env: Variables of its own.
        name: What it is called; its name in the code where None.
        location: The line that declares it.
        served_at: The line that says what it serves, which may be another one; None before.
    """

    image: Image | Variants
    served: Served | None = None
    command: tuple[str, ...] | None = None
    port: int | None = None
    health: str | None = None
    include: tuple[ProjectPath, ...] = ()
    env: tuple[tuple[str, str | None], ...] = ()
    name: str | None = None
    location: Location = field(compare=False)
    served_at: Location | None = field(default=None, compare=False)

    @overload
    def __call__(self, served: str | Served) -> Service: ...
    @overload
    def __call__(self, served: T) -> T: ...
    def __call__(self, served: object) -> object:
        """Declares what is served: the thing itself, which stays what it is, or where it is.

        Args:
            served: A class, a function or an application; or `"module:attribute"`, so that nothing
                of it is imported to build its image. That gives the service itself, to be named.

        Raises:
            SpecificationError: It is no such place, or a service already.
        """
        if isinstance(served, Served):
            return replace(self, served=served)
        with Call() as call:
            if isinstance(served, Service):
                raise Invalid("a service is declared as another one", hint=_IN_WORDS)
            place = call.read(_parse_place, served) if isinstance(served, str) else None
        if place is not None:
            named = replace(self, served=Served(place=place), served_at=call.location)
            _NAMED.append(named)
            return named
        found = served_function(served) or Served(
            kind=kind_of(served), is_factory=isinstance(served, type)
        )
        _DECLARED.append((served, replace(self, served=found, served_at=call.location)))
        return served


_DECLARED: list[tuple[object, Service]] = []
"""What was decorated: the object itself may have no room for an attribute, or compare oddly."""


_NAMED: list[Service] = []
"""Services whose module is named in words: each is an object of its own."""


def services_in_words() -> tuple[Service, ...]:
    """All services that were declared in words, whether anything stands for them or not."""
    return tuple(_NAMED)


def service_of(served: object) -> Service | None:
    """The service that an object was declared as; the last, where there are several."""
    return next(reversed(services_of(served)), None)


def services_of(served: object) -> tuple[Service, ...]:
    """The services that an object was declared as, in the order that this was done."""
    if isinstance(served, Service):
        return (served,)
    return tuple(one for known, one in _DECLARED if known is served)


def _with_image(declare: Callable[P, Service]) -> Callable[P, Service]:
    """Says what is missing to those who decorate without it; Python only counts arguments."""

    @wraps(declare)
    def declaring(*words: P.args, **options: P.kwargs) -> Service:
        with Call():
            if "image" not in options:
                raise Invalid("service is given no image", hint="@lading.service(image=image)")
            if words:
                hint = "app = lading.service(image=image)(app)"
                raise Invalid("service is given what it serves in a call of its own", hint=hint)
        return declare(*words, **options)

    return declaring


@_with_image
def service(  # noqa: PLR0913 - one argument for each thing that is to be said
    *,
    image: Image | Variants,
    command: Sequence[str] | None = None,
    port: int | None = None,
    health: str | None = None,
    include: Sequence[str] = (),
    env: Mapping[str, str | None] | None = None,
    name: str | None = None,
) -> Service:
    """Declare a service: a decorator for a class, a function or an ASGI or WSGI application.

    `lading build app.py:MyService` then builds its image: `image`, with the service's own code, and
    with what is said here.

    Args:
        image: The environment that it runs in. Variants of one make a service for each, which
            `lading build app.py:MyService.gpu` then names.
        command: The words that start it. Left out, what is usual for what it is: uvicorn for
            FastAPI, Starlette and Litestar, gunicorn for Flask, `launch()` for Gradio, and a
            function is called. An image that has a command or an entrypoint of its own keeps it.
        port: Where it listens; the usual one where left out.
        health: A path that answers with success while it is well, such as `"/healthz"`.
        include: Files and folders of the project that it needs. Left out, and where the image
            includes nothing either, they are the modules of the project that it imports.
        env: Environment variables of its own.
        name: What it is called among several; its name in the code where left out.

    Raises:
        SpecificationError: A word is invalid; all invalid words are reported together.
    """
    with Call() as call:
        given = call.read(pairs, "env", env, {})
        return Service(
            image=call.read(_parse_image, image),
            command=None if command is None else call.read(_parse_command, command),
            port=None if port is None else call.read(_parse_port, port),
            health=call.maybe(_parse_health, health),
            include=call.names(parse_pattern, "include", include),
            env=call.each(parse_variable, given),
            name=call.maybe(_parse_name, name),
            location=call.location,
        )


def _parse_image(image: object) -> Image | Variants:
    if isinstance(image, Image | Variants):
        return image
    if inspect.isroutine(image):
        name = getattr(image, "__name__", "")
        called = name if name.isidentifier() else "image"
        raise Invalid("image is a function, and no Image", hint=f"call it: image={called}()")
    hint = 'image=Image().requirements_file("requirements.txt")'
    raise Invalid(f"image is {shown(image)}, and no Image", hint=hint)


def _parse_command(command: Sequence[str]) -> tuple[str, ...]:
    return parse_argv("command", expect_names("command", command))


def _parse_port(port: int) -> int:
    found = Port.parse(port)
    if found.protocol != "tcp":
        raise Invalid(f"port {found} is none that a server is asked on", hint="port=8000")
    return found.number


def _parse_health(path: str) -> str:
    expect_text("health", path)
    if not path.startswith("/") or not path.isprintable() or " " in path or not path.isascii():
        raise Invalid(f"health is {shown(path)}, and no path of a URL", hint='health="/healthz"')
    return path


def _parse_name(name: str) -> str:
    # The grammar of repositories in references, of which it becomes a part.
    expect_text("name", name)
    if not is_image_name(name) or name != name.lower():
        raise Invalid(f"name {shown(name)} is invalid", hint=f"lower-case {IMAGE_NAME_FORM}")
    return name


def _parse_place(place: str) -> str:
    module, _, attribute = place.partition(":")
    if not all(part.isidentifier() for part in module.split(".")) or not attribute.isidentifier():
        raise Invalid(f"{shown(place)} names nothing that is served", hint='"service:app"')
    return place
