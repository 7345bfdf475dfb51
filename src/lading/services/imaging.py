"""The Image of a service: its environment, with its code, and how it is started and watched."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lading.errors import Problem, SpecificationError
from lading.grammar.invalid import Invalid
from lading.grammar.path import ProjectPath
from lading.image import steps
from lading.image.callsite import standing_at
from lading.image.container import workdir_of
from lading.image.layers import above
from lading.image.spans import settings
from lading.services.kinds import Start, start_of
from lading.services.stand_in import STAND_IN

if TYPE_CHECKING:
    from lading.image import Image
    from lading.services.declaring import Service

__all__ = ["PYTHONPATH", "SOURCES", "Code", "image_of"]

_OWN = (steps.Cmd, steps.Entrypoint)
_PYTHON = re.compile(r"python[0-9.]*")
_LOOKING = frozenset({"gunicorn", "hypercorn", "uvicorn"})
_STAND_IN = "lading.py"

SOURCES: Final = "src"
"""Where many projects have their packages: a folder that is none itself (the `src` layout)."""

PYTHONPATH: Final = "PYTHONPATH"
"""The variable that tells Python where modules are, beside where it looks itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Where a service's code is.

    Attributes:
        module: What is served is in it.
        attribute: What is served is called so there.
        files: The module's file, and those of the project's modules that it imports.
        imports_lading: Whether any of these imports Lading.
        in_sources: Whether some are imported from the folder `src`, and not from the project's own.
    """

    module: str
    attribute: str
    files: tuple[str, ...]
    imports_lading: bool = False
    in_sources: bool = False


def image_of(service: Service, environment: Image, code: Code) -> Image:
    """The image that runs a service.

    Args:
        service: As it is declared.
        environment: Its image, or the one of its variants that is meant.
        code: Where it is.

    Raises:
        SpecificationError: Nothing says how it is started, or how it can be asked whether it is
            well.
    """
    start = _start(service, environment, code)
    with standing_at(service.location):
        image = _with_code(service, environment, code)
        if looked_in := _looked_in(image, code, start):
            image = image.env({PYTHONPATH: ":".join(looked_in)})
        if service.env:
            image = image.env(dict(service.env))
        if start.argv:
            image = image._add(  # noqa: SLF001 - the same distribution
                steps.Cmd(
                    argv=start.argv,
                    brought_by=start.brought_by,
                    module=code.module if service.command is None else None,
                    location=service.location,
                )
            )
        if start.port is not None:
            image = image.expose(start.port)
        if service.health is not None:
            image = image.healthcheck(*_asking(service, start.port or _exposed(environment)))
    return image


def _start(service: Service, environment: Image, code: Code) -> Start:
    """The service's own command, that of its image, or the usual one."""
    if service.command is not None:
        return Start(argv=service.command, port=service.port)
    own = [step for step in environment.steps if isinstance(step, _OWN)]
    if any(not step.platforms for step in own):
        return Start(argv=(), port=service.port)
    if own:
        some = ", ".join(map(str, own[0].platforms))
        message = f"its image has a command on {some} only, and the service has none for the others"
        raise _refusal(service, message, 'say it here: command=["python", "-m", "service"]')
    served = service.served
    try:
        return start_of(
            served.kind if served else None,
            code.module,
            code.attribute,
            port=service.port,
            factory=bool(served and served.is_factory),
            needs=served.needs if served else (),
        )
    except Invalid as error:
        raise _refusal(service, error.message, error.hint) from None


def _with_code(service: Service, image: Image, code: Code) -> Image:
    """With the files that it needs: those that somebody named, else its own modules."""
    # What an image below includes is for all that are put on it, and not this one's code.
    includes = any(
        isinstance(step, steps.BuildInclude) and not step.platforms for step in above(image.steps)
    )
    if service.include:
        image = image.build_include(*(one.text for one in service.include))
    elif not includes and (files := _own_files(image, code)):
        image = image.build_include(*files)
    if code.imports_lading:
        stand_in = steps.TextFile(
            path=ProjectPath.parse(_STAND_IN), text=STAND_IN, location=service.location
        )
        image = image._add(stand_in)  # noqa: SLF001 - the same distribution
    return image


def _own_files(image: Image, code: Code) -> tuple[str, ...]:
    """The files of its modules, but for those that come with the project as a package."""
    if not code.in_sources or not _installs_project(image):
        return code.files
    return tuple(one for one in code.files if not one.startswith(f"{SOURCES}/"))


def _looked_in(image: Image, code: Code, start: Start) -> tuple[str, ...]:
    """The folders that Python has to be told of, where nobody has told it of any."""
    if any(PYTHONPATH in dict(step.variables) for step in settings(image.steps, steps.Env)):
        return ()
    workdir = workdir_of(image)
    packaged = _installs_project(image)
    sources = (posixpath.join(workdir, SOURCES),) if code.in_sources and not packaged else ()
    # A program that starts elsewhere finds the code of a package, and not what stands for Lading.
    apart = code.imports_lading and not _looks_around(start.argv or _own_command(image))
    return (*sources, workdir) if apart else sources


def _looks_around(argv: tuple[str, ...]) -> bool:
    """Whether a command is one that looks for modules in its working directory."""
    program, first, *_ = (*argv, "", "")
    name = posixpath.basename(program)
    is_beside = first in {"-c", "-m"} or (first.endswith(".py") and "/" not in first)
    return name in _LOOKING or (_PYTHON.fullmatch(name) is not None and is_beside)


def _own_command(image: Image) -> tuple[str, ...]:
    """What an image starts by itself."""
    entrypoint = settings(image.steps, steps.Entrypoint)
    cmd = settings(image.steps, steps.Cmd)
    return (*(entrypoint[-1].argv if entrypoint else ()), *(cmd[-1].argv if cmd else ()))


def _installs_project(image: Image) -> bool:
    """Whether the project is installed as a package, `.python_packages(".")`."""
    packages = settings(image.steps, steps.PythonPackages)
    return any(one.path == "." for step in packages for one in step.requirements)


def _asking(service: Service, port: int | None) -> tuple[str, ...]:
    """Asks with Python, which every such image has: no curl, and no more packages for it."""
    if port is None:
        message = "health asks the service on its port, and nothing says which that is"
        raise _refusal(service, message, "port=8000")
    url = f"http://127.0.0.1:{port}{service.health}"
    return ("python3", "-c", f"from urllib.request import urlopen; urlopen({url!r}, timeout=5)")


def _exposed(image: Image) -> int | None:
    """The one port on every platform that an image says its server listens on."""
    everywhere = (
        step for step in image.steps if isinstance(step, steps.Expose) and not step.platforms
    )
    ports = {port.number for step in everywhere for port in step.ports if port.protocol == "tcp"}
    return ports.pop() if len(ports) == 1 else None


def _refusal(service: Service, message: str, hint: str | None) -> SpecificationError:
    return SpecificationError(Problem(message=message, location=service.location, hint=hint))
