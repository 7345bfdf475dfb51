"""R16 to R29: the same lock everywhere, of what was asked for, without running anything of it."""

from __future__ import annotations

import codecs
import re
import sys
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from building.sources import repository, serving
from cases.frozen import commands, frozen, instructions
from freeze.world import tree, wheel
from lading import Image, SpecificationError, process
from lading.errors import FreezeError
from lading.freeze import Freezer
from lading.info import ImageInfo, InstallPython
from lading.lock.file import emit_lock, write_lock
from lading.lock.uv import Uv
from lock.dock import AMD64, ARM64, versions
from lock.package_index import pkg_info, sdist, sha256_of
from lock.package_index import wheel as wheel_file

if TYPE_CHECKING:
    from pathlib import Path

    from freeze.world import World
    from lading.errors import Problem
    from lock.dock import Dock

MANYLINUX = "cp311-cp311-manylinux_2_28_x86_64"
ARM = "cp311-cp311-manylinux_2_28_aarch64"
# Where a lock is made: none of it is the target.
HOSTS = {
    "a Mac's": {"_PYTHON_HOST_PLATFORM": "macosx-14.0-arm64", "LANG": "de_DE.UTF-8"},
    "Windows's": {"OS": "Windows_NT", "PROCESSOR_ARCHITECTURE": "ARM64", "TZ": "Asia/Tokyo"},
    "uv's own": {"UV_PYTHON_PLATFORM": "windows", "UV_PYTHON": "3.13", "UV_INDEX_URL": "http://x"},
}


def freezer(dock: Dock, *, locked: bool = True) -> Freezer:
    return Freezer(machine=dock.machine(), locked=locked, offline=locked)


def frozen_from(dock: Dock, image: Image, target: Path, platform: str = AMD64) -> ImageInfo:
    """The image, frozen by the lock that is there."""
    decided = freezer(dock).decide(image, platform=platform, project=dock.project)
    freezer(dock).write(decided, target)
    return decided.info


def only(problems: tuple[Problem, ...]) -> Problem:
    (problem,) = problems
    return problem


# One lock, wherever it is made.


@pytest.mark.parametrize("host", HOSTS)
def test_r16_the_lock_is_the_same_bytes_on_any_host(dock: Dock, host: str, tmp_path: Path) -> None:
    dock.index.wheel("alpha", "1.0", requires=["beta ; sys_platform == 'linux'"])
    for tag in (MANYLINUX, "cp311-cp311-macosx_11_0_arm64", "cp311-cp311-win_amd64"):
        dock.index.wheel("beta", "1.0", tag=tag)
    image = dock.image().python_packages("alpha")
    here = dock.text(image)
    assert MANYLINUX in here
    dock.environ |= HOSTS[host] | {"UV_CACHE_DIR": str(tmp_path / "another")}
    assert dock.text(image) == here


