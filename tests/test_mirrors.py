"""Mirrors: where they are read from, what they stand for, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.errors import SpecificationError
from lading.grammar.reference import ImageReference
from lading.mirrors import Mirrors, read_mirrors

if TYPE_CHECKING:
    from pathlib import Path

TABLE = """
[project]
name = "demo"

[tool.lading]
image = "service:image"

[tool.lading.mirrors]
python = "https://Mirror.test/simple/"
uv = "https://mirror.test/tools"
debian = "http://mirror.test/debian"
debian-security = "http://mirror.test/debian-security"

[tool.lading.mirrors.registries]
"docker.io" = "mirror.test:5000/dockerhub"
"ghcr.io" = "mirror.test:5000"
"""


def project(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text)
    return folder


def refusal(folder: Path, text: str = "", environ: dict[str, str] | None = None) -> str:
    with pytest.raises(SpecificationError) as error:
        read_mirrors(project(folder, text), environ or {})
    return str(error.value)


def test_mirrors_are_read_from_the_projects_table(tmp_path: Path) -> None:
    assert read_mirrors(project(tmp_path, TABLE), {}) == Mirrors(
        python="https://mirror.test/simple",
        uv="https://mirror.test/tools",
        archives=(
            ("debian", "http://mirror.test/debian"),
            ("debian-security", "http://mirror.test/debian-security"),
        ),
        registries=(("docker.io", "mirror.test:5000/dockerhub"), ("ghcr.io", "mirror.test:5000")),
    )


@pytest.mark.parametrize("text", ["", "[tool.other]\nx = 1\n", '[tool.lading]\nimage = "a:b"\n'])
def test_a_project_without_mirrors_has_none(text: str, tmp_path: Path) -> None:
    assert read_mirrors(project(tmp_path, text), {}) == Mirrors()
    assert read_mirrors(tmp_path / "nowhere", {"HOME": "/"}) == Mirrors()


def test_variables_come_before_the_table_and_an_empty_one_takes_away(tmp_path: Path) -> None:
    found = read_mirrors(
        project(tmp_path, TABLE),
        {
            "LADING_MIRROR_PYTHON": "https://other.test/simple",
            "LADING_MIRROR_UV": "",
            "LADING_MIRROR_DEBIAN_SECURITY": " https://other.test/security ",
            "LADING_MIRROR_UBUNTU": "https://other.test/ubuntu",
            "LADING_MIRROR_REGISTRIES": "quay.io=other.test/quay, docker.io=other.test,",
        },
    )
    assert found == Mirrors(
        python="https://other.test/simple",
        archives=(
            ("debian", "http://mirror.test/debian"),
            ("debian-security", "https://other.test/security"),
            ("ubuntu", "https://other.test/ubuntu"),
        ),
        registries=(("docker.io", "other.test"), ("quay.io", "other.test/quay")),
    )


def test_an_unknown_key_or_variable_names_the_one_that_was_meant(tmp_path: Path) -> None:
    text = refusal(tmp_path, '[tool.lading.mirrors]\npyton = "https://a.test"\n')
    assert "[tool.lading.mirrors] has no key 'pyton'" in text
    assert 'did you mean "python"?' in text
    text = refusal(tmp_path, "", {"LADING_MIRROR_DEBAIN": "https://a.test"})
    assert "there is no variable LADING_MIRROR_DEBAIN" in text
    assert "LADING_MIRROR_DEBIAN" in text


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = refusal(
        tmp_path,
        '[tool.lading.mirrors]\npython = "ftp://a.test"\nuv = 3\nregistries = "docker.io"\n',
        {"LADING_MIRROR_REGISTRIES": "docker.io"},
    )
    for part in (
        '[tool.lading.mirrors] python: URL "ftp://a.test"',
        "[tool.lading.mirrors] uv: 3 is not a URL",
        "[tool.lading.mirrors.registries] is not a table",
        "LADING_MIRROR_REGISTRIES: a registry's mirror is a host and a path",
    ):
        assert part in text


@pytest.mark.parametrize("table", ["mirrors = 3", "[tool]\nlading = 3", "[tool.lading.mirrors"])
def test_what_is_no_table_is_refused(table: str, tmp_path: Path) -> None:
    text = table if table.startswith("[") else f"[tool.lading]\n{table}"
    assert "is not" in refusal(tmp_path, text)


@pytest.mark.parametrize(
    "url",
    ["https://ada:hunter2@a.test/simple", "https://hunter2@a.test", "https://a.test?token=hunter2"],
)
def test_a_url_with_credentials_is_refused_and_not_shown(url: str, tmp_path: Path) -> None:
    text = refusal(tmp_path, f'[tool.lading.mirrors]\npython = "{url}"\n')
    assert "credentials" in text
    assert "netrc" in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    "mirror",
    ["registry", "Mirror.test", "https://a.test", "a.test/x:1", "a.test/X", "ada:hunter2@a.test"],
)
def test_what_is_no_registry_and_path_is_refused(mirror: str, tmp_path: Path) -> None:
    text = refusal(tmp_path, f'[tool.lading.mirrors.registries]\n"docker.io" = "{mirror}"\n')
    assert "registr" in text
    assert "hunter2" not in text


@pytest.mark.parametrize("host", ["docker", "docker.io/library", "https://docker.io", ""])
def test_what_is_no_host_of_a_registry_is_refused(host: str, tmp_path: Path) -> None:
    text = refusal(tmp_path, f'[tool.lading.mirrors.registries]\n"{host}" = "a.test"\n')
    assert "is not the host of a registry" in text


DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("reference", "pulled"),
    [
        ("python:3.11", "mirror.test:5000/dockerhub/library/python:3.11"),
        ("index.docker.io/team/app", "mirror.test:5000/dockerhub/team/app"),
        (f"python:3.11@{DIGEST}", f"mirror.test:5000/dockerhub/library/python:3.11@{DIGEST}"),
        ("ghcr.io/team/app:1", "mirror.test:5000/team/app:1"),
        ("quay.io/team/app:1", "quay.io/team/app:1"),
    ],
)
def test_a_base_is_pulled_from_its_registrys_mirror(
    reference: str, pulled: str, tmp_path: Path
) -> None:
    mirrors = read_mirrors(project(tmp_path, TABLE), {})
    assert str(mirrors.base(ImageReference.parse(reference))) == pulled


@given(
    st.from_regex(r"[a-z0-9]{1,8}(/[a-z0-9]{1,8}){0,2}", fullmatch=True),
    st.sampled_from(["a.test", "localhost", "a.test:5000", "a.test/x", "a.test/x/y-z"]),
)
def test_what_is_pulled_is_a_reference_that_reads_back(path: str, mirror: str) -> None:
    reference = ImageReference.parse(f"docker.io/{path}:1")
    pulled = Mirrors(registries=(("docker.io", mirror),)).base(reference)
    assert ImageReference.parse(str(pulled)) == pulled
    assert pulled.path.endswith(reference.path)
    assert (pulled.tag, pulled.digest) == (reference.tag, reference.digest)
