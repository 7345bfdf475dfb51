from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import pytest

from lading.errors import ImageError
from lading.oci import archive, layout, validate
from lading.oci.blobs import Artifact, BytesBlob, FileBlob, content_of
from lading.oci.graph import REF_NAME, blob_path, name_of, pick
from lading.oci.making import retyped
from lading.platforms import Platform
from oci import images

if TYPE_CHECKING:
    from pathlib import Path


def replaced(artifact: Artifact, blob: object) -> Artifact:
    return Artifact(
        descriptor=artifact.descriptor,
        content=artifact.content,
        blobs=(artifact.blobs[0], blob),  # type: ignore[arg-type]
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    image = images.image()

    assert layout.write(tmp_path / "made/here", [image], names=["one", "two"])
    first, second = layout.read(tmp_path / "made/here")

    assert validate(tmp_path / "made/here") == ()
    assert (name_of(first), name_of(second)) == ("one", "two")
    assert first.content == second.content == image.content
    assert [content_of(one) for one in first.blobs] == [content_of(one) for one in image.blobs]
    assert all(isinstance(one, FileBlob) for one in first.blobs)


def test_an_index_and_indexes_in_it_are_read(tmp_path: Path) -> None:
    layout.write(tmp_path / "l", [images.index("amd64", "arm64"), images.image("s390x")])

    index, image = layout.read(tmp_path / "l")

    assert [str(one.descriptor.platform) for one in index.children] == [
        "linux/amd64",
        "linux/arm64",
    ]
    assert (name_of(index), str(image.descriptor.platform)) == (None, "linux/s390x")
    assert validate(tmp_path / "l") == ()


# Equal on every Python: nothing here depends on a compressor, a clock or an order of a dict.
GOLDEN = {
    "amd64": "sha256:4a99c15a6e27b0fab4d27fc219266b7ea898c7054d0f6ded7c2952362af4203c",
    "arm64": "sha256:5a62f2552427fa512464a1a37f640d07b58fbff9c5c328b7439d3cc43a3e0e7a",
}


@pytest.mark.parametrize("architecture", GOLDEN)
def test_a_layouts_digests_are_the_same_everywhere(architecture: str, tmp_path: Path) -> None:
    layout.write(tmp_path / "l", [images.image(architecture)], names=["tag"])

    (image,) = layout.read(tmp_path / "l")

    assert str(image.descriptor.digest) == GOLDEN[architecture]
    assert (tmp_path / "l/index.json").read_text() == (
        '{"manifests":[{"annotations":{"org.opencontainers.image.ref.name":"tag"},'
        f'"digest":"{GOLDEN[architecture]}",'
        '"mediaType":"application/vnd.oci.image.manifest.v1+json",'
        f'"platform":{{"architecture":"{architecture}","os":"linux"}},"size":403}}],'
        '"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}'
    )
    assert (tmp_path / "l/oci-layout").read_text() == '{"imageLayoutVersion":"1.0.0"}'


def test_nothing_is_touched_where_all_is_there(tmp_path: Path) -> None:
    image = images.image()
    layout.write(tmp_path / "l", [image], names=["one"])
    times = {one: one.stat().st_mtime_ns for one in tmp_path.rglob("*")}
    untouched = replaced(image, images.UntouchedBlob(descriptor=image.blobs[1].descriptor))

    assert not layout.write(tmp_path / "l", [untouched], names=["one"])
    assert {one: one.stat().st_mtime_ns for one in tmp_path.rglob("*")} == times


def test_a_blob_that_is_there_is_not_read_again(tmp_path: Path) -> None:
    image = images.image()
    layout.write(tmp_path / "l", [image])
    changed = images.image(cmd=("/bin/false",))
    changed = replaced(changed, images.UntouchedBlob(descriptor=image.blobs[1].descriptor))

    assert layout.write(tmp_path / "l", [changed])
    assert validate(tmp_path / "l") == ()  # which includes that the older image's are gone


def test_a_blob_of_the_wrong_size_is_written_anew(tmp_path: Path) -> None:
    image = images.image()
    layout.write(tmp_path / "l", [image])
    (tmp_path / "l" / blob_path(image.blobs[1].descriptor)).write_bytes(b"half")

    assert layout.write(tmp_path / "l", [image])
    assert validate(tmp_path / "l") == ()


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 4000])
def test_a_lying_blob_leaves_nothing(content: bytes, tmp_path: Path) -> None:
    image = images.image()
    honest = image.blobs[1].descriptor
    lying = replaced(image, images.LyingBlob(descriptor=honest, content=content))

    with pytest.raises(ImageError, match=honest.digest.encoded):
        layout.write(tmp_path / "l", [lying])
    assert list(tmp_path.iterdir()) == []


