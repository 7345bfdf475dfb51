"""What `bentoml build --platform` names, as a platform of container images."""

from __future__ import annotations

from lading.errors import SpecificationError

__all__ = ["platform_of"]

_DEFAULT = "linux/amd64"
_ARCHITECTURES = {"x86_64": "linux/amd64", "aarch64": "linux/arm64"}


def platform_of(word: str | None) -> str:
    """The platform that BentoML's word (one of uv's) stands for; its libc is the distro's.

    Raises:
        SpecificationError: No container has it.
    """
    if word in {None, "linux"}:
        return _DEFAULT
    architecture, _, system = str(word).partition("-")
    if architecture in _ARCHITECTURES and ("linux" in system):
        return _ARCHITECTURES[architecture]
    raise SpecificationError(
        f"no container has the platform {word}",
        hint="--platform x86_64-unknown-linux-gnu, or aarch64-unknown-linux-gnu",
    )
