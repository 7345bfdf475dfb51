"""`lading build`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lading.build_inputs import proxies_in
from lading.cli.freeze import default_folder, locked_option, offline_option
from lading.cli.loading import loaded
from lading.cli.options import as_json, image_options, platform_option, quiet
from lading.cli.talk import note, progress
from lading.engines import BuildRequest, SecretSource, build as run_build, find_engine

if TYPE_CHECKING:
    from lading.info import ImageInfo
    from lading.machine import Machine

__all__ = ["build"]

_SECRET_FORM = "write id=NAME,src=FILE or id=NAME,env=VARIABLE"  # noqa: S105 - a form, no secret


@click.command()
@image_options
@platform_option
@click.option("-t", "--tag", "tags", multiple=True, metavar="REF", help="Name the image; repeat for more.")
@click.option("--push", is_flag=True, help="Push every tag to its registry.")
@click.option("--engine", metavar="NAME", help="Build with this engine; left out, the first that can serve.")
@click.option("--no-cache", is_flag=True, help="Leave the engine's cache alone.")
@click.option(
    "--build-arg", "build_args", multiple=True, metavar="NAME[=VALUE]", help="Set a build argument."
)
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="id=NAME,src=FILE|env=VAR",
    help="Give the build a secret that a step names.",
)
@click.option(
    "--network", type=click.Choice(["host", "none"]), help="The network of the build, not the engine's own."
)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where to write the build context; .lading/<platform> in the project where left out.",
)
@locked_option
@offline_option
@quiet
@as_json
@click.argument("engine_options", nargs=-1, type=click.UNPROCESSED)
def build(  # noqa: PLR0913 - one argument an option
    *,
    target: str,
    project: str | None,
    base_image: str | None,
    allow_unpinned_base: bool,
    ca_bundle: str | None,
    platform: str,
    tags: tuple[str, ...],
    push: bool,
    engine: str | None,
    no_cache: bool,
    build_args: tuple[str, ...],
    secrets: tuple[str, ...],
    network: str | None,
    output: Path | None,
    locked: bool,
    offline: bool,
    quiet: bool,
    as_json: bool,
    engine_options: tuple[str, ...],
) -> None:
    """Freeze the image, and build it with a container engine.

    What stands after `--` is handed to the engine's build command as it is.
    """
    from lading.freeze import Freezer  # noqa: PLC0415 - only for this command
    from lading.machine import Machine  # noqa: PLC0415

    machine = Machine.here(ca_bundle=ca_bundle)
    serving = find_engine(engine, machine.environ)
    found = loaded(target, project=project, base_image=base_image)
    folder = (output or default_folder(found.project, platform)).absolute()
    request = BuildRequest(
        context=folder,
        tags=tags,
        platform=platform,
        push=push,
        no_cache=no_cache,
        build_args=tuple(_build_arg(word) for word in build_args),
        secrets=tuple(_secret(word) for word in secrets),
        ca_bundle=_ca_bundle(machine),
        proxies=proxies_in(machine.environ),
        network=network,
        progress="quiet" if quiet else "auto",
        options=engine_options,
    )
    with progress(quiet=quiet) as say:
        freezer = Freezer(
            machine=machine,
            locked=locked,
            allow_unpinned_base=allow_unpinned_base,
            offline=offline,
            say=say,
        )
        decided = freezer.decide(
            found.image, platform=platform, project=found.project, target=folder
        )
        _check_secrets(decided.info, request)
        say(f"writing {folder}")
        freezer.write(decided, folder)
    if not quiet:
        note(f"building with {serving.name}")
    from dataclasses import replace  # noqa: PLC0415

    run_build(serving, replace(request, bases=(_base(decided.info),)), machine.environ)
    _tell(decided.info, serving.name, tags, as_json=as_json, quiet=quiet)


def _base(info: ImageInfo) -> str:
    pinned = info.base.digest and "@" not in info.base.reference
    return f"{info.base.reference}@{info.base.digest}" if pinned else info.base.reference


def _build_arg(word: str) -> tuple[str, str | None]:
    name, equals, value = word.partition("=")
    return name, value if equals else None


def _secret(word: str) -> SecretSource:
    fields = dict(part.partition("=")[::2] for part in word.split(","))
    unknown = fields.keys() - {"id", "src", "source", "env"}
    if "id" not in fields or unknown:
        raise click.BadParameter(f"a secret can't be read; {_SECRET_FORM}", param_hint="--secret")
    file = fields.get("src") or fields.get("source")
    return SecretSource(
        id=fields["id"],
        file=Path(file).absolute() if file else None,
        variable=fields.get("env"),
    )


def _ca_bundle(machine: Machine) -> Path | None:
    named = machine.environ.get("SSL_CERT_FILE")
    return Path(named) if named and Path(named).is_file() else None


def _check_secrets(info: ImageInfo, request: BuildRequest) -> None:
    """Refuse a build that would stop half-way, at the first step that asks for a secret."""
    from lading.errors import BuildError, Problem  # noqa: PLC0415
    from lading.info import RunCommand, RunScript  # noqa: PLC0415

    given = {secret.id for secret in request.secrets}
    problems = [
        Problem(
            message=f"{', '.join(step.at)}: the secret {name!r} is not given",
            hint=f"--secret id={name},src=FILE, or id={name},env=VARIABLE",
        )
        for step in info.steps
        if isinstance(step, RunCommand | RunScript)
        for name in step.secrets
        if name not in given
    ]
    if problems:
        raise BuildError(problems)


def _tell(
    info: ImageInfo, engine: str, tags: tuple[str, ...], *, as_json: bool, quiet: bool
) -> None:
    if as_json:
        result = {"engine": engine, "tags": list(tags), "platform": info.platform, "key": info.key}
        click.echo(json.dumps(result, indent=2))
    elif not quiet:
        note(f"built {', '.join(tags) if tags else 'an image without a tag'}")
