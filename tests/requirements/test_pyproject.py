from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading.errors import Problem, SpecificationError
from lading.requirements import RequirementSet, read_pyproject

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """\
[project]
name = "My.Service"
requires-python = ">=3.11"
dependencies = [
  "fastapi==0.115.0",
  'x @ https://h.test/x.zip',
  "escaped; sys_platform == \\"linux\\"",
]

[project.optional-dependencies]
gpu = ["torch>=2"]
Web_UI = ["gradio", "fastapi==0.115.0"]
all = ["my-service[gpu,web-ui]"]

[dependency-groups]
test = ["pytest>8", {include-group = "Base_Tools"}]
base-tools = ["ruff"]

[tool.uv.sources]
unused = {path = "x"}
"""


def read(
    project: Path, text: str, *, extras: tuple[str, ...] = (), groups: tuple[str, ...] = ()
) -> RequirementSet:
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    return read_pyproject(project, extras=extras, groups=groups)


def problems(
    project: Path, text: str, *, extras: tuple[str, ...] = (), groups: tuple[str, ...] = ()
) -> tuple[Problem, ...]:
    with pytest.raises(SpecificationError) as raised:
        read(project, text, extras=extras, groups=groups)
    return raised.value.problems


def lines(found: RequirementSet) -> list[tuple[str, int]]:
    return [(each.requirement.text, each.location.line) for each in found.requirements]


def test_r27_dependencies_are_read_with_their_lines(tmp_path: Path) -> None:
    found = read(tmp_path, WHOLE)
    assert lines(found) == [
        ("fastapi==0.115.0", 5),
        ("x @ https://h.test/x.zip", 6),
        ('escaped ; sys_platform == "linux"', 7),
    ]
    assert found.requires_python == ">=3.11"
    assert found.files == ("pyproject.toml",)


def test_r27_extras_and_groups_are_added_once(tmp_path: Path) -> None:
    found = read(tmp_path, WHOLE, extras=("all", "GPU"), groups=("test", "base.tools"))
    assert lines(found)[3:] == [("torch>=2", 11), ("gradio", 12), ("pytest>8", 16), ("ruff", 17)]


def test_r27_a_file_in_a_folder_keeps_its_path(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "pyproject.toml").write_text(WHOLE)
    found = read_pyproject(tmp_path, "sub/pyproject.toml")
    assert found.requirements[0].location.file == "sub/pyproject.toml"


@pytest.mark.parametrize("text", ["[project]\nname='x'\n", "[project]\ndependencies = []\n"])
def test_r27_empty_is_the_empty_set(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == RequirementSet(files=("pyproject.toml",))


def test_r27_groups_need_no_project(tmp_path: Path) -> None:
    assert lines(read(tmp_path, "[dependency-groups]\na = ['six']\n", groups=("a",))) == [
        ("six", 2)
    ]


def test_r27_what_uv_knows_besides_is_no_hindrance(tmp_path: Path) -> None:
    text = (
        "[project]\ndependencies = ['x']\n[tool.uv]\npackage = false\n"
        "constraint-dependencies = ['y<2']\n"
        "[[tool.uv.index]]\nurl = 'https://h.test/s'\nexplicit = true\n"
    )
    found = read(tmp_path, text)
    assert [str(each.requirement) for each in found.constraints] == ["y<2"]


def test_no_project_table_is_an_error(tmp_path: Path) -> None:
    assert "no [project]" in problems(tmp_path, "[tool.x]\n")[0].message


def test_an_unknown_extra_or_group_is_answered_with_the_nearest(tmp_path: Path) -> None:
    first, second = problems(tmp_path, WHOLE, extras=("gpuu",), groups=("tests",))
    assert '"gpu"' in (first.hint or "")
    assert '"test"' in (second.hint or "")


def test_groups_that_include_each_other_are_refused(tmp_path: Path) -> None:
    text = "[dependency-groups]\na = [{include-group='b'}]\nb = [{include-group='a'}]\n"
    (problem,) = problems(tmp_path, text, groups=("a",))
    assert "a -> b -> a" in problem.message


def test_extras_that_name_each_other_end(tmp_path: Path) -> None:
    text = (
        "[project]\nname = 'p'\n[project.optional-dependencies]\n"
        "a = ['p[b]', 'x']\nb = ['p[a]', 'y']\n"
    )
    assert lines(read(tmp_path, text, extras=("a",))) == [("y", 5), ("x", 4)]


def test_two_names_that_are_one_are_refused(tmp_path: Path) -> None:
    text = "[dependency-groups]\na_b = ['x']\nA-B = ['y']\n"
    assert "one name" in problems(tmp_path, text, groups=("a-b",))[0].message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[project]\ndependencies = 'x'\n", "not a list of strings"),
        ("[project]\ndependencies = [1]\n", "not a list of strings"),
        ("[project]\nrequires-python = 'new'\n", "requires-python"),
        ("[project]\nname = '-'\n", "project.name"),
        ("[project]\noptional-dependencies = 1\n", "not a table"),
        ("[project]\ndependencies = ['./x.zip']\n", "PEP 508"),
        ("[project]\ndependencies = ['https://h.test/x.zip']\n", "PEP 508"),
        ("[project]\ndependencies = ['x=1']\n", '"x=1"'),
        ("[project\n", "not valid TOML"),
    ],
)
def test_what_is_malformed_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (problem,) = problems(tmp_path, text)
    assert message in problem.message
    assert problem.location is not None


