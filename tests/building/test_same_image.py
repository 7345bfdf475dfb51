"""The law: docker's image from the Dockerfile, and the one assembled directly, are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assembly.tiny import wheel_of
from building.twins import configuration, content, installed, taken
from building.workshop import write_project
from lading.oci import validate

if TYPE_CHECKING:
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = [pytest.mark.long, pytest.mark.network, pytest.mark.engine("docker")]

_IMAGE = 'Image(distro="debian:bookworm", python_version="3.11")'

WHEELS = {
    "tools-1.0-py3-none-any.whl": wheel_of(
        "tools",
        "1.0",
        {
            "tools/__init__.py": "def main():\n    print('tools')\n",
            "tools/data/table.csv": "a,b\n" * 500,
            "tools/empty.py": "",
            "data/scripts/plain.sh": "#!/bin/sh\necho plain\n",
            "data/scripts/rewritten": "#!python\nprint('rewritten')\n",
            "data/data/share/tools/guide.txt": "read me\n",
            "data/data/etc/tools.conf": "x = 1\n",
            "data/headers/tools.h": "#define TOOLS 1\n",
            "data/purelib/tools_pure.py": "PURE = True\n",
            "data/platlib/tools_plat.py": "PLAT = True\n",
        },
        scripts="tools = tools:main\ntools-again = tools:main",
    ),
    "space_one-1.0-py3-none-any.whl": wheel_of(
        "space-one", "1.0", {"space/one/__init__.py": "1\n", "space/py.typed": ""}
    ),
    "space_two-2.0-py3-none-any.whl": wheel_of(
        "space-two", "2.0", {"space/two/__init__.py": "2\n", "space/py.typed": ""}
    ),
    "Mixed_Case-0.1-py3-none-any.whl": wheel_of(
        "Mixed-Case", "0.1", {"mixed.py": "# -*- coding: latin-1 -*-\n", "ünïcode.txt": "ü"}
    ),
}

_OURS = ", ".join(f'"./wheels/{name}"' for name in WHEELS)

CORPUS = {
    "scripts, data, headers and namespaces": f".python_packages({_OURS})",
    "without bytecode, with an entrypoint alone and a path of its own": f"""
    .python_packages({_OURS})
    .env(PATH="/only/this:/and/that")
    .entrypoint("tools")
    .replace(compile_bytecode=False)""",
    "compiled packages": """
    .python_packages("numpy==1.26.4", "markupsafe==2.1.5", "greenlet==3.1.1", "uvicorn==0.30.6")""",
    "files that replace each other": """
    .python_packages("./wheels/tools-1.0-py3-none-any.whl")
    .build_include("app")
    .build_include("other/server.py", to="/app/app")
    .build_include("app", to="/srv/a b/models")
    .build_include("app", to="/lib/lading")
    .build_include("other", to="/")
    .build_include("app", to="/tmp/x")""",
    "folders that a copy takes back": """
    .volume("/srv/app/deep", "/srv/app")
    .build_include("app", to="/")
    .build_include("app", to="/srv")
    .build_include("other/server.py")""",
    "models, and code around them": """
    .volume("/srv/models")
    .model("app/app", "other/etc", to="/srv/models", layer_size="1MB")
    .model("app/bin", "app/app")
    .python_packages("./wheels/tools-1.0-py3-none-any.whl")
    .build_include(".", exclude=["wheels", "lading.lock"])
    .build_include("other/server.py", to="/srv/models/other/etc")""",
    "files in the environment, and variables": r"""
    .env(A='say "$HOME" and \\', LANG="de_DE.UTF-8", PATH="$PATH:/last")
    .python_packages("./wheels/tools-1.0-py3-none-any.whl")
    .build_include("other", to="/opt/venv/lib64/python3.11/site-packages/own")
    .build_include("other/server.py", to="/opt/venv/share/tools")
    .env(PATH="/first:$PATH:/later", A="$A")
    .env(B="", C=" ", HOME="/somewhere")""",
    "how it is run": """
    .python_packages("./wheels/tools-1.0-py3-none-any.whl")
    .entrypoint("tools", "--it's")
    .cmd("a b", "$HOME")
    .label({"org.opencontainers.image.source": "https://git.example.test/x", "b": 'say "x"'})
    .expose(8000, "9000/udp")
    .volume("/data", "/var/lib/own", "/srv")
    .stop_signal("SIGINT")
    .healthcheck("tools", interval="1m30s", timeout="500ms", start_period="10s", retries=3)""",
    "another user elsewhere": """
    .python_packages("./wheels/tools-1.0-py3-none-any.whl")
    .user(4711, group=4712, name="server", home="/var/lib/server")
    .workdir("/work/deep/er")
    .build_include("app")""",
    "folders that others have": """
    .user(1001, home="/root")
    .workdir("/tmp")
    .volume("/opt", "/usr/local/share", "/var/tmp")
    .python_packages("./wheels/tools-1.0-py3-none-any.whl")
    .build_include("app")""",
    "system packages": """
    .system_packages("curl", "libgomp1", "libmagic1", "libglib2.0-0")
    .python_packages("./wheels/tools-1.0-py3-none-any.whl")""",
    "no packages": """.build_include("app").cmd("cat", "server.py")""",
}

# `Image.from_image` of the one, and then the other: each begins with all that is above it.
ON_ANOTHER = {
    "of one's own": (
        """
    .system_packages("libgomp1")
    .python_packages("./wheels/tools-1.0-py3-none-any.whl", "markupsafe==2.1.5")
    .env(A="1", PATH="/first:$PATH")
    .volume("/srv/app/deep")
    .build_include("app", to="/srv")
    .cmd("tools")""",
        """
    .system_packages("libmagic1")
    .python_packages("./wheels/space_one-1.0-py3-none-any.whl", "uvicorn==0.30.6")
    .volume("/data")
    .build_include("other/server.py", to="/srv/app")""",
    ),
    "as another user": (
        """
    .build_include("app")
    .user(4711, group=4712, name="server", home="/var/lib/server")""",
        """
    .python_packages("./wheels/tools-1.0-py3-none-any.whl")
    .user(4713, home="/srv/home")
    .workdir("/work/deep/er")
    .volume("/app/app/deep")
    .build_include("other")""",
    ),
}


# On nothing, the layers of the Dockerfile are made by the other generator's own code: what is
# compared is how engines unpack them, and all that is put on them.
ON_SCRATCH = {
    "wheels, system packages and folders": f"""
    Image(base_image="scratch", distro="debian:trixie")
    .system_packages("libgomp1", "git")
    .python_packages({_OURS}, "numpy==2.3.5")
    .user(4711, group=4712, name="server", home="/var/lib/server")
    .workdir("/work/deep/er")
    .volume("/data", "/var/run/own", "/tmp")
    .env(A="1", PATH="/first:$PATH")
    .model("app/app", "other", to="/lib/models")
    .build_include("app", to="/lib/lading")
    .build_include("app")
    .cmd("tools")""",
    "another release, with a shell": f"""
    Image(base_image="scratch", distro="debian:bookworm", shell=True, compile_bytecode=False)
    .python_packages({_OURS})
    .build_include("app")""",
    "packages alone": """
    Image(base_image="scratch", distro="debian:trixie").cmd("python3")""",
    "one on another": """
    Image.from_image(
        Image(base_image="scratch", distro="debian:trixie")
        .python_packages("./wheels/tools-1.0-py3-none-any.whl")
    )
    .system_packages("libgomp1")
    .python_packages("numpy==2.3.5")
    .user(4711, group=4712, name="server", home="/var/lib/server")
    .volume("/data")
    .build_include("app")
    .cmd("tools")""",
    "files alone": """
    Image(base_image="scratch").user(1001, name="own").build_include("app").cmd("/app/bin/run")""",
}


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    write_project(folder, request.param)
    files = {
        "app/server.py": b"print('server')\n",
        "app/bin/run": b"#!/bin/sh\necho run\n",
        "app/other/server.py": b"first, and then replaced\n",
        "app/app/deep/er/x.bin": bytes(range(256)) * 512,
        "other/server.py": b"#!/bin/sh\necho second\n",
        "other/etc/own.conf": b"x\n",
    }
    files |= {f"wheels/{name}": data for name, data in WHEELS.items()}
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o750 if data.startswith(b"#!") else 0o600)
    return folder


def assembled(workshop: Workshop, docker: Engine, project: Path, folder: Path, base: str) -> str:
    """The image of a project, made without an engine, as docker has it."""
    tag, archive = docker.tag("assembled"), folder / "image.tar"
    words = ("--engine", "oci", *based_on(base), "--media-types", "docker", "--tag", tag)
    done = workshop.lading("build", *words, "-o", f"docker-archive:{archive}", cwd=project)
    assert done.returncode == 0, done.stderr
    docker.run("load", "--input", str(archive))
    archive.unlink()
    check_valid(workshop, project, archive, base)
    return tag


def based_on(base: str) -> tuple[str, ...]:
    return ("--base-image", base) if base else ()


def check_valid(workshop: Workshop, project: Path, archive: Path, base: str) -> None:
    """The same image in OCI's own words is as the specification has it, to the last layer."""
    words = ("--engine", "oci", *based_on(base), "-o", f"oci-archive:{archive}")
    done = workshop.lading("build", *words, cwd=project)
    assert done.returncode == 0, done.stderr
    assert validate(archive) == ()
    archive.unlink()


