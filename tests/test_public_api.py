from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import lading
from lading.process import run

# What only locking, building or the command line needs: none of it may delay a service's start.
HEAVY = {"click", "installer", "msgspec", "packaging", "rich", "ssl", "tomli_w", "urllib3", "uv"}

PUBLIC = [
    "BuildError",
    "FreezeError",
    "Image",
    "ImageError",
    "ImageInfo",
    "LadingError",
    "Location",
    "Problem",
    "RegistryError",
    "ResolutionError",
    "Secret",
    "SpecificationError",
    "Variants",
    "register_engine",
    "secret",
    "service",
]


def loaded_after(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after a statement."""
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    source = str(Path(lading.__file__).parents[1])
    env = {"PYTHONPATH": source, "PATH": os.environ["PATH"]}
    done = run([sys.executable, "-c", code], env=env, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_public_names_are_these() -> None:
    assert sorted(lading.__all__) == PUBLIC
    assert set(PUBLIC) <= set(dir(lading))
    assert all(getattr(lading, name).__name__ == name for name in PUBLIC)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'lading' has no attribute 'Imgae'"):
        getattr(lading, "Imgae")  # noqa: B009 - the type checker knows better


def test_every_kind_of_error_is_a_lading_error() -> None:
    kinds = [getattr(lading, name) for name in PUBLIC if name.endswith("Error")]
    assert all(issubclass(kind, lading.LadingError) for kind in kinds)
    assert issubclass(lading.SpecificationError, ValueError)


@pytest.mark.parametrize(
    "statement",
    [
        "import lading",
        "from lading import Image",
        "from lading import LadingError",
        'from lading import Image, secret; Image().run("a", secrets=[secret("A", file="~/b")])',
        'from lading import Image; Image(distro="debian").system_packages("a1").run("b")',
    ],
)
def test_declaring_an_image_loads_nothing_heavy(statement: str) -> None:
    assert not HEAVY & (loaded_after(statement) - loaded_after("pass"))


def test_importing_the_package_loads_no_room_of_it() -> None:
    code = (
        "import lading, sys\nprint(*(name for name in sys.modules if name.startswith('lading.')))"
    )
    source = str(Path(lading.__file__).parents[1])
    done = run([sys.executable, "-c", code], env={"PYTHONPATH": source}, timeout=60)
    assert done.stdout.split() == []


def test_the_command_line_help_needs_no_network_library() -> None:
    loaded = loaded_after("import lading.cli")
    assert not {"urllib3", "rich", "uv", "packaging"} & loaded
