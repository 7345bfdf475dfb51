"""The build secrets of an image: which of its steps may read them, each by one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.errors import FreezeError, Problem
from lading.image import steps
from lading.image.named_secrets import secrets_of
from lading.info import SecretUse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lading.errors import Location
    from lading.grammar.secret import Secret
    from lading.image import Image

__all__ = ["refuse_secrets", "use_of", "uses_of"]


def refuse_secrets(image: Image) -> None:
    """Refuse an image whose steps take secrets, for builders that can't hand any over (CASES R33).

    Raises:
        FreezeError: There are such; all together.
    """
    indexes = {step.location for step in image.steps if isinstance(step, steps.Index)}
    problems = [
        Problem(
            message=f"the classic dialect has no way to hand over the secret {secret.id}",
            hint="build with dialect='buildkit': what a classic builder gets stays in the image",
            location=location,
        )
        for secret, location in secrets_of(image)
        if location not in indexes  # a vendored folder needs no login to an index
    ]
    if problems:
        raise FreezeError(problems)


def use_of(secret: Secret) -> SecretUse:
    """What a step says of a secret: never where its value is."""
    return SecretUse(id=secret.id, version=secret.version, variable=secret.variable)


def uses_of(naming: Iterable[tuple[Iterable[Secret], Location]]) -> tuple[SecretUse, ...]:
    """The secrets of one step, each once.

    Args:
        naming: The calls that the step was made of: their secrets, and their lines.

    Raises:
        FreezeError: One of them is to be in two variables, or has two versions, or two are to be in
            one variable.
    """
    found: dict[str, SecretUse] = {}
    where: dict[str, Location] = {}
    problems: list[Problem] = []
    for secrets, location in naming:
        for use in map(use_of, secrets):
            known = found.setdefault(use.id, use)
            before = where.setdefault(use.id, location)
            for name in ("variable", "version"):
                one, other = getattr(known, name), getattr(use, name)
                if one and other and one != other:
                    message = (
                        f"the secret {use.id!r} has the {name} {other} here and {one} in the call "
                        f"of {before}, and both belong to one step"
                    )
                    problems.append(Problem(message=message, location=location))
            found[use.id] = SecretUse(
                id=use.id,
                version=known.version or use.version,
                variable=known.variable or use.variable,
            )
    problems += _sharing(found.values(), where)
    if problems:
        raise FreezeError(problems)
    return tuple(found.values())


def _sharing(uses: Iterable[SecretUse], where: Mapping[str, Location]) -> Iterator[Problem]:
    """Each secret whose variable is another one's already."""
    first: dict[str, str] = {}
    for use in uses:
        if use.variable is None:
            continue
        other = first.setdefault(use.variable, use.id)
        if other != use.id:
            message = (
                f"the secrets {other!r} ({where[other]}) and {use.id!r} are both to be in the "
                f"variable {use.variable}, and both belong to one step"
            )
            yield Problem(message=message, location=where[use.id])
