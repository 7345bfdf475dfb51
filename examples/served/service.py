"""A server that tells irises apart by weights in a file, and the image that it runs in.

It is Debian's packages, wheels and files: nothing has to be executed to make it, and no registry
and no container engine is needed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from lading import Image

WEIGHTS = Path(__file__).parent / "weights.json"


def image() -> Image:
    """The environment of the server."""
    from lading import Image

    return (
        Image(base_image="scratch", distro="debian:trixie", python_version="3.13")
        .requirements_file("requirements.txt")
        .build_include("service.py", "weights.json")
        .env(PYTHONUNBUFFERED="1")
        .expose(8000)
        .cmd("uvicorn", "--factory", "service:create_app", "--host", "0.0.0.0", "--port", "8000")
    )


def create_app() -> FastAPI:
    """The application, for `uvicorn --factory service:create_app`."""
    import numpy as np
    from fastapi import FastAPI

    weights = json.loads(WEIGHTS.read_text())
    mean, deviation = np.array(weights["mean"]), np.array(weights["deviation"])
    app = FastAPI(title="served")

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/predict")
    def predict(measures: list[list[float]]) -> dict[str, list[str]]:
        """The species of each flower: sepal length and width, petal length and width, in cm."""
        far = (np.array(measures)[:, np.newaxis] - mean) / deviation
        unlikely = (far**2 / 2 + np.log(deviation)).sum(axis=2)
        return {"species": [weights["species"][number] for number in unlikely.argmin(axis=1)]}

    return app
