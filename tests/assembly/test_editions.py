"""What was kept of packages holds as long as packages are read in the same way."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

import lading
from assembly.test_system import deb
from assembly.tiny import Bench, base_with
from lading import process
from lading.assembly.editions import reader_digest, tables_digest
from lading.info import User

LADING = Path(lading.__file__).parent
SCRIPT = "#!/bin/sh\nset -e\nfrobnicate --all\n"
LONGER = '\n[[command]]\nnames = ["frobnicate"]\nreason = "It is of a test."\n'
CHILD = """\
import sys
from pathlib import Path
from assembly.test_editions import needed_in
print(*needed_in(Path(sys.argv[1])))
"""


def needed_in(root: Path) -> list[str]:
    """What has to be run, as this Lading finds it or has kept it."""
    bench = Bench(root=root)
    debs = (deb(bench, "tool", control={"postinst": SCRIPT}),)
    found = bench.installer.needed_scripts(debs, base_with(root, "linux/amd64"), User())
    return [one.reason for one in found]


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The folder of a Lading that is the same so far."""
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(LADING, tmp_path / "newer" / "lading", ignore=ignored))


def add(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def test_a_longer_table_of_a_newer_lading_is_heeded(tmp_path: Path, newer: Path) -> None:
    assert needed_in(tmp_path) == ["it runs `frobnicate --all`"]
    add(newer / "debs" / "harmless.toml", LONGER)
    path = os.pathsep.join((str(newer.parent), *sys.path))
    argv = (sys.executable, "-c", CHILD, str(tmp_path))
    done = process.run(argv, env={**os.environ, "PYTHONPATH": path})
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_the_same_is_another_only_where_it_reads_otherwise(newer: Path) -> None:
    again = newer / "debs"
    assert tables_digest(again) == tables_digest()
    assert reader_digest(again) == reader_digest()
    cached = again / "shell" / "__pycache__"
    cached.mkdir()
    (cached / "following.pyc").write_bytes(b"x")
    assert reader_digest.__wrapped__(again) == reader_digest()


@pytest.mark.parametrize("table", ["harmless.toml", "read_scripts.toml"])
def test_each_table_counts_for_layers_and_refusals(newer: Path, table: str) -> None:
    add(newer / "debs" / table, "# more\n")
    assert tables_digest(newer / "debs") != tables_digest()
    assert reader_digest(newer / "debs") != reader_digest()


def test_code_counts_for_refusals(newer: Path) -> None:
    add(newer / "debs" / "shell" / "following.py", "# more\n")
    assert tables_digest(newer / "debs") == tables_digest()
    assert reader_digest(newer / "debs") != reader_digest()
