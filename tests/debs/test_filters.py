"""What the base's dpkg is told not to unpack: the same as the real dpkg leaves out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from debian.signed_archive import needs
from debs.debmaker import Some, by_path, file, folder, hardlink, installed, link, make_deb, text_of
from lading import process
from lading.debs import NOTHING
from lading.errors import ImageError

if TYPE_CHECKING:
    from pathlib import Path

    from lading.debs import DebFile, Installed

SLIM = """\
# a comment
path-exclude=/usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude = /usr/share/man/*
path-exclude=/usr/share/locale/*
"""

FILES = (
    folder("./usr/"),
    folder("./usr/bin/"),
    file("./usr/bin/tool", "tool", mode=0o4755),
    folder("./usr/share/"),
    folder("./usr/share/doc/"),
    link("./usr/share/doc/other", "tool"),
    folder("./usr/share/doc/tool/"),
    file("./usr/share/doc/tool/changelog.gz"),
    file("./usr/share/doc/tool/copyright", "mine"),
    hardlink("./usr/share/doc/tool/again", "./usr/bin/tool"),
    folder("./usr/share/locale/"),
    folder("./usr/share/locale/de/"),
    file("./usr/share/locale/de/[tool].mo"),
    folder("./usr/share/man/"),
    folder("./usr/share/man/man1/"),
    file("./usr/share/man/man1/tool.1.gz"),
)
LEFT_OUT_BY_SLIM = {
    "usr/share/doc/tool/again",
    "usr/share/doc/tool/changelog.gz",
    "usr/share/locale/de",
    "usr/share/locale/de/[tool].mo",
    "usr/share/man/man1",
    "usr/share/man/man1/tool.1.gz",
}
# /usr is there by what is below it.
ALL = {member.info.name.removeprefix("./").rstrip("/") for member in FILES[1:]}

RULES = {
    "none": "",
    "those of a slim image": SLIM,
    "the last that matches": "path-include=/usr/*/man/*\npath-exclude=/usr/[s]*/*.gz\n",
    "a file again": "path-exclude=/usr/share/doc/*\npath-include=/usr/share/doc/*.gz\n",
    "a folder that is not above": "path-exclude=/usr/share/*/*\npath-include=/usr/share/man/\n",
    "no special character": r"path-exclude=/usr/share/locale/de/\[tool\].mo" + "\n",
    "a class": "path-exclude=/usr/share/locale/de/[[t]*\n",
    "all but": "path-exclude=/usr/share/doc/tool/[!c]*\n",
    "quoted": "path-exclude='/usr/share/man/*'\n",
}


def on(path: Path, rules: str, *debs: DebFile, name: str = "dpkg.cfg.d/docker") -> Installed:
    return installed(path, *debs, ground=Some({f"etc/dpkg/{name}": rules}))


def unpacked(found: Installed) -> set[str]:
    """What is there of the package's files."""
    return by_path(found).keys() & ALL


def by_dpkg(path: Path, rules: str, deb: DebFile) -> tuple[Path, process.Completed]:
    """A folder into which the real dpkg has unpacked."""
    root = path / "root"
    for name in ("info", "updates", "triggers"):
        (root / "var/lib/dpkg" / name).mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    lines = (line for line in rules.splitlines() if line.startswith("path-"))
    words = (line.replace(" = ", "=").replace(" ", "=").replace("'", "") for line in lines)
    options = [f"--{word}" for word in words]
    argv = ["dpkg", f"--root={root}", "--force-architecture", *options, "--unpack", str(deb.path)]
    environ = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    return root, process.run(argv, env=environ, timeout=60)


def is_there(root: Path, name: str) -> bool:
    return (root / name).is_symlink() or (root / name).exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="dpkg unpacks for root only")
@needs("dpkg")
@pytest.mark.parametrize("case", RULES)
def test_the_real_dpkg_unpacks_the_same_and_records_the_same(tmp_path: Path, case: str) -> None:
    deb = make_deb(tmp_path, "tool", *FILES)
    root, done = by_dpkg(tmp_path, RULES[case], deb)
    assert done.returncode == 0, done.stderr
    found = on(tmp_path, RULES[case], deb)
    assert unpacked(found) == {name for name in ALL if is_there(root, name)}
    listed = (root / "var/lib/dpkg/info/tool.list").read_text()
    # dpkg unpacks links last (lib/dpkg/tarfn.c); packages have them last, so that it is the same.
    assert sorted(text_of(found, "var/lib/dpkg/info/tool.list").split()) == sorted(listed.split())


