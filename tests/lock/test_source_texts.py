"""Archives, folders and records as they come from strangers."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.errors import ResolutionError
from lading.lock import source_texts
from lading.lock.metadata import known_by
from lading.lock.source_texts import SourceTexts, read_archive, read_folder
from lock.source_files import tar, zipped

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "PKG-INFO": "Name: alpha",
    "pyproject.toml": "[project]\n",
    "setup.cfg": "[options]\n",
    "setup.py": "setup()\n",
    "src/my_Alpha.egg-info/PKG-INFO": "Name: alpha",
    "src/my_Alpha.egg-info/requires.txt": "beta\n",
    "bare.egg-info/PKG-INFO": "",
    "deep/er/too.egg-info/requires.txt": "no\n",
    "docs/pyproject.toml": "not this one",
}
TEXTS = SourceTexts(
    pyproject="[project]\n",
    setup_cfg="[options]\n",
    setup_py="setup()\n",
    pkg_info="Name: alpha",
    records={"my-alpha": "beta\n", "bare": ""},
)


def written(tmp_path: Path, content: bytes, name: str = "alpha-1.0.tar.gz") -> Path:
    file = tmp_path / name
    file.write_bytes(content)
    return file


def refused(file: Path, subdirectory: str | None = None) -> str:
    with pytest.raises(ResolutionError) as raised:
        read_archive(file, file.name, subdirectory)
    return str(raised.value)


@pytest.mark.parametrize("top", ["alpha-1.0", "", "."])
@pytest.mark.parametrize("compressed", ["", "gz", "bz2", "xz", "zip"])
def test_an_archive_is_read_whatever_its_form(tmp_path: Path, top: str, compressed: str) -> None:
    content = zipped(top, FILES) if compressed == "zip" else tar(top, FILES, compressed)  # type: ignore[arg-type]
    name = "a.zip" if compressed == "zip" else "a.tar"
    assert read_archive(written(tmp_path, content, name), name) == TEXTS


def test_a_project_in_a_folder_of_the_archive(tmp_path: Path) -> None:
    files = {f"python/lib/{name}": text for name, text in FILES.items()}
    content = tar("main", {"pyproject.toml": "not this one", **files})
    assert read_archive(written(tmp_path, content), "a.tar.gz", "python/lib") == TEXTS


def test_a_folder_is_read_without_what_builds_have_left(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = read_folder(tmp_path, tmp_path)
    assert (found.pyproject, found.setup_cfg, found.records) == ("[project]\n", "[options]\n", {})


def test_a_folder_s_link_to_elsewhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("mine")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").symlink_to(tmp_path / "secret")
    with pytest.raises(ResolutionError, match="a link that leaves the project"):
        read_folder(folder, folder)


def member(kind: bytes, name: str = "a/pyproject.toml", size: int = 0) -> bytes:
    """An archive of one member, whose size may be a lie."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        found = tarfile.TarInfo(name)
        found.type, found.linkname, found.size = kind, "/etc/passwd", size
        archive.addfile(found)
    return content.getvalue()


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_a_link_in_an_archive_is_not_followed(tmp_path: Path, kind: bytes) -> None:
    assert "is a link" in refused(written(tmp_path, member(kind)))


