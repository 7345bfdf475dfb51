"""What is compiled from source: locked without running any of it (CASES R24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading.freeze import Freezer
from lading.lock.file import emit_lock, parse_lock, write_lock
from lading.lock.integrity import flaws
from lading.lock.uv import Uv
from lock.dock import AMD64
from lock.package_index import pkg_info, sdist, sha256_of
from lock.source_files import (
    BACKEND,
    DYNAMIC_VERSION,
    IN_TREE,
    SETUP,
    STATIC,
    marked,
    publish_tools,
    tar,
    zipped,
)

if TYPE_CHECKING:
    from pathlib import Path

    from lading import Image
    from lading.errors import Problem
    from lading.lock.model import Distribution
    from lock.dock import Dock


@pytest.fixture
def shop(dock: Dock) -> Dock:
    """An index with what sources need."""
    publish_tools(dock.index)
    dock.index.wheel("beta", "1.0")
    dock.index.wheel("gamma", "1.0")
    return dock


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """The file that code of a source would leave."""
    return tmp_path / "ran"


def publish(dock: Dock, ran: Path, version: str = "1.0", **files: str) -> str:
    """Put a source distribution of alpha on the index, with a PKG-INFO unless it has its own."""
    named = {name.replace("_", "."): text for name, text in files.items()}
    whole = {"PKG-INFO": pkg_info("alpha", version), **named}
    kept = {name: text for name, text in whole.items() if text}
    return dock.index.add(sdist("alpha", version, marked(kept, ran)))


def allowing(dock: Dock, *requirements: str, **said: dict[str, list[str]]) -> Image:
    return dock.image().python_packages(
        *(requirements or ("alpha",)),
        no_binary=["alpha"],
        **said,  # type: ignore[arg-type]
    )


def refused(dock: Dock, image: Image | None = None) -> Problem:
    (problem,) = dock.refused(image or allowing(dock))
    return problem


def fetched(dock: Dock, image: Image) -> dict[str, Distribution]:
    """What is locked; the lock has no flaw and is read as it was written."""
    lock = dock.lock(image)
    assert flaws(lock) == ()
    assert parse_lock(emit_lock(lock)) == lock
    return {one.name: one for one in lock.platforms[0].distributions}


def test_an_sdist_is_refused_with_the_way_to_allow_it(shop: Dock, ran: Path) -> None:
    publish(shop, ran, setup_py=SETUP)
    (problem,) = shop.refused(shop.image().python_packages("alpha"))
    assert 'no_binary=["alpha"]' in (problem.hint or "")


def test_an_allowed_sdist_is_locked_by_what_it_declares(shop: Dock, ran: Path) -> None:
    digest = publish(shop, ran, setup_py=SETUP, pyproject_toml=STATIC)

    found = fetched(shop, allowing(shop))

    alpha = found["alpha"]
    assert (alpha.kind, alpha.hashes, alpha.assumed) == ("sdist", (digest,), False)
    assert found["beta"].kind == "wheel"
    assert not ran.exists()


def test_a_freeze_after_the_lock_needs_no_network(shop: Dock, tmp_path: Path, ran: Path) -> None:
    publish(shop, ran, setup_py=SETUP, pyproject_toml=STATIC)
    image = allowing(shop)
    write_lock(shop.project, shop.lock(image))
    asked = len(shop.index.asked)

    freezer = Freezer(machine=shop.machine(), locked=True, offline=True)
    decided = freezer.decide(image, platform=AMD64, project=shop.project)
    freezer.write(decided, tmp_path / "frozen")

    (source,) = (tmp_path / "frozen" / "sources").rglob("alpha-1.0.tar.gz")
    assert source.read_bytes() == shop.index.files["alpha-1.0.tar.gz"]
    assert len(shop.index.asked) == asked
    assert not ran.exists()


def test_an_sdist_with_a_static_record_is_locked_by_it(shop: Dock, ran: Path) -> None:
    publish(shop, ran, setup_py=SETUP, **{"PKG-INFO": pkg_info("alpha", "1.0", "2.2")})
    found = fetched(shop, allowing(shop))
    assert (found["alpha"].kind, found["alpha"].assumed) == ("sdist", False)
    assert not ran.exists()


REQUIRES_TXT = """\
beta>=1

