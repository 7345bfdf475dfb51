"""The interpreter of real bases is the one that `uv venv` takes in a container of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from bases import made
from lading.bases import interpreter, read_local
from lading.grammar.base import LocalImage, parse_base
from lading.grammar.python_version import PythonVersion

if TYPE_CHECKING:
    from pathlib import Path

    from engine_support import Engine
    from lading.store import Store

CHAIN = "rm $L/python*; mkdir /a /b; ln -s /usr/bin/python3.11 /a/py; ln -s ../a/py /b/python3.11"
STANDALONE = r"""sed -i 's/^build_time_vars = {/&"PYTHON_BUILD_STANDALONE": 1,/' \
    /usr/lib/python3.11/_sysconfigdata__*.py"""

# What is done to a Debian whose /usr/bin/python3.11 has links in /usr/local/bin; and PATH.
PREPARATIONS = {
    "as it is": ("true", None),
    "debian's own alone": ("rm $L/python*", None),
    "merged usr": ("rm $L/python*", "/bin:/usr/bin"),
    "a folder without any": ("rm $L/python*; mkdir /opt/py", "/opt/py:/usr/bin"),
    "a link without a version": (
        "rm $L/python*; mkdir -p /opt/py/bin; ln -s /usr/bin/python3 /opt/py/bin/",
        "/opt/py/bin:/usr/bin",
    ),
    "a chain of links": (CHAIN, "/b:/usr/bin"),
    "a folder that is a link": ("ln -s $L /opt/programs", "/opt/programs:/usr/bin"),
    "a hard link": ("rm $L/python*; ln /usr/bin/python3.11 $L/python3.11", None),
    "a virtual environment before it": (
        "mkdir -p /v/bin; ln -s /usr/bin/python3.11 /v/bin/; echo home = /usr/bin >/v/pyvenv.cfg",
        "/v/bin:/usr/local/bin:/usr/bin",
    ),
    "one that may lie anywhere": (f"{CHAIN}; {STANDALONE}", "/b:/usr/bin"),
    "a file that may not be executed": ("rm $L/python3.11; touch $L/python3.11", None),
}
MADE = "grep ^home /venv/pyvenv.cfg && readlink /venv/bin/python"


@pytest.mark.engine("docker")
@pytest.mark.parametrize("name", PREPARATIONS)
def test_the_interpreter_is_the_one_that_uv_takes(
    docker: Engine, base_image: str, project: Path, store: Store, name: str, tmp_path: Path
) -> None:
    command, path = PREPARATIONS[name]
    tag = docker.tag("prepared")
    env = f"ENV PATH={path}\n" if path else ""
    text = f"FROM {base_image}\nRUN set -e; L=/usr/local/bin; {command}\n{env}"
    (tmp_path / "context").mkdir()
    (tmp_path / "context" / "Dockerfile").write_text(text)
    docker.run("build", "-q", "-t", tag, str(tmp_path / "context"))
    docker.run("save", "-o", str(project / "base.tar"), tag)

    local = parse_base("docker-archive:base.tar")
    assert isinstance(local, LocalImage)
    artifact = read_local(local, project).image(made.AMD64)
    locked = made.locked("docker-archive:base.tar", artifact, project)
    found = interpreter(made.opened(locked, project, store), PythonVersion.parse("3.11.2"), store)
    assert found is not None

    mount = ("-v", f"{find_uv_bin()}:/run/uv:ro", "-e", "UV_NO_CONFIG=1")
    venv = "/run/uv venv -q --offline --no-python-downloads --no-project --python 3.11 /venv"
    said = docker.output_of(tag, "/bin/sh", "-c", f"{venv} && {MADE}", options=mount)
    assert said.split("\n")[:2] == [f"home = {found.home}", found.path]
