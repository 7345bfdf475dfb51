"""A git repository behind HTTP, as plain files."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from lading import process
from lading.lock.model import Distribution

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@dataclass
class GitServer:
    """The repository `x.git`, and a work tree of it."""

    root: Path
    url: str

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def bare(self) -> Path:
        return self.root / "served" / "x.git"

    def git(self, *words: str, cwd: Path | None = None) -> str:
        env = {"PATH": os.environ["PATH"], "HOME": str(self.root), "GIT_CONFIG_NOSYSTEM": "1"}
        author = ("-c", "user.name=a", "-c", "user.email=a@example.test")
        safe = ("-c", "protocol.file.allow=always")
        done = process.run(("git", *author, *safe, *words), env=env, cwd=cwd or self.work)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, **files: str) -> Distribution:
        """A commit with these files, and what else is in the work tree, locked as `x`."""
        for name, text in files.items():
            (self.work / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=more")
        self.git("push", "--quiet", str(self.bare), "+HEAD:main")
        self.git("-C", str(self.bare), "update-server-info")
        commit = self.git("rev-parse", "HEAD")
        return Distribution(name="x", version="1.0", kind="git", url=self.url, commit=commit)


@contextmanager
def serving_git(root: Path) -> Iterator[GitServer]:
    (root / "served").mkdir()
    handler = partial(_Quiet, directory=str(root / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        made = GitServer(root, f"http://127.0.0.1:{running.server_port}/x.git")
        made.work.mkdir()
        made.git("init", "--quiet", "--initial-branch=main")
        made.git("init", "--quiet", "--bare", "--initial-branch=main", str(made.bare))
        try:
            yield made
        finally:
            running.shutdown()
            thread.join()
