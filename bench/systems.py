"""Ways to a system of packages: Lading's, mmdebstrap's and docker's; and lists of packages."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

from measure import NotMeasured, Shell, processor_time

from lading.debian import Trust
from lading.debian.archive import Reader
from lading.debian.signature import find_keyring
from lading.distros import archive_suites, parse_distro, root_packages
from lading.grammar.python_version import PythonVersion
from lading.http import HttpSettings
from lading.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from containers import Docker

    from lading.distros import ArchiveSuite

__all__ = ["TARGET", "Bench", "mirrors", "read_index", "suites_at"]

RELEASE: Final = "bookworm"
DISTRO: Final = parse_distro(f"debian:{RELEASE}")
PYTHON: Final = PythonVersion.parse("3.11")
ARCHITECTURE: Final = "amd64"
ADDED: Final = "libmagic1"
TARGET: Final = "service.py:image"
MERGED: Final = "/usr/share/mmdebstrap/hooks/merged-usr"
SERVICE: Final = """\
from lading import Image

image = Image(base_image="scratch", distro="debian:{release}"){packages}
"""
DOCKERFILE: Final = """\
FROM {base}
RUN {sources} apt-get update \\
 && apt-get install --yes --no-install-recommends {packages} \\
 && apt-get clean && rm -rf /var/lib/apt/lists/*
"""


def mirrors(roots: Mapping[str, str]) -> dict[str, str]:
    """The variables that tell Lading of mirrors."""
    return {f"LADING_MIRROR_{name.upper().replace('-', '_')}": url for name, url in roots.items()}


def suites_at(roots: Iterable[tuple[str, str]]) -> tuple[ArchiveSuite, ...]:
    """The release and its updates, in archives at these URLs."""
    return archive_suites(DISTRO, architecture=ARCHITECTURE, roots=roots)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One set of packages, and three ways to an image of it.

    Attributes:
        shell: Runs all sides, in the project's folder.
        docker: What docker knows of images.
        base: What docker's build starts from.
        roots: Where all sides take packages from: URLs by the archives' names.
        packages: What is asked for beside the base.
        processor: Seconds of processor time, by side, in the order of the runs.
    """

    shell: Shell
    docker: Docker
    base: str
    roots: Mapping[str, str]
    packages: tuple[str, ...] = ()
    processor: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def suites(self) -> tuple[ArchiveSuite, ...]:
        """The release and its updates."""
        return suites_at(self.roots.items())

    @property
    def asked(self) -> tuple[str, ...]:
        """What the others are asked for: what Lading asks for itself, and the packages."""
        return (*root_packages(DISTRO, PYTHON), *self.packages)

    @property
    def locked(self) -> dict[str, int]:
        """The sizes of the files of all that Lading has locked, by name, in bytes."""
        lock = tomllib.loads((self.shell.folder / "lading.lock").read_text())
        return {one["name"]: one["size"] for one in lock["platforms"][0]["debs"]}

    def write(self) -> None:
        """Ask for the packages."""
        words = ", ".join(f'"{name}"' for name in self.packages)
        call = f".system_packages({words})" if words else ""
        text = SERVICE.format(release=RELEASE, packages=call)
        (self.shell.folder / "service.py").write_text(text)

    def forget(self) -> None:
        """Remove all that Lading keeps, and the lock."""
        shutil.rmtree(self._cache, ignore_errors=True)
        (self.shell.folder / "lading.lock").unlink(missing_ok=True)

    def forget_layers(self) -> None:
        """Remove all that Lading has made; what it has fetched stays."""
        shutil.rmtree(self._cache / "layers")

    @property
    def _cache(self) -> Path:
        return Path(self.shell.environ["LADING_CACHE_DIR"])

    def lading(self, *words: str) -> float:
        """Seconds of a command of Lading's."""
        return self._used("lading", *self._argv(*words))

    def build(self) -> float:
        """Seconds of an image by Lading, with what it has at hand."""
        return self.lading("build", "--quiet", "-o", "oci:image", TARGET)

    def build_anew(self) -> float:
        """The same, with nothing at hand."""
        self.forget()
        return self.build()

    def build_relayered(self) -> float:
        """The same, with packages and a lock at hand, and no layer."""
        self.forget_layers()
        return self.build()

    def build_with_another(self) -> float:
        """The same, with one package more than what is locked and made."""
        more = replace(self, packages=(*self.packages, ADDED))
        self.build()
        before = self.image()
        more.write()
        seconds = more.build()
        if more.image() == before:
            raise NotMeasured("a build of another set gave the image from before it")
        self.write()
        return seconds

    def build_alone(self) -> None:
        """Make the same image where no package can be had: none is here, and there is no mirror.

        Raises:
            NotMeasured: It becomes another.
        """
        before, fetched = self.image(), self._cache / "sha256"
        aside = fetched.rename(fetched.with_name("aside"))
        nowhere = dict.fromkeys(mirrors(self.roots), "http://127.0.0.1:1/debian")
        replace(self, shell=self.shell.having(**nowhere)).build()
        if self.image() != before or any(fetched.glob("*/*")):
            raise NotMeasured("an image was not the same again, or took a package")
        aside.rename(fetched)

    def peak(self) -> float:
        """Peak memory of making an image with nothing at hand, in bytes."""
        self.forget()
        return self.shell.peak(*self._argv("build", "--quiet", "-o", "oci:image", TARGET))

    def image(self) -> str:
        """The digest of the image that was built last."""
        index = json.loads((self.shell.folder / "image" / "index.json").read_text())
        return str(index["manifests"][0]["digest"])

    def _argv(self, *words: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "lading", *words)

    def bootstrap(self, variant: str) -> float:
        """Seconds of mmdebstrap: with `extract`, of the very packages that Lading has locked."""
        names = self.locked if variant == "extract" else self.asked
        keyring = find_keyring(DISTRO.name, self.shell.environ)
        return self._used(
            variant,
            *("mmdebstrap", "--quiet", "--mode=root", f"--variant={variant}"),
            *(f"--keyring={keyring}", f"--hook-dir={MERGED}", f"--include={','.join(names)}"),
            *(RELEASE, f"{variant}.tar.gz", *(one.source() for one in self.suites)),
        )

    def docker_anew(self) -> float:
        """Seconds of docker's build, which uses no layer but the base's."""
        return self._docker_build("--no-cache")

    def docker_again(self) -> float:
        """Seconds of docker's build where nothing has changed."""
        return self._docker_build()

    def docker_with_another(self) -> float:
        """Seconds of docker's build of one package more."""
        return replace(self, packages=(*self.packages, ADDED)).docker_anew()

    def _docker_build(self, *options: str) -> float:
        lines = "\\n".join(one.source() for one in self.suites)
        sources = f"rm -f /etc/apt/sources.list.d/*; printf '{lines}\\n' >/etc/apt/sources.list;"
        text = DOCKERFILE.format(base=self.base, sources=sources, packages=" ".join(self.asked))
        words = ("build", "--quiet", "--network", "host", "--tag", self.tag("apt"), *options, "-")
        return self.shell.seconds("docker", *words, stdin=text)

    def tag(self, name: str) -> str:
        """What docker calls an image of this set."""
        return self.docker.tag(f"{name}-{len(self.packages)}")

    def apt(self) -> float:
        """Seconds in which apt reads its lists, and says what it would install."""
        uris = ("install", "--yes", "--no-install-recommends", "--print-uris", *self.asked)
        shell = self.shell.having(APT_CONFIG=str(self.shell.folder / "apt" / "apt.conf"))
        words = (("update",), uris)
        return sum(shell.seconds("apt-get", "-qq", *each) for each in words)

    def apt_anew(self) -> float:
        """The same, with no lists at hand."""
        _write_apt(self.shell.folder / "apt", self.suites, self.shell.environ)
        return self.apt()

    def lock_anew(self) -> float:
        """Seconds of `lading lock`, with no lists at hand."""
        self.forget()
        return self.lading("lock", "--quiet", TARGET)

    def lock_again(self) -> float:
        """The same, with its lists at hand, and no lock."""
        (self.shell.folder / "lading.lock").unlink()
        return self.lading("lock", "--quiet", TARGET)

    def _used(self, side: str, *argv: str) -> float:
        before = processor_time()
        seconds = self.shell.seconds(*argv)
        self.processor[side].append(processor_time() - before)
        return seconds


