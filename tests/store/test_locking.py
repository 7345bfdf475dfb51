from __future__ import annotations

import os
import time
from threading import Thread
from typing import TYPE_CHECKING

from lading.store.locking import alone, is_free, lock
from store.children import Signal, forked, killed

if TYPE_CHECKING:
    from pathlib import Path


def test_never_two_are_inside(tmp_path: Path) -> None:
    """Also not while files are removed and made anew between them."""
    path, inside, most = tmp_path / "lock", [0], [0]

    def run() -> None:
        for _ in range(40):
            with alone(path, waiting=lambda: None):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.0001)
                inside[0] -= 1

    threads = [Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert list(tmp_path.iterdir()) == []


def test_who_waits_is_told_once(tmp_path: Path) -> None:
    path, told = tmp_path / "lock", []

    def wait() -> None:
        with alone(path, waiting=lambda: told.append(1)):
            pass

    with alone(path, waiting=lambda: told.append(2)):
        thread = Thread(target=wait)
        thread.start()
        while not told:
            time.sleep(0.001)
    thread.join()
    assert told == [1]


def test_a_file_is_free_when_its_holder_has_been_killed(tmp_path: Path) -> None:
    path = tmp_path / "held"
    with Signal() as held, Signal() as never:

        def hold() -> None:
            lock(os.open(path, os.O_RDWR | os.O_CREAT))
            held.give()
            never.wait()

        child = forked(hold)
        held.wait()
        assert not is_free(path)
        killed(child)
    assert is_free(path)


def test_a_file_that_is_gone_is_nobody_s_to_remove(tmp_path: Path) -> None:
    assert not is_free(tmp_path / "gone")
