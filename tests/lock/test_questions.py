"""What uv is asked, what it is told of sources, and what it refuses because of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading.errors import ResolutionError
from lading.grammar.python_version import PythonVersion
from lading.grammar.requirement import Requirement
from lading.lock.annotations import as_written_by_uv, read_annotations
from lading.lock.bindings import Bindings
from lading.lock.groups import Group, Wanted
from lading.lock.model import InputIndex, Inputs
from lading.lock.refusals import Needed
from lading.lock.resolve import Declared, NeedsCode, Renewal, Resolver
from lading.lock.target import Target
from lading.platforms import Libc, Platform
from lock.dock import AMD64
from lock.package_index import pkg_info, sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from lading.lock.model import Distribution
    from lock.dock import Dock


def resolver(dock: Dock, *declared: Declared) -> Resolver:
    index = InputIndex(url=f"{dock.index.url}/simple", default=True)
    return Resolver(
        uv=dock.machine().uv(),
        project=dock.project,
        target=Target(
            platform=Platform.parse(AMD64),
            libc=Libc(name="glibc", version=(2, 36)),
            python=PythonVersion.parse("3.11"),
        ),
        inputs=Inputs(base="example.test/python:3.11", python="3.11", indexes=(index,)),
        declared=declared,
    )


def group(*requirements: str, no_binary: tuple[str, ...] = ()) -> Group:
    wanted = tuple(Wanted(requirement=Requirement.parse(one)) for one in requirements)
    return Group(requirements=wanted, no_binary=no_binary, complete=False)


def resolve(resolver: Resolver, *groups: Group) -> dict[str, Distribution]:
    return {one.name: one for one in resolver.distributions(groups, (), Renewal())}


def sources(resolver: Resolver, *groups: Group) -> tuple[Needed, ...]:
    with pytest.raises(NeedsCode) as raised:
        resolve(resolver, *groups)
    (problem,) = raised.value.problems
    assert "requires={" in (problem.hint or "")
    return raised.value.sources


@pytest.fixture
def ran(dock: Dock, tmp_path: Path) -> Path:
    """Where a file would be if alpha's code had been run; alpha is in every place there is."""
    ran = tmp_path / "ran"
    setup = f"open({str(ran)!r}, 'w').close()\nfrom setuptools import setup\nsetup(name='alpha')\n"
    archive = sdist("alpha", "1.0", {"setup.py": setup, "PKG-INFO": pkg_info("alpha", "1.0")})
    dock.index.add(archive)
    dock.index.wheel("beta", "1.0")
    dock.index.wheel("gamma", "1.0", requires=["alpha"])
    dock.write("alpha/setup.py", setup)
    dock.write("alpha-1.0.tar.gz", archive[1])
    return ran


def test_a_source_that_only_its_code_can_tell_of_is_named(dock: Dock, ran: Path) -> None:
    url = f"{dock.index.url}/files/alpha-1.0.tar.gz"
    asks = resolver(dock)
    assert sources(asks, group("gamma", no_binary=("alpha",))) == (
        Needed(name="alpha", version="1.0"),
    )
    assert sources(asks, group(f"alpha @ {url}")) == (
        Needed(name="alpha", requirement=f"alpha @ {url}"),
    )
    assert sources(asks, group("alpha @ ./alpha")) == (
        Needed(name="alpha", requirement="alpha @ ./alpha"),
    )
    assert sources(asks, group("alpha @ ./alpha-1.0.tar.gz")) == (
        Needed(name="alpha", requirement="alpha @ ./alpha-1.0.tar.gz"),
    )
    assert not ran.exists()


@pytest.mark.parametrize(
    ("requirement", "kind", "version"),
    [
        ("alpha", "sdist", None),
        ("alpha==1.0", "sdist", "1.0"),
        ("alpha @ URL/files/alpha-1.0.tar.gz", "sdist", "1.0"),
        ("alpha @ ./alpha", "directory", "0"),
        ("alpha @ ./alpha-1.0.tar.gz", "archive", "1.0"),
    ],
)
def test_what_is_said_of_a_source_takes_the_place_of_its_code(
    dock: Dock, ran: Path, requirement: str, kind: str, version: str | None
) -> None:
    said = Declared(name="alpha", requires=("beta>=1",), version=version)
    wanted = group(requirement.replace("URL", dock.index.url), no_binary=("alpha",))

    found = resolve(resolver(dock, said), wanted)

    assert {name: one.kind for name, one in found.items()} == {"alpha": kind, "beta": "wheel"}
    assert not ran.exists()


