"""Where the files of wheels are once they are installed, and what requires what."""

from __future__ import annotations

import pytest

from lading.libraries.site import Site, installed_at, requirements_reaching
from lading.wheels import Scheme
from libraries.values import file, wheel

SCHEME = Scheme(prefix="/opt/venv", python="3.11", interpreter="/opt/venv/bin/python")
SITE = "/opt/venv/lib/python3.11/site-packages"


@pytest.mark.parametrize(
    ("member", "place"),
    [
        ("demo/a.so", f"{SITE}/demo/a.so"),
        ("a.so", f"{SITE}/a.so"),
        ("demo-1.0.data/platlib/demo/a.so", f"{SITE}/demo/a.so"),
        ("demo-1.0.data/purelib/a.so", f"{SITE}/a.so"),
        ("demo-1.0.data/data/lib/libx.so", "/opt/venv/lib/libx.so"),
        ("demo-1.0.data/data/lib64/libx.so", "/opt/venv/lib/libx.so"),
        ("demo-1.0.data/scripts/tool", "/opt/venv/bin/tool"),
        ("demo.data", f"{SITE}/demo.data"),
        ("some.data/file", f"{SITE}/some.data/file"),
    ],
)
def test_members_are_where_an_installer_puts_them(member: str, place: str) -> None:
    assert installed_at(member, "demo", SCHEME) == place


def test_all_files_of_all_wheels_are_known_by_place_and_by_name() -> None:
    site = Site(
        (wheel("one", file("one/a.so"), file("one/b/a.so")), wheel("two", file("two/c.so"))),
        SCHEME,
    )
    assert site.places == {f"{SITE}/{name}" for name in ("one/a.so", "one/b/a.so", "two/c.so")}
    assert site.members == {
        "one": {"a.so": ["one/a.so", "one/b/a.so"]},
        "two": {"c.so": ["two/c.so"]},
    }


def test_what_is_required_at_any_remove_is_found_once() -> None:
    site = Site(
        (
            wheel("a", requires=["b", "absent"]),
            wheel("b", requires=["c", "a"]),
            wheel("c", requires=["b"]),
            wheel("d"),
        ),
        SCHEME,
    )
    assert site.required_by("a") == ("b", "c")
    assert site.required_by("c") == ("a", "b")
    assert site.required_by("d") == ()
    assert site.required_by("absent") == ()


def test_a_distribution_is_there_for_the_first_that_asks() -> None:
    wheels = (wheel("a", requires=["c"]), wheel("b", requires=["c", "d"]), wheel("d"))
    assert requirements_reaching(wheels, ["a", "b"]) == {"a": "a", "c": "a", "b": "b", "d": "b"}
    assert requirements_reaching(wheels, []) == {}
