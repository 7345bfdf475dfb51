"""The two systems, each in a virtual environment of its own, on copies of one specification."""

from __future__ import annotations

import importlib.util
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from measure import NotMeasured, Shell

__all__ = ["BENTOML", "Sides", "prepare"]

CHECKOUT = Path(__file__).resolve().parents[1]
SPECIFICATION = Path(__file__).resolve().with_name("specification")
PYTHON = "3.11"
BENTOML = "bentoml==1.4.39"  # the newest on 2026-11-22, when this was tested
UV = "uv==0.13.9"  # the same resolver for both, and for the bare one


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Both systems, ready to run.

    Attributes:
        ours: Where Lading runs: the folder of its project.
        theirs: Where BentoML runs: the folder of its project.
        programs: The `bin` folders of the two environments, ours first.
    """

    ours: Shell
    theirs: Shell
    programs: tuple[Path, Path]

    @property
    def lading(self) -> str:
        """Lading's program."""
        return str(self.programs[0] / "lading")

    @property
    def uv(self) -> str:
        """The uv that both systems and the bare resolver use."""
        return str(self.programs[0] / "uv")

    @property
    def bentoml(self) -> str:
        """BentoML's program."""
        return str(self.programs[1] / "bentoml")

    def python(self, side: int) -> str:
        """The interpreter of a side: 0 is ours, 1 is theirs."""
        return str(self.programs[side] / "python")

    def on(self, base: str) -> Sides:
        """The same, building on this base image."""
        ours, theirs = (shell.having(BENCH_BASE=base) for shell in (self.ours, self.theirs))
        return replace(self, ours=ours, theirs=theirs)

    def edit_code(self) -> None:
        """Add a line that no build has seen before to both services."""
        for shell in (self.ours, self.theirs):
            with (shell.folder / "service.py").open("a", encoding="utf-8") as file:
                file.write(f"# {uuid4()}\n")

    def require(self, name: str, version: str) -> None:
        """Pin another version of a requirement in both projects."""
        for shell in (self.ours, self.theirs):
            path = shell.folder / "requirements.txt"
            lines = path.read_text("utf-8").splitlines()
            kept = [line for line in lines if not line.startswith(f"{name}==")]
            path.write_text("\n".join([*kept, f"{name}=={version}", ""]), "utf-8")


def prepare(work: Path, checkout: Path = CHECKOUT) -> Sides:
    """Make both environments and both projects below `work`, and keep all caches there.

    Raises:
        NotMeasured: uv is missing, or an installation failed.
    """
    work.mkdir(parents=True, exist_ok=True)
    here = Shell(environ=_environ(work), folder=work)
    uv = _find_uv()
    folders = (_install(here, uv, "lading", str(checkout)), _install(here, uv, "bentoml", BENTOML))
    ours = _project(work / "ours", {"service.py": "service.py"})
    theirs = _project(work / "theirs", {"bento.py": "service.py"})
    return Sides(
        ours=replace(here, folder=ours).having(PATH=_path(folders[0])),
        theirs=replace(here, folder=theirs).having(PATH=_path(folders[1])),
        programs=folders,
    )


def _environ(work: Path) -> dict[str, str]:
    """The environment of all runs: nothing that has a say in Python or uv but what we set."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "UV_", "VIRTUAL_ENV", "LADING_", "BENTOML_"))
    }
    return {
        **kept,
        "UV_CACHE_DIR": str(work / "uv-cache"),
        "UV_NO_CONFIG": "1",
        "LADING_CACHE_DIR": str(work / "lading-cache"),
        "BENTOML_HOME": str(work / "bentoml-home"),
        "BENTOML_DO_NOT_TRACK": "True",
        # So that no layer of an earlier run is in an engine's cache.
        "BENCH_SALT": str(uuid4()),
        "BENCH_BASE": "docker.io/library/python:3.11-slim-bookworm",
    }


def _find_uv() -> str:
    if importlib.util.find_spec("uv"):
        from uv import find_uv_bin  # noqa: PLC0415 - only where it is there

        return find_uv_bin()
    found = shutil.which("uv")
    if found is None:
        raise NotMeasured("uv is missing: run `make bench`, or `pip install uv` first")
    return found


def _install(here: Shell, uv: str, name: str, what: str) -> Path:
    """An environment with `what` and uv in it, compiled to bytecode as after a first use."""
    folder = here.folder / f"{name}-env"
    here.call(uv, "venv", "--quiet", "--clear", "--python", PYTHON, str(folder))
    words = ("pip", "install", "--quiet", "--compile-bytecode", "--python", str(folder))
    # A wheel of this very checkout: never the one that an earlier run left in the cache.
    again = ("--no-cache",) if name == "lading" else ()
    here.call(uv, *words, *again, UV, what)
    return folder / "bin"


def _project(folder: Path, files: dict[str, str]) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for source, name in {
        **files,
        "train.py": "train.py",
        "requirements.txt": "requirements.txt",
    }.items():
        shutil.copyfile(SPECIFICATION / source, folder / name)
    return folder


def _path(programs: Path) -> str:
    return os.pathsep.join((str(programs), os.environ.get("PATH", os.defpath)))
