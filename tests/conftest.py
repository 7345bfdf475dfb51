"""Every test's surroundings, and the tests that need more than Python.

`@pytest.mark.engine("docker")` marks a test that needs container engines, by name;
`@pytest.mark.network` one that asks the package index. Where something is missing they are skipped,
and the closing summary says which and why; with LADING_REQUIRE_ENGINES=1 they fail.
"""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import settings

import engine_support

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEFT_OUT = "left out"

# A developer's own settings must not decide what a test sees.
PERSONAL = (
    "DOCKER_CONFIG",
    "NETRC",
    "REGISTRY_AUTH_FILE",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
)

# How long an example takes is for the machine to say, and no law.
settings.register_profile("lading", deadline=None)
settings.load_profile("lading")

_numbers = itertools.count()


@pytest.fixture(scope="session")
def uv_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache of uv's for all tests: what one of them has downloaded, the next one has.

    Workers that run beside each other share it too, as a user's projects do.
    """
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # a worker's folder is inside that of the run
        root = root.parent
    cache = root / "uv-cache"
    cache.mkdir(exist_ok=True)
    return cache


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds each test's home."""
    return tmp_path_factory.mktemp("homes", numbered=False)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, homes: Path, uv_cache: Path) -> Path:
    """An empty home for each test."""
    home = homes / str(next(_numbers))
    home.mkdir()
    for name in PERSONAL:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    if not os.environ.get("UV_CACHE_DIR"):
        monkeypatch.setenv("UV_CACHE_DIR", str(uv_cache))
    return home


@pytest.fixture
def registry(request: pytest.FixtureRequest) -> str:
    """A registry on loopback, as host:port, that takes anything from anybody over plain HTTP."""
    return _variable(request, engine_support.REGISTRY)


@pytest.fixture
def base_image(request: pytest.FixtureRequest) -> str:
    """Debian bookworm with Python 3.11, in the registry."""
    return _variable(request, engine_support.BASE)


@pytest.fixture
def base_image_user(request: pytest.FixtureRequest) -> str:
    """The same, with `USER 1001`."""
    return _variable(request, engine_support.BASE_USER)


@pytest.fixture
def base_image_bare(request: pytest.FixtureRequest) -> str:
    """Debian bookworm without Python and without CA certificates, in the registry."""
    return _variable(request, engine_support.BASE_BARE)


@pytest.fixture
def build_network() -> str:
    """The network that builds must ask for to reach a package index: `default` or `host`."""
    return os.environ.get(engine_support.NETWORK) or "default"


@pytest.fixture
def docker(build_network: str) -> Iterator[engine_support.Engine]:
    """Docker, for tests marked `engine("docker")`."""
    yield from _engine("docker", build_network)


@pytest.fixture
def podman(build_network: str) -> Iterator[engine_support.Engine]:
    """Podman, for tests marked `engine("podman")`."""
    yield from _engine("podman", build_network)


@pytest.fixture
def buildah(build_network: str) -> Iterator[engine_support.Engine]:
    """Buildah, for tests marked `engine("buildah")`."""
    yield from _engine("buildah", build_network)


def _engine(program: str, network: str) -> Iterator[engine_support.Engine]:
    engine = engine_support.Engine(program=program, network=network)
    yield engine
    engine.clean()


def _variable(request: pytest.FixtureRequest, name: str) -> str:
    missing = engine_support.missing_variable(name)
    if missing:
        _leave_out(request.node, missing)
    return os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for name in _engines(item):
            if name not in engine_support.ENGINES:
                known = ", ".join(engine_support.ENGINES)
                raise pytest.UsageError(f"{item.nodeid}: engine {name!r} is none of {known}")
    # Workers take files in this order: one that takes long and comes last would be waited for.
    first = [
        {item.path for item in items if item.get_closest_marker(name)}
        for name in ("long", "network")
    ]
    items.sort(key=lambda item: [item.path not in files for files in first])


# Before the fixtures: those of a test that can't run are not made.
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for name in _engines(item):
        missing = engine_support.missing_engine(name)
        if missing:
            _leave_out(item, missing)
    if item.get_closest_marker("network"):
        missing = engine_support.missing_network()
        if missing:
            _leave_out(item, missing)


def _engines(item: pytest.Item) -> list[str]:
    return [name for mark in item.iter_markers("engine") for name in mark.args]


def _leave_out(item: pytest.Item, missing: str) -> NoReturn:
    if engine_support.must_run():
        pytest.fail(missing, pytrace=False)
    # On the report, so that it also arrives where tests run in several processes.
    item.user_properties.append((LEFT_OUT, missing))
    pytest.skip(missing)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    left_out: dict[str, list[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        for kind, reason in getattr(report, "user_properties", ()):
            if kind == LEFT_OUT:
                left_out.setdefault(reason, []).append(report.nodeid)
    if not left_out:
        return
    terminalreporter.section("engine tests left out")
    for reason, tests in left_out.items():
        terminalreporter.write_line(f"{reason}:")
        for test in tests:
            terminalreporter.write_line(f"  {test}")
    number = sum(map(len, left_out.values()))
    terminalreporter.write_line(f"engine tests left out: {number}")
