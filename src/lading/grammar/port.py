"""Ports that a container listens on."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.grammar.words import expect_text, shown

__all__ = ["Port"]

_LARGEST = 65535
_PROTOCOLS = ("tcp", "udp", "sctp")  # those that OCI image-spec and the Dockerfile reference have


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Port:
    """A port's number, 1 to 65535, and its protocol: tcp, udp or sctp.

    Raises:
        Invalid: The number or the protocol is none of these.
    """

    number: int
    protocol: str = "tcp"

    def __post_init__(self) -> None:
        if not 1 <= self.number <= _LARGEST:
            raise Invalid(f"port {shown(self.number)} is not between 1 and {_LARGEST}")
        if self.protocol not in _PROTOCOLS:
            raise Invalid(
                f"port protocol {shown(self.protocol)} is unknown",
                hint=did_you_mean(self.protocol, _PROTOCOLS) or "it is tcp, udp or sctp",
            )

    @classmethod
    def parse(cls, value: int | str) -> Port:
        """The port that `8080`, `"8080"` or `"8080/tcp"` writes.

        Raises:
            Invalid: It is none.
        """
        if isinstance(value, int) and not isinstance(value, bool):
            return cls(number=value)
        text = expect_text("port", value) if isinstance(value, str) else _refuse(value)
        match = re.fullmatch(r"([1-9][0-9]{0,4})(?:/([^/]*))?", text)
        if match is None:
            raise Invalid(f"port {shown(text)} is invalid", hint=_hint(text))
        return cls(number=int(match[1]), protocol="tcp" if match[2] is None else match[2])

    def __str__(self) -> str:
        return f"{self.number}/{self.protocol}"


def _refuse(value: object) -> str:
    raise Invalid(f"port must be a number, not {shown(value)}", hint='write 8080 or "8080/tcp"')


def _hint(text: str) -> str:
    if re.fullmatch(r"[0-9.:]*:[0-9]{1,5}", text):
        inner = text.rpartition(":")[2]
        return f"name only the container's port, {inner}; the host's is chosen when it starts"
    if re.fullmatch(r"[0-9]{1,5}-[0-9]{1,5}", text):
        return "name each port of the range on its own"
    return 'write 8080 or "8080/tcp"'
