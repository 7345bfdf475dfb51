from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.errors import Problem, SpecificationError
from lading.requirements import RequirementSet, read_script
from lading.requirements.script import _blocks

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """\
#!/usr/bin/env -S uv run
\"\"\"Train.\"\"\"

# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "numpy>=2",
#
#   "six ; os_name == 'posix'",
# ]
# ///
import numpy
"""


def read(project: Path, text: str, path: str = "train.py") -> RequirementSet:
    (project / path).write_bytes(text.encode())
    return read_script(project, path)


def problem(project: Path, text: str, path: str = "train.py") -> Problem:
    with pytest.raises(SpecificationError) as raised:
        read(project, text, path)
    (found,) = raised.value.problems
    return found


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_r27_a_script_is_read_with_its_lines(tmp_path: Path, end: str, mark: str) -> None:
    found = read(tmp_path, mark + SCRIPT.replace("\n", end))
    assert [(str(each.requirement), str(each.location)) for each in found.requirements] == [
        ("numpy>=2", "train.py:7"),
        ('six ; os_name == "posix"', "train.py:9"),
    ]
    assert found.requires_python == ">=3.11"
    assert found.files == ("train.py",)


def test_r27_an_empty_block_asks_for_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "# /// script\n#\n# ///\n") == RequirementSet(files=("train.py",))


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("import numpy\n", "no metadata block", 1),
        ("# /// other\n# x = 1\n# ///\n", "no metadata block", 1),
        ("\n# /// script\n# x = 1\n", "does not end", 2),
        ("# /// script\n# x = 1\n\n# ///\n", "does not end", 1),
        ("# /// script\n# x\n# ///\n\n# /// script\n# x\n# ///\n", "a second", 5),
        ("\n# /// script\n#\n# x = \n# ///\n", "not valid TOML", 4),
        ("# /// script\n# dependencies = 'x'\n# ///\n", "not a list of strings", 2),
        ("# /// script\n# dependencies = [\n# 'a',\n# 'x=1']\n# ///\n", '"x=1"', 4),
        ("# /// script\n# requires-python = '3,11'\n# ///\n", "requires-python", 2),
    ],
)
def test_r27_what_is_wrong_in_a_block_is_told_with_its_line(
    tmp_path: Path, text: str, message: str, line: int
) -> None:
    found = problem(tmp_path, text)
    assert message in found.message
    assert str(found.location) == f"train.py:{line}"


@pytest.mark.parametrize("path", ["r.txt", "pyproject.toml", "uv.lock", "setup.py"])
def test_a_file_of_another_kind_is_answered_with_the_right_call(tmp_path: Path, path: str) -> None:
    assert problem(tmp_path, "six\n", path).hint


def test_a_missing_script_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "train.py").touch()
    with pytest.raises(SpecificationError, match=r"train\.py"):
        read_script(tmp_path, "trian.py")


# The regular expression that PEP 723 defines the format by.
REFERENCE = r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$"

texts = st.lists(
    st.sampled_from(["# /// script", "# /// a-1", "# ///", "#", "# x", "#x", "", "# /// ", "x"]),
    max_size=12,
)


@given(texts)
def test_blocks_are_what_the_reference_finds(lines: list[str]) -> None:
    text = "\n".join(lines)
    expected = [
        (
            text.count("\n", 0, match.start()) + 1,
            text.count("\n", 0, match.end()) + 1,
            match["type"],
        )
        for match in re.finditer(REFERENCE, text)
    ]
    assert _blocks(lines) == expected
