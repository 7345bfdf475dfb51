from __future__ import annotations

import pytest

from lading.errors import ResolutionError
from lading.explain.reading import _deb_says, _requires


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_requirements_are_those_of_the_headers(end: str) -> None:
    lines = ("Name: a", "Requires-Dist: b>=1", "requires-dist:  c ; x", "", "Requires-Dist: d")
    assert _requires(end.join(lines)) == ("b>=1", "c ; x")


def test_a_control_file_tells_the_installed_size_in_kib() -> None:
    control = b"Package: a\nVersion: 1\nArchitecture: all\nDepends: b\nInstalled-Size: 12\n"
    assert _deb_says(control).installed == 12 * 1024
    assert _deb_says(control.replace(b"12", b"twelve")).installed is None


@pytest.mark.parametrize("control", [b"", b"\xff", b"Package: a b\nVersion: 1\nArchitecture: all"])
def test_a_damaged_control_file_is_an_error(control: bytes) -> None:
    with pytest.raises(ResolutionError, match="control file is damaged"):
        _deb_says(control)
