"""What the names of a module may stand for, as its text shows it."""

from __future__ import annotations

import ast  # noqa: TC003 - a dataclass field
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from lading.services import kind_called

if TYPE_CHECKING:
    from lading.services.kinds import Kind

__all__ = ["Declared", "Decorator", "Imported", "Thing", "Value", "Words"]

_GIVING: Final[dict[str, Kind]] = {
    "bottle.default_app": "wsgi",
    "django.core.asgi.get_asgi_application": "asgi",
    "django.core.wsgi.get_wsgi_application": "wsgi",
    "gradio.load": "gradio",
    "gradio.mount_gradio_app": "asgi",
}
"""Functions of frameworks that give an application, which their names alone do not tell."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import binds, or an attribute of that.

    Attributes:
        path: Its name, with its module's.
    """

    path: str

    @property
    def is_service(self) -> bool:
        """Whether it is Lading's `service`."""
        return self.path.startswith("lading.") and self.path.endswith(".service")

    @property
    def kind(self) -> Kind | None:
        """What things of this class are; None where it is no class, by how its name is written."""
        is_class = self.path.rpartition(".")[2][:1].isupper()
        return kind_called(self.path) if is_class else _GIVING.get(self.path)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decorator:
    """What a call of `lading.service` gives.

    Attributes:
        call: The call.
        position: The statement of the module that it is in; None where it is inside another one.
    """

    call: ast.Call
    position: int | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Declared:
    """That something is served.

    Attributes:
        decorator: By what.
        position: The module's statement that does it.
        words: Where it is, `"module:attribute"`, if it is named in words.
        named: What these name in this module by then.
    """

    decorator: Decorator
    position: int
    words: str | None = None
    named: Thing | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Thing:
    """Something that may be served: each is itself alone, whatever it is called.

    Attributes:
        kind: What it is; None where that is not known.
        is_factory: Whether it has to be called to get the application.
        needs: Names of the arguments that a function can't be called without.
        function: Its text, if it is a function that does what this says.
        services: What it was declared as.
        is_sure: Whether that is surely all.
    """

    kind: Kind | None = None
    is_factory: bool = False
    needs: tuple[str, ...] = ()
    function: ast.FunctionDef | None = None
    services: list[Declared] = field(default_factory=list)
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class Words:
    """A text that stands in the module."""

    text: str


Value: TypeAlias = Imported | Decorator | Thing | Words | None
"""What a name stands for; None where that is not known."""
