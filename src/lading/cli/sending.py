"""`lading push` and `lading copy`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lading.cli.display import display
from lading.cli.failure import Misused
from lading.cli.options import as_json, ca_bundle_option, parsed, plain_http_option, quiet
from lading.cli.talk import note
from lading.grammar.invalid import Invalid
from lading.grammar.reference import ImageReference
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lading.cli.display import Display
    from lading.machine import Machine
    from lading.oci.blobs import Artifact
    from lading.oci.transports import Transport

__all__ = ["copy", "push", "read_images", "read_transport"]

_platform_option = click.option(
    "--platform",
    metavar="OS/ARCH",
    callback=parsed(Platform.parse),
    help="Take the image for this platform; left out, all that is there.",
)


def _reference(word: str) -> ImageReference:
    found = ImageReference.parse(word.removeprefix("docker://"))
    if found.digest is not None:
        raise Invalid(
            f"{word} has a digest, which what is pushed says itself",
            hint=f"write {word.partition('@')[0]}",
        )
    return found


@click.command(short_help="Push an image that is in a folder or a file.")
@click.argument("source", metavar="SRC")
@click.argument("references", metavar="REF...", nargs=-1, callback=parsed(_reference))
@_platform_option
@plain_http_option
@ca_bundle_option
@quiet
@as_json
def push(  # noqa: PLR0913 - one argument an option
    *,
    source: str,
    references: tuple[ImageReference, ...],
    platform: Platform | None,
    plain_http: tuple[str, ...],
    ca_bundle: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Push the image that SRC holds, under each REF.

    SRC is an OCI layout's folder, an OCI archive or a docker archive. What the registry has already
    is not sent again.

    With --json: {digest, pushed}.
    """
    from lading.machine import Machine  # noqa: PLC0415 - only for commands that do something
    from lading.oci.transports import RegistryTransport  # noqa: PLC0415

    if not references:
        raise Misused("no name to push it by", hint=f"lading push {source} REF")
    found = read_transport(source)
    if isinstance(found, RegistryTransport):
        raise Misused(
            f"{source} is no folder or file here, but the name of an image",
            hint=f"lading copy {source} {references[0].familiar}",
        )
    machine = Machine.here(ca_bundle=ca_bundle, plain_http=plain_http)
    with display(quiet=quiet) as shown:
        image = _one(read_images(found, machine, platform), found)
        digest = _push(image, references, machine, shown)
    names = [str(reference.familiar) for reference in references]
    _tell([digest], names, as_json=as_json, quiet=quiet, done="pushed")


