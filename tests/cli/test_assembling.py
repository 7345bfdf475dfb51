"""`lading build` without an engine: whole outputs, and images that are what they must be."""

from __future__ import annotations

import json
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from cli.shipping import add_engine
from lading.oci import layout, validate
from oci.images import files_of

if TYPE_CHECKING:
    from cli.program import Project

FIRST = """\
resolving for Python 3.11 on linux/amd64 (glibc 2.36)
  reused          10.3 kB  base image oci:base
fetching tiny-2.0-py3-none-any.whl
  made              425 B  files to /app
  made             1.4 kB  python environment, folders of the user
  made             2.3 kB  python packages tiny 2.0
writing out
built the image as sha256:DIGEST
it is in out
"""

HINT = (
    "hint: push it with `lading push .lading/image iris:1`, or load it into an engine with --load"
)

AGAIN = """\
  reused          10.3 kB  base image oci:base
  reused           1.4 kB  python environment, folders of the user
  reused           2.3 kB  python packages tiny 2.0
  reused            425 B  files to /app
writing out
built the image as sha256:DIGEST
it is in out
"""


def test_an_image_is_written_as_a_layout(shipped: Project) -> None:
    ran = shipped.lading("build", "-o", "out")
    assert (ran.code, ran.out, without_sizes(ran.err)) == (0, "", without_sizes(FIRST))
    assert validate(shipped.folder / "out") == ()
    written = files_of(shipped.folder / "out")
    again = shipped.lading("build", "-o", "out")
    assert sorted(without_sizes(again.err).splitlines()) == sorted(
        without_sizes(AGAIN).splitlines()
    )
    assert files_of(shipped.folder / "out") == written
    assert not any(name.startswith(".lading/") for name in shipped.files())


def without_sizes(text: str) -> str:
    """How well zlib compresses is no matter of these tests."""
    lines = [
        " ".join(line.split()[:1] + line.split()[3:]) if line[:2] == "  " else line
        for line in text.splitlines()
    ]
    return "\n".join(lines)


def test_what_is_in_the_cache_is_enough(shipped: Project) -> None:
    assert shipped.lading("build", "-q", "-o", "out").code == 0
    first = layout.read(shipped.folder / "out")[0].descriptor.digest
    ran = shipped.lading("build", "-q", "--offline", "--locked", "-o", "other")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert layout.read(shipped.folder / "other")[0].descriptor.digest == first


def test_without_a_destination_it_is_written_into_the_project(shipped: Project) -> None:
    ran = shipped.lading("build", "-t", "iris:1")
    assert ran.err.splitlines()[-4:] == [
        "writing .lading/image",
        "built iris:1 as sha256:DIGEST",
        "it is in .lading/image",
        HINT,
    ]
    assert (ran.code, ran.out) == (0, "")
    assert validate(shipped.folder / ".lading" / "image") == ()


def test_the_image_that_was_written_is_no_part_of_the_next(shipped: Project) -> None:
    service = shipped.read("service.py")
    shipped.write("service.py", service.replace('"service.py"', '"."'))
    shipped.lading("build", "-q")
    first = files_of(shipped.folder / ".lading" / "image")
    assert shipped.lading("build", "-q").code == 0
    assert files_of(shipped.folder / ".lading" / "image") == first


def test_the_result_with_json(shipped: Project) -> None:
    ran = shipped.lading("build", "-q", "--json", "-o", "out.tar", "-t", "a")
    result = json.loads(ran.out)
    layers = result.pop("layers")
    assert result == {
        "engine": "oci",
        "tags": ["a"],
        "digest": "sha256:DIGEST",
        "platform": "linux/amd64",
        "key": "sha256:DIGEST",
        "image_id": "sha256:DIGEST",
        "pushed": [],
        "output": "PROJECT/out.tar",
        "loaded": None,
    }
    assert [(layer["name"], layer["outcome"]) for layer in layers] == [
        ("base image oci:base", "base"),
        ("python environment, folders of the user", "made"),
        ("python packages tiny 2.0", "made"),
        ("files to /app", "made"),
    ]
    assert all(layer["digest"] == "sha256:DIGEST" and layer["size"] > 0 for layer in layers)
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize("target", ["out.tar", "oci-archive:x", "docker-archive:x", "oci:x"])
def test_each_kind_of_destination(shipped: Project, target: str) -> None:
    ran = shipped.lading("build", "-q", "-t", "a:1", "-o", target)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert validate(shipped.folder / target.rpartition(":")[2]) == ()


