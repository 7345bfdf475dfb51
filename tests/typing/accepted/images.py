"""Every call of an `Image`, as users write it; each gives an `Image` again."""

from __future__ import annotations

from datetime import timedelta
from typing import assert_type

from lading import Image, secret
from lading.grammar.python_version import PythonVersion

token = secret("CORP_TOKEN")

assert_type(Image(), Image)
assert_type(Image("python:3.12-slim", "debian", "3.12", False), Image)
assert_type(
    Image(
        base_image=None,
        distro="debian:trixie",
        python_version="3.13",
        lock_python_packages=True,
        lock_system_packages=False,
        components=["contrib", "non-free"],
        snapshot="2026-11-01",
        shell=False,
        compile_bytecode=True,
        accelerator="cu126",
    ),
    Image,
)
assert_type(
    Image.from_dockerfile(
        "docker/Dockerfile",
        context=".",
        target="runtime",
        build_args={"CUDA": "12.6"},
        distro="ubuntu:22.04",
        python_version="3.10",
    ),
    Image,
)
assert_type(Image.from_image(Image()), Image)
assert_type(Image.from_image(Image()).below, Image | None)
assert_type(str(Image().distro), str)
assert_type(Image().python_version, PythonVersion)

# Python packages, and where they come from.
assert_type(Image().python_packages("fastapi", "numpy<3"), Image)
assert_type(
    Image().python_packages(
        "flash-attn",
        no_binary=["lxml"],
        no_build_isolation=("flash-attn",),
        requires={"flash-attn": ["torch", "einops"]},
        build_constraints=["setuptools<81"],
        secrets=[token, "OTHER_TOKEN"],
    ),
    Image,
)
assert_type(Image().requirements_file("requirements.txt", secrets=[token]), Image)
assert_type(Image().pyproject_toml(), Image)
assert_type(Image().pyproject_toml("a/pyproject.toml", extras=["gpu"], groups=["serve"]), Image)
assert_type(Image().uv_lock("uv.lock", extras=("gpu",), groups=("serve",)), Image)
assert_type(Image().script_requirements("serve.py"), Image)
assert_type(Image().index("https://pypi.example/simple", default=True), Image)
assert_type(
    Image().index(
        "https://pypi.example/simple",
        name="corp",
        packages=["corp-models"],
        secret=token,
        username="ci",
        netrc=None,
        client_certificate="CORP_PEM",
    ),
    Image,
)

# System packages.
assert_type(Image().system_packages("auto", debian=["libgomp1"], alpine=("libgomp",)), Image)
assert_type(Image().build_packages("libpq-dev", ubuntu=["libpq-dev"]), Image)

# What is executed, and what is copied.
assert_type(Image().run("make", secrets=["CORP_TOKEN"]), Image)
assert_type(Image().run_script("setup.sh", "--all", secrets=[token]), Image)
assert_type(Image().build_include("src", "*.json", to="/srv", exclude=["*.pyc"]), Image)
assert_type(
    Image().model("weights", "extra/*.bin", to="/models", exclude=["*.tmp"], layer_size="2GB"),
    Image,
)

# The container.
assert_type(Image().env(A="1", B=None), Image)
assert_type(Image().env({"LD-odd": "1"}, A="2"), Image)
assert_type(Image().workdir("/app"), Image)
assert_type(Image().user(10001, group="0", name="app", home="/home/app"), Image)
assert_type(Image().volume("/data", "/cache"), Image)
assert_type(Image().expose(8000, "9000/udp"), Image)
assert_type(Image().label({"org.example.team": "ml"}, stage="test"), Image)
assert_type(Image().stop_signal("SIGINT").stop_signal(2), Image)
assert_type(Image().entrypoint("python", "-m", "server"), Image)
assert_type(Image().cmd("uvicorn", "service:app"), Image)
assert_type(
    Image().healthcheck(
        "python", "-m", "ask", interval="30s", timeout=5.5, start_period=timedelta(seconds=9)
    ),
    Image,
)
assert_type(Image().healthcheck("true", retries=3), Image)
