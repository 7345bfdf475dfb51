"""Addresses of hosts."""

from __future__ import annotations

__all__ = ["is_ipv6"]


def is_ipv6(text: str) -> bool:
    """Whether `text` is an IPv6 address without brackets and zone (RFC 4291, section 2.2)."""
    from ipaddress import AddressValueError, IPv6Address  # noqa: PLC0415 - seldom needed

    try:
        return IPv6Address(text).scope_id is None
    except AddressValueError:
        return False
