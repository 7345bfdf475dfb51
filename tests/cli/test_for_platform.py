"""An image with steps for one platform: built for two, shown, explained, compared."""

# ruff: noqa: E501 - lines of an output are as long as they are
from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from lading.oci import layout, validate

if TYPE_CHECKING:
    from cli.program import Project

BOTH = ("--platform", "linux/amd64", "--platform", "linux/arm64")

SERVICE = """\
from lading import Image

def with_small(image):
    return image.python_packages("small").env(THREADS="4")

image = (
    Image(base_image="oci:base", distro="debian:bookworm", python_version="3.11")
    .index("http://HOST/simple", default=True)
    .python_packages("tiny")
    .for_platform("linux/arm64", with_small)
    .env(THREADS_SEEN="$THREADS")
    .cmd("python", "-m", "tiny")
)
"""


@pytest.fixture
def varied(shipped: Project) -> Project:
    """A project whose image has a package more on arm64."""
    host = shipped.read("service.py").partition("http://")[2].partition("/")[0]
    shipped.write("service.py", SERVICE.replace("HOST", host))
    return shipped


def layers(project: Project, *words: str) -> dict[str, list[str]]:
    ran = project.lading("build", "-q", "--json", *words)
    assert (ran.code, ran.err) == (0, "")
    return {
        one["platform"]: [layer["name"] for layer in one["layers"] if layer["outcome"] != "base"]
        for one in json.loads(ran.out)["platforms"]
    }


def test_an_index_of_both_has_the_step_on_one(varied: Project) -> None:
    found = layers(varied, *BOTH, "-o", "out")
    assert {platform: names[1:] for platform, names in found.items()} == {
        "linux/amd64": ["python packages tiny 2.0"],
        "linux/arm64": ["python packages small 1.0", "python packages tiny 2.0"],
    }
    assert validate(varied.folder / "out") == ()
    [index] = layout.read(varied.folder / "out")
    for child in index.children:
        is_arm = str(child.descriptor.platform) == "linux/arm64"
        with child.blobs[0].open() as config:
            assert (b"THREADS=4" in config.read()) == is_arm


def test_the_lock_says_of_which_platform_what_is(varied: Project) -> None:
    assert varied.lading("lock", "-q", *BOTH).code == 0
    text = varied.read("lading.lock")
    inputs = [line for line in text.splitlines() if "nputs" in line or "requirements" in line]
    assert inputs == snapshot(
        [
            "[inputs]",
            "[[inputs.groups]]",
            "requirements = [",
            "[platforms.inputs]",
            "[[platforms.inputs.groups]]",
            "requirements = [",
        ]
    )
    assert varied.lading("lock", "--check").err == snapshot("lading.lock is up to date\n")
    varied.write("service.py", varied.read("service.py").replace('"small"', '"small>=1"'))
    ran = varied.lading("lock", "--check")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
drifted: linux/arm64: requirement small>=1 is not locked
drifted: linux/arm64: requirement small is locked, and no longer asked for
hint: run `lading lock`, and commit the result
"""),
    )
    assert varied.lading("lock", "--check", "--platform", "linux/amd64").code == 0
    assert varied.lading("build", "-q", "--locked", "-o", "out").code == 0
    ran = varied.lading("build", "--locked", "--platform", "linux/arm64", "-o", "out")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: lading.lock is out of date: requirement small>=1 is not locked
error: lading.lock is out of date: requirement small is locked, and no longer asked for
hint: run `lading lock`, and commit the result
"""),
    )


def test_it_is_shown_by_platform(varied: Project) -> None:
    assert varied.lading("lock", "-q", *BOTH).code == 0
    ran = varied.lading("show")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot("""\
service.py:7: Image(base_image="oci:base", distro="debian:bookworm", python_version="3.11")
service.py:8:   .index("http://127.0.0.1:PORT/simple", default=True)
service.py:9:   .python_packages("tiny")
service.py:4:   .for_platform("linux/arm64", lambda image: image.python_packages("small"))
service.py:4:   .for_platform("linux/arm64", lambda image: image.env({"THREADS": "4"}))
service.py:11:   .env({"THREADS_SEEN": "$THREADS"})
service.py:12:   .cmd("python", "-m", "tiny")

base_image            oci:base (service.py:7)
distro                debian:bookworm (service.py:7)
python_version        3.11 (service.py:7)
lock_python_packages  yes (the default)
lock_system_packages  yes (the default)
components            none (the default)
snapshot              none (the default)
shell                 no (the default)
compile_bytecode      yes (the default)
accelerator           none (the default)

user                        10001:0 (lading, /home/lading) (the default)
workdir                     /app (the default)
cmd                         ["python", "-m", "tiny"] (service.py:12)
env THREADS_SEEN            $THREADS (service.py:11)
env THREADS on linux/arm64  4 (service.py:4)

lading.lock fits
  linux/amd64
    base image       oci:base
                     sha256:DIGEST
    Python packages  1, of unknown size
                     tiny 2.0
    system packages  none
  linux/arm64
    base image       oci:base
                     sha256:DIGEST
    Python packages  2, of unknown size
                     small 1.0, tiny 2.0
    system packages  none
""")
    settings = json.loads(varied.lading("show", "--json").out)["settings"]
    assert [one for one in settings if one["platform"]] == snapshot(
        [{"name": "env THREADS", "value": "4", "at": ["service.py:4"], "platform": "linux/arm64"}]
    )


