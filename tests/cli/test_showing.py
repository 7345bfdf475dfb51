"""`lading show`: whole outputs."""
# ruff: noqa: E501 - lines of an output are as long as they are

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from inline_snapshot import snapshot

if TYPE_CHECKING:
    from cli.program import Project
    from registry.fake_registry import FakeServer

WHOLE = """\
from lading import Image, secret

base = Image(distro="ubuntu:24.04").system_packages(debian=["libgomp1"], alpine=[])
image = (
    base.index("https://corp.example/simple", name="corp", packages=["own"], secret=secret("TOKEN", file="~/.token"))
    .python_packages("own", secrets=[secret("TOKEN", file="~/.token", variable="TOKEN")])
    .run("make")
    .env(A="1", PATH="/opt/a:$PATH")
    .env(PATH="/opt/b:$PATH")
    .expose(8000)
    .healthcheck("curl", "-f", "localhost:8000", interval="30s", retries=3)
    .user(33, name="www")
    .label(team="ml")
    .entrypoint("python", "-m")
    .cmd("own")
)
"""


def test_a_locked_image(locked: Project, server: FakeServer) -> None:
    asked = len(server.seen)
    ran = locked.lading("show")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot("""\
service.py:4: Image(base_image="127.0.0.1:PORT/python:3.11-slim-bookworm")
service.py:5:   .index("http://127.0.0.1:PORT/simple", default=True)
service.py:6:   .python_packages("tiny")
service.py:7:   .cmd("python", "-m", "tiny")

base_image            127.0.0.1:PORT/python:3.11-slim-bookworm (service.py:4)
distro                debian:bookworm (told by the base image's name)
python_version        3.11 (told by the base image's name)
lock_python_packages  yes (the default)
lock_system_packages  yes (the default)
components            none (the default)
snapshot              none (the default)
shell                 no (the default)
compile_bytecode      yes (the default)
accelerator           none (the default)

user                                      10001:0 (lading, /home/lading) (the default)
workdir                                   /app (the default)
cmd                                       ["python", "-m", "tiny"] (service.py:7)
label org.opencontainers.image.base.name  127.0.0.1:PORT/python:3.11-slim-bookworm (the default)

lading.lock fits
  linux/amd64
    base image       127.0.0.1:PORT/python:3.11-slim-bookworm
                     sha256:DIGEST
    Python packages  1, of unknown size
                     tiny 2.0
    system packages  none
""")
    assert len(server.seen) == asked
    assert locked.files() == ["lading.lock", "pyproject.toml", "service.py"]


def test_what_each_value_is_from(bare: Project) -> None:
    bare.write("app/service.py", WHOLE)
    ran = bare.lading("show", "app/service.py:image", "--project", ".")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot("""\
app/service.py:3: Image(distro="ubuntu:24.04")
app/service.py:3:   .system_packages(debian=["libgomp1"], alpine=[])
app/service.py:5:   .index("https://corp.example/simple", name="corp", packages=["own"], secret=secret("TOKEN"))
app/service.py:6:   .python_packages("own", secrets=[secret("TOKEN", variable="TOKEN")])
app/service.py:7:   .run("make")
app/service.py:8:   .env({"A": "1", "PATH": "/opt/a:$PATH"})
app/service.py:9:   .env({"PATH": "/opt/b:$PATH"})
app/service.py:10:   .expose("8000/tcp")
app/service.py:11:   .healthcheck("curl", "-f", "localhost:8000", interval="30s", retries=3)
app/service.py:12:   .user(33, group=0, name="www", home="/home/www")
app/service.py:13:   .label({"team": "ml"})
app/service.py:14:   .entrypoint("python", "-m")
app/service.py:15:   .cmd("own")

base_image            docker.io/library/ubuntu:noble (the distro's own image for that Python)
distro                ubuntu:24.04 (app/service.py:3)
python_version        3.12 (the newest of the distro's own archive)
lock_python_packages  yes (the default)
lock_system_packages  yes (the default)
components            none (the default)
snapshot              none (the default)
shell                 no (the default)
compile_bytecode      yes (the default)
accelerator           none (the default)

user                                      33:0 (www, /home/www) (app/service.py:12)
workdir                                   /app (the default)
ports                                     8000/tcp (app/service.py:10)
entrypoint                                ["python", "-m"] (app/service.py:14)
cmd                                       ["own"] (app/service.py:15)
healthcheck                               ["curl", "-f", "localhost:8000"] interval=30s retries=3 (app/service.py:11)
label org.opencontainers.image.base.name  docker.io/library/ubuntu:noble (the default)
label team                                ml (app/service.py:13)
env A                                     1 (app/service.py:8)
env PATH                                  /opt/b:$PATH (app/service.py:8, app/service.py:9)

there is no lading.lock: what the image comes to is not known before `lading lock app/service.py:image --project .`
""")