def test_a_lying_blob_leaves_the_older_layout(tmp_path: Path) -> None:
    layout.write(tmp_path / "l", [images.image("arm64")], names=["old"])
    before = images.files_of(tmp_path)
    image = images.image(layers=[images.layer({"other": b"1"})])
    honest = image.blobs[1].descriptor
    lying = replaced(image, images.LyingBlob(descriptor=honest, content=bytes(honest.size)))

    with pytest.raises(ImageError, match="is damaged"):
        layout.write(tmp_path / "l", [lying])
    assert images.files_of(tmp_path) == before


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")

    with pytest.raises(ImageError, match="neither empty nor an image layout") as caught:
        layout.write(tmp_path, [images.image()])
    assert caught.value.problems[0].hint is not None
    assert images.files_of(tmp_path) == {"thesis.tex": b"mine"}


def test_a_file_is_not_replaced_by_a_folder(tmp_path: Path) -> None:
    (tmp_path / "l").write_text("mine")

    with pytest.raises(ImageError, match="can't be written"):
        layout.write(tmp_path / "l", [images.image()])


def test_an_empty_folder_is_used_and_the_users_own_files_in_a_layout_stay(tmp_path: Path) -> None:
    layout.write(tmp_path, [images.image()])
    (tmp_path / "README").write_text("mine")

    assert not layout.write(tmp_path, [images.image()])
    assert layout.write(tmp_path, [images.image("arm64")])
    assert (tmp_path / "README").read_text() == "mine"
    assert validate(tmp_path) == ()


def test_what_a_killed_writer_left_is_cleared_away(tmp_path: Path) -> None:
    for name in (".lading-abc", ".oci-layout.xyz", ".index.json.1"):
        (tmp_path / name).write_bytes(b"half")

    layout.write(tmp_path, [images.image()])

    assert {one.name for one in tmp_path.iterdir()} == {"blobs", "index.json", "oci-layout"}


def test_an_image_is_written_over_the_layout_that_it_is_read_from(tmp_path: Path) -> None:
    layout.write(tmp_path / "l", [images.index("amd64", "arm64")], names=["both"])
    chosen = pick(layout.read(tmp_path / "l"), where="l", platform=Platform.parse("linux/arm64"))

    layout.write(tmp_path / "l", [chosen])

    (image,) = layout.read(tmp_path / "l")
    assert str(image.descriptor.platform) == "linux/arm64"
    assert validate(tmp_path / "l") == ()


def test_blobs_that_are_shared_with_others_are_not_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "shared/sha256").mkdir(parents=True)
    (tmp_path / "shared/sha256/other").write_bytes(b"another layout's")
    (tmp_path / "l").mkdir()
    (tmp_path / "l/blobs").symlink_to(tmp_path / "shared")
    (tmp_path / "l/oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')

    layout.write(tmp_path / "l", [images.image()])

    assert (tmp_path / "shared/sha256/other").is_file()
    assert len(layout.read(tmp_path / "l")) == 1


def test_several_images_take_no_name(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="a name can be given to one image"):
        layout.write(tmp_path / "l", [images.image(), images.image("arm64")], names=["x"])
    assert not (tmp_path / "l").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [("oci-layout", "no image layout: it has no oci-layout"), ("index.json", "no index.json")],
)
def test_what_is_no_layout_is_not_read(name: str, message: str, tmp_path: Path) -> None:
    layout.write(tmp_path, [images.image()])
    (tmp_path / name).unlink()

    with pytest.raises(ImageError, match=message):
        layout.read(tmp_path)
    with pytest.raises(ImageError, match="is no image layout"):
        layout.read(tmp_path / "index.json")


