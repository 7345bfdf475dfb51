"""Which index serves which package: explicit, true in the lock, and nothing else asked (CASES R19,
R22, R26, R29).
"""

from __future__ import annotations

import inspect
import tempfile
from typing import TYPE_CHECKING

import pytest

from lading.errors import SpecificationError
from lading.lock.file import emit_lock
from lading.lock.inputs import read_inputs
from lock.dock import versions
from lock.package_index import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from lading import Image
    from lading.errors import Problem
    from lading.lock.model import Distribution
    from lock.dock import Dock
    from lock.package_index import PackageIndex


def line() -> int:
    """The line of the caller."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def corp(dock: Dock, *packages: str, image: Image | None = None) -> Image:
    """An image whose second index serves these packages alone."""
    image = image or dock.image()
    return image.index(f"{dock.other.url}/simple", name="corp", packages=packages)


def publish_confusion(dock: Dock) -> None:
    """A private package, and a stranger of the same name and a higher version in public."""
    dock.index.wheel("app", "1.0", requires=["corp-thing>=1", "requests"])
    dock.index.wheel("requests", "2.0")
    dock.index.wheel("corp_thing", "99.0")
    dock.other.wheel("corp_thing", "1.0", requires=["requests", "corp-base"])
    dock.other.wheel("corp_base", "1.0")
    dock.other.wheel("requests", "66.0")


@pytest.mark.parametrize("directly", [True, False], ids=["directly", "through another"])
def test_a_package_comes_from_its_index_and_from_no_other(dock: Dock, directly: bool) -> None:  # noqa: FBT001
    publish_confusion(dock)
    image = corp(dock, "corp-thing", "corp-base")
    asked = ("app", "corp-thing") if directly else ("app",)

    found = dock.distributions(image.python_packages(*asked))

    assert {name: one.version for name, one in found.items()} == {
        "app": "1.0",
        "corp-base": "1.0",
        "corp-thing": "1.0",
        "requests": "2.0",
    }
    public, private = f"{dock.index.url}/simple", f"{dock.other.url}/simple"
    assert (found["app"].index, found["requests"].index) == (public, public)
    assert (found["corp-thing"].index, found["corp-base"].index) == (private, private)
    assert dock.other.asked_for() == {"corp-thing", "corp-base"}
    assert dock.index.asked_for() == {"app", "requests", "uv"}


def test_what_nobody_needs_of_an_index_is_neither_asked_for_nor_locked(dock: Dock) -> None:
    publish_confusion(dock)
    image = corp(dock, "corp-thing", "corp-base", "corp-other")
    found = dock.distributions(image.python_packages("requests"))
    assert set(found) == {"requests"}
    assert dock.other.asked == []
    assert dock.index.asked_for() == {"requests", "uv"}


def test_a_package_that_only_an_older_version_needs_is_not_locked(dock: Dock) -> None:
    """The first answer needs corp-thing, which then rules that answer out."""
    dock.index.wheel("app", "2.0", requires=["corp-thing"])
    dock.index.wheel("app", "1.0")
    dock.index.wheel("requests", "1.0")
    dock.index.wheel("requests", "2.0")
    dock.other.wheel("corp_thing", "1.0", requires=["requests<2", "app<2"])
    found = dock.distributions(corp(dock, "corp-thing").python_packages("app", "requests"))
    assert found["app"].version == "1.0"
    assert "corp-thing" not in found


def test_constraints_and_sources_of_a_package_of_its_own_index(dock: Dock) -> None:
    publish_confusion(dock)
    dock.other.wheel("corp_thing", "2.0")
    dock.write("constraints.txt", "corp-thing<2\n")
    dock.write("requirements.txt", "-c constraints.txt\n--no-binary nothing\napp\n")
    image = corp(dock, "corp-thing", "corp-base").requirements_file("requirements.txt")
    assert versions(dock.lock(image))["corp-thing"] == "1.0"


def test_the_installations_split_with_packages_of_their_own_index(dock: Dock) -> None:
    publish_confusion(dock)
    dock.index.wheel("later", "1.0", requires=["corp-late"])
    dock.other.wheel("corp_late", "1.0")
    image = corp(dock, "corp-thing", "corp-base", "corp-late").python_packages("app").run("true")

    found = dock.distributions(image.python_packages("later", "corp-base"))

    assert {name: one.group for name, one in found.items()} == {
        "app": 1,
        "corp-base": 1,
        "corp-thing": 1,
        "requests": 1,
        "corp-late": 2,
        "later": 2,
    }
    assert "corp-late" not in dock.index.asked_for()


def test_an_upgrade_and_a_kept_pin_of_a_package_of_its_own_index(dock: Dock) -> None:
    publish_confusion(dock)
    image = corp(dock, "corp-thing", "corp-base").python_packages("app")
    before = dock.lock(image)
    dock.other.wheel("corp_thing", "2.0")

    wider = image.python_packages("requests")
    kept = dock.lock(wider, earlier=before)
    renewed = dock.lock(wider, earlier=before, upgrade=("corp-thing",))

    assert versions(kept)["corp-thing"] == "1.0"
    assert versions(renewed)["corp-thing"] == "2.0"
    assert "corp-thing" not in dock.index.asked_for()


def test_a_requirement_that_is_at_a_url_is_asked_of_no_index(dock: Dock) -> None:
    publish_confusion(dock)
    name, content = wheel("corp_thing", "5.0")
    dock.write(name, content)
    image = corp(dock, "corp-thing").python_packages("app", f"./{name}")
    found = dock.distributions(image)
    assert found["corp-thing"].kind == "file"
    assert dock.other.asked == []


def test_a_folder_of_wheels_does_not_serve_what_an_index_serves_alone(dock: Dock) -> None:
    publish_confusion(dock)
    for name, version in (("corp_thing", "7.0"), ("loose", "1.0")):
        file, content = wheel(name, version)
        dock.write(f"wheels/{file}", content)
    dock.write("requirements.txt", "--find-links wheels\napp\nloose\n")
    image = corp(dock, "corp-thing", "corp-base").requirements_file("requirements.txt")
    found = dock.distributions(image)
    assert (found["corp-thing"].version, found["loose"].kind) == ("1.0", "file")


def test_what_a_page_of_links_gives_is_of_no_index(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0")
    dock.other.wheel("loose", "1.0")
    page = f"{dock.other.url}/simple/loose"
    dock.write("requirements.txt", f"--find-links {page}\nalpha\nloose\n")
    found = dock.distributions(dock.image().requirements_file("requirements.txt"))
    assert found["loose"].index is None
    assert found["alpha"].index == f"{dock.index.url}/simple"


@pytest.mark.parametrize("kind", ["a folder", "a page"])
def test_what_links_give_stays_and_is_split_as_everything_else(dock: Dock, kind: str) -> None:
    dock.index.wheel("alpha", "1.0", requires=["loose"])
    dock.index.wheel("beta", "1.0", requires=["loose"])

    def publish(version: str) -> None:
        dock.other.wheel("loose", version)
        name, content = wheel("loose", version)
        dock.write(f"wheels/{name}", content)

    place = "wheels" if kind == "a folder" else f"{dock.other.url}/simple/loose"
    dock.write("one.txt", f"--find-links {place}\nalpha\n")
    image = dock.image().requirements_file("one.txt").run("true")
    publish("1.0")
    before = dock.lock(image.python_packages("beta<5"))
    publish("2.0")
    after = dock.lock(image.python_packages("beta"), earlier=before)

    part = after.platforms[0]
    assert versions(after)["loose"] == "1.0"
    assert {one.name: one.group for one in part.distributions} == {
        "alpha": 1,
        "loose": 1,
        "beta": 2,
    }


def test_a_package_that_its_own_index_lacks_is_not_looked_for_elsewhere(dock: Dock) -> None:
    dock.index.wheel("corp_thing", "99.0")
    image = corp(dock, "corp-thing").python_packages("corp-thing")
    here = line() - 1

    (problem,) = dock.refused(image)

    assert "corp-thing was not found" in (problem.detail or "")
    assert "lading-locked" not in (problem.detail or "")
    assert f"{dock.other.url}/simple only" in (problem.hint or "")
    assert problem.location is not None
    assert problem.location.line == here
    assert "corp-thing" not in dock.index.asked_for()


def test_an_index_is_known_again_however_its_url_is_written(dock: Dock) -> None:
    publish_confusion(dock)
    image = dock.image().index(
        f"{dock.other.url}/a/../simple", packages=["corp-thing", "corp-base"]
    )
    found = dock.distributions(image.python_packages("corp-thing", "requests"))
    assert found["corp-thing"].index == f"{dock.other.url}/a/../simple"


def test_a_workspace_above_the_temporary_folder_has_no_say(
    dock: Dock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_confusion(dock)
    (tmp_path / "above").mkdir()
    (tmp_path / "above" / "pyproject.toml").write_text(
        '[project]\nname = "above"\nversion = "1"\nrequires-python = ">=3.13"\n'
        '[tool.uv.workspace]\nmembers = ["lading-*"]\n'
        '[tool.uv.sources]\nrequests = { path = "nowhere" }\n'
    )
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "above"))
    image = corp(dock, "corp-thing", "corp-base", "requests").python_packages("app", "requests")
    assert versions(dock.lock(image))["requests"] == "66.0"


def test_two_cold_runs_give_the_same_bytes(dock: Dock, tmp_path: Path) -> None:
    publish_confusion(dock)
    image = corp(dock, "corp-thing", "corp-base", "corp-other").python_packages("app")
    first = dock.text(image)
    dock.environ["UV_CACHE_DIR"] = str(tmp_path / "cold")
    assert dock.text(image) == first
    assert "stand-in" not in first
    assert "corp-other" not in first.partition("[[platforms]]")[2]


def test_no_index_is_said_to_be_why(dock: Dock) -> None:
    dock.write("requirements.txt", "--no-index\n--find-links wheels\ncorp-thing\n")
    dock.write("wheels/README", "nothing here")
    image = corp(dock, "corp-thing").requirements_file("requirements.txt")
    assert any("says --no-index" in (problem.hint or "") for problem in dock.refused(image))


def test_no_index_is_said_of_the_packages_and_not_of_the_uv_of_the_build(dock: Dock) -> None:
    dock.write("requirements.txt", "--no-index\n--find-links wheels\nalone\n")
    name, content = wheel("alone", "1.0")
    dock.write(f"wheels/{name}", content)
    part = dock.part(dock.image().requirements_file("requirements.txt"))
    assert [(one.name, one.kind) for one in part.distributions] == [("alone", "file")]
    assert [tool.name for tool in part.tools] == ["uv"]
    assert dock.index.asked_for() & {"alone"} == set()


def test_a_missing_folder_of_wheels_is_named_at_its_line(dock: Dock) -> None:
    dock.write("requirements.txt", "alone\n--find-links wheels\n")
    (problem,) = dock.refused(dock.image().requirements_file("requirements.txt"))
    assert problem.message == "--find-links wheels: the project has no such folder"
    assert str(problem.location) == "requirements.txt:2"


# tool.uv.sources: a project's own word on it.

SOURCES = """\
[project]
name = "service"
version = "1"
dependencies = ["app", "corp-thing"]

