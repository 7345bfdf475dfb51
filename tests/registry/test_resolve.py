from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from lading.errors import RegistryError
from lading.grammar.reference import Digest, ImageReference
from lading.http import HttpSettings
from lading.platforms import Platform
from lading.process import run
from lading.registry import resolve_base
from registry.fake_registry import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
    Reply,
    as_json,
    serving,
    sha256,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from registry.fake_registry import FakeRegistry, FakeServer

AMD64 = Platform.parse("linux/amd64")
ARM64 = Platform.parse("linux/arm64")
ZEROS = f"sha256:{'0' * 64}"


def reference(server: FakeServer, name: str) -> ImageReference:
    return ImageReference.parse(f"{server.host}/{name}")


def problem(error: pytest.ExceptionInfo[RegistryError]) -> tuple[str, str]:
    (found,) = error.value.problems
    return found.message, found.hint or ""


@pytest.mark.parametrize(
    ("index_type", "image_type"), [(OCI_INDEX, OCI_MANIFEST), (DOCKER_LIST, DOCKER_MANIFEST)]
)
def test_an_index_gives_its_own_digest_and_the_platforms_image(
    index_type: str,
    image_type: str,
    contents: FakeRegistry,
    server: FakeServer,
    http: HttpSettings,
) -> None:
    amd64 = contents.add_image("team/app", None, "linux/amd64", media_type=image_type)
    arm64 = contents.add_image("team/app", None, "linux/arm64/v8", media_type=image_type)
    digest = contents.add_index("team/app", "1", [amd64, arm64], index_type)

    base = resolve_base(reference(server, "team/app:1"), ARM64, http=http)

    assert str(base.digest) == digest
    assert str(base.manifest) == arm64["digest"]
    config = json.loads(contents.blobs[str(base.config)])
    assert (config["architecture"], config["variant"]) == ("arm64", "v8")


def test_a_single_manifest_is_known_by_its_configuration(
    contents: FakeRegistry, server: FakeServer, http: HttpSettings
) -> None:
    image = contents.add_image("app", "1", "linux/amd64")
    base = resolve_base(reference(server, "app:1"), AMD64, http=http)
    assert str(base.digest) == str(base.manifest) == image["digest"]

    with pytest.raises(RegistryError) as error:
        resolve_base(reference(server, "app:1"), ARM64, http=http)
    message, hint = problem(error)
    assert message.endswith("app:1 is an image for linux/amd64, not for linux/arm64")
    assert "--platform linux/amd64" in hint


def test_a_digest_in_the_reference_binds_the_registry(
    contents: FakeRegistry, server: FakeServer, http: HttpSettings
) -> None:
    image = contents.add_image("app", "1", "linux/amd64")
    pinned = reference(server, f"app:moved@{image['digest']}")
    assert str(resolve_base(pinned, AMD64, http=http).digest) == image["digest"]

    contents.manifests["app", ZEROS] = contents.manifests["app", "1"]
    with pytest.raises(RegistryError, match=f"sent {image['digest']} .* where {ZEROS} was due"):
        resolve_base(reference(server, f"app@{ZEROS}"), AMD64, http=http)


def test_a_registry_that_lies_about_a_digest_is_refused(
    contents: FakeRegistry, server: FakeServer, http: HttpSettings
) -> None:
    contents.add_image("app", "1", "linux/amd64")
    _, content = contents.manifests["app", "1"]
    headers = {"Content-Type": OCI_MANIFEST, "Docker-Content-Digest": ZEROS}
    server.faults["/v2/app/manifests/1"] = [Reply(200, headers, content)]
    with pytest.raises(RegistryError, match="was due"):
        resolve_base(reference(server, "app:1"), AMD64, http=http)


def test_a_changed_configuration_is_refused(
    contents: FakeRegistry, server: FakeServer, http: HttpSettings
) -> None:
    contents.add_image("app", "1", "linux/amd64")
    (digest,) = contents.blobs
    contents.blobs[digest] += b" "
    with pytest.raises(RegistryError, match=f"where {digest} was due"):
        resolve_base(reference(server, "app:1"), AMD64, http=http)


def test_the_platforms_there_are_get_listed_without_attestations(
    contents: FakeRegistry, server: FakeServer, http: HttpSettings
) -> None:
    platforms = ("linux/arm/v7", "linux/amd64", "windows/amd64", "unknown/unknown")
    images = [contents.add_image("app", None, platform, note=platform) for platform in platforms]
    contents.add_index("app", "1", images)
    with pytest.raises(RegistryError) as error:
        resolve_base(reference(server, "app:1"), ARM64, http=http)
    message, hint = problem(error)
    assert message.endswith("/app:1 has no image for linux/arm64")
    assert hint == "it has linux/amd64, linux/arm/v7, windows/amd64"


