"""R7 to R15: whatever the base image has or lacks, and whatever shell it has."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from cases.frozen import BASE_PATH, commands, frozen, instructions, refused, runs, variables
from freeze.world import sdist, wheel
from lading import Image, process
from lading.distros import SUPPORTED, user_commands
from shells import SHELLS, check, execute

if TYPE_CHECKING:
    from pathlib import Path

    from freeze.world import World

EVERYTHING = """(
    Image(distro=DISTRO)
    .system_packages("curl")
    .build_packages("make")
    .env(A="it's", PATH="/opt/x:$PATH")
    .python_packages("six", "old")
    .run("echo a # b")
    .run_script("set-up.sh", "it's")
    .user(1001, name="app")
    .volume("/data")
)"""
RELEASES = [str(distro) for distro in SUPPORTED]
# What only bash or zsh reads; `.` is the POSIX way to read a file.
NOT_POSIX = re.compile(r"&>|\[\[|<\(|(?:^|[;&|]\s*)(?:source|function|declare|local)\s")
ROOT = "root:x:0:0:root:/root:/bin/sh\n"
UID, GID = 54321, os.getgid()


@pytest.mark.parametrize("distro", RELEASES)
def test_r7_every_command_is_posix_sh(world: World, distro: str) -> None:
    world.write({"set-up.sh": "#!/bin/sh\n"})
    info = frozen(world, EVERYTHING, wheel("six", "1.0"), sdist("old", "1.0"), DISTRO=distro)
    found = commands(info)
    assert len(found) >= 6
    assert not [one for one in found if NOT_POSIX.search(one)]
    for one in found:
        check((one.replace(". /run/ca-bundle.sh", ":"),))


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(ROOT, f"{ROOT}app:x:{UID}:{GID}::/home/app:/bin/sh\n", id="no such user"),
        pytest.param(ROOT + "app:x:7:7::/:/bin/sh\n", None, id="its name is taken"),
        pytest.param(ROOT + f"me:x:{UID}:7::/me:/bin/sh\n", None, id="its uid is taken"),
        pytest.param("", f"app:x:{UID}:{GID}::/home/app:/bin/sh\n", id="nobody"),
    ],
)
def test_r8_a_user_is_made_where_no_tool_for_it_is(
    shell: tuple[str, ...], before: str, after: str | None, tmp_path: Path
) -> None:
    root, tools = tmp_path / "image", tmp_path / "bin"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "passwd").write_text(before)
    tools.mkdir()
    for name in ("mkdir", "chmod", "grep", "tail"):
        (tools / name).symlink_to(str(shutil.which(name)))
    written = user_commands(uid=UID, gid=GID, name="app", home="/home/app", root=str(root))
    # Nobody but root may give a folder away.
    ours = tuple(command for command in written if not command.startswith("chown"))
    execute(shell, ours, env={"PATH": str(tools)})
    assert (root / "etc" / "passwd").read_text() == (before if after is None else after)
    assert (root / "home" / "app").is_dir()


@pytest.mark.parametrize("distro", RELEASES)
def test_r9_steps_run_as_root_and_the_container_by_a_number(world: World, distro: str) -> None:
    info = frozen(world, 'Image("example.test/x:1", distro=D).run("id")', D=distro)
    users = instructions(info, "USER")
    assert users[0].rest in {"0", "root"}
    assert re.fullmatch(r"[1-9][0-9]*(:[0-9]+)?", users[-1].rest)
    kinds = [one.kind for one in instructions(info)]
    assert kinds.index("USER") < kinds.index("RUN")
    assert "RUN" not in kinds[len(kinds) - kinds[::-1].index("USER") :]


def test_r10_a_base_says_by_its_name_what_it_is(world: World) -> None:
    info = frozen(world, 'Image("alpine:3.20").system_packages("curl")')
    text = "\n".join(commands(info))
    assert "apt-get" not in text
    assert re.search(r"\bapk\b.* add ", text)


def test_r10_an_unknown_base_with_system_packages_asks_what_it_is() -> None:
    (problem,) = refused(lambda: Image("example.test/own:1").system_packages("curl"))
    assert problem.hint is not None
    assert "distro=" in problem.hint
    assert Image("example.test/own:1", distro="alpine").system_packages("curl").steps


@pytest.mark.parametrize("base", ["debian:bookworm", "example.test/own:1"])
def test_r11_the_installer_comes_with_the_context_and_stays_out_of_the_image(
    world: World, base: str
) -> None:
    image = world.image('Image(BASE, distro="debian:bookworm").python_packages("six")', BASE=base)
    part = world.lock(image, wheel("six", "1.0"))
    info = world.freeze(image)
    (tool,) = part.tools
    assert info.tools == (tool,)
    assert re.fullmatch("[0-9a-f]{64}", tool.sha256)
    assert "x86_64" in tool.url
    assert (world.target / "uv").is_file()
    text = "\n".join(commands(info))
    assert not re.search(r"pip3? install uv|ensurepip|get-pip|curl|wget", text)
    mounted = [run for run in runs(info) if any("source=uv," in flag for flag in run.flags)]
    assert mounted
    assert not [one for one in instructions(info, "COPY", "ADD") if "uv" in one.rest.split()]


@pytest.mark.parametrize("base", ["python:3.11-slim-bookworm", "debian:bookworm", "ubuntu:24.04"])
def test_r12_a_version_left_out_is_no_word_of_the_dockerfile(world: World, base: str) -> None:
    info = frozen(world, 'Image(BASE).python_packages("six")', wheel("six", "1.0"), BASE=base)
    assert info.python is not None
    assert "None" not in info.dockerfile


def test_r12_a_patch_version_is_kept(world: World) -> None:
    info = frozen(
        world, 'Image(python_version="3.11.9").python_packages("six")', wheel("six", "1.0")
    )
    assert info.python == "3.11.9"
    (start,) = instructions(info, "FROM")
    assert ":3.11.9-" in start.rest


@pytest.mark.parametrize("version", ["3", "3.99", "2.7", "3.11.9.1", "latest"])
def test_r12_a_version_that_is_none_is_refused(version: str) -> None:
    assert refused(lambda: Image(python_version=version))


@pytest.mark.parametrize("calls", ["", '.env(PATH="/opt/x:$PATH")'])
def test_r13_path_keeps_what_the_base_has(world: World, calls: str) -> None:
    info = frozen(world, f'Image().python_packages("six"){calls}', wheel("six", "1.0"))
    path = variables(info)["PATH"].split(":")
    assert path[-1] == BASE_PATH
    assert "/opt/venv/bin" in path
    assert ("/opt/x" in path) == bool(calls)


@pytest.mark.parametrize("distro", RELEASES)
def test_r14_packages_are_installed_without_questions_and_cleaned_up_in_one_run(
    world: World, distro: str
) -> None:
    info = frozen(world, 'Image(distro=D).system_packages("curl")', D=distro)
    (install,) = [one for one in commands(info) if re.search(r"\b(apt-get|yum|u?dnf|apk)\b", one)]
    if "apt-get" in install:
        assert install.index(" update") < install.index(" install --yes --no-install-recommends ")
        assert "DEBIAN_FRONTEND=noninteractive" in install
        assert "DEBIAN_FRONTEND" not in variables(info)
        assert "rm -rf /var/lib/apt/lists/" in install.rpartition("&&")[2]
    elif "apk" not in install:
        assert re.search(r"(yum|dnf) .*install .*-y|(yum|dnf) .*-y .*install", install)
        assert re.search(r"rm -rf? |clean all", install)


@pytest.mark.parametrize("distro", ["debian:bookworm", "debian:trixie"])
def test_r15_the_base_has_its_releases_name_and_a_digest(world: World, distro: str) -> None:
    info = frozen(world, "Image(distro=D)", D=distro)
    (start,) = instructions(info, "FROM")
    name = rf"docker\.io/library/python:3\.\d+-slim-{distro.partition(':')[2]}"
    assert re.fullmatch(rf"{name}@sha256:[0-9a-f]{{64}}", start.rest)


def test_r7_the_file_that_steps_read_is_posix_sh(world: World) -> None:
    image = world.image('Image().run("true")')
    world.lock(image)
    world.freeze(image)
    (script,) = world.target.glob("*.sh")
    check((script.read_text().strip(),))
    done = process.run(("sh", "-eu", str(script)), env=os.environ)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
