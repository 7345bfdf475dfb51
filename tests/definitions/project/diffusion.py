"""Images made from words."""

import lading
from lading import Image, secret

base = (
    Image(python_version="3.11", distro="debian:bookworm")
    .env(HF_HOME="/models", PYTHONUNBUFFERED="1")
    .volume("/models")
)


def on_gpu(image: Image, *more: str) -> Image:
    """The packages that every pipeline has, and more."""
    return image.python_packages(
        "torch==2.6.0", "diffusers==0.33.1", "accelerate==1.6.0", "safetensors==0.5.3", *more
    )


stable_diffusion = base.pipe(on_gpu, "transformers==4.51.3", "sentencepiece==0.2.0").cmd("python")


@lading.service(
    image=base.pipe(on_gpu, "transformers==4.51.3", "invisible-watermark==0.2.0"),
    command=["python", "-m", "turbo"],
    port=3000,
    health="/readyz",
    include=["prompts.json"],
    env={"MODEL_ID": "stabilityai/sdxl-turbo", "HF_TOKEN": None},
)
class SdxlTurbo:
    """One step a picture."""


controlnet = (
    base.replace(accelerator="cu124")
    .pipe(on_gpu, "controlnet-aux==0.0.10", "opencv-python-headless==4.11.0.86")
    .run("python -m fetch", secrets=[secret("HF_TOKEN", variable="HF_TOKEN")])
)

video = base.pipe(on_gpu, "transformers==4.51.3", "imageio[ffmpeg]==2.37.0").merge(
    Image().system_packages("ffmpeg")
)
