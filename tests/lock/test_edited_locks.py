"""Each fact of a real lock, changed alone: `lading lock --check` tells it, or there is a reason."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest

from debian.signed_archive import Keys, Server, SignedArchive, needs, stanza
from lading import Image
from lading.lock.file import emit_lock, parse_lock
from lading.lock.fit import misfits
from lading.lock.inputs import read_inputs
from lading.lock.integrity import flaws
from lading.lock.making import LockMaker
from lading.lock.model import FORMAT, Lock
from lading.oci import layout
from lading.oci.making import index_of
from lading.platforms import Platform
from lock.dock import AMD64, ARM64
from lock.package_index import pkg_info, sdist, wheel
from lock.source_files import STATIC
from lock.test_git_sources import Repository, repository
from lock.test_system_packages import keys
from oci import images

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lading.lock.inputs import Asked
    from lock.dock import Dock

__all__ = ["keys", "repository"]  # fixtures

pytestmark = needs("gpg", "gpgv")

CONFIGURED = """\
[tool.lading.archives]
debian = { keyring = "debian.gpg" }
"""

_FILE = "nothing else tells it: the file is compared with it where it is fetched"
_PLACE = "a mirror has it wherever it likes, and what is fetched is known by its hash"
_PROJECT = "a path may lead through a link: what is there is compared with its hash by freezing"
_NEEDED = "only a resolver tells what others need"
_ARCHIVE = "only the archive tells: its signature and its lists are checked by locking"
_SOURCE = "only the source tells what it is built with"

UNCHECKABLE: Final[dict[tuple[str, str], str]] = {
    ("platforms", "left out"): "a lock may be of fewer platforms, and --platform asks for each",
    ("platforms.archives", "left out"): "there may be nothing that came from it",
    ("platforms.archives.date", "changed"): _ARCHIVE,
    ("platforms.archives.release", "changed"): _ARCHIVE,
    ("platforms.archives.url", "another file"): _PLACE,
    ("platforms.archives.url", "another host"): _PLACE,
    ("platforms.base.manifest", "changed"): "only the base itself tells it",
    ("platforms.below.debs", "left out"): _NEEDED,
    ("platforms.below.debs.path", "another folder"): _PLACE,
    ("platforms.below.debs.version", "another epoch"): "the name of a file has no epoch",
    ("platforms.builds.distributions.index", "left out"): "a source may ask for a URL",
    ("platforms.builds.distributions.url", "another host"): _PLACE,
    ("platforms.builds.requirements", "left out"): _SOURCE,
    ("platforms.builds.requirements", "said twice"): _SOURCE,
    ("platforms.debs", "left out"): _NEEDED,
    ("platforms.debs.group", "changed"): _NEEDED,
    ("platforms.debs.group", "left out"): _NEEDED,
    ("platforms.debs.path", "another folder"): _PLACE,
    ("platforms.debs.sha256", "changed"): _FILE,
    ("platforms.debs.version", "another epoch"): "the name of a file has no epoch",
    ("platforms.distributions", "left out"): _NEEDED,
    ("platforms.distributions.group", "left out"): _NEEDED,
    ("platforms.distributions.hashes", "changed"): _FILE,
    ("platforms.distributions.index", "left out"): "what another one requires may be a URL",
    ("platforms.distributions.size", "left out"): "not every index tells it",
    ("platforms.distributions.url", "another file"): _PROJECT,
    ("platforms.distributions.url", "another folder"): _PROJECT,
    ("platforms.distributions.url", "another host"): _PLACE,
    ("platforms.distributions.version", "changed"): "that of a folder is in its own files",
    ("platforms.distributions.version", "left out"): "that of a folder is in its own files",
    ("platforms.provided", "left out"): "a base may provide the name; on scratch it is missed",
    ("platforms.tools.sha256", "changed"): _FILE,
    ("platforms.tools.url", "another host"): _PLACE,
}
"""What can be changed so that nothing else in the lock contradicts it, and why.

