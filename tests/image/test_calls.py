"""What each call adds to an `Image`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from lading import Image, Secret, secret
from lading.errors import Location
from lading.grammar.path import ContainerPath, ProjectPath
from lading.grammar.port import Port
from lading.grammar.requirement import Requirement
from lading.image import steps
from lading.image.system import packages_for

if TYPE_CHECKING:
    from lading.image.steps import Step

AT = Location("a step is equal wherever it was written", 1)


def path(text: str) -> ProjectPath:
    return ProjectPath(text=text)


def inside(text: str) -> ContainerPath:
    return ContainerPath(text=text)


@pytest.mark.parametrize(
    ("image", "step"),
    [
        (
            Image().python_packages("Fast_API", "numpy >= 2", no_binary=["NumPy"]),
            steps.PythonPackages(
                requirements=(Requirement.parse("fast-api"), Requirement.parse("numpy>=2")),
                no_binary=("numpy",),
                location=AT,
            ),
        ),
        (
            Image().python_packages(
                "flash-attn",
                no_build_isolation=["Flash_Attn"],
                requires={"flash_attn": ["torch", "einops>=1"]},
                secrets=[secret("TOKEN", version="2"), "OTHER"],
            ),
            steps.PythonPackages(
                requirements=(Requirement.parse("flash-attn"),),
                no_build_isolation=("flash-attn",),
                requires=(
                    ("flash-attn", (Requirement.parse("torch"), Requirement.parse("einops>=1"))),
                ),
                secrets=(Secret(id="TOKEN", version="2"), Secret(id="OTHER")),
                location=AT,
            ),
        ),
        (
            Image().script_requirements("serve.py", secrets=["TOKEN"]),
            steps.ScriptRequirements(
                path=path("serve.py"), secrets=(Secret(id="TOKEN"),), location=AT
            ),
        ),
        (
            Image().build_packages("libpq-dev", alpine=["libpq"], debian=[]),
            steps.BuildPackages(
                packages=("libpq-dev",),
                by_distro=(("alpine", ("libpq",)), ("debian", ())),
                location=AT,
            ),
        ),
        (
            Image().index(
                "https://corp.example.test/simple",
                name="corp",
                packages=["Corp_Models"],
                secret="TOKEN",  # noqa: S106 - its name
                username="ci",
                client_certificate=secret("PEM", file="~/client.pem"),
            ),
            steps.Index(
                url="https://corp.example.test/simple",
                name="corp",
                packages=("corp-models",),
                username="ci",
                secret=Secret(id="TOKEN"),
                client_certificate=Secret(id="PEM", file="~/client.pem"),
                location=AT,
            ),
        ),
        (
            Image().requirements_file("./deps/requirements.txt"),
            steps.RequirementsFile(path=path("deps/requirements.txt"), location=AT),
        ),
        (
            Image().pyproject_toml(extras=["GPU"], groups=("serve",)),
            steps.PyprojectToml(
                path=path("pyproject.toml"), extras=("gpu",), groups=("serve",), location=AT
            ),
        ),
        (Image().uv_lock(), steps.UvLock(path=path("uv.lock"), location=AT)),
        (
            Image().index("HTTPS://Index.Example.test/simple/", name="own"),
            steps.Index(url="https://index.example.test/simple", name="own", location=AT),
        ),
        (
            Image().index("https://index.example.test/simple", default=True),
            steps.Index(url="https://index.example.test/simple", default=True, location=AT),
        ),
        (
            Image().system_packages("curl", alpine=["libgomp"], debian=["libgomp1"]),
            steps.SystemPackages(
                packages=("curl",),
                by_distro=(("alpine", ("libgomp",)), ("debian", ("libgomp1",))),
                location=AT,
            ),
        ),
        (
            Image().run("a\r\nb", secrets=["token"]),
            steps.Run(command="a\nb", secrets=(Secret(id="token"),), location=AT),
        ),
        (
            Image().run_script("setup.sh", "--all", "$x y", secrets=["token"]),
            steps.RunScript(
                path=path("setup.sh"),
                arguments=("--all", "$x y"),
                secrets=(Secret(id="token"),),
                location=AT,
            ),
        ),
        (
            Image().build_include("src/", "*.py", to="/srv/", exclude=["*.tmp"]),
            steps.BuildInclude(
                patterns=(path("src"), path("*.py")),
                to=inside("/srv"),
                exclude=(path("*.tmp"),),
                location=AT,
            ),
        ),
        (
            Image().env({"B": "2"}, A="1"),
            steps.Env(variables=(("B", "2"), ("A", "1")), location=AT),
        ),
        (Image().workdir("/srv//x/"), steps.Workdir(path=inside("/srv/x"), location=AT)),
        (
            Image().user(1000),
            steps.User(uid=1000, gid=0, name="lading", home=inside("/home/lading"), location=AT),
        ),
        (
            Image().user("0", group=5, name="root"),
            steps.User(uid=0, gid=5, name="root", home=inside("/root"), location=AT),
        ),
        (
            Image().user(7, name="web", home="/var/web"),
            steps.User(uid=7, gid=0, name="web", home=inside("/var/web"), location=AT),
        ),
        (
            Image().expose(8080, "53/udp"),
            steps.Expose(ports=(Port.parse(8080), Port.parse("53/udp")), location=AT),
        ),
        (Image().volume("/data"), steps.Volume(paths=(inside("/data"),), location=AT)),
        (
            Image().label({"org.example.x": "1"}, more="2"),
            steps.Label(labels=(("org.example.x", "1"), ("more", "2")), location=AT),
        ),
        (
            Image().entrypoint("python", "-m", "web"),
            steps.Entrypoint(argv=("python", "-m", "web"), location=AT),
        ),
        (Image().cmd("a", "b c", ""), steps.Cmd(argv=("a", "b c", ""), location=AT)),
        (
            Image().healthcheck(
                "check", interval="30s", timeout=5, start_period=timedelta(minutes=1), retries=3
            ),
            steps.Healthcheck(
                argv=("check",),
                interval="30s",
                timeout="5s",
                start_period="1m",
                retries=3,
                location=AT,
            ),
        ),
        (Image().stop_signal("int"), steps.StopSignal(signal="SIGINT", location=AT)),
    ],
    ids=lambda value: None if isinstance(value, Image) else type(value).__name__,
)
def test_a_call_adds_its_step(image: Image, step: Step) -> None:
    assert image.steps == (step,)


def test_the_constructor_takes_the_fields_known_arguments_in_order() -> None:
    image = Image("python:3.11-slim-bookworm", "debian:12", "3.11", False)
    assert str(image.base_image) == "docker.io/library/python:3.11-slim-bookworm"
    assert str(image.declared_distro) == "debian:bookworm"
    assert str(image.declared_python) == "3.11"
    assert not image.lock_python_packages
    assert image.compile_bytecode


def test_an_image_that_says_nothing_is_debian_with_a_fixed_python() -> None:
    image = Image()
    assert (str(image.distro), str(image.python_version)) == ("debian:trixie", "3.13")
    assert image.base_image is None
    assert image.lock_python_packages
    assert image.steps == ()


@pytest.mark.parametrize(
    ("distro", "packages"),
    [
        ("debian", ("curl", "one")),
        ("ubuntu:24.04", ("curl", "two")),
        ("alpine", ("curl", "three")),
        ("ubi9", ("curl", "four")),
        ("amazonlinux:2023", ("curl", "five")),
    ],
)
def test_packages_by_distro_go_by_its_name_and_then_by_its_family(
    distro: str, packages: tuple[str, ...]
) -> None:
    image = Image(distro=distro).system_packages(
        "curl", debian=["one"], ubuntu=["two"], alpine=["three"], redhat=["four"],
        amazonlinux=["five"],
    )  # fmt: skip
    (step,) = image.steps
    assert isinstance(step, steps.SystemPackages)
    assert packages_for(step, image.distro) == packages


def test_ubuntu_takes_debians_names_where_it_has_none_of_its_own() -> None:
    image = Image(distro="ubuntu:24.04").system_packages(debian=["one"])
    (step,) = image.steps
    assert isinstance(step, steps.SystemPackages)
    assert packages_for(step, image.distro) == ("one",)


@pytest.mark.parametrize(
    ("named", "found"),
    [
        (secret("TOKEN"), Secret(id="TOKEN")),
        (secret("TOKEN", env="CI_TOKEN"), Secret(id="TOKEN", env="CI_TOKEN")),
        (secret("netrc", file="~/.netrc"), Secret(id="netrc", file="~/.netrc")),
        (
            secret("TOKEN", command=["pass", "show", "a b"]),
            Secret(id="TOKEN", command=("pass", "show", "a b")),
        ),
        (
            secret("TOKEN", version="2026-11", variable="HF_TOKEN"),
            Secret(id="TOKEN", version="2026-11", variable="HF_TOKEN"),
        ),
    ],
)
def test_a_secret_is_named_with_at_most_one_source(named: Secret, found: Secret) -> None:
    assert named == found
    assert hash(named) == hash(found)


def test_replace_keeps_the_accelerator() -> None:
    image = Image(accelerator="cpu").python_packages("torch")
    assert image.replace(distro="ubuntu:24.04").accelerator == "cpu"
    assert image.replace(accelerator=None).accelerator is None
    assert image.replace(accelerator=None) != image
    assert image.replace(accelerator="cu126").replace(accelerator="cpu") == image


def test_build_packages_go_by_the_distro_as_system_packages_do() -> None:
    image = Image(distro="ubuntu:24.04").build_packages("gcc", debian=["one"], alpine=["two"])
    (step,) = image.steps
    assert isinstance(step, steps.BuildPackages)
    assert packages_for(step, image.distro) == ("gcc", "one")
    (step,) = image.replace(distro="alpine").steps
    assert isinstance(step, steps.BuildPackages)
    assert packages_for(step, image.replace(distro="alpine").distro) == ("gcc", "two")
