"""`lading build` and `lading doctor`, without an engine, and with one of the project's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from registry.certificates import self_signed

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


# One that tells where the secrets are, what they are, and then does as it is told.
KEEPER = """
import sys
from dataclasses import dataclass
from lading import register_engine, secret
from lading.engines import Availability, Command

CODE = '''
import os, pathlib, signal, sys, time
print("scratch", sys.argv[1])
for path in sys.argv[2:]:
    file = pathlib.Path(path)
    print(oct(file.stat().st_mode)[-3:], oct(file.parent.stat().st_mode)[-3:], file.read_text())
sys.stdout.flush()
if os.environ.get("KEEPER") == "fail":
    raise SystemExit(7)
if os.environ.get("KEEPER") == "wait":
    time.sleep(0.5)  # until what was said so far has been read
    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(30)
'''

@dataclass(frozen=True)
class Keeper:
    name: str = "keeper"

    def probe(self, environment):
        return Availability(usable=True, version="1.0")

    def commands(self, request, environment):
        said = [source.variable or source.id for source in request.secrets]
        print("given", said, request.users, request.dialect, request.ca_bundle, file=sys.stderr)
        files = [str(source.file) for source in request.secrets if source.file]
        argv = (sys.executable, "-c", CODE, *[files[-1] for _ in files[-1:]], *files)
        return (Command(argv=argv, purpose="build the image"),)

register_engine(Keeper())
"""

VALUE = "hunter2hunter2"


@pytest.fixture
def kept(locked: Project) -> Project:
    """A project whose image takes a secret of each kind, and an engine that looks at them."""
    naming(
        locked,
        '.index("https://corp.test/simple", name="corp", secret="TOKEN", packages=["none"])',
        '.run("a", secrets=[secret("in_file", file="value"), "TOKEN"])',
        '.run("b", secrets=[secret("printed", command=["./print"])])',
    )
    locked.write("print", f"#!/bin/sh\necho {VALUE}; echo >> ran\n").chmod(0o755)
    locked.write("service.py", f"from lading import secret\n{locked.read('service.py')}{KEEPER}")
    locked.write("value", VALUE)
    return locked


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
        "classic": False,
    }
    assert (ran.code, ran.err) == (1, "")


def test_doctor_says_what_can_build_the_classic_dialect(bare: Project, tmp_path: Path) -> None:
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(
        '#!/bin/sh\ncase "$*" in\n--version) echo Docker version 28.2.2 ;;\n'
        "'version --format '*) echo 28.2.2 ;;\n*) exit 1 ;;\nesac\n"
    )
    docker.chmod(0o755)
    ran = bare.lading("doctor", PATH=str(docker.parent))
    lines = ran.out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("no  docker"))
    assert lines[place + 2] == "              with --dialect classic it can"
    assert sum("--dialect classic" in line for line in lines) == 1


def test_a_build_that_needs_an_engine_where_none_is(tiny: Project) -> None:
    unlocked = ".replace(lock_system_packages=False)"
    naming(tiny, '.run("a")', f'.system_packages("curl"){unlocked}')
    ran = tiny.lading("build", "-t", "x")
    steps = (
        "error: service.py:7: a command has to be executed\n"
        "error: service.py:8: the distribution's package manager has to be executed\n"
    )
    assert (ran.code, ran.out, ran.err) == (1, "", steps + NONE)
    assert tiny.files() == ["pyproject.toml", "service.py"]


def test_an_engine_that_is_not_known(tiny: Project) -> None:
    ran = tiny.lading("build", "--engine", "dokcer")
    assert ran.err == (
        "error: --engine: there is no container engine named 'dokcer'\n"
        'hint: did you mean "docker"? known: auto, oci, buildx, docker, podman, buildah, nerdctl, '
        "buildctl\n"
        "usage: lading build [OPTIONS] [TARGET] [-- ENGINE_OPTION...]\n"
    )
    assert (ran.code, ran.out) == (2, "")
    assert 'did you mean "oci"? known: auto, oci' in tiny.lading("build", "--engine", "oic").err


def naming(project: Project, *calls: str) -> None:
    """Put calls before the last one of the project's image."""
    source = project.read("service.py")
    project.write("service.py", source.replace(".cmd", "\n    ".join((*calls, ".cmd"))))


