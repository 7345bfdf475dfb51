"""A project file says the same as the calls in Python, and what is wrong in it has its line."""

from __future__ import annotations

import inspect
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from image.recipes import Recipe, calls, made
from lading import Image, Secret, SpecificationError, secret
from lading.config import ProjectImages
from lading.config.calls import ARGUMENTS, CALLS, STEP_CALLS, parameters
from lading.config.keys import MERGE, OF_AN_IMAGE
from lading.errors import Location
from lading.image.steps import FromImage
from lading.project_file import ProjectFile, read_project_file

CODE = {"service:base": Image(distro="debian:bookworm").env(CODE="1")}


def in_code(name: str, _: object) -> Image:
    if name not in CODE:
        raise SpecificationError(f"there is no {name}")
    return CODE[name]


def described(text: str, name: str | None = None) -> Image:
    file = ProjectFile(path=Path("lading.toml"), above=(), table=tomllib.loads(text), text=text)
    return ProjectImages(file=file, load=in_code).image(name)


def refusal(text: str, name: str | None = None) -> list[str]:
    with pytest.raises(SpecificationError) as error:
        described(text, name)
    return str(error.value).splitlines()


def test_keys_and_steps_are_the_calls() -> None:
    text = """
        distro = "debian:bookworm"
        python_version = "3.11"
        snapshot = 2026-11-01
        cmd = ["uvicorn", "service:app"]
        expose = 8000
        requirements_file = "requirements.txt"
        uv_lock = true
        env = { A = "1" }
        build_include = { patterns = ["src", "*.py"], exclude = ["*.tmp"], to = "/srv" }
        system_packages = { packages = "curl", debian = ["libgomp1"] }
        healthcheck = { argv = ["true"], interval = "30s", retries = 2 }
        user = { uid = 1001, home = "/home/me" }
        steps = [
          { run = "one" },
          { run = { command = "two", secrets = ["A", { id = "B", file = "b", variable = "B" }] } },
          { run_script = ["setup.sh", "--all"] },
          { run_script = { path = "other.sh", arguments = ["-x"] } },
        ]

        [[index]]
        url = "https://a.test/simple"
        [[index]]
        url = "https://b.test/simple"
        name = "b"
        secret = { id = "TOKEN", command = ["pass", "show"] }
    """
    image = Image(distro="debian:bookworm", python_version="3.11", snapshot="2026-11-01")
    assert described(text) == (
        image.system_packages("curl", debian=["libgomp1"])
        .index("https://a.test/simple")
        .index("https://b.test/simple", name="b", secret=secret("TOKEN", command=["pass", "show"]))
        .requirements_file("requirements.txt")
        .uv_lock()
        .build_include("src", "*.py", to="/srv", exclude=["*.tmp"])
        .env(A="1")
        .user(1001, home="/home/me")
        .expose(8000)
        .cmd("uvicorn", "service:app")
        .healthcheck("true", interval="30s", retries=2)
        .run("one")
        .run("two", secrets=["A", secret("B", file="b", variable="B")])
        .run_script("setup.sh", "--all")
        .run_script("other.sh", "-x")
    )


def test_every_call_that_gives_an_image_has_a_key() -> None:
    public = {name for name, value in inspect.getmembers(Image, inspect.isfunction)
              if not name.startswith("_")}  # fmt: skip
    others = {"replace", "pipe", "variants", "freeze"}  # the first three are what code is for
    assert public - {*STEP_CALLS, MERGE} == others
    assert set(ARGUMENTS) == {one.name for one in parameters("__init__")}
    assert not set(ARGUMENTS) & set(CALLS)
    assert len(OF_AN_IMAGE) == len(set(OF_AN_IMAGE))


def written(value: Any) -> Any:  # noqa: ANN401 - any argument of a call
    """An argument as TOML has it."""
    match value:
        case Secret():
            parts = {name: getattr(value, name) for name in Secret.__slots__}
            return {name: written(part) for name, part in parts.items() if part}
        case list() | tuple():
            return [written(one) for one in value]
        case _:
            return value


