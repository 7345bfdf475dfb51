"""`secret()`: names a build secret, for the steps that need it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.grammar.invalid import Invalid
from lading.grammar.secret import (
    Secret,
    parse_secret_env,
    parse_secret_file,
    parse_secret_variable,
    parse_secret_version,
)
from lading.grammar.secret_id import parse_users_secret_id
from lading.grammar.words import expect_words
from lading.image.call import Call
from lading.image.words import parse_argument

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["secret"]


def secret(  # noqa: PLR0913 - a name, its three possible sources, and how a step uses it
    id: str,  # noqa: A002 - what every engine calls it
    *,
    env: str | None = None,
    file: str | None = None,
    command: Sequence[str] | None = None,
    version: str | None = None,
    variable: str | None = None,
) -> Secret:
    """A build secret by name; each step that is given it can read its value at `/run/secrets/<id>`.

    The value is read when it is needed: by `lading build`, and by `lading lock` where an index asks
    for it. It is in no layer, file, log or cache key.

    Args:
        id: Its name.
        env: The environment variable that holds the value; the one called like the id where no
            source is given.
        file: The file that holds it, from the project's folder or below `~/`.
        command: The command that prints it, as a list of words: `["pass", "show", "pypi"]`.
        version: Any word: another one makes the steps that use the secret run again.
        variable: An environment variable that the steps find the value in as well.

    Raises:
        SpecificationError: A word is invalid, or there is more than one source.
    """
    with Call() as call:
        call.read(parse_users_secret_id, id)
        call.maybe(parse_secret_env, env)
        call.maybe(parse_secret_file, file)
        words = call.maybe(_parse_command, command) or ()
        call.maybe(parse_secret_version, version)
        call.maybe(parse_secret_variable, variable)
    with Call():
        return Secret(id=id, env=env, file=file, command=words, version=version, variable=variable)


def _parse_command(words: Sequence[str]) -> tuple[str, ...]:
    example = 'command=["pass", "show", "pypi"]'
    if isinstance(words, str):  # which may be the secret itself: it is not shown
        raise Invalid("command takes a list of words, not one string", hint=f"write {example}")
    found = expect_words("command", words, example=example, letters=True)
    if not found or not found[0]:
        raise Invalid("command has no program", hint=example)
    return tuple(parse_argument(word) for word in found)
