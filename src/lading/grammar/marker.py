"""Environment markers (PEP 508): read, combined, negated, and decided in part.

A marker is kept as its canonical text. Nothing here knows an environment.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from lading.grammar.invalid import Invalid
from lading.grammar.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["all_of", "any_of", "check_depth", "comparisons", "decided", "negated", "parse_marker"]

# `("and" | "or", parts)`, a comparison, or what a comparison was decided to be.
_Comparison: TypeAlias = tuple[str, str, str]
_Tree: TypeAlias = "tuple[str, tuple[_Tree, ...]] | _Comparison | bool"

_LONGEST = 8_192
_DEEPEST = 32
_WORD = r"\"[^\"]*\"|'[^']*'|[()]|not\s+in\b|[<>=!~]+|\w+"
_OPPOSITE = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "in": "not in",
    "not in": "in",
}
_MOST_COMPARISONS = 8  # 256 cases


def parse_marker(text: str) -> str:
    """The canonical form of a marker.

    Raises:
        Invalid: It is none, or nested deeper than any that a person writes.
    """
    from packaging.markers import InvalidMarker, Marker  # noqa: PLC0415 - 20 ms

    check_depth(text)
    try:
        return str(Marker(text))
    except InvalidMarker as error:
        reason = str(error).partition("\n")[0]
        message = f"{shown(text)} is not a marker: {reason[:1].lower()}{reason[1:]}"
        raise Invalid(message) from None


def check_depth(text: str) -> None:
    """Refuse a marker that a reader which calls itself would not come to an end with.

    Raises:
        Invalid: It is too long, or has too many parentheses in each other.
    """
    depth = deepest = 0
    for char in text:
        depth += (char == "(") - (char == ")")
        deepest = max(deepest, depth)
    if deepest > _DEEPEST or len(text) > _LONGEST:
        raise Invalid(f"{shown(text)} is too long or too deeply nested")


def all_of(*markers: str | None) -> str | None:
    """The marker that holds where all of these do; None, in and out, is one that always does."""
    found = [f"({marker})" for marker in dict.fromkeys(markers) if marker is not None]
    return parse_marker(" and ".join(found)) if found else None


def any_of(markers: Iterable[str]) -> str:
    """The marker that holds where any of these does."""
    return parse_marker(" or ".join(f"({marker})" for marker in markers))


def negated(marker: str) -> str:
    """The marker that holds where `marker` does not.

    Raises:
        Invalid: It compares with `===`, which has no opposite.
    """
    return parse_marker(_text(_negated(_tree(marker))))


def decided(marker: str, lists: Mapping[str, Iterable[str]] | None = None) -> str | bool:
    """What is left of a marker once what can be decided in it is decided.

    Args:
        marker: A marker.
        lists: By name, the members of variables that are lists: `extras`, `dependency_groups`.

    Returns:
        True or False where nothing is left: it then holds everywhere, or nowhere.
    """
    sets = {name: frozenset(members) for name, members in (lists or {}).items()}
    tree = _decided(_tree(marker), sets)
    if isinstance(tree, bool):
        return tree
    return parse_marker(_text(tree)) if _can_hold(tree) else False


def comparisons(marker: str) -> Iterator[tuple[str, str, str]]:
    """What a marker compares with what, as it is written: `("python_version", "<", '"3.12"')`."""
    yield from _leaves(_tree(marker))


def _leaves(tree: _Tree) -> Iterator[_Comparison]:
    match tree:
        case (str(), tuple(parts)):
            for part in parts:
                yield from _leaves(part)
        case (str(left), str(operator), str(right)):
            yield left, operator, right
        case _:
            pass


def _tree(marker: str) -> _Tree:
    tokens = re.findall(_WORD, marker)
    tokens.reverse()
    return _read_or(tokens)


def _read_or(tokens: list[str]) -> _Tree:
    parts = [_read_and(tokens)]
    while tokens and tokens[-1] == "or":
        tokens.pop()
        parts.append(_read_and(tokens))
    return parts[0] if len(parts) == 1 else ("or", tuple(parts))


def _read_and(tokens: list[str]) -> _Tree:
    parts = [_read_one(tokens)]
    while tokens and tokens[-1] == "and":
        tokens.pop()
        parts.append(_read_one(tokens))
    return parts[0] if len(parts) == 1 else ("and", tuple(parts))


def _read_one(tokens: list[str]) -> _Tree:
    first = tokens.pop()
    if first == "(":
        inner = _read_or(tokens)
        tokens.pop()
        return inner
    operator = " ".join(tokens.pop().split())
    return (first, operator, tokens.pop())


def _text(tree: _Tree) -> str:
    match tree:
        case (str(joined), tuple(parts)):
            return f" {joined} ".join(f"({_text(part)})" for part in parts)
        case (str(left), str(operator), str(right)):
            return f"{left} {operator} {right}"
        case _:
            raise AssertionError(tree)


def _negated(tree: _Tree) -> _Tree:
    match tree:
        case (str(joined), tuple(parts)):
            return ("or" if joined == "and" else "and", tuple(map(_negated, parts)))
        case (str(left), "~=", str(right)):
            # PEP 440: `~= 2.2` is `>= 2.2, == 2.*`.
            series = f"{right[:-1].rpartition('.')[0]}.*{right[-1]}"
            return ("or", ((left, "<", right), (left, "!=", series)))
        case (str(left), str(operator), str(right)):
            if operator not in _OPPOSITE:
                raise Invalid(f"not supported: a marker that compares with {operator}")
            return (left, _OPPOSITE[operator], right)
        case _:
            return not tree


def _decided(tree: _Tree, lists: Mapping[str, frozenset[str]]) -> _Tree:
    match tree:
        case (str(joined), tuple(parts)):
            return _joined(joined, [_decided(part, lists) for part in parts])
        case (str(left), "in" | "not in" as operator, str(right)) if right in lists:
            return (left[1:-1] in lists[right]) == (operator == "in")
        case _:
            return tree


def _joined(joined: str, parts: list[_Tree]) -> _Tree:
    ends = joined == "or"  # what one part decides for all
    if ends in parts:
        return ends
    left = tuple(part for part in parts if not isinstance(part, bool))
    if not left:
        return not ends
    return left[0] if len(left) == 1 else (joined, left)


def _can_hold(tree: _Tree) -> bool:
    """Whether some answers to its comparisons make it hold; True where that is too much to try."""
    asked = sorted(set(_asked(tree)))
    if len(asked) > _MOST_COMPARISONS:
        return True
    cases = product((True, False), repeat=len(asked))
    return any(_holds(tree, dict(zip(asked, case, strict=True))) for case in cases)


def _asked(tree: _Tree) -> Iterator[_Comparison]:
    return (_positive(one)[0] for one in _leaves(tree))


def _positive(comparison: _Comparison) -> tuple[_Comparison, bool]:
    # A comparison and its opposite have one answer.
    left, operator, right = comparison
    other = _OPPOSITE.get(operator, operator)
    return (left, min(operator, other), right), operator <= other


def _holds(tree: _Tree, answers: Mapping[_Comparison, bool]) -> bool:
    match tree:
        case ("and", tuple(parts)):
            return all(_holds(part, answers) for part in parts)
        case ("or", tuple(parts)):
            return any(_holds(part, answers) for part in parts)
        case (str(), str(), str()):
            asked, straight = _positive(tree)
            return answers[asked] == straight
        case _:
            return bool(tree)
