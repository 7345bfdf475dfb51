"""Carrying out a `lading build`: which way it goes, and what is told in the end."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from lading.cli.asked import AUTO, WITHOUT, listed
from lading.cli.display import display
from lading.cli.failure import Misused
from lading.cli.handing import check_given
from lading.cli.loading import loaded
from lading.cli.talk import from_here, note
from lading.grammar.nearest import did_you_mean
from lading.image.on_platform import on_platform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.assembly import Assembled, MustExecute
    from lading.cli.asked import Order
    from lading.cli.assembling import Made
    from lading.cli.target import Target
    from lading.info import ImageInfo
    from lading.machine import Machine

__all__ = [
    "built_lines",
    "carry_out",
    "check_engine",
    "engine_result",
    "refuse_engine",
    "remarks",
    "result",
]


def carry_out(order: Order) -> None:
    """Make the image, and tell what came of it.

    Raises:
        LadingError: It can't be made.
        Misused: Its options don't go together with what has to be done.
    """
    from lading.machine import Machine  # noqa: PLC0415 - only for commands that do something

    found = loaded(order.target, project=order.project, base_image=order.base_image)
    order = order.called(found.name)
    check_engine(order.engine)
    check_given([found.image], order.secrets)
    machine = Machine.here(
        ca_bundle=order.ca_bundle, secrets=order.secrets, plain_http=order.plain_http
    )
    if not order.needs_engine and not _surely(order, found):
        made = _without(order, found, machine)
        if made is not None:
            _tell(order, made)
            return
    _with_engine(order, found, machine)


def check_engine(name: str) -> None:
    """Refuse an unknown engine; the image's module, which is loaded by now, may register one."""
    if name in {AUTO, WITHOUT}:
        return
    from lading.engines import engines  # noqa: PLC0415 - only where one is named

    known = [AUTO, WITHOUT, *dict.fromkeys(engine.name for engine in engines())]
    if name not in known:
        guess = did_you_mean(name, known)
        words = f"known: {', '.join(known)}"
        raise Misused(
            f"--engine: there is no container engine named {name!r}",
            hint=f"{guess} {words}" if guess else words,
        )


def _surely(order: Order, found: Target) -> bool:
    """Whether an engine is needed, as far as that shows before anything is decided."""
    if order.engine != AUTO or order.of_images:  # then all that is in the way is listed
        return False
    from lading.cli.executed import surely_executed  # noqa: PLC0415 - not with --engine oci

    images = (on_platform(found.image, platform) for platform in order.platforms)
    return any(True for image in images for _ in surely_executed(image))


def _without(order: Order, found: Target, machine: Machine) -> Made | None:
    """The image made without an engine; None where one is needed, and may be taken."""
    from lading.cli.assembling import Making  # noqa: PLC0415 - not for engines
    from lading.cli.planning import Planning  # noqa: PLC0415 - the same

    machine.created()  # what the environment has wrong is said before anything is done
    if order.output is not None:
        order.output.check()
    with display(quiet=order.quiet) as shown, TemporaryDirectory(prefix="lading-") as folder:
        planning = Planning(
            order=order, found=found, machine=machine, shown=shown, workdir=Path(folder)
        )
        decided = planning.decide()
        with planning.store.using():  # what is found out about a base is needed until the end
            obstacles = planning.obstacles(decided)
            if not obstacles:
                if order.push and order.offline:
                    raise Misused("--push: it takes a network, which --offline leaves alone")
                planning.refuse_missing(decided)
                made = Making(planning=planning).make(decided)
    if not obstacles:
        planning.warn_of_missing(decided)
        return made
    refuse_engine(order, obstacles)
    return None


def refuse_engine(order: Order, obstacles: tuple[MustExecute, ...]) -> None:
    """Refuse what has to be executed where no container engine may take over.

    Raises:
        BuildError: It was asked for an image without one.
        Misused: It was asked for what only such an image can be.
    """
    from lading.cli.assembling import obstacles_error  # noqa: PLC0415 - not for engines

    if order.engine != AUTO:
        raise obstacles_error(obstacles)
    if order.of_images:
        raise _refused(order, obstacles)