def check_same(
    workshop: Workshop, docker: Engine, project: Path, tmp_path: Path, base: str
) -> None:
    built = docker.tag("built")
    workshop.build(project, engine="docker", base=base, tag=built)
    made = assembled(workshop, docker, project, tmp_path, base)
    assert configuration(docker, made) == configuration(docker, built)
    theirs, ours = content(docker, built, tmp_path), content(docker, made, tmp_path)
    assert ours.launchers == theirs.launchers
    assert ours.records == theirs.records
    differing = {
        path: (ours.entries.get(path), theirs.entries.get(path))
        for path in ours.entries.keys() | theirs.entries.keys()
        if ours.entries.get(path) != theirs.entries.get(path)
    }
    assert differing == {}
    if "/opt/venv" in ours.entries:
        assert installed(docker, made) == installed(docker, built)
    if ours.bytecode:  # which takes an interpreter of the same minor version here
        assert ours.bytecode == theirs.bytecode
        assert taken(docker, made) == taken(docker, built) > 0


@pytest.mark.parametrize(
    "project", [f"{_IMAGE}{steps}" for steps in CORPUS.values()], ids=CORPUS, indirect=True
)
def test_both_generators_make_the_same_image(
    workshop: Workshop, docker: Engine, project: Path, tmp_path: Path, base: str
) -> None:
    check_same(workshop, docker, project, tmp_path, base)


