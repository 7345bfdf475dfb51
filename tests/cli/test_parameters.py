"""An image that is a function of parameters: `--set` says what they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

if TYPE_CHECKING:
    from cli.program import Project
    from registry.fake_registry import FakeServer

APP = """\
from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Literal

    from lading import Image


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


def image(
    cuda: Literal["12.4", "12.6"] = "12.6", gpu: bool = False, size: "Size" = Size.SMALL
) -> Image:
    from lading import Image

    return Image(base_image="scratch").env(CUDA=cuda, GPU=str(gpu), SIZE=size.name)


def sized(workers: int) -> Image:
    from lading import Image

    return Image(base_image="scratch").env(WORKERS=str(workers))


def fixed() -> Image:
    return image()


served = image()
"""

IMPORTED = APP.replace("from typing import TYPE", "import os\nfrom typing import TYPE").replace(
    "def image(", "@(lambda function: os and function)\ndef image("
)


def env(project: Project, *words: str) -> dict[str, str]:
    ran = project.lading("show", "--json", *words)
    assert (ran.code, ran.err) == (0, "")
    settings = json.loads(ran.out)["settings"]
    return {
        one["name"].removeprefix("env "): one["value"]
        for one in settings
        if one["name"].startswith("env ")
    }


# In the first nothing of the module but the function is run; the second is imported whole, by a
# process of its own, because os is not plain.
@pytest.mark.parametrize("text", [APP, IMPORTED])
def test_parameters_are_listed_and_set(bare: Project, text: str) -> None:
    bare.write("app.py", text)
    ran = bare.lading("show", "app.py", "--set", "cuda=12.4", "--set", "size=large")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.split("\n\n")[1] == snapshot("""\
--set cuda  12.4 (from --set, in place of 12.6; "12.4" | "12.6")
--set gpu   false (the default; bool)
--set size  large (from --set, in place of small; "small" | "large")\
""")
    assert env(bare, "app.py") == {"CUDA": "12.6", "GPU": "False", "SIZE": "SMALL"}
    assert env(bare, "app.py", "--set", "gpu=true")["GPU"] == "True"
    listed = json.loads(bare.lading("show", "app.py", "--json", "--set", "gpu=true").out)
    assert listed["parameters"][1] == snapshot(
        {
            "name": "gpu",
            "type": "bool",
            "default": False,
            "value": True,
            "required": False,
            "origin": "command line",
            "otherwise": False,
            "at": None,
        }
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("app.py", "--set", "cdua=1", "--set", "cuda=12.5", "--set", "gpu=maybe"), [
            'error: --set: app.py:image has no parameter "cdua"',
            'hint: did you mean "cuda"? it has cuda, gpu, size',
            'error: --set: cuda: "12.5" is none of "12.4", "12.6"',
            'hint: did you mean "12.6"?',
            'error: --set: gpu: "maybe" is neither true nor false',
            "hint: gpu takes bool",
        ]),
        (("app.py:sized",), [
            "error: app.py:25: app.py:sized has the parameter workers, and nothing says what it is",
            "hint: --set workers=VALUE, which takes int",
        ]),
        (("app.py:fixed", "--set", "a=1"), [
            'error: --set: app.py:fixed has no parameter "a"', "hint: it has none",
        ]),
        (("app.py:served", "--set", "a=1"), [
            'error: --set: app.py:served is no function, and has no parameter "a"',
        ]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("start", ["", "import os\nos.environ['A'] = 'b'\n"])
def test_what_is_wrong_is_said(
    bare: Project, words: tuple[str, ...], said: list[str], start: str
) -> None:
    lines = start.count("\n")
    first, _, rest = APP.partition("\n")
    bare.write("app.py", f"{first}\n{start}{rest}")
    ran = bare.lading("show", *words)
    expected = [one.replace("app.py:25", f"app.py:{25 + lines}") for one in said]
    assert (ran.code, ran.out, ran.err.splitlines()) == (1, "", expected)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set", "gpu"), [
            'error: --set: "gpu" names no parameter and its value', "hint: write --set NAME=VALUE",
        ]),
        (("--set", "=s3cret"), [
            'error: --set: "" names no parameter and its value', "hint: write --set NAME=VALUE",
        ]),
        (("--set", f"ghp_{'a1B2' * 9}"), [
            "error: --set: a token names no parameter and its value",
            "hint: write --set NAME=VALUE",
        ]),
        (("--set", f"ghp_{'a1B2' * 9}=1"), [
            "error: --set: a token names no parameter and its value",
            "hint: write --set NAME=VALUE",
        ]),
        (("--set", "gpu=true", "--set", "gpu=true"), ["error: --set: gpu is given twice"]),
    ],
)  # fmt: skip
def test_a_word_that_sets_nothing_is_a_wrong_call(
    bare: Project, words: tuple[str, ...], said: list[str]
) -> None:
    bare.write("app.py", APP)
    ran = bare.lading("show", "app.py", *words)
    assert ran.code == 2
    assert ran.err.splitlines() == [*said, "usage: lading show [OPTIONS] [TARGET]"]


@pytest.mark.parametrize("text", [APP, IMPORTED])
def test_a_credential_is_not_shown(bare: Project, text: str) -> None:
    token = f"ghp_{'a1B2' * 9}"
    bare.write("app.py", text)
    bare.write("lading.toml", f'image = "app.py:image"\nset = {{ size = "{token}" }}\n')
    for words in (("app.py", "--set", f"cuda={token}"), (".",), ("app.py", "--set", f"x={token}")):
        ran = bare.lading("show", *words)
        assert (ran.code, ran.out) == (1, "")
        assert "ghp_" not in ran.err
    assert bare.lading("show", ".").err.splitlines() == [
        "error: lading.toml:2: size is a token by its looks, and would be in what Lading writes",
        ('hint: let the step that needs it name it: {run = {command = "...", secrets = ["SIZE"]}}'),
    ]


def test_a_service_has_no_parameters(bare: Project) -> None:
    bare.write("app.py", "import lading\nweb = lading.service(image=lading.Image())('web:app')\n")
    ran = bare.lading("show", "app.py:web", "--set", "a=1")
    assert ran.err == (
        'error: --set: app.py:web is a service, and no function, and has no parameter "a"\n'
    )


FILE = """\
[images.gpu]
image = "app.py:image"
set = { cuda = "12.4", gpu = true }

