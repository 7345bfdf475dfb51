"""The scanner finds what leaks: else it would prove nothing where it finds nothing."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building.scanner import in_folder, in_image, in_text, scan
from building.workshop import DOCKER_AND_PODMAN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine_support import Engine

WORD = "p@ss/w0rd+of%nobody"
LEAKY = r"""FROM BASE
ARG TOKEN=in-an-arg-5c1d7e
ENV A=in-a-variable-88ab12
LABEL note=in-a-label-0a9f3c
RUN echo in-a-deleted-file-77e1 > /gone && cp /gone /kept
RUN rm /gone /kept && : in-a-command-c0ffee1
RUN mkdir /name-of-a-file-4d2b1 && rmdir /name-of-a-file-4d2b1 || true
RUN printf in-a-base64-6b3e2f | base64 > /encoded
RUN printf in-a-gzip-file-91d4 | gzip > /packed.gz
"""
LEAKED = {
    *("in-an-arg-5c1d7e", "in-a-variable-88ab12", "in-a-label-0a9f3c", "in-a-deleted-file-77e1"),
    *("in-a-command-c0ffee1", "name-of-a-file-4d2b1", "in-a-base64-6b3e2f", "in-a-gzip-file-91d4"),
}


def zipped(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside", content)
    return made.getvalue()


def tarred(content: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        member = tarfile.TarInfo("inside")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return made.getvalue()


WRITTEN: dict[str, Callable[[str], bytes]] = {
    "plain": lambda word: f"a{word}b".encode(),
    "base64": lambda word: base64.b64encode(f"robot:{word}".encode()),
    "URL-safe base64": lambda word: base64.urlsafe_b64encode(f"{{{word}}}".encode()),
    "percent-encoded": lambda word: f"https://u:{quote(word, safe='')}@h".encode(),
    "hexadecimal": lambda word: word.encode().hex().encode(),
    "gzip": lambda word: gzip.compress(word.encode()),
    "bzip2": lambda word: bz2.compress(word.encode()),
    "zip": lambda word: zipped(word.encode()),
    "tar.gz": lambda word: tarred(word.encode()),
    "base64 in a zip in a gzip": lambda word: gzip.compress(
        zipped(base64.b64encode(f"ab{word}".encode()))
    ),
}


@pytest.mark.parametrize("form", WRITTEN)
def test_each_form_is_found(form: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(WRITTEN[form](WORD))
    assert {one.word for one in scan(in_folder(tmp_path), (WORD,))} == {WORD}
    assert scan(in_folder(tmp_path), ("another-word-9c2",)) == []


def test_names_links_and_logs_count(tmp_path: Path) -> None:
    (tmp_path / f"x-{quote(WORD, safe='')}").mkdir()
    assert scan(in_folder(tmp_path), (WORD,))
    (tmp_path / "link").symlink_to("the-target-of-it")
    assert scan(in_folder(tmp_path), ("the-target-of-it",))
    assert scan(in_text("log", f"error: {WORD}"), (WORD,))


@given(
    word=st.text("abcXYZ019-_/+", min_size=9, max_size=20),
    before=st.binary(max_size=7),
    after=st.binary(max_size=7),
)
def test_a_word_is_found_wherever_it_begins_in_base64(
    word: str, before: bytes, after: bytes
) -> None:
    encoded = base64.b64encode(before + word.encode() + after)
    assert scan([("x", encoded)], (word,))


@DOCKER_AND_PODMAN
def test_all_that_an_image_leaks_is_found(
    name: str, engine: Engine, base: str, pulled_base: str, tmp_path: Path
) -> None:
    assert pulled_base == base
    (tmp_path / "Dockerfile").write_text(LEAKY.replace("BASE", base))
    tag = engine.tag(f"leaky-{name}")
    engine.run("build", "--no-cache", "--tag", tag, str(tmp_path))
    found = scan(in_image(engine, tag, tmp_path, base=base), (*LEAKED, "never-written-7f7f7f"))
    assert {one.word for one in found} == LEAKED
