from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading.errors import Problem, SpecificationError
from lading.requirements import RequirementSet, read_pyproject, read_script

if TYPE_CHECKING:
    from pathlib import Path

CORP = "[[tool.uv.index]]\nname = 'corp'\nurl = 'https://corp.test/simple'\nexplicit = true\n"


def write(project: Path, text: str, path: str = "pyproject.toml") -> None:
    file = project / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def declared(dependencies: str, sources: str, more: str = "") -> str:
    return f"[project]\ndependencies = [{dependencies}]\n[tool.uv.sources]\n{sources}\n{more}"


def read(
    project: Path,
    text: str,
    *,
    extras: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
    path: str = "pyproject.toml",
) -> RequirementSet:
    write(project, text, path)
    return read_pyproject(project, path, extras=extras, groups=groups)


def problem(project: Path, text: str, path: str = "pyproject.toml") -> Problem:
    with pytest.raises(SpecificationError) as raised:
        read(project, text, path=path)
    (found,) = raised.value.problems
    return found


def lines(found: RequirementSet) -> list[str]:
    return [each.requirement.text for each in found.requirements]


def test_r27_a_package_comes_from_the_index_that_its_source_names(tmp_path: Path) -> None:
    found = read(tmp_path, declared("'My_dep>1', 'six'", "my-dep = {index = 'corp'}", CORP))
    assert lines(found) == ["my-dep>1", "six"]
    assert [each.index for each in found.requirements] == ["https://corp.test/simple", None]
    assert found.indexes.extra == ()


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("{git = 'https://h.test/x.git'}", "git+https://h.test/x.git"),
        ("{git = 'https://h.test/x', tag = 'v1'}", "git+https://h.test/x@v1"),
        ("{git = 'https://h.test/x', rev = 'abc'}", "git+https://h.test/x@abc"),
        ("{git = 'ssh://git@h.test/x', branch = 'b'}", "git+ssh://git@h.test/x@b"),
        (
            "{git = 'https://h.test/x', subdirectory = 'a/b'}",
            "git+https://h.test/x#subdirectory=a/b",
        ),
        ("{url = 'https://h.test/x.zip'}", "https://h.test/x.zip"),
        (
            "{url = 'https://h.test/x.zip', subdirectory = 's'}",
            "https://h.test/x.zip#subdirectory=s",
        ),
        ("{path = 'libs/x'}", "./libs/x"),
        ("{path = './libs/x', editable = true}", "./libs/x"),
        ("{path = 'dist/x-1-py3-none-any.whl'}", "./dist/x-1-py3-none-any.whl"),
        ("{path = 'dist/x-1.tar.gz'}", "./dist/x-1.tar.gz"),
    ],
)
def test_r27_a_source_stands_in_place_of_the_versions(
    tmp_path: Path, source: str, target: str
) -> None:
    found = read(tmp_path, declared("'x[a]>=1 ; os_name == \"posix\"'", f"x = {source}"))
    assert lines(found) == [f'x[a] @ {target} ; os_name == "posix"']
    assert str(found.requirements[0].location) == "pyproject.toml:2"


def test_r27_paths_start_from_the_files_own_folder(tmp_path: Path) -> None:
    text = declared("'x'", "x = {path = '../libs/x'}")
    assert lines(read(tmp_path, text, path="apps/a/pyproject.toml")) == ["x @ ./apps/libs/x"]


def test_r27_each_of_several_sources_has_its_marker_and_the_rest_none(tmp_path: Path) -> None:
    sources = (
        "torch = [\n{index = 'corp', marker = \"sys_platform == 'linux'\"},\n"
        "{url = 'https://h.test/torch-1-py3-none-any.whl', marker = \"sys_platform == 'darwin'\"}]"
    )
    found = read(tmp_path, declared("'torch>=2'", sources, CORP))
    assert [(each.requirement.text, each.index) for each in found.requirements] == [
        ('torch>=2 ; sys_platform == "linux"', "https://corp.test/simple"),
        ('torch @ https://h.test/torch-1-py3-none-any.whl ; sys_platform == "darwin"', None),
        ('torch>=2 ; sys_platform != "linux" and sys_platform != "darwin"', None),
    ]


