"""Calls of an `Image` that a type checker refuses."""

from __future__ import annotations

from lading import Image

Image(python_version=3.12)  # error: arg-type
Image(lock_python_packages="no")  # error: arg-type
Image(pyhton_version="3.12")  # error: call-arg
Image("python:3.12", "debian", "3.12", True, False)  # error: call-arg
Image(components=1)  # error: arg-type

Image().python_packages(["fastapi"])  # error: arg-type
Image().python_packages("fastapi", requires=["torch"])  # error: arg-type
Image().requirements_file()  # error: call-arg
Image().requirements_file("a.txt", "b.txt")  # error: call-arg
Image().pyproject_toml(extras=1)  # error: arg-type
Image().uv_lock(groups=[1])  # error: list-item
Image().script_requirements(None)  # error: arg-type
Image().index(url="https://pypi.example/simple", secret=3)  # error: arg-type
Image().index("https://pypi.example/simple", "corp")  # error: call-arg

Image().system_packages(1)  # error: arg-type
Image().system_packages(debian=1)  # error: arg-type
Image().build_packages(("libpq-dev",))  # error: arg-type

Image().run(["make"])  # error: arg-type
Image().run("make", secret="TOKEN")  # error: call-arg
Image().run_script("setup.sh", 1)  # error: arg-type
Image().build_include("src", target="/app")  # error: call-arg

Image().env(PORT=8000)  # error: arg-type
Image().env([("A", "1")])  # error: arg-type
Image().workdir(b"/app")  # error: arg-type
Image().user(None)  # error: arg-type
Image().volume(1)  # error: arg-type
Image().expose([8000])  # error: arg-type
Image().label({"a": 1})  # error: dict-item
Image().stop_signal()  # error: call-arg
Image().entrypoint(["python"])  # error: arg-type
Image().cmd("python", 1)  # error: arg-type
Image().healthcheck("true", retries="3")  # error: arg-type
Image().pip_install("fastapi")  # error: attr-defined

image = Image()
image.steps = ()  # error: misc
image.distro = "alpine"  # error: assignment, misc
number: int = Image().cmd("true")  # error: assignment
