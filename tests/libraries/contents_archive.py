"""A signed archive on loopback whose suites have Contents indexes."""

from __future__ import annotations

import gzip
import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from debian.signed_archive import SignedArchive, sha256, stanza
from lading.debian import Trust
from lading.distros import parse_distro
from lading.errors import ResolutionError
from lading.http import HttpSettings
from lading.libraries import Contents, read_contents
from lading.mirrors import Mirrors
from lading.platforms import Platform

if TYPE_CHECKING:
    from pathlib import Path

    from debian.signed_archive import Keys
    from lading.debs import DebFile
    from lading.store import Store

__all__ = ["LINES", "NOW", "SUITES", "Archive"]

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SUITES = ("bookworm", "bookworm-updates", "bookworm-security")
LINES = """\
usr/lib/x86_64-linux-gnu/libGL.so.1                     libs/libgl1
usr/lib/x86_64-linux-gnu/libGL.so                       libdevel/libgl-dev
lib/x86_64-linux-gnu/libz.so.1\tlibs/zlib1g,debug/a-dbg
usr/lib/x86_64-linux-gnu/blas/libblas.so.3              libs/libblas3
usr/lib/x86_64-linux-gnu/dri/libplugin.so.1             libs/no
usr/lib/aarch64-linux-gnu/libother.so.1                 libs/no
usr/lib/i386-linux-gnu/libGL.so.1                       libs/no
usr/lib32/libGL.so.1                                    libs/no
usr/share/a file with spaces.so.1                       libs/no
usr/lib/libplain.so                                     universe/libs/plain,libs/plainer
usr/bin/dot                                             graphics/graphviz
usr/lib/jvm/java-17-openjdk-amd64/bin/java              java/openjdk-17-jre-headless
"""


class Archive:
    """Three suites with Contents, on loopback."""

    def __init__(self, folder: Path, keys: Keys, url: str, store: Store, cache: Path) -> None:
        self.signed = SignedArchive(folder, keys)
        self.lists: dict[str, bytes] = {}
        self.arguments: dict[str, Any] = {
            "mirrors": Mirrors(archives=(("debian", url), ("debian-security", url))),
            "http": HttpSettings(retries=0),
            "cache": cache,
            "store": store,
            "trust": Trust(
                distro="debian",
                environ={**os.environ, "LADING_DEBIAN_KEYRING": str(keys.keyring)},
            ),
            "now": NOW,
        }
        for suite in SUITES:
            self.publish(suite, "")
        self.publish("bookworm", LINES)

    def signed_url(self) -> str:
        """Where it is."""
        (_, url), *_ = self.arguments["mirrors"].archives
        return str(url)

    def packages(self, suite: str, **depends: str) -> None:
        """Write a suite once more, with Packages beside its Contents."""
        text = "\n".join(
            stanza(name, **({"depends": other} if other else {})) for name, other in depends.items()
        )
        self._list(suite, text)

    def hold(self, suite: str, *debs: tuple[DebFile, str]) -> None:
        """Write a suite with these packages, each with what it depends on, and their files."""
        found = []
        for deb, depends in debs:
            content = deb.path.read_bytes()
            listed = stanza(deb.name, **({"depends": depends} if depends else {}))
            listed = re.sub(r"(?m)^Size: .*$", f"Size: {len(content)}", listed)
            found.append(re.sub(r"(?m)^SHA256: .*$", f"SHA256: {sha256(content)}", listed))
            place = self.signed.folder / f"pool/main/{deb.name[0]}/{deb.name}"
            place.mkdir(parents=True)
            (place / deb.path.name).write_bytes(content)
        self._list(suite, "\n".join(found))

    def _list(self, suite: str, text: str) -> None:
        self.lists[suite] = text.encode()
        for one in SUITES:
            self.lists.setdefault(one, b"")
            self.publish(one, LINES if one == "bookworm" else "")

    def publish(self, suite: str, text: str, **changes: Any) -> bytes:  # noqa: ANN401 - see below
        """Write a suite; `size` and `packed` lie about the index, `path` is another name for it."""
        plain = text.encode()
        packed = changes.get("packed", gzip.compress(plain, mtime=0))
        path = changes.get("path", "main/Contents-amd64")
        told = [(path, plain), (f"{path}.gz", packed)]
        if suite in self.lists:
            name, listed = "main/binary-amd64/Packages", self.lists[suite]
            told += [(name, listed), (f"{name}.gz", gzip.compress(listed))]
        lines = "".join(
            f" {sha256(body)} {changes.get('size', len(body))} {at}\n" for at, body in told
        )
        release = (
            f"Suite: oldstable\nCodename: {suite}\nDate: Sat, 21 Nov 2026 00:53:02 UTC\n"
            f"Acquire-By-Hash: yes\nSHA256:\n{lines}"
        )
        place = self.signed.folder / "dists" / suite
        for at, body in told:
            by_hash = (place / at).parent / "by-hash/SHA256"
            by_hash.mkdir(parents=True, exist_ok=True)
            (by_hash / sha256(body)).write_bytes(body)
            (place / at).write_bytes(body)
        (place / "InRelease").write_bytes(self.signed.keys.signed(release))
        return bytes(packed)

    def read(self, distro: str = "bookworm", **others: Any) -> Contents:  # noqa: ANN401
        amd64 = Platform.parse("linux/amd64")
        return read_contents(parse_distro(distro), amd64, **{**self.arguments, **others})

    def refusal(self, **others: Any) -> str:  # noqa: ANN401
        with pytest.raises(ResolutionError) as caught:
            self.read(**others)
        return str(caught.value)