def step(name: str, words: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
    """A call as a step, its arguments by name."""
    table = {key: written(value) for key, value in options.items()}
    takes = parameters(name)
    if takes[0].kind is inspect.Parameter.POSITIONAL_ONLY:
        return {name: dict(words[0]) | table}
    for index, one in enumerate(takes):
        if one.kind is one.VAR_POSITIONAL:
            table[one.name] = written(words[index:])
        elif one.kind is one.POSITIONAL_OR_KEYWORD and index < len(words):
            table[one.name] = written(words[index])
    return {name: table}


@given(recipe=calls)
def test_steps_written_in_a_file_are_the_steps_of_the_calls(recipe: Recipe) -> None:
    text = tomli_w.dumps({"distro": "debian", "steps": [step(*call) for call in recipe]})
    assert described(text) == made(recipe)


anything = st.recursive(
    st.one_of(
        st.sampled_from(["a", "/a", "1", "linux/arm64", "https://a.test", "A", "debian", "1GB"]),
        *(st.integers(-3, 3), st.booleans(), st.text(max_size=4), st.dates()),
    ),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["path", "url", "secrets", "id", "packages", "uid", "run", "cmd", "to"]
            ),
            inner,
            max_size=2,
        )
    ),
    max_leaves=4,
)
"""What a key of a project file may hold by mistake."""


@given(
    st.dictionaries(st.sampled_from([*OF_AN_IMAGE, "images", "run", "other"]), anything, max_size=3)
)
def test_anything_else_is_refused_and_nothing_else_is_raised(table: dict[str, Any]) -> None:
    try:
        text = tomli_w.dumps(table)
        tomllib.loads(text)
    except (ValueError, UnicodeError):  # tomli_w writes some text that TOML has not
        return
    with suppress(SpecificationError):
        described(text)


