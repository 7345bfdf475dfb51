"""The one error that every validator of a word raises."""

from __future__ import annotations

__all__ = ["Invalid"]


class Invalid(ValueError):
    """A word is outside its grammar.

    It knows nothing of where the word stands: whoever read the word adds that.

    Attributes:
        message: What is wrong, naming the word; lower case, one line.
        hint: The corrected form, where one can be guessed.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