@pytest.mark.parametrize("kind", ["oci", "oci-archive", "docker-archive"])
def test_a_destination_says_the_images_name_as_a_source_does(shipped: Project, kind: str) -> None:
    ran = shipped.lading("build", "-q", "-o", f"{kind}:x:app:1")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert validate(shipped.folder / "x") == ()
    assert shipped.lading("inspect", f"{kind}:x:app:1").code == 0
    assert not (shipped.folder / "x:app:1").exists()


def test_a_path_may_have_a_colon_and_a_suffix_any_case(shipped: Project) -> None:
    assert shipped.lading("build", "-q", "-o", "./a:b").code == 0
    assert shipped.lading("build", "-q", "-o", "new.TAR").code == 0
    assert validate(shipped.folder / "a:b") == ()
    assert (shipped.folder / "new.TAR").is_file()


def test_a_closed_stderr_is_no_obstacle(shipped: Project) -> None:
    assert shipped.shell('exec "$@" build -o out 2>&-').code == 0
    assert validate(shipped.folder / "out") == ()


def test_several_platforms_become_one_index(shipped: Project) -> None:
    words = ("--platform", "linux/amd64", "--platform", "linux/arm64", "--platform", "linux/amd64")
    ran = shipped.lading("build", "-q", "--json", *words, "-o", "out")
    result = json.loads(ran.out)
    assert [one["platform"] for one in result["platforms"]] == ["linux/amd64", "linux/arm64"]
    assert validate(shipped.folder / "out") == ()
    [index] = layout.read(shipped.folder / "out")
    assert [str(child.descriptor.platform) for child in index.children] == [
        "linux/amd64",
        "linux/arm64",
    ]


def test_dockers_vocabulary(shipped: Project) -> None:
    assert shipped.lading("build", "-q", "--media-types", "docker", "-o", "out").code == 0
    [image] = layout.read(shipped.folder / "out")
    assert "docker.distribution.manifest.v2" in image.descriptor.media_type


def test_the_time_of_an_image_is_the_one_that_is_set(shipped: Project) -> None:
    shipped.lading("build", "-q", "-o", "one")
    ran = shipped.lading("build", "-q", "--json", "-o", "two", SOURCE_DATE_EPOCH="1700000000")
    assert {layer["outcome"] for layer in json.loads(ran.out)["layers"]} == {"base", "reused"}
    shown = json.loads(shipped.lading("inspect", "two", "--json").out)
    assert shown["images"][0]["created"] == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize("value", ["yesterday", "-1", "1e9", "9" * 12])
def test_a_time_that_is_none(shipped: Project, value: str) -> None:
    ran = shipped.lading("build", "-o", "out", SOURCE_DATE_EPOCH=value)
    assert ran.err == (
        f'error: SOURCE_DATE_EPOCH is "{value}", and no time\n'
        "hint: set it to seconds since 1970, such as $(git log -1 --pretty=%ct), or unset it\n"
    )
    assert (ran.code, ran.out) == (1, "")
    assert "lading.lock" not in shipped.files()


def loaded_names(project: Project) -> list[str]:
    with tarfile.open(project.home / "loaded.tar") as archive:
        listed = archive.extractfile("manifest.json")
        assert listed is not None
        [manifest] = json.load(listed)
    names: list[str] = manifest["RepoTags"]
    return names


def test_an_image_with_a_name_is_loaded_where_an_engine_is(shipped: Project) -> None:
    add_engine(shipped.home)
    ran = shipped.lading("build", "-t", "iris:1")
    assert ran.err.splitlines()[-3:] == [
        "loading into docker",
        "built iris:1 as sha256:DIGEST",
        "docker has it",
    ]
    assert (ran.code, ran.out) == (0, "")
    assert loaded_names(shipped) == ["iris:1"]
    asked = (shipped.home / "asked").read_text().splitlines()
    assert [line.split()[0] for line in asked] == ["version", "image", "load"]
    assert not any(name.startswith(".lading/") for name in shipped.files())


