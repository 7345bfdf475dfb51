"""`lading build --push`, `push`, `copy` and `inspect`, against a registry on loopback."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cli.shipping import PYTHON, base_image
from lading.oci import layout, validate
from lading.oci.config import History
from lading.oci.graph import name_of
from lading.oci.making import image_of
from oci.images import config, files_of, image, layer
from registry.full_registry import Fault, running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.program import Project, Ran
    from registry.full_registry import FullRegistry


@pytest.fixture
def registry(shipped: Project) -> Iterator[FullRegistry]:
    with running_registry() as running:
        shipped.stand_ins[running.host] = "REGISTRY"
        yield running


@pytest.fixture
def made(shipped: Project) -> Project:
    """A layout of an image of three layers."""
    layers = (layer({"etc/": b"", "etc/base": b"amd64"}), layer(DISTRIBUTION), layer())
    written = image("amd64", layers, env=PYTHON, cmd=("python3",), user="10001:0")
    layout.write(shipped.folder / "image", (written,), names=("1",))
    return shipped


DISTRIBUTION = {
    "opt/venv/lib/python3.11/site-packages/tiny.py": b"",
    "opt/venv/lib/python3.11/site-packages/tiny-2.0.dist-info/METADATA": b"Name: tiny\n",
}


def outcomes(ran: Ran) -> list[tuple[str, str]]:
    """What was done with each piece."""
    lines = [line.split() for line in ran.err.splitlines() if line.startswith("  ")]
    return sorted(
        (words[0], words[-1]) if words[0] != "there" else ("there already", words[-1])
        for words in lines
    )


def test_an_image_is_pushed_by_every_name(shipped: Project, registry: FullRegistry) -> None:
    names = (f"{registry.host}/a/b:1", f"{registry.host}/a/b")
    ran = shipped.lading("build", "--push", "--json", "-t", names[0], "-t", names[1])
    result = json.loads(ran.out)
    assert result["pushed"] == ["REGISTRY/a/b:1", "REGISTRY/a/b:latest"]
    assert (ran.code, result["output"], result["loaded"]) == (0, None, None)
    assert registry.manifest("a/b", "1") == registry.manifest("a/b", "latest")
    assert ran.err.splitlines()[-2:] == [
        "built REGISTRY/a/b:1, REGISTRY/a/b as sha256:DIGEST",
        "pushed REGISTRY/a/b:1, REGISTRY/a/b:latest",
    ]
    before = len(registry.requests("PUT"))
    assert shipped.lading("build", "-q", "--push", "-t", names[0]).code == 0
    assert len(registry.requests("PUT")) == before
    assert not (shipped.folder / ".lading").exists()


def test_the_layers_of_a_base_in_the_same_registry_are_not_fetched(
    shipped: Project, registry: FullRegistry
) -> None:
    base = ("--base-image", put_base(registry))
    ran = shipped.lading("build", "-q", "--push", *base, "-t", f"{registry.host}/a/b:1")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    layers = str(base_image().blobs[1].descriptor.digest)
    assert registry.requests("GET", rf"/bases/python/blobs/{layers}") == []
    assert layers in registry.holds("a/b")


def put_base(registry: FullRegistry) -> str:
    """A base in the registry, and its reference."""
    pushed = base_image()
    for blob in pushed.blobs:
        with blob.open() as opened:
            registry.add_blob("bases/python", opened.read())
    registry.add_manifest("bases/python", "3.11", pushed.content, pushed.descriptor.media_type)
    return f"{registry.host}/bases/python:3.11"


def test_offline_a_base_is_taken_from_the_cache(shipped: Project, registry: FullRegistry) -> None:
    words = ("build", "-q", "-o", "out", "--base-image", put_base(registry))
    assert shipped.lading("lock", "-q", *words[-2:]).code == 0
    refused = shipped.lading(*words, "--offline")
    assert refused.err == (
        "error: can't reach registry REGISTRY: nothing may be fetched\n"
        "hint: run once without --offline; or check the image's name, HTTPS_PROXY and "
        "SSL_CERT_FILE\n"
    )
    assert refused.code == 1
    assert shipped.lading(*words).code == 0
    before = len(registry.requests("GET"))
    assert shipped.lading(*words, "--offline").code == 0
    assert len(registry.requests("GET")) == before
    assert validate(shipped.folder / "out") == ()


def test_pushing_a_layout(made: Project, registry: FullRegistry) -> None:
    ran = made.lading("push", "image", f"{registry.host}/a:1", "--json")
    assert json.loads(ran.out) == {"digest": "sha256:DIGEST", "pushed": ["REGISTRY/a:1"]}
    lines = ran.err.splitlines()
    assert lines[0] == "pushing REGISTRY/a:1"
    assert lines[-1] == "pushed REGISTRY/a:1: sha256:DIGEST"
    assert [outcome for outcome, _ in outcomes(ran)] == ["sent"] * 4
    assert ran.code == 0
    [written] = layout.read(made.folder / "image")
    assert registry.manifest("a", "1") == written.content


def test_copying_from_registry_to_registry_mounts(made: Project, registry: FullRegistry) -> None:
    assert made.lading("push", "-q", "image", f"{registry.host}/a:1").code == 0
    ran = made.lading("copy", f"{registry.host}/a:1", f"docker://{registry.host}/b:2")
    assert [outcome for outcome, _ in outcomes(ran)] == ["mounted"] * 4
    assert ran.err.splitlines()[-1] == "copied to docker://REGISTRY/b:2: sha256:DIGEST"
    assert (ran.code, ran.out) == (0, "")
    assert registry.manifest("b", "2") == registry.manifest("a", "1")


@pytest.mark.parametrize("target", ["./copy", "copy.tar", "oci:copy", "docker-archive:copy.tar"])
def test_copying_to_a_file_or_folder(made: Project, registry: FullRegistry, target: str) -> None:
    assert made.lading("push", "-q", "image", f"{registry.host}/a:1").code == 0
    ran = made.lading("copy", "-q", f"{registry.host}/a:1", target)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert validate(made.folder / target.rpartition(":")[2]) == ()


def test_copying_one_platform_of_several(shipped: Project) -> None:
    ran = shipped.lading("copy", "base", "oci:one", "--platform", "linux/arm64", "--json")
    assert json.loads(ran.out) == {"digest": "sha256:DIGEST", "copied": ["oci:one"]}
    [one] = layout.read(shipped.folder / "one")
    assert one.content == base_image("arm64").content
    ran = shipped.lading("copy", "base", "oci:one", "--platform", "linux/s390x")
    assert ran.err == (
        "error: base has no image for linux/s390x\nhint: it has linux/amd64, linux/arm64\n"
    )
    assert ran.code == 1
    assert validate(shipped.folder / "one") == ()


def test_copying_several_images_names_each(bare: Project) -> None:
    for name in ("app", "wrk"):
        one = image("amd64", (layer({"etc/a": name.encode()}),))
        layout.write(bare.folder / "imgs", (one,), names=(name,), keeps=True)
    ran = bare.lading("copy", "oci:imgs", "oci:cp", "--json")
    assert json.loads(ran.out) == {"digest": None, "copied": ["oci:cp"]}
    assert ran.err.splitlines()[-1] == "copied to oci:cp: sha256:DIGEST, sha256:DIGEST"
    assert len(layout.read(bare.folder / "cp")) == 2


def test_a_copy_that_is_there_already_changes_nothing(shipped: Project) -> None:
    assert shipped.lading("copy", "-q", "base", "oci:two").code == 0
    before = files_of(shipped.folder / "two")
    assert shipped.lading("copy", "-q", "base", "oci:two").code == 0
    assert files_of(shipped.folder / "two") == before


INSPECTED = """\
linux/amd64  sha256:DIGEST
  3 layers, 30.8 kB; created 1980-01-01T00:00:00Z
  user         10001:0
  cmd          python3
  env          PATH=/usr/local/bin:/usr/bin:/bin
  env          PYTHON_VERSION=3.11.9
  env          PYTHON_SHA256=0
    1 LAYER 10.3 kB, 5 B unpacked
      test
      shared with base
    2 LAYER 10.3 kB, 11 B unpacked
      test
      holds tiny 2.0
    3 LAYER 10.3 kB, 6 B unpacked
      test
