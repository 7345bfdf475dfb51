"""Patterns of grep, sed and the shell, matched in a time that is linear in the text."""

from __future__ import annotations

from lading.debs.patterns.globs import glob
from lading.debs.patterns.matching import Pattern
from lading.debs.patterns.nodes import Node, in_any_case, one_of, plain_text
from lading.debs.patterns.posix import regular_expression

__all__ = ["Node", "Pattern", "glob", "in_any_case", "one_of", "plain_text", "regular_expression"]
