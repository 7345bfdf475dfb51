from __future__ import annotations

import gzip
import io
import itertools
import json
import os
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import msgspec
import pytest

from assembly.tiny import Bench, base_with, image_info
from lading.assembly import Assembler, index_of
from lading.assembly.making import _helpers
from lading.bases.base import nothing
from lading.errors import ImageError
from lading.info import Config, Healthcheck, RunCommand, SetEnv, User
from lading.lock.model import LockedBase
from lading.oci import layout, validate
from lading.oci.making import config_of
from lading.platforms import Platform
from lading.store import StoredBlob, retried

if TYPE_CHECKING:
    from pathlib import Path

    from lading.assembly import Assembled

SITE = "opt/venv/lib/python3.11/site-packages"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(root=tmp_path)


def members(made: Assembled, number: int) -> dict[str, tarfile.TarInfo]:
    with made.artifact.blobs[1 + number].open() as blob:
        content = gzip.decompress(blob.read())
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {one.name.rstrip("/"): one for one in tar}


def test_an_image_of_an_environment_wheels_and_files(bench: Bench) -> None:
    numpy = bench.wheel("numpy", "1.26.4", {"numpy/__init__.py": "x = 1\n" * 99})
    app = bench.include(12, "/app", {"service.py": b"app = 1\n", "bin/run": b"#!/bin/sh\n"})
    base = base_with(bench.root, "linux/amd64")
    made = bench.assemble(image_info(app, wheels=[numpy]), base)
    assert [(one.name, one.outcome) for one in made.layers] == [
        ("base image base.example.test/python:3.11", "base"),
        ("python environment, folders of the user", "made"),
        ("python packages numpy 1.26.4", "made"),
        ("files to /app", "made"),
    ]
    assert made.remarks == ()
    skeleton = members(made, 1)
    assert skeleton["opt/venv/bin/python"].linkname == "/usr/local/bin/python3.11"
    assert skeleton["opt/venv/bin/python3"].linkname == "python"
    assert skeleton["opt/venv/lib64"].linkname == "lib"
    owned = [skeleton[name] for name in ("app", "home/lading")]
    assert [(one.uid, one.gid, one.mode) for one in owned] == [(10001, 0, 0o775)] * 2
    assert f"{SITE}/numpy/__init__.py" in members(made, 2)
    files = members(made, 3)
    # Root's, as COPY leaves them; and the folder is still the user's.
    assert (files["app"].uid, files["app"].mode) == (10001, 0o775)
    assert (files["app/service.py"].uid, files["app/service.py"].mode) == (0, 0o644)
    assert files["app/bin/run"].mode == 0o755
    assert set(files) == {"app", "app/bin", "app/bin/run", "app/service.py"}


def test_layers_are_told_of_as_they_are_made_and_not_where_they_were_there(bench: Bench) -> None:
    old = bench.wheel("six", "1.16.0", {"six.py": ""})
    new = bench.wheel("numpy", "1.26.4", {"numpy/__init__.py": "x = 1\n" * 99})
    base = base_with(bench.root, "linux/amd64")
    bench.assemble(image_info(wheels=[old]), base)
    told: dict[str, str] = {}
    made = bench.assemble(
        image_info(wheels=[old, new]),
        base,
        begun=lambda layer, blob: told.update({layer.name: str(blob.descriptor.digest)}),
        budget=40,
    )
    assert told == {one.name: str(one.digest) for one in made.layers if one.outcome == "made"}
    assert told


def test_the_history_names_the_users_lines(bench: Bench) -> None:
    wheel = bench.wheel("six", "1.16.0", {"six.py": ""})
    env = SetEnv(variables=(("A", "secret-looking"),), at=("service.py:7",))
    base = base_with(bench.root, "linux/amd64")
    config = config_of(bench.assemble(image_info(env, wheels=[wheel]), base).artifact)
    told = [(one.created_by, one.comment, one.empty_layer) for one in config.history]
    assert told == [
        ("lading: a layer of the base image base.example.test/python:3.11", None, False),
        ("lading: python environment, folders of the user", None, False),
        ("lading: python packages six 1.16.0", "service.py:3", False),
        ("lading: variables A", "service.py:7", True),
        ("lading: user 10001:0 in /app", None, True),
    ]
    assert config.created == "1980-01-01T00:00:00Z"


