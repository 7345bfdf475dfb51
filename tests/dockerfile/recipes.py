"""The images whose whole Dockerfiles are kept as snapshots, for every release of every distro.

`LADING_UPDATE_SNAPSHOTS=1 pytest tests/dockerfile/test_lower.py` writes `snapshots/` anew: read the
difference as a user would before it is committed.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from freeze.debs import locked_debs
from freeze.world import DIGEST, MANIFEST, PLATFORM, UV, World, sdist, sha256, wheel
from lading import secret
from lading.distros import SUPPORTED
from lading.dockerfile import dockerfile
from lading.grammar.base import SCRATCH
from lading.info import ContextFile, InstallPython
from lading.lock.file import write_lock
from lading.lock.inputs import base_of, read_inputs
from lading.lock.model import Build, Distribution, Lock, LockedBase, PlatformLock
from lading.trees import digest_of, tree_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading import Image, ImageInfo
    from lading.grammar.dialect import Dialect
    from lading.info import Step

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = bool(os.environ.get("LADING_UPDATE_SNAPSHOTS"))
WHEEL = b"a wheel of the project's own"
EVERY = tuple(str(distro) for distro in SUPPORTED)
SOME = ("debian:bookworm", "alpine:3.22", "ubi:9")

_FILES: dict[str, str | bytes] = {
    "server.py": "app = None\n",
    "model/weights.bin": b"\0\1\2",
    "setup.sh": "#!/bin/sh\nset -e\n",
    "wheels/ours-1.0-py3-none-any.whl": WHEEL,
    "requirements.txt": "torch==2.1.0\n",
    "libs/shared/pyproject.toml": '[project]\nname = "shared"\nversion = "0.3"\n',
}

_OURS = Distribution(
    name="ours",
    version="1.0",
    kind="file",
    url="wheels/ours-1.0-py3-none-any.whl",
    hashes=(f"sha256:{sha256(WHEEL)}",),
)
_BELOW = msgspec.structs.replace(sdist("below", "3.0"), index=None, subdirectory="src/python")
_GIT = Distribution(
    name="theirs",
    version="2.0",
    kind="git",
    url="https://git.example.test/team/theirs.git",
    commit="c" * 40,
    subdirectory="python",
)
_SSH = Distribution(
    name="hidden",
    version="4.1",
    kind="git",
    url="ssh://git@git.example.test/h.git",
    commit="d" * 40,
)
_SHARED = Distribution(
    name="shared",
    version="0.3",
    kind="directory",
    url="libs/shared",
)
_ZIP = Distribution(
    name="zipped",
    version="1.1",
    kind="sdist",
    url="https://files.example.test/zipped-1.1.zip",
    hashes=(f"sha256:{sha256(b'zip')}",),
    subdirectory="lib",
)

CORP = "https://packages.example.test/simple"
TORCH = "https://torch.example.test/whl/cpu"


def from_index(url: str, one: Distribution) -> Distribution:
    return msgspec.structs.replace(one, index=url)


def build(name: str, *distributions: Distribution) -> Build:
    """What a source is built with."""
    names = tuple(one.name for one in distributions)
    return Build(name=name, requirements=names, distributions=distributions)


_SETUPTOOLS = wheel("setuptools", "80.9.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """An image as its user writes it, what was locked for it, and how it is to be reached."""

    text: str
    locked: tuple[Distribution, ...] = ()
    builds: tuple[Build, ...] = ()
    distros: tuple[str, ...] = EVERY
    dialect: Dialect = "buildkit"
    reaching: Mapping[str, object] = field(default_factory=dict)


_FULL = """(
    Image(distro=DISTRO)
    .system_packages("curl", debian=["libgomp1"], alpine=["libgomp"], redhat=["libgomp"])
    .python_packages("fastapi", "./wheels/ours-1.0-py3-none-any.whl")
    .env({"LOG_FORMAT": 'say "$HOME" and \\\\', "PATH": "/opt/tools/bin:$PATH"})
    .run("python -c 'import fastapi' # it is there")
    .requirements_file("requirements.txt")
    .run_script("setup.sh", "--all", "it's", secrets=["token"])
    .run("for name in a b; do\\n    echo \\"$name\\"\\ndone")
    .build_include("model", to="/srv/models")
    .build_include("server.py")
    .env(PYTHONUNBUFFERED="1")
    .workdir("/srv/app")
    .user(4711, name="server")
    .volume("/data")
    .expose(8000, "9000/udp")
    .label({"org.opencontainers.image.source": "https://git.example.test/team/service"})
    .healthcheck("python", interval="30s", timeout="5s", start_period="10s", retries=3)
    .stop_signal("SIGINT")
    .entrypoint("uvicorn")
    .cmd("server:app", "--port", "8000")
)"""
_COMPILED = """(
    Image(distro=DISTRO)
    .system_packages(debian=["libpq-dev"], alpine=["libpq-dev"], redhat=["libpq-devel"])
    .build_packages(debian=["libssl-dev"], alpine=["openssl-dev"], redhat=["openssl-devel"])
    .env(CFLAGS="-O2 -g", PATH="/opt/tools/bin:$PATH")
    .python_packages("psycopg2", "six", no_binary=["psycopg2"])
    .python_packages("theirs @ git+https://git.example.test/team/theirs@main#subdirectory=python")
    .cmd("python", "-m", "theirs")
)"""

_TRUSTING = """(
    Image(distro=DISTRO, components=["non-free"]).system_packages("curl").python_packages("six")
)"""
_TRUST = {
    "archive_mirrors": (
        ("debian", "https://mirror.example.test/debian"),
        ("debian-security", "https://mirror.example.test/debian-security"),
    ),
    "archive_keyrings": (("debian", ContextFile(path="apt/debian.gpg", sha256="0" * 64, size=1)),),
    "unsigned_archives": ("debian-security",),
}
_TRIXIE = ("debian:trixie",)
_ON_SCRATCH = """(
    Image(base_image="scratch", distro=DISTRO)
    .system_packages("libgomp1")
    .python_packages("fastapi", "./wheels/ours-1.0-py3-none-any.whl")
    .build_include("server.py")
    .env(PATH="/opt/tools/bin:$PATH")
    .volume("/data")
    .cmd("python", "server.py")
)"""

RECIPES = {
    "minimal": Recipe(
        text="""Image(distro=DISTRO).python_packages("fastapi")""",
        locked=(wheel("fastapi", "0.115.0"), wheel("starlette", "0.38.6")),
    ),
    "full": Recipe(
        text=_FULL,
        locked=(
            _OURS,
            wheel("fastapi", "0.115.0"),
            wheel("torch", "2.1.0", group=2),
        ),
    ),
    "compiled": Recipe(
        text=_COMPILED,
        locked=(sdist("psycopg2", "2.9.9"), _BELOW, wheel("six", "1.16.0"), _GIT),
        builds=(
            build("below", _SETUPTOOLS),
            build("psycopg2", _SETUPTOOLS),
            build("theirs", wheel("hatchling", "1.27.0")),
        ),
    ),
    "unlocked": Recipe(
        text="""(
    Image(distro=DISTRO, lock_python_packages=False, compile_bytecode=False)
    .index("https://packages.example.test/simple/", name="team")
    .python_packages("fastapi>=0.115", "./wheels/ours-1.0-py3-none-any.whl")
    .python_packages("theirs @ git+https://git.example.test/team/theirs@main")
)""",
    ),
    "custom-base": Recipe(
        text="""(
    Image("registry.example.test:5000/team/base:7", distro=DISTRO)
    .python_packages("fastapi")
    .user(1001, group=1001)
)""",
        locked=(wheel("fastapi", "0.115.0"),),
    ),
    "no-python": Recipe(
        text="""(
    Image("registry.example.test:5000/team/base:7", distro=DISTRO)
    .system_packages("curl")
    .run("curl --version")
    .cmd("curl")
)""",
    ),
    "private": Recipe(
        distros=SOME,
        text="""(
    Image(distro=DISTRO, accelerator="cpu")
    .index(CORP, name="corp", packages=["corp-models"], username="ci", secret=secret("CORP_TOKEN"))
    .python_packages("corp-models", "torch", "six", secrets=[secret("LICENCE", version="7")])
    .run("fetch | tar -x && echo \\"$HF\\"", secrets=[secret("HF", variable="HF", version="2")])
    .run_script("setup.sh", secrets=[secret("KEY", variable="API_KEY")])
)""",
        locked=(
            from_index(CORP, wheel("corp-models", "1.0")),
            wheel("six", "1.16.0"),
            from_index(TORCH, wheel("torch", "2.9.1")),
        ),
    ),
    "sources": Recipe(
        distros=SOME,
        text="""(
    Image(distro=DISTRO)
    .index(CORP, name="corp", netrc=secret("NETRC", file="~/.netrc"))
    .python_packages("hidden @ git+ssh://git@git.example.test/h.git", secrets=["deploy_key"])
    .python_packages("./libs/shared", "zipped", "six", no_binary=["zipped"])
)""",
        locked=(
            msgspec.structs.replace(_SSH, assumed=True),
            _SHARED,
            wheel("six", "1.16.0"),
            _ZIP,
        ),
        builds=(
            build("hidden", wheel("cython", "3.1"), from_index(CORP, wheel("corp-build", "1.0"))),
            build("shared", from_index(CORP, wheel("corp-build", "1.0"))),
            build("zipped"),
        ),
    ),
    "no-isolation": Recipe(
        distros=SOME,
        text="""(
    Image(distro=DISTRO)
    .system_packages(debian=["libgomp1"], alpine=["libgomp"], redhat=["libgomp"])
    .build_packages("ninja-build")
    .python_packages("torch", "fast", "psycopg2", no_binary=["fast", "psycopg2"],
        no_build_isolation=["fast"])
    .env(MAX_JOBS="4")
    .run("python -c 'import fast'")
    .python_packages("hidden @ git+ssh://git@git.example.test/h.git", no_build_isolation=["hidden"])
)""",
        locked=(
            sdist("fast", "1.0"),
            msgspec.structs.replace(_SSH, group=2),
            sdist("psycopg2", "2.9.9"),
            wheel("torch", "2.9.1"),
        ),
        builds=(
            build("fast", wheel("ninja", "1.13.0"), _SETUPTOOLS),
            build("hidden", _SETUPTOOLS),
            build("psycopg2", _SETUPTOOLS),
        ),
    ),
    "vendored": Recipe(
        distros=("debian:bookworm", "ubuntu:24.04"),
        text="""(
    Image(distro=DISTRO)
    .index(CORP, name="corp", secret="CORP_TOKEN")
    .system_packages("libgomp1")
    .python_packages("six", "./libs/shared",
        "theirs @ git+https://git.example.test/team/theirs#subdirectory=python")
    .run("python -c 'import six'")
    .python_packages("corp-models", "fast", no_binary=["fast"], no_build_isolation=["fast"])
)""",
        locked=(
            msgspec.structs.replace(from_index(CORP, wheel("corp-models", "1.0")), group=2),
            sdist("fast", "1.0", group=2),
            _SHARED,
            wheel("six", "1.16.0"),
            _GIT,
        ),
        builds=(
            build("fast", _SETUPTOOLS),
            build("shared"),
            build("theirs", _SETUPTOOLS, from_index(CORP, wheel("corp-build", "1.0"))),
        ),
        reaching={"vendored": True},
    ),
    "mirrored": Recipe(
        distros=("debian:bookworm",),
        text="""Image(distro=DISTRO).system_packages("curl").python_packages("six")""",
        locked=(wheel("six", "1.16.0"),),
        reaching={
            "base_mirror": "mirror.example.test/hub/library/python:3.13-slim-bookworm",
            "archive_mirrors": (
                ("debian", "https://mirror.example.test/debian"),
                ("debian-security", "https://mirror.example.test/debian-security"),
            ),
            "python_mirror": "https://mirror.example.test/simple",
        },
    ),
    "trusting": Recipe(
        distros=("debian:bookworm",),
        text=_TRUSTING,
        locked=(wheel("six", "1.16.0"),),
        reaching=_TRUST,
    ),
    "classic-trusting": Recipe(
        distros=("debian:bookworm",),
        text=_TRUSTING,
        dialect="classic",
        locked=(wheel("six", "1.16.0"),),
        reaching=_TRUST,
    ),
    "models": Recipe(
        distros=("debian:bookworm",),
        text="""(
    Image(distro=DISTRO)
    .system_packages("libgomp1")
    .python_packages("torch")
    .model("model", to="/models")
    .build_include(".", exclude=["libs", "vendor", "wheels"])
    .cmd("python", "server.py")
)""",
        locked=(wheel("torch", "2.1.0"),),
    ),
    "classic": Recipe(
        text=_FULL.replace(""", secrets=["token"]""", ""),
        dialect="classic",
        locked=(_OURS, wheel("fastapi", "0.115.0"), wheel("torch", "2.1.0", group=2)),
    ),
    "classic-compiled": Recipe(
        text=_COMPILED,
        dialect="classic",
        locked=(sdist("psycopg2", "2.9.9"), _BELOW, wheel("six", "1.16.0"), _GIT),
        builds=(
            build("below", _SETUPTOOLS),
            build("psycopg2", _SETUPTOOLS),
            build("theirs", wheel("hatchling", "1.27.0")),
        ),
    ),
    "classic-unlocked": Recipe(
        distros=SOME,
        text="""(
    Image(distro=DISTRO, lock_python_packages=False)
    .python_packages("fastapi>=0.115", "./wheels/ours-1.0-py3-none-any.whl")
    .run("python -c 'import fastapi'")
    .python_packages("uvicorn")
)""",
        dialect="classic",
    ),
    "classic-vendored": Recipe(
        distros=("debian:bookworm",),
        text="""(
    Image(distro=DISTRO)
    .system_packages("libgomp1")
    .python_packages("six", "fast", no_binary=["fast"], no_build_isolation=["fast"])
)""",
        dialect="classic",
        locked=(sdist("fast", "1.0"), wheel("six", "1.16.0")),
        builds=(build("fast", _SETUPTOOLS),),
        reaching={"vendored": True},
    ),
    "scratch": Recipe(
        distros=("debian:bookworm", "debian:trixie"),
        text=_ON_SCRATCH,
        locked=(_OURS, wheel("fastapi", "0.115.0")),
    ),
    "scratch-compiled": Recipe(
        distros=_TRIXIE,
        text="""(
    Image(base_image="scratch", distro=DISTRO)
    .build_packages("libssl-dev")
    .python_packages("fast", "psycopg2", "six", no_binary=["fast", "psycopg2"],
        no_build_isolation=["fast"])
)""",
        locked=(sdist("fast", "1.0"), sdist("psycopg2", "2.9.9"), wheel("six", "1.16.0")),
        builds=(build("fast", _SETUPTOOLS), build("psycopg2", _SETUPTOOLS)),
    ),
    "scratch-run": Recipe(
        distros=_TRIXIE,
        text="""(
    Image(base_image="scratch", distro=DISTRO)
    .python_packages("fastapi")
    .run("python -c 'import fastapi'")
    .system_packages("git")
    .run_script("setup.sh")
    .python_packages("psycopg2", no_binary=["psycopg2"])
    .cmd("python", "-m", "server")
)""",
        locked=(wheel("fastapi", "0.115.0"), sdist("psycopg2", "2.9.9", group=2)),
        builds=(build("psycopg2", _SETUPTOOLS),),
    ),
    "scratch-unlocked": Recipe(
        distros=_TRIXIE,
        text="""(
    Image(base_image="scratch", distro=DISTRO, lock_python_packages=False)
    .python_packages("fastapi>=0.115")
)""",
    ),
    "scratch-vendored": Recipe(
        distros=_TRIXIE,
        text=_ON_SCRATCH,
        locked=(_OURS, wheel("fastapi", "0.115.0")),
        reaching={"vendored": True},
    ),
    "classic-scratch": Recipe(
        distros=_TRIXIE,
        dialect="classic",
        text=_ON_SCRATCH,
        locked=(_OURS, wheel("fastapi", "0.115.0")),
    ),
}

CASES = tuple((name, distro) for name, recipe in RECIPES.items() for distro in recipe.distros)
UNLOCKED = {name for name, recipe in RECIPES.items() if "lock_python_packages" in recipe.text}
CLASSIC = {name for name, recipe in RECIPES.items() if recipe.dialect == "classic"}
ON_SCRATCH = {name for name in RECIPES if "scratch" in name}
VENDORED = {name for name, recipe in RECIPES.items() if recipe.reaching.get("vendored")}


@cache
def frozen(recipe: str, distro: str, *, pinned: bool = True) -> ImageInfo:
    """The recipe for a distro, decided."""
    chosen = RECIPES[recipe]
    with tempfile.TemporaryDirectory() as name:
        world = World(root=Path(name).resolve())
        world.write(_FILES)
        image = world.image(chosen.text, DISTRO=distro, CORP=CORP, secret=secret)
        _lock(world, image, chosen, pinned=pinned)
        freezer = world.freezer(allow_unpinned_base=not pinned)
        info = freezer.decide(image, platform=PLATFORM, project=world.project).info
    return msgspec.structs.replace(info, **chosen.reaching)


@cache
def text_of(recipe: str, distro: str) -> str:
    """Its Dockerfile."""
    return dockerfile(frozen(recipe, distro), dialect=RECIPES[recipe].dialect)


def _lock(world: World, image: Image, recipe: Recipe, *, pinned: bool) -> None:
    has_digest = pinned and image.base_image != SCRATCH
    base = LockedBase(
        reference=str(base_of(image)),
        digest=DIGEST if has_digest else None,
        manifest=MANIFEST if has_digest else None,
    )
    part = PlatformLock(
        platform=PLATFORM,
        base=base,
        tools=(UV,),
        distributions=tuple(_measured(world, one) for one in recipe.locked),
        builds=recipe.builds,
    )
    part = msgspec.structs.replace(part, **locked_debs(image, part))
    inputs = read_inputs(image, world.project).inputs
    write_lock(world.project, Lock(inputs=inputs, platforms=(part,)))


def _measured(world: World, one: Distribution) -> Distribution:
    if one.kind != "directory":
        return one
    digest = digest_of(tree_of(world.project, one.url))
    return msgspec.structs.replace(one, hashes=(f"sha256:{digest}",))


def installs(info: ImageInfo) -> list[InstallPython]:
    return [step for step in info.steps if isinstance(step, InstallPython)]


def replaced(info: ImageInfo, with_steps: tuple[Step, ...]) -> ImageInfo:
    return msgspec.structs.replace(info, steps=with_steps)


def snapshot_path(recipe: str, distro: str) -> Path:
    return SNAPSHOTS / f"{recipe}.{distro.replace(':', '-')}.Dockerfile"
