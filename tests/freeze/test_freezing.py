from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from freeze.world import PROGRAM, SOURCE, World, sdist, tree, wheel
from lading import ImageInfo, process
from lading.errors import FreezeError, ResolutionError, SpecificationError

if TYPE_CHECKING:
    from lading import Image

TEXT = """(
    Image(distro="debian:bookworm")
    .system_packages("curl")
    .python_packages("six", "old")
    .run("true")
    .run_script("setup.sh")
    .build_include("src", "*.py")
    .cmd("python", "-m", "http.server")
)"""


def prepared(root: Path, name: str = "project") -> tuple[World, Image]:
    world = World(root=root.resolve(), name=name)
    world.write({"setup.sh": "#!/bin/sh\n", "src/model.bin": b"\0", "src/my file": "x"})
    image = world.image(TEXT)
    world.lock(image, wheel("six", "1.0"), sdist("old", "2.0"))
    return world, image


def test_the_folder_is_a_complete_context(tmp_path: Path) -> None:
    world, image = prepared(tmp_path)
    info = world.freeze(image)
    files = {name: part[2] for name, part in tree(world.target).items() if part[2] is not None}
    (script,) = [name for name in files if name.startswith("scripts/")]
    assert set(files) == {
        *(".dockerignore", "Dockerfile", "ca-bundle.sh", "image.json", "requirements.txt", "uv"),
        *(script, "sources/old/old-2.0.tar.gz", "build-requirements/old/default.txt"),
        *("apt/1.versions", "apt/1.sha256", "apt/build.versions", "apt/build.sha256"),
        *("files/3.1/service.py", "files/3.1/src/model.bin", "files/3.1/src/my file"),
    }
    assert files["uv"] == PROGRAM
    assert files["sources/old/old-2.0.tar.gz"] == SOURCE
    assert files["Dockerfile"] == info.dockerfile.encode()
    assert ImageInfo.from_json(files["image.json"].decode()) == info
    tops = {name.partition("/")[0] for name in files}
    listed = {line[1:] for line in files[".dockerignore"].decode().splitlines()[1:]}
    assert listed == tops - {".dockerignore", "Dockerfile", "image.json"}


def test_every_source_that_the_dockerfile_names_is_in_the_context(tmp_path: Path) -> None:
    world, image = prepared(tmp_path)
    text = world.freeze(image).dockerfile
    sources = [word for word in text.replace(",", " ").split() if word.startswith("source=")]
    named = {word.removeprefix("source=") for word in sources} - {"/wheels"}
    assert named
    assert all((world.target / name).exists() for name in named)


def test_any_path_gives_the_same_tree(tmp_path: Path) -> None:  # CASES R25, R35, R46
    trees = []
    for place, name in (("a", "project"), ("b c@é", "deep/my project"), ("d", ".local/x")):
        world, image = prepared(tmp_path / place, name)
        world.freeze(image)
        world.freeze(image)
        trees.append(tree(world.target))
    assert trees[0] == trees[1] == trees[2]


_CHILD = """
import os, sys
os.umask(int(sys.argv[3], 8))
from pathlib import Path
from freeze.world import World
from freeze.test_freezing import TEXT
world = World(root=Path(sys.argv[1]))
world.freeze(world.image(TEXT), Path(sys.argv[2]))
print("socket" in sys.modules and "urllib3" in sys.modules)
"""


def child(world: World, target: Path, umask: str, **environment: str) -> process.Completed:
    tests = Path(__file__).parents[1]
    paths = (str(tests), str(tests.parent / "src"), *sys.path)
    argv = [sys.executable, "-c", _CHILD, str(world.root), str(target), umask]
    alone = ("unshare", "--net", "--")
    if shutil.which("unshare") and process.run((*alone, "true"), env=os.environ).returncode == 0:
        argv = [str(shutil.which("unshare")), *alone[1:], *argv]  # not even loopback is there
    env = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), **environment}
    return process.run(argv, env=env, timeout=60)


