"""Whole builds that are killed, starved, lied to and damaged: the next one is right again."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

import pytest

from cli.faulty import APP, BASE, Place, Site, files, running_site
from cli.forks import HASTY, QUICK
from engine_support import must_run
from registry.full_registry import Fault
from wheels.wheelmaker import Part, wheel_parts, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cli.program import Ran

pytestmark = pytest.mark.long

KILLS = int(os.environ.get("LADING_TEST_KILLS", "40"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, uv_cache: Path) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), uv_cache) as made:
        yield made


@pytest.fixture
def place(site: Site, tmp_path: Path) -> Iterator[Place]:
    made = Place(site, tmp_path / "place")
    yield made
    site.forget_image()
    shutil.rmtree(made.folder)  # pytest would keep it, and all of them are large


def prepared(place: Place, chance: random.Random) -> str:
    """What a build meets: caches, layouts and registries that have nothing, half, or all."""
    state = chance.choice(("empty", "half", "whole"))
    if state == "empty":
        place.clear()
    elif state == "half":
        for held in (place.cache, place.layout / "blobs"):
            for name in files(held):
                if chance.random() < 0.5:
                    (held / name).unlink()
    if chance.random() < 0.5:
        place.site.forget_image()
    if chance.random() < 0.3:
        shutil.rmtree(place.layout, ignore_errors=True)
    return state


def longest(place: Place) -> float:
    """Seconds of a build that has everything to do."""
    place.clear()
    start = time.monotonic()
    assert place.build().code == 0
    return time.monotonic() - start


def test_a_build_that_is_killed_at_any_moment_is_made_good_by_the_next(place: Place) -> None:
    chance = random.Random(4)  # noqa: S311 - the same in every run
    seconds = min(longest(place) for _ in range(2))
    ends = []
    for _ in range(KILLS):
        state = prepared(place, chance)
        running = place.start(*place.building("-q", "--push"))
        time.sleep(chance.random() * seconds * (0.4 if state == "whole" else 1))
        running.send()
        ends.append(running.wait().code)
        place.built()
        place.check_cache()
    assert ends.count(-9) > KILLS / 2


@pytest.mark.parametrize("left", [".oci-layout.x1", ".lading-x1", "oci-layout", "empty"])
def test_a_layout_that_was_only_begun_is_finished(place: Place, left: str) -> None:
    place.layout.mkdir()
    if left != "empty":
        content = '{"imageLayoutVersion":"1.0.0"}' if left == "oci-layout" else ""
        (place.layout / left).write_text(content)
    place.built()


def refused(ran: Ran) -> str:
    """It ended as a user can understand; what it said first."""
    lines = ran.err.splitlines()
    assert (ran.code, ran.out) == (1, ""), ran
    assert "Traceback" not in ran.err
    assert "fault of Lading" not in ran.err
    assert lines[0].startswith("error: ")
    return lines[0].removeprefix("error: ")


def hint(ran: Ran) -> str:
    [line] = [line for line in ran.err.splitlines() if line.startswith("hint: ")]
    return line.removeprefix("hint: ")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 600 kB; it takes root to have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(words, check=False, capture_output=True).returncode:
        if must_run():
            pytest.fail("can't mount a disk here")
        pytest.skip("can't mount a disk here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)  # noqa: S607 - where it is differs


def test_a_full_disk_under_the_cache(place: Place, small_disk: Path) -> None:
    words = place.building("-q", "--push")
    ran = place.lading(*words, cache=small_disk)
    assert refused(ran).endswith("no space left on device")
    assert "LADING_CACHE_DIR" in hint(ran)
    assert not place.layout.exists()
    assert place.site.registry.holds(APP) == set()
    assert [name for name in files(small_disk) if "temporary" in name or "sessions" in name] == []
    ran = place.lading("cache", "verify", "-q", cache=small_disk)
    assert (ran.code, ran.err) == (0, "")
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)  # noqa: S607
    ran = place.lading(*words, cache=small_disk)
    assert (ran.code, ran.err) == (0, "")
    place.check_layout(place.site.digest)
    place.check_registry(place.site.digest)


@pytest.mark.parametrize("output", ["layout", "image.tar", "docker-archive:image.tar"])
def test_a_full_disk_where_the_image_goes(place: Place, small_disk: Path, output: str) -> None:
    kind, colon, name = output.rpartition(":")
    target = f"{kind}{colon}{small_disk}/{name}"
    words = ("build", "--engine", "oci", "--locked", "-q", "-t", "a:1", "-o", target)
    ran = place.lading(*words)
    assert "no space left on device" in refused(ran).lower()
    assert hint(ran)
    assert files(small_disk) == []
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)  # noqa: S607
    ran = place.lading(*words)
    assert (ran.code, ran.err) == (0, "")
    if name == "layout":
        place.check_layout(place.site.digest, small_disk / name)
    place.built()


@pytest.mark.parametrize("largest", [1_000, 300_000])
def test_files_that_may_not_grow(place: Place, largest: int) -> None:
    ran = place.lading(*place.building("-q", "--push"), largest=largest)
    assert refused(ran)
    assert hint(ran)
    assert not place.layout.exists()
    place.check_cache()
    place.built()
    shutil.rmtree(place.layout)
    ran = place.lading(*place.building("-q"), largest=largest)
    assert refused(ran)
    assert hint(ran)
    assert not place.layout.exists()
    place.built()


BLOBS = rf"{BASE}/blobs/"
LAYER = rf"{BASE}/blobs/LARGEST"
DOCUMENTS = rf"{BASE}/manifests/"
ALWAYS = 1000

STALL = 3.0

PASSING = {
    "a base that is dropped": ("GET", LAYER, Fault(send=5000), 2),
    "a base that is dropped at once": ("GET", BASE, Fault(send=0), 1),
    "a base that stalls": ("GET", LAYER, Fault(stall=STALL), 1),
    "a base with a burst of 429": ("GET", BASE, Fault(status=429), 3),
    "a base with a burst of 503": ("GET", BASE, Fault(status=503), 3),
    "uploads that are dropped": ("P(OST|UT|ATCH)", APP, Fault(receive=1000), 1),
    "uploads that stall": ("PUT", APP, Fault(stall=STALL), 1),
    "uploads with a burst of 429": ("PUT", APP, Fault(status=429), 3),
    "uploads with a burst of 503": ("POST", APP, Fault(status=503), 3),
    "uploads whose answers are lost": ("PUT", APP, Fault(late=True), 2),
    "uploads that are forgotten": ("PUT", f"{APP}/blobs", Fault(forget=True), 1),
}


def about_largest(place: Place, pattern: str) -> str:
    """The pattern, with the digest of the base's largest layer in it."""
    blobs = place.site.registry.blobs
    largest = max((key for key in blobs if key[0] == BASE), key=lambda key: len(blobs[key]))
    return pattern.replace("LARGEST", largest[1])


