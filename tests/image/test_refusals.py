"""What an `Image` refuses where it is written, by the numbers of the cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from lading import Image, SpecificationError, secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from lading import Problem

RESERVED = "hand them over with --ca-bundle FILE, or choose another id"
OWN = "take one of your own, such as /app, /data or /srv/models"
FILE = "put it in a file, and include that with build_include"
REQUIRES = 'requires={"flash-attn": ["torch", "einops"]}'
# What a user without a type checker may hand in.
ANY = cast("Any", Image())
ANY_TEXT = cast("Any", "pass show pypi")


def refused(call: Callable[[], object]) -> tuple[Problem, ...]:
    with pytest.raises(SpecificationError) as caught:
        call()
    assert isinstance(caught.value, ValueError)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert all(problem.location and problem.location.line for problem in caught.value.problems)
    assert all("\n" not in problem.message for problem in caught.value.problems)
    return caught.value.problems


def messages(call: Callable[[], object]) -> list[str]:
    return [problem.message for problem in refused(call)]


def test_r1_a_value_cannot_hold_a_second_instruction() -> None:
    assert messages(lambda: Image().env({"A": "x\nRUN echo PWNED"})) == [
        "A: environment value has a line break in it"
    ]


@pytest.mark.parametrize(
    "reference", ["python:3.11\nRUN id", "python:3.11 AS x", "--platform=x y", "", "Python", "a b"]
)
def test_r2_a_base_image_is_a_reference(reference: str) -> None:
    refused(lambda: Image(base_image=reference))


@pytest.mark.parametrize(
    "name", ["curl; id", "$(id)", "-oDPkg::Pre-Install-Pkgs::=id", "a b", "", "`id`", "a\nb"]
)
def test_r3_a_system_package_is_a_name(name: str) -> None:
    refused(lambda: Image().system_packages(name))
    refused(lambda: Image().system_packages(debian=[name]))


@pytest.mark.parametrize("name", ["libfoo=1.2*", "g++", "libstdc++6:amd64"])
def test_r3_what_is_a_name_is_taken(name: str) -> None:
    assert Image().system_packages(name).steps


@pytest.mark.parametrize("name", ["A B", "1A", "A=B", "", "A\n"])
def test_r4_an_environment_name_is_a_name(name: str) -> None:
    refused(lambda: Image().env({name: "x"}))


@pytest.mark.parametrize("value", ["'", '"', "$HOME", "\\", "a\\", "é\u20ac", " a ", "", "a=b"])
def test_r4_a_value_is_kept_as_it_is(value: str) -> None:
    (step,) = Image().env(A=value).steps
    assert cast("Any", step).variables == (("A", value),)


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "a/../../b", "", "~/x", "C:\\x", "https://h.test/x"]
)
def test_r5_an_included_path_stays_in_the_project(path: str) -> None:
    refused(lambda: Image().build_include(path))


def test_r5_a_path_with_spaces_is_taken() -> None:
    assert Image().build_include("my data/x y.txt", "*.py").steps


@pytest.mark.parametrize("command", ["", "  \n", "a\0b"])
def test_r6_a_command_has_something_to_run(command: str) -> None:
    refused(lambda: Image().run(command))


@pytest.mark.parametrize("command", ["echo a # b", "a\nb", "a \\\n  b", "a && b", "a\\"])
def test_r6_a_command_is_kept_as_it_is(command: str) -> None:
    (step,) = Image().run(command).steps
    assert cast("Any", step).command == command


@pytest.mark.parametrize("distro", ["alpine:3.22", "ubi9", "amazonlinux:2023"])
def test_auto_is_for_archives_that_say_which_package_has_what(distro: str) -> None:
    (problem,) = refused(lambda: Image(distro=distro).system_packages("auto"))
    assert problem.message.startswith('system_packages("auto") is for Debian and Ubuntu, and')
    assert problem.location is not None
    elsewhere = Image(distro=distro).system_packages("curl", debian=["auto"], redhat=[], alpine=[])
    (problem,) = refused(lambda: elsewhere.system_packages(alpine=["auto"], redhat=["auto"]))
    assert "for Debian and Ubuntu" in problem.message
    assert elsewhere.replace(distro="ubuntu:24.04").steps


@pytest.mark.parametrize("name", ["lock_python_packages", "lock_system_packages"])
def test_auto_needs_a_lock(name: str) -> None:
    without = {name: False}
    (problem,) = refused(lambda: Image(**without).system_packages("auto"))  # type: ignore[arg-type]
    assert (
        problem.message == f'system_packages("auto") needs a lock, and the image has {name}=False'
    )
    image = Image().system_packages("auto", "curl")
    (problem,) = refused(lambda: image.replace(**without))  # type: ignore[arg-type]
    assert problem.location == image.steps[0].location
    assert "leave out" in (problem.hint or "")


def test_auto_is_not_for_compiling() -> None:
    (problem,) = refused(lambda: Image().build_packages("auto"))
    assert problem.message == 'build_packages takes no "auto": what compiling needs, no wheel tells'


def test_r10_an_unknown_base_with_system_packages_asks_for_the_distro() -> None:
    (problem,) = refused(lambda: Image("example.test/own:1").system_packages("curl"))
    assert problem.hint == 'name it: Image(base_image=..., distro="debian:bookworm")'
    assert Image("example.test/own:1", distro="debian:bookworm").system_packages("curl").steps


@pytest.mark.parametrize("version", ["2.7", "3", "3.11.9.1", "3.99", "latest", "3.11-slim", ""])
def test_r12_a_python_version_exists(version: str) -> None:
    refused(lambda: Image(python_version=version))


@pytest.mark.parametrize("name", ["TOKEN", "A"])
def test_r34_a_variable_without_a_value_adds_nothing(name: str) -> None:
    (step,) = Image().env({name: None}).steps
    assert cast("Any", step).variables == ()


def test_r38_replace_checks_the_steps_against_the_new_distro() -> None:
    image = Image().system_packages("libc6:amd64", "curl")
    (problem,) = refused(lambda: image.replace(distro="alpine"))
    assert "libc6:amd64" in problem.message
    assert image.replace(distro="ubuntu:24.04").steps == image.steps


@pytest.mark.parametrize("distro", ["alpine", "ubuntu:24.04", "ubi9"])
def test_what_is_said_of_debians_archive_is_for_debian(distro: str) -> None:
    """Leaving it aside would install something else than was asked for."""
    full = Image(components=["contrib"])
    assert full.components == ("contrib",)
    (problem,) = refused(lambda: full.replace(distro=distro))
    assert problem.message.startswith("components are for Debian, and the image is ")
    assert problem.hint is not None
    day = Image(snapshot="2026-11-01")
    (problem,) = refused(lambda: day.replace(distro=distro))
    assert problem.message.startswith("snapshot is for Debian, and the image is ")
    assert full.replace(distro=distro, components=()).components == ()


def test_a_component_that_does_not_exist_is_refused() -> None:
    (problem,) = refused(lambda: Image(components=["nonfree"]))
    assert problem.message == 'component "nonfree" is unknown'
    assert problem.hint == 'did you mean "non-free"?'


def test_r38_replace_takes_names_for_each_distro() -> None:
    image = Image().system_packages("curl", debian=["libgomp1"], alpine=["libgomp"])
    assert image.replace(distro="alpine").steps == image.steps
    assert messages(lambda: image.replace(distro="ubi9")) == [
        "system_packages names alpine, debian, but nothing for ubi:9"
    ]


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (
            lambda: Image().python_packages("requirements.txt"),
            '.requirements_file("requirements.txt")',
        ),
        (
            lambda: ANY.python_packages(["fastapi"]),
            'write python_packages("fastapi", "pandas>=2")',
        ),
        (
            lambda: Image().python_packages(*"numpy"),
            'write python_packages("fastapi", "pandas>=2")',
        ),
        (lambda: Image().system_packages(debian="curl"), 'write debian=["..."]'),
        (lambda: Image().run("true", secrets="TOKEN"), 'write secrets=[secret("TOKEN")]'),
        (lambda: ANY.uv_lock(secrets={"TOKEN"}), 'write secrets=[secret("TOKEN")]'),
        (lambda: ANY.run("true", secrets=[3]), 'write secrets=[secret("TOKEN")]'),
        (lambda: ANY.python_packages("a", requires=["b"]), REQUIRES),
        (lambda: Image().python_packages(), 'python_packages("fastapi", "pandas>=2")'),
        (lambda: secret("A", command=ANY_TEXT), 'write command=["pass", "show", "pypi"]'),
        (lambda: secret("A", command=[]), 'command=["pass", "show", "pypi"]'),
        (lambda: secret("A", file="~eve/x"), 'file="~/.netrc"'),
        (lambda: secret("A", file=" "), 'file="~/.netrc"'),
        (lambda: secret("ca-bundle"), RESERVED),
        (lambda: secret("A", env="B", file="c"), "give one of env=, file= and command="),
        (lambda: secret("A", variable="PATH"), "choose another name"),
        (lambda: Image().volume("/etc"), OWN),
        (lambda: Image().workdir("/"), OWN),
        (lambda: Image().workdir("/proc/x"), OWN),
        (lambda: Image().user(5, home="/"), OWN),
        (lambda: Image().env(A="x" * 70_000), FILE),
        (lambda: Image().env(A='"' * 40_000), FILE),
        (lambda: Image().label(a="x" * 70_000), FILE),
        (lambda: Image().cmd("a", "x" * 70_000), FILE),
        (lambda: Image().run("true", secrets=["ca-bundle"]), RESERVED),
        (lambda: Image().run_script("a.sh", secrets=["ca-bundle"]), RESERVED),
        (lambda: Image().pyproject_toml(extras="gpu"), 'write extras=["..."]'),
        (lambda: Image().cmd("python -m web"), 'cmd("python", "-m", "web")'),
        (lambda: ANY.cmd(["python"]), 'write cmd("python", "-m", "server")'),
        (lambda: ANY.run(["a", "b"]), 'run("python -m compileall -q /app")'),
        (lambda: ANY.env("A=1"), 'env(NAME="value")'),
        (lambda: ANY.env(A=1), 'write "1"'),
    ],
)
def test_r50_a_wrong_shape_gets_the_right_call(call: Callable[[], object], hint: str) -> None:
    assert [problem.hint for problem in refused(call)] == [hint]


@pytest.mark.parametrize(
    "distro", ["conda", "cuda", "windows", "centos:7", "debian:9", "slackware"]
)
def test_r52_what_is_not_supported_is_an_error(distro: str) -> None:
    (problem,) = refused(lambda: Image(distro=distro))
    assert problem.hint


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (lambda: Image(distro="debain"), 'did you mean distro="debian"?'),
        (lambda: Image(distro="ubunut:24.04"), 'did you mean distro="ubuntu'),
        (lambda: ANY.replace(distr="alpine"), 'did you mean "distro"?'),
        (lambda: Image().system_packages(debain=["curl"]), 'did you mean "debian"?'),
        (lambda: Image().stop_signal("SIGTREM"), 'did you mean "SIGTERM"?'),
    ],
)
def test_a_slip_of_the_pen_gets_a_guess(call: Callable[[], object], hint: str) -> None:
    (problem,) = refused(call)
    assert problem.hint is not None
    assert problem.hint.startswith(hint)


def test_all_that_is_wrong_in_a_constructor_is_reported_together() -> None:
    flag = cast("Any", "no")
    assert messages(
        lambda: Image("a b", "debain", "2.7", lock_python_packages=flag, compile_bytecode=flag)
    ) == [
        'image reference "a b" has white space or a control character in it',
        'distro "debain" is not supported',
        'Python version "2.7" is invalid',
        'lock_python_packages is "no"',
        'compile_bytecode is "no"',
    ]


@pytest.mark.parametrize(
    ("call", "number"),
    [
        (lambda: Image().python_packages("a b", "c ==", no_binary=["-"]), 3),
        (lambda: Image().system_packages("a b", debian=["c d"], fedora=["x"]), 3),
        (lambda: Image().pyproject_toml("../x", extras=["-"], groups=["-"]), 3),
        (lambda: ANY.index("x", name="a b", default=1), 3),
        (lambda: Image().run(" ", secrets=["a b"]), 2),
        (lambda: secret("a b", env="1", version="é", variable="2", file="\0"), 5),
        (lambda: Image().build_packages("a b", debian=["c d"], fedora=["x"]), 3),
        (lambda: Image().run_script("*.sh", "\0", secrets=["a b"]), 3),
        (lambda: Image().build_include("../x", "/y", to="z", exclude=["../w"]), 4),
        (lambda: Image().env({"1": "x", "A": "a\nb", "B": cast("Any", 3)}), 3),
        (lambda: Image().user("x", group="y", name="A B", home="z"), 4),
        (lambda: Image().expose("x", 0, 70000), 3),
        (lambda: Image().volume("x", "$HOME"), 2),
        (lambda: Image().label({"a b": "x", "c": "a\0b"}), 2),
        (lambda: Image().healthcheck("a b", interval="x", timeout="y", retries=0), 4),
        (lambda: ANY.replace(distr="x", pyton="y"), 2),
    ],
)
def test_all_that_is_wrong_in_a_call_is_reported_together(
    call: Callable[[], object], number: int
) -> None:
    found = messages(call)
    assert len(found) == number, found


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("python -m server", '"python", "-m", "server"'),
        ('sh -c "a b"', r'"sh", "-c", "\"a", "b\""'),
        ("curl https://u:hunter2@h/", '"curl", "https://***@h/"'),
        ("a \x1b[2J", r'"a", "\x1b[2J"'),
    ],
)
def test_a_command_in_one_word_is_shown_word_by_word(command: str, words: str) -> None:
    with pytest.raises(SpecificationError) as raised:
        Image().cmd(command)
    assert raised.value.problems[0].hint == f"cmd({words})"


def forgetful(image: Image) -> None:
    image.env(A="1")


@pytest.mark.parametrize(
    ("function", "message", "name"),
    [
        (forgetful, "forgetful returns None to pipe", "forgetful"),
        (lambda _: None, "a function returns None to pipe", "with_tools"),
        (3, "pipe takes a function of the image, not 3", "with_tools"),
    ],
)
def test_what_pipe_can_t_go_on_from_is_refused_at_its_line(
    function: Callable[[Image], object], message: str, name: str
) -> None:
    with pytest.raises(SpecificationError) as raised:
        Image().pipe(function)
    [problem] = raised.value.problems
    hint = f'return what it makes of the image: def {name}(image): return image.env(A="1")'
    assert (problem.message, problem.hint) == (message, hint)
    assert problem.location is not None
    assert problem.location.file == __file__


def test_an_error_of_the_users_own_passes_through() -> None:
    def broken(_: Image) -> Image:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        Image().pipe(broken)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Image().user(5, home="/a:b"), 'home "/a:b" has a colon in it'),
        (lambda: Image().healthcheck("a", retries=10**12), "retries is more than 2147483647"),
        (lambda: Image().build_packages(debain=["x"]), "build_packages knows no distro"),
        (lambda: Image().build_packages(alpine=["x"]), "build_packages names alpine, but nothing"),
        (
            lambda: Image().index("https://a.test", secret="T"),  # noqa: S106 - its name
            "an index with a secret needs a name",
        ),
        (
            lambda: Image().index("https://a.test", name="a", secret="T", netrc="N"),  # noqa: S106
            "an index takes secret= or netrc=, not both",
        ),
        (
            lambda: Image().index("https://a.test", name="a", username="ada"),
            "an index with a username needs the secret",
        ),
        (
            lambda: Image().index("https://a.test", default=True, packages=["b"]),
            "a default index serves every package",
        ),
    ],
)
def test_what_contradicts_itself_is_refused_where_it_is_written(
    call: Callable[[], object], message: str
) -> None:
    (found,) = messages(call)
    assert found.startswith(message)


@pytest.mark.parametrize("word", ["hunter2!hunter2", "sk-live/hunter2", "hunter2 hunter2"])
def test_r30_a_secret_that_is_written_where_its_name_belongs_is_not_shown(word: str) -> None:
    for call in (
        lambda: secret("A", env=word),
        lambda: secret("A", version=word),
        lambda: secret("A", variable=word),
    ):
        (problem,) = refused(call)
        assert "hunter2" not in str(problem)


@pytest.mark.parametrize("path", ["/app", "/usr/src/app", "/var/data", "/opt", "/srv"])
def test_a_directory_of_ones_own_is_taken(path: str) -> None:
    assert Image().workdir(path).volume(path).user(7, home=path).steps


@pytest.mark.parametrize(
    "call",
    [
        lambda: secret("s3cretW0rd51c!!"),
        lambda: secret("s3cretW0rd51c=="),
        lambda: secret("A", command=cast("Any", "echo s3cretW0rd51c")),
        lambda: secret("A", env="s3cretW0rd51c!"),
        lambda: secret("A", variable="s3cretW0rd51c!"),
        lambda: secret("A", version="s3cretW0rd51c!\n"),
        lambda: secret("A", file="s3cretW0rd51c\n"),
        lambda: secret("A", file="~s3cretW0rd51c"),
        lambda: Image().run("true", secrets=cast("Any", "s3cretW0rd51c")),
        lambda: Image().run("true", secrets=["s3cretW0rd51c!"]),
        lambda: Image().index(
            "https://a.test", name="a", username="u:s3cretW0rd51c", secret=secret("A")
        ),
        lambda: Image().index(
            "https://a.test", name="a", username=" s3cretW0rd51c", secret=secret("A")
        ),
        lambda: Image().index("https://a.test", name="a", secret="s3cretW0rd51c!"),  # noqa: S106
    ],
)
def test_r30_a_secret_in_the_place_of_its_name_is_not_shown(call: Callable[[], object]) -> None:
    (problem,) = refused(call)
    assert "s3cretW0rd51c" not in f"{problem} {problem!r}"
    assert problem.hint


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Image().build_packages(), "build_packages has no package"),
        (lambda: Image().system_packages(), "system_packages has no package"),
        (
            lambda: Image().python_packages("x", requires={"X_y": ["a"], "x-Y": ["b"]}),
            "requires names x-y twice",
        ),
        (
            lambda: Image().run(
                "x", secrets=[secret("A", variable="X"), "C", secret("B", variable="X")]
            ),
            'the variable X is to hold two secrets, "A" and "B"',
        ),
        (
            lambda: Image().python_packages(
                "x", secrets=[secret("A", variable="X"), secret("B", variable="X")]
            ),
            'the variable X is to hold two secrets, "A" and "B"',
        ),
    ],
)
def test_a_call_that_says_nothing_or_two_things_is_refused(
    call: Callable[[], object], message: str
) -> None:
    (problem,) = refused(call)
    assert problem.message == message
    assert problem.hint


def test_one_secret_may_be_named_twice_for_one_variable() -> None:
    named = secret("A", variable="X")
    assert Image().run("x", secrets=[named, named, secret("B", variable="Y")]).steps
    assert Image().system_packages(debian=[], alpine=["libgomp"]).steps
