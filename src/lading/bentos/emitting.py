"""An imported image as text: Python, or the `[tool.lading]` of a project file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomli_w

from lading.image import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.bentos.imported import Imported, Made
    from lading.errors import Problem

__all__ = ["as_python", "as_toml", "left_lines"]

_FIRST = {"build_include": "patterns", "index": "url", "run_script": "path"}
"""What the words of a call are called, where it has arguments with names beside them."""


def as_python(found: Imported) -> str:
    """A module that has the image; every string in it stands for itself."""
    lines = [*_head(found), "", _imports(found), "", "image = (", f"    {_constructor(found)}"]
    lines += [f"    .{made.name}({_arguments(made)})" for made in found.calls]
    return "\n".join((*lines, ")", ""))


def as_toml(found: Imported) -> str:
    """The table that describes the image, but for what is left: see `Imported.for_toml`."""
    found = found.for_toml()
    table: dict[str, Any] = dict(found.arguments)
    steps: list[dict[str, Any]] = []
    for made in found.calls:
        if made.name == "run_script":
            steps.append({made.name: _toml_value(made)})
        else:
            _set(table, made)
    if steps:
        table["steps"] = steps
    head = "\n".join(_head(found))
    return f"{head}\n\n{tomli_w.dumps({'tool': {'lading': table}})}"


def left_lines(problem: Problem) -> list[str]:
    """Something that was not carried over, and what to do: lines without what could end them."""
    lines = str(problem).splitlines() or [""]
    return ["".join(filter(str.isprintable, line)) for line in lines]


def _head(found: Imported) -> list[str]:
    """Comments."""
    head = [f"# Made by `lading import` from {_printable(found.source)}."]
    if found.left:
        head += ["#", "# Not carried over:"]
    for problem in found.left:
        first, *more = left_lines(problem)
        head += [f"# - {first}", *(f"#   {line}" for line in more)]
    return head


def _printable(text: str) -> str:
    return "".join(filter(str.isprintable, text))


def _imports(found: Imported) -> str:
    takes_secrets = any("secrets" in made.options for made in found.calls)
    return f"from lading import Image{', secret' if takes_secrets else ''}"


def _constructor(found: Imported) -> str:
    return f"Image({', '.join(f'{name}={value!r}' for name, value in found.arguments.items())})"


def _arguments(made: Made) -> str:
    options = (f"{name}={_python(value)}" for name, value in made.options.items())
    return ", ".join((*map(_python, made.words), *options))


def _python(value: object) -> str:
    if isinstance(value, Secret):
        return f"secret({value.id!r}, variable={value.variable!r})"
    if isinstance(value, list):
        return f"[{', '.join(map(_python, value))}]"
    return repr(value)


def _set(table: dict[str, Any], made: Made) -> None:
    """Add a call to the table: what is called twice is an array."""
    value = _toml_value(made)
    if value in ({}, []):
        return
    if made.name not in table:
        table[made.name] = value
    elif isinstance(value, dict) and made.name in {"env", "label"}:
        table[made.name] |= value
    else:
        before = table[made.name]
        every = before if isinstance(before, list) else [before]
        table[made.name] = [*every, *(value if isinstance(value, list) else [value])]


def _toml_value(made: Made) -> Any:  # noqa: ANN401 - any value of TOML
    if made.name in {"env", "label"}:  # TOML has no null
        return {name: value for name, value in made.words[0].items() if value is not None}
    if not made.options and made.name != "index":
        return _words(made)
    named = list(made.words) if made.name == "build_include" else made.words[0]
    options = {name: list(map(_toml, value)) for name, value in _lists(made)}
    return {_FIRST[made.name]: named, **_plain(made), **options}


def _words(made: Made) -> Any:  # noqa: ANN401 - any value of TOML
    if made.name in {"requirements_file", "run_script"}:
        return made.words[0]
    return list(made.words) if made.words else True


def _lists(made: Made) -> Iterator[tuple[str, list[object]]]:
    for name, value in made.options.items():
        if isinstance(value, list):
            yield name, value


def _plain(made: Made) -> dict[str, Any]:
    return {name: value for name, value in made.options.items() if not isinstance(value, list)}


def _toml(value: object) -> object:
    if isinstance(value, Secret):
        return {"id": value.id, "variable": value.variable}
    return value
