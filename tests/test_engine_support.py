from __future__ import annotations

import socket
from pathlib import Path

import pytest

import engine_support
from lading import process

pytest_plugins = ("pytester",)

HERE = Path(__file__).parent
SOURCE = Path(process.__file__).parents[1]

NEEDS_DOCKER = """
import pytest

@pytest.mark.engine("docker")
def test_builds(): ...

def test_pushes(registry): ...

def test_needs_nothing(): ...
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with our conftest, on a machine where nothing is installed."""
    for name in (engine_support.REQUIRE, engine_support.REGISTRY, engine_support.BASE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(pytester.path))
    pytester.makeconftest((HERE / "conftest.py").read_text())
    pytester.makepyprojecttoml(
        f"""
        [tool.pytest.ini_options]
        pythonpath = ["{HERE}", "{SOURCE}"]
        markers = ["engine(*names)", "network"]
        """
    )
    return pytester


def test_a_test_without_its_engine_is_left_out_and_named_at_the_end(
    project: pytest.Pytester,
) -> None:
    project.makepyfile(NEEDS_DOCKER)
    ended = project.runpytest_subprocess()
    ended.assert_outcomes(passed=1, skipped=2)
    ended.stdout.fnmatch_lines(
        [
            "*engine tests left out*",
            "docker is not on PATH:",
            "  *::test_builds",
            "LADING_TEST_REGISTRY is not set (ci/engines.sh start writes it to its env file):",
            "  *::test_pushes",
            "engine tests left out: 2",
        ]
    )


def test_where_engines_are_required_a_missing_one_fails(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(engine_support.REQUIRE, "1")
    project.makepyfile(NEEDS_DOCKER)
    ended = project.runpytest_subprocess()
    ended.assert_outcomes(passed=1, errors=2)
    ended.stdout.fnmatch_lines(["*docker is not on PATH*"])


def test_an_engine_that_nobody_provides_is_a_mistake_in_the_test(project: pytest.Pytester) -> None:
    project.makepyfile('import pytest\n@pytest.mark.engine("dokcer")\ndef test_it(): ...\n')
    ended = project.runpytest_subprocess()
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    ended.stderr.fnmatch_lines(
        ["*engine 'dokcer' is none of docker, buildx, podman, buildah, skopeo"]
    )


def test_each_test_has_an_empty_home(home: Path) -> None:
    assert Path.home() == home
    assert not list(home.iterdir())


def test_a_test_can_talk_to_itself_only() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()
    # An address for documentation (RFC 5737). The refusal is a warning, and warnings are errors.
    with pytest.raises(UserWarning, match="A test tried to use socket"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


@pytest.mark.engine("docker")
def test_docker_can_use_the_base_image(docker: engine_support.Engine, base_image: str) -> None:
    assert docker.output_of(base_image, "python3", "-c", "print(6 * 7)") == "42\n"


@pytest.mark.engine("podman")
def test_podman_can_use_the_base_image(podman: engine_support.Engine, base_image: str) -> None:
    assert podman.output_of(base_image, "python3", "-c", "print(6 * 7)") == "42\n"


@pytest.mark.engine("docker")
def test_the_other_base_images_are_what_they_are_called(
    docker: engine_support.Engine, base_image_user: str, base_image_bare: str
) -> None:
    assert docker.output_of(base_image_user, "id", "-u") == "1001\n"
    looked = docker.attempt("run", "--rm", base_image_bare, "which", "python3")
    assert looked.returncode != 0


@pytest.mark.engine("docker")
def test_a_container_serves_and_stops(docker: engine_support.Engine, base_image: str) -> None:
    server = ("python3", "-m", "http.server", "8000")
    with docker.serving(base_image, *server, port=8000) as container:
        assert container.get("/etc/debian_version")[0] == 200
        # It is the first process, and handles no signal: nothing but a kill ends it.
        assert container.stop(seconds=1) == 137


@pytest.mark.network
def test_the_package_index_is_asked_once_a_session() -> None:
    before = engine_support.missing_network.cache_info().misses
    assert engine_support.missing_network() is None
    assert engine_support.missing_network.cache_info().misses == before
