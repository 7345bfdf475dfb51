"""Small real packages, made by dpkg-deb, and apt over a folder of them."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lading import process
from lading.lock.model import Deb

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Apt", "locked", "make_deb"]


def make_deb(
    folder: Path,
    name: str,
    *,
    version: str = "1.0",
    packing: str = "xz",
    format_version: str = "2.0",
    **fields: str,
) -> Path:
    """A package of no files, with a control file of these fields."""
    root = folder / f"{name}-root"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN").chmod(0o755)
    every = {
        "Package": name,
        "Version": version,
        "Architecture": "all",
        "Maintainer": "A test <test@example.test>",
        **{key.title().replace("_", "-"): value for key, value in fields.items()},
        "Description": "a package of a test\n with more to say",
    }
    control = "".join(f"{key}: {value}\n" for key, value in every.items())
    (root / "DEBIAN/control").write_text(control)
    file = folder / f"{name}_{version.rpartition(':')[2]}_all.deb"
    argv = ("dpkg-deb", f"-Z{packing}", f"--deb-format={format_version}", "--root-owner-group")
    done = process.run((*argv, "--build", str(root), str(file)), env=os.environ)
    assert done.returncode == 0, done.stderr
    return file


def locked(file: Path, *, name: str | None = None, version: str = "1.0") -> Deb:
    """What a lock says of a package."""
    content = file.read_bytes()
    return Deb(
        name=name or file.name.partition("_")[0],
        version=version,
        architecture="all",
        path=f"pool/main/{file.name}",
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        suite="bookworm",
    )


@dataclass(frozen=True)
class Apt:
    """The machine's own apt, with a state of its own: it sees nothing of the machine's packages.

    Attributes:
        folder: Where the state is.
        sources: Its sources, as lines.
        status: What is installed, as dpkg records it.
    """

    folder: Path
    sources: tuple[str, ...]
    architecture: str = "amd64"
    status: str = ""

    def updated(self, *options: str) -> Apt:
        """The same, made and with its lists read, by these options."""
        for name in ("lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "status").write_text(self.status)
        (self.folder / "sources.list").write_text("\n".join((*self.sources, "")))
        assert self.run(*options, "update").returncode == 0
        return self

    def run(self, *words: str) -> process.Completed:
        options = {
            "Dir::State::status": f"{self.folder}/status",
            "Dir::State::Lists": f"{self.folder}/lists",
            "Dir::Cache": f"{self.folder}/cache",
            "Dir::Cache::pkgcache": "pkgcache.bin",  # which Debian's images switch off
            "Dir::Cache::srcpkgcache": "srcpkgcache.bin",
            "Dir::Etc::sourcelist": f"{self.folder}/sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "APT::Architecture": self.architecture,
            "APT::Architectures": self.architecture,
            "APT::Update::Error-Mode": "any",
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
        }
        argv = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return process.run(("apt-get", *argv, *words), env=os.environ, timeout=300)

    def would_install(self, *names: str) -> set[tuple[str, str]]:
        """The names and versions of what an installation brings; nothing may have to go."""
        done = self._tried(*names)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        return self._brought(done)

    def would_install_or_refuse(self, *names: str) -> set[tuple[str, str]] | None:
        """The same; None where apt says that it can't, or that something is on hold."""
        done = self._tried(*names)
        if done.returncode == 0:
            return self._brought(done)
        assert re.search(r"held|Unmet|unmet", done.stdout + done.stderr), done.stderr
        return None

    def _tried(self, *names: str) -> process.Completed:
        words = ("--yes", "--no-install-recommends", "--no-remove", "--print-uris")
        return self.run("install", *words, *names)

    def _brought(self, done: process.Completed) -> set[tuple[str, str]]:
        files = re.findall(r"^'[^']+' ([^ ]+)_[a-z0-9]+\.deb ", done.stdout, re.MULTILINE)
        return {(name, version) for name, _, version in (unquote(f).partition("_") for f in files)}
