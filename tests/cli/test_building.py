"""`lading build` and `lading doctor`, without an engine, and with one of the project's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.program import Project

NONE = """\
error: no container engine can serve here
hint: see `lading doctor`; `lading freeze` writes the build context without any
error: buildx can't serve: docker has no buildx plugin, or there is no docker
hint: install docker with the package docker-buildx-plugin
error: docker can't serve: docker is not on PATH
hint: install docker
error: podman can't serve: podman is not on PATH
hint: install podman
error: buildah can't serve: buildah is not on PATH
hint: install buildah
error: nerdctl can't serve: nerdctl is not on PATH
hint: install nerdctl, containerd and BuildKit
error: buildctl can't serve: buildctl is not on PATH
hint: install BuildKit's buildctl
"""

DOCTOR = """\
no  buildx    docker has no buildx plugin, or there is no docker
              hint: install docker with the package docker-buildx-plugin
no  docker    docker is not on PATH
              hint: install docker
no  podman    podman is not on PATH
              hint: install podman
no  buildah   buildah is not on PATH
              hint: install buildah
no  nerdctl   nerdctl is not on PATH
              hint: install nerdctl, containerd and BuildKit
no  buildctl  buildctl is not on PATH
              hint: install BuildKit's buildctl
"""

# An engine of a user's own: it tells what it was asked.
ENGINE = """
import sys
from dataclasses import dataclass
from lading import register_engine
from lading.engines import Availability, Command

@dataclass(frozen=True)
class Teller:
    name: str = "teller"

    def probe(self, environment):
        return Availability(usable=True, version="1.0")

    def commands(self, request, environment):
        words = f"{request.platform} {request.tags} {request.build_args} {request.options}"
        code = f"print({words!r}); raise SystemExit({environment.get('TELLER_CODE', 0)})"
        return (Command(argv=(sys.executable, "-c", code), purpose="build the image"),)

register_engine(Teller())
"""


@pytest.fixture
def told(locked: Project) -> Project:
    locked.write("service.py", locked.read("service.py") + ENGINE)
    return locked


def test_doctor_without_an_engine(bare: Project) -> None:
    ran = bare.lading("doctor")
    assert (ran.code, ran.out, ran.err) == (1, DOCTOR, "")


def test_doctor_with_json(bare: Project) -> None:
    ran = bare.lading("doctor", "--json")
    rows = json.loads(ran.out)
    assert [row["engine"] for row in rows] == [
        line.split()[1] for line in DOCTOR.splitlines() if line.startswith("no")
    ]
    assert rows[1] == {
        "engine": "docker",
        "usable": False,
        "version": None,
        "reason": "docker is not on PATH",
        "hint": "install docker",
    }
    assert (ran.code, ran.err) == (1, "")


def test_build_without_an_engine(tiny: Project) -> None:
    ran = tiny.lading("build", "-t", "x")
    assert (ran.code, ran.out, ran.err) == (1, "", NONE)
    assert tiny.files() == ["pyproject.toml", "service.py"]


def test_an_engine_that_is_not_known(tiny: Project) -> None:
    ran = tiny.lading("build", "--engine", "dokcer")
    assert ran.err == (
        "error: there is no container engine named 'dokcer'\n"
        'hint: did you mean "docker"? known: buildx, docker, podman, buildah, nerdctl, buildctl\n'
    )
    assert (ran.code, ran.out) == (1, "")


def test_secrets_that_are_not_given_are_refused_before_anything_is_done(tiny: Project) -> None:
    source = tiny.read("service.py").replace(
        ".cmd", '.run("a", secrets=["one"])\n    .run("b", secrets=["two", "three"])\n    .cmd'
    )
    tiny.write("service.py", source)
    ran = tiny.lading("build", "--secret", "id=two,env=HOME")
    assert ran.err == (
        "error: service.py:7: the secret 'one' is not given\n"
        "hint: --secret id=one,src=FILE, or id=one,env=VARIABLE\n"
        "error: service.py:8: the secret 'three' is not given\n"
        "hint: --secret id=three,src=FILE, or id=three,env=VARIABLE\n"
    )
    assert (ran.code, ran.out) == (1, "")
    assert tiny.files() == ["pyproject.toml", "service.py"]


def test_a_build(told: Project) -> None:
    named = ("-t", "a:1", "-t", "b", "--build-arg", "FTP_PROXY=p")
    ran = told.lading("build", *named, "--", "--more", "-x")
    assert ran.err == (
        "writing .lading/linux-amd64\n"
        "building with teller\n"
        "linux/amd64 ('a:1', 'b') (('FTP_PROXY', 'p'),) ('--more', '-x')\n"
        "built a:1, b\n"
    )
    assert (ran.code, ran.out) == (0, "")


def test_a_build_argument_that_nothing_declares_is_refused(told: Project) -> None:
    ran = told.lading("build", "--build-arg", "no_proxy=a", "--build-arg", "VERSION=1")
    assert ran.err.splitlines()[-3:-1] == [
        "error: --build-arg: the image declares no build argument VERSION",
        "hint: write the value into the Image, or for a proxy set HTTP_PROXY in the environment",
    ]
    assert (ran.code, ran.out) == (2, "")
    assert not any(name.startswith(".lading/") for name in told.files())


def test_the_secret_of_the_certificates_is_refused(told: Project) -> None:
    ran = told.lading("build", "--secret", "id=ca-bundle,env=HOME")
    assert ran.err.startswith(
        'error: --secret: secret id "ca-bundle" is reserved for the certificate authorities of a'
        " build\nhint: hand them over with --ca-bundle FILE, or choose another id\n"
    )
    assert (ran.code, ran.out) == (2, "")


def test_a_build_without_a_tag_says_what_that_means(told: Project) -> None:
    ran = told.lading("build", "--", "--more")
    assert ran.err.splitlines()[-2:] == [
        "built an image without a name",
        "hint: give it one with -t NAME, to run or to push it",
    ]
    assert ran.code == 0


def test_a_build_with_json(told: Project) -> None:
    ran = told.lading("build", "--json", "-q", "-t", "a")
    assert json.loads(ran.out) == {
        "engine": "teller",
        "tags": ["a"],
        "platform": "linux/amd64",
        "key": "sha256:DIGEST",
    }
    assert ran.code == 0


def test_a_failed_build_shows_the_engines_own_words_and_exit_code(told: Project) -> None:
    ran = told.lading("build", "-t", "a", TELLER_CODE="3")
    assert ran.err.endswith(
        "linux/amd64 ('a',) () ()\nerror: teller could not build the image (exit code 3)\n"
    )
    assert (ran.code, ran.out) == (1, "")


def test_a_quiet_build_that_failed_says_the_engines_words_once(told: Project) -> None:
    ran = told.lading("build", "-q", "-t", "a", TELLER_CODE="3")
    assert ran.err == (
        "error: teller could not build the image (exit code 3)\n  linux/amd64 ('a',) () ()\n"
    )
    assert (ran.code, ran.out) == (1, "")