def test_a_lone_image_without_a_platform_in_its_index_is_asked_itself(
    contents: FakeRegistry, server: FakeServer, http: HttpSettings
) -> None:
    image = contents.add_image("app", None, "linux/amd64")
    contents.add_index("app", "1", [{k: v for k, v in image.items() if k != "platform"}])
    base = resolve_base(reference(server, "app:1"), AMD64, http=http)
    assert str(base.manifest) == image["digest"]
    with pytest.raises(RegistryError, match="not for linux/arm64"):
        resolve_base(reference(server, "app:1"), ARM64, http=http)


def test_an_unknown_tag_names_the_nearest_from_all_pages(
    contents: FakeRegistry, server: FakeServer, http: HttpSettings
) -> None:
    for tag in ("1", "2", "3.11-slim-bookworm", "3.11-slim-trixie", "latest"):
        contents.add_image("python", tag, "linux/amd64")
    with pytest.raises(RegistryError) as error:
        resolve_base(reference(server, "python:3.11-slim-trixi"), AMD64, http=http)
    message, hint = problem(error)
    assert message == f"{server.host}/python has no tag '3.11-slim-trixi'"
    assert hint.startswith("the nearest are 3.11-slim-trixie, 3.11-slim-bookworm")


def test_an_unknown_repository_is_said_to_be_none(server: FakeServer, http: HttpSettings) -> None:
    with pytest.raises(RegistryError, match="has no tag 'latest', or is no repository"):
        resolve_base(reference(server, "nothing"), AMD64, http=http)


@pytest.mark.parametrize(
    "fault",
    [
        Reply(500),
        Reply(429, {"Retry-After": "0"}),
        Reply(503, {"Retry-After": "1"}),
        Reply(200, {"Content-Type": OCI_MANIFEST}, b'{"cut', announced=400),
    ],
    ids=["500", "429", "503 after a second", "truncated"],
)
def test_what_passes_is_tried_again(
    fault: Reply, contents: FakeRegistry, server: FakeServer, http: HttpSettings
) -> None:
    image = contents.add_image("app", "1", "linux/amd64")
    server.faults["/v2/app/manifests/1"] = [fault]
    base = resolve_base(reference(server, "app:1"), AMD64, http=http)
    assert str(base.digest) == image["digest"]
    assert server.paths().count("/v2/app/manifests/1") == 2


def test_retries_end(contents: FakeRegistry, server: FakeServer, http: HttpSettings) -> None:
    contents.add_image("app", "1", "linux/amd64")
    codes = as_json({"errors": [{"code": "TOOMANYREQUESTS", "message": "free text"}]})
    server.faults["/v2/app/manifests/1"] = [Reply(429, {}, codes) for _ in range(50)]
    with pytest.raises(RegistryError) as error:
        resolve_base(reference(server, "app:1"), AMD64, http=http)
    message, hint = problem(error)
    assert message.endswith("limits requests (status 429, TOOMANYREQUESTS)")
    assert "log in" in hint
    assert "free text" not in str(error.value)
    assert server.paths().count("/v2/app/manifests/1") == http.retries + 1


def test_a_registry_that_is_not_there_gets_the_ways_out(http: HttpSettings) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(RegistryError) as error:
        resolve_base(ImageReference.parse(f"127.0.0.1:{port}/app"), AMD64, http=http)
    message, hint = problem(error)
    assert message == f"can't reach registry 127.0.0.1:{port}: connection refused"
    for way in ("base_image", "--base-image", "HTTPS_PROXY", "SSL_CERT_FILE", "--allow-unpinned"):
        assert way in hint


def test_a_name_that_does_not_resolve_is_said_so(http: HttpSettings) -> None:
    with pytest.raises(RegistryError, match=r"registry\.invalid: its name can't be resolved"):
        resolve_base(ImageReference.parse("registry.invalid/app"), AMD64, http=http)


def test_docker_hub_is_asked_at_the_host_of_its_api(contents: FakeRegistry) -> None:
    """Through a proxy that refuses the tunnel: what it was asked for is what counts."""
    with serving(contents.route) as proxy:
        http = HttpSettings(backoff=0, retries=0, proxies=(("https", f"http://a:b@{proxy.host}"),))
        with pytest.raises(RegistryError, match=r"registry docker\.io: the proxy: tunnel") as error:
            resolve_base(ImageReference.parse("python:3.11"), AMD64, http=http)
    assert "a:b" not in str(error.value)


