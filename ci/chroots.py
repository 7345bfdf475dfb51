"""A root file system as slim images have it, and what happens in it: imports, and apt.

Root and mmdebstrap are needed, and the machine's own apt to know a mirror.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lading.bases import Base, find_base, read_local
from lading.grammar.base import LocalImage, parse_base
from lading.http import HttpSettings
from lading.lock.model import LockedBase
from lading.oci import layout
from lading.oci.blobs import BytesBlob, digest_of
from lading.oci.config import Execution, ImageConfig
from lading.oci.making import Layer, image_of
from lading.oci.media_types import OCI
from lading.platforms import Platform
from lading.process import run
from lading.registry import Credentials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lading.store import Store

__all__ = [
    "AMD64",
    "PYTHON",
    "World",
    "apt_install",
    "copied",
    "imported",
    "inside",
    "told",
    "unpacked",
]

PYTHON = {"bookworm": "3.11", "trixie": "3.13"}
AMD64 = Platform.parse("linux/amd64")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DEVICES = {"null": 3, "zero": 5, "random": 8, "urandom": 9}
APT = ("apt-get", "-qq", "-o", "APT::Sandbox::User=root")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A root file system, and the same as a base image.

    Attributes:
        folder: Where all is.
        suite: Debian's.
        environ: The environment of programs.
    """

    folder: Path
    suite: str
    environ: Mapping[str, str]

    @property
    def root(self) -> Path:
        """The files of the base."""
        return self.folder / self.suite / "root"

    def make(self) -> None:
        """Make the base, where it is not there yet."""
        place = self.root.parent
        if (place / "base").is_dir():
            return
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        told(("apt-get", "indextargets"), self.environ)  # fails early where there is no apt
        sources = "\n".join(apt_sources(self.environ, self.suite))
        argv = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=python3,ca-certificates"]
        argv += [self.suite, str(place / "base.tar"), *(["-"] if sources else [])]
        told(argv, self.environ, stdin=sources)
        self.root.mkdir()
        argv = ["tar", "-xf", str(place / "base.tar"), "-C", str(self.root), "--exclude=./dev/*"]
        told(argv, self.environ)
        with_files(self.root)
        code, output = inside(self.root, *APT, "update")
        if code:
            sys.exit(output)
        write_base(place / "base.tar", place / "base")

    def base(self, store: Store) -> Base:
        """The base, as Lading reads it."""
        name = parse_base("oci:base")
        assert isinstance(name, LocalImage)  # noqa: S101 - it says so
        found = read_local(name, self.root.parent)
        locked = LockedBase(
            reference="oci:base",
            digest=str(found.digest),
            manifest=str(found.image(AMD64).descriptor.digest),
        )
        return find_base(
            locked,
            AMD64,
            project=self.root.parent,
            store=store,
            http=HttpSettings(),
            credentials=Credentials(),
        )


def told(argv: tuple[str, ...] | list[str], environ: Mapping[str, str], stdin: str = "") -> str:
    """What a program prints; it must succeed."""
    done = run(argv, env=environ, stdin=stdin)
    if done.returncode:
        sys.exit(f"{' '.join(argv[:3])} failed: {done.stderr or done.stdout}")
    return done.stdout


def apt_sources(environ: Mapping[str, str], suite: str) -> list[str]:
    """The lines of the machine's own apt, for this suite or with it in place of its own."""
    form = "deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    lines = told(
        ("apt-get", "indextargets", "--format", form, "Created-By: Packages"), environ
    ).splitlines()
    debian = [line.split() for line in lines if " main" in line and "debian" in line]
    names = {release.partition("-")[0] for _, _, release, _ in debian} & set(PYTHON)
    return sorted({" ".join(words).replace(min(names), suite) for words in debian if names})


def write_base(tarball: Path, folder: Path) -> None:
    """A layout of the one image that has this file's contents."""
    content = tarball.read_bytes()
    layer = Layer(blob=BytesBlob.of(content, OCI["layer"]), diff_id=digest_of(content))
    config = ImageConfig(
        architecture="amd64", os="linux", execution=Execution(env=(f"PATH={PATH}",))
    )
    layout.write(folder, [image_of(config, [layer])])


@contextmanager
def copied(root: Path) -> Iterator[Path]:
    """A copy of a root file system, which goes in the end."""
    with tempfile.TemporaryDirectory(dir=root.parent) as name:
        copy = Path(name) / "root"
        told(("cp", "-a", str(root), str(copy)), os.environ)
        yield copy


@contextmanager
def unpacked(image: Path) -> Iterator[Path]:
    """The root file system of an image in a layout, which goes in the end."""
    with tempfile.TemporaryDirectory(dir=image.parent) as name:
        root = Path(name) / "root"
        root.mkdir()
        (found,) = layout.read(image)
        _, *layers = found.blobs  # its configuration is the first
        for layer in layers:
            path = image / "blobs" / str(layer.descriptor.digest).replace(":", "/")
            argv = ["tar", "-xf", str(path), "-C", str(root), "--exclude=./dev/*"]
            told(argv, os.environ)
        (root / "dev").mkdir(exist_ok=True)
        with_devices(root)
        yield root


def with_files(root: Path) -> None:
    """Add what apt needs to reach its mirror, and devices."""
    for file in ("etc/resolv.conf", "etc/hosts"):
        (root / file).unlink(missing_ok=True)
        shutil.copyfile(f"/{file}", root / file)
    with_devices(root)


def with_devices(root: Path) -> None:
    """Add the devices that programs expect."""
    for device, minor in DEVICES.items():
        os.mknod(root / "dev" / device, stat.S_IFCHR | 0o666, os.makedev(1, minor))


def inside(root: Path, *words: str, stdin: str = "", **env: str) -> tuple[int, str]:
    """How a program ends in the chroot, and all that it says."""
    environ = {**os.environ, "PATH": PATH, "HOME": "/tmp", "LC_ALL": "C.UTF-8", **env}  # noqa: S108 - in the chroot
    done = run(("chroot", str(root), *words), env=environ, stdin=stdin)
    return done.returncode, done.stdout + done.stderr


def imported(root: Path, module: str, site: str) -> tuple[int, str]:
    """How importing a module ends."""
    return inside(root, "python3", "-c", f"import {module}", PYTHONPATH=site)


def apt_install(root: Path, packages: tuple[str, ...]) -> list[str]:
    """Install packages in the chroot; what went wrong."""
    words = (*APT, "install", "--yes", "--no-install-recommends", *packages)
    code, output = inside(root, *words, DEBIAN_FRONTEND="noninteractive")
    return [f"apt-get install fails: {output[-500:]}"] if code else []
