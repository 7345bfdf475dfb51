"""Tables: classifiers, rankers and forecasts."""

from collections.abc import Callable

import lading
from lading import Image

scratch = Image(base_image="scratch", distro="debian:bookworm", python_version="3.11")

iris = scratch.system_packages("libgomp1").requirements_file("requirements/iris.txt")


def boosted(library: str) -> Callable[[Image], Image]:
    """What every server of trees has, and one library."""
    return lambda image: image.system_packages("libgomp1").python_packages(
        library, "pandas==2.2.3", "scikit-learn==1.6.1"
    )


xgboost = Image(python_version="3.11").pipe(boosted("xgboost==3.0.2"))
lightgbm = scratch.pipe(boosted("lightgbm==4.6.0"))
catboost = Image(python_version="3.12").pipe(boosted("catboost==1.2.8"))

pandas_on_alpine = Image(distro="alpine:3.22", python_version="3.12").python_packages(
    "pandas==2.2.3", "fastapi==0.115.12"
)


@lading.service(
    image=scratch.python_packages("prophet==1.1.6"), include=["tabular.py", "prompts.json"]
)
def forecast() -> None:
    """Write forecasts until there is nothing left to do."""
    print("done")
