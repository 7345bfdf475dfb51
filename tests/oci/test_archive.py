from __future__ import annotations

import gzip
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import time
from typing import TYPE_CHECKING

import pytest

from file_state import state_of
from lading.errors import ImageError
from lading.oci import archive, layout, validate
from lading.oci.blobs import Artifact, content_of
from lading.oci.graph import name_of
from lading.oci.members import find_members
from oci import images

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    index = images.index("amd64", "arm64")

    assert archive.write(tmp_path / "made/a.tar", [index], names=["tag"])
    (found,) = archive.read(tmp_path / "made/a.tar")

    assert validate(tmp_path / "made/a.tar") == ()
    assert (name_of(found), found.content) == ("tag", index.content)
    for there, wanted in zip(found.manifests(), index.manifests(), strict=True):
        assert [content_of(one) for one in there.blobs] == [content_of(one) for one in wanted.blobs]


def test_an_archive_holds_what_the_layout_holds(tmp_path: Path) -> None:
    archive.write(tmp_path / "a.tar", [images.image()], names=["tag"])
    layout.write(tmp_path / "l", [images.image()], names=["tag"])

    with tarfile.open(tmp_path / "a.tar") as opened:
        names = opened.getnames()
        opened.extractall(tmp_path / "unpacked", filter="data")

    assert names == sorted(names)
    assert images.files_of(tmp_path / "unpacked") == images.files_of(tmp_path / "l")


def test_its_bytes_are_the_same_everywhere(tmp_path: Path) -> None:
    archive.write(tmp_path / "a.tar", [images.image()], names=["tag"])

    content = (tmp_path / "a.tar").read_bytes()

    assert len(content) % 10240 == 0
    assert hashlib.sha256(content).hexdigest() == (
        "eaf039df13aa404906be46be127f8e0e96a980a024b5fb28593502cb94b60958"
    )


def test_nothing_is_touched_where_all_is_there(tmp_path: Path) -> None:
    image = images.image()
    archive.write(tmp_path / "a.tar", [image], names=["tag"])
    before = state_of(tmp_path / "a.tar")
    untouched = Artifact(
        descriptor=image.descriptor,
        content=image.content,
        blobs=(image.blobs[0], images.UntouchedBlob(descriptor=image.blobs[1].descriptor)),
    )

    assert not archive.write(tmp_path / "a.tar", [untouched], names=["tag"])
    assert state_of(tmp_path / "a.tar") == before
    assert archive.write(tmp_path / "a.tar", [image], names=["other"])


def test_a_lying_blob_leaves_what_was_there(tmp_path: Path) -> None:
    archive.write(tmp_path / "a.tar", [images.image("arm64")])
    before = images.files_of(tmp_path)
    image = images.image()
    descriptor = image.blobs[1].descriptor
    for content in (b"", bytes(descriptor.size)):
        lying = images.LyingBlob(descriptor=descriptor, content=content)
        blobs = (image.blobs[0], lying)
        with pytest.raises(ImageError, match=descriptor.digest.encoded):
            archive.write(
                tmp_path / "a.tar",
                [Artifact(descriptor=image.descriptor, content=image.content, blobs=blobs)],
            )
        assert images.files_of(tmp_path) == before


def test_an_archive_that_is_read_can_be_written_over(tmp_path: Path) -> None:
    archive.write(tmp_path / "a.tar", [images.index("amd64", "arm64")])
    (index,) = archive.read(tmp_path / "a.tar")

    archive.write(tmp_path / "a.tar", [index.children[1]], names=["arm"])

    assert validate(tmp_path / "a.tar") == ()


def test_a_compressed_archive_is_refused_with_what_to_do(tmp_path: Path) -> None:
    archive.write(tmp_path / "a.tar", [images.image()])
    (tmp_path / "a.tgz").write_bytes(gzip.compress((tmp_path / "a.tar").read_bytes()))

    with pytest.raises(ImageError, match="is compressed with gzip") as caught:
        archive.read(tmp_path / "a.tgz")
    assert caught.value.problems[0].hint == "unpack it first: gunzip"


def test_an_archive_that_is_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    archive.write(tmp_path / "a.tar", [images.image()])
    content = (tmp_path / "a.tar").read_bytes()
    end = content.rstrip(b"\0")

    for length in range(0, len(end), 397):
        (tmp_path / "b.tar").write_bytes(content[:length])
        with pytest.raises(ImageError):
            archive.read(tmp_path / "b.tar")


@pytest.mark.parametrize("content", [b"", b"no tar at all", bytes(10240), b"\xff" * 2048])
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(content)

    with pytest.raises(ImageError, match=r"no tar archive|no OCI archive"):
        archive.read(tmp_path / "a.tar")
    with pytest.raises(ImageError, match="can't be read"):
        archive.read(tmp_path / "missing.tar")
    with pytest.raises(ImageError, match="can't be read"):
        archive.read(tmp_path)


def test_an_archive_whose_paths_begin_with_a_dot_is_read(tmp_path: Path) -> None:
    layout.write(tmp_path / "l", [images.image()])
    with tarfile.open(tmp_path / "a.tar", "w") as made:
        made.add(tmp_path / "l", ".")

    assert len(archive.read(tmp_path / "a.tar")) == 1


def test_links_lead_to_files_of_the_archive_only(tmp_path: Path) -> None:
    out = tmp_path / "a.tar"
    with tarfile.open(out, "w") as made:
        for name, target in (
            ("d/good", "../file"),
            ("loop", "loop"),
            ("outside", "../../etc/passwd"),
            ("absolute", "/file"),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            made.addfile(info)
        info = tarfile.TarInfo("file")
        info.size = 1
        made.addfile(info, io.BytesIO(b"x"))

    members = find_members(out)

    assert set(members.files) == {"file", "d/good", "absolute"}
    assert members.document("d/good") == b"x"


def test_a_file_that_stands_twice_is_told(tmp_path: Path) -> None:
    archive.write(tmp_path / "a.tar", [images.image()])
    with tarfile.open(tmp_path / "a.tar", "a") as made:
        info = tarfile.TarInfo("oci-layout")
        info.size = 30
        made.addfile(info, io.BytesIO(b'{"imageLayoutVersion":"1.0.0"}'))

    assert [one.message for one in validate(tmp_path / "a.tar")] == [
        "the archive has oci-layout twice"
    ]


WRITER = """
import sys
from pathlib import Path
from lading.oci import archive
from oci import images

layers = [images.layer({f"f{n}": bytes(1_000_000)}) for n in range(12)]
print("ready", flush=True)
archive.write(Path(sys.argv[1]), [images.image(layers=layers)])
"""


def test_a_writer_that_is_killed_leaves_the_older_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    archive.write(path, [images.image("arm64")])
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for number in range(6):
        argv = [sys.executable, "-c", WRITER, str(path)]
        with subprocess.Popen(argv, env=environ, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(number * 0.005)
            writer.kill()
        assert validate(path) == ()

    archive.write(path, [images.image("s390x")])

    assert [one.name for one in tmp_path.iterdir()] == ["a.tar"]


def test_a_folder_is_not_replaced_by_an_archive(tmp_path: Path) -> None:
    (tmp_path / "a.tar").mkdir()

    with pytest.raises(ImageError, match="can't be written: is a directory"):
        archive.write(tmp_path / "a.tar", [images.image()])
    assert [one.name for one in tmp_path.iterdir()] == ["a.tar"]
