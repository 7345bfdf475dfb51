"""Finding a file by its name in a package index, and fetching locked files from a mirror."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from lading.download import fetch
from lading.errors import ResolutionError
from lading.http import HttpError, HttpSettings
from lading.simple_index import filename_in, find_file
from registry.fake_registry import Reply, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from registry.fake_registry import Seen

HTTP = HttpSettings(timeout=5, retries=0, backoff=0, longest_wait=1)
WHEEL = "Demo_Pkg-1.0-py3-none-any.whl"
CONTENT = b"the wheel"
SHA256 = hashlib.sha256(CONTENT).hexdigest()

HTML = f"""<!DOCTYPE html><html><body>
<a href="../../files/other.whl">other-1.0-py3-none-any.whl</a>
<a href="../../files/{WHEEL}#sha256={SHA256}"
   data-requires-python="&gt;=3.8"> {WHEEL} </a>
</body></html>""".encode()
JSON = json.dumps({"files": [{"filename": WHEEL, "url": f"/files/{WHEEL}", "hashes": {}}]}).encode()


def mirror(page: bytes, kind: str, content: bytes = CONTENT) -> Callable[[Seen], Reply]:
    def route(request: Seen) -> Reply:
        if request.path == "/simple/demo-pkg/":
            return Reply(headers={"Content-Type": kind}, body=page)
        if request.path.startswith(f"/files/{WHEEL}"):
            return Reply(body=content)
        return Reply(404)

    return route


PAGES = pytest.mark.parametrize(
    ("page", "kind"), [(HTML, "text/html"), (JSON, "application/vnd.pypi.simple.v1+json")]
)


@PAGES
def test_an_index_names_the_url_of_a_file(page: bytes, kind: str) -> None:
    with serving(mirror(page, kind)) as server:
        found = find_file(f"{server.url}/simple", WHEEL, HTTP)
        assert found is not None
        assert found.partition("#")[0] == f"{server.url}/files/{WHEEL}"
        assert find_file(f"{server.url}/simple", "Demo_Pkg-2.0-py3-none-any.whl", HTTP) is None
        assert find_file(f"{server.url}/simple", "absent-2.0.tar.gz", HTTP) is None
        assert find_file(f"{server.url}/simple", "no file of a package", HTTP) is None


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"files": [{}]}', b'{"files": 3}', b"[" * 100_000])
def test_what_is_no_page_of_an_index_is_refused(body: bytes) -> None:
    kind = "application/vnd.pypi.simple.v1+json"
    with serving(mirror(body, kind)) as server, pytest.raises(HttpError, match="no page"):
        find_file(f"{server.url}/simple", WHEEL, HTTP)


def test_the_name_of_a_file_is_read_off_its_url() -> None:
    assert filename_in("https://a.test/x/demo-1.0%2Bcpu.whl?token=x#sha256=1") == "demo-1.0+cpu.whl"


@PAGES
def test_a_locked_file_comes_from_the_mirror_alone(page: bytes, kind: str, tmp_path: Path) -> None:
    with serving(lambda _: Reply(404)) as origin, serving(mirror(page, kind)) as server:
        found = fetch(
            f"{origin.url}/packages/{WHEEL}",
            SHA256,
            cache=tmp_path,
            http=HTTP,
            size=len(CONTENT),
            mirror=f"{server.url}/simple",
        )
    assert found.read_bytes() == CONTENT
    assert origin.seen == []


@pytest.mark.parametrize("content", [b"another", CONTENT + b"!"])
def test_what_a_mirror_has_otherwise_is_fetched_from_its_url(
    content: bytes, tmp_path: Path
) -> None:
    page = mirror(HTML, "text/html", content)
    with serving(lambda _: Reply(body=CONTENT)) as origin, serving(page) as server:
        found = fetch(
            f"{origin.url}/{WHEEL}",
            SHA256,
            cache=tmp_path,
            http=HTTP,
            mirror=f"{server.url}/simple",
        )
    assert found.read_bytes() == CONTENT
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [SHA256]


def test_where_neither_has_the_file_its_url_is_named(tmp_path: Path) -> None:
    here, nowhere = serving(lambda _: Reply(404)), "http://127.0.0.1:1/simple"
    with here as origin, pytest.raises(ResolutionError) as error:
        fetch(f"{origin.url}/{WHEEL}", SHA256, cache=tmp_path, http=HTTP, mirror=nowhere)
    assert str(error.value).startswith(f"can't fetch {origin.url}/{WHEEL}: its server answered")


def test_a_login_for_an_index_fetches_its_files_too(tmp_path: Path) -> None:
    def private(request: Seen) -> Reply:
        return Reply(body=CONTENT) if request.authorization else Reply(401)

    with serving(private) as server:
        url = f"{server.url}/team/packages/{WHEEL}"
        settings = HttpSettings(logins=((f"{server.url}/team/simple", "ada", "pw"),), retries=0)
        assert fetch(url, SHA256, cache=tmp_path, http=settings).read_bytes() == CONTENT
        with pytest.raises(ResolutionError, match="status 401"):
            fetch(url, SHA256, cache=tmp_path / "other", http=HTTP)