def test_what_is_said_of_an_extra_holds_for_that_extra(dock: Dock, ran: Path) -> None:
    said = Declared(name="alpha", requires=("beta ; extra == 'fast'",), extras=("fast",))
    asks = resolver(dock, said)
    assert set(resolve(asks, group("alpha", no_binary=("alpha",)))) == {"alpha"}
    assert set(resolve(asks, group("alpha[fast]", no_binary=("alpha",)))) == {"alpha", "beta"}
    assert not ran.exists()


def test_what_is_said_of_another_version_is_not_taken(dock: Dock, ran: Path) -> None:
    said = Declared(name="alpha", version="9.0")
    assert sources(resolver(dock, said), group("alpha", no_binary=("alpha",)))
    assert not ran.exists()


def test_what_can_not_be_had_is_no_matter_of_code(dock: Dock) -> None:
    with pytest.raises(ResolutionError) as raised:
        resolve(resolver(dock), group("nowhere"))
    assert not isinstance(raised.value, NeedsCode)


# The files that bind packages to indexes.


def wanted(requirement: str, index: str | None = None) -> Wanted:
    return Wanted(requirement=Requirement.parse(requirement), index=index)


def test_a_package_of_two_indexes_is_refused_while_resolving_too() -> None:
    """An exported uv.lock is known then only."""
    asked = Group(requirements=(wanted("alpha", "https://b.example.test/simple"),))
    index = InputIndex(url="https://a.example.test/simple", packages=("alpha",))
    with pytest.raises(ResolutionError, match="alpha is to come from two indexes: "):
        Bindings.of(asked, (index,))


def test_an_index_keeps_its_name_and_others_get_one_that_is_free(tmp_path: Path) -> None:
    indexes = (
        InputIndex(url="https://a.example.test/simple", name="lading-0", packages=("alpha",)),
        InputIndex(url="https://b.example.test/simple", packages=("beta",)),
    )
    asked = Group(requirements=(wanted("alpha>=1"), wanted("delta")))
    bindings = Bindings.of(asked, indexes)
    assert dict(bindings.names) == {
        "https://a.example.test/simple": "lading-0",
        "https://b.example.test/simple": "lading-1",
    }
    path = bindings.write_project(asked.requirements, ["beta"], tmp_path)
    assert path is not None
    assert (
        path.read_text()
        == """\
[project]
name = "lading-locked"
version = "0"
dependencies = [
  "alpha>=1",
  "beta",
]
[tool.uv.workspace]
[tool.uv.sources]
"alpha" = { index = "lading-0" }
"beta" = { index = "lading-1" }
[[tool.uv.index]]
name = "lading-0"
url = "https://a.example.test/simple"
explicit = true
[[tool.uv.index]]
name = "lading-1"
url = "https://b.example.test/simple"
explicit = true
"""
    )


def test_remarks_tell_the_index_of_a_package_and_who_needs_it() -> None:
    remarks = read_annotations("""\
--index-url https://default.example.test/simple/

alpha==1.0
    # from https://default.example.test/simple/
beta @ https://x.example.test/beta-1.0.zip
    # via
    #   --override stand-ins.txt
    #   alpha
./wheels/x-1.0-py3-none-any.whl
    # via zeta
from==3.0
    # via lading-locked (pyproject.toml)
    # from https://other.example.test/simple
gamma==2.0+cpu
    # via
    #   beta
    #   lading-locked (pyproject.toml)
    # from https://other.example.test/simple
""")
    assert remarks.default == "https://default.example.test/simple"
    assert dict(remarks.found_on) == {
        "alpha": "https://default.example.test/simple",
        "from": "https://other.example.test/simple",
        "gamma": "https://other.example.test/simple",
    }
    assert remarks.needed_by["gamma"] == ("beta", "lading-locked")
    assert remarks.reached(["alpha"]) == {"alpha", "beta", "gamma"}
    assert remarks.reached(["gamma"]) == {"gamma"}


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://a.example.test/simple/", "https://a.example.test/simple"),
        ("https://a.example.test:443/a/./b/../c", "https://a.example.test/a/c"),
        ("http://a.example.test:80", "http://a.example.test"),
        ("http://a.example.test:443/x", "http://a.example.test:443/x"),
        ("file:///srv/simple", "file:///srv/simple"),
        ("wheels", "wheels"),
    ],
)
def test_the_form_in_which_uv_writes_an_index(url: str, written: str) -> None:
    assert as_written_by_uv(url) == written


def test_a_stand_in_is_the_same_wheel_wherever_it_is_made(tmp_path: Path) -> None:
    from lading.lock.bindings import write_stand_ins  # noqa: PLC0415

    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_stand_ins(["a-b"], tmp_path / name)
    first, second = (tmp_path / name / "a_b-0-py3-none-any.whl" for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    assert wheel("a_b", "0")[0] == first.name
