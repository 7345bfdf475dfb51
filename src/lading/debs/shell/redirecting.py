"""Where a command of a script reads from and writes to (POSIX.1-2017, XCU 2.7)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from lading.debs.shell.state import Input, Leave, Output, Unfollowable
from lading.grammar.words import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.debs.root import Root
    from lading.debs.shell.expanding import Expander
    from lading.debs.shell.state import State
    from lading.debs.shell.syntax import Redirect

__all__ = ["redirected"]

_LONGEST_SHOWN: Final = 80
_NULL: Final = "dev/null"


@contextmanager
def redirected(
    redirects: tuple[Redirect, ...], expander: Expander, given: Input | None, out: Output
) -> Iterator[tuple[Input | None, Output]]:
    """The input and output of a command; a file that it writes to is made when it has ended.

    Raises:
        Unfollowable: It reads or writes what can't be known.
    """
    file = ""
    appends = False
    for one in redirects:
        target = expander.text(one.target)
        if one.operator == "<<":
            given = Input(target)
        elif one.operator == "<" and one.fd == 0:
            given = _opened(target, expander.state.root)
        elif one.operator.startswith("<"):
            raise Unfollowable("it reads of another input than the standard one")
        elif one.operator in {">", ">>", ">|"} and one.fd == 1:
            file, appends = target, one.operator == ">>"
            out = Output(use="nothing" if target.strip("/") == _NULL else "file")
            if one.operator == ">" and out.use == "file":
                _check_clobbers(target, expander.state)
        elif one.operator == ">&" and one.fd == 1 and target != "1":
            if target not in {"2", "-"}:
                raise Unfollowable("it writes to another output than the standard ones")
            file, out = "", Output()  # to standard error, which nobody reads
    try:
        yield given, out
    except Leave:
        _write(file, out, expander.state, appends=appends)
        raise
    _write(file, out, expander.state, appends=appends)


def _check_clobbers(path: str, state: State) -> None:
    if not state.clobbers and state.root.leads_to(path) == "file":
        raise Unfollowable("it writes a file that it must not write again")


def _write(file: str, out: Output, state: State, *, appends: bool) -> None:
    """Make the file that an output went to, where it is known what that was."""
    if not file or out.use != "file" or out.unknown:
        return
    data = out.text.encode(errors="surrogateescape")
    write = state.root.append if appends else state.root.write
    write(file, data, mode=0o666 & ~state.umask, source="a maintainer script")


def _opened(path: str, root: Root) -> Input:
    content = root.text(path)
    if content is None and path.strip("/") != _NULL:
        raise Unfollowable(f"it reads {visible(path[:_LONGEST_SHOWN])}, which is not there")
    return Input(content or "")
