"""A server that answers a byte now and then holds nobody for ever."""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from lading.http import HttpClient, HttpError, HttpSettings
from registry.fake_registry import Reply, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HASTY = HttpSettings(timeout=0.25, retries=0)
PATIENT = HttpSettings(timeout=2, retries=0)


@contextmanager
def dripping(talk: Callable[[socket.socket, Event], None]) -> Iterator[str]:
    """A server on loopback that answers its one client as `talk` says; gives its URL."""
    over = Event()

    def serve() -> None:
        client, _ = listening.accept()
        with client:
            client.recv(65536)
            try:
                talk(client, over)
            except OSError:
                return  # the client has gone, as it should

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            over.set()
            thread.join(10)
            assert not thread.is_alive()


def drip(client: socket.socket, over: Event, part: bytes) -> None:
    while not over.wait(0.05):
        client.sendall(part)


def slow_body(client: socket.socket, over: Event) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    drip(client, over, b"x")


def slow_chunks(client: socket.socket, over: Event) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    drip(client, over, b"1\r\nx\r\n")


def slow_headers(client: socket.socket, over: Event) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    drip(client, over, b"x")


@pytest.mark.parametrize("talk", [slow_body, slow_chunks, slow_headers])
def test_an_answer_that_makes_no_progress_ends(
    talk: Callable[[socket.socket, Event], None],
) -> None:
    began = time.monotonic()
    with dripping(talk) as url, HttpClient(HASTY) as client, pytest.raises(HttpError) as error:
        client.read(url, limit=1 << 20)
    assert time.monotonic() - began < 20
    assert str(error.value) in {
        "its answer comes by less than 256 bytes a second",
        "no answer within 0.25 s",
    }


def test_a_slow_answer_that_makes_progress_is_waited_for() -> None:
    def talk(client: socket.socket, over: Event) -> None:
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 15000\r\n\r\n")
        for _ in range(15):  # three seconds, and never two without a byte
            over.wait(0.2)
            client.sendall(b"x" * 1000)

    with dripping(talk) as url, HttpClient(PATIENT) as client:
        assert len(client.read(url, limit=1 << 20).body) == 15000


def test_a_large_answer_in_parts_is_whole() -> None:
    body = bytes(range(256)) * 4096
    with serving(lambda _: Reply(body=body)) as server, HttpClient(PATIENT) as client:
        assert client.read(f"{server.url}/", limit=len(body)).body == body
