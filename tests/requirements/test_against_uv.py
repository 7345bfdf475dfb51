"""What is read here is what uv reads: both readings are resolved by uv, and give the same."""

from __future__ import annotations

import codecs
import os
import re
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uv import find_uv_bin

from lading import process
from lading.errors import SpecificationError
from lading.requirements import (
    RequirementSet,
    read_pyproject,
    read_requirements_file,
    read_script,
    requirements_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.requirements import SourcedRequirement

OFFLINE = ("--offline", "--no-deps", "--quiet", "--no-header", "--no-annotate")


def write_wheel(folder: Path, name: str, version: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nProvides-Extra: x\n"
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


def furnish(project: Path) -> None:
    """Wheels to find, a wheel and two folders of the project's own."""
    for name in ("alpha", "beta", "gamma_ray"):
        for version in ("1.0", "2.0", "3.0rc1"):
            write_wheel(project / "wheels", name, version)
    write_wheel(project / "vendor", "local", "1.0")
    for name in ("one", "two"):
        folder = project / "libs" / name
        folder.mkdir(parents=True)
        (folder / "pyproject.toml").write_text(
            f'[project]\nname = "{name}"\nversion = "1"\n[project.optional-dependencies]\nx = []\n'
        )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    furnish(folder)
    return folder


def resolved(project: Path, *words: str, settings: bool = False) -> list[dict[str, Any]] | None:
    """What uv makes of it: each package's version, file or folder, and marker.

    None where it has no solution, as where two lines contradict each other, or no reading: pip
    takes a requirement that goes on in the next line, and uv does not.
    """
    command = ("pip", "compile", "--format", "pylock.toml", "--python-version", "3.11")
    return answer(project, *command, *OFFLINE, *(() if settings else ("--no-config",)), *words)


def answer(project: Path, *words: str) -> list[dict[str, Any]] | None:
    argv = (find_uv_bin(), *words, "--python", sys.executable)
    completed = process.run(argv, env=os.environ, cwd=project)
    if completed.returncode != 0:
        assert re.search(NO_ANSWER, completed.stderr)
        return None
    packages = tomllib.loads(completed.stdout)["packages"]
    for package in packages:
        package.pop("index", None)
        folder = package.get("directory", package.get("archive", {}))
        folder.pop("editable", None)  # an image holds a copy
        if "path" in folder:
            folder["path"] = os.path.relpath(project / folder["path"], project)
    return list(packages)


def ours(project: Path, read: RequirementSet, *more: str) -> list[dict[str, Any]] | None:
    """The same of what was read here, written out."""
    wanted = _write(project / "ours.txt", read.requirements)
    limits = _write(project / "limits.txt", read.constraints)
    words = [f"--find-links={link.url}" for link in read.indexes.find_links]
    words += ["--no-index"] if read.indexes.no_index else []
    words += ["--prerelease=allow"] if read.pre else []
    words += [f"--no-binary={name}" for name in read.no_binary]
    words += [f"--only-binary={name}" for name in read.only_binary]
    return resolved(project, wanted, "--constraints", limits, *words, *more)


def _write(file: Path, found: Iterable[SourcedRequirement]) -> str:
    text = requirements_text((each.requirement for each in found), hashes=True)
    file.write_text(text, encoding="utf-8")
    return file.name


H = "--hash=sha256:" + "0" * 64
# Of a line that goes on in the next one, uv takes "x\\" and "x.txt " for files, where pip does not.
# The last: uv reads the blank before a line's continuation as part of a name.
NO_ANSWER = (
    "No solution found|onflicting|Couldn't parse|%5C|failed to read from file `.* `"
    '|Not a valid package or extra name: "[a-z]+ "'
)
WHERE = ("--no-index", "--find-links", "wheels")
FIND = "--no-index\n-f wheels\n"
CORPUS = {
    "pins": "alpha==1.0\nBeta >= 1 , < 2\ngamma.ray",
    "comments": "# a\nalpha  # b\n  # c\nbeta #d\n\n#\n",
    "hashes": f"alpha==1.0 {H} \\\n   {H}\nbeta==2.0\\\n {H}\n",
    "crlf": "alpha==1.0\r\nbeta==1.0 \\\r\n  # x\r\n",
    "no final newline": "alpha==1.0\nbeta",
    "markers": "alpha ; python_version < '3'\nbeta; python_version >= '3.8' and os_name != 'x'\n",
    "extras": "alpha[x]\nbeta [ x ] >= 1\n",
    "a marker twice": "alpha==1.0 ; os_name == 'nt'\nalpha==2.0 ; os_name != 'nt'\n",
    "nested": "-r sub/more.txt\n--requirement=sub/again.txt\n",
    "constraints": "-c sub/limits.txt\nalpha\n--constraint sub/limits.txt\nbeta\n",
    "a wheel": "./vendor/local-1.0-py3-none-any.whl\n",
    "a named wheel": "local @ ./vendor/local-1.0-py3-none-any.whl\n",
    "folders": "./libs/one\ntwo @ ./libs/two\n",
    "folders with extras": "./libs/one[x]\ntwo[x] @ ./libs/two\n",
    "relative file urls": "file:libs/one\ntwo @ file:./libs/two\n",
    "a folder with a marker": "./libs/one ; python_version > '3'\n",
    "a pre-release by its pin": "alpha==3.0rc1\n",
    "wheels only": "--only-binary :all:\nalpha\n",
    "parentheses": "alpha (==1.0)\n",
    "tabs": "alpha\t==\t1.0\t# x\n",
    "form feeds": "alpha\x0c\nbeta\n",
    "compatible": "alpha~=1.0\nbeta!=2.0\n",
    "a list within a limit": "-c sub/both.txt\nalpha\n",
    "quotes": "-r 'sub/more.txt'\n",
    "any patch": "alpha==1.*\n",
    "no space before a marker": "alpha==1.0;python_version>'3'\n",
    "an extra of nothing": "alpha ; extra == 'x'\n",
    "arbitrary equality": "alpha===1.0\n",
    "a comma too many": "alpha>=1,<2,\n",
    "a hash after a space": f"alpha==1.0 {H.replace('=', ' ', 1)}\n",
    "dots in a path": "./libs/../libs/one\n.//libs/two\n",
    "a wheel by its file url": "local @ file:vendor/local-1.0-py3-none-any.whl\n",
    "and before or": "alpha;os_name=='a' or os_name=='posix' and python_version>'3'\n",
    "a literal first": "alpha ; '3' < python_version\n",
    "a development release": "alpha>=1.0.dev0\n",
    "twice the folder": "./libs/one\n./libs/one[x]\n",
    "equal lines": "alpha==1.0\nalpha==1.0\n",
}


def lay_out(project: Path, text: str) -> None:
    (project / "sub").mkdir(exist_ok=True)
    (project / "sub" / "more.txt").write_text("beta==1.0\n-r again.txt\n./libs/one\n")
    (project / "sub" / "again.txt").write_text("alpha<2\n")
    (project / "sub" / "both.txt").write_text("-r again.txt\nbeta<2\n")
    (project / "sub" / "limits.txt").write_text("alpha<2\nbeta==1.0 # x\n")
    (project / "r.txt").write_bytes((FIND + text).encode())


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_r21_a_requirements_file_means_what_it_means_to_uv(project: Path, text: str) -> None:
    lay_out(project, text)
    expected = resolved(project, "r.txt")
    assert expected is not None
    assert ours(project, read_requirements_file(project, "r.txt")) == expected


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE], ids=["utf-8", "utf-16"])
def test_r21_a_mark_at_the_begin_changes_nothing(project: Path, mark: bytes) -> None:
    text = f"{FIND}alpha==1.0\r\nbeta\r\n"
    lay_out(project, "alpha==1.0\r\nbeta\r\n")
    expected = resolved(project, "r.txt")
    encoding = "utf-8" if mark == codecs.BOM_UTF8 else "utf-16-le"
    (project / "r.txt").write_bytes(mark + text.encode(encoding))
    assert ours(project, read_requirements_file(project, "r.txt")) == expected


