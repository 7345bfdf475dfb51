"""What the engine and network tests need of the machine, and what is said where it is missing.

`ci/engines.sh start` provides all of it; its env file sets the variables that are read here.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uv

from lading import process

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BASE",
    "BASE_BARE",
    "BASE_USER",
    "ENGINES",
    "NETWORK",
    "REGISTRY",
    "Container",
    "Engine",
    "default_index",
    "missing_engine",
    "missing_network",
    "missing_variable",
    "must_run",
]

REGISTRY = "LADING_TEST_REGISTRY"
BASE = "LADING_TEST_BASE"
BASE_USER = "LADING_TEST_BASE_USER"
BASE_BARE = "LADING_TEST_BASE_BARE"

# Docker's configuration that has the buildx plugin, where the machine's own has not.
BUILDX_CONFIG = "LADING_TEST_BUILDX_CONFIG"

# The address of a Docker that is newer than the machine's own.
NEWER_DOCKER = "LADING_TEST_NEWER_DOCKER"
NETWORK = "LADING_TEST_NETWORK"

# Whether all that the engines hold goes after the tests.
LEAVE_IMAGES = "LADING_TEST_LEAVE_IMAGES"
REQUIRE = "LADING_REQUIRE_ENGINES"

# A question that an engine answers only where it can work.
ENGINES = {
    "docker": ("docker", "version", "--format", "{{.Server.Version}}"),
    "buildx": ("docker", "buildx", "version"),
    "podman": ("podman", "info", "--format", "{{.Host.OCIRuntime.Name}}"),
    "buildah": ("buildah", "info"),
    "skopeo": ("skopeo", "--version"),
}

# A package that is small, has no dependencies, and has been on every index for years.
PROBE = "iniconfig"

PROBE_SECONDS = 60.0
ENGINE_SECONDS = 600.0
START_SECONDS = 60.0


def default_index() -> str:
    """The package index that pip asks where nobody names one."""
    code = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    done = process.run((sys.executable, "-c", code), env=os.environ, timeout=60)
    return done.stdout.strip()


def must_run() -> bool:
    """Whether a missing engine is a failure: CI has them all, and must notice when it doesn't."""
    return os.environ.get(REQUIRE, "") not in {"", "0"}


def missing_variable(name: str) -> str | None:
    """What is missing for a test that needs this variable, or None."""
    if os.environ.get(name):
        return None
    return f"{name} is not set (ci/engines.sh start writes it to its env file)"


@functools.cache
def missing_engine(name: str) -> str | None:
    """What is missing for tests with this engine, or None.

    Raises:
        KeyError: If it is no engine that CI can provide.
    """
    probe = ENGINES[name]
    if name == "buildx" and os.environ.get(BUILDX_CONFIG):
        probe = (probe[0], "--config", os.environ[BUILDX_CONFIG], *probe[1:])
    if shutil.which(probe[0]) is None:
        return f"{name} is not on PATH"
    return _refusal(name, probe) or missing_variable(REGISTRY) or missing_variable(BASE)


@functools.cache
def missing_network() -> str | None:
    """What is missing for tests that ask the configured package index, or None.

    uv is asked, so that its own configuration (index, certificates, proxy) decides.
    """
    argv = (uv.find_uv_bin(), "pip", "compile", "--quiet", "--refresh", "--no-header", "-")
    return _refusal("the package index", argv, stdin=f"{PROBE}\n")


