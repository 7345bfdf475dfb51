"""One image with every kind of step, built by each engine: what its words have become inside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from building.workshop import content_of, write_project


if TYPE_CHECKING:
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = pytest.mark.network

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
    "hash": "echo a # b > /out/hash-comment\necho 'a # b' >/out/hash",
    "lines": "for i in 1 2\ndo\n  echo $i\ndone > /out/lines",
    "and": "false && echo no > /out/and || echo yes > /out/and",
    "continued": "echo one \\\n  two > /out/continued",
    "trailing": "echo x > /out/trailing; echo \\",
    "quotes": "echo \"a 'b' \\\"c\\\" \\$HOME $((1+2))\" > /out/quotes",
    "heredoc": "cat <<'EOF' > /out/heredoc\nRUN id $HOME\nEOF",
    "json": '[ -d /out ] && echo ["a", 1] > /out/json',
    "pipeline": "printf 'b\\na\\n' | sort | tr '\\n' , > /out/pipeline",
    "dollar": "x=5; echo ${x} ${y-unset} > /out/dollar",
}

SCRIPT = '#!/bin/sh\r\nset -eu\r\nprintf "%s|" "$@" > /out/script\r\n'

SECRETS = "test -s /run/secrets/A && cat /run/secrets/B | wc -c > /out/secrets"
SECRET_A = "first-secret-1f0c"  # noqa: S105 - what must be nowhere in the image
SECRET_B = "second-secret-77aa"  # noqa: S105

EACH_ENGINE = pytest.mark.parametrize(
    "name",
    [
        pytest.param("docker", marks=pytest.mark.engine("docker")),
        pytest.param("podman", marks=pytest.mark.engine("podman")),
        pytest.param("buildah", marks=pytest.mark.engine("buildah", "podman")),
    ],
)


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
    .label({{"org.example.note": "it's \\"here\\" $HOME \\\\"}})
    .entrypoint("tini", "--")
    .cmd("env", "-0")"""


@pytest.fixture(scope="session")
def kitchen(
    workshop: Workshop,
    engines: dict[str, Engine],
    base: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """The image's tag by the engine's name, once it is built."""
    folder = tmp_path_factory.mktemp("kitchen @ süd")
    project = write_project(folder, described())
    (project / "set up.sh").write_bytes(SCRIPT.encode())
    (project / "data" / "deep er").mkdir(parents=True)
    (project / "data" / "deep er" / "[x] $y.csv").write_text("1,2\n")
    (project / "a b.txt").write_text("text\n")
    (project / "my notes").mkdir()
    (project / "my notes" / "# one").write_text("note\n")
    (project / "b-secret").write_text(SECRET_B)

    class Built(dict[str, str]):
        def __missing__(self, engine: str) -> str:
            self[engine] = tag = engines[engine].tag(f"kitchen-{engine}")
            secrets = ("--secret", "id=A,env=SECRET_A", "--secret", "id=B,src=b-secret")
            workshop.build(project, *secrets, engine=engine, base=base, tag=tag, SECRET_A=SECRET_A)
            return tag

    return Built()


@pytest.fixture
def image(name: str, kitchen: dict[str, str]) -> str:
    return kitchen[name]


@pytest.fixture
def engine(name: str, engines: dict[str, Engine]) -> Engine:
    return engines[name]


def outputs(engine: Engine, image: str) -> dict[str, str]:
    code = "import json, pathlib as p; print(json.dumps({f.name: f.read_text() for f in p.Path('/out').iterdir()}))"
    told = engine.output_of(image, "python", "-c", code)
    found: dict[str, str] = json.loads(told)
    return found


@EACH_ENGINE
def test_all(engine: Engine, image: str) -> None:
    print(outputs(engine, image))
    told = dict(line.split("=", 1) for line in engine.output_of(image).split("\0") if line)
    print({name: (NASTY[name], told.get(name)) for name in NASTY if told.get(name) != NASTY[name]})
    print(engine.inspect(image)["Config"])
    print(engine.output_of(image, "find", "/app", "/data", "/run", "-ls"))
    assert 0
