"""What `lading build` hands on to an engine, and what it says when the engine fails."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from building.workshop import DOCKER_AND_PODMAN, EACH_ENGINE, PROGRAM, occurrences, write_project
from engine_support import BASE_BARE, REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable

    from building.workshop import Workshop
    from engine_support import Engine

# No Python in the image, so that nothing is fetched.
START = 'Image(distro="debian:bookworm")'
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
PROXY_PASSWORD = "hunter2-of-no-proxy"  # noqa: S105 - of a proxy that there isn't
CA_MARKER = "marker-of-a-private-authority"
# Of nobody: its key was thrown away.
AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIBmDCCAT2gAwIBAgIUIAfnaT0MJOyrBygesj/WsXbQT8AwCgYIKoZIzj0EAwIw
IDEeMBwGA1UEAwwVTGFkaW5nIHRlc3QgYXV0aG9yaXR5MCAXDTI2MTEyMjE3NDA1
OFoYDzIxMjYxMDI5MTc0MDU4WjAgMR4wHAYDVQQDDBVMYWRpbmcgdGVzdCBhdXRo
b3JpdHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASQZak3w1MaLWonzMjnn+I+
t003tHYex3bvmwX/NyTlKiFLdqog2g9frNNPM96OHDp+pSMtYeHn4dVBI5DOKRMD
o1MwUTAdBgNVHQ4EFgQU4RnrHkG8h45M83FXzvq7fK5CqCUwHwYDVR0jBBgwFoAU
4RnrHkG8h45M83FXzvq7fK5CqCUwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQD
AgNJADBGAiEA6t7QZSMV7H0J7suioalf9oCeRdNN01rvyo3rPuVsI6kCIQCxcb4R
xtrejabIql4UIhpIaHtblU46dPKShp+UuK2d9Q==
-----END CERTIFICATE-----
"""


@pytest.fixture
def bare() -> str:
    return os.environ[BASE_BARE]


def project(folder: Path, calls: str, **files: str) -> Path:
    return write_project(folder / "project", START + calls, **files)


