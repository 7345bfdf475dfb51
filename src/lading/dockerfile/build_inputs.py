"""How a step is given what a build gets from the machine that it runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.build_inputs import CA_BUNDLE_PATH, CA_SECRET_ID
from lading.dockerfile import instructions as docker
from lading.dockerfile.layout import CONTEXT_CA_SCRIPT, MOUNTED_CA_SCRIPT

if TYPE_CHECKING:
    from lading.dockerfile.instructions import Mount

__all__ = ["TRUST_CA", "ca_mount", "ca_script_mounts"]

TRUST_CA = f". {MOUNTED_CA_SCRIPT}"
"""The command that tells all tools of the build's CA bundle, where it has one."""


def ca_mount() -> Mount:
    """The CA bundle; where the build has none, no file."""
    return docker.SecretMount(id=CA_SECRET_ID, target=CA_BUNDLE_PATH, required=False)


def ca_script_mounts() -> tuple[Mount, ...]:
    """What `TRUST_CA` reads."""
    return (
        docker.BindMount(source=CONTEXT_CA_SCRIPT, target=MOUNTED_CA_SCRIPT),
        ca_mount(),
    )
