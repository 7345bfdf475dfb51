"""Bases for images that are made without an engine, and stand-ins for the engines that get them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.oci import layout
from lading.oci.making import index_of
from oci.images import image, layer

if TYPE_CHECKING:
    from pathlib import Path

    from lading.oci.blobs import Artifact

# What tells an official Python image: nothing of its files has to be read.
PYTHON = (
    "PATH=/usr/local/bin:/usr/bin:/bin",
    "PYTHON_VERSION=3.11.9",
    "PYTHON_SHA256=0",
)


def base_image(architecture: str = "amd64") -> Artifact:
    """An image that says that it has Python, and is the same for every platform but in name."""
    files = {"etc/": b"", "etc/base": architecture.encode()}
    return image(architecture, (layer(files),), env=PYTHON, cmd=("python3",))


def write_base(folder: Path) -> None:
    """A layout of such an image for two platforms."""
    layout.write(folder, (index_of((base_image("amd64"), base_image("arm64"))),))


# Keeps what it is given, and knows an image once it has it.
DOCKER = """\
#!/bin/sh
echo "$@" >> "$HOME/asked"
case "$1" in
version | info) echo 28.2.2 ;;
image) [ -f "$HOME/loaded.tar" ] ;;
load) /bin/cp "$4" "$HOME/loaded.tar" ;;
esac
"""


def add_engine(home: Path, script: str = DOCKER, name: str = "docker") -> None:
    """A program of that name on PATH."""
    program = home / "bin" / name
    program.parent.mkdir(exist_ok=True)
    program.write_text(script)
    program.chmod(0o755)
