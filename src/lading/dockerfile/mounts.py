"""What `RUN --mount` makes present during one command.

A mount is written as one flag: a word that holds a line of CSV, whose values BuildKit expands. So a
field takes only characters that none of the three acts on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from lading.dockerfile import fields

__all__ = ["BindMount", "CacheMount", "Mount", "SecretMount", "SshMount"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BindMount:
    """A folder or file of the build context, or of another stage, readable during one RUN.

    Attributes:
        source: Its path inside the context or stage.
        target: Where the command sees it.
        from_stage: The stage or image that holds it; the build context where None.
    """

    source: str
    target: str
    from_stage: str | None = None

    def __post_init__(self) -> None:
        fields.match(fields.MOUNT_FIELD, self.source, "mount source")
        fields.match(fields.MOUNT_FIELD, self.target, "mount target")
        if self.from_stage is not None:
            fields.match(fields.IMAGE, self.from_stage, "mount stage")


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheMount:
    """A folder that the builder keeps between builds and that never reaches the image.

    Builds that share its name share the folder, one after the other.

    Attributes:
        target: Where the command sees it.
        id: Its name.
    """

    target: str
    id: str

    def __post_init__(self) -> None:
        fields.match(fields.MOUNT_FIELD, self.target, "mount target")
        fields.match(fields.MOUNT_FIELD, self.id, "cache id")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretMount:
    """A build secret, present as a file during one RUN.

    Attributes:
        id: The secret's name.
        target: The file; `/run/secrets/<id>` where None.
        required: Whether the build fails where the secret is not given.
    """

    id: str
    target: str | None = None
    required: bool = True

    def __post_init__(self) -> None:
        fields.match(fields.MOUNT_FIELD, self.id, "secret id")
        if self.target is not None:
            fields.match(fields.MOUNT_FIELD, self.target, "mount target")


@dataclass(frozen=True, slots=True, kw_only=True)
class SshMount:
    """The ssh agent of whoever builds, reachable during one RUN; the build fails without one."""


Mount: TypeAlias = BindMount | CacheMount | SecretMount | SshMount
