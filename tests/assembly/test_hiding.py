"""No layer hides what is in another, but where COPY would put a file in a file's place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
import pytest

from assembly.tiny import Bench, base_with, image_info
from lading.assembly import checking
from lading.errors import ImageError
from lading.info import Config, InstallPython

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lading.assembly import Assembled
    from lading.lock.model import Distribution

SITE: Final = "opt/venv/lib/python3.11/site-packages"
LINE: Final = "service.py:5"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(root=tmp_path)


def of_file_and_folder(bench: Bench) -> list[Distribution]:
    return [
        bench.wheel("one", "1.0", {"mod": "1"}),
        bench.wheel("two", "2.0", {"mod/__init__.py": "2"}),
    ]


def including(
    bench: Bench, destination: str, files: Mapping[str, bytes], platform: str = "linux/amd64"
) -> Assembled:
    """An image with the wheel of `click`, and these files of the project."""
    wheel = bench.wheel("click", "8.0", {"click/__init__.py": "1", "six.py": "x = 1\n"})
    info = image_info(bench.include(5, destination, files), wheels=[wheel], platform=platform)
    return bench.assemble(info, base_with(bench.root, platform))


def refusal(bench: Bench, destination: str, files: Sequence[str]) -> str:
    with pytest.raises(ImageError) as caught:
        including(bench, destination, dict.fromkeys(files, b"x"))
    (problem,) = caught.value.problems
    assert problem.hint
    return problem.message


@pytest.mark.parametrize("size", [1 << 20, 1 << 10], ids=["a layer each", "one layer"])
def test_a_file_of_one_package_and_a_folder_of_another_are_refused(bench: Bench, size: int) -> None:
    wheels = [msgspec.structs.replace(one, size=size) for one in of_file_and_folder(bench)]
    base = base_with(bench.root, "linux/amd64")
    with pytest.raises(ImageError) as caught:
        bench.assemble(image_info(wheels=wheels), base, budget=40 if size >> 20 else 1)
    (problem,) = caught.value.problems
    assert problem.message == f"/{SITE}/mod is a file of one 1.0 and a folder of two 2.0"


def test_a_package_with_a_file_where_the_user_has_a_folder_is_refused(bench: Bench) -> None:
    wheel = bench.wheel("one", "1.0", {"mod": "1"})
    info = image_info(wheels=[wheel], config=Config(volumes=(f"/{SITE}/mod",)))
    with pytest.raises(ImageError, match=r"the environment and one 1\.0 both have"):
        bench.assemble(info, base_with(bench.root, "linux/amd64"))


@pytest.mark.parametrize(
    ("destination", "name", "owner"),
    [
        (f"/{SITE}", "click", "click 8.0"),
        ("/opt/venv/lib", "python3.11", "the environment"),
        ("/opt", "venv", "the environment"),
    ],
)
def test_a_file_in_the_place_of_a_packages_folder_is_refused(
    bench: Bench, destination: str, name: str, owner: str
) -> None:
    message = refusal(bench, destination, [name])
    where = f"{destination}/{name}".lstrip("/")
    assert message in {
        f"{LINE}: /{where} is a file here and a folder of {owner}",
        f"{LINE}: /{where} is a file and a folder",
    }


def test_a_folder_in_the_place_of_a_packages_file_is_refused(bench: Bench) -> None:
    message = refusal(bench, f"/{SITE}", ["six.py/a", "six.py/b"])
    assert message == f"{LINE}: /{SITE}/six.py is a folder here and a file of click 8.0"


def test_a_folder_in_the_place_of_the_interpreter_is_refused(bench: Bench) -> None:
    message = refusal(bench, "/opt/venv/bin", ["python/x"])
    assert "a folder here and a file of the environment" in message


def test_a_file_in_the_place_of_a_packages_file_is_fine(bench: Bench) -> None:
    including(bench, f"/{SITE}", {"six.py": b"y = 2\n"})


@pytest.mark.parametrize(("destination", "name"), [("/usr", "lib"), ("/", "usr"), ("/", "lib")])
def test_a_file_in_the_place_of_a_folder_of_the_base_is_refused(
    bench: Bench, destination: str, name: str
) -> None:
    assert refusal(bench, destination, [name]).endswith("is a file and a folder")


def test_links_inside_of_what_is_copied_are_refused_as_copy_refuses_them(bench: Bench) -> None:
    message = refusal(bench, "/", ["lib/zz.txt"])
    assert message == f"{LINE}: /lib leads over a link to /usr/lib, and is a folder here"
    assert "/opt/venv/lib" in refusal(bench, "/opt/venv", ["lib64/zz.txt"])


def test_the_environments_own_link_is_followed(bench: Bench) -> None:
    there = f"/{SITE.replace('/lib/', '/lib64/')}/own"
    made = including(bench, there, {"a.py": b"1"})
    straight = including(bench, f"/{SITE}/own", {"a.py": b"1"})
    assert made.layers[-1].digest == straight.layers[-1].digest


def test_where_there_is_no_such_link_none_is_followed(bench: Bench) -> None:
    there = f"/{SITE.replace('/lib/', '/lib64/')}/own"
    made = including(bench, there, {"a.py": b"1"}, platform="linux/arm/v7")
    straight = including(bench, f"/{SITE}/own", {"a.py": b"1"}, platform="linux/arm/v7")
    assert made.layers[-1].digest != straight.layers[-1].digest


def test_files_in_the_environment_before_packages_are_refused(bench: Bench) -> None:
    wheel = bench.wheel("six", "1.0", {"six.py": ""})
    install = InstallPython(distributions=(wheel,), at=("service.py:9",))
    early = bench.include(5, f"/{SITE}", {"own.py": b"1"})
    elsewhere = bench.include(6, "/app", {"own.py": b"1"})
    base = base_with(bench.root, "linux/amd64")
    info = image_info(early, elsewhere, install, venv="/opt/venv")
    with pytest.raises(ImageError) as caught:
        bench.assemble(info, base)
    (problem,) = caught.value.problems
    assert problem.message.startswith(f"{LINE}: /{SITE}/own.py is included before packages")
    bench.assemble(image_info(elsewhere, install, venv="/opt/venv"), base)


def test_what_was_found_fine_is_looked_at_again_only_for_other_paths(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    including(bench, "/app", {"a.py": b"1"})
    looked: list[object] = []
    monkeypatch.setattr(checking, "check_files", lambda *found: looked.append(found))
    including(bench, "/app", {"a.py": b"2"})
    assert not looked
    including(bench, "/app", {"a.py": b"2", "b.py": b"1"})
    assert len(looked) == 1
