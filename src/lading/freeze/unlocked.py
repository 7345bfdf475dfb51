"""The installation of an image that is not locked: its requirements as they are written."""

from __future__ import annotations

import re
from dataclasses import replace
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
    found: Iterable[SourcedRequirement],
    project: Project,
    *,
    links: Iterable[str] = (),
    at: tuple[str, ...] = (),
) -> InstallPython:
    """The step that installs `found`, with the hashes that the user's files give.

    Args:
        found: The requirements.
        project: Where their files are.
        links: Folders of the project, whose wheels the installer may choose from.
        at: The user's lines.

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
                try:
                    distributions.append(_wheel(str(requirement.path), project))
                except FreezeError as error:
                    problems += (replace(part, location=one.location) for part in error.problems)
                    continue
            case _:
                hint = "require a wheel by its path, and a repository as `name @ git+https://...`"
                message = f"{requirement.text} can't be installed without the lock"
                problems.append(Problem(message=message, hint=hint, location=one.location))
                continue
        lines.append(_with_hashes(_by_name(requirement, distributions[-1]), requirement))
    if problems:
        raise FreezeError(problems)
    if lines:
        offered = (_wheel(path, project) for link in links for path in _wheels_in(link, project))
        distributions += (one for one in offered if one not in distributions)
    return InstallPython(requirements=tuple(lines), distributions=tuple(distributions), at=at)


def _with_hashes(line: str, requirement: Requirement) -> str:
    return " ".join((line, *(f"--hash={digest}" for digest in requirement.hashes)))


def _by_name(requirement: Requirement, distribution: Distribution) -> str:
    extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    version = f"=={distribution.version}" if distribution.version else ""
    return f"{requirement.name}{extras}{version}{marker}"


def _wheel(path: str, project: Project) -> Distribution:
    from packaging.utils import (  # noqa: PLC0415 - only for such a file
        InvalidWheelFilename,
        parse_wheel_filename,
    )

    try:
        name, version, _, _ = parse_wheel_filename(path.rpartition("/")[2])
    except InvalidWheelFilename as error:
        raise FreezeError(f"{path} is not named as a wheel: {error}") from None
    digest = f"sha256:{project.sha256(path)}"
    return Distribution(name=name, version=str(version), kind="file", url=path, hashes=(digest,))


def _wheels_in(link: str, project: Project) -> list[str]:
    folder = project.inside(project.root / link, link)
    return [f"{link}/{path.name}" for path in sorted(folder.glob("*.whl"))]


def _repository(requirement: Requirement) -> Distribution:
    url, _, fragment = str(requirement.url).removeprefix("git+").partition("#")
    scheme, _, rest = url.partition("://")
    # The revision follows the last `@` of the path; one before the first `/` is a user's name.
    host, slash, path = rest.partition("/")
    path, _, revision = path.partition("@")
    is_commit = re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", revision) is not None
    options = dict(part.partition("=")[::2] for part in fragment.split("&") if part)
    return Distribution(
        name=str(requirement.name),
        kind="git",
        url=f"{scheme}://{host}{slash}{path}",
        commit=revision if is_commit else None,
        revision=revision if revision and not is_commit else None,
        subdirectory=options.get("subdirectory"),
    )
