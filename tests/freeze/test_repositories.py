"""Vendored git sources: the files of a commit, as data (CASES R37, R53)."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from engine_support import must_run
from freeze.git_server import GitServer, serving_git
from lading.errors import FreezeError, ResolutionError
from lading.freeze.repositories import Repositories
from lading.lock.git import Git, git_environment
from lading.lock.model import Distribution

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    shutil.which("git") is None and not must_run(), reason="git is not on PATH"
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with serving_git(tmp_path) as running:
        yield running


@dataclass
class Reach:
    """Repositories, and how often one was fetched."""

    cache: Path
    fetched: int = 0

    def repositories(self, *, offline: bool = False) -> Repositories:
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.cache.parent)}

        @contextmanager
        def access() -> Iterator[Git]:
            self.fetched += 1
            yield Git(environment={**environ, **git_environment(environ)})

        return Repositories(cache=self.cache, environ=environ, access=access, offline=offline)


@pytest.fixture
def reach(tmp_path: Path) -> Reach:
    return Reach(tmp_path / "cache")


def test_a_commit_is_its_files(server: GitServer, reach: Reach) -> None:
    (server.work / "src" / "node_modules").mkdir(parents=True)
    (server.work / "src" / "node_modules" / "a b.py").write_text("x = 1\n")
    (server.work / "run.sh").write_text("#!/bin/sh\r\n")
    (server.work / "run.sh").chmod(0o755)
    (server.work / "link").symlink_to("src")
    locked = server.commit(a="a")
    found = {one.path: one for one in reach.repositories().files(locked)}
    assert list(found) == [
        *("a", "link/node_modules/a b.py", "run.sh", "src/node_modules/a b.py"),
    ]
    assert found["run.sh"].executable
    assert not found["a"].executable
    assert found["run.sh"].source.read_bytes() == b"#!/bin/sh\r\n"
    assert found["a"].source.read_text() == "a"


def test_an_older_commit_is_the_one_that_was_locked(server: GitServer, reach: Reach) -> None:
    locked = server.commit(a="old")
    server.commit(a="new", b="b")
    (found,) = reach.repositories().files(locked)
    assert found.source.read_text() == "old"


def test_what_was_fetched_once_needs_no_network(server: GitServer, reach: Reach) -> None:
    locked = server.commit(a="a")
    with pytest.raises(ResolutionError, match=r"x: the commit .* is not in the cache"):
        reach.repositories(offline=True).files(locked)
    first = reach.repositories().files(locked)
    assert reach.repositories(offline=True).files(locked) == first
    assert reach.fetched == 1
    assert [path.name for path in reach.cache.iterdir() if path.name.startswith(".git-")] == []


def test_a_pack_that_somebody_changed_is_fetched_again(server: GitServer, reach: Reach) -> None:
    locked = server.commit(a="a")
    reach.repositories().files(locked)
    (pack,) = (reach.cache / "git").iterdir()
    intact = pack.read_bytes()
    other = server.commit(a="evil")
    for damaged in (b"", intact[:-30], _other_pack(other, reach)):
        pack.unlink()
        pack.write_bytes(damaged)
        (found,) = reach.repositories().files(locked)
        assert found.source.read_text() == "a"
    assert reach.fetched == 5


def _other_pack(other: Distribution, reach: Reach) -> bytes:
    reach.repositories().files(other)
    assert other.commit is not None
    return (reach.cache / "git" / f"{other.commit}.pack").read_bytes()


def test_no_filter_and_no_hook_runs(server: GitServer, reach: Reach) -> None:
    locked = server.commit(**{".gitattributes": "a filter=evil\n"}, a="a")
    trace = server.root / "ran"
    hooks = server.root / "hooks"
    hooks.mkdir()
    (hooks / "post-checkout").write_text(f"#!/bin/sh\ntouch {trace}\n")
    (hooks / "post-checkout").chmod(0o755)
    (server.root / ".gitconfig").write_text(
        f'[filter "evil"]\n\tsmudge = touch {trace}; cat\n\trequired = true\n'
        f"[core]\n\thooksPath = {hooks}\n"
    )
    found = reach.repositories().files(locked)
    assert [one.path for one in found] == [".gitattributes", "a"]
    assert not trace.exists()
    shutil.rmtree(server.work)
    server.git("clone", "--quiet", server.url, str(server.work), cwd=server.root)
    assert trace.exists()


def test_a_link_out_of_the_repository_is_refused(server: GitServer, reach: Reach) -> None:
    (server.work / "out").symlink_to("/etc/passwd")
    with pytest.raises(FreezeError, match="x: out is a link that leaves"):
        reach.repositories().files(server.commit())


def test_a_submodule_is_refused(server: GitServer, reach: Reach) -> None:
    server.commit(a="a")
    server.git("submodule", "--quiet", "add", str(server.bare), "sub")
    with pytest.raises(FreezeError, match="x: the repository has a submodule, sub") as refused:
        reach.repositories().files(server.commit())
    assert refused.value.problems[0].hint


def test_a_commit_that_is_gone_is_named(server: GitServer, reach: Reach) -> None:
    server.commit(a="a")
    gone = Distribution(name="x", kind="git", url=server.url, commit="0" * 40)
    with pytest.raises(ResolutionError, match=r"x: .*no commit 0000"):
        reach.repositories().files(gone)
