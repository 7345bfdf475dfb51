"""Values of build secrets: where they are read from, as which bytes, and what never shows."""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path

import pytest

import lading.secret_values
from lading.errors import BuildError
from lading.grammar.invalid import Invalid
from lading.grammar.secret import Secret
from lading.machine import Machine
from lading.secret_values import LARGEST_SECRET, SecretSource, read_secret, source_of

PATH = {"PATH": os.environ.get("PATH", os.defpath)}
VALUE = "hunter2hunter2"


def command(*words: str) -> SecretSource:
    return SecretSource(id="TOKEN", command=words)


def read(
    source: SecretSource, environ: dict[str, str] | None = None, project: Path | None = None
) -> bytes:
    return read_secret(source, environ or PATH, project=project or Path("/"))


def trouble(source: SecretSource, environ: dict[str, str] | None = None) -> str:
    """The error, and its whole traceback, which has no value in it."""
    with pytest.raises(BuildError) as error:
        read(source, environ)
    assert VALUE not in "".join(traceback.format_exception(error.value))
    return str(error.value)


# Where a value is.


def test_the_command_line_comes_before_what_the_image_declares(tmp_path: Path) -> None:
    given = {"A": SecretSource(id="A", variable="OTHER")}
    secret = Secret(id="A", command=("false",))
    found = source_of(secret, given, project=tmp_path, home=tmp_path)
    assert found == SecretSource(id="A", variable="OTHER")


@pytest.mark.parametrize(
    ("secret", "source"),
    [
        (Secret(id="A"), SecretSource(id="A", variable="A")),
        (Secret(id="A", env="B"), SecretSource(id="A", variable="B")),
        (Secret(id="A", file="x/y"), SecretSource(id="A", file=Path("/project/x/y"))),
        (Secret(id="A", file="/x"), SecretSource(id="A", file=Path("/x"))),
        (Secret(id="A", file="~/x"), SecretSource(id="A", file=Path("/home/x"))),
        (Secret(id="A", command=("a", "b")), SecretSource(id="A", command=("a", "b"))),
    ],
)
def test_a_declared_source_starts_from_the_project_or_the_home(
    secret: Secret, source: SecretSource
) -> None:
    assert source_of(secret, {}, project=Path("/project"), home=Path("/home")) == source


def test_an_id_that_is_no_variable_needs_a_source() -> None:
    with pytest.raises(BuildError, match=r"'my\.key' is not given") as error:
        source_of(Secret(id="my.key"), {}, project=Path("/"), home=Path("/"))
    assert "--secret id=my.key,src=FILE" in str(error.value)


@pytest.mark.parametrize("words", [{}, {"file": Path("x"), "variable": "X"}])
def test_a_source_is_one(words: dict[str, object]) -> None:
    with pytest.raises(Invalid, match="needs one source"):
        SecretSource(id="A", **words)  # type: ignore[arg-type]


# Which bytes it is.


def test_a_variable_is_taken_as_it_is() -> None:
    source = SecretSource(id="A", variable="V")
    assert read(source, {"V": f" {VALUE}\n"}) == f" {VALUE}\n".encode()
    assert read(source, {"V": "\udcff\udcfe!"}) == b"\xff\xfe!"


def test_a_file_is_taken_as_it_is(tmp_path: Path) -> None:
    content = b"\x00\xff\r\n\r\n"
    (tmp_path / "f").write_bytes(content)
    assert read(SecretSource(id="A", file=tmp_path / "f")) == content


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        (r"a\n", b"a"),
        (r"a\r\n", b"a"),
        (r"a\n\n", b"a\n"),
        ("a", b"a"),
        (r"\377\000a\n", b"\xff\0a"),
    ],
)
def test_what_a_command_prints_loses_one_line_end(printed: str, value: bytes) -> None:
    assert read(command("printf", printed)) == value


def test_a_command_runs_in_the_project_without_a_terminal_or_input(tmp_path: Path) -> None:
    assert read(command("pwd"), project=tmp_path) == str(tmp_path).encode()
    assert read(command("sh", "-c", "cat; echo end")) == b"end"
    talk = "import sys; print(sys.stdin.isatty(), sys.stderr.isatty())"
    assert read(command(sys.executable, "-c", talk)) == b"False False"


def test_a_command_sees_the_environment_and_no_shell() -> None:
    assert read(command("printenv", "V"), {**PATH, "V": "x y"}) == b"x y"
    assert read(command("echo", "$V; id")) == b"$V; id"


def test_a_value_is_read_once(tmp_path: Path) -> None:
    machine = Machine(environ=PATH, home=tmp_path, interpreter=sys.executable)
    secret = Secret(id="A", command=("sh", "-c", f"echo once >> count; echo {VALUE}"))
    assert [machine.secret(secret, project=tmp_path) for _ in range(3)] == [VALUE.encode()] * 3
    assert (tmp_path / "count").read_text() == "once\n"
    assert VALUE not in repr(machine)


# What is refused, without a word of the value.


def test_a_variable_that_is_not_set_is_named() -> None:
    text = trouble(SecretSource(id="A", variable="V"))
    assert "secret 'A': the environment variable V is not set" in text
    assert "--secret id=A,src=FILE" in text


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    missing = SecretSource(id="A", file=tmp_path / "none")
    assert f"{tmp_path}/none: no such file or directory" in trouble(missing)
    assert "is not a file" in trouble(SecretSource(id="A", file=tmp_path))
    os.mkfifo(tmp_path / "pipe")
    assert "is not a file" in trouble(SecretSource(id="A", file=tmp_path / "pipe"))
    assert "is not a file" in trouble(SecretSource(id="A", file=Path("/dev/zero")))


@pytest.mark.parametrize("value", ["", " \n\t"])
def test_an_empty_value_is_refused(value: str, tmp_path: Path) -> None:
    (tmp_path / "f").write_text(value)
    for source in (
        SecretSource(id="A", file=tmp_path / "f"),
        SecretSource(id="A", variable="V"),
        command("printf", "%s", value),
    ):
        assert "is empty" in trouble(source, {**PATH, "V": value})


def test_what_is_larger_than_a_builder_takes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x" * (LARGEST_SECRET + 1))
    assert "more than 500 KiB" in trouble(SecretSource(id="A", file=tmp_path / "f"))
    (tmp_path / "f").write_bytes(b"x" * LARGEST_SECRET)
    assert len(read(SecretSource(id="A", file=tmp_path / "f"))) == LARGEST_SECRET


def test_a_command_that_never_stops_printing_is_ended() -> None:
    began = time.monotonic()
    assert "more than 500 KiB" in trouble(command("yes", VALUE))
    assert time.monotonic() - began < 20


def test_a_command_that_fails_does_not_show_what_it_said() -> None:
    text = trouble(command("sh", "-c", f"echo {VALUE}; echo {VALUE} >&2; exit 3"))
    assert "secret 'TOKEN': sh failed (exit code 3)" in text


def test_a_command_that_is_missing_is_named() -> None:
    assert "can't start no-such-program" in trouble(command("no-such-program"))


@pytest.mark.parametrize("script", ["sleep 60", "exec >&-; sleep 60", "sleep 60 & wait"])
def test_a_command_that_takes_too_long_is_ended_with_its_children(
    script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lading.secret_values, "COMMAND_SECONDS", 0.5)
    began = time.monotonic()
    assert "sh gave no answer in 0.5 s" in trouble(command("sh", "-c", script))
    assert time.monotonic() - began < 30
