"""Comparisons of what a container engine builds."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import uuid4

from measure import NotMeasured, alternate
from table import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from containers import Docker, Layer
    from sides import Sides

__all__ = ["Builder", "compare_bytecode", "compare_images", "compare_rebuilds", "compare_start"]

BUILD_MINUTES = 15
IMAGE, COMPILED = "service.py:image", "service.py:image_compiled"
FLOWER, SPECIES = [[5.1, 3.5, 1.4, 0.2]], ["setosa"]
# Small releases of the server, so that the package index has little say in the seconds.
VERSIONS = ("0.33.0", "0.32.1", "0.32.0", "0.31.1", "0.31.0")
BENTOML = "bentoml build, containerize"


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """Both systems' builds, on one docker.

    Attributes:
        sides: Both systems, on the right base images.
        docker: What they build with.
        host_network: Whether builds use the host's network.
    """

    sides: Sides
    docker: Docker
    host_network: bool = False

    def ours(self, target: str = IMAGE, *, salt: str) -> float:
        """Seconds of `lading build`; a new salt makes every layer anew, with warm cache mounts."""
        words = ("build", "--quiet", "--engine", "docker", "--tag", self.tag(target))
        network = ("--network", "host") if self.host_network else ()
        shell = self.sides.ours.having(BENCH_SALT=salt)
        before = self.docker.identity(self.tag(target))
        took = shell.seconds(self.sides.lading, *words, *network, target, minutes=BUILD_MINUTES)
        self._refuse_old_image(self.tag(target), before)
        return took

    def theirs(self, *, salt: str) -> float:
        """Seconds of `bentoml build` and `bentoml containerize`; the salt as in `ours`."""
        base = self.docker.base_for_bentoml(salt)
        shell = self.sides.theirs.having(BENCH_SALT=salt, BENCH_BASE=base)
        bentoml = self.sides.bentoml
        network = ("--opt", "network=host") if self.host_network else ()
        before = self.docker.identity(self.tag("bentoml"))
        begin = perf_counter()
        bento = shell.call(bentoml, "build", "--output", "tag").strip().removeprefix("__tag__:")
        words = ("containerize", bento, "--backend", "docker", "--image-tag", self.tag("bentoml"))
        shell.call(bentoml, *words, *network, minutes=BUILD_MINUTES)
        took = perf_counter() - begin
        self._refuse_old_image(self.tag("bentoml"), before)
        return took

    def _refuse_old_image(self, tag: str, before: str) -> None:
        """Every build here follows a change, so one that gives the same image did not see it."""
        if self.docker.identity(tag) == before:
            name = tag.partition(":")[0]
            raise NotMeasured(f"a build of {name} after a change gave the image from before it")

    def tag(self, target: str) -> str:
        """The name of the newest image of a target."""
        return self.docker.tag(target.rpartition(":")[2])


def compare_images(builder: Builder, rounds: int) -> Iterator[Row]:
    """Size, time to build all of it, and time until it serves."""
    seconds, others = alternate(
        rounds, lambda: builder.ours(salt=_salt()), lambda: builder.theirs(salt=_salt())
    )
    docker, mine, other = builder.docker, builder.tag(IMAGE), builder.tag("bentoml")
    for image, port, body in ((mine, 8000, FLOWER), (other, 3000, {"measures": FLOWER})):
        if (answer := docker.prediction(image, port, body)) != SPECIES:
            raise NotMeasured(f"the server in {image} answers {answer!r}")
    size, other_size = (docker.size(mine),), (docker.size(other),)
    yield Row(
        what="image size", ours=size, versus="BentoML", theirs=other_size, unit="B", ratio_limit=0.5
    )
    yield Row(what="whole build, no layer cached", ours=seconds, versus=BENTOML, theirs=others)


def compare_rebuilds(builder: Builder, rounds: int) -> Iterator[Row]:
    """What is new, and how long it takes, after the code and after one requirement changes."""

    def edit(_: int) -> None:
        builder.sides.edit_code()

    def require(number: int) -> None:
        builder.sides.require("uvicorn", VERSIONS[number])

    yield from _rebuilds(builder, "code", rounds, edit)
    yield from _rebuilds(builder, "one requirement", min(rounds, len(VERSIONS)), require)


def _rebuilds(
    builder: Builder, what: str, rounds: int, change: Callable[[int], None]
) -> Iterator[Row]:
    salt = _salt()
    builder.ours(salt=salt)
    builder.theirs(salt=salt)
    tags = (builder.tag(IMAGE), builder.tag("bentoml"))
    seconds: list[tuple[float, float]] = []
    before: list[tuple[str, ...]] = []
    for number in range(rounds):
        before = [builder.docker.diff_ids(tag) for tag in tags]
        change(number)
        seconds.append((builder.ours(salt=salt), builder.theirs(salt=salt)))
    yield Row(
        what=f"rebuild after a change of {what}",
        ours=tuple(pair[0] for pair in seconds),
        versus=BENTOML,
        theirs=tuple(pair[1] for pair in seconds),
    )
    ours, theirs = (
        builder.docker.layers(tag, besides=known) for tag, known in zip(tags, before, strict=True)
    )
    yield from _new_layers(what, ours, theirs)


def _new_layers(what: str, ours: tuple[Layer, ...], theirs: tuple[Layer, ...]) -> Iterator[Row]:
    yield Row(
        what=f"new layers after a change of {what}",
        ours=(len(ours),),
        versus="BentoML",
        theirs=(len(theirs),),
        unit="layers",
        value_limit=1 if what == "code" else None,
        detail=tuple(
            f"new layers after a change of {what}, {name}: {_instructions(layers)}"
            for name, layers in (("Lading", ours), ("BentoML", theirs))
        ),
    )
    for name, weigh in (("unpacked", _size), ("as gzip", _compressed)):
        yield Row(
            what=f"bytes of them, {name}",
            ours=(sum(map(weigh, ours)),),
            versus="BentoML",
            theirs=(sum(map(weigh, theirs)),),
            unit="B",
        )


def _size(layer: Layer) -> float:
    return layer.size


def _compressed(layer: Layer) -> float:
    return layer.compressed or 0


def _instructions(layers: tuple[Layer, ...]) -> str:
    """The instructions' first words: `COPY files/2.1/ /app/`."""
    return "; ".join(f"`{_instruction(layer.made_by)}`" for layer in layers) or "none"