def test_extends_adds_to_an_image_of_the_file_or_of_code() -> None:
    text = """
        python_packages = ["fastapi"]
        images.short = "service:base"

        [images.cpu]
        extends = "image"
        accelerator = "cpu"
        python_packages = "torch"

        [images.small]
        extends = "cpu"
        compile_bytecode = false

        [images.code]
        extends = "service:base"
        cmd = "serve"

        [images.same]
        image = "service:base"
    """
    base = Image().python_packages("fastapi")
    cpu = base.replace(accelerator="cpu").python_packages("torch")
    assert described(text) == base
    assert described(text, "cpu") == cpu
    assert described(text, "small") == cpu.replace(compile_bytecode=False)
    assert described(text, "code") == CODE["service:base"].cmd("serve")
    assert described(text, "same") == described(text, "short") == CODE["service:base"]
    assert described('images.a = "service:base"') == CODE["service:base"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["lading.toml names no image",
              ('hint: write image = "service:image" there, or describe it: '
              'requirements_file = "requirements.txt"')]),
        ("[mirrors]\n", ["lading.toml names no image",
              ('hint: write image = "service:image" there, or describe it: '
              'requirements_file = "requirements.txt"')]),
        ('images.a = "s:a"\nimages.b = "s:b"', [
            "lading.toml has several images: a, b", "hint: name one: .:a"]),
        ('\nsystem_pakages = ["curl"]', [
            "lading.toml:2: lading.toml has no key 'system_pakages'",
            'hint: did you mean "system_packages"?']),
        ("[images.a]\n\nexposed = 1\n[images.b]\ncolour = 1", [
            "lading.toml:3: [images.a] has no key 'exposed'", 'hint: did you mean "expose"?',
            "lading.toml:5: [images.b] has no key 'colour'",
            "hint: `lading schema` has all of them"]),
        ('run = "make"', [
            "lading.toml:1: run stands outside of steps",
            "hint: keys have no order, and steps have: steps = [{run = ...}]"]),
        ('image = "s:image"\ncmd = ["x"]', [
            "lading.toml:2: cmd stands beside image, which is an image in code with all its calls",
            "hint: write it there; or extends in place of image to add to that image here"]),
        ('image = "service"', [
            "lading.toml:1: 'service' names no image in code",
            'hint: write image = "service:image"']),
        ("image = 3", [
            "lading.toml:1: 3 names no image in code", 'hint: write image = "service:image"']),
        ('[images.image]\nextends = "a:b"', [
            'lading.toml:1: no image can be called "image"',
            "hint: the table above it is the one called image"]),
        ('[images."a/../b"]\ncmd = "x"', [
            'lading.toml:1: no image can be called "a/../b"',
            "hint: letters and digits, with - . _ between them, 64 at most"]),
        (f'[images.{"a" * 65}]\ncmd = "x"', [
            f'lading.toml:1: no image can be called "{"a" * 65}"',
            "hint: letters and digits, with - . _ between them, 64 at most"]),
        ('[images.gpu]\ncmd = "x"\n[images.GPU]\ncmd = "x"', [
            "lading.toml:3: images gpu and GPU differ in nothing but case",
            "hint: some disks don't tell their locks apart: give each another name"]),
        ("images = 3", ["lading.toml:1: images is not a table"]),
        ("[images]\na = 3", [
            "lading.toml:2: image 'a' is neither a reference nor a table",
            'hint: write a = "service:image", or a table']),
        ("steps = 3", [
            "lading.toml:1: steps is not an array",
            'hint: steps = [{run = "make"}, {env = {A = "1"}}]']),
        ('steps = [\n {run = "a", env = {}},\n "make",\n {rum = "x"}\n]', [
            "lading.toml:2: a step is a table of one call",
            'hint: steps = [{run = "make"}, {env = {A = "1"}}]',
            "lading.toml:3: a step is a table of one call",
            'hint: steps = [{run = "make"}, {env = {A = "1"}}]',
            "lading.toml:4: there is no step 'rum'", 'hint: did you mean "run"?']),
        ('\ndistro = "debain"', [
            'lading.toml:2: distro "debain" is not supported',
            'hint: did you mean distro = "debian"? supported: debian:bookworm, debian:trixie']),
        (('python_packages = ["a b"]\nsteps = [\n  {expose = 70000},\n]\n'
         'index = {name = "x", packges = ["y"]}'), [
            "lading.toml:5: index has no argument 'packges'", 'hint: did you mean "packages"?',
            "lading.toml:5: index has no url",
            ('lading.toml:1: "a b" is not a requirement: '
            "expected semicolon (after name with no version specifier) or end"),
            'hint: hand in each as a string of its own: "a", "b"',
            "lading.toml:3: port 70000 is not between 1 and 65535"]),
        ("expose = true\nuv_lock = [true]\nenv = true", [
            "lading.toml:2: uv_lock is an array, and neither of words alone nor of tables",
            "lading.toml:3: env takes a mapping or keywords, not True",
            'hint: env = {NAME = "value"}',
            "lading.toml:1: port must be a number, not True",
            'hint: write 8080 or "8080/tcp"']),
        ('build_packages = {packagse = ["gcc"], debain = ["g++"]}', [
            "lading.toml:1: build_packages has no argument 'packagse'",
            'hint: did you mean "packages"?',
            "lading.toml:1: build_packages has no argument 'debain'",
            'hint: did you mean "debian"?']),
        ('steps = [{run = {command = "a", secrets = [{ id = "A", fil = "x" }]}}]', [
            "lading.toml:1: secret has no argument 'fil'", 'hint: did you mean "file"?']),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_line(text: str, said: list[str]) -> None:
    assert refusal(text) == said


def test_from_image_puts_it_on_another_one() -> None:
    text = """
        python_packages = ["torch"]

        [images.service]
        from_image = "image"
        python_packages = ["fastapi"]

        [images.other]
        from_image = "service"
        cmd = "serve"

        [images.code]
        from_image = "service:base"
    """
    base = Image().python_packages("torch")
    service = Image.from_image(base).python_packages("fastapi")
    assert described(text, "service") == service
    assert described(text, "other") == Image.from_image(service).cmd("serve")
    assert described(text, "code") == Image.from_image(CODE["service:base"])
    # By their names in the file, which their locks have too.
    below = described(text, "other").below
    assert below is not None
    assert below.name == "service"
    assert below.below is not None
    assert below.below.name == "image"
    (step,) = (one for one in described(text, "code").steps if isinstance(one, FromImage))
    assert step.location == Location("lading.toml", 13)


