"""The same server as BentoML's users would write it, on the same base image and requirements."""

from __future__ import annotations

import os
from pathlib import Path

import bentoml

SPECIES = ("setosa", "versicolor", "virginica")

image = (
    bentoml.images.Image(base_image=os.environ.get("BENCH_BASE", ""), python_version="3.11")
    .run(f"true {os.environ.get('BENCH_SALT')}")
    .system_packages("libgomp1")
    .requirements_file("requirements.txt")
    .build_include("train.py")
    .run("PYTHONDONTWRITEBYTECODE=1 python src/train.py")
)


@bentoml.service(name="iris", image=image)
class Iris:
    """Tells irises apart."""

    def __init__(self) -> None:
        import joblib  # noqa: PLC0415 - the server's, not the image's
        import pandas as pd  # noqa: PLC0415 - the server's, not the image's

        self.frame = pd.DataFrame
        self.model = joblib.load(Path(__file__).with_name("iris.joblib"))

    @bentoml.api
    def predict(self, measures: list[list[float]]) -> list[str]:
        """The species of each flower."""
        return [SPECIES[number] for number in self.model.predict(self.frame(measures).to_numpy())]
