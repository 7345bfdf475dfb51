from __future__ import annotations

import os
import pty
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lading.engines
from lading.engines import Availability, BuildRequest, Command, SecretSource, build
from lading.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Shell:
    """An engine whose commands are shell scripts."""

    scripts: tuple[str, ...]
    name: str = "shell"

    def probe(self, environment: Mapping[str, str]) -> Availability:
        del environment
        return Availability(usable=True)

    def commands(
        self, request: BuildRequest, environment: Mapping[str, str]
    ) -> tuple[Command, ...]:
        del environment
        return tuple(
            Command(
                argv=("sh", "-c", script),
                purpose="build the image",
                env=(("SCRATCH", str(request.scratch)),),
            )
            for script in self.scripts
        )


def failure(
    request: BuildRequest, environment: dict[str, str], *scripts: str
) -> tuple[BuildError, list[str]]:
    seen: list[str] = []
    with pytest.raises(BuildError) as caught:
        build(Shell(scripts), request, environment, seen.append)
    return caught.value, seen


def test_a_failure_has_the_engines_last_lines_and_exit_code(
    request_for: Callable[..., BuildRequest], host_environment: dict[str, str]
) -> None:
    error, seen = failure(
        request_for(), host_environment, "seq 60; echo 'no space left' >&2; exit 17"
    )
    assert error.exit_code == 17
    assert error.problems[0].message == "shell could not build the image (exit code 17)"
    assert error.problems[0].detail == "\n".join([*map(str, range(22, 61)), "no space left"])
    assert len(seen) == 61


UNTRUSTED = "echo 'SSL certificate problem'; echo http://me:hunter2@h.example.test/; exit 1"