def test_secrets_that_are_missing_are_refused_before_anything_is_done(tiny: Project) -> None:
    naming(
        tiny,
        '.run("a", secrets=["ONE"])',
        '.run("b", secrets=["TWO", "three.x", "ONE"])',
        '.python_packages("demo", secrets=["FOUR"])',
        '.index("https://corp.test/simple", name="corp", secret="FIVE")',
    )
    ran = tiny.lading("build", "--secret", "id=TWO,env=HOME")
    assert ran.err == (
        "error: service.py:7: secret 'ONE': the environment variable ONE is not set\n"
        "hint: set ONE, or name another source: --secret id=ONE,src=FILE\n"
        "error: service.py:8: the secret 'three.x' is not given, and is no name of an environment "
        "variable\n"
        "hint: --secret id=three.x,src=FILE, or id=three.x,env=VARIABLE\n"
        "error: service.py:9: secret 'FOUR': the environment variable FOUR is not set\n"
        "hint: set FOUR, or name another source: --secret id=FOUR,src=FILE\n"
        "error: service.py:10: secret 'FIVE': the environment variable FIVE is not set\n"
        "hint: set FIVE, or name another source: --secret id=FIVE,src=FILE\n"
    )
    assert (ran.code, ran.out) == (1, "")
    assert tiny.files() == ["pyproject.toml", "service.py"]


def test_a_secret_that_nothing_names_is_refused(tiny: Project) -> None:
    naming(tiny, '.run("a", secrets=["TOKEN"])')
    ran = tiny.lading("build", "--secret", "id=TOKNE,env=HOME")
    assert ran.err == (
        "error: --secret: nothing in the image names the secret 'TOKNE'\n"
        'hint: did you mean "TOKEN"?\n'
        "usage: lading build [OPTIONS] [TARGET] [-- ENGINE_OPTION...]\n"
    )
    assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize(("after", "code"), [("", 0), ("fail", 1), ("wait", 130)])
def test_secrets_are_handed_over_and_nothing_is_left(kept: Project, after: str, code: int) -> None:
    ran = kept.lading("build", TOKEN=VALUE, KEEPER=after)
    assert ran.code == code
    lines = ran.err.splitlines()
    assert "given ['TOKEN', 'in_file', 'printed'] (('TOKEN', '__token__'),) buildkit None" in lines
    assert lines.count("600 700 ***") == 1  # what the command printed
    assert sum(line.endswith(" ***") for line in lines) == 2  # and the file, as it lies there
    [scratch] = [line.removeprefix("scratch ") for line in lines if line.startswith("scratch ")]
    assert not Path(scratch).parent.exists()
    assert kept.read("ran") == "\n"  # the command ran once
    assert VALUE not in ran.out + ran.err
    written = [name for name in kept.files() if name not in {"print", "value"}]
    assert not any(VALUE in kept.read(name) for name in written)


def test_a_secret_of_the_command_line_comes_before_the_images_own(kept: Project) -> None:
    kept.write("other", "s3cr3t-of-the-command-line")
    ran = kept.lading("build", "--secret", "id=printed,src=other", TOKEN=VALUE)
    assert ran.code == 0
    assert "ran" not in kept.files()


def test_a_secrets_own_file_is_not_copied_into_the_image(kept: Project) -> None:
    naming(kept, '.build_include(".", exclude=["lading.lock"])')
    ran = kept.lading("build", TOKEN=VALUE)
    assert "service.py:9: value holds the secret 'in_file', and would be in the build" in ran.err
    assert (ran.code, ran.out) == (1, "")
    assert not any(name.startswith(".lading/") for name in kept.files())


def test_a_classic_build_takes_no_secret(kept: Project) -> None:
    ran = kept.lading("build", "--dialect", "classic", TOKEN=VALUE)
    assert "service.py:9: the classic dialect has no way to hand over the secret in_file" in ran.err
    assert (ran.code, ran.out) == (1, "")
    assert "ran" not in kept.files()


def test_a_classic_build_takes_no_certificates(told: Project, tmp_path: Path) -> None:
    _, bundle = self_signed(tmp_path)
    ran = told.lading("build", "--dialect", "classic", "--ca-bundle", str(bundle))
    assert ran.err.startswith("error: --ca-bundle: the classic dialect has no way to hand it to ")
    assert ran.code == 2
    ran = told.lading("build", "--dialect", "classic", SSL_CERT_FILE=str(bundle))
    assert ran.err.startswith("the classic dialect hands the build no SSL_CERT_FILE")
    assert ran.code == 0


