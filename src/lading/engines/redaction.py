"""What of an engine's own words may be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.grammar.credentials import redact
from lading.masking import forms_of, masker
from lading.secret_values import LARGEST_SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lading.engines.request import BuildRequest, SecretSource

__all__ = ["masking", "without_credentials"]


def without_credentials(text: str) -> str:
    """The text with the credentials in its URLs masked."""
    return redact(text)


def masking(request: BuildRequest, environment: Mapping[str, str]) -> Callable[[str], str]:
    """A function that masks, in a line, the build's secrets and the credentials in URLs."""
    users = dict(request.users)
    return masker(
        form
        for secret in request.secrets
        for form in forms_of(
            _value(secret, environment), (users[secret.id],) if secret.id in users else ()
        )
    )


def _value(secret: SecretSource, environment: Mapping[str, str]) -> str:
    if secret.variable is not None:
        return environment.get(secret.variable, "")
    return "".join(_small_file(secret))


def _small_file(secret: SecretSource) -> Iterator[str]:
    path = secret.file
    if path is not None and path.is_file() and path.stat().st_size <= LARGEST_SECRET:
        try:
            yield path.read_text(errors="replace")
        except OSError:
            # Whoever builds is told by the engine; there is nothing to mask.
            return