@click.command(short_help="Copy an image between registries, folders and files.")
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST")
@_platform_option
@plain_http_option
@ca_bundle_option
@quiet
@as_json
def copy(  # noqa: PLR0913 - one argument an option
    *,
    source: str,
    target: str,
    platform: Platform | None,
    plain_http: tuple[str, ...],
    ca_bundle: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Copy an image, for all its platforms, with every byte of its documents as it is.

    SRC and DST are written as oci:DIR, oci-archive:FILE, docker-archive:FILE or
    docker://REFERENCE. A path alone may be ./DIR or FILE.tar, or what is there; all else is a
    reference. Between repositories of one registry, nothing is downloaded.

    With --json: {digest, copied}; digest is null where several images are copied.
    """
    from lading.machine import Machine  # noqa: PLC0415 - only for commands that do something
    from lading.oci.transports import RegistryTransport, write  # noqa: PLC0415

    come, go = read_transport(source), _read_target(target)
    machine = Machine.here(ca_bundle=ca_bundle, plain_http=plain_http)
    with display(quiet=quiet) as shown:
        images = _carried(come, go, machine, platform)
        if isinstance(go, RegistryTransport):
            digests = [_push(_one(images, come), (go.reference,), machine, shown)]
        else:
            shown.say(f"writing {go.path}")
            write(go, images, names=_names(come, images))
            digests = list(dict.fromkeys(str(one.descriptor.digest) for one in images))
    _tell(digests, [target], as_json=as_json, quiet=quiet, done="copied to")


def _carried(
    come: Transport, go: Transport, machine: Machine, platform: Platform | None
) -> tuple[Artifact, ...]:
    """The images to copy; those of a docker archive, which has no manifests, in a fitting kind."""
    from lading.oci.transports import FileTransport  # noqa: PLC0415 - only for these commands

    into_oci = isinstance(go, FileTransport) and go.kind != "docker-archive"
    if not into_oci or not isinstance(come, FileTransport) or come.kind != "docker-archive":
        return read_images(come, machine, platform)
    from lading.oci import docker_archive  # noqa: PLC0415 - only for such a one
    from lading.oci.graph import pick  # noqa: PLC0415

    found = docker_archive.read(come.path, vocabulary="oci")
    if come.name is None and platform is None:
        return found
    return (pick(found, where=str(come), name=come.name, platform=platform),)


def read_transport(text: str) -> Transport:
    """What `text` names, from this folder on.

    Raises:
        Misused: It names nothing, or nothing that is there.
    """
    found = _parsed(text)
    if _is_word(found, text) and Path(text).is_dir():
        raise Misused(
            f"the folder {text} holds no image",
            hint=f"write docker://{text} for the image of that name in a registry",
        )
    return found


def _read_target(text: str) -> Transport:
    """What `text` names, where an image is to go: `lading build -o` takes a word for a folder."""
    found = _parsed(text)
    if _is_word(found, text):
        raise Misused(
            f"{text} can be a folder here, or a repository in a registry",
            hint=f"write oci:{text} or docker://{text}",
        )
    return found


def _parsed(text: str) -> Transport:
    from lading.oci.transports import parse_transport  # noqa: PLC0415 - only for these commands

    try:
        return parse_transport(text, base=Path.cwd())
    except Invalid as error:
        raise Misused(error.message, hint=error.hint) from None


def _is_word(found: Transport, text: str) -> bool:
    """Whether it was taken for a reference with nothing that makes it one: no host and no tag."""
    from lading.oci.transports import RegistryTransport  # noqa: PLC0415 - only for these commands

    if not isinstance(found, RegistryTransport) or "://" in text:
        return False
    reference = found.reference
    hosts = ("docker.io/", "index.docker.io/")
    has_host = reference.domain != "docker.io" or text.startswith(hosts)
    return not has_host and reference.tag is None and reference.digest is None


def read_images(
    source: Transport, machine: Machine, platform: Platform | None
) -> tuple[Artifact, ...]:
    """The images there, or the one for a platform; layers are read when they are needed.

    A registry that has a mirror is asked there: the project's, where this folder is one.

    Raises:
        LadingError: They can't be had, or there is none for the platform.
    """
    from lading.oci.transports import RegistryTransport, read, read_one  # noqa: PLC0415

    if isinstance(source, RegistryTransport):
        from lading.mirrors import read_mirrors  # noqa: PLC0415 - only for registries
        from lading.registry import pull  # noqa: PLC0415

        found = pull(
            read_mirrors(Path.cwd(), machine.environ).base(source.reference),
            platform=platform,
            http=machine.http(),
            credentials=machine.credentials(),
        )
        return (found,)
    return read(source) if platform is None else (read_one(source, platform),)


def _one(images: tuple[Artifact, ...], source: Transport) -> Artifact:
    from lading.oci.graph import pick  # noqa: PLC0415 - only for these commands

    return pick(images, where=str(source))


def _names(source: Transport, images: tuple[Artifact, ...]) -> tuple[str, ...]:
    """What the one image is called where it goes: as where it comes from, if that says a tag."""
    from lading.oci.transports import RegistryTransport  # noqa: PLC0415

    if len(images) == 1 and isinstance(source, RegistryTransport) and source.reference.tag:
        return (str(ImageReference.parse(f"{source.reference.name}:{source.reference.tag}")),)
    return ()


def _push(
    image: Artifact,
    references: Sequence[ImageReference],
    machine: Machine,
    shown: Display,
) -> str:
    from lading.registry import push as send  # noqa: PLC0415 - only for registries

    for reference in references:
        shown.say(f"pushing {reference.familiar}")
    digest = send(
        image,
        references,
        http=machine.http(),
        credentials=machine.credentials(),
        progress=shown,
    )
    return str(digest)


def _tell(digests: list[str], names: list[str], *, as_json: bool, quiet: bool, done: str) -> None:
    if as_json:
        digest = digests[0] if len(digests) == 1 else None
        click.echo(json.dumps({"digest": digest, done.split(maxsplit=1)[0]: names}, indent=2))
    if not quiet:
        note(f"{done} {', '.join(names)}: {', '.join(digests)}")
