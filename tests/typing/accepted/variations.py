"""Variations of an `Image`: what a function gives is what `pipe` gives."""

from __future__ import annotations

from typing import assert_type

from lading import Image, Variants

base = Image(distro="debian:bookworm")


def with_gpu(image: Image, cuda: str, *, packages: tuple[str, ...] = ()) -> Image:
    return image.replace(accelerator=f"cu{cuda}").python_packages("torch", *packages)


def number_of_steps(image: Image) -> int:
    return len(image.steps)


assert_type(base.pipe(with_gpu, "126"), Image)
assert_type(base.pipe(with_gpu, cuda="126", packages=("einops",)), Image)
assert_type(base.pipe(number_of_steps), int)
assert_type(base.pipe(lambda image: image.cmd("true")), Image)

assert_type(base.for_platform("linux/arm64", with_gpu, "126", packages=("einops",)), Image)
assert_type(base.for_platform(["linux/arm64"], lambda image: image.run("true")), Image)

images = base.variants(cpu=lambda image: image.replace(accelerator="cpu"), plain=Image.from_image)
assert_type(images, Variants)
assert_type(images["cpu"], Image)
assert_type(images.variants(small=lambda image: image.replace(compile_bytecode=False)), Variants)
assert_type(sorted(images), list[str])

assert_type(base.merge(Image().env(A="1")), Image)
assert_type(base.replace(distro="alpine:3.22", python_version=None, components=()), Image)
assert_type(base == base.replace(), bool)
assert_type({base: "cpu"}, dict[Image, str])
