"""Variants, as a TARGET names them; and all that a TARGET stands for."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from lading import SpecificationError
from lading.cli.target import load_targets
from lading.config import Setting
from lading.services.stand_in import STAND_IN

if TYPE_CHECKING:
    from pathlib import Path

    from cli.program import Project

PLAIN = """\
import lading
from lading import Image

def with_gpu(image):
    return image.env(GPU="1")

base = Image(base_image="scratch", distro="debian:trixie")
images = base.variants(cpu=lambda image: image, gpu=with_gpu)
image = base.env(ONE="1")

def sized(size: int = 1) -> Image:
    return base.env(SIZE=str(size))

def many(size: int = 1) -> "lading.Variants":
    return sized(size).variants(a=with_gpu, b=with_gpu)

def other():
    raise AssertionError
"""

SERVICES = """\
web = lading.service(image=images, command=["web"], include=["app.py"])("app:served")

@lading.service(image=image, command=["work"], name="worker")
def work(): ...

def served(): ...
"""

# Imported whole, by a process of its own: nobody knows what os does.
WHOLE = f"import os\nos.environ.get('A')\n{PLAIN}base = (os and base)\n"


def env(project: Project, target: str, *words: str) -> dict[str, str]:
    ran = project.lading("show", "--json", target, *words)
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)["settings"]
    return {
        name.removeprefix("env "): one["value"]
        for one in found
        if (name := one["name"]).startswith("env ")
    }


def lock(project: Project, target: str, *words: str) -> str:
    found: str = json.loads(project.lading("show", "--json", target, *words).out)["lock"]["file"]
    return found


@pytest.mark.parametrize("text", [PLAIN, WHOLE])
def test_a_variant_is_named_after_a_dot(bare: Project, text: str) -> None:
    bare.write("app.py", text)
    assert env(bare, "app.py:images.gpu") == {"GPU": "1"}
    assert env(bare, "app:images.cpu") == {}
    assert env(bare, "app.py:many.b", "--set", "size=3") == {"GPU": "1", "SIZE": "3"}
    assert lock(bare, "app.py:images.gpu") == "lading.images.gpu.lock"
    assert lock(bare, "app.py:many.b", "--set", "size=3") == "lading.many.b.size=3.lock"


def test_a_service_in_variants_is_a_service_for_each(bare: Project) -> None:
    bare.write("app.py", PLAIN + SERVICES)
    assert env(bare, "app.py:web.gpu") == {"GPU": "1", "PYTHONPATH": "/app"}
    assert lock(bare, "app.py:web.gpu") == "lading.web.gpu.lock"
    assert bare.lading("show", "app.py:web").err.splitlines() == [
        "error: app.py:web has several variants: cpu, gpu",
        "hint: name one: app.py:web.cpu; `lading build app.py:web --all` takes all",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("app.py:images", [
            "error: app.py:images has several variants: cpu, gpu",
            "hint: name one: app.py:images.cpu; `lading build app.py:images --all` takes all",
        ]),
        ("app.py:images.gpo", [
            "error: app.py:images has no variant 'gpo'", 'hint: did you mean "gpu"?',
        ]),
        ("app.py:images.x", [
            "error: app.py:images has no variant 'x'", "hint: it has cpu, gpu",
        ]),
        ("app.py:.gpu", [
            "error: app.py has no '.gpu'", "hint: it has base, images, image, sized, many",
        ]),
        ("app.py:image.gpu", [
            "error: app.py:image is an Image without variants, and has no 'gpu'",
            "hint: name it as app.py:image",
        ]),
        ("app.py:imges.gpu", [
            "error: app.py has no 'imges'", 'hint: did you mean "images"?',
        ]),
        (".:all", [
            "error: lading.toml:5: app.py:images has several variants: cpu, gpu",
            "hint: name one: .:all.cpu; `lading build .:all --all` takes all",
        ]),
        (".:more", [
            "error: lading.toml:11: app.py:images has several variants: cpu, gpu",
            "hint: name one: app.py:images.cpu",
        ]),
        (".:onto", [
            "error: lading.toml:13: app.py:images has no variant 'gpo'",
            'hint: did you mean "gpu"?',
        ]),
        (".:onto_no", [
            "error: lading.toml:15: there is no image 'own.gpu' to build on",
            'hint: did you mean "own"?',
        ]),
        (".:own.gpu", [
            "error: lading.toml has no image 'own.gpu'", 'hint: did you mean "own"?',
        ]),
    ],
)  # fmt: skip
def test_what_names_no_variant_says_which_there_are(
    bare: Project, target: str, said: list[str]
) -> None:
    bare.write("app.py", PLAIN)
    more = '[images.more]\nextends = "app.py:images"\n'
    onto = '[images.onto]\nextends = "all.gpo"\n[images.onto_no]\nfrom_image = "own.gpu"\n'
    bare.write("lading.toml", FILE + more + onto)
    ran = bare.lading("show", target)
    assert (ran.code, ran.err.splitlines()) == (1, said)


FILE = """\
[images.one]
image = "app.py:images.gpu"