def test_r16_what_runs_lading_has_no_say(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0", tag=MANYLINUX)
    image = dock.image().python_packages("alpha")
    another = dock.project.parent / "python"
    another.symlink_to(sys.executable)
    assert dock.text(image) == replace(dock, interpreter=str(another)).text(image)


def test_r17_each_platform_has_its_own_part_and_its_own_image(dock: Dock, tmp_path: Path) -> None:
    for tag in (MANYLINUX, ARM):
        dock.index.wheel("alpha", "1.0", tag=tag)
    image = dock.image().python_packages("alpha")
    lock = dock.lock(image, AMD64, ARM64)
    write_lock(dock.project, lock)
    urls = {}
    for platform in (AMD64, ARM64):
        info = frozen_from(dock, image, tmp_path / platform.replace("/", "-"), platform)
        (step,) = [step for step in info.steps if isinstance(step, InstallPython)]
        urls[platform] = step.distributions[0].filename
    assert urls == {
        AMD64: f"alpha-1.0-{MANYLINUX}.whl",
        ARM64: f"alpha-1.0-{ARM}.whl",
    }
    digests = {part.base.manifest for part in lock.platforms}
    assert len(digests) == 2


def test_r18_torch_on_alpine_is_refused_by_name(dock: Dock) -> None:
    dock.index.wheel("torch", "2.5.0", tag=MANYLINUX)
    problem = only(dock.refused(dock.image("alpine:3.20").python_packages("torch")))
    assert problem.location is not None
    said = f"{problem.message} {problem.hint}"
    assert "torch" in said
    assert "musllinux" in said


# What was asked for, once.


def test_r20_a_users_own_pin_is_the_only_one(dock: Dock) -> None:
    for version in ("1.0", "2.0"):
        dock.index.wheel("framework", version)
    dock.index.wheel("addon", "1.0", requires=["framework>=1"])
    dock.write("requirements.txt", "Framework==1.0\n")
    image = dock.image().requirements_file("requirements.txt").python_packages("addon")
    lock = dock.lock(image)
    assert versions(lock) == {"addon": "1.0", "framework": "1.0"}
    assert emit_lock(lock).count("framework-1.0") == 1


FORMS = """\
-r sub/base.txt
-c c.txt
alpha==1.0 \\
    --hash=HASH
beta  # a comment
./wheels/gamma-1.0-py3-none-any.whl
delta ; python_version < "4\""""


def forms(dock: Dock, encoded: bytes) -> None:
    dock.write("sub/base.txt", "epsilon\n")
    dock.write("c.txt", "beta<2\n")
    name, content = wheel_file("gamma", "1.0")
    dock.write(f"wheels/{name}", content)
    dock.write("requirements.txt", encoded)


@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(lambda text: text.encode(), id="utf-8"),
        pytest.param(lambda text: text.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(lambda text: codecs.BOM_UTF8 + text.encode(), id="UTF-8 BOM"),
        pytest.param(
            lambda text: codecs.BOM_UTF16_LE + text.replace("\n", "\r\n").encode("utf-16-le"),
            id="UTF-16 BOM",
        ),
        pytest.param(lambda text: f"{text}\n".encode(), id="a newline at the end"),
    ],
)
def test_r21_each_form_of_a_requirements_file_is_the_same_set(dock: Dock, encode: object) -> None:
    assert callable(encode)
    digest = dock.index.wheel("alpha", "1.0")
    for version in ("1.0", "2.0"):
        dock.index.wheel("beta", version)
    for name in ("delta", "epsilon"):
        dock.index.wheel(name, "1.0")
    forms(dock, encode(FORMS.replace("HASH", digest)))
    lock = dock.lock(dock.image().requirements_file("requirements.txt"))
    names = ("alpha", "beta", "delta", "epsilon", "gamma")
    assert versions(lock) == dict.fromkeys(names, "1.0")
    (group,) = lock.inputs.groups
    assert any(digest in one for one in group.requirements)
    assert [one.hashes for one in lock.platforms[0].distributions if one.name == "alpha"] == [
        (digest,)
    ]


def test_r22_one_index_named_twice_is_one_and_two_are_an_error_with_both_places(
    dock: Dock,
) -> None:
    dock.index.wheel("alpha", "1.0")
    index = f"{dock.index.url}/simple"
    image = Image(base_image=dock.base, distro="debian:bookworm", python_version="3.11")
    dock.write("a.txt", f"-i {index}\nalpha\n")
    dock.write("b.txt", f"--index-url {index}\nalpha\n")
    both = image.requirements_file("a.txt").requirements_file("b.txt")
    assert [one.url for one in dock.lock(both).inputs.indexes] == [index]
    dock.write("b.txt", f"-i {dock.other.url}/simple\nalpha\n")
    problem = only(dock.refused(both))
    assert "a.txt:1" in f"{problem.location} {problem}"
    assert "b.txt:1" in f"{problem.location} {problem}"


def test_r23_a_build_machines_path_is_refused_with_what_to_write(dock: Dock) -> None:
    dock.write("requirements.txt", "numpy @ file:///croot/numpy_1698/work\n")
    problem = only(dock.refused(dock.image().requirements_file("requirements.txt")))
    assert str(problem.location) == "requirements.txt:1"
    assert "numpy==" in (problem.hint or "")


