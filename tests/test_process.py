from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lading.process
from lading.process import ProgramNotFound, ProgramTimedOut, find_programs, run, stream

PATH = {"PATH": os.environ.get("PATH", os.defpath)}
SOURCE = str(Path(lading.process.__file__).parents[1])


def script(folder: Path, text: str, name: str = "program") -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_run_returns_what_a_program_wrote() -> None:
    done = run(["sh", "-c", "cat; echo talk >&2; exit 3"], env=PATH, stdin="data é")
    assert (done.stdout, done.stderr, done.returncode) == ("data é", "talk\n", 3)
    assert done.argv == ("sh", "-c", "cat; echo talk >&2; exit 3")


def test_a_word_is_never_read_by_a_shell() -> None:
    assert run(["printf", "%s", "$HOME; `id` '\""], env=PATH).stdout == "$HOME; `id` '\""


def test_one_string_is_no_list_of_words() -> None:
    with pytest.raises(TypeError, match="list of words"):
        run("ls -l", env=PATH)


def test_a_program_gets_no_environment_but_the_one_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAKED", "1")
    assert run(["env"], env={**PATH, "GIVEN": "2"}).stdout == f"PATH={PATH['PATH']}\nGIVEN=2\n"


def test_a_program_is_looked_for_on_the_path_given(tmp_path: Path) -> None:
    script(tmp_path, "echo mine", "ls")
    assert run(["ls"], env={"PATH": str(tmp_path)}).stdout == "mine\n"


def test_run_starts_in_the_folder_given(tmp_path: Path) -> None:
    assert run(["pwd", "-P"], env=PATH, cwd=tmp_path).stdout == f"{tmp_path.resolve()}\n"


def test_a_missing_program_is_named() -> None:
    with pytest.raises(ProgramNotFound, match="can't start no-such-engine: no such file") as caught:
        run(["no-such-engine", "build"], env=PATH)
    assert caught.value.program == "no-such-engine"
    with pytest.raises(ProgramNotFound):
        stream(["no-such-engine"], env=PATH, on_line=print)


def test_a_file_that_no_kernel_can_run_is_a_missing_program_too(tmp_path: Path) -> None:
    path = tmp_path / "engine"
    path.write_bytes(b"\x7fELF but not really")
    path.chmod(0o755)
    with pytest.raises(ProgramNotFound, match="exec format error"):
        run([str(path)], env=PATH)


