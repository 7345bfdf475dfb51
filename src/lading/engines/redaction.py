"""What of an engine's own words may be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.grammar.credentials import MASK, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lading.engines.request import BuildRequest, SecretSource

__all__ = ["masking", "without_credentials"]

# Shorter words stand in many lines by chance, and masking them would tell where.
SHORTEST_MASKED = 6
# A certificate bundle is no secret; a token is short.
LONGEST_FILE = 4096


def without_credentials(text: str) -> str:
    """The text with the credentials in its URLs masked."""
    return redact(text)


def masking(request: BuildRequest, environment: Mapping[str, str]) -> Callable[[str], str]:
    """A function that masks, in a line, the build's secrets and the credentials in URLs."""
    found = {
        line.strip()
        for secret in request.secrets
        for line in _value(secret, environment).splitlines()
        if len(line.strip()) >= SHORTEST_MASKED
    }
    # The longest first: one may be part of another.
    values = sorted(found, key=lambda value: (-len(value), value))
    return lambda line: without_credentials(_replaced(line, values))


def _replaced(line: str, values: list[str]) -> str:
    for value in values:
        line = line.replace(value, MASK)
    return line


def _value(secret: SecretSource, environment: Mapping[str, str]) -> str:
    if secret.variable is not None:
        return environment.get(secret.variable, "")
    return "".join(_small_file(secret))


def _small_file(secret: SecretSource) -> Iterator[str]:
    path = secret.file
    if path is not None and path.is_file() and path.stat().st_size <= LONGEST_FILE:
        try:
            yield path.read_text(errors="replace")
        except OSError:
            # Whoever builds is told by the engine; there is nothing to mask.
            return
