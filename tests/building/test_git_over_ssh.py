"""A repository behind a key: locked and built with a secret that stays one."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from building.scanner import in_folder, in_image, in_text, scan
from building.sources import repository
from building.workshop import DOCKER_AND_PODMAN, write_project
from engine_support import must_run
from lading import process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from building.workshop import Workshop
    from engine_support import Engine

SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")

pytestmark = [
    pytest.mark.network,
    # Where nothing may be left out, the test itself fails for want of it.
    pytest.mark.skipif(
        (SSHD is None or shutil.which("git") is None or os.geteuid() != 0) and not must_run(),
        reason="it takes sshd, git and root to serve a repository over ssh",
    ),
]

CONFIGURATION = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin forced-commands-only
"""


def key(path: Path) -> str:
    """A new key: its public half."""
    made = process.run(
        ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)), env=os.environ
    )
    assert made.returncode == 0, made.stderr
    return path.with_suffix(".pub").read_text().strip()


@contextlib.contextmanager
def git_server(folder: Path, bare: Path) -> Iterator[int]:
    """A server that gives whoever has `folder`/deploy this one repository: its port."""
    assert SSHD is not None
    Path("/run/sshd").mkdir(exist_ok=True)  # sshd wants it, and has it where it is a service
    key(folder / "host")
    command = f'restrict,command="git upload-pack {bare}"'
    (folder / "authorized_keys").write_text(f"{command} {key(folder / 'deploy')}\n")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    (folder / "sshd_config").write_text(CONFIGURATION.format(port=port, folder=folder))
    argv = [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(argv, stderr=log, stdin=subprocess.DEVNULL) as server,
    ):
        try:
            answers(port)
            yield port
        finally:
            server.terminate()


def answers(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert time.monotonic() < deadline, "sshd does not answer"
        time.sleep(0.1)


@contextlib.contextmanager
def agent(folder: Path) -> Iterator[str]:
    """An agent that holds the key of `git_server`: its socket."""
    path = str(folder / "agent")
    argv = ["ssh-agent", "-D", "-a", path]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as running:
        try:
            deadline = time.monotonic() + 20
            while not Path(path).exists():
                assert time.monotonic() < deadline, "ssh-agent does not answer"
                time.sleep(0.05)
            environment = {**os.environ, "SSH_AUTH_SOCK": path}
            added = process.run(("ssh-add", "-q", str(folder / "deploy")), env=environment)
            assert added.returncode == 0, added.stderr
            yield path
        finally:
            running.terminate()


@DOCKER_AND_PODMAN
def test_r24_a_repository_over_ssh_is_built_with_the_agent(
    *, name: str, workshop: Workshop, base: str, engine: Engine, pulled_base: str, tmp_path: Path
) -> None:
    assert pulled_base == base
    commit = repository(tmp_path / "served", "answering", workshop.environment)
    bare = tmp_path / "served" / "answering.git"
    with git_server(tmp_path, bare) as port, agent(tmp_path) as sock:
        url = f"git+ssh://{getpass.getuser()}@127.0.0.1:{port}{bare}@main"
        image = f"""Image(distro="debian:bookworm", python_version="3.11")
    .python_packages("answering @ {url}")
    .cmd("python", "-c", "import answering; print(answering.ANSWER)")"""
        project = write_project(tmp_path / "project", image)
        ssh = "ssh -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
        tag = engine.tag("over-ssh-agent")
        workshop.build(
            project,
            engine=name,
            base=base,
            tag=tag,
            network="host",
            GIT_SSH_COMMAND=ssh,
            SSH_AUTH_SOCK=sock,
        )
    assert engine.output_of(tag).split() == ["42"]
    assert f'commit = "{commit}"' in (project / "lading.lock").read_text()
    assert "SSH_AUTH_SOCK" not in str(engine.inspect(tag)["Config"]["Env"])


@DOCKER_AND_PODMAN
def test_r24_a_repository_over_ssh_is_built_with_a_secret_key(
    *, name: str, workshop: Workshop, base: str, engine: Engine, pulled_base: str, tmp_path: Path
) -> None:
    assert pulled_base == base
    commit = repository(tmp_path / "served", "answering", workshop.environment)
    bare = tmp_path / "served" / "answering.git"
    with git_server(tmp_path, bare) as port:
        url = f"git+ssh://{getpass.getuser()}@127.0.0.1:{port}{bare}@main"
        image = f"""Image(distro="debian:bookworm", python_version="3.11")
    .python_packages("answering @ {url}", secrets=[secret("deploy_key", file="private/key")])
    .run("ls -a /root /run > /after; find / -xdev -name known_hosts -o -name 'id_*' >> /after")
    .cmd("python", "-c", "import answering; print(answering.ANSWER)")"""
        project = write_project(tmp_path / "project", image)
        (project / "private").mkdir()
        shutil.copy(tmp_path / "deploy", project / "private" / "key")
        # Whom one trusts is one's own affair: here that server, and nobody's keys but the secret.
        known = tmp_path / "known_hosts"
        known.write_text(f"[127.0.0.1]:{port} {(tmp_path / 'host.pub').read_text()}")
        ssh = f"ssh -F none -o IdentityAgent=none -o UserKnownHostsFile={known}"
        tag = engine.tag("over-ssh")
        done = workshop.build(
            project, engine=name, base=base, tag=tag, network="host", GIT_SSH_COMMAND=ssh
        )
    assert engine.output_of(tag).split() == ["42"]
    lock = (project / "lading.lock").read_text()
    assert f'commit = "{commit}"' in lock
    told = engine.output_of(tag, "cat", "/after")
    assert ".ssh" not in told
    assert "known_hosts" not in told
    lines = (tmp_path / "deploy").read_text().splitlines()[1:-1]
    assert scan(in_image(engine, tag, tmp_path, base=base), lines[:2]) == []
    assert scan(in_folder(project / ".lading"), lines) == []
    assert scan(in_text("said", lock + done.stdout + done.stderr), lines) == []