@pytest.mark.parametrize("name", PASSING)
def test_a_registry_that_recovers_is_waited_for(place: Place, name: str) -> None:
    method, pattern, fault, times = PASSING[name]
    path = about_largest(place, pattern)
    for one in ("POST", "PUT", "PATCH") if method.startswith("P(") else (method,):
        place.site.registry.fails(one, path, fault, times=times)
    place.built({**QUICK, "timeout": STALL - 1})
    place.check_cache()


LASTING = {
    "a base whose layers are other bytes": ("GET", LAYER, Fault(body=b"x" * 512_000)),
    "a base whose layers are too long": ("GET", LAYER, Fault(body=b"x" * 2_000_000)),
    "a base whose layers are cut off": ("GET", LAYER, Fault(send=0)),
    "a base whose layers are announced wrongly": ("GET", LAYER, Fault(announced=7)),
    "a base whose configuration is another": ("GET", BLOBS, Fault(body=b"{}")),
    "a base whose manifest is another": ("GET", DOCUMENTS, Fault(body=b"{}")),
    "a base that stalls for ever": ("GET", BASE, Fault(stall=0.6)),
    "a base that is never there": ("GET", BASE, Fault(status=503)),
    "a base that is too busy": ("GET", BASE, Fault(status=429, headers={"Retry-After": "1"})),
    "a base that is gone": ("GET", BASE, Fault(status=404, code="MANIFEST_UNKNOWN")),
    "uploads that are never taken": ("POST", APP, Fault(status=503)),
    "uploads that are always dropped": ("PUT", APP, Fault(receive=100)),
    "uploads that always stall": ("PUT", APP, Fault(stall=0.6)),
    "uploads that are said to be damaged": ("PUT", APP, Fault(status=400, code="DIGEST_INVALID")),
    "uploads that need a login": ("POST", APP, Fault(status=401)),
    "a manifest that is refused": ("PUT", f"{APP}/manifests", Fault(status=400)),
}


@pytest.mark.parametrize("name", LASTING)
def test_a_registry_that_does_not_recover_is_told_of(place: Place, name: str) -> None:
    method, pattern, fault = LASTING[name]
    path = about_largest(place, pattern)
    registry = place.site.registry
    registry.mounts = not name.startswith("uploads")
    try:
        registry.fails(method, path, fault, times=ALWAYS)
        if name.startswith("uploads"):
            registry.fails("PATCH", path, fault, times=ALWAYS)
        ran = place.lading(*place.building("-q", "--push"), http=HASTY)
    finally:
        registry.mounts = True
    assert registry.host in refused(ran)
    assert (APP, "1") not in registry.manifests
    assert not place.layout.exists() or name.startswith(("uploads", "a manifest"))
    registry.heal()
    place.built()
    place.check_cache()


