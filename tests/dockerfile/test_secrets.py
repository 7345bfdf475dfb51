"""Secrets: in the steps that name them, for the whole of their commands, and nowhere else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import pytest

from dockerfile.parseback import argv, parse
from dockerfile.recipes import frozen, installs, replaced
from lading import process
from lading.info import ContextFile, InstallPython, RunCommand, RunScript, SecretUse
from shells import SHELLS

if TYPE_CHECKING:
    from pathlib import Path

    from dockerfile.parseback import Parsed
    from lading.info import ImageInfo, Step

HF = SecretUse(id="HF", variable="HF_TOKEN", version="2")
VALUE = "s3cr3t with 'quotes' and $HOME"

LIST = 'echo one && echo "$HF_TOKEN" | tr a-z A-Z'
LINES = 'if true\nthen\n    echo "$HF_TOKEN" # said\nfi'


def runs(text: str) -> list[Parsed]:
    return [one for one in parse(text) if one.kind == "RUN"]


def with_steps(*steps: Step) -> ImageInfo:
    return replaced(frozen("minimal", "debian:bookworm"), steps)


def last_script(info: ImageInfo, folder: Path) -> str:
    """The last command as a shell gets it, with the secrets in a folder of the test."""
    script = argv(runs(info.dockerfile)[-1].rest)[2]
    return script.replace("/run/secrets", str(folder)).replace(". /run/ca-bundle.sh; ", "")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("command", "said"),
    [
        (LIST, f"one\n{VALUE.upper()}\n"),
        (LINES, f"{VALUE}\n"),
        ("false; sh -c 'echo \"$HF_TOKEN\"'", f"{VALUE}\n"),
        ("false | env | grep -c '^HF_TOKEN='", "1\n"),
    ],
)
def test_a_variable_is_there_for_every_part_of_a_command(  # CASES R31
    shell: tuple[str, ...], command: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "HF").write_text(f"{VALUE}\n")
    script = last_script(with_steps(RunCommand(command=command, secrets=(HF,))), tmp_path)
    done = process.run((*shell, "-c", script), env={"PATH": os.environ["PATH"]}, timeout=20)
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")


@pytest.mark.parametrize("shell", SHELLS)
def test_nothing_is_run_without_the_secret(shell: tuple[str, ...], tmp_path: Path) -> None:
    script = last_script(with_steps(RunCommand(command="echo ran", secrets=(HF,))), tmp_path)
    done = process.run((*shell, "-c", script), env={"PATH": os.environ["PATH"]}, timeout=20)
    assert (done.returncode, done.stdout) == (1, "")


def test_a_script_is_given_the_variable_too() -> None:  # CASES R31
    file = ContextFile(path="scripts/0.sh", sha256="0" * 64, size=1, executable=True)
    info = with_steps(RunScript(script=file, arguments=("a b",), secrets=(HF,)))
    run = runs(info.dockerfile)[-1]
    assert run.rest == (
        ": 'secret HF version 2'; . /run/ca-bundle.sh; "
        'HF_TOKEN="$(cat /run/secrets/HF)" || exit 1; export HF_TOKEN; '
        "/run/0.sh 'a b'"
    )
    assert "--mount=type=secret,id=HF,required=true" in run.flags


def test_a_version_is_the_first_word_of_its_run_and_changes_that_run_alone() -> None:  # CASES R32
    other = RunCommand(command="true", secrets=(SecretUse(id="OTHER"),))
    before, after = (
        with_steps(
            RunCommand(command="fetch", secrets=(SecretUse(id="HF", version=version),)), other
        ).dockerfile
        for version in ("1", "2")
    )
    changed = [
        (one, two) for one, two in zip(parse(before), parse(after), strict=True) if one != two
    ]
    ((one, two),) = changed
    assert one.rest.startswith(": 'secret HF version 1'; ")
    assert two.rest == one.rest.replace("version 1", "version 2")


def test_a_secret_that_is_used_twice_is_mounted_once() -> None:
    twice = (HF, SecretUse(id="HF", variable="TOKEN", version="2"))
    run = runs(with_steps(RunCommand(command="true", secrets=twice)).dockerfile)[-1]
    assert [flag for flag in run.flags if "id=HF" in flag] == [
        "--mount=type=secret,id=HF,required=true"
    ]
    assert run.rest.count("version 2") == 1
    assert run.rest.count("export ") == 2


def test_an_installation_has_its_secrets_while_installing_and_compiling() -> None:  # CASES R31
    info = frozen("compiled", "debian:bookworm")
    (install,) = installs(info)
    steps = tuple(
        msgspec.structs.replace(step, secrets=(HF,)) if step is install else step
        for step in info.steps
    )
    having: list[str] = []
    lacking: list[str] = []
    for run in runs(replaced(info, steps).dockerfile):
        text = " ".join(argv(run.rest)[2].split())
        (having if any("id=HF" in flag for flag in run.flags) else lacking).append(text)
    assert len(having) == 5  # three sources, one of which is cloned first, and the installation
    for text in having:
        cloned = "git clone" in text
        named = text if cloned else text.partition(" && ")[2]  # after the digest of its inputs
        assert named.startswith(
            ": 'secret HF version 2' && HF_TOKEN=\"$(cat /run/secrets/HF)\" && export HF_TOKEN && "
        )
        assert "/run/uv" in text or cloned
    assert not any("/run/uv" in text for text in lacking)


@pytest.mark.parametrize("vendored", [True, False])
def test_a_key_is_there_for_the_cloning_alone(vendored: bool) -> None:  # noqa: FBT001
    info = frozen("sources", "debian:bookworm")
    (over_ssh,) = installs(info)
    key = SecretUse(id="deploy_key", version="3")
    steps = (msgspec.structs.replace(over_ssh, secrets=(HF, key)),)
    text = msgspec.structs.replace(replaced(info, steps), vendored=vendored).dockerfile
    keyed = [run for run in runs(text) if "deploy_key" in f"{run.flags} {run.rest}"]
    assert [("git clone" in run.rest) for run in keyed] == ([] if vendored else [True])
    assert all("-i /run/secrets/HF" not in run.rest for run in keyed)
    # What is a variable is meant for the packages.
    for compiling in (run for run in runs(text) if "uv build" in run.rest):
        assert any("id=HF," in flag for flag in compiling.flags)
    assert "type=ssh" not in text


def test_without_a_key_the_agent_is_there_for_the_cloning_alone() -> None:
    info = frozen("sources", "debian:bookworm")
    (over_ssh,) = installs(info)
    text = replaced(info, (msgspec.structs.replace(over_ssh, secrets=(HF,)),)).dockerfile
    (cloning,) = (run for run in runs(text) if "type=ssh" in f"{run.flags}")
    assert "git clone" in cloning.rest
    assert "uv build" not in cloning.rest


def test_no_other_step_sees_a_secret() -> None:
    text = frozen("private", "debian:bookworm").dockerfile
    for name, words in (
        ("CORP_TOKEN", "uv pip install"),
        ("LICENCE", "uv pip install"),
        ("HF", "fetch | tar"),
        ("KEY", ".sh"),
    ):
        having = [run for run in runs(text) if any(f"id={name}," in flag for flag in run.flags)]
        assert len(having) == 1
        assert words in having[0].rest


def test_a_step_without_packages_asks_for_no_login() -> None:
    info = with_steps(InstallPython())
    assert "type=secret,id=ca-bundle" in info.dockerfile
    assert "required=true" not in info.dockerfile
