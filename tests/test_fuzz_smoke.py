"""Each target of fuzzing holds for a moment; `make fuzz` takes longer."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from targets import LOCK, TARGETS, requirements

from lading.errors import FreezeError
from lading.grammar.invalid import Invalid
from lading.grammar.requirement import Requirement
from lading.lock.file import parse_lock

NAMES = ("requirements", "reference", "dockerfile", "lock", "wheel", "elf", "script")
EXAMPLES = 60


@pytest.mark.parametrize("name", NAMES)
def test_a_target_holds(name: str) -> None:
    assert set(TARGETS) == set(NAMES)
    brief = settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    brief(TARGETS[name].test())()


def test_the_lock_that_is_damaged_is_one_in_the_first_place() -> None:
    assert parse_lock(LOCK).platforms[0].distributions[0].name == "six"


# What fuzzing has found stays found.


@pytest.mark.parametrize("space", ["\x85", "\u2028", "\xa0", "\u3000"])
def test_no_white_space_of_any_kind_is_in_a_url_of_a_lock(space: str) -> None:
    text = LOCK.replace("/six-1.16.0-", f"/six{space}-1.16.0-")
    assert text != LOCK
    with pytest.raises(FreezeError, match="url"):
        parse_lock(text)


@pytest.mark.parametrize("option", ["-r", "-c", "-r ", "--requirement="])
def test_a_nul_in_an_included_path_is_refused_at_its_line(option: str) -> None:
    requirements(f"six\n{option}\0\n".encode(), b"")
    requirements(f"six\n{option}c\0.txt\n".encode(), b"")


@pytest.mark.parametrize("url", ["git+ssh://git@h.example.test/a\\", "git+ssh://git@.\\a/b"])
def test_a_url_that_ends_a_line_is_no_continuation(url: str) -> None:
    requirements(f"a @ {url}\nsix\n".encode(), b"")
    with pytest.raises(Invalid, match="backslash"):
        Requirement.parse(f"a @ {url}")


@pytest.mark.parametrize("url", ["git+https://#egg=", "git+ssh://?x", "git+https:///path"])
def test_a_repository_without_a_host_is_none(url: str) -> None:
    requirements(url.encode(), b"")
    with pytest.raises(Invalid, match="not a git repository's URL"):
        Requirement.parse(url)


def test_a_file_that_is_meant_for_another_call_is_one_with_a_slash_too() -> None:
    requirements("r.txt/".encode("utf-32"), b"")
    with pytest.raises(Invalid, match="is a file, not a requirement"):
        Requirement.parse("./r.txt/")