FAULTS = (
    Fault(status=429),
    Fault(status=500),
    Fault(status=502, late=True),
    Fault(status=404),
    Fault(status=400, code="DIGEST_INVALID"),
    Fault(status=416),
    Fault(status=200, headers={"Content-Type": "text/html"}),
    Fault(status=302, headers={"Location": "/elsewhere"}),
    Fault(receive=10_000),
    Fault(send=0),
    Fault(send=100_000),
    Fault(late=True),
    Fault(forget=True),
    Fault(announced=7),
    Fault(announced=3_000_000),
    Fault(body=b"other"),
    Fault(body=b"{}"),
    Fault(headers={"Docker-Content-Digest": "nonsense"}),
    Fault(headers={"Docker-Content-Digest": f"sha256:{'0' * 64}"}),
    Fault(stall=0.6),
)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_a_registry_does_the_next_build_is_right(place: Place, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    registry = place.site.registry
    registry.mounts = chance.random() < 0.5
    for _ in range(chance.randint(1, 6)):
        method = chance.choice(("GET", "GET", "HEAD", "POST", "PUT", "PATCH"))
        path = chance.choice(("", "uploads", "blobs", "manifests", BASE, APP))
        registry.fails(method, path, chance.choice(FAULTS), times=chance.randint(1, 8))
    ran = place.lading(*place.building("-q", "--push"), http=HASTY)
    registry.mounts = True
    registry.heal()
    if ran.code:
        refused(ran)
    if (APP, "1") in registry.manifests:
        place.check_registry(place.site.digest)
    place.built()
    place.check_cache()


def test_ten_builds_at_once_make_each_layer_once(place: Place) -> None:
    outputs = [place.folder / f"layout-{number % 7}" for number in range(10)]
    started = [
        place.start(*place.building("-q", "--json", "--push", output=output)) for output in outputs
    ]
    ended = [one.wait() for one in started]
    assert [(ran.code, ran.err) for ran in ended] == [(0, "")] * 10
    results = [json.loads(ran.out) for ran in ended]
    assert {result["digest"] for result in results} == {place.site.digest}
    made = Counter(
        layer["name"]
        for result in results
        for layer in result["layers"]
        if layer["outcome"] == "made"
    )
    own = {layer["name"] for layer in results[0]["layers"] if layer["outcome"] != "base"}
    assert made == dict.fromkeys(own, 1)
    for output in outputs:
        place.check_layout(place.site.digest, output)
    place.check_registry(place.site.digest)
    place.check_cache()


def flip(path: Path, chance: random.Random) -> None:
    """One bit, as a disk does it: the file's time stays."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.chmod(0o600)
    path.write_bytes(data)
    path.chmod(before.st_mode)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def overwrite(path: Path, chance: random.Random) -> None:
    """One byte, as a program does it."""
    flip(path, chance)
    os.utime(path)


def truncate(path: Path, chance: random.Random) -> None:
    size = path.stat().st_size
    os.truncate(path, chance.randrange(size) if size else 0)


def grow(path: Path, chance: random.Random) -> None:
    os.truncate(path, path.stat().st_size + chance.randint(1, 5000))


def delete(path: Path, chance: random.Random) -> None:
    del chance
    path.unlink()


Damage: TypeAlias = "Callable[[Path, random.Random], None]"

DAMAGES: tuple[Damage, ...] = (flip, overwrite, truncate, grow, delete)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", ["layers/blobs", ""])
def test_what_is_damaged_in_the_cache_is_made_good(place: Place, kind: str, damage: Damage) -> None:
    place.built()
    chance = random.Random(f"{kind} {damage.__name__}")  # noqa: S311 - the same in every run
    names = files(place.cache / kind)
    assert kind or any(name.startswith("layers/records/") for name in names)
    for name in chance.sample(names, max(1, len(names) // 2)):
        damage(place.cache / kind / name, chance)
    # All of it is read, since it is nowhere else.
    shutil.rmtree(place.layout)
    place.site.forget_image()
    ran = place.lading(*place.building("--push"))
    assert ran.code == 0, ran.err
    place.check_layout(place.site.digest)
    place.check_registry(place.site.digest)
    if kind == "layers/blobs" and damage in {flip, overwrite}:
        assert "damaged" in ran.err
    place.lading("cache", "verify", "-q")
    place.built()
    place.check_cache()


# What the disk itself flips, only those notice who read all of it.
@pytest.mark.parametrize("damage", [overwrite, truncate, grow, delete])
def test_what_is_damaged_in_a_layout_is_made_good(place: Place, damage: Damage) -> None:
    place.built()
    chance = random.Random(damage.__name__)  # noqa: S311 - the same in every run
    for name in files(place.layout):
        damage(place.layout / name, chance)
        ran = place.lading(*place.building())
        if name == "oci-layout" and damage is delete:  # it could be any folder then
            assert refused(ran) == f"{place.layout} is not empty, and no image layout"
            (place.layout / name).write_text('{"imageLayoutVersion":"1.0.0"}')
            ran = place.lading(*place.building())
        assert ran.code == 0, ran.err
        place.check_layout(place.site.digest)


@pytest.mark.parametrize("output", ["image.tar", "docker-archive:image.tar"])
def test_what_is_damaged_in_an_archive_is_made_good(place: Place, output: str) -> None:
    words = ("build", "--engine", "oci", "--locked", "-q", "-t", "a:1", "-o", output)
    assert place.lading(*words).code == 0
    archive = place.project / "image.tar"
    whole = archive.read_bytes()
    for damage in DAMAGES:
        damage(archive, random.Random(output))  # noqa: S311 - the same in every run
        assert place.lading(*words).code == 0
        assert archive.read_bytes() == whole


HOSTILE = {
    "its name leads out of the wheel": {"x": Part(name="../../etc/cron", content=b"x")},
    "symbolic link": {"x": Part(name="evil/link", content=b"/etc", mode=0o120777)},
    "RECORD": {"evil/a.py": Part(name="evil/a.py", content=b"other", central={"crc32": 1})},
}


@pytest.mark.parametrize("said", HOSTILE)
def test_a_hostile_wheel_is_named(site: Site, tmp_path: Path, said: str) -> None:
    site.forget_image()
    file = "evil-1.0-py3-none-any.whl"
    site.index.wheels[file] = zipped(wheel_parts(HOSTILE[said], name="evil"))
    place = Place(site, tmp_path / "place")
    service = place.project / "service.py"
    service.write_text(service.read_text().replace('"delta"', '"evil"'))
    assert place.lading("lock").code == 0
    ran = place.lading(*place.building("-q", "--push"))
    assert refused(ran).startswith(f"{file}: ") or file in refused(ran)
    assert said in ran.err or "RECORD" in said
    assert not place.layout.exists()
    assert (APP, "1") not in site.registry.manifests
    place.check_cache()
    # Without it the rest is as it was.
    shutil.copy(site.template / "service.py", service)
    shutil.copy(site.template / "lading.lock", place.project)
    place.built()


def interrupted_at_request(place: Place, method: str, path: str, *more: str) -> Ran:
    """Ctrl-C while the registry is asked for that."""
    registry = place.site.registry
    registry.fails(method, path, Fault(pause=3), times=1)
    before = len(registry.requests(method, path))
    running = place.start(*place.building("-q", *more), http={})
    end = time.monotonic() + 20
    while len(registry.requests(method, path)) == before and time.monotonic() < end:
        time.sleep(0.002)
    running.send(signal.SIGINT)
    return running.wait()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", DOCUMENTS),
        ("GET", BLOBS),
        ("POST", APP),
        ("PUT", f"{APP}/blobs"),
        ("PUT", f"{APP}/manifests"),
    ],
)
def test_ctrl_c_while_something_is_sent(place: Place, method: str, path: str) -> None:
    ran = interrupted_at_request(place, method, path, "--push")
    assert (ran.code, ran.out, ran.err) == (130, "", "\ninterrupted\n")
    assert not place.layout.exists() or path.startswith(APP)
    assert place.lading("cache", "verify", "-q").code == 0
    place.built()
    place.check_cache()


def test_ctrl_c_at_any_moment(place: Place) -> None:
    chance = random.Random(7)  # noqa: S311 - the same in every run
    seconds = longest(place)
    codes = []
    for _ in range(8):
        place.clear()
        running = place.start(*place.building("-q", "--push"))
        # It takes a moment until the program is there, in place of what it was forked from.
        time.sleep(0.05 + chance.random() * seconds * 0.8)
        running.send(signal.SIGINT)
        ran = running.wait()
        codes.append(ran.code)
        # One that is ended by the signal itself was not there yet: Python would say something.
        ended = {(130, "\ninterrupted\n"), (130, ""), (-signal.SIGINT, ""), (0, "")}
        assert (ran.code, ran.err) in ended
        if place.layout.exists() and files(place.layout):
            place.check_layout(place.site.digest)
        if place.cache.exists():  # what threads had begun that nobody waits for may lie aside
            assert place.lading("cache", "verify", "-q").code == 0
        place.built()
        place.check_cache()
    assert 130 in codes
