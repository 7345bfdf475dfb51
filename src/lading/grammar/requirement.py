"""One Python requirement, as a user writes it in a call or on a line of a requirements file.

It is what PEP 508 allows, and what pip and uv add to it: a bare URL, and a path in the project.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from lading.grammar.foreign_file import refuse_foreign_file
from lading.grammar.invalid import Invalid
from lading.grammar.login_form import archive_hint, git_hint
from lading.grammar.marker import check_depth, parse_marker
from lading.grammar.requirement_mistakes import (
    refuse_conda_leftover,
    refuse_option,
    refuse_scp_address,
    specifier_hint,
)
from lading.grammar.requirement_url import check_host, check_revision, check_subdirectories
from lading.grammar.url import has_credentials
from lading.grammar.words import expect_text, no_control, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Requirement", "RequirementKind", "parse_package_name"]

RequirementKind: TypeAlias = Literal["named", "url", "vcs", "path"]

# Patterns are text: `re` compiles each where it is first used, and keeps it.

# What pip and uv take for an archive when it is named by a path or a URL.
_ARCHIVES = (".whl", ".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz", ".tar.zst", ".tar")
_DIGEST_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
_DIGEST = r"(?i)(sha256|sha384|sha512):([0-9a-f]+)"
_HASH_OPTION = r"(?<!\s)\s+--hash(?:=|\s+)(\S*)"
_FRAGMENT_HASH = r"(?:^|&)(sha(?:256|384|512)=[^&]*)"
_DIRECT = r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[(?P<extras>[^\]]*)\])?\s*@\s*(?P<target>.+)"
# Two letters at least: `C:` is a drive.
_URL = r"(?i)[a-z][a-z0-9+.-]+:"
# `file:libs/x` and `file://./libs/x`, which are no URLs, but read as paths by pip and uv.
_RELATIVE_FILE = r"(?i)^file:(?://(?=\.)|(?!/))(?=\S*[/.])"
_PATH = r"[\w./+~@=,!-]+"
_WITH_MARKER = r"(?P<target>\S+)(?:\s+;\s*(?P<marker>.+))?"
_WITH_EXTRAS = r"(?P<path>[^\[\]]+)\[(?P<extras>[^\[\]]*)\]"
_EGG = r"(?P<name>[^\[\]]+)(?:\[(?P<extras>[^\[\]]*)\])?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A distribution to install; equal requirements are the same recipe.

    Attributes:
        kind: How it is found: by name in an index, at a URL, in a git repository, in the project.
        name: The normalized name (PEP 503); None where a URL or a path doesn't tell it.
        extras: Normalized names, sorted.
        specifier: The versions that fit (PEP 440), such as `<3,>=2`; only with `named`.
        marker: Where it applies (PEP 508), such as `python_version < "3.12"`.
        url: With `url` and `vcs`: where it is. It holds no credentials.
        path: With `path`: a POSIX path relative to the project, and inside it.
        hashes: `sha256:...` and stronger, sorted: each names a file that may be installed.
    """

    kind: RequirementKind
    name: str | None = None
    extras: tuple[str, ...] = ()
    specifier: str = ""
    marker: str | None = None
    url: str | None = None
    path: str | None = None
    hashes: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str, *, folder: str = "") -> Requirement:
        """Read one requirement.

        Args:
            text: One line, with `--hash=` options at its end where there are any.
            folder: The project's folder (POSIX, relative) that a path in `text` starts from.

        Raises:
            Invalid: It is no requirement, or one that can't be reproduced on another machine.
        """
        body, hashes = _split_hashes(_expect_requirement(text))
        check_depth(body)
        refuse_option(body)
        refuse_scp_address(body)
        refuse_foreign_file(body)
        read = _read_target(body, folder)
        return replace(read, hashes=_all_hashes(hashes, read.url))

    @property
    def text(self) -> str:
        """The canonical line for a resolver, without hashes; parsing it gives the same again."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        marker = f" ; {self.marker}" if self.marker else ""
        if self.kind == "named":
            return f"{self.name}{extras}{self.specifier}{marker}"
        target = self.url if self.path is None else f"./{self.path}"
        if self.name is None:
            return f"{target}{extras}{marker}"
        return f"{self.name}{extras} @ {target}{marker}"

    def __str__(self) -> str:
        return self.text


def parse_package_name(text: str) -> str:
    """Return the normalized form (PEP 503) of the name of a package, an extra or a group.

    Raises:
        Invalid: It is not a name as PEP 508 defines one.
    """
    from packaging.utils import InvalidName, canonicalize_name  # noqa: PLC0415 - 20 ms

    no_control(expect_text("name", text), "name")
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        hint = "letters, digits, `.`, `_` and `-`, with a letter or digit at both ends"
        raise Invalid(f"{shown(text)} is not a name", hint=hint) from None


def _expect_requirement(text: str) -> str:
    stripped = no_control(expect_text("requirement", text), "requirement").strip()
    if not stripped:
        raise Invalid("requirement is empty")
    return stripped


def _split_hashes(text: str) -> tuple[str, tuple[str, ...]]:
    first = re.search(_HASH_OPTION, text)
    if first is None:
        return text, ()
    options = text[first.start() :]
    if re.sub(_HASH_OPTION, "", options).strip():
        hint = "put each --hash= after all else"
        raise Invalid(f"{shown(text)} goes on after a hash", hint=hint)
    found = re.findall(_HASH_OPTION, options)
    return text[: first.start()].strip(), tuple(_parse_digest(one) for one in found)


def _parse_digest(text: str) -> str:
    # The algorithms that a requirements file may use: sha256 and stronger. md5 and sha1 no more
    # tell that a file is the one that was meant.
    match = re.fullmatch(_DIGEST, text)
    if match is None or len(match[2]) != _DIGEST_LENGTHS[match[1].lower()]:
        hint = "write --hash=sha256:<64 hex digits>"
        raise Invalid(f"{shown(text)} is not a hash that can be checked", hint=hint)
    return text.lower()


def _all_hashes(written: tuple[str, ...], url: str | None) -> tuple[str, ...]:
    # A URL may carry the archive's hash as its fragment: `...whl#sha256=...`.
    fragments = re.findall(_FRAGMENT_HASH, (url or "").partition("#")[2])
    found = (_parse_digest(fragment.replace("=", ":", 1)) for fragment in fragments)
    return tuple(sorted({*written, *found}))


def _read_target(body: str, folder: str) -> Requirement:
    # The order decides: a URL holds slashes as a path does, and a wheel's file name alone would
    # pass for a package's name.
    body = re.sub(_RELATIVE_FILE, "", body)
    direct = re.fullmatch(_DIRECT, body)
    if direct is not None:
        return _read_direct(direct, folder)
    if re.match(_URL, body):
        return _read_url(body, None)
    if _is_path(body):
        return _read_path(body, folder)
    return _read_named(body)


def _is_path(body: str) -> bool:
    head = body.partition(";")[0].rstrip().partition("[")[0]
    return "/" in head or "\\" in head or head in {".", ".."} or head.lower().endswith(_ARCHIVES)


def _read_named(body: str) -> Requirement:
    from packaging import requirements as pep508  # noqa: PLC0415 - 20 ms

    try:
        read = pep508.Requirement(body)
    except pep508.InvalidRequirement as error:
        reason = str(error).partition("\n")[0]
        message = f"{shown(body)} is not a requirement: {_lower_first(reason)}"
        raise Invalid(message, hint=specifier_hint(body)) from None
    return Requirement(
        kind="named",
        name=parse_package_name(read.name),
        extras=_sorted_names(read.extras),
        specifier=str(read.specifier),
        marker=str(read.marker) if read.marker else None,
    )


def _read_direct(match: re.Match[str], folder: str) -> Requirement:
    name = parse_package_name(match["name"])
    target = re.sub(_RELATIVE_FILE, "", match["target"])
    if re.match(_URL, target):
        read = _read_url(target, name)
    elif _is_path(target):
        read = _read_path(target, folder)
    else:
        hint = f"a version follows `==`: {name}=={target}"
        raise Invalid(f"{shown(target)} is neither a URL nor a path", hint=hint)
    return _named(read, name, _parse_extras(match["extras"]))


def _named(read: Requirement, name: str, extras: tuple[str, ...]) -> Requirement:
    if read.name not in {None, name}:
        what = shown(read.path or read.url)
        raise Invalid(f"{shown(name)} is not what is in {what}: that is {shown(read.name)}")
    return replace(read, name=name, extras=extras or read.extras)


def _read_url(text: str, name: str | None) -> Requirement:
    url, marker = _split_marker(text)
    refuse_conda_leftover(url, name)
    if has_credentials(url):
        hint = git_hint(url) if url.lower().startswith("git+") else archive_hint(url)
        raise Invalid(f"URL {shown(url)} holds credentials", hint=hint)
    if "$" in url:
        hint = "write the URL out: the lock must not depend on the machine's environment"
        raise Invalid(f"URL {shown(url)} refers to an environment variable", hint=hint)
    read = _read_vcs(url) if "+" in url.partition(":")[0] else _read_archive(url)
    check_host(url)
    check_subdirectories(url)
    return replace(read, marker=marker)


def _read_vcs(url: str) -> Requirement:
    scheme, _, rest = url.partition("://")
    # A host, and not only what stands after one.
    is_whole = re.match(r"[^/?#]", rest) is not None
    if scheme.lower() not in {"git+https", "git+ssh", "git+http"} or not is_whole:
        hint = "write git+https://host/path@revision or git+ssh://git@host/path@revision"
        raise Invalid(f"{shown(url)} is not a git repository's URL", hint=hint)
    check_revision(url)
    base, _, fragment = f"{scheme.lower()}://{rest}".partition("#")
    parts = [part for part in fragment.split("&") if part]
    # `#egg=name[extra]` is pip's older form of `name[extra] @ git+...`.
    eggs = [part.removeprefix("egg=") for part in parts if part.startswith("egg=")]
    kept = "&".join(part for part in parts if not part.startswith("egg="))
    egg = re.fullmatch(_EGG, eggs[0]) if eggs else None
    return Requirement(
        kind="vcs",
        name=parse_package_name(egg["name"]) if egg else None,
        extras=_parse_extras(egg["extras"]) if egg else (),
        url=f"{base}#{kept}" if kept else base,
    )


def _read_archive(url: str) -> Requirement:
    scheme, _, rest = url.partition("://")
    path = rest.partition("#")[0].partition("?")[0]
    if scheme.lower() not in {"https", "http"} or not path:
        hint = "an archive's URL begins with https://, a repository's with git+https://"
        raise Invalid(f"{shown(url)} can't be installed from", hint=hint)
    if not path.lower().endswith(_ARCHIVES):
        hint = f"for a repository write git+{shown(url)[1:-1]}"
        raise Invalid(f"{shown(url)} names neither a wheel nor an archive", hint=hint)
    return Requirement(kind="url", name=_wheel_name(path), url=f"{scheme.lower()}://{rest}")


def _read_path(text: str, folder: str) -> Requirement:
    target, marker = _split_marker(text)
    extras = re.fullmatch(_WITH_EXTRAS, target)
    path = _project_path(extras["path"] if extras else target, folder)
    return Requirement(
        kind="path",
        name=_wheel_name(path),
        extras=_parse_extras(extras["extras"]) if extras else (),
        path=path,
        marker=marker,
    )


def _project_path(path: str, folder: str) -> str:
    if path.startswith(("/", "~")) or path[1:2] == ":":
        hint = "copy it into the project and name it from there: ./wheels/name.whl"
        raise Invalid(f"path {shown(path)} is not in the project", hint=hint)
    if "\\" in path:
        hint = f"write it with slashes: {path.replace(chr(92), '/')}"
        raise Invalid(f"path {shown(path)} holds a backslash", hint=hint)
    if "#" in path:
        hint = "leave out what begins with the #; the name goes before it: name @ ./path"
        raise Invalid(f"path {shown(path)} has a fragment", hint=hint)
    if not re.fullmatch(_PATH, path):
        hint = "rename it to letters, digits and any of . _ - + ~ @ = , !"
        raise Invalid(f"path {shown(path)} has characters that can't be used", hint=hint)
    joined = posixpath.normpath(posixpath.join(folder, path))
    if joined == ".." or joined.startswith("../"):
        hint = "copy it into the project, and write its path from there"
        raise Invalid(f"path {shown(path)} leaves the project", hint=hint)
    return joined


def _wheel_name(path: str) -> str | None:
    # Only a wheel's file name tells its project for sure (PEP 427); `v1.0.tar.gz` does not.
    from urllib.parse import unquote  # noqa: PLC0415

    from packaging.utils import InvalidWheelFilename, parse_wheel_filename  # noqa: PLC0415 - 20 ms

    file = unquote(path.rpartition("/")[2])
    if not file.lower().endswith(".whl"):
        return None
    try:
        return parse_package_name(parse_wheel_filename(file)[0])
    except (InvalidWheelFilename, Invalid):
        hint = "name-version-tag-tag-tag.whl (PEP 427); a renamed wheel can't be installed"
        raise Invalid(f"{shown(file)} is not a wheel's file name", hint=hint) from None


def _split_marker(text: str) -> tuple[str, str | None]:
    match = re.fullmatch(_WITH_MARKER, text)
    if match is None or match["target"].endswith(";"):
        # PEP 508: a URL may hold a semicolon, so that only one after a space ends it.
        hint = "no spaces in a URL or a path, and one before the `;` of a marker"
        # Not shown where it may hold a password with a space in it, which nothing would mask.
        what = "a URL" if "://" in text and "@" in text else shown(text)
        raise Invalid(f"{what} can't be read", hint=hint)
    return match["target"], parse_marker(match["marker"]) if match["marker"] else None


def _parse_extras(text: str | None) -> tuple[str, ...]:
    return _sorted_names(extra.strip() for extra in (text or "").split(",") if extra.strip())


def _sorted_names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({parse_package_name(name) for name in names}))


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
