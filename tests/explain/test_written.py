"""What is written as code is the code: evaluated, it gives the same image."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lading import Image, secret
from lading.cli.target import load_target
from lading.explain.values import argument_values
from lading.grammar.credentials import redact
from lading.grammar.invalid import Invalid
from lading.image import steps
from lading.image.words import parse_command
from lading.image.written import written_image, written_line, written_step

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = secret("TOKEN", variable="TOKEN", version="2")


IMAGES = [
    Image(),
    Image("python:3.11-slim-bookworm", lock_python_packages=False, compile_bytecode=False),
    Image(base_image="scratch", distro="debian:trixie", shell=True, snapshot="2026-11-01"),
    Image(distro="alpine:3.22", python_version="3.12", lock_system_packages=False),
    Image(distro="debian:trixie", components=["contrib", "non-free"]),
    Image(accelerator="cpu").system_packages("curl", debian=["libgomp1"], alpine=[]),
    Image().build_packages("libpq-dev", ubuntu=["x"], debian=[]),
    Image().python_packages(
        "fastapi[standard]>=0.1",
        "flash-attn; python_version < '3.14'",
        no_binary=["psycopg2"],
        no_build_isolation=["flash-attn"],
        requires={"flash-attn": ["torch", "einops>=0.8"], "none": []},
        build_constraints=["setuptools<81"],
        secrets=[TOKEN],
    ),
    Image().requirements_file("requirements.txt", secrets=["TOKEN"]),
    Image().pyproject_toml("a/pyproject.toml", extras=["gpu"], groups=["serve"]),
    Image().uv_lock(extras=["gpu"], groups=["serve"], secrets=["TOKEN"]),
    Image().script_requirements("serve.py"),
    Image().index(
        "https://corp.example/simple", name="corp", packages=["a"], username="ci", secret=TOKEN
    ),
    Image().index("https://corp.example/simple", default=True, netrc="N", client_certificate="C"),
    Image().run('echo "it\'s"\nmake\ttest', secrets=[TOKEN]).run_script("a.sh", "-x", "b c"),
    Image().build_include("src", "*.py", to="/srv", exclude=["src/x"]).build_include("data"),
    Image().model("weights", "*.gguf", to="/m", exclude=["*.md"], layer_size="1.5GiB").model("x"),
    Image().env(A="1", B="$PATH é").env({"PATH": "/x:$PATH"}),
    Image().workdir("/srv").user(0).user(33, group=33, name="www", home="/var/www"),
    Image.from_image(Image.from_image(Image().cmd("a")).env(A="1")).cmd("b"),
    Image().expose(8000, "53/udp").volume("/data", "/models").label({"a.b": "c", "d": ""}),
    Image().entrypoint("python", "-m").cmd("web").stop_signal("SIGINT"),
    Image().for_platform("linux/arm64", lambda image: image.system_packages("curl").run("b")),
    Image().for_platform(["linux/arm64", "linux/amd64"], lambda image: image.env(A="1")),
    Image.from_dockerfile("a/Dockerfile", distro="debian", python_version="3.12").run("a"),
    Image.from_dockerfile("a/D", context=".", target="b", build_args={"A": 'b "c', "D": ""}),
    Image().healthcheck("curl", "x", interval=30, timeout="1m30s", start_period="2s", retries=3),
]


def test_every_argument_of_the_constructor_is_told_and_written_in_some_image() -> None:
    names = [one.name for one in argument_values(Image(), str)]
    assert names == list(Image()._arguments())
    texts = "".join(map(written_image, IMAGES))
    assert [name for name in names if f"{name}=" not in texts] == []


def read_back(image: Image) -> object:
    lines = (written_image(image), *map(written_line, image.steps))
    code = "\n".join(("(", *lines, ")"))
    return eval(code, {"Image": Image, "secret": secret})  # noqa: S307 - the law


@pytest.mark.parametrize("image", IMAGES, ids=str)
def test_code_that_is_written_makes_the_same_image(image: Image) -> None:
    assert read_back(image) == image


SERVICE = """\
import lading

image = lading.Image(distro="debian:trixie").env(A="1")


@lading.service(image=image, port=8000, health="/healthz", env={"B": "2"})
def main() -> None:
    print("served")
"""


def test_what_is_written_of_a_service_is_code_too(tmp_path: Path) -> None:
    """It makes the same image but for the file that no call adds, and whose its command is."""
    (tmp_path / "app.py").write_text(SERVICE)
    image = load_target(f"{tmp_path / 'app.py'}:main").image
    called = tuple(
        replace(step, module=None) if isinstance(step, steps.Cmd) else step
        for step in image.steps
        if not isinstance(step, steps.TextFile)
    )
    assert len(called) == len(image.steps) - 1
    assert read_back(image) == image._copy(steps=called)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_command_is_read_back(text: str) -> None:
    try:
        parse_command(text)
    except Invalid:
        return
    assume(redact(text) == text)
    image = Image().run(text).cmd("sh", "-c")
    assert read_back(image) == image


def test_a_written_call_is_one_line_that_no_terminal_obeys() -> None:
    image = Image().run("a\n\x1b]0;t\x07\u202e")
    written = written_step(image.steps[0])
    assert written == r'run("a\n\u001b]0;t\u0007\u202e")'
