"""The calls of an `Image` that execute something in it, and that copy files into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.grammar.path import ContainerPath
from lading.grammar.words import expect_words
from lading.image import steps
from lading.image.call import Call
from lading.image.words import (
    LAYER_SIZE,
    expect_paths,
    parse_command,
    parse_file,
    parse_layer_size,
    parse_model,
    parse_pattern,
    parse_script_argument,
)

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

    def model(
        self,
        *paths: str,
        to: str | None = None,
        exclude: Sequence[str] = (),
        layer_size: str = LAYER_SIZE,
    ) -> Self:
        """Copy the files of a model into layers of their own, with their digests in the lock.

        A build_include of the same image doesn't copy them again.

        Args:
            *paths: Folders, files or glob patterns of the project (`weights`, `*.safetensors`), of
                which each file keeps its path in the project.
            to: The directory that they go below; the working directory where left out.
            exclude: Patterns of what to leave out.
            layer_size: How much several files may have together in one layer, such as `2GB`; a
                larger file is a layer alone.
        """
        example = 'model("weights", to="/models")'
        with Call() as call:
            words = call.read(expect_paths, "model", paths, example=example)
            step = steps.Model(
                patterns=call.each(parse_model, words),
                to=call.maybe(ContainerPath.parse, to),
                exclude=call.names(parse_pattern, "exclude", exclude),
                layer_size=call.read(parse_layer_size, layer_size),
                location=call.location,
            )
        return self._add(step)
