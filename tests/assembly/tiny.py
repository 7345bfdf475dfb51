"""Wheels, bases and images of a few bytes, made on the spot."""

from __future__ import annotations

import base64
import hashlib
import io
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from lading.assembly import Assembler, Installer
from lading.bases.base import base_of
from lading.info import ContextFile, CopyFiles, ImageInfo, InstallPython
from lading.lock.model import Deb, Distribution, LockedBase
from lading.oci import layout, validate
from lading.oci.blobs import Descriptor, FileBlob
from lading.oci.config import Execution, ImageConfig
from lading.oci.entries import Folder, Literal, Regular, Symlink
from lading.oci.layers import write_layer
from lading.oci.making import Layer, image_of
from lading.oci.media_types import OCI
from lading.platforms import Platform
from lading.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lading.assembly import Assembled
    from lading.bases import Base
    from lading.info import Step
    from lading.lock.model import Distribution as Wheel
    from lading.oci.entries import Entry
    from lading.store import Store

EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def wheel_of(
    name: str,
    version: str,
    files: Mapping[str, bytes | str],
    *,
    scripts: str = "",
    stored: bool = False,
) -> bytes:
    """A wheel with these files; those of `name-version.data/` are named by `data/`.

    A wheel that is `stored` is not compressed, and so the same whatever zlib there is.
    """
    info = f"{name.replace('-', '_')}-{version}"
    members = {
        path.replace("data/", f"{info}.data/", 1) if path.startswith("data/") else path: content
        for path, content in files.items()
    }
    members |= {
        f"{info}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if scripts:
        members[f"{info}.dist-info/entry_points.txt"] = f"[console_scripts]\n{scripts}\n"
    record = f"{info}.dist-info/RECORD"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        lines = []
        for path, content in members.items():
            data = content.encode() if isinstance(content, str) else content
            member = zipfile.ZipInfo(path, EPOCH)
            member.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            member.external_attr = (0o755 if data.startswith(b"#!") else 0o644) << 16
            archive.writestr(member, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            lines.append(f"{path},sha256={digest},{len(data)}\n")
        lines.append(f"{record},,\n")
        archive.writestr(zipfile.ZipInfo(record, EPOCH), "".join(lines))
    return made.getvalue()


def base_with(folder: Path, platform: str, *, python: bool = True, **said: object) -> Base:
    """A base with a Python 3.11 that can't run."""
    programs: tuple[Entry, ...] = (
        Regular(path="usr/bin/python3.11", mode=0o755, content=Literal(data=b"\x7fELF no program")),
        Symlink(path="usr/local/bin/python3.11", mode=0o777, target="/usr/bin/python3.11"),
        Symlink(path="usr/local/bin/python3", mode=0o777, target="/usr/bin/python3.11"),
    )
    entries: tuple[Entry, ...] = (
        *(programs if python else ()),
        Folder(path="usr/lib", mode=0o755),
        Symlink(path="lib", mode=0o777, target="usr/lib"),
    )
    path = folder / f"base-{platform.replace('/', '-')}.tar.gz"
    with path.open("wb") as out:
        written = write_layer(entries, out)
    descriptor = Descriptor(media_type=OCI["layer+gzip"], digest=written.digest, size=written.size)
    layer = Layer(blob=FileBlob(descriptor=descriptor, path=path), diff_id=written.diff_id)
    target = Platform.parse(platform)
    settings: dict[str, object] = {
        "env": ("PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"),
        "cmd": ("python3",),
        **said,
    }
    config = ImageConfig(
        architecture=target.architecture,
        os=target.os,
        variant=target.variant,
        created="2026-01-01T00:00:00Z",
        execution=Execution(**settings),  # type: ignore[arg-type]
    )
    artifact = image_of(config, [layer])
    return base_of(
        "base.example.test/python:3.11", artifact, target, digest=artifact.descriptor.digest
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where images are assembled.

    Attributes:
        root: A folder of its own.
        files: The project's, by their path in the frozen folder.
        fetched: The distributions that were asked for, call by call.
        debs: System packages by their SHA-256.
    """

    root: Path
    files: dict[str, bytes] = field(default_factory=dict)
    wheels: dict[str, Path] = field(default_factory=dict)
    fetched: list[tuple[str, ...]] = field(default_factory=list)
    debs: dict[str, Path] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return open_store(self.root, {})

    def wheel(
        self,
        name: str,
        version: str,
        files: Mapping[str, bytes | str],
        **options: Any,  # noqa: ANN401 - those of `wheel_of`
    ) -> Wheel:
        """A wheel of an index, which is at hand; see `wheel_of`."""
        content = wheel_of(name, version, files, **options)
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.root / f"{sha256}.whl"
        path.write_bytes(content)
        self.wheels[sha256] = path
        filename = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        return Distribution(
            name=name,
            version=version,
            url=f"https://files.example.test/{filename}",
            hashes=(f"sha256:{sha256}",),
            size=len(content),
            index="default",
        )

    def include(self, number: int, destination: str, files: Mapping[str, bytes]) -> CopyFiles:
        """Files of the project; the content of a program begins with `#!`."""
        source = f"files/{number}.1"
        self.files.update({f"{source}/{path}": content for path, content in files.items()})
        described = (
            ContextFile(
                path=path,
                sha256=hashlib.sha256(content).hexdigest(),
                size=len(content),
                executable=content.startswith(b"#!"),
            )
            for path, content in sorted(files.items())
        )
        return CopyFiles(
            source=source,
            destination=destination,
            files=tuple(described),
            at=(f"service.py:{number}",),
        )

    def fetch(self, distributions: Sequence[Distribution]) -> dict[str, Path]:
        self.fetched.append(tuple(one.name for one in distributions))
        return self.wheels

    def fetch_debs(self, debs: Sequence[Deb]) -> Mapping[str, Path]:
        """The files of system packages, as a freezer gives them."""
        return {one.sha256: self.debs[one.sha256] for one in debs}

    @property
    def installer(self) -> Installer:
        """One that has unpacked nothing yet."""
        return Installer(store=self.store, fetch=self.fetch_debs, workdir=self.root / "unpacked")

    def assemble(self, info: ImageInfo, base: Base, **options: object) -> Assembled:
        """The image, which is as valid as all that are made."""
        made = self.unchecked(info, base, **options)
        with tempfile.TemporaryDirectory(dir=self.root) as folder:
            layout.write(Path(folder), [made.artifact], names=["latest"])
            assert validate(Path(folder)) == ()
        return made

    def unchecked(self, info: ImageInfo, base: Base, **options: object) -> Assembled:
        """The image, of which nobody has looked at a layer."""
        assembler = Assembler(
            store=self.store,
            base=base,
            wheels=self.fetch,
            contents=self.files,
            **{"installer": self.installer, **options},  # type: ignore[arg-type]
        )
        return assembler.assemble(info)


def image_info(
    *steps: Step, wheels: Iterable[Distribution] = (), platform: str = "linux/amd64", **said: object
) -> ImageInfo:
    """An image with these wheels, then these steps."""
    found = tuple(wheels)
    install = (InstallPython(distributions=found, at=("service.py:3",)),) if found else ()
    info = ImageInfo(
        platform=platform,
        base=LockedBase(reference="base.example.test/python:3.11"),
        python="3.11",
        venv="/opt/venv" if found else None,
        steps=(*install, *steps),
    )
    return msgspec.structs.replace(info, **said)