PYPROJECTS = {
    "path": "dependencies = ['one', 'alpha']\n[tool.uv.sources]\none = {path = 'libs/one'}\n",
    "editable": "dependencies = ['one']\n[tool.uv.sources]\n"
    "one = {path = 'libs/one', editable = true}\n",
    "wheel": "dependencies = ['local']\n[tool.uv.sources]\n"
    "local = {path = 'vendor/local-1.0-py3-none-any.whl'}\n",
    "markers": "dependencies = ['one']\n[tool.uv.sources]\none = [\n"
    "{path = 'libs/one', marker = \"os_name == 'posix'\"},\n"
    "{path = 'libs/two', marker = \"os_name == 'nt'\"}]\n",
    "the rest": "dependencies = ['alpha']\n[tool.uv.sources]\n"
    "alpha = [{path = 'libs/one', marker = \"os_name == 'nt'\"}]\n",
    "constraints": "dependencies = ['alpha']\n[tool.uv]\nconstraint-dependencies = ['alpha<2']\n",
    "pre-releases": "dependencies = ['alpha']\n[tool.uv]\nprerelease = 'allow'\n",
    "an extra's": "dependencies = ['alpha']\noptional-dependencies = {x = ['alpha<2', 'beta']}\n",
    "own extras": "dependencies = []\n"
    "optional-dependencies = {x = ['root[y] ; os_name == \"posix\"'], y = ['beta']}\n",
    "an extra's source": "optional-dependencies = {x = ['one']}\n[tool.uv.sources]\n"
    "one = [{path = 'libs/one', extra = 'x'}]\n",
    "a group's source": "[dependency-groups]\ng = ['one']\n[tool.uv.sources]\n"
    "one = [{path = 'libs/one', group = 'g'}]\n",
    "groups in groups": "[dependency-groups]\nh = ['beta<2']\n"
    "g = ['alpha', {include-group = 'h'}]\n",
    "a workspace": "dependencies = ['two']\n[tool.uv.sources]\ntwo = {workspace = true}\n"
    "[tool.uv.workspace]\nmembers = ['libs/*']\n",
}