def test_a_link_in_a_zip_is_not_followed(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        info = zipfile.ZipInfo("a/pyproject.toml")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert "is a link" in refused(written(tmp_path, content.getvalue(), "a.zip"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        b"\x1f\x8b\x08no gzip",
        b"BZhno bzip2",
        b"\xfd7zXZ\x00no xz",
        b"\x28\xb5\x2f\xfdzstd",
        tar("a", FILES)[:-40],
        member(tarfile.REGTYPE, size=1 << 40),
        member(tarfile.REGTYPE, name="a/other", size=(1 << 40)),
        member(tarfile.XHDTYPE, size=1 << 35),
        member(tarfile.GNUTYPE_LONGNAME, size=1 << 35),
        member(tarfile.GNUTYPE_LONGNAME, size=512) * 3000,
    ],
)
def test_what_is_no_archive_or_lies_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "can't be read as an archive" in refused(written(tmp_path, content))


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    assert "can't be read" in refused(written(tmp_path, b"PK\x03\x04", "a.zip"))


def test_a_text_that_is_huge_once_unpacked_is_refused(tmp_path: Path) -> None:
    files = {"pyproject.toml": " " * (3 << 20)}
    for name, content in (("a.tar.gz", tar("a", files)), ("a.zip", zipped("a", files))):
        assert "too large" in refused(written(tmp_path, content, name))


def test_an_archive_that_is_huge_once_unpacked_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_texts, "_LARGEST_CONTENT", 1 << 20)
    content = io.BytesIO()
    with gzip.open(content, "wb") as packed:
        packed.write(tar("a", {f"{number}": "x" * 9000 for number in range(200)}, ""))
    assert "holds too much" in refused(written(tmp_path, content.getvalue()))


def test_an_archive_with_endless_members_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_texts, "_MOST_MEMBERS", 50)
    content = tar("a", {f"{number}": "" for number in range(100)})
    assert "too many files" in refused(written(tmp_path, content))


def test_an_archive_of_endless_projects_is_refused(tmp_path: Path) -> None:
    content = tar("", {f"{number}/pyproject.toml": "" for number in range(100)})
    assert "too many projects" in refused(written(tmp_path, content))


@given(content=st.binary(max_size=2000), name=st.sampled_from(["a.tar.gz", "a.zip"]))
def test_no_bytes_end_in_another_error(
    content: bytes, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("any") / name
    file.write_bytes(content)
    with suppress(ResolutionError):
        read_archive(file, name)


def known(**texts: object) -> tuple[str, ...] | None:
    found = known_by(SourceTexts(**texts), "alpha")  # type: ignore[arg-type]
    return found.requires if found is not None else None


def test_what_says_more_comes_first() -> None:
    pyproject = '[project]\ndependencies = ["a"]\n'
    assert known(pyproject=pyproject, pkg_info="Requires-Dist: b") == ("a",)
    dynamic = '[project]\ndynamic = ["dependencies"]\n'
    assert known(pyproject=dynamic, pkg_info="Requires-Dist: b") == ("b",)
    assert known(pkg_info="Name: alpha", records={"alpha": "c"}) == ("c",)
    assert known(pkg_info="Name: alpha", records={"other": "c"}) == ()
    assert known(pyproject=dynamic) is None
    assert known(setup_cfg="[options]\ninstall_requires = file: requirements.txt\n") is None
    assert known(setup_cfg="[options]\ninstall_requires = d; e>1\n") == ("d", "e>1")
    assert known() is None


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ()),
        ("a\nb>=1\n", ("a", "b>=1")),
        ("[x]\na\n", ('a ; extra == "x"',)),
        ("[:python_version<'3']\na\n", ("a ; (python_version<'3')",)),
        (
            "[x:python_version<'3']\na; os_name=='nt'\n",
            ("a ; (os_name=='nt') and (python_version<'3') and extra == \"x\"",),
        ),
        (
            "[x]\na @ https://files.example.test/a;b.whl\n",
            ('a @ https://files.example.test/a;b.whl ; extra == "x"',),
        ),
        ("[x\" or 'a' == 'a]\na\n", ('a ; extra == "x--or--a------a"',)),
    ],
)
def test_the_record_of_setuptools_becomes_requirements(text: str, lines: tuple[str, ...]) -> None:
    assert known(records={"alpha": text}) == lines


@pytest.mark.parametrize(
    "texts",
    [
        {"pyproject": "[project]\ndependencies = 'a'\n"},
        {"pyproject": "[project]\ndependencies = [1]\n"},
        {"pyproject": "[project]\ndependencies = ['-r x']\n"},
        {"pyproject": "[project"},
        {"records": {"alpha": "--index-url x\n"}},
        {"setup_cfg": "no section\n"},
        {"pkg_info": "Requires-Dist: -e evil\n"},
    ],
)
def test_a_record_that_is_none_is_refused(texts: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        known(**texts)