@pytest.mark.parametrize(
    "text",
    [
        "project = 1\n",
        "tool = 1\n[project]\n",
        "[tool]\nuv = 1\n[project]\nname = 'x'\n",
        "[project]\nname = 1\ndynamic = 'x'\n",
        "[project]\nname = 'x'\n[tool.uv]\nconstraint-dependencies = 'x'\n",
        "[project]\nname = 'x'\n[tool.uv]\nsources = []\n",
        "[project.optional-dependencies]\n'é' = []\n",
        "[dependency-groups]\na = 'x'\n",
    ],
)
def test_no_shape_of_a_table_is_taken_for_granted(tmp_path: Path, text: str) -> None:
    with pytest.raises(SpecificationError):
        read(tmp_path, text, groups=("a",))


def test_an_item_of_a_group_that_is_no_requirement_is_refused(tmp_path: Path) -> None:
    text = "[dependency-groups]\na = [{include='b'}]\n"
    assert "no requirement" in problems(tmp_path, text, groups=("a",))[0].message


def test_all_problems_are_reported_together(tmp_path: Path) -> None:
    text = "[project]\ndependencies = [\n'x=1',\n'y',\n'z z',\n]\n"
    places = [str(problem.location) for problem in problems(tmp_path, text)]
    assert places == ["pyproject.toml:3", "pyproject.toml:5"]


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SpecificationError, match="does not exist"):
        read_pyproject(tmp_path)


def test_r30_credentials_are_never_shown(tmp_path: Path) -> None:
    text = "[project]\ndependencies = ['x @ https://u:hunter2@h.test/x.zip']\n"
    assert "hunter2" not in str(problems(tmp_path, text)[0])


def dynamic(project: Path, text: str, *, extras: tuple[str, ...] = ()) -> RequirementSet:
    (project / "r").mkdir()
    (project / "r" / "a.txt").write_text("# base\nsix \\\n  >1\n\n numpy # fine\n")
    (project / "r" / "b.txt").write_text("gradio\n")
    return read(project, f"[project]\nname = 'x'\n{text}", extras=extras)


def test_r27_dynamic_dependencies_in_files_are_read_as_setuptools_does(tmp_path: Path) -> None:
    text = (
        "dynamic = ['dependencies', 'optional-dependencies']\n[tool.setuptools.dynamic]\n"
        "dependencies = {file = ['r/a.txt']}\n"
        "optional-dependencies.My_ui = {file = 'r/b.txt'}\n"
        "[tool.uv.sources]\nsix = {path = 'six'}\n"
    )
    found = dynamic(tmp_path, text, extras=("my-ui",))
    assert lines(found) == [("six @ ./six", 2), ("numpy", 5), ("gradio", 1)]
    assert found.requirements[0].location.file == "r/a.txt"
    assert found.files == ("pyproject.toml", "r/a.txt", "r/b.txt")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "only its build backend"),
        ("[tool.setuptools.dynamic]\ndependencies = {attr = 'x.y'}\n", "only its build backend"),
        ("[tool.setuptools.dynamic]\ndependencies = {file = 'none.txt'}\n", "does not exist"),
        ("[tool.setuptools.dynamic]\ndependencies = {file = '../x.txt'}\n", "not in the project"),
        ("[tool.setuptools.dynamic]\ndependencies = 1\n", "only its build backend"),
        ("[tool.setuptools]\ndynamic = 1\n", "not a table"),
    ],
)
def test_r27_other_dynamic_dependencies_are_refused(
    tmp_path: Path, table: str, message: str
) -> None:
    text = f"[project]\nname = 'x'\ndynamic = ['dependencies']\n{table}"
    assert message in problems(tmp_path, text)[0].message


