"""The server as Lading's users would write it: FastAPI, and the image beside it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

    from lading import Image

SERVE = (
    *("uvicorn", "--factory", "service:create_app"),
    *("--host", "0.0.0.0", "--port", "8000"),  # noqa: S104 - a container's port is published or not
)
SPECIES = ("setosa", "versicolor", "virginica")


def image(*, compile_bytecode: bool = False) -> Image:
    from lading import Image  # noqa: PLC0415 - the image's, not the server's

    return (
        Image(
            base_image=os.environ["BENCH_BASE"],
            distro="debian:bookworm",
            python_version="3.11",
            compile_bytecode=compile_bytecode,
        )
        .run(f"true {os.environ['BENCH_SALT']}")
        .system_packages("libgomp1")
        .requirements_file("requirements.txt")
        .build_include("train.py")
        .run("PYTHONDONTWRITEBYTECODE=1 python train.py")
        .build_include("service.py")
        .expose(8000)
        .cmd(*SERVE)
    )


def image_compiled() -> Image:
    return image(compile_bytecode=True)


def create_app() -> FastAPI:
    import joblib  # noqa: PLC0415 - the server's, not the image's
    import pandas as pd  # noqa: PLC0415 - the server's, not the image's
    from fastapi import FastAPI  # noqa: PLC0415 - the server's, not the image's

    app = FastAPI(title="iris")
    model: Any = joblib.load(Path(__file__).with_name("iris.joblib"))

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/predict")
    def predict(measures: list[list[float]]) -> list[str]:
        return [SPECIES[number] for number in model.predict(pd.DataFrame(measures).to_numpy())]

    return app
