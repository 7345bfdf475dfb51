"""What Lading gets from the machine that it runs on, read in one place and handed down.

Nothing below the command line and `Image.freeze` looks at the environment. What is here says how to
reach things, and never what an image is.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from lading.errors import BuildError
from lading.grammar.invalid import Invalid
from lading.grammar.words import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from lading.errors import Location, Problem
    from lading.grammar.secret import Secret
    from lading.http import HttpSettings
    from lading.image.steps import Index
    from lading.lock.uv import Uv
    from lading.platforms import Platform
    from lading.registry.credentials import Credentials
    from lading.secret_values import SecretSource
    from lading.store import Store
    from lading.store.digests import FileDigests

__all__ = ["Machine", "Reach"]

_CREATED: Final = 315532800
"""1980-01-01, the time of the files of images too."""

_MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}

_LAST_TIME: Final = 253402300799
"""The end of the year 9999, the last that RFC 3339 can write."""


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
    def here(
        cls,
        *,
        ca_bundle: str | None = None,
        secrets: Iterable[SecretSource] = (),
        plain_http: Iterable[str] = (),
    ) -> Self:
        """This machine.

        Args:
            ca_bundle: What is trusted in place of the certificates it is configured with.
            secrets: The sources of secrets, in place of those that an Image declares.
            plain_http: More registries that are reached without TLS.
        """
        environ = dict(os.environ)
        if hosts := tuple(plain_http):
            named = environ.get("LADING_PLAIN_HTTP")
            environ["LADING_PLAIN_HTTP"] = ",".join((*([named] if named else []), *hosts))
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

    def created(self) -> int:
        """When images are said to be made, in seconds since 1970 (reproducible-builds.org).

        It is SOURCE_DATE_EPOCH, or one time for all: the clock has no say.

        Raises:
            Invalid: The variable holds something else.
        """
        text = self.environ.get("SOURCE_DATE_EPOCH") or str(_CREATED)
        if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) > _LAST_TIME:
            raise Invalid(
                f"SOURCE_DATE_EPOCH is {shown(text)}, and no time",
                hint="set it to seconds since 1970, such as $(git log -1 --pretty=%ct), or unset "
                "it",
            )
        return int(text)

    def store(self) -> Store:
        """The layers that were made or fetched.

        Raises:
            ImageError: LADING_CACHE_LIMIT is no size.
        """
        from lading.store import open_store  # noqa: PLC0415 - only for images

        return open_store(self.cache, self.environ)

    def digests(self, say: Callable[[str], None] = lambda _: None) -> FileDigests:
        """What describes large files of a project, and hashes each but once.

        Args:
            say: Told of a file that takes long.
        """
        from lading.store.digests import FileDigests  # noqa: PLC0415 - where files are large

        return FileDigests(store=self.store, say=say)

    @property
    def platform(self) -> Platform:
        """What container engines here run without emulation."""
        from lading.platforms import Platform  # noqa: PLC0415 - seldom asked

        named = _MACHINES.get(os.uname().machine, os.uname().machine)
        return Platform.parse(f"linux/{named}")

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
