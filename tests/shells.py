"""The shells that what is generated must run in, and how a test runs it there."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine_support import must_run
from lading import process

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SHELLS", "check", "execute", "findings"]

_KNOWN = {
    "dash": ("dash",),
    "busybox": ("busybox", "sh"),
    "sh": ("sh",),
    "bash": ("bash", "--posix"),
}

SHELLS = [
    pytest.param(
        words,
        id=name,
        # Where nothing may be left out, a missing shell is a failure.
        marks=pytest.mark.skipif(
            shutil.which(words[0]) is None and not must_run(), reason=f"{name} is not on PATH"
        ),
    )
    for name, words in _KNOWN.items()
]


def execute(
    shell: tuple[str, ...], commands: tuple[str, ...], env: Mapping[str, str] | None = None
) -> str:
    """Runs the commands as one RUN does, and returns what they wrote."""
    program = shutil.which(shell[0])
    assert program is not None
    environment = dict(os.environ) if env is None else env
    argv = (program, *shell[1:], "-c", " && ".join(commands))
    done = process.run(argv, env=environment, timeout=20)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def _linter(name: str) -> str:
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else name


def findings(dockerfile: Path) -> set[str]:
    """The codes of all that hadolint finds."""
    argv = (_linter("hadolint"), "--format", "json", str(dockerfile))
    done = process.run(argv, env=os.environ, timeout=60)
    return {finding["code"] for finding in json.loads(done.stdout)}


def check(commands: tuple[str, ...]) -> None:
    """Fails unless shellcheck has nothing to say, and each shell that is there can parse them."""
    script = " && ".join(commands) + "\n"
    argv = (_linter("shellcheck"), "--shell=sh", "--norc", "-")
    done = process.run(argv, env=os.environ, stdin=script, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("dash", "sh"):
        if shutil.which(name):
            parsed = process.run((name, "-n"), env=os.environ, stdin=script, timeout=20)
            assert (parsed.returncode, parsed.stderr) == (0, "")
