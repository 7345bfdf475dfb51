"""Bodies that are sent as they come."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from lading.errors import ImageError
from lading.http import HttpClient, HttpError, HttpSettings, Streamed
from registry.fake_registry import Reply, serving
from registry.full_registry import Fault, running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.full_registry import FullRegistry

PARTS = tuple(bytes([number]) * 10_000 for number in range(20))
SIZE = 200_000


@pytest.fixture
def client(http: HttpSettings) -> Iterator[HttpClient]:
    """Connections."""
    with HttpClient(http, connections=4) as client:
        yield client


def streamed() -> Streamed:
    return Streamed(parts=lambda: iter(PARTS), size=SIZE)


def begun(full: FullRegistry, client: HttpClient) -> str:
    answer = client.read(f"{full.url}/v2/app/blobs/uploads/", method="POST", body=b"", limit=99)
    return f"{full.url}{answer.headers['location']}"


def test_the_parts_arrive_with_their_length_announced(
    full: FullRegistry, client: HttpClient
) -> None:
    answer = client.read(begun(full, client), method="PATCH", body=streamed(), limit=99)
    assert answer.status == 202
    sent = full.requests("PATCH")[0]
    assert (sent.received, sent.headers["content-length"]) == (SIZE, str(SIZE))
    assert "transfer-encoding" not in sent.headers
    assert bytes(full.uploads["u1"].content) == b"".join(PARTS)


@pytest.mark.parametrize("fault", [Fault(receive=5), Fault(late=True)])
def test_it_is_sent_once_however_it_ends(
    fault: Fault, full: FullRegistry, client: HttpClient
) -> None:
    full.fails("PATCH", "uploads", fault, times=9)
    with pytest.raises(HttpError) as error:
        client.read(begun(full, client), method="PATCH", body=streamed(), limit=99)
    assert error.value.passing
    assert len(full.requests("PATCH")) == 1


def test_a_busy_server_is_told_to_the_sender(full: FullRegistry, client: HttpClient) -> None:
    full.fails("PATCH", "uploads", Fault(status=503), times=9)
    answer = client.read(begun(full, client), method="PATCH", body=streamed(), limit=999)
    assert answer.status == 503
    assert len(full.requests("PATCH")) == 1


def test_a_redirect_on_the_same_server_begins_the_body_again(
    full: FullRegistry, client: HttpClient
) -> None:
    location = begun(full, client)
    full.fails("PATCH", "uploads", Fault(status=307, headers={"Location": location}))
    client.read(location, method="PATCH", body=streamed(), limit=999)
    assert bytes(full.uploads["u1"].content) == b"".join(PARTS)


def test_a_source_that_fails_says_so_itself(full: FullRegistry, client: HttpClient) -> None:
    def failing() -> Iterator[bytes]:
        yield PARTS[0]
        raise ImageError("the layer is gone")

    body = Streamed(parts=failing, size=SIZE)
    with pytest.raises(ImageError, match="the layer is gone"):
        client.read(begun(full, client), method="PATCH", body=body, limit=99)


def test_an_answer_may_take_longer_where_that_is_said(http: HttpSettings) -> None:
    with running_registry() as slow, HttpClient(replace(http, timeout=0.3, retries=0)) as client:
        slow.add_blob("app", b"x")
        slow.fails("GET", "/v2/", Fault(pause=0.8), times=2)
        with pytest.raises(HttpError, match="no answer within"):
            client.read(f"{slow.url}/v2/", limit=99)
        assert client.read(f"{slow.url}/v2/", limit=99, patience=5).status == 200


def test_one_client_serves_many_threads(http: HttpSettings) -> None:
    answers: list[bytes] = []
    with (
        serving(lambda seen: Reply(body=seen.path.encode())) as server,
        HttpClient(http, connections=4) as client,
    ):

        def ask(number: int) -> None:
            answers.append(client.read(f"{server.url}/{number}", limit=99).body)

        threads = [Thread(target=ask, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers) == sorted(f"/{number}".encode() for number in range(20))
