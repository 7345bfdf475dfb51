"""Two images of one description, and what of each is compared.

The exemptions are all there are, each with its reason. What is compared besides them is every entry
of the file system, with its kind, bytes, mode, owner and link, and the whole configuration.
"""

from __future__ import annotations

import csv
import re
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from building.workshop import BY_THE_ENGINE, Entry, entry_of

if TYPE_CHECKING:
    from pathlib import Path

    from engine_support import Engine

__all__ = ["Content", "configuration", "content", "installed", "taken"]

_SITE: Final = re.compile(r"/opt/venv/lib/python3\.\d+/site-packages")

EXEMPT: Final = {
    "bytecode": (
        re.compile(r".*/__pycache__(/.*)?"),
        "an interpreter of the same minor version makes it, but not the same build of it",
    ),
    "installer": (
        re.compile(rf"{_SITE.pattern}/[^/]+\.dist-info/(INSTALLER|direct_url\.json)"),
        "Lading says who installed what; uv is told not to, since its own words hold times",
    ),
    "record": (
        re.compile(rf"{_SITE.pattern}/[^/]+\.dist-info/RECORD"),
        "the order of its lines is each installer's own; it is compared line by line below",
    ),
    "launchers": (
        re.compile(r"/opt/venv/bin/(?!python|activate)[^/]+"),
        "its text is each installer's own: mode, interpreter, module, attribute are compared below",
    ),
    "package manager": (
        re.compile(r"/var/(cache/debconf|lib/dpkg)/[^/]+-old|/var/lib/apt/lists(/.*)?"),
        "copies and lists that apt and dpkg keep for themselves: a build removes the base's, too",
    ),
    "linker": (
        re.compile(r"/etc/ld\.so\.cache"),
        "it names the program that has written it; which libraries it has is compared below",
    ),
    "accounts": (
        re.compile(r"/etc/passwd-?"),
        "a layer can't add a line to a file of a base that is not fetched: HOME and USER are set",
    ),
}

_LAUNCHER: Final = re.compile(r"^\s*from ([\w.]+) import (\w+)$", re.MULTILINE)
_CALL: Final = re.compile(r"sys\.exit\(([\w.]+)\(\)\)")
_SMALL: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """An image's file system.

    Attributes:
        entries: All but the exempt, by path.
        records: Each distribution's record: paths with hash and size, but for the exempt.
        launchers: By path: the mode, the interpreter, and what is called.
        bytecode: The paths of compiled modules.
    """

    entries: dict[str, Entry]
    records: dict[str, dict[str, tuple[str, str]]]
    launchers: dict[str, tuple[int, str, tuple[str, ...]]]
    bytecode: set[str]


def content(engine: Engine, image: str, folder: Path) -> Content:
    """The file system of an image, read once."""
    archive = folder / "twin.tar"
    container = engine.run("create", image, "true").strip().splitlines()[-1]
    try:
        engine.run("export", "--output", str(archive), container)
    finally:
        engine.run("rm", container)
    found = Content(entries={}, records={}, launchers={}, bytecode=set())
    with tarfile.open(archive) as tar:
        for member in tar:
            path = f"/{member.name.strip('/')}"
            if path not in BY_THE_ENGINE:
                _add(found, path, tar, member)
    archive.unlink()
    return found


def _add(found: Content, path: str, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    kinds = [kind for kind, (pattern, _) in EXEMPT.items() if pattern.fullmatch(path)]
    data = b""
    if kinds and member.isreg() and member.size < _SMALL:
        file = tar.extractfile(member)
        data = file.read() if file else b""
    if "bytecode" in kinds and path.startswith("/opt/venv"):
        found.bytecode.add(path)
    if "record" in kinds:
        found.records[path] = _record(data)
    elif "launchers" in kinds and (told := _launcher(data)):
        found.launchers[path] = (member.mode, *told)
    elif not kinds or "launchers" in kinds:
        found.entries[path] = entry_of(tar, member)


def _record(data: bytes) -> dict[str, tuple[str, str]]:
    """Its lines; those of files that may differ have no hash here, and of those that only one
    installer writes there are none."""
    lines: dict[str, tuple[str, str]] = {}
    for path, digest, size in csv.reader(data.decode().splitlines()):
        if path.endswith(("/INSTALLER", "/direct_url.json", ".pyc")):
            continue
        is_launcher = path.startswith("../../../bin/")
        lines[path] = ("", "") if is_launcher else (digest, size)
    return lines


def _launcher(data: bytes) -> tuple[str, tuple[str, ...]] | None:
    """The interpreter and what is called, where a file is an entry point's script."""
    text = data.decode(errors="replace")
    first, _, rest = text.partition("\n")
    imported, called = _LAUNCHER.search(rest), _CALL.search(rest)
    if not first.startswith("#!") or imported is None or called is None:
        return None
    return first, (imported[1], imported[2], called[1])


# What docker itself writes into each configuration, or into those of its builds alone.
_NOT_OURS: Final = frozenset(
    {
        *("Hostname", "Domainname", "AttachStdin", "AttachStdout", "AttachStderr", "Tty"),
        *("OpenStdin", "StdinOnce", "Image", "ArgsEscaped"),
        "Shell",  # OCI knows none, and no command of an assembled image is run by one
    }
)


def configuration(engine: Engine, image: str) -> dict[str, Any]:
    """What a container of the image is run as; what says nothing is left out."""
    described = engine.inspect(image)
    config = {key: value for key, value in described["Config"].items() if key not in _NOT_OURS}
    platform = {key: described[key] for key in ("Architecture", "Os")}
    return {key: value for key, value in {**config, **platform}.items() if value}


_QUESTION: Final = """
import importlib.metadata as m, json
print(json.dumps(sorted(
    [d.metadata["Name"], d.version, sorted(f"{e.group} {e.name} {e.value}" for e in d.entry_points)]
    for d in m.distributions() if str(d._path).startswith("/opt/venv")
)))
"""


# Of all compiled modules, how many its Python takes without a look at their sources (PEP 552).
_TAKEN: Final = """
import importlib.util, marshal, pathlib
found = list(pathlib.Path("/opt/venv").rglob("*.pyc"))
for path in found:
    data = path.read_bytes()
    assert data[:4] == importlib.util.MAGIC_NUMBER and data[4:8] == bytes([1, 0, 0, 0]), path
    code = marshal.loads(data[16:])
    assert pathlib.Path(code.co_filename).is_file(), code.co_filename
print(len(found))
"""


def taken(engine: Engine, image: str) -> int:
    """How many compiled modules there are, all of which the image's Python takes as they are."""
    return int(_in_python(engine, image, _TAKEN))


def installed(engine: Engine, image: str) -> str:
    """The distributions of the environment, and their entry points, as its Python finds them."""
    return _in_python(engine, image, _QUESTION)


def _in_python(engine: Engine, image: str, code: str) -> str:
    return engine.output_of(image, "-c", code, options=("--entrypoint", "/opt/venv/bin/python"))
