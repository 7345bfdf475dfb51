"""What a layer is made from, and what was made: its key and its record."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lading.grammar.invalid import Invalid
from lading.grammar.reference import Digest
from lading.oci.blobs import Descriptor
from lading.store.selfchecked import decoded, encoded, read_small, unchecked

if TYPE_CHECKING:
    from pathlib import Path

    from lading.oci.layers import Written

__all__ = ["LayerKey", "LayerRecord", "glance", "parse_record"]

_KIND: Final = "layer"
_HEAD: Final = 4096  # holds all but the attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerKey:
    """All that the bytes of a layer follow from.

    Attributes:
        kind: Which code makes it: two kinds never share a layer.
        inputs: The SHA-256s of what it is made from, in the order in which they count.
        interpreter: `cp311`, or with more that matters, such as `cp311+pyc-3.11.7`.
        prefix: Where it is installed.
        format: Of the layers that this Lading writes.
    """

    kind: str
    inputs: tuple[str, ...]
    interpreter: str
    prefix: str
    format: int

    @property
    def name(self) -> str:
        """One name for each key, in hexadecimal."""
        facts = [self.kind, list(self.inputs), self.interpreter, self.prefix, self.format]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRecord:
    """What was made.

    Attributes:
        descriptor: Of the blob.
        diff_id: Of what it unpacks to (OCI image-spec, config).
        unpacked: The size of that.
        attachment: What the maker wants back with it.
    """

    descriptor: Descriptor
    diff_id: Digest
    unpacked: int
    attachment: bytes

    @classmethod
    def of(cls, written: Written, attachment: bytes, media_type: str) -> LayerRecord:
        """The record of a layer that has just been written."""
        descriptor = Descriptor(media_type=media_type, digest=written.digest, size=written.size)
        return cls(
            descriptor=descriptor,
            diff_id=written.diff_id,
            unpacked=written.unpacked,
            attachment=attachment,
        )

    def encoded(self, name: str) -> bytes:
        """The bytes of its file, for the key of this name."""
        facts = {
            "digest": str(self.descriptor.digest),
            "diff_id": str(self.diff_id),
            "media_type": self.descriptor.media_type,
            "size": self.descriptor.size,
            "unpacked": self.unpacked,
        }
        return encoded(_KIND, name, json.dumps(facts).encode() + b"\n" + self.attachment)


def parse_record(path: Path, data: bytes) -> LayerRecord | None:
    """The record that a file of this name holds, or None where it is damaged or another's."""
    content = decoded(_KIND, path.name, data)
    return None if content is None else _parsed(content)


def glance(path: Path) -> LayerRecord | None:
    """A record without its attachment and unchecked: enough to say which blob it is about."""
    data = read_small(path, _HEAD)
    content = None if data is None else unchecked(_KIND, path.name, data)
    return None if content is None else _parsed(content)


def _parsed(content: bytes) -> LayerRecord | None:
    head, _, attachment = content.partition(b"\n")
    try:
        facts = json.loads(head)
        descriptor = Descriptor(
            media_type=str(facts["media_type"]),
            digest=Digest.parse(facts["digest"]),
            size=int(facts["size"]),
        )
        return LayerRecord(
            descriptor=descriptor,
            diff_id=Digest.parse(facts["diff_id"]),
            unpacked=int(facts["unpacked"]),
            attachment=attachment,
        )
    except (ValueError, KeyError, TypeError, Invalid):  # of another Lading
        return None