def test_mirrors_and_who_names_them(tiny: Project) -> None:
    tiny.write(
        "pyproject.toml",
        '[tool.lading]\nimage = "service:image"\n[tool.lading.mirrors]\n'
        'python = "https://mirror.example/simple"\nuv = "https://mirror.example/uv"\n'
        'registries = {"docker.io" = "mirror.example/hub"}\n',
    )
    ran = tiny.lading("show", LADING_MIRROR_UV="https://other.example", LADING_MIRROR_DEBIAN="")
    assert [line for line in ran.out.splitlines() if line.startswith("mirror")] == snapshot(
        [
            "mirror of python     https://mirror.example/simple ([tool.lading.mirrors] of pyproject.toml)",
            "mirror of uv         https://other.example (LADING_MIRROR_UV)",
            "mirror of docker.io  mirror.example/hub ([tool.lading.mirrors] of pyproject.toml)",
        ]
    )


def test_a_lock_that_drifted(locked: Project) -> None:
    locked.write("service.py", locked.read("service.py").replace('"tiny"', '"tiny", "small"', 1))
    ran = locked.lading("show")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1:] == snapshot(
        ["lading.lock is out of date: requirement small is not locked"]
    )


FILE = """\
python_version = "3.13"
base_image = "scratch"
distro = "debian:trixie"

[images.older]
extends = "image"
distro = "debian:bookworm"
python_version = "3.11"

[images.more]
extends = "older"
env = { A = "1" }

[images.upper]
from_image = "image"
"""


def test_each_argument_has_its_own_line_of_a_project_file(bare: Project) -> None:
    bare.write("lading.toml", FILE)

    def lines(name: str) -> list[str]:
        shown = bare.lading("show", f".:{name}", "--json")
        return [one["at"] for one in json.loads(shown.out)["arguments"][:3]]

    assert lines("image") == ["lading.toml:2", "lading.toml:3", "lading.toml:1"]
    assert lines("older") == ["lading.toml:2", "lading.toml:7", "lading.toml:8"]
    assert lines("more") == lines("older")
    assert lines("upper") == lines("image")
    # What is replaced by nothing stays where it was written.
    first = bare.lading("show", ".:upper").out.splitlines()[0]
    assert first.startswith("lading.toml:2: Image(")


def test_components_are_an_argument_too(bare: Project) -> None:
    bare.write("lading.toml", 'distro = "debian:trixie"\ncomponents = ["contrib", "non-free"]\n')
    lines = bare.lading("show").out.splitlines()
    assert lines[0].endswith('components=["contrib", "non-free"])')
    assert "components            contrib non-free (lading.toml:2)" in lines


def test_another_base(locked: Project) -> None:
    ran = locked.lading("show", "--base-image", "python:3.11-bookworm")
    assert ran.code == 0
    assert [line for line in ran.out.splitlines() if "3.11-bookworm" in line] == snapshot(
        [
            'service.py:4: Image(base_image="docker.io/library/python:3.11-bookworm", distro="debian:bookworm", python_version="3.11")',
            "base_image            docker.io/library/python:3.11-bookworm (from --base-image)",
            "label org.opencontainers.image.base.name  docker.io/library/python:3.11-bookworm (the default)",
            "lading.lock is out of date: the base image: 127.0.0.1:PORT/python:3.11-slim-bookworm is locked, docker.io/library/python:3.11-bookworm is asked for",
        ]
    )


