"""A whole build between a registry, a package index, a cache and a layout, all to be broken."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.forks import forking
from cli.program import World, environment
from cli.shipping import PYTHON
from lading.oci import layout, validate
from oci.images import image, layer
from registry.fake_registry import serving
from registry.full_registry import running_registry
from wheels.wheelmaker import wheel_parts, zipped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.forks import Forks, Running
    from cli.program import Ran
    from registry.full_registry import FullRegistry

BASE, APP = "team/base", "team/app"

SERVICE = """\
from lading import Image

image = (
    Image(base_image="REGISTRY/team/base:1", distro="debian:bookworm", python_version="3.11")
    .index("http://INDEX/simple", default=True)
    .python_packages("alpha", "beta", "gamma", "delta")
    .build_include("service.py", "data")
    .env(MODE="test")
    .cmd("python", "-m", "alpha")
)
"""


def noise(size: int, seed: int) -> bytes:
    """Bytes that can't be compressed, the same in every run."""
    return random.Random(seed).randbytes(size)  # noqa: S311 - no secret


def wheels() -> dict[str, bytes]:
    """Four of them: of one file, of many, and of large ones that get layers of their own."""
    files: dict[str, dict[str, bytes]] = {
        "alpha": {"alpha.py": b'"""alpha"""\n'},
        "beta": {f"beta/m{number}.py": b"x = %d\n" % number * 50 for number in range(40)},
        "gamma": {"gamma/data.bin": noise(400_000, 1), "gamma/__init__.py": b""},
        "delta": {"delta/text.txt": b"line\n" * 200_000, "delta/more.bin": noise(300_000, 2)},
    }
    return {
        f"{name}-1.0-py3-none-any.whl": zipped(wheel_parts(held, name=name))
        for name, held in files.items()
    }


@dataclass
class Site:
    """What all the tests of a file share; nothing of it is changed by a build but the registry.

    Attributes:
        template: The locked project.
        digest: Of the image that it makes.
    """

    registry: FullRegistry
    index: World
    index_host: str
    forks: Forks
    uv_cache: Path
    template: Path
    digest: str = ""

    def forget_image(self) -> None:
        """Of the registry, all but the base goes."""
        self.registry.heal()
        self.registry.uploads.clear()
        for held in (self.registry.blobs, self.registry.manifests):
            for key in [key for key in held if key[0] != BASE]:
                del held[key]


@contextmanager
def running_site(folder: Path, uv_cache: Path) -> Iterator[Site]:
    """Both servers, and the process that programs are forked from; the project is locked."""
    index = World(wheels=wheels())
    index.add_wheel("uv", "0.9.9", tag="py3-none-musllinux_1_1_x86_64")
    with (
        running_registry() as registry,
        serving(index.route) as server,
        forking(folder / "forks") as forks,
    ):
        add_base(registry)
        site = Site(registry, index, server.host, forks, uv_cache, folder / "template")
        write_project(site.template, site)
        first = Place(site, folder / "first")
        ran = first.lading("lock")
        assert ran.code == 0, ran.err
        shutil.copy(first.project / "lading.lock", site.template)
        site.digest = first.built()
        site.forget_image()
        yield site


def add_base(registry: FullRegistry) -> None:
    """An image that says that it has Python, of a large layer and a small one."""
    large = {"usr/": b"", "usr/lib.bin": noise(500_000, 3)}
    made = image("amd64", (layer(large), layer()), env=PYTHON, cmd=("python3",))
    for blob in made.blobs:
        with blob.open() as file:
            registry.add_blob(BASE, file.read())
    registry.add_manifest(BASE, "1", made.content, made.descriptor.media_type)


def write_project(folder: Path, site: Site) -> None:
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "model.bin").write_bytes(noise(200_000, 4))
    (folder / "pyproject.toml").write_text('[tool.lading]\nimage = "service:image"\n')
    text = SERVICE.replace("REGISTRY", site.registry.host).replace("INDEX", site.index_host)
    (folder / "service.py").write_text(text)


@dataclass
class Place:
    """A project, its cache and its layout, of one test."""

    site: Site
    folder: Path

    def __post_init__(self) -> None:
        shutil.copytree(self.site.template, self.project)
        self.home.mkdir()

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def layout(self) -> Path:
        return self.folder / "layout"

    @property
    def name(self) -> str:
        return f"{self.site.registry.host}/{APP}:1"

    def start(
        self,
        *words: str,
        cache: Path | None = None,
        largest: int | None = None,
        http: dict[str, float] | None = None,
    ) -> Running:
        variables = environment(
            self.home,
            LADING_CACHE_DIR=str(cache or self.cache),
            UV_CACHE_DIR=str(self.site.uv_cache),
        )
        return self.site.forks.start(
            *words, cwd=self.project, environment=variables, largest=largest, http=http
        )

    def lading(
        self,
        *words: str,
        cache: Path | None = None,
        largest: int | None = None,
        http: dict[str, float] | None = None,
    ) -> Ran:
        return self.start(*words, cache=cache, largest=largest, http=http).wait()

    def building(self, *more: str, output: Path | None = None) -> tuple[str, ...]:
        words = ("build", "--engine", "oci", "--locked", "-t", self.name)
        return (*words, "-o", str(output or self.layout), *more)

    def build(self, http: dict[str, float] | None = None) -> Ran:
        """Written as a layout and pushed."""
        return self.lading(*self.building("-q", "--json", "--push"), http=http)

    def built(self, http: dict[str, float] | None = None) -> str:
        """Build it with nothing wrong any more; all that came of it is what it must be.

        Returns:
            Its digest.
        """
        ran = self.build(http)
        assert (ran.code, ran.err) == (0, ""), ran
        digest: str = json.loads(ran.out)["digest"]
        assert digest == (self.site.digest or digest)
        self.check_layout(digest)
        self.check_registry(digest)
        return digest

    def check_layout(self, digest: str, path: Path | None = None) -> None:
        path = path or self.layout
        problems = validate(path)
        assert problems == (), (problems, files(path))
        [made] = layout.read(path)
        assert str(made.descriptor.digest) == digest
        held = {f"blobs/sha256/{blob.descriptor.digest.encoded}" for blob in made.blobs}
        held |= {f"blobs/sha256/{digest.partition(':')[2]}", "index.json", "oci-layout"}
        assert set(files(path)) == held

    def check_registry(self, digest: str) -> None:
        registry = self.site.registry
        content = registry.manifest(APP, "1")
        assert sha256(content) == digest
        document: dict[str, Any] = json.loads(content)
        for one in (document["config"], *document["layers"]):
            blob = registry.blobs[APP, one["digest"]]
            assert (len(blob), sha256(blob)) == (one["size"], one["digest"])

    def check_cache(self) -> None:
        """All in the cache is whole, and nothing is there that a build left on its way."""
        ran = self.lading("cache", "verify", "-q")
        assert (ran.code, ran.out, ran.err) == (0, "", "")
        held = [name for name in files(self.cache) if name.startswith("layers/")]
        assert [name for name in held if name.split("/")[1] in {"temporary", "sessions"}] == []

    def clear(self) -> None:
        """As if nothing had ever been built here."""
        self.site.forget_image()
        for path in (self.cache, self.layout):
            shutil.rmtree(path, ignore_errors=True)


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def files(folder: Path) -> list[str]:
    """Every file below a folder."""
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(str(path.relative_to(folder)) for path in found)
