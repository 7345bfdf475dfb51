from __future__ import annotations

import os
import socket
import stat
from typing import TYPE_CHECKING

import pytest

from freeze.world import World, sha256
from lading import Image
from lading.errors import FreezeError
from lading.freeze.collect import Project
from lading.image import steps

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(root=tmp_path.resolve())
    world.write({"a.py": "a", "b.py": "b", "my data/x y.txt": "x", "data/one/1.csv": "1"})
    return world


def step(*patterns: str, exclude: tuple[str, ...] = ()) -> steps.BuildInclude:
    found = Image().build_include(*patterns, exclude=exclude).steps[0]
    assert isinstance(found, steps.BuildInclude)
    return found


def names(world: World, *patterns: str, exclude: tuple[str, ...] = ()) -> list[str]:
    found = Project(world.project).include(step(*patterns, exclude=exclude))
    return [one.file.path for one in found]


def refusal(world: World, *patterns: str, exclude: tuple[str, ...] = ()) -> FreezeError:
    with pytest.raises(FreezeError) as refused:
        names(world, *patterns, exclude=exclude)
    assert all(problem.location is not None for problem in refused.value.problems)
    return refused.value


def test_paths_and_patterns_find_files_at_their_places(world: World) -> None:  # CASES R5
    assert names(world, "my data/x y.txt") == ["my data/x y.txt"]
    assert names(world, "*.py") == ["a.py", "b.py"]
    assert names(world, "**") == names(world, ".")
    assert names(world, "data", "data/**/*.csv") == ["data/one/1.csv"]
    assert names(world, "**/*.csv") == ["data/one/1.csv"]


def test_what_is_found_is_described(world: World) -> None:
    (world.project / "a.py").chmod(0o764)
    (found,) = Project(world.project).include(step("a.py"))
    assert found.file.sha256 == sha256(b"a")
    assert (found.file.size, found.file.executable) == (1, True)
    assert found.source == world.project / "a.py"


def test_a_missing_path_is_named_with_what_is_near(world: World) -> None:
    refused = refusal(world, "my data/x z.txt", "nothing/*.py", "*.rs")
    messages = [problem.message for problem in refused.problems]
    assert messages == [
        "the project has no my data/x z.txt",
        "the project has no nothing/*.py",
        "the project has no *.rs",
    ]
    assert "x y.txt" in str(refused.problems[0].hint)


def test_an_empty_folder_is_not_called_missing(world: World) -> None:
    (world.project / "empty").mkdir()
    assert "empty holds no files" in str(refusal(world, "empty"))


def test_names_with_pattern_characters_are_files_where_there_are_any(world: World) -> None:
    world.write({"data[1].txt": "", "d.txt": "", "star*": ""})
    assert names(world, "data[1].txt") == ["data[1].txt"]
    assert names(world, "star*") == ["star*"]


def test_the_projects_own_place_does_not_matter(tmp_path: Path) -> None:
    world = World(root=tmp_path.resolve(), name=".local/share/.venv/my @ prôject")
    world.write({"a.py": ""})
    assert names(world, "*.py") == ["a.py"]


def test_links_inside_are_followed_and_keep_their_name(world: World) -> None:
    (world.project / "link").symlink_to("data")
    (world.project / "c.py").symlink_to("a.py")
    assert names(world, "link", "c.py") == ["c.py", "link/one/1.csv"]
    assert "link/one/1.csv" in names(world, ".")


@pytest.mark.parametrize("pattern", ["out", "out/secret", "out/*", "**", "out/../out/secret"])
def test_a_link_out_of_the_project_is_refused(world: World, pattern: str) -> None:
    outside = world.root / "elsewhere"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (world.project / "out").symlink_to(outside)
    assert "leaves the project" in str(refusal(world, pattern))


def test_a_link_to_a_file_outside_is_refused(world: World) -> None:
    (world.root / "secret").write_text("secret")
    (world.project / "key").symlink_to("../secret")
    assert "key is a link that leaves the project" in str(refusal(world, "."))


def test_links_that_lead_nowhere_are_refused(world: World) -> None:
    (world.project / "dangling").symlink_to("nothing")
    (world.project / "self").symlink_to("self")
    for name in ("dangling", "self"):
        assert f"{name} is a link to nothing, or to itself" in str(refusal(world, name))
    assert "link to nothing" in str(refusal(world, "."))
    assert names(world, ".", exclude=("dangling", "self"))
    assert names(world, "**/*.py") == ["a.py", "b.py"]


def test_a_link_into_its_own_folder_ends(world: World) -> None:
    (world.project / "data" / "round").symlink_to("..")
    assert "leads back" in str(refusal(world, "data"))