[tool.uv.sources]
corp-thing = { index = "corp" }

[[tool.uv.index]]
name = "corp"
url = "OTHER/simple"
explicit = true
"""


def test_a_source_of_a_pyproject_is_followed_and_recorded(dock: Dock) -> None:
    publish_confusion(dock)
    dock.index.wheel("corp_base", "0.1")
    dock.write("pyproject.toml", SOURCES.replace("OTHER", dock.other.url))

    lock = dock.lock(dock.image().pyproject_toml())

    assert versions(lock)["corp-thing"] == "1.0"
    assert lock.inputs.groups[0].requirements == (
        "app",
        f"corp-thing # from {dock.other.url}/simple",
    )
    assert dock.other.asked_for() == {"corp-thing"}
    assert "corp-thing" not in dock.index.asked_for()


def test_two_words_on_the_index_of_a_package_are_refused_with_both_places(dock: Dock) -> None:
    dock.write("pyproject.toml", SOURCES.replace("OTHER", "http://127.0.0.1:9"))
    image = corp(dock, "corp-thing").pyproject_toml()
    (problem,) = problems_of(dock, image)
    assert problem.message.startswith("corp-thing is to come from two indexes: ")
    assert __file__ in problem.message
    assert "pyproject.toml:4" in problem.message


# Indexes that contradict each other.


def problems_of(dock: Dock, image: Image) -> tuple[Problem, ...]:
    with pytest.raises(SpecificationError) as raised:
        read_inputs(image, dock.project)
    return raised.value.problems


def test_a_package_of_two_indexes_is_refused_with_both_lines(dock: Dock) -> None:
    image = dock.image().index("https://a.example.test/simple", packages=["alpha", "beta"])
    image = image.index("https://b.example.test/simple", packages=["beta"])
    here = line() - 1
    (problem,) = problems_of(dock, image)
    assert problem.message == (
        f"beta is to come from two indexes: https://a.example.test/simple ({__file__}:{here - 1}) "
        f"and https://b.example.test/simple ({__file__}:{here})"
    )


def test_one_name_for_two_indexes_is_refused_with_both_lines(dock: Dock) -> None:
    image = dock.image().index("https://a.example.test/simple", name="corp-a")
    image = image.index("https://b.example.test/simple", name="Corp_A")
    here = line() - 1
    (problem,) = problems_of(dock, image)
    assert f"({__file__}:{here - 1})" in problem.message
    assert f"({__file__}:{here})" in problem.message
    assert problem.message.startswith("two indexes are called corp-a: ")


@pytest.mark.parametrize("more", [{"name": "b"}, {"packages": ["x"]}, {"name": "a", "secret": "S"}])
def test_one_url_in_two_ways_is_refused_with_both_lines(
    dock: Dock, more: dict[str, str | list[str]]
) -> None:
    image = dock.image().index("https://a.example.test/simple", name="a")
    image = image.index("https://a.example.test/simple", **more)  # type: ignore[arg-type]
    here = line() - 1
    (problem,) = problems_of(dock, image)
    assert f"at {__file__}:{here - 1} and at {__file__}:{here}" in problem.message


def test_the_same_index_twice_is_one(dock: Dock) -> None:
    dock.write("requirements.txt", "--extra-index-url https://a.example.test/simple/\nalpha\n")
    image = dock.image()
    for _ in range(2):
        image = image.index("https://a.example.test/simple", name="a")
    found = read_inputs(image.requirements_file("requirements.txt"), dock.project).inputs
    assert [(one.url, one.name, one.default) for one in found.indexes] == [
        (f"{dock.index.url}/simple", None, True),
        ("https://a.example.test/simple", "a", False),
    ]


def test_a_file_may_not_ask_all_of_an_index_that_serves_some_only(dock: Dock) -> None:
    dock.write("requirements.txt", "--extra-index-url https://a.example.test/simple\nalpha\n")
    image = dock.image().index("https://a.example.test/simple", packages=["beta"])
    (problem,) = problems_of(dock, image.requirements_file("requirements.txt"))
    assert str(problem.location) == "requirements.txt:1"
    assert "leave it out of the file" in (problem.hint or "")


def test_two_different_default_indexes_are_refused_with_both_places(dock: Dock) -> None:
    """CASES R22."""
    dock.write("requirements.txt", "--index-url https://b.example.test/simple\nalpha\n")
    (problem,) = problems_of(dock, dock.image().requirements_file("requirements.txt"))
    assert __file__.rpartition("/")[2].replace("test_indexes", "dock") in problem.message
    assert "requirements.txt:1" in problem.message


def test_the_same_default_index_twice_is_one(dock: Dock) -> None:
    """CASES R22."""
    dock.write("requirements.txt", f"--index-url {dock.index.url}/simple/\nalpha\n")
    found = read_inputs(dock.image().requirements_file("requirements.txt"), dock.project).inputs
    assert [one.url for one in found.indexes] == [f"{dock.index.url}/simple"]


# Logins.


@pytest.fixture
def private(dock: Dock) -> PackageIndex:
    """The second index, which asks for a password."""
    publish_confusion(dock)
    dock.other.login = "__token__:a-secret-word"
    dock.environ["CORP_TOKEN"] = "a-secret-word"  # noqa: S105
    return dock.other


def let_in(dock: Dock, *packages: str, default: bool = False) -> Image:
    image = dock.image() if not default else dock.bare_image()
    return image.index(
        f"{dock.other.url}/simple",
        name="corp",
        packages=packages,
        default=default,
        secret="CORP_TOKEN",  # noqa: S106 - its name
    )


@pytest.mark.parametrize("packages", [(), ("corp-thing", "corp-base")], ids=["all", "some"])
def test_a_password_lets_one_into_an_index(
    dock: Dock, private: PackageIndex, packages: tuple[str, ...]
) -> None:
    lock = dock.lock(let_in(dock, *packages).python_packages("corp-thing"))
    assert versions(lock)["corp-thing"] == "1.0"
    assert private.refused == []
    assert "a-secret-word" not in emit_lock(lock)


def test_a_password_lets_one_into_the_default_index(dock: Dock, private: PackageIndex) -> None:
    private.add_uv("0.9.1")
    lock = dock.lock(let_in(dock, default=True).python_packages("corp-thing"))
    assert versions(lock)["corp-thing"] == "1.0"
    assert dock.index.asked == []


@pytest.mark.parametrize("packages", [(), ("corp-thing", "corp-base")], ids=["all", "some"])
def test_a_netrc_file_lets_one_into_an_index(
    dock: Dock, private: PackageIndex, packages: tuple[str, ...]
) -> None:
    dock.environ["LOGINS"] = "machine 127.0.0.1 login __token__ password a-secret-word\n"
    image = dock.image().index(f"{private.url}/simple", packages=packages, netrc="LOGINS")
    lock = dock.lock(image.python_packages("corp-thing"))
    assert versions(lock)["corp-thing"] == "1.0"
    assert "a-secret-word" not in emit_lock(lock)


@pytest.mark.parametrize("refusal", [401, 403])
@pytest.mark.parametrize("packages", [(), ("corp-thing",)], ids=["all", "some"])
def test_an_index_that_asks_for_a_login_is_told_as_one(
    dock: Dock, private: PackageIndex, packages: tuple[str, ...], refusal: int
) -> None:
    private.refusal = refusal
    image = corp(dock, *packages).python_packages("corp-thing")
    problem = dock.refused(image)[-1]
    assert f"{private.url}/simple asks for a login" in (problem.hint or "")
    assert 'name="corp", secret=' in (problem.hint or "")
    assert "corp-thing" not in dock.index.asked_for()


def test_a_wrong_password_is_shown_nowhere(dock: Dock, private: PackageIndex) -> None:
    dock.environ["CORP_TOKEN"] = "another-secret-word"  # noqa: S105
    problems = dock.refused(let_in(dock, "corp-thing").python_packages("corp-thing"))
    assert "asks for a login" in (problems[-1].hint or "")
    assert "another-secret-word" not in "".join(map(str, problems))
    assert private.refused


def test_what_uv_says_of_a_secret_is_masked(dock: Dock, private: PackageIndex) -> None:
    """A program may show anything: here a package is called as the secret's value is."""
    dock.environ["CORP_TOKEN"] = "nosuchpackage"  # noqa: S105
    private.login = "__token__:nosuchpackage"
    problem = dock.refused(let_in(dock, "corp-thing").python_packages("nosuchpackage"))[-1]
    assert "was not found in the package registry" in (problem.detail or "")
    assert "nosuchpackage" not in str(problem)


