"""Logins for registries, from the files that docker and podman keep.

Format: docker's `config.json` (`auths`, `credHelpers`, `credsStore`) and containers-auth.json(5),
which is the same with keys that may name a repository too.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lading.errors import RegistryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Credentials", "Found", "Login"]

# What `docker login` without a host writes, and what Docker Hub is called in helpers.
_DOCKER_HUB_KEY: Final = "https://index.docker.io/v1/"
_DOCKER_HUB_NAMES: Final = ("index.docker.io", "docker.io", "registry-1.docker.io")

# docker/cli: a helper answers with this user where its secret is an identity token.
_TOKEN_USER: Final = "<token>"  # noqa: S105 - a marker, not a secret


_HELPER_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A user's name with a password, or an identity token in its place."""

    username: str
    password: str = field(repr=False, default="")
    identity_token: str | None = field(repr=False, default=None)

    @property
    def basic(self) -> str:
        """The value of an `Authorization` header (RFC 7617)."""
        pair = f"{self.username}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode('ascii')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a look for a login gave.

    Attributes:
        login: The login, or None: go on anonymously.
        remark: Why a credential helper that is configured gave none; told when a registry refuses.
    """

    login: Login | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Where logins are kept. They are read when a registry asks for one, and not before.

    Attributes:
        files: Configuration files; the first that knows the registry is taken. A missing
            one is skipped.
        environ: The environment for credential helpers, which are found on its `PATH`.
    """

    files: tuple[Path, ...] = ()
    environ: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], home: Path) -> Credentials:
        """The files of `$REGISTRY_AUTH_FILE`, docker, and podman, in this order.

        Podman keeps its own below the runtime folder on Linux, and below the home on macOS
        (containers-auth.json(5)).

        Args:
            environ: Gives `REGISTRY_AUTH_FILE`, `DOCKER_CONFIG`, `XDG_RUNTIME_DIR`,
                `XDG_CONFIG_HOME`, and the environment of credential helpers.
            home: The user's home, for `.docker/config.json` and `.config/containers/auth.json`.
        """
        named = environ.get("REGISTRY_AUTH_FILE")
        docker = Path(environ.get("DOCKER_CONFIG") or home / ".docker")
        runtime = environ.get("XDG_RUNTIME_DIR")
        settings = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
        files = (
            *((Path(named),) if named else ()),
            docker / "config.json",
            *((Path(runtime) / "containers" / "auth.json",) if runtime else ()),
            settings / "containers" / "auth.json",
        )
        return cls(files=files, environ=tuple(sorted(environ.items())))

    def find(self, domain: str, path: str) -> Found:
        """The login for a repository.

        Args:
            domain: The registry as references name it, `docker.io` for Docker Hub.
            path: The repository's path there.

        Raises:
            RegistryError: A file is not what it should be.
        """
        remark = None
        for file in self.files:
            config = _read(file)
            helped = self._helped(config, domain)
            login = helped.login or _kept(config, file, domain, path)
            if login is not None:
                return Found(login=login)
            remark = remark or helped.remark
        return Found(remark=remark)

    def _helped(self, config: Mapping[str, Any], domain: str) -> Found:
        """What the credential helper says that is set for this registry, or for all."""
        keys = _names(domain)
        helpers = _table(config, "credHelpers")
        own = (helpers[key] for key in (*keys, _helper_key(domain)) if key in helpers)
        helper = next(own, None) or config.get("credsStore")
        return self._ask(str(helper), _helper_key(domain)) if helper else Found()

    def _ask(self, helper: str, key: str) -> Found:
        """Run `docker-credential-<helper> get` (docker/docker-credential-helpers)."""
        from lading.process import run  # noqa: PLC0415

        if not re.fullmatch(r"[\w.-]+", helper, re.ASCII):  # a name on PATH, never a path
            return Found(remark=f"{helper!r} is not the name of a credential helper")
        name = f"docker-credential-{helper}"
        try:
            done = run([name, "get"], env=dict(self.environ), stdin=key, timeout=_HELPER_SECONDS)
        except OSError:
            return Found(remark=f"the credential helper {name} could not be run")
        if done.returncode != 0:  # its own words may hold what it must not say
            return Found(remark=f"the credential helper {name} gave no login")
        return _answered(done.stdout, name)


def _names(domain: str) -> tuple[str, ...]:
    return _DOCKER_HUB_NAMES if domain in _DOCKER_HUB_NAMES else (domain,)


def _helper_key(domain: str) -> str:
    return _DOCKER_HUB_KEY if domain in _DOCKER_HUB_NAMES else domain


def _answered(text: str, name: str) -> Found:
    try:
        answer = json.loads(text)
        username, secret = str(answer["Username"]), str(answer["Secret"])
    except (ValueError, KeyError, TypeError):
        return Found(remark=f"the credential helper {name} answered what can't be read")
    if username == _TOKEN_USER:
        return Found(login=Login(username="", identity_token=secret))
    return Found(login=Login(username=username, password=secret))


def _read(file: Path) -> Mapping[str, Any]:
    try:
        config = json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise _unreadable(file, (error.strerror or "no access").lower()) from None
    except ValueError:
        raise _unreadable(file, "not JSON") from None
    if not isinstance(config, dict):
        raise _unreadable(file, "not a JSON object")
    return config


def _unreadable(file: Path, why: str) -> RegistryError:
    return RegistryError(
        f"the registry logins in {file} can't be read: {why}",
        hint="mend the file, or name another by REGISTRY_AUTH_FILE",
    )


def _table(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = config.get(name)
    return table if isinstance(table, dict) else {}


def _kept(config: Mapping[str, Any], file: Path, domain: str, path: str) -> Login | None:
    """The login that `auths` holds for the repository, else for a part above it, else the host."""
    auths = {_bare(key): entry for key, entry in _table(config, "auths").items()}
    entries = (auths[key] for key in _scopes(domain, path) if key in auths)
    logins = (_login(entry, file) for entry in entries if isinstance(entry, dict))
    return next((login for login in logins if login is not None), None)


def _bare(key: str) -> str:
    """`https://host/v1/` → `host`: docker's keys have been URLs of an old API."""
    return re.sub(r"/v[12]$", "", re.sub(r"^https?://", "", key).rstrip("/"))


def _scopes(domain: str, path: str) -> Iterator[str]:
    """The keys that fit, the most specific first, as containers-auth.json(5) orders them."""
    parts = path.split("/")
    for name in _names(domain):
        for length in range(len(parts), -1, -1):
            yield "/".join((name, *parts[:length]))


def _login(entry: Mapping[str, Any], file: Path) -> Login | None:
    if entry.get("identitytoken"):
        return Login(username="", identity_token=str(entry["identitytoken"]))
    if entry.get("auth"):
        return _decoded(str(entry["auth"]), file)
    if entry.get("username") and entry.get("password"):
        return Login(username=str(entry["username"]), password=str(entry["password"]))
    return None  # docker leaves an empty entry where a helper keeps the secret


def _decoded(auth: str, file: Path) -> Login:
    try:
        username, colon, password = base64.b64decode(auth, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise _unreadable(file, "an entry's `auth` is not base64") from None
    if not colon:
        raise _unreadable(file, "an entry's `auth` is not `user:password`")
    return Login(username=username, password=password.rstrip("\0"))
