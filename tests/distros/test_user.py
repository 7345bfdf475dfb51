from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.distros import user_commands
from lading.grammar.invalid import Invalid
from shells import SHELLS, check, execute

if TYPE_CHECKING:
    from engine_support import Engine

ROOT = "root:x:0:0:root:/root:/bin/sh\n"
UID, GID = os.getuid(), os.getgid()  # nobody but root may give a folder to another


def image(folder: Path, passwd: str | None) -> Path:
    (folder / "etc").mkdir(parents=True)
    if passwd is not None:
        (folder / "etc/passwd").write_text(passwd)
    return folder


def create(
    shell: tuple[str, ...], root: Path, *, uid: int = UID, name: str = "app", tools: Path
) -> str:
    """Runs the commands with no program on PATH but those that each image with a shell has."""
    tools.mkdir(exist_ok=True)
    for tool in ("mkdir", "chown", "chmod", "grep", "tail"):
        found = shutil.which(tool)
        assert found is not None
        if not (tools / tool).exists():
            (tools / tool).symlink_to(found)
    written = user_commands(
        uid=uid, gid=GID, name=name, home="/home/app", writable=("/srv/$my data",), root=str(root)
    )
    if uid != UID:
        written = tuple(command for command in written if not command.startswith("chown"))
    execute(shell, written, env={"PATH": str(tools)})
    return (root / "etc/passwd").read_text()


def entry(uid: int, name: str = "app") -> str:
    return f"{name}:x:{uid}:{GID}::/home/app:/bin/sh\n"


def test_the_commands_are_posix_sh() -> None:  # CASES R7
    check(user_commands(uid=1001, name="app", home="/home/my app", writable=("/a b", "/c")))


@pytest.mark.parametrize("shell", SHELLS)
def test_a_user_is_made_without_any_tool_for_it(  # CASES R8
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    root = image(tmp_path / "image", ROOT)
    assert create(shell, root, uid=54321, tools=tmp_path / "bin") == ROOT + entry(54321)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", entry(54321)),
        (ROOT.rstrip("\n"), ROOT + entry(54321)),
        ("me:x:54321:7::/me:/bin/sh\n", "me:x:54321:7::/me:/bin/sh\n"),
        ("me:x:54321:7::/me:/bin/sh", "me:x:54321:7::/me:/bin/sh\n"),
        ("app:x:7:7::/:/bin/sh\n", "app:x:7:7::/:/bin/sh\n"),
        (ROOT + "\n\\n*:x:9:9\n", ROOT + "\n\\n*:x:9:9\n" + entry(54321)),
        ("apps:x:543210:0::/:/x\n", "apps:x:543210:0::/:/x\n" + entry(54321)),
    ],
    ids=[
        "empty",
        "no last newline",
        "uid present",
        "uid present, no last newline",
        "name taken",
        "odd lines",
        "alike",
    ],
)
def test_an_entry_is_added_where_the_uid_has_none(  # CASES R8
    shell: tuple[str, ...], tmp_path: Path, before: str | None, after: str
) -> None:
    root = image(tmp_path / "image", before)
    tools = tmp_path / "bin"
    assert create(shell, root, uid=54321, tools=tools) == after
    assert create(shell, root, uid=54321, tools=tools) == after  # and once only


@pytest.mark.parametrize("shell", SHELLS)
def test_directories_are_the_users_and_its_groups(shell: tuple[str, ...], tmp_path: Path) -> None:
    root = image(tmp_path / "image", ROOT)
    inside = root / "srv/$my data/kept"
    inside.parent.mkdir(parents=True)
    inside.touch(mode=0o600)
    create(shell, root, tools=tmp_path / "bin")
    for path in ("home/app", "srv/$my data"):
        status = (root / path).stat()
        assert (status.st_uid, status.st_gid) == (UID, GID)
        assert status.st_mode >> 6 & 7 == status.st_mode >> 3 & 7 == 7
    assert inside.stat().st_mode & 0o777 == 0o600  # CASES R40: nothing inside is touched


@pytest.mark.engine("docker")
def test_a_user_is_made_in_a_real_image(  # CASES R8
    docker: Engine, base_image_bare: str
) -> None:
    commands = user_commands(uid=10001, name="app", home="/home/app", writable=("/srv/data",))
    look = ("id -un 10001", "stat -c %u:%g:%a /home/app /srv/data")
    found = docker.output_of(base_image_bare, "sh", "-c", " && ".join((*commands, *look)))
    assert found.splitlines() == ["app", "10001:0:775", "10001:0:775"]


def test_no_tree_is_walked() -> None:  # CASES R40
    commands = user_commands(uid=1001, name="app", home="/home/app", writable=("/opt/venv",))
    assert not any(" -R" in command or "recursive" in command for command in commands)


def test_a_directory_is_named_once() -> None:
    commands = user_commands(uid=1001, name="app", home="/app", writable=("/app", "/data"))
    assert commands[-2] == "chown 1001:0 -- /app /data"


@pytest.mark.parametrize("home", ["relative", "/a:b", "/a\nb", ""])
def test_a_home_that_passwd_can_not_hold_is_refused(home: str) -> None:
    with pytest.raises(Invalid, match="home directory"):
        user_commands(uid=1001, name="app", home=home)


@pytest.mark.parametrize("name", ["", "A b", "-x", "a:b", "$(id)", "x\ny"])
def test_a_name_that_is_no_user_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        user_commands(uid=1001, name=name, home="/home/app")


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=":")))
def test_any_home_arrives_as_it_is(path: str) -> None:
    with TemporaryDirectory() as folder:
        root = image(Path(folder), None)
        commands = user_commands(uid=7, name="app", home=f"/{path}", root=folder)
        (root / "etc/passwd").touch()
        execute(("sh",), commands[:-3])
        written = (root / "etc/passwd").read_bytes().decode()
    assert written == f"app:x:7:0::/{path}:/bin/sh\n"
