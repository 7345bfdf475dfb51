"""Maintainer scripts followed without being run: POSIX sh, as far as such scripts use it."""

from __future__ import annotations

from lading.debs.shell.following import Follower
from lading.debs.shell.parsing import parse
from lading.debs.shell.state import Call, Command, Output, State, Unfollowable

__all__ = ["Call", "Command", "Follower", "Output", "State", "Unfollowable", "parse"]
