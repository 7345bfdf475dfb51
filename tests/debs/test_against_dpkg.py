"""Beside the real dpkg: a system of packages, and packages on a system, file by file.

mmdebstrap and apt install the same packages into a chroot. Whatever differs is in `EXPECTED`, with
the reason. Then dpkg and apt themselves look at what was made without them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from debian.signed_archive import needs
from lading import process
from lading.debian.archive import Reader
from lading.debian.index import Packages
from lading.debian.signature import find_keyring
from lading.debian.sources import roots_in
from lading.debian.trust import Trust
from lading.debs import NOTHING, DebFile, install
from lading.distros import archive_suites, parse_distro
from lading.download import fetch, keep
from lading.http import HttpSettings
from lading.oci.layers import write_layer
from lading.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.debs import Ground
    from lading.distros import ArchiveSuite

HOST = Path("/etc/apt")  # which archives there are is for the machine's own apt to say
HOOK = "/usr/share/mmdebstrap/hooks/merged-usr"

pytestmark = [
    pytest.mark.long,
    pytest.mark.network,
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(None),
    needs("mmdebstrap", "apt-get", "gpgv", "chroot"),
    pytest.mark.skipif(os.geteuid() != 0, reason="a chroot is root's"),
]

BASE = [
    "apt",
    "base-files",
    "base-passwd",
    "bash",
    "ca-certificates",
    "coreutils",
    "dash",
    "debianutils",
    "diffutils",
    "dpkg",
    "findutils",
    "grep",
    "gzip",
    "hostname",
    "init-system-helpers",
    "libc-bin",
    "libc6",
    "libgomp1",
    "libstdc++6",
    "login",
    "media-types",
    "netbase",
    "passwd",
    "perl-base",
    "python3",
    "sed",
    "tar",
    "tzdata",
    "usr-is-merged",
    "util-linux",
]
ADDED = ["libgl1", "libcairo2", "libpangoft2-1.0-0", "libsndfile1", "libzbar0", "poppler-utils"]

EXPECTED = {
    r"dev/.*": "the engine's, not a layer's: no device belongs into one",
    r"(etc/(fstab|hostname|resolv\.conf|apt/sources\.list)|var/lib/dpkg/arch)": "mmdebstrap's own",
    r"etc/dpkg/dpkg\.cfg\.d/99mmdebstrap": "mmdebstrap's record of how it was told to call dpkg",
    r"(etc|var)/.*(lock|lock-frontend|Lock)": "locks",
    r"var/(lib|cache)/apt/.*": "apt's state of its own runs",
    r"etc/(passwd|group|shadow|gshadow)-|var/lib/dpkg/(diversions|status|statoverride)-old": (
        "copies of what was there before"
    ),
    r"var/lib/dpkg/available": "what dselect had; nothing else reads it",
    r"(usr/)?lib(32|x32|o32)": "mmdebstrap's links for architectures that nothing is there of",
    r"etc/shadow": "the day of a password's last change is a fixed one",
    r"etc/ld\.so\.cache": "compared by what ldconfig reads in it, below",
    r"var/cache/ldconfig.*": "ldconfig's notes of inodes, to be faster the next time",
    r"var/lib/dpkg/(diversions|triggers/File)": "the same, in the order of packages; see `check`",
    r"etc/systemd/.*|etc/rc.\.d/.*|var/lib/systemd/.*": "services: an image has no init",
    r"etc/pam\.d/common-.*|var/lib/pam.*": "logins: left out, and told",
    r"var/cache/debconf/.*": "debconf asked nobody, and asks when it is first used",
    r"var/log/.*": "what happened when",
    r".*/__pycache__.*|.*\.pyc": "bytecode: left out, and told",
    r"var/cache/fontconfig.*|usr/local/share/fonts/\.uuid": "fontconfig's cache: made at first use",
}


@dataclass(frozen=True)
class Release:
    """A release of Debian, and its packages."""

    name: str
    packages: Packages
    suites: tuple[ArchiveSuite, ...]
    cache: Path
    http: HttpSettings

    def debs(self, names: Iterable[str]) -> list[DebFile]:
        with ThreadPoolExecutor(max_workers=6) as pool:
            return list(pool.map(self.deb, names))

    def deb(self, name: str) -> DebFile:
        one = self.packages.named(name)[0]
        root = next(suite.root for suite in self.suites if suite.suite == one.suite)
        url = f"{root}/{one.path}"
        path = fetch(url, one.sha256, cache=self.cache, http=self.http, size=one.size)
        return DebFile(name=one.name, version=one.version, architecture=one.architecture, path=path)

    def take(self, archives: Path) -> None:
        """Keep what apt has fetched, so that no file is fetched twice."""
        for deb in archives.glob("*.deb"):
            content = deb.read_bytes()
            keep(content, hashlib.sha256(content).hexdigest(), self.cache)
            deb.unlink()


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def release(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Release:
    suites = archive_suites(parse_distro(request.param), architecture="amd64", roots=roots_in(HOST))
    cache = tmp_path_factory.mktemp("cache")
    http = HttpSettings.from_environment(os.environ)
    reader = Reader(
        architecture="amd64",
        trust=Trust(distro="debian", environ=os.environ),
        http=http,
        cache=cache,
        store=open_store(cache, os.environ),
        now=datetime.now(UTC),
    )
    packages = Packages(tuple(index for suite in suites for index in reader.read(suite)[1]))
    return Release(request.param, packages, suites, cache, http)


def run(*argv: str) -> str:
    environ = {"PATH": os.environ["PATH"], "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    done = process.run(argv, env=environ, timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def system(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A system that the real tools made."""
    root = tmp_path_factory.mktemp("system") / "root"
    keyring = find_keyring("debian", os.environ)
    run(
        "mmdebstrap",
        "--variant=custom",
        "--mode=root",
        f"--hook-dir={HOOK}",
        f"--include={','.join(BASE)}",
        f"--keyring={keyring}",
        "--dpkgopt=force-unsafe-io",  # a system that lasts for a test need not survive the machine
        "--skip=essential/unlink,cleanup/apt/cache,cleanup/apt/lists",
        release.name,
        str(root),
        *(suite.source() for suite in release.suites),
    )
    release.take(root / "var/cache/apt/archives")
    yield root
    shutil.rmtree(root)


