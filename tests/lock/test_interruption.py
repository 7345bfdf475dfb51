from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

import lading
from lading.lock import tasks as tasks_module
from lading.lock.file import LOCK_NAME
from lading.lock.tasks import Tasks
from lading.process import ProgramStopped, run

if TYPE_CHECKING:
    from lock.dock import Dock

SLEEPER = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(path: Path) -> str:
    for _ in range(500):
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.02)
    raise AssertionError(f"{path} never came")


def interrupt(tasks: Tasks) -> None:
    """Leaves the block as Ctrl-C does."""

    def block() -> None:
        with tasks:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        block()


def test_results_come_back_and_errors_are_raised_where_they_are_waited_for() -> None:
    def fail() -> None:
        raise KeyError("x")

    with Tasks() as tasks:
        good, bad = tasks.start(lambda: 3), tasks.start(fail)
        assert good() == 3
        with pytest.raises(KeyError):
            bad()
    assert not tasks.stopping.is_set()


def test_a_program_in_another_thread_ends_when_the_block_is_left(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    argv = [sys.executable, "-c", SLEEPER, str(file)]
    start = time.monotonic()
    tasks = Tasks()
    wait = tasks.start(lambda: run(argv, env={}, stop=tasks.stopping))
    pid = int(wait_for(file))
    interrupt(tasks)
    assert not is_running(pid)
    assert time.monotonic() - start < 10
    with pytest.raises(ProgramStopped):
        wait()


def test_a_call_that_waits_for_nothing_we_started_does_not_hold_the_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks_module, "_PATIENCE", 0.2)
    forever = Event()
    start = time.monotonic()
    tasks = Tasks()
    tasks.start(lambda: forever.wait(60))
    interrupt(tasks)
    forever.set()
    assert time.monotonic() - start < 20


def test_nothing_is_started_once_it_is_over() -> None:
    over = Event()
    over.set()
    with pytest.raises(ProgramStopped):
        run([sys.executable, "-c", "print(1)"], env={}, stop=over)


def test_a_program_that_is_watched_gets_its_input_and_gives_all_its_output() -> None:
    code = "import sys; text = sys.stdin.read(); print(len(text)); sys.stderr.write('x' * 200000)"
    done = run([sys.executable, "-c", code], env={}, stdin="é" * 100_000, stop=Event())
    assert (done.returncode, done.stdout) == (0, "100000\n")
    assert len(done.stderr) == 200_000


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from lading.cli import main
sys.argv = ["lading", "lock", sys.argv[2]]
main()
"""
SERVICE = """
from lading import Image
image = (Image(base_image="BASE", distro="debian:bookworm", python_version="3.11")
         .index("INDEX/simple", default=True).python_packages("alpha"))
"""


def test_ctrl_c_while_an_index_does_not_answer_ends_at_once_and_leaves_nothing(
    dock: Dock,
) -> None:
    dock.index.is_stuck = True
    text = SERVICE.replace("BASE", dock.base).replace("INDEX", dock.index.url)
    dock.write("service.py", text)
    dock.write("pyproject.toml", '[tool.lading]\nimage = "service:image"\n')
    temporary = dock.project.parent / "tmp"
    temporary.mkdir()
    file = dock.project.parent / "pid"
    source = Path(lading.__file__).parent.parent
    program = [sys.executable, "-c", PROGRAM, str(source), str(dock.project)]
    argv = ["sh", "-c", 'echo $$ > "$0"; exec "$@"', str(file), *program]
    env = dock.environ | {"TMPDIR": str(temporary)}
    ended: list[int] = []
    thread = Thread(target=lambda: ended.append(run(argv, env=env).returncode))
    thread.start()
    pid = int(wait_for(file))
    for _ in range(500):
        if any(path.startswith("/simple/alpha") for path in dock.index.asked):
            break
        time.sleep(0.02)
    start = time.monotonic()
    os.kill(pid, signal.SIGINT)
    thread.join(20)

    assert ended == [130]
    assert time.monotonic() - start < 15
    assert not (dock.project / LOCK_NAME).exists()
    assert list(temporary.iterdir()) == []
