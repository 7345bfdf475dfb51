from __future__ import annotations

import hashlib
import io
import os
import sys
import tarfile
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from lading import process
from lading.errors import Location, Problem, SpecificationError
from lading.requirements import RequirementSet, export_uv_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PYPROJECT = """\
[project]
name = "service"
version = "1"
requires-python = ">=3.11"
dependencies = ["alpha>=1 ; sys_platform == 'linux'", "mine"]
optional-dependencies = { gpu = ["beta"] }

[dependency-groups]
dev = ["gamma"]

[tool.uv]
package = false

[tool.uv.sources]
mine = { path = "libs/mine" }

[[tool.uv.index]]
url = "INDEX"
default = true
"""
MINE = """\
[project]
name = "mine"
version = "1"
requires-python = ">=3.11"
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        del arguments


def publish(index: Path, name: str, version: str) -> str:
    """Put a wheel into a simple index (PEP 503) and give its hash."""
    folder = index / name
    folder.mkdir(exist_ok=True)
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    with (folder / "index.html").open("a") as page:
        page.write(f'<a href="{wheel.name}#sha256={digest}">{wheel.name}</a>\n')
    return f"sha256:{digest}"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """An index on loopback: its folder, and its URL."""
    folder = tmp_path / "index"
    folder.mkdir()
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def lock(folder: Path) -> None:
    argv = (find_uv_bin(), "lock", "--python", sys.executable)
    completed = process.run(argv, env=os.environ, cwd=folder)
    assert completed.returncode == 0, completed.stderr


def export(
    project: Path,
    path: str = "uv.lock",
    *,
    extras: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
) -> RequirementSet:
    return export_uv_lock(
        project,
        path,
        uv=find_uv_bin(),
        env=os.environ | {"UV_NO_CONFIG": "1"},
        extras=extras,
        groups=groups,
        python=sys.executable,
    )


def refusal(project: Path, path: str = "uv.lock") -> Problem:
    with pytest.raises(SpecificationError) as raised:
        export(project, path)
    (problem,) = raised.value.problems
    return problem


@pytest.fixture
def project(tmp_path: Path, index: tuple[Path, str]) -> Path:
    """A project that is not locked yet, whose packages are in an index on loopback."""
    project = tmp_path / "project"
    (project / "libs" / "mine").mkdir(parents=True)
    (project / "libs" / "mine" / "pyproject.toml").write_text(MINE)
    (project / "pyproject.toml").write_text(PYPROJECT.replace("INDEX", index[1]))
    for name in ("alpha", "beta", "gamma"):
        publish(index[0], name, "1.0")
    return project


def change(project: Path, old: str, new: str) -> None:
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace(old, new))


def test_r28_a_uv_lock_gives_its_pins_hashes_and_lines(
    project: Path, index: tuple[Path, str]
) -> None:
    digest = publish(index[0], "alpha", "1.5")
    lock(project)
    publish(index[0], "alpha", "2.0")
    found = export(project)
    mine, alpha = sorted(found.requirements, key=lambda each: each.requirement.kind, reverse=True)
    assert alpha.requirement.text == 'alpha==1.5 ; sys_platform == "linux"'
    assert alpha.requirement.hashes == (digest,)
    assert alpha.index == index[1]
    lines = (project / "uv.lock").read_text().splitlines()
    assert alpha.location.file == "uv.lock"
    assert lines[alpha.location.line - 1] == 'name = "alpha"'
    assert mine.requirement.path == "libs/mine"
    assert 'directory = "libs/mine"' in lines[mine.location.line - 1]
    assert found.requires_python == ">=3.11"
    assert found.files == ("uv.lock", "libs/mine/pyproject.toml", "pyproject.toml")


def test_r28_extras_and_groups_come_only_by_name(project: Path) -> None:
    lock(project)
    found = export(project, extras=("gpu",), groups=("dev",))
    names = {each.requirement.name for each in found.requirements}
    assert {"beta", "gamma"} <= names
    assert "beta" not in {each.requirement.name for each in export(project).requirements}


def test_r28_a_lock_in_a_folder_is_read_from_there(project: Path) -> None:
    lock(project)
    found = export(project.parent, f"{project.name}/uv.lock")
    paths = [each.requirement.path for each in found.requirements if each.requirement.path]
    assert paths == [f"{project.name}/libs/mine"]
    assert found.files[0] == f"{project.name}/uv.lock"


def test_r28_a_stale_lock_is_refused_and_left_as_it_is(project: Path) -> None:
    lock(project)
    before = (project / "uv.lock").read_bytes()
    change(project, "alpha>=1", "alpha>=0.5")
    problem = refusal(project)
    assert "out of date" in problem.message
    assert "uv lock" in (problem.hint or "")
    assert problem.detail
    assert (project / "uv.lock").read_bytes() == before


def test_r28_a_lock_whose_pins_no_longer_fit_is_refused(project: Path) -> None:
    lock(project)
    change(project, "alpha>=1", "alpha>=7")
    assert "uv lock" in (refusal(project).hint or "")


def test_r28_a_missing_lock_is_refused_and_not_made(project: Path) -> None:
    problem = refusal(project)
    assert "does not exist" in problem.message
    assert "uv lock" in (problem.hint or "")
    assert not (project / "uv.lock").exists()


def test_a_lock_without_its_pyproject_is_refused(project: Path) -> None:
    lock(project)
    (project / "pyproject.toml").unlink()
    assert "pyproject.toml" in refusal(project).message


def test_a_lock_that_is_no_toml_is_refused_at_its_line(project: Path) -> None:
    (project / "uv.lock").write_text("version = 1\nnonsense\n")
    assert str(refusal(project).location) == "uv.lock:2"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('requires-python = ">=3.11"', "requires-python = 3", "requires-python 3 is not"),
        ('requires-python = ">=3.11"', 'requires-python = "new"', 'requires-python "new" is not'),
        ('name = "alpha"', "name = 1", "not a valid uv.lock"),
        ('source = { directory = "libs/mine" }', "source = 1", "not a valid uv.lock"),
        ('source = { directory = "libs/mine" }', "source = { git = 1 }", "not a valid uv.lock"),
    ],
)
def test_r28_a_lock_of_another_shape_is_refused(
    project: Path, old: str, new: str, message: str
) -> None:
    lock(project)
    file = project / "uv.lock"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    problem = refusal(project)
    assert message in problem.message
    assert "uv lock" in (problem.hint or "")


def test_a_source_archive_beside_the_lock_is_refused(project: Path) -> None:
    with tarfile.open(project / "arch-1.tar.gz", "w:gz") as archive:
        text = b"Metadata-Version: 2.2\nName: arch\nVersion: 1\n"
        entry = tarfile.TarInfo("arch-1/PKG-INFO")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    change(project, ', "mine"', ', "mine", "arch"')
    change(project, "[tool.uv.sources]", '[tool.uv.sources]\narch = { path = "arch-1.tar.gz" }')
    lock(project)
    problem = refusal(project)
    assert '"arch" is a source archive' in problem.message
    line = (
        (project / "uv.lock")
        .read_text()
        .splitlines()[(problem.location or Location("", 1)).line - 1]
    )
    assert "arch-1.tar.gz" in line


def test_a_wheel_beside_the_lock_is_taken(project: Path, index: tuple[Path, str]) -> None:
    publish(index[0], "beside", "1.0")
    wheel = "beside-1.0-py3-none-any.whl"
    (project / wheel).write_bytes((index[0] / "beside" / wheel).read_bytes())
    change(project, ', "mine"', ', "mine", "beside"')
    change(project, "[tool.uv.sources]", f'[tool.uv.sources]\nbeside = {{ path = "{wheel}" }}')
    lock(project)
    found = {each.requirement.name: each for each in export(project).requirements}
    assert found["beside"].requirement.path == wheel
    assert found["beside"].requirement.hashes


@pytest.mark.parametrize("path", ["poetry.lock", "pdm.lock", "Pipfile.lock", "pyproject.toml"])
def test_r28_the_lock_of_another_tool_is_refused_by_name(project: Path, path: str) -> None:
    problem = refusal(project, path)
    assert path in problem.message
    assert problem.hint


def test_r27_members_of_a_workspace_are_their_folders_editable_or_not(project: Path) -> None:
    for name in ("one", "two"):
        folder = project / "packages" / name
        folder.mkdir(parents=True)
        (folder / "pyproject.toml").write_text(
            MINE.replace("mine", name) + '[build-system]\nrequires = []\nbuild-backend = "x"\n'
        )
    change(project, ', "mine"', ', "mine", "one", "two"')
    change(project, "[tool.uv.sources]", "[tool.uv.sources]\none = { workspace = true }")
    change(project, "[tool.uv.sources]", '[tool.uv.sources]\ntwo = { path = "packages/two" }')
    change(project, "[tool.uv]", '[tool.uv]\nworkspace = { members = ["packages/one"] }')
    lock(project)
    assert 'editable = "packages/one"' in (project / "uv.lock").read_text()
    found = export(project)
    paths = {each.requirement.path: each.location.line for each in found.requirements}
    assert {"packages/one", "packages/two", "libs/mine"} <= set(paths)
    lines = (project / "uv.lock").read_text().splitlines()
    assert "packages/one" in lines[paths["packages/one"] - 1]
    assert "packages/one/pyproject.toml" in found.files


@pytest.mark.parametrize(("kind", "word"), [("extras", "extra"), ("groups", "group")])
def test_an_unknown_extra_or_group_is_refused_by_name(project: Path, kind: str, word: str) -> None:
    lock(project)
    with pytest.raises(SpecificationError, match=f'no {word} "nope"'):
        export(project, **{kind: ("nope",)})  # type: ignore[arg-type]


def test_a_uv_that_is_not_there_is_an_error(project: Path) -> None:
    lock(project)
    with pytest.raises(SpecificationError, match="can't start"):
        export_uv_lock(project, uv=str(project / "no-uv"), env={})


@pytest.mark.network
def test_r28_a_lock_of_the_package_index_is_read_without_it(tmp_path: Path) -> None:
    text = '[project]\nname = "s"\nversion = "1"\nrequires-python = ">=3.11"\n'
    text += 'dependencies = ["iniconfig==2.0.0"]\n'
    (tmp_path / "pyproject.toml").write_text(text)
    lock(tmp_path)
    (found,) = export(tmp_path).requirements
    assert found.requirement.text == "iniconfig==2.0.0"
    assert len(found.requirement.hashes) == 2
    assert found.index is not None


BACKEND = """\
[project]
name = "NAME"
version = "1"
requires-python = ">=3.11"
DYNAMIC

