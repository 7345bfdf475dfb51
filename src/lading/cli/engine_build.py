"""`lading build` with a container engine: the image is frozen, and the engine builds the folder."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lading.build_inputs import PROXY_NAMES, proxies_in
from lading.cli.asked import listed
from lading.cli.base_build import base_request, check_keeps
from lading.cli.executed import surely_executed
from lading.cli.failure import Misused
from lading.cli.freezing import alone_in, default_folder
from lading.cli.handing import handed_over, users_of
from lading.cli.libraries import refuse_missing, warn_of_missing
from lading.cli.talk import note, progress
from lading.dockerfile import needs_ssh
from lading.engines import BuildRequest, find_engine
from lading.engines import build as run_build
from lading.errors import BuildError
from lading.image.on_platform import on_platform

if TYPE_CHECKING:
    from lading.cli.asked import Order
    from lading.cli.target import Target
    from lading.engines import Engine
    from lading.image import Image
    from lading.info import ImageInfo
    from lading.machine import Machine
    from lading.secret_values import SecretSource

__all__ = ["build_with_engine"]

# They deliver the image to one place: a registry, or the engine that holds it.
_ONE_PLACE = frozenset({"buildx", "buildctl"})

# What every engine takes without an ARG (Dockerfile reference, "Predefined ARGs").
_PREDEFINED_ARGS = frozenset({*PROXY_NAMES, "FTP_PROXY", "ftp_proxy"})


def build_with_engine(order: Order, found: Target, machine: Machine) -> tuple[ImageInfo, str]:
    """Build the image, and push it where that is asked.

    Returns:
        The image, and the engine's name.

    Raises:
        LadingError: It can't be frozen or built.
    """
    if order.dialect == "classic":
        _check_classic(order, machine)
    platform = order.platforms[0]
    image = on_platform(found.image, platform)
    folder = (order.context or default_folder(found.project, platform)).absolute()
    with ExitStack() as stack:
        handed: tuple[SecretSource, ...] = ()
        if order.dialect != "classic":  # which can't have any: freezing says so, with their lines
            handed = stack.enter_context(handed_over(image, machine, found.project))
        engine = _engine(order, image, machine)
        _check_places(order, engine)
        check_keeps(image, engine)
        request = _request(order, image, machine, folder, handed)
        # The engine reads the folder until it is done: no other service of the project may be
        # frozen to the same place meanwhile.
        stack.enter_context(alone_in(folder, machine))
        info = _frozen(order, found, machine, folder)
        if not order.quiet:
            _tell_why(order, info)
            note(f"building with {engine.name}")
        if (first := base_request(info, request)) is not None:
            run_build(engine, first, machine.environ)
        request = replace(request, bases=_bases(info), ssh=needs_ssh(info))
        run_build(engine, request, machine.environ)
    return info, engine.name


def _engine(order: Order, image: Image, machine: Machine) -> Engine:
    try:
        return find_engine(order.engine_name, machine.environ, dialect=order.dialect)
    except BuildError as error:
        if order.engine_name is not None:
            raise
        raise BuildError((*surely_executed(image), *error.problems)) from None


def _check_places(order: Order, engine: Engine) -> None:
    if order.push and order.load and engine.name in _ONE_PLACE:
        raise Misused(
            f"--push and --load: {engine.name} pushes an image or loads it, not both",
            hint="leave one of them out, or take another engine: --engine docker",
        )


def _request(
    order: Order,
    image: Image,
    machine: Machine,
    folder: Path,
    handed: tuple[SecretSource, ...],
) -> BuildRequest:
    return BuildRequest(
        context=folder,
        tags=order.tags,
        platform=str(order.platforms[0]),
        push=order.push,
        no_cache=order.no_cache,
        build_args=order.build_args,
        secrets=handed,
        users=users_of(image),
        ca_bundle=_ca_bundle(machine) if order.dialect != "classic" else None,
        proxies=proxies_in(machine.environ),
        network=order.network,
        dialect=order.dialect,
        progress="quiet" if order.quiet else "auto",
        options=order.engine_options,
    )


def _frozen(order: Order, found: Target, machine: Machine, folder: Path) -> ImageInfo:
    from lading.freeze import Freezer  # noqa: PLC0415 - only for this command

    with progress(quiet=order.quiet) as say:
        freezer = Freezer(
            machine=machine,
            locked=order.locked,
            allow_unpinned_base=order.allow_unpinned_base,
            offline=order.offline,
            vendor=order.vendor,
            dialect=order.dialect,
            say=say,
        )
        decided = freezer.decide(
            found.image, platform=str(order.platforms[0]), project=found.project, target=folder
        )
        _check_build_args(decided.info, order.build_args)
        if order.strict:
            refuse_missing(freezer, [decided])
        say(f"writing {folder}")
        freezer.write(decided, folder)
    if not (order.quiet or order.strict):
        warn_of_missing(freezer, [decided])
    return decided.info


def _tell_why(order: Order, info: ImageInfo) -> None:
    """Say what an engine is needed for, where nobody asked for one by its name."""
    if order.engine_name is not None:
        return
    if order.of_engines:
        note(f"only a container engine heeds {listed(order.of_engines)}")
        return
    from lading.assembly import must_execute  # noqa: PLC0415 - not where an engine was named

    needed = must_execute(info) or must_execute(info, interpreter=False)
    note("a container engine is needed:")
    for one in dict.fromkeys(replace(one.problem, hint=None) for one in needed):
        note(f"  {one}")


def _bases(info: ImageInfo) -> tuple[str, ...]:
    """The references that the Dockerfile pulls its base by."""
    if info.on_scratch or info.base_built is not None:
        return ()
    reference = info.base_mirror or info.base.reference
    pinned = info.base.digest and "@" not in reference
    return (f"{reference}@{info.base.digest}" if pinned else reference,)


def _ca_bundle(machine: Machine) -> Path | None:
    named = machine.environ.get("SSL_CERT_FILE")
    return Path(named) if named and Path(named).is_file() else None


def _check_classic(order: Order, machine: Machine) -> None:
    """Certificate authorities that were named for the build must not be left out of it quietly."""
    if order.ca_bundle is not None:
        raise Misused(
            "--ca-bundle: the classic dialect has no way to hand it to the build",
            hint="build in the dialect buildkit, or on a base image that trusts these authorities; "
            "SSL_CERT_FILE names them for Lading alone",
        )
    if _ca_bundle(machine) is not None:
        note("the classic dialect hands the build no SSL_CERT_FILE: only Lading trusts that")


def _check_build_args(info: ImageInfo, given: tuple[tuple[str, str | None], ...]) -> None:
    """Refuse a build argument that no step could see: engines only warn of it, or say nothing."""
    declared = set(re.findall(r"(?m)^ARG ([A-Za-z0-9_]+)", info.dockerfile))
    for name, _ in given:
        if name not in declared | _PREDEFINED_ARGS:
            raise Misused(
                f"--build-arg: the image declares no build argument {name}",
                hint="write the value into the Image, or for a proxy set HTTP_PROXY in the "
                "environment",
            )
