"""The images whose whole Dockerfiles are kept as snapshots, for every release of every distro.

`LADING_UPDATE_SNAPSHOTS=1 pytest tests/dockerfile/test_lower.py` writes `snapshots/` anew: read the
difference as a user would before it is committed.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from freeze.world import World, sdist, sha256, wheel
from lading.distros import SUPPORTED
from lading.lock.model import Distribution

if TYPE_CHECKING:
    from lading.info import ImageInfo

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = bool(os.environ.get("LADING_UPDATE_SNAPSHOTS"))
WHEEL = b"a wheel of the project's own"

_FILES: dict[str, str | bytes] = {
    "server.py": "app = None\n",
    "model/weights.bin": b"\0\1\2",
    "setup.sh": "#!/bin/sh\nset -e\n",
    "wheels/ours-1.0-py3-none-any.whl": WHEEL,
    "requirements.txt": "torch==2.1.0\n",
}

_OURS = Distribution(
    name="ours",
    version="1.0",
    kind="file",
    url="wheels/ours-1.0-py3-none-any.whl",
    hashes=(f"sha256:{sha256(WHEEL)}",),
)
_BELOW = msgspec.structs.replace(sdist("below", "3.0"), subdirectory="src/python")
_GIT = Distribution(
    name="theirs",
    version="2.0",
    kind="git",
    url="https://git.example.test/team/theirs.git",
    commit="c" * 40,
    subdirectory="python",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """An image as its user writes it, and what was locked for it."""

    text: str
    locked: tuple[Distribution, ...] = ()


RECIPES = {
    "minimal": Recipe(
        text="""Image(distro=DISTRO).python_packages("fastapi")""",
        locked=(wheel("fastapi", "0.115.0"), wheel("starlette", "0.38.6")),
    ),
    "full": Recipe(
        text="""(
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
)""",
        locked=(
            _OURS,
            wheel("fastapi", "0.115.0"),
            wheel("torch", "2.1.0", group=2),
        ),
    ),
    "compiled": Recipe(
        text="""(
    Image(distro=DISTRO)
    .system_packages(debian=["libpq-dev"], alpine=["libpq-dev"], redhat=["libpq-devel"])
    .env(CFLAGS="-O2 -g", PATH="/opt/tools/bin:$PATH")
    .python_packages("psycopg2", "six", no_binary=["psycopg2"])
    .python_packages("theirs @ git+https://git.example.test/team/theirs@main#subdirectory=python")
    .cmd("python", "-m", "theirs")
)""",
        locked=(sdist("psycopg2", "2.9.9"), _BELOW, wheel("six", "1.16.0"), _GIT),
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
}

CASES = tuple((recipe, str(distro)) for recipe in RECIPES for distro in SUPPORTED)


@cache
def frozen(recipe: str, distro: str, *, pinned: bool = True) -> ImageInfo:
    """The recipe for a distro, decided."""
    with tempfile.TemporaryDirectory() as name:
        world = World(root=Path(name).resolve())
        world.write(_FILES)
        image = world.image(RECIPES[recipe].text, DISTRO=distro)
        world.lock(image, *RECIPES[recipe].locked, pinned=pinned)
        freezer = world.freezer(allow_unpinned_base=not pinned)
        return freezer.decide(image, platform="linux/amd64", project=world.project).info


def snapshot_path(recipe: str, distro: str) -> Path:
    return SNAPSHOTS / f"{recipe}.{distro.replace(':', '-')}.Dockerfile"