def test_an_image_that_an_engine_has_is_only_named_there(shipped: Project) -> None:
    add_engine(shipped.home)
    assert shipped.lading("build", "-q", "--load", "-t", "iris:1").code == 0
    (shipped.home / "asked").unlink()
    assert shipped.lading("build", "-q", "--load", "-t", "iris:2", "-t", "x/y").code == 0
    asked = (shipped.home / "asked").read_text().splitlines()
    assert [line.split()[0] for line in asked] == ["version", "image", "tag", "tag"]
    assert [line.split()[-1] for line in asked[2:]] == ["iris:2", "x/y:latest"]


def test_podman_keeps_a_name_without_a_registry_as_its_own(shipped: Project) -> None:
    add_engine(shipped.home, name="podman")
    assert shipped.lading("build", "-q", "--load", "-t", "iris:1").code == 0
    asked = (shipped.home / "asked").read_text().splitlines()
    assert [line.split()[0] for line in asked] == ["info", "image", "load"]
    assert loaded_names(shipped) == ["localhost/iris:1"]


def test_an_engine_that_refuses_the_image_says_why(shipped: Project) -> None:
    script = "#!/bin/sh\n[ $1 = version ] || { echo no room for it >&2; exit 3; }\n"
    add_engine(shipped.home, script)
    ran = shipped.lading("build", "-q", "--load", "-t", "a")
    assert ran.err == ("error: docker could not take the image (exit code 3)\n  no room for it\n")
    assert (ran.code, ran.out) == (1, "")


def test_loading_where_no_engine_is(shipped: Project) -> None:
    ran = shipped.lading("build", "-q", "--load", "-t", "a")
    assert ran.err == (
        "error: no container engine is here that the image could be loaded into\n"
        "hint: write it to a file (-o image.tar), or push it (--push)\n"
        "error: docker can't take it: docker is not on PATH\n"
        "error: podman can't take it: podman is not on PATH\n"
        "error: buildah can't take it: buildah is not on PATH\n"
        "error: nerdctl can't take it: nerdctl is not on PATH\n"
    )
    assert (ran.code, ran.out) == (1, "")


def executing(project: Project) -> None:
    source = project.read("service.py")
    calls = '.run("true")\n    .run("echo > x")\n    .cmd'
    project.write("service.py", source.replace(".cmd", calls))


def test_what_has_to_be_executed_is_refused_without_an_engine(shipped: Project) -> None:
    executing(shipped)
    ran = shipped.lading("build", "--engine", "oci", "-o", "out")
    assert ran.err.splitlines()[1:] == [
        "error: --engine oci: some of it has to be executed",
        "hint: leave out --engine, and a container engine builds it",
        "error: service.py:8: the command `true` runs",
        "error: service.py:9: the command `echo > x` runs",
    ]
    assert (ran.code, ran.out) == (1, "")
    assert not (shipped.folder / "out").exists()


NEEDED = (
    "error: --output: not with a container engine, and the image needs one: service.py:8: the "
    "command `true` runs and 1 more"
)


def test_a_destination_and_steps_that_take_an_engine(shipped: Project) -> None:
    executing(shipped)
    ran = shipped.lading("build", "-o", "out", "--platform", "linux/arm64")
    assert ran.err.splitlines()[1:] == [
        NEEDED,
        "hint: `lading build --engine oci` lists all that has to be executed",
        "usage: lading build [OPTIONS] [TARGET] [-- ENGINE_OPTION...]",
    ]
    assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize(
    ("place", "problem", "hint"),
    [
        (".", "PROJECT is not empty, and no image layout", "name another folder, or a new one"),
        ("site", "site is not empty, and no image layout", "name another folder, or a new one"),
        (
            "service.py",
            "service.py is a file, and an image layout is a folder",
            "name another, or write an archive: service.tar",
        ),
        (
            "docker-archive:site",
            "site is a folder, and the archive is a file",
            "name a file in it: site/image.tar",
        ),
    ],
)
def test_a_place_that_holds_something_else(
    shipped: Project, place: str, problem: str, hint: str
) -> None:
    shipped.write("site/index.html", "")
    before = shipped.files()
    ran = shipped.lading("build", "-o", place)
    assert (ran.code, ran.out, ran.err) == (1, "", f"error: {problem}\nhint: {hint}\n")
    assert shipped.files() == before


def test_a_full_disk_leaves_nothing(shipped: Project) -> None:
    shipped.lading("build", "-q", "-o", "out")
    ran = shipped.limited("build", "-q", "-o", "other")
    assert ran.code == 1
    assert ran.err.startswith("error: ")
    assert [name for name in shipped.files() if name.startswith("other/")] == []
    assert validate(shipped.folder / "out") == ()


