"""What a target platform is, and what it means to each tool that has to be told of it.

A platform is always handed in. Nothing here reads the machine that it runs on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from lading.grammar.invalid import Invalid
from lading.grammar.nearest import nearest
from lading.grammar.words import expect_text, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.grammar.python_version import PythonVersion

__all__ = [
    "DEFAULT_PLATFORM",
    "Libc",
    "Platform",
    "marker_environment",
    "uv_platform",
    "wheel_platform_tags",
]

DEFAULT_PLATFORM: Final = "linux/amd64"
"""What an image is for where nobody says: a constant, never what the machine at hand is."""

# GOARCH values: OCI image-spec, image index, `platform.architecture`.
ARCHITECTURES: Final = ("386", "amd64", "arm", "arm64", "loong64", "ppc64le", "riscv64", "s390x")

# What uname, Debian or users call them. Engines take most of these; here, one spelling is kept.
_ALIASES: Final = {
    "aarch64": "arm64",
    "armhf": "arm",
    "armv7l": "arm",
    "i386": "386",
    "i686": "386",
    "x64": "amd64",
    "x86": "386",
    "x86-64": "amd64",
    "x86_64": "amd64",
}

# OCI image-spec, image index, `platform.variant`, and what containerd/platforms compares beside it:
# the levels of the x86-64 psABI, and those of Arm's architecture. Others have none.
_VARIANTS: Final = {
    "amd64": ("v1", "v2", "v3", "v4"),
    "arm": ("v5", "v6", "v7", "v8"),
    "arm64": ("v8", "v9"),
}

# containerd/platforms, `normalizeArch`: these variants are what the architecture means anyway.
_IMPLIED_VARIANTS: Final = {("arm64", "v8"), ("amd64", "v1")}

_FORM: Final = r"linux/(?P<architecture>[a-z0-9]+)(?:/(?P<variant>v?[0-9]{1,2}))?"

_MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}

# The glibc minors of uv's `--python-platform <machine>-manylinux_2_N` (uv 0.9 to 0.13, 2026-11).
_UV_GLIBC_MINORS: Final = (17, 28, *range(31, 41))

# PEP 600: the perennial tag that each older name is an alias of.
_LEGACY_MANYLINUX: Final = {5: "manylinux1", 12: "manylinux2010", 17: "manylinux2014"}

# PEP 513: manylinux1 (glibc 2.5) exists for x86; PEP 599: other machines begin at glibc 2.17.
_OLDEST_GLIBC_MINOR: Final = {"x86_64": 5, "aarch64": 17}


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """An operating system and a processor architecture, in the words of the OCI image index.

    Attributes:
        os: Always `linux`.
        architecture: A GOARCH value such as `amd64`.
        variant: The architecture's variant (`v7`) where it says more than the architecture does.
    """

    os: str
    architecture: str
    variant: str | None = None

    @classmethod
    def parse(cls, text: str) -> Platform:
        """Read `os/architecture[/variant]`.

        `linux/arm` is `linux/arm/v7`, and `linux/arm64/v8` is `linux/arm64`, as containerd and all
        engines with it take them: whatever names the platform afterwards says it so.

        Args:
            text: A platform as container engines write it, such as `linux/arm64/v8`.

        Raises:
            Invalid: It has another form, isn't a platform for Linux containers, or has a variant
                that its architecture does not.
        """
        match = re.fullmatch(_FORM, expect_text("platform", text))
        if match is None or match["architecture"] not in ARCHITECTURES:
            raise _not_a_platform(text)
        architecture = match["architecture"]
        variant = _variant(architecture, match["variant"])
        return cls(os="linux", architecture=architecture, variant=variant)

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


def _variant(architecture: str, written: str | None) -> str | None:
    if written is None:  # containerd/platforms: a bare `arm` is `arm/v7`
        return "v7" if architecture == "arm" else None
    variant = written if written.startswith("v") else f"v{written}"
    known = _VARIANTS.get(architecture, ())
    if variant not in known:
        hint = f"there are {', '.join(known)}" if known else f"write linux/{architecture}"
        message = f'platform "linux/{architecture}/{written}" is invalid'
        raise Invalid(f"{message}: {architecture} has no variant {variant}", hint=hint)
    return None if (architecture, variant) in _IMPLIED_VARIANTS else variant


def _not_a_platform(text: str) -> Invalid:
    guess = _guess(text)
    hint = f'did you mean "{guess}"?' if guess else "write linux/amd64 or linux/arm64"
    if re.match(r"(?:windows|darwin|macos|freebsd|wasi)\b", text.lower()):
        return Invalid(f"platform {shown(text)} is not linux, which images run on", hint=hint)
    return Invalid(f"platform {shown(text)} is invalid", hint=hint)


def _guess(text: str) -> str | None:
    for word in re.split(r"[/,:;\s]+", text[:64].strip().lower()):
        found = nearest(word, (*ARCHITECTURES, *_ALIASES)) if word not in {"", "linux"} else None
        if found is not None:
            return f"linux/{_ALIASES.get(found, found)}"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Libc:
    """A C library and its version: what decides which wheels a system can load."""

    name: Literal["glibc", "musl"]
    version: tuple[int, int]

    def __str__(self) -> str:
        return f"{self.name} {self.version[0]}.{self.version[1]}"


def _machine(platform: Platform) -> str:
    """What `uname -m` says there, which wheel tags and markers use."""
    if platform.architecture not in _MACHINES:
        raise Invalid(
            f"Python packages can't be locked for {platform}",
            hint="locking supports linux/amd64 and linux/arm64",
        )
    return _MACHINES[platform.architecture]


def uv_platform(platform: Platform, libc: Libc) -> str:
    """The word that `uv --python-platform` takes for this platform and libc.

    uv knows some glibc versions only; the newest that is no newer than the target's is given, since
    a wheel for an older glibc runs on a newer one (PEP 600).

    Raises:
        Invalid: uv can't be told of this platform, or of a glibc as old as this.
    """
    machine = _machine(platform)
    if libc.name == "musl":
        return f"{machine}-unknown-linux-musl"
    known = [minor for minor in _UV_GLIBC_MINORS if (2, minor) <= libc.version]
    if not known:
        raise Invalid(f"Python packages can't be locked for {libc}", hint="2.17 is the oldest")
    return f"{machine}-manylinux_2_{max(known)}"


def wheel_platform_tags(platform: Platform, libc: Libc) -> tuple[str, ...]:
    """The platform tags of wheels that load there, best first, as pip orders them (PEP 600, 656).

    Raises:
        Invalid: Wheels for this platform can't be chosen.
    """
    machine = _machine(platform)
    versions = _musllinux(libc) if libc.name == "musl" else _manylinux(libc, machine)
    return (*(f"{version}_{machine}" for version in versions), f"linux_{machine}")


def _musllinux(libc: Libc) -> Iterator[str]:
    major, newest = libc.version
    return (f"musllinux_{major}_{minor}" for minor in range(newest, -1, -1))


def _manylinux(libc: Libc, machine: str) -> Iterator[str]:
    major, newest = libc.version
    for minor in range(newest, _OLDEST_GLIBC_MINOR[machine] - 1, -1):
        yield f"manylinux_{major}_{minor}"
        if minor in _LEGACY_MANYLINUX:
            yield _LEGACY_MANYLINUX[minor]


def marker_environment(
    platform: Platform,
    libc: Libc,  # noqa: ARG001 - no marker of PEP 508 tells one libc from another; callers need not know
    python: PythonVersion,
) -> dict[str, str]:
    """The environment that PEP 508 markers are evaluated in for the target.

    Where the patch is open, the first release of the series stands for it, as it does in uv.

    Raises:
        Invalid: The platform has no `platform_machine` that we know.
    """
    full = f"{python.series}.{python.patch or 0}"
    return {
        "implementation_name": "cpython",
        "implementation_version": full,
        "os_name": "posix",
        "platform_machine": _machine(platform),
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": full,
        "python_version": python.series,
        "sys_platform": "linux",
    }
