"""R43: what older builders build is what BuildKit builds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from building.sources import publish, serving, wheel
from building.workshop import DOCKER_AND_BUILDAH, content_of, write_project
from dockerfile.parseback import parse

if TYPE_CHECKING:
    from pathlib import Path

    from building.workshop import Entry, Workshop
    from engine_support import Engine

pytestmark = [pytest.mark.long, pytest.mark.network]

# The index is this machine's own: the classic dialect hands a build no certificate authorities.
IMAGE = """Image(distro="debian:bookworm", python_version="3.11")
    .index("{url}/simple", packages=["first", "second"])
    .system_packages("hello")
    .python_packages("wheels/ours-1.0-py3-none-any.whl", "first", "./libs/folded")
    .run("mkdir /out && python -c 'import ours; print(ours.ANSWER)' > /out/first")
    .python_packages("second")
    .run_script("set-up.sh", "it's", "two words")
    .env(A="it's $HOME", PATH="/opt/x:$PATH")
    .build_include("data", "server.py")
    .build_include("data", to="/srv/more")
    .volume("/state")
    .label({"org.example.note": "a 'note'"})
    .healthcheck("true")
    .cmd("python", "server.py")"""
SCRIPT = "#!/bin/sh\nset -eu\nprintf '%s|' \"$@\" > /out/script\n"
# A source whose build needs nothing from an index: what compiles it is a part of it (PEP 517).
FOLDED = {
    "pyproject.toml": """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "folded"
version = "1.0"
""",
    "backend.py": """\
import shutil, subprocess, zipfile

FILES = {
    "folded-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: folded\\nVersion: 1.0\\n",
    "folded-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nTag: py3-none-any\\n"
    "Root-Is-Purelib: true\\n",
    "folded-1.0.dist-info/RECORD": "folded.py,,\\nfolded-1.0.dist-info/RECORD,,\\n",
}

def build_wheel(folder, config_settings=None, metadata_directory=None):
    subprocess.run(["gcc", "--version"], check=True)
    name = "folded-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("folded.py", f"ANSWER = {bool(shutil.which('gcc'))}\\n")
        for path, text in FILES.items():
            wheel.writestr(path, text)
    return name
""",
}
SERVER = "import first, folded, ours, second\nprint(ours.ANSWER)\n"

# What a mount leaves (an empty folder), and what buildah takes away because a mount was there (its
# issue 4927; apt's lock among it): no part of what was asked for.
MOUNTED = re.compile(r"/run/secrets|/mnt|/media|/var/cache/apt(?:/archives(?:/partial|/lock)?)?")


def settings(engine: Engine, image: str) -> dict[str, object]:
    config = engine.inspect(image)["Config"]
    kept = ("Env", "Cmd", "Entrypoint", "User", "WorkingDir", "Labels", "Volumes", "ExposedPorts")
    found = {name: config.get(name) or None for name in kept}
    labels = found["Labels"] or {}
    assert isinstance(labels, dict)
    # Buildah names itself in a label of each image.
    found["Env"] = sorted(config["Env"])
    found["Labels"] = {name: word for name, word in labels.items() if "buildah" not in name}
    return found


def differing(one: dict[str, Entry], other: dict[str, Entry]) -> dict[str, object]:
    return {
        path: (one.get(path), other.get(path))
        for path in sorted(one.keys() | other.keys())
        if one.get(path) != other.get(path) and not MOUNTED.fullmatch(path)
    }


@DOCKER_AND_BUILDAH
def test_r43_both_dialects_give_the_same_files_and_settings(
    *, name: str, workshop: Workshop, base: str, engine: Engine, tmp_path: Path
) -> None:
    root = tmp_path / "served"
    for package in ("first", "second"):
        publish(root, wheel(root / "made", package, "ANSWER = 1\n"))
    with serving(root) as url:
        made = both(name, workshop, base, engine, project_of(tmp_path / "project", url))
    buildkit, classic = ((content_of(engine, tag, tmp_path), settings(engine, tag)) for tag in made)
    assert differing(buildkit[0], classic[0]) == {}
    assert buildkit[1] == classic[1]
    assert "/opt/venv/lib/python3.11/site-packages/ours.py" in buildkit[0]
    assert any(path.endswith(".pyc") and "/ours." in path for path in classic[0])
    # What was compiled is there, and nothing of what it was compiled with.
    assert "/opt/venv/lib/python3.11/site-packages/folded.py" in classic[0]
    assert not {"/usr/bin/gcc", "/usr/bin/make", "/wheels", "/src"} & classic[0].keys()


def project_of(folder: Path, url: str) -> Path:
    project = write_project(folder, IMAGE.replace("{url}", url), server__py=SERVER)
    (project / "set-up.sh").write_text(SCRIPT)
    (project / "data").mkdir()
    (project / "data" / "x y.txt").write_text("x")
    (project / "data" / "tool").write_text("#!/bin/sh\n")
    (project / "data" / "tool").chmod(0o755)
    wheel(project / "wheels", "ours", "ANSWER = 42\n")
    (project / "libs" / "folded").mkdir(parents=True)
    for file, text in FOLDED.items():
        (project / "libs" / "folded" / file).write_text(text)
    return project


def both(name: str, workshop: Workshop, base: str, engine: Engine, project: Path) -> list[str]:
    """The project's image in both dialects."""
    made = []
    for dialect in ("buildkit", "classic"):
        tag = engine.tag(f"dialect-{dialect}-{name}")
        # The builder of docker that knows no mounts, where none are asked of it.
        classic = {"DOCKER_BUILDKIT": "0"} if dialect == "classic" else {}
        options = ("--dialect", dialect)
        workshop.build(
            project, *options, engine=name, base=base, tag=tag, network="host", **classic
        )
        (dockerfile,) = (project / ".lading").rglob("Dockerfile")
        flags = [flag for one in parse(dockerfile.read_text()) for flag in one.flags]
        assert any("--mount" in flag for flag in flags) == (dialect == "buildkit")
        assert engine.output_of(tag).split() == ["42"]
        made.append(tag)
    return made
