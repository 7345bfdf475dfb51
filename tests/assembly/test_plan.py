from __future__ import annotations

from typing import TYPE_CHECKING

import hypothesis.strategies as st
import msgspec
from hypothesis import assume, given

from lading.assembly.plan import plan, weight
from lading.info import ContextFile, CopyFiles, ImageInfo, InstallPython
from lading.lock.model import Distribution, LockedBase

if TYPE_CHECKING:
    from lading.assembly.plan import PlannedLayer

KIB, MIB = 1 << 10, 1 << 20
LADDER = [64 * KIB * 2**step for step in range(18)]


def wheel(name: str, version: str = "1.0", size: int | None = 10 * KIB) -> Distribution:
    return Distribution(
        name=name,
        version=version,
        url=f"https://files.example.test/{name}-{version}-py3-none-any.whl",
        hashes=(f"sha256:{(name + version).encode().hex():0>64.64}",),
        size=size,
        index="default",
    )


def include(number: int) -> CopyFiles:
    file = ContextFile(path=f"{number}.py", sha256="0" * 64, size=1)
    return CopyFiles(
        source=f"files/{number}.1",
        destination="/app",
        files=(file,),
        at=(f"service.py:{100 + number}",),
    )


def info_of(distributions: tuple[Distribution, ...], includes: int = 0) -> ImageInfo:
    install = InstallPython(distributions=distributions, at=("service.py:3",))
    return ImageInfo(
        platform="linux/amd64",
        base=LockedBase(reference="docker.io/library/python:3.11"),
        python="3.11",
        venv="/opt/venv",
        steps=(install, *map(include, range(1, includes + 1))),
    )


SIZES = st.one_of(st.none(), st.integers(0, 4 * MIB), st.integers(0, 1 << 32))
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,7}", fullmatch=True)
WHEELS = st.dictionaries(NAMES, SIZES, max_size=150).map(
    lambda found: tuple(wheel(name, size=size) for name, size in found.items())
)


def contents(layers: tuple[PlannedLayer, ...]) -> set[frozenset[tuple[str, str | None]]]:
    return {
        frozenset((one.name, one.version) for one in layer.distributions)
        for layer in layers
        if layer.kind == "packages"
    }


def crowded(distributions: tuple[Distribution, ...]) -> bool:
    """Whether more wheels than there are layers for are above the ladder's first step."""
    large = [one for one in distributions if weight(one) >= LADDER[0]]
    return len(large) > 27


@given(WHEELS, st.integers(0, 60), st.integers(0, 120))
def test_there_are_never_more_layers_than_the_budget(
    distributions: tuple[Distribution, ...], includes: int, budget: int
) -> None:
    layers = plan(info_of(distributions, includes), budget=budget)
    assert len(layers) <= max(budget, 4)


@given(WHEELS, st.integers(0, 60))
def test_every_wheel_and_every_include_is_in_one_layer(
    distributions: tuple[Distribution, ...], includes: int
) -> None:
    layers = plan(info_of(distributions, includes))
    planned = [one for layer in layers for one in layer.distributions]
    assert sorted(planned, key=lambda one: one.name) == sorted(
        distributions, key=lambda one: one.name
    )
    numbers = [one.number for layer in layers for one in layer.included]
    assert numbers == list(range(1, includes + 1))


@given(WHEELS, st.randoms())
def test_the_order_of_requirements_means_nothing(
    distributions: tuple[Distribution, ...], random: object
) -> None:
    mixed = list(distributions)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert plan(info_of(distributions)) == plan(info_of(tuple(mixed)))


@given(WHEELS, st.data())
def test_another_version_changes_one_layer(
    distributions: tuple[Distribution, ...], data: st.DataObject
) -> None:
    assume(distributions)
    place = data.draw(st.integers(0, len(distributions) - 1))
    old = distributions[place]
    new = wheel(old.name, "2.0", size=old.size)
    changed = (*distributions[:place], new, *distributions[place + 1 :])
    before, after = contents(plan(info_of(distributions))), contents(plan(info_of(changed)))
    assert len(after - before) == len(before - after) == 1


@given(WHEELS, NAMES, SIZES)
def test_one_more_package_changes_one_layer_while_there_is_room(
    distributions: tuple[Distribution, ...], name: str, size: int | None
) -> None:
    assume(name not in {one.name for one in distributions})
    more = (*distributions, wheel(name, size=size))
    assume(not crowded(more))
    before, after = contents(plan(info_of(distributions))), contents(plan(info_of(more)))
    assert len(after - before) == 1
    assert len(before - after) <= 1


@given(WHEELS, st.integers(0, 60))
def test_an_included_file_moves_no_package(
    distributions: tuple[Distribution, ...], includes: int
) -> None:
    without, with_files = plan(info_of(distributions)), plan(info_of(distributions, includes))
    assert contents(without) == contents(with_files)


def test_large_wheels_come_first_and_alone_and_files_last() -> None:
    layers = plan(
        info_of(
            (wheel("small"), wheel("torch", "2.1", 700 * MIB), wheel("b", "1", 3 * MIB)), includes=2
        )
    )
    assert [(layer.kind, layer.name) for layer in layers] == [
        ("environment", "python environment, folders of the user"),
        ("packages", "python packages torch 2.1"),
        ("packages", "python packages b 1"),
        ("packages", "python packages small 1.0"),
        ("files", "files to /app"),
        ("files", "files to /app"),
    ]
    assert [layer.at for layer in layers[1:]] == [
        *[("service.py:3",)] * 3,
        ("service.py:101",),
        ("service.py:102",),
    ]


def test_of_many_includes_the_oldest_are_put_together() -> None:
    layers = [layer for layer in plan(info_of((), includes=7)) if layer.kind == "files"]
    assert [[one.number for one in layer.included] for layer in layers] == [
        [1, 2, 3, 4],
        [5],
        [6],
        [7],
    ]


def test_a_wheel_that_crosses_the_threshold_gets_a_layer_of_its_own() -> None:
    # The documented price: two layers change.
    groups = [wheel(f"p{number}") for number in range(40)]
    grown = msgspec.structs.replace(groups[0], size=MIB)
    before = contents(plan(info_of(tuple(groups))))
    after = contents(plan(info_of((grown, *groups[1:]))))
    assert len(after - before) == 2
