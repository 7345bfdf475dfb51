"""All that each command writes, in its main outcomes; `session.py` says how that is kept anew."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import click
import pytest

from cli.session import SESSIONS, Session, typed
from cli.test_cache import cache, kept
from cli.test_checking import archive, checked, keys, mirror
from cli.test_importing_bentofiles import BENTOFILE
from debian.signed_archive import needs
from lading.cli.main import program
from lading.config import schema
from registry.full_registry import running_registry
from store.made import blob_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.program import Project
    from lading.store import Store
    from registry.full_registry import FullRegistry

__all__ = ["archive", "cache", "checked", "kept", "keys", "mirror"]


def test_init(bare: Project) -> None:
    session = Session(bare)
    session.write("app.py", "from fastapi import FastAPI\n\napp = FastAPI()\n")
    session.write("requirements.txt", "fastapi\nuvicorn\n")
    session.lading("init")
    session.lading("init")
    session.lading("init", "folder")
    session.is_as_reviewed("init")


def test_lock(tiny: Project) -> None:
    session = Session(tiny)
    session.lading("lock", "--check")
    session.lading("lock")
    session.lading("lock")
    session.lading("lock", "--check")
    session.change("service.py", '"tiny"', '"tiny<2", "small"')
    session.lading("lock", "--check")
    session.lading("lock", "--check", "--json")
    session.lading("lock", "--json", "--platform", "linux/amd64", "--platform", "linux/arm64")
    session.change("service.py", '"small"', '"smal"')
    session.lading("lock")
    session.is_as_reviewed("lock")


def test_show(locked: Project) -> None:
    session = Session(locked)
    session.lading("show")
    session.lading("show", "--json")
    session.lading("show", "service.py:imgae")
    session.is_as_reviewed("show")


def test_diff(locked: Project) -> None:
    session = Session(locked)
    shutil.copy(locked.folder / "lading.lock", locked.folder / "before.lock")
    session.lading("diff", "before.lock", "lading.lock")
    session.change("service.py", '"tiny"', '"tiny<2", "small"')
    assert locked.lading("lock", "-q").code == 0
    session.lading("diff", "before.lock", "lading.lock")
    session.lading("diff", "before.lock", "lading.lock", "--exit-code", "--json")
    session.lading("diff", "bfore.lock")
    session.is_as_reviewed("diff")


def test_explain(locked: Project) -> None:
    session = Session(locked)
    session.lading("explain", "tiny")
    session.lading("explain", "tiny", "--json")
    session.lading("explain", "tyni")
    session.is_as_reviewed("explain")


@needs("gpg", "gpgv")
def test_check(checked: Project) -> None:
    session = Session(checked)
    session.lading("check")
    session.lading("check", "--json")
    session.change("service.py", '.python_packages("user")', '.python_packages("pydub")')
    session.change("service.py", '    .python_packages("tiny")\n', "")
    session.lading("check")
    assert checked.lading("lock", "-q").code == 0
    session.lading("check")
    session.lading("check", "--strict")
    session.is_as_reviewed("check")


def test_freeze(locked: Project) -> None:
    session = Session(locked)
    session.lading("freeze")
    session.lading("freeze", "--json", "-o", "out")
    session.change("service.py", '"tiny"', '"small"')
    session.lading("freeze", "--locked")
    session.is_as_reviewed("freeze")


def test_vendor(locked: Project) -> None:
    session = Session(locked)
    session.lading("vendor", "-o", "out")
    session.lading("vendor", "-o", "other", "--json")
    session.lading("vendor", "--check", "out")
    session.lading("vendor", "--check", "out", "--json")
    (locked.folder / "out" / "Dockerfile").write_text("FROM scratch\n")
    session.lading("vendor", "--check", "out")
    session.is_as_reviewed("vendor")


def test_dockerfile(locked: Project) -> None:
    session = Session(locked)
    session.lading("dockerfile")
    session.change("service.py", '"tiny"', '"small"')
    session.lading("dockerfile", "--locked")
    session.is_as_reviewed("dockerfile")


def test_build(shipped: Project) -> None:
    session = Session(shipped)
    session.lading("build", "-o", "out")
    session.lading("build", "-o", "out.tar", "-t", "iris:1")
    session.lading("build", "--json", "-t", "iris:1")
    session.change("service.py", '.cmd("python"', '.run("make").cmd("python"')
    session.lading("build")
    session.is_as_reviewed("build")


def test_bake(locked: Project) -> None:
    session = Session(locked)
    session.lading("bake", "-o", "out", "-t", "registry.example/tiny:1")
    session.lading("bake", "--all", "--json", "-t", "registry.example/{name}:1")
    session.lading("bake", "--platform", "linux/amd64", "--platform", "linux/arm64", "-t", "tiny:1")
    session.lading("bake", "--all", "service.py:imgae")
    session.is_as_reviewed("bake")


@pytest.fixture
def registry(shipped: Project) -> Iterator[FullRegistry]:
    with running_registry() as running:
        shipped.stand_ins[running.host] = "REGISTRY"
        yield running


@pytest.fixture
def built(shipped: Project) -> Project:
    """A project whose image is in the folder `image`."""
    assert shipped.lading("build", "-q", "-o", "image").code == 0
    return shipped


def test_push(built: Project, registry: FullRegistry) -> None:
    session = Session(built)
    session.lading("push", "image", f"{registry.host}/iris:1")
    session.lading("push", "image", f"{registry.host}/iris:1", "--json")
    session.lading("push", "imgae", f"{registry.host}/iris:1")
    session.is_as_reviewed("push")


def test_copy(built: Project, registry: FullRegistry) -> None:
    session = Session(built)
    session.lading("copy", "oci:image", f"docker://{registry.host}/iris:1")
    session.lading("copy", f"docker://{registry.host}/iris:1", "oci-archive:iris.tar", "--json")
    session.lading("copy", f"docker://{registry.host}/iris:2", "oci:other")
    session.is_as_reviewed("copy")


def test_inspect(built: Project) -> None:
    session = Session(built)
    session.lading("inspect", "oci:image")
    session.lading("inspect", "oci:image", "--json")
    session.lading("inspect", "oci:imgae")
    session.is_as_reviewed("inspect")


def test_import(bare: Project) -> None:
    session = Session(bare)
    session.lading("import")
    session.write("bentofile.yaml", BENTOFILE)
    session.lading("import")
    session.lading("import", "--format", "toml")
    session.is_as_reviewed("import")


def test_doctor(bare: Project) -> None:
    session = Session(bare)
    session.lading("doctor")
    session.lading("doctor", "--json")
    program = bare.home / "bin" / "buildctl"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'buildctl github.com/moby/buildkit v0.26.2 0'\n")
    program.chmod(0o755)
    session.lading("doctor")
    session.is_as_reviewed("doctor")


def test_schema(bare: Project) -> None:
    """All of the schema is in the code: here is what else there is of it."""
    bare.stand_ins[json.dumps(schema(), indent=2)] = "(the schema)"
    session = Session(bare)
    session.lading("schema")
    session.lading("schema", "lading.toml")
    session.is_as_reviewed("schema")


def test_cache(bare: Project, kept: Store) -> None:
    session = Session(bare)
    session.lading("cache", "info")
    session.lading("cache", "info", "--json")
    session.lading("cache", "info", "layers")
    session.lading("cache", "verify")
    blob_path(kept, 1).write_bytes(b"")
    session.lading("cache", "verify")
    session.lading("cache", "verify", "--json")
    session.lading("cache", "prune", "--older-than", "30d")
    session.lading("cache", "prune", "--max-size", "1MB", "--json")
    session.lading("cache", "prune", "--all")
    session.lading("cache", "prune", "--all", "--max-size", "1MB")
    session.is_as_reviewed("cache")


def commands(group: click.Group = program, above: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command, with the group that it is of."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from commands(found, (*above, name))
        else:
            yield " ".join((*above, name))


@pytest.mark.parametrize("name", list(commands()))
def test_every_command_has_been_reviewed_as_it_does_well_and_as_it_fails(name: str) -> None:
    words = tuple(name.split())
    codes = {one.code for one in typed() if one.words[: len(words)] == words}
    assert 0 in codes
    assert codes > {0}


def has_json(name: str) -> bool:
    command: click.Command | None = program
    for word in name.split():
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command is not None
    return any("--json" in parameter.opts for parameter in command.params)


@pytest.mark.parametrize("name", [name for name in commands() if has_json(name)])
def test_what_every_command_gives_to_scripts_has_been_reviewed(name: str) -> None:
    words = tuple(name.split())
    assert any(one.words[: len(words)] == words and "--json" in one.words for one in typed())


def test_no_session_is_left_over() -> None:
    tests = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {path.stem for path in SESSIONS.iterdir()} <= tests
