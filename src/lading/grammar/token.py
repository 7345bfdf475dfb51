"""Access tokens that are known by how they begin."""

from __future__ import annotations

import re

from lading.grammar.invalid import Invalid

__all__ = ["is_token", "refuse_token"]

# What each is called by is documented by who gives it out; the rest is long and of chance, unlike
# that of a name such as hf_token or pypi-upload-token.
_TOKEN = re.compile(
    r"gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{20,}|glpat-(?=.*\d)[\w.-]{16,}"
    r"|hf_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{16,}|pypi-AgE[\w-]{16,}"
    r"|sk-(?=.*\d)[\w-]{20,}|[sr]k_(?:live|test)_[A-Za-z0-9]{10,}"
    r"|A(?:KI|SI)A[A-Z0-9]{16}|xox[abeoprs]-(?=.*\d)[A-Za-z0-9-]{10,}|eyJ[\w-]{16,}\..*",
    re.DOTALL,
)
# In a longer text these stand for themselves, after `Bearer ` or `prefix-`; what is above is also
# how a name may go on: sk-SK, and all that begins with hf_.
_WITHIN = re.compile(
    r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{20,}"
    r"|glpat-(?=[\w.-]{0,60}\d)[\w.-]{16,}|hf_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{24,}"
    r"|pypi-AgE[\w-]{16,}|sk-(?:[a-z]{2,8}-)?(?=[A-Za-z0-9_]*\d)[A-Za-z0-9_]{20,}"
    r"|[sr]k_(?:live|test)_[A-Za-z0-9]{10,}|A(?:KI|SI)A[A-Z0-9]{16}"
    r"|xox[abeoprs]-(?=[A-Za-z0-9-]{0,60}\d)[A-Za-z0-9-]{10,}|eyJ[\w-]{16,999}\.[\w-]+)(?![A-Za-z0-9])",
    re.ASCII,
)


def is_token(text: str) -> bool:
    """Whether a text is an access token by its looks, or has one in it as a word."""
    return (_TOKEN.fullmatch(text.strip()) or _WITHIN.search(text)) is not None


def refuse_token(what: str, text: str) -> None:
    """Refuse an access token where a name is meant, without showing it.

    Args:
        what: What is meant: `secret id`.
        text: What stands there.

    Raises:
        Invalid: It is a token.
    """
    if is_token(text):
        raise Invalid(
            f"{what} is a token by its looks, and would be in what Lading writes",
            hint='name the variable that holds it: secret("HF_TOKEN")',
        )
