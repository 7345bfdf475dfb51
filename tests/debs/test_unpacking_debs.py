"""Where the files of packages go: merged /usr, links, two packages with one path, the ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from debs.debmaker import (
    Some,
    by_path,
    file,
    folder,
    hardlink,
    installed,
    link,
    make_deb,
    text_of,
)
from lading.errors import ImageError
from lading.oci.entries import Folder, Hardlink, Symlink

if TYPE_CHECKING:
    from pathlib import Path

    from lading.debs import Installed

LIB = (folder("./lib/"), folder("./lib/x/"), file("./lib/x/libm.so", "m"))


def test_on_nothing_the_folders_of_the_root_are_links(tmp_path: Path) -> None:
    found = by_path(installed(tmp_path, make_deb(tmp_path, "libm", *LIB)))
    assert "usr/lib/x/libm.so" in found
    for name in ("bin", "sbin", "lib", "lib64"):
        entry = found[name]
        assert isinstance(entry, Symlink)
        assert entry.target == f"usr/{name}"


def test_on_arm_there_is_no_lib64(tmp_path: Path) -> None:
    deb = make_deb(tmp_path, "libm", *LIB, architecture="arm64")
    assert "lib64" not in by_path(installed(tmp_path, deb))


def test_on_a_ground_its_links_are_followed(tmp_path: Path) -> None:
    ground = Some({"lib": "->usr/lib", "usr/lib/there": ""})
    found = by_path(installed(tmp_path, make_deb(tmp_path, "libm", *LIB), ground=ground))
    assert "usr/lib/x/libm.so" in found
    assert "lib" not in found


def test_a_ground_without_links_keeps_its_folders(tmp_path: Path) -> None:
    ground = Some({"lib/there": "", "usr/lib/there": ""})
    found = by_path(installed(tmp_path, make_deb(tmp_path, "libm", *LIB), ground=ground))
    assert "lib/x/libm.so" in found


def test_a_folder_is_not_put_in_the_place_of_a_link_to_one(tmp_path: Path) -> None:
    one = make_deb(tmp_path, "a", folder("./opt/"), folder("./opt/real/"), link("./opt/to", "real"))
    two = make_deb(tmp_path, "b", folder("./opt/"), folder("./opt/to/"), file("./opt/to/x"))
    found = by_path(installed(tmp_path, one, two))
    assert isinstance(found["opt/to"], Symlink)
    assert "opt/real/x" in found


def test_a_shared_folder_keeps_the_first_ones_mode(tmp_path: Path) -> None:
    one = make_deb(tmp_path, "a", folder("./opt/", mode=0o700))
    two = make_deb(tmp_path, "b", folder("./opt/", mode=0o755), depends="a")
    assert by_path(installed(tmp_path, two, one))["opt"].mode == 0o700


def test_two_packages_with_one_file_are_refused(tmp_path: Path) -> None:
    one, two = (make_deb(tmp_path, name, file("./x", name)) for name in ("a", "b"))
    with pytest.raises(ImageError) as caught:
        installed(tmp_path, one, two)
    text = "b 1.0: /x is in a 1.0 too, and it does not say that it replaces that"
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("replaces", "passes"), [("a", True), ("a (<< 2)", True), ("a (<< 1)", False)]
)
def test_a_package_may_take_a_file_that_it_replaces(
    tmp_path: Path, *, replaces: str, passes: bool
) -> None:
    one = make_deb(tmp_path, "a", file("./x", "a"))
    two = make_deb(tmp_path, "b", file("./x", "b"), replaces=replaces)
    if not passes:
        with pytest.raises(ImageError, match="does not say that it replaces"):
            installed(tmp_path, one, two)
        return
    found = installed(tmp_path, one, two)
    assert text_of(found, "x") == "b"
    assert text_of(found, "var/lib/dpkg/info/a.list") == "/.\n"
    assert text_of(found, "var/lib/dpkg/info/b.list") == "/.\n/x\n"


def test_one_file_by_way_of_merged_folders_is_refused(tmp_path: Path) -> None:
    one = make_deb(tmp_path, "a", folder("./lib/"), file("./lib/x", "a"))
    two = make_deb(tmp_path, "b", folder("./usr/"), folder("./usr/lib/"), file("./usr/lib/x", "b"))
    with pytest.raises(ImageError, match=r"/usr/lib/x is in a 1\.0 too"):
        installed(tmp_path, one, two)


def test_a_file_and_a_folder_of_one_name_are_refused(tmp_path: Path) -> None:
    one = make_deb(tmp_path, "a", folder("./x/"))
    two = make_deb(tmp_path, "b", file("./x"))
    with pytest.raises(ImageError, match="/x is a folder here and something else elsewhere"):
        installed(tmp_path, one, two)


def test_a_file_of_another_package_of_the_ground_is_refused(tmp_path: Path) -> None:
    ground = Some({"x": "old", "var/lib/dpkg/info/old.list": "/.\n/x\n"})
    with pytest.raises(ImageError, match="/x is in old too, which the base has"):
        installed(tmp_path, make_deb(tmp_path, "new", file("./x")), ground=ground)
    replacing = make_deb(tmp_path, "newer", file("./x"), replaces="old")
    assert "x" in by_path(installed(tmp_path, replacing, ground=ground))


def test_a_file_of_the_ground_that_nobody_has_is_replaced(tmp_path: Path) -> None:
    found = installed(
        tmp_path, make_deb(tmp_path, "a", file("./x", "new")), ground=Some({"x": "old"})
    )
    assert text_of(found, "x") == "new"


def test_a_configuration_file_of_the_ground_stays(tmp_path: Path) -> None:
    deb = make_deb(
        tmp_path,
        "a",
        folder("./etc/"),
        file("./etc/a.conf", "new"),
        control={"conffiles": "/etc/a.conf\n"},
    )
    found = installed(tmp_path, deb, ground=Some({"etc/a.conf": "mine"}))
    assert "etc/a.conf" not in by_path(found)
    assert found.remarks == ("/etc/a.conf is left as the base has it",)


def test_what_the_ground_has_installed_is_refused(tmp_path: Path) -> None:
    status = "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 0.9\n"
    ground = Some({"var/lib/dpkg/status": status})
    with pytest.raises(ImageError, match=r"a 1\.0 is in the base as 0\.9 already"):
        installed(tmp_path, make_deb(tmp_path, "a"), ground=ground)


def test_what_the_ground_diverts_is_refused(tmp_path: Path) -> None:
    ground = Some({"var/lib/dpkg/diversions": "/x\n/x.orig\nother\n"})
    with pytest.raises(ImageError, match=r"a 1\.0: /x is diverted to /x\.orig, by other"):
        installed(tmp_path, make_deb(tmp_path, "a", file("./x")), ground=ground)


def test_one_package_twice_is_refused(tmp_path: Path) -> None:
    one, two = (make_deb(tmp_path, "a", version=version) for version in ("1", "2"))
    with pytest.raises(ImageError, match="a 2 and a 1 are one package twice"):
        installed(tmp_path, one, two)


def test_the_order_of_packages_makes_no_difference(tmp_path: Path) -> None:
    debs = [
        make_deb(tmp_path, "a", folder("./opt/", mode=0o711), depends="b"),
        make_deb(tmp_path, "b", folder("./opt/", mode=0o755), depends="c | a"),
        make_deb(tmp_path, "c", file("./c"), pre_depends="virtual"),
        make_deb(tmp_path, "d", file("./d"), provides="virtual"),
    ]
    found = [installed(tmp_path, *order).entries for order in (debs, debs[::-1])]
    assert found[0] == found[1]
    assert isinstance(next(one for one in found[0] if one.path == "opt"), Folder)


TWO_NAMES = (folder("./opt/"), file("./opt/a", "old"), hardlink("./opt/b", "./opt/a"))


def content_of(found: Installed, path: str) -> str:
    """What is read by that name."""
    entry = by_path(found)[path]
    return text_of(found, entry.target if isinstance(entry, Hardlink) else path)


def test_a_file_that_another_package_replaces_stays_by_its_other_names(tmp_path: Path) -> None:
    files = (*TWO_NAMES, hardlink("./opt/c", "./opt/a"))
    new = (folder("./opt/"), file("./opt/a", "new"))
    one = make_deb(tmp_path, "one", *files)
    two = make_deb(tmp_path, "two", *new, replaces="one", depends="one")
    found = installed(tmp_path, one, two)
    assert [content_of(found, f"opt/{name}") for name in "abc"] == ["new", "old", "old"]
    assert isinstance(by_path(found)["opt/c"], Hardlink)


def test_a_file_that_a_script_removes_stays_by_its_other_names(tmp_path: Path) -> None:
    script = "#!/bin/sh\nset -e\nrm /opt/a\n"
    found = installed(tmp_path, make_deb(tmp_path, "x", *TWO_NAMES, control={"postinst": script}))
    assert "opt/a" not in by_path(found)
    assert content_of(found, "opt/b") == "old"


@pytest.mark.parametrize("name", ["a", "b"])
def test_what_a_script_writes_into_a_file_is_there_by_each_name(tmp_path: Path, name: str) -> None:
    script = f"#!/bin/sh\nset -e\necho new > /opt/{name}\n"
    found = installed(tmp_path, make_deb(tmp_path, "x", *TWO_NAMES, control={"postinst": script}))
    assert [content_of(found, f"opt/{one}") for one in "ab"] == ["new\n", "new\n"]
