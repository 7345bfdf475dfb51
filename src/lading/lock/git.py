"""Commits of git repositories, as data: what a source in one says, without checking it out.

git is started with what the user's own configuration says of the way there (logins, ssh, proxies),
and with nothing that would run: no hook, no filter, no working tree.
"""

from __future__ import annotations

import shlex
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lading.errors import Problem, ResolutionError
from lading.lock.source_texts import WANTED, SourceTexts
from lading.process import Completed, ProgramNotFound, ProgramTimedOut, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from threading import Event

__all__ = ["Git", "git_environment", "ssh_keys"]

_LARGEST_TEXT: Final = 2 << 20
_SECONDS: Final = 900.0

# How git gets anywhere. GIT_DIR and the like would make it work on another repository.
_PASSED: Final = frozenset(
    {
        "GIT_ASKPASS",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_SSL_CAINFO",
        "GIT_SSL_CAPATH",
        "SSH_ASKPASS",
        "SSH_AUTH_SOCK",
        "XDG_CONFIG_HOME",
    }
)
_PRIVATE_KEY: Final = b" PRIVATE KEY-----"


def git_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of `environ` by which git reaches a repository; it asks nobody (CASES R37)."""
    found = {name: value for name, value in environ.items() if name in _PASSED}
    return {**found, "GIT_TERMINAL_PROMPT": "0"}


@contextmanager
def ssh_keys(values: Iterable[bytes], environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The variable that offers these keys to ssh, besides those of the user, during the block.

    A value that is no private key is none that ssh would take, and is left out.

    Args:
        values: The values of secrets.
        environment: What git sees, which may name an ssh of the user's own.
    """
    keys = [value for value in values if _PRIVATE_KEY in value]
    if not keys:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="lading-") as name:
        words = [environment.get("GIT_SSH_COMMAND") or "ssh"]
        for number, key in enumerate(keys):
            file = Path(name, f"key-{number}")
            file.touch(mode=0o600)
            file.write_bytes(key.rstrip(b"\n") + b"\n")  # without which OpenSSH refuses it
            words += ("-i", shlex.quote(str(file)))  # git has a shell read it
        yield {"GIT_SSH_COMMAND": " ".join(words)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """The git of this machine.

    Attributes:
        environment: What it sees.
        stopping: Once it is set, a call that is under way is ended, and none begins.
    """

    environment: Mapping[str, str] = field(repr=False)
    stopping: Event | None = field(default=None, compare=False, repr=False)

    def texts(self, url: str, commit: str, subdirectory: str | None = None) -> SourceTexts:
        """What the source at a commit says.

        Raises:
            ResolutionError: The commit can't be had.
        """
        with tempfile.TemporaryDirectory(prefix="lading-") as name:
            folder = Path(name)
            self.fetch(url, commit, folder)
            start = f"{subdirectory.strip('/')}/" if subdirectory else ""
            found = {file: self._text(folder, f"{commit}:{start}{file}") for file in WANTED}
            return SourceTexts.of({file: text for file, text in found.items() if text is not None})

    def fetch(self, url: str, commit: str, folder: Path) -> None:
        """Put the commit into a bare repository of its own, which is made in the empty `folder`.

        Raises:
            ResolutionError: It can't be had.
        """
        algorithm = "sha256" if len(commit) == 64 else "sha1"  # noqa: PLR2004 - hexadecimal digits
        words = ("init", "--quiet", "--bare", "--template=", f"--object-format={algorithm}")
        self._call(folder, *words, ".")
        done = self._run(folder, "fetch", "--quiet", "--no-tags", "--depth=1", "--", url, commit)
        if done.returncode == 0:
            return
        # Some servers give a branch only, and plain files over HTTP no part of a history.
        everything = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        self._call(folder, "fetch", "--quiet", "--", url, *everything)
        if self._run(folder, "cat-file", "-e", f"{commit}^{{commit}}").returncode != 0:
            raise ResolutionError(f"{url} has no commit {commit} on a branch or tag any more")

    def _text(self, folder: Path, name: str) -> str | None:
        size = self._run(folder, "cat-file", "-s", name)
        if size.returncode != 0:
            return None
        if int(size.stdout) > _LARGEST_TEXT:
            raise ResolutionError(f"{name.partition(':')[2]} of the repository is too large")
        return self._call(folder, "cat-file", "blob", name).stdout.removeprefix("\ufeff")

    def _call(self, folder: Path, *words: str) -> Completed:
        done = self._run(folder, *words)
        if done.returncode == 0:
            return done
        message = "a git repository can't be read"
        raise ResolutionError(Problem(message=message, detail=done.stderr.strip()))

    def _run(self, folder: Path, *words: str) -> Completed:
        # No repository that is a path, and no program that is called a repository (`ext::`).
        environment = {**self.environment, "GIT_ALLOW_PROTOCOL": "http:https:ssh"}
        argv = ("git", "-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-C", str(folder))
        try:
            return run((*argv, *words), env=environment, timeout=_SECONDS, stop=self.stopping)
        except ProgramNotFound:
            raise ResolutionError(
                "git, which reads repositories, is missing", hint="install it, or require a wheel"
            ) from None
        except ProgramTimedOut as error:
            raise ResolutionError(str(error)) from None