def test_of_several_platforms_an_engine_gets_its_own(shipped: Project) -> None:
    add_engine(shipped.home)
    own = "amd64" if os.uname().machine == "x86_64" else "arm64"
    words = ("--platform", "linux/amd64", "--platform", "linux/arm64", "--load", "-t", "a")
    assert shipped.lading("build", "-q", *words).code == 0
    with tarfile.open(shipped.home / "loaded.tar") as archive:
        listed = archive.extractfile("manifest.json")
        assert listed is not None
        name = json.load(listed)[0]["Config"]
        config = archive.extractfile(name)
        assert config is not None
        assert json.load(config)["architecture"] == own


def test_a_limit_of_the_cache_that_is_none(shipped: Project) -> None:
    ran = shipped.lading("build", "-o", "out", LADING_CACHE_LIMIT="a lot")
    assert ran.err.splitlines()[-2:] == [
        'error: LADING_CACHE_LIMIT: size "a lot" is invalid',
        'hint: write it like "20GB" or "500MB"',
    ]
    assert (ran.code, ran.out) == (1, "")
    assert not (shipped.folder / "out").exists()


def test_without_a_network_what_is_missing_is_named(shipped: Project) -> None:
    assert shipped.lading("lock", "-q").code == 0
    ran = shipped.lading("build", "-q", "--offline", "-o", "out")
    assert ran.err == (
        "error: http://127.0.0.1:PORT/files/tiny-2.0-py3-none-any.whl is not in the cache, and "
        "nothing may be fetched\nhint: run once without --offline\n"
    )
    assert (ran.code, ran.out) == (1, "")
    assert not (shipped.folder / "out").exists()


def test_dockers_vocabulary_in_a_layout_comes_with_a_remark(shipped: Project) -> None:
    ran = shipped.lading("build", "--media-types", "docker", "-o", "out")
    assert ran.err.splitlines()[-3] == (
        "skopeo and podman find no image by its name in an OCI layout of docker's media types"
    )


def test_a_health_check_that_is_lost_is_said(shipped: Project) -> None:
    source = shipped.read("service.py")
    shipped.write("service.py", source.replace(".cmd", '.healthcheck("true")\n    .cmd'))
    said = shipped.lading("build", "-o", "out").err
    assert "health" in said.splitlines()[-3]
    assert "health" not in shipped.lading("build", "-o", "docker-archive:x.tar").err
    assert "health" not in shipped.lading("build", "-o", "y", "--media-types", "docker").err
    add_engine(shipped.home)
    assert "health" not in shipped.lading("build", "-t", "x").err
    told = json.loads(shipped.lading("inspect", "x.tar", "--json").out)
    assert told["images"][0]["config"]["Healthcheck"]["Test"] == ["CMD", "true"]


def test_pushing_without_a_network(shipped: Project) -> None:
    assert shipped.lading("lock", "-q").code == 0
    ran = shipped.lading("build", "-q", "--push", "--offline", "-t", "example.test/a")
    assert ran.err.splitlines()[0] == (
        "error: --push: it takes a network, which --offline leaves alone"
    )
    assert (ran.code, ran.out) == (2, "")


NAMED = 'default=True, name="corp", secret="TOKEN"'


def test_the_secret_of_an_index_is_read_while_wheels_are_fetched_and_goes_nowhere(
    shipped: Project,
) -> None:
    source = shipped.read("service.py")
    shipped.write("service.py", source.replace("default=True", NAMED))
    missing = shipped.lading("build", "-q", "-o", "out")
    assert missing.err == (
        "error: service.py:5: secret 'TOKEN': the environment variable TOKEN is not set\n"
        "hint: set TOKEN, or name another source: --secret id=TOKEN,src=FILE\n"
    )
    assert (missing.code, (shipped.folder / "out").exists()) == (1, False)
    shipped.write("token", "hunter2hunter2")
    ran = shipped.lading("build", "-o", "out", "--secret", "id=TOKEN,src=token")
    assert ran.code == 0
    assert "hunter2" not in ran.out + ran.err
    written = [*files_of(shipped.folder / "out").values(), *files_of(shipped.home).values()]
    assert not any(b"hunter2hunter2" in content for content in written)
    assert shipped.lading("build", "-q", "-o", "other").code == 0  # nothing is fetched any more
    assert files_of(shipped.folder / "other") == files_of(shipped.folder / "out")
