"""`Image.from_image`, from the lock to the registry: images of one project that share layers."""
# ruff: noqa: E501 - lines of an output are as long as they are

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from cli.test_sending import outcomes
from lading.oci import layout, validate
from registry.full_registry import running_registry

if TYPE_CHECKING:
    from cli.program import Project, World

SERVICE = """\
import lading
from lading import Image

base = (
    Image(base_image="oci:base", distro="debian:bookworm", python_version="3.11")
    .index("http://HOST/simple", default=True)
    .python_packages("tiny")
    .build_include("common.py")
    .cmd("python", "-m", "tiny")
)
image = Image.from_image(base).python_packages("small").build_include("service.py").user(7)
web = lading.service(image=image, command=["web"])("web:app")
job = lading.service(image=Image.from_image(image), command=["job"])("web:app")
"""


@pytest.fixture
def two(shipped: Project) -> Project:
    """A project whose image is on another one of it."""
    host = shipped.read("service.py").partition("http://")[2].partition("/")[0]
    shipped.write("service.py", SERVICE.replace("HOST", host))
    shipped.write("common.py", "")
    shipped.write("web.py", "app = None\n")
    return shipped


def digests(project: Project, name: str) -> list[str]:
    folder = project.folder / name
    assert validate(folder) == ()
    (artifact,) = layout.read(folder)
    return [str(one.descriptor.digest) for one in artifact.blobs[1:]]


def locked_versions(project: Project, name: str) -> list[str]:
    lines = project.read(name).partition("[[platforms]]")[2].splitlines()
    return [line for line in lines if line.startswith("version = ")]


def test_images_share_their_layers_down_to_the_version(two: Project, net: World) -> None:
    assert two.lading("build", "-q", "service.py:base", "-o", "one").code == 0
    net.add_wheel("tiny", "3.0")
    ran = two.lading("build", "-o", "two")
    assert ran.code == 0
    assert sorted(ran.err.splitlines()[:2]) == [
        "resolving for Python 3.11 on linux/amd64 (glibc 2.36)",
        "what is below stays as lading.base.lock has it",
    ]
    made = [line.split()[0] for line in ran.err.splitlines() if line.startswith("  ")]
    assert sorted(made) == ["made"] * 3 + ["reused"] * 4
    assert locked_versions(two, "lading.lock") == [
        *('version = "0.9.9"', 'version = "2.0"', 'version = "1.0"'),
    ]
    lower, upper = digests(two, "one"), digests(two, "two")
    assert upper[: len(lower)] == lower
    assert len(upper) == len(lower) + 3
    # Of a service on that image the code alone is its own.
    for name, more in (("web", 0), ("job", 1)):
        assert two.lading("build", "-q", f"service.py:{name}", "-o", name).code == 0
        found = digests(two, name)
        assert found[: len(upper)] == upper
        assert len(found) - len(upper) == more


def test_only_what_is_new_is_sent(two: Project) -> None:
    with running_registry() as registry:
        two.stand_ins[registry.host] = "REGISTRY"
        first = two.lading("build", "service.py:base", "--push", "-t", f"{registry.host}/base:1")
        assert first.code == 0
        again = two.lading("build", "--push", "-t", f"{registry.host}/base:2")
        assert again.code == 0
    assert outcomes(again) == snapshot(
        [
            ("made", "/app"),
            ("made", "1.0"),
            ("made", "user"),
            ("reused", "/app"),
            ("reused", "2.0"),
            ("reused", "user"),
            ("sent", "/app"),
            ("sent", "1.0"),
            ("sent", "configuration"),
            ("sent", "user"),
            ("there already", "/app"),
            ("there already", "2.0"),
            ("there already", "oci:base"),
            ("there already", "user"),
        ]
    )


def test_another_version_below_is_drift(two: Project, net: World) -> None:
    assert two.lading("lock", "-q").code == 0
    net.add_wheel("tiny", "3.0")
    assert two.lading("lock", "--check").code == 0
    assert two.lading("lock", "-q", "service.py:base").code == 0
    ran = two.lading("lock", "--check")
    assert (ran.code, ran.out, ran.err) == snapshot(
        (
            1,
            "",
            """\
drifted: linux/amd64: lading.base.lock has tiny 3.0, and this lock 2.0
hint: run `lading lock`, and commit the result
""",
        )
    )
    refused = two.lading("build", "-q", "--locked", "-o", "out")
    assert (refused.code, refused.err) == snapshot(
        (
            1,
            """\
error: lading.lock is out of date: linux/amd64: lading.base.lock has tiny 3.0, and this lock 2.0
hint: run `lading lock`, and commit the result
""",
        )
    )
    assert two.lading("lock", "-q").code == 0
    assert two.lading("lock", "--check").code == 0
    assert 'version = "3.0"' in locked_versions(two, "lading.lock")


