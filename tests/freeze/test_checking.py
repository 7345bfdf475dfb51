"""Verifying a vendored folder offline, whoever has had it in their hands (CASES R53)."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeze.test_vendoring import prepared
from freeze.world import World
from lading.errors import FreezeError
from lading.freeze.checking import check_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lading.grammar.dialect import Dialect


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    world, image = prepared(tmp_path)
    world.freeze(image, vendor=True)
    # What a folder is after it was copied, by whatever means: links and times are gone.
    copied = tmp_path / "some @ where"
    shutil.copytree(world.target, copied)
    for path in copied.rglob("*"):
        if path.is_file():
            path.chmod(path.stat().st_mode | 0o200)
            os.utime(path)
    return copied


def differences(folder: Path) -> list[str]:
    return list(check_folder(folder).differences)


@pytest.mark.parametrize("dialect", ["buildkit", "classic"])
def test_a_folder_as_it_was_written_has_no_differences(tmp_path: Path, dialect: Dialect) -> None:
    world, image = prepared(tmp_path)
    info = world.freeze(image, vendor=True, dialect=dialect)
    checked = check_folder(world.target)
    assert checked.differences == ()
    assert checked.info == info
    assert checked.files == sum(path.is_file() for path in world.target.rglob("*"))


def test_a_copied_folder_has_none(folder: Path) -> None:
    assert differences(folder) == []


def every_file(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def test_each_file_that_changed_is_named(folder: Path) -> None:
    names = [name for name in every_file(folder) if name != "image.json"]
    assert len(names) > 15
    for name in names:
        path = folder / name
        before = path.read_bytes()
        path.write_bytes(before + b"x")
        assert [one for one in differences(folder) if one.startswith(f"{name} ")], name
        path.write_bytes(before)
    assert differences(folder) == []


def test_each_file_that_is_missing_is_named(folder: Path, tmp_path: Path) -> None:
    for name in every_file(folder):
        if name == "image.json":
            continue
        (folder / name).rename(tmp_path / "aside")
        assert f"{name} is missing" in differences(folder)
        (tmp_path / "aside").rename(folder / name)
    assert differences(folder) == []


def test_all_differences_are_said_at_once(folder: Path) -> None:
    (folder / "wheels/1/six-1.0-py3-none-any.whl").write_bytes(b"another")
    (folder / "uv").unlink()
    (folder / "extra.whl").write_bytes(b"")
    (folder / "Dockerfile").write_text("FROM evil\n")
    found = differences(folder)
    assert "uv is missing" in found
    assert "extra.whl does not belong there" in found
    assert "Dockerfile is not what image.json gives" in found
    assert len(found) == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda at: (at / "uv").chmod(0o644), "uv is not executable"),
        (lambda at: (at / "Dockerfile").chmod(0o755), "Dockerfile is executable"),
        (lambda at: (at / "empty").mkdir(), "empty is an empty folder"),
        (lambda at: (at / "more").symlink_to("uv"), "more is a link"),
        (lambda at: (at / "more").symlink_to("/etc"), "more is a link"),
        (lambda at: os.mkfifo(at / "pipe"), "pipe is not a file"),
        (lambda at: (at / "a\x1b[31m\nb").touch(), "a\\x1b[31m\\nb does not belong there"),
        (
            lambda at: (at / os.fsdecode(b"caf\xe9")).touch(),
            "caf\\udce9 does not belong there",
        ),
    ],
)
def test_what_is_no_file_of_it_is_named(
    folder: Path, change: Callable[[Path], object], message: str
) -> None:
    change(folder)
    assert differences(folder) == [message]


def test_a_link_in_place_of_a_file_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (folder / "uv").rename(tmp_path / "uv")
    (folder / "uv").symlink_to(tmp_path / "uv")
    assert differences(folder) == ["uv is a link", "uv is missing"]
    (folder / "debs").rename(tmp_path / "debs")
    (folder / "debs").symlink_to(tmp_path / "debs")
    assert "debs is a link" in differences(folder)
    assert "debs/curl_1.0_amd64.deb is missing" in differences(folder)


def rewritten(folder: Path, change: Callable[[dict[str, object]], object]) -> list[str]:
    """The differences after somebody edited image.json."""
    path = folder / "image.json"
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data, indent=2, sort_keys=True) + "\n")
    return differences(folder)


HOSTILE = ["../secret", "/etc/passwd", "a/../../secret", "./x", "x//y", "", ".", "x\0y", "~/x/.."]


@pytest.mark.parametrize("path", HOSTILE)
def test_no_path_of_image_json_leads_out_of_the_folder(
    folder: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.parent / "secret").write_text("secret")
    opened: list[str] = []
    really = os.open

    def spying(path: str, *words: int, **names: int) -> int:
        opened.append(os.fspath(path))
        return really(path, *words, **names)

    monkeypatch.setattr(os, "open", spying)
    file = {"path": path, "sha256": "0" * 64, "size": 2**62}
    found = rewritten(folder, lambda data: data.update(programs=[file]))
    assert [one for one in found if "is no path in the folder" in one]
    assert all(one.startswith(f"{folder}/") for one in opened)


def test_paths_of_steps_can_not_lead_out_of_it_either(folder: Path) -> None:
    def change(data: dict[str, object]) -> None:
        steps = data["steps"]
        assert isinstance(steps, list)
        (copied,) = [step for step in steps if step["type"] == "copy"]
        copied["source"] = "files/../.."

    found = rewritten(folder, change)
    assert [one for one in found if "is no path in the folder" in one]


def first_step(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = data["steps"][0]
    return found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.update(vendored=False), "the image is not vendored"),
        (lambda data: data.update(python="3.12\nRUN id"), "image.json gives no Dockerfile"),
        (
            lambda data: first_step(data).update(debs=[]),
            "debs/curl_1.0_amd64.deb does not belong there",
        ),
        (
            lambda data: first_step(data)["debs"][0].update(version="2"),
            "debs/Packages can't be compared",
        ),
        (lambda data: data.update(python="3.11"), "Dockerfile is not what image.json gives"),
        (
            lambda data: data["programs"].append(
                {"path": "uv", "sha256": "0" * 64, "size": 1, "executable": True}
            ),
            "image.json names uv twice, with contents that differ",
        ),
    ],
)
def test_an_image_that_was_edited_is_noticed(
    folder: Path, change: Callable[[dict[str, object]], object], message: str
) -> None:
    assert [one for one in rewritten(folder, change) if message in one]


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where every part of a JSON document is."""
    yield path
    if isinstance(value, dict):
        for name, part in value.items():
            yield from places(part, (*path, name))
    if isinstance(value, list):
        for number, part in enumerate(value):
            yield from places(part, (*path, number))


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world, image = prepared(tmp_path_factory.mktemp("vendored"))
    world.freeze(image, vendor=True)
    return world.target