def test_a_version_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    layout.write(tmp_path, [images.image()])
    (tmp_path / "oci-layout").write_text('{"imageLayoutVersion":"2.0.0"}')

    with pytest.raises(ImageError, match=r"unknown version 2\.0\.0"):
        layout.read(tmp_path)


def test_a_damaged_manifest_is_not_read(tmp_path: Path) -> None:
    image = images.image()
    layout.write(tmp_path, [image])
    path = tmp_path / blob_path(image.descriptor)
    path.write_bytes(path.read_bytes().replace(b"linux", b"linus"))
    path.write_bytes(path.read_bytes()[:-1] + b" ")

    with pytest.raises(ImageError, match="is damaged"):
        layout.read(tmp_path)


def test_a_missing_manifest_and_a_missing_layer_are_named(tmp_path: Path) -> None:
    image = images.image()
    layout.write(tmp_path, [image])
    (tmp_path / blob_path(image.blobs[1].descriptor)).unlink()

    (found,) = layout.read(tmp_path)  # whoever wants only its configuration may have it
    with pytest.raises(ImageError, match=f"lacks {image.blobs[1].descriptor.digest}"):
        content_of(found.blobs[1])

    (tmp_path / blob_path(image.descriptor)).unlink()
    with pytest.raises(ImageError, match=f"lacks {image.descriptor.digest}"):
        layout.read(tmp_path)


def test_an_index_that_lacks_another_platforms_image_is_read_but_not_copied(
    tmp_path: Path,
) -> None:
    index = images.index("amd64", "arm64")
    layout.write(tmp_path / "l", [index])
    (tmp_path / "l" / blob_path(index.children[1].descriptor)).unlink()

    (found,) = layout.read(tmp_path / "l")

    assert pick([found], where="l", platform=Platform.parse("linux/amd64")).blobs
    with pytest.raises(ImageError, match="lacks its image for linux/arm64") as caught:
        layout.write(tmp_path / "copy", [found])
    assert "--platform" in str(caught.value.problems[0].hint)


def test_an_image_is_picked_by_its_name(tmp_path: Path) -> None:
    one, two = images.image(), images.image("arm64")
    named = [
        Artifact(
            descriptor=image.descriptor.annotated(**{REF_NAME: name}),
            content=image.content,
            blobs=image.blobs,
        )
        for image, name in ((one, "docker.io/library/app:1"), (two, "latest"))
    ]
    layout.write(tmp_path / "l", named)
    found = layout.read(tmp_path / "l")

    assert pick(found, where="l", name="app:1").content == one.content
    assert pick(found, where="l", name="latest").content == two.content
    assert pick(found, where="l", platform=Platform.parse("linux/arm64")).content == two.content
    with pytest.raises(ImageError, match="no image called app:2") as caught:
        pick(found, where="l", name="app:2")
    assert caught.value.problems[0].hint == "it has docker.io/library/app:1, latest"
    with pytest.raises(ImageError, match="several images"):
        pick(found, where="l")
    with pytest.raises(ImageError, match="no image for linux/s390x"):
        pick(found, where="l", platform=Platform.parse("linux/s390x"))


def test_a_layout_without_platforms_is_asked_by_its_configuration(tmp_path: Path) -> None:
    image = images.image("arm64")
    bare = Artifact(
        descriptor=BytesBlob.of(image.content, image.descriptor.media_type).descriptor,
        content=image.content,
        blobs=image.blobs,
    )
    layout.write(tmp_path, [bare])

    assert pick(layout.read(tmp_path), where="l", platform=Platform.parse("linux/arm64")).blobs
    with pytest.raises(ImageError, match="no image for linux/amd64"):
        pick(layout.read(tmp_path), where="l", platform=Platform.parse("linux/amd64"))


