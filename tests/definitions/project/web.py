"""What stands before models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lading
from lading import Image

if TYPE_CHECKING:
    from fastapi import FastAPI
    from gradio import Blocks

slim = Image(base_image="scratch", distro="debian:trixie", python_version="3.13")


@lading.service(
    image=slim.python_packages("fastapi==0.115.12", "uvicorn[standard]==0.34.3", "httpx==0.28.1"),
    health="/healthz",
    env={"UPSTREAMS": "http://llm:8000,http://embed:3000"},
)
def gateway() -> FastAPI:
    """Asks one model or another."""
    from fastapi import FastAPI

    return FastAPI(title="gateway")


demo_image = Image(python_version="3.12").python_packages("gradio==5.33.0", "pillow==11.2.1")


@lading.service(image=demo_image, port=7860)
def demo() -> Blocks:
    """A page to try it."""
    from gradio import Blocks

    return Blocks()


flask_without_gunicorn = lading.service(image=slim.python_packages("flask==3.1.1"))("flasked:app")

queue = (
    slim.python_packages("celery[redis]==5.5.3", "sentry-sdk==2.30.0")
    .build_include("prompts.json")
    .cmd("celery", "--app", "tasks", "worker")
    .stop_signal("SIGTERM")
)
