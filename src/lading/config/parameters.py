"""The parameters of an image that a function gives: declared by its signature, set by name."""

from __future__ import annotations

import inspect
import typing
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Literal

from lading.config.annotations import Plain, Scalar, kind_of, plain
from lading.errors import Location, Problem, SpecificationError
from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.grammar.parameter import why_secret
from lading.grammar.words import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lading.config.annotations import Kind

__all__ = ["Bound", "Parameter", "Setting", "bound", "name_with", "no_parameters"]

_SCALARS: Final = (bool, int, float)
_NESTED: Final = 2
"""How often an annotation may be text: in quotes, and by `from __future__ import annotations`."""

_LONGEST_WORD: Final = 40
_LONGEST_VALUE: Final = 24
"""Shorter than what is a secret of somebody's, as a rule: a file's name is seen everywhere."""

_LONGEST_NAME: Final = 96
"""Of all parameters: with the names of an image and its variant it fits into that of a file."""

_DIGITS: Final = 12
_IN_NAMES: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A value that somebody wrote for a parameter.

    Attributes:
        name: The parameter's.
        value: As it was written.
        location: Its line of a project file; None on the command line, which goes before.
    """

    name: str
    value: Scalar
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of an image.

    Attributes:
        name: What `--set` calls it.
        type: What it takes, as code has it.
        default: What it is where nobody says anything.
        value: What it is.
        required: Whether somebody has to say it; there is no default then.
        origin: Who says what it is.
        in_file: What the project file says, also where the command line has said another value.
        location: The line where that does; None where it says nothing.
    """

    name: str
    type: str
    default: Plain
    value: Plain
    required: bool = False
    origin: Literal["default", "project file", "command line"] = "default"
    in_file: Plain = None
    location: Location | None = None

    @property
    def otherwise(self) -> Plain:
        """What it is where the command line says nothing; None where it has to say something."""
        return self.default if self.location is None else self.in_file

    @property
    def is_usual(self) -> bool:
        """Whether it is what it is where the command line says nothing."""
        if self.required and self.location is None:
            return False
        return (type(self.value), self.value) == (type(self.otherwise), self.otherwise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The arguments that a function is called with.

    Attributes:
        words: By position.
        options: By name.
        parameters: Each, and what it came to.
    """

    words: tuple[object, ...]
    options: dict[str, Any]
    parameters: tuple[Parameter, ...]


def bound(
    function: Callable[..., object],
    settings: Sequence[Setting],
    name: str,
    *,
    strict: bool = True,
) -> Bound:
    """What these settings make of a function's parameters.

    Args:
        function: It gives an image.
        settings: What was written, of the project file and on the command line.
        name: What messages call the function.
        strict: Whether it must have each parameter that the command line sets.

    Raises:
        SpecificationError: One is unknown, of another type, or missing; all of them together.
    """
    signature = inspect.signature(function)
    variadic = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    declared = [one for one in signature.parameters.values() if one.kind not in variadic]
    expected = [one for one in settings if strict or one.location is not None]
    problems = list(_unknown(expected, [one.name for one in declared], name))
    arguments = signature.bind_partial()
    parameters = []
    for one in declared:
        binding = _Binding(function=function, declared=one, called=name, problems=problems)
        parameters.append(binding.parameter(settings, arguments.arguments))
        binding.check_default()
    if problems:
        raise SpecificationError(problems)
    arguments.apply_defaults()
    return Bound(words=arguments.args, options=arguments.kwargs, parameters=tuple(parameters))


def no_parameters(settings: Sequence[Setting], what: str) -> SpecificationError:
    """The error of settings for what has no parameters.

    Args:
        settings: At least one.
        what: It, and what it is: `service.py:image is no function`.
    """
    return SpecificationError(
        _problem(one, f"{what}, and has no parameter {shown(one.name)}", None) for one in settings
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Binding:
    """One parameter, as it gets its value; what is wrong is noted."""

    function: Callable[..., object]
    declared: inspect.Parameter
    called: str
    problems: list[Problem]

    def parameter(self, settings: Sequence[Setting], arguments: dict[str, object]) -> Parameter:
        annotation = _annotation(self.declared, self.function)
        kind, name = kind_of(annotation), self.declared.name
        default, empty = self.declared.default, self.declared.empty
        found = Parameter(
            name=name,
            type=kind.text if kind else _text_of(annotation),
            default=None if default is empty else plain(default),
            value=None if default is empty else plain(default),
            required=default is empty,
        )
        for one in (one for one in settings if one.name == name):
            arguments[name] = self._read(one, kind, annotation)
            found = _set(found, one, plain(arguments[name]))
        if found.required and name not in arguments:
            self.problems.append(self._missing(kind))
        return found

    def _read(self, setting: Setting, kind: Kind | None, annotation: object) -> object:
        name = self.declared.name
        if kind is None:
            message = f"{name} is of the type {_text_of(annotation)}, which can't be written here"
            self.problems.append(_problem(setting, message, None))
            return None
        secret = _secret_in(name, setting.value, kind)
        if secret is not None:  # nothing of it is to be seen in a message either
            self.problems.append(_problem(setting, f"{name} {secret}", _secret_hint(name)))
            return None
        try:
            return kind.read(setting.value)
        except Invalid as error:
            hint = error.hint or f"{name} takes {kind.text}"
            self.problems.append(_problem(setting, f"{name}: {error.message}", hint))
            return None

    def check_default(self) -> None:
        """Note a default that is of another type than the parameter, or a secret."""
        annotation = _annotation(self.declared, self.function)
        kind, name = kind_of(annotation), self.declared.name
        default = self.declared.default
        if kind is None or default is self.declared.empty:
            return
        secret = _secret_in(name, default, kind)
        if secret is None and kind.holds(default):
            return
        if secret is not None:
            message, hint = f"{self.called}: the default of {name} {secret}", _secret_hint(name)
        else:
            takes = annotation.__name__ if isinstance(annotation, type) else _text_of(annotation)
            message = f"{self.called}: the default of {name} is {shown(default)}, and no {takes}"
            hint = f"{name}: {takes} | None = None" if default is None else f"{name}: {takes} = ..."
        self.problems.append(Problem(message=message, location=_place(self.function), hint=hint))

    def _missing(self, kind: Kind | None) -> Problem:
        name = self.declared.name
        return Problem(
            message=f"{self.called} has the parameter {name}, and nothing says what it is",
            location=_place(self.function),
            hint=f"--set {name}=VALUE" + (f", which takes {kind.text}" if kind else ""),
        )


def _set(parameter: Parameter, setting: Setting, value: Plain) -> Parameter:
    """The parameter with what a setting says; what the command line does comes last."""
    if setting.location is None:
        return replace(parameter, value=value, origin="command line")
    place = setting.location
    return replace(parameter, value=value, origin="project file", in_file=value, location=place)


def _unknown(settings: Sequence[Setting], names: Sequence[str], called: str) -> Iterator[Problem]:
    known = f"it has {', '.join(names)}" if names else "it has none"
    for one in settings:
        if one.name not in names:
            hint = did_you_mean(one.name, names)
            message = f"{called} has no parameter {shown(one.name)}"
            yield _problem(one, message, f"{hint} {known}" if hint else known)


def _problem(setting: Setting, message: str, hint: str | None) -> Problem:
    option = "--set: " if setting.location is None else ""
    return Problem(message=f"{option}{message}", location=setting.location, hint=hint)


def _secret_in(name: str, value: object, kind: Kind) -> str | None:
    """Why a value can't be one; None where it can."""
    if not isinstance(value, str):
        return None
    why = why_secret(name, value, is_free=kind.holds(""))
    return f"{why}, and would be in what Lading writes" if why else None


def _secret_hint(name: str) -> str:
    called = name.upper()
    return f'let the step that needs it name it: run("...", secrets=[secret("{called}")])'


def _annotation(declared: inspect.Parameter, function: Callable[..., object]) -> object:
    """What is annotated; for a parameter without, what its default is of."""
    found = declared.annotation
    if found is declared.empty and type(declared.default) in _SCALARS:
        return type(declared.default)
    # Names that are imported for type checkers alone are not there, and are most often typing's.
    names = vars(typing) | getattr(inspect.unwrap(function), "__globals__", {})
    for _ in range(_NESTED):
        if not isinstance(found, str):
            break
        try:
            found = eval(found, names)  # noqa: S307 - the user's own code
        except Exception:  # noqa: BLE001 - whatever that raises, no word can be read by it
            break
    return found


def _text_of(annotation: object) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _place(function: Callable[..., object]) -> Location | None:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return Location(code.co_filename, code.co_firstlineno) if code else None


def name_with(name: str | None, parameters: Sequence[Parameter]) -> str | None:
    """What an image is called with these values: no other image, or value, has the same name.

    It becomes a part of a file's name. What is not said by the command line is not in it. No name
    of an image has a `=` in it, and no value here. A value that is long, or that can't be in a
    file's name everywhere, as upper case where a disk doesn't tell it from lower, is there as a `~`
    and a digest: nothing of it can be read there.
    """
    parts = [f"{_fit(one.name)}={_fit(_word(one.value))}" for one in parameters if not one.is_usual]
    if not parts:
        return name
    said = ".".join(parts)
    fit = said if len(said) <= _LONGEST_NAME else f"{said[:_LONGEST_WORD]}~{_digest(said)}"
    return fit if name in {None, "image"} else f"{name}.{fit}"


def _word(value: Plain) -> str:
    word = str(value).lower() if isinstance(value, bool) or value is None else str(value)
    return word if set(word) <= _IN_NAMES and len(word) <= _LONGEST_VALUE else f"~{_digest(word)}"


def _fit(word: str) -> str:
    if set(word) <= _IN_NAMES | {"~"} and len(word) <= _LONGEST_WORD:
        return word
    kept = "".join(one if one in _IN_NAMES else "-" for one in word.lower())
    return f"{kept[:_LONGEST_WORD]}~{_digest(word)}"


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
