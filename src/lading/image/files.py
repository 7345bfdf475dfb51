"""The calls of an `Image` that execute something in it, and that copy files into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.grammar.path import ContainerPath
from lading.grammar.words import expect_words
from lading.image import steps
from lading.image.call import Call
from lading.image.words import parse_command, parse_file, parse_pattern, parse_script_argument

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from lading.grammar.secret import Secret
    from lading.image.steps import Step

__all__ = ["FileCalls"]


class FileCalls:
    """What `Image` has of these calls; each returns a new image."""

    __slots__ = ()

    def _add(self, step: Step) -> Self:
        raise NotImplementedError

    def run(self, command: str, *, secrets: Sequence[Secret | str] = ()) -> Self:
        """Run a POSIX shell command as root, between the steps before and after it.

        Args:
            command: Shell text, of one line or many.
            secrets: Build secrets, or their ids: each readable at `/run/secrets/<id>` for this
                command, and for nothing else.
        """
        with Call() as call:
            step = steps.Run(
                command=call.read(parse_command, command),
                secrets=call.secrets(secrets),
                location=call.location,
            )
        return self._add(step)

    def run_script(self, path: str, *arguments: str, secrets: Sequence[Secret | str] = ()) -> Self:
        """Run a script of the project, which must begin with a `#!` line, as root."""
        with Call() as call:
            example = 'run_script("setup.sh", "--all")'
            words = call.read(expect_words, "run_script", arguments, example=example, letters=True)
            step = steps.RunScript(
                path=call.read(parse_file, path),
                arguments=call.each(parse_script_argument, words),
                secrets=call.secrets(secrets),
                location=call.location,
            )
        return self._add(step)

    def build_include(
        self, *patterns: str, to: str | None = None, exclude: Sequence[str] = ()
    ) -> Self:
        """Copy files and folders of the project into the image.

        Args:
            *patterns: Paths or glob patterns (`src`, `*.py`, `data/**/*.json`), each kept at its
                path in the project.
            to: The directory that they go below; the working directory where left out.
            exclude: Patterns of what to leave out.
        """
        example = 'build_include("service.py", "model")'
        with Call() as call:
            words = call.read(expect_words, "build_include", patterns, example=example)
            step = steps.BuildInclude(
                patterns=call.each(parse_pattern, words),
                to=call.maybe(ContainerPath.parse, to),
                exclude=call.names(parse_pattern, "exclude", exclude),
                location=call.location,
            )
        return self._add(step)
