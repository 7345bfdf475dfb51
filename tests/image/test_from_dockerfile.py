"""An image on what a Dockerfile makes: the same as by the one word of its base."""

from __future__ import annotations

from typing import Any

import pytest

from lading import Image, SpecificationError


def refusal(*words: Any, **options: Any) -> list[str]:  # noqa: ANN401 - also what is wrong
    with pytest.raises(SpecificationError) as error:
        Image.from_dockerfile(*words, **options)
    lines = str(error.value).splitlines()
    assert lines[0].startswith(f"{__file__}:")
    return [line.partition(": ")[2] for line in lines]


def test_it_is_an_image_on_that_base() -> None:
    image = Image.from_dockerfile(
        "docker/Dockerfile",
        context=".",
        build_args={"A": "1"},
        distro="debian:bookworm",
        shell=False,
    )
    word = "dockerfile:docker/Dockerfile?context=.&arg.A=1"
    assert image == Image(base_image=word, distro="debian:bookworm")
    assert str(image.distro) == "debian:bookworm"
    assert image.location.file == __file__
    assert image.replace(python_version="3.12") == Image(
        base_image=word, distro="debian:bookworm", python_version="3.12"
    )
    assert Image.from_dockerfile("Dockerfile").distro is None


def test_what_it_takes_no_more_than_the_constructor() -> None:
    assert refusal("docker/")[0].endswith("is a folder; a Dockerfile is meant here")
    assert refusal("Dockerfile", base_image="debian")[0] == "from_dockerfile takes no base_image"
    assert refusal("Dockerfile", distro="debain")[1] == (
        'did you mean distro="debian"? supported: debian:bookworm, debian:trixie'
    )
    assert refusal("Dockerfile", build_args=["A=1"])[0] == "build_args takes a mapping, not a list"
    assert "must be a string" in refusal("Dockerfile", build_args={"A": 1})[0]
    assert "must be a string" in refusal(3)[0]
    assert "must be a string" in refusal("Dockerfile", target=3)[0]
    assert "hunter2" not in "".join(refusal("Dockerfile", build_args={"DB_PASSWORD": "hunter2"}))


def test_no_call_comes_before_it() -> None:
    with pytest.raises(SpecificationError) as error:
        Image().run("true").from_dockerfile("Dockerfile")
    message, hint = str(error.value).splitlines()
    assert message.startswith(f"{__file__}:")
    assert message.endswith(": from_dockerfile is called on Image itself, not on an image")
    assert hint == "hint: Image.from_dockerfile(...).python_packages(...)"
