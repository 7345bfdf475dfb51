"""`lading explain`: why a package or a layer is there, and how large it is."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from lading.cli.explaining import Explaining
from lading.cli.failure import Misused
from lading.cli.options import (
    as_json,
    ca_bundle_option,
    given_settings,
    offline_option,
    plain_http_option,
    platform_option,
    quiet,
    secret_option,
    target_options,
)
from lading.cli.talk import from_here, progress
from lading.grammar.words import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.explain.graph import Chain
    from lading.explain.layers import LayerReport
    from lading.explain.packages import PackageReport
    from lading.grammar.base import BaseImage
    from lading.platforms import Platform
    from lading.secret_values import SecretSource

__all__ = ["explain"]

_MOST: Final = 10
_MOST_UNKNOWN: Final = 3
_KINDS: Final = {
    "python": "Python package",
    "system": "system package",
    "compiling": "system package, for building only: the image has it not",
}


@click.command(short_help="Say why a package or a layer is there, and how large it is.")
@click.argument("name", metavar="NAME")
@target_options
@platform_option
@click.option(
    "--image",
    "source",
    metavar="SRC",
    help="NAME is a layer of this image, written as for `lading inspect`.",
)
@offline_option
@secret_option
@plain_http_option
@ca_bundle_option
@quiet
@as_json
def explain(  # noqa: PLR0913 - one argument an option
    *,
    name: str,
    target: str,
    project: str | None,
    base_image: BaseImage | None,
    platform: Platform,
    source: str | None,
    offline: bool,
    secrets: tuple[SecretSource, ...],
    plain_http: tuple[str, ...],
    ca_bundle: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Say why a package or a layer is in the image, and how large it is.

    NAME is a Python or system package: the chains of requirements from your lines to it are told.
    Or it is a layer, by the beginning of its name or of its digest; one that was built is looked
    for in .lading/image, or where --image says.

    lading.lock must fit. What packages require is read from them, or asked of their index.

    With --json: {packages, layers}.
    """
    from lading.machine import Machine  # noqa: PLC0415 - only for this command

    if source is not None and given_settings():
        raise Misused("--set: it is for TARGET, and --image names an image that is made already")
    machine = Machine.here(ca_bundle=ca_bundle, secrets=secrets, plain_http=plain_http)
    with progress(quiet=quiet) as say:
        explaining = Explaining(machine=machine, platform=platform, offline=offline, say=say)
        if source is None:
            packages, layers = explaining.of_target(name, target, project, base_image)
        else:
            packages, layers = (), explaining.of_image(name, source)
    if as_json:
        found = {"packages": list(map(asdict, packages)), "layers": list(map(asdict, layers))}
        click.echo(from_here(json.dumps(found, indent=2)))
        return
    paragraphs = (*map(_package_lines, packages), *map(_layer_lines, layers))
    texts = ("\n".join(from_here(visible(line)) for line in lines) for lines in paragraphs)
    click.echo("\n\n".join(texts))


def _package_lines(report: PackageReport) -> Iterator[str]:
    package = report.package
    version = f" {package.version}" if package.version else ""
    yield f"{package.name}{version}, {_KINDS[report.kind]}, {report.platform}"
    itself = "the build itself" if report.kind == "compiling" else "the image itself"
    yield from (f"  {_chain(one, itself)}" for one in report.chains[:_MOST])
    if len(report.chains) > _MOST:
        yield f"  and {len(report.chains) - _MOST} more chains (--json tells all)"
    if not report.chains:
        yield "  no chain of requirements that is known leads to it"
    yield f"  size: {_sizes(package.download, package.installed)}"
    nowhere = "none" if report.kind == "compiling" else "of the engine that builds it"
    below = ", which is the image below's" if package.below else ""
    yield f"  layer: {package.layer or nowhere}{below}"
    if report.needed_only_by:
        yield f"  without it these would go too: {_listed(report.needed_only_by)}{_with(report)}"
    yield from (f"  {one}" for one in report.unknown[:_MOST_UNKNOWN])
    if len(report.unknown) > _MOST_UNKNOWN:
        yield f"  and so for {len(report.unknown) - _MOST_UNKNOWN} more (--json tells all)"


def _chain(chain: Chain, itself: str) -> str:
    return f"{', '.join(chain.at) or itself}: {' -> '.join(chain.words)}"


def _with(report: PackageReport) -> str:
    from lading.store.sizes import format_size  # noqa: PLC0415 - only for this command

    if report.download_with is None:
        return ""
    return f" ({format_size(report.download_with)} to fetch, together)"


def _sizes(download: int | None, installed: int | None) -> str:
    from lading.store.sizes import format_size  # noqa: PLC0415 - only for this command

    fetched = "not known" if download is None else f"{format_size(download)} to fetch"
    return fetched if installed is None else f"{fetched}, {format_size(installed)} installed"


def _layer_lines(report: LayerReport) -> Iterator[str]:
    from lading.store.sizes import format_size  # noqa: PLC0415 - only for this command

    at = f" ({', '.join(report.at)})" if report.at else ""
    yield f"layer {report.name or report.digest}, {report.platform}{at}"
    if report.digest:
        yield f"  {report.digest}"
    if report.size is not None:
        unpacked = report.unpacked
        more = f", {format_size(unpacked)} unpacked" if unpacked is not None else ""
        files = _counted(report.files) if report.files is not None else ""
        made_of = "" if report.digest else ", what it is made of"
        yield f"  size: {format_size(report.size)}{made_of}{more}{files}"
    if report.holds:
        yield f"  holds: {_listed(report.holds)}"
    yield f"  why: {report.why}"
    if report.below:
        yield "  shared: it is the same layer in the image below, and in all others on that"


def _counted(files: int) -> str:
    return f" in {files} file{'' if files == 1 else 's'}"


def _listed(words: tuple[str, ...]) -> str:
    more = len(words) - _MOST
    return ", ".join((*words[:_MOST], *([f"and {more} more"] if more > 0 else ())))