"""


def test_inspecting_a_layout(made: Project) -> None:
    ran = made.lading("inspect", "image", "--with", "base")
    assert (ran.code, re.sub(r"\b[0-9a-f]{12}\b", "LAYER", ran.out), ran.err) == (0, INSPECTED, "")


def test_inspecting_an_image_of_ours_says_what_is_of_its_base(
    shipped: Project, registry: FullRegistry
) -> None:
    base = put_base(registry)
    assert shipped.lading("build", "-q", "-o", "out", "--base-image", base).code == 0
    told = json.loads(shipped.lading("inspect", "out", "--json").out)
    layers = told["images"][0]["layers"]
    of_base = "REGISTRY/bases/python:3.11"
    assert [layer["base"] for layer in layers] == [of_base, None, None, None]
    assert [layer["distributions"] for layer in layers] == [[], [], ["tiny 2.0"], []]
    assert layers[2]["comment"] == "service.py:6"
    assert f"      of {of_base}\n" in shipped.lading("inspect", "out").out


def test_inspecting_with_json(made: Project, registry: FullRegistry) -> None:
    assert made.lading("push", "-q", "image", f"{registry.host}/a:1").code == 0
    # Nothing of a registry's layers is fetched to look into them.
    ran = made.lading("inspect", f"{registry.host}/a:1", "--json", "--with", "image")
    result = json.loads(ran.out)
    assert (result["source"], result["digest"]) == ("REGISTRY/a:1", "sha256:DIGEST")
    [shown] = result["images"]
    assert (shown["platform"], shown["config"]["User"]) == ("linux/amd64", "10001:0")
    assert [one["shared"] for one in shown["layers"]] == [["image"]] * 3
    assert [one["unpacked"] for one in shown["layers"]] == [None] * 3
    assert len(registry.requests("GET", "/blobs/")) == 1  # the configuration


def test_inspecting_says_how_an_image_runs(shipped: Project) -> None:
    source = shipped.read("service.py")
    calls = """.volume("/data")
    .label({"team": "ml"})
    .stop_signal("SIGINT")
    .healthcheck("true", interval="30s", retries=2)
    .cmd"""
    shipped.write("service.py", source.replace(".cmd", calls))
    assert shipped.lading("build", "-q", "--media-types", "docker", "-o", "out").code == 0
    lines = [line.strip() for line in shipped.lading("inspect", "out").out.splitlines()]
    assert "volumes      /data" in lines
    assert "stopsignal   SIGINT" in lines
    assert "label        team=ml" in lines
    assert any(
        line.startswith("healthcheck  CMD") and line.endswith("true interval=30s retries=2")
        for line in lines
    )


@pytest.mark.parametrize("how", ["variable", "table"])
def test_a_mirror_of_a_registry_is_asked_in_its_place(
    made: Project, registry: FullRegistry, how: str
) -> None:
    assert made.lading("push", "-q", "image", f"{registry.host}/hub/library/a:1").code == 0
    if how == "variable":
        made.environment["LADING_MIRROR_REGISTRIES"] = f"docker.io={registry.host}/hub"
    else:
        table = f'[tool.lading.mirrors.registries]\n"docker.io" = "{registry.host}/hub"\n'
        made.write("pyproject.toml", table)
    told = json.loads(made.lading("inspect", "a:1", "--json").out)
    assert (told["source"], told["digest"]) == ("a:1", "sha256:DIGEST")
    assert made.lading("copy", "-q", "docker://a:1", "oci:copied").code == 0
    assert validate(made.folder / "copied") == ()
    [copied] = layout.read(made.folder / "copied")
    assert name_of(copied) == "docker.io/library/a:1"  # as it was asked for, not as it was had


@pytest.mark.parametrize("named", ["b/c", "https://r.example.test", "r.example.test/team"])
def test_a_variable_that_names_no_registry(made: Project, named: str) -> None:
    ran = made.lading("push", "image", "localhost:1/a", LADING_PLAIN_HTTP=f"ok.test:5000,{named}")
    assert ran.err.splitlines()[-2:] == [
        f'error: LADING_PLAIN_HTTP: "{named}" is no registry',
        "hint: write its host, and its port where it has one: registry.example.com:5000",
    ]
    assert ran.code == 1


def test_inspecting_prints_nothing_that_a_terminal_obeys(made: Project) -> None:
    evil = "\x1b]0;pwn\x07\r\n\x9b2J\u202e\x7f"
    settings = config(
        user=evil,
        working_dir=f"/{evil}",
        cmd=(evil,),
        ports=(f"80{evil}",),
        stop_signal=evil,
        env=(f"A={evil}", "URL=https://me:s3cret@a.test/"),
        labels=((f"k{evil}", evil), ("org.opencontainers.image.base.name", evil)),
    )
    said = History(created_by=f"lading: {evil}", comment=evil)
    fake = replace(settings, os=evil, architecture=evil, created=evil, history=(said,))
    layout.write(made.folder / "evil", (image_of(fake, (layer(),)),))
    ran = made.lading("inspect", "evil")
    assert (ran.code, ran.err) == (0, "")
    assert [char for char in ran.out if not char.isprintable() and char != "\n"] == []
    assert "  user         \\x1b]0;pwn\\x07\\r\\n\\x9b2J\\u202e\\x7f\n" in ran.out
    assert "  env          URL=https://***@a.test/\n" in ran.out
    [told] = json.loads(made.lading("inspect", "evil", "--json").out)["images"]
    assert told["config"]["User"] == evil
    assert told["config"]["Env"][1] == "URL=https://***@a.test/"


def test_a_folder_that_holds_no_image_is_not_looked_for_in_a_registry(made: Project) -> None:
    made.write("other/x", "")
    for words in (("inspect", "other"), ("copy", "other", "zz.tar"), ("push", "other", "a.test/b")):
        ran = made.lading(*words)
        assert ran.err.splitlines()[:2] == [
            "error: the folder other holds no image",
            "hint: write docker://other for the image of that name in a registry",
        ]
        assert ran.code == 2


@pytest.mark.parametrize("word", ["newdir", "new/dir", "there"])
def test_a_word_that_can_be_a_folder_or_a_repository_is_no_destination(
    made: Project, word: str
) -> None:
    made.write("there/x", "")
    ran = made.lading("copy", "image", word)
    assert ran.err.splitlines()[:2] == [
        f"error: {word} can be a folder here, or a repository in a registry",
        f"hint: write oci:{word} or docker://{word}",
    ]
    assert ran.code == 2


def test_inspecting_a_layout_takes_no_cache(made: Project) -> None:
    told = made.lading("inspect", "image")
    assert made.lading("inspect", "image", LADING_CACHE_DIR="/dev/null") == told


PUSH = "usage: lading push [OPTIONS] SRC REF..."
DIGEST_GIVEN = (
    "error: argument REF: a/b@sha256:DIGEST has a digest, which what is pushed says itself"
)
COPY = "usage: lading copy [OPTIONS] SRC DST"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["push"], ["error: missing argument 'SRC'", PUSH]),
        (["push", "image"], ["error: no name to push it by", "hint: lading push image REF", PUSH]),
        (
            ["push", "python:3.11", "a/b"],
            [
                "error: python:3.11 is no folder or file here, but the name of an image",
                "hint: lading copy python:3.11 a/b",
                PUSH,
            ],
        ),
        (
            ["push", "image", f"a/b@sha256:{'0' * 64}"],
            [
                DIGEST_GIVEN,
                "hint: write a/b",
                PUSH,
            ],
        ),
        (["copy", "image"], ["error: missing argument 'DST'", COPY]),
        (
            ["copy", "image", "dir:x"],
            [
                'error: image "dir:x" has a transport that Lading doesn\'t know',
                "hint: write oci:PATH, oci-archive:PATH, docker-archive:PATH or docker://REFERENCE",
                COPY,
            ],
        ),
    ],
    ids=lambda value: " ".join(value)[:40],
)
def test_called_wrongly(made: Project, words: list[str], said: list[str]) -> None:
    before = made.files()
    ran = made.lading(*words)
    assert ran.err.splitlines() == said
    assert (ran.code, ran.out) == (2, "")
    assert made.files() == before


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("./nowhere", "error: nowhere is no image layout: it has no oci-layout"),
        ("nowhere.tar", "error: nowhere.tar can't be read: No such file or directory"),
        ("./site", "error: site is no image layout: it has no oci-layout"),
        ("./service.py", "error: service.py is no tar archive, or is cut off"),
    ],
)
def test_a_source_that_holds_no_image(made: Project, source: str, said: str) -> None:
    made.write("site/index.html", "")
    ran = made.lading("push", source, "example.test/a:1")
    assert ran.err.splitlines()[0] == said
    assert (ran.code, ran.out) == (1, "")


def test_a_registry_that_refuses(made: Project, registry: FullRegistry) -> None:
    registry.basic = "user:password"
    ran = made.lading("push", "-q", "image", f"{registry.host}/a:1")
    assert ran.err.startswith("error: ")
    assert "password" not in ran.err
    assert (ran.code, ran.out) == (1, "")
    assert registry.holds("a") == set()


def test_a_registry_that_fails_leaves_no_tag(made: Project, registry: FullRegistry) -> None:
    registry.fails("PUT", r"/manifests/", Fault(status=400), times=9)
    ran = made.lading("push", "-q", "image", f"{registry.host}/a:1")
    assert ran.err.startswith("error: ")
    assert (ran.code, ran.out) == (1, "")
    with pytest.raises(KeyError):
        registry.manifest("a", "1")


def test_a_registry_that_nobody_answers_for(made: Project) -> None:
    ran = made.lading("push", "-q", "image", "127.0.0.1:9/a:1")
    assert ran.err.startswith("error: ")
    assert "127.0.0.1:9" in ran.err
    assert (ran.code, ran.out) == (1, "")
