from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.errors import ImageError
from lading.grammar.reference import Digest
from lading.oci.blobs import Descriptor, content_of, digest_of
from lading.oci.choice import choose, fits
from lading.oci.config import (
    Execution,
    Healthcheck,
    History,
    ImageConfig,
    encode_config,
    parse_config,
)
from lading.oci.documents import (
    Index,
    Manifest,
    encode_index,
    encode_manifest,
    parse_document,
    parse_index,
    parse_manifest,
)
from lading.oci.fields import canonical, parse_table
from lading.oci.making import config_of, image_of, index_of, manifest_of
from lading.oci.media_types import DOCKER, OCI
from lading.platforms import Platform
from oci import images

DIGEST = digest_of(b"x")
AMD64 = Platform.parse("linux/amd64")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
words = texts.filter(bool)
pairs = st.dictionaries(texts, texts, max_size=3).map(lambda found: tuple(sorted(found.items())))
lists = st.lists(texts, max_size=3).map(tuple)
numbers = st.integers(min_value=0, max_value=2**63 - 1)
digests = st.binary(max_size=4).map(digest_of)
platforms = st.sampled_from(
    [None, AMD64, Platform.parse("linux/arm/v6"), "windows/amd64", "unknown/unknown"]
)
descriptors = st.builds(
    Descriptor,
    media_type=st.sampled_from([*OCI.values(), *DOCKER.values(), "text/plain"]),
    digest=digests,
    size=numbers,
    platform=platforms,
    annotations=pairs,
    urls=lists,
)
optional = st.none() | words
configs = st.builds(
    ImageConfig,
    architecture=words,
    os=words,
    variant=optional,
    os_version=optional,
    os_features=lists,
    created=optional,
    author=optional,
    execution=st.builds(
        Execution,
        user=optional,
        env=lists,
        entrypoint=lists,
        cmd=lists,
        ports=st.sets(texts, max_size=3).map(lambda found: tuple(sorted(found))),
        volumes=st.sets(texts, max_size=3).map(lambda found: tuple(sorted(found))),
        working_dir=optional,
        labels=pairs,
        stop_signal=optional,
        healthcheck=st.none() | st.builds(Healthcheck, test=lists, interval=numbers),
        shell=lists,
        on_build=lists,
        args_escaped=st.booleans(),
        unknown=st.just((("Tty", "true"),)) | st.just(()),
    ),
    diff_ids=st.lists(digests, max_size=3).map(tuple),
    history=st.lists(
        st.builds(History, created=optional, created_by=optional, empty_layer=st.booleans()),
        max_size=3,
    ).map(tuple),
    unknown=st.just((("moby.buildkit.cache.v0", '{"a":[1,2.5,null]}'),)) | st.just(()),
)


@given(configs)
def test_a_configuration_is_read_as_it_was_written(config: ImageConfig) -> None:
    content = encode_config(config)

    assert parse_config(content) == config
    assert encode_config(parse_config(content)) == content


@given(descriptors, st.lists(descriptors, max_size=3), pairs, st.sampled_from([OCI, DOCKER]))
def test_a_manifest_and_an_index_are_read_as_they_were_written(
    config: Descriptor,
    listed: list[Descriptor],
    annotations: tuple[tuple[str, str], ...],
    words: dict[str, str],
) -> None:
    manifest = Manifest(
        media_type=words["manifest"],
        config=config,
        layers=tuple(listed),
        annotations=annotations,
        subject=config,
    )
    index = Index(media_type=words["index"], manifests=tuple(listed), annotations=annotations)

    assert parse_manifest(encode_manifest(manifest)) == manifest
    assert parse_index(encode_index(index)) == index


def test_documents_are_canonical() -> None:
    config = ImageConfig(
        architecture="amd64",
        os="linux",
        execution=Execution(env=("B=é", "A=1"), ports=("80/tcp",), labels=(("l", ""),)),
    )

    assert encode_config(config).decode() == (
        '{"architecture":"amd64","config":{"Env":["B=é","A=1"],"ExposedPorts":{"80/tcp":{}},'
        '"Labels":{"l":""}},"os":"linux","rootfs":{"diff_ids":[],"type":"layers"}}'
    )


def test_what_a_base_says_beyond_the_specification_is_kept() -> None:
    content = canonical(
        {
            "architecture": "amd64",
            "os": "linux",
            "docker_version": "20.10",
            "container_config": {"Cmd": ["x"]},
            "config": {"Env": None, "Cmd": [], "Image": "sha256:1", "Labels": {"a": None}},
            "rootfs": {"type": "layers", "diff_ids": None},
            "history": [{"created_by": "x", "more": 1}],
        }
    )

    config = parse_config(content)
    again = json.loads(encode_config(config))

    assert again["container_config"] == {"Cmd": ["x"]}
    assert again["docker_version"] == "20.10"
    assert again["config"] == {"Image": "sha256:1", "Labels": {"a": ""}}
    assert again["history"] == [{"created_by": "x", "more": 1}]