@given(data=st.data())
def test_whatever_stands_in_image_json_nothing_breaks(untouched: Path, data: st.DataObject) -> None:
    path = untouched / "image.json"
    before = path.read_text()
    document = json.loads(before)
    *folder, name = data.draw(st.sampled_from([one for one in places(document) if one]))
    part = document
    for step in folder:
        part = part[step]
    part[name] = data.draw(
        st.sampled_from(["", "\0", "a\nb", "../x", "$(id)", "9" * 5000, 2**70, None, [], {}, ["x"]])
        | st.text(max_size=5)
    )
    try:
        path.write_text(json.dumps(document))
        check_folder(untouched)
    except FreezeError:
        pass
    finally:
        path.write_text(before)


def test_other_white_space_in_image_json_is_a_difference(folder: Path) -> None:
    path = folder / "image.json"
    path.write_text(path.read_text() + "\n")
    assert differences(folder) == ["image.json is not what Lading writes"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a frozen image"),
        (b"{}", "not a frozen image"),
        (b'{"format": 99}', "has format 99"),
        (b"\xff", "is not UTF-8 text"),
        (b"[" * 200_000, "not a frozen image|nested too deeply"),
        (b'{"format": 2, "a": ' + b"[" * 200_000, "not a frozen image|nested too deeply"),
    ],
)
def test_what_is_no_image_json_is_refused(folder: Path, content: bytes, message: str) -> None:
    (folder / "image.json").write_bytes(content)
    with pytest.raises(FreezeError, match=message):
        differences(folder)


def test_an_image_json_that_is_no_file_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "image.json").rename(tmp_path / "image.json")
    with pytest.raises(FreezeError, match=r"image\.json can't be read: no such file"):
        differences(folder)
    os.mkfifo(folder / "image.json")
    with pytest.raises(FreezeError, match=r"image\.json is not a file"):
        differences(folder)
    (folder / "image.json").unlink()
    (folder / "image.json").symlink_to(tmp_path / "image.json")
    with pytest.raises(FreezeError, match=r"image\.json can't be read"):
        differences(folder)
    with pytest.raises(FreezeError, match="there is no folder"):
        differences(tmp_path / "nothing")


def test_a_folder_that_is_not_vendored_is_told_so(tmp_path: Path) -> None:
    world, image = prepared(tmp_path)
    world.freeze(image)
    assert [one for one in differences(world.target) if "the image is not vendored" in one]


def test_an_image_without_python_can_be_vendored(tmp_path: Path) -> None:
    world = World(root=tmp_path.resolve())
    image = world.image('Image(distro="debian:bookworm").run("true")')
    world.lock(image)
    world.freeze(image, vendor=True)
    assert differences(world.target) == []