def test_r23_a_version_that_no_index_has_is_the_resolvers_error(dock: Dock) -> None:
    dock.index.wheel("pkg", "1.0")
    problem = only(dock.refused(dock.image().python_packages("pkg==1.0+cu118")))
    assert "pkg==1.0+cu118" in (problem.detail or "")


# Freezing twice.


def test_r25_freezing_again_asks_nobody_and_writes_the_same_bytes(
    dock: Dock, tmp_path: Path
) -> None:
    dock.index.wheel("alpha", "1.0")
    image = dock.image().python_packages("alpha")
    write_lock(dock.project, dock.lock(image))
    frozen_from(dock, image, tmp_path / "warm")
    dock.index.wheel("alpha", "2.0")
    dock.index.asked.clear()
    dock.registry.seen.clear()
    lock = (dock.project / "lading.lock").read_bytes()
    for target in ("one", "two"):
        maker = replace(freezer(dock), locked=False, offline=False)
        maker.write(maker.decide(image, platform=AMD64, project=dock.project), tmp_path / target)
    assert tree(tmp_path / "one") == tree(tmp_path / "two") == tree(tmp_path / "warm")
    assert (dock.project / "lading.lock").read_bytes() == lock
    assert (dock.index.asked, dock.registry.seen) == ([], [])


def test_r25_a_changed_input_changes_the_lock_alone_and_a_check_refuses_it(dock: Dock) -> None:
    for name in ("alpha", "beta"):
        dock.index.wheel(name, "1.0")
    image = dock.image().python_packages("alpha")
    before = dock.lock(image)
    write_lock(dock.project, before)
    changed = image.python_packages("beta")
    with pytest.raises(FreezeError, match="out of date"):
        freezer(dock).decide(changed, platform=AMD64, project=dock.project)
    dock.index.wheel("alpha", "2.0")
    assert versions(dock.lock(changed, earlier=before)) == {"alpha": "1.0", "beta": "1.0"}


