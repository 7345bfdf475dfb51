"""`lading build`."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lading.build_inputs import PROXY_NAMES, proxies_in
from lading.cli.failure import Misused
from lading.cli.freeze import alone_in, default_folder
from lading.cli.handing import check_given, handed_over, users_of
from lading.cli.loading import loaded
from lading.cli.options import (
    as_json,
    dialect_option,
    image_options,
    locked_option,
    offline_option,
    output_option,
    parsed,
    platform_option,
    quiet,
    secret_option,
    vendor_option,
)
from lading.cli.talk import note, progress
from lading.dockerfile import needs_ssh
from lading.engines import BuildRequest, find_engine
from lading.engines import build as run_build
from lading.grammar.environment import parse_env_name
from lading.grammar.reference import ImageReference

if TYPE_CHECKING:
    from typing import Literal

    from lading.grammar.dialect import Dialect
    from lading.info import ImageInfo
    from lading.machine import Machine
    from lading.platforms import Platform
    from lading.secret_values import SecretSource

__all__ = ["build"]

# What every engine takes without an ARG (Dockerfile reference, "Predefined ARGs").
_PREDEFINED_ARGS = frozenset({*PROXY_NAMES, "FTP_PROXY", "ftp_proxy"})

_ENGINE_OPTIONS = "lading.engine_options"


class _Build(click.Command):
    """A command that leaves what stands after `--` to the engine.

    To click, the words after `--` are arguments like those before it, so that one of them would
    become TARGET, and a superfluous word before it an option of the engine.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Takes the engine's words away before the others are read."""
        end = args.index("--") if "--" in args else len(args)
        ctx.meta[_ENGINE_OPTIONS] = tuple(args[end + 1 :])
        return super().parse_args(ctx, args[:end])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Says so in the usage line."""
        return [*super().collect_usage_pieces(ctx), "[-- ENGINE_OPTION...]"]


def _tag(word: str) -> str:
    ImageReference.parse(word)
    return word


def _build_arg(word: str) -> tuple[str, str | None]:
    name, equals, value = word.partition("=")
    return parse_env_name(name), value if equals else None


@click.command(cls=_Build, short_help="Freeze, and build with a container engine.")
@image_options
@platform_option
@click.option(
    "-t",
    "--tag",
    "tags",
    metavar="REF",
    multiple=True,
    callback=parsed(_tag),
    help="Name the image; repeat for more names. Without, it can only be found by its id.",
)
@click.option("--push", is_flag=True, help="Push every tag to its registry.")
@click.option(
    "--engine", metavar="NAME", help="Build with this engine; left out, the first that can serve."
)
@click.option("--no-cache", is_flag=True, help="Leave the engine's cache alone.")
@click.option(
    "--build-arg",
    "build_args",
    metavar="NAME[=VALUE]",
    multiple=True,
    callback=parsed(_build_arg),
    help="Set a build argument; without a value, to that of the environment variable.",
)
@secret_option
@click.option(
    "--network",
    type=click.Choice(["host", "none"]),
    help="The network of the build, not the engine's own.",
)
@dialect_option
@vendor_option
@output_option
@locked_option
@offline_option
@quiet
@as_json
def build(  # noqa: PLR0913 - one argument an option
    *,
    target: str,
    project: str | None,
    base_image: ImageReference | None,
    allow_unpinned_base: bool,
    ca_bundle: str | None,
    platform: Platform,
    tags: tuple[str, ...],
    push: bool,
    engine: str | None,
    no_cache: bool,
    build_args: tuple[tuple[str, str | None], ...],
    secrets: tuple[SecretSource, ...],
    network: Literal["host", "none"] | None,
    dialect: Dialect,
    vendor: bool,
    output: Path | None,
    locked: bool,
    offline: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Freeze the image, and build it with a container engine.

    What stands after `--` is handed to the engine's build command as it is.

    With --json: {engine, tags, platform, key}.
    """
    from lading.freeze import Freezer  # noqa: PLC0415 - only for this command
    from lading.machine import Machine  # noqa: PLC0415

    if push and not tags:
        raise Misused("--push: an image without a tag can't be pushed", hint="name it: -t REF")
    found = loaded(target, project=project, base_image=base_image)
    check_given(found.image, secrets)
    machine = Machine.here(ca_bundle=ca_bundle, secrets=secrets)
    if dialect == "classic":
        _check_classic(ca_bundle, machine)
    folder = (output or default_folder(found.project, platform)).absolute()
    with ExitStack() as stack:
        handed: tuple[SecretSource, ...] = ()
        if dialect != "classic":  # which can't have any: freezing says so, with the user's lines
            handed = stack.enter_context(handed_over(found.image, machine, found.project))
        serving = find_engine(engine, machine.environ, dialect=dialect)
        request = BuildRequest(
            context=folder,
            tags=tags,
            platform=str(platform),
            push=push,
            no_cache=no_cache,
            build_args=build_args,
            secrets=handed,
            users=users_of(found.image),
            ca_bundle=_ca_bundle(machine) if dialect != "classic" else None,
            proxies=proxies_in(machine.environ),
            network=network,
            dialect=dialect,
            progress="quiet" if quiet else "auto",
            options=click.get_current_context().meta[_ENGINE_OPTIONS],
        )
        # The engine reads the folder until it is done: no other service of the project may be
        # frozen to the same place meanwhile.
        stack.enter_context(alone_in(folder, machine))
        with progress(quiet=quiet) as say:
            freezer = Freezer(
                machine=machine,
                locked=locked,
                allow_unpinned_base=allow_unpinned_base,
                offline=offline,
                vendor=vendor,
                dialect=dialect,
                say=say,
            )
            decided = freezer.decide(
                found.image, platform=str(platform), project=found.project, target=folder
            )
            _check_build_args(decided.info, build_args)
            say(f"writing {folder}")
            freezer.write(decided, folder)
        if not quiet:
            note(f"building with {serving.name}")
        bases, ssh = (_base(decided.info),), needs_ssh(decided.info)
        run_build(serving, replace(request, bases=bases, ssh=ssh), machine.environ)
    _tell(decided.info, serving.name, tags, as_json=as_json, quiet=quiet)


def _base(info: ImageInfo) -> str:
    """The reference that the Dockerfile pulls the base by."""
    reference = info.base_mirror or info.base.reference
    pinned = info.base.digest and "@" not in reference
    return f"{reference}@{info.base.digest}" if pinned else reference


def _ca_bundle(machine: Machine) -> Path | None:
    named = machine.environ.get("SSL_CERT_FILE")
    return Path(named) if named and Path(named).is_file() else None


def _check_classic(ca_bundle: str | None, machine: Machine) -> None:
    """Certificate authorities that were named for the build must not be left out of it quietly."""
    if ca_bundle is not None:
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


def _tell(
    info: ImageInfo, engine: str, tags: tuple[str, ...], *, as_json: bool, quiet: bool
) -> None:
    if as_json:
        result = {"engine": engine, "tags": list(tags), "platform": info.platform, "key": info.key}
        click.echo(json.dumps(result, indent=2))
    if not quiet and tags:
        note(f"built {', '.join(tags)}")
    elif not quiet:
        note("built an image without a name\nhint: give it one with -t NAME, to run or to push it")
