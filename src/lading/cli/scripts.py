"""Modules that are started as a whole, and make no application: what their text shows of it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from keyword import iskeyword
from typing import TYPE_CHECKING, Final

from lading.cli.bindings import body_of, is_main, names_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lading.cli.modules import ProjectModules

__all__ = ["Script", "entry_of", "launching", "main_of", "script_among"]

_STREAMLIT: Final = 8501
_GRADIO: Final = 7860
_EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - in a container


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How a module is started.

    Attributes:
        module: The module.
        argv: The command.
        file: The file that it runs, beside which Python finds modules; None where it imports it.
        env: The variables that it takes.
        port: Where it listens.
        brought_by: The Python package that has its program; None where Python itself does.
    """

    module: str
    argv: tuple[str, ...]
    file: str | None = None
    env: tuple[tuple[str, str], ...] = ()
    port: int | None = None
    brought_by: str | None = None


def script_among(
    modules: ProjectModules, names: Sequence[str], beside: Sequence[str] = ()
) -> Script | None:
    """What Streamlit runs, or what launches Gradio; else the only one that is there to be run.

    Args:
        modules: The project's.
        names: Those at its top.
        beside: Those at the top of `src`.
    """
    found = {name: body_of(modules.text(name)) for name in (*names, *beside)}
    shown = [name for name, body in found.items() if "streamlit" in _imported(body)]
    if shown:
        others = {one for name in shown for one in modules.led_to(name) if one != name}
        main = next((name for name in shown if name not in others), shown[0])
        return _of_streamlit(modules, main)
    for name, body in found.items():
        if "gradio" in _imported(body) and (script := launching(modules, name)) is not None:
            return script
    for group in (names, beside):
        run = [name for name in group if any(map(is_main, found[name]))]
        if run:
            return _run(modules, run[0]) if len(run) == 1 else None
    return None


def launching(modules: ProjectModules, name: str) -> Script | None:
    """How a module is started that launches Gradio by itself; None where it does not.

    An import of it would not come back. Where it listens Gradio takes from two variables.
    """
    if "." in name or not any(map(_launches, body_of(modules.text(name)))):
        return None
    env = (("GRADIO_SERVER_NAME", _EVERYWHERE), ("GRADIO_SERVER_PORT", str(_GRADIO)))
    return replace(_run(modules, name), env=env, port=_GRADIO, brought_by="gradio")


def main_of(modules: ProjectModules, packages: Sequence[str]) -> Script | None:
    """The only package that can be run, by its `__main__`."""
    found = [one for one in dict.fromkeys(packages) if modules.file(f"{one}.__main__")]
    if len(found) != 1:
        return None
    return Script(module=f"{found[0]}.__main__", argv=("python3", "-m", found[0]))


def entry_of(modules: ProjectModules, entry: str) -> Script | None:
    """What an entry point of the project calls (`[project.scripts]`, PEP 621).

    As its launcher does, which is there only where the project is installed.
    """
    module, _, name = entry.partition(":")
    served = modules.served(module, name)
    is_own = name in names_in(modules.text(module) or "")
    if not is_own or served.kind not in {"function", "command"} or served.needs:
        return None
    if served.is_factory or any(iskeyword(part) for part in module.split(".")):
        return None
    calls = f"import sys; from {module} import {name}; sys.exit({name}())"
    return Script(module=module, argv=("python3", "-c", calls))


def _run(modules: ProjectModules, name: str) -> Script:
    path = _path(modules, name)
    return Script(module=name, argv=("python3", path), file=path)


def _path(modules: ProjectModules, name: str) -> str:
    file = modules.file(name)
    return f"{name}.py" if file is None else file.relative_to(modules.root).as_posix()


def _of_streamlit(modules: ProjectModules, name: str) -> Script:
    path = _path(modules, name)
    argv = ("streamlit", "run", path, "--server.headless", "true")
    listens = ("--server.address", _EVERYWHERE, "--server.port", str(_STREAMLIT))
    return Script(
        module=name,
        argv=(*argv, *listens),
        file=path,
        port=_STREAMLIT,
        brought_by="streamlit",
    )


def _imported(body: list[ast.stmt]) -> set[str]:
    """The packages that a module begins by importing."""
    names: list[str] = []
    for node in body:
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.append(node.module or "")
    return {name.partition(".")[0] for name in names}


def _launches(statement: ast.stmt) -> bool:
    """Whether it is a call of `launch`, for one that starts the module or for all."""
    match statement:
        case ast.If(body=body) if is_main(statement):
            return any(map(_launches, body))
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="launch"))):
            return True
        case _:
            return False
