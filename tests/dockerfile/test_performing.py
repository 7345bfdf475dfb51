"""What uv makes of the commands: with the real one, tiny packages and no network."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import msgspec
import pytest

from dockerfile.performing import PYTHON, Machine
from dockerfile.recipes import build
from lading.dockerfile import generated_files
from lading.info import ImageInfo, InstallPython
from lading.lock.model import Distribution, LockedBase

if TYPE_CHECKING:
    from pathlib import Path

    from lading.grammar.dialect import Dialect

# A build backend (PEP 517) in one module: it writes a wheel of nothing but the project's name.
BACKEND = """
import os, pathlib, tomllib, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())
    for module in project["tool"]["tiny"]["imports"]:
        __import__(module)
    name = project["project"]["name"]
    forced = os.environ.get(f"SETUPTOOLS_SCM_PRETEND_VERSION_FOR_{name.upper()}")
    version = project["project"].get("version", forced)
    wheel = f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(f"{folder}/{wheel}", "w") as archive:
        requires = project["tool"]["tiny"]["requires"]
        lines = [f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {one}" for one in requires]
        record = [f"{name}.py", *(f"{info}/{file}" for file in ("METADATA", "WHEEL", "RECORD"))]
        kind = ["Wheel-Version: 1.0", "Root-Is-Purelib: true", "Tag: py3-none-any", ""]
        archive.writestr(f"{name}.py", "made = True\\n")
        archive.writestr(f"{info}/METADATA", "\\n".join(["Metadata-Version: 2.1", *lines, ""]))
        archive.writestr(f"{info}/WHEEL", "\\n".join(kind))
        archive.writestr(f"{info}/RECORD", "".join(f"{path},,\\n" for path in record))
    return wheel
"""


def a_wheel(name: str, version: str = "1.0", body: str = "") -> bytes:
    made = io.BytesIO()
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": body,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(made, "w") as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content)
    return made.getvalue()


def a_project(
    name: str,
    *,
    version: bool = True,
    asks: str = '["tiny"]',
    imports: str = "[]",
    requires: str = "[]",
) -> str:
    declared = 'version = "1.0"' if version else 'dynamic = ["version"]'
    return (
        f'[build-system]\nrequires = {asks}\nbuild-backend = "tiny"\n'
        f'[project]\nname = "{name}"\n{declared}\n'
        f"[tool.tiny]\nimports = {imports}\nrequires = {requires}\n"
    )


def an_sdist(name: str, project: str, below: str = "") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        entry = tarfile.TarInfo(f"{name}-1.0/{below}pyproject.toml")
        entry.size = len(project.encode())
        archive.addfile(entry, io.BytesIO(project.encode()))
    return made.getvalue()


def a_zip(project: str, below: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(f"{below}pyproject.toml", project)
    return made.getvalue()


SOURCES = ("below", "folder", "late", "plain", "zipped")
TINY = a_wheel("tiny", body=BACKEND)
SIX = a_wheel("six")


def locked(name: str, content: bytes, **changes: object) -> Distribution:
    suffix = ".tar.gz" if changes.get("kind") == "sdist" else "-py3-none-any.whl"
    return msgspec.structs.replace(
        Distribution(
            name=name,
            version="1.0",
            url=f"https://files.example.test/{name}-1.0{suffix}",
            hashes=(f"sha256:{hashlib.sha256(content).hexdigest()}",),
            index="default",
        ),
        **changes,
    )


TOOL = locked("tiny", TINY)


def image(step: InstallPython, *, vendored: bool = True) -> ImageInfo:
    return ImageInfo(
        platform="linux/amd64",
        base=LockedBase(reference="registry.example.test/base:1"),
        python=PYTHON,
        venv="/opt/venv",
        vendored=vendored,
        steps=(step,),
    )


def frozen_at(
    folder: Path, info: ImageInfo, files: dict[str, bytes], dialect: Dialect = "buildkit"
) -> tuple[Machine, str]:
    made = {**files, **generated_files(info, files, dialect=dialect)}
    for name, content in made.items():
        path = folder / "context" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    machine = Machine(context=folder / "context", root=folder / "root")
    machine.forget()
    return machine, made["Dockerfile"].decode()


def everything() -> tuple[ImageInfo, dict[str, bytes]]:
    """Each kind of source, one of which is compiled for what is there."""
    plain = an_sdist("plain", a_project("plain"))
    below = an_sdist("below", a_project("below"), "a/b/")
    zipped = a_zip(a_project("zipped"), "zipped-main/c/")
    late = an_sdist("late", a_project("late", imports='["six", "plain"]'))
    step = InstallPython(
        distributions=(
            locked("below", below, kind="sdist", subdirectory="a/b"),
            locked("folder", b"", kind="directory", url="libs/folder", version="7.0"),
            locked("late", late, kind="sdist"),
            locked("plain", plain, kind="sdist"),
            locked("six", SIX),
            locked("zipped", zipped, kind="archive", url="libs/zipped.zip", subdirectory="c"),
        ),
        builds=tuple(build(name, TOOL) for name in SOURCES),
        no_build_isolation=("late",),
    )
    files = {
        "sources/plain/plain-1.0.tar.gz": plain,
        "sources/below/below-1.0.tar.gz": below,
        "sources/late/late-1.0.tar.gz": late,
        "sources/zipped/zipped.zip": zipped,
        "sources/folder/pyproject.toml": a_project("folder", version=False).encode(),
        "wheels/1/six-1.0-py3-none-any.whl": SIX,
    }
    for name in SOURCES:
        files[f"build-wheels/{name}/tiny-1.0-py3-none-any.whl"] = TINY
    return image(step), files


@pytest.mark.parametrize("dialect", ["buildkit", "classic"])
def test_a_vendored_folder_installs_every_kind(tmp_path: Path, dialect: Dialect) -> None:
    info, files = everything()  # CASES R37, R53
    machine, text = frozen_at(tmp_path, info, files, dialect)
    done = machine.perform(text)
    assert done.returncode == 0, done.stderr
    found = {path.name for path in machine.site_packages().glob("*.dist-info")}
    # All stages share one file system here, so what `late` was compiled with is in it too.
    assert found - {"tiny-1.0.dist-info"} == {
        "below-1.0.dist-info",
        "folder-7.0.dist-info",
        "late-1.0.dist-info",
        "plain-1.0.dist-info",
        "six-1.0.dist-info",
        "zipped-1.0.dist-info",
    }


def test_an_environment_holds_nothing_but_what_wheels_hold(tmp_path: Path) -> None:
    info, files = everything()
    machine, text = frozen_at(tmp_path, info, files)
    assert machine.perform(text).returncode == 0
    names = {path.name for path in machine.site_packages().glob("plain-1.0.dist-info/*")}
    assert names == {"METADATA", "RECORD", "WHEEL"}


def compiled(
    folder: Path, project: str, *tools: Distribution, assumed: bool = False
) -> tuple[Machine, str]:
    source = an_sdist("plain", project)
    step = InstallPython(
        distributions=(locked("plain", source, kind="sdist", assumed=assumed),),
        builds=(build("plain", *tools),),
    )
    files = {
        "sources/plain/plain-1.0.tar.gz": source,
        "build-wheels/plain/tiny-1.0-py3-none-any.whl": TINY,
        "build-wheels/plain/six-1.0-py3-none-any.whl": SIX,
    }
    return frozen_at(folder, image(step), files)


def test_what_is_not_locked_for_a_build_fails_by_name(tmp_path: Path) -> None:
    machine, text = compiled(tmp_path, a_project("plain", asks='["tiny", "six"]'), TOOL)
    done = machine.perform(text)
    assert done.returncode != 0
    assert "Hash-checking is required" in done.stderr
    assert "six" in done.stderr


def test_another_file_for_a_build_fails(tmp_path: Path) -> None:
    machine, text = compiled(tmp_path, a_project("plain"), TOOL)
    wheel = machine.context / "build-wheels/plain/tiny-1.0-py3-none-any.whl"
    wheel.write_bytes(a_wheel("tiny", body=f"{BACKEND}\n# changed"))
    done = machine.perform(text)
    assert done.returncode != 0
    assert "Hash mismatch" in done.stderr


def test_a_build_without_requirements_gets_none(tmp_path: Path) -> None:
    machine, text = compiled(tmp_path, a_project("plain"))
    done = machine.perform(text)
    assert done.returncode != 0
    assert "tiny" in done.stderr


def test_a_wrong_guess_of_what_a_source_requires_fails(tmp_path: Path) -> None:
    project = a_project("plain", requires='["missing>=2"]')
    machine, text = compiled(tmp_path, project, TOOL, assumed=True)
    done = machine.perform(text)
    assert done.returncode != 0
    assert "missing>=2" in done.stderr


def test_what_was_declared_is_not_asked_again(tmp_path: Path) -> None:
    project = a_project("plain", requires='["missing>=2"]')
    machine, text = compiled(tmp_path, project, TOOL)
    assert machine.perform(text).returncode == 0
    assert "pip check" not in text


def ours(content: bytes, *, unlocked: bool) -> InstallPython:
    wheel = locked("ours", content, kind="file", url="wheels/ours-1.0-py3-none-any.whl", index=None)
    written = ("ours==1.0",) if unlocked else ()
    return InstallPython(distributions=(wheel,), requirements=written)


@pytest.mark.parametrize("unlocked", [False, True])
def test_a_wheel_of_the_same_version_is_not_the_one_that_was_cached(
    tmp_path: Path, *, unlocked: bool
) -> None:
    for body in ("first = 1", "second = 2"):
        content = a_wheel("ours", body=body)
        info = image(ours(content, unlocked=unlocked), vendored=False)
        info = msgspec.structs.replace(info, no_index=True)
        files = {"wheels/1/ours-1.0-py3-none-any.whl": content}
        machine, text = frozen_at(tmp_path, info, files)
        assert machine.perform(text).returncode == 0
        assert (machine.site_packages() / "ours.py").read_text() == body


def test_what_was_compiled_is_not_what_was_cached(tmp_path: Path) -> None:
    for name in ("one", "two"):
        source = an_sdist("plain", a_project("plain"))
        step = InstallPython(
            distributions=(locked("plain", source, kind="sdist"),), builds=(build("plain", TOOL),)
        )
        tool = a_wheel("tiny", body=BACKEND.replace("made = True", f"{name} = True"))
        step = msgspec.structs.replace(step, builds=(build("plain", locked("tiny", tool)),))
        files = {
            "sources/plain/plain-1.0.tar.gz": source,
            "build-wheels/plain/tiny-1.0-py3-none-any.whl": tool,
        }
        machine, text = frozen_at(tmp_path, image(step), files)
        done = machine.perform(text)
        assert done.returncode == 0, done.stderr
        assert (machine.site_packages() / "plain.py").read_text() == f"{name} = True\n"


def test_a_package_may_be_compiled_for_one_that_is_named_before_it(tmp_path: Path) -> None:
    first = an_sdist("zebra", a_project("zebra"))
    second = an_sdist("ant", a_project("ant", imports='["zebra"]'))
    step = InstallPython(
        distributions=(
            locked("ant", second, kind="sdist"),
            locked("zebra", first, kind="sdist"),
        ),
        builds=(build("ant", TOOL), build("zebra", TOOL)),
        no_build_isolation=("zebra", "ant"),
    )
    files = {"sources/zebra/zebra-1.0.tar.gz": first, "sources/ant/ant-1.0.tar.gz": second}
    for name in ("ant", "zebra"):
        files[f"build-wheels/{name}/tiny-1.0-py3-none-any.whl"] = TINY
    machine, text = frozen_at(tmp_path, image(step), files)
    done = machine.perform(text)
    assert done.returncode == 0, done.stderr


def test_no_newer_package_of_the_same_name_takes_the_place_of_a_source(tmp_path: Path) -> None:
    source = an_sdist("plain", a_project("plain"))
    newer = a_wheel("plain", "9.0")
    step = InstallPython(
        requirements=("plain", "six"),
        distributions=(
            locked("plain", source, kind="sdist", version=None),
            locked("six", SIX, kind="file", url="wheels/six-1.0-py3-none-any.whl", index=None),
        ),
    )
    links = tmp_path / "links"
    links.mkdir()
    (links / "plain-9.0-py3-none-any.whl").write_bytes(newer)
    (links / "tiny-1.0-py3-none-any.whl").write_bytes(TINY)
    info = msgspec.structs.replace(
        image(step, vendored=False), no_index=True, find_links=(str(links),)
    )
    files = {
        "sources/plain/plain-1.0.tar.gz": source,
        "wheels/1/six-1.0-py3-none-any.whl": SIX,
    }
    machine, text = frozen_at(tmp_path, info, files)
    done = machine.perform(text)
    assert done.returncode == 0, done.stderr
    found = {path.name for path in machine.site_packages().glob("*.dist-info")}
    assert found == {"plain-1.0.dist-info", "six-1.0.dist-info"}
