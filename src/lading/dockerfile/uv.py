"""Calls of uv inside a build: the installer that no layer of the image holds."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from lading.build_inputs import CA_BUNDLE_PATH
from lading.distros.certificates import when_ca_bundle
from lading.dockerfile import instructions as docker
from lading.dockerfile.layout import MOUNTED_CACHE, MOUNTED_UV
from lading.grammar.python_version import PythonVersion
from lading.info.layout import UV

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.dockerfile.instructions import Mount
    from lading.dockerfile.places import Place
    from lading.dockerfile.supply import Supply
    from lading.info import ImageInfo
    from lading.lock.model import Distribution

__all__ = [
    "PROGRAM",
    "TRUST_CA",
    "built_install",
    "cache",
    "environment",
    "hashed_install",
    "install",
    "settings",
    "unlocked",
    "uv",
]

_SETTINGS = (
    "UV_NO_CONFIG=1",
    "UV_PYTHON_DOWNLOADS=never",
    "UV_LINK_MODE=copy",
    "UV_NO_INSTALLER_METADATA=1",
)

TRUST_CA = when_ca_bundle(f"export SSL_CERT_FILE={CA_BUNDLE_PATH}")
"""What tells uv alone of the build's CA bundle."""

PROGRAM = docker.BindMount(source=UV, target=MOUNTED_UV)
"""The program itself."""


def cache(info: ImageInfo, supply: Supply, *, locked: bool) -> tuple[Mount, ...]:
    """What uv keeps between builds.

    An installation without a lock may run a package's code, as all that compiles does: that must
    not reach the files that others install by hash, since uv looks at a hash once, before it caches
    a file.
    """
    # Another architecture's wheels would only make the cache larger; uv keeps them apart itself.
    arch = info.platform.partition("/")[2].replace("/", "-")
    name = "uv" if locked else "uv-unlocked"
    mount = docker.CacheMount(target=MOUNTED_CACHE, id=f"lading-{name}-{arch}")
    return (mount,) if supply.mounts else ()


def settings(info: ImageInfo, cached: str = "UV_NO_CACHE=1") -> str:
    """The command that keeps the base's and the user's own settings of uv out.

    No file of the base's decides; a variable of it, such as UV_INDEX_URL, may say where to look for
    what the hashes pin. A cache mount is a file system of its own: nothing links out of it.

    Without uv's own files beside what a wheel holds, the same wheels are the same environment: its
    `uv_cache.json` has the time of a wheel that was compiled a moment before.
    """
    words = [*_SETTINGS, cached]
    return " ".join(("export", *words, *(("UV_OFFLINE=1",) if info.vendored else ())))


def environment(info: ImageInfo) -> tuple[str, ...]:
    """Make the virtual environment, and leave of it only what an interpreter looks at (PEP 405).

    Nobody activates it in a container; and without the version of what made it, the same packages
    are the same files.
    """
    venv = info.venv
    site = f"{venv}/lib/python{PythonVersion.parse(info.python).series}/site-packages"
    made = f"{venv}/pyvenv.cfg"
    unused = (".gitignore", "CACHEDIR.TAG", "bin/*activate*", "bin/pydoc.bat")
    files = (*(f"{venv}/{name}" for name in unused), f"{site}/_virtualenv.*")
    return (
        uv("venv", "--python", info.python, str(venv)),
        f"grep -E '^(home|include-system-site-packages) = ' {made} >{venv}/kept",
        f"mv {venv}/kept {made}",
        f"rm -f {' '.join(files)}",
    )


def unlocked(info: ImageInfo) -> str:
    """Remove what uv leaves while it installs."""
    return f"rm -f {info.venv}/.lock"


def uv(*words: str) -> str:
    """A call of uv."""
    return shlex.join((MOUNTED_UV, *words))


def hashed_install(place: Place, file: str, *options: str) -> str:
    """Install the pinned wheels of one place, from there alone."""
    pinned = ("--no-deps", "--only-binary", ":all:", "--require-hashes")
    return _let_in(place, uv("pip", "install", *options, *pinned, *place.words, "-r", file))


def built_install(compiled: Iterable[Distribution], folder: str, *options: str) -> str:
    """Install the wheels that this build has made, from the folder that they are in."""
    names = (_exact(one) for one in compiled)
    # From its cache uv would take any wheel of that name and version that such a folder once had.
    only = ("--no-cache", "--no-deps", "--no-index", "--find-links", folder)
    return uv("pip", "install", *options, *only, *names)


def install(place: Place, *words: str) -> str:
    """Install from anywhere in a place."""
    return _let_in(place, uv("pip", "install", *words))


def _exact(distribution: Distribution) -> str:
    # What a repository holds may have no version before it is built.
    version = f"=={distribution.version}" if distribution.version else ""
    return f"{distribution.name}{version}"


def _let_in(place: Place, call: str) -> str:
    return " ".join((*place.login, call))
