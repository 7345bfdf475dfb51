"""Whether an import may lead to a service: nothing of the modules is run to see it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lading.cli.bindings import body_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["leads_to_services"]


def leads_to_services(path: str, local: Callable[[str], str | None]) -> bool:
    """Whether a module of the project that a name leads to says something of Lading's services.

    Args:
        path: What is imported, with its module's name.
        local: The text of a module of the project, by its name; None where it is no such.
    """
    parts = path.split(".")
    waiting = [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
    seen = set[str]()
    while waiting:
        name = waiting.pop()
        text = None if name in seen else local(name)
        seen.add(name)
        if text is None:
            continue
        if "lading" in text and "service" in text:
            return True
        nodes = (node for one in body_of(text) for node in ast.walk(one))
        waiting += [one for node in nodes for one in _imported(node)]
    return False


def _imported(node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return ()
