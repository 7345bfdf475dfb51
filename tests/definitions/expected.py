"""What is known of each definition in `project`: facts of the packages that it pins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lading.errors import BuildError, FreezeError, LadingError, ResolutionError, SpecificationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AMD64", "ARM64", "BOTH", "EXPECTED", "Accelerated", "Locked", "Refused"]

AMD64: Final = "linux/amd64"
ARM64: Final = "linux/arm64"
BOTH: Final = (AMD64, ARM64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A definition that is locked.

    Attributes:
        has: Pins of packages that nobody has named, which follow from those that somebody has.
        amd64: Packages that are there on amd64 alone.
        debs: System packages among those that the base lacks.
        sources: Packages that are compiled, and what some of them are compiled with.
        refused: By platform, why it is locked for the other alone.
        port: Where it listens.
        health: The path that its health check asks.
    """

    has: tuple[str, ...] = ()
    amd64: tuple[str, ...] = ()
    debs: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    refused: Mapping[str, Refused] = field(default_factory=dict)
    port: int | None = None
    health: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A definition that is refused.

    Attributes:
        at: What stands on the user's line that is named.
        says: Words of the message, and of its detail.
        hint: Words of the hint.
        stage: The kind of error.
    """

    at: str
    says: tuple[str, ...]
    hint: str
    stage: type[LadingError] = ResolutionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerated:
    """A definition whose PyTorch comes from an index of its own.

    Attributes:
        at: What stands on the line that asks for it.
        accelerator: What that index is for.
    """

    at: str
    accelerator: str


CUDA: Final = ("nvidia-cudnn-cu12", "nvidia-nccl-cu12")
"""What PyTorch's wheels for amd64 need, and those of these versions for arm64 don't."""


def no_wheel(at: str, pin: str, kind: str) -> Refused:
    """There are wheels of it, and none that fits."""
    name = pin.partition("==")[0]
    return Refused(
        at=at,
        says=(f"{pin} has no wheels with a matching platform tag (e.g., `{kind}",),
        hint=f"{name}: no {kind.partition('_')[0]} wheel fits; take another version",
    )


def source_only(at: str, pin: str) -> Refused:
    """There is no wheel of it at all, and nothing allows its source."""
    name = pin.partition("==")[0].partition("[")[0]
    return Refused(at=at, says=(f"{pin} has no usable wheels",), hint=f'no_binary=["{name}"]')


EXPECTED: Final[Mapping[str, Locked | Refused | Accelerated]] = {
    # Images made from words.
    "diffusion.py:stable_diffusion": Locked(
        has=("huggingface-hub", "tokenizers"), amd64=("triton", *CUDA)
    ),
    "diffusion.py:SdxlTurbo": Locked(
        port=3000, health="/readyz", has=("opencv-python", "pywavelets"), amd64=CUDA
    ),
    "diffusion.py:controlnet": Accelerated(at="return image.python_packages(", accelerator="cu124"),
    "diffusion.py:video": Locked(
        has=("imageio-ffmpeg",), amd64=CUDA, debs=("ffmpeg", "libavcodec59")
    ),
    # One for each framework.
    "frameworks.py:tensorflow": Locked(has=("keras", "tensorboard", "h5py")),
    "frameworks.py:jax_gpu": Locked(has=("jaxlib==0.6.1", "jax-cuda12-plugin", *CUDA)),
    "frameworks.py:keras": Locked(has=("jaxlib==0.6.1", "ml-dtypes"), debs=("python3.13",)),
    "frameworks.py:onnx": Locked(has=("flatbuffers", "protobuf"), debs=("python3.13",)),
    "frameworks.py:onnx_gpu": Locked(
        has=("coloredlogs",),
        refused={
            ARM64: no_wheel(
                "onnx_gpu = Image(", "onnxruntime-gpu==1.22.0", "manylinux_2_40_aarch64"
            )
        },
    ),
    "frameworks.py:torch_on_alpine": no_wheel(
        "torch_on_alpine = Image(", "torch==2.7.1", "musllinux_1_2_"
    ),
    "frameworks.py:lightning": Locked(
        has=("pytorch-lightning", "litserve==0.2.10", "torchmetrics==1.7.2"), amd64=CUDA
    ),
    "frameworks.py:newer_python": Refused(
        at="newer_python = Image(",
        says=("numpy==2.3.0 depends on Python>=3.11",),
        hint="numpy==2.3.0 takes Python >=3.11, and the image has 3.10",
    ),
    "frameworks.py:contradiction": Refused(
        at='.python_packages("numpy==2.2.6")',
        says=("tensorflow==2.16.2 depends on numpy", "asked for:", "frameworks.py:"),
        hint="",
    ),
    # Texts.
    "language.py:spacy": Locked(has=("en-core-web-sm==3.8.0", "thinc", "murmurhash")),
    "language.py:sentence_transformers": Locked(has=("transformers", "torch", "scikit-learn")),
    "language.py:Embeddings": Locked(
        port=3000, health="/readyz", has=("sentence-transformers==4.1.0",)
    ),
    "language.py:rag_langchain": Locked(has=("langchain-core", "onnxruntime", "kubernetes")),
    "language.py:rag_llama_index": Locked(has=("llama-index-core", "nltk", "faiss-cpu==1.11.0")),
    "language.py:private": Refused(
        stage=BuildError,
        at=".index(",
        says=("secret 'CORP_TOKEN': the environment variable CORP_TOKEN is not set",),
        hint="set CORP_TOKEN, or name another source",
    ),
    # Language models.
    "llm.py:Vllm": Locked(
        port=8000,
        health="/health",
        has=("torch==2.8.0", "xgrammar", "ray"),
        amd64=("nvidia-nccl-cu12",),
    ),
    "llm.py:sglang": Locked(
        port=30000,
        health="/health",
        has=("sgl-kernel==0.2.5", "torch==2.7.1"),
        debs=("libnuma1",),
        sources=("flashinfer-python",),
        refused={ARM64: no_wheel("no_binary", "sgl-kernel==0.2.5", "manylinux_2_36_aarch64")},
    ),
    "llm.py:text_generation": Refused(
        stage=SpecificationError,
        at='.system_packages("git")',
        says=("system packages need a distro, and this base image does not tell which it has",),
        hint='Image(base_image=..., distro="debian:bookworm")',
    ),
    "llm.py:transformers_gpu": Accelerated(at="torch==2.7.1", accelerator="cu126"),
    "llm.py:flash_attention": Locked(
        has=("einops", "torch==2.7.1"), amd64=CUDA, sources=("flash-attn",)
    ),
    "llm.py:llama_cpp": source_only("llama_cpp = Image(", "llama-cpp-python[server]==0.3.9"),
    "llm.py:llama_cpp_compiled": Locked(
        port=8000,
        has=("diskcache", "starlette-context"),
        debs=("cmake", "libopenblas0-pthread", "libgomp1"),
        sources=("llama-cpp-python",),
    ),
    "llm.py:bitsandbytes": Locked(has=("tokenizers", "sympy"), amd64=CUDA),
    "llm.py:agent": Locked(has=("langgraph-checkpoint", "openai", "pydantic")),
    # Speech.
    "speech.py:faster_whisper": Locked(port=8000, has=("ctranslate2", "av", "onnxruntime")),
    "speech.py:whisper": Locked(
        has=("tiktoken", "numba", "torch"),
        debs=("ffmpeg",),
        sources=("openai-whisper",),
    ),
    "speech.py:whisperx": Locked(
        has=("pyannote-audio", "faster-whisper", "torchaudio"), debs=("ffmpeg", "libsndfile1")
    ),
    "speech.py:text_to_speech": Locked(
        has=("misaki", "spacy"), amd64=CUDA, debs=("espeak-ng", "libsndfile1")
    ),
    # Tables.
    "tabular.py:iris": Locked(has=("scipy", "threadpoolctl", "starlette"), debs=("libgomp1",)),
    "tabular.py:xgboost": Locked(has=("scipy",), amd64=("nvidia-nccl-cu12",), debs=("libgomp1",)),
    "tabular.py:lightgbm": Locked(has=("scipy",), debs=("libgomp1", "python3.11")),
    "tabular.py:catboost": Locked(has=("graphviz", "plotly"), debs=("libgomp1",)),
    "tabular.py:pandas_on_alpine": Locked(has=("numpy", "starlette")),
    "tabular.py:forecast": Locked(has=("cmdstanpy", "holidays")),
    # Pictures.
    "vision.py:Yolo": Locked(
        port=3000,
        health="/healthz",
        has=("torch", "torchvision", "opencv-python==4.11.0.86"),
        debs=("libgl1", "libglib2.0-0"),
    ),
    "vision.py:yolo_on_cpu": Accelerated(at=".python_packages(", accelerator="cpu"),
    "vision.py:yolo_of_onnx": Locked(has=("onnxruntime==1.22.0",)),
    "vision.py:clip": Locked(has=("timm", "torchvision", "ftfy")),
    "vision.py:easyocr": Locked(has=("python-bidi", "shapely"), debs=("libgl1",)),
    "vision.py:paddleocr": Locked(has=("shapely", "opencv-python"), debs=("libgomp1",)),
    "vision.py:tesseract": Locked(has=("pillow",), debs=("tesseract-ocr", "poppler-utils")),
    # What stands before them.
    "web.py:gateway": Locked(
        port=8000, health="/healthz", has=("httptools", "uvloop", "starlette")
    ),
    "web.py:demo": Locked(port=7860, has=("gradio-client", "ffmpy")),
    "web.py:flask_without_gunicorn": Refused(
        stage=FreezeError,
        at="flask_without_gunicorn = lading.service(",
        says=("gunicorn starts it, and the image has no gunicorn",),
        hint='.python_packages("gunicorn"), or say command=[...]',
    ),
    "web.py:queue": Locked(has=("kombu", "redis")),
}
"""By `file:name`, as `lading lock` is given it."""
