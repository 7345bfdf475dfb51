"""Names that stand for no image in a module, as its text shows it: none of it is run to say so."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from lading.cli.bindings import IMPORTING, body_of, bound_as, names_in
from lading.cli.overlooked import overlooked
from lading.errors import Location, Problem, SpecificationError
from lading.grammar.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from lading.cli.declarations import Serving
    from lading.cli.declared import Wanted
    from lading.cli.modules import ProjectModules

__all__ = ["check_bound", "check_unserved", "lacking"]

_UNTOLD: Final = frozenset(
    {"__dict__", "__getattr__", "exec", "globals", "locals", "modules", "setattr", "vars"}
)
"""By these a module may have names that its text does not show (PEP 562, `sys.modules`)."""


def check_bound(modules: ProjectModules, wanted: Wanted) -> None:
    """Refuse a name that nothing in its module's text binds.

    Raises:
        SpecificationError: There is no such name.
    """
    source = modules.source(wanted.where)
    if source is None:
        return
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return  # whoever imports it says what is wrong with it
    names = names_in(source)
    if wanted.name not in {*names, *_bound_elsewhere(body)} and not _is_untold(body):
        called, images = modules.called(wanted.where), _images(body)
        services = modules.services(wanted.where).names
        meant = {*images, *services, *(one.name for one in overlooked(source, images))}
        raise lacking(wanted, {name: called[name] for name in names if name in meant}, names)


def check_unserved(modules: ProjectModules, wanted: Wanted) -> None:
    """Refuse what a service of the same module serves in words: the service has another name.

    It may be a function, which would be called to give an image.

    Raises:
        SpecificationError: The name is that of such a thing.
    """
    services = modules.services(wanted.where)
    serving = [one for one in services.serving if one.served == wanted.name]
    if not serving or services.of(wanted.name) is not None:
        return
    if wanted.name in _images(body_of(modules.source(wanted.where))):
        return
    served = f"{wanted.where}:{wanted.name}"
    names = [one.name for one in serving if one.name is not None]
    if names:
        which = f"the service{'s' if names[1:] else ''} {', '.join(names)}"
        message = f"{served} is what {which} serve{'' if names[1:] else 's'}, and no image"
        meant = ", or ".join(f"{wanted.where}:{one}" for one in names)
        raise SpecificationError(message, hint=f"name the service: {meant}")
    raise SpecificationError(_nameless(modules, wanted, serving[0]))


def _nameless(modules: ProjectModules, wanted: Wanted, serving: Serving) -> Problem:
    file = modules.path(wanted.where)
    return Problem(
        message=f"{wanted.where}:{wanted.name} is what a service serves that has no name",
        location=Location(str(file and file.resolve()), serving.line),
        hint=f'give it one: web = lading.service(...)("{serving.words}"); then name that: '
        f"{wanted.where}:web",
    )


def lacking(
    wanted: Wanted, known: Mapping[str, str], others: Collection[str] = ()
) -> SpecificationError:
    """The error for a name that a module does not have.

    Args:
        wanted: What is looked for.
        known: The images and services that there are, each with what its image is called.
        others: What else the module binds.
    """
    what = wanted.name or wanted.attribute
    return SpecificationError(f"{wanted.where} has no {what!r}", hint=_hint(wanted, known, others))


def _hint(wanted: Wanted, known: Mapping[str, str], others: Collection[str]) -> str | None:
    called = ", ".join(_called_so(wanted, known))
    if called:
        return f"an image is called so, and a TARGET has its name in the code: {called}"
    near = did_you_mean(wanted.name, known) or did_you_mean(wanted.name, others)
    if near or not known:
        return near or ("write one: image = Image(...)" if wanted.name == "image" else None)
    form = f": name one, as {wanted.where}:{next(iter(known))}" if wanted.name == "image" else ""
    return f"it has {', '.join(known)}{form}"


def _called_so(wanted: Wanted, known: Mapping[str, str]) -> Iterator[str]:
    """What TARGETs would be whose image is called as this one: a name may have a dot, too."""
    for name, image in known.items():
        if image == wanted.attribute:
            yield f"{wanted.where}:{name}"
        elif image == wanted.name:
            yield f"{wanted.where}:{name}.{wanted.variant}"


def _bound_elsewhere(body: list[ast.stmt]) -> Iterator[str]:
    """The names that imports bind, and functions by `global`."""
    for node in (node for one in body for node in ast.walk(one)):
        if isinstance(node, IMPORTING):
            yield from (bound_as(alias, node) for alias in node.names)
        elif isinstance(node, ast.Global):
            yield from node.names


def _is_untold(body: list[ast.stmt]) -> bool:
    """Whether it may have names that its text does not show."""
    nodes = [node for one in body for node in ast.walk(one)]
    return any("*" in _imported(node) or _UNTOLD & _named(node) for node in nodes)


def _imported(node: ast.AST) -> set[str]:
    return {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()


def _named(node: ast.AST) -> set[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.FunctionDef(name=name):
            return {name}
        case _:
            return _imported(node)


def _images(body: list[ast.stmt]) -> set[str]:
    """The names that stand for an Image, as far as the text tells."""
    found = set[str]()
    for one in body:
        match one:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if _is_image(_called(value), found):
                found.add(name)
            case ast.FunctionDef(name=name, returns=ast.expr() as returns) if _says_image(returns):
                found.add(name)
    return found


def _is_image(called: list[str], known: Collection[str]) -> bool:
    """Whether it is a call of the class, by its name or through the module, or one of an image."""
    return "Image" in called[:2] or bool(called and called[0] in known)


def _called(value: ast.expr) -> list[str]:
    """The names of a chain of calls: of `lading.Image().run("x")`, lading, Image and run."""
    match value:
        case ast.Call(func=of):
            return _called(of)
        case ast.Attribute(value=of, attr=name):
            above = _called(of)
            return [*above, name] if above else []
        case ast.Name(id=name):
            return [name]
        case _:
            return []


def _says_image(returns: ast.expr) -> bool:
    text = returns.value if isinstance(returns, ast.Constant) else ast.unparse(returns)
    return str(text).rpartition(".")[2] in {"Image", "Variants"}