def test_only_files_are_files(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(world.project / "pipe")
    (world.project / "null").symlink_to("/dev/null")
    monkeypatch.chdir(world.project)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("sock")
        for name in ("pipe", "sock"):
            assert f"{name} is neither a file" in str(refusal(world, name))
        assert "leaves the project" in str(refusal(world, "null"))
        assert names(world, ".", exclude=("pipe", "sock", "null"))
        assert names(world, "**/*.py") == ["a.py", "b.py"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes device files")
def test_a_device_is_refused(world: World) -> None:
    try:
        os.mknod(world.project / "zero", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("this machine gives root no device files")
    assert "zero is neither" in str(refusal(world, "."))


def test_a_name_that_is_not_utf_8_is_refused(world: World) -> None:
    (world.project / "data" / os.fsdecode(b"caf\xe9")).write_text("")
    assert "is not UTF-8" in str(refusal(world, "data"))


def test_a_file_that_nobody_may_read_is_named(world: World) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    (world.project / "a.py").chmod(0)
    assert "a.py can't be read: permission denied" in str(refusal(world, "."))


# A walk that entered one of these would meet a link that leads nowhere, and fail.
@pytest.mark.parametrize("folder", [".venv", ".git", "node_modules", ".lading", "src/__pycache__"])
@pytest.mark.parametrize("pattern", [".", "*", "**", "**/*"])
def test_environments_and_histories_are_not_entered(
    world: World, folder: str, pattern: str
) -> None:  # CASES R46
    trap = world.project / folder
    trap.mkdir(parents=True)
    (trap / "trap").symlink_to("nothing")
    assert "a.py" in names(world, pattern)


@pytest.mark.parametrize("name", ["venv", "env of mine"])
@pytest.mark.parametrize("pattern", [".", "**", "**/*.py"])
def test_an_environment_is_known_by_what_it_holds(
    world: World, name: str, pattern: str
) -> None:  # CASES R46
    world.write({f"{name}/pyvenv.cfg": "", f"{name}/bin/x.py": ""})
    assert not [path for path in names(world, pattern) if path.startswith(name)]
    assert names(world, name) == [f"{name}/bin/x.py", f"{name}/pyvenv.cfg"]


@pytest.mark.parametrize("pattern", ["src/**", "src", "src/app/*.py", "*.py", "src/app/a.py"])
def test_nothing_beside_what_is_included_is_looked_at(
    world: World, pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # CASES R46
    world.write({"src/app/a.py": "", "data/deep/er/x.py": "", "src.py": ""})
    looked: list[str] = []
    scandir = os.scandir

    def spying(path: Path) -> object:
        looked.append(os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", spying)
    assert names(world, pattern)
    assert not [path for path in looked if path.startswith(str(world.project / "data"))]
    assert not [path for path in looked if "src" in path and pattern == "*.py"]


def test_what_is_named_is_entered_all_the_same(world: World) -> None:
    world.write({"node_modules/x.js": ""})
    assert names(world, "node_modules") == ["node_modules/x.js"]
    assert names(world, "node_modules/*.js") == ["node_modules/x.js"]


def test_compiled_modules_and_the_lock_stay_out(world: World) -> None:
    world.write({"a.pyc": "", "lading.lock": "", ".DS_Store": ""})
    assert names(world, "*") == names(world, ".")
    assert not {"a.pyc", "lading.lock", ".DS_Store"} & set(names(world, "."))


def test_exclusions_hold_for_names_and_folders(world: World) -> None:
    world.write({"src/tests/t.py": "", "src/a.py": "", "src/b.csv": ""})
    assert names(world, "src", exclude=("tests", "*.csv")) == ["src/a.py"]
    assert names(world, "src", exclude=("src/*.py",)) == ["src/b.csv", "src/tests/t.py"]
    assert "holds no files" in str(refusal(world, "src", exclude=("src",)))


def test_the_folder_that_is_written_is_no_part_of_the_project(world: World) -> None:
    world.write(
        {"build/uv": "", "older/image.json": "{}", "older/Dockerfile": "# Made by Lading: x"}
    )
    project = Project(world.project, excluded=(world.project / "build",))
    found = [one.file.path for one in project.include(step("."))]
    assert not [name for name in found if name.startswith(("build", "older"))]
    world.write({"own/image.json": "{}", "own/Dockerfile": "FROM x"})
    assert len(project.include(step("own"))) == 2
    for pattern in ("build", "build/uv"):
        with pytest.raises(FreezeError):
            project.include(step(pattern))


@pytest.mark.parametrize(
    "content",
    [b"#!/bin/sh\r\necho a\r\n", b"\xef\xbb\xbf#!/bin/sh\necho a\n", b"#!/bin/sh\necho a\n"],
)
def test_a_script_is_what_a_kernel_reads(world: World, content: bytes) -> None:  # CASES R45
    world.write({"setup.sh": content})
    found = Image().run_script("setup.sh").steps[0]
    assert isinstance(found, steps.RunScript)
    assert Project(world.project).script(found) == b"#!/bin/sh\necho a\n"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"setup.sh": b"echo a\n"}, "does not begin with a #! line"),
        ({"setup.sh": b"\n#!/bin/sh\n"}, "does not begin with a #! line"),
        ({"setup.sh": b""}, "does not begin with a #! line"),
        ({}, "the project has no setup.sh"),
        ({"setup.sh/x": b""}, "setup.sh is not a file"),
    ],
)
def test_what_is_no_script_is_refused(world: World, files: dict[str, bytes], message: str) -> None:
    world.write(files)
    found = Image().run_script("setup.sh").steps[0]
    assert isinstance(found, steps.RunScript)
    with pytest.raises(FreezeError, match=message) as refused:
        Project(world.project).script(found)
    assert refused.value.problems[0].location == found.location


def test_a_file_that_is_no_part_of_the_project_is_left_out(world: World) -> None:
    # Where `lading build -o` writes an archive: it would hold the one of the build before.
    world.write({"image.tar": "", "out/image.tar": ""})
    project = Project(world.project, (world.project / "image.tar", world.project / "out"))
    found = [one.file.path for one in project.include(step(".", "a.*"))]
    assert "a.py" in found
    assert not [name for name in found if name.endswith(".tar")]
