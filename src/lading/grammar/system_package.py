"""Names of system packages, by the grammar of each distro family (CASES R3).

A word that passes here is one word to a POSIX shell and no option to a package manager. Of what has
a meaning to the shell, only a final `*` in a Debian version is let through, since apt needs it; the
serializer quotes it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from lading.grammar.invalid import Invalid
from lading.grammar.words import expect_text, shown

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AUTO", "name_in", "parse_any_system_package", "parse_system_package"]

AUTO = "auto"
"""Stands for the packages with what Python packages need and the image would lack; no distribution
has a package of that name."""

# Debian Policy 5.6.1 and 5.6.7: at least two of a-z 0-9 + - ., the first a letter or digit. A final
# "-" is refused: apt reads "name-" as "remove name". The architecture is Policy 11.1's, the version
# 5.6.12's ([epoch:]upstream[-revision]), in which apt takes a final "*" for any rest.
_DEBIAN = (
    r"[a-z0-9][a-z0-9+.-]*[a-z0-9+.]"
    r"(?::[a-z0-9]+(?:-[a-z0-9]+)*)?"
    r"(?:=[0-9][A-Za-z0-9.+~:-]*\*?)?"
)

# apk-world(5): a name, and "=" for a version or "~" for the start of one. Ranges (">", "<") are no
# pins, and redirections to a shell that sees them unquoted; both are left out on purpose, as are
# "@tag" (a repository that the image has not got), "!name" and virtual names (".name").
_ALPINE_VERSION = (
    r"[0-9]+(?:\.[0-9]+)*[a-z]?(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*(?:-r[0-9]+)?"
)
_ALPINE = rf"[A-Za-z0-9](?:[A-Za-z0-9+._-]*[A-Za-z0-9+_])?(?:[=~]{_ALPINE_VERSION})?"

# dnf's NEVRA forms: name, name.arch, name-[epoch:]version[-release][.arch]. In rpm's own grammar
# names and versions may both have "-" and ".", so only the epoch can be told apart without a
# repository. Globs, groups ("@name"), files and "name(capability)" are left out.
_REDHAT = (
    r"[A-Za-z0-9](?:[A-Za-z0-9+._-]*[A-Za-z0-9+_])?"
    r"(?:-[0-9]+:[0-9][A-Za-z0-9+._~^-]*|[~^][A-Za-z0-9+._~^-]+)?(?<!-)"
)

# A package manager takes a word that ends like this for a file.
_FILE_SUFFIXES = (".deb", ".apk", ".rpm")


class _Family(NamedTuple):
    pattern: str
    pin: str  # how name and version are joined


_FAMILIES = {
    "debian": _Family(_DEBIAN, "="),
    "alpine": _Family(_ALPINE, "="),
    "redhat": _Family(_REDHAT, "-"),
}


def parse_system_package(text: str, family: str) -> str:
    """`text`, a package's name with a version or an architecture where that family has them.

    Args:
        text: Such as `libgomp1`, `libstdc++6:amd64`, `libfoo=1.2*` (debian), `py3-numpy~1.26`
            (alpine), `glibc-2.34.x86_64` (redhat).
        family: `debian`, `alpine` or `redhat`.

    Raises:
        Invalid: It is outside that family's grammar.
        KeyError: There is no such family; that is the caller's mistake, not the user's.
    """
    known = _FAMILIES[family]
    expect_text("system package", text)
    if not _is_valid(text, known):
        raise Invalid(
            f"system package {shown(text)} is not a valid {family} package name",
            hint=_hint(text, known),
        )
    return text


def parse_any_system_package(text: str) -> str:
    """`text`, a package's name in at least one family: for while the distro is not known yet.

    Raises:
        Invalid: It is outside every family's grammar.
    """
    expect_text("system package", text)
    families = _FAMILIES.values()
    if not any(_is_valid(text, family) for family in families):
        hints = (_hint(text, family) for family in families)
        raise Invalid(
            f"system package {shown(text)} is not a valid package name",
            hint=next((hint for hint in hints if hint), None),
        )
    return text


def _is_valid(text: str, family: _Family) -> bool:
    return re.fullmatch(family.pattern, text) is not None and not text.endswith(_FILE_SUFFIXES)


def _hint(text: str, family: _Family) -> str | None:
    return next((hint for rule in _RULES if (hint := rule(text, family))), None)


def _hint_at_option(text: str, _: _Family) -> str | None:
    return "options can't be given with a package" if text.startswith("-") else None


def _hint_at_words(text: str, family: _Family) -> str | None:
    words = [word for word in re.split(r"[\s,]+", text) if word]
    if len(words) < 2 or not all(_is_valid(word, family) for word in words):  # noqa: PLR2004
        return None
    return f"write each on its own: {', '.join(shown(word) for word in words)}"


def _hint_at_file(text: str, _: _Family) -> str | None:
    if text.endswith(_FILE_SUFFIXES):
        return "name a package of the distro; a file goes in by build_include and run"
    return None


def _hint_at_removal(text: str, family: _Family) -> str | None:
    if text.endswith("-") and _is_valid(text.rstrip("-"), family):
        return f"a final '-' asks to remove a package; write {shown(text.rstrip('-'))}"
    return None


def _hint_at_version(text: str, family: _Family) -> str | None:
    match = re.fullmatch(
        r"([A-Za-z0-9+.:-]+?)\s*(==?|[<>~!]=|[<>~@/])\s*([A-Za-z0-9.+~:*-]+)", text
    )
    if match is None:
        return None
    pinned = f"{match[1]}{family.pin}{match[3]}"
    if match[2] in ("=", "==", "@") and _is_valid(pinned, family):
        return f"write {shown(pinned)}"
    return f"name the package alone, or one version of it: {shown(f'{match[1]}{family.pin}1.2')}"


def _hint_at_case(text: str, family: _Family) -> str | None:
    lower = text.strip().lower()
    return f"did you mean {shown(lower)}?" if _is_valid(lower, family) else None


_RULES: tuple[Callable[[str, _Family], str | None], ...] = (
    _hint_at_option,
    _hint_at_words,
    _hint_at_file,
    _hint_at_removal,
    _hint_at_version,
    _hint_at_case,
)


def name_in(word: str) -> str:
    """The name that a word of Debian's says, without an architecture and a version."""
    return word.partition("=")[0].partition(":")[0]