def test_the_history_has_every_setting_with_its_lines(bench: Bench) -> None:
    config = Config(
        labels=(("team", "x"), ("b", "hidden")),
        ports=("80/tcp",),
        volumes=("/data",),
        entrypoint=("serve",),
        cmd=("a b", "$HOME"),
        stop_signal="SIGINT",
        healthcheck=Healthcheck(argv=("ok",)),
        at=(
            ("labels", ("service.py:4", "service.py:5")),
            ("user", ("service.py:6",)),
            ("workdir", ("service.py:7",)),
            ("cmd", ("service.py:8",)),
        ),
    )
    base = base_with(bench.root, "linux/amd64")
    made = bench.assemble(image_info(config=config), base, vocabulary="docker")
    told = [(one.created_by, one.comment) for one in config_of(made.artifact).history[2:]]
    assert told == [
        ("lading: labels team, b", "service.py:4, service.py:5"),
        ("lading: ports 80/tcp", None),
        ("lading: volumes /data", None),
        ("lading: stop signal SIGINT", None),
        ('lading: health check ["ok"]', None),
        ("lading: user 10001:0 in /app", "service.py:6, service.py:7"),
        ('lading: entrypoint ["serve"]', None),
        ('lading: command ["a b", "$HOME"]', "service.py:8"),
    ]
    in_oci = config_of(bench.assemble(image_info(config=config), base).artifact)
    assert not any("health" in str(one.created_by) for one in in_oci.history)


@pytest.mark.parametrize(("count", "fits"), [(126, True), (127, False)])
def test_more_layers_than_an_engine_stacks_are_refused(
    bench: Bench, count: int, *, fits: bool
) -> None:
    base = base_with(bench.root, "linux/amd64")
    many = replace(base, layers=base.layers * count)
    if fits:
        assert len(bench.unchecked(image_info(), many).layers) == 127
        return
    with pytest.raises(ImageError, match="has 127 layers, and 1 more") as caught:
        bench.unchecked(image_info(), many)
    assert caught.value.problems[0].hint == "take a base image with fewer layers"


def test_an_index_says_what_is_so_of_all_its_images(bench: Bench) -> None:
    prefix = "org.opencontainers.image"
    made = [
        bench.assemble(
            image_info(
                platform=platform,
                config=Config(
                    labels=(
                        (f"{prefix}.base.digest", f"sha256:{number:064}"),
                        (f"{prefix}.base.name", "base.example.test/python:3.11"),
                    )
                ),
            ),
            base_with(bench.root, platform),
        ).artifact
        for number, platform in enumerate(("linux/amd64", "linux/arm64"))
    ]
    assert json.loads(index_of(made).content)["annotations"] == {
        f"{prefix}.base.name": "base.example.test/python:3.11",
        f"{prefix}.created": "1980-01-01T00:00:00Z",
    }
    assert "annotations" not in json.loads(index_of(made, vocabulary="docker").content)


def test_annotations_name_the_base_and_the_time(bench: Bench) -> None:
    labels = (
        ("org.opencontainers.image.base.digest", "sha256:" + "0" * 64),
        ("org.opencontainers.image.base.name", "base.example.test/python:3.11"),
        ("team", "x"),
    )
    info = image_info(config=Config(labels=labels))
    base = base_with(bench.root, "linux/amd64")
    made = bench.assemble(info, base, created=1767225600)
    said = json.loads(made.artifact.content)["annotations"]
    assert said == {**dict(labels[:2]), "org.opencontainers.image.created": "2026-01-01T00:00:00Z"}


