"""Files in which another tool has resolved: the same pins and hashes, or an error (CASES R28)."""

from __future__ import annotations

import os
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from lading import Image
from lading.lock.inputs import read_inputs
from lading.lock.uv import Uv
from lading.process import run
from lock.dock import AMD64, ARM64, versions
from lock.package_index import sha256_of, wheel

if TYPE_CHECKING:
    from lock.dock import Dock

PYPROJECT = """\
[project]
name = "service"
version = "1"
requires-python = ">=3.11"
dependencies = ["alpha"]
optional-dependencies = { fast = ["gamma"] }

[tool.uv]
package = false

[[tool.uv.index]]
url = "INDEX/simple"
default = true
"""


def uv(dock: Dock, *words: str) -> None:
    program = Uv.from_environment(dock.environ, interpreter=sys.executable).program
    done = run((program, *words), env=dock.environ, cwd=dock.project)
    assert done.returncode == 0, done.stderr


def lock_with_uv(dock: Dock, text: str = PYPROJECT) -> None:
    dock.index.wheel("gamma", "1.0")
    dock.write("pyproject.toml", text.replace("INDEX", dock.index.url))
    uv(dock, "lock", "--python", sys.executable)


@pytest.fixture
def locked(dock: Dock) -> Dock:
    """A uv.lock, whose index has newer versions by now."""
    dock.index.wheel("alpha", "1.0", requires=["beta"])
    dock.index.wheel("beta", "1.0")
    lock_with_uv(dock)
    dock.index.wheel("beta", "2.0")
    dock.index.wheel("gamma", "2.0")
    return dock


def test_a_uv_lock_is_taken_as_it_stands(locked: Dock) -> None:
    found = locked.distributions(locked.image().uv_lock())
    assert {name: one.version for name, one in found.items()} == {"alpha": "1.0", "beta": "1.0"}
    digest = sha256_of(locked.index.files["beta-1.0-py3-none-any.whl"])
    assert found["beta"].hashes == (digest,)


def test_an_extra_of_a_uv_lock_is_another_input(locked: Dock) -> None:
    image = locked.image().uv_lock(extras=["fast"])
    before = locked.lock(locked.image().uv_lock())
    after = locked.lock(image, earlier=before)
    assert versions(after) == {"alpha": "1.0", "beta": "1.0", "gamma": "1.0"}
    assert after.inputs != before.inputs


def test_a_uv_lock_is_not_resolved_anew_by_an_upgrade(locked: Dock) -> None:
    image = locked.image().uv_lock()
    before = locked.lock(image)
    assert locked.lock(image, earlier=before, everything=True).platforms == before.platforms


def test_a_file_that_has_changed_behind_a_uv_lock_is_refused(locked: Dock) -> None:
    locked.index.files["beta-1.0-py3-none-any.whl"] += b"\n"
    (problem,) = locked.refused(locked.image().uv_lock())
    assert problem.message.startswith("beta 1.0 for linux/amd64 has no hash")
    assert problem.location is not None
    assert problem.location.file == "uv.lock"


