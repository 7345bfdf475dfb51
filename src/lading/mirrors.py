"""Where things are fetched from in place of where they come from: for closed networks.

A mirror says how to reach something, and never what an image is: what is fetched is checked by the
hashes of the lock all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lading.errors import Problem, SpecificationError
from lading.grammar.credentials import redact
from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.grammar.reference import ImageReference
from lading.grammar.url import parse_index_url
from lading.grammar.words import shown
from lading.project_file import read_project_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from lading.project_file import ProjectFile

__all__ = ["REGISTRY_MIRRORS", "URL_MIRRORS", "Mirrors", "read_mirrors"]

_INDEXES = ("python", "uv")
_ARCHIVES = ("debian", "debian-security", "snapshot", "ubuntu")
URL_MIRRORS = (*_INDEXES, *_ARCHIVES)
REGISTRY_MIRRORS = "registries"
_KEYS = (*URL_MIRRORS, REGISTRY_MIRRORS)

_PREFIX = "LADING_MIRROR_"
_TABLE = "mirrors"
_REGISTRY_FORM = '"docker.io" = "mirror.example/dockerhub"'
_PAIR_FORM = "docker.io=mirror.example/dockerhub,..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrors:
    """The mirrors of one project.

    Attributes:
        python: URL of the package index that stands for the resolver's own default one.
        uv: URL of the package index that uv itself comes from; `python` where None.
        archives: Names of Debian archives (`debian`, `debian-security`, `ubuntu`), and their URLs.
        registries: Hosts of image registries (`docker.io`), and what takes their place: a host,
            with a path before the repository's own where there is one.
        said: By its key (`python`, `debian`, `registries`), where each is said: a table or a
            variable.
    """

    python: str | None = None
    uv: str | None = None
    archives: tuple[tuple[str, str], ...] = ()
    registries: tuple[tuple[str, str], ...] = ()
    said: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def base(self, reference: ImageReference) -> ImageReference:
        """The reference that an image is pulled by; its tag and digest are those it has.

        Raises:
            Invalid: The mirror's path makes the name too long.
        """
        mirror = dict(self.registries).get(reference.domain)
        if mirror is None:
            return reference
        domain, _, prefix = mirror.partition("/")
        path = f"{prefix}/{reference.path}" if prefix else reference.path
        return replace(reference, domain=domain, path=path)


def read_mirrors(project: Path, environ: Mapping[str, str]) -> Mirrors:
    """The mirrors of `[tool.lading.mirrors]` in the project's file, and of variables.

    A variable comes before the table; an empty one takes the table's mirror away.

    Args:
        project: The project's folder; it need not have a project file.
        environ: `LADING_MIRROR_PYTHON`, `_UV`, `_DEBIAN`, `_DEBIAN_SECURITY`, `_UBUNTU`, and
            `LADING_MIRROR_REGISTRIES` as `docker.io=host/path,...`.

    Raises:
        SpecificationError: A key is unknown, or a value is invalid; all of them together.
    """
    found = _Found()
    file = read_project_file(project)
    if file is not None:
        found.read_table(file)
    found.read_variables(environ)
    if found.problems:
        raise SpecificationError(found.problems)
    urls = found.urls
    return Mirrors(
        python=urls.get("python"),
        uv=urls.get("uv"),
        archives=tuple((name, urls[name]) for name in _ARCHIVES if name in urls),
        registries=tuple(sorted(found.registries.items())),
        said=tuple(sorted(found.said.items())),
    )


@dataclass(slots=True, kw_only=True)
class _Found:
    """What has been read so far, and all that was wrong with it."""

    urls: dict[str, str] = field(default_factory=dict)
    registries: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def read_table(self, file: ProjectFile) -> None:
        """Reads `[tool.lading.mirrors]`, or `[mirrors]` of a lading.toml."""
        table, title = file.table.get(_TABLE, {}), file.title(_TABLE)
        where = f"{file.path}: {title}"
        for key, value in self._items(table, where):
            self.said[key] = f"{title} of {file.path.name}"
            if key in URL_MIRRORS:
                self._keep_url(key, value, f"{where} {key}")
            elif key == REGISTRY_MIRRORS:
                place = f"{where[:-1]}.{REGISTRY_MIRRORS}]"
                for host, mirror in self._items(value, place):
                    self._keep_registry(host, mirror, place)
            else:
                self.problems.append(_unknown(f"{where} has no key {key!r}", key, _KEYS))

    def read_variables(self, environ: Mapping[str, str]) -> None:
        """Puts what variables name in the place of what the table names."""
        known = {f"{_PREFIX}{key.upper().replace('-', '_')}": key for key in _KEYS}
        for name in sorted(name for name in environ if name.startswith(_PREFIX)):
            key, value = known.get(name), environ[name].strip()
            if key is None:
                self.problems.append(_unknown(f"there is no variable {name}", name, known))
                continue
            self.said[key] = name
            if key == REGISTRY_MIRRORS:
                self.registries.clear()
                self._read_pairs(name, value)
            else:
                self.urls.pop(key, None)
                if value:
                    self._keep_url(key, value, name)

    def _read_pairs(self, name: str, value: str) -> None:
        for pair in filter(None, (part.strip() for part in value.split(","))):
            host, equals, mirror = pair.partition("=")
            self._keep_registry(host.strip(), mirror.strip() if equals else None, name)

    def _items(self, table: object, where: str) -> Iterable[tuple[str, object]]:
        if isinstance(table, dict):
            return table.items()
        self.problems.append(Problem(message=f"{where} is not a table"))
        return ()

    def _keep_url(self, key: str, value: object, where: str) -> None:
        try:
            self.urls[key] = _parse_url(value)
        except Invalid as error:
            self.problems.append(_invalid(where, error))

    def _keep_registry(self, host: str, mirror: object, where: str) -> None:
        try:
            self.registries[_domain(host)] = _parse_registry(mirror)
        except Invalid as error:
            self.problems.append(_invalid(where, error))


def _parse_url(value: object) -> str:
    if not isinstance(value, str):
        raise Invalid(f"{shown(value)} is not a URL", hint='"https://mirror.example/simple"')
    try:
        url = parse_index_url(value)
    except Invalid as error:
        hint = error.hint
        if "credentials" in error.message:
            hint = "leave them out; give them in a netrc file"
        raise Invalid(error.message.replace("index URL", "URL"), hint=hint) from None
    if url.startswith("file:"):
        raise Invalid(f"URL {shown(value)} is not https or http")
    return url


def _domain(host: str) -> str:
    """The registry that `host` names, as references name it."""
    try:
        reference = ImageReference.parse(f"{host}/team/image")
    except Invalid:
        reference = None
    if reference is None or reference.path != "team/image":
        raise Invalid(f"{shown(redact(host))} is not the host of a registry", hint=_REGISTRY_FORM)
    return reference.domain


def _parse_registry(value: object) -> str:
    """A host, and a path where there is one."""
    if not isinstance(value, str):
        hint = _PAIR_FORM if value is None else _REGISTRY_FORM
        raise Invalid("a registry's mirror is a host and a path", hint=hint)
    text = value.removesuffix("/")
    if "@" in text:
        raise Invalid(
            "a registry's mirror has credentials in it",
            hint="leave them out, and log in with `docker login` or `podman login`",
        )
    host, slash, path = text.partition("/")
    try:
        domain = _domain(host)
        reference = ImageReference.parse(f"{domain}{slash}{path}/image")
    except Invalid:
        reference = None
    if reference is None or reference.tag is not None:
        raise Invalid(f"{shown(value)} is not a registry's host and a path", hint=_REGISTRY_FORM)
    return f"{domain}{slash}{path}"


def _unknown(message: str, word: str, known: Iterable[str]) -> Problem:
    choices = tuple(known)
    return Problem(
        message=message, hint=did_you_mean(word, choices) or f"there are {', '.join(choices)}"
    )


def _invalid(where: str, error: Invalid) -> Problem:
    return Problem(message=f"{where}: {error.message}", hint=error.hint)