def test_indexes_in_indexes_end(tmp_path: Path) -> None:
    index = images.index("amd64")
    for _ in range(12):
        index = Artifact(
            descriptor=(made := _over(index)).descriptor, content=made.content, children=(index,)
        )
    layout.write(tmp_path, [index])

    with pytest.raises(ImageError, match="more indexes in indexes"):
        layout.read(tmp_path)
    assert any("deeper" in one.message for one in validate(tmp_path))


def _over(index: Artifact) -> BytesBlob:
    from lading.oci.documents import Index, encode_index  # noqa: PLC0415

    media_type = index.descriptor.media_type
    content = encode_index(Index(media_type=media_type, manifests=(index.descriptor,)))
    return BytesBlob.of(content, media_type)


def test_a_blob_may_be_called_something_else() -> None:
    blob = images.UntouchedBlob(descriptor=images.layer().blob.descriptor)
    other = BytesBlob.of(b"", "text/plain").descriptor

    assert retyped(blob, other).descriptor == other
    assert retyped(blob, blob.descriptor) is blob


WRITER = """
import sys
from pathlib import Path
from lading.oci import layout
from oci import images

layers = [images.layer({f"f{n}": bytes(300_000)}) for n in range(12)]
print("ready", flush=True)
layout.write(Path(sys.argv[1]), [images.image(sys.argv[2], layers)], names=["new"])
"""


