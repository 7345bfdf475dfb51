"""What is decided of indexes, sources and installations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from freeze.world import World, build, sdist, sha256, wheel
from lading import secret
from lading.errors import FreezeError
from lading.info import (
    ContextFile,
    ImageInfo,
    InstallPython,
    PackageIndex,
    SecretUse,
    SourceFolder,
)
from lading.lock.model import Distribution

if TYPE_CHECKING:
    from pathlib import Path

    from lading.freeze.deciding import Decided


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(root=tmp_path.resolve())
    world.write(
        {
            "libs/ours/pyproject.toml": '[project]\nname = "ours"\nversion = "1.0"\n',
            "libs/ours/src/ours.py": "x = 1\n",
            "theirs-2.0.tar.gz": b"an archive",
        }
    )
    return world


ARCHIVE = Distribution(
    name="theirs",
    version="2.0",
    kind="archive",
    url="theirs-2.0.tar.gz",
    hashes=(f"sha256:{sha256(b'an archive')}",),
)


def decided(world: World, source: str, *distributions: Distribution, **facts: object) -> Decided:
    image = world.image(source, secret=secret)
    world.lock(image, *distributions, **facts)  # type: ignore[arg-type]
    return world.freezer().decide(image, platform="linux/amd64", project=world.project)


def decide(world: World, source: str, *distributions: Distribution, **facts: object) -> ImageInfo:
    return decided(world, source, *distributions, **facts).info


def install(info: ImageInfo) -> InstallPython:
    (step,) = (step for step in info.steps if isinstance(step, InstallPython))
    return step


def refusal(world: World, source: str, *distributions: Distribution) -> str:
    with pytest.raises(FreezeError) as refused:
        decide(world, source, *distributions)
    assert all(problem.location is not None for problem in refused.value.problems)
    return str(refused.value)


def test_a_folder_of_the_project_is_copied_as_it_was_locked(world: World) -> None:
    source = 'Image(distro="debian:bookworm").python_packages("ours @ ./libs/ours")'
    found = decided(world, source, world.directory("ours", "libs/ours"))
    (folder,) = install(found.info).folders
    assert (folder.name, folder.path) == ("ours", "sources/ours")
    assert [file.path for file in folder.files] == ["pyproject.toml", "src/ours.py"]
    assert folder.files[1] == ContextFile(
        path="src/ours.py", sha256=sha256(b"x = 1\n"), size=len("x = 1\n")
    )
    assert found.contents["sources/ours/src/ours.py"].source == (
        world.project / "libs/ours/src/ours.py"
    )


def test_a_folder_that_changed_since_is_drift(world: World) -> None:
    source = 'Image(distro="debian:bookworm").python_packages("ours @ ./libs/ours")'
    image = world.image(source)
    world.lock(image, world.directory("ours", "libs/ours"))
    world.write({"libs/ours/src/__pycache__/ours.pyc": b""})
    world.freezer().decide(image, platform="linux/amd64", project=world.project)
    world.write({"libs/ours/src/ours.py": "x = 2\n"})
    with pytest.raises(FreezeError, match="libs/ours has changed"):
        world.freezer().decide(image, platform="linux/amd64", project=world.project)


def test_a_folder_outside_of_the_project_is_no_source(world: World) -> None:
    source = 'Image(distro="debian:bookworm").python_packages("ours @ ./libs/ours")'
    locked = world.directory("ours", "libs/ours")
    image = world.image(source)
    world.lock(image, locked)
    (world.project / "libs/ours/key").symlink_to("/etc/passwd")
    with pytest.raises(ValueError, match="libs/ours/key is a link that leaves") as refused:
        world.freezer().decide(image, platform="linux/amd64", project=world.project)
    assert refused.type.__module__ == "lading.errors"


def test_an_archive_of_the_project_is_copied(world: World) -> None:
    source = 'Image(distro="debian:bookworm").python_packages("./theirs-2.0.tar.gz")'
    found = decided(world, source, ARCHIVE)
    path = "sources/theirs/theirs-2.0.tar.gz"
    assert found.contents[path].source == world.project / "theirs-2.0.tar.gz"


def test_each_source_has_what_it_is_built_with(world: World) -> None:
    source = 'Image(distro="debian:bookworm").python_packages("old", "six", "./theirs-2.0.tar.gz")'
    builds = (build("old", wheel("setuptools", "80")), build("theirs"))
    info = decide(world, source, sdist("old", "1.0"), wheel("six", "1"), ARCHIVE, builds=builds)
    assert install(info).builds == builds


def test_a_wheel_of_the_project_to_compile_with_is_there(world: World) -> None:
    world.write({"wheels/tool-1.0-py3-none-any.whl": b"tool"})
    tool = Distribution(
        name="tool",
        version="1.0",
        kind="file",
        url="wheels/tool-1.0-py3-none-any.whl",
        hashes=(f"sha256:{sha256(b'tool')}",),
    )
    source = 'Image(distro="debian:bookworm").python_packages("old")'
    found = decided(world, source, sdist("old", "1.0"), builds=(build("old", tool),))
    assert "build-wheels/old/tool-1.0-py3-none-any.whl" in found.contents
    world.write({"wheels/tool-1.0-py3-none-any.whl": b"another"})
    with pytest.raises(FreezeError, match="is not the file that was locked"):
        world.freezer().decide(world.image(source), platform="linux/amd64", project=world.project)


def test_variables_count_where_something_is_compiled(world: World) -> None:
    text = 'Image(distro="debian:bookworm").env(CFLAGS="-O2").python_packages("{}")'
    assert install(decide(world, text.format("six"), wheel("six", "1"))).environment == ()
    for requirement, locked in (
        ("old", sdist("old", "1.0")),
        ("./theirs-2.0.tar.gz", ARCHIVE),
        ("ours @ ./libs/ours", world.directory("ours", "libs/ours")),
    ):
        found = install(decide(world, text.format(requirement), locked))
        assert found.environment == (("CFLAGS", "-O2"),)


BUILDING = """(
    Image(distro="debian:bookworm")
    .build_packages("libpq-dev", debian=["zlib1g-dev"])
    .python_packages("{}")
)"""


def test_build_packages_come_where_something_is_compiled(world: World) -> None:
    compiled = decide(world, BUILDING.format("old"), sdist("old", "1.0"))
    assert compiled.build_packages == ("libpq-dev", "zlib1g-dev")
    installed = decide(world, BUILDING.format("six"), wheel("six", "1.0"))
    assert installed.build_packages == ()


def test_an_index_is_frozen_with_how_it_lets_one_in(world: World) -> None:
    info = decide(
        world,
        """(
    Image(distro="debian:bookworm")
    .index("https://b.example.test/simple", name="b", packages=["corp"], username="ci",
           secret=secret("B", file="b", version="2"))
    .index("https://a.example.test/simple", default=True, netrc=secret("NETRC", file="~/.netrc"))
    .index("https://c.example.test/simple", client_certificate="PEM")
    .python_packages("six")
)""",
        msgspec.structs.replace(wheel("six", "1.0"), index="https://a.example.test/simple"),
    )
    assert {index.url: index for index in info.indexes} == {
        "https://b.example.test/simple": PackageIndex(
            url="https://b.example.test/simple",
            name="b",
            packages=("corp",),
            username="ci",
            secret=SecretUse(id="B", version="2"),
        ),
        "https://a.example.test/simple": PackageIndex(
            url="https://a.example.test/simple", default=True, netrc=SecretUse(id="NETRC")
        ),
        "https://c.example.test/simple": PackageIndex(
            url="https://c.example.test/simple", client_certificate=SecretUse(id="PEM")
        ),
    }


def test_without_isolation_only_sources_are_compiled(world: World) -> None:
    text = """(
    Image(distro="debian:bookworm")
    .python_packages("six", "old", no_build_isolation=["{}"])
)"""
    locked = (wheel("six", "1.0"), sdist("old", "1.0"))
    assert install(decide(world, text.format("old"), *locked)).no_build_isolation == ("old",)
    assert "six, which comes as a wheel" in refusal(world, text.format("six"), *locked)
    refused = refusal(world, text.format("olt"), *locked)
    assert "olt" in refused


def test_what_is_compiled_without_isolation_keeps_the_users_order(world: World) -> None:
    source = """(
    Image(distro="debian:bookworm")
    .python_packages("b", "a", no_build_isolation=["b", "a"])
)"""
    info = decide(world, source, sdist("a", "1.0"), sdist("b", "1.0"))
    assert install(info).no_build_isolation == ("b", "a")


UNLOCKED = 'Image(distro="debian:bookworm", lock_python_packages=False)'


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            f'{UNLOCKED}.index("https://a.example.test", packages=["six"]).python_packages("six")',
            "packages=[...]) needs the lock",
        ),
        (
            f'{UNLOCKED}.python_packages("six", no_build_isolation=["six"])',
            "no_build_isolation= needs the lock",
        ),
        (
            f'{UNLOCKED}.python_packages("six", no_binary=["six"])',
            "no_binary= needs the lock",
        ),
        (
            f'{UNLOCKED}.python_packages("six", build_constraints=["setuptools<81"])',
            "build_constraints= needs the lock",
        ),
        (
            f'{UNLOCKED}.python_packages("six", requires={{"six": ["attrs"]}})',
            "requires= needs the lock",
        ),
        (
            f'{UNLOCKED}.python_packages("attrs").run("true").requirements_file("from-source.txt")',
            "--no-binary six of a file needs the lock",
        ),
        (
            f'{UNLOCKED[:-1]}, accelerator="cpu").python_packages("torch")',
            "accelerator= needs the lock",
        ),
    ],
)
def test_what_only_a_lock_can_promise_needs_one(world: World, source: str, message: str) -> None:
    world.write({"from-source.txt": "--no-binary six\nsix\n"})
    said = refusal(world, source)
    assert message in said
    assert "service.py:" in said


def test_without_a_lock_files_of_the_project_are_there_all_the_same(
    world: World,
) -> None:  # CASES R39
    world.write({"wheels/tiny-1.0-py3-none-any.whl": b"tiny"})
    found = decided(
        world,
        f"""(
    {UNLOCKED}
    .python_packages("six")
    .run("true")
    .python_packages("./wheels/tiny-1.0-py3-none-any.whl", "./libs/ours", "./theirs-2.0.tar.gz")
)""",
    )
    assert {"wheels/2/tiny-1.0-py3-none-any.whl", "sources/theirs/theirs-2.0.tar.gz"} <= {
        *found.contents
    }
    assert "sources/ours/src/ours.py" in found.contents
    later = [step for step in found.info.steps if isinstance(step, InstallPython)][1]
    assert later.requirements == ("tiny==1.0", "ours", "theirs==2.0")
    assert [(one.name, one.kind, one.group) for one in later.distributions] == [
        ("tiny", "file", 2),
        ("ours", "directory", 2),
        ("theirs", "archive", 2),
    ]
    assert [folder.name for folder in later.folders] == ["ours"]


@pytest.mark.parametrize(
    ("files", "requirement", "message"),
    [
        ({"libs/b/setup.py": ""}, "./libs/b", "libs/b/pyproject.toml declares no name"),
        ({"x.tar.gz": ""}, "./x.tar.gz", "x.tar.gz does not tell its package's name"),
        ({"libs/c/.git/x": ""}, "c @ ./libs/c", "libs/c holds no files"),
    ],
)
def test_without_a_lock_a_source_needs_a_name(
    world: World, files: dict[str, str], requirement: str, message: str
) -> None:
    world.write(files)
    assert message in refusal(world, f'{UNLOCKED}.python_packages("{requirement}")')


MIRRORED = {
    "LADING_MIRROR_PYTHON": "https://mirror.example.test/simple",
    "LADING_MIRROR_DEBIAN": "https://mirror.example.test/debian",
    "LADING_MIRROR_UBUNTU": "https://mirror.example.test/ubuntu",
    "LADING_MIRROR_REGISTRIES": "docker.io=mirror.example.test/hub",
}


def test_mirrors_are_frozen_and_change_no_key(tmp_path: Path) -> None:
    source = 'Image(distro="debian:bookworm").system_packages("curl").python_packages("six")'
    plain = World(root=tmp_path.resolve())
    without = decide(plain, source, wheel("six", "1.0"))
    near = World(root=tmp_path.resolve(), environ=MIRRORED)
    mirrored = decide(near, source, wheel("six", "1.0"))
    assert mirrored.key == without.key
    assert (without.base_mirror, without.python_mirror, without.archive_mirrors) == (None, None, ())
    assert mirrored.base_mirror == f"mirror.example.test/hub/library/{plain_name(without)}"
    assert mirrored.python_mirror == MIRRORED["LADING_MIRROR_PYTHON"]
    assert mirrored.archive_mirrors == (("debian", MIRRORED["LADING_MIRROR_DEBIAN"]),)
    assert mirrored.base == without.base


TRUSTING = """\
[tool.lading.archives]
debian = { keyring = "keys/debian.gpg" }
debian-security = { unsigned = true }
"""


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x99\x01keys", "apt/debian.gpg"),
        (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n", "apt/debian.asc"),
    ],
)
def test_whose_word_counts_is_frozen_with_the_keys(
    tmp_path: Path, content: bytes, name: str
) -> None:
    source = 'Image(distro="debian:bookworm", components=["contrib"]).system_packages("curl")'
    world = World(root=tmp_path.resolve())
    without = decide(world, source)
    world.write({"pyproject.toml": TRUSTING, "keys/debian.gpg": content})
    found = decided(world, source)
    info = found.info
    file = ContextFile(path=name, sha256=sha256(content), size=len(content))
    assert found.contents[name].sha256 == file.sha256
    assert info.components == ("contrib",)
    assert info.archive_keyrings == (("debian", file),)
    assert info.unsigned_archives == ("debian-security",)
    assert info.key == without.key  # it says how packages are reached, and their hashes are locked


def plain_name(info: ImageInfo) -> str:
    return info.base.reference.rpartition("/")[2]


def test_where_a_locked_file_is_changes_no_key(world: World) -> None:
    source = 'Image(distro="debian:bookworm").python_packages("six")'
    one = wheel("six", "1.0")
    moved = Distribution(
        name="six",
        version="1.0",
        url="https://mirror.example.test/six-1.0-py3-none-any.whl",
        hashes=one.hashes,
        index="default",
    )
    assert decide(world, source, one).key == decide(world, source, moved).key


def test_folders_are_values() -> None:
    folder = SourceFolder(name="x", path="sources/x", files=())
    assert hash(folder) == hash(SourceFolder(name="x", path="sources/x", files=()))
