"""One image with every kind of step, built by each engine: what its words have become inside."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from building.workshop import EACH_ENGINE, content_of, occurrences, write_project
from lading import process

if TYPE_CHECKING:
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = [pytest.mark.long, pytest.mark.network]

# R4: bytes that a Dockerfile, a shell or Go's lexer might act on.
NASTY = {
    "DOLLAR": "$HOME ${HOME} $(id) `id` $$",
    "QUOTES": "it's \"quoted\" '\"' ",
    "BACKSLASHES": "a\\b \\n \\\\ \\$x \\'",
    "TRAILING": "ends in \\",
    "HASH": "#no comment # at all",
    "EQUALS": "a=b==c",
    "SPACES": "  two  and  two  ",
    "TAB": "a\tb",
    "UNICODE": "naïve 東京 🍣 \u2028 \xa0",
    "EMPTY": "",
    "HEREDOC": "<<EOF",
    "BRACKETS": '["a", "b"]',
}

# R6: what `sh -c` makes of each is what the image must hold.
COMMANDS = {
    "hash": "echo a # b > /out/no\necho 'a # b' >/out/hash",
    "lines": "for i in 1 2\ndo\n  echo $i\ndone > /out/lines",
    "and": "false && echo no > /out/and || echo yes > /out/and",
    "continued": "echo one \\\n  two > /out/continued",
    "trailing": "echo x > /out/trailing; echo \\",
    "quotes": 'echo "a \'b\' \\"c\\" \\$HOME $((1+2))" > /out/quotes',
    "heredoc": "cat <<'EOF' > /out/heredoc\nRUN id $HOME\nEOF",
    "json": '[ -d /out ] && echo ["a", 1] > /out/json',
    "pipeline": "printf 'b\\na\\n' | sort | tr '\\n' , > /out/pipeline",
    "dollar": "x=5; echo ${x} ${y-unset} > /out/dollar",
}

SCRIPT = '#!/bin/sh\r\nset -eu\r\nprintf "%s|" "$@" > /out/script\r\n'

NOTE = 'it\'s "here" $HOME \\'

SECRETS = "test -s /run/secrets/A && cat /run/secrets/B | wc -c > /out/secrets"
SECRET_A = "first-secret-1f0c"  # noqa: S105 - what must be nowhere in the image
SECRET_B = "second-secret-77aa"  # noqa: S105


def described() -> str:
    runs = "".join(f"\n    .run({command!r})" for command in COMMANDS.values())
    return f"""Image(distro="debian:bookworm", python_version="3.11")
    .system_packages("tini")
    .run("mkdir /out"){runs}
    .run_script("set up.sh", "one", "two words", "$HOME", "it's", "")
    .run({SECRETS!r}, secrets=["A", "B"])
    .run("ls /run/secrets > /out/no-secrets 2>&1 || true")
    .python_packages("iniconfig==2.0.0")
    .run("python -c 'import iniconfig, sys; print(sys.prefix)' > /out/first")
    .python_packages("attrs==24.2.0")
    .run("python -c 'import iniconfig, attr, sys; print(sys.prefix)' > /out/second")
    .env({NASTY!r})
    .run('printf "%s" "$QUOTES" > /out/quotes-at-build')
    .build_include("data", "*.txt")
    .build_include("my notes")
    .volume("/data")
    .label({{"org.example.note": {NOTE!r}}})
    .entrypoint("tini", "--")
    .cmd("env", "-0")"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kitchen:
    """The project, and the images of it that there are.

    Attributes:
        tags: By engine.
        said: What Lading and the engine said, by tag.
    """

    workshop: Workshop
    engines: dict[str, Engine]
    base: str
    project: Path
    tags: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    def image(self, engine: str) -> str:
        """The image's tag, built where that was not done before."""
        if engine not in self.tags:
            tag = self.engines[engine].tag(f"kitchen-{engine}")
            secrets = ("--secret", "id=A,env=SECRET_A", "--secret", "id=B,src=b-secret")
            done = self.workshop.build(
                self.project, *secrets, engine=engine, base=self.base, tag=tag, SECRET_A=SECRET_A
            )
            self.tags[engine] = tag
            self.said[tag] = done.stdout + done.stderr
        return self.tags[engine]


