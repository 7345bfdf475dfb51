"""Which of a step's system packages are meant for one distro."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.grammar.invalid import Invalid
from lading.grammar.system_package import AUTO, parse_system_package
from lading.image.steps import BuildPackages

if TYPE_CHECKING:
    from lading.distros import Distro
    from lading.image.builder import Image
    from lading.image.steps import SystemPackages

__all__ = ["DISTRO_KEYWORDS", "check_archive", "check_auto", "packages_for"]

DISTRO_KEYWORDS = ("debian", "ubuntu", "alpine", "ubi", "amazonlinux", "redhat")


def packages_for(step: SystemPackages, distro: Distro | None) -> tuple[str, ...]:
    """The packages that `step` asks for on `distro`: those for all, and those under its keyword.

    A keyword is a distro's name (`ubuntu=`) or, failing that, its family's (`debian=` serves
    Ubuntu, `redhat=` serves UBI and Amazon Linux). A step that has keywords, and none for this
    distro, is refused rather than read as "nothing".

    Raises:
        Invalid: The distro is unknown, not covered, or a name is outside its family's grammar.
    """
    if distro is None:
        raise Invalid(
            "system packages need a distro, and this base image does not tell which it has",
            hint='name it: Image(base_image=..., distro="debian:bookworm")',
        )
    names = dict.fromkeys((*step.packages, *_by_keyword(step, distro)))
    return tuple(parse_system_package(name, distro.family) for name in names)


def check_archive(
    distro: Distro | None, *, components: tuple[str, ...], snapshot: str | None
) -> None:
    """Refuse what is said of Debian's archive where packages come from another.

    Raises:
        Invalid: It is said of another distribution.
    """
    if distro is None or distro.name == "debian":
        return
    if components:
        all_there = "Ubuntu's are all there" if distro.name == "ubuntu" else "leave them out"
        raise Invalid(f"components are for Debian, and the image is {distro}", hint=all_there)
    if snapshot is not None:
        raise Invalid(f"snapshot is for Debian, and the image is {distro}", hint="leave it out")


def check_auto(step: SystemPackages, image: Image) -> None:
    """Refuse "auto" where nothing could say what it stands for.

    Raises:
        Invalid: The step has it, and is for compiling, or the image has no lock or no packages that
            are known by what they have.
    """
    if AUTO not in packages_for(step, image.distro):
        return
    if isinstance(step, BuildPackages):
        raise Invalid(
            f'build_packages takes no "{AUTO}": what compiling needs, no wheel tells',
            hint="name the packages",
        )
    if image.distro is not None and image.distro.family != "debian":
        raise Invalid(
            f'system_packages("{AUTO}") is for Debian and Ubuntu, and the image is {image.distro}',
            hint="`lading check` names what is missing; write the packages that have it, and "
            f'debian=["{AUTO}"] beside them',
        )
    for name in ("lock_python_packages", "lock_system_packages"):
        if not getattr(image, name):
            raise Invalid(
                f'system_packages("{AUTO}") needs a lock, and the image has {name}=False',
                hint=f"leave out {name}=False, or write the packages",
            )


def _by_keyword(step: SystemPackages, distro: Distro) -> tuple[str, ...]:
    named = dict(step.by_distro)
    for keyword in (distro.name, distro.family):
        if keyword in named:
            return named[keyword]
    if named:
        call = "build_packages" if isinstance(step, BuildPackages) else "system_packages"
        raise Invalid(
            f"{call} names {', '.join(sorted(named))}, but nothing for {distro}",
            hint=f"add {distro.name}=[...], or {distro.name}=[] if it needs nothing there",
        )
    return ()
