"""Sources in git repositories: locked to a commit, read without a checkout (CASES R24, R37)."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from lading import process, secret
from lading.errors import ResolutionError
from lading.lock.git import Git, git_environment, ssh_keys
from lading.lock.uv import reduced
from lock.source_files import DYNAMIC_VERSION, SETUP, STATIC, marked, publish_tools

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lading.lock.model import Distribution
    from lock.dock import Dock

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nnot a real one\n-----END OPENSSH PRIVATE KEY-----"


@dataclass
class Repository:
    """A git repository: plain files of the index, and a bare one on disk."""

    dock: Dock
    git: str
    work: Path
    bare: Path

    @property
    def url(self) -> str:
        return f"{self.dock.index.url}/files/{self.bare.name}"

    def call(self, *words: str) -> str:
        env = reduced(self.dock.environ) | {"GIT_CONFIG_NOSYSTEM": "1"}
        author = ("-c", "user.name=a", "-c", "user.email=a@example.test")
        done = process.run((self.git, *author, *words), env=env, cwd=self.work)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str]) -> str:
        for name, text in files.items():
            path = self.work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.call("add", "--all")
        self.call("commit", "--quiet", "--message=more")
        self.call("push", "--quiet", "--tags", str(self.bare), "HEAD:main")
        self.call("-C", str(self.bare), "update-server-info")
        for file in self.bare.rglob("*"):
            if file.is_file():
                name = file.relative_to(self.bare.parent).as_posix()
                self.dock.index.files[name] = file.read_bytes()
        return self.call("rev-parse", "HEAD")


@pytest.fixture
def repository(dock: Dock, tmp_path: Path, git: str) -> Repository:
    work = tmp_path / "work"
    work.mkdir()
    made = Repository(dock, git, work, tmp_path / "served" / "bare.git")
    made.call("init", "--quiet", "--initial-branch=main")
    made.call("init", "--quiet", "--bare", "--initial-branch=main", str(made.bare))
    publish_tools(dock.index)
    dock.index.wheel("beta", "1.0")
    return made


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    return tmp_path / "ran"


def locked(dock: Dock, *requirements: str, **said: object) -> Distribution:
    image = dock.image().python_packages(*requirements, **said)  # type: ignore[arg-type]
    return dock.distributions(image)["alpha"]


def test_a_branch_is_locked_to_its_commit(dock: Dock, repository: Repository) -> None:
    commit = repository.commit({"pyproject.toml": STATIC})
    image = dock.image().python_packages(f"alpha @ git+{repository.url}@main").run("true")

    part = dock.part(image.python_packages("beta"))

    found = {one.name: one for one in part.distributions}
    alpha = found["alpha"]
    assert (alpha.kind, alpha.url, alpha.commit) == ("git", repository.url, commit)
    assert (alpha.version, alpha.assumed) == ("1.0", False)
    assert {name: one.group for name, one in found.items()} == {"alpha": 1, "beta": 1}
    assert part.builds[0].requirements == ("flit_core>=3.2".replace("_", "-"),)


def test_a_commit_stays_until_it_is_renewed(dock: Dock, repository: Repository) -> None:
    first = repository.commit({"pyproject.toml": STATIC})
    image = dock.image().python_packages(f"alpha @ git+{repository.url}@main")
    before = dock.lock(image)
    repository.commit({"more.py": "1\n"})
    assert dock.lock(image, earlier=before) == before
    assert before.platforms[0].distributions[0].commit == first


def test_the_build_is_that_of_the_commit_and_not_of_the_branch(
    dock: Dock, repository: Repository
) -> None:
    first = repository.commit({"pyproject.toml": STATIC})
    repository.commit({"pyproject.toml": STATIC.replace("flit_core>=3.2", "setuptools")})
    part = dock.part(dock.image().python_packages(f"alpha @ git+{repository.url}@{first}"))
    assert part.builds[0].requirements == ("flit-core>=3.2",)


def test_a_project_in_a_folder_of_the_repository_is_read_there(
    dock: Dock, repository: Repository
) -> None:
    repository.commit({"python/pyproject.toml": STATIC, "pyproject.toml": "[build-system]\n"})
    part = dock.part(
        dock.image().python_packages(f"alpha @ git+{repository.url}#subdirectory=python")
    )
    (build,) = part.builds
    assert build.requirements == ("flit-core>=3.2",)
    assert {one.name: one.subdirectory for one in part.distributions}["alpha"] == "python"


def test_a_version_that_only_code_tells_is_none_of_the_lock_s(
    dock: Dock, repository: Repository, ran: Path
) -> None:
    repository.commit(marked({"pyproject.toml": DYNAMIC_VERSION, "setup.py": SETUP}, ran))
    alpha = locked(dock, f"alpha @ git+{repository.url}")
    assert (alpha.version, alpha.assumed) == (None, True)
    assert not ran.exists()


def test_a_repository_that_says_nothing_needs_the_user_s_word(
    dock: Dock, repository: Repository, ran: Path
) -> None:
    repository.commit(marked({"setup.py": SETUP}, ran))
    line = f"alpha @ git+{repository.url}"

    (problem,) = dock.refused(dock.image().python_packages(line))
    part = dock.part(dock.image().python_packages(line, requires={"alpha": ["beta"]}))

    assert 'requires={"alpha": [' in (problem.hint or "")
    assert [one.name for one in part.distributions] == ["alpha", "beta"]
    assert part.builds[0].requirements == ("setuptools>=40.8.0",)
    assert not ran.exists()


def test_no_hook_of_the_user_s_runs(dock: Dock, repository: Repository, tmp_path: Path) -> None:
    commit = repository.commit({"pyproject.toml": STATIC})
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {shlex.quote(str(tmp_path / 'ran'))}\n")
        (hooks / name).chmod(0o755)
    (dock.home / ".gitconfig").write_text(f"[core]\nhooksPath = {hooks}\n")
    git = Git(environment={**dock.environ, **git_environment(dock.environ)})
    assert git.texts(repository.url, commit).pyproject == STATIC
    assert not (tmp_path / "ran").exists()


def test_a_commit_that_is_gone_is_named(dock: Dock, repository: Repository) -> None:
    repository.commit({"pyproject.toml": STATIC})
    git = Git(environment={**dock.environ, **git_environment(dock.environ)})
    with pytest.raises(ResolutionError, match=f"has no commit {'d' * 40}"):
        git.texts(repository.url, "d" * 40)


@pytest.mark.parametrize("url", ["ext::sh -c touch% ran", "file:///etc", "/etc"])
def test_git_goes_nowhere_but_to_servers(dock: Dock, git: str, url: str, tmp_path: Path) -> None:
    assert git
    found = Git(environment={**dock.environ, **git_environment(dock.environ)})
    with pytest.raises(ResolutionError):
        found.texts(url, "d" * 40)
    assert not (tmp_path / "ran").exists()


@pytest.fixture
def ssh(dock: Dock, tmp_path: Path) -> Path:
    """An ssh that goes nowhere: it notes how it was called, and runs the command right here."""
    programs, log = tmp_path / "programs", tmp_path / "ssh.log"
    programs.mkdir()
    fake = programs / "ssh"
    fake.write_text(
        "#!/bin/sh\n"
        f'echo "$@" >> {log}\n'
        f'while [ "$1" != "${{1#-}}" ]; do [ "$1" = -i ] && cat "$2" >> {log}; shift 2; done\n'
        f'echo "host $1" >> {log}; shift; exec sh -c "$*"\n'
    )
    fake.chmod(0o755)
    dock.environ["PATH"] = f"{programs}:{dock.environ['PATH']}"
    return log


def test_a_repository_over_ssh_is_reached_as_the_user_would(
    dock: Dock, repository: Repository, ssh: Path
) -> None:
    commit = repository.commit({"pyproject.toml": STATIC})
    alpha = locked(dock, f"alpha @ git+ssh://git@git.example.test{repository.bare}@main")
    assert (alpha.kind, alpha.commit) == ("git", commit)
    assert alpha.url == f"ssh://git@git.example.test{repository.bare}"
    assert "host git@git.example.test" in ssh.read_text()
    assert "-i" not in ssh.read_text().split()


def test_a_key_that_the_step_names_is_offered_to_ssh(
    dock: Dock, repository: Repository, ssh: Path
) -> None:
    repository.commit({"pyproject.toml": STATIC})
    dock.environ["DEPLOY_KEY"] = KEY
    dock.environ["TOKEN"] = "t0ken-that-is-no-key"  # noqa: S105 - nor a password
    alpha = locked(
        dock,
        f"alpha @ git+ssh://git@git.example.test{repository.bare}@main",
        secrets=[secret("DEPLOY_KEY"), "TOKEN", secret("absent", file="absent")],
    )
    assert alpha.kind == "git"
    said = ssh.read_text()
    assert KEY in said
    assert "t0ken" not in said
    assert any("'absent'" in line and "ssh goes without it" in line for line in dock.said)


def test_a_folder_s_name_is_one_word_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / "a'; b"
    odd.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(odd))
    with ssh_keys([KEY.encode()], {}) as found:
        program, option, file = shlex.split(found["GIT_SSH_COMMAND"])
    assert (program, option) == ("ssh", "-i")
    assert file.startswith(str(odd))


def test_keys_are_read_by_nobody_else_and_leave_nothing(tmp_path: Path) -> None:
    with ssh_keys([KEY.encode(), b"no key"], {"GIT_SSH_COMMAND": "ssh -F mine"}) as found:
        words = shlex.split(found["GIT_SSH_COMMAND"])
        (file,) = [tmp_path / word for word in words if word.endswith("key-0")]
        assert words[:3] == ["ssh", "-F", "mine"]
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.read_text() == f"{KEY}\n"
    assert not file.parent.exists()
