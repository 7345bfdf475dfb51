"""BentoML's `Image`, ours; BentoML itself need not be installed where this is checked."""

from __future__ import annotations

from typing import assert_type

import lading
from lading.integrations.bentoml import Image

image = Image(python_version="3.12").python_packages("scikit-learn", "pandas")
assert_type(image, Image)
assert_type(Image("python:3.12-slim", "debian", "3.12", ["make"], True, False, "a\nb"), Image)
assert_type(Image(image=lading.Image(accelerator="cu126")).image, lading.Image)
assert_type(image.system_packages("libgomp1"), Image)
assert_type(image.requirements_file("requirements.txt"), Image)
assert_type(image.pyproject_toml(), Image)
assert_type(image.uv_lock(), Image)
assert_type(image.run("make").run_script("setup.sh"), Image)
assert_type(image.build_include("data/"), Image)