def names_in(root: Path) -> list[str]:
    text = run("dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f", "${Package}\n")
    return text.split()


def described(path: Path, known: dict[tuple[int, int], str]) -> tuple[object, ...]:
    info = path.lstat()
    owner = (info.st_uid, info.st_gid)
    if stat.S_ISLNK(info.st_mode):
        return ("link", path.readlink().as_posix(), *owner)
    if stat.S_ISDIR(info.st_mode):
        return ("folder", oct(stat.S_IMODE(info.st_mode)), *owner)
    if not stat.S_ISREG(info.st_mode):
        return ("special",)
    key = (info.st_dev, info.st_ino)
    if key not in known:
        known[key] = hashlib.sha256(path.read_bytes()).hexdigest()
    return ("file", oct(stat.S_IMODE(info.st_mode)), *owner, known[key])


def tree(root: Path) -> dict[str, tuple[object, ...]]:
    known: dict[tuple[int, int], str] = {}
    found = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder) / name
            found[path.relative_to(root).as_posix()] = described(path, known)
    return found


def differences(real: Path, ours: Path) -> dict[str, tuple[object, object]]:
    one, other = tree(real), tree(ours)
    form = re.compile("|".join(f"(?:{pattern})" for pattern in EXPECTED))
    return {
        path: (one.get(path), other.get(path))
        for path in sorted(one.keys() | other.keys())
        if one.get(path) != other.get(path) and not form.fullmatch(path)
    }


def unpacked(debs: Iterable[DebFile], ground: Ground, root: Path, work: Path) -> tuple[str, ...]:
    """Install natively, and unpack the layer over a folder."""
    work.mkdir(exist_ok=True)
    made = install(debs, ground, workdir=work, keep_setuid=True)
    layer = work / "layer.tar.gz"
    with layer.open("wb") as out:
        write_layer(made.entries, out)
    root.mkdir(exist_ok=True)
    run("tar", "-xpzf", str(layer), "--numeric-owner", "-C", str(root))
    return made.remarks