GOOD = json.loads(images.image().content)


def changed(path: str, value: object) -> bytes:
    document = json.loads(json.dumps(GOOD))
    place = document
    *parents, last = path.split(".")
    for name in parents:
        place = place[int(name) if name.isdigit() else name]
    if value is None:
        place.pop(last, None)
    else:
        place[last] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("layers.0.size", -1, "layers[0].size is not a whole number from zero up"),
        ("layers.0.size", 1.0, "layers[0].size is not a whole number from zero up"),
        ("layers.0.size", True, "layers[0].size is not a whole number from zero up"),
        ("layers.0.size", 2**63, "layers[0].size is not a whole number from zero up"),
        ("layers.0.size", None, "layers[0].size is missing"),
        ("layers.0.digest", "sha256:../../etc", "layers[0].digest: sha256 digest"),
        ("layers.0.digest", 7, "layers[0].digest is not a text"),
        ("layers.0.mediaType", None, "layers[0].mediaType is missing"),
        ("layers.0.annotations", {"a": 1}, "layers[0].annotations is not an object of texts"),
        ("layers.0.urls", "x", "layers[0].urls is not a list of texts"),
        ("layers.0.platform", [], "layers[0].platform is not an object"),
        ("layers.0.Size", 3, "layers[0] has a field in two spellings"),
        ("layers", {}, "layers is not a list"),
        ("layers", [[]], "layers[0] is not an object"),
        ("config", None, "config is missing"),
        ("schemaVersion", 1, "schemaVersion is not 2"),
        ("layers", [GOOD["layers"][0]] * 4097, "layers has more than 4096 entries"),
        ("manifests", [], "can be read in two ways"),
        ("mediaType", OCI["index"], "manifests is missing"),
    ],
)
def test_an_error_says_where_a_manifest_is_wrong(path: str, value: object, message: str) -> None:
    if path == "mediaType":
        content = json.dumps({"schemaVersion": 2, "mediaType": value}).encode()
    else:
        content = changed(path, value)

    with pytest.raises(ImageError) as caught:
        parse_manifest(content, "app:1")

    assert str(caught.value).startswith("app:1")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"nothing",
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":1e999}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' + b"[" * 60 + b"]" * 60 + b"}",
        b'{"a":"' + b"x" * (9 << 20) + b'"}',
        b'{"a":' + b"1" * 5000 + b"}",
    ],
    ids=lambda content: str(content[:12]),
)
def test_a_document_that_readers_would_understand_differently_is_refused(content: bytes) -> None:
    with pytest.raises(ImageError, match=r"it can't be read|it is larger"):
        parse_table(content, "it")


@given(st.binary(max_size=60) | st.recursive(texts | st.none(), st.lists).map(canonical))
def test_hostile_documents_raise_nothing_else(content: bytes) -> None:
    for parse in (parse_config, parse_index, parse_manifest):
        with pytest.raises(ImageError):
            parse(content)


@given(
    st.sampled_from(["mediaType", "config", "layers", "annotations", "subject", "schemaVersion"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | texts,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
        max_leaves=4,
    ),
)
def test_a_field_of_any_shape_is_read_or_refused(field: str, value: object) -> None:
    content = json.dumps({**GOOD, field: value}).encode()

    with contextlib.suppress(ImageError):
        assert isinstance(parse_document(content, "", "it"), (Index, Manifest))


def test_what_a_descriptor_says_must_be_what_the_document_says() -> None:
    with pytest.raises(ImageError, match="two ways"):
        parse_document(images.image().content, OCI["index"], "it")


def test_another_kind_of_document_is_named_without_its_control_characters() -> None:
    content = json.dumps({**GOOD, "mediaType": "application/vnd.\x1b[31mother"}).encode()

    with pytest.raises(ImageError) as caught:
        parse_document(content, "", "it")

    assert "\x1b" not in str(caught.value)


def test_a_configuration_without_a_platform_is_no_image() -> None:
    with pytest.raises(ImageError, match="is it an image"):
        parse_config(b"{}")


def test_an_error_says_where_a_configuration_is_wrong() -> None:
    content = b'{"os":"linux","architecture":"arm64","rootfs":{"diff_ids":["x"]}}'

    with pytest.raises(ImageError, match=r"base: rootfs\.diff_ids\[0\]: digest .x. names no"):
        parse_config(content, "base")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"rootfs": {"type": "other"}}, r"rootfs\.type is not layers"),
        ({"config": {"ArgsEscaped": "x"}}, r"config\.ArgsEscaped is neither true nor false"),
        ({"config": {"Volumes": ["/x"]}}, r"config\.Volumes is not an object"),
        ({"config": {"Env": "A=1"}}, r"config\.Env is not a list of texts"),
        ({"config": {"Healthcheck": {"Retries": -1}}}, r"config\.Healthcheck\.Retries is not a"),
        ({"history": [{"empty_layer": 1}]}, r"history\[0\]\.empty_layer is neither"),
    ],
)
def test_an_error_says_which_field_of_a_configuration_is_wrong(
    document: dict[str, object], message: str
) -> None:
    content = json.dumps({"os": "linux", "architecture": "amd64", **document}).encode()

    with pytest.raises(ImageError, match=message):
        parse_config(content)