[build-system]
requires = []
build-backend = "evil"
backend-path = ["."]
"""
EVIL = """\
import pathlib
pathlib.Path(__file__).with_name("ran").touch()
def prepare_metadata_for_build_wheel(folder, settings=None):
    info = pathlib.Path(folder, "NAME-1.dist-info")
    info.mkdir()
    info.joinpath("METADATA").write_text("Metadata-Version: 2.2\\nName: NAME\\nVersion: 1\\n")
    return info.name
prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel
def get_requires_for_build_wheel(settings=None):
    return []
get_requires_for_build_editable = get_requires_for_build_wheel
def build_wheel(*_):
    raise SystemExit(1)
build_editable = build_wheel
"""


def backend(folder: Path, name: str, dynamic: str) -> Path:
    """A package whose build backend leaves a mark, which is returned."""
    (folder / "pyproject.toml").write_text(
        BACKEND.replace("NAME", name).replace("DYNAMIC", dynamic)
    )
    (folder / "evil.py").write_text(EVIL.replace("NAME", name))
    return folder / "ran"


@pytest.mark.parametrize(
    "dynamic",
    [
        'dynamic = ["dependencies"]',
        'dynamic = ["optional-dependencies"]',
        "[tool.poetry.dependencies]",
    ],
)
def test_no_build_backend_is_run_to_read_a_lock(tmp_path: Path, dynamic: str) -> None:
    mark = backend(tmp_path, "service", dynamic)
    lock(tmp_path)
    mark.unlink()  # `uv lock` runs it
    problem = refusal(tmp_path)
    assert problem.message == '"pyproject.toml" leaves its dependencies to a build backend'
    assert problem.hint is not None
    assert "write them statically" in problem.hint
    assert not mark.exists()


def test_nor_that_of_a_local_package_of_which_the_lock_knows_nothing(project: Path) -> None:
    change(project, ', "mine"', "")
    change(project, 'path = "libs/mine"', 'path = "libs/mine", editable = true')
    lock(project)
    change(project, "sys_platform == 'linux'\"", 'sys_platform == \'linux\'", "mine"')
    mark = backend(project / "libs" / "mine", "mine", 'dynamic = ["dependencies"]')
    assert refusal(project).message.startswith('"libs/mine/pyproject.toml" leaves')
    assert not mark.exists()


def test_a_dynamic_version_needs_no_build(tmp_path: Path) -> None:
    mark = backend(tmp_path, "service", "dependencies = []")
    change(tmp_path, 'version = "1"', 'dynamic = ["version"]')
    lock(tmp_path)
    mark.unlink(missing_ok=True)
    assert export(tmp_path).requirements == ()
    assert not mark.exists()


def test_nor_that_of_the_workspace_around_the_lock(tmp_path: Path) -> None:
    member = tmp_path / "member"
    member.mkdir()
    (member / "pyproject.toml").write_text(MINE)
    lock(member)
    mark = backend(tmp_path, "service", 'dynamic = ["dependencies"]')
    with (tmp_path / "pyproject.toml").open("a") as file:
        file.write('[tool.uv.workspace]\nmembers = ["member"]\n')
    (tmp_path / "uv.lock").write_text((member / "uv.lock").read_text())
    assert refusal(member).message.endswith("leaves its dependencies to a build backend")
    assert not mark.exists()