def test_what_is_wrong_with_an_image_on_another_one_has_its_line() -> None:
    text = 'from_image = "a"\ndistro = "debian"\nextends = "a"\n[images.a]\ncmd = "x"\n'
    assert refusal(text) == [
        "lading.toml:2: distro is that of the image below, which from_image names",
        "hint: write it there",
        "lading.toml:3: extends stands beside from_image, and each says what is built on",
        "hint: from_image keeps the other's layers, and extends adds to its steps",
    ]
    assert refusal('[images.a]\nfrom_image = "b"\n[images.c]\ncmd = "x"\n', "a") == [
        "lading.toml:2: there is no image 'b' to build on",
        "hint: there are: a, c",
    ]
    assert refusal("from_image = 3\n") == [
        "lading.toml:1: 3 names no image in code",
        'hint: write from_image = "service:image"',
    ]
    later = '[images.a]\nfrom_image = "b"\n[images.b]\nextends = "a"\n'
    assert refusal(later, "a") == [
        "lading.toml:2: an image is made from itself: a from_image b extends a"
    ]
    changed = '[images.a]\nfrom_image = "b"\n[images.b]\ncmd = "x"\n'
    changed += '[images.c]\nextends = "a"\ndistro = "alpine"\n'
    assert refusal(changed, "c") == [
        "lading.toml:7: distro is that of the image below, which from_image names at lading.toml:2",
        "hint: change it there: Image.from_image(base.replace(distro=...))",
    ]


def test_an_image_that_is_made_from_itself_is_refused() -> None:
    text = '[images.a]\nextends = "b"\n[images.b]\nextends = "c"\n[images.c]\nextends = "b"\n'
    assert refusal(text, "a") == [
        "lading.toml:4: an image is made from itself: b extends c extends b"
    ]
    assert refusal('extends = "image"') == [
        "lading.toml:1: an image is made from itself: image extends image"
    ]


def test_a_token_as_a_key_or_a_name_is_not_shown() -> None:
    token = f"hf_{'abcdefghijklm' * 2}"
    text = f'{token} = "x"\n[images.{token}]\ncmd = "x"\n[images.a]\n{token} = "x"\n'
    assert refusal(text, "a") == [
        "lading.toml:1: lading.toml has a key that is a token by its looks",
        "hint: `lading schema` has all of them",
        "lading.toml:2: an image is called by a token, by its looks",
        "hint: letters and digits, with - . _ between them, 64 at most",
        "lading.toml:5: [images.a] has a key that is a token by its looks",
        "hint: `lading schema` has all of them",
    ]


@pytest.mark.parametrize("key", ["extends", "from_image"])
def test_a_chain_has_an_end(key: str) -> None:
    links = (f'[images.i{one}]\n{key} = "i{one - 1}"\n' for one in range(1, 1000))
    text = '[images.i0]\nbase_image = "scratch"\n' + "".join(links)
    assert described(text, "i126").base_image is not None
    for name in ("i127", "i128", "i999"):
        line = int(name[1:]) * 2 + 2
        assert refusal(text, name) == [
            f"lading.toml:{line}: {name} is made from more than 126 images, one from the other",
            "hint: make it from one further down",
        ]


@pytest.mark.parametrize("second", ["a", "b"])
def test_an_image_that_many_are_made_from_is_made_once(second: str) -> None:
    """Each of forty pairs is merged of both of the pair before, in one order or in either."""
    first = "b" if second == "a" else "a"
    pairs = (
        f'[images.a{one}]\nmerge = ["a{one - 1}", "b{one - 1}"]\n'
        f'[images.b{one}]\nmerge = ["{second}{one - 1}", "{first}{one - 1}"]\n'
        f'steps = [{{ run = "{one}" }}]\n'
        for one in range(1, 40)
    )
    loaded: list[str] = []

    def load(name: str, _: object) -> Image:
        loaded.append(name)
        return Image().run(name)

    text = '[images.a0]\nextends = "service:a"\n[images.b0]\nextends = "service:b"\n'
    text += "".join(pairs)
    file = ProjectFile(path=Path("lading.toml"), above=(), table=tomllib.loads(text), text=text)
    image = ProjectImages(file=file, load=load).image("a39")
    assert loaded == ["service:a", "service:b"]
    assert image.steps == Image().run("service:a").run("service:b").pipe(_numbered).steps


