"""Locks out of a project's own history: what git has of `lading.lock` at a revision.

git reads what is in the repository already. It fetches nothing (of a partial clone either), writes
nothing, and is asked by commands that run no filter and no hook.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from lading.errors import FreezeError, Problem, SpecificationError
from lading.grammar.nearest import did_you_mean
from lading.grammar.words import shown
from lading.lock.file import LOCK_NAME, is_lock_name, parse_lock
from lading.lock.git import git_environment
from lading.process import Completed, ProgramNotFound, ProgramTimedOut, run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lading.lock.model import Lock

__all__ = ["Revisions"]

_SECONDS: Final = 60.0
_LARGEST: Final = 64 << 20
_MOST_NAMES: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Revisions:
    """The history of a project's lock.

    Attributes:
        project: The project's folder, in a working tree of git's.
        environ: The user's environment, of which git sees what it needs.
    """

    project: Path
    environ: Mapping[str, str] = field(repr=False)

    def has(self, revision: str) -> bool:
        """Whether there is a repository, and the word names a commit of it, or a lock in one.

        Raises:
            SpecificationError: git gives no answer.
        """
        try:
            return self._commit(_parts(revision)[0]) is not None
        except _NoGit:
            return False

    def lock(self, revision: str) -> Lock:
        """The lock as it was committed at a revision: lading.lock, or FILE of `REVISION:FILE`.

        Raises:
            SpecificationError: There is no git, no repository, or no such revision.
            FreezeError: There was no lock then, or one that this Lading can't read.
        """
        revision, file = _parts(revision)
        commit = self._commit(revision)
        if commit is None:
            raise SpecificationError(self._unknown(revision))
        name = f"{commit}:./{file}"
        size = self._run("cat-file", "-s", name)
        if size.returncode != 0:
            message = f"{file} is not in {shown(revision)}"
            raise FreezeError(message, hint="commit it; `lading lock` makes it")
        if int(size.stdout) > _LARGEST:
            raise FreezeError(f"{file} at {shown(revision)} is larger than any lock")
        try:
            return parse_lock(self._run("cat-file", "blob", name).stdout.removeprefix("\ufeff"))
        except FreezeError as error:
            raise FreezeError(_at(one, revision) for one in error.problems) from None

    def locks(self, revision: str) -> tuple[str, ...]:
        """The names of the locks that the project had at a revision, sorted.

        Raises:
            SpecificationError: There is no git, no repository, or no such revision.
        """
        commit = self._commit(revision)
        if commit is None:
            raise SpecificationError(self._unknown(revision))
        listed = self._run("ls-tree", "--name-only", "-z", commit, "./").stdout.split("\0")
        return tuple(sorted(filter(is_lock_name, listed)))

    def names(self) -> tuple[str, ...]:
        """What may be meant by a word that names no revision: branches and tags."""
        words = ("--format=%(refname:short)", f"--count={_MOST_NAMES}")
        return ("HEAD", *self._run("for-each-ref", *words).stdout.split())

    def _commit(self, revision: str) -> str | None:
        """The commit that a word names, or None where it names none.

        Raises:
            _NoGit: There is no git, or no repository.
        """
        if revision.startswith("-") or not revision.isprintable():
            return None
        done = self._run("rev-parse", "--git-dir")
        if done.returncode != 0:
            message = f"{self.project} is in no repository that git can read"
            detail = done.stderr.strip().removeprefix("fatal: ")
            hint = "name two things to compare: lading diff A B"
            raise _NoGit(Problem(message=message, detail=detail, hint=hint))
        found = self._run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        return found.stdout.strip() if found.returncode == 0 else None

    def _unknown(self, revision: str) -> Problem:
        if revision == "HEAD":
            message = f"the repository of {self.project} has no commit yet"
            return Problem(message=message, hint=f"commit {LOCK_NAME}")
        hint = did_you_mean(revision, self.names())
        return Problem(message=f"{shown(revision)} is no revision of the repository", hint=hint)

    def _run(self, *words: str) -> Completed:
        user = {name: self.environ[name] for name in ("PATH", "HOME") if name in self.environ}
        environment = {
            **user,
            **git_environment(self.environ),
            "GIT_ALLOW_PROTOCOL": "none",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "LC_ALL": "C",
        }
        argv = ("git", "--no-pager", "--no-replace-objects", "-C", str(self.project), *words)
        try:
            return run(argv, env=environment, timeout=_SECONDS)
        except ProgramNotFound:
            hint = "install it, or name files and images to compare"
            raise _NoGit("git, which reads revisions, is missing", hint=hint) from None
        except ProgramTimedOut as error:
            raise SpecificationError(str(error)) from None


class _NoGit(SpecificationError):  # noqa: N818 - it says what there is not
    """There is no git, or no repository."""


def _parts(word: str) -> tuple[str, str]:
    """A revision, and the lock of it that is meant: gitrevisions(7) has `REVISION:FILE`."""
    revision, _, file = word.partition(":")
    return (revision, file) if file.endswith(".lock") and file.isprintable() else (word, LOCK_NAME)


def _at(problem: Problem, revision: str) -> Problem:
    """The same, of the file at a revision: nothing can be done about that."""
    return replace(problem, message=f"at {shown(revision)}: {problem.message}", hint=None)
