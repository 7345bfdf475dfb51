"""The files of a commit of a git repository, for a folder that holds the source itself.

What is checked out is data: no hook, filter or configuration of the user's, the repository's or the
machine's has a part in it. What was fetched is kept as git packs it, and git checks each object of
a kept pack against the commit's own hash, so that a cache that somebody else can write to changes
nothing.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lading.errors import FreezeError, Problem, ResolutionError
from lading.files import using_cache
from lading.grammar.invalid import Invalid
from lading.process import ProgramNotFound, ProgramTimedOut, run
from lading.store.asides import aside_file, aside_folder
from lading.trees import Walk, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from lading.lock.git import Git
    from lading.lock.model import Distribution
    from lading.trees import TreeFile

__all__ = ["Repositories"]

_SECONDS: Final = 900.0
_SHA256_LENGTH: Final = 64

_SUBMODULE: Final = "160000"  # gitformat-index(5): a gitlink

_QUIET: Final = ("-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "core.fsmonitor=false")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repositories:
    """Repositories as sources.

    Attributes:
        cache: Where packs and files are kept.
        environ: What tells where git is.
        access: Gives the git that may reach a network; asked only where something is fetched.
        offline: Whether to refuse rather than to fetch.
    """

    cache: Path
    environ: Mapping[str, str]
    access: Callable[[], AbstractContextManager[Git]]
    offline: bool = False

    def files(self, distribution: Distribution) -> tuple[TreeFile, ...]:
        """The files of a repository at its locked commit, sorted by path; kept in the cache.

        Raises:
            ResolutionError: The commit can't be had.
            FreezeError: It has submodules, or a link that leaves it.
        """
        commit = distribution.commit
        if commit is None:
            raise FreezeError(f"{distribution.name} is not locked to a commit")
        with using_cache(self.cache):
            self.cache.mkdir(parents=True, exist_ok=True)
            with aside_folder(self.cache) as folder:
                checkout = _Checkout(root=folder, commit=commit, environ=self.environ)
                with checkout.understood(distribution.name):
                    self._fill(checkout, distribution.url)
                    found = checkout.files()
                return tuple(self._kept(one) for one in found)

    def _fill(self, checkout: _Checkout, url: str) -> None:
        """Put the commit into the repository of `checkout`, from the cache where it is there."""
        kept = self.cache / "git" / f"{checkout.commit}.pack"
        if kept.is_file() and checkout.unpack(kept):
            return
        if self.offline:
            raise ResolutionError(
                f"the commit {checkout.commit} is not in the cache, and nothing may be fetched",
                hint="run once without --offline",
            )
        with self.access() as git:
            fetched = checkout.root / "fetched"
            fetched.mkdir()
            git.fetch(url, checkout.commit, fetched)
        pack = checkout.pack(fetched)
        kept.parent.mkdir(exist_ok=True)
        pack.chmod(0o644)
        if not checkout.unpack(pack):
            raise ResolutionError(f"{url} gave a damaged commit {checkout.commit}")
        pack.replace(kept)

    def _kept(self, file: TreeFile) -> TreeFile:
        """The same file, in the cache by its hash."""
        kept = self.cache / "sha256" / file.sha256[:2] / file.sha256
        kept.parent.mkdir(parents=True, exist_ok=True)
        with aside_file(self.cache) as aside:
            shutil.copyfile(file.source, aside.path)
            aside.path.chmod(0o644)
            aside.path.replace(kept)
        return type(file)(
            path=file.path,
            sha256=file.sha256,
            size=file.size,
            executable=file.executable,
            source=kept,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checkout:
    """A commit in a folder of its own."""

    root: Path
    commit: str
    environ: Mapping[str, str]

    @property
    def tree(self) -> Path:
        return self.root / "tree"

    @property
    def repository(self) -> Path:
        return self.root / "repository"

    @contextmanager
    def understood(self, name: str) -> Iterator[None]:
        """Names the distribution in what goes wrong in the block."""
        try:
            yield
        except Invalid as error:
            raise FreezeError(f"{name}: {error.message}", hint=error.hint) from None
        except (FreezeError, ResolutionError) as error:
            problems = (
                Problem(message=f"{name}: {one.message}", hint=one.hint, detail=one.detail)
                for one in error.problems
            )
            raise type(error)(problems) from None
        except ProgramNotFound:
            message = f"{name}: git, which reads repositories, is missing"
            raise ResolutionError(message, hint="install it, or require a wheel") from None
        except ProgramTimedOut as error:
            raise ResolutionError(f"{name}: {error}") from None

    def pack(self, fetched: Path) -> Path:
        """A pack of the commit and its files, and of nothing else of that repository."""
        objects = self._git(fetched, "rev-list", "--objects", f"{self.commit}^{{tree}}")
        listed = f"{self.commit}\n{objects}"
        packed = self._git(fetched, "pack-objects", "--quiet", str(self.root / "new"), stdin=listed)
        return self.root / f"new-{packed.strip()}.pack"

    def unpack(self, pack: Path) -> bool:
        """Whether the pack holds the commit, which then is in a repository here."""
        shutil.rmtree(self.repository, ignore_errors=True)
        algorithm = "sha256" if len(self.commit) == _SHA256_LENGTH else "sha1"
        words = ("init", "--quiet", "--bare", "--template=", f"--object-format={algorithm}")
        self._git(self.root, *words, str(self.repository))
        own = self.repository / "objects" / "pack" / "pack-lading.pack"
        own.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(pack, own)
        # git-index-pack(1) names each object by the hash of what it reads.
        try:
            self._git(self.repository, "index-pack", str(own))
            self._git(self.repository, "cat-file", "-e", f"{self.commit}^{{tree}}")
        except ResolutionError:
            return False
        return True

    def files(self) -> tuple[TreeFile, ...]:
        """The files, in a working tree."""
        listed = self._git(self.repository, "ls-tree", "-r", "-z", "--full-tree", self.commit)
        for entry in filter(None, listed.split("\0")):
            facts, _, path = entry.partition("\t")
            if facts.startswith(_SUBMODULE):
                raise FreezeError(
                    f"the repository has a submodule, {path}, which can't be vendored",
                    hint="require a source archive or a wheel that holds all of it",
                )
        self.tree.mkdir()
        if listed:
            words = ("-c", "core.bare=false", f"--work-tree={self.tree}", "checkout", "--quiet")
            self._git(self.repository, *words, "--force", self.commit, "--", ".")
        walk = Walk(root=self.tree.resolve(), whole=True)
        found = [describe(path, real) for path, real in walk.files("")]
        return tuple(sorted(found, key=lambda file: file.path))

    def _git(self, folder: Path, *words: str, stdin: str | None = None) -> str:
        argv = ("git", *_QUIET, f"--git-dir={folder}", *words)
        done = run(argv, env=self._environment(), cwd=self.root, stdin=stdin, timeout=_SECONDS)
        if done.returncode:
            message = "git can't read the repository"
            raise ResolutionError(Problem(message=message, detail=done.stderr.strip()))
        return done.stdout

    def _environment(self) -> dict[str, str]:
        """Neither the user's configuration, where filters are, nor the machine's; no network."""
        return {
            "PATH": self.environ.get("PATH", os.defpath),
            "HOME": str(self.root),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_ALLOW_PROTOCOL": "",
            "GIT_TERMINAL_PROMPT": "0",
        }
