from __future__ import annotations

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

from registry.fake_registry import Reply, serving

if TYPE_CHECKING:
    from cli.program import Project, World
    from registry.fake_registry import Seen

# Tells its number first, so that the test can interrupt this process and no other.
START = (
    "import os, pathlib; pathlib.Path('pid').write_text(str(os.getpid())); "
    "from lading.cli import main; main()"
)


def test_an_interrupted_lock_leaves_nothing(tiny: Project, net: World) -> None:
    asked, go_on = Event(), Event()

    def slow(request: Seen) -> Reply:
        asked.set()
        go_on.wait(5)
        return net.route(request)

    with serving(slow) as server, ThreadPoolExecutor(1) as pool:
        tiny.stand_ins[server.host] = "SLOW"
        words = ["lock", "-q", "--base-image", f"{server.host}/python:3.11-slim-bookworm"]
        running = pool.submit(tiny.start, [sys.executable, "-c", START, *words])
        assert asked.wait(20)
        os.kill(int(tiny.read("pid")), signal.SIGINT)
        start = time.monotonic()
        time.sleep(0.2)
        go_on.set()
        done = running.result(30)
        assert time.monotonic() - start < 20
    assert (done.returncode, done.stderr.strip()) == (130, "interrupted")
    (tiny.folder / "pid").unlink()
    assert tiny.files() == ["pyproject.toml", "service.py"]