def test_the_surroundings_change_nothing_and_nobody_is_asked(tmp_path: Path) -> None:
    """CASES R25: the PATH is empty, the network is gone, and the lock's uv is nowhere installed."""
    world, image = prepared(tmp_path)
    world.freeze(image)
    lock = (world.project / "lading.lock").read_bytes()
    surroundings = (
        ("077", {"TZ": "Pacific/Kiritimati", "USER": "alice", "HOSTNAME": "one", "LANG": "C"}),
        ("000", {"TZ": "UTC", "USER": "bob", "HOSTNAME": "two", "SOURCE_DATE_EPOCH": "1"}),
    )
    for number, (umask, environment) in enumerate(surroundings):
        target = tmp_path / f"child{number}"
        done = child(world, target, umask, PATH="", **environment)
        assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr
        assert tree(target) == tree(world.target)
    assert (world.project / "lading.lock").read_bytes() == lock


def test_a_target_inside_the_project_is_no_part_of_it(tmp_path: Path) -> None:
    world = World(root=tmp_path.resolve())
    image = world.image('Image().build_include(".")')
    world.lock(image)
    inside = world.project / "build"
    world.freeze(image, inside)
    first = tree(inside)
    world.freeze(image, inside)
    world.freeze(image, world.project / "other")
    assert tree(inside) == tree(world.project / "other") == first


def test_a_failure_while_deciding_leaves_the_former_folder(tmp_path: Path) -> None:
    world, image = prepared(tmp_path)
    world.freeze(image)
    before = tree(world.target)
    (world.project / "src" / "model.bin").unlink()
    (world.project / "src" / "model.bin").symlink_to("nothing")
    with pytest.raises(FreezeError):
        world.freeze(image)
    assert tree(world.target) == before


def test_a_file_that_changes_meanwhile_is_noticed(tmp_path: Path) -> None:
    world, image = prepared(tmp_path)
    freezer = world.freezer()
    decided = freezer.decide(image, platform="linux/amd64", project=world.project)
    world.write({"src/model.bin": b"\1"})
    with pytest.raises(FreezeError, match=r"src/model\.bin changed while it was frozen"):
        freezer.write(decided, world.target)
    assert not world.target.exists()


def test_a_locked_freeze_says_what_drifted(tmp_path: Path) -> None:
    world, image = prepared(tmp_path)
    drifted = image.python_packages("numpy").index("https://packages.example.test/simple")
    before = tree(world.project)
    with pytest.raises(FreezeError) as refused:
        world.freeze(drifted)
    assert tree(world.project) == before
    messages = [problem.message for problem in refused.value.problems]
    assert any("numpy" in message for message in messages)
    assert any("packages.example.test" in message for message in messages)
    assert "lading lock" in str(refused.value.problems[-1].hint)


def test_a_locked_freeze_wants_a_lock_for_its_platform(tmp_path: Path) -> None:
    world, image = prepared(tmp_path)
    with pytest.raises(FreezeError, match="linux/arm64"):
        world.freeze(image, platform="linux/arm64")
    (world.project / "lading.lock").unlink()
    with pytest.raises(FreezeError, match=r"there is no lading\.lock"):
        world.freeze(image)


def test_an_offline_freeze_resolves_nothing(tmp_path: Path) -> None:
    world, image = prepared(tmp_path)
    freezer = world.freezer(locked=False)
    with pytest.raises(FreezeError, match="numpy is not locked") as refused:
        freezer.decide(
            image.python_packages("numpy"), platform="linux/amd64", project=world.project
        )
    hint = refused.value.problems[-1].hint or ""
    assert "`lading lock`" in hint
    assert "--offline" in hint


def test_the_dockerignore_of_the_project_does_not_matter(tmp_path: Path) -> None:  # CASES R47
    world, image = prepared(tmp_path)
    world.freeze(image)
    before = tree(world.target)
    world.write({".dockerignore": "*\n", "src/.dockerignore": "*\n"})
    (world.project / "src" / ".dockerignore").unlink()
    world.freeze(image)
    assert tree(world.target) == before