def _instruction(made_by: str) -> str:
    text = made_by.removesuffix("# buildkit").removeprefix("/bin/sh -c ").strip()
    # `RUN |3 A=a B=b C=c /bin/sh -c command`: the build arguments come first.
    head, shell, tail = text.partition("/bin/sh -c ")
    text = f"RUN {tail}" if shell and head.startswith("RUN ") else text
    return text if len(text) <= 48 else f"{text[:47]}…"  # noqa: PLR2004 - enough to know it by


def compare_bytecode(builder: Builder, rounds: int, builds: int) -> Iterator[Row]:
    """The image with modules compiled while building, against the image without."""
    docker, plain, compiled = builder.docker, builder.tag(IMAGE), builder.tag(COMPILED)
    seconds, others = alternate(
        builds,
        lambda: builder.ours(COMPILED, salt=_salt()),
        lambda: builder.ours(salt=_salt()),
    )
    without = "Lading, not compiled"
    sizes = (docker.size(compiled),), (docker.size(plain),)
    yield Row(
        what="image size, bytecode compiled",
        ours=sizes[0],
        versus=without,
        theirs=sizes[1],
        unit="B",
    )
    packed = [
        (float(sum(map(_compressed, docker.layers(image, besides=())))),)
        for image in (compiled, plain)
    ]
    yield Row(what="the same as gzip", ours=packed[0], versus=without, theirs=packed[1], unit="B")
    yield Row(what="whole build, bytecode compiled", ours=seconds, versus=without, theirs=others)
    starts = alternate(
        rounds,
        lambda: docker.seconds_until_ready(compiled, 8000, "/healthz"),
        lambda: docker.seconds_until_ready(plain, 8000, "/healthz"),
    )
    yield Row(
        what="start to ready, bytecode compiled", ours=starts[0], versus=without, theirs=starts[1]
    )


def _salt() -> str:
    return uuid4().hex


def compare_start(builder: Builder, rounds: int) -> Iterator[Row]:
    """From `docker run` until the server can predict."""
    docker, mine, other = builder.docker, builder.tag(IMAGE), builder.tag("bentoml")
    ours, theirs = alternate(
        rounds,
        lambda: docker.seconds_until_ready(mine, 8000, "/healthz"),
        lambda: docker.seconds_until_ready(other, 3000, "/readyz"),
    )
    yield Row(what="start to ready", ours=ours, versus="BentoML", theirs=theirs)
