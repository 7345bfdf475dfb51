"""What a push sends, in which order, and what it doesn't."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lading.errors import ImageError, RegistryError
from lading.grammar.reference import Digest, ImageReference
from lading.oci.blobs import BytesBlob, FileBlob, Place
from lading.registry import Pushing, pull, push, uploads
from registry.full_registry import Fault, running_registry
from registry.images import DOCKER, OCI, digests, image, index, layer, names, noise
from registry.told import Told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lading.http import HttpSettings
    from registry.full_registry import FullRegistry


def wait_until(done: Callable[[], bool]) -> None:
    for _ in range(500):
        if done():
            return
        time.sleep(0.01)
    raise AssertionError


def test_an_image_arrives_whole_and_its_name_last(full: FullRegistry, http: HttpSettings) -> None:
    made = image()
    told = Told()
    digest = push(made, names(full, "team/app:1"), http=http, progress=told)
    assert digest == made.descriptor.digest
    assert full.manifest("team/app", "1") == made.content
    assert full.holds("team/app") == digests(made)
    assert full.log[-1].path.endswith("/manifests/1")
    assert full.log[-1].headers["content-type"] == OCI["manifest"]
    assert (
        told.totals
        == told.done
        == {str(b.descriptor.digest): b.descriptor.size for b in made.blobs}
    )
    assert set(told.outcomes.values()) == {"sent"}


def test_what_is_there_already_is_not_sent(full: FullRegistry, http: HttpSettings) -> None:
    first, second = layer(1000, 1), layer(1000, 2)
    push(image(first), names(full, "app:1"), http=http)
    full.log.clear()
    told = Told()
    push(image(first, second), names(full, "app:2"), http=http, progress=told)
    assert told.outcomes[str(first.descriptor.digest)] == "there already"
    assert told.outcomes[str(second.descriptor.digest)] == "sent"
    assert sum(one.received for one in full.requests("PUT", "uploads")) == 1000 + len(
        full.blobs["app", str(image(first, second).blobs[0].descriptor.digest)]
    )


def test_an_image_that_is_there_already_costs_two_questions(
    full: FullRegistry, http: HttpSettings
) -> None:
    made = image()
    push(made, names(full, "app:1"), http=http)
    full.log.clear()
    told = Told()
    push(made, names(full, "app:1"), http=http, progress=told)
    assert [one.method for one in full.log] == ["GET", "HEAD", "HEAD"]  # GET: which scheme it is
    assert set(told.outcomes.values()) == {"there already"}
    push(made, names(full, "app:other"), http=http)
    assert full.manifest("app", "other") == made.content


def test_several_names_of_one_repository_send_once(full: FullRegistry, http: HttpSettings) -> None:
    made = image()
    push(made, names(full, "app:1", "app:2", "app", "app:1"), http=http)
    assert len(full.requests("POST")) == len(made.blobs)
    assert {tag for _, tag in full.manifests} == {"1", "2", "latest", str(made.descriptor.digest)}


def test_an_index_follows_its_images(full: FullRegistry, http: HttpSettings) -> None:
    shared = layer(3000, 9)
    both = index(image(shared), image(shared, architecture="arm64"))
    push(both, names(full, "app:1"), http=http)
    assert full.holds("app") == digests(both)
    assert full.manifest("app", "1") == both.content
    puts = [one.path for one in full.requests("PUT", "manifests")]
    assert puts == [
        *(f"/v2/app/manifests/{one.descriptor.digest}" for one in both.children),
        "/v2/app/manifests/1",
    ]
    assert len(full.requests("POST")) == len(digests(both))


def test_the_images_of_an_index_that_are_there_are_not_sent(
    full: FullRegistry, http: HttpSettings
) -> None:
    amd64, arm64 = image(layer(900, 3)), image(layer(901, 4), architecture="arm64")
    push(amd64, names(full, "app:amd64"), http=http)
    full.log.clear()
    push(index(amd64, arm64), names(full, "app:1"), http=http)
    assert len(full.requests("POST")) == len(arm64.blobs)
    assert not full.requests("HEAD", str(amd64.blobs[1].descriptor.digest))
    assert not full.requests("PUT", str(amd64.descriptor.digest))


def test_a_name_by_digest_alone_makes_no_tag(full: FullRegistry, http: HttpSettings) -> None:
    made = image()
    push(made, names(full, f"app@{made.descriptor.digest}"), http=http)
    assert list(full.manifests) == [("app", str(made.descriptor.digest))]
    other = Digest(algorithm="sha256", encoded="0" * 64)
    with pytest.raises(RegistryError, match="names another image than the one that is pushed"):
        push(made, names(full, f"app:1@{other}"), http=http)


def test_what_another_repository_has_is_mounted(full: FullRegistry, http: HttpSettings) -> None:
    push(image(), names(full, "base:1"), http=http)
    base = pull(names(full, "base:1")[0], platform=None, http=http)
    full.log.clear()
    told = Told()
    own = layer(500, 7)
    push(image(*base.blobs[1:], own), names(full, "team/app:1"), http=http, progress=told)
    mounts = full.requests("POST", "mount=")
    assert [one.status for one in mounts] == [201, 201]
    assert all("from=base" in one.path for one in mounts)
    assert sorted(told.outcomes.values()) == ["mounted", "mounted", "sent", "sent"]
    assert not full.requests("GET", "/blobs/")


def test_a_second_repository_of_a_registry_gets_nothing_again(
    full: FullRegistry, http: HttpSettings
) -> None:
    made = image()
    push(made, names(full, "one:1", "two:1"), http=http)
    assert full.holds("two") == digests(made)
    assert {one.path.split("/")[2] for one in full.requests("PUT", "uploads")} == {"one"}


def test_a_refused_mount_goes_on_as_an_upload(full: FullRegistry, http: HttpSettings) -> None:
    push(image(), names(full, "base:1"), http=http)
    base = pull(names(full, "base:1")[0], platform=None, http=http)
    full.mounts = False
    full.log.clear()
    push(image(*base.blobs[1:]), names(full, "app:1"), http=http)
    begun = full.requests("POST")
    assert [one.status for one in begun if "mount" in one.path] == [202, 202]
    assert len(begun) == 3, "the upload that was begun in place of the mount is used"
    assert full.manifest("app", "1")


def test_a_mount_that_fails_goes_on_as_an_upload(full: FullRegistry, http: HttpSettings) -> None:
    push(image(), names(full, "base:1"), http=http)
    base = pull(names(full, "base:1")[0], platform=None, http=http)
    full.fails("POST", "mount=", Fault(status=403, code="DENIED"))
    full.fails("POST", "mount=", Fault(late=True))
    push(image(*base.blobs[1:]), names(full, "app:1"), http=http)
    assert full.manifest("app", "1")


def test_from_registry_to_registry_nothing_is_mounted(
    full: FullRegistry, http: HttpSettings
) -> None:
    made = index(image(), image(layer(1, 1), architecture="arm64"))
    with running_registry() as other:
        push(made, names(other, "from:1"), http=http)
        found = pull(names(other, "from:1")[0], platform=None, http=http)
        push(found, names(full, "to:1"), http=http)
    assert full.manifest("to", "1") == made.content
    assert full.holds("to") == digests(made)
    assert not full.requests("POST", "mount=")


def test_a_large_content_goes_in_parts(
    full: FullRegistry, http: HttpSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "CHUNK", 1 << 16)
    monkeypatch.setattr(uploads, "LARGEST_WHOLE", 1 << 17)
    large = layer(300_001, 5)
    told = Told()
    push(image(large), names(full, "app:1"), http=http, progress=told)
    ranges = [one.headers["content-range"] for one in full.requests("PATCH")]
    assert ranges[0] == "0-65535"
    assert ranges[-1] == "262144-300000"
    assert [one.received for one in full.requests("PUT", "uploads")].count(0) == 1
    assert full.blobs["app", str(large.descriptor.digest)] == large.content
    assert told.done[str(large.descriptor.digest)] == 300_001


def test_a_registry_without_parts_gets_it_whole(
    full: FullRegistry, http: HttpSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LARGEST_WHOLE", 1000)
    full.chunks = False
    push(image(layer(5000)), names(full, "app:1"), http=http)
    assert full.manifest("app", "1")


def test_a_part_of_a_file_is_sent_from_its_offset(
    full: FullRegistry, http: HttpSettings, tmp_path: Path
) -> None:
    content = noise(70_000, 3)
    (tmp_path / "archive.tar").write_bytes(b"before" + content + b"after")
    descriptor = BytesBlob.of(content, OCI["layer"]).descriptor
    blob = FileBlob(descriptor=descriptor, path=tmp_path / "archive.tar", offset=6)
    full.fails("PUT", "uploads", Fault(receive=40_000))
    push(image(blob), names(full, "app:1"), http=http, jobs=1)
    assert full.blobs["app", str(descriptor.digest)] == content


@pytest.mark.parametrize("change", ["shorter", "other", "gone"])
def test_a_content_that_changed_on_disk_is_named(
    change: str, full: FullRegistry, http: HttpSettings, tmp_path: Path
) -> None:
    file = tmp_path / "layer"
    file.write_bytes(noise(5000))
    descriptor = BytesBlob.of(file.read_bytes(), OCI["layer"]).descriptor
    if change == "gone":
        file.unlink()
    else:
        file.write_bytes(noise(4000) if change == "shorter" else noise(5000, 1))
    with pytest.raises(ImageError, match=str(descriptor.digest)) as error:
        push(image(FileBlob(descriptor=descriptor, path=file)), names(full, "app:1"), http=http)
    expected = {
        "shorter": "ends after 4000 of the 5000 bytes",
        "other": "has another content",
        "gone": "no such file",
    }
    assert expected[change] in str(error.value)
    assert not full.manifests


def test_layers_that_may_not_be_given_away_stay_where_they_are(
    full: FullRegistry, http: HttpSettings
) -> None:
    free = layer()
    foreign = BytesBlob.of(b"windows", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
    kept = replace(
        foreign, descriptor=replace(foreign.descriptor, urls=("https://far.example.test/layer",))
    )
    made = image(free)
    push(replace(made, blobs=(*made.blobs, kept)), names(full, "app:1"), http=http)
    assert full.holds("app") == digests(made)


def test_docker_words_go_as_they_are(full: FullRegistry, http: HttpSettings) -> None:
    full.oci = False
    made = image(words=DOCKER)
    push(made, names(full, "app:1"), http=http)
    assert full.manifests["app", "1"] == (DOCKER["manifest"], made.content)
    with pytest.raises(RegistryError) as error:
        push(image(), names(full, "app:2"), http=http)
    assert "does not take the OCI manifest of" in str(error.value)
    assert "MANIFEST_INVALID" in str(error.value)
    assert "--media-types docker" in str(error.value)
    assert "hunter2" not in str(error.value)


def test_a_registry_without_head_gets_everything(full: FullRegistry, http: HttpSettings) -> None:
    full.head = False
    push(image(), names(full, "app:1"), http=http)
    assert full.manifest("app", "1")


def test_the_same_contents_are_never_sent_twice_at_a_time(
    full: FullRegistry, http: HttpSettings
) -> None:
    one = layer(2000, 1)
    push(
        index(*(image(one, architecture=a) for a in ("amd64", "arm64", "386"))),
        names(full, "app:1"),
        http=http,
        jobs=8,
    )
    sent = [q.path.partition("digest=")[2] for q in full.requests("PUT", "uploads")]
    assert len(sent) == len(set(sent))


def test_a_place_on_another_registry_is_no_place_to_mount_from(
    full: FullRegistry, http: HttpSettings
) -> None:
    there = replace(layer(), place=Place(domain="far.example.test", path="base"))
    push(image(there), names(full, "app:1"), http=http)
    assert not full.requests("POST", "mount=")


def test_a_registry_that_is_not_there_is_named(http: HttpSettings) -> None:
    with pytest.raises(RegistryError, match=r"can't reach registry 127\.0\.0\.1:1: ") as error:
        push(image(), [ImageReference.parse("127.0.0.1:1/app:1")], http=http)
    assert "connection refused" in str(error.value)


def test_an_index_that_lacks_an_image_says_which(full: FullRegistry, http: HttpSettings) -> None:
    both = index(image(), image(layer(9, 9), architecture="arm64"))
    with pytest.raises(ImageError, match="lacks its image for linux/arm64"):
        push(replace(both, children=both.children[:1]), names(full, "app:1"), http=http)
    push(both.children[1], names(full, "app:arm64"), http=http)
    push(replace(both, children=both.children[:1]), names(full, "app:1"), http=http)
    assert full.manifest("app", "1") == both.content


# Contents that are sent before the image is known.


def test_a_content_is_sent_before_the_image_is_made(full: FullRegistry, http: HttpSettings) -> None:
    early, late, told = layer(1000, 1), layer(1000, 2), Told()
    with Pushing(names(full, "app:1"), http=http, progress=told) as pushing:
        pushing.begin(early)
        wait_until(lambda: str(early.descriptor.digest) in told.outcomes)
        assert full.holds("app") == {str(early.descriptor.digest)}
        assert not full.manifests
        made = image(early, late)
        assert pushing.finish(made) == made.descriptor.digest
    assert full.manifest("app", "1") == made.content
    assert full.holds("app") == digests(made)
    assert len(full.requests("POST")) == len(made.blobs)
    assert set(told.outcomes.values()) == {"sent"}


def test_of_two_repositories_the_second_mounts_what_was_begun(
    full: FullRegistry, http: HttpSettings
) -> None:
    early = layer(1000, 1)
    full.bearer = True
    with Pushing(names(full, "one:1", "two:1"), http=http) as pushing:
        pushing.begin(early)
        pushing.finish(image(early))
    assert full.holds("two") == full.holds("one") == digests(image(early))
    assert {one.path.split("/")[2] for one in full.requests("PUT", "uploads")} == {"one"}


def test_a_base_is_mounted_though_a_login_was_had_before_it_was_known(
    full: FullRegistry, http: HttpSettings
) -> None:
    full.bearer = True
    push(image(), names(full, "base:1"), http=http)
    base = pull(names(full, "base:1")[0], platform=None, http=http)
    own, told = layer(500, 7), Told()
    with Pushing(names(full, "app:1"), http=http, progress=told) as pushing:
        pushing.begin(own)
        wait_until(lambda: bool(told.outcomes))
        pushing.finish(image(*base.blobs[1:], own))
    assert sorted(told.outcomes.values()) == ["mounted", "mounted", "sent", "sent"]


def test_what_is_left_before_its_end_has_no_name(full: FullRegistry, http: HttpSettings) -> None:
    def give_up() -> None:
        with Pushing(names(full, "app:1"), http=http) as pushing:
            pushing.begin(layer(1000, 1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_up()
    assert not full.manifests


def test_a_content_that_can_not_be_sent_early_is_an_error_in_the_end(
    full: FullRegistry, http: HttpSettings
) -> None:
    full.fails("POST", "uploads", Fault(status=403, code="DENIED"), times=9)
    early = layer(1000, 1)
    with Pushing(names(full, "app:1"), http=http) as pushing:
        pushing.begin(early)
        with pytest.raises(RegistryError, match=r"refuses access to .*app"):
            pushing.finish(image(early))
    assert not full.manifests
