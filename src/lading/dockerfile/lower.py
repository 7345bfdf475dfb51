"""The lowering: an `ImageInfo` becomes typed instructions.

It decides how a Dockerfile does each step, never what is done. Steps stay in their order; what is
compiled is compiled in a stage of its own, so that no toolchain reaches the image.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final, assert_never

from lading.distros import install_commands, parse_distro, toolchain, user_commands
from lading.dockerfile import instructions as docker
from lading.dockerfile.build_inputs import TRUST_CA, ca_mount, ca_script_mounts
from lading.dockerfile.environment import set_variables
from lading.dockerfile.layout import MADE_BY
from lading.dockerfile.python import compile_stage, install_python, needs_compiler
from lading.grammar.python_version import PythonVersion
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

# The lock doesn't pin these yet. The linter has a rule for each package manager.
_UNPINNED = {
    "apt": "DL3008",
    "apk": "DL3018",
    "dnf": "DL3041",
    "microdnf": "DL3041",
    "yum": "DL3033",
}

_WORDS: Final[dict[type[Step], str]] = {
    InstallSystem: "system packages",
    InstallPython: "Python packages",
    RunCommand: "run",
    RunScript: "run_script",
    CopyFiles: "files",
    SetEnv: "env",
}

_HEADER = f"{MADE_BY}: changes belong in the Image that this was made from, and are lost here."


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
    # A base may have set another shell, and every command here is POSIX sh.
    yield docker.Shell(argv=("/bin/sh", "-c"))
    # CASES R9: a base may end as another user, who may not install anything. The linter minds a
    # stage that ends as root, and only the last one is ever run.
    if stage is not None:
        yield docker.Comment(text="hadolint ignore=DL3002")
    yield docker.User(user="0")
    if info.interpreter_packages:
        yield docker.Blank()
        yield docker.Comment(text=f"Python {info.python}, where the base has none")
        program = f"python{PythonVersion.parse(info.python).series}"
        yield from _install(
            info,
            info.interpreter_packages,
            before=(f"{{ ! command -v {program} >/dev/null || exit 0; }}",),
        )


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
    if info.distro is None:
        return ()
    own = PythonVersion.parse(info.python) if info.python_from_distro else None
    needed = toolchain(parse_distro(info.distro), python_from_distro=own)
    every = tuple(dict.fromkeys((*needed, *packages)))
    return tuple(_install(info, every))


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
        yield docker.Comment(text=" ".join((", ".join(step.at), _WORDS[type(step)])).strip())
        installs += isinstance(step, InstallPython)
        yield from _step(info, step, installs)


def _step(info: ImageInfo, step: Step, number: int) -> Iterator[Instruction]:
    match step:
        case InstallSystem():
            yield from _install(info, step.packages)
        case InstallPython():
            yield from install_python(info, step, number)
        case RunCommand():
            mounts = (*ca_script_mounts(), *_secret_mounts(step.secrets))
            yield docker.Run(command=f"{TRUST_CA}; {step.command}", mounts=mounts)
        case RunScript():
            yield _run_script(step)
        case CopyFiles():
            yield docker.Copy(sources=(f"{step.source}/",), destination=_folder(step.destination))
        case SetEnv():
            yield from set_variables(step.variables, venv=info.venv)
        case _:
            assert_never(step)


def _folder(path: str) -> str:
    return path if path.endswith("/") else f"{path}/"


def _run_script(step: RunScript) -> Instruction:
    mounted = f"/run/{step.script.path.rpartition('/')[2]}"
    mounts = (
        docker.BindMount(source=step.script.path, target=mounted),
        *ca_script_mounts(),
        *_secret_mounts(step.secrets),
    )
    words = shlex.join((mounted, *step.arguments))
    return docker.Run(command=f"{TRUST_CA}; {words}", mounts=mounts)


def _install(
    info: ImageInfo, packages: tuple[str, ...], *, before: tuple[str, ...] = ()
) -> Iterator[Instruction]:
    assert info.distro is not None  # noqa: S101 - freeze refuses packages without a distro
    distro = parse_distro(info.distro)
    arch = info.platform.partition("/")[2].replace("/", "-")
    install = install_commands(distro, packages, arch=arch)
    caches = tuple(docker.CacheMount(target=cache.target, id=cache.id) for cache in install.mounts)
    yield docker.Comment(text=f"hadolint ignore={_UNPINNED[distro.package_manager]}")
    yield docker.RunAll(commands=(*before, *install.commands), mounts=(*caches, ca_mount()))


def _secret_mounts(secrets: tuple[str, ...]) -> tuple[docker.Mount, ...]:
    return tuple(docker.SecretMount(id=secret, required=True) for secret in secrets)


def _settings(info: ImageInfo) -> Iterator[Instruction]:
    config = info.config
    # A platform that picks another uid finds no passwd entry, and so no home, for it.
    if not _sets_home(info):
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


def _sets_home(info: ImageInfo) -> bool:
    variables = (pair for step in info.steps if isinstance(step, SetEnv) for pair in step.variables)
    return any(name == "HOME" for name, _ in variables)


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