def test_a_base_without_a_digest_must_be_allowed(tmp_path: Path) -> None:
    world, image = prepared(tmp_path)
    world.lock(image, wheel("six", "1.0"), sdist("old", "2.0"), pinned=False)
    with pytest.raises(FreezeError, match="no digest"):
        world.freeze(image)
    freezer = world.freezer(allow_unpinned_base=True)
    info = freezer.decide(image, platform="linux/amd64", project=world.project).info
    assert info.base.digest is None


def test_a_file_that_is_not_in_the_cache_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    world, image = prepared(tmp_path)
    shutil.rmtree(world.cache)
    with pytest.raises(ResolutionError, match=r"uv-0\.9\.0.*not in the cache"):
        world.freeze(image)
    assert not world.target.exists()


@pytest.mark.parametrize("platform", ["windows/amd64", "linux", ""])
def test_an_invalid_platform_is_refused(tmp_path: Path, platform: str) -> None:
    world, image = prepared(tmp_path)
    with pytest.raises(SpecificationError):
        world.freeze(image, platform=platform)


def test_a_project_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    world, image = prepared(tmp_path)
    with pytest.raises(FreezeError, match="is not a folder"):
        world.freezer().decide(image, platform="linux/amd64", project=tmp_path / "gone")


def test_the_project_is_never_the_target(tmp_path: Path) -> None:
    world, image = prepared(tmp_path)
    world.write({"image.json": "{}", "Dockerfile": "FROM x"})
    with pytest.raises(FreezeError, match="is the project"):
        world.freeze(image, world.project)
    assert (world.project / "setup.sh").exists()


def test_an_image_freezes_itself_and_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # CASES R36
    world, image = prepared(tmp_path)
    monkeypatch.setenv("LADING_CACHE_DIR", str(world.cache))
    before = repr(image)
    info = image.freeze(world.target, project=world.project, locked=True)
    assert ImageInfo.from_json((world.target / "image.json").read_text("utf-8")) == info
    assert repr(image) == before


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (("src/model.bin", b"\1"), {"image.json", "files/3.1/src/model.bin"}),
        (("src/more", b""), {"image.json", "files/3.1/src/more"}),
        (("setup.sh", b"#!/bin/sh\ntrue\n"), {"image.json", "Dockerfile", "scripts"}),
        (("lading.lock.bak", b""), set()),
    ],
)
def test_a_change_reaches_only_what_it_concerns(
    tmp_path: Path, change: tuple[str, bytes], changed: set[str]
) -> None:  # CASES R35
    world, image = prepared(tmp_path)
    world.freeze(image)
    before = tree(world.target)
    world.write(dict([change]))
    world.freeze(image)
    after = tree(world.target)
    differing = {
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    }
    named = {"scripts" if name.startswith("scripts/") else name for name in differing}
    assert named == changed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target": 3}, "target is 3"),
        ({"target": b"build"}, "target is bytes"),
        ({"target": ""}, 'target "" is no path'),
        ({"target": "a\0b"}, "is no path"),
        ({"project": None}, "project is None"),
        ({"platform": 3}, "platform must be a string"),
        ({"vendor": "no"}, 'vendor is "no"'),
        ({"locked": 1}, "locked is 1"),
        ({"allow_unpinned_base": None}, "allow_unpinned_base is None"),
        ({"dialect": "clasic"}, 'dialect "clasic" is unknown'),
    ],
)
def test_arguments_are_checked_where_they_are_written(
    tmp_path: Path, arguments: dict[str, object], message: str
) -> None:  # CASES R50
    world, image = prepared(tmp_path)
    words = {"target": world.target, "project": world.project, **arguments}
    with pytest.raises(SpecificationError) as refused:
        image.freeze(**words)  # type: ignore[arg-type]
    assert message in refused.value.problems[0].message
    place = refused.value.problems[0].location
    assert place is not None
    assert place.file == __file__
    assert not world.target.exists()