@pytest.mark.parametrize("text", PYPROJECTS.values(), ids=PYPROJECTS)
def test_r27_a_pyproject_means_what_it_means_to_uv(project: Path, text: str) -> None:
    whole = f"[project]\nname = 'root'\nversion = '1'\nrequires-python = '>=3.11'\n{text}"
    (project / "pyproject.toml").write_text(whole)
    extras = ("x",) if "x = [" in text else ()
    groups = ("g",) if "g = [" in text else ()
    words = [f"--extra={extra}" for extra in extras] + [f"--group={group}" for group in groups]
    try:
        theirs = resolved(project, "pyproject.toml", *words, *WHERE, settings=True)
        read = read_pyproject(project, extras=extras, groups=groups)
    finally:
        (project / "pyproject.toml").unlink()
    assert theirs is not None
    assert ours(project, read, *WHERE) == theirs


def test_r27_a_script_means_what_it_means_to_uv(project: Path) -> None:
    text = (
        "# /// script\n# requires-python = '>=3.11'\n# dependencies = [\n#   'alpha<2', 'one',\n"
        "# ]\n# [tool.uv.sources]\n# one = {path = 'libs/one'}\n# ///\n"
    )
    (project / "run.py").write_text(text)
    command = ("export", "--script", "run.py", "--offline", "--quiet", "--format", "pylock.toml")
    theirs = answer(project, *command, *WHERE)
    assert theirs is not None
    assert ours(project, read_script(project, "run.py"), *WHERE) == theirs


LINES = st.sampled_from(
    [
        *("alpha==1.0", "Alpha [x]>=1", "beta<2", "beta ; os_name == 'posix'", "gamma_ray~=1.0"),
        *("alpha", "./libs/one", "libs/two[x]", "./vendor/local-1.0-py3-none-any.whl", "# c", ""),
        *(f"alpha==1.0 {H}", "-c sub/limits.txt", "-r sub/again.txt", "file:libs/one"),
        *("beta ; python_version<'3'", "gamma-ray", "alpha # x", "--only-binary beta"),
    ]
)
ENDS = st.sampled_from(["\n", "\r\n", " \n", "  # note\n", "\t\n", " \\\n", "\\\n\n", "\n\n"])


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(LINES, ENDS).map("".join), max_size=6).map("".join))
def test_r21_any_file_that_is_read_uv_reads_as_the_same_set(text: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        project = Path(name).resolve()
        furnish(project)
        lay_out(project, text)
        try:
            read = read_requirements_file(project, "r.txt")
        except SpecificationError:
            return
        theirs = resolved(project, "r.txt")
        assert theirs is None or ours(project, read) == theirs
