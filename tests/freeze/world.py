"""A project with its lock and a filled cache, so that freezing needs neither uv nor a network."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from freeze.debs import locked_debs
from lading.freeze import Freezer
from lading.lock.file import write_lock
from lading.lock.inputs import base_of, read_inputs
from lading.lock.model import Build, Distribution, Lock, LockedBase, PlatformLock, Tool
from lading.machine import Machine
from lading.trees import digest_of, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from lading import Image, ImageInfo
    from lading.grammar.dialect import Dialect

PLATFORM = "linux/amd64"
DIGEST = "sha256:" + "1" * 64
MANIFEST = "sha256:" + "2" * 64
PROGRAM = b"\x7fELF, for the sake of the test"
SOURCE = b"the source of a package"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def uv_wheel(program: bytes = PROGRAM, *, recorded: bytes = PROGRAM) -> bytes:
    name = "uv-0.9.0.data/scripts/uv"
    digest = base64.urlsafe_b64encode(hashlib.sha256(recorded).digest()).rstrip(b"=").decode()
    record = f"{name},sha256={digest},{len(program)}\nuv-0.9.0.dist-info/RECORD,,\n"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, content in ((name, program), ("uv-0.9.0.dist-info/RECORD", record.encode())):
            archive.writestr(zipfile.ZipInfo(path), content)
    return made.getvalue()


UV_WHEEL = uv_wheel()


def uv_for(platform: str) -> Tool:
    """The locked uv of a platform."""
    machine = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}[platform]
    return Tool(
        name="uv",
        version="0.9.0",
        url=f"https://files.example.test/uv-0.9.0-py3-none-musllinux_1_1_{machine}.whl",
        sha256=sha256(UV_WHEEL),
    )


UV = uv_for(PLATFORM)


def wheel(name: str, version: str, *, group: int = 1) -> Distribution:
    """A locked wheel, which only the build would fetch."""
    return Distribution(
        name=name,
        version=version,
        url=f"https://files.example.test/{name.replace('-', '_')}-{version}-py3-none-any.whl",
        hashes=(f"sha256:{sha256(name.encode())}",),
        index="default",
        group=group,
    )


def sdist(name: str, version: str, *, group: int = 1) -> Distribution:
    """A locked source distribution, whose file is in the cache."""
    return Distribution(
        name=name,
        version=version,
        kind="sdist",
        url=f"https://files.example.test/{name.replace('-', '_')}-{version}.tar.gz",
        hashes=(f"sha256:{sha256(SOURCE)}",),
        index="default",
        group=group,
    )


def build(name: str, *requirements: Distribution) -> Build:
    """What the source of `name` is locked to be compiled with."""
    chosen = requirements or (wheel("hatchling", "1.27"),)
    return Build(
        name=name,
        requirements=tuple(f"{one.name}=={one.version}" for one in chosen),
        distributions=chosen,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A project below `root`."""

    root: Path
    name: str = "project"
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def project(self) -> Path:
        return self.root / self.name

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def target(self) -> Path:
        return self.root / "build"

    def write(self, files: Mapping[str, str | bytes]) -> None:
        self.project.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            path = self.project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def image(self, source: str, **names: object) -> Image:
        """The image that a service.py of the project defines, with the lines of that file."""
        text = f"from lading import Image\n\nimage = {source.strip()}\n"
        self.write({"service.py": text})
        space: dict[str, object] = {"__name__": "service", **names}
        exec(compile(text, str(self.project / "service.py"), "exec"), space)  # noqa: S102 - ours
        image: Image = space["image"]  # type: ignore[assignment]
        return image

    def lock(
        self,
        image: Image,
        *distributions: Distribution,
        platform: str = PLATFORM,
        pinned: bool = True,
        builds: Iterable[Build] = (),
        **facts: object,
    ) -> PlatformLock:
        """Write the project's lock, and put into the cache what the build context needs.

        A source for which none of `builds` is given is compiled with hatchling. Each system package
        that is asked for is locked alone; `facts` are more fields of the platform's lock.
        """
        self.project.mkdir(parents=True, exist_ok=True)
        base = LockedBase(
            reference=str(base_of(image)),
            digest=DIGEST if pinned else None,
            manifest=MANIFEST if pinned else None,
        )
        given = {one.name: one for one in builds}
        found = {
            one.name: given.get(one.name, build(one.name)) for one in distributions if one.is_source
        }
        part = PlatformLock(
            platform=platform,
            base=base,
            tools=(uv_for(platform),),
            distributions=distributions,
            builds=tuple(found[name] for name in sorted(found)),
        )
        debs = locked_debs(image, part) if pinned else {}
        part = msgspec.structs.replace(part, **{**debs, **facts})
        inputs = read_inputs(image, self.project).inputs
        write_lock(self.project, Lock(inputs=inputs, platforms=(part,)))
        self.keep(UV_WHEEL, SOURCE)
        return part

    def keep(self, *contents: bytes) -> None:
        """Put files into the cache."""
        for content in contents:
            digest = sha256(content)
            kept = self.cache / "sha256" / digest[:2] / digest
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.unlink(missing_ok=True)
            kept.write_bytes(content)

    def directory(self, name: str, path: str, *, group: int = 1) -> Distribution:
        """A folder of the project, as it is now, locked as the source of `name`."""
        return Distribution(
            name=name,
            version="1.0",
            kind="directory",
            url=path,
            hashes=(f"sha256:{digest_of(tree_of(self.project, path))}",),
            group=group,
        )

    def freezer(
        self,
        *,
        locked: bool = True,
        allow_unpinned_base: bool = False,
        vendor: bool = False,
        dialect: Dialect = "buildkit",
    ) -> Freezer:
        machine = Machine(
            environ={"LADING_CACHE_DIR": str(self.cache), **self.environ},
            home=self.root / "home",
            interpreter=str(self.root / "no-python"),
        )
        return Freezer(
            machine=machine,
            locked=locked,
            allow_unpinned_base=allow_unpinned_base,
            offline=True,
            vendor=vendor,
            dialect=dialect,
        )

    def freeze(
        self,
        image: Image,
        target: Path | None = None,
        *,
        platform: str = PLATFORM,
        vendor: bool = False,
        dialect: Dialect = "buildkit",
    ) -> ImageInfo:
        freezer = self.freezer(vendor=vendor, dialect=dialect)
        place = target or self.target
        decided = freezer.decide(image, platform=platform, project=self.project, target=place)
        freezer.write(decided, place)
        return decided.info


def tree(folder: Path) -> dict[str, tuple[int, int, bytes | None]]:
    """All that a builder can see of a folder: by path the mode, the time and the content."""
    found = {}
    for path in sorted((folder, *folder.rglob("*"))):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else None
        name = path.relative_to(folder).as_posix()
        found[name] = (status.st_mode, int(status.st_mtime), content)
    return found
