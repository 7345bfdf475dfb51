"""R30 to R34: secrets by name. What takes a builder to show is among the real builds."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import msgspec
import pytest

from building.scanner import forms, in_folder, in_text, scan
from cases.frozen import commands, decide, frozen, instructions, refused, runs, variables
from freeze.world import wheel
from lading import Image, SpecificationError, secret
from lading.errors import FreezeError, LadingError
from lading.lock.file import emit_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from freeze.world import World
    from lock.dock import Dock

WORD = "s3cret-W0rd-of-nobody-51c"
URLS = {
    "password": f"https://user:{WORD}@h.example.test/p",
    "encoded": f"https://user:%40{WORD}%2F@h.example.test/p",
    "token": f"https://{WORD}@h.example.test/p",
    "query": f"https://h.example.test/p?token={WORD}",
}
CALLS: dict[str, Callable[[str], object]] = {
    "index": lambda url: Image().index(url),
    "requirement": lambda url: Image().python_packages(f"a @ {url}/a-1.0-py3-none-any.whl"),
    "git": lambda url: Image().python_packages(f"a @ git+{url}/a.git"),
    "base image": lambda url: Image(base_image=url),
    "label": lambda url: Image().label(source=url),
    "run": lambda url: Image().run(f"curl {url} | sh"),
    "run_script": lambda url: Image().run_script("a.sh", url),
    "cmd": lambda url: Image().cmd("server", f"--url={url}"),
    "entrypoint": lambda url: Image().entrypoint("server", f"--url={url}"),
    "healthcheck": lambda url: Image().healthcheck("check", url),
}
FILES = {
    "index": "--index-url {url}\nalpha\n",
    "extra index": "--extra-index-url {url}\nalpha\n",
    "links": "--find-links {url}\nalpha\n",
    "requirement": "alpha @ {url}/alpha-1.0-py3-none-any.whl\n",
    "git": "alpha @ git+{url}/alpha.git\n",
}


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("call", CALLS)
def test_r30_a_credential_in_a_call_is_refused_and_not_shown(call: str, url: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        CALLS[call](URLS[url])
    shown = f"{caught.value} {caught.value!r} {caught.value.problems!r}"
    assert scan(in_text("error", shown), (WORD,)) == []


@pytest.mark.parametrize("call", ["index", "requirement", "git", "run", "run_script"])
def test_r30_the_refusal_shows_the_form_with_a_secret(call: str) -> None:
    (problem,) = refused(lambda: CALLS[call](URLS["password"]))
    assert problem.hint is not None
    assert "secret" in problem.hint


@pytest.mark.parametrize("call", ["cmd", "entrypoint", "healthcheck"])
def test_r30_the_refusal_shows_the_form_with_a_variable(call: str) -> None:
    (problem,) = refused(lambda: CALLS[call](URLS["password"]))
    assert "env(TOKEN=None)" in (problem.hint or "")


def test_r30_a_variable_in_the_place_of_a_credential_is_taken() -> None:
    named = secret("TOKEN", variable="TOKEN")
    assert Image().run("git clone https://ci:$TOKEN@h.example.test/a", secrets=[named]).steps


@pytest.mark.parametrize("url", URLS)
def test_r30_a_credential_in_a_variable_is_refused_and_not_shown(url: str) -> None:
    (problem,) = refused(lambda: Image().env(INDEX=URLS[url]))
    assert WORD not in f"{problem} {problem!r}"
    assert "secret" in (problem.hint or "")


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("file", FILES)
def test_r30_a_credential_in_a_file_is_refused_and_not_shown(
    dock: Dock, file: str, url: str
) -> None:
    dock.index.wheel("alpha", "1.0")
    dock.write("requirements.txt", FILES[file].format(url=URLS[url]))
    problems = dock.refused(dock.image().requirements_file("requirements.txt"))
    assert any(str(problem.location) == "requirements.txt:1" for problem in problems)
    shown = f"{problems!r} {[str(one) for one in problems]} {dock.said}"
    assert scan(in_text("errors", shown), (WORD,)) == []
    assert not (dock.project / "lading.lock").exists()


def test_r30_the_source_of_a_secret_is_in_nothing_that_is_written(world: World) -> None:
    world.write({"private/token": WORD})
    image = world.image(
        """(
    Image()
    .run("cat /run/secrets/A /run/secrets/B /run/secrets/C", secrets=[
        secret("A", env="THE_VARIABLE"),
        secret("B", file="private/token"),
        secret("C", command=["show-the-token", "corp"]),
    ])
)""",
        secret=secret,
    )
    world.lock(image)
    world.freeze(image)
    words = (WORD, "THE_VARIABLE", "private/token", "show-the-token")
    assert scan(in_folder(world.target), words) == []
    lock = (world.project / "lading.lock").read_text()
    assert scan(in_text("lock", lock), words) == []


def test_r30_a_login_is_in_no_lock(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0")
    dock.other.wheel("beta", "1.0")
    dock.environ |= {"CORP": WORD}
    image = dock.image().index(
        f"{dock.other.url}/simple", name="corp", packages=["beta"], secret=secret("CORP")
    )
    lock = dock.lock(image.python_packages("alpha", "beta"))
    assert {one.name for one in lock.platforms[0].distributions} == {"alpha", "beta"}
    assert scan(in_text("lock", emit_lock(lock)), (WORD, "__token__")) == []
    assert WORD not in repr(lock)


USING = """(
    Image()
    .run("before")
    .run("fetch && unpack | check", secrets=[secret("TOKEN", variable="THE_TOKEN", version=V)])
    .run_script("use.sh", secrets=["OTHER"])
    .run("after")
)"""


STEPS = ("; before", "fetch && unpack | check", "source=scripts/", "; after")


def using(world: World, version: str | None = None, **source: str) -> list[tuple[str, str]]:
    """The flags and the command of each RUN."""
    world.write({"use.sh": "#!/bin/sh\n"})

    def made(name: str, **words: str | None) -> object:
        return secret(name, **{key: word for key, word in words.items() if word}, **source)

    info = frozen(world, USING, secret=made, V=version)
    return [
        (" ".join(run.flags), command)
        for run, command in zip(runs(info), commands(info), strict=True)
    ]


def test_r31_exactly_the_steps_that_name_a_secret_have_it_and_must(world: World) -> None:
    having = {}
    for flags, command in using(world):
        step = next((one for one in STEPS if one in f"{flags} {command}"), None)
        ids = re.findall(r"type=secret,id=(\w+),required=true", flags)
        if step is not None:
            having[step] = ids
        else:
            assert ids == []
    assert having == {
        "; before": [],
        "fetch && unpack | check": ["TOKEN"],
        "source=scripts/": ["OTHER"],
        "; after": [],
    }


def test_r31_a_variable_is_set_for_the_whole_command(world: World) -> None:
    (command,) = [command for _, command in using(world) if "fetch" in command]
    exported = command.partition("fetch && unpack | check")[0]
    assert re.search(r"\bexport\b[^\n]*\bTHE_TOKEN\b|\bTHE_TOKEN=.*export THE_TOKEN", exported)
    assert "/run/secrets/TOKEN" in exported


def test_r32_where_a_value_comes_from_is_no_part_of_the_image(world: World) -> None:
    assert using(world) == using(world, env="ANOTHER") == using(world, file="somewhere")


def test_r32_another_version_is_another_step_and_no_other(world: World) -> None:
    before, after = using(world, "1"), using(world, "2")
    changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    assert len(changed) == 1
    assert "fetch" in changed[0][1][1]


@pytest.mark.parametrize(
    "call",
    [
        '.run("cat /run/secrets/TOKEN", secrets=["TOKEN"])',
        '.run_script("use.sh", secrets=["TOKEN"])',
        '.index("https://x.example.test", name="corp", secret="TOKEN").python_packages("six")',
        '.index("https://x.example.test", netrc="TOKEN").python_packages("six")',
        '.python_packages("six", secrets=["TOKEN"])',
    ],
)
def test_r33_a_secret_for_a_builder_that_has_none_is_an_error_at_its_line(
    world: World, call: str
) -> None:
    world.write({"use.sh": "#!/bin/sh\n"})
    image = world.image(f"(\n    Image()\n    {call}\n)")
    index = "https://x.example.test" if ".index(" in call else "default"
    six = msgspec.structs.replace(wheel("six", "1.0"), index=index)
    world.lock(image, *([six] if "six" in call else []))
    with pytest.raises(FreezeError) as caught:
        world.freeze(image, dialect="classic")
    assert "TOKEN" in str(caught.value)
    assert "service.py:5" in str(caught.value)
    assert any(problem.hint for problem in caught.value.problems)
    assert not (world.target / "Dockerfile").exists()


def test_r34_a_variable_without_a_value_is_none(world: World) -> None:
    info = frozen(world, "Image().env(A=None, B='x')")
    assert "A" not in variables(info)
    assert variables(info)["B"] == "x"
    alone = frozen(world, "Image().env(A=None)")
    plain = frozen(world, "Image()")
    assert len(instructions(alone, "ENV")) == len(instructions(plain, "ENV"))


def test_r30_what_lading_raises_shows_no_credential_in_any_form(world: World) -> None:
    world.write({"requirements.txt": f"-i https://robot:{WORD}@h.example.test/simple\nsix\n"})
    image = world.image('Image().requirements_file("requirements.txt")')
    with pytest.raises(LadingError) as caught:
        decide(world, image)
    shown = json.dumps([str(caught.value), repr(caught.value.problems)])
    assert not [form for form in forms(WORD).values() if form in shown.encode()]
