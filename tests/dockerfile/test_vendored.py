"""A vendored folder's Dockerfile: nothing but FROM uses a network."""

from __future__ import annotations

import re

import pytest

from dockerfile.parseback import argv, parse
from dockerfile.recipes import CASES, VENDORED, frozen, text_of
from lading.dockerfile import generated_files

vendored = pytest.mark.parametrize(
    ("recipe", "distro"), [case for case in CASES if case[0] in VENDORED]
)


@vendored
def test_no_command_can_use_a_network(recipe: str, distro: str) -> None:  # CASES R53
    for run in parse(text_of(recipe, distro)):
        if run.kind != "RUN":
            continue
        script = argv(run.rest)[2]
        assert not re.search(r"https?://|ssh://|\bgit\b|curl|wget|ssh\b", script)
        for command in script.split(" && "):
            if re.search(r"/run/uv (pip install|build)", command):
                assert "--no-index" in command
            if "apt-get" in command:
                assert "file:" in script
                assert "/dev/null" in script
        assert ("UV_OFFLINE=1" in script) == ("/run/uv" in script)


@vendored
def test_no_login_is_asked_for(recipe: str, distro: str) -> None:
    assert "required=true" not in text_of(recipe, distro)
    assert "UV_INDEX_" not in text_of(recipe, distro)


def test_everything_is_installed_by_hash_from_one_folder() -> None:
    info = frozen("vendored", "debian:bookworm")
    files = {name: text.decode() for name, text in generated_files(info, ()).items()}
    names = {name for name in files if name.endswith(".txt")}
    assert names == {
        "requirements.files.txt",
        "requirements-2.files.txt",
        "build-requirements/fast/files.txt",
        "build-requirements/theirs/files.txt",
    }
    for name in names:
        assert "==" in files[name]
        assert " @ " not in files[name]
        assert files[name].count("==") == files[name].count("--hash=")


def test_a_folder_without_its_history_keeps_its_version() -> None:
    text = frozen("vendored", "debian:bookworm").dockerfile
    assert "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_THEIRS=2.0 /run/uv build" in text
    assert "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_SHARED=0.3 /run/uv build" in text
    assert "FOR_FAST" not in text
    assert "SETUPTOOLS_SCM" not in frozen("compiled", "debian:bookworm").dockerfile
