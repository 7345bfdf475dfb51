from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from dockerfile_parse import DockerfileParser
from hypothesis import example, given
from hypothesis import strategies as st

from dockerfile.parseback import DIALECTS, argv, directives, expand, pairs, parse, paths, selects
from lading.dockerfile.instructions import (
    Add,
    BindMount,
    Blank,
    CacheMount,
    Cmd,
    Comment,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Instruction,
    Label,
    PathEnv,
    Run,
    RunAll,
    SecretMount,
    Shell,
    SshMount,
    StopSignal,
    User,
    Volume,
    Workdir,
)
from lading.dockerfile.serialize import serialize
from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from dockerfile.parseback import Dialect

HOSTILE_ENV = {"HOME": "expanded!", "PATH": "/base/bin", "x": "expanded!", "A": "expanded!"}

# Biased to what some parser acts on.
_spicy = st.sampled_from(
    [
        *"\\\"'$`#<>-[]{}=,!*?&|; \t~",
        "${x}",
        "$HOME",
        "<<EOF",
        "--",
        "RUN ",
        " \\",
        "\ufeff",
        "\u2028",
        *"\x85\xa0\v\x1bé木\U0001f40b",
    ]
)
_char = st.characters(codec="utf-8", exclude_characters="\0\n\r")
one_line = st.lists(_spicy | _char, max_size=8).map("".join)
script = (
    st.lists(_spicy | _char | st.sampled_from("\n\r"), min_size=1, max_size=10)
    .map("".join)
    .filter(str.strip)
)
absolute = one_line.map(lambda text: f"/{text}".strip())
each_dialect = pytest.mark.parametrize("dialect", DIALECTS)


def line(instruction: Instruction) -> str:
    """The text of one instruction, without the newline that ends it."""
    text = serialize([instruction])
    assert text.endswith("\n")
    return text[:-1]


@pytest.mark.parametrize(
    ("instruction", "text"),
    [
        (
            From(image="debian:bookworm-slim@sha256:" + "0" * 64),
            f"FROM debian:bookworm-slim@sha256:{'0' * 64}",
        ),
        (From(image="debian", stage="build"), "FROM debian AS build"),
        (Run(command="echo a # b"), "RUN echo a # b"),
        (Run(command="set -e\necho 'é'\n"), 'RUN ["/bin/sh", "-c", "set -e\\necho \'é\'\\n"]'),
        (Run(command="[ -d /x ] || exit 1"), 'RUN ["/bin/sh", "-c", "[ -d /x ] || exit 1"]'),
        (Run(command="cat <<EOF"), 'RUN ["/bin/sh", "-c", "cat <<EOF"]'),
        (Run(command="echo \\"), 'RUN ["/bin/sh", "-c", "echo \\\\"]'),
        (Run(command="echo a\u2028b"), 'RUN ["/bin/sh", "-c", "echo a\\u2028b"]'),
        (
            RunAll(commands=("apt-get update", "rm -rf /x")),
            "RUN apt-get update && \\\n    rm -rf /x",
        ),
        (RunAll(commands=("[ -d /x ]", "true")), 'RUN ["/bin/sh", "-c", "[ -d /x ] && true"]'),
        (Add(archive="base/x-0.tar.gz", folder="/"), "ADD base/x-0.tar.gz /"),
        (Add(archive="x.tar.gz", folder="/a b$"), r'ADD ["x.tar.gz", "/a b\\$"]'),
        (Copy(sources=("a", "b/c"), destination="/app/"), "COPY a b/c /app/"),
        (
            Copy(
                sources=("/venv",),
                destination="/venv",
                from_stage="build",
            ),
            "COPY --from=build /venv /venv",
        ),
        (Copy(sources=("a/",), destination="/a/", owner="7:0"), "COPY --chown=7:0 a/ /a/"),
        (Copy(sources=("my data/x y.txt",), destination="/d/"), 'COPY ["my data/x y.txt", "/d/"]'),
        (Copy(sources=("a*[b].py",), destination="/d/"), 'COPY ["a[*][[]b].py", "/d/"]'),
        (Copy(sources=("--from=x",), destination="/d/"), 'COPY ["--from=x", "/d/"]'),
        (Copy(sources=("a$b\\c",), destination="/d/"), r'COPY ["a\\$b[\\\\\\\\]c", "/d/"]'),
        (Env(variables=(("A", "1"), ("B", "x y"))), 'ENV A=1 \\\n    B="x y"'),
        (Env(variables=(("A", "$HOME\\"),)), "ENV A='$HOME'\\\\\"\""),
        (Env(variables=(("A", 'it\'s "$x"'),)), "ENV A='it'\"'\"'s \"$x\"'"),
        (Env(variables=(("A", ""),)), 'ENV A=""'),
        (PathEnv(before=("/opt/venv/bin",)), 'ENV PATH="/opt/venv/bin:${PATH}"'),
        (
            PathEnv(before=("/a$b",), inherited=False, after=("/c d",)),
            'ENV PATH="/a\\$b:/c d"',
        ),
        (Workdir(path="/app"), "WORKDIR /app"),
        (Workdir(path="/my $app\\"), "WORKDIR '/my $app'\\\\\"\""),
        (User(user="10001:0"), "USER 10001:0"),
        (Expose(ports=("8080", "53/udp")), "EXPOSE 8080 53/udp"),
        (Volume(paths=("/data", "/a b$c")), 'VOLUME ["/data", "/a b\\\\$c"]'),
        (
            Label(pairs=(("org.example.a", "x y"), ("--b", "1"))),
            'LABEL org.example.a="x y" \\\n    "--b"=1',
        ),
        (Shell(argv=("/bin/sh", "-c")), 'SHELL ["/bin/sh", "-c"]'),
        (Entrypoint(argv=("python", "-m", "app")), 'ENTRYPOINT ["python", "-m", "app"]'),
        (Entrypoint(argv=()), "ENTRYPOINT []"),
        (Cmd(argv=("$HOME",)), 'CMD ["$HOME"]'),
        (Healthcheck(argv=None), "HEALTHCHECK NONE"),
        (
            Healthcheck(
                argv=("ok",), interval="30s", timeout="500ms", start_period="1m5s", retries=3
            ),
            'HEALTHCHECK --interval=30s --timeout=500ms --start-period=1m5s --retries=3 CMD ["ok"]',
        ),
        (StopSignal(signal="SIGTERM"), "STOPSIGNAL SIGTERM"),
        (Comment(text="one\ntwo\x85RUN three"), "# one\n# two\n# RUN three"),
    ],
)
def test_an_instruction_is_written_as(instruction: Instruction, text: str) -> None:
    assert line(instruction) == text