def test_an_index_is_no_manifest() -> None:
    with pytest.raises(ImageError, match="is an image index, not a manifest"):
        parse_manifest(images.index("amd64").content)
    with pytest.raises(ImageError, match="is an image manifest, not an index"):
        parse_index(images.image().content)


def test_a_document_larger_than_documents_are_is_not_read_into_memory() -> None:
    blob = images.UntouchedBlob(
        descriptor=Descriptor(media_type=OCI["config"], digest=DIGEST, size=9 << 20)
    )

    with pytest.raises(ImageError, match="is larger than 8 MiB"):
        content_of(blob)


def test_what_is_no_image_has_no_configuration() -> None:
    with pytest.raises(ImageError, match="is not an image with a configuration"):
        config_of(images.index("amd64"))


def test_the_platform_is_in_one_spelling() -> None:
    config = ImageConfig(os="linux", architecture="arm64", variant="v8")

    assert config.platform == Platform.parse("linux/arm64")
    assert ImageConfig(os="windows", architecture="amd64").platform == "windows/amd64"


def listed(*platforms: str | None, media_type: str = OCI["manifest"]) -> Index:
    found = (
        Descriptor(
            media_type=media_type,
            digest=digest_of(str(one).encode()),
            size=1,
            platform=None if one is None else Platform.parse(one),
        )
        for one in platforms
    )
    return Index(media_type=OCI["index"], manifests=tuple(found))


def test_the_image_for_a_platform_is_chosen() -> None:
    index = listed("linux/amd64", "linux/arm/v6", "linux/arm64")

    assert choose(index, Platform.parse("linux/arm64"), "it").digest == digest_of(b"linux/arm64")
    assert choose(index, Platform.parse("linux/arm/v7"), "it").digest == digest_of(b"linux/arm/v6")
    with pytest.raises(ImageError, match="no image for linux/s390x") as caught:
        choose(index, Platform.parse("linux/s390x"), "it")
    assert caught.value.problems[0].hint == "it has linux/amd64, linux/arm/v6, linux/arm64"


def test_the_only_image_serves_where_it_names_no_platform() -> None:
    assert choose(listed(None), AMD64, "it").digest == digest_of(b"None")
    with pytest.raises(ImageError, match="no image for linux/amd64"):
        choose(listed(None, None), AMD64, "it")


def test_an_image_for_an_older_variant_fits() -> None:
    assert fits(Platform.parse("linux/amd64/v2"), Platform.parse("linux/amd64/v3"))
    assert fits(AMD64, Platform.parse("linux/amd64/v3"))
    assert fits(Platform.parse("linux/arm/v6"), Platform.parse("linux/arm/v7"))
    assert not fits(Platform.parse("linux/arm/v7"), Platform.parse("linux/arm/v6"))
    assert not fits("unknown/unknown", AMD64)


def test_an_image_is_put_together_in_either_vocabulary() -> None:
    layers = [images.layer(compression=one) for one in ("none", "gzip", "zstd")]

    oci = parse_manifest(images.image(layers=layers, annotations=(("a", "b"),)).content)
    docker = parse_manifest(
        images.image(layers=layers, annotations=(("a", "b"),), vocabulary="docker").content
    )

    assert [one.media_type for one in oci.layers] == [
        OCI["layer"],
        OCI["layer+gzip"],
        OCI["layer+zstd"],
    ]
    assert [one.media_type for one in docker.layers] == [
        DOCKER["layer"],
        DOCKER["layer+gzip"],
        DOCKER["layer+zstd"],
    ]
    assert (oci.config.media_type, oci.annotations) == (OCI["config"], (("a", "b"),))
    assert (docker.config.media_type, docker.annotations) == (DOCKER["config"], ())
    assert oci.config.digest == docker.config.digest


def test_an_image_has_a_diff_id_for_each_layer() -> None:
    layer = images.layer()
    config = encode_config(images.config())

    assert image_of(images.config(), [layer]).descriptor.platform == AMD64
    with pytest.raises(ImageError, match="1 layers don't fit 0 diff IDs"):
        manifest_of(config, [layer.blob])


def test_an_index_says_each_images_platform_once() -> None:
    index = parse_index(images.index("amd64", "arm64").content)

    assert [str(one.platform) for one in index.manifests] == ["linux/amd64", "linux/arm64"]
    with pytest.raises(ImageError, match="two images for linux/amd64"):
        index_of([images.image(), images.image()])


def test_a_digest_of_another_algorithm_is_read() -> None:
    digest = Digest(algorithm="sha512", encoded="0" * 128)

    document = parse_manifest(changed("layers.0.digest", str(digest)))

    assert document.layers[0].digest == digest