[:sys_platform == "win32"]
nothing-has-this

[fast]
gamma

[fast:python_version < "3"]
nothing-has-this-either
"""
RECORDS = {
    "the record of its sdist": {
        "PKG-INFO": pkg_info("alpha", "1.0")
        + 'Requires-Dist: beta>=1\nRequires-Dist: gamma; extra == "fast"\nProvides-Extra: fast\n'
    },
    "setuptools' requires.txt": {
        "alpha.egg-info/PKG-INFO": pkg_info("alpha", "1.0"),
        "alpha.egg-info/requires.txt": REQUIRES_TXT,
    },
    "requires.txt below src": {
        "src/alpha.egg-info/PKG-INFO": pkg_info("alpha", "1.0"),
        "src/alpha.egg-info/requires.txt": REQUIRES_TXT,
        "tests/data/other.egg-info/requires.txt": "nothing-has-this\n",
    },
    "a setup.cfg": {
        "PKG-INFO": "",
        "setup.cfg": "[metadata]\nname = alpha\n[options]\ninstall_requires =\n    beta>=1\n"
        "[options.extras_require]\nfast = gamma\n",
    },
}


@pytest.mark.parametrize("files", RECORDS.values(), ids=RECORDS)
def test_what_only_code_could_tell_is_read_from_the_files(
    shop: Dock, ran: Path, files: dict[str, str]
) -> None:
    publish(shop, ran, setup_py=SETUP, **files)

    plain = fetched(shop, allowing(shop))
    fast = fetched(shop, allowing(shop, "alpha[fast]"))

    assert not ran.exists()
    assert sorted(plain) == ["alpha", "beta"]
    assert sorted(fast) == ["alpha", "beta", "gamma"]
    alpha = plain["alpha"]
    assert (alpha.kind, alpha.version, alpha.assumed) == ("sdist", "1.0", True)
    assert not plain["beta"].assumed


def test_a_backend_of_its_own_is_not_asked_either(shop: Dock, ran: Path) -> None:
    publish(shop, ran, pyproject_toml=IN_TREE, backend_py=BACKEND)
    found = fetched(shop, allowing(shop))
    assert not ran.exists()
    assert found["alpha"].assumed


def test_without_the_guard_that_code_would_run(shop: Dock, tmp_path: Path, ran: Path) -> None:
    """The tests here could not fail otherwise."""
    publish(shop, ran, pyproject_toml=IN_TREE, backend_py=BACKEND)
    uv = Uv.from_environment(shop.environ, interpreter=shop.interpreter)
    words = ("pip", "compile", "-", "--python", uv.interpreter)
    index = ("--default-index", f"{shop.index.url}/simple")
    done = uv.call((*words, *index), cwd=tmp_path, stdin="alpha\n")
    assert done.returncode == 0, done.stderr
    assert ran.exists()


def test_the_user_says_it_where_nothing_does(shop: Dock, ran: Path) -> None:
    publish(shop, ran, setup_py=SETUP, **{"PKG-INFO": ""})

    problem = refused(shop)
    found = fetched(shop, allowing(shop, requires={"alpha": ["gamma", "beta; python_version<'3'"]}))

    assert not ran.exists()
    assert "alpha 1.0 tells what it requires only to those who run its code" in problem.message
    assert 'requires={"alpha": [' in (problem.hint or "")
    assert problem.location is not None
    assert problem.location.file == __file__
    assert sorted(found) == ["alpha", "gamma"]
    assert found["alpha"].assumed


def test_the_user_s_word_comes_before_the_files(shop: Dock, ran: Path) -> None:
    publish(shop, ran, setup_py=SETUP, **RECORDS["setuptools' requires.txt"])
    found = fetched(shop, allowing(shop, requires={"alpha": ["gamma"]}))
    assert sorted(found) == ["alpha", "gamma"]


def test_a_slip_in_requires_is_refused(shop: Dock) -> None:
    image = shop.image().python_packages("beta", requires={"betta": ["gamma"]})
    problem = refused(shop, image)
    assert "requires names betta" in problem.message
    assert problem.hint == 'did you mean "beta"?'


def test_a_slip_in_no_binary_is_refused(shop: Dock) -> None:
    shop.index.wheel("alpha", "1.0")
    image = shop.image().python_packages("alpha", no_binary=["alhpa"])
    problem = refused(shop, image)
    assert problem.message == "no_binary names alhpa, which is not among the image's packages"
    assert problem.hint == 'did you mean "alpha"?'
    assert problem.location == image.steps[-1].location


def test_no_binary_of_a_file_may_name_anything(shop: Dock) -> None:
    shop.index.wheel("alpha", "1.0")
    shop.write("requirements.txt", "alpha\n--no-binary gamma\n")
    assert "alpha" in fetched(shop, shop.image().requirements_file("requirements.txt"))


def test_requires_of_a_source_that_declares_them_is_refused(shop: Dock, ran: Path) -> None:
    publish(shop, ran, pyproject_toml=STATIC)
    problem = refused(shop, allowing(shop, requires={"alpha": ["gamma"]}))
    assert problem.message.endswith("which its source declares itself")
    assert problem.location is not None


def test_requires_of_a_wheel_is_said_to_be_of_no_use(shop: Dock) -> None:
    found = fetched(shop, shop.image().python_packages("beta", requires={"beta": ["gamma"]}))
    assert sorted(found) == ["beta"]
    assert any("requires= is not heeded for beta" in line for line in shop.said)


def test_requires_that_differ_are_refused(shop: Dock) -> None:
    image = shop.image().python_packages("beta", requires={"beta": ["gamma"]})
    problem = refused(shop, image.python_packages("gamma", requires={"beta": []}))
    assert problem.message.startswith("requires= says two things of beta")


def test_an_older_version_is_read_when_the_newest_does_not_fit(shop: Dock, ran: Path) -> None:
    publish(shop, ran, "1.0", setup_py=SETUP)
    newest = pkg_info("alpha", "2.0") + "Requires-Dist: beta>=5\n"
    publish(shop, ran, "2.0", setup_py=SETUP, **{"PKG-INFO": newest})
    found = fetched(shop, allowing(shop))
    assert found["alpha"].version == "1.0"
    assert not ran.exists()


def test_sources_that_need_each_other_are_all_read(shop: Dock, ran: Path) -> None:
    for name, needed in (("one", "two"), ("two", "three"), ("three", "beta")):
        record = f"{pkg_info(name, '1.0')}Requires-Dist: {needed}\n"
        shop.index.add(sdist(name, "1.0", marked({"PKG-INFO": record, "setup.py": ""}, ran)))
    image = shop.image().python_packages("one", no_binary=["one", "two", "three"])
    found = fetched(shop, image)
    assert {name: one.assumed for name, one in found.items()} == {
        "one": True,
        "two": True,
        "three": True,
        "beta": False,
    }
    assert not ran.exists()


@pytest.mark.parametrize(
    "line", ["beta @ file:///etc/passwd", "-r /etc/passwd", "--index-url=http://evil.example.test"]
)
def test_a_hostile_record_changes_nothing_but_its_own_fate(
    shop: Dock, ran: Path, line: str
) -> None:
    record = f"{pkg_info('alpha', '1.0')}Requires-Dist: {line}\n"
    publish(shop, ran, setup_py=SETUP, **{"PKG-INFO": record})
    (problem,) = shop.refused(allowing(shop))
    assert "root:" not in str(problem)


@pytest.mark.parametrize("static", [True, False])
def test_an_archive_at_a_url_is_locked(shop: Dock, ran: Path, static: bool) -> None:  # noqa: FBT001
    files = {"pyproject_toml": STATIC} if static else {"setup_py": SETUP, **RECORDS["a setup.cfg"]}
    digest = publish(shop, ran, **files)
    url = f"{shop.index.url}/files/alpha-1.0.tar.gz"

    found = fetched(shop, shop.image().python_packages(f"alpha @ {url}"))

    alpha = found["alpha"]
    assert (alpha.kind, alpha.url, alpha.hashes, alpha.index) == ("sdist", url, (digest,), None)
    assert alpha.assumed is not static
    assert "beta" in found
    assert not ran.exists()


@pytest.mark.parametrize("suffix", ["tar.gz", "zip"])
def test_a_source_archive_of_the_project_is_locked(shop: Dock, ran: Path, suffix: str) -> None:
    files = marked({"pyproject.toml": DYNAMIC_VERSION, "setup.py": SETUP}, ran)
    kinds = {"tar.gz": "gz", "tgz": "gz", "tar.bz2": "bz2", "tar.xz": "xz"}
    content = (
        zipped("alpha-main", files) if suffix == "zip" else tar("alpha-main", files, kinds[suffix])  # type: ignore[arg-type]
    )
    shop.write(f"vendor/alpha.{suffix}", content)

    found = fetched(shop, shop.image().python_packages(f"alpha[fast] @ ./vendor/alpha.{suffix}"))

    alpha = found["alpha"]
    assert (alpha.kind, alpha.url) == ("archive", f"vendor/alpha.{suffix}")
    assert alpha.hashes == (sha256_of(content),)
    assert sorted(found) == ["alpha", "beta", "gamma"]
    assert not ran.exists()


@pytest.mark.parametrize("pyproject", [STATIC, DYNAMIC_VERSION], ids=["static", "version by code"])
def test_a_folder_of_the_project_is_locked_by_its_content(
    shop: Dock, ran: Path, pyproject: str
) -> None:
    for name, text in marked({"pyproject.toml": pyproject, "setup.py": SETUP}, ran).items():
        shop.write(f"libs/alpha/{name}", text)
    image = shop.image().python_packages("./libs/alpha")

    before = fetched(shop, image)["alpha"]
    shop.write("libs/alpha/alpha.py", "1\n")
    after = fetched(shop, image)["alpha"]
    shop.write("libs/alpha/__pycache__/alpha.pyc", "cached\n")

    assert (before.kind, before.url) == ("directory", "libs/alpha")
    assert before.hashes != after.hashes
    assert fetched(shop, image)["alpha"] == after
    assert not ran.exists()


def test_a_source_among_the_project_s_files_is_found(shop: Dock, ran: Path) -> None:
    name, content = sdist("alpha", "1.0", marked({"pyproject.toml": STATIC, "setup.py": ""}, ran))
    shop.write(f"files/{name}", content)
    shop.write("requirements.txt", "--find-links files\n--no-binary alpha\nalpha\n")

    found = fetched(shop, shop.image().requirements_file("requirements.txt"))

    alpha = found["alpha"]
    assert (alpha.kind, alpha.url) == ("archive", f"files/{name}")
    assert alpha.hashes == (sha256_of(content),)
    assert not ran.exists()


def test_a_folder_that_says_nothing_is_refused(shop: Dock, ran: Path) -> None:
    for name, text in marked({"setup.py": SETUP}, ran).items():
        shop.write(f"libs/alpha/{name}", text)
    # What a build of the user's own has left says nothing that would be in the image.
    shop.write("libs/alpha/alpha.egg-info/PKG-INFO", pkg_info("alpha", "1.0"))
    problem = refused(shop, shop.image().python_packages("alpha @ ./libs/alpha"))
    assert "only to those who run its code" in problem.message
    assert not ran.exists()


def test_a_link_out_of_the_project_is_refused(shop: Dock, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "pyproject.toml").write_text(STATIC)
    (shop.project / "libs").symlink_to(tmp_path / "elsewhere")
    problem = refused(shop, shop.image().python_packages("alpha @ ./libs"))
    assert "outside" in problem.message or "leaves" in problem.message


@pytest.mark.parametrize("name", ["..%2Falpha-1.0.tar.gz", "%2E%2E.tar.gz", "a%0Ab-1.0.tar.gz"])
def test_an_index_can_t_name_a_file_elsewhere(shop: Dock, ran: Path, name: str) -> None:
    publish(shop, ran, pyproject_toml=STATIC)
    shop.index.files[name] = shop.index.files["alpha-1.0.tar.gz"]
    problem = refused(shop, shop.image().python_packages(f"alpha @ {shop.index.url}/files/{name}"))
    assert "no plain file" in problem.message


def test_a_file_s_name_is_what_its_url_means(shop: Dock) -> None:
    shop.index.wheel("torch", "2.6+cpu")
    name = "torch-2.6+cpu-py3-none-any.whl"
    shop.index.files[name.replace("+", "%2B")] = shop.index.files[name]
    shop.index.projects["torch"] = [name.replace("+", "%2B")]
    found = fetched(shop, shop.image().python_packages("torch"))
    assert "%2B" in found["torch"].url
    assert found["torch"].filename == name
