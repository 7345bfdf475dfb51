"""The engines that are known, and the choice among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.engines.buildah import Buildah, Podman
from lading.engines.buildctl import Buildctl
from lading.engines.buildx import Buildx
from lading.engines.docker import Docker
from lading.engines.engine import unusable
from lading.engines.installed import installed_engines
from lading.engines.nerdctl import Nerdctl
from lading.engines.redaction import without_credentials
from lading.errors import BuildError, Problem
from lading.grammar.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.engines.engine import Availability, Engine
    from lading.grammar.dialect import Dialect

__all__ = [
    "Diagnosis",
    "diagnose",
    "engines",
    "find_engine",
    "register_engine",
    "registered_engines",
]

_engines: dict[str, Engine] = {
    engine.name: engine
    for engine in (Buildx(), Docker(), Podman(), Buildah(), Nerdctl(), Buildctl())
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was found out about one engine.

    Attributes:
        name: The engine's name.
        usable: Whether it can serve.
        version: Its own version, where it told.
        reason: Why it can't serve.
        hint: What to do so that it can.
        classic: Whether it can build a classic Dockerfile.
    """

    name: str
    usable: bool
    version: str | None
    reason: str | None
    hint: str | None
    classic: bool

    def serves(self, dialect: Dialect) -> bool:
        """Whether it can build a Dockerfile of this dialect."""
        return self.classic if dialect == "classic" else self.usable


def engines() -> tuple[Engine, ...]:
    """All engines in the order in which one is chosen.

    Buildx comes first, because it has the newest BuildKit and whoever selected a builder wants that
    builder; then docker, whose daemon most people run; podman and buildah, which need no daemon but
    have no BuildKit, podman first because it can also run what it built; nerdctl, whose images
    only containerd sees; and buildctl last, because its daemon may be far away and keeps no images.
    Registered ones follow in the order of their registration, and then those that installed
    packages bring, by name.
    """
    return (*registered_engines(), *installed_engines(_engines))


def registered_engines() -> tuple[Engine, ...]:
    """Lading's own, and those that a module of this process has registered."""
    return tuple(_engines.values())


def register_engine(engine: Engine) -> None:
    """Makes one more engine known, for this process.

    A package that others install names it by an entry point of the group `lading.engines` instead.

    Raises:
        BuildError: If one of that name is known already.
    """
    if engine.name in _engines:
        raise BuildError(
            f"an engine named {engine.name!r} is registered already", hint="give it another name"
        )
    _engines[engine.name] = engine


def find_engine(
    name: str | None, environment: Mapping[str, str], *, dialect: Dialect = "buildkit"
) -> Engine:
    """The engine of that name, or the first that can serve where no name is given.

    Args:
        name: The engine's name, or None.
        environment: The whole environment of the engine's commands.
        dialect: Of the Dockerfile that it is to build.

    Raises:
        BuildError: If there is no engine of that name, or it can't serve, or none can. Then every
            engine's reason is in it.
    """
    if name is not None:
        return _named(name, environment, dialect)
    problems = []
    for engine in engines():
        found = _probe(engine, environment)
        if found.serves(dialect):
            return engine
        problems.append(_problem(found))
    none = Problem(
        message="no container engine can serve here",
        hint="see `lading doctor`; `lading freeze` writes the build context without any",
    )
    raise BuildError((none, *problems))


def diagnose(environment: Mapping[str, str]) -> tuple[Diagnosis, ...]:
    """Every engine's state, in the order of `engines`; it ends in bounded time and never fails."""
    # Imported here, because a build that names its engine needs no threads.
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    known = engines()
    with ThreadPoolExecutor(max_workers=len(known)) as pool:
        return tuple(pool.map(lambda engine: _probe(engine, environment), known))


def _named(name: str, environment: Mapping[str, str], dialect: Dialect) -> Engine:
    named = {one.name: one for one in reversed(engines())}  # of two with a name, the first
    engine = named.get(name)
    if engine is None:
        names = tuple(reversed(named))
        guess = did_you_mean(name, names)
        known = f"known: {', '.join(names)}"
        raise BuildError(
            f"there is no container engine named {name!r}",
            hint=f"{guess} {known}" if guess else known,
        )
    found = _probe(engine, environment)
    if not found.serves(dialect):
        raise BuildError(_problem(found))
    return engine


def _probe(engine: Engine, environment: Mapping[str, str]) -> Diagnosis:
    try:
        found = engine.probe(environment)
    except Exception as error:  # noqa: BLE001 - a registered engine is somebody else's code
        found = unusable(f"its probe failed: {type(error).__name__}: {error}")
    return _diagnosis(engine.name, found)


def _diagnosis(name: str, found: Availability) -> Diagnosis:
    return Diagnosis(
        name=name,
        usable=found.usable,
        version=found.version,
        reason=without_credentials(found.reason) if found.reason else None,
        hint=found.hint,
        classic=found.usable or found.classic,
    )


def _problem(found: Diagnosis) -> Problem:
    hint = found.hint
    if found.classic:
        hint = f"{hint}; or build with --dialect classic, which it can"
    return Problem(
        message=f"{found.name} can't serve: {found.reason or 'it gives no reason'}", hint=hint
    )