def test_nothing_changed_means_no_wheel_and_no_layer(bench: Bench) -> None:
    wheels = [bench.wheel(f"p{number}", "1.0", {f"p{number}.py": ""}) for number in range(20)]
    info = image_info(bench.include(9, "/app", {"a.py": b"1"}), wheels=wheels)
    base = base_with(bench.root, "linux/amd64")
    first = bench.assemble(info, base)
    bench.files.clear()
    second = bench.assemble(info, base)
    assert first.artifact.content == second.artifact.content
    assert {one.outcome for one in second.layers} == {"base", "reused"}
    assert len(bench.fetched) == 1


def test_nothing_changed_means_that_no_blob_is_opened(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = bench.wheel("six", "1.16.0", {"six.py": ""})
    base = base_with(bench.root, "linux/amd64")
    bench.assemble(image_info(wheels=[wheel]), base)

    def opened(blob: StoredBlob) -> NoReturn:
        raise AssertionError(blob.path)

    monkeypatch.setattr(StoredBlob, "open", opened)
    made = bench.unchecked(image_info(wheels=[wheel]), base)
    assert [one.outcome for one in made.layers] == ["base", "reused", "reused"]


def test_a_later_step_changes_no_earlier_layer(bench: Bench) -> None:
    base = base_with(bench.root, "linux/amd64")
    includes = [bench.include(number, "/app", {f"{number}.py": b"1"}) for number in range(4)]
    digests = [
        [one.digest for one in bench.assemble(image_info(*includes[:count]), base).layers]
        for count in range(5)
    ]
    for fewer, more in itertools.pairwise(digests):
        assert more[: len(fewer)] == fewer


def test_builds_beside_each_other_make_the_same(bench: Bench) -> None:
    wheels = [bench.wheel(f"p{number}", "1.0", {f"p{number}.py": "1"}) for number in range(9)]
    base = base_with(bench.root, "linux/amd64")
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: bench.assemble(image_info(wheels=wheels), base), range(4)))
    assert len({one.artifact.content for one in made}) == 1


def test_a_base_without_the_interpreter_is_refused_where_it_would_be_installed(
    bench: Bench,
) -> None:
    wheel = bench.wheel("six", "1.16.0", {"six.py": ""})
    info = image_info(wheels=[wheel], python="3.11", interpreter_packages=("python3",))
    base = base_with(bench.root, "linux/amd64", python=False)
    with pytest.raises(ImageError, match="hasn't, is installed by the distribution"):
        bench.assemble(info, base)


def test_another_version_makes_one_layer_and_fetches_one_group(bench: Bench) -> None:
    wheels = [bench.wheel(f"p{number}", "1.0", {f"p{number}.py": ""}) for number in range(20)]
    base = base_with(bench.root, "linux/amd64")
    bench.assemble(image_info(wheels=wheels), base)
    changed = [bench.wheel("p0", "2.0", {"p0.py": "2"}), *wheels[1:]]
    made = bench.assemble(image_info(wheels=changed), base)
    assert [one.outcome for one in made.layers].count("made") == 1
    assert "p0" in bench.fetched[1]


def test_two_distributions_with_one_path_are_refused_across_layers(bench: Bench) -> None:
    large = bytes(range(256)) * 4096
    wheels = [
        bench.wheel("one", "1.0", {"tests/__init__.py": "1", "one/data": large}),
        bench.wheel("two", "2.0", {"tests/__init__.py": "2", "two/data": large[::-1]}),
    ]
    wheels = [msgspec.structs.replace(one, size=1 << 20) for one in wheels]
    base = base_with(bench.root, "linux/amd64")
    with pytest.raises(ImageError) as caught:
        bench.assemble(image_info(wheels=wheels), base)
    (problem,) = caught.value.problems
    assert problem.message == f"one 1.0 and two 2.0 both have /{SITE}/tests/__init__.py"


def test_two_distributions_with_one_path_are_refused_in_a_layer(bench: Bench) -> None:
    wheels = [bench.wheel(name, "1.0", {"tests/__init__.py": name}) for name in ("a", "b")]
    base = base_with(bench.root, "linux/amd64")
    with pytest.raises(ImageError, match="both have"):
        bench.assemble(image_info(wheels=wheels), base, budget=1)


