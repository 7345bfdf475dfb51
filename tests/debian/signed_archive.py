"""A tiny archive, signed by a key of its own and served on loopback."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import lzma
import shutil
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine_support import must_run
from lading import process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    Fault: TypeAlias = Callable[[http.server.BaseHTTPRequestHandler], None]

__all__ = ["Keys", "Server", "SignedArchive", "needs", "stanza"]

ARCHITECTURE = "amd64"


def needs(*programs: str) -> pytest.MarkDecorator:
    """A mark for tests that start these programs; CI has them, and leaves none of them out."""
    missing = [name for name in programs if shutil.which(name) is None]
    return pytest.mark.skipif(
        bool(missing) and not must_run(), reason=f"not on PATH: {', '.join(missing)}"
    )


def stanza(name: str, version: str = "1.0", **fields: str) -> str:
    """A package as an index lists it; `pre_depends=` is written as `Pre-Depends:`."""
    architecture = fields.pop("architecture", ARCHITECTURE)
    plain = version.rpartition(":")[2]
    every = {
        "Package": name,
        "Version": version,
        "Architecture": architecture,
        **{key.title().replace("_", "-"): value for key, value in fields.items()},
        "Filename": f"pool/main/{name[0]}/{name}/{name}_{plain}_{architecture}.deb",
        "Size": "1000",
        "SHA256": hashlib.sha256(f"{name} {version}".encode()).hexdigest(),
    }
    return "".join(f"{key}: {value}\n" for key, value in every.items())


@dataclass(frozen=True)
class Keys:
    """A key to sign with.

    Attributes:
        home: GnuPG's folder.
        keyring: The public key, for gpgv.
    """

    home: Path
    keyring: Path

    @classmethod
    @contextmanager
    def made(cls, *options: str, expires: str = "never") -> Iterator[Keys]:
        """A key of its own, made with these options of GnuPG's."""
        # A short path, since it holds the socket of GnuPG's agent.
        with tempfile.TemporaryDirectory(prefix="gpg") as name:
            keys = cls(home=Path(name), keyring=Path(name, "archive.gpg"))
            user = "Archive of a test <archive@example.test>"
            keys.gpg(*options, "--quick-gen-key", user, "ed25519", "sign", expires)
            keys.gpg("--output", str(keys.keyring), "--export")
            yield keys
            process.run(("gpgconf", "--homedir", name, "--kill", "all"), env=keys.env())

    def env(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "GNUPGHOME": str(self.home)}

    def gpg(self, *words: str, stdin: str | None = None) -> str:
        argv = ("gpg", "--batch", "--yes", "--passphrase", "", "--pinentry-mode", "loopback")
        done = process.run((*argv, *words), env=self.env(), stdin=stdin, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def signed(self, text: str) -> bytes:
        """The text as a clear-signed message."""
        return self.gpg("--clearsign", stdin=text).encode()


@dataclass
class SignedArchive:
    """The folder of an archive, as a mirror has it.

    Attributes:
        stanzas: The packages of `main`.
        others: Those of other components, by name.
        architectures: Each has a list of its own packages, and of those that are for all.
    """

    folder: Path
    keys: Keys
    stanzas: list[str] = field(default_factory=list)
    others: dict[str, list[str]] = field(default_factory=dict)
    architectures: tuple[str, ...] = (ARCHITECTURE,)

    def publish(self, suite: str = "bookworm", *, packing: str = ".xz", **release: str) -> None:
        """Write a suite with the packages that were added up to now."""
        place = self.folder / "dists" / suite
        files: dict[str, bytes] = {}
        for component, stanzas in {"main": self.stanzas, **self.others}.items():
            for architecture in self.architectures:
                path = f"{component}/binary-{architecture}/Packages"
                text = "\n".join(one for one in stanzas if _is_for(one, architecture))
                files |= self._list(place, path, text.encode(), packing)
        fields = {
            "Suite": "oldstable",
            "Codename": suite,
            "Date": "Sat, 21 Nov 2026 00:53:02 UTC",
            "Acquire-By-Hash": "yes",
            **{name.replace("_", "-"): value for name, value in release.items()},
        }
        lines = [f"{name}: {value}" for name, value in fields.items()]
        lines += ["SHA256:", *(f" {sha256(body)} {len(body)} {at}" for at, body in files.items())]
        (place / "InRelease").write_bytes(self.keys.signed("\n".join(lines) + "\n"))

    def _list(self, place: Path, path: str, text: bytes, packing: str) -> dict[str, bytes]:
        """Write one package list, by its name and by its hash."""
        packed = gzip.compress(text) if packing == ".gz" else lzma.compress(text)
        by_hash = (place / path).parent / "by-hash/SHA256"
        by_hash.mkdir(parents=True, exist_ok=True)
        (place / (path + packing)).write_bytes(packed)
        (by_hash / sha256(packed)).write_bytes(packed)
        return {path: text, path + packing: packed}

    def in_release(self, suite: str = "bookworm") -> Path:
        return self.folder / "dists" / suite / "InRelease"

    def index(self, suite: str = "bookworm") -> Path:
        """The one package list that a client takes."""
        (found,) = self.folder.glob(f"dists/{suite}/main/binary-*/by-hash/SHA256/*")
        return found


def _is_for(stanza: str, architecture: str) -> bool:
    """Whether an index of the architecture lists it; the usual one has also what tells of none."""
    said = stanza.partition("Architecture: ")[2].partition("\n")[0]
    return said in {architecture, "all"} or architecture == ARCHITECTURE


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class _Handler(http.server.SimpleHTTPRequestHandler):
    asked: list[str]
    faults: dict[str, Fault]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        for part, fault in self.faults.items():
            if part in self.path:
                fault(self)
                return
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing."""


@dataclass(frozen=True)
class Server:
    """A folder on loopback.

    Attributes:
        url: Of the folder, without a slash at the end.
        asked: The paths that were asked for.
        faults: By a part of the path, what answers in place of the folder.
    """

    url: str
    asked: list[str]
    faults: dict[str, Fault]

    @classmethod
    @contextmanager
    def of(cls, folder: Path) -> Iterator[Server]:
        asked: list[str] = []
        faults: dict[str, Fault] = {}
        handler = type("Handler", (_Handler,), {"asked": asked, "faults": faults})
        with http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), partial(handler, directory=str(folder))
        ) as server:
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            url = f"http://127.0.0.1:{server.server_port}"
            yield cls(url=url, asked=asked, faults=faults)
            server.shutdown()