def _refused(order: Order, obstacles: tuple[MustExecute, ...]) -> Misused:
    several = f" and {len(obstacles) - 1} more" if len(obstacles) > 1 else ""
    return Misused(
        f"{listed(order.of_images)}: not with a container engine, and the image needs one: "
        f"{_first(obstacles)}{several}",
        hint="`lading build --engine oci` lists all that has to be executed",
    )


def _first(obstacles: tuple[MustExecute, ...]) -> str:
    problem = obstacles[0].problem
    place = f"{problem.location}: " if problem.location else ""
    return f"{place}{problem.message}"


def _with_engine(order: Order, found: Target, machine: Machine) -> None:
    from lading.cli.engine_build import build_with_engine  # noqa: PLC0415 - only with an engine

    info, engine = build_with_engine(order, found, machine)
    if order.as_json:
        click.echo(json.dumps(engine_result(order, info, engine), indent=2))
    if order.quiet:
        return
    if order.tags:
        note(f"built {', '.join(order.tags)}")
    else:
        note("built an image without a name\nhint: give it one with -t NAME, to run or to push it")


def engine_result(order: Order, info: ImageInfo, engine: str) -> dict[str, object]:
    """What a program is told of an image that a container engine has built."""
    return {"engine": engine, **_head(order, info)}


def _head(order: Order, info: ImageInfo) -> dict[str, object]:
    return {"tags": list(order.tags), "platform": info.platform, "key": info.key}


def _tell(order: Order, made: Made) -> None:
    if order.as_json:
        click.echo(json.dumps(result(order, made), indent=2))
    if order.quiet:
        return
    for remark in dict.fromkeys(remarks(order, made)):
        note(remark)
    for line in _lines(order, made):
        note(line)


def remarks(order: Order, made: Made) -> Iterator[str]:
    """What a user has to know of an image that was made without an engine."""
    for assembled in made.assembled:
        yield from assembled.remarks
    is_layout = made.output is not None and made.output.kind != "docker-archive"
    if is_layout and order.media_types == "docker":
        # containers/image, oci/layout: only manifests of its own kind have names there.
        yield "skopeo and podman find no image by its name in an OCI layout of docker's media types"


def built_lines(order: Order, made: Made, name: str) -> list[str]:
    """What was built, and who has it, beside files.

    Args:
        order: What was asked for.
        made: What came of it.
        name: What to call an image without tags.
    """
    name = ", ".join(order.tags) or name
    lines = [f"built {name} as {made.artifact.descriptor.digest}"]
    if made.pushed:
        lines.append(f"pushed {', '.join(made.pushed)}")
    if made.loaded:
        lines.append(f"{made.loaded} has it")
    return lines


def _lines(order: Order, made: Made) -> list[str]:
    lines = built_lines(order, made, "the image")
    if made.output is not None:
        lines.append(f"it is in {made.output}")
    if made.output is not None and order.output is None:
        where = from_here(str(made.output))
        target = order.tags[0] if order.tags else "REF"
        lines.append(
            f"hint: push it with `lading push {where} {target}`, or load it into an engine with "
            "--load"
        )
    return lines


def result(order: Order, made: Made) -> dict[str, Any]:
    """What a program is told of an image that was made without an engine."""
    each = [
        {
            "platform": decided.info.platform,
            "key": decided.info.key,
            "image_id": str(assembled.image_id),
            "layers": _layers(assembled),
        }
        for decided, assembled in zip(made.decided, made.assembled, strict=True)
    ]
    return {
        "engine": "oci",
        "tags": list(order.tags),
        "digest": str(made.artifact.descriptor.digest),
        **(each[0] if len(each) == 1 else {"platforms": each}),
        "pushed": list(made.pushed),
        "output": str(made.output) if made.output else None,
        "loaded": made.loaded,
    }


def _layers(assembled: Assembled) -> list[dict[str, object]]:
    return [
        {
            "name": layer.name,
            "digest": str(layer.digest),
            "size": layer.size,
            "outcome": layer.outcome,
        }
        for layer in assembled.layers
    ]