@dataclass(frozen=True)
class Folder:
    """A ground of files on disk."""

    root: Path

    def _real(self, path: str) -> str:
        there, links = "", 0
        parts = [part for part in path.split("/") if part][::-1]
        while parts:
            part = parts.pop()
            if part in {".", ".."}:
                there = there.rpartition("/")[0] if part == ".." else there
                continue
            target = (
                self.link(f"{there}/{part}")
                if (self.root / there[1:] / part).is_symlink()
                else None
            )
            if target is None:
                there = f"{there}/{part}"
                continue
            links += 1
            assert links < 100
            there = "" if target.startswith("/") else there
            parts += [one for one in target.split("/") if one][::-1]
        return there

    def _at(self, path: str) -> Path:
        return self.root / self._real(path)[1:]

    def read(self, path: str) -> bytes | None:
        place = self._at(path)
        return place.read_bytes() if place.is_file() else None

    def link(self, path: str) -> str | None:
        parent, _, name = path.rpartition("/")
        place = self.root / (self._real(parent)[1:] if parent else "") / name
        return place.readlink().as_posix() if place.is_symlink() else None

    def is_folder(self, path: str) -> bool:
        return self._at(path).is_dir()

    def names(self, path: str) -> tuple[str, ...]:
        with contextlib.suppress(OSError):
            return tuple(sorted(one.name for one in self._at(path).iterdir()))
        return ()


def diversions(root: Path) -> Iterator[tuple[str, ...]]:
    lines = (root / "var/lib/dpkg/diversions").read_text().splitlines()
    return zip(*[iter(lines)] * 3, strict=True)


def check(root: Path, *, against: Path) -> None:
    """What the real tools say of a system that they didn't make."""
    assert run("chroot", str(root), "dpkg", "-V") == run("chroot", str(against), "dpkg", "-V")
    assert run("chroot", str(root), "dpkg", "--audit") == ""
    for name in ("lists/partial", "cache"):
        (root / "var/lib/apt" / name).mkdir(parents=True, exist_ok=True)
    run("chroot", str(root), "apt-get", "check")
    listed = [run("chroot", str(one), "dpkg", "-l") for one in (root, against)]
    assert listed[0] == listed[1]
    cached = [
        run("chroot", str(one), "ldconfig", "-p").splitlines()[:-1] for one in (root, against)
    ]
    assert cached[0] == cached[1]
    diverted = [sorted(diversions(one)) for one in (root, against)]
    assert diverted[0] == diverted[1]
    files = [(one / "var/lib/dpkg/triggers/File").read_text() for one in (root, against)]
    assert sorted(files[0].splitlines()) == sorted(files[1].splitlines())
    probe = "import ssl, sqlite3, ctypes, lzma, zoneinfo; ssl.create_default_context()"
    run("chroot", str(root), "python3", "-c", probe)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Path]:
    """A folder that is gone after the test: whole systems are large."""
    yield tmp_path
    shutil.rmtree(tmp_path)


def test_a_system_from_nothing_is_the_one_that_mmdebstrap_makes(
    release: Release, system: Path, room: Path
) -> None:
    ours = room / "ours"
    remarks = unpacked(release.debs(names_in(system)), NOTHING, ours, room / "work")
    assert "left out: bytecode of Debian's Python packages" in remarks
    assert differences(system, ours) == {}
    check(ours, against=system)


def test_packages_on_a_system_are_those_that_apt_installs(
    release: Release, system: Path, room: Path
) -> None:
    real, ours = room / "real", room / "ours"
    for place in (real, ours):
        run("cp", "-a", str(system), str(place))
    before = set(names_in(system))
    glib = "libglib2.0-0" if release.name == "bookworm" else "libglib2.0-0t64"
    run(
        "chroot",
        str(real),
        "apt-get",
        "install",
        "--yes",
        "--no-install-recommends",
        *ADDED,
        glib,
    )
    release.take(real / "var/cache/apt/archives")
    added = [name for name in names_in(real) if name not in before]
    assert len(added) > len(ADDED)
    unpacked(release.debs(added), Folder(system), ours, room / "work")
    assert differences(real, ours) == {}
    check(ours, against=real)