def test_what_stderr_has_already_is_not_said_again(
    request_for: Callable[..., BuildRequest],
    host_environment: dict[str, str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(BuildError) as caught:
        build(Shell((UNTRUSTED,)), request_for(), host_environment)
    assert capfd.readouterr().err == "SSL certificate problem\nhttp://***@h.example.test/\n"
    problem = caught.value.problems[0]
    assert (problem.detail, caught.value.exit_code) == (None, 1)
    assert "--ca-bundle" in str(problem.hint)


def test_a_quiet_build_says_the_engines_words_only_with_its_failure(
    request_for: Callable[..., BuildRequest],
    host_environment: dict[str, str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    quiet = request_for(progress="quiet")
    build(Shell(("echo fine",)), quiet, host_environment)
    with pytest.raises(BuildError) as caught:
        build(Shell((UNTRUSTED,)), quiet, host_environment)
    assert capfd.readouterr() == ("", "")
    problem = caught.value.problems[0]
    assert problem.detail == "SSL certificate problem\nhttp://***@h.example.test/"
    assert "--ca-bundle" in str(problem.hint)


def test_after_a_failure_nothing_more_runs(
    request_for: Callable[..., BuildRequest], host_environment: dict[str, str]
) -> None:
    _, seen = failure(request_for(), host_environment, "echo one", "exit 1", "echo three")
    assert seen == ["one"]


def test_an_engine_that_was_killed_is_told_so(
    request_for: Callable[..., BuildRequest], host_environment: dict[str, str]
) -> None:
    error, _ = failure(request_for(), host_environment, "kill -9 $$")
    assert error.problems[0].message == "shell could not build the image (ended by signal 9)"
    assert "memory" in str(error.problems[0].hint)


def test_an_engine_that_is_gone_is_an_error_of_the_build(
    request_for: Callable[..., BuildRequest],
) -> None:
    error, _ = failure(request_for(), {"PATH": "/nonexistent"}, "true")
    assert "shell could not build the image: can't start sh" in str(error)
    assert error.exit_code is None


def test_secrets_and_credentials_are_in_no_line_and_no_error(
    request_for: Callable[..., BuildRequest], host_environment: dict[str, str], tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("login me password long-netrc-line\n")
    environment = {**host_environment, "TOKEN": "s3cr3t-token"}
    request = request_for(
        secrets=(
            SecretSource(id="token", variable="TOKEN"),
            SecretSource(id="netrc", file=netrc),
        )
    )
    script = (
        f"echo \"got $TOKEN\"; cat '{netrc}'; echo http://me:hunter2hunter2@h.example.test/; exit 1"
    )
    error, seen = failure(request, environment, script)
    assert seen == ["got ***", "***", "http://***@h.example.test/"]
    assert error.problems[0].detail == "\n".join(seen)


def test_all_missing_inputs_are_told_at_once_and_nothing_runs(
    request_for: Callable[..., BuildRequest], host_environment: dict[str, str], tmp_path: Path
) -> None:
    request = request_for(
        secrets=(
            SecretSource(id="token", variable="NO_SUCH_TOKEN"),
            SecretSource(id="netrc", file=tmp_path / "gone"),
        ),
        ca_bundle=tmp_path / "ca.pem",
        proxies=("NO_SUCH_PROXY",),
    )
    request.dockerfile.unlink()
    error, seen = failure(request, host_environment, "echo ran")
    assert [problem.message for problem in error.problems] == [
        f"there is no Dockerfile in {request.context}",
        "secret 'token': environment variable NO_SUCH_TOKEN is not set",
        f"secret 'netrc': there is no file {tmp_path / 'gone'}",
        f"secret 'ca-bundle': there is no file {tmp_path / 'ca.pem'}",
        "the proxy variable NO_SUCH_PROXY is not set",
    ]
    assert seen == []


def test_commands_share_a_scratch_folder_that_is_gone_after(
    request_for: Callable[..., BuildRequest], host_environment: dict[str, str]
) -> None:
    seen: list[str] = []
    shell = Shell(('echo image > "$SCRATCH/tar"', 'cat "$SCRATCH/tar"; echo "$SCRATCH"'))
    build(shell, request_for(), host_environment, seen.append)
    assert seen[0] == "image"
    assert not Path(seen[1]).exists()


def test_without_a_reader_masked_lines_go_to_stderr(
    request_for: Callable[..., BuildRequest],
    host_environment: dict[str, str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    shell = Shell(("echo http://me:hunter2hunter2@h.example.test/",))
    build(shell, request_for(), host_environment)
    assert capfd.readouterr() == ("", "http://***@h.example.test/\n")


@pytest.mark.parametrize(
    ("secrets", "shown"),
    [("", b"on a terminal: hunter2-hunter2\r\n"), ("WORD", b"in a pipe: ***\r\n")],
)
def test_on_a_terminal_the_engine_shows_its_own_progress_unless_a_secret_could_show(
    secrets: str, shown: bytes, context: Path, host_environment: dict[str, str]
) -> None:
    code = f"""
from pathlib import Path
from lading.engines import Availability, BuildRequest, Command, SecretSource, build

SCRIPT = 'if test -t 2; then echo "on a terminal: $WORD"; else echo "in a pipe: $WORD"; fi'

class Terminal:
    name = "terminal"
    def commands(self, request, environment):
        return (Command(argv=("sh", "-c", SCRIPT), purpose="talk"),)

secrets = tuple(SecretSource(id=name, variable=name) for name in {secrets!r}.split())
request = BuildRequest(context=Path({str(context)!r}), platform="linux/amd64", secrets=secrets)
build(Terminal(), request, {{"PATH": {host_environment["PATH"]!r}, "WORD": "hunter2-hunter2"}})
"""
    ours, theirs = pty.openpty()
    try:
        ended = subprocess.run(
            [sys.executable, "-c", code],
            env={**host_environment, "PYTHONPATH": str(Path(lading.engines.__file__).parents[2])},
            stderr=theirs,
            check=False,
            timeout=30,
        )
        assert os.read(ours, 4096) == shown
        assert ended.returncode == 0
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_build_that_clones_over_ssh_needs_an_agent(
    request_for: Callable[..., BuildRequest], host_environment: dict[str, str]
) -> None:
    environment = {**host_environment, "SSH_AUTH_SOCK": ""}
    error, seen = failure(request_for(ssh=True), environment, "echo ran")
    assert "SSH_AUTH_SOCK is not set" in error.problems[0].message
    assert seen == []