def test_r27_sources_that_are_for_everywhere_leave_no_rest(tmp_path: Path) -> None:
    sources = (
        "x = [{index = 'corp', marker = \"os_name == 'nt'\"},"
        "{path = 'x', marker = \"os_name != 'nt'\"}]"
    )
    found = read(tmp_path, declared("'x', 'x>1 ; os_name == \"nt\"'", sources, CORP))
    assert lines(found) == [
        'x ; os_name == "nt"',
        'x @ ./x ; os_name != "nt"',
        'x>1 ; os_name == "nt"',
    ]


def test_r27_a_source_may_be_for_one_extra_or_group_only(tmp_path: Path) -> None:
    text = (
        "[project]\nname = 'p'\ndependencies = ['x']\n[project.optional-dependencies]\n"
        "cpu = ['torch']\ngpu = ['torch']\n[dependency-groups]\ndev = ['x']\n"
        "[tool.uv.sources]\ntorch = [{index = 'corp', extra = 'cpu'}]\n"
        f"x = [{{path = 'x', group = 'dev'}}]\n{CORP}"
    )
    found = read(tmp_path, text, extras=("cpu",))
    assert [(each.requirement.name, each.index) for each in found.requirements] == [
        ("x", None),
        ("torch", "https://corp.test/simple"),
    ]
    assert [one.index for one in read(tmp_path, text, extras=("gpu",)).requirements] == [None, None]
    assert "x @ ./x" in lines(read(tmp_path, text, groups=("dev",)))


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ("x = {index = 'crop'}", 'no index is called "crop"'),
        ("x = {git = 'https://h.test/x', rev = 'a', tag = 'b'}", "more than one revision"),
        ("x = {git = 'https://h.test/x', lfs = true}", "not supported: lfs"),
        ("x = {path = 'x', package = false}", "not supported: package"),
        ("x = {path = '../x'}", "leaves the project"),
        ("x = {path = '/srv/x'}", "not in the project"),
        ("x = {url = 'https://u:hunter2@h.test/x.zip'}", "credentials"),
        ("x = {git = 'https://hunter2@h.test/x'}", "credentials"),
        ("x = {workspace = true}", "no workspace"),
        ("x = {registry = 'a'}", "none of index, git, url, path, workspace"),
        ("x = {path = 1}", "not a string"),
        ("x = 'a'", "not a table"),
        ("x = {path = 'x', marker = 'nonsense'}", "is not a marker"),
        ("x = {path = 'x', marker = \"os_name === 'a'\"}", "compares with ==="),
    ],
)
def test_r27_a_source_that_cant_be_used_is_refused_at_its_line(
    tmp_path: Path, sources: str, message: str
) -> None:
    found = problem(tmp_path, declared("'x'", sources, CORP))
    assert message in found.message
    assert "hunter2" not in str(found)
    assert str(found.location) == "pyproject.toml:4"


def test_r27_a_url_and_a_source_are_one_too_many(tmp_path: Path) -> None:
    text = declared("'x @ https://h.test/x.zip'", "x = {path = 'x'}")
    assert "source besides" in problem(tmp_path, text).message


def test_a_source_of_what_is_not_asked_for_is_not_looked_at(tmp_path: Path) -> None:
    assert lines(read(tmp_path, declared("'y'", "x = {path = '/etc'}"))) == ["y"]


WORKSPACE = "[tool.uv.workspace]\nmembers = ['libs/*', 'apps/web']\nexclude = ['libs/old']\n"


def workspace(project: Path, root: str = "") -> None:
    write(project, f"[project]\nname = 'root'\nversion = '1'\n{root}\n{WORKSPACE}")
    for name in ("one", "two", "old"):
        write(
            project,
            f"[project]\nname = 'my_{name}'\nversion = '1'\ndependencies = ['dep-{name}']\n",
            f"libs/{name}/pyproject.toml",
        )


def test_r27_a_member_of_the_workspace_is_its_folder(tmp_path: Path) -> None:
    workspace(tmp_path)
    text = declared("'my.one[x]', 'six'", "my-one = {workspace = true}")
    found = read(tmp_path, text, path="apps/web/pyproject.toml")
    assert lines(found) == ["my-one[x] @ ./libs/one", "six"]
    assert found.files == ("apps/web/pyproject.toml", "pyproject.toml", "libs/one/pyproject.toml")


