from __future__ import annotations

import subprocess

import pytest

from lading.dockerfile.andlist import unjoinable

JOINABLE = [
    "apt-get update",
    "a && b",
    "a | b",
    "! a",
    "{ a || b; }",
    "(a; b)",
    "if a; then b; else c; fi",
    "for x in a b; do echo $x; done",
    "while a; do b & done",
    "echo 'a; b' \"c || d\" e\\;f",
    "echo a#b '#' \\#",
    "echo $((1 + 2)) $(a; b)",
    "a 2>&1 >/dev/null </dev/null",
    "X=1 a",
    "echo fi done }",
]
UNJOINABLE = [
    "",
    " a",
    "a ",
    "a; b",
    "a;",
    "a & b",
    "a &",
    "a || b",
    "a &&",
    "&& a",
    "a |",
    "a # b",
    "#",
    "echo 'a",
    'echo "a',
    "echo \\",
    "{ a",
    "a }; }",
    "a)",
    "fi",
    "if a; then b",
    "if a; then b; fi || c",
    "cat <<EOF",
    "a &> b",
]


@pytest.mark.parametrize("command", JOINABLE)
def test_a_pipeline_or_a_group_can_be_joined(command: str) -> None:
    assert unjoinable(command) is None


@pytest.mark.parametrize("command", JOINABLE)
def test_what_can_be_joined_is_shell_when_joined(command: str) -> None:
    script = f"false && {command} && echo reached"
    ran = subprocess.run(
        ["/bin/sh", "-c", script], check=False, capture_output=True, text=True, timeout=10
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", "")


@pytest.mark.parametrize("command", UNJOINABLE)
def test_what_would_change_its_neighbours_is_refused(command: str) -> None:
    assert unjoinable(command)