[images.more]
extends = "gpu"
env = { MORE = "1" }

[images.code]
extends = "app.py:sized"
set = { workers = 2 }
env = { MORE = "2" }

[images.described]
env = { A = "1" }
base_image = "scratch"
"""


def test_a_project_file_sets_them(bare: Project) -> None:
    bare.write("app.py", APP)
    bare.write("lading.toml", FILE)
    assert env(bare, ".:gpu") == {"CUDA": "12.4", "GPU": "True", "SIZE": "SMALL"}
    assert env(bare, ".:gpu", "--set", "cuda=12.6")["CUDA"] == "12.6"
    assert env(bare, ".:more", "--set", "cuda=12.6")["CUDA"] == "12.6"
    assert env(bare, ".:code") == {"WORKERS": "2", "MORE": "2"}
    ran = bare.lading("show", ".:described", "--set", "cuda=1")
    assert ran.err == (
        'error: --set: described is described in lading.toml, and has no parameter "cuda"\n'
    )


def shown_parameters(project: Project, *words: str) -> str:
    ran = project.lading("show", *words)
    assert (ran.code, ran.err) == (0, "")
    return ran.out.split("\n\n")[1]


def test_the_project_file_is_named_for_what_it_sets(bare: Project) -> None:
    bare.write("app.py", APP)
    bare.write("lading.toml", FILE)
    assert shown_parameters(bare, ".:gpu") == snapshot("""\
--set cuda  12.4 (lading.toml:3, in place of 12.6; "12.4" | "12.6")
--set gpu   true (lading.toml:3, in place of false; bool)
--set size  small (the default; "small" | "large")\
""")
    told = shown_parameters(bare, ".:more", "--set", "cuda=12.6", "--set", "gpu=true")
    assert told == snapshot("""\
--set cuda  12.6 (from --set, in place of 12.4 by lading.toml:3; "12.4" | "12.6")
--set gpu   true (from --set, as lading.toml:3; bool)
--set size  small (the default; "small" | "large")\
""")
    assert shown_parameters(bare, ".:code") == snapshot(
        "--set workers  2 (lading.toml:11, required; int)"
    )
    assert shown_parameters(bare, ".:code", "--set", "workers=3") == snapshot(
        "--set workers  3 (from --set, in place of 2 by lading.toml:11, required; int)"
    )
    assert shown_parameters(bare, "app.py:sized", "--set", "workers=3") == snapshot(
        "--set workers  3 (from --set, required; int)"
    )
    found = json.loads(bare.lading("show", ".:code", "--json", "--set", "workers=3").out)
    assert found["parameters"] == snapshot(
        [
            {
                "name": "workers",
                "type": "int",
                "default": None,
                "value": 3,
                "required": True,
                "origin": "command line",
                "otherwise": 2,
                "at": "lading.toml:11",
            }
        ]
    )
    found = json.loads(bare.lading("show", ".:code", "--json").out)
    assert found["parameters"] == snapshot(
        [
            {
                "name": "workers",
                "type": "int",
                "default": None,
                "value": 2,
                "required": True,
                "origin": "project file",
                "otherwise": 2,
                "at": "lading.toml:11",
            }
        ]
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('image = "app.py:image"\n[set]\ncuda = 1\ncdua = ""\n', [
            'error: lading.toml:4: app.py:image has no parameter "cdua"',
            'hint: did you mean "cuda"? it has cuda, gpu, size',
            'error: lading.toml:3: cuda: 1 is none of "12.4", "12.6"',
            'hint: cuda takes "12.4" | "12.6"',
        ]),
        ('image = "app.py:image"\nset = { cuda = ["a"], gpu = 2000-01-01 }\n', [
            "error: lading.toml:2: set cuda is a list, and neither text, a number nor a flag",
            "error: lading.toml:2: set gpu is a date, and neither text, a number nor a flag",
        ]),
        ('image = "app.py:image"\nset = "cuda"\n', [
            "error: lading.toml:2: set is not a table", 'hint: set = {cuda = "12.6"}',
        ]),
        ('env = { A = "1" }\nset = { A = "1" }\n', [
            "error: lading.toml:2: set is there, and no image in code beside it",
            'hint: image = "service:image" beside it, where that is a function with parameters',
        ]),
        ('image = "app.py:served"\nset = { A = "1" }\n', [
            'error: lading.toml:2: app.py:served is no function, and has no parameter "A"',
        ]),
    ],
)  # fmt: skip
def test_a_project_file_that_sets_them_wrongly(bare: Project, text: str, said: list[str]) -> None:
    bare.write("app.py", APP)
    bare.write("lading.toml", text)
    ran = bare.lading("show")
    assert (ran.code, ran.err.splitlines()) == (1, said)


FUNCTION = """\
from lading import Image