def test_r27_the_root_may_ask_for_its_members(tmp_path: Path) -> None:
    workspace(tmp_path)
    text = declared("'my-two'", "my-two = {workspace = true, editable = true}", WORKSPACE)
    assert lines(read(tmp_path, text)) == ["my-two @ ./libs/two"]


def test_r27_the_roots_sources_indexes_and_constraints_are_its_members_too(tmp_path: Path) -> None:
    workspace(
        tmp_path,
        "[tool.uv]\nconstraint-dependencies = ['y<2']\n[tool.uv.sources]\n"
        "x = {index = 'corp'}\nz = {path = 'z'}\nw = {path = 'w'}\n"
        f"{CORP}[[tool.uv.index]]\nurl = 'https://more.test/simple'\n",
    )
    text = declared("'x', 'w', 'z'", "w = {path = 'w'}")
    found = read(tmp_path, text, path="apps/web/pyproject.toml")
    assert lines(found) == ["x", "w @ ./apps/web/w", "z @ ./z"]
    assert found.requirements[0].index == "https://corp.test/simple"
    assert [str(one.requirement) for one in found.constraints] == ["y<2"]
    assert [one.url for one in found.indexes.extra] == ["https://more.test/simple"]


@pytest.mark.parametrize(
    ("dependencies", "sources", "message"),
    [
        ("'my-onne'", "my-onne = {workspace = true}", '"my-onne" is no member'),
        ("'my-old'", "my-old = {workspace = true}", '"my-old" is no member'),
        ("'my-one'", "", '"my-one" is a member of the workspace'),
        ("'my-one'", "my-one = {workspace = false}", "is not true"),
        ("'my-one'", "my-one = {path = '../../libs/one'}", '"my-one" is a member'),
    ],
)
def test_r27_what_uv_refuses_of_a_workspace_is_refused(
    tmp_path: Path, dependencies: str, sources: str, message: str
) -> None:
    workspace(tmp_path)
    text = declared(dependencies, sources)
    found = problem(tmp_path, text, path="apps/web/pyproject.toml")
    assert message in found.message


def test_r27_a_virtual_folder_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "[project]\nname='x'\n[tool.uv]\npackage = false\n", "x/pyproject.toml")
    assert "virtual" in problem(tmp_path, declared("'x'", "x = {path = 'x'}")).message


def test_no_workspace_outside_of_the_project_is_looked_for(tmp_path: Path) -> None:
    workspace(tmp_path)
    text = declared("'my-one'", "my-one = {workspace = true}")
    assert "no workspace" in problem(tmp_path / "apps/web", text).message


def test_a_member_that_a_link_puts_outside_is_none(tmp_path: Path) -> None:
    project = tmp_path / "project"
    write(tmp_path, "[project]\nname = 'out'\n", "out/pyproject.toml")
    (project / "libs").mkdir(parents=True)
    (project / "libs" / "out").symlink_to(tmp_path / "out")
    text = declared("'out'", "out = {workspace = true}", "[tool.uv.workspace]\nmembers=['libs/*']")
    assert "no member" in problem(project, text).message


def test_r27_indexes_are_where_all_else_comes_from(tmp_path: Path) -> None:
    text = (
        "[project]\ndependencies = ['x']\n[tool.uv]\nno-binary-package = ['A_b']\n"
        "no-build-package = ['c']\nprerelease = 'allow'\nfind-links = ['wheels']\n"
        "environments = [\"sys_platform == 'linux'\"]\n"
        "[[tool.uv.index]]\nurl = 'https://a.test/s'\n"
        "[[tool.uv.index]]\nname = 'b'\nurl = 'https://b.test/s/'\ndefault = true\n"
        "[[tool.uv.index]]\nurl = 'more'\nformat = 'flat'\n"
    )
    found = read(tmp_path, text)
    assert [one.url for one in found.indexes.extra] == ["https://a.test/s"]
    assert found.indexes.default is not None
    assert found.indexes.default.url == "https://b.test/s"
    assert found.indexes.default.location.line == 13
    assert [one.url for one in found.indexes.find_links] == ["more", "wheels"]
    assert (found.no_binary, found.only_binary, found.pre) == (("a-b",), ("c",), True)
    assert found.environments == ('sys_platform == "linux"',)


def test_r27_where_nothing_is_asked_for_no_index_is(tmp_path: Path) -> None:
    text = "[project]\nname = 'x'\n[[tool.uv.index]]\nurl = 'https://a.test/s'\n"
    assert read(tmp_path, text) == RequirementSet(files=("pyproject.toml",))


