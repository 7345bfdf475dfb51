"""The options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["as_json", "image_options", "platform_option", "quiet"]

F = TypeVar("F", bound="Callable[..., Any]")

_IMAGE_OPTIONS = (
    click.argument("target", default="."),
    click.option(
        "--project",
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False),
        help="The folder that the image's paths start from, and lading.lock lies in.",
    ),
    click.option("--base-image", metavar="REF", help="Build on this image instead (a mirror's copy, ...)."),
    click.option(
        "--allow-unpinned-base",
        is_flag=True,
        help="Go on without the base image's digest where no registry tells it.",
    ),
    click.option(
        "--ca-bundle",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False),
        help="Trust these certificate authorities (PEM), here and while building; never in the image.",
    ),
)

platform_option = click.option(
    "--platform", default="linux/amd64", show_default=True, help="What the image is for."
)
quiet = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def image_options(command: F) -> F:
    """Give a command TARGET, and the options about the image that it names."""
    for option in reversed(_IMAGE_OPTIONS):
        command = option(command)
    return command
