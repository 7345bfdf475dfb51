"""Secrets, by name."""

from __future__ import annotations

from typing import assert_type

from lading import Image, Secret, secret

assert_type(secret("TOKEN"), Secret)
assert_type(secret("TOKEN", env="CI_TOKEN", version="2", variable="HF_TOKEN"), Secret)
assert_type(secret("TOKEN", file="~/.token"), Secret)
assert_type(secret("TOKEN", command=["pass", "show", "pypi"]), Secret)
assert_type(secret(id="TOKEN").id, str)
assert_type(secret("TOKEN").env, str | None)
assert_type(secret("TOKEN").command, tuple[str, ...])


def fetching(image: Image, tokens: tuple[Secret, ...]) -> Image:
    return image.run("fetch", secrets=tokens)