def image(size: str = "one"):
    return (
        Image(base_image="HOST/python:3.11-slim-bookworm")
        .index("http://HOST/simple", default=True)
        .python_packages("tiny" if size == "one" else "small")
    )
"""


def test_each_setting_has_a_lock(tiny: Project, server: FakeServer) -> None:
    tiny.write("service.py", FUNCTION.replace("HOST", server.host))
    assert tiny.lading("lock", "-q").code == 0
    ran = tiny.lading("lock", "--set", "size=two")
    assert ran.err.splitlines()[-1] == "lading.size=two.lock written"
    assert tiny.lading("lock", "-q", "--set", "size=one").code == 0
    assert [one for one in tiny.files() if one.endswith(".lock")] == [
        "lading.lock",
        "lading.size=two.lock",
    ]
    assert "small" in tiny.read("lading.size=two.lock")
    assert tiny.lading("lock", "--check", "--set", "size=two").code == 0
    assert tiny.lading("freeze", "-q", "--locked", "--set", "size=two").code == 0


def test_the_longest_names_fit_into_that_of_a_file(bare: Project) -> None:
    name = "a" * 64
    bare.write("app.py", (
        "from lading import Image\n"
        f"def images({'b' * 64}: str, {'c' * 64}: str = 'x'):\n"
        f"    return Image(base_image='scratch').variants(**{{{name!r}: lambda image: image}})\n"
    ))  # fmt: skip
    bare.write("lading.toml", f'images.{name} = "app.py:images"\n')
    words = (f".:{name}.{name}", "--set", f"{'b' * 64}=A", "--set", f"{'c' * 64}={'d' * 24}")
    ran = bare.lading("lock", *words)
    assert (ran.code, ran.err.splitlines()[-1][-8:]) == (0, " written")
    assert bare.lading("lock", "--check", *words).code == 0
    (lock,) = (one for one in bare.files() if one.endswith(".lock"))
    assert lock.startswith(f"lading.{name}.{name}.b")


@pytest.mark.parametrize("start", ["", "import os\nos.environ.get('A')\n"])
def test_a_name_in_code_may_be_too_long_for_a_lock(bare: Project, start: str) -> None:
    name = "i" * 130
    bare.write("app.py", f"{start}from lading import Image\n{name} = Image(base_image='scratch')\n")
    ran = bare.lading("show", f"app.py:{name}")
    assert (ran.code, ran.err.splitlines()) == (1, [
        f'error: "{name[:99]}…" is too long a name for an image, whose lock is called so',
        "hint: a project file may name it by a shorter one",
    ])  # fmt: skip
    bare.write("lading.toml", f'image = "app.py:{name}"\n')
    assert bare.lading("show").code == 0


def test_a_default_that_changes_in_code_is_drift(tiny: Project, server: FakeServer) -> None:
    tiny.write("service.py", FUNCTION.replace("HOST", server.host))
    assert tiny.lading("lock", "-q").code == 0
    assert tiny.lading("lock", "-q", "--set", "size=two").code == 0
    tiny.write("service.py", tiny.read("service.py").replace('str = "one"', 'str = "two"'))
    said = [
        "requirement small is not locked",
        "requirement tiny is locked, and no longer asked for",
    ]
    ran = tiny.lading("lock", "--check")
    assert ran.code == 1
    assert ran.err.splitlines()[:-1] == [f"drifted: {one}" for one in said]
    ran = tiny.lading("freeze", "--locked")
    assert ran.code == 1
    assert ran.err.splitlines()[:-1] == [
        f"error: lading.lock is out of date: {one}" for one in said
    ]
    assert tiny.lading("lock", "-q").code == 0
    assert "small" in tiny.read("lading.lock")
    assert tiny.lading("lock", "--check", "--set", "size=two").code == 0