@pytest.mark.parametrize(
    "setting",
    [
        "override-dependencies = ['x==1']",
        "exclude-newer = '2026-01-01'",
        "index-strategy = 'unsafe-best-match'",
        "resolution = 'lowest'",
        "prerelease = 'disallow'",
        "no-sources = true",
        "no-build-isolation = true",
        "dependency-metadata = [{name = 'x'}]",
        "config-settings = {a = 'b'}",
        "allow-insecure-host = ['h.test']",
    ],
)
def test_r27_settings_of_uv_that_change_what_is_installed_are_refused_by_name(
    tmp_path: Path, setting: str
) -> None:
    found = problem(tmp_path, f"[project]\ndependencies = ['x']\n[tool.uv]\n{setting}\n")
    assert found.message == f"not supported: tool.uv.{setting.partition(' ')[0]}"
    assert found.hint
    assert str(found.location) == "pyproject.toml:4"


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ("url = 'https://u:hunter2@h.test/s'", "credentials"),
        ("name = 'x'", "a list of tables with a url"),
        ("url = './simple'", "is not https"),
        ("url = '../wheels'\nformat = 'flat'", "not in the project"),
    ],
)
def test_an_index_that_cant_be_used_is_refused(tmp_path: Path, index: str, message: str) -> None:
    found = problem(tmp_path, f"[project]\ndependencies = ['x']\n[[tool.uv.index]]\n{index}\n")
    assert message in found.message
    assert "hunter2" not in str(found)


def test_a_script_has_sources_too(tmp_path: Path) -> None:
    block = declared("'x', 'y'", "x = {path = 'lib'}\ny = {index = 'corp'}", CORP)
    text = "".join(f"# {line}\n" for line in block.replace("[project]\n", "").splitlines())
    write(tmp_path, f"#!/usr/bin/env python\n# /// script\n{text}# ///\n", "jobs/run.py")
    found = read_script(tmp_path, "jobs/run.py")
    assert lines(found) == ["x @ ./jobs/lib", "y"]
    assert found.requirements[1].index == "https://corp.test/simple"
    assert str(found.requirements[0].location) == "jobs/run.py:3"


def test_r27_the_older_names_of_indexes_are_read_too(tmp_path: Path) -> None:
    text = (
        "[project]\ndependencies = ['x']\n[tool.uv]\nindex-url = 'https://a.test/s'\n"
        "extra-index-url = ['https://b.test/s', 'https://b.test/s/']\nno-index = true\n"
    )
    found = read(tmp_path, text)
    assert found.indexes.default is not None
    assert found.indexes.default.url == "https://a.test/s"
    assert [one.url for one in found.indexes.extra] == ["https://b.test/s"]
    assert found.indexes.no_index


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("no-binary-package = ['-']", '"-" is not a name'),
        ("environments = ['nonsense']", '"nonsense" is not a marker'),
        ("environments = 1", "not a list of strings"),
        ("index-url = 1", "must be a string"),
        ("sources = 1", "not a table"),
        ("constraint-dependencies = ['x=1']", '"x=1" is not a requirement'),
    ],
)
def test_a_setting_that_is_malformed_is_refused(tmp_path: Path, setting: str, message: str) -> None:
    found = problem(tmp_path, f"[project]\ndependencies = ['x']\n[tool.uv]\n{setting}\n")
    assert message in found.message


@pytest.mark.parametrize("pattern", ["../*", "a**b", "/srv/*", ""])
def test_a_pattern_of_a_workspace_stays_inside(tmp_path: Path, pattern: str) -> None:
    text = f"[project]\ndependencies = ['x']\n[tool.uv.workspace]\nmembers = ['{pattern}']\n"
    found = problem(tmp_path, text)
    assert "pattern that can't be used" in found.message
    assert str(found.location) == "pyproject.toml:4"


def test_a_member_that_cant_be_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, "nonsense", "libs/x/pyproject.toml")
    text = declared("'x'", "x = {path = 'libs/x'}")
    found = problem(tmp_path, text)
    assert str(found.location) == "libs/x/pyproject.toml:1"
    text = "[project]\ndependencies = ['y']\n[tool.uv.workspace]\nmembers = ['libs/*']\n"
    assert "libs/x" in str(problem(tmp_path, text))
