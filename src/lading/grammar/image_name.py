"""What the images of a project, and variants of one, are called."""

from __future__ import annotations

import re
from typing import Final

from lading.grammar.words import expect_text

__all__ = ["IMAGE_NAME", "IMAGE_NAME_FORM", "LONGEST_LABEL", "is_image_name"]

LONGEST_IMAGE_NAME: Final = 64
"""In bytes. A lock is called after an image, its variant and its parameters, and file systems take
255 for all of that, with what is added while it is written."""

LONGEST_LABEL: Final = len(".") + 2 * LONGEST_IMAGE_NAME
"""In bytes: an image, and a variant of it."""

IMAGE_NAME: Final = rf"[A-Za-z0-9](?:[A-Za-z0-9._-]{{0,{LONGEST_IMAGE_NAME - 2}}}[A-Za-z0-9])?"
"""The pattern of a name: it is a part of the name of a file, and of image references."""

IMAGE_NAME_FORM: Final = (
    f"letters and digits, with - . _ between them, {LONGEST_IMAGE_NAME} at most"
)


def is_image_name(text: str) -> bool:
    """Whether an image, or a variant of one, may be called so.

    Raises:
        Invalid: It is no text.
    """
    return re.fullmatch(IMAGE_NAME, expect_text("name", text)) is not None
