"""The installation of an image that is not locked: its requirements as they are written."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING

from lading.errors import FreezeError, Problem
from lading.grammar.invalid import Invalid
from lading.grammar.requirement import parse_package_name
from lading.info import InstallPython
from lading.lock.model import Distribution
from lading.trees import digest_of, inside, tree_of

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
    group: int = 1,
    links: Iterable[str] = (),
    at: tuple[str, ...] = (),
) -> InstallPython:
    """The step that installs `found`, with the hashes that the user's files give.

    Args:
        found: The requirements.
        project: Where their files are.
        group: Which of the image's installations it is, from 1.
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
                distributions.append(_repository(requirement, group))
            case "path":
                try:
                    distributions.append(_of_project(requirement, project, group))
                except FreezeError as error:
                    problems += (replace(part, location=one.location) for part in error.problems)
                    continue
            case _:
                hint = "require a repository as `name @ git+https://...`"
                message = f"{requirement.text} can't be installed without the lock"
                problems.append(Problem(message=message, hint=hint, location=one.location))
                continue
        lines.append(_with_hashes(_by_name(requirement, distributions[-1]), requirement))
    if problems:
        raise FreezeError(problems)
    if lines:
        offered = (
            _wheel(path, project, group) for link in links for path in _wheels_in(link, project)
        )
        distributions += (one for one in offered if one not in distributions)
    return InstallPython(requirements=tuple(lines), distributions=tuple(distributions), at=at)


def _with_hashes(line: str, requirement: Requirement) -> str:
    return " ".join((line, *(f"--hash={digest}" for digest in requirement.hashes)))


def _by_name(requirement: Requirement, distribution: Distribution) -> str:
    extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    version = f"=={distribution.version}" if distribution.version else ""
    return f"{distribution.name}{extras}{version}{marker}"


def _of_project(requirement: Requirement, project: Project, group: int) -> Distribution:
    """The wheel, archive or folder of the project that is required."""
    path = str(requirement.path)
    if path.endswith(".whl"):
        return _wheel(path, project, group)
    if (project.root / path).is_dir():
        return _folder(requirement, path, project, group)
    return _archive(requirement, path, project, group)


def _folder(requirement: Requirement, path: str, project: Project, group: int) -> Distribution:
    try:
        digest = digest_of(tree_of(project.root, path))
    except Invalid as error:
        raise FreezeError(error.message, hint=error.hint) from None
    name = requirement.name or _declared_name(project, path)
    return Distribution(
        name=name, kind="directory", url=path, hashes=(f"sha256:{digest}",), group=group
    )


def _declared_name(project: Project, path: str) -> str:
    """The name that the pyproject.toml of a folder declares."""
    hint = f"write the name of its package before it: `name @ ./{path}`"
    declared = f"{path}/pyproject.toml"
    try:
        found = tomllib.loads(project.read(declared).decode())["project"]["name"]
        return parse_package_name(found)
    except (FreezeError, ValueError, LookupError, TypeError):
        raise FreezeError(f"{declared} declares no name", hint=hint) from None


def _archive(requirement: Requirement, path: str, project: Project, group: int) -> Distribution:
    from packaging.utils import (  # noqa: PLC0415 - only for such a file
        InvalidSdistFilename,
        parse_sdist_filename,
    )

    version = None
    name = requirement.name
    try:
        found, version = parse_sdist_filename(path.rpartition("/")[2])
    except InvalidSdistFilename:
        if name is None:
            hint = f"write the name of its package before it: `name @ ./{path}`"
            raise FreezeError(f"{path} does not tell its package's name", hint=hint) from None
    else:
        name = name or found
    return Distribution(
        name=name,
        version=str(version) if version else None,
        kind="archive",
        url=path,
        hashes=(f"sha256:{project.sha256(path)}",),
        group=group,
    )


def _wheel(path: str, project: Project, group: int) -> Distribution:
    from packaging.utils import (  # noqa: PLC0415 - only for such a file
        InvalidWheelFilename,
        parse_wheel_filename,
    )

    try:
        name, version, _, _ = parse_wheel_filename(path.rpartition("/")[2])
    except InvalidWheelFilename as error:
        raise FreezeError(f"{path} is not named as a wheel: {error}") from None
    digest = f"sha256:{project.sha256(path)}"
    return Distribution(
        name=name, version=str(version), kind="file", url=path, hashes=(digest,), group=group
    )


def _wheels_in(link: str, project: Project) -> list[str]:
    try:
        folder = inside(project.root, project.root / link, link)
    except Invalid as error:
        raise FreezeError(error.message, hint=error.hint) from None
    return [f"{link}/{path.name}" for path in sorted(folder.glob("*.whl"))]


def _repository(requirement: Requirement, group: int) -> Distribution:
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
        group=group,
    )
