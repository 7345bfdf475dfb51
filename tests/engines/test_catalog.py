from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest

from lading.engines import (
    Availability,
    BuildRequest,
    Command,
    build,
    catalog,
    diagnose,
    engines,
    find_engine,
    register_engine,
)
from lading.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    AddProgram = Callable[[str, str], Path]


class Copier:
    """An engine of somebody else's: its image is a copy of the Dockerfile."""

    name = "copier"

    def probe(self, environment: Mapping[str, str]) -> Availability:
        del environment
        return Availability(usable=True, version="1")

    def commands(
        self, request: BuildRequest, environment: Mapping[str, str]
    ) -> tuple[Command, ...]:
        del environment
        target = str(request.context / "image")
        return (
            Command(argv=("cp", str(request.dockerfile), target), purpose="copy"),
            Command(
                argv=("sh", "-c", 'echo "$WORD $platform"'),
                purpose="talk",
                env=(("platform", request.platform),),
            ),
        )


class Broken:
    name = "broken"

    def probe(self, environment: Mapping[str, str]) -> Availability:
        raise KeyError(environment.get("x", "no key"))

    def commands(
        self, request: BuildRequest, environment: Mapping[str, str]
    ) -> tuple[Command, ...]:
        raise NotImplementedError(request, environment)


@pytest.fixture(autouse=True)
def _own_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "_engines", dict(catalog._engines))


def test_the_order_of_choice_is_the_documented_one() -> None:
    assert [engine.name for engine in engines()] == [
        *("buildx", "docker", "podman", "buildah", "nerdctl", "buildctl"),
    ]


def test_the_first_engine_that_can_serve_is_chosen(
    program: AddProgram, environment: dict[str, str]
) -> None:
    program("buildah", "echo buildah version 1.28.2")
    assert find_engine(None, environment).name == "buildah"
    program("podman", "echo podman version 4.3.1")
    assert find_engine(None, environment).name == "podman"


def test_when_none_can_serve_every_reason_is_told(
    program: AddProgram, environment: dict[str, str]
) -> None:
    program("buildah", '[ "$1" = info ] && { echo no namespaces; exit 1; }; echo buildah 1.28')
    with pytest.raises(BuildError) as caught:
        find_engine(None, environment)
    assert [problem.message for problem in caught.value.problems] == [
        "no container engine can serve here",
        "buildx can't serve: docker has no buildx plugin, or there is no docker",
        "docker can't serve: docker is not on PATH",
        "podman can't serve: podman is not on PATH",
        "buildah can't serve: no namespaces",
        "nerdctl can't serve: nerdctl is not on PATH",
        "buildctl can't serve: buildctl is not on PATH",
    ]
    assert all(problem.hint for problem in caught.value.problems)


def test_a_named_engine_that_cannot_serve_is_an_error_and_no_other_is_taken(
    program: AddProgram,
    environment: dict[str, str],
) -> None:
    program("buildah", "echo buildah version 1.28.2")
    with pytest.raises(BuildError, match="podman can't serve: podman is not on PATH"):
        find_engine("podman", environment)


def test_a_mistyped_engine_gets_the_one_that_was_meant(environment: dict[str, str]) -> None:
    with pytest.raises(BuildError, match="no container engine named 'bulidah'") as caught:
        find_engine("bulidah", environment)
    assert caught.value.problems[0].hint == (
        'did you mean "buildah"? known: buildx, docker, podman, buildah, nerdctl, buildctl'
    )


def test_a_registered_engine_builds(
    request_for: Callable[..., BuildRequest], host_environment: dict[str, str]
) -> None:
    register_engine(Copier())
    assert engines()[-1].name == "copier"
    request = request_for()
    seen: list[str] = []
    engine = find_engine("copier", host_environment)
    build(engine, request, {**host_environment, "WORD": "hello"}, seen.append)
    assert (request.context / "image").read_text() == "FROM scratch\n"
    assert seen == ["hello linux/amd64"]


def test_a_name_is_registered_once() -> None:
    register_engine(Copier())
    with pytest.raises(BuildError, match="named 'copier' is registered already"):
        register_engine(Copier())


ACME = """\
from lading.engines import Availability, Command

class Engine:
    name = "its own word"

    def probe(self, environment):
        return Availability(usable=True, version="7")

    def commands(self, request, environment):
        words = ("echo", request.platform)
        return (Command(argv=words, purpose="talk"),)

engine = Engine()
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Installs a package `acme`, as an installer leaves it, with these entry points."""
    site = tmp_path / "site"

    def install(points: str) -> Path:
        info = site / "acme-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[lading.engines]\n{points}")
        (site / "acme.py").write_text(ACME)
        (site / "acme_broken.py").write_text("import heavy_and_missing\n")
        (site / "acme_rude.py").write_text("raise SystemExit(3)\n")
        monkeypatch.syspath_prepend(site)
        return site

    for one in ("acme", "acme_broken", "acme_rude"):
        sys.modules.pop(one, None)
    return install


