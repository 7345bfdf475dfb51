"""Credentials are shown by nothing: no error, no output, no file (CASES R30)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading import Image, LadingError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.program import Project

SECRET = "hunter2"  # noqa: S105 - what must not be seen
URLS = {
    "password": f"https://user:{SECRET}@h.example.test/p",
    "token": f"https://{SECRET}@h.example.test/p",
    "empty user": f"https://:{SECRET}@h.example.test/p",
    "encoded": f"https://user:%40{SECRET}%2F@h.example.test/p",
    "encoded separator": f"https://user%3A{SECRET}@h.example.test/p",
    "slash in the password": f"https://user:x/{SECRET}@h.example.test/p",
    "query": f"https://h.example.test/p?token={SECRET}",
}
CALLS: dict[str, Callable[[str], object]] = {
    "requirement": lambda url: Image().python_packages(url),
    "named requirement": lambda url: Image().python_packages(f"a @ {url}/a-1.0-py3-none-any.whl"),
    "git requirement": lambda url: Image().python_packages(f"a @ git+{url}/a.git"),
    "option": lambda url: Image().python_packages(f"--index-url {url}"),
    "index": lambda url: Image().index(url),
    "base image": lambda url: Image(base_image=url),
    "base image without a scheme": lambda url: Image(base_image=url.partition("://")[2]),
    "system package": lambda url: Image().system_packages(url),
    "included path": lambda url: Image().build_include(url, "../x"),
    "requirements file": lambda url: Image().requirements_file(url),
    "distro": lambda url: Image(distro=url),
    "python version": lambda url: Image(python_version=url),
    "index name": lambda url: Image().index("https://h.example.test", name=url),
    "secret id": lambda url: Image().run("true", secrets=[url]),
}


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_shows_no_credentials(call: Callable[[str], object], url: str) -> None:
    try:
        shown = repr(call(url))
    except LadingError as error:
        shown = f"{error} {error.problems!r} {error!r}"
    assert SECRET not in shown


@given(
    before=st.text(max_size=8),
    password=st.text(st.characters(categories=["L", "N"]), min_size=12, max_size=16),
)
def test_whatever_a_problem_is_given_it_shows_no_password(before: str, password: str) -> None:
    text = f"{before} https://user:{password}@h.example.test/x failed"
    problem = Problem(message=text, hint=text, detail=text)
    assert password not in f"{problem} {problem!r} {LadingError(problem)}"


REQUIREMENTS = {
    "index": "--index-url {url}\ntiny\n",
    "extra index": "--extra-index-url {url}\ntiny\n",
    "find links": "--find-links {url}\ntiny\n",
    "requirement": "tiny @ {url}/tiny-1.0-py3-none-any.whl\n",
    "git": "tiny @ git+{url}/tiny.git\n",
}


@pytest.mark.parametrize("url", ["password", "token"])
@pytest.mark.parametrize("text", REQUIREMENTS.values(), ids=REQUIREMENTS)
def test_a_requirements_file_with_credentials_is_refused_without_showing_them(
    tiny: Project, text: str, url: str
) -> None:
    tiny.write("requirements.txt", text.format(url=URLS[url]))
    source = tiny.read("service.py")
    tiny.write(
        "service.py",
        source.replace('.python_packages("tiny")', '.requirements_file("requirements.txt")'),
    )
    ran = tiny.lading("--debug", "lock")
    assert ran.code == 1
    assert "error: requirements.txt:1: " in ran.err
    assert SECRET not in ran.err + ran.out
    assert tiny.files() == ["pyproject.toml", "requirements.txt", "service.py"]


@pytest.mark.parametrize("url", [URLS["token"], URLS["encoded separator"], URLS["query"]])
def test_what_the_users_module_raises_is_masked(bare: Project, url: str) -> None:
    bare.write("service.py", f"raise ValueError('no answer from {url}')\nimage = unknown\n")
    ran = bare.lading("lock", "service.py")
    assert ran.err.startswith("error: service.py:1: service.py can't be imported: ValueError: ")
    assert SECRET not in ran.err


@pytest.mark.parametrize(
    "option", ["--base-image", "--platform", "--tag", "--secret", "--build-arg"]
)
@pytest.mark.parametrize("url", [URLS["password"], URLS["encoded"]])
def test_a_wrong_word_of_the_command_line_is_masked(bare: Project, option: str, url: str) -> None:
    ran = bare.lading("build", option, url)
    assert ran.code in {1, 2}
    assert SECRET not in ran.err