def test_json(locked: Project) -> None:
    ran = locked.lading("show", "--json")
    found = json.loads(ran.out)
    assert (ran.code, ran.err, list(found)) == (
        0,
        "",
        ["calls", "parameters", "arguments", "settings", "mirrors", "lock"],
    )
    assert found["calls"][1] == snapshot(
        {"text": '.index("http://127.0.0.1:PORT/simple", default=True)', "at": "service.py:5"}
    )
    assert found["arguments"][1] == snapshot(
        {
            "name": "distro",
            "value": "debian:bookworm",
            "origin": "base image",
            "why": "told by the base image's name",
            "at": None,
        }
    )
    assert found["settings"][-2] == snapshot(
        {
            "name": "cmd",
            "value": '["python", "-m", "tiny"]',
            "at": ["service.py:7"],
            "platform": None,
        }
    )
    assert found["lock"] == snapshot(
        {
            "file": "lading.lock",
            "state": "fits",
            "drifted": [],
            "models": {"count": 0, "size": 0},
            "platforms": [
                {
                    "platform": "linux/amd64",
                    "base": "127.0.0.1:PORT/python:3.11-slim-bookworm",
                    "digest": "sha256:DIGEST",
                    "manifest": "sha256:DIGEST",
                    "python": {"count": 1, "download": 0, "unsized": 1},
                    "compiled": [],
                    "system": {"count": 0, "download": 0, "unsized": 0},
                    "compiling": {"count": 0, "download": 0, "unsized": 0},
                    "unlocked": [],
                    "packages": [
                        {
                            "kind": "python",
                            "name": "tiny",
                            "version": "2.0",
                            "size": None,
                            "source": "http://127.0.0.1:PORT/simple",
                            "asked": True,
                            "needed_by": [],
                        }
                    ],
                    "below": None,
                }
            ],
        }
    )


def test_what_can_not_be_shown(locked: Project) -> None:
    ran = locked.lading("show", "service.py:imag")
    assert (ran.code, ran.out, ran.err) == snapshot(
        (
            1,
            "",
            """\
error: service.py has no 'imag'
hint: did you mean "image"?
""",
        )
    )
    locked.write("lading.lock", "version = 1\n")
    ran = locked.lading("show")
    assert (ran.code, ran.out, ran.err) == snapshot(
        (
            1,
            "",
            """\
error: lading.lock has format 1; this Lading reads format 3
hint: an older Lading has made it: remove it and run `lading lock` again
""",
        )
    )


SEVERAL = """\
cmd = "x"

[images.other]
extends = "image"
env = {A = "1"}
"""


def test_every_image_of_a_project(bare: Project) -> None:
    bare.write("lading.toml", SEVERAL)
    ran = bare.lading("show", "--all")
    assert (ran.code, ran.err) == (0, "")
    shown = [(name, bare.lading("show", f".:{name}").out) for name in ("image", "other")]
    ones = [text.replace(f"`lading lock .:{name}`", "`lading lock --all`") for name, text in shown]
    assert ran.out == f"image:\n{ones[0]}\nother:\n{ones[1]}"
    told = json.loads(bare.lading("show", "--all", "--json").out)["images"]
    assert [one["name"] for one in told] == ["image", "other"]
    assert [one["calls"][-1]["text"] for one in told] == ['.cmd("x")', '.env({"A": "1"})']
    assert told[1] == {"name": "other", **json.loads(bare.lading("show", ".:other", "--json").out)}


def test_what_is_wrong_with_any_is_told_of_all_and_nothing_shown(bare: Project) -> None:
    broken = 'requirements_file = "none.txt"\n'
    bare.write("lading.toml", f"{SEVERAL}{broken}[images.third]\n{broken}")
    ran = bare.lading("show", "--all")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        'error: lading.toml:6: other: "none.txt" does not exist',
        'error: lading.toml:8: third: "none.txt" does not exist',
    ]