def test_the_same_file_in_two_distributions_is_fine(bench: Bench) -> None:
    wheels = [bench.wheel(name, "1.0", {"tests/__init__.py": ""}) for name in ("a", "b")]
    base = base_with(bench.root, "linux/amd64")
    bench.assemble(image_info(wheels=wheels), base)
    bench.assemble(image_info(wheels=wheels), base, budget=1)


def test_folders_that_are_links_in_the_base_are_followed(bench: Bench) -> None:
    include = bench.include(5, "/lib/models", {"a.bin": b"1"})
    made = bench.assemble(image_info(include), base_with(bench.root, "linux/amd64"))
    assert set(members(made, 2)) == {"usr", "usr/lib", "usr/lib/models", "usr/lib/models/a.bin"}


def test_known_folders_keep_their_modes(bench: Bench) -> None:
    config = Config(user=User(uid=5, gid=6, home="/root"), workdir="/tmp/work", volumes=("/tmp",))  # noqa: S108 - in the image
    made = bench.assemble(image_info(config=config), base_with(bench.root, "linux/amd64"))
    found = {name: (one.mode, one.uid, one.gid) for name, one in members(made, 1).items()}
    assert found == {
        "root": (0o770, 5, 6),
        "tmp": (0o1777, 5, 6),
        "tmp/work": (0o775, 5, 6),
    }


def test_a_folder_inside_of_what_is_copied_becomes_roots(bench: Bench) -> None:
    include = bench.include(5, "/", {"app/a.py": b"1"})
    made = bench.assemble(image_info(include), base_with(bench.root, "linux/amd64"))
    assert members(made, 2)["app"].uid == 0


def test_a_later_include_takes_the_place_of_an_earlier_file(bench: Bench) -> None:
    first = bench.include(5, "/app", {"a.py": b"1", "b.py": b"1"})
    second = bench.include(6, "/app", {"a.py": b"2"})
    base = base_with(bench.root, "linux/amd64")
    together = bench.assemble(image_info(first, second), base, budget=4)
    assert members(together, 2)["app/a.py"].size == 1


def test_a_file_where_a_folder_is_is_refused(bench: Bench) -> None:
    first = bench.include(5, "/app", {"a/b.py": b"1"})
    second = bench.include(6, "/app", {"a": b"2"})
    base = base_with(bench.root, "linux/amd64")
    with pytest.raises(ImageError, match="is a file and a folder"):
        bench.assemble(image_info(first, second), base)


@pytest.mark.parametrize("name", ["app", "home", "tmp"])
def test_a_file_where_the_user_has_a_folder_is_refused(bench: Bench, name: str) -> None:
    include = bench.include(5, "/", {name: b"1"})
    with pytest.raises(ImageError, match=f"/{name} is a file and a folder"):
        bench.assemble(image_info(include), base_with(bench.root, "linux/amd64"))


def test_onbuild_of_the_base_is_refused(bench: Bench) -> None:
    base = base_with(bench.root, "linux/amd64", on_build=("RUN true",))
    with pytest.raises(ImageError, match="ONBUILD"):
        bench.assemble(image_info(), base)


def test_what_must_execute_is_refused_with_its_line(bench: Bench) -> None:
    step = RunCommand(command="make", at=("service.py:4",))
    with pytest.raises(ImageError, match=r"service\.py:4: the command `make` runs"):
        bench.assemble(image_info(step), base_with(bench.root, "linux/amd64"))


def test_a_healthcheck_is_left_out_aloud(bench: Bench) -> None:
    info = image_info(config=Config(healthcheck=Healthcheck(argv=("ok",))))
    base = base_with(bench.root, "linux/amd64")
    (remark,) = bench.assemble(info, base).remarks
    assert remark.startswith("the health check is left out")
    docker = bench.assemble(info, base, vocabulary="docker")
    assert docker.remarks == ()
    assert config_of(docker.artifact).execution.healthcheck is not None


