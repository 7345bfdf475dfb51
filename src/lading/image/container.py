"""The calls of an `Image` that say how its container starts and stops, listens and is labelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lading.grammar.duration import parse_duration
from lading.grammar.port import Port
from lading.grammar.signal import parse_signal
from lading.grammar.user import parse_uid, parse_user_name
from lading.grammar.words import expect_words
from lading.image import steps
from lading.image.call import Call
from lading.image.spans import settings
from lading.image.words import (
    pairs,
    parse_argv,
    parse_directory,
    parse_home,
    parse_label,
    parse_retries,
    parse_variable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from typing import Self

    from lading.image.builder import Image
    from lading.image.steps import Step

__all__ = ["DEFAULT_WORKDIR", "ContainerCalls", "workdir_of"]

DEFAULT_WORKDIR: Final = "/app"


def workdir_of(image: Image) -> str:
    """The working directory, which is where included files go."""
    found = settings(image.steps, steps.Workdir)
    return found[-1].path.text if found else DEFAULT_WORKDIR


class ContainerCalls:
    """What `Image` has of these calls; each returns a new image."""

    __slots__ = ()

    def _add(self, step: Step) -> Self:
        raise NotImplementedError

    def env(self, variables: Mapping[str, str | None] | None = None, /, **more: str | None) -> Self:
        """Set environment variables, for the commands after this call and for the container.

        A value arrives byte for byte: nothing in it is expanded. The one exception is `PATH`, where
        an entry `$PATH` stands for the path so far: the base image's own, and before it the
        programs of the Python packages. A variable whose value is None is one that
        is given when the container is started; it adds nothing to the image.
        """
        with Call() as call:
            given = call.read(pairs, "env", variables, more)
            parsed = call.each(parse_variable, given)
            set_now = tuple((name, value) for name, value in parsed if value is not None)
            step = steps.Env(variables=set_now, location=call.location)
        return self._add(step)

    def workdir(self, path: str) -> Self:
        """Set the working directory (`/app` where never called), of commands and of the container.

        Like all that says how the container is run it holds for the whole image: the last counts.
        """
        with Call() as call:
            step = steps.Workdir(path=call.read(parse_directory, path), location=call.location)
        return self._add(step)

    def user(
        self, uid: int | str, *, group: int | str = 0, name: str = "lading", home: str | None = None
    ) -> Self:
        """Run the container as this numeric user (10001, in group 0, where never called).

        Args:
            uid: The numeric user id. 0 is root.
            group: The numeric group id. 0 lets a platform choose another uid at start.
            name: The name in `/etc/passwd`, where the image has no user of that id yet.
            home: The home directory, writable by the group; left out, it is `/home/<name>`, and
                root's `/root`.
        """
        with Call() as call:
            number, word = call.read(parse_uid, uid), call.read(parse_user_name, name)
            usual = "/root" if number == 0 else f"/home/{word}"
            step = steps.User(
                uid=number,
                gid=call.read(parse_uid, group),
                name=word,
                home=call.read(parse_home, usual if home is None else home),
                location=call.location,
            )
        return self._add(step)

    def expose(self, *ports: int | str) -> Self:
        """Name the ports that the server listens on: `8080`, `"8080/tcp"`."""
        with Call() as call:
            step = steps.Expose(ports=call.each(Port.parse, ports), location=call.location)
        return self._add(step)

    def volume(self, *paths: str) -> Self:
        """Declare directories for data; each is made, and writable by the container's user."""
        with Call() as call:
            words = call.read(expect_words, "volume", paths, example='volume("/data")')
            parsed = call.each(parse_directory, words)
            step = steps.Volume(paths=parsed, location=call.location)
        return self._add(step)

    def label(self, labels: Mapping[str, str] | None = None, /, **more: str) -> Self:
        """Set labels: `label({"org.opencontainers.image.source": "https://..."})`."""
        with Call() as call:
            parsed = call.each(parse_label, call.read(pairs, "label", labels, more))
            step = steps.Label(labels=parsed, location=call.location)
        return self._add(step)

    def entrypoint(self, *argv: str) -> Self:
        """Set the program that always runs, word by word: `entrypoint("python", "-m", "web")`."""
        with Call() as call:
            step = steps.Entrypoint(argv=parse_argv("entrypoint", argv), location=call.location)
        return self._add(step)

    def cmd(self, *argv: str) -> Self:
        """Set the default command, word by word: `cmd("uvicorn", "service:app")`."""
        with Call() as call:
            step = steps.Cmd(argv=parse_argv("cmd", argv), location=call.location)
        return self._add(step)

    def healthcheck(
        self,
        *argv: str,
        interval: str | float | timedelta | None = None,
        timeout: str | float | timedelta | None = None,
        start_period: str | float | timedelta | None = None,
        retries: int | None = None,
    ) -> Self:
        """Set the command that tells whether the server is well, word by word.

        Args:
            *argv: The command; it exits with 0 while the server is well.
            interval: Time between checks: `"30s"`, or seconds as a number.
            timeout: How long one check may take.
            start_period: How long failures don't count after the start.
            retries: How many failures in a row mean that the server is not well.
        """
        with Call() as call:
            step = steps.Healthcheck(
                argv=call.read(parse_argv, "healthcheck", argv),
                interval=None if interval is None else call.read(parse_duration, interval),
                timeout=None if timeout is None else call.read(parse_duration, timeout),
                start_period=None
                if start_period is None
                else call.read(parse_duration, start_period),
                retries=call.maybe(parse_retries, retries),
                location=call.location,
            )
        return self._add(step)

    def stop_signal(self, signal: str | int) -> Self:
        """Set the signal that asks the server to stop: `"SIGINT"`."""
        with Call() as call:
            step = steps.StopSignal(signal=parse_signal(signal), location=call.location)
        return self._add(step)
