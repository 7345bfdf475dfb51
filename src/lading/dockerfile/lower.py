"""The lowering: an `ImageInfo` becomes typed instructions.

It decides how a Dockerfile does each step, never what is done. Steps stay in their order; what is
compiled is compiled in a stage of its own, so that no toolchain reaches the image.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, assert_never

from lading.build_inputs import CA_BUNDLE_PATH, CA_SECRET_ID
from lading.distros import ca_prelude, install_commands, parse_distro, user_commands
from lading.dockerfile import instructions as docker
from lading.dockerfile.python import compile_stage, install_python, needs_compiler
from lading.info import (
    CopyFiles,
    InstallPython,
    InstallSystem,
    RunCommand,
    RunScript,
    SetEnv,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.dockerfile.instructions import Instruction
    from lading.info import Config, ImageInfo, Step

__all__ = ["lower"]

_BASE_STAGE = "base"

# What the lock does not pin yet is pinned by no version in the text; each linter rule by its manager.
_UNPINNED = {
    "apt": "DL3008",
    "apk": "DL3018",
    "dnf": "DL3041",
    "microdnf": "DL3041",
    "yum": "DL3033",
}

_HEADER = """\
Made by Lading: changes belong in the Image that this was made from, and are lost here."""


def lower(info: ImageInfo) -> tuple[Instruction, ...]:
    """The instructions of the Dockerfile that builds `info`."""
    stages = tuple(_compile_stages(info))
    return (
        docker.Comment(text=_HEADER),
        *_start(info, _BASE_STAGE if stages else None),
        *(instruction for stage in stages for instruction in (docker.Blank(), *stage)),
        *((docker.Blank(), docker.From(image=_BASE_STAGE)) if stages else ()),
        docker.Blank(),
        *_user(info.config),
        *_steps(info),
        docker.Blank(),
        *_settings(info),
    )


def _start(info: ImageInfo, stage: str | None) -> Iterator[Instruction]:
    reference, digest = info.base.reference, info.base.digest
    pinned = f"{reference}@{digest}" if digest and "@" not in reference else reference
    yield docker.From(image=pinned, stage=stage)
    # CASES R9: a base may end as another user, who may not install anything.
    yield docker.User(user="0")
    if info.interpreter_packages:
        yield docker.Comment(text=f"Python {info.python}, where the base has none")
        yield _unpinned_ignore(info)
        yield _install(info, info.interpreter_packages, unless=f"command -v python{_series(info)}")


def _series(info: ImageInfo) -> str:
    return ".".join(info.python.split(".")[:2])


def _compile_stages(info: ImageInfo) -> Iterator[tuple[Instruction, ...]]:
    packages: list[str] = []
    number = 0
    for step in info.steps:
        match step:
            case InstallSystem():
                packages += step.packages
            case InstallPython():
                number += 1
                if needs_compiler(step):
                    tools = _toolchain(info, packages)
                    yield compile_stage(info, step, number, base=_BASE_STAGE, tools=tools)
            case _:
                pass


def _toolchain(info: ImageInfo, packages: list[str]) -> tuple[Instruction, ...]:
    from lading.distros import toolchain  # noqa: PLC0415
    from lading.grammar.python_version import PythonVersion  # noqa: PLC0415

    if info.distro is None:
        return ()
    own = PythonVersion.parse(info.python) if info.python_from_distro else None
    needed = toolchain(parse_distro(info.distro), python_from_distro=own)
    every = tuple(dict.fromkeys((*needed, *packages)))
    return (_unpinned_ignore(info), _install(info, every))


def _user(config: Config) -> Iterator[Instruction]:
    user = config.user
    writable = tuple(dict.fromkeys((config.workdir, *config.volumes)))
    commands = user_commands(
        uid=user.uid, gid=user.gid, name=user.name, home=user.home, writable=writable
    )
    yield docker.Comment(text=f"who the container runs as: {user.uid}:{user.gid}")
    yield docker.RunAll(commands=commands)
    yield docker.Workdir(path=config.workdir)


def _steps(info: ImageInfo) -> Iterator[Instruction]:
    installs = 0
    for step in info.steps:
        yield docker.Blank()
        if step.at:
            yield docker.Comment(text=", ".join(step.at))
        installs += isinstance(step, InstallPython)
        yield from _step(info, step, installs)


def _step(info: ImageInfo, step: Step, number: int) -> Iterator[Instruction]:
    match step:
        case InstallSystem():
            yield _unpinned_ignore(info)
            yield _install(info, step.packages)
        case InstallPython():
            yield from install_python(info, step, number)
        case RunCommand():
            mounts = (_ca_mount(), *_secret_mounts(step.secrets))
            yield docker.Run(command=f"{ca_prelude()}; {step.command}", mounts=mounts)
        case RunScript():
            yield _run_script(step)
        case CopyFiles():
            yield docker.Copy(sources=(f"{step.source}/",), destination=_folder(step.destination))
        case SetEnv():
            yield from _env(info, step)
        case _:
            assert_never(step)


def _folder(path: str) -> str:
    return path if path.endswith("/") else f"{path}/"


def _run_script(step: RunScript) -> Instruction:
    mounted = f"/run/{step.script.path.rpartition('/')[2]}"
    words = shlex.join((mounted, *step.arguments))
    mounts = (
        docker.BindMount(source=step.script.path, target=mounted),
        _ca_mount(),
        *_secret_mounts(step.secrets),
    )
    return docker.Run(command=f"{ca_prelude()}; {words}", mounts=mounts)


def _env(info: ImageInfo, step: SetEnv) -> Iterator[Instruction]:
    others = tuple(pair for pair in step.variables if pair[0] != "PATH")
    if others:
        yield docker.Env(variables=others)
    for name, value in step.variables:
        if name == "PATH":
            yield search_path(value, info.venv)


def search_path(value: str, venv: str | None) -> docker.PathEnv:
    """PATH as a user wrote it: an entry `$PATH` is the path so far, which has the venv already."""
    entries = [entry for entry in value.split(":") if entry]
    places = [place for place, entry in enumerate(entries) if entry in {"$PATH", "${PATH}"}]
    if places:
        before, after = entries[: places[0]], entries[places[0] + 1 :]
        return docker.PathEnv(before=tuple(before), inherited=True, after=tuple(after))
    first = (f"{venv}/bin",) if venv else ()
    return docker.PathEnv(before=(*first, *entries), inherited=False)


def _install(
    info: ImageInfo, packages: tuple[str, ...], *, unless: str | None = None
) -> Instruction:
    assert info.distro is not None  # noqa: S101 - freeze refuses packages without a distro
    arch = info.platform.partition("/")[2].replace("/", "-")
    install = install_commands(parse_distro(info.distro), packages, arch=arch)
    caches = tuple(docker.CacheMount(target=cache.target, id=cache.id) for cache in install.mounts)
    commands = install.commands
    if unless is not None:
        commands = (f"{unless} >/dev/null || {{ {' && '.join(commands)}; }}",)
        return docker.Run(command=commands[0], mounts=(*caches, _ca_mount()))
    return docker.RunAll(commands=commands, mounts=(*caches, _ca_mount()))


def _unpinned_ignore(info: ImageInfo) -> Instruction:
    assert info.distro is not None  # noqa: S101 - freeze refuses packages without a distro
    return docker.Comment(
        text=f"hadolint ignore={_UNPINNED[parse_distro(info.distro).package_manager]}"
    )


def _ca_mount() -> docker.Mount:
    return docker.SecretMount(id=CA_SECRET_ID, target=CA_BUNDLE_PATH, required=False)


def _secret_mounts(secrets: tuple[str, ...]) -> tuple[docker.Mount, ...]:
    return tuple(docker.SecretMount(id=secret, required=True) for secret in secrets)


def _settings(info: ImageInfo) -> Iterator[Instruction]:
    config = info.config
    # A platform that picks another uid finds no passwd entry, and so no home, for it.
    yield docker.Env(variables=(("HOME", config.user.home),))
    if config.labels:
        yield docker.Label(pairs=config.labels)
    if config.ports:
        yield docker.Expose(ports=config.ports)
    if config.volumes:
        yield docker.Volume(paths=config.volumes)
    if config.stop_signal:
        yield docker.StopSignal(signal=config.stop_signal)
    if config.healthcheck:
        yield _healthcheck(config)
    yield docker.User(user=f"{config.user.uid}:{config.user.gid}")
    if config.entrypoint is not None:
        yield docker.Entrypoint(argv=config.entrypoint)
    if config.cmd is not None:
        yield docker.Cmd(argv=config.cmd)


def _healthcheck(config: Config) -> Instruction:
    check = config.healthcheck
    assert check is not None  # noqa: S101 - the caller looked
    return docker.Healthcheck(
        argv=check.argv,
        interval=check.interval,
        timeout=check.timeout,
        start_period=check.start_period,
        retries=check.retries,
    )
