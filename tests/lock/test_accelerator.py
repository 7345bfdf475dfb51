"""PyTorch's indexes, whose addresses uv knows by itself: a proxy stands in (CASES R19)."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

import engine_support
from lading.lock.drift import drift
from lading.lock.inputs import read_inputs
from lock import stand_in
from lock.dock import AMD64, ARM64
from lock.package_index import PackageIndex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lading.errors import Problem
    from lock.dock import Dock
    from lock.stand_in import StandIn


@pytest.fixture
def torch(dock: Dock, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StandIn]:
    """Whatever index uv knows by itself; the one of the project is on loopback, as elsewhere."""
    if shutil.which("openssl") is None:
        missing = "openssl is not installed"
        if engine_support.must_run():
            pytest.fail(missing, pytrace=False)
        request.node.user_properties.append(("left out", missing))
        pytest.skip(missing)
    folder = tmp_path / "certificates"
    folder.mkdir()
    with stand_in.standing_in(PackageIndex(), folder) as proxy:
        dock.environ |= proxy.environment
        yield proxy


def publish(dock: Dock, torch: StandIn) -> None:
    """A build for the CPU on one index; on the other the usual one, which is a CUDA build."""
    dock.index.wheel("app", "1.0", requires=["torch>=2", "requests"])
    dock.index.wheel("requests", "2.0")
    dock.index.wheel("torch", "2.9.1", requires=["nvidia-cudnn-cu12"])
    dock.index.wheel("nvidia_cudnn_cu12", "9.1")
    torch.index.wheel("torch", "2.8.0+cpu", requires=["requests"])
    torch.index.wheel("torchvision", "0.23.0+cpu", requires=["torch==2.8.0"])
    torch.index.wheel("requests", "66.0")


def test_torch_comes_from_the_index_of_the_accelerator_and_nothing_else_does(
    dock: Dock, torch: StandIn
) -> None:
    """CASES R19."""
    publish(dock, torch)
    image = dock.image().replace(accelerator="cpu").python_packages("app", "torchvision")

    found = dock.distributions(image)

    assert {name: one.version for name, one in found.items()} == {
        "app": "1.0",
        "requests": "2.0",
        "torch": "2.8.0+cpu",
        "torchvision": "0.23.0+cpu",
    }
    assert not [name for name in found if name.startswith("nvidia")]
    own = f"{dock.index.url}/simple"
    assert (found["app"].index, found["requests"].index) == (own, own)
    assert found["torch"].index == found["torchvision"].index
    assert (found["torch"].index or "").endswith("/cpu")
    assert torch.hosts("requests") == torch.hosts("app") == set()
    assert "torch" not in dock.index.asked_for()
    assert torch.hosts("torch")


def test_nothing_declared_leaves_everything_else_on_the_default_index(
    dock: Dock, torch: StandIn
) -> None:
    publish(dock, torch)
    torch.index.add_uv("0.9.1")
    found = dock.distributions(dock.bare_image(accelerator="cu126").python_packages("torch"))
    assert found["requests"].index == "default"
    assert (found["torch"].index or "").endswith("/cu126")
    assert not torch.hosts("requests") & torch.hosts("torch")


def test_an_index_that_serves_torch_alone_wins_over_the_accelerators(
    dock: Dock, torch: StandIn
) -> None:
    publish(dock, torch)
    dock.other.wheel("torch", "2.7.0+corp")
    image = dock.image().replace(accelerator="cpu").python_packages("app")
    found = dock.distributions(image.index(f"{dock.other.url}/simple", packages=["torch"]))
    assert found["torch"].version == "2.7.0+corp"
    assert torch.hosts("torch") == set()
    assert any('accelerator="cpu" is not heeded' in line for line in dock.said)


def test_an_accelerator_that_is_heeded_is_not_talked_about(dock: Dock, torch: StandIn) -> None:
    publish(dock, torch)
    dock.distributions(dock.image().replace(accelerator="cpu").python_packages("app"))
    assert not any("not heeded" in line for line in dock.said)


def test_another_accelerator_is_another_lock(dock: Dock, torch: StandIn) -> None:
    publish(dock, torch)
    image = dock.image().replace(accelerator="cpu").python_packages("torch")
    before = dock.lock(image)
    torch.index.wheel("torch", "2.8.0+cu126")
    other = read_inputs(image.replace(accelerator="cu126"), dock.project).inputs
    assert drift(before, other, [AMD64]) == ("the accelerator: cpu is locked, cu126 is asked for",)


@pytest.mark.parametrize(
    ("tag", "distro", "words"),
    [
        ("cp311-cp311-manylinux_2_28_x86_64", "alpine:3.20", "musllinux"),
        ("cp312-cp312-manylinux_2_28_x86_64", "debian:bookworm", "Python 3.11"),
        (None, "debian:bookworm", "manylinux"),
    ],
    ids=["another libc", "another Python", "none"],
)
def test_what_the_index_of_the_accelerator_lacks_is_named(
    dock: Dock, torch: StandIn, tag: str | None, distro: str, words: str
) -> None:
    """CASES R18, R19."""
    publish(dock, torch)
    torch.index.projects.clear()
    if tag is not None:
        torch.index.wheel("torch", "2.8.0+cpu", tag=tag)
    image = dock.image(distro).replace(accelerator="cpu").python_packages("app")

    problem = last(dock.refused(image))

    assert (problem.hint or "").startswith('torch: the index of accelerator="cpu" has nothing')
    assert words in (problem.hint or "")
    assert ('distro="debian"' in (problem.hint or "")) == (distro == "alpine:3.20")


def test_a_version_that_the_index_of_the_accelerator_lacks(dock: Dock, torch: StandIn) -> None:
    publish(dock, torch)
    image = dock.image().replace(accelerator="cpu").python_packages("torch==2.9.1")
    problem = last(dock.refused(image))
    assert 'accelerator="cpu"' in (problem.hint or "")


def test_a_platform_that_the_accelerator_has_no_build_for(dock: Dock, torch: StandIn) -> None:
    publish(dock, torch)
    torch.index.projects.clear()
    torch.index.wheel("torch", "2.8.0+cpu", tag="cp311-cp311-manylinux_2_28_x86_64")
    image = dock.image().replace(accelerator="cpu").python_packages("torch")
    problem = last(dock.refused(image, AMD64, ARM64))
    assert "linux/arm64" in problem.message
    assert 'accelerator="cpu"' in (problem.hint or "")


def last(problems: tuple[Problem, ...]) -> Problem:
    return problems[-1]
