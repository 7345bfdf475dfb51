from __future__ import annotations

import os
import re
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import pytest

from lading.oci import validate
from registry.fake_registry import Reply, serving
from registry.full_registry import Fault, running_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cli.program import Project, World
    from lading.process import Completed
    from registry.fake_registry import Seen

# Tells its number first, so that the test can interrupt this process and no other.
START = (
    "import os, pathlib; pathlib.Path('pid').write_text(str(os.getpid())); "
    "from lading.cli import main; main()"
)


@pytest.fixture(autouse=True)
def heeded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The program starts and ends as users have it; not as who starts the tests, by `nohup`."""
    monkeypatch.setattr("cli.program.RUNNING", [])
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


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


def interrupted(project: Project, words: list[str], asked: Callable[[], object]) -> Completed:
    """The program, interrupted once something has been asked of a server."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(project.start, [sys.executable, "-c", START, *words])
        deadline = time.monotonic() + 20
        while not asked():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(int(project.read("pid")), signal.SIGINT)
        start = time.monotonic()
        done = running.result(30)
        assert time.monotonic() - start < 10
    (project.folder / "pid").unlink()
    return done


def test_an_interrupted_push_leaves_no_tag_and_the_next_one_succeeds(shipped: Project) -> None:
    with running_registry() as registry:
        name = f"{registry.host}/a:1"
        stalling = Fault(stall=15)
        for method in ("POST", "PATCH", "PUT"):
            registry.fails(method, r"/blobs/uploads/", stalling, times=20)
        done = interrupted(
            shipped, ["push", "-q", "base", name], lambda: registry.requests("POST", "/uploads/")
        )
        assert (done.returncode, done.stderr.strip()) == (130, "interrupted")
        with pytest.raises(KeyError):
            registry.manifest("a", "1")
    with running_registry() as registry:
        assert shipped.lading("push", "-q", "base", f"{registry.host}/a:1").code == 0


def test_an_interrupted_build_leaves_no_image_and_the_next_one_succeeds(
    shipped: Project, net: World
) -> None:
    asked, go_on = Event(), Event()
    go_on.set()

    def slow(request: Seen) -> Reply:
        if request.path.endswith(".whl"):
            asked.set()
            go_on.wait(5)
        return net.route(request)

    with serving(slow) as server:
        service = shipped.read("service.py")
        before = re.sub(r"127[.]0[.]0[.]1:[0-9]+", server.host, service)
        shipped.write("service.py", before)
        assert shipped.lading("lock", "-q").code == 0
        files = shipped.files()
        asked.clear()
        go_on.clear()
        done = interrupted(shipped, ["build", "-q", "-o", "out"], asked.is_set)
        assert (done.returncode, done.stderr.strip()) == (130, "interrupted")
        assert shipped.files() == files
        go_on.set()
        assert shipped.lading("build", "-q", "-o", "out").code == 0
    assert validate(shipped.folder / "out") == ()


SLOW = """\
import os, time
try:
    os.kill(os.getppid(), {number})
    time.sleep(20)
except Exception:
    pass
image = unknown
"""


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGTERM, 143, ""),
        (signal.SIGHUP, 129, ""),
        (signal.SIGINT, 130, "interrupted"),
    ],
)
def test_a_signal_while_the_users_module_is_imported(
    bare: Project, number: int, code: int, said: str
) -> None:
    bare.write("service.py", SLOW.format(number=int(number)))
    temporary = bare.folder / "temporary"
    temporary.mkdir()
    ran = bare.lading("lock", "service.py", TMPDIR=str(temporary))
    assert (ran.code, ran.out, ran.err.strip()) == (code, "", said)
    assert list(temporary.iterdir()) == []


def test_a_module_that_ignores_signals_is_ended_all_the_same(bare: Project) -> None:
    bare.write("service.py", DEAF)
    ran = bare.lading("lock", "service.py")
    assert (ran.code, ran.out, ran.err.strip()) == (130, "", "interrupted")
    assert bare.files() == ["service.py"]  # it would have written one more


DEAF = """\
import os, pathlib, signal, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
os.kill(os.getppid(), signal.SIGINT)
time.sleep(15)
pathlib.Path("still-there").touch()
image = unknown
"""


def test_what_has_no_terminal_from_the_start_goes_on_without_one(bare: Project) -> None:
    """`nohup lading ...`: it was told to ignore that its terminal goes."""
    bare.write("service.py", HUNG_UP)
    script = ["/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh", sys.executable, "-c", START]
    done = bare.start([*script, "show", "service.py"])
    assert done.returncode == 0
    assert "HUNG_UP" in done.stdout


HUNG_UP = """\
import os, pathlib, signal
from lading import Image
os.kill(int(pathlib.Path("pid").read_text()), signal.SIGHUP)
image = Image().env(HUNG_UP=str(os.getpid()))
"""


WHILE_TIDYING_UP = """\
import os, sys, time
from importlib import import_module
program = import_module("lading.cli.main")

class Tidied:
    def __del__(self):
        os.kill(os.getpid(), {number})
        for _ in range(100):
            pass

def run():
    Tidied()
    time.sleep(20)

program._run = run
program.main()
"""


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_a_signal_while_python_tidies_up_is_not_lost(bare: Project, number: int, code: int) -> None:
    script = WHILE_TIDYING_UP.format(number=int(number))
    done = bare.start([sys.executable, "-c", script])
    assert (done.returncode, done.stderr) == (code, "")


@pytest.mark.parametrize("program", [("-m", "lading"), ("-c", START)])
@pytest.mark.parametrize("module", ["click", "lading.cli.main", "lading.cli.failure"])
def test_an_interrupt_while_the_program_itself_is_imported(
    bare: Project, program: tuple[str, str], module: str
) -> None:
    # Python's own start-up runs this, so that the signal comes at the same moment every time.
    bare.write("site/sitecustomize.py", INTERRUPTING.replace("MODULE", module))
    path = os.pathsep.join((str(bare.folder / "site"), bare.environment["PYTHONPATH"]))
    done = bare.start([sys.executable, *program, "lock"], PYTHONPATH=path)
    assert (done.returncode, done.stderr) == (130, "")


INTERRUPTING = """\
import os, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "MODULE":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
"""
