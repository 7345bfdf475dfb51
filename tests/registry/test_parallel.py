"""Several things at once."""

from __future__ import annotations

import threading
from threading import Barrier, Event

import pytest

from lading.errors import ImageError, Problem, RegistryError
from lading.registry.parallel import Crew, each
from lading.registry.persistence import Stopped


class DamagedError(ImageError):
    """Its kind says what to do next."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is damaged")


def test_no_more_run_at_a_time_than_there_are_jobs() -> None:
    meeting, seen = Barrier(3), set()

    def act(_: int) -> None:
        meeting.wait(5)
        seen.add(threading.get_ident())

    each(3, range(9), act, Event())
    assert len(seen) == 3


def test_all_that_a_registry_refuses_is_told_once() -> None:
    meeting = Barrier(2)

    def act(_: int) -> None:
        meeting.wait(5)
        raise RegistryError("no room")

    with pytest.raises(RegistryError) as error:
        each(2, range(2), act, Event())
    assert error.value.problems == (Problem(message="no room"),)


@pytest.mark.parametrize("other", [DamagedError("layer"), ZeroDivisionError()])
def test_an_error_of_another_kind_arrives_as_it_is(other: Exception) -> None:
    meeting = Barrier(2)

    def act(number: int) -> None:
        meeting.wait(5)
        raise other if number else RegistryError("no room")

    with pytest.raises(type(other)) as error:
        each(2, range(2), act, Event())
    assert error.value is other


def test_one_failure_ends_the_rest() -> None:
    stop, meeting = Event(), Barrier(2)
    done: list[int] = []

    def act(number: int) -> None:
        meeting.wait(5)
        if number == 0:
            raise RegistryError("no room")
        stop.wait(5)
        done.append(number)
        raise Stopped

    with pytest.raises(RegistryError):
        each(2, range(100), act, stop)
    assert done == [1]


def test_nothing_to_do_is_done() -> None:
    each(4, (), lambda _: None, Event())


def test_an_interrupt_before_all_have_begun_is_an_interrupt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin, stop = threading.Thread.start, Event()
    begun: list[threading.Thread] = []

    def start(thread: threading.Thread) -> None:
        if begun:
            raise KeyboardInterrupt
        begun.append(thread)
        begin(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(KeyboardInterrupt):
        each(2, range(2), lambda _: None, stop)
    assert stop.is_set()


def test_what_is_added_from_anywhere_while_others_work_is_done() -> None:
    done: list[int] = []
    crew = Crew(3, done.append, Event())

    def add(first: int) -> None:
        for number in range(first, first + 200):
            crew.add(number)

    adders = [threading.Thread(target=add, args=(first,)) for first in (0, 200, 400)]
    for adder in adders:
        adder.start()
    for adder in adders:
        adder.join()
    crew.finish()
    assert sorted(done) == list(range(600))


def test_after_a_failure_nothing_that_is_added_is_done() -> None:
    done: list[int] = []
    stop = Event()

    def act(number: int) -> None:
        if number == 0:
            raise RegistryError("no room")
        done.append(number)

    crew = Crew(1, act, stop)
    crew.add(0)
    assert stop.wait(5)
    crew.add(1)
    with pytest.raises(RegistryError):
        crew.finish()
    assert not done
