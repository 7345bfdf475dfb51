"""One for each framework."""

from lading import Image

tensorflow = Image(python_version="3.11").python_packages("tensorflow==2.19.0")

jax_gpu = Image(python_version="3.12").python_packages("jax[cuda12]==0.6.1", "flax==0.10.6")

keras = (
    Image(base_image="scratch", distro="debian:trixie", python_version="3.13")
    .python_packages("keras==3.10.0", "jax==0.6.1")
    .env(KERAS_BACKEND="jax")
)

onnx = Image(base_image="scratch", distro="debian:trixie").python_packages(
    "onnxruntime==1.22.0", "numpy==2.2.6"
)

# There is none for arm64.
onnx_gpu = Image(python_version="3.11").python_packages("onnxruntime-gpu==1.22.0")

torch_on_alpine = Image(distro="alpine:3.22", python_version="3.12").python_packages(
    "torch==2.7.1", "fastapi==0.115.12"
)

lightning = Image(python_version="3.12").pyproject_toml(
    "lightning/pyproject.toml", extras=["serve"], groups=["metrics"]
)

# A NumPy that takes Python 3.11 or newer.
newer_python = Image(distro="ubuntu:22.04").python_packages("numpy==2.3.0")

contradiction = (
    Image(python_version="3.11")
    .python_packages("numpy==2.2.6")
    .python_packages("tensorflow==2.16.2")
)
