"""What apt would install is exactly what is chosen: on the real archives, with real apt."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from debian.debs import Apt
from debian.signed_archive import needs
from lading.debian.archive import Reader
from lading.debian.index import Packages
from lading.debian.resolving import resolve
from lading.debian.signature import find_keyring
from lading.debian.sources import roots_in
from lading.debian.status import installed_in, unneeded
from lading.debian.trust import Trust
from lading.distros import (
    UNNEEDED,
    archive_suites,
    available_pythons,
    parse_distro,
    root_packages,
)
from lading.errors import ResolutionError
from lading.grammar.component import COMPONENTS
from lading.grammar.python_version import PythonVersion
from lading.http import HttpSettings
from lading.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.debian.index import Index, Package

# Which archives there are is for the machine's own apt to say.
HOST = Path("/etc/apt")

pytestmark = [
    pytest.mark.network,
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(None),
    needs("apt-get", "gpgv"),
]

SETS = (
    "libgomp1",
    "curl git openssh-client",
    "build-essential python3-dev",
    "libgl1 libglib2.0-0",
    "ffmpeg",
    "tesseract-ocr poppler-utils",
    "libpango-1.0-0 libpangoft2-1.0-0",
    "postgresql-client libpq-dev",
    "default-jre-headless graphviz",
    "mailutils cron",
    "libgl1",
    "libsndfile1",
    "libmagic1",
    "libzbar0",
    "portaudio19-dev",
    "wkhtmltopdf",
    "chromium",
    "imagemagick",
    "ghostscript",
    "libreoffice-writer",
    "nginx",
    "supervisor",
    "redis-server",
    "sqlite3",
    "unixodbc",
    "default-libmysqlclient-dev",
    "gdal-bin libgdal-dev",
    "libopencv-dev",
    "r-base-core",
    "nodejs npm",
    "cmake ninja-build",
    "gfortran libopenblas-dev",
    "libboost-all-dev",
    "vim-tiny less procps",
    "htop tmux",
    "libhdf5-dev",
    "libxml2-dev libxslt1-dev",
    "libjpeg-dev zlib1g-dev libtiff-dev",
    "pandoc",
    "texlive-latex-base",
    "espeak-ng sox libsox-fmt-all",
    "python3-numpy python3-scipy",
    "gnupg ca-certificates wget",
    "locales tzdata",
    "libturbojpeg0",
    "mesa-utils",
    "xvfb x11-utils",
    "exim4",
    "git-lfs",
    "dnsutils iputils-ping net-tools",
    "clang llvm",
    "golang rustc",
    "libcairo2 libgdk-pixbuf-2.0-0",
    "fonts-dejavu fontconfig",
    "libldap2-dev libsasl2-dev",
    "systemd",
    "default-mta",
    "libc6-dev",
)
"""What images of model servers ask for, and what is intricate: alternatives, virtual packages."""

# Each takes apt most of a second. `make debs` compares all of them.
TRIED = SETS if os.environ.get("LADING_TEST_ALL_SETS") else SETS[::6]


OF_ALL_COMPONENTS = (
    "libfdk-aac2",
    "nvidia-cuda-toolkit",
    "unrar",
    "ttf-mscorefonts-installer",
    "firmware-misc-nonfree",
    "nvidia-smi",
    "intel-media-va-driver-non-free",
    "gfortran libfdk-aac-dev",
)
"""Packages beside main, and some that need others there."""

HELD = ("zlib1g", "libssl3", "libssl3t64", "perl-base", "libgcc-s1", "libsqlite3-0", "ncurses-base")
"""What a base may have put on hold."""


@dataclass(frozen=True)
class Release:
    """A release as both sides see it: our package lists, and apt's sources."""

    name: str
    packages: Packages
    sources: tuple[str, ...]
    stanzas: dict[tuple[str, str], str]

    def chosen(self, words: Iterable[str], status: str = "") -> tuple[Package, ...]:
        installed = installed_in(status, what="the base")
        return resolve(words, self.packages, installed=installed, architecture="amd64")

    def text(self, packages: Iterable[Package]) -> str:
        return "\n".join(self.stanzas[one.name, one.version] + "\n" for one in packages)


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def codename(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def release(codename: str, tmp_path_factory: pytest.TempPathFactory) -> Release:
    return opened(codename, tmp_path_factory.mktemp("cache"))


def opened(codename: str, cache: Path, *components: str) -> Release:
    keyring = find_keyring("debian", os.environ)
    suites = archive_suites(
        parse_distro(codename),
        architecture="amd64",
        roots=roots_in(HOST),
        components=components,
    )
    reader = Reader(
        architecture="amd64",
        trust=Trust(distro="debian", environ=os.environ),
        http=HttpSettings.from_environment(os.environ),
        cache=cache,
        store=open_store(cache, os.environ),
        now=datetime.now(UTC),
    )
    indexes = tuple(index for suite in suites for index in reader.read(suite)[1])
    lines = tuple(suite.source(f"signed-by={keyring}") for suite in suites)
    stanzas = {key: text for index in indexes for key, text in stanzas_of(index)}
    return Release(codename, Packages(indexes), lines, stanzas)


def stanzas_of(index: Index) -> Iterable[tuple[tuple[str, str], str]]:
    for stanza in filter(None, index._content.decode().strip().split("\n\n")):
        fields = dict(re.findall(r"^(Package|Version): (.+)$", stanza, re.MULTILINE))
        yield (fields["Package"], fields["Version"]), stanza


@pytest.fixture(scope="module", params=["nothing", "a base", "an old base"])
def base(
    request: pytest.FixtureRequest, release: Release, tmp_path_factory: pytest.TempPathFactory
) -> Apt:
    """Apt where nothing is installed, on a base of today, and on one whose every package is old."""
    status = "" if request.param == "nothing" else status_of(release)
    if request.param == "an old base":
        status = aged(status)
    return Apt(tmp_path_factory.mktemp("apt") / "state", release.sources, status=status).updated()


# What a base image is made of.
BASIC = re.compile(r"^(?:Essential: yes|Priority: (?:required|important))$", re.MULTILINE)


def status_of(release: Release) -> str:
    """What dpkg records of a base with Python."""
    basic = {name for (name, _), text in release.stanzas.items() if BASIC.search(text)}
    base = release.chosen([*basic, "python3", "ca-certificates", "tzdata"])
    return release.text(base).replace("\nVersion:", "\nStatus: install ok installed\nVersion:")


def aged(status: str) -> str:
    """The same packages, each a little older, and what each says of the others with it."""
    versions = set(re.findall(r"^Version: (.+)$", status, re.MULTILINE))
    versions |= {version.partition(":")[2] for version in versions if ":" in version}
    old = re.sub(r"^(Version: .+)$", r"\1~", status, flags=re.MULTILINE)
    for version in sorted(versions, key=len, reverse=True):
        old = re.sub(rf"(?<= ){re.escape(version)}(?=[)\n])", f"{version}~", old)
    return old.replace("~~", "~")


def test_it_is_what_apt_would_install(release: Release, base: Apt) -> None:
    differ = {}
    for words in TRIED:
        if not all(release.packages.named(word) or "-mta" in word for word in words.split()):
            continue  # bookworm has it, and trixie hasn't
        chosen = {
            (one.name, one.version) for one in release.chosen(words.split(), status=base.status)
        }
        installed = base.would_install(*words.split())
        if chosen != installed:
            differ[words] = (sorted(chosen - installed), sorted(installed - chosen))
    assert len(SETS) >= 40
    assert differ == {}


def test_it_is_what_apt_would_install_of_all_components(
    codename: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    every = opened(codename, tmp_path_factory.mktemp("cache"), *COMPONENTS)
    apt = Apt(tmp_path_factory.mktemp("apt") / "state", every.sources).updated()
    for words in OF_ALL_COMPONENTS:
        chosen = {(one.name, one.version) for one in every.chosen(words.split())}
        assert chosen == apt.would_install(*words.split()), words


def test_what_is_on_hold_is_left_as_apt_leaves_it(release: Release, tmp_path: Path) -> None:
    """Where apt refuses since something held is in the way, so do we; else both do the same."""
    status = aged(status_of(release))
    for name in HELD:
        status = re.sub(rf"(?m)^(Package: {name}\n(?:.+\n)*?Status: )install", r"\1hold", status)
    assert 0 < status.count("Status: hold ok installed") <= len(HELD)
    apt = Apt(tmp_path / "apt", release.sources, status=status).updated()
    refused = []
    for words in (*TRIED, *(name for name in HELD if release.packages.named(name))):
        if not all(release.packages.named(word) for word in words.split()):
            continue
        found: set[tuple[str, str]] | None
        try:
            found = {(one.name, one.version) for one in release.chosen(words.split(), status)}
        except ResolutionError:
            found = None
            refused.append(words)
        assert found == apt.would_install_or_refuse(*words.split()), words
    assert refused


def test_on_a_base_of_packages_all_comes_but_what_is_for_installing(release: Release) -> None:
    distro = parse_distro(release.name)
    python = PythonVersion.parse(available_pythons(distro)[-1])
    lacking = unneeded(UNNEEDED)
    words = root_packages(distro, python)
    root = resolve(words, release.packages, installed=lacking, architecture="amd64")
    assert not {one.name for one in root} & UNNEEDED.keys()
    there = ({one.name: one for one in (*lacking, *root)}).values()
    for words in (*(tuple(one.split()) for one in SETS), ("perl",), ("debconf-utils",)):
        if not all(release.packages.named(word) or "-mta" in word for word in words):
            continue
        found = resolve(words, release.packages, installed=there, architecture="amd64")
        brought = {one.name for one in found}
        exactly = {
            relation.name
            for one in found
            for (relation, *others) in one.depends
            if relation.operator == "=" and not others
        }
        assert brought >= exactly & UNNEEDED.keys(), words
        assert "perl-base" in brought or words != ("perl",)


def test_a_folder_of_what_was_chosen_is_enough_for_apt(
    release: Release, base: Apt, tmp_path: Path
) -> None:
    for number, words in enumerate(SETS[:4]):
        folder = tmp_path / f"debs-{number}"
        folder.mkdir()
        chosen = release.chosen(words.split(), status=base.status)
        (folder / "Packages").write_text(release.text(chosen))
        source = f"deb [trusted=yes] file:{folder} ./"
        vendored = Apt(tmp_path / f"apt-{number}", (source,), status=base.status).updated()
        assert vendored.would_install(*words.split()) == {(one.name, one.version) for one in chosen}