def test_a_blob_from_another_host_is_fetched_without_the_login(
    contents: FakeRegistry, server: FakeServer, http: HttpSettings
) -> None:
    image = contents.add_image("app", "1", "linux/amd64")
    contents.bearer = "t0ken"
    (digest,) = contents.blobs
    with serving(lambda _: Reply(body=contents.blobs[digest])) as store:
        away = Reply(307, {"Location": f"{store.url}/blob?signature=s"})
        server.faults[f"/v2/app/blobs/{digest}"] = [away]
        base = resolve_base(reference(server, "app:1"), AMD64, http=http)
    assert str(base.digest) == image["digest"]
    assert [request.path for request in store.seen] == ["/blob?signature=s"]
    assert store.seen[0].authorization is None
    blob = next(request for request in server.seen if "/blobs/" in request.path)
    assert blob.authorization == "Bearer t0ken"


def test_an_endless_redirect_ends(server: FakeServer, http: HttpSettings) -> None:
    circle = Reply(302, {"Location": "/v2/app/manifests/1"})
    server.faults["/v2/app/manifests/1"] = [circle] * 50
    with pytest.raises(RegistryError, match="it redirects in circles"):
        resolve_base(reference(server, "app:1"), AMD64, http=http)


@pytest.mark.parametrize(
    ("media_type", "document"),
    [
        (OCI_INDEX, {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "manifests": []}),
        (OCI_INDEX, {"schemaVersion": 2, "manifests": [], "layers": []}),
        (OCI_INDEX, {"schemaVersion": 2, "manifests": [{"digest": "none"}]}),
        (OCI_INDEX, {"schemaVersion": 2, "manifests": [3]}),
        (OCI_MANIFEST, {"schemaVersion": 2, "config": 3}),
        (OCI_MANIFEST, []),
        ("application/vnd.docker.distribution.manifest.v1+prettyjws", {"schemaVersion": 1}),
        ("text/html", {}),
    ],
)
def test_what_is_no_image_is_refused(
    media_type: str,
    document: object,
    contents: FakeRegistry,
    server: FakeServer,
    http: HttpSettings,
) -> None:
    contents.add_manifest("app", "1", media_type, as_json(document))
    with pytest.raises(RegistryError):
        resolve_base(reference(server, "app:1"), AMD64, http=http)


def test_an_answer_without_end_is_not_read_to_it(server: FakeServer, http: HttpSettings) -> None:
    server.faults["/v2/app/manifests/1"] = [Reply(body=b" " * (5 << 20))]
    with pytest.raises(RegistryError, match="larger than"):
        resolve_base(reference(server, "app:1"), AMD64, http=http)


@pytest.mark.engine("skopeo")
def test_a_real_registry_agrees_with_what_skopeo_pushed(registry: str, tmp_path: Path) -> None:
    digest, manifest, config = write_layout(tmp_path / "layout")
    name = f"{registry}/lading-resolve:1"
    skopeo(f"oci:{tmp_path}/layout:1", f"docker://{name}", {"PATH": "/usr/bin:/bin"})

    base = resolve_base(ImageReference.parse(name), AMD64, http=HttpSettings())

    assert str(base.digest) == digest
    assert str(base.manifest) == manifest
    assert base.config == Digest.parse(config)
    with pytest.raises(RegistryError, match=r"the nearest|has no tag"):
        resolve_base(
            ImageReference.parse(f"{registry}/lading-resolve:2"), AMD64, http=HttpSettings()
        )


def skopeo(source: str, target: str, env: Mapping[str, str] | os._Environ[str]) -> None:
    argv = ("skopeo", "copy", "--insecure-policy", "--all", "--dest-tls-verify=false")
    done = run([*argv, source, target], env=env, timeout=60)
    assert done.returncode == 0, done.stderr


def write_layout(folder: Path) -> tuple[str, str, str]:
    """An image layout with an index of one image; gives the digests of all three documents."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(media_type: str, document: object) -> dict[str, object]:
        content = as_json(document)
        (blobs / sha256(content).removeprefix("sha256:")).write_bytes(content)
        return {"mediaType": media_type, "digest": sha256(content), "size": len(content)}

    platform = {"os": "linux", "architecture": "amd64"}
    config = put(OCI_CONFIG, {**platform, "rootfs": {"type": "layers", "diff_ids": []}})
    image = put(
        OCI_MANIFEST,
        {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": []},
    )
    listed = [{**image, "platform": platform}]
    index = put(OCI_INDEX, {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed})
    top = [{**index, "annotations": {"org.opencontainers.image.ref.name": "1"}}]
    (folder / "index.json").write_bytes(as_json({"schemaVersion": 2, "manifests": top}))
    (folder / "oci-layout").write_bytes(as_json({"imageLayoutVersion": "1.0.0"}))
    return str(index["digest"]), str(image["digest"]), str(config["digest"])
