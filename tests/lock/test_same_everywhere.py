from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lading.lock.uv import reduced
from lock.package_index import wheel

if TYPE_CHECKING:
    from lading import Image
    from lock.dock import Dock

WHEEL, CONTENT = wheel("local", "1.0")


def publish(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0", requires=["beta ; python_version < '3.12'", "gamma"])
    dock.index.wheel("alpha", "2.0rc1")
    dock.index.wheel("beta", "1.0", tag="cp311-cp311-manylinux_2_28_x86_64")
    dock.index.wheel("beta", "1.0", tag="cp312-cp312-manylinux_2_28_x86_64")
    dock.index.wheel("gamma", "0.9")
    dock.index.wheel("gamma", "1.0")


def furnish(dock: Dock) -> Image:
    dock.write(f"wheels/{WHEEL}", CONTENT)
    dock.write("requirements.txt", f"alpha\n./wheels/{WHEEL}\n")
    return dock.image().requirements_file("requirements.txt")


@pytest.fixture
def usual(dock: Dock) -> str:
    """The lock on a machine where nothing is set."""
    publish(dock)
    return dock.text(furnish(dock))


# Locks that are equal wherever they are made (CASES R16).


def test_two_cold_runs_give_the_same_bytes(dock: Dock, usual: str, tmp_path: Path) -> None:
    dock.environ["UV_CACHE_DIR"] = str(tmp_path / "cold")
    assert dock.text(furnish(dock)) == usual


def test_the_lock_holds_nothing_of_the_machine(dock: Dock, usual: str) -> None:
    for word in (str(dock.project), str(dock.home), "/tmp/", sys.prefix):  # noqa: S108
        assert word not in usual


def test_the_variables_of_the_host_have_no_say(dock: Dock, usual: str, tmp_path: Path) -> None:
    dock.write("constraints-of-the-host.txt", "gamma<1\n")
    constraints = str(dock.project / "constraints-of-the-host.txt")
    hostile = {
        "LANG": "tr_TR.UTF-8",
        "PIP_CONSTRAINT": constraints,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_NO_BINARY": ":all:",
        "TZ": "Pacific/Kiritimati",
        "UV_COMPILE_BYTECODE": "1",
        "UV_CONFIG_FILE": str(tmp_path / "nowhere.toml"),
        "UV_CONSTRAINT": constraints,
        "UV_CUSTOM_COMPILE_COMMAND": "custom",
        "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple",
        "UV_EXCLUDE_NEWER": "2001-01-01",
        "UV_EXTRA_INDEX_URL": "http://127.0.0.1:9/simple",
        "UV_FIND_LINKS": str(tmp_path),
        "UV_INDEX": "http://127.0.0.1:9/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_INDEX_URL": "http://127.0.0.1:9/simple",
        "UV_NO_BINARY": "1",
        "UV_NO_INDEX": "1",
        "UV_OFFLINE": "1",
        "UV_OVERRIDE": constraints,
        "UV_PRERELEASE": "allow",
        "UV_PROJECT": str(tmp_path),
        "UV_PYTHON": "3.13",
        "UV_PYTHON_PLATFORM": "windows",
        "UV_REQUIRE_HASHES": "1",
        "UV_RESOLUTION": "lowest",
        "UV_SYSTEM_PYTHON": "1",
        "UV_TORCH_BACKEND": "cu128",
        "UV_WORKING_DIR": str(tmp_path),
        "VIRTUAL_ENV": str(tmp_path / "venv"),
    }
    dock.environ |= hostile
    assert dock.text(furnish(dock)) == usual


def test_files_of_the_host_and_of_other_tools_have_no_say(dock: Dock, usual: str) -> None:
    setting = 'resolution = "lowest"\nprerelease = "allow"\nindex-url = "http://127.0.0.1:9/s"\n'
    for path in (".config/uv/uv.toml", "uv.toml"):
        (dock.home / path).parent.mkdir(parents=True, exist_ok=True)
        (dock.home / path).write_text(setting)
    (dock.home / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    dock.write("uv.toml", setting)
    dock.write(".python-version", "3.13\n")
    dock.write("requirements.in", "nowhere\n")
    dock.write(
        "pyproject.toml",
        '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.13"\n'
        'dependencies = ["nowhere"]\n'
        f"[tool.uv]\n{setting}"
        'constraint-dependencies = ["gamma<1"]\noverride-dependencies = ["gamma<1"]\n'
        '[tool.uv.pip]\nresolution = "lowest"\npython-platform = "windows"\nno-deps = true\n'
        '[tool.uv.sources]\nalpha = { path = "nowhere" }\n',
    )
    assert dock.text(furnish(dock)) == usual


@pytest.mark.parametrize("name", ["with space", "a@b", "größe-模型", "quote'd", "a#b%20c"])
def test_the_projects_folder_may_have_any_name(dock: Dock, usual: str, name: str) -> None:
    dock.project = dock.project.parent / name
    dock.project.mkdir()
    assert dock.text(furnish(dock)) == usual


def test_the_project_may_be_reached_by_a_link(dock: Dock, usual: str) -> None:
    link = dock.project.parent / "link"
    link.symlink_to(dock.project)
    dock.project = link
    assert dock.text(furnish(dock)) == usual


def test_the_working_directory_has_no_say(
    dock: Dock, usual: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert dock.text(furnish(dock)) == usual


def other_interpreters() -> list[str]:
    """CPythons of this machine that are not the one at hand."""
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)]
    shims = [folder for folder in folders if folder.name == "shims"]
    folders += [found for folder in shims for found in folder.parent.glob("versions/3.*/bin")]
    here = f"python3.{sys.version_info.minor}"
    found = (folder / f"python3.{minor}" for folder in folders for minor in range(8, 16))
    return [
        str(path)
        for path in found
        if path.exists() and path.name != here and "shims" not in path.parts
    ]


def test_the_interpreter_at_hand_has_no_say(dock: Dock, usual: str) -> None:
    # Where the machine has none but its own, that one reached by a link is another one.
    link = dock.project.parent / "python-of-another-name"
    link.symlink_to(sys.executable)
    for interpreter in (str(link), *other_interpreters()):
        dock = replace(dock, interpreter=interpreter)
        assert dock.text(furnish(dock)) == usual, interpreter


def test_only_what_reaches_the_network_is_passed_on() -> None:
    environ = {
        "HTTPS_PROXY": "http://proxy.example.test",
        "https_proxy": "http://proxy.example.test",
        "SSL_CERT_FILE": "/ca.pem",
        "UV_INDEX_MIRROR_USERNAME": "a",
        "UV_INDEX_MIRROR_PASSWORD": "b",
        "UV_HTTP_TIMEOUT": "5",
        "UV_INDEX": "x",
        "UV_INDEX_URL": "x",
        "PYTHONPATH": "x",
        "VIRTUAL_ENV": "x",
    }
    assert set(reduced(environ)) == set(list(environ)[:6])