def test_each_mount_has_a_line_of_its_own() -> None:
    mounts = (
        CacheMount(target="/var/cache/apt", id="apt-amd64"),
        BindMount(source="uv", target="/uv"),
        BindMount(source="/x", target="/y", from_stage="build"),
        SecretMount(id="token"),
        SecretMount(id="n", target="/root/.netrc", required=False),
        SshMount(),
    )
    run = RunAll(commands=("apt-get update", "{ a || b; }"), mounts=mounts)
    assert line(run) == (
        "RUN --mount=type=cache,id=apt-amd64,target=/var/cache/apt,sharing=locked \\\n"
        "    --mount=type=bind,source=uv,target=/uv \\\n"
        "    --mount=type=bind,from=build,source=/x,target=/y \\\n"
        "    --mount=type=secret,id=token,required=true \\\n"
        "    --mount=type=secret,id=n,target=/root/.netrc \\\n"
        "    --mount=type=ssh,required=true \\\n"
        "    apt-get update && \\\n"
        "    { a || b; }"
    )
    (parsed,) = parse(line(run))
    assert len(parsed.flags) == len(mounts)
    assert parsed.rest.split() == run.script.split()


def test_a_file_ends_in_one_newline_and_starts_with_no_blank() -> None:
    assert (
        serialize([Blank(), From(image="a"), Blank(), User(user="0"), Blank()])
        == "FROM a\n\nUSER 0\n"
    )


@pytest.mark.parametrize(
    "text", ["escape=`", " syntax = x", "check=skip=all", "\n\nescape=`", "\u2028syntax=x"]
)
def test_a_comment_at_the_top_is_no_directive(text: str) -> None:
    written = serialize([Comment(text=text), From(image="a")])
    assert directives(written) == {}
    assert [parsed.kind for parsed in parse(written)] == ["FROM"]


def test_a_line_longer_than_buildkit_reads_is_refused() -> None:
    assert len(line(Run(command="x" * 65_000))) > 65_000
    with pytest.raises(Invalid, match="too long for BuildKit"):
        serialize([Run(command="x" * 65_536)])


@each_dialect
@given(values=st.lists(one_line, min_size=1, max_size=4))
@example(
    values=["\\", "a\\", "\\\\", '\\"', "'", '"', "$HOME", "${x", "# a", "\ufeffa", "a \\", "`"]
)
def test_environment_values_come_back_as_they_were(dialect: Dialect, values: list[str]) -> None:
    variables = tuple((f"V{number}", value) for number, value in enumerate(values))
    (parsed,) = parse(serialize([Env(variables=variables)]), dialect)
    assert pairs(parsed, HOSTILE_ENV) == variables


@each_dialect
@given(key=one_line.filter(lambda text: text and "=" not in text), value=one_line)
@example(key="--x", value="")
@example(key="#", value="#")
def test_labels_come_back_as_they_were(dialect: Dialect, key: str, value: str) -> None:
    (parsed,) = parse(serialize([Label(pairs=(("first", "1"), (key, value)))]), dialect)
    assert parsed.flags == ()
    assert pairs(parsed, HOSTILE_ENV) == (("first", "1"), (key, value))


@each_dialect
@given(folder=absolute.map(lambda text: text.replace(":", "").strip()))
def test_path_keeps_what_the_base_image_has(dialect: Dialect, folder: str) -> None:
    (parsed,) = parse(serialize([PathEnv(before=(folder,), after=("/z",))]), dialect)
    assert pairs(parsed, HOSTILE_ENV) == (("PATH", f"{folder}:/base/bin:/z"),)


