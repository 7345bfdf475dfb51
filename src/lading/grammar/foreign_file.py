"""Files in which other tools list requirements, and what to hand in instead of each."""

from __future__ import annotations

import re

from lading.grammar.invalid import Invalid
from lading.grammar.words import shown

__all__ = ["EXPORTS", "refuse_foreign_file"]

EXPORTS = {
    "poetry": "run `poetry export -f requirements.txt -o requirements.txt`",
    "pdm": "run `pdm export -o requirements.txt`",
    "pipenv": "run `pipenv requirements --hash > requirements.txt`",
    "conda": "run `pip list --format=freeze > requirements.txt` in that environment",
    "setuptools": "list them as dependencies in [project] of pyproject.toml, and call "
    ".pyproject_toml(), or run `uv pip compile setup.py -o requirements.txt`",
    "pixi": "run `pixi run pip list --format=freeze > requirements.txt`",
}
"""By tool, how its requirements get into a file that is read."""

# By the end of a path: the tool that alone reads such a file.
_TOOLS = (
    (r"poetry\.lock", "poetry"),
    (r"pdm\.lock", "pdm"),
    (r"Pipfile(\.lock)?", "pipenv"),
    (r"(environment|conda)[\w.-]*\.ya?ml|conda-lock\.ya?ml|.*\.conda-lock\.ya?ml", "conda"),
    (r"setup\.(py|cfg)", "setuptools"),
    (r"pixi\.(lock|toml)", "pixi"),
)
# The calls that read the others.
_CALLS = (
    (r"pylock(\.[^./]+)?\.toml", "requirements_file"),
    (r"pyproject\.toml", "pyproject_toml"),
    (r"uv\.lock", "uv_lock"),
    (r".*\.py", "script_requirements"),
    (r".*\.txt|requirements[\w.-]*\.in", "requirements_file"),
)


def refuse_foreign_file(path: str, call: str | None = None) -> None:
    """Refuse a file that another call reads, or none does.

    Args:
        path: Of the file; what is after its last `/` tells.
        call: The call that it was handed to; None where no file was meant at all.

    Raises:
        Invalid: It is one.
    """
    name = path.rstrip("/").rpartition("/")[2]
    tool = next((tool for pattern, tool in _TOOLS if re.fullmatch(pattern, name)), None)
    if tool is not None:
        then = "" if tool == "setuptools" else ', and call .requirements_file("requirements.txt")'
        raise Invalid(f"{shown(path)} is a file that is not read", hint=f"{EXPORTS[tool]}{then}")
    right = next((right for pattern, right in _CALLS if re.fullmatch(pattern, name)), None)
    if right is None or right == call:
        return
    if call is not None:
        raise Invalid(f"{shown(path)} is not for .{call}()", hint=f'.{right}("{path}")')
    if right != "script_requirements":  # web.py is a package
        raise Invalid(f"{shown(path)} is a file, not a requirement", hint=f'.{right}("{path}")')