[images.all]
image = "app.py:images"

[images.own]
base_image = "scratch"
env = { OWN = "1" }
"""


def test_a_project_file_refers_to_one_or_to_all(bare: Project) -> None:
    bare.write("app.py", PLAIN)
    bare.write("lading.toml", FILE)
    assert env(bare, ".:one") == {"GPU": "1"}
    assert env(bare, ".:all.gpu") == {"GPU": "1"}
    assert lock(bare, ".:one") == "lading.one.lock"
    assert lock(bare, ".:all.gpu") == "lading.all.gpu.lock"


@pytest.mark.parametrize("text", [PLAIN, WHOLE])
def test_an_image_may_be_made_from_a_variant(bare: Project, text: str) -> None:
    more = '[images.more]\nextends = "all.gpu"\nenv = { MORE = "1" }\n'
    onto = '[images.onto]\nfrom_image = "all.gpu"\nenv = { ONTO = "1" }\n'
    bare.write("app.py", text.replace(', distro="debian:trixie"', ""))
    bare.write("lading.toml", FILE + more + onto)
    assert env(bare, ".:more") == {"GPU": "1", "MORE": "1"}
    assert env(bare, ".:onto") == {"GPU": "1", "ONTO": "1"}
    # It is below by its name in the file, by which its lock is found.
    assert bare.lading("lock", "-q", ".:all.gpu").code == 0
    assert bare.lading("lock", "-q", ".:onto").code == 0
    below = json.loads(bare.lading("show", "--json", ".:onto").out)["lock"]["platforms"][0]["below"]
    assert below["lock"] == "lading.all.gpu.lock"


CLASHING = """\
[images.serving]
image = "app.py:images"

[images."serving.cpu"]
base_image = "scratch"
env = { OWN = "1" }

[images."serving.own"]
base_image = "scratch"

[images.more]
extends = "serving.cpu"
"""

CLASH = [
    "error: lading.toml:1: 'serving.cpu' is an image here, and a variant of 'serving' too",
    "hint: call one of the two otherwise",
]


@pytest.mark.parametrize("text", [PLAIN, WHOLE])
def test_what_names_an_image_and_a_variant_names_neither(bare: Project, text: str) -> None:
    bare.write("app.py", text)
    for other in ("", '[images."serving.cpu"]\nimage = "app.py:image"\n'):
        table = '[images."serving.cpu"]\nbase_image = "scratch"\nenv = { OWN = "1" }\n'
        bare.write("lading.toml", CLASHING.replace(table, other or table))
        for words in (("show", ".:serving.cpu"), ("lock", ".:serving.cpu"), ("show", ".:more"),
                      ("lock", ".:serving.cpu", "--all")):  # fmt: skip
            ran = bare.lading(*words)
            assert (ran.code, ran.err.splitlines()) == (1, CLASH)
        assert env(bare, ".:serving.gpu") == {"GPU": "1"}
        assert env(bare, ".:serving.own") == {}
    ran = bare.lading("lock", "--check", "--all")
    assert ran.err.splitlines()[0] == CLASH[0].replace(": 's", ": serving.cpu, more: 's")


def test_the_variants_of_two_images_may_be_called_the_same(bare: Project) -> None:
    variant = '**{"cpu.x": lambda image: image}'
    bare.write("app.py", f"{PLAIN}more = base.variants({variant})\n")
    bare.write("lading.toml", (
        'images.s = "app.py:more"\nimages."s.cpu" = "app.py:two"\nimages.t = "app.py:more"\n'
    ))  # fmt: skip
    bare.write("app.py", bare.read("app.py") + "two = base.variants(x=lambda image: image)\n")
    assert bare.lading("show", ".:s.cpu.x").err.splitlines() == [
        "error: lading.toml:1: 's.cpu.x' is a variant of one image, and a variant of 's' too",
        "hint: call one of the two otherwise",
    ]
    assert lock(bare, ".:t.cpu.x") == "lading.t.cpu.x.lock"


OTHERS = """\
other = lading.service(image=image, command=["x"], name="images.gpu")("app:served")
same = lading.service(image=image, command=["x"], name="same")("app:served")
again = lading.service(image=image, command=["x"], name="same")("app:served")
run = lading.service(image=image, command=["x"], name="served")("app:served")