All other changes are refused, wherever in a lock they are made; of these some are too, such as that
of the SHA-256 of a package that two platforms have.
"""


def status(architecture: str) -> dict[str, bytes]:
    text = (
        "Package: libc6\nStatus: install ok installed\nVersion: 2.36\n"
        f"Architecture: {architecture}\n"
    )
    return {"var/lib/dpkg/status": text.encode()}


@pytest.fixture
def archive(dock: Dock, keys: Keys, tmp_path: Path) -> Iterator[SignedArchive]:
    """A signed archive for both architectures, with an epoch, a rebuild and what is for all."""
    folder = tmp_path / "archive"
    folder.mkdir()
    found = SignedArchive(folder, keys, architectures=("amd64", "arm64"))
    for architecture in found.architectures:
        for name, version, depends in (
            ("libgomp1", "12.2.0-14+b1", "libc6"),
            ("tool", "2:1.0-3", "libgomp1, tool-data"),
            ("build-essential", "12.9", "libc6"),
            ("g++", "4:12.2.0-3", "libc6"),
            ("ca-certificates", "20230311", "libc6"),
            ("make", "4.3", "libc6"),
            ("patch", "2.7.6", "libc6"),
            ("git", "1:2.39", "libc6"),
            ("python3.11", "3.11.2-6", "libc6"),
            ("python3.11-venv", "3.11.2-6", "libc6"),
            ("python3.11-dev", "3.11.2-6", "libc6"),
        ):
            found.stanzas.append(stanza(name, version, depends=depends, architecture=architecture))
    found.stanzas.append(stanza("tool-data", "1:1.0-3", architecture="all", provides="data"))
    for suite in ("bookworm", "bookworm-updates", "bookworm-security"):
        found.publish(suite)
    with Server.of(folder) as server:
        dock.environ["LADING_MIRROR_DEBIAN"] = server.url
        dock.environ["LADING_MIRROR_DEBIAN_SECURITY"] = server.url
        dock.environ["LADING_DEBIAN_KEYRING"] = str(keys.keyring)
        yield found


def write_project(dock: Dock, keys: Keys) -> None:
    both = [images.image(one, layers=[images.layer(status(one))]) for one in ("amd64", "arm64")]
    layout.write(dock.project / "base", [index_of(both)])
    dock.write("pyproject.toml", CONFIGURED)
    dock.write("debian.gpg", keys.keyring.read_bytes())
    dock.write("weights/a.bin", "a")
    dock.write("weights/b.bin", "bb")
    dock.write("libs/ours-1.0-py3-none-any.whl", wheel("ours", "1.0")[1])
    dock.write("libs/folder/pyproject.toml", STATIC.replace("alpha", "folder"))


def publish(dock: Dock) -> None:
    for tag in ("manylinux_2_28_x86_64", "manylinux_2_28_aarch64"):
        dock.index.wheel("native_lib", "1.0", tag=f"cp311-cp311-{tag}", requires=["beta"])
    dock.index.wheel("gamma", "1.0")
    dock.other.wheel("corp", "1.0")
    for name in ("below", "legacy"):
        files = {"PKG-INFO": pkg_info(name, "1.0"), "pyproject.toml": STATIC.replace("alpha", name)}
        dock.index.add(sdist(name, "1.0", files))
    dock.index.files["direct-1.0-py3-none-any.whl"] = wheel("direct", "1.0")[1]


def with_gamma(image: Image) -> Image:
    return image.python_packages("gamma")


def described(dock: Dock, commit: str, url: str) -> Image:
    """An image with something of all that a lock can hold."""
    base = (
        dock.image()
        .replace(base_image="oci:base", lock_system_packages=True)
        .system_packages("libgomp1")
        .python_packages("below", no_binary=["below"])
    )
    return (
        Image.from_image(base)
        .index(f"{dock.other.url}/simple", packages=["corp"])
        .system_packages("tool", "data")
        .python_packages(
            "native-lib<2",
            "legacy",
            "corp",
            "./libs/ours-1.0-py3-none-any.whl",
            "./libs/folder",
            f"alpha @ git+{url}@{commit}",
            f"direct @ {dock.index.url}/files/direct-1.0-py3-none-any.whl",
            no_binary=["legacy"],
        )
        .build_packages("patch")
        .model("weights")
        .for_platform(ARM64, with_gamma)
    )


@pytest.fixture
def made(
    dock: Dock, archive: SignedArchive, keys: Keys, repository: Repository
) -> tuple[Lock, Asked]:
    """A lock of an image with something of all that a lock can hold, and what it was made from."""
    del archive  # it only has to be there
    write_project(dock, keys)
    publish(dock)
    commit = repository.commit({"pyproject.toml": STATIC})
    asked = read_inputs(described(dock, commit, repository.url), dock.project)
    maker = LockMaker(machine=dock.machine(), say=dock.said.append)
    lock = maker.make(asked, [Platform.parse(one) for one in (AMD64, ARM64)], earlier=None)
    return lock, asked


def edited(data: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - a whole document
    """Changes one fact of `data` after the other, and changes it back: what, and how."""
    for holder, at, key in list(facts(data)):
        value = holder[at]
        for how, other in others(key.rpartition(".")[2], value):
            assert other != value
            holder[at] = other
            yield key, how
            holder[at] = value
        if isinstance(holder, dict):
            kept = dict(holder)
            del holder[at]
            yield key, "left out"
            holder.clear()
            holder.update(kept)
        else:
            del holder[at]
            yield key, "left out"
            holder[at:at] = [value, value]
            yield key, "said twice"
            del holder[at]


def facts(holder: Any, key: str = "") -> Iterator[tuple[Any, Any, str]]:  # noqa: ANN401 - any part
    """What holds each fact, where in it, and the keys that lead there."""
    is_table = isinstance(holder, dict)
    for at, value in holder.items() if is_table else enumerate(holder):
        name = f"{key}.{at}".lstrip(".") if is_table else key
        yield holder, at, name
        if isinstance(value, dict | list):
            yield from facts(value, name)


def others(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Other facts of the same form."""
    match value:
        case bool():
            yield "changed", not value
        case int():
            yield "changed", value + 1
        case str():
            yield from words(name, value)


