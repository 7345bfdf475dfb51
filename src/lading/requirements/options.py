"""The options that a requirements file may hold: pip's, as far as they say what to install."""

from __future__ import annotations

import posixpath
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lading.grammar.invalid import Invalid
from lading.grammar.login_form import index_hint
from lading.grammar.nearest import did_you_mean
from lading.grammar.requirement import parse_package_name
from lading.grammar.url import has_credentials, parse_index_url
from lading.grammar.words import no_control, shown
from lading.requirements.model import Indexes, SourcedUrl

if TYPE_CHECKING:
    from lading.errors import Location

__all__ = ["Option", "Options", "find_links_place", "split_options"]

_SHORT = {
    "-r": "--requirement",
    "-c": "--constraint",
    "-i": "--index-url",
    "-f": "--find-links",
    "-e": "--editable",
    "-C": "--config-settings",
}
_ALIASES = {"--pypi-url": "--index-url", "--config-setting": "--config-settings"}
_WITH_VALUE = {
    "--requirement",
    "--constraint",
    "--index-url",
    "--extra-index-url",
    "--find-links",
    "--no-binary",
    "--only-binary",
}
_FLAGS = {"--no-index", "--pre", "--require-hashes"}
_REFUSED = {
    "--trusted-host": "hand in the host's CA certificate with --ca-bundle instead",
    "--config-settings": "it is not supported; build a wheel, and list ./wheels/<name>.whl",
    "--global-option": "it is not supported; build a wheel, and list ./wheels/<name>.whl",
    "--install-option": "it is not supported; build a wheel, and list ./wheels/<name>.whl",
    "--prefer-binary": "leave it out, or name the packages: --only-binary name",
    "--use-feature": "leave it out",
    "--hash": "a hash follows its requirement, on the same line or after a `\\`",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option: its long name, its value (empty for a flag), and the name as written."""

    name: str
    value: str
    written: str


def split_options(text: str) -> tuple[Option, ...]:
    """Read a line that begins with an option; pip allows many on a line.

    Raises:
        Invalid: An option is unknown or not supported, or a value is missing.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        raise Invalid("a quotation mark is not closed") from None
    found = []
    while words:
        found.append(_take_option(words))
    return tuple(found)


def _take_option(words: list[str]) -> Option:
    written, equals, value = _split_word(words.pop(0))
    name = _SHORT.get(written, _ALIASES.get(written, written))
    if name == "--editable":
        folder = value if equals else " ".join(words)
        hint = f"an image holds a copy, nothing editable: write {shown(folder or './folder')}"
        raise Invalid(f"the option {written} is not supported", hint=hint)
    if name in _REFUSED:
        raise Invalid(f"the option {written} is not supported", hint=_REFUSED[name])
    if name in _FLAGS:
        if equals:
            raise Invalid(f"the option {written} takes no value", hint=f"write {written}")
        return Option(name=name, value="", written=written)
    if name not in _WITH_VALUE:
        known = sorted({*_WITH_VALUE, *_FLAGS})
        hint = did_you_mean(name, known) or f"it takes {', '.join(known)}"
        raise Invalid(f"unknown option {shown(written)}", hint=hint)
    if not equals:
        value = words.pop(0) if words else ""
    if not value:
        raise Invalid(f"the option {written} has no value")
    return Option(name=name, value=value, written=written)


def _split_word(word: str) -> tuple[str, bool, str]:
    if word.startswith("--"):
        written, equals, value = word.partition("=")
        return written, bool(equals), value
    # `-rbase.txt` is `-r base.txt`.
    return word[:2], len(word) > len("-r"), word[2:]


@dataclass(slots=True, kw_only=True)
class Options:
    """What the options that were read so far come to."""

    default: SourcedUrl | None = None
    extra: dict[str, SourcedUrl] = field(default_factory=dict)
    find_links: dict[str, SourcedUrl] = field(default_factory=dict)
    no_index: bool = False
    no_binary: set[str] = field(default_factory=set)
    only_binary: set[str] = field(default_factory=set)
    pre: bool = False

    def indexes(self) -> Indexes:
        """Where distributions are looked for."""
        return Indexes(
            default=self.default,
            extra=tuple(self.extra.values()),
            find_links=tuple(self.find_links.values()),
            no_index=self.no_index,
        )

    def apply(self, option: Option, location: Location, folder: str) -> None:
        """Take one option in.

        Raises:
            Invalid: Its value is invalid, or contradicts what another line says.
        """
        match option.name:
            case "--index-url":
                self._set_default(SourcedUrl(url=parse_index_url(option.value), location=location))
            case "--extra-index-url":
                url = parse_index_url(option.value)
                self.extra.setdefault(url, SourcedUrl(url=url, location=location))
            case "--find-links":
                url = find_links_place(option.value, folder)
                self.find_links.setdefault(url, SourcedUrl(url=url, location=location))
            case "--no-binary":
                _choose(self.no_binary, self.only_binary, option.value)
            case "--only-binary":
                _choose(self.only_binary, self.no_binary, option.value)
            case "--no-index":
                self.no_index = True
            case "--pre":
                self.pre = True
            case _:
                # --require-hashes: a lock holds hashes in any case, and its install checks them.
                pass

    def _set_default(self, found: SourcedUrl) -> None:
        if self.default is None:
            self.default = found
        elif self.default.url != found.url:
            # pip would let the last one win in silence.
            hint = "keep one, and write the other as --extra-index-url"
            message = f"another --index-url than that of {self.default.location}"
            raise Invalid(message, hint=hint)


def _choose(chosen: set[str], other: set[str], value: str) -> None:
    # As pip: the later option wins for the names it lists, and `:none:` empties its own list.
    for name in filter(None, (part.strip() for part in value.split(","))):
        if name == ":all:":
            other.clear()
            chosen.clear()
            chosen.add(name)
        elif name == ":none:":
            chosen.clear()
        elif ":all:" not in chosen:
            normalized = parse_package_name(name)
            chosen.add(normalized)
            other.discard(normalized)


def find_links_place(value: str, folder: str) -> str:
    """Where links are found: a page's URL, or the path of a folder of the project.

    Args:
        value: As written.
        folder: The project's folder that a path starts from.

    Raises:
        Invalid: It has credentials in it, or is not in the project.
    """
    no_control(value, "--find-links")
    if re.match(r"https?://", value):
        if has_credentials(value):
            hint = f"a page of links has no login, an index has: {index_hint(value)}"
            raise Invalid(f"--find-links {shown(value)} holds credentials", hint=hint)
        return value
    joined = posixpath.normpath(posixpath.join(folder, value))
    if ":" in value or "\\" in value or joined.startswith(("/", "~", "../")) or joined == "..":
        hint = "name a folder of the project, or an https:// page of links"
        raise Invalid(f"--find-links {shown(value)} is not in the project", hint=hint)
    return joined
