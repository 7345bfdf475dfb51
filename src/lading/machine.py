"""What Lading gets from the machine that it runs on, read in one place and handed down.

Nothing below the command line and `Image.freeze` looks at the environment. What is here says how to
reach things, and never what an image is.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from lading.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from lading.errors import Location, Problem
    from lading.grammar.secret import Secret
    from lading.http import HttpSettings
    from lading.image.steps import Index
    from lading.lock.uv import Uv
    from lading.registry.credentials import Credentials
    from lading.secret_values import SecretSource

__all__ = ["Machine", "Reach"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How package indexes are reached.

    Attributes:
        uv: The resolver, with the logins in its environment.
        http: Settings with the logins.
        mask: Masks, in a text, every secret that was read for it.
    """

    uv: Uv
    http: HttpSettings
    mask: Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine at hand: its environment, its interpreter, its user's folders.

    Attributes:
        environ: The environment.
        home: The user's own folder.
        interpreter: The Python at hand.
        secrets: The sources of secrets, in place of those that an Image declares.
        apt_sources: The folder of the machine's own apt, where it has one: how it reaches Debian's
            archives.
    """

    environ: Mapping[str, str] = field(repr=False)
    home: Path
    interpreter: str
    secrets: tuple[SecretSource, ...] = ()
    apt_sources: Path = Path("/etc/apt")
    _values: dict[SecretSource, bytes] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def here(cls, *, ca_bundle: str | None = None, secrets: Iterable[SecretSource] = ()) -> Self:
        """This machine.

        Args:
            ca_bundle: What is trusted in place of the certificates it is configured with.
            secrets: The sources of secrets, in place of those that an Image declares.
        """
        environ = dict(os.environ)
        if ca_bundle is not None:
            environ["SSL_CERT_FILE"] = str(Path(ca_bundle).resolve())
        return cls(
            environ=environ, home=Path.home(), interpreter=sys.executable, secrets=tuple(secrets)
        )

    @property
    def cache(self) -> Path:
        """Where files that were fetched by hash are kept (XDG Base Directory Specification)."""
        if named := self.environ.get("LADING_CACHE_DIR"):
            return Path(named)
        base = self.environ.get("XDG_CACHE_HOME")
        return (Path(base) if base else self.home / ".cache") / "lading"

    def secret(self, secret: Secret, *, project: Path) -> bytes:
        """The value of a secret, from the command line's source or from its own; read once.

        Raises:
            BuildError: It isn't there.
        """
        from lading.secret_values import read_secret  # noqa: PLC0415 - seldom needed

        source = self.source(secret, project=project)
        if source not in self._values:  # a command may ask its user something
            self._values[source] = read_secret(source, self.environ, project=project)
        return self._values[source]

    def read_secrets(
        self, named: Iterable[tuple[Secret, Location]], *, project: Path
    ) -> tuple[Secret, ...]:
        """Read the values of secrets, so that all that are missing are told of together.

        Args:
            named: Each with the user's line.
            project: The folder that the paths of files start from.

        Returns:
            The secrets, each id once.

        Raises:
            BuildError: Some aren't there.
        """
        wanted: dict[str, tuple[Secret, Location]] = {}
        for secret, location in named:
            wanted.setdefault(secret.id, (secret, location))
        problems: list[Problem] = []
        for secret, location in wanted.values():
            try:
                self.secret(secret, project=project)
            except BuildError as error:
                problems += [replace(problem, location=location) for problem in error.problems]
        if problems:
            raise BuildError(problems)
        return tuple(secret for secret, _ in wanted.values())

    def source(self, secret: Secret, *, project: Path) -> SecretSource:
        """Where the value of a secret is.

        Raises:
            BuildError: Nothing says so.
        """
        from lading.secret_values import source_of  # noqa: PLC0415 - seldom needed

        given = {source.id: source for source in self.secrets}
        return source_of(secret, given, project=project, home=self.home)

    @contextmanager
    def logged_in(self, indexes: Iterable[Index], *, project: Path) -> Iterator[Reach]:
        """The resolver and HTTP, with the logins of these indexes, during the block.

        Secrets are read only where an index has any. What has to be in a file is in a folder of its
        own, which nobody else may read and which is removed in the end.

        Raises:
            BuildError: Secrets aren't there; all together, with the user's lines.
        """
        from lading.logins import logins_of  # noqa: PLC0415 - only for locking and fetching

        asked = tuple(indexes)
        named = ((secret, index.location) for index in asked for secret in index.secrets)
        self.read_secrets(named, project=project)
        logins = logins_of(asked, lambda secret: self.secret(secret, project=project))
        in_files = logins.netrc is not None or logins.client_certificate is not None
        # A full disk is no obstacle to what needs no file.
        made = (
            tempfile.TemporaryDirectory(prefix="lading-") if in_files else nullcontext(os.devnull)
        )
        with made as name:
            folder = Path(name)
            uv = self.uv()
            environment = {**uv.environment, **logins.environment(folder)}
            yield Reach(
                uv=replace(uv, environment=environment),
                http=logins.http(self.http(), folder),
                mask=logins.mask,
            )

    def uv(self) -> Uv:
        """The resolver, seeing only what it must."""
        from lading.lock.uv import Uv  # noqa: PLC0415 - only for locking

        return Uv.from_environment(self.environ, interpreter=self.interpreter)

    def http(self) -> HttpSettings:
        """How to reach registries and files."""
        from lading.http import HttpSettings  # noqa: PLC0415 - only for locking

        settings = HttpSettings.from_environment(self.environ)
        return replace(settings, netrc=settings.netrc or str(self.home / ".netrc"))

    def credentials(self) -> Credentials:
        """The logins to image registries that docker and podman have stored."""
        from lading.registry.credentials import Credentials  # noqa: PLC0415 - only for locking

        return Credentials.from_environment(self.environ, self.home)
