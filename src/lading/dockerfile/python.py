"""How a Dockerfile installs Python distributions: by uv, which no layer of the image holds."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from lading.build_inputs import CA_BUNDLE_PATH
from lading.distros.certificates import when_ca_bundle
from lading.dockerfile import instructions as docker
from lading.dockerfile.build_inputs import TRUST_CA, ca_mount, ca_script_mounts
from lading.dockerfile.environment import set_variables
from lading.dockerfile.layout import (
    BUILT_WHEELS,
    MOUNTED_BUILT_WHEELS,
    MOUNTED_CACHE,
    MOUNTED_REQUIREMENTS,
    MOUNTED_SOURCES,
    MOUNTED_UV,
    MOUNTED_WHEELS,
    requirements_name,
)
from lading.info.layout import SOURCES, UV, WHEELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.dockerfile.instructions import Instruction, Mount
    from lading.info import ImageInfo, InstallPython
    from lading.lock.model import Distribution

__all__ = ["compile_stage", "install_python", "needs_compiler"]

_COMPILED = frozenset({"sdist", "git"})

# No file of the base's decides; a variable of it, such as UV_INDEX_URL, may say where to look for
# what the hashes pin. A cache mount is a file system of its own: nothing links out of it.
_SETTINGS = (
    "export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy "
    f"UV_CACHE_DIR={MOUNTED_CACHE}"
)


def needs_compiler(step: InstallPython) -> bool:
    """Whether `step` has distributions that must be made into wheels first."""
    return any(distribution.kind in _COMPILED for distribution in step.distributions)


def compile_stage(
    info: ImageInfo,
    step: InstallPython,
    number: int,
    *,
    base: str,
    tools: tuple[Instruction, ...],
) -> tuple[Instruction, ...]:
    """The stage that makes wheels of the source distributions and repositories of `step`.

    Args:
        info: The image.
        step: One of its installations.
        number: Which, counted from 1.
        base: The stage to start from.
        tools: The instructions that install compilers there.
    """
    sources = tuple(one for one in step.distributions if one.kind in _COMPILED)
    mounts: tuple[Mount, ...] = (_uv_mount(), _cache_mount(info), *ca_script_mounts())
    if any(one.kind == "sdist" for one in sources):
        mounts += (docker.BindMount(source=SOURCES, target=MOUNTED_SOURCES),)
    lines = (line for one in sources for line in _compile(info, one))
    commands = (TRUST_CA, _SETTINGS, *lines)
    return (
        docker.Comment(text=f"only the wheels leave: {', '.join(one.name for one in sources)}"),
        docker.From(image=base, stage=_stage(number)),
        *tools,
        *set_variables(step.environment, venv=None),
        docker.RunAll(commands=commands, mounts=mounts),
    )


def install_python(info: ImageInfo, step: InstallPython, number: int) -> Iterator[Instruction]:
    """The instructions that install `step`, the installation `number` of the image."""
    commands = [when_ca_bundle(f"export SSL_CERT_FILE={CA_BUNDLE_PATH}"), _SETTINGS]
    if number == 1:
        commands.append(_uv("venv", "--python", info.python, str(info.venv)))
    if info.compile_bytecode:
        # PEP 552. uv would else write each source's time into its bytecode, which differs by build.
        commands.append("export PYC_INVALIDATION_MODE=UNCHECKED_HASH")
    commands += _installations(info, step)
    yield docker.RunAll(commands=tuple(commands), mounts=tuple(_mounts(info, step, number)))
    if number == 1:
        yield docker.PathEnv(before=(f"{info.venv}/bin",))


def _installations(info: ImageInfo, step: InstallPython) -> Iterator[str]:
    places = _indexes(info)
    if any(one.kind == "file" for one in step.distributions):
        places += ("--find-links", MOUNTED_WHEELS)
    if step.requirements:
        if needs_compiler(step):
            places += ("--find-links", MOUNTED_BUILT_WHEELS)
        before = ("--prerelease", "allow") if info.prerelease else ()
        yield _pip_install(info, *before, *places, "-r", MOUNTED_REQUIREMENTS)
        return
    if any(one.kind not in _COMPILED for one in step.distributions):
        hashed = ("--require-hashes", *places, "-r", MOUNTED_REQUIREMENTS)
        yield _pip_install(info, "--no-deps", "--only-binary", ":all:", *hashed)
    if needs_compiler(step):
        built = ("--no-index", "--find-links", MOUNTED_BUILT_WHEELS)
        names = tuple(_exact(one) for one in step.distributions if one.kind in _COMPILED)
        yield _pip_install(info, "--no-deps", *built, *names)


def _exact(distribution: Distribution) -> str:
    # What a repository holds has no version before it is built.
    version = f"=={distribution.version}" if distribution.version else ""
    return f"{distribution.name}{version}"


def _pip_install(info: ImageInfo, *words: str) -> str:
    compiled = ("--compile-bytecode",) if info.compile_bytecode else ()
    return _uv("pip", "install", "--python", str(info.venv), *compiled, *words)


def _uv(*words: str) -> str:
    return shlex.join((MOUNTED_UV, *words))


def _indexes(info: ImageInfo) -> tuple[str, ...]:
    words: list[str] = []
    if info.no_index:
        words.append("--no-index")
    if info.default_index:
        words += ("--default-index", info.default_index)
    for url in info.indexes:
        words += ("--index", url)
    for link in info.find_links:
        words += ("--find-links", link)
    return tuple(words)


def _mounts(info: ImageInfo, step: InstallPython, number: int) -> Iterator[Mount]:
    yield _uv_mount()
    if step.requirements or any(one.kind not in _COMPILED for one in step.distributions):
        yield docker.BindMount(source=requirements_name(number), target=MOUNTED_REQUIREMENTS)
    if any(one.kind == "file" for one in step.distributions):
        yield docker.BindMount(source=WHEELS, target=MOUNTED_WHEELS)
    if needs_compiler(step):
        yield docker.BindMount(
            from_stage=_stage(number), source=BUILT_WHEELS, target=MOUNTED_BUILT_WHEELS
        )
    yield _cache_mount(info)
    yield ca_mount()


def _stage(number: int) -> str:
    return "wheels" if number == 1 else f"wheels-{number}"


def _compile(info: ImageInfo, distribution: Distribution) -> Iterator[str]:
    folder = f"/src/{distribution.name}"
    below = f"{folder}/{distribution.subdirectory}" if distribution.subdirectory else folder
    if distribution.kind == "sdist":
        archive = f"{MOUNTED_SOURCES}/{distribution.filename}"
        if distribution.subdirectory is None:
            yield _build(info, archive)
            return
        # The project is in a folder of the archive; all of it is in one folder of its own first.
        yield f"mkdir -p {folder}"
        yield shlex.join(("tar", "-xf", archive, "-C", folder, "--strip-components=1"))
        yield _build(info, below)
        return
    git = shlex.join(("git", "-C", folder))
    yield shlex.join(("git", "clone", "--quiet", "--", distribution.url, folder))
    yield _checkout(git, distribution)
    yield f"{git} submodule update --init --recursive --quiet"
    yield _build(info, below)


def _checkout(git: str, distribution: Distribution) -> str:
    checkout = f"{git} checkout --quiet --detach"
    revision = distribution.revision
    if revision is None:
        return f"{checkout} {distribution.commit or 'HEAD'}"
    # A clone has the branches of its origin under another name.
    names = (shlex.quote(name) for name in (f"origin/{revision}", revision))
    return f"{{ {' || '.join(f'{checkout} {name}' for name in names)}; }}"


def _build(info: ImageInfo, source: str) -> str:
    words = ("build", "--wheel", "--python", info.python, "--out-dir", BUILT_WHEELS)
    return _uv(*words, *_indexes(info), source)


def _uv_mount() -> Mount:
    return docker.BindMount(source=UV, target=MOUNTED_UV)


def _cache_mount(info: ImageInfo) -> Mount:
    # Another architecture's wheels would only make the cache larger; uv keeps them apart itself.
    arch = info.platform.partition("/")[2].replace("/", "-")
    return docker.CacheMount(target=MOUNTED_CACHE, id=f"lading-uv-{arch}")
