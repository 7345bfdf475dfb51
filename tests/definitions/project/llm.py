"""Servers of language models."""

import lading
from lading import Image, secret

vllm_image = (
    Image(python_version="3.11").python_packages("vllm==0.11.0").env(VLLM_NO_USAGE_STATS="1")
)


@lading.service(
    image=vllm_image,
    command=["vllm", "serve", "Qwen/Qwen2.5-0.5B-Instruct", "--host", "0.0.0.0", "--port", "8000"],
    port=8000,
    health="/health",
    include=["prompts.json"],
    env={"HF_HOME": "/models"},
    name="vllm",
)
class Vllm:
    """An OpenAI-compatible server."""


# Its kernels are built for amd64 alone, and one of its packages is a source.
sglang = lading.service(
    image=Image(python_version="3.11", distro="debian:bookworm")
    .system_packages("libnuma1")
    .python_packages("sglang[all]==0.4.9.post2", no_binary=["flashinfer-python"]),
    command=["python", "-m", "sglang.launch_server", "--port", "30000"],
    port=30000,
    health="/health",
    include=["prompts.json"],
)("launcher:main")


def text_generation() -> Image:
    """On an image whose name does not tell what it is made of."""
    return (
        Image(base_image="ghcr.io/example/text-generation:3.3.4")
        .system_packages("git")
        .python_packages("transformers==4.52.4")
    )


transformers_gpu = (
    Image(python_version="3.11", accelerator="cu126")
    .requirements_file("requirements/transformers.txt")
    .run("python -m warm_up", secrets=[secret("HF_TOKEN", variable="HF_TOKEN")])
    .build_include("prompts.json")
    .cmd("python", "-m", "serve")
)

flash_attention = Image(
    base_image="nvidia/cuda:12.6.3-devel-ubuntu22.04",
    python_version="3.10",
    lock_system_packages=False,
).python_packages(
    "torch==2.7.1",
    "flash-attn==2.8.3",
    no_build_isolation=["flash-attn"],
    no_binary=["flash-attn"],
)

# It is on the index as a source, and nothing says that one may be compiled.
llama_cpp = Image(python_version="3.11").python_packages("llama-cpp-python[server]==0.3.9")

llama_cpp_compiled = (
    Image(python_version="3.11")
    .build_packages("cmake", "ninja-build", "libopenblas-dev")
    .system_packages("libgomp1", "libopenblas0-pthread")
    .python_packages("llama-cpp-python[server]==0.3.9", no_binary=["llama-cpp-python"])
    .expose(8000)
    .cmd("python", "-m", "llama_cpp.server", "--model", "/models/model.gguf")
)

bitsandbytes = (
    Image(python_version="3.11")
    .python_packages("torch==2.7.1", "bitsandbytes==0.46.0", "peft==0.15.2")
    .python_packages("transformers==4.52.4", "accelerate==1.7.0")
)

agent = (
    Image(base_image="scratch", distro="debian:trixie", python_version="3.13")
    .python_packages("langgraph==0.4.8", "langchain-openai==0.3.24", "pydantic-ai-slim==0.2.18")
    .env({"OPENAI_API_KEY": None}, LANGSMITH_TRACING="false")
    .workdir("/srv")
    .user(1000, name="agent")
    .cmd("python", "-m", "agent")
)
