"""A server that tells irises apart, and the image that it runs in.

Imports stand where they are used: Lading reads `image` without the server's libraries, and the
server runs without Lading.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

    from lading import Image

MODEL = Path(__file__).parent / "model" / "iris.joblib"
SPECIES = ("setosa", "versicolor", "virginica")


def image() -> Image:
    """The environment of the server."""
    from lading import Image

    return (
        Image(base_image="scratch", distro="debian:trixie", python_version="3.13")
        .system_packages("libgomp1")
        .requirements_file("requirements.txt")
        .build_include("train.py")
        .run("python train.py")
        .build_include("service.py")
        .env(PYTHONUNBUFFERED="1")
        .expose(8000)
        .healthcheck(
            "python",
            "-c",
            "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)",
            interval="30s",
            start_period="10s",
        )
        .cmd("uvicorn", "--factory", "service:create_app", "--host", "0.0.0.0", "--port", "8000")
    )


def create_app() -> FastAPI:
    """The application, for `uvicorn --factory service:create_app`."""
    import joblib
    from fastapi import FastAPI

    app = FastAPI(title="iris")
    model: Any = joblib.load(MODEL)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/predict")
    def predict(measures: list[list[float]]) -> dict[str, list[str]]:
        """The species of each flower: sepal length and width, petal length and width, in cm."""
        return {"species": [SPECIES[number] for number in model.predict(measures)]}

    return app