def test_an_installed_package_brings_an_engine_and_is_imported_only_for_it(
    installed: Callable[[str], Path],
    request_for: Callable[..., BuildRequest],
    host_environment: dict[str, str],
    program: AddProgram,
    environment: dict[str, str],
) -> None:
    installed("acme = acme:engine\n")
    program("podman", "echo podman version 4.3.1")
    assert [engine.name for engine in engines()][-2:] == ["buildctl", "acme"]
    assert find_engine(None, environment).name == "podman"
    assert "acme" not in sys.modules
    seen: list[str] = []
    build(find_engine("acme", host_environment), request_for(), host_environment, seen.append)
    assert seen == ["linux/amd64"]
    with pytest.raises(BuildError) as caught:
        find_engine("acne", environment)
    assert str(caught.value.problems[0].hint).startswith('did you mean "acme"? known: buildx, ')


def test_what_is_wrong_with_an_installed_engine_is_why_it_can_not_serve(
    installed: Callable[[str], Path], environment: dict[str, str]
) -> None:
    installed(
        "broken = acme_broken:engine\nrude = acme_rude:engine\nnone = acme:nothing\n"
        "kind = acme:Engine\nmodule = acme\ndocker = acme:engine\n"
    )
    reasons = {(one.name, one.reason): one.hint for one in diagnose(environment)}
    brought = [(name, reason) for name, reason in reasons if reason and "acme" in reason]
    assert sorted(brought) == [
        (
            "broken",
            (
                "acme_broken:engine of acme can't be loaded: "
                "ModuleNotFoundError: No module named 'heavy_and_missing'"
            ),
        ),
        ("docker", "acme:engine of acme is left out: another engine has its name"),
        ("kind", "acme:Engine of acme is no engine"),
        ("module", "acme of acme is no engine"),
        (
            "none",
            (
                "acme:nothing of acme can't be loaded: "
                "AttributeError: module 'acme' has no attribute 'nothing'"
            ),
        ),
        ("rude", "acme_rude:engine of acme can't be loaded: SystemExit: 3"),
    ]
    assert reasons["kind", "acme:Engine of acme is no engine"] == (
        'the entry point of the group lading.engines names one: mine = "my_package:engine"'
    )
    with pytest.raises(BuildError, match="docker is not on PATH"):
        find_engine("docker", environment)


def test_the_doctor_sees_every_engine_and_outlives_a_broken_one(
    program: AddProgram, environment: dict[str, str]
) -> None:
    register_engine(Broken())
    program("docker", "kill -9 $$")
    program("podman", "echo podman version 4.3.1")
    program("buildah", "printf '\\377'; exit 1")
    found = {diagnosis.name: diagnosis for diagnosis in diagnose(environment)}
    assert list(found) == [engine.name for engine in engines()]
    assert [name for name, diagnosis in found.items() if diagnosis.usable] == ["podman"]
    assert found["podman"].version == "4.3.1"
    assert found["broken"].reason == "its probe failed: KeyError: 'no key'"
    assert all(diagnosis.reason for diagnosis in found.values() if not diagnosis.usable)


def test_the_doctor_asks_all_at_once(
    program: AddProgram,
    bin_folder: Path,
    host_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lading.engines.engine.PROBE_SECONDS", 0.5)
    for name in ("docker", "podman", "buildah", "nerdctl", "buildctl"):
        program(name, "sleep 60")
    path = f"{bin_folder}:{host_environment['PATH']}"
    started = time.monotonic()
    found = diagnose({"PATH": path})
    assert time.monotonic() - started < 30
    assert not any(diagnosis.usable for diagnosis in found if diagnosis.name != "docker")


def test_the_doctor_shows_no_credentials(program: AddProgram, environment: dict[str, str]) -> None:
    complaint = "cannot reach tcp://me:hunter2hunter2@far.example.test:2376"
    program("podman", f'[ "$1" = info ] && {{ echo "{complaint}"; exit 1; }}; echo podman 4.3')
    found = next(item for item in diagnose(environment) if item.name == "podman")
    assert found.reason == "cannot reach tcp://***@far.example.test:2376"


def test_a_docker_without_buildkit_serves_for_the_classic_dialect(
    program: Callable[[str, str], Path], environment: dict[str, str]
) -> None:
    program(
        "docker",
        'case "$*" in\n--version) echo Docker version 28.2.2 ;;\n'
        "'version --format '*) echo 28.2.2 ;;\n*) exit 1 ;;\nesac",
    )
    assert find_engine(None, environment, dialect="classic").name == "docker"
    assert find_engine("docker", environment, dialect="classic").name == "docker"
    with pytest.raises(BuildError, match="or build with --dialect classic, which it can"):
        find_engine("docker", environment)
    found = next(one for one in diagnose(environment) if one.name == "docker")
    assert (found.usable, found.classic) == (False, True)
    program("docker", 'test "$*" = --version && echo Docker version 28.2.2')
    with pytest.raises(BuildError, match="no container engine can serve"):
        find_engine(None, environment, dialect="classic")
