from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, get_args

import pytest

from lading.dockerfile import instructions
from lading.dockerfile.instructions import (
    Add,
    BindMount,
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
    Mount,
    PathEnv,
    Run,
    RunAll,
    SecretMount,
    StopSignal,
    User,
    Volume,
    Workdir,
)
from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "make",
    [
        lambda: From(image="python:3.11\nRUN id"),
        lambda: From(image="python:3.11 AS x"),
        lambda: From(image="--platform=x"),
        lambda: From(image=""),
        lambda: From(image="$BASE"),
        lambda: From(image="a", stage="Build"),
        lambda: From(image="a", stage="scratch"),
        lambda: From(image="a", stage="a b"),
        lambda: Run(command=""),
        lambda: Run(command=" \n"),
        lambda: Run(command="a\0b"),
        lambda: Run(command="a\ud800"),
        lambda: RunAll(commands=()),
        lambda: RunAll(commands=("a\nb",)),
        lambda: RunAll(commands=("a; b",)),
        lambda: Add(archive="", folder="/"),
        lambda: Add(archive="base/x.tar", folder="/"),
        lambda: Add(archive="https://example.test/x.tar.gz", folder="/"),
        lambda: Add(archive="git@example.test:x.tar.gz", folder="/"),
        lambda: Add(archive="--chown=0 x.tar.gz", folder="/"),
        lambda: Add(archive="*.tar.gz", folder="/"),
        lambda: Add(archive="x.tar.gz", folder="here"),
        lambda: Copy(sources=(), destination="/a"),
        lambda: Copy(sources=("",), destination="/a"),
        lambda: Copy(sources=("a",), destination=""),
        lambda: Copy(sources=("a\nb",), destination="/a"),
        lambda: Copy(sources=("http://example.test/x",), destination="/a"),
        lambda: Copy(sources=("a", "b"), destination="/a"),
        lambda: Copy(sources=("a",), destination="/a", from_stage="x --chown=0"),
        lambda: Copy(sources=("a",), destination="/a", owner="0:0 --from=x"),
        lambda: Env(variables=()),
        lambda: Env(variables=(("A B", ""),)),
        lambda: Env(variables=(("1A", ""),)),
        lambda: Env(variables=(("A=B", ""),)),
        lambda: Env(variables=(("", ""),)),
        lambda: Env(variables=(("A\n", ""),)),
        lambda: Env(variables=(("A", "a\nRUN id"),)),
        lambda: Env(variables=(("A", "a\r"),)),
        lambda: PathEnv(before=(), after=()),
        lambda: PathEnv(before=("bin",)),
        lambda: PathEnv(before=("/a:/b",)),
        lambda: Workdir(path="app"),
        lambda: Workdir(path="/app\nRUN id"),
        lambda: User(user="a b"),
        lambda: User(user="$USER"),
        lambda: User(user="0:0:0"),
        lambda: Expose(ports=()),
        lambda: Expose(ports=("80 90",)),
        lambda: Volume(paths=()),
        lambda: Volume(paths=("data",)),
        lambda: Volume(paths=("/data ",)),
        lambda: Label(pairs=()),
        lambda: Label(pairs=(("", "a"),)),
        lambda: Label(pairs=(("a=b", "c"),)),
        lambda: Label(pairs=(("a", "b\nRUN id"),)),
        lambda: Entrypoint(argv=("a\0",)),
        lambda: Cmd(argv=("\udfff",)),
        lambda: Healthcheck(argv=()),
        lambda: Healthcheck(argv=("a",), interval="30"),
        lambda: Healthcheck(argv=("a",), timeout="30s --x"),
        lambda: Healthcheck(argv=("a",), start_period=""),
        lambda: Healthcheck(argv=("a",), retries=0),
        lambda: Healthcheck(argv=None, retries=1),
        lambda: StopSignal(signal="SIGTERM\nRUN id"),
        lambda: StopSignal(signal=""),
        lambda: Comment(text="\0"),
        lambda: BindMount(source="a,from=b", target="/a"),
        lambda: BindMount(source="a", target="/a b"),
        lambda: BindMount(source="a", target="/a", from_stage="$x"),
        lambda: CacheMount(target="/a", id='"'),
        lambda: SecretMount(id=""),
        lambda: SecretMount(id="a", target="/a\n"),
        lambda: CacheMount(target="$HOME", id="a"),
    ],
)
def test_what_could_become_more_than_its_field_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(Invalid) as refused:
        make()
    assert "\n" not in refused.value.message


def test_an_instruction_is_a_value() -> None:
    assert Env(variables=(("A", "1"),)) == Env(variables=(("A", "1"),))
    assert len({User(user="0"), User(user="0"), User(user="1")}) == 2


def test_all_names_every_instruction_and_mount() -> None:
    classes = {one.__name__ for one in (*get_args(Instruction), *get_args(Mount))}
    assert set(instructions.__all__) == classes | {"Instruction", "Mount"}
    assert all(inspect.getdoc(getattr(instructions, name)) for name in classes)
