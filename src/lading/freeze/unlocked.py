"""The installation of an image that is not locked: requirements as written, files of the project."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from lading.errors import FreezeError, Problem
from lading.info import InstallPython
from lading.lock.model import Distribution

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.freeze.collect import Project
    from lading.grammar.requirement import Requirement
    from lading.requirements import SourcedRequirement

__all__ = ["unlocked_install"]


def unlocked_install(
    found: Iterable[SourcedRequirement], project: Project, at: tuple[str, ...]
) -> InstallPython:
    """The step that installs `found`, with the hashes that the user's files give.

    Raises:
        FreezeError: A requirement can't be installed from the build context.
    """
    problems: list[Problem] = []
    lines: list[str] = []
    distributions: list[Distribution] = []
    for one in found:
        requirement = one.requirement
        match requirement.kind:
            case "named" | "url":
                lines.append(_with_hashes(requirement.text, requirement))
                continue
            case "vcs" if requirement.name:
                distributions.append(_repository(requirement))
            case "path" if requirement.name:
                distributions.append(_file(requirement, project))
            case _:
                hint = "require a wheel by its path, and a repository as `name @ git+https://...`"
                message = f"{requirement.text} can't be installed without the lock"
                problems.append(Problem(message=message, hint=hint, location=one.location))
                continue
        lines.append(_with_hashes(_by_name(requirement, distributions[-1]), requirement))
    if problems:
        raise FreezeError(problems)
    return InstallPython(requirements=tuple(lines), distributions=tuple(distributions), at=at)


def _with_hashes(line: str, requirement: Requirement) -> str:
    return " ".join((line, *(f"--hash={digest}" for digest in requirement.hashes)))


def _by_name(requirement: Requirement, distribution: Distribution) -> str:
    extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    version = f"=={distribution.version}" if distribution.version else ""
    return f"{requirement.name}{extras}{version}{marker}"


def _file(requirement: Requirement, project: Project) -> Distribution:
    from packaging.utils import parse_wheel_filename  # noqa: PLC0415 - only for such a file

    path = str(requirement.path)
    source = project.file(path)
    digest = f"sha256:{hashlib.sha256(source.read_bytes()).hexdigest()}"
    version = str(parse_wheel_filename(source.name)[1])
    return Distribution(
        name=str(requirement.name), version=version, kind="file", url=path, hashes=(digest,)
    )


def _repository(requirement: Requirement) -> Distribution:
    url, _, fragment = str(requirement.url).removeprefix("git+").partition("#")
    scheme, _, rest = url.partition("://")
    # The revision follows the last `@` of the path; one before the first `/` is a user's name.
    host, slash, path = rest.partition("/")
    path, _, revision = path.partition("@")
    options = dict(part.partition("=")[::2] for part in fragment.split("&") if part)
    return Distribution(
        name=str(requirement.name),
        kind="git",
        url=f"{scheme}://{host}{slash}{path}",
        commit=revision or None,
        subdirectory=options.get("subdirectory"),
    )
