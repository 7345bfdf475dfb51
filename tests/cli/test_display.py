"""What long work looks like on a terminal: a real one, of the kernel's."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from typing import TYPE_CHECKING

from cli.program import PROGRAM

if TYPE_CHECKING:
    from cli.program import Project


def on_a_terminal(project: Project, *words: str) -> tuple[int, str]:
    """The program with its stderr on a terminal: its exit code, and all that was written there."""
    ours, theirs = pty.openpty()
    environment = {**project.environment, "TERM": "xterm", "COLUMNS": "100"}
    child = subprocess.Popen(  # `lading.process` gives no terminal
        [*PROGRAM, *words], cwd=project.folder, env=environment, stderr=theirs
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            part = os.read(ours, 1 << 16)
        except OSError:  # Linux: nobody has the other end any more
            break
        if not part:
            break
        written += part
    os.close(ours)
    return child.wait(60), project.humane(written.decode())


def test_each_layer_that_is_made_stays_as_a_line(shipped: Project) -> None:
    code, written = on_a_terminal(shipped, "build", "-o", "out")
    assert code == 0
    assert "\x1b[?25h" in written  # the cursor is shown again
    after = written.rpartition("\x1b[2K")[2].replace("\r", "").splitlines()
    assert after == ["built the image as sha256:DIGEST", "it is in out"]
    for piece in ("python packages tiny 2.0", "files to /app"):
        assert re.search(rf"made +[0-9.]+ k?B +{re.escape(piece)}\r", written)


def test_where_all_is_there_nothing_moves(shipped: Project) -> None:
    assert shipped.lading("build", "-q", "-o", "out").code == 0
    code, written = on_a_terminal(shipped, "copy", "-q", "out", "oci:again")
    assert (code, written) == (0, "")


def test_an_error_leaves_the_terminal_as_it_was(shipped: Project) -> None:
    shipped.write("service.py", shipped.read("service.py").replace("tiny", "nowhere"))
    code, written = on_a_terminal(shipped, "build", "-o", "out")
    assert code == 1
    assert "error: service.py:6: " in written.rpartition("\x1b[?25h")[2]