def words(name: str, value: str) -> Iterator[tuple[str, str]]:
    folder, slash, last = value.rpartition("/")
    if re.fullmatch(r"(sha256:)?[0-9a-f]{40,64}", value):
        yield "changed", value[:-1] + ("0" if value[-1] != "0" else "1")
    elif "://" in value and name in {"url", "index"}:
        yield "another host", re.sub(r"//[^/]*", "//evil.example.test", value)
        yield "another file", f"{folder}/other-{last}"
    elif name in {"path", "url"}:
        yield "another folder", f"other/{value}"
        yield "another file", f"{folder}{slash}other-{last}"
    elif name == "version":
        yield "changed", f"{value}.9"
        yield "another epoch", f"9{value}" if ":" in value else f"9:{value}"
    elif name == "architecture":
        yield "changed", "arm64" if value == "amd64" else "amd64"
        yield "changed", "i386" if value == "all" else "all"
    elif name == "date":
        yield "changed", value.replace("2026", "2027")
    elif name == "platform":
        yield "changed", "linux/s390x"
    else:
        yield "changed", f"{value}x"


def told(data: dict[str, object], asked: Asked) -> tuple[str, ...]:
    """What `lading lock --check` says of a lock."""
    try:
        lock = msgspec.convert(data, Lock)
        names = [part.platform for part in lock.platforms]
    except msgspec.ValidationError as error:
        return (str(error),)
    if len(set(names)) != len(names) or data.get("version") != FORMAT:  # see parse_lock
        return ("it is no lock",)
    return flaws(lock) or misfits(lock, asked, names or [AMD64])


def test_each_fact_is_checked_or_has_a_reason(made: tuple[Lock, Asked]) -> None:
    lock, asked = made
    text = emit_lock(lock)
    data = tomllib.loads(text)
    assert parse_lock(text) == lock
    assert told(data, asked) == ()
    unnoticed = {change for change in edited(data) if not told(data, asked)}
    assert data == tomllib.loads(text)
    assert sorted(unnoticed - UNCHECKABLE.keys()) == []
    assert sorted(UNCHECKABLE.keys() - unnoticed) == [], "these are checked, and need no reason"