def _refusal(what: str, argv: tuple[str, ...], *, stdin: str | None = None) -> str | None:
    try:
        done = process.run(argv, env=os.environ, stdin=stdin, timeout=PROBE_SECONDS)
    except OSError as error:
        return f"{what} does not answer: {error}"
    if done.returncode == 0:
        return None
    said = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return f"{what} does not answer: {said[-1].strip() if said else 'no message'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container that is running.

    Attributes:
        engine: Whose container it is.
        id: Its id.
        url: Where its port answers, without a slash at the end.
    """

    engine: Engine
    id: str
    url: str

    def get(self, path: str) -> tuple[int, str]:
        """Asks the container by HTTP until it answers: the status and the body."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with urllib.request.urlopen(self.url + path, timeout=5) as answer:  # noqa: S310 - http
                    return answer.status, answer.read().decode()
            except OSError:
                if time.monotonic() > deadline or not self.running():
                    raise AssertionError(f"no answer from {path}:\n{self.logs()}") from None
                time.sleep(0.2)

    def running(self) -> bool:
        """Whether its first process is alive."""
        return bool(self.engine.inspect_container(self.id)["State"]["Running"])

    def logs(self) -> str:
        """All that it has written."""
        done = self.engine.attempt("logs", self.id)
        return done.stdout + done.stderr

    def stop(self, *, seconds: int = 20) -> int:
        """Sends the stop signal and waits, then kills it: its exit code (137 is a kill)."""
        self.engine.run("stop", "--time", str(seconds), self.id)
        return int(self.engine.inspect_container(self.id)["State"]["ExitCode"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The command line of an engine, as a test uses it to look at what was built.

    Attributes:
        program: docker, podman, buildah or skopeo.
        network: The network that its containers and builds can reach out by: default or host.
    """

    program: str
    network: str = "default"
    tags: list[str] = field(default_factory=list, compare=False)

    def attempt(self, *words: str, stdin: str | None = None) -> process.Completed:
        """Runs it and returns what came of it, also where it failed."""
        argv = (self.program, *words)
        return process.run(argv, env=os.environ, stdin=stdin, timeout=ENGINE_SECONDS)

    def run(self, *words: str, stdin: str | None = None) -> str:
        """Runs it and returns its output; a failure fails the test with the engine's words."""
        done = self.attempt(*words, stdin=stdin)
        assert done.returncode == 0, f"{' '.join(done.argv)}: {done.stderr or done.stdout}"
        return done.stdout

    def tag(self, name: str) -> str:
        """A name for an image of this test; the image goes when the test ends."""
        tag = f"lading-test/{name}:{os.getpid()}-{len(self.tags)}"
        self.tags.append(tag)
        return tag

    def inspect(self, image: str) -> dict[str, Any]:
        """An image's description by the engine."""
        found: list[dict[str, Any]] = json.loads(self.run("image", "inspect", image))
        return found[0]

    def inspect_container(self, container: str) -> dict[str, Any]:
        """A container's description by the engine."""
        found: list[dict[str, Any]] = json.loads(self.run("container", "inspect", container))
        return found[0]

    def output_of(self, image: str, *words: str, options: tuple[str, ...] = ()) -> str:
        """Runs a command in a new container and returns its standard output."""
        return self.run("run", "--rm", *self._network(), *options, image, *words)

    @contextlib.contextmanager
    def serving(
        self, image: str, *words: str, port: int, options: tuple[str, ...] = ()
    ) -> Iterator[Container]:
        """A container of the image in the background, removed at the end of the block."""
        publish = () if self.network == "host" else ("--publish", f"127.0.0.1::{port}")
        started = self.run("run", "--detach", *self._network(), *publish, *options, image, *words)
        container = started.strip()
        try:
            url = f"http://{self._address(container, port)}"
            yield Container(engine=self, id=container, url=url)
        finally:
            self.attempt("rm", "--force", container)

    def clean(self) -> None:
        """Removes the images that the test named."""
        if self.tags:
            self.attempt("rmi", "--force", *self.tags)
        self.tags.clear()

    def _network(self) -> tuple[str, ...]:
        return ("--network", "host") if self.network == "host" else ()

    def _address(self, container: str, port: int) -> str:
        if self.network == "host":
            return f"127.0.0.1:{port}"
        return self.run("port", container, f"{port}/tcp").strip().splitlines()[0]