def test_a_writer_that_is_killed_leaves_the_older_or_the_newer_layout(tmp_path: Path) -> None:
    folder = tmp_path / "l"
    layout.write(folder, [images.image("s390x")], names=["old"])
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    seen = set()
    for number in range(12):
        argv = [sys.executable, "-c", WRITER, str(folder), ("amd64", "arm64")[number % 2]]
        with subprocess.Popen(argv, env=environ, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(random.Random(number).uniform(0, 0.03))  # noqa: S311 - no secret
            writer.kill()
        (image,) = layout.read(folder)
        seen.add(str(image.descriptor.platform))
        wrong = [one for one in validate(folder) if "referred to by nothing" not in one.message]
        assert wrong == []
    final = images.image("amd64", [images.layer({"f": b"1"})])
    layout.write(folder, [final], names=["new"])
    assert validate(folder) == ()
    assert {one.name for one in folder.iterdir()} == {"blobs", "index.json", "oci-layout"}
    assert seen <= {"linux/s390x", "linux/amd64", "linux/arm64"}


def run_python(program: str, *words: str) -> subprocess.Popen[bytes]:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    argv = [sys.executable, "-c", program, *words]
    return subprocess.Popen(argv, env=environ, stdout=subprocess.PIPE)


def test_writers_at_the_same_time_leave_one_whole_layout(tmp_path: Path) -> None:
    writers = [
        run_python(WRITER, str(tmp_path / "l"), ("amd64", "arm64")[number % 2])
        for number in range(4)
    ]
    for writer in writers:
        with writer:
            assert writer.wait(60) == 0

    assert validate(tmp_path / "l") == ()
    assert len(layout.read(tmp_path / "l")) == 1


FULL_DISK = """
import resource, sys
from pathlib import Path
from lading.errors import ImageError
from lading.oci import archive, docker_archive, layout
from oci import images

image = images.image(layers=[images.layer({"large": bytes(3 << 20)})])
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))  # as a disk that is full, for one
for write, name in ((layout.write, "l"), (archive.write, "a"), (docker_archive.write, "d")):
    try:
        write(Path(sys.argv[1], name), [image])
    except ImageError as error:
        print(error)
"""


def test_a_disk_that_is_full_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    with run_python(FULL_DISK, str(tmp_path)) as writer:
        said = writer.communicate()[0].decode().splitlines()

    hint = "hint: free some space there, or write the image to another disk"
    assert said == [
        line
        for name in "lad"
        for line in (f"{tmp_path}/{name} can't be written: file too large", hint)
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("last", range(6))
def test_an_interruption_as_soon_as_a_file_is_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    """Ctrl-C comes before the writer knows the name of its file."""
    made: list[str] = []
    really = tempfile.mkstemp

    def interrupted(*, prefix: str, dir: Path) -> tuple[int, str]:  # noqa: A002 - its own name
        handle, name = really(prefix=prefix, dir=dir)
        made.append(name)
        if len(made) > last:
            os.close(handle)
            raise KeyboardInterrupt
        return handle, name

    monkeypatch.setattr(tempfile, "mkstemp", interrupted)
    with pytest.raises(KeyboardInterrupt):
        layout.write(tmp_path / "new", [images.image()])
    assert made
    assert not (tmp_path / "new").exists()


def test_images_of_other_names_stay_where_that_is_asked_for(tmp_path: Path) -> None:
    layout.write(tmp_path, [images.image()], names=["one", "two"])

    assert layout.write(tmp_path, [images.image("arm64")], names=["two"], keeps=True)
    assert not layout.write(tmp_path, [images.image("arm64")], names=["two"], keeps=True)

    found = layout.read(tmp_path)
    assert [(name_of(one), str(one.descriptor.platform)) for one in found] == [
        ("one", "linux/amd64"),
        ("two", "linux/arm64"),
    ]
    assert validate(tmp_path) == ()


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    layout.write(tmp_path, [images.image()])
    (tmp_path / "index.json").unlink()
    os.mkfifo(tmp_path / "index.json")

    with pytest.raises(ImageError, match=r"it has no index\.json"):
        layout.read(tmp_path)
    with pytest.raises(ImageError, match="it is no file"):
        archive.read(tmp_path / "index.json")
    assert [one.message for one in validate(tmp_path)] == ["the layout has no index.json"]


def test_a_first_writer_that_is_killed_leaves_a_layout_without_images(tmp_path: Path) -> None:
    for number in range(4):
        folder = tmp_path / str(number)
        with run_python(WRITER, str(folder), "amd64") as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            while not (folder / "index.json").exists():
                time.sleep(0.0002)
            writer.kill()
        assert len(layout.read(folder)) <= 1

        assert layout.write(folder, [images.image()])
        assert validate(folder) == ()


def test_a_link_to_nothing_is_replaced_by_its_blob(tmp_path: Path) -> None:
    image = images.image()
    layout.write(tmp_path, [image])
    path = tmp_path / blob_path(image.blobs[1].descriptor)
    path.unlink()
    path.symlink_to("nowhere")

    assert layout.write(tmp_path, [image])
    assert not path.is_symlink()
    assert validate(tmp_path) == ()


def test_a_byte_that_was_changed_in_a_layout_is_made_good(tmp_path: Path) -> None:
    image = images.image()
    layout.write(tmp_path, [image])
    before = images.files_of(tmp_path)
    [blob] = (tmp_path / blob_path(one.descriptor) for one in image.blobs[1:])
    blob.write_bytes(b"x" * blob.stat().st_size)

    assert layout.write(tmp_path, [image])
    assert images.files_of(tmp_path) == before


def test_a_layout_of_another_tool_is_read_once(tmp_path: Path) -> None:
    image = images.image()
    layout.write(tmp_path, [image])
    [blob] = (tmp_path / blob_path(one.descriptor) for one in image.blobs[1:])
    marked = blob.stat().st_mtime_ns
    os.utime(blob)

    assert not layout.write(tmp_path, [image])
    assert blob.stat().st_mtime_ns == marked


def test_a_layout_whose_writer_was_killed_at_once_gets_more_images(tmp_path: Path) -> None:
    (tmp_path / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')

    assert layout.write(tmp_path, [images.image()], names=["one"], keeps=True)
    assert validate(tmp_path) == ()
