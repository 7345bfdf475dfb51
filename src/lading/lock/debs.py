"""The Debian packages of an image: which it asks for, and what of a lock they are."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from lading.distros import (
    base_image,
    interpreter_packages,
    root_packages,
    root_tools,
    toolchain,
)
from lading.errors import Problem, SpecificationError
from lading.grammar.base import SCRATCH
from lading.grammar.invalid import Invalid
from lading.grammar.reference import ImageReference
from lading.image import steps
from lading.image.spans import settings, spans, spans_below
from lading.image.system import packages_for
from lading.lock.model import DebsFor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lading.distros import Distro
    from lading.grammar.python_version import PythonVersion
    from lading.image import Image
    from lading.lock.model import Distribution, PlatformLock

__all__ = [
    "debs_drift",
    "debs_for",
    "fits",
    "interpreter_of",
    "is_lockable",
    "unlocked_packages",
]

_FAMILY = "debian"


def debs_for(image: Image, part: PlatformLock, *, base_has_python: bool = False) -> DebsFor | None:
    """The system packages that are locked for an image; None where none are.

    Args:
        image: The image.
        part: Its lock for a platform, whose sources have to be compiled.
        base_has_python: Whether the base was found to have an interpreter that may not be there.
            That is recorded, also where nothing else is asked for.

    Raises:
        SpecificationError: A step does not say what it installs on the image's distro.
    """
    if not is_lockable(image):
        return None
    asked = _asked(image, part, interpreter_of(image))
    if asked is None or not base_has_python or not asked.interpreter:
        return asked
    return _every(image, part, ())


def unlocked_packages(image: Image, part: PlatformLock) -> tuple[str, ...]:
    """The system packages that a build installs and that no lock knows.

    Raises:
        SpecificationError: A step does not say what it installs on the image's distro.
    """
    asked = _asked(image, part, interpreter_of(image)) if part.debs_for is None else None
    if asked is None:
        return ()
    installed = (one for some in asked.installations for one in some)
    return tuple(sorted({*asked.interpreter, *installed, *asked.compiling}))


def fits(image: Image, part: PlatformLock, locked: DebsFor | None) -> bool:
    """Whether what was locked is what an image asks for, on a base with the interpreter or without.

    Raises:
        SpecificationError: A step does not say what it installs on the image's distro.
    """
    if not part.base.is_pinned:
        return locked is None
    may_have_python = image.base_image != SCRATCH  # nothing never has
    return locked in {
        debs_for(image, part),
        debs_for(image, part, base_has_python=may_have_python),
    }


def debs_drift(image: Image, part: PlatformLock) -> tuple[str, ...]:
    """What of the system packages in a lock is not as the image asks, in words.

    Raises:
        SpecificationError: A step does not say what it installs on the image's distro.
    """
    if fits(image, part, part.debs_for):
        return ()
    wanted = debs_for(image, part) if part.base.is_pinned else None
    old, new = part.debs_for or DebsFor(), wanted or DebsFor()
    found = tuple(
        f"{what}: {one}"
        for what, some in (
            ("not locked", _flat(new) - _flat(old)),
            ("locked, and no longer asked for", _flat(old) - _flat(new)),
        )
        for one in sorted(some)
    )
    if old.snapshot != new.snapshot:
        found += (f"snapshot {old.snapshot} is locked, {new.snapshot} is asked for",)
    if old.components != new.components:
        before, now = (", ".join(one.components) or "main alone" for one in (old, new))
        found += (f"the archive's components: {before} is locked, {now} is asked for",)
    return found or ("the order in which system packages are installed has changed",)


def _flat(asked: DebsFor) -> set[str]:
    return {
        *(f"system package {one}, for the interpreter" for one in asked.interpreter),
        *(f"system package {one}" for some in asked.installations for one in some),
        *(f"system package {one}, for compiling" for one in asked.compiling),
    }


def _asked(image: Image, part: PlatformLock, interpreter: tuple[str, ...]) -> DebsFor | None:
    return (_every(image, part, interpreter) or None) if image.distro is not None else None


def _every(image: Image, part: PlatformLock, interpreter: tuple[str, ...]) -> DebsFor:
    distro = image.distro
    assert distro is not None  # noqa: S101 - else there are no packages
    problems: list[Problem] = []
    asked = [_named(span.system, distro, problems) for span in spans(image.steps)]
    building = _named(settings(image.steps, steps.BuildPackages), distro, problems)
    if problems:
        raise SpecificationError(problems)
    installations = tuple(packages for packages in asked if packages)
    return DebsFor(
        interpreter=interpreter if part.tools or image.base_image == SCRATCH else (),
        installations=installations,
        below=tuple(_below(image, asked)) if installations else (),
        compiling=_beside(image, part, building, image.python_version if interpreter else None),
        components=image.components,
        snapshot=image.snapshot,
    )


def _below(image: Image, asked: Sequence[tuple[str, ...]]) -> Iterator[int]:
    """How many installations each image below has, from the lowest: it has the first spans."""
    counts = tuple(accumulate(int(bool(one)) for one in asked))
    return (counts[number - 1] for number in spans_below(image.steps))


def _beside(
    image: Image,
    part: PlatformLock,
    building: tuple[str, ...],
    python_from_distro: PythonVersion | None,
) -> tuple[str, ...]:
    """What stages beside the image have more: those that compile, and on scratch others too."""
    assert image.distro is not None  # noqa: S101 - whoever asks has looked
    sources = [one for one in part.distributions if one.is_source]
    compiling = _compiling(sources, image.distro, building, python_from_distro) if sources else ()
    if image.base_image != SCRATCH or not part.tools:
        return compiling
    tools = root_tools(shell=needs_shell(image), compiles=bool(sources))
    return tuple(sorted({*tools, *compiling}))


def _compiling(
    sources: Iterable[Distribution],
    distro: Distro,
    building: tuple[str, ...],
    python_from_distro: PythonVersion | None,
) -> tuple[str, ...]:
    repositories = [one for one in sources if one.kind == "git"]
    needed = toolchain(
        distro,
        python_from_distro=python_from_distro,
        git=bool(repositories),
        ssh=any(one.url.startswith("ssh://") for one in repositories),
    )
    return tuple(sorted({*needed, *building}))


def interpreter_of(image: Image) -> tuple[str, ...]:
    """The distro's packages of the interpreter, where the base may come without one."""
    distro, python = image.distro, image.python_version
    if distro is None:
        return ()
    if image.base_image is None:
        return base_image(distro, python).interpreter_packages
    if image.base_image == SCRATCH:
        return root_packages(distro, python, shell=needs_shell(image))
    if isinstance(image.base_image, ImageReference):
        name = image.base_image.path.rpartition("/")[2]
        if name == "python":
            return ()
    return interpreter_packages(distro, python) or ()


def needs_shell(image: Image) -> bool:
    """Whether a base from scratch has a shell: it was asked for, or a step is run by one."""
    return image.shell or any(isinstance(one, steps.Run | steps.RunScript) for one in image.steps)


def is_lockable(image: Image) -> bool:
    """Whether the image's system packages are locked: Debian's and Ubuntu's are, unless it says so.

    What is installed on a base depends on it, so that one without a digest has none to lock.
    """
    return (
        image.lock_system_packages and image.distro is not None and image.distro.family == _FAMILY
    )


def _named(
    found: Iterable[steps.SystemPackages], distro: Distro | None, problems: list[Problem]
) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(_words(found, distro, problems))))


def _words(
    found: Iterable[steps.SystemPackages], distro: Distro | None, problems: list[Problem]
) -> Iterator[str]:
    for step in found:
        try:
            yield from packages_for(step, distro)
        except Invalid as error:
            problems.append(Problem(message=error.message, hint=error.hint, location=step.location))
