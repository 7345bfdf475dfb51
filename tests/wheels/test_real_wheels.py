"""Wheels that others made: read, written as a layer would, and compared with uv's installation."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uv

from lading.wheels import Scheme, read_wheel
from wheels.reading import held

if TYPE_CHECKING:
    from collections.abc import Iterator

SERIES = f"{sys.version_info[0]}.{sys.version_info[1]}"

# Programs, data files, headers, compiled modules, a vendored tree, many small files.
WANTED = (
    "click==8.1.7",
    "jupyterlab-pygments==0.3.0",
    "pyyaml==6.0.2",
    "greenlet==3.1.1",
    "idna==3.7",
)
# Tests themselves only talk to this machine.
FETCH = """
import os, pathlib, sys
from lading.download import fetch
from lading.http import HttpSettings
url, sha256, cache = sys.argv[1:]
http = HttpSettings.from_environment(os.environ)
sys.stdout.write(str(fetch(url, sha256, cache=pathlib.Path(cache), http=http)))
"""

OWN = ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_cache.json")


def uv_output(*words: str, stdin: str = "") -> str:
    argv = [uv.find_uv_bin(), "--quiet", "--no-config", *words]
    env = dict(os.environ)
    told = subprocess.run(argv, env=env, input=stdin, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return told.stdout


def downloaded(folder: Path) -> Iterator[Path]:
    words = ("--no-deps", "--no-header", "--only-binary", ":all:", "--format", "pylock.toml")
    text = uv_output(
        "pip", "compile", *words, "--python", sys.executable, "-", stdin="\n".join(WANTED)
    )
    tag = f"cp{SERIES.replace('.', '')}"
    for package in tomllib.loads(text)["packages"]:
        names = {wheel["url"].rpartition("/")[2]: wheel for wheel in package["wheels"]}
        fits = [
            name
            for name in sorted(names)
            if name.endswith("-none-any.whl")
            or (f"-{tag}-{tag}-" in name and "manylinux" in name and "x86_64" in name)
        ]
        wheel = names[fits[-1]]
        place = (wheel["url"], wheel["hashes"]["sha256"], str(folder / "cache"))
        argv = [sys.executable, "-c", FETCH, *place]
        told = subprocess.run(argv, capture_output=True, text=True, check=True)
        yield Path(told.stdout).rename(folder / fits[-1])


@pytest.mark.network
def test_real_wheels_become_what_uv_installs(tmp_path: Path) -> None:
    if os.uname().machine != "x86_64" or sys.platform != "linux":
        pytest.skip("the wheels are for linux/amd64")
    venv = tmp_path / "venv"
    uv_output("venv", "--python", sys.executable, str(venv))
    wheels = list(downloaded(tmp_path))
    assert len(wheels) == len(WANTED)
    python = str(venv / "bin/python")
    uv_output("pip", "install", "--no-deps", "--python", python, *map(str, wheels))
    scheme = Scheme(prefix=str(venv), python=SERIES, interpreter=python)
    for wheel in wheels:
        ours = held(read_wheel(wheel, scheme, filename=wheel.name))
        assert len(ours) > 5
        for place, (mode, content) in ours.items():
            there = Path("/", place)
            assert stat.S_IMODE(there.stat().st_mode) == mode, place
            if there.name not in OWN and there.parent.name != "bin":
                assert there.read_bytes() == content, place
