"""The comparison's table says what was measured; nothing here takes the time of anything."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

import lading
from lading.http import HttpClient, HttpSettings
from lading.process import run
from wheels.wheelmaker import make_wheel

if TYPE_CHECKING:
    from types import ModuleType

BENCH = Path(__file__).parents[1] / "bench"
# The scripts run in folders of their own, where a relative path would not lead to Lading.
HERE = {**os.environ, "PYTHONPATH": str(Path(lading.__file__).parents[1])}


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"bench_{name}", BENCH / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses looks its module up by name
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def table() -> ModuleType:
    return loaded("table")


def cells(text: str, row: int) -> list[str]:
    return [cell.strip() for cell in text.splitlines()[row].strip("|").split(" | ")]


def test_the_script_explains_itself(tmp_path: Path) -> None:
    environ = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    done = run([sys.executable, str(BENCH / "compare.py"), "--help"], env=environ, timeout=30)

    assert (done.returncode, done.stderr) == (0, "")
    for option in ("--work", "--base", "--only", "--rounds", "--builds"):
        assert option in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_row_shows_medians_and_ratios_of_pairs(table: ModuleType) -> None:
    row = table.Row(
        what="freeze", ours=(1.0, 2.0, 9.0), versus="it", theirs=(4.0, 4.0, 10.0), ratio_limit=0.5
    )

    # Of the pairs, not of the medians: 0.25, 0.5 and 0.9.
    assert cells(table.render([row]), 2) == [
        *("freeze", "2.00 s", "it", "4.00 s", "0.50x [0.25 to 0.90]", "3", "≤ 0.5x", "yes")
    ]


@pytest.mark.parametrize(
    ("limits", "met"),
    [
        ({"ratio_limit": 0.49}, False),
        ({"ratio_limit": 0.5}, True),
        ({"value_limit": 1.9}, False),
        ({"value_limit": 2}, True),
        ({}, None),
    ],
)
def test_a_target_is_judged_by_the_median(
    table: ModuleType, limits: dict[str, float], *, met: bool | None
) -> None:
    row = table.Row(what="x", ours=(1.0, 2.0, 9.0), versus="y", theirs=(4.0, 4.0, 10.0), **limits)

    assert row.met is met


def test_a_ratio_to_nothing_is_left_out_and_not_judged(table: ModuleType) -> None:
    row = table.Row(what="x", ours=(1.0,), versus="y", theirs=(0.0,), ratio_limit=1)

    assert (row.ratios, row.met) == ((), None)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.614, "s", "0.61 s"),
        (38.04, "s", "38.0 s"),
        (42.6, "ms", "43 ms"),
        (415_200_000, "B", "415 MB"),
        (4_120, "B", "4.1 kB"),
        (12, "B", "12 B"),
        (1, "layers", "1"),
    ],
)
def test_quantities_read_well(table: ModuleType, value: float, unit: str, text: str) -> None:
    assert table.format_quantity(value, unit) == text


def test_what_was_not_measured_says_why_in_one_cell(table: ModuleType) -> None:
    text = table.render([table.Missing(what="images", reason="docker a|b\nfailed")])

    lines = text.splitlines()
    assert cells(text, 2)[:2] == ["images", r"not measured: docker a\|b failed"]
    assert len({len(line) for line in lines}) == 1


def test_details_and_notes_stand_below_the_table(table: ModuleType) -> None:
    row = table.Row(what="x", ours=(1.0,), unit="layers", detail=("one", "two"))

    assert table.render([row], ["three"]).splitlines()[-4:] == ["", "- one", "- two", "- three"]


@pytest.mark.parametrize(
    ("script", "options"),
    [
        ("assemble.py", ("--wheels", "--wheel", "--rounds", "--work", "--without-isal")),
        ("models.py", ("--rounds", "--size", "--work")),
        ("oci.py", ("--registry", "--base", "--rounds", "--work")),
        ("scratch.py", ("--base", "--slim", "--rounds", "--network-rounds", "--work")),
    ],
)
def test_the_scripts_of_images_explain_themselves(
    tmp_path: Path, script: str, options: tuple[str, ...]
) -> None:
    environ = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    done = run([sys.executable, str(BENCH / script), "--help"], env=environ, timeout=30)

    assert (done.returncode, done.stderr) == (0, "")
    for option in options:
        assert option in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("script", ["oci.py", "scratch.py"])
def test_builds_without_a_base_are_refused(tmp_path: Path, script: str) -> None:
    environ = {name: value for name, value in HERE.items() if "LADING_TEST_BASE" not in name}
    done = run([sys.executable, str(BENCH / script)], env=environ, cwd=tmp_path, timeout=30)

    assert done.returncode == 2
    assert done.stderr.rstrip().endswith("error: --base is needed")


@pytest.mark.skipif(
    not all(map(shutil.which, ("tar", "gzip", "sync"))), reason="what it is compared with"
)
def test_wheels_become_layers_on_every_side(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    wheel = make_wheel(tmp_path / "wheels", {"demo/__init__.py": b"x = 1\n" * 1000})
    work = tmp_path / "work"
    work.mkdir()
    done = run(
        [
            *(sys.executable, str(BENCH / "assemble.py"), "--wheels", str(wheel.parent)),
            *("--rounds", "1", "--work", str(work), "--without-isal"),
        ],
        env=HERE,
        timeout=120,
    )

    assert (done.returncode, done.stderr) == (0, "")
    rows = done.stdout.splitlines()[2:7]
    assert [row.split(" | ")[2].strip() for row in rows] == [
        "installer, tar, gzip -6",
        "inflating and hashing the same, all cores",
        "installer, tar, gzip -6",
        "inflating and hashing the same, all cores",
        "",
    ]
    assert list(work.iterdir()) == []


def test_weights_are_compared_both_ways(tmp_path: Path) -> None:
    words = ("--rounds", "1", "--size", "1", "--work", str(tmp_path))
    done = run([sys.executable, str(BENCH / "models.py"), *words], env=HERE, timeout=120)

    assert (done.returncode, done.stderr) == (0, "")
    rows = [row.split(" | ") for row in done.stdout.splitlines()[2:] if row.startswith("|")]
    assert {row[0].rpartition(": ")[2].strip() for row in rows} == {"made", "inflated", "size"}
    sizes = {row[0].strip("| "): row[1].strip() for row in rows if "size" in row[0]}
    assert (sizes["float32: size"], sizes["bfloat16: size"]) == ("1.0 MB", "1.0 MB")
    assert list(tmp_path.iterdir()) == []


def test_the_mirror_asks_for_a_file_once(tmp_path: Path) -> None:
    mirrored = loaded("mirror").mirrored
    for name in ("archive/dists", "kept"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "archive/dists/InRelease").write_bytes(b"signed")
    with HttpClient(HttpSettings()) as client:
        handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "archive"))

        def asked(url: str) -> tuple[int, bytes]:
            answer = client.read(url, limit=100)
            return answer.status, answer.body

        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            Thread(target=server.serve_forever, daemon=True).start()
            real = {"debian": f"http://127.0.0.1:{server.server_port}"}
            with mirrored(real, tmp_path / "kept") as roots:
                found = [asked(f"{roots['debian']}/dists/{one}") for one in ("InRelease", "none")]
            server.shutdown()
        assert found == [(200, b"signed"), (404, b"")]
        # The archive is gone, and what was asked for once is known.
        with mirrored(real, tmp_path / "kept") as roots:
            again = [asked(f"{roots['debian']}/dists/{one}") for one in ("InRelease", "none")]
        assert again == found