@each_dialect
@given(command=script)
@example(command="cat <<EOF\nRUN id\nEOF")
@example(command="-- a")
@example(command='["a"] && b')
@example(command="# nothing")
@example(command="a \\\\")
@example(command="a\n\n# b\n")
def test_a_command_reaches_the_shell_as_it_was(dialect: Dialect, command: str) -> None:
    mounts = (CacheMount(target="/t", id="t"),)
    text = serialize(
        [From(image="a"), Run(command=command), Run(command=command, mounts=mounts), User(user="0")]
    )
    first, plain, mounted, last = parse(text, dialect)
    assert (first.kind, plain.kind, mounted.kind, last.kind) == ("FROM", "RUN", "RUN", "USER")
    assert argv(plain.rest) == argv(mounted.rest) == ("/bin/sh", "-c", command)
    assert (plain.flags, mounted.flags) == (
        (),
        ("--mount=type=cache,id=t,target=/t,sharing=locked",),
    )


@each_dialect
@given(words=st.lists(script, min_size=1, max_size=4))
def test_arguments_come_back_as_they_were(dialect: Dialect, words: list[str]) -> None:
    given_argv = tuple(words)
    made: list[Instruction] = [
        Entrypoint(argv=given_argv),
        Cmd(argv=given_argv),
    ]
    for parsed in parse(serialize(made), dialect):
        assert argv(parsed.rest) == given_argv
    (check,) = parse(serialize([Healthcheck(argv=given_argv)]), dialect)
    assert argv(check.rest.removeprefix("CMD ")) == given_argv


@each_dialect
@given(sources=st.lists(one_line.filter(bool), min_size=1, max_size=3), destination=one_line)
@example(sources=["<<EOF", "--from=x", "a\\*", "[a-z]"], destination="<<EOF")
def test_copied_paths_stand_for_themselves(
    dialect: Dialect, sources: list[str], destination: str
) -> None:
    sources = [source.replace("://", "") or "x" for source in sources]
    copy = Copy(sources=tuple(sources), destination=f"{destination}/")
    (parsed,) = parse(serialize([copy]), dialect)
    *patterns, target = paths(parsed, HOSTILE_ENV)
    assert target == copy.destination
    assert len(patterns) == len(sources)
    for pattern, source in zip(patterns, sources, strict=True):
        assert selects(pattern, source)
        assert not selects(pattern, source.replace("*", "x").replace("?", "x") + "x")


@each_dialect
@given(path=absolute)
def test_folders_come_back_as_they_were(dialect: Dialect, path: str) -> None:
    workdir, volume = parse(serialize([Workdir(path=path), Volume(paths=(path, "/b"))]), dialect)
    assert expand(workdir.rest, HOSTILE_ENV) == path
    assert paths(volume, HOSTILE_ENV) == (path, "/b")


_any_instruction = st.one_of(
    st.builds(Run, command=script),
    st.builds(Comment, text=script | one_line),
    st.builds(Cmd, argv=st.tuples(script)),
    st.builds(Env, variables=st.tuples(st.tuples(st.just("A"), one_line))),
    st.builds(Workdir, path=absolute),
    st.builds(Volume, paths=st.tuples(absolute)),
    st.just(Blank()),
)


@each_dialect
@given(made=st.lists(_any_instruction, max_size=6))
def test_no_text_becomes_an_instruction(dialect: Dialect, made: list[Instruction]) -> None:
    written = serialize([*made, From(image="last")])
    kinds = [type(one).__name__.upper() for one in made if not isinstance(one, Comment | Blank)]
    assert [parsed.kind for parsed in parse(written, dialect)] == [*kinds, "FROM"]
    assert "\r" not in written
    assert written.endswith("\n")


# It splits at what Python calls a line's end, and reads ENV apart from Docker where a "$" or "\"
# stands in double quotes; neither occurs in what is asked of it here.
_plain_line = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.just(" "))


@given(made=st.lists(_any_instruction, max_size=5), value=_plain_line, command=_plain_line)
def test_an_independent_library_reads_the_same_instructions(
    made: list[Instruction], value: str, command: str
) -> None:
    one_liners = [one for one in made if len(serialize([one]).splitlines()) == 1]
    command = f"echo {command}".strip()
    known: list[Instruction] = [Env(variables=(("V", value),)), Run(command=command)]
    read = DockerfileParser(fileobj=io.BytesIO())
    read.content = serialize([From(image="a"), *one_liners, *known])
    found = [one for one in read.structure if one["instruction"] != "COMMENT"]
    kinds = [
        type(one).__name__.upper() for one in one_liners if not isinstance(one, Comment | Blank)
    ]
    assert [one["instruction"] for one in found] == ["FROM", *kinds, "ENV", "RUN"]
    assert read.envs["V"] == value
    assert argv(found[-1]["value"]) == ("/bin/sh", "-c", command)
