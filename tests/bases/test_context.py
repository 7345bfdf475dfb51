"""The context of a Dockerfile of the project: what is of it, and what its digest tells."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lading.bases import read_context
from lading.errors import ImageError
from lading.grammar.dockerfile_base import DockerfileBase

if TYPE_CHECKING:
    from pathlib import Path

BASE = DockerfileBase.of("docker/Dockerfile")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "docker" / "sub").mkdir(parents=True)
    (tmp_path / "docker" / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "docker" / ".dockerignore").write_text("*.log\n")
    (tmp_path / "docker" / "sub" / "a b.txt").write_text("a")
    (tmp_path / "other.txt").write_text("b")
    return tmp_path


def refusal(base: DockerfileBase, project: Path) -> str:
    with pytest.raises(ImageError) as error:
        read_context(base, project)
    return str(error.value)


def test_it_is_the_folder_with_what_an_engine_reads_of_it(project: Path) -> None:
    found = read_context(BASE, project)
    assert [one.path for one in found.files] == [".dockerignore", "Dockerfile", "sub/a b.txt"]
    whole = read_context(DockerfileBase.of("docker/Dockerfile", context="."), project)
    assert "other.txt" in [one.path for one in whole.files]
    assert "docker/Dockerfile" in [one.path for one in whole.files]


def test_what_is_built_from_it_is_kept_and_what_no_project_consists_of_is_not(
    project: Path,
) -> None:
    before = read_context(BASE, project).digest
    for name in (".git/HEAD", "__pycache__/a.pyc", "node_modules/x.js", ".venv/pyvenv.cfg"):
        path = project / "docker" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    (project / "docker" / "lading.lock").write_text("x")
    assert read_context(BASE, project).digest == before
    (project / "docker" / "dist").mkdir()
    (project / "docker" / "dist" / "own-1.0-py3-none-any.whl").write_text("x")
    assert read_context(BASE, project).digest != before


def test_each_change_is_another_digest(project: Path) -> None:
    file = project / "docker" / "sub" / "a b.txt"
    digests = [read_context(BASE, project).digest]
    file.write_text("b")
    digests.append(read_context(BASE, project).digest)
    file.chmod(0o755)
    digests.append(read_context(BASE, project).digest)
    file.rename(file.with_name("c"))
    digests.append(read_context(BASE, project).digest)
    assert len(set(digests)) == 4


def test_what_is_not_there_is_named_with_what_is(project: Path) -> None:
    assert refusal(DockerfileBase.of("docker/Dockrfile"), project).splitlines() == [
        "base image dockerfile:docker/Dockrfile: there is no docker/Dockrfile",
        'hint: did you mean "docker/Dockerfile"?',
    ]
    assert "there is no nowhere" in refusal(DockerfileBase.of("nowhere/Dockerfile"), project)
    assert "not a folder" in refusal(DockerfileBase.of("other.txt/Dockerfile"), project)


def test_what_leaves_the_project_is_refused(project: Path) -> None:
    (project / "docker" / "out").symlink_to("/etc/passwd")
    assert "docker/out is a link that leaves the project" in refusal(BASE, project)
    (project / "docker" / "out").unlink()
    (project / "elsewhere").symlink_to("/etc")
    assert "leaves the project" in refusal(DockerfileBase.of("elsewhere/Dockerfile"), project)


def test_what_is_no_file_is_refused_and_not_waited_for(project: Path) -> None:
    (project / "docker" / "Dockerfile").unlink()
    os.mkfifo(project / "docker" / "Dockerfile")
    assert "docker/Dockerfile is neither a file, a folder nor a link" in refusal(BASE, project)


STAGES = """\
# syntax=docker/dockerfile:1
# escape=\\
ARG TAG=3.11
FROM --platform=$BUILDPLATFORM python:$TAG AS Build
RUN <<EOF
echo a line that ends in a backtick `
EOF
from scratch \\
  # a comment between

  as   run-time.1
FROM run-time.1
"""


def targeting(project: Path, text: str, target: str, name: str = "Dockerfile") -> None:
    (project / "docker" / name).write_text(text)
    read_context(DockerfileBase.of(f"docker/{name}", target=target), project)


@pytest.mark.parametrize("target", ["Build", "build", "RUN-TIME.1", "0", "2", "02"])
def test_a_target_is_a_stage_by_name_in_any_case_or_by_number(project: Path, target: str) -> None:
    targeting(project, STAGES, target)
    targeting(project, STAGES.replace("\n", "\r\n"), target)
    targeting(project, "\ufeff" + STAGES, target)


@pytest.mark.parametrize(
    ("target", "text", "hint"),
    [
        ("biuld", STAGES, 'did you mean "Build"?'),
        ("nope", STAGES, "it has Build, run-time.1"),
        ("3", STAGES, "it has Build, run-time.1"),
        ("nope", "FROM a\nFROM b\n", "its stages have no names, but numbers: 0 to 1"),
        (
            "nope",
            "FROM a AS\n#FROM b AS nope\nRUN x FROM c AS nope",
            "leave target out: it has one stage",
        ),
        ("other", "FROM a \\\nFROM b AS c", "it has c"),
        ("nope", "FROM a AS \x1b[31m\nFROM b AS c\n", "it has c"),
        ("9" * 5000, STAGES, "it has Build, run-time.1"),
    ],
)
def test_a_target_that_is_no_stage_is_refused(
    project: Path, target: str, text: str, hint: str
) -> None:
    with pytest.raises(ImageError) as error:
        targeting(project, text, target)
    (problem,) = error.value.problems
    assert problem.message.startswith("base image dockerfile:docker/Dockerfile: it has no stage ")
    assert target[:20] in problem.message
    assert hint in (problem.hint or "")


@pytest.mark.parametrize(
    "text",
    [
        "# syntax=example.test/other:1\nFROM a\n",
        "#!/usr/bin/env other\n# syntax = example.test/other:1\nFROM a\n",
        "// syntax=example.test/other:1\nFROM a\n",
        '{"syntax": "example.test/other:1"}\n',
        "",
    ],
)
def test_what_another_frontend_reads_is_left_to_it(project: Path, text: str) -> None:
    targeting(project, text, "nope")


def test_what_is_preprocessed_is_left_to_the_engine(project: Path) -> None:
    targeting(project, '#include "stages"\nFROM a\n', "nope", name="Dockerfile.in")
    words = {"BUILDKIT_SYNTAX": "example.test/other:1"}
    base = DockerfileBase.of("docker/Dockerfile", target="nope", build_args=words)
    assert read_context(base, project).files


def test_the_directive_says_what_continues_a_line(project: Path) -> None:
    targeting(project, "# escape=`\nFROM a `\n AS b\nRUN dir c:\\\nFROM c AS d\n", "b")
    targeting(project, "# escape=`\nFROM a `\n AS b\nRUN dir c:\\\nFROM c AS d\n", "d")
    targeting(project, "FROM a\nRUN echo `date`\nFROM c AS d\n", "d")
