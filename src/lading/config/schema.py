"""The JSON Schema of a project file, for editors: made from the calls' own signatures and words."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from lading.config.calls import CALLS, FOR_PLATFORM, STEP_CALLS, argument_names, parameters
from lading.config.keys import (
    EXTENDS,
    FROM_IMAGE,
    MAIN,
    MERGE,
    NAME,
    NAMED,
    OUTSIDE_STEPS,
    PLATFORM,
    SET,
    STEPS,
    WITH_SET,
    WITHOUT,
)
from lading.distros import SUPPORTED
from lading.image import Image, secret
from lading.mirrors import REGISTRY_MIRRORS, URL_MIRRORS
from lading.project_file import SIGNED_ARCHIVES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["schema"]

Schema: TypeAlias = "dict[str, Any]"

_TEXT: Final[Schema] = {"type": "string"}
_FLAG: Final[Schema] = {"type": "boolean"}
_WORDS: Final[Schema] = {"type": "array", "items": _TEXT}
_TEXT_OR_NUMBER: Final[Schema] = {"type": ["string", "integer"]}
_TIME: Final[Schema] = {"type": ["string", "number"]}
_TABLE: Final[Schema] = {"type": "object", "additionalProperties": _TEXT}
_SECRET: Final[Schema] = {"$ref": "#/$defs/secret"}

# By annotation as it is written, so that an argument of another type is a KeyError, and a failing
# test, until somebody says what a project file can hold for it.
_TYPES: Final[Mapping[str, Schema]] = {
    "bool": _FLAG,
    "bool | None": _FLAG,
    "str": _TEXT,
    "str | None": _TEXT,
    "int | None": {"type": "integer"},
    "int | str": _TEXT_OR_NUMBER,
    "str | int": _TEXT_OR_NUMBER,
    "str | float | timedelta | None": _TIME,
    "Sequence[str]": _WORDS,
    "Sequence[str] | None": _WORDS,
    "Secret | str | None": _SECRET,
    "Sequence[Secret | str]": {"type": "array", "items": _SECRET},
    "Mapping[str, str] | None": _TABLE,
    "Mapping[str, str | None] | None": _TABLE,
    "Mapping[str, Sequence[str]] | None": {"type": "object", "additionalProperties": _WORDS},
}

_UID: Final[Schema] = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
        {"type": "string", "pattern": "^(0|[1-9][0-9]{0,9})$"},
    ]
}
_PORT: Final[Schema] = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": 65535},
        {"type": "string", "pattern": "^[1-9][0-9]{0,4}(/(tcp|udp|sctp))?$"},
    ]
}

# What an argument's type does not tell, by the call's name and the argument's.
_NARROWER: Final[Mapping[tuple[str, str], Schema]] = {
    ("user", "uid"): _UID,
    ("user", "group"): _UID,
    ("expose", "ports"): _PORT,
}
_MAY_BE_EMPTY: Final = frozenset({"build_include", "expose", "volume"})
"""The calls of several words that may have none."""

_URL: Final = {"type": "string", "format": "uri", "pattern": "^https?://"}
_MIRRORS: Final[Schema] = {
    "description": "Where things are fetched from in place of where they come from.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(URL_MIRRORS, _URL),
        REGISTRY_MIRRORS: _TABLE,
    },
}


_ARCHIVE: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "keyring": {"description": "The keys that sign it, in the project.", **_TEXT},
        "unsigned": {"description": "Whether nobody signs it.", **_FLAG},
    },
    "not": {"required": ["keyring", "unsigned"]},
}
_ARCHIVES: Final[Schema] = {
    "description": "Whose word counts for archives of Debian packages.",
    "type": "object",
    "additionalProperties": False,
    "properties": dict.fromkeys(SIGNED_ARCHIVES, _ARCHIVE),
}

_IN_CODE: Final[Schema] = {"type": "string", "pattern": ":"}
_TOGETHER: Final[Schema] = {
    "dependentSchemas": {
        SET: {"anyOf": [{"properties": {one: _IN_CODE}, "required": [one]} for one in WITH_SET]}
    }
    | {one: {"properties": dict.fromkeys(sorted(others), False)} for one, others in WITHOUT.items()}
}
"""Which keys stand beside which."""


def schema() -> Schema:
    """The schema of a `lading.toml`, and of `[tool.lading]` (JSON Schema, draft 2020-12)."""
    named = {
        "description": "Images by name: a reference to one in code, or a description.",
        "type": "object",
        "propertyNames": {"not": {"const": MAIN}, "pattern": f"^{NAME}$"},
        "additionalProperties": {"oneOf": [_TEXT, {"$ref": "#/$defs/image"}]},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Lading",
        "description": "A lading.toml, or [tool.lading] of a pyproject.toml.",
        **_closed(_image_keys() | {NAMED: named, "archives": _ARCHIVES, "mirrors": _MIRRORS}),
        **_TOGETHER,
        "$defs": {
            "image": _closed(_image_keys()) | _TOGETHER,
            "secret": _secret(),
            **_call_definitions(),
        },
    }


def _closed(properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    found = {"type": "object", "additionalProperties": False, "properties": dict(properties)}
    lacking = list(required)
    return found | {"required": lacking} if lacking else found


def _image_keys() -> dict[str, Schema]:
    said = _argument_texts(Image)
    arguments = {
        one.name: _typed(one) | _described(said.get(one.name)) | _suggested(one.name)
        for one in parameters("__init__")
    }
    references = {
        MAIN: {"description": "An image in code: module:attribute."} | _IN_CODE,
        EXTENDS: {
            "description": "What to add to: an image's name, or module:attribute.",
            **_TEXT,
        },
        FROM_IMAGE: {
            "description": "What to build on, with all of its layers: an image's name, or "
            "module:attribute.",
            **_TEXT,
        },
        MERGE: {
            "description": "What else is in it: images' names, or module:attribute.",
            "anyOf": [_TEXT, {**_WORDS, "minItems": 1}],
        },
        SET: {
            "description": "What the parameters of that image in code are, where it is a function.",
            "type": "object",
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        },
    }
    calls = {name: {"$ref": f"#/$defs/{name}"} for name in OUTSIDE_STEPS}
    return references | arguments | calls | {STEPS: _steps()}


def _steps() -> Schema:
    each = [_closed({name: {"$ref": f"#/$defs/{name}"}}, required=[name]) for name in STEP_CALLS]
    return {
        "description": "Calls in their order, one in each table; they come after all other keys.",
        "type": "array",
        "items": {"oneOf": each},
    }


def _suggested(name: str) -> Schema:
    return {"examples": sorted(map(str, SUPPORTED))} if name == "distro" else {}


def _call_definitions() -> dict[str, Schema]:
    return {name: _call(name) for name in CALLS} | {FOR_PLATFORM: _for_platform()}


def _for_platform() -> Schema:
    """The one call whose argument is a function, for which a file has the steps that it adds."""
    about = getattr(Image, FOR_PLATFORM)
    words = {**_WORDS, "minItems": 1}
    platform = {"anyOf": [_TEXT, words]} | _described(_argument_texts(about)[PLATFORM])
    table = _closed({PLATFORM: platform, STEPS: _steps()}, required=[PLATFORM, STEPS])
    return table | _described(_first_sentence(about))


def _call(name: str) -> Schema:
    about = getattr(Image, name)
    forms = _one_call(name, _argument_texts(about))
    several = {"type": "array", "items": forms[-1], "minItems": 1}
    return {"anyOf": [*forms, several]} | _described(_first_sentence(about))


def _one_call(name: str, said: Mapping[str, str]) -> list[Schema]:
    """How one call may be written; the last is a table."""
    takes = parameters(name)
    first = takes[0]
    if first.kind is first.POSITIONAL_ONLY:
        return [_typed(first)]
    forms = [_narrowed(name, first) | {"minLength": 1}, _several(name, first)]
    if first.default is not first.empty:
        forms.append({"const": True})
    by_name = {one.name: _in_table(name, one) for one in takes if one.kind is not one.VAR_KEYWORD}
    named = {
        other: by_name.get(other, _WORDS) | _described(said.get(other))
        for other in argument_names(takes)
    }
    return [*forms, _closed(named, required=_required(name, takes)) | _fewest(name, takes)]


def _required(name: str, takes: Sequence[inspect.Parameter]) -> list[str]:
    first = takes[0]
    if first.default is not first.empty:
        return []
    if first.kind is first.VAR_POSITIONAL:
        return [] if name in _MAY_BE_EMPTY or _takes_distros(takes) else [first.name]
    return [one.name for one in takes if one.kind is one.POSITIONAL_OR_KEYWORD]


def _fewest(name: str, takes: Sequence[inspect.Parameter]) -> Schema:
    """Of words for each distribution it is enough that there are some for one."""
    return {"minProperties": 1} if _takes_distros(takes) and name not in _MAY_BE_EMPTY else {}


def _takes_distros(takes: Sequence[inspect.Parameter]) -> bool:
    return any(one.kind is one.VAR_KEYWORD for one in takes)


def _several(name: str, one: inspect.Parameter) -> Schema:
    fewest = {} if name in _MAY_BE_EMPTY else {"minItems": 1}
    return {"type": "array", "items": _narrowed(name, one), **fewest}


def _in_table(name: str, one: inspect.Parameter) -> Schema:
    single = _narrowed(name, one)
    return {"anyOf": [single, _several(name, one)]} if one.kind is one.VAR_POSITIONAL else single


def _narrowed(name: str, one: inspect.Parameter) -> Schema:
    return dict(_NARROWER.get((name, one.name), _typed(one)))


def _secret() -> Schema:
    takes = tuple(inspect.signature(secret).parameters.values())
    said = _argument_texts(secret)
    table = _closed(
        {one.name: _typed(one) | _described(said.get(one.name)) for one in takes}, required=["id"]
    )
    return {"anyOf": [_TEXT, table]}


def _typed(one: inspect.Parameter) -> Schema:
    return dict(_TYPES[one.annotation])


def _described(text: str | None) -> Schema:
    return {"description": text} if text else {}


def _first_sentence(about: object) -> str | None:
    text = inspect.getdoc(about)
    return text.partition("\n")[0] if text else None


def _argument_texts(about: object) -> dict[str, str]:
    """What a docstring says of each argument, under `Args:`."""
    text = inspect.getdoc(about) or ""
    found = re.search(r"^Args:\n((?:[ ]{4}.*\n|\n)*)", f"{text}\n", re.MULTILINE)
    if not found:
        return {}
    parts = re.split(r"^ {4}\*{0,2}(\w+): ", found[1], flags=re.MULTILINE)[1:]
    return {
        name: " ".join(said.split()) for name, said in zip(parts[::2], parts[1::2], strict=True)
    }