def served(): open("called", "w")
"""


@pytest.mark.parametrize("text", [PLAIN, WHOLE])
@pytest.mark.parametrize(
    ("target", "called"),
    [
        ("app.py:other", "images.gpu: images.gpu, other"),
        ("app:images.gpu", "images.gpu: images.gpu, other"),
        ("app.py:images --all", "images.gpu: images.gpu, other"),
        ("app.py:again", "same: same, again"),
    ],
)
def test_two_images_of_a_module_have_no_lock_together(
    bare: Project, text: str, target: str, called: str
) -> None:
    bare.write("app.py", text + OTHERS)
    ran = bare.lading("lock", "--check", *target.split())
    where = target.partition(":")[0]
    assert (ran.code, ran.err.splitlines()) == (1, [
        f"error: {where} has several images that are called {called}",
        "hint: give each a name of its own: they would have one lock",
    ])  # fmt: skip


@pytest.mark.parametrize("text", [PLAIN, WHOLE])
def test_what_may_be_called_the_same_is_not_run(bare: Project, text: str) -> None:
    bare.write("app.py", text + OTHERS)
    assert lock(bare, "app.py:run") == "lading.served.lock"
    assert lock(bare, "app.py:images.cpu") == "lading.images.cpu.lock"
    assert bare.files() == ["app.py"]


def test_a_module_is_not_imported_for_what_may_be_called_the_same(bare: Project) -> None:
    app = "import torch_of_no_use\nopen('imported', 'w')\napp = torch_of_no_use.App()\n"
    served = 'of_app = lading.service(image=image, command=["x"], name="app")(app)\n'
    bare.write("torch_of_no_use.py", "App = open('imported', 'w').close\n")
    bare.write("app.py", PLAIN + app + served)
    assert lock(bare, "app.py:of_app") == "lading.app.lock"
    assert bare.files() == ["app.py", "torch_of_no_use.py"]
    bare.write("more.py", "import lading\napp = lading.Image(base_image='scratch')\n")
    in_words = served.replace("(app)", "('more:app')")
    bare.write("app.py", f"{PLAIN}from more import app\n{in_words}")
    assert bare.lading("show", "app.py:of_app").err.startswith(
        "error: app.py has several images that are called app: app, of_app\n"
    )


def named(target: str, **settings: str) -> list[tuple[str, str | None]]:
    said = [Setting(name=name, value=value) for name, value in settings.items()]
    return [(one.name, one.image.name) for one in load_targets(target, settings=said)]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(PLAIN)
    return tmp_path


@pytest.mark.parametrize("text", [PLAIN, WHOLE])
def test_all_of_a_module_are_its_images(here: Path, text: str) -> None:
    (here / "app.py").write_text(text)
    assert named("app.py") == named("app:") == [
        ("base", "base"),
        ("images.cpu", "images.cpu"),
        ("images.gpu", "images.gpu"),
        ("image", "image"),
        ("sized", "sized"),
        ("many.a", "many.a"),
        ("many.b", "many.b"),
    ]  # fmt: skip
    assert ("sized", "sized.size=2") in named("app.py", size="2")
    assert named("app.py:images") == [("cpu", "images.cpu"), ("gpu", "images.gpu")]
    assert named("app.py:images.gpu") == [("gpu", "images.gpu")]
    assert named("app.py:image") == [("image", "image")]


def test_all_of_a_module_with_services_are_these(here: Path) -> None:
    (here / "app.py").write_text(f"import torch_of_no_use\n{PLAIN}{SERVICES}")
    assert named("app.py") == [("web.cpu", "web.cpu"), ("web.gpu", "web.gpu"), ("worker", "worker")]


def test_all_of_a_folder_are_those_of_its_project_file(here: Path) -> None:
    (here / "lading.toml").write_text('cmd = "x"\n' + FILE)
    assert named(".") == [
        ("image", "image"),
        ("one", "one"),
        ("all.cpu", "all.cpu"),
        ("all.gpu", "all.gpu"),
        ("own", "own"),
    ]
    assert named(".:all") == [("cpu", "all.cpu"), ("gpu", "all.gpu")]
    assert named(".:own") == [("own", "own")]


@pytest.mark.parametrize(
    ("target", "text", "said"),
    [
        ("app.py", "x = 3\n", [
            "app.py has no image and no service",
            (
                "hint: write one, image = Image(...), or a function that says so: "
                'def image() -> "Image"'
            ),
        ]),
        ("app.py", "from lading import Image\ndef make():\n    return Image()\n", [
            "app.py has no image and no service",
            'hint: make in line 2 may say that it gives one: def make() -> "Image"',
        ]),
        ("app.py", "1 / 0\n", [
            "app.py:1: app.py can't be imported: ZeroDivisionError: division by zero",
        ]),
        (".", "", [
            "lading.toml names no image",
            (
                'hint: write image = "service:image" there, or describe it: '
                'requirements_file = "requirements.txt"'
            ),
        ]),
        ("app.py", (
            "import lading\n"
            "a = lading.service(image=lading.Image(), name='x', command=['a'])('app:f')\n"
            "b = lading.service(image=lading.Image(), name='x', command=['b'])('app:f')\n"
            "def f(): ...\n"
         ), ["app.py has several images that are called x: a, b",
             "hint: give each a name of its own: they would have one lock"]),
        ("app.py", (
            "import lading\n"
            "a = lading.service(image=lading.Image(), health='/')('app:f')\n"
            "b = lading.service(image=lading.Image())('nowhere:f')\n"
            "def f(): ...\n"
        ), [
            "app.py:2: a: health asks the service on its port, and nothing says which that is",
            "hint: port=8000",
            "app.py:3: b: there is no module nowhere in project",
            "hint: it has app",
        ]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_all_is_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, text: str, said: list[str]
) -> None:
    here = tmp_path / "project"
    here.mkdir()
    monkeypatch.chdir(here)
    (here / "app.py").write_text(text)
    (here / "lading.toml").write_text("")
    with pytest.raises(SpecificationError) as error:
        load_targets(target)
    assert str(error.value).replace(f"{here}/", "").splitlines() == said


UNSAID = """\
from PIL import Image as Picture