def _numbered(image: Image) -> Image:
    for one in range(1, 39):
        image = image.run(str(one))
    return image


def test_how_deep_an_image_is_does_not_depend_on_what_was_made_before() -> None:
    links = "".join(f'[images.i{one}]\nextends = "i{one - 1}"\n' for one in range(1, 127))
    ends = '[images.i0]\nbase_image = "scratch"\n[images.top]\nmerge = ["i60", "i126"]\n'
    assert refusal(links + ends, "top")[0].endswith(
        "top is made from more than 126 images, one from the other"
    )
    ends = ends.replace("i126", "i125")
    assert described(links + ends, "top").base_image is not None


def test_a_circle_is_one_though_a_part_of_it_was_made_before() -> None:
    text = """
        [images.top]
        merge = ["a", "b"]
        [images.a]
        env = { A = "1" }
        [images.b]
        merge = ["a", "c"]
        [images.c]
        extends = "b"
    """
    assert "made from itself: b merge c extends b" in refusal(text, "top")[0]


def test_an_unknown_name_has_the_nearest() -> None:
    text = '[images.serving]\nextends = "trainin"\n[images.training]\ncmd = "x"\n'
    assert refusal(text, "servng") == [
        "lading.toml has no image 'servng'", 'hint: did you mean "serving"?',
    ]  # fmt: skip
    assert refusal(text, "serving") == [
        "lading.toml:2: there is no image 'trainin' to extend", 'hint: did you mean "training"?',
    ]  # fmt: skip


def test_only_one_of_two_files_is_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (tmp_path / "lading.toml").write_text("cmd = ['x']\n")
    found = read_project_file(tmp_path)
    assert found is not None
    assert (found.path.name, found.table) == ("lading.toml", {"cmd": ["x"]})
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n[tool.lading]\ncmd = ['x']\n")
    with pytest.raises(SpecificationError) as error:
        read_project_file(tmp_path)
    assert str(error.value).replace(str(tmp_path), "DIR").splitlines() == [
        "DIR/pyproject.toml:3: DIR/lading.toml is there too, and only one of the two is read",
        "hint: keep one of them; a lading.toml has the same keys, without tool.lading",
    ]


def test_steps_for_a_platform_are_an_array_in_a_step() -> None:
    text = """
        env = { A = "1" }
        steps = [
          { run = "all" },
          { for_platform = { platform = "linux/arm64", steps = [
            { system_packages = "libatomic1" },
            { for_platform = { platform = ["linux/arm64", "linux/amd64"], steps = [
              { run = "arm" },
            ] } },
          ] } },
          { run = "last" },
        ]
    """
    assert described(text) == (
        Image()
        .env(A="1")
        .run("all")
        .for_platform("linux/arm64", lambda image: image.system_packages("libatomic1").run("arm"))
        .run("last")
    )


FORM = 'hint: {for_platform = {platform = "linux/arm64", steps = [{run = "make"}]}}'


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("for_platform = 3", ["for_platform takes a table of platform and steps", FORM]),
        (
            'for_platform = { platfrom = "linux/arm64", steps = [] }',
            ["for_platform takes a table of platform and steps", FORM],
        ),
        (
            'for_platform = { platform = "linux/amr64", steps = [] }',
            ['platform "linux/amr64" is invalid', 'hint: did you mean "linux/arm64"?'],
        ),
        (
            'for_platform = { platform = "linux/arm64", steps = { run = "a" } }',
            ["steps is not an array", 'hint: steps = [{run = "make"}, {env = {A = "1"}}]'],
        ),
        (
            'for_platform = { platform = "linux/arm64", steps = [{ rum = "a" }] }',
            ["there is no step 'rum'", 'hint: did you mean "run"?'],
        ),
        (
            'for_platform = { platform = "linux/arm64", steps = [{ run = 3 }, { workdir = "a" }] }',
            [
                "run takes one shell command as text, not 3",
                'hint: {run = "python -m compileall -q /app"}',
                'container path "a" is not absolute',
                'hint: write "/a"',
            ],
        ),
    ],
)
def test_what_is_wrong_in_steps_for_a_platform_has_its_line(written: str, said: list[str]) -> None:
    found = refusal(f"steps = [\n  {{ run = 'a' }},\n  {{ {written} }},\n]\n")
    assert [line.removeprefix("lading.toml:3: ") for line in found] == said


