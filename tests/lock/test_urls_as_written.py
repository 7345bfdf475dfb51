"""A URL that the resolver writes otherwise is no edit: the lock that it stands in has no flaw."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from lading.lock.integrity import flaws
from lock.package_index import wheel
from lock.source_files import STATIC
from lock.test_git_sources import Repository, repository

if TYPE_CHECKING:
    from lock.dock import Dock

__all__ = ["repository"]  # a fixture


@pytest.mark.parametrize(
    "form",
    [
        "http://127.0.0.1:{port}/files/direct-1.0-py3-none-any.whl",
        "http://127.0.0.1:{port}//files/../files/direct-1.0-py3-none-any.whl",
        "http://127.0.0.1:{port}/files/%2e%2E/files/./direct-1.0-py3-none-any.whl",
        "http://127.0.0.1:{port}/files/@x/../direct-1.0-py3-none-any.whl",
        "http://127.0.0.1:{port}/../files/direct-1.0-py3-none-any.whl",
        "http://127.0.0.1:{port}/files/direct-1.0-py3-none-any.whl?a=b#c",
        "http://127.0.0.1:0{port}/files/direct-1.0-py3-none-any.whl",
        "http://127.1:{port}/files/direct-1.0-py3-none-any.whl",
        "http://0x7f.0.0.1:{port}/files/direct-1.0-py3-none-any.whl",
        "http://2130706433:{port}/files/direct-1.0-py3-none-any.whl",
        "http://0177.0.0.1.:{port}/files/direct-1.0-py3-none-any.whl",
        "http://LocalHost:{port}/files/direct-1.0-py3-none-any.whl",
        "http://%6cocalhost:{port}/files/direct-1.0-py3-none-any.whl",
    ],
)
def test_of_an_archive(dock: Dock, form: str) -> None:
    dock.index.files["direct-1.0-py3-none-any.whl"] = wheel("direct", "1.0")[1]
    url = form.format(port=urlsplit(dock.index.url).port)
    lock = dock.lock(dock.image().python_packages(f"direct @ {url}"))
    assert flaws(lock) == ()


@pytest.mark.parametrize(
    "form",
    [
        "git+http://127.0.0.1:{port}/files/bare.git",
        "git+http://127.0.0.1:{port}/files/./bare.git@main",
        "git+http://127.0.0.1:{port}/files/x/../bare.git/@{commit}",
        "git+http://127.0.0.1:{port}/files/%2e/bare.git#subdirectory=./",
        "git+http://127.0.0.1:{port}/files/./bare.git/?x=y",
        "git+http://127.1:{port}/files/bare.git",
        "git+http://127.0.0.1:0{port}/files/bare.git",
    ],
)
def test_of_a_repository(dock: Dock, repository: Repository, form: str) -> None:
    commit = repository.commit({"pyproject.toml": STATIC})
    url = form.format(port=urlsplit(dock.index.url).port, commit=commit)
    lock = dock.lock(dock.image().python_packages(f"alpha @ {url}"))
    assert flaws(lock) == ()
