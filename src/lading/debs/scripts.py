"""Maintainer scripts: what they would do on a first installation, done without running them.

A script is followed command by command on the image's own files (`lading.debs.shell`): each command
is one of a table, and one that is not there refuses the package. Where a script can't be followed
but has been read, `read_scripts.toml` has its hash, the reason why it may pass, and what is done in
its place. Only `preinst install` and `postinst configure` are run on a first installation (Debian
Policy 6.5 to 6.7). Before `postinst`, `config` is followed where that is possible, since some set
the answers of debconf's questions, which nobody is asked.
"""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from lading.debs.certificates import configure_certificates
from lading.debs.commands import commands_of
from lading.debs.model import ScriptProblem
from lading.debs.refusal import Broken
from lading.debs.shell import SHELL, Follower, State, Unfollowable
from lading.grammar.words import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lading.debs.commands import Context
    from lading.debs.root import Root

__all__ = ["carry_out", "normal_hash"]

_LONGEST_REASON: Final = 300
_TABLE: Final = "read_scripts.toml"
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ARGUMENTS: Final = {
    "config": ("configure", ""),
    "preinst": ("install",),
    "postinst": ("configure", ""),
}

_EFFECTS: Final[Mapping[str, Callable[[Root], None]]] = {
    "ca-certificates": configure_certificates,
    "nothing": lambda _: None,
}


def normal_hash(text: str) -> str:
    """The hash of a script without its comments, empty lines and indentation."""
    lines = (line.strip() for line in text.splitlines())
    kept = [line for line in lines if line and not line.startswith("#")]
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()


@cache
def _read_scripts() -> Mapping[tuple[str, str, str], str]:
    """By package, script and hash: what is done in the script's place."""
    table = tomllib.loads(files("lading.debs").joinpath(_TABLE).read_text())
    return {
        (package, one["script"], sha256): one.get("effect", "nothing")
        for one in table.get("script", ())
        for package in one["packages"]
        for sha256 in one["sha256"]
    }


def carry_out(script: str, context: Context) -> ScriptProblem | None:
    """Do what a script of a package would do; what of it can't be done, if anything.

    Args:
        script: `preinst` or `postinst`.
        context: The installation that it is part of.
    """
    package = context.package
    content = package.control.get(script)
    if content is None:
        return None
    if script == "postinst":
        _prepare(context)
    try:
        text = content.decode()
        effect = _read_scripts().get((package.name, script, normal_hash(text)))
        if effect is None:
            _follow(text, script, context)
        else:
            _EFFECTS[effect](context.root)
    except UnicodeDecodeError:
        return ScriptProblem(package=package.name, script=script, reason="it is no text")
    except (Unfollowable, Broken) as error:
        # A script's own words are in it: they are no commands of the terminal's.
        reason = visible(str(error)[:_LONGEST_REASON])
        return ScriptProblem(package=package.name, script=script, reason=reason)
    return None


def _prepare(context: Context) -> None:
    """Let `config` answer questions; where it can't be followed they have their defaults."""
    before = dict(context.answers)
    try:
        _follow(context.package.control.get("config", b"").decode(), "config", context)
    except (Unfollowable, Broken, UnicodeDecodeError):
        context.answers.clear()
        context.answers.update(before)


def _follow(text: str, script: str, context: Context) -> None:
    match = SHELL.match(text)
    if match is None:
        line = text.partition("\n")[0][:80]
        raise Unfollowable(f"it is no shell script ({visible(line)})")
    state = State(
        root=context.root,
        variables=_variables(script, context),
        arguments=_ARGUMENTS[script],
        fails="e" in match["options"],
    )
    status = Follower(commands_of(context)).follow(text, state)
    if status:
        raise Unfollowable(f"it would fail with status {status}")


def _variables(script: str, context: Context) -> dict[str, str]:
    """What dpkg and apt set: dpkg(1), environment, internal."""
    return {
        "PATH": _PATH,
        "IFS": " \t\n",
        "DEBIAN_FRONTEND": "noninteractive",
        "DPKG_ADMINDIR": "/var/lib/dpkg",
        "DPKG_MAINTSCRIPT_ARCH": context.package.stanza.get("Architecture"),
        "DPKG_MAINTSCRIPT_NAME": script,
        "DPKG_MAINTSCRIPT_PACKAGE": context.package.name,
        "DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT": "1",
        "DPKG_ROOT": "",
    }
