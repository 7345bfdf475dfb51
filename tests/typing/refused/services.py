"""Declarations of services that a type checker refuses."""

from __future__ import annotations

import lading
from lading import Image, service

image = Image()


class Bare:
    pass


lading.service(Bare)  # error: arg-type, call-arg
lading.service()  # error: call-arg


@lading.service(port=8000)  # error: call-arg
class WithoutImage:
    pass


@service(image=image)
def main(batch: int) -> str:
    return str(batch)


main("3")  # error: arg-type
service(image="python:3.12")  # error: arg-type
service(image=image, port="8000")  # error: arg-type
service(image=image, command=1)  # error: arg-type
service(image=image, env={"PORT": 8000})  # error: dict-item
service(image=image, helath="/healthz")  # error: call-arg
number: int = service(image=image)("app:app")  # error: assignment