@EACH_ENGINE
def test_a_failing_step_is_told_in_the_engines_own_words(
    name: str, workshop: Workshop, bare: str, engine: Engine, tmp_path: Path
) -> None:
    made = project(tmp_path, '.run("echo so it went >&2; exit 3")')
    done = workshop.attempt(made, engine=name, base=bare, tag=engine.tag("failing"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "so it went" in done.stderr
    # The engine's own exit code, and in its words the step's.
    assert f"error: {name} could not build the image (exit code " in done.stderr
    assert re.search(r"(exit code: 3|exit status 3)", done.stderr)
    assert "Traceback" not in done.stderr


@EACH_ENGINE
def test_ctrl_c_ends_the_engines_build(
    name: str, workshop: Workshop, bare: str, engine: Engine, tmp_path: Path
) -> None:
    seconds = f"{os.getpid()}.{len(engine.tags)}7"
    made = project(tmp_path, f'.run("sleep {seconds}")')
    words = ("build", "--engine", name, "--base-image", bare, "--tag", engine.tag("interrupted"))
    child = subprocess.Popen(
        [*PROGRAM, *words],
        cwd=made,
        env=dict(workshop.environment),
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with child:
        assert within(60, lambda: sleeping(seconds))
        os.killpg(child.pid, signal.SIGINT)
        _, said = child.communicate(timeout=30)
    assert child.returncode == 130
    assert said.decode().rstrip().endswith("interrupted")
    assert "Traceback" not in said.decode()
    assert within(15, lambda: not sleeping(seconds))


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def sleeping(seconds: str) -> bool:
    """Whether a process of this machine, in a container or not, sleeps for that long."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"sleep", seconds.encode()]:
            return True
    return False


@DOCKER_AND_PODMAN
def test_a_missing_secret_is_refused_before_anything_is_built(
    name: str, workshop: Workshop, bare: str, engine: Engine, tmp_path: Path
) -> None:
    made = project(tmp_path, '.run("cat /run/secrets/TOKEN", secrets=["TOKEN"])')
    done = workshop.attempt(made, engine=name, base=bare, tag=engine.tag("missing"))
    assert done.returncode == 1
    assert "service.py:" in done.stderr
    assert "TOKEN" in done.stderr
    assert "--secret id=TOKEN" in done.stderr
    assert f"building with {name}" not in done.stderr


@DOCKER_AND_PODMAN
def test_proxies_and_certificates_reach_the_steps_and_not_the_image(
    name: str, workshop: Workshop, bare: str, engine: Engine, tmp_path: Path
) -> None:
    calls = """.run('printf %s "$HTTP_PROXY" | wc -c > /proxy && wc -l < "$SSL_CERT_FILE" > /ca')
    .cmd("cat", "/proxy", "/ca")"""
    made = project(tmp_path, calls)
    bundle = tmp_path / "company ca.pem"
    bundle.write_text(f"# {CA_MARKER}\n{AUTHORITY}")
    proxy = f"http://me:{PROXY_PASSWORD}@127.0.0.1:9"
    tag = engine.tag("inputs")
    done = workshop.build(
        made,
        *("--ca-bundle", str(bundle)),
        engine=name,
        base=bare,
        tag=tag,
        HTTP_PROXY=proxy,
        NO_PROXY="127.0.0.1,localhost",
    )
    assert PROXY_PASSWORD not in done.stdout + done.stderr
    assert engine.output_of(tag).split() == [str(len(proxy)), str(1 + AUTHORITY.count("\n"))]
    assert occurrences(engine, tag, (PROXY_PASSWORD, CA_MARKER), tmp_path) == []


@EACH_ENGINE
def test_a_pushed_image_is_pulled_by_its_digest(
    name: str, workshop: Workshop, bare: str, engine: Engine, tmp_path: Path
) -> None:
    made = project(tmp_path, '.run("echo pushed > /pushed").cmd("cat", "/pushed")')
    tag = f"{os.environ[REGISTRY]}/lading-test/pushed-{name}:{os.getpid()}"
    workshop.build(made, "--push", engine=name, base=bare, tag=tag)
    plain = () if engine.program == "docker" else ("--tls-verify=false",)
    engine.run("rmi", "--force", tag)
    pulled = engine.run("pull", *plain, tag)
    digests = engine.inspect(tag)["RepoDigests"]
    repository = tag.rpartition(":")[0]
    pinned = next(one for one in digests if one.startswith(f"{repository}@"))
    engine.tags.append(pinned)
    assert DIGEST.search(pulled + pinned)
    engine.run("rmi", "--force", tag)
    engine.run("pull", *plain, pinned)
    assert engine.output_of(pinned) == "pushed\n"


@DOCKER_AND_PODMAN
def test_no_cache_runs_every_step_again(
    name: str, workshop: Workshop, bare: str, engine: Engine, tmp_path: Path
) -> None:
    made = project(tmp_path, '.run("cat /proc/sys/kernel/random/uuid > /u").cmd("cat", "/u")')
    told = []
    for options in ((), (), ("--no-cache",)):
        tag = engine.tag("cached")
        workshop.build(made, *options, engine=name, base=bare, tag=tag)
        told.append(engine.output_of(tag))
    assert told[0] == told[1] != told[2]


@DOCKER_AND_PODMAN
def test_a_build_argument_is_set_for_the_steps(
    name: str, workshop: Workshop, bare: str, engine: Engine, tmp_path: Path
) -> None:
    made = project(tmp_path, """.run('echo "$FTP_PROXY" > /p').cmd("cat", "/p")""")
    tag = engine.tag("argument")
    given = ("--build-arg", "FTP_PROXY=ftp://proxy.example.test")
    workshop.build(made, *given, engine=name, base=bare, tag=tag)
    assert engine.output_of(tag) == "ftp://proxy.example.test\n"


@pytest.mark.engine("docker")
@pytest.mark.parametrize("name", ["docker"])
def test_a_build_without_a_network_has_none(
    name: str, workshop: Workshop, bare: str, engine: Engine, tmp_path: Path
) -> None:
    made = project(tmp_path, '.run("ls /sys/class/net > /nets").cmd("cat", "/nets")')
    tag = engine.tag("offline")
    workshop.build(made, engine=name, base=bare, tag=tag, network="none")
    assert engine.output_of(tag).split() == ["lo"]


@pytest.mark.engine("podman")
@pytest.mark.parametrize("name", ["podman"])
def test_words_after_two_dashes_are_the_engines_own(
    name: str, workshop: Workshop, bare: str, engine: Engine, tmp_path: Path
) -> None:
    made = project(tmp_path, '.run("true")')
    tag = engine.tag("passed")
    words = ("--", "--label", "org.example.passed=yes", "--ulimit", "nofile=512:512")
    workshop.build(made, *words, engine=name, base=bare, tag=tag)
    assert engine.inspect(tag)["Config"]["Labels"]["org.example.passed"] == "yes"