def test_a_platform_stands_in_steps_only() -> None:
    assert refusal("[for_platform]\nplatform = 'linux/arm64'\nsteps = []\n") == [
        "lading.toml:1: for_platform stands outside of steps",
        "hint: keys have no order, and steps have: steps = [{for_platform = ...}]",
    ]


def test_merge_puts_images_of_the_file_or_of_code_into_one() -> None:
    text = """
        python_packages = ["fastapi"]
        steps = [{ run = "prepare" }]

        [images.cpu]
        extends = "image"
        accelerator = "cpu"

        [images.code]
        merge = ["cpu", "service:base"]
        cmd = "serve"

        [images.more]
        extends = "image"
        merge = "code"
        accelerator = "cu126"

        [images.on]
        from_image = "image"
        merge = ["other"]

        [images.other]
        env = {OTHER = "1"}
    """
    base = Image().python_packages("fastapi").run("prepare")
    cpu = base.replace(accelerator="cpu")
    code = cpu.merge(CODE["service:base"]).cmd("serve")
    assert described(text, "code") == code
    # What both were made from is there once, and what is written here goes before.
    assert described(text, "more") == code.replace(accelerator="cu126")
    assert described(text, "on") == Image.from_image(base).env(OTHER="1")
    assert described('merge = "service:base"') == CODE["service:base"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('cmd = "x"\nmerge = [\n  "image",\n]', [
            "lading.toml:3: an image is made from itself: image merge image"]),
        ('[images.a]\nextends = "b"\n[images.b]\nmerge = ["c", "a"]\n[images.c]\ncmd = "c"', [
            "lading.toml:2: an image is made from itself: a extends b merge a"]),
        (('[images.a]\nmerge = ["b", "c"]\n[images.b]\nenv = {A = "1"}\n'
         '[images.c]\nenv = {A = "2"}'), [
            'lading.toml:6: env({"A": "2"}) contradicts env({"A": "1"}) at lading.toml:4',
            "hint: they are merged at lading.toml:2: let one of them say it, or both the same"]),
        ('[images.a]\nmerge = [\n"b",\n"service:base"]\n[images.b]\ndistro = "alpine:3.22"', [
            (f'{CODE["service:base"].location}: distro="debian:bookworm" contradicts '
             'distro="alpine:3.22" at lading.toml:6'),
            "hint: they are merged at lading.toml:4: let one of them say it, or both the same"]),
        ('[images.a]\nmerge = ["b", "worker"]\n[images.b]\ncmd = "x"\n[images.works]\ncmd = "y"', [
            "lading.toml:2: there is no image 'worker' to merge", 'hint: did you mean "works"?']),
        ("\nmerge = []", [
            "lading.toml:2: merge names no image", 'hint: merge = ["cpu", "service:image"]']),
        ("merge = 3", [
            "lading.toml:1: merge is 3, and no array of images",
            'hint: merge = ["cpu", "service:image"]']),
        ('merge = ["service:base",\n3]', [
            "lading.toml:2: 3 names no image", 'hint: merge = ["cpu", "service:image"]']),
        ('merge = ["service:"]', [
            "lading.toml:1: 'service:' names no image in code",
            'hint: write merge = ["service:image"]']),
        ('merge = ["service:base"]\nset = {a = 1}', [
            "lading.toml:2: set is there, and no image in code beside it",
            "hint: give the function a name under images, with its set, and merge that"]),
        ('merge = ["service:bose"]', ["lading.toml:1: there is no service:bose"]),
        ('merges = ["a"]', [
            "lading.toml:1: lading.toml has no key 'merges'", 'hint: did you mean "merge"?']),
        ('steps = [{merge = ["a"]}]', [
            "lading.toml:1: merge is no step, but a key beside steps",
            'hint: merge = ["cpu", "service:image"]']),
    ],
)  # fmt: skip
def test_what_is_wrong_with_merge_has_its_line(text: str, said: list[str]) -> None:
    assert refusal(text, "a" if "[images.a]" in text else None) == said