# A mirror of the resolver's own index.


def test_a_mirror_stands_for_the_index_that_nobody_declared(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0")
    dock.environ["LADING_MIRROR_PYTHON"] = f"{dock.index.url}/simple"

    found = dock.distributions(dock.bare_image().python_packages("alpha"))

    assert found["alpha"].index == "default"
    assert found["alpha"].url.startswith(dock.index.url)


def test_a_mirror_beside_an_index_is_the_default_one_still(dock: Dock) -> None:
    publish_confusion(dock)
    dock.environ["LADING_MIRROR_PYTHON"] = f"{dock.index.url}/simple"
    image = corp(dock, "corp-thing", "corp-base", image=dock.bare_image())
    found = dock.distributions(image.python_packages("app"))
    assert places(found, dock) == {
        "app": "default",
        "corp-base": "other",
        "corp-thing": "other",
        "requests": "default",
    }


def test_a_mirror_changes_no_index_that_was_declared(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0")
    dock.environ["LADING_MIRROR_PYTHON"] = "http://127.0.0.1:9/simple"
    dock.environ["LADING_MIRROR_UV"] = f"{dock.index.url}/simple"
    found = dock.distributions(dock.image().python_packages("alpha"))
    assert found["alpha"].index == f"{dock.index.url}/simple"


def places(found: dict[str, Distribution], dock: Dock) -> dict[str, str | None]:
    known = {f"{dock.other.url}/simple": "other", f"{dock.index.url}/simple": "index"}
    return {name: known.get(one.index or "", one.index) for name, one in found.items()}