def test_a_missing_folder_is_not_blamed_on_the_program(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        run(["true"], env=PATH, cwd=tmp_path / "gone")
    assert not isinstance(caught.value, ProgramNotFound)


def test_a_timeout_ends_the_program_and_its_children(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    program = script(tmp_path, f"sleep 60 & echo $! > '{pid_file}'; wait")
    started = time.monotonic()
    with pytest.raises(ProgramTimedOut, match="gave no answer in 2 s"):
        run([program], env=PATH, timeout=2)
    assert time.monotonic() - started < 30
    assert is_gone(int(pid_file.read_text()))


def test_a_program_can_ask_no_terminal_for_a_password() -> None:
    done = run(["sh", "-c", ": < /dev/tty"], env=PATH)
    assert done.returncode != 0


def test_what_is_not_utf8_is_shown_as_such() -> None:
    assert run(["printf", "a\\377b"], env=PATH).stdout == "a\ufffdb"


def test_lines_arrive_while_the_program_runs(tmp_path: Path) -> None:
    go = tmp_path / "go"
    seen: list[str] = []

    def on_line(line: str) -> None:
        seen.append(line)
        go.touch()

    program = script(
        tmp_path,
        f"echo first; i=0; while [ ! -e '{go}' ] && [ $i -lt 100 ]; do sleep 0.05; i=$((i+1)); "
        f"done; [ -e '{go}' ] && echo second >&2",
    )
    assert stream([program], env=PATH, on_line=on_line).returncode == 0
    assert seen == ["first", "second"]


def test_the_tail_is_the_last_lines() -> None:
    done = stream(["sh", "-c", "seq 100; exit 7"], env=PATH, on_line=lambda _: None)
    assert done.returncode == 7
    assert done.tail == tuple(str(number) for number in range(61, 101))


def test_a_stream_ends_with_its_program_though_a_helper_holds_the_pipe() -> None:
    started = time.monotonic()
    command = ["sh", "-c", "(sleep 60 & echo $!); exit 4"]
    seen: list[str] = []
    done = stream(command, env=PATH, on_line=seen.append)
    assert done.returncode == 4
    assert time.monotonic() - started < 30
    os.kill(int(seen[0]), signal.SIGKILL)


def test_without_a_reader_the_output_goes_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    done = stream(["sh", "-c", "echo out; echo err >&2"], env=PATH)
    assert capfd.readouterr() == ("", "out\nerr\n")
    assert done.tail == ("out", "err")


def test_on_a_terminal_the_program_has_it_to_itself() -> None:
    code = (
        "from lading.process import stream\n"
        f"done = stream(['sh', '-c', 'test -t 1 && test -t 2 && echo both'], env={PATH!r})\n"
        "raise SystemExit(done.returncode or len(done.tail))"
    )
    ours, theirs = pty.openpty()
    try:
        ended = subprocess.run(
            [sys.executable, "-c", code],
            env={**PATH, "PYTHONPATH": SOURCE},
            stderr=theirs,
            check=False,
            timeout=30,
        )
        assert ended.returncode == 0
        assert os.read(ours, 100) == b"both\r\n"
    finally:
        os.close(ours)
        os.close(theirs)


def test_an_error_of_the_reader_ends_the_program(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"

    def refuse(line: str) -> None:
        raise RuntimeError(line)

    program = script(tmp_path, f"echo $$ > '{pid_file}'; echo now; exec sleep 60")
    with pytest.raises(RuntimeError, match="now"):
        stream([program], env=PATH, on_line=refuse)
    assert is_gone(int(pid_file.read_text()))


@pytest.mark.parametrize("call", ["run(argv, env=env)", "stream(argv, env=env, on_line=print)"])
def test_ctrl_c_reaches_the_program_which_is_waited_for(tmp_path: Path, call: str) -> None:
    ready, cleaned = tmp_path / "ready", tmp_path / "cleaned"
    program = script(
        tmp_path,
        f"trap 'sleep 0.3; echo x > \"{cleaned}\"; exit 130' INT\n"
        f"touch '{ready}'\n"
        "i=0; while [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done",
    )
    code = f"from lading.process import run, stream\nargv, env = [{program!r}], {PATH!r}\n{call}\n"
    ours = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**PATH, "PYTHONPATH": SOURCE},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(ready)
    ours.send_signal(signal.SIGINT)
    assert ours.wait(30) == -signal.SIGINT
    assert cleaned.exists()


def test_a_program_deaf_to_ctrl_c_is_ended_less_kindly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lading.process, "GRACE_SECONDS", 0.2)
    pid_file = tmp_path / "pid"

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    program = script(
        tmp_path,
        f"trap '' INT TERM; echo $$ > '{pid_file}'; echo now; "
        "i=0; while [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done",
    )
    with pytest.raises(KeyboardInterrupt):
        stream([program], env=PATH, on_line=interrupt)
    assert is_gone(int(pid_file.read_text()))


def test_programs_are_found_in_the_order_of_the_path_and_once(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        script(tmp_path / folder, "", "tool")
    (tmp_path / "c").symlink_to(tmp_path / "a")
    path = os.pathsep.join(str(tmp_path / name) for name in ("gone", "b", "a", "c"))
    found = find_programs("tool", {"PATH": path})
    assert found == (str(tmp_path / "b" / "tool"), str(tmp_path / "a" / "tool"))
    assert find_programs("tool", {"PATH": ""}) == ()


@given(
    text=st.text(alphabet=st.sampled_from("aé\r\n"), max_size=30),
    cuts=st.lists(st.integers(0, 60), max_size=5),
)
def test_lines_do_not_depend_on_where_the_chunks_end(text: str, cuts: list[int]) -> None:
    data = text.encode()
    bounds = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    splitter = lading.process._Splitter()
    lines = [line for start, end in pairwise(bounds) for line in splitter.feed(data[start:end])]
    lines += splitter.end()
    whole = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert lines == (whole if whole[-1] else whole[:-1])


def wait_for(path: Path) -> None:
    for _ in range(300):
        if path.exists():
            return
        time.sleep(0.05)
    pytest.fail(f"{path.name} did not come")


def is_gone(pid: int) -> bool:
    for _ in range(60):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 0)
            if _is_zombie(pid):
                return True
            time.sleep(0.05)
            continue
        return True
    return False


def _is_zombie(pid: int) -> bool:
    # An orphan whose new parent doesn't reap it, as in a container without an init.
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z"