def test_r26_a_failure_has_the_resolvers_words_and_the_users_line(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0", requires=["beta>=2"])
    dock.index.wheel("beta", "1.0")
    problem = only(dock.refused(dock.image().python_packages("alpha")))
    assert problem.location is not None
    assert problem.location.file == __file__
    assert "beta" in (problem.detail or "")
    assert "unsatisfiable" in (problem.detail or "")


# Projects of other tools.

PYPROJECT = """\
[project]
name = "service"
version = "1"
requires-python = ">=3.11"
dependencies = ["alpha"]
optional-dependencies = { fast = ["beta"] }

[dependency-groups]
test = ["gamma"]

[tool.uv]
package = false

[[tool.uv.index]]
url = "INDEX/simple"
default = true
"""


def lock_by_uv(dock: Dock) -> None:
    for name in ("alpha", "beta", "gamma"):
        dock.index.wheel(name, "1.0")
    dock.write("pyproject.toml", PYPROJECT.replace("INDEX", dock.index.url))
    program = Uv.from_environment(dock.environ, interpreter=sys.executable).program
    argv = (program, "lock", "--python", sys.executable)
    done = process.run(argv, env=dock.environ, cwd=dock.project)
    assert done.returncode == 0, done.stderr


def test_r27_dependencies_extras_and_groups_come_by_name(dock: Dock) -> None:
    for name in ("alpha", "beta", "gamma"):
        dock.index.wheel(name, "1.0")
    text = PYPROJECT.replace("INDEX", dock.index.url).partition("[tool.uv]")[0]
    dock.write("pyproject.toml", text)
    base = dock.image()
    assert set(dock.distributions(base.pyproject_toml())) == {"alpha"}
    every = base.pyproject_toml(extras=["fast"], groups=["test"])
    assert set(dock.distributions(every)) == {"alpha", "beta", "gamma"}


def test_r27_no_dependencies_are_no_installation(dock: Dock, tmp_path: Path) -> None:
    dock.write("pyproject.toml", "[project]\nname = 'x'\nversion = '1'\ndependencies = []\n")
    image = dock.image().pyproject_toml()
    lock = dock.lock(image)
    assert lock.platforms[0].distributions == ()
    write_lock(dock.project, lock)
    info = frozen_from(dock, image, tmp_path / "frozen")
    assert not any("pip install" in one for one in commands(info))


def test_r27_dynamic_dependencies_are_refused_by_name(dock: Dock) -> None:
    dock.write("pyproject.toml", "[project]\nname = 'x'\ndynamic = ['dependencies']\n")
    problem = only(dock.refused(dock.image().pyproject_toml()))
    assert "dynamic" in problem.message
    assert problem.hint


def test_r28_a_uv_lock_gives_its_own_pins_and_hashes(dock: Dock) -> None:
    lock_by_uv(dock)
    dock.index.wheel("alpha", "2.0")
    found = dock.distributions(dock.image().uv_lock())
    assert {name: one.version for name, one in found.items()} == {"alpha": "1.0"}
    locked = tomllib.loads((dock.project / "uv.lock").read_text())
    (alpha,) = [one for one in locked["package"] if one["name"] == "alpha"]
    assert found["alpha"].hashes == tuple(one["hash"] for one in alpha["wheels"])


def test_r28_a_stale_or_missing_lock_is_refused_and_nothing_resolved(dock: Dock) -> None:
    lock_by_uv(dock)
    text = (dock.project / "pyproject.toml").read_text()
    dock.write("pyproject.toml", text.replace('["alpha"]', '["alpha", "gamma"]'))
    before = (dock.project / "uv.lock").read_bytes()
    assert "out of date" in only(dock.refused(dock.image().uv_lock())).message
    assert (dock.project / "uv.lock").read_bytes() == before
    (dock.project / "uv.lock").unlink()
    assert "uv.lock" in only(dock.refused(dock.image().uv_lock())).message
    assert not (dock.project / "uv.lock").exists()


def test_r28_a_pylock_gives_its_own_pins_and_hashes(dock: Dock) -> None:
    digest = dock.index.wheel("alpha", "1.0")
    dock.index.wheel("alpha", "2.0")
    file = "alpha-1.0-py3-none-any.whl"
    dock.write(
        "pylock.toml",
        'lock-version = "1.0"\ncreated-by = "a test"\nrequires-python = ">=3.11"\n'
        f'[[packages]]\nname = "alpha"\nversion = "1.0"\nindex = "{dock.index.url}/simple"\n'
        f'[[packages.wheels]]\nname = "{file}"\nurl = "{dock.index.url}/files/{file}"\n'
        f'hashes = {{ sha256 = "{digest.removeprefix("sha256:")}" }}\n',
    )
    found = dock.distributions(dock.image().requirements_file("pylock.toml"))
    assert [(one.version, one.hashes) for one in found.values()] == [("1.0", (digest,))]
    dock.index.files[file] += b"\n"
    assert sha256_of(dock.index.files[file]) != digest


@pytest.mark.parametrize("distro", ["debian:bookworm", "alpine:3.20", "ubi9"])
def test_r29_what_is_locked_is_installed_by_hash_alone(world: World, distro: str) -> None:
    source = 'Image(distro=D).python_packages("six").run("true").python_packages("seven")'
    locked = (wheel("six", "1.0"), wheel("seven", "1.0", group=2))
    info = frozen(world, source, *locked, D=distro)
    installs = [
        command
        for one in commands(info)
        for command in one.split(" && ")
        if "pip install" in command
    ]
    assert len(installs) == 2
    for command in installs:
        assert {"--no-deps", "--require-hashes"} <= set(command.split())
    assert all("--hash=sha256:" in text for text in written(world, source, distro))


def written(world: World, source: str, distro: str) -> list[str]:
    """The requirements files of the frozen folder."""
    world.freeze(world.image(source, D=distro))
    return [path.read_text() for path in world.target.glob("**/requirements*.txt")]


def test_r24_a_source_is_not_built_on_the_host_but_in_a_stage_with_a_compiler(
    dock: Dock, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    code = f"open({str(ran)!r}, 'w').close()\nfrom setuptools import setup\nsetup()\n"
    pyproject = (
        '[build-system]\nrequires = ["backend"]\nbuild-backend = "backend"\n'
        '[project]\nname = "alpha"\nversion = "1.0"\ndependencies = []\n'
    )
    files = {"PKG-INFO": pkg_info("alpha", "1.0"), "setup.py": code, "pyproject.toml": pyproject}
    dock.index.add(sdist("alpha", "1.0", files))
    dock.index.wheel("backend", "1.0")
    image = dock.image().python_packages("alpha", no_binary=["alpha"])
    lock = dock.lock(image, ARM64)
    write_lock(dock.project, lock)
    (part,) = lock.platforms
    assert [(one.name, one.kind) for one in part.distributions] == [("alpha", "sdist")]
    info = frozen_from(dock, image, tmp_path / "frozen", ARM64)
    assert not ran.exists()
    stages = instructions(info, "FROM")
    assert len(stages) >= 2
    text = info.dockerfile
    last = text[text.rindex("\nFROM ") :]
    assert "build-essential" in text
    assert "build-essential" not in last


def test_r24_a_source_that_nobody_allowed_is_named_with_the_way_to_allow_it(dock: Dock) -> None:
    dock.index.add(sdist("alpha", "1.0", {"PKG-INFO": pkg_info("alpha", "1.0", "2.2")}))
    problem = only(dock.refused(dock.image().python_packages("alpha")))
    assert 'no_binary=["alpha"]' in (problem.hint or "")


def test_r26_a_wrong_word_has_the_users_line() -> None:
    with pytest.raises(SpecificationError) as caught:
        Image().python_packages("alpha ==")
    (problem,) = caught.value.problems
    assert problem.location is not None
    assert problem.location.file == __file__


def test_r25_a_project_that_was_never_locked_is_refused_by_a_check(world: World) -> None:
    image = world.image('Image().python_packages("six")')
    with pytest.raises(FreezeError, match=r"there is no lading\.lock"):
        world.freezer().decide(image, platform=AMD64, project=world.project)


def test_r19_torch_comes_from_its_index_and_nothing_else_does(dock: Dock) -> None:
    dock.other.wheel("torch", "2.5.0+cpu", requires=["filelock"], tag=MANYLINUX)
    for name in ("requests", "filelock"):
        dock.other.wheel(name, "9.9")  # which nobody may take from there
        dock.index.wheel(name, "1.0")
    dock.index.wheel("torch", "2.6.0", requires=["nvidia-cublas-cu12"], tag=MANYLINUX)
    dock.index.wheel("nvidia-cublas-cu12", "12.0")
    torch = f"{dock.other.url}/simple"
    image = dock.image().index(torch, name="torch", packages=["torch"])
    found = dock.distributions(image.python_packages("torch", "requests"))
    assert {name: (one.version, one.index) for name, one in found.items()} == {
        "torch": ("2.5.0+cpu", torch),
        "filelock": ("1.0", f"{dock.index.url}/simple"),
        "requests": ("1.0", f"{dock.index.url}/simple"),
    }


def test_r19_each_index_installs_what_it_serves_and_is_asked_for_nothing_else(
    dock: Dock, tmp_path: Path
) -> None:
    dock.other.wheel("torch", "2.5.0")
    dock.index.wheel("requests", "1.0")
    image = dock.image().index(f"{dock.other.url}/simple", name="torch", packages=["torch"])
    image = image.python_packages("torch", "requests")
    write_lock(dock.project, dock.lock(image))
    info = frozen_from(dock, image, tmp_path / "frozen")
    installs = [
        command
        for one in commands(info)
        for command in one.split(" && ")
        if "pip install" in command
    ]
    assert len(installs) == 2
    for index, other, package in (
        (dock.index.url, dock.other.url, "requests"),
        (dock.other.url, dock.index.url, "torch"),
    ):
        (command,) = [one for one in installs if f"{index}/simple" in one]
        assert other not in command
        assert "--default-index" in command
        names = [word.rpartition("/")[2] for word in command.split() if word.endswith(".txt")]
        texts = [
            run.read_text()
            for run in (tmp_path / "frozen").rglob("requirements*.txt")
            if package in run.read_text()
        ]
        assert names
        assert len(texts) == 1
        assert len(re.findall(r"(?m)^[a-z]+==", texts[0])) == 1


def test_r19_the_short_form_asks_no_other_index_for_torch(dock: Dock) -> None:
    # PyTorch's own index is out of reach here, wherever this runs.
    dock.environ |= {"HTTPS_PROXY": "http://127.0.0.1:9", "UV_HTTP_RETRIES": "0"}
    dock.index.wheel("torch", "2.5.0", tag=MANYLINUX)
    dock.index.wheel("requests", "1.0")
    image = dock.image().replace(accelerator="cpu").python_packages("requests")
    assert set(dock.distributions(image)) == {"requests"}
    assert dock.lock(image).inputs.accelerator == "cpu"
    problem = only(dock.refused(image.python_packages("torch")))
    assert "/whl/cpu/torch/" in (problem.detail or "")
    assert not [path for path in dock.index.asked if "torch" in path]


SOURCES = """\
[project]
name = "service"
version = "1"
requires-python = ">=3.11"
dependencies = ["alpha", "beta", "member", "folded"]

[tool.uv.sources]
alpha = { index = "special" }
folded = { path = "libs/folded" }
member = { workspace = true }

[tool.uv.workspace]
members = ["packages/*"]

[[tool.uv.index]]
name = "special"
url = "SPECIAL/simple"
explicit = true
"""
BUILT = """\
[build-system]
requires = ["backend"]
build-backend = "backend"

[project]
name = "NAME"
version = "1.0"
dependencies = []
"""


def test_r27_sources_of_uv_are_followed(dock: Dock) -> None:
    dock.other.wheel("alpha", "1.0")
    for name in ("alpha", "beta"):
        dock.index.wheel(name, "2.0")
    dock.index.wheel("backend", "1.0")
    dock.write("pyproject.toml", SOURCES.replace("SPECIAL", dock.other.url))
    for name, folder in (("folded", "libs/folded"), ("member", "packages/member")):
        dock.write(f"{folder}/pyproject.toml", BUILT.replace("NAME", name))
        dock.write(f"{folder}/{name}.py", "")
    found = dock.distributions(dock.image().pyproject_toml())
    assert {name: one.kind for name, one in found.items()} == {
        "alpha": "wheel",
        "beta": "wheel",
        "folded": "directory",
        "member": "directory",
    }
    assert (found["alpha"].version, found["beta"].version) == ("1.0", "2.0")
    assert found["alpha"].index == f"{dock.other.url}/simple"
    assert (found["folded"].url, found["member"].url) == ("libs/folded", "packages/member")


def test_r27_a_repository_among_the_sources_is_locked_to_a_commit(
    dock: Dock, git: str, tmp_path: Path
) -> None:
    assert git
    dock.index.wheel("setuptools", "80.0")
    commit = repository(tmp_path / "served", "answering", dock.environ)
    with serving(tmp_path / "served") as url:
        source = f'{{ git = "{url}/answering.git", branch = "main" }}'
        dock.write(
            "pyproject.toml",
            "[project]\nname = 'service'\nversion = '1'\ndependencies = ['answering']\n"
            f"[tool.uv.sources]\nanswering = {source}\n",
        )
        found = dock.distributions(dock.image().pyproject_toml())
    assert (found["answering"].kind, found["answering"].commit) == ("git", commit)


def test_r27_a_source_that_is_not_there_is_refused_by_name(dock: Dock) -> None:
    dock.write(
        "pyproject.toml",
        "[project]\nname = 'service'\nversion = '1'\ndependencies = ['folded']\n"
        "[tool.uv.sources]\nfolded = { path = 'libs/nothing' }\n",
    )
    problems = dock.refused(dock.image().pyproject_toml())
    assert any("libs/nothing" in problem.message for problem in problems)