def test_without_an_interpreter_there_is_no_bytecode_and_a_remark(bench: Bench) -> None:
    wheel = bench.wheel("six", "1.16.0", {"six.py": "x = 1"})
    info = image_info(wheels=[wheel], compile_bytecode=True, python="3.11")
    made = bench.assemble(info, base_with(bench.root, "linux/amd64"), environ={"PATH": ""})
    pycs = [name for name in members(made, 2) if name.endswith(".pyc")]
    assert bool(pycs) != bool(made.remarks)


def test_several_platforms_are_one_index(bench: Bench) -> None:
    wheel = bench.wheel("six", "1.16.0", {"six.py": "x = 1"})
    made = [
        bench.assemble(
            image_info(wheels=[wheel], platform=platform), base_with(bench.root, platform)
        )
        for platform in ("linux/amd64", "linux/arm64")
    ]
    # The second has the layers of the first.
    assert {one.outcome for one in made[1].layers} == {"base", "reused"}
    index = index_of([one.artifact for one in made])
    layout.write(bench.root / "layout", [index], names=["latest"])
    assert validate(bench.root / "layout") == ()


def test_a_damaged_layer_is_made_again(bench: Bench) -> None:
    wheel = bench.wheel("six", "1.16.0", {"six.py": "x = 1\n" * 999})
    base = base_with(bench.root, "linux/amd64")
    first = bench.assemble(image_info(wheels=[wheel]), base)
    path = bench.store.folder.blob(first.layers[2].digest)
    path.chmod(0o600)
    path.write_bytes(b"?" * path.stat().st_size)
    again = bench.assemble(image_info(wheels=[wheel]), base)
    assert [one.outcome for one in again.layers] == ["base", "reused", "made"]
    assert again.artifact.content == first.artifact.content


def test_damage_that_shows_while_a_layer_is_read_ends_by_making_it_again(bench: Bench) -> None:
    wheel = bench.wheel("six", "1.16.0", {"six.py": "x = 1\n" * 999})
    base = base_with(bench.root, "linux/amd64")
    digest = bench.assemble(image_info(wheels=[wheel]), base).layers[2].digest
    path = bench.store.folder.blob(digest)
    status = path.stat()
    path.chmod(0o600)
    path.write_bytes(b"?" * status.st_size)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # as a failing disk would
    told: list[object] = []

    def attempt() -> Assembled:
        made = bench.assemble(image_info(wheels=[wheel]), base)
        layout.write(bench.root / "layout", [made.artifact], names=["latest"])
        return made

    made = retried(attempt, told=told.append)
    assert made.layers[2].outcome == "made"
    assert len(told) == 1
    assert validate(bench.root / "layout") == ()


def test_each_layer_is_told(bench: Bench) -> None:
    told: list[tuple[str, ...]] = []

    class Telling:
        def begin(self, piece: str, total: int | None) -> None:
            del total
            told.append(("begin", piece))

        def advance(self, piece: str, amount: int) -> None:
            pass

        def end(self, piece: str, outcome: str, size: int | None) -> None:
            assert size
            told.append((outcome, piece))

    include = bench.include(5, "/app", {"a.py": b"1"})
    base = base_with(bench.root, "linux/amd64")
    bench.assemble(image_info(), base, progress=Telling())
    bench.assemble(image_info(include), base, progress=Telling())
    folders = "folders of the user"
    assert told == [
        ("begin", folders),
        ("made", folders),
        ("reused", folders),
        ("begin", "files to /app"),
        ("made", "files to /app"),
    ]


def test_a_file_that_changed_meanwhile_is_refused(bench: Bench) -> None:
    include = bench.include(5, "/app", {"a.py": b"1"})
    bench.files["files/5.1/a.py"] = b"2"
    with pytest.raises(ImageError, match=r"a\.py"):
        bench.assemble(image_info(include), base_with(bench.root, "linux/amd64"))


def test_a_file_that_is_gone_meanwhile_is_refused(bench: Bench) -> None:
    include = bench.include(5, "/app", {"a.py": b"1"})
    base = base_with(bench.root, "linux/amd64")
    assembler = Assembler(
        store=bench.store,
        base=base,
        wheels=bench.fetch,
        installer=bench.installer,
        contents={"files/5.1/a.py": bench.root / "gone"},
    )
    with pytest.raises(ImageError, match=r"a\.py"):
        assembler.assemble(image_info(include))


