"""Tiny bases for tests: files, links and whiteouts in layers, in a layout of the project."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.bases import Base, find_base, read_local
from lading.grammar.base import LocalImage, parse_base
from lading.http import HttpSettings
from lading.lock.model import LockedBase
from lading.oci import layout
from lading.platforms import Platform
from lading.registry import Credentials
from oci import images

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lading.oci.blobs import Artifact
    from lading.oci.making import Layer
    from lading.store import Store

AMD64 = Platform.parse("linux/amd64")
ARM64 = Platform.parse("linux/arm64")

PROGRAM = b"\x7fELF"


@dataclass(frozen=True)
class Hard:
    """A hard link to another member."""

    target: str


def tar(files: Mapping[str, bytes | str | Hard | None]) -> bytes:
    """A tar: bytes are an executable file, text is a symbolic link's target, None a folder."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.mode = 0o644 if name.endswith((".h", ".txt", ".py", ".cfg")) else 0o755
            if isinstance(content, bytes):
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
                continue
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
            elif isinstance(content, Hard):
                info.type, info.linkname = tarfile.LNKTYPE, content.target
            else:
                info.type = tarfile.DIRTYPE
            archive.addfile(info)
    return out.getvalue()


def layer(files: Mapping[str, bytes | str | Hard | None], compression: str = "gzip") -> Layer:
    """A layer of these files."""
    return images.packed_layer(tar(files), compression)


def locked(name: str, artifact: Artifact, project: Path) -> LockedBase:
    """What a lock says of a base of the project now."""
    local = parse_base(name)
    assert isinstance(local, LocalImage)
    return LockedBase(
        reference=name,
        digest=str(read_local(local, project).digest),
        manifest=str(artifact.descriptor.digest),
    )


def base(
    project: Path,
    store: Store,
    *layers: Mapping[str, bytes | str | Hard | None],
    path: str | None = "/usr/local/bin:/usr/bin:/bin",
    **env: str,
) -> Base:
    """A base of these layers, in a layout."""
    variables = {**({} if path is None else {"PATH": path}), **env}
    found = images.image(
        layers=[layer(one) for one in layers],
        env=tuple(f"{name}={value}" for name, value in variables.items()),
    )
    layout.write(project / "base", [found])
    return opened(locked("oci:base", found, project), project, store)


def opened(
    locked_base: LockedBase, project: Path, store: Store, platform: Platform = AMD64
) -> Base:
    """The base that a lock names, without any registry."""
    return find_base(
        locked_base,
        platform,
        project=project,
        store=store,
        http=HttpSettings(),
        credentials=Credentials(),
    )
