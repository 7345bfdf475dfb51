"""`docker-bake.json`: frozen folders as the targets of one `docker buildx bake`.

Source: Docker's Bake file reference. A string in it is a template of HCL's, also in JSON ("HCL JSON
Expressions"), so that `${` and `%{` are written twice as long; the name of a target has letters,
digits, `-` and `_` alone.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from lading.trees import MADE_BY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = ["BAKE_FILE", "BakeBase", "BakeTarget", "bake_file", "is_own"]

BAKE_FILE: Final = "docker-bake.json"
"""What buildx looks for where nobody names a file."""

_COMMENT: Final = "//"
_MARK: Final = f'{{\n  "{_COMMENT}": "{MADE_BY}'.encode()

_DEFAULT: Final = "default"
_DIGITS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class BakeBase:
    """A base that is built first.

    Attributes:
        name: What images on it say in their `FROM`; one name is one base, for one platform.
        context: Its folder, from the file's own.
        file: Its Dockerfile, in there.
        target: The stage that it is; the last one where None.
        build_args: Names and values of its build arguments.
    """

    name: str
    context: str
    file: str
    target: str | None = None
    build_args: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BakeTarget:
    """A frozen image for one platform.

    Attributes:
        image: What the image is called.
        platform: What it is for.
        context: The folder, from the file's own.
        tags: What the built image is called.
        secrets: The ids of the secrets that its build takes.
        ssh: Whether it takes the ssh agent of whoever builds.
        base: What it is built on, where that has to be built too.
    """

    image: str
    platform: str
    context: str
    tags: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    ssh: bool = False
    base: BakeBase | None = None


def bake_file(targets: Sequence[BakeTarget]) -> str:
    """The file that builds these: all of them by default, those of an image by its name.

    A base of several is built once.
    """
    on_bases = {one.base.name: (one.base, one.platform) for one in reversed(targets) if one.base}
    words = _words(
        {*(_word_for(one) for one in targets), *(one.image for one in targets), *on_bases}
    )
    named = {words[_word_for(one)]: one for one in targets}
    groups: dict[str, list[str]] = {_DEFAULT: list(named)}
    for name, one in named.items():
        groups.setdefault(words[one.image], []).append(name)
    content = {
        _COMMENT: f"{MADE_BY}: changes belong in the Images that this was made from.",
        "group": {name: {"targets": sorted(members)} for name, members in groups.items()},
        "target": {name: _target(one, words) for name, one in named.items()}
        | {words[name]: _base(*made) for name, made in on_bases.items()},
    }
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def is_own(path: Path) -> bool:
    """Whether it is a file that `bake_file` has made, and so may be replaced."""
    try:
        if path.is_symlink() or not path.is_file():  # a pipe would be waited for, and for ever
            return False
        with path.open("rb") as file:
            return file.read(len(_MARK)) == _MARK
    except OSError:
        return False


def _word_for(target: BakeTarget) -> str:
    return f"{target.image}-{target.platform}"


def _words(names: Iterable[str]) -> Mapping[str, str]:
    """A word of its own for each name, that bake takes; `default` means all of them."""
    plain = {name: re.sub(r"[^a-zA-Z0-9_-]", "-", name) for name in names}
    used = [_DEFAULT, *plain.values()]
    return {
        name: word
        if used.count(word) == 1
        else f"{word}-{sha256(name.encode()).hexdigest()[:_DIGITS]}"
        for name, word in plain.items()
    }


def _target(target: BakeTarget, words: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {
        "context": _literal(target.context),
        "dockerfile": "Dockerfile",
        "platforms": [_literal(target.platform)],
    }
    if target.tags:
        found["tags"] = [_literal(one) for one in target.tags]
    if target.secrets:
        found["secret"] = [_literal(f"id={one}") for one in target.secrets]
    if target.ssh:
        found["ssh"] = ["default"]
    if target.base is not None:  # a name in FROM is another target in place of a registry's image
        found["contexts"] = {target.base.name: f"target:{words[target.base.name]}"}
    return found


def _base(base: BakeBase, platform: str) -> dict[str, object]:
    found: dict[str, object] = {
        "context": _literal(base.context),
        "dockerfile": _literal(base.file),
        "platforms": [_literal(platform)],
    }
    if base.target is not None:
        found["target"] = _literal(base.target)
    if base.build_args:
        found["args"] = {name: _literal(value) for name, value in base.build_args}
    return found


def _literal(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")
