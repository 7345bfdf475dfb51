"""`lading build`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lading.cli.asked import AUTO, Order, parse_tag
from lading.cli.destinations import parse_destination
from lading.cli.failure import Misused
from lading.cli.options import (
    as_json,
    dialect_option,
    every_option,
    image_options,
    locked_option,
    offline_option,
    parsed,
    plain_http_option,
    platforms_option,
    quiet,
    secret_option,
    strict_option,
    vendor_option,
)
from lading.grammar.environment import parse_env_name

__all__ = ["build"]

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


def _build_arg(word: str) -> tuple[str, str | None]:
    name, equals, value = word.partition("=")
    return parse_env_name(name), value if equals else None


@click.command(cls=_Build, short_help="Make the image, without an engine where that can be.")
@image_options
@every_option
@platforms_option
@click.option(
    "-t",
    "--tag",
    "tags",
    metavar="REF",
    multiple=True,
    callback=parsed(parse_tag),
    help="Name the image; repeat for more names. {name} in it is what the image is called here.",
)
@click.option(
    "-o",
    "--output",
    "outputs",
    metavar="DEST",
    multiple=True,
    callback=parsed(parse_destination),
    help="Write the image: to a folder (an OCI layout), to a .tar (an OCI archive), or to "
    "docker-archive:FILE.",
)
@click.option("--push", is_flag=True, help="Push every tag to its registry.")
@click.option(
    "--load", is_flag=True, help="Load the image into docker, podman, buildah or nerdctl."
)
@click.option(
    "--engine",
    metavar="NAME",
    default=AUTO,
    show_default=True,
    help="Build with this container engine; oci: with none; auto: with none unless something has "
    "to be executed.",
)
@click.option(
    "--media-types",
    type=click.Choice(["oci", "docker"]),
    help="The vocabulary of the image's documents; left out, oci, and docker for what nobody but "
    "an engine gets.",
)
@plain_http_option
@locked_option
@offline_option
@strict_option
@secret_option
@click.option("--no-cache", is_flag=True, help="Leave the engine's cache alone.")
@click.option(
    "--build-arg",
    "build_args",
    metavar="NAME[=VALUE]",
    multiple=True,
    callback=parsed(_build_arg),
    help="Set a build argument; without a value, to that of the environment variable.",
)
@click.option(
    "--network",
    type=click.Choice(["host", "none"]),
    help="The network of the build, not the engine's own.",
)
@click.option(
    "--context",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where an engine's build context is written, replaced whole; left out, "
    ".lading/<platform> in the project.",
)
@dialect_option
@vendor_option
@quiet
@as_json
def build(**words: Any) -> None:  # noqa: ANN401 - click's values: `Order` has the type of each
    """Make the image that TARGET names.

    It takes no container engine, unless something has to be executed for it: then the first engine
    that can serve builds it, and what needs one is said. These ask for an engine, too: --no-cache,
    --build-arg, --network, --context, --dialect, --vendor, and what stands after `--`, which is
    handed to its build command as it is.

    Without -o, --push or --load, an image with a tag is loaded into the first engine there is, and
    any other is written to .lading/image in the project.

    With --all it makes every image: those that the project file of a folder names, the services of
    a module (or its images, where it has no service), or all variants of an image. All of them are
    decided before any is made.

    With --json: {engine, tags, platform, key}, and without an engine also {digest, image_id,
    layers, pushed, output, loaded}; for several platforms, {platforms} has what differs. With
    --all: {images, sharing}, each image of these with its {name}.
    """
    order = _order(click.get_current_context(), words)
    if order.every:
        from lading.cli.several import carry_out_all  # noqa: PLC0415 - not for its help

        carry_out_all(order)
        return
    from lading.cli.building import carry_out  # noqa: PLC0415 - not for its help

    carry_out(order)


def _order(context: click.Context, words: dict[str, Any]) -> Order:
    outputs = words.pop("outputs")
    if len(outputs) > 1:
        raise Misused(
            "--output is given twice",
            hint="write the image once, and then `lading copy` it",
        )
    written = click.core.ParameterSource.COMMANDLINE
    given = {name for name in words if context.get_parameter_source(name) is written}
    options = context.meta[_ENGINE_OPTIONS]
    given |= {"engine_options"} if options else set()
    given |= {"output"} if outputs else set()
    words["platforms"] = tuple(dict.fromkeys(words["platforms"]))
    return Order(
        **words,
        output=outputs[0] if outputs else None,
        engine_options=options,
        given=frozenset(given),
    )