def test_r27_a_dynamic_file_holds_no_options(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text("-r other.txt\n")
    text = (
        "[project]\ndynamic = ['dependencies']\n"
        "[tool.setuptools.dynamic]\ndependencies = {file = 'r.txt'}\n"
    )
    (problem,) = problems(tmp_path, text)
    assert '"-r"' in problem.message
    assert str(problem.location) == "r.txt:1"


def test_r27_dynamic_extras_matter_only_where_one_is_asked_for(tmp_path: Path) -> None:
    text = "[project]\ndynamic = ['optional-dependencies']\n"
    assert read(tmp_path, text).requirements == ()
    assert "dynamic" in problems(tmp_path, text, extras=("a",))[0].message


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("[tool.poetry.dependencies]\nx = '^1'\n", "poetry export"),
        ("[tool.poetry]\nname = 'x'\n", "poetry export"),
        ("[project]\nname = 'x'\n[tool.poetry.dependencies]\nx = '^1'\n", "poetry export"),
        (
            "[project]\ndependencies = ['x']\n[tool.poetry.dependencies]\nx = {source = 'corp'}\n",
            "poetry export",
        ),
        (
            "[project]\ndependencies = ['x']\n[[tool.poetry.source]]\nname = 'corp'\n",
            "poetry export",
        ),
        ("[project]\ndependencies = ['x']\n[[tool.pdm.source]]\nname = 'corp'\n", "pdm export"),
    ],
)
def test_r27_what_only_another_tool_reads_is_refused_with_its_export(
    tmp_path: Path, text: str, command: str
) -> None:
    (problem,) = problems(tmp_path, text)
    assert command in (problem.hint or "")


def test_r27_poetry_may_package_what_project_declares(tmp_path: Path) -> None:
    text = (
        "[project]\ndependencies = ['x']\n[tool.poetry]\npackages = []\n"
        "[tool.poetry.dependencies]\npython = '^3.11'\n"
    )
    assert lines(read(tmp_path, text)) == [("x", 2)]


def test_a_group_dev_has_what_uv_once_called_so(tmp_path: Path) -> None:
    text = "[dependency-groups]\ndev = ['a']\n[tool.uv]\ndev-dependencies = ['b']\n"
    found = read(tmp_path, text, groups=("dev",))
    assert [each.requirement.text for each in found.requirements] == ["a", "b"]


def test_an_extra_of_ones_own_may_have_a_marker(tmp_path: Path) -> None:
    text = (
        "[project]\nname = 'p'\n[project.optional-dependencies]\n"
        "all = ['p[gpu] ; os_name == \"posix\"']\n"
        "gpu = ['a', 'b ; python_version < \"3.12\"']\n"
    )
    assert [text for text, _ in lines(read(tmp_path, text, extras=("all",)))] == [
        'a ; os_name == "posix"',
        'b ; python_version < "3.12" and os_name == "posix"',
    ]


@pytest.mark.parametrize("path", ["poetry.lock", "uv.lock", "r.txt", "train.py", "setup.cfg"])
def test_a_file_of_another_kind_is_answered_with_the_right_call(tmp_path: Path, path: str) -> None:
    with pytest.raises(SpecificationError) as raised:
        read_pyproject(tmp_path, path)
    assert raised.value.problems[0].hint


def test_r27_a_group_may_need_a_newer_python(tmp_path: Path) -> None:
    text = (
        "[project]\nrequires-python = '>=3.11'\n[dependency-groups]\nnew = ['a']\n"
        "[tool.uv.dependency-groups]\nnew = {requires-python = '>=3.13'}\n"
    )
    assert read(tmp_path, text).requires_python == ">=3.11"
    assert read(tmp_path, text, groups=("new",)).requires_python == ">=3.11,>=3.13"
