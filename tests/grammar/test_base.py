from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.base import KINDS, SCRATCH, LocalImage, Scratch, parse_base
from lading.grammar.invalid import Invalid
from lading.grammar.path import ProjectPath
from lading.grammar.reference import ImageReference


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_local_image_is_a_path_of_the_project(kind: str) -> None:
    base = parse_base(f"{kind}:./images//base/")
    assert isinstance(base, LocalImage)
    assert (base.kind, base.path.text, str(base)) == (kind, "images/base", f"{kind}:images/base")


def test_scratch_is_nothing_and_no_image() -> None:
    assert parse_base("scratch") == SCRATCH == Scratch()
    assert str(SCRATCH) == SCRATCH.familiar == "scratch"


@pytest.mark.parametrize(
    "text",
    [
        "python:3.11",
        "oci-test:5000/team/image",
        "docker:5000/image",
        "dir:5000/image:1",
        "localhost:5000/oci/image",
        "archive:1.2",
        "example.test/scratch",
    ],
)
def test_all_else_is_an_image_of_a_registry(text: str) -> None:
    assert parse_base(text) == ImageReference.parse(text)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("oci:", 'base image "oci:" has no path', 'write "oci:images/base"'),
        ("oci:../x", 'base image "oci:../x" leaves the project', None),
        ("oci:/srv/x", 'base image "oci:/srv/x" is not relative to the project', None),
        ("oci://x/y", 'base image "oci://x/y" has a URL scheme', 'write "oci:x/y"'),
        ("oci:*", 'base image "oci:*" is a pattern; one image is meant here', None),
        ("oci:a\nb", 'base image "oci:a\\nb" has a newline in it', None),
        (
            "oci:base:latest",
            'the path of base image "oci:base:latest" has a colon in it',
            'write "oci:base", without a tag: the file or folder holds one image',
        ),
        (
            "oci-archiv:base.tar",
            'base image "oci-archiv:base.tar" is of a kind that is not known',
            'did you mean "oci-archive:base.tar"?',
        ),
        (
            "docker_archive:a/base",
            'base image "docker_archive:a/base" is of a kind that is not known',
            'did you mean "docker-archive:a/base"?',
        ),
        ("dir:x", 'base image "dir:x" is of a kind that is not known', 'did you mean "oci:x"?'),
        (
            "docker-daemon:x",
            'base image "docker-daemon:x" is of a kind that is not known',
            'save the image to a file, and name that: "docker-archive:base.tar"',
        ),
        (
            "./base.tar",
            'image registry "." is invalid',
            'for a file, write "oci-archive:base.tar" or "docker-archive:base.tar"',
        ),
        (
            "scratch:latest",
            'base image "scratch:latest" is a reserved name, and no image',
            'write "scratch" to start from nothing',
        ),
        ("", "image reference is empty", 'write one such as "python:3.11-slim"'),
    ],
)
def test_what_is_none_is_refused_with_what_may_have_been_meant(
    text: str, message: str, hint: str | None
) -> None:
    with pytest.raises(Invalid) as caught:
        parse_base(text)
    assert caught.value.message == message
    if hint is not None:
        assert caught.value.hint == hint


@pytest.mark.parametrize("value", [None, 3, b"scratch", ["oci:x"]])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(Invalid, match="base image must be a string"):
        parse_base(value)  # type: ignore[arg-type]


@given(st.text(max_size=40) | st.builds("{}:{}".format, st.sampled_from(KINDS), st.text()))
def test_the_text_of_a_base_reads_as_the_same_base(text: str) -> None:
    try:
        base = parse_base(text)
    except Invalid:
        return
    assert parse_base(str(base)) == base
    assert str(parse_base(str(base))) == str(base)


def test_a_local_image_is_checked_however_it_is_made() -> None:
    with pytest.raises(Invalid, match="colon"):
        LocalImage(kind="oci", path=ProjectPath.parse("a:b"))
