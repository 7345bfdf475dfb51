"""Maintainer scripts followed without being run: POSIX sh, as far as such scripts use it."""

from __future__ import annotations

from lading.debs.shell.following import SHELL, Follower
from lading.debs.shell.parsing import parse
from lading.debs.shell.state import Call, Command, Output, State, Unfollowable

__all__ = ["SHELL", "Call", "Command", "Follower", "Output", "State", "Unfollowable", "parse"]