def test_all_wheels_that_are_wrong_are_told_together(bench: Bench) -> None:
    wheels = [bench.wheel(f"p{number}", "1.0", {f"p{number}.py": ""}) for number in range(3)]
    for path in bench.wheels.values():
        path.write_bytes(b"no wheel")
    with pytest.raises(ImageError) as caught:
        bench.assemble(image_info(wheels=wheels), base_with(bench.root, "linux/amd64"))
    named = [name for name in ("p0", "p1", "p2") if name in str(caught.value)]
    assert len(named) > 1


def test_a_wheel_without_a_sha256_is_refused(bench: Bench) -> None:
    wheel = bench.wheel("six", "1.16.0", {"six.py": ""})
    wheel = msgspec.structs.replace(wheel, hashes=("sha512:" + "0" * 128,))
    with pytest.raises(ImageError, match="six has no SHA-256"):
        bench.assemble(image_info(wheels=[wheel]), base_with(bench.root, "linux/amd64"))


def test_on_scratch_the_accounts_are_there(bench: Bench) -> None:
    info = image_info(bench.include(5, "/app", {"a": b"1"}), base=LockedBase(reference="scratch"))
    made = bench.assemble(info, nothing(Platform.parse("linux/amd64")))
    found = {name: (one.mode, one.uid) for name, one in members(made, 0).items()}
    assert found == {
        "app": (0o775, 10001),
        "etc": (0o755, 0),
        "etc/group": (0o644, 0),
        "etc/passwd": (0o644, 0),
        "home": (0o755, 0),
        "home/lading": (0o775, 10001),
        "tmp": (0o1777, 0),
    }


def test_on_scratch_there_is_no_python(bench: Bench) -> None:
    wheel = bench.wheel("six", "1.16.0", {"six.py": ""})
    info = image_info(wheels=[wheel], base=LockedBase(reference="scratch"))
    with pytest.raises(ImageError):
        bench.assemble(info, nothing(Platform.parse("linux/amd64")))


def test_a_wheel_of_a_direct_url_says_so(bench: Bench) -> None:
    wheel = bench.wheel("six", "1.16.0", {"six.py": ""})
    direct = msgspec.structs.replace(wheel, index=None)
    base = base_with(bench.root, "linux/amd64")
    name = f"{SITE}/six-1.16.0.dist-info/direct_url.json"
    assert name not in members(bench.assemble(image_info(wheels=[wheel]), base), 2)
    assert name in members(bench.assemble(image_info(wheels=[direct]), base), 2)


@pytest.mark.parametrize(
    ("sizes", "helped"),
    [([], False), ([0, 0], False), ([5], True), ([90, 1], True), ([5, 5], False), ([3] * 9, False)],
)
def test_threads_help_where_one_layer_is_more_than_a_processors_share(
    sizes: list[int], *, helped: bool
) -> None:
    with _helpers(sizes, 2) as pool:
        assert (pool is not None) == helped


@pytest.mark.parametrize("at_once", [1, 2, 7])
def test_how_many_threads_there_are_changes_nothing(bench: Bench, at_once: int) -> None:
    wheels = [
        bench.wheel(f"p{number}", "1.0", {f"p{number}.py": f"x = {number}\n" * 5000})
        for number in range(5)
    ]
    base = base_with(bench.root, "linux/amd64")
    alone = Bench(root=bench.root / "other", wheels=bench.wheels)
    first = alone.assemble(image_info(wheels=wheels), base)
    made = bench.assemble(image_info(wheels=wheels), base, at_once=at_once)
    assert made.artifact.content == first.artifact.content


def test_a_name_that_would_delete_a_file_has_a_hint(bench: Bench) -> None:
    include = bench.include(5, "/app", {".wh.foo": b"1"})
    with pytest.raises(ImageError) as caught:
        bench.assemble(image_info(include), base_with(bench.root, "linux/amd64"))
    hint = "no image can hold such a file: rename it, or leave it out"
    assert caught.value.problems[0].hint == hint