def test_a_build(told: Project) -> None:
    named = ("-t", "a:1", "-t", "b", "--build-arg", "FTP_PROXY=p")
    ran = told.lading("build", *named, "--", "--more", "-x")
    assert ran.err == (
        "writing .lading/linux-amd64\n"
        "fetching uv 0.9.9\n"
        "only a container engine heeds --build-arg and the words after `--`\n"
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
    ran = told.lading("build", "--engine", "teller", "--json", "-q", "-t", "a")
    assert json.loads(ran.out) == {
        "engine": "teller",
        "tags": ["a"],
        "platform": "linux/amd64",
        "key": "sha256:DIGEST",
    }
    assert ran.code == 0


def test_an_installed_package_brings_an_engine_for_an_image_of_plain_python(
    locked: Project, tmp_path: Path
) -> None:
    """Of the module only the image is run, and what it imports besides is not missed."""
    naming(locked, '.run("true")')
    locked.write(
        "service.py", f"import acme\nimport heavy_and_missing\n{locked.read('service.py')}"
    )
    info = tmp_path / "site" / "acme-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[lading.engines]\nteller = acme:engine\n")
    source = ENGINE.replace("register_engine(Teller())", "engine = Teller()")
    (info.parent / "acme.py").write_text(source)
    path = f"{locked.environment['PYTHONPATH']}:{info.parent}"
    ran = locked.lading("build", "--engine", "teller", "-t", "a", PYTHONPATH=path)
    assert ran.err.splitlines()[-3:] == [
        "building with teller", "linux/amd64 ('a',) () ()", "built a",
    ]  # fmt: skip
    assert ran.code == 0
    assert "ok  teller    1.0" in locked.lading("doctor", PYTHONPATH=path).out
    ran = locked.lading("build", "--engine", "teller", "-t", "a")
    assert ran.err.splitlines()[0] == (
        "error: --engine: there is no container engine named 'teller'"
    )


def test_a_build_that_takes_an_engine_says_which_steps_need_it(told: Project) -> None:
    unlocked = ".replace(lock_system_packages=False)"
    naming(told, '.run("true")', f'.system_packages("curl"){unlocked}')
    ran = told.lading("build", "-t", "a")
    assert ran.err.splitlines()[-6:] == [
        "a container engine is needed:",
        "  service.py:7: the command `true` runs",
        "  service.py:8: the system packages curl run the distribution's package manager",
        "building with teller",
        "linux/amd64 ('a',) () ()",
        "built a",
    ]
    assert (ran.code, ran.out) == (0, "")


@pytest.mark.parametrize("name", ["buildx", "buildctl"])
def test_what_an_engine_delivers_to_one_place_only(told: Project, name: str) -> None:
    source = told.read("service.py").replace('"teller"', f'"{name}"')
    source = source.replace("register_engine(Teller())", f"catalog._engines[{name!r}] = Teller()")
    told.write("service.py", f"from lading.engines import catalog\n{source}")
    ran = told.lading("build", "--engine", name, "-t", "a", "--push", "--load")
    assert ran.err.splitlines()[:2] == [
        f"error: --push and --load: {name} pushes an image or loads it, not both",
        "hint: leave one of them out, or take another engine: --engine docker",
    ]
    assert (ran.code, ran.out) == (2, "")


def test_a_failed_build_shows_the_engines_own_words_and_exit_code(told: Project) -> None:
    ran = told.lading("build", "--engine", "teller", "-t", "a", TELLER_CODE="3")
    assert ran.err.endswith(
        "linux/amd64 ('a',) () ()\nerror: teller could not build the image (exit code 3)\n"
    )
    assert (ran.code, ran.out) == (1, "")


def test_a_quiet_build_that_failed_says_the_engines_words_once(told: Project) -> None:
    ran = told.lading("build", "--engine", "teller", "-q", "-t", "a", TELLER_CODE="3")
    assert ran.err == (
        "error: teller could not build the image (exit code 3)\n  linux/amd64 ('a',) () ()\n"
    )
    assert (ran.code, ran.out) == (1, "")
