"""The one builder of uv command lines, and what uv may see of the machine.

uv resolves for the *target*: its architecture, libc and Python version are handed in, and nothing
of the host's configuration may change the answer, so that a lock is the same wherever it is made.
What does pass is how to reach the network: certificates, proxies, time limits and credentials.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from lading.errors import ResolutionError
from lading.process import Completed, ProgramNotFound, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from threading import Event

__all__ = ["Uv"]

# Not UV_OFFLINE: what a machine happens to have in its cache would decide the versions.
_PASSED = frozenset(
    {
        "ALL_PROXY",
        "HOME",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "LANG",
        "NETRC",
        "NO_PROXY",
        "PATH",
        "SSH_AUTH_SOCK",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "SSL_CLIENT_CERT",
        "TMPDIR",
        "UV_CACHE_DIR",
        "UV_CONCURRENT_DOWNLOADS",
        "UV_HTTP_RETRIES",
        "UV_HTTP_TIMEOUT",
        "UV_KEYRING_PROVIDER",
        "UV_NATIVE_TLS",
        "UV_SYSTEM_CERTS",
        "XDG_CACHE_HOME",
        "XDG_DATA_HOME",
    }
)
_CREDENTIAL = re.compile(r"UV_INDEX_[A-Z0-9_]+_(USERNAME|PASSWORD)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Uv:
    """A uv program, the interpreter that it may start, and its environment.

    Attributes:
        program: The path of uv.
        interpreter: Any CPython of this machine; only ever asked for its version.
        environment: What uv sees, already reduced to what may matter.
        stopping: Once it is set, a call that is under way is ended, and none begins.
    """

    program: str
    interpreter: str
    environment: Mapping[str, str] = field(repr=False)
    stopping: Event | None = field(default=None, compare=False, repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], *, interpreter: str) -> Self:
        """The uv that is installed beside Lading, seeing only what it must of `environ`.

        Raises:
            ResolutionError: There is none.
        """
        from uv import find_uv_bin  # noqa: PLC0415 - used by locking only

        try:
            program = find_uv_bin()
        except FileNotFoundError:
            message = "uv, which resolves Python packages, is missing"
            raise ResolutionError(message, hint="install it: pip install uv") from None
        return cls(program=program, interpreter=interpreter, environment=reduced(environ))

    def call(
        self,
        words: Sequence[str],
        *,
        cwd: Path,
        stdin: str | None = None,
        config: Path | None = None,
    ) -> Completed:
        """Run `uv <words>` and wait for it.

        Args:
            words: The command and its options.
            cwd: The folder that it runs in.
            stdin: What it reads.
            config: The only file of settings that it reads; none where left out.

        Raises:
            ResolutionError: It can't be started.
        """
        settings = ("--no-config",) if config is None else ("--config-file", str(config))
        argv = [self.program, *words, *settings, "--no-progress", "--color", "never"]
        try:
            return run(argv, env=self.environment, cwd=cwd, stdin=stdin, stop=self.stopping)
        except ProgramNotFound as error:
            raise ResolutionError(str(error), hint="install it again: pip install uv") from None

    def default_index(self, folder: Path) -> str | None:
        """The index that it asks where nobody names one.

        Args:
            folder: Where it is started.

        Raises:
            ResolutionError: It can't be started.
        """
        words = ("pip", "compile", "-", "--emit-index-url", "--no-header", "--offline")
        found = re.search(r"--index-url (\S+)", self.call(words, cwd=folder, stdin="").stdout)
        return found[1].rstrip("/") if found else None


def reduced(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of `environ` that say how to reach the network, and nothing that has a say."""
    return {
        name: value
        for name, value in environ.items()
        if name.upper() in _PASSED or _CREDENTIAL.fullmatch(name)
    }
