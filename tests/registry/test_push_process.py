"""A push in a process of its own: what it needs, and what is left when it is ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from lading.registry import pull, push
from registry.full_registry import Fault
from registry.images import digests, image, layer, names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lading.http import HttpSettings
    from lading.oci.blobs import Artifact
    from registry.full_registry import FullRegistry

LARGE = 96 << 20
MOST_MEMORY = 80 << 20

PUSH = """
import json, re, resource, sys
from pathlib import Path
from lading.grammar.reference import Digest, ImageReference
from lading.http import HttpSettings
from lading.oci.blobs import Artifact, Descriptor, FileBlob, digest_of
from lading.registry import pull, push

folder, name = Path(sys.argv[1]), ImageReference.parse(sys.argv[2])
content = (folder / "manifest").read_bytes()
document = json.loads(content)

def descriptor(table):
    return Descriptor(
        media_type=table["mediaType"], digest=Digest.parse(table["digest"]), size=table["size"])

blobs = [descriptor(one) for one in (document["config"], *document["layers"])]
artifact = Artifact(
    descriptor=Descriptor(
        media_type=document["mediaType"], digest=digest_of(content), size=len(content)),
    content=content,
    blobs=tuple(FileBlob(descriptor=one, path=folder / one.digest.encoded) for one in blobs),
)
print("begins", flush=True)
push(artifact, [name], http=HttpSettings(timeout=20))
if "--pull" in sys.argv:
    for blob in pull(name, platform=None, http=HttpSettings(timeout=20)).blobs:
        with blob.open() as file:
            while file.read(1 << 20):
                pass
if sys.platform == "linux":  # there, ru_maxrss counts what the parent had when it forked
    status = Path("/proc/self/status").read_text()
    print(int(re.search(r"VmHWM:\\s*([0-9]+)", status)[1]) * 1024)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def stored(folder: Path, artifact: Artifact) -> None:
    (folder / "manifest").write_bytes(artifact.content)
    for blob in artifact.blobs:
        with blob.open() as file:
            (folder / blob.descriptor.digest.encoded).write_bytes(file.read())


def started(folder: Path, full: FullRegistry, *words: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", PUSH, str(folder), f"{full.host}/app:1", *words]
    process = subprocess.Popen(
        argv, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begins\n"
    return process


def requests(full: FullRegistry, count: int) -> Iterator[None]:
    """Until there have been so many."""
    deadline = time.monotonic() + 20
    while len(full.log) < count and time.monotonic() < deadline:
        time.sleep(0.002)
        yield


@pytest.mark.parametrize("after", [1, 3, 6, 9, 12, 14, 16])
def test_a_push_that_is_killed_is_followed_by_one_that_succeeds(
    after: int, full: FullRegistry, http: HttpSettings, tmp_path: Path
) -> None:
    made = image(*(layer(400_000, seed) for seed in range(4)))
    stored(tmp_path, made)
    process = started(tmp_path, full)
    try:
        for _ in requests(full, after):
            pass
    finally:
        process.kill()
        process.communicate()
    is_named = ("app", "1") in full.manifests
    assert not is_named or full.holds("app") == digests(made)
    push(made, names(full, "app:1"), http=http)
    assert full.holds("app") == digests(made)
    assert full.manifest("app", "1") == made.content


def test_an_interrupt_ends_a_push_at_once_though_the_registry_stalls(
    full: FullRegistry, http: HttpSettings, tmp_path: Path
) -> None:
    made = image(layer(400_000, 1))
    stored(tmp_path, made)
    full.fails("PUT", "uploads", Fault(stall=30), times=9)
    process = started(tmp_path, full)
    try:
        while not full.requests("PUT", "uploads"):
            time.sleep(0.01)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=25)
    finally:
        process.kill()
        process.communicate()
    assert time.monotonic() - began < 25
    assert process.returncode != 0
    assert "KeyboardInterrupt" in errors
    assert not full.manifests
    full.heal()
    push(made, names(full, "app:1"), http=http)
    assert pull(names(full, "app:1")[0], platform=None, http=http).content == made.content


def test_a_large_content_needs_little_memory(full: FullRegistry, tmp_path: Path) -> None:
    large = image(layer(LARGE, 1))
    stored(tmp_path, large)
    process = started(tmp_path, full, "--pull")
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert int(out) < MOST_MEMORY