@pytest.fixture(scope="session")
def kitchen(
    workshop: Workshop,
    engines: dict[str, Engine],
    base: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Kitchen:
    folder = tmp_path_factory.mktemp("kitchen @ süd")
    project = write_project(folder, described())
    (project / "set up.sh").write_bytes(SCRIPT.encode())
    (project / "data" / "deep er").mkdir(parents=True)
    (project / "data" / "deep er" / "[x] $y.csv").write_text("1,2\n")
    (project / "a b.txt").write_text("text\n")
    (project / "my notes").mkdir()
    (project / "my notes" / "# one").write_text("note\n")
    (project / "b-secret").write_text(SECRET_B)

    return Kitchen(workshop=workshop, engines=engines, base=base, project=project)


@pytest.fixture
def image(name: str, kitchen: Kitchen) -> str:
    return kitchen.image(name)


READ_ALL = """
import json, pathlib
print(json.dumps({file.name: file.read_text() for file in pathlib.Path("/out").iterdir()}))
"""


def outputs(engine: Engine, image: str) -> dict[str, str]:
    told = engine.output_of(image, "python", "-c", READ_ALL)
    found: dict[str, str] = json.loads(told)
    return found


@pytest.fixture
def written(engine: Engine, image: str) -> dict[str, str]:
    return outputs(engine, image)


def meant(command: str, folder: Path) -> str:
    """What the command writes where a shell runs it, with a folder of the test's for /out."""
    done = process.run(("sh", "-c", command.replace("/out", str(folder))), env=os.environ)
    assert done.returncode == 0, done.stderr
    (file,) = folder.iterdir()
    return file.read_text()


@EACH_ENGINE
def test_r4_an_environment_value_arrives_byte_for_byte(engine: Engine, image: str) -> None:
    told = engine.output_of(image)
    arrived = dict(entry.split("=", 1) for entry in told.split("\0") if entry)
    assert {name: arrived.get(name) for name in NASTY} == NASTY


@EACH_ENGINE
def test_r4_a_step_sees_the_same_value(written: dict[str, str]) -> None:
    assert written["quotes-at-build"] == NASTY["QUOTES"]


@EACH_ENGINE
def test_r6_a_command_means_what_a_shell_makes_of_it(
    written: dict[str, str], tmp_path: Path
) -> None:
    for name, command in COMMANDS.items():
        folder = tmp_path / name
        folder.mkdir()
        assert written[name] == meant(command, folder), command


@EACH_ENGINE
def test_r45_a_script_with_crlf_gets_its_arguments_as_they_are(written: dict[str, str]) -> None:
    assert written["script"] == "one|two words|$HOME|it's||"


@EACH_ENGINE
def test_r31_a_step_sees_the_secrets_that_it_names_and_no_other_step_does(
    written: dict[str, str],
) -> None:
    assert written["secrets"].strip() == str(len(SECRET_B))
    assert SECRET_A not in written["no-secrets"]
    assert written["no-secrets"].strip() in {
        "",
        "ls: cannot access '/run/secrets': No such file or directory",
    }


@EACH_ENGINE
def test_r30_a_secret_is_nowhere_in_the_image(
    engine: Engine, image: str, kitchen: Kitchen, tmp_path: Path
) -> None:
    assert occurrences(engine, image, (SECRET_A, SECRET_B), tmp_path) == []
    assert SECRET_A not in kitchen.said[image]


@EACH_ENGINE
def test_r37_packages_command_packages_are_one_environment(written: dict[str, str]) -> None:
    assert written["first"] == written["second"] == "/opt/venv\n"


@EACH_ENGINE
def test_r5_files_keep_their_names(engine: Engine, image: str) -> None:
    told = engine.output_of(image, "sh", "-c", "cd /app && find . -type f | sort")
    assert told.splitlines() == ["./a b.txt", "./data/deep er/[x] $y.csv", "./my notes/# one"]


@EACH_ENGINE
def test_a_volume_is_writable_and_the_label_is_as_written(engine: Engine, image: str) -> None:
    options = ("--user", "12345:0")
    engine.output_of(image, "sh", "-c", "touch /data/x", options=options)
    config = engine.inspect(image)["Config"]
    assert config["Labels"]["org.example.note"] == NOTE
    assert config["Entrypoint"] == ["tini", "--"]


@EACH_ENGINE
def test_r40_nothing_is_left_of_mounts_but_an_empty_folder(
    engine: Engine, image: str, tmp_path: Path
) -> None:
    content = content_of(engine, image, tmp_path)
    # The secrets' folder is where every engine puts it, and the two that make it leave it.
    left = {path for path in content if path.startswith("/run/")} - {"/run/lock"}
    assert left <= {"/run/secrets"}
    assert not [path for path in content if path.startswith(("/mnt/", "/media/", "/srv/"))]