def test_why_it_is_there_on_one_platform(varied: Project) -> None:
    assert varied.lading("lock", "-q", *BOTH).code == 0
    ran = varied.lading("explain", "small", "--platform", "linux/arm64")
    assert (ran.code, ran.out) == (
        0,
        snapshot("""\
small 1.0, Python package, linux/arm64
  service.py:4: small (on linux/arm64 only)
  size: not known
  layer: python packages small 1.0
"""),
    )
    ran = varied.lading("explain", "small")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: the image has no package and no layer "small" for linux/amd64
hint: it is asked for on linux/arm64: --platform linux/arm64
"""),
    )


def test_what_changed_on_one_platform(varied: Project) -> None:
    whole = varied.read("service.py")
    varied.write("service.py", whole.replace('    .for_platform("linux/arm64", with_small)\n', ""))
    assert varied.lading("lock", "-q", *BOTH).code == 0
    varied.write("before.lock", varied.read("lading.lock"))
    varied.write("service.py", whole)
    assert varied.lading("lock", "-q").code == 0
    ran = varied.lading("diff", "before.lock", "lading.lock")
    assert (ran.code, ran.out) == (
        0,
        snapshot("""\
before.lock -> lading.lock
linux/amd64
  nothing differs
linux/arm64
  Python packages
    + small 1.0
  settings
    + requirement small
  layers of packages and models
    + python packages small 1.0
        small is new
    1 to make and push; 2 kept
"""),
    )


def test_each_dockerfile_has_the_steps_of_its_platform(tiny: Project) -> None:
    source = tiny.read("service.py")
    added = '.for_platform("linux/arm64", lambda image: image.run("make").env(THREADS="4"))'
    tiny.write("service.py", source.replace(".cmd(", f"{added}\n    .cmd("))
    texts = {}
    for platform in ("linux/amd64", "linux/arm64"):
        assert tiny.lading("freeze", "--platform", platform, "-o", "frozen").code == 0
        texts[platform] = tiny.read("frozen/Dockerfile")
    only = [one for one in texts["linux/arm64"].splitlines() if one not in texts["linux/amd64"]]
    assert [one for one in only if one.startswith("# ") or "THREADS" in one or "; make" in one] == [
        "# service.py:7 run",
        "    . /run/ca-bundle.sh; make",
        "# service.py:7 env",
        "ENV THREADS=4",
    ]


def test_a_command_on_one_platform_takes_an_engine_there_alone(varied: Project) -> None:
    source = varied.read("service.py")
    varied.write("service.py", source.replace(".env(THREADS=", ".run('make').env(THREADS="))
    assert varied.lading("build", "-q", "-o", "out").code == 0
    ran = varied.lading("build", "-q", "--engine", "oci", *BOTH, "-o", "out")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: --engine oci: some of it has to be executed
hint: leave out --engine, and a container engine builds it
error: service.py:4: the command `make` runs
"""),
    )


def test_what_is_wrong_with_the_call(varied: Project) -> None:
    source = varied.read("service.py")
    varied.write("service.py", source.replace("linux/arm64", "linux/amr64"))
    ran = varied.lading("show")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: service.py:10: platform "linux/amr64" is invalid
hint: did you mean "linux/arm64"?
"""),
    )
    varied.write("service.py", source.replace("return image.python", "image.python"))
    ran = varied.lading("show")
    assert (ran.code, ran.err) == (
        1,
        snapshot("""\
error: service.py:10: the function of for_platform returns None, and no Image
hint: return the image with its new steps: for_platform("linux/arm64", lambda image: image.system_packages("libatomic1"))
"""),
    )


PROJECT_FILE = """\
distro = "debian:bookworm"
python_version = "3.11"
base_image = "oci:base"
index = { url = "http://HOST/simple", default = true }
python_packages = "tiny"
steps = [
  { for_platform = { platform = "linux/arm64", steps = [
    { python_packages = "small" },
  ] } },
]
"""


def test_a_project_file_says_it_too(varied: Project) -> None:
    host = varied.read("service.py").partition("http://")[2].partition("/")[0]
    (varied.folder / "pyproject.toml").unlink()
    varied.write("lading.toml", PROJECT_FILE.replace("HOST", host))
    assert layers(varied, *BOTH, "-o", "out")["linux/arm64"][1:] == [
        "python packages small 1.0",
        "python packages tiny 2.0",
    ]
    ran = varied.lading("show")
    assert [line for line in ran.out.splitlines() if "for_platform" in line] == snapshot(
        [
            'lading.toml:8:   .for_platform("linux/arm64", lambda image: image.python_packages("small"))'
        ]
    )