def test_without_rules_all_is_unpacked(tmp_path: Path) -> None:
    assert unpacked(installed(tmp_path, make_deb(tmp_path, "tool", *FILES), ground=NOTHING)) == ALL


@pytest.mark.parametrize("name", ["dpkg.cfg.d/docker", "dpkg.cfg"])
def test_the_rules_of_a_slim_image(tmp_path: Path, name: str) -> None:
    found = on(tmp_path, SLIM, make_deb(tmp_path, "tool", *FILES), name=name)
    assert ALL - unpacked(found) == LEFT_OUT_BY_SLIM
    assert "/usr/share/man/man1/tool.1.gz\n" in text_of(found, "var/lib/dpkg/info/tool.list")


def test_a_file_whose_name_dpkg_passes_over_has_no_rules(tmp_path: Path) -> None:
    deb = make_deb(tmp_path, "tool", *FILES)
    assert unpacked(on(tmp_path, SLIM, deb, name="dpkg.cfg.d/docker.bak")) == ALL


LINKED = (
    folder("./usr/"),
    folder("./usr/bin/"),
    folder("./usr/share/"),
    folder("./usr/share/doc/"),
    file("./usr/share/doc/tool", "tool"),
    hardlink("./usr/bin/tool", "./usr/share/doc/tool"),
)


REFUSED = {
    "a hard link to what is left out": (
        "path-exclude=/usr/share/doc/*\n",
        (
            "/usr/bin/tool is a hard link to /usr/share/doc/tool, which the base leaves out "
            "(path-exclude) or has as its own"
        ),
        "error creating hard link './usr/bin/tool'",
    ),
    "a file in a folder that is left out": (
        "path-exclude=/usr/share/doc\n",
        "/usr/share/doc/tool is in a folder that the base leaves out (path-exclude)",
        "No such file or directory",
    ),
}


@pytest.mark.skipif(os.geteuid() != 0, reason="dpkg unpacks for root only")
@needs("dpkg")
@pytest.mark.parametrize("case", REFUSED)
def test_what_the_real_dpkg_refuses_is_refused(tmp_path: Path, case: str) -> None:
    rules, message, said = REFUSED[case]
    deb = make_deb(tmp_path, "tool", *LINKED)
    with pytest.raises(ImageError) as caught:
        on(tmp_path, rules, deb)
    assert f"tool 1.0: {message}" in str(caught.value).splitlines()
    _, done = by_dpkg(tmp_path, rules, deb)
    assert done.returncode != 0
    assert said in done.stderr


def test_what_is_left_out_is_there_for_no_script(tmp_path: Path) -> None:
    script = "#!/bin/sh\nset -e\n[ ! -e /usr/share/doc/tool/changelog.gz ]\necho > /usr/seen\n"
    deb = make_deb(tmp_path, "tool", *FILES, control={"postinst": script})
    assert "usr/seen" in by_path(on(tmp_path, SLIM, deb))


def test_what_a_script_makes_is_left_out_by_no_rule(tmp_path: Path) -> None:
    script = "#!/bin/sh\nset -e\nmkdir -p /usr/share/doc/made\n"
    deb = make_deb(tmp_path, "tool", *FILES, control={"postinst": script})
    assert "usr/share/doc/made" in by_path(on(tmp_path, SLIM, deb))


def test_two_packages_with_one_path_are_refused_though_it_is_left_out(tmp_path: Path) -> None:
    debs = [make_deb(tmp_path, name, *FILES[-3:]) for name in ("one", "two")]
    with pytest.raises(ImageError, match=r"two 1.0: /usr/share/man/man1/tool.1.gz is in one 1.0"):
        on(tmp_path, SLIM, *debs)


def test_what_is_left_out_is_told_as_nothing_that_was_changed(tmp_path: Path) -> None:
    rules = "path-exclude=/usr/bin/tool\npath-exclude=/usr/share/doc/tool/again\n"
    found = on(tmp_path, rules, make_deb(tmp_path, "tool", *FILES))
    assert found.remarks == ()