def test_a_uv_lock_may_override_what_packages_ask_for(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0", requires=["beta<2"])
    dock.index.wheel("beta", "1.0")
    dock.index.wheel("beta", "2.0")
    override = 'package = false\noverride-dependencies = ["beta==2.0"]'
    lock_with_uv(dock, PYPROJECT.replace("package = false", override))
    lock = dock.lock(dock.image().uv_lock())
    assert versions(lock) == {"alpha": "1.0", "beta": "2.0"}


def test_each_package_of_a_uv_lock_comes_from_the_index_that_it_names(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0", requires=["beta"])
    dock.index.wheel("beta", "1.0")
    dock.other.wheel("alpha", "1.0", requires=["beta"], tag="py3-none-manylinux_2_17_x86_64")
    dock.other.wheel("beta", "0.1")
    sources = (
        f'[[tool.uv.index]]\nname = "special"\nurl = "{dock.other.url}/simple"\nexplicit = true\n'
        '[tool.uv.sources]\nalpha = { index = "special" }\n'
    )
    lock_with_uv(dock, PYPROJECT + sources)

    found = dock.distributions(dock.image().uv_lock())

    assert found["alpha"].index == f"{dock.other.url}/simple"
    assert found["alpha"].url.startswith(dock.other.url)
    assert (found["beta"].version, found["beta"].index) == ("1.0", f"{dock.index.url}/simple")


def test_a_uv_lock_that_is_out_of_date_is_refused(locked: Dock) -> None:
    text = PYPROJECT.replace('["alpha"]', '["alpha", "delta"]').replace("INDEX", locked.index.url)
    locked.write("pyproject.toml", text)
    (problem,) = locked.refused(locked.image().uv_lock())
    assert "out of date" in problem.message
    assert "uv lock" in (problem.hint or "")


def test_a_uv_lock_that_is_missing_is_refused_at_its_line(dock: Dock) -> None:
    (problem,) = dock.refused(dock.image().uv_lock())
    assert "uv.lock" in problem.message
    assert problem.location is not None
    assert problem.location.file == __file__


def test_a_uv_lock_beside_other_requirements_is_one_choice(locked: Dock) -> None:
    locked.index.wheel("delta", "1.0", requires=["beta"])
    lock = locked.lock(locked.image().uv_lock().python_packages("delta"))
    assert versions(lock) == {"alpha": "1.0", "beta": "1.0", "delta": "1.0"}


def pylock(dock: Dock, *, more: str = "") -> None:
    packages = "".join(
        f'\n[[packages]]\nname = "{name}"\nversion = "1.0"\nwheels = [{{ name = "{file}", '
        f'url = "{dock.index.url}/files/{file}", hashes = {{ sha256 = "{digest}" }} }}]\n'
        for name in ("alpha", "beta")
        for file in [f"{name}-1.0-py3-none-any.whl"]
        for digest in [sha256_of(dock.index.files[file]).removeprefix("sha256:")]
    )
    dock.write("pylock.toml", f'lock-version = "1.0"\ncreated-by = "hand"\n{more}{packages}')


def test_a_pylock_is_taken_as_it_stands(locked: Dock) -> None:
    pylock(locked)
    found = locked.distributions(locked.image().requirements_file("pylock.toml"))
    assert {name: one.version for name, one in found.items()} == {"alpha": "1.0", "beta": "1.0"}


def test_a_pylock_for_other_environments_is_refused(locked: Dock) -> None:
    pylock(locked, more="environments = [\"platform_machine == 'x86_64'\"]\n")
    image = locked.image().requirements_file("pylock.toml")
    (problem,) = locked.refused(image, AMD64, ARM64)
    assert problem.message.startswith("pylock.toml was made for other environments than")
    assert "linux/arm64" in problem.message


def test_a_pylock_with_another_content_is_another_input(locked: Dock) -> None:
    pylock(locked)
    image = locked.image().requirements_file("pylock.toml")
    before = read_inputs(image, locked.project).inputs
    pylock(locked, more='requires-python = ">=3.11"\n')
    assert read_inputs(image, locked.project).inputs != before


def test_a_wheel_in_a_uv_lock_is_a_file_of_the_project(dock: Dock) -> None:
    name, content = wheel("alpha", "1.0")
    dock.write(f"libs/{name}", content)
    lock_with_uv(dock, PYPROJECT + f'[tool.uv.sources]\nalpha = {{ path = "libs/{name}" }}\n')
    alpha = dock.distributions(dock.image().uv_lock())["alpha"]
    assert (alpha.kind, alpha.url) == ("file", f"libs/{name}")


@pytest.mark.network
def test_a_real_uv_lock_gives_the_same_pins_and_hashes(dock: Dock) -> None:
    dock.environ |= {
        name: value for name, value in os.environ.items() if name.startswith(("SSL_", "UV_CACHE"))
    }
    text = PYPROJECT.partition("[[tool")[0].replace('["alpha"]', '["fastapi", "pydantic-core"]')
    text = text.replace('fast = ["gamma"]', "")
    lock_with_uv(dock, text)
    image = Image(base_image=dock.base, distro="debian:bookworm", python_version="3.11").uv_lock()

    # The index of the test has a uv for the build; the image's own is asked for packages only.
    earlier = dock.lock(dock.image(lock=False).python_packages("alpha"))
    (part,) = dock.lock(image, earlier=earlier).platforms
    found = {one.name: one for one in part.distributions}

    packages = tomllib.loads((dock.project / "uv.lock").read_text())["package"]
    pinned = {
        package["name"]: (package["version"], {one["hash"] for one in package["wheels"]})
        for package in packages
        if "wheels" in package
    }
    assert set(found) <= set(pinned)
    assert {"fastapi", "pydantic-core", "starlette"} <= set(found)
    for name, one in found.items():
        assert one.version == pinned[name][0]
        assert set(one.hashes) <= pinned[name][1]
        assert one.index == "default"