def on_another(start: str, below: str, above: str) -> str:
    return f"Image.from_image({start}{below}){above}"


@pytest.mark.parametrize(
    "project",
    [on_another(_IMAGE, *steps) for steps in ON_ANOTHER.values()],
    ids=ON_ANOTHER,
    indirect=True,
)
def test_so_they_do_on_an_image(
    workshop: Workshop, docker: Engine, project: Path, tmp_path: Path, base: str
) -> None:
    check_same(workshop, docker, project, tmp_path, base)


@pytest.mark.parametrize("project", ON_SCRATCH.values(), ids=ON_SCRATCH, indirect=True)
def test_so_they_do_on_scratch(
    workshop: Workshop, docker: Engine, project: Path, tmp_path: Path
) -> None:
    check_same(workshop, docker, project, tmp_path, "")


def test_so_they_do_on_a_base_that_has_a_user(
    workshop: Workshop, docker: Engine, tmp_path: Path, base_image_user: str
) -> None:
    project = tmp_path / "project"
    write_project(project, f'{_IMAGE}.python_packages("six==1.16.0").env(LANG="C")')
    check_same(workshop, docker, project, tmp_path, base_image_user)


SITE = "/opt/venv/lib/python3.11/site-packages"

# What COPY refuses: where the first part of a file's path is included, and the file.
REFUSED = {
    "a file where a package's folder is": (SITE, "tools"),
    "a folder where a package's file is": (SITE, "tools_pure.py/y"),
    "a file where the environment is": ("/opt", "venv"),
    "a file where a folder of the base is": ("/usr", "lib"),
    "a folder where a link of the base is": ("/", "lib/y"),
    "a folder where a link of the environment is": ("/opt/venv", "lib64/y"),
}


@pytest.mark.parametrize(("to", "file"), REFUSED.values(), ids=REFUSED)
def test_both_generators_refuse_the_same(
    workshop: Workshop, docker: Engine, tmp_path: Path, base: str, to: str, file: str
) -> None:
    wheel = "tools-1.0-py3-none-any.whl"
    project = tmp_path / "project"
    include = f'.build_include("{file.partition("/")[0]}", to="{to}")'
    write_project(project, f'{_IMAGE}.python_packages("./wheels/{wheel}"){include}')
    for name, data in {f"wheels/{wheel}": WHEELS[wheel], file: b"x"}.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    tag = docker.tag("refused")
    built = workshop.attempt(project, engine="docker", base=base, tag=tag)
    assert built.returncode != 0
    assert "cannot" in built.stderr
    output = ("-o", f"oci-archive:{tmp_path / 'image.tar'}")
    made = workshop.lading("build", "--engine", "oci", "--base-image", base, *output, cwd=project)
    assert made.returncode == 1
    assert "service.py:" in made.stderr
    assert not (tmp_path / "image.tar").exists()