def test_show_and_explain_tell_what_is_below(two: Project) -> None:
    assert two.lading("lock", "-q", "service.py:base").code == 0
    assert two.lading("lock", "-q").code == 0
    shown = two.lading("show")
    assert shown.out == snapshot("""\
service.py:5: Image(base_image="oci:base", distro="debian:bookworm", python_version="3.11")
service.py:6:   .index("http://127.0.0.1:PORT/simple", default=True)
service.py:7:   .python_packages("tiny")
service.py:8:   .build_include("common.py")
service.py:9:   .cmd("python", "-m", "tiny")
service.py:11:   .pipe(Image.from_image)
service.py:11:   .python_packages("small")
service.py:11:   .build_include("service.py")
service.py:11:   .user(7, group=0, name="lading", home="/home/lading")

base_image            oci:base (service.py:5)
distro                debian:bookworm (service.py:5)
python_version        3.11 (service.py:5)
lock_python_packages  yes (the default)
lock_system_packages  yes (the default)
components            none (the default)
snapshot              none (the default)
shell                 no (the default)
compile_bytecode      yes (the default)
accelerator           none (the default)

user     7:0 (lading, /home/lading) (service.py:11)
workdir  /app (the default)
cmd      ["python", "-m", "tiny"] (service.py:9)

lading.lock fits
  linux/amd64
    base image       oci:base
                     sha256:DIGEST
    Python packages  2, of unknown size
                     tiny 2.0, small 1.0
    system packages  none
    image below      Python packages: 1, of unknown size
                     system packages: none
                     as lading.base.lock has them
""")
    assert two.lading("explain", "python packages tiny").out == snapshot("""\
layer python packages tiny 2.0, linux/amd64 (service.py:7)
  holds: tiny 2.0
  why: the package is large enough for a layer of its own: another version of it makes this layer anew and no other, and no other package makes this one anew
  shared: it is the same layer in the image below, and in all others on that
""")
    assert two.lading("explain", "python packages small").out == snapshot("""\
layer python packages small 1.0, linux/amd64 (service.py:11)
  holds: small 1.0
  why: the package is large enough for a layer of its own: another version of it makes this layer anew and no other, and no other package makes this one anew
""")
    lines = two.lading("explain", "-q", "tiny").out.splitlines()
    assert lines[-1] == "  layer: python packages tiny 2.0, which is the image below's"
    found = json.loads(two.lading("explain", "-q", "small", "--json").out)
    assert found["packages"][0]["package"]["below"] is False
    platform = json.loads(two.lading("show", "--json").out)["lock"]["platforms"][0]
    assert platform["below"] == snapshot(
        {
            "lock": "lading.base.lock",
            "python": {"count": 1, "download": 0, "unsized": 1},
            "system": {"count": 0, "download": 0, "unsized": 0},
        }
    )


def test_diff_tells_which_layers_are_shared(two: Project) -> None:
    for name, target in (("lading.base.lock", "service.py:base"), ("lading.lock", "service.py")):
        assert two.lading("lock", "-q", target).code == 0
        assert name in two.files()
    ran = two.lading("diff", "lading.base.lock", "lading.lock")
    assert (ran.code, ran.out) == snapshot(
        (
            0,
            """\
lading.base.lock -> lading.lock
linux/amd64
  Python packages
    + small 1.0
  settings
    + installation 2: requirement small
  layers of packages and models
    + python packages small 1.0
        small is new
    1 to make and push; 2 kept
""",
        )
    )
    for name, target in (("one", "service.py:base"), ("two", "service.py")):
        assert two.lading("build", "-q", target, "-o", name).code == 0
    built = two.lading("explain", "python packages tiny", "--image", "oci:two").out
    assert built.splitlines()[-1] == (
        "  why: it holds one package, which is large or has no other beside it by the hash of its "
        "name: another version of it makes this layer anew and no other"
    )
    ran = two.lading("diff", "oci:one", "oci:two")
    # How large they are is for zlib to say, and which Python compiles for the machine.
    layers = re.sub(r" \((\d|bytecode)[^)]*\)|, [\d.]+ k?B", "", ran.out.partition("  layers\n")[2])
    assert (ran.code, layers) == snapshot(
        (
            0,
            """\
    + folders of the user
        user 10001:0 -> 7:0: folders belong to it
    + python packages small 1.0
        small is new
    + files to /app
        /app/service.py is new
    3 to make and push; 4 kept
""",
        )
    )


@pytest.mark.parametrize(
    "line",
    [
        "image = Image.from_image('base')",
        "image = Image.from_image(lading.service(image=base)('web:app'))",
        "image = Image.from_image(base).replace(distro='alpine:3.22')",
        "image = Image.from_image()",
        "image = base.env(A='1').merge(Image.from_image(base))",
    ],
)
def test_what_is_wrong_has_its_line(two: Project, line: str) -> None:
    two.write("service.py", two.read("service.py").partition("image = ")[0] + line + "\n")
    ran = two.lading("lock")
    assert ran.code == 1
    assert ran.err.startswith("error: service.py:11: ")
    assert "Traceback" not in ran.err


def test_a_shell_that_is_not_below_is_named(bare: Project) -> None:
    bare.write(
        "service.py",
        "from lading import Image\n"
        'base = Image(base_image="scratch", distro="debian:trixie")\n'
        'image = Image.from_image(base).run("true")\n'
        'other = Image.from_image(Image(distro="ubuntu:24.04")).python_packages("tiny")\n'
        'auto = Image.from_image(Image().system_packages("auto")).system_packages("auto")\n',
    )
    said = [bare.lading("lock", f"service.py:{name}") for name in ("image", "other", "auto")]
    assert [one.code for one in said] == [1, 1, 1]
    assert "".join(one.err for one in said) == snapshot("""\
error: service.py:3: the image below has no shell, which runs the commands here
hint: give it shell=True
error: service.py:4: the image below has no Python, which the packages here need
hint: give it one of them
error: service.py:5: system_packages("auto") is said here and in the image below
hint: say it there alone; and name here what `lading check` says is missing
""")