def _write_apt(folder: Path, suites: tuple[ArchiveSuite, ...], environ: Mapping[str, str]) -> None:
    """A state of apt that has no lists, and nothing installed."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    signed = f"signed-by={find_keyring(DISTRO.name, environ)}"
    lines = [one.source(signed) for one in suites]
    (folder / "sources.list").write_text("\n".join((*lines, "")))
    options = {
        "Dir::State::status": folder / "status",
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "Dir::Cache::pkgcache": "pkgcache.bin",  # which Debian's images switch off
        "Dir::Cache::srcpkgcache": "srcpkgcache.bin",
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "APT::Sandbox::User": "root",
        "APT::Update::Error-Mode": "any",
        "Acquire::Languages": "none",  # Lading reads no translations
    }
    text = "".join(f'{name} "{value}";\n' for name, value in options.items())
    (folder / "apt.conf").write_text(text)


def read_index(cache: Path, root: str) -> float:
    """Seconds in which the release's own package list is fetched, checked, and searched."""
    suite = suites_at([("debian", root)])[0]
    reader = Reader(
        architecture=ARCHITECTURE,
        trust=Trust(distro=DISTRO.name, environ=os.environ),
        http=HttpSettings.from_environment(os.environ),
        cache=cache,
        store=open_store(cache, os.environ),
        now=datetime.now(UTC),
    )
    begin = perf_counter()
    _, (index,) = reader.read(suite)
    found = sum(1 for _ in index.names())
    seconds = perf_counter() - begin
    if found < 10_000:  # noqa: PLR2004 - a release has some sixty thousand
        raise SystemExit(f"only {found} packages")
    return seconds
