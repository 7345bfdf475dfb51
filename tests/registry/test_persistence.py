"""Doing again what may succeed a while later."""

from __future__ import annotations

from threading import Event

import pytest

from lading.errors import RegistryError
from lading.http import Answer, HttpSettings
from lading.registry.persistence import Setback, Stopped, asked_pause, persistently

SETTINGS = HttpSettings(retries=5, backoff=0.5, longest_wait=3)


class Clock(Event):
    """Notes how long is waited, and waits for nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout)
        return self.is_set()


def run(setbacks: list[Setback], clock: Clock) -> str:
    def act() -> str:
        if setbacks:
            raise setbacks.pop(0)
        return "done"

    return persistently(act, SETTINGS, clock)


def busy(*, pause: float | None = None, further: bool = False) -> Setback:
    return Setback(RegistryError("busy"), pause=pause, further=further)


def test_each_pause_is_twice_the_one_before_up_to_the_longest() -> None:
    clock = Clock()
    assert run([busy() for _ in range(5)], clock) == "done"
    assert clock.pauses == [0.5, 1, 2, 3, 3]


def test_the_last_failure_is_told() -> None:
    clock = Clock()
    with pytest.raises(RegistryError, match="busy"):
        run([busy() for _ in range(6)], clock)
    assert len(clock.pauses) == 5


def test_a_server_may_ask_for_another_pause() -> None:
    clock = Clock()
    run([busy(pause=0), busy(pause=2.5), busy(pause=3600), busy()], clock)
    assert clock.pauses == [0, 2.5, 3, 3]


def test_who_gets_further_is_given_patience_anew() -> None:
    clock = Clock()
    assert run([busy(further=True) for _ in range(20)], clock) == "done"
    assert set(clock.pauses) == {0.5}


def test_a_stop_ends_the_pause() -> None:
    clock = Clock()
    clock.set()
    with pytest.raises(Stopped):
        run([busy()], clock)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30),
        ("Wed, 21 Oct 2026 07:27:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("9" * 40, None),
        ("Wed, 99 Oct 2026 07:28:30 GMT", None),
    ],
)
def test_both_forms_of_retry_after_are_read(said: str, seconds: float | None) -> None:
    headers = {"retry-after": said, "date": "Wed, 21 Oct 2026 07:28:00 GMT"}
    assert asked_pause(Answer(status=503, headers=headers, body=b"")) == seconds


def test_a_date_alone_says_nothing_without_the_servers_clock() -> None:
    headers = {"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT"}
    assert asked_pause(Answer(status=503, headers=headers, body=b"")) is None
