"""Variations that a type checker refuses: `pipe` knows what the function takes."""

from __future__ import annotations

from lading import Image


def with_gpu(image: Image, cuda: str) -> Image:
    return image.replace(accelerator=f"cu{cuda}")


def no_image(name: str) -> str:
    return name


Image().pipe(with_gpu)  # error: call-arg
Image().pipe(with_gpu, 126)  # error: arg-type
Image().pipe(with_gpu, cuda="126", packages=())  # error: call-arg
Image().pipe(no_image)  # error: arg-type
Image().pipe("with_gpu")  # error: arg-type
Image().for_platform("linux/arm64", with_gpu)  # error: call-arg
Image().for_platform("linux/arm64", no_image)  # error: arg-type
Image().variants(cpu="cpu")  # error: arg-type
Image().variants(cpu=no_image)  # error: arg-type
Image.from_image("base")  # error: arg-type
Image.from_dockerfile("Dockerfile", distor="debian")  # error: call-arg
Image().model("weights", layer_size=2)  # error: arg-type
Image().merge("other")  # error: arg-type
Image().replace(distor="alpine")  # error: call-arg
Image().replace(shell="yes")  # error: arg-type
Image().freeze()  # error: call-arg
Image().freeze("build", dialect="docker")  # error: arg-type
Image().freeze("build", "linux/arm64")  # error: call-arg
