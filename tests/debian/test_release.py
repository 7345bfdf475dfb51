from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.debian.release import read_release
from lading.errors import ResolutionError

TEXT = f"""Origin: Debian
Suite: oldstable-security
Codename: bookworm-security
Date: Sat, 21 Nov 2026 00:53:02 UTC
Valid-Until: Sat, 28 Nov 2026  0:53:02 UTC
Acquire-By-Hash: yes
MD5Sum:
 d41d8cd98f00b204e9800998ecf8427e        0 main/binary-amd64/Packages
SHA256:
 {"e" * 64}        0 main/binary-amd64/Packages
 {"f" * 64}       20 main/binary-amd64/Packages.xz
"""


def test_a_release_file_says_what_it_is_and_what_it_has() -> None:
    found = read_release(TEXT.encode(), what="it")
    assert found.names == {"oldstable-security", "bookworm-security"}
    assert found.date == datetime(2026, 11, 21, 0, 53, 2, tzinfo=UTC)
    assert found.valid_until == datetime(2026, 11, 28, 0, 53, 2, tzinfo=UTC)
    assert found.by_hash
    packages = found.files["main/binary-amd64/Packages.xz"]
    assert (packages.sha256, packages.size) == ("f" * 64, 20)


def test_an_archive_may_say_less() -> None:  # Ubuntu's never expires
    text = "\n".join(x for x in TEXT.split("\n") if not x.startswith(("Valid", "Acquire", "Code")))
    found = read_release(text.encode(), what="it")
    assert (found.valid_until, found.by_hash) == (None, False)
    assert found.names == {"oldstable-security"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Date: Sat, 21 Nov 2026 00:53:02 UTC",
        TEXT.replace("Date: Sat, 21 Nov", "Date: Sat, 32 Nov"),
        TEXT.replace("Date: Sat, 21 Nov 2026 00:53:02 UTC", "Date: 31 Dec 9999 23:00:00 -1200"),
        TEXT.replace("02 UTC", "02"),
        TEXT.replace("Origin: Debian", "Origin"),
        "\x00",
    ],
)
def test_what_is_no_release_file_is_refused(text: str) -> None:
    with pytest.raises(ResolutionError, match="it can't be read as a Release file"):
        read_release(text.encode(), what="it")


@given(st.integers(0, len(TEXT)), st.integers(0, len(TEXT)), st.binary(max_size=8))
def test_any_text_is_read_or_refused(start: int, end: int, between: bytes) -> None:
    text = TEXT.encode()
    with suppress(ResolutionError):
        read_release(text[:start] + between + text[end:], what="it")
