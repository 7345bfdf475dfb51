"""What is decorated keeps its type: a class, a function, an application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import assert_type

import lading
from lading import Image, Variants, service
from lading.services import Service

image = Image().python_packages("fastapi", "uvicorn")


@lading.service(image=image, port=8000, health="/healthz")
class Classifier:
    def classify(self, text: str) -> list[float]:
        return [float(len(text))]


assert_type(Classifier().classify("a"), list[float])
assert_type(Classifier, type[Classifier])


@service(image=image, command=["python", "-m", "worker"], include=("worker.py",), name="worker")
def work(batch: int, *, dry: bool = False) -> str:
    return f"{batch} {dry}"


assert_type(work(3, dry=True), str)


class Application:
    """As an ASGI framework has it."""

    async def __call__(
        self, scope: dict[str, object], receive: Callable[[], Awaitable[object]]
    ) -> None: ...

    def route(self, path: str) -> str:
        return path


app = service(image=image, env={"LOG_LEVEL": "info", "GIVEN_LATER": None})(Application())
assert_type(app, Application)
assert_type(app.route("/"), str)

declared = service(image=image, command=None, port=None, health=None, env=None, name=None)
elsewhere = declared("app:app")
assert_type(elsewhere, Service)
assert_type(elsewhere.image, Image | Variants)
assert_type(elsewhere.port, int | None)