def spare():
    made = base.env(SPARE="1")
    if made:
        return made

def imported(gpu=False):
    from lading import Image
    return Image(base_image="scratch")

def of_a_function():
    return sized(3).env(A="1")

def helped():
    return helper().env(A="1")

def helper():
    return base

def with_more(image):
    return image.env(MORE="1")

def picture():
    from PIL import Image
    return Image.open("x")

def frozen():
    return base.freeze("build")

def steps():
    return len(base.steps)

def each():
    yield base

def decorated_is_unknown(): ...

async def later():
    return base

def says_what() -> str:
    return str(base)

def shadowed(base=3):
    return base

def bound():
    with open("x") as base:
        return base

def _private():
    return base

def inner():
    def made():
        return base
    return 3
"""


@pytest.mark.parametrize("text", [PLAIN, WHOLE])
@pytest.mark.parametrize("target", ["app.py", "app:"])
def test_a_function_that_seems_to_give_an_image_is_told_of(
    bare: Project, text: str, target: str
) -> None:
    bare.write("PIL.py", "Image = 3\n")
    bare.write("app.py", text + UNSAID)
    ran = bare.lading("lock", "--check", "--all", target)
    first = text.count("\n") + UNSAID[: UNSAID.index("def spare")].count("\n") + 1
    lines = ran.err.splitlines()
    assert [one for one in lines if "seems" in one or "let it say" in one] == [
        f"remark: app.py:{first}: spare seems to give an image, and is left out",
        'hint: let it say so: def spare() -> "Image"',
        f"remark: app.py:{first + 5}: imported seems to give an image, and is left out",
        'hint: let it say so: def imported() -> "Image"',
        f"remark: app.py:{first + 9}: of_a_function seems to give an image, and is left out",
        'hint: let it say so: def of_a_function() -> "Image"',
    ]
    quiet = bare.lading("lock", "--check", "--all", "-q", target)
    assert "seems" not in quiet.err
    bare.write("app.py", text + UNSAID + SERVICES)
    assert "seems" not in bare.lading("lock", "--check", "--all", target).err


def test_a_parameter_that_none_of_them_has_is_an_error(here: Path) -> None:
    del here
    with pytest.raises(SpecificationError, match=r"none of app.py's images is a function with it"):
        named("app.py", colour="red")


def test_a_module_with_variants_runs_where_lading_is_not() -> None:
    stand_in: dict[str, object] = {}
    exec(STAND_IN, stand_in)  # noqa: S102 - as it is imported in a container
    names = {"lading": SimpleNamespace(**stand_in), "Image": stand_in["Image"]}
    text = (PLAIN + SERVICES).replace("import lading\nfrom lading import Image\n", "")
    more = "app = images['gpu'].env()\nfor name in images: raise AssertionError\n"
    exec(text + more, names)  # noqa: S102
