"""What Lading gets from the machine that it runs on, read in one place and handed down.

Nothing below the command line and `Image.freeze` looks at the environment. What is here says how to
reach things, and never what an image is.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.http import HttpSettings
    from lading.lock.uv import Uv
    from lading.registry.credentials import Credentials

__all__ = ["Machine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine at hand: its environment, its interpreter, its user's folders."""

    environ: Mapping[str, str] = field(repr=False)
    home: Path
    interpreter: str

    @classmethod
    def here(cls, *, ca_bundle: str | None = None) -> Self:
        """This machine; `ca_bundle` is used in place of the certificates it is configured with."""
        environ = dict(os.environ)
        if ca_bundle is not None:
            environ["SSL_CERT_FILE"] = str(Path(ca_bundle).resolve())
        return cls(environ=environ, home=Path.home(), interpreter=sys.executable)

    @property
    def cache(self) -> Path:
        """Where files that were fetched by hash are kept (XDG Base Directory Specification)."""
        if named := self.environ.get("LADING_CACHE_DIR"):
            return Path(named)
        base = self.environ.get("XDG_CACHE_HOME")
        return (Path(base) if base else self.home / ".cache") / "lading"

    def uv(self) -> Uv:
        """The resolver, seeing only what it must."""
        from lading.lock.uv import Uv  # noqa: PLC0415 - only for locking

        return Uv.from_environment(self.environ, interpreter=self.interpreter)

    def http(self) -> HttpSettings:
        """How to reach registries and files."""
        from lading.http import HttpSettings  # noqa: PLC0415 - only for locking

        return HttpSettings.from_environment(self.environ)

    def credentials(self) -> Credentials:
        """The logins to image registries that docker and podman have stored."""
        from lading.registry.credentials import Credentials  # noqa: PLC0415 - only for locking

        return Credentials.from_environment(self.environ, self.home)
