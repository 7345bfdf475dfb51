"""What apt would install, on any base, is among what we choose: with the real archives."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from debian.debs import Apt
from debian.signed_archive import needs
from lading.debian.archive import Reader
from lading.debian.closure import closure
from lading.debian.index import Packages
from lading.debian.signature import find_keyring
from lading.debian.sources import roots_in
from lading.distros import archive_suites, parse_distro
from lading.http import HttpSettings

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
)


@dataclass(frozen=True)
class Release:
    """A release as both sides see it: our package lists, and apt's sources."""

    packages: Packages
    sources: tuple[str, ...]
    stanzas: dict[tuple[str, str], str]

    def chosen(self, words: Iterable[str]) -> tuple[Package, ...]:
        return closure(words, self.packages, architecture="amd64")

    def text(self, packages: Iterable[Package]) -> str:
        return "\n".join(self.stanzas[one.name, one.version] + "\n" for one in packages)


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def release(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Release:
    keyring = find_keyring("debian", os.environ)
    suites = archive_suites(parse_distro(request.param), architecture="amd64", roots=roots_in(HOST))
    reader = Reader(
        architecture="amd64",
        keyring=keyring,
        http=HttpSettings.from_environment(os.environ),
        cache=tmp_path_factory.mktemp("cache"),
        environ=os.environ,
        now=datetime.now(UTC),
    )
    indexes = tuple(index for suite in suites for index in reader.read(suite)[1])
    lines = tuple(
        suite.source.replace("deb ", f"deb [signed-by={keyring}] ", 1) for suite in suites
    )
    stanzas = {key: text for index in indexes for key, text in stanzas_of(index)}
    return Release(Packages(indexes), lines, stanzas)


def stanzas_of(index: Index) -> Iterable[tuple[tuple[str, str], str]]:
    for stanza in index._content.decode().strip().split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version): (.+)$", stanza, re.MULTILINE))
        yield (fields["Package"], fields["Version"]), stanza


@pytest.fixture(scope="module")
def nothing(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Apt:
    """Apt where nothing is installed."""
    return Apt(tmp_path_factory.mktemp("apt") / "state", release.sources).updated()


@pytest.fixture(scope="module")
def old_base(release: Release, nothing: Apt, tmp_path_factory: pytest.TempPathFactory) -> Apt:
    """Apt on a base that is a point release behind the archive."""
    folder = tmp_path_factory.mktemp("apt") / "state"
    shutil.copytree(nothing.folder, folder)
    (folder / "status").write_text(old := old_status(release))
    return Apt(folder, nothing.sources, status=old)


def old_status(release: Release) -> str:
    """What dpkg records there."""
    base = release.chosen(
        [*(one.name for one in release.packages.basic()), "python3", "ca-certificates", "tzdata"]
    )
    text = release.text(base).replace("\nVersion:", "\nStatus: install ok installed\nVersion:")
    versions = {one.version for one in base}
    versions |= {version.partition(":")[2] for version in versions if ":" in version}
    for version in sorted(versions, key=len, reverse=True):
        text = re.sub(rf"(?<= ){re.escape(version)}(?=[)\n])", f"{version}~", text)
    return text


@pytest.mark.parametrize("words", SETS)
def test_all_that_apt_installs_on_an_empty_base_is_chosen(
    release: Release, nothing: Apt, words: str
) -> None:
    chosen = {(one.name, one.version) for one in release.chosen(words.split())}
    assert nothing.would_install(*words.split()) - chosen == set()


@pytest.mark.parametrize("words", SETS[:3] + SETS[-1:])
def test_an_old_base_gets_the_same_from_the_folder_as_from_the_archive(
    release: Release, old_base: Apt, words: str, tmp_path: Path
) -> None:
    folder = tmp_path / "debs"
    folder.mkdir()
    (folder / "Packages").write_text(release.text(release.chosen(words.split())))
    source = f"deb [trusted=yes] file:{folder} ./"
    vendored = Apt(tmp_path / "apt", (source,), status=old_base.status).updated()
    installed = vendored.would_install(*words.split())
    assert installed
    assert installed == old_base.would_install(*words.split())
