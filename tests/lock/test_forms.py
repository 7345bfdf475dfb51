"""What stands in a lock in another form than it may is told in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lading import FreezeError
from lading.lock.file import emit_lock, parse_lock
from lading.lock.model import Deb, Lock
from lock.test_lock_file import SMALL

if TYPE_CHECKING:
    from collections.abc import Iterator


def patterns(schema: Any) -> Iterator[tuple[str, str | None]]:  # noqa: ANN401 - any part of it
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"], schema.get("description")
        for one in schema.values():
            yield from patterns(one)
    elif isinstance(schema, list):
        for one in schema:
            yield from patterns(one)


def test_each_pattern_of_a_lock_has_words() -> None:
    found = dict(patterns(msgspec.json.schema(Lock)))
    assert len(found) > 10
    assert {pattern for pattern, words in found.items() if not words} == set()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            f"sha256:{'a' * 64}",
            "sha256:beef",
            (
                "`$.platforms[0].base.digest` is not a digest: sha256: and 64 of 0-9 and a-f, "
                "or sha512: and 128"
            ),
        ),
        (
            'version = "1.0"',
            'version = "v1"',
            "`$.platforms[0].tools[0].version` is not a version, such as 1.2.3",
        ),
        (
            '"linux/amd64"',
            '"linux"',
            "`$.platforms[0].platform` is not a platform, such as linux/amd64",
        ),
        (
            '    "alpha",',
            '    "al\\npha",',
            (
                "`$.inputs.groups[0].requirements[0]` is not a line of text, without a line "
                "break or another control character"
            ),
        ),
        (
            "https://x.example.test/uv",
            "-r https://x.example.test/uv",
            (
                "`$.platforms[0].tools[0].url` is not one word, which has no white space and "
                "does not begin with a hyphen"
            ),
        ),
        (
            "size = 3",
            "size = -3",
            "Expected `int` >= 0 - at `$.platforms[0].distributions[0].size`",
        ),
    ],
)
def test_what_has_another_form_is_told_in_words(old: str, new: str, message: str) -> None:
    with pytest.raises(FreezeError) as refused:
        parse_lock(emit_lock(SMALL).replace(old, new))
    (problem,) = refused.value.problems
    assert problem.message == f"lading.lock is not a lock: {message}"


@pytest.mark.parametrize("key", ["name", "version", "architecture"])
@pytest.mark.parametrize("word", ["$(id)", "a b", "-o", "a/b", "a'", "1;2"])
def test_what_is_said_of_a_debian_package_is_a_plain_word(key: str, word: str) -> None:
    deb = {
        "name": "libstdc++6",
        "version": "1:12.2.0~rc1-14+b1",
        "architecture": "amd64",
        "path": "pool/main/g/gcc-12/libstdc++6_12.2.0_amd64.deb",
        "sha256": "e" * 64,
        "size": 1,
        "suite": "bookworm",
    }
    assert msgspec.convert(deb, Deb).name == "libstdc++6"
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**deb, key: word}, Deb)
