"""What `RUN --mount` makes present during one command.

A mount is written as one flag: a word that holds a line of CSV, whose values BuildKit expands. So a
field takes only characters that none of the three acts on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from lading.dockerfile import fields
from lading.grammar.invalid import Invalid

__all__ = ["BindMount", "CacheMount", "Mount", "SecretMount", "TmpfsMount"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BindMount:
    """A folder or file of the build context, or of another stage, present during one RUN.

    Attributes:
        source: Its path inside the context or stage.
        target: Where the command sees it.
        from_stage: The stage or image that holds it; the build context where None.
        writable: Whether the command may write to it; what it writes is dropped.
    """

    source: str
    target: str
    from_stage: str | None = None
    writable: bool = False

    def __post_init__(self) -> None:
        fields.match(fields.MOUNT_FIELD, self.source, "mount source")
        fields.match(fields.MOUNT_FIELD, self.target, "mount target")
        if self.from_stage is not None:
            fields.match(fields.IMAGE, self.from_stage, "mount stage")


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheMount:
    """A folder that the builder keeps between builds and that never reaches the image.

    Attributes:
        target: Where the command sees it.
        id: Its name: builds that share the name share the folder.
        sharing: What happens when two builds want it at once.
        uid: The folder's owner where it is made anew.
        gid: The folder's group where it is made anew.
        mode: The folder's mode in octal digits where it is made anew.
    """

    target: str
    id: str
    sharing: Literal["locked", "shared", "private"] = "locked"
    uid: int | None = None
    gid: int | None = None
    mode: str | None = None

    def __post_init__(self) -> None:
        fields.match(fields.MOUNT_FIELD, self.target, "mount target")
        fields.match(fields.MOUNT_FIELD, self.id, "cache id")
        if self.sharing not in {"locked", "shared", "private"}:
            raise Invalid(f"invalid cache sharing {self.sharing!r}")
        _check_owner(self.uid, self.gid, self.mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretMount:
    """A build secret, present as a file during one RUN.

    Attributes:
        id: The secret's name.
        target: The file; `/run/secrets/<id>` where None.
        required: Whether the build fails where the secret is not given.
        uid: The file's owner.
        gid: The file's group.
        mode: The file's mode in octal digits.
    """

    id: str
    target: str | None = None
    required: bool = True
    uid: int | None = None
    gid: int | None = None
    mode: str | None = None

    def __post_init__(self) -> None:
        fields.match(fields.MOUNT_FIELD, self.id, "secret id")
        if self.target is not None:
            fields.match(fields.MOUNT_FIELD, self.target, "mount target")
        _check_owner(self.uid, self.gid, self.mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class TmpfsMount:
    """An empty folder in memory, present during one RUN."""

    target: str

    def __post_init__(self) -> None:
        fields.match(fields.MOUNT_FIELD, self.target, "mount target")


def _check_owner(uid: int | None, gid: int | None, mode: str | None) -> None:
    for number in (uid, gid):
        if number is not None and number < 0:
            raise Invalid(f"invalid mount owner {number}")
    if mode is not None:
        fields.match(fields.MODE, mode, "mount mode")


Mount: TypeAlias = BindMount | CacheMount | SecretMount | TmpfsMount
