"""Whether what `lading check` says of real wheels is what happens: imports in a chroot decide.

A root file system is made as slim images have it. The 150 wheels of `ci/wheels.py` are unpacked
there; the release's own loader says of each of their files what it does not find, and Python
imports them. Whatever Lading reports must fail, and whatever it keeps quiet about must not. Then
distributions that are known to lack libraries are locked and checked: each import fails before, and
works once exactly the packages are installed that were named; the same that
`system_packages("auto")` installs. Root, mmdebstrap, the configured
package index and the machine's own Debian mirror are needed: `make libraries` runs it, in minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
import zipfile
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uv
from chroots import (
    AMD64,
    PYTHON,
    World,
    apt_install,
    copied,
    imported,
    inside,
    told,
    unpacked,
)

from lading.debian import Trust
from lading.distros import parse_distro
from lading.download import fetch
from lading.http import HttpSettings
from lading.libraries import (
    Target,
    find_problems,
    provided_by_base,
    read_contents,
    wheel_libraries,
)
from lading.libraries.site import installed_at
from lading.libraries.target import libc_of
from lading.lock.file import read_lock
from lading.mirrors import Mirrors
from lading.process import run
from lading.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.libraries import Finding, WheelElfs

# By this name, the tests have a package that is found first by whoever checks types.
wheels: Any = import_module("wheels")

UNFOUND = "cannot open shared object file"

# What is installed, and what is imported: it fails without system packages.
NAMED = {
    "opencv-python": (("opencv-python",), "cv2"),
    "opencv-python-4.9": (("opencv-python==4.9.0.80", "numpy<2"), "cv2"),
    "open3d": (("open3d",), "open3d"),
    "pyqt6": (("PyQt6",), "PyQt6.QtWidgets"),
    "pyside6": (("PySide6-Essentials",), "PySide6.QtWidgets"),
    "pyzbar": (("pyzbar",), "pyzbar.pyzbar"),
    "weasyprint": (("weasyprint",), "weasyprint"),
    "lightgbm": (("lightgbm",), "lightgbm"),
    "python-magic": (("python-magic",), "magic"),
    "cairosvg": (("cairosvg",), "cairosvg"),
    "sounddevice": (("sounddevice",), "sounddevice"),
    "wand": (("wand",), "wand.image"),
    "pyenchant": (("pyenchant",), "enchant"),
    "libarchive-c": (("libarchive-c",), "libarchive"),
    "openslide-python": (("openslide-python",), "openslide"),
    "psycopg": (("psycopg",), "psycopg"),
    "pylibdmtx": (("pylibdmtx",), "pylibdmtx.pylibdmtx"),
    "pygraphviz": (("pygraphviz",), "pygraphviz"),
    "pyodbc": (("pyodbc",), "pyodbc"),
    "gmsh": (("gmsh",), "gmsh"),
}

# Those of them of which an image is made.
BUILT = ("cv2", "lightgbm")

# What is imported without any, though some of its files lack libraries.
QUIET = {
    "kivy": (("kivy",), "kivy.core.window"),
    "pygame": (("pygame",), "pygame"),
    "onnxruntime-gpu": (("onnxruntime-gpu",), "onnxruntime"),
    "soundfile": (("soundfile",), "soundfile"),
    "psycopg-binary": (("psycopg[binary]",), "psycopg"),
    "playwright": (("playwright",), "playwright.sync_api"),
    "librosa": (("librosa",), "librosa"),
}


# ------------------------------------------------------------------------------------- the corpus


def check_corpus(world: World, cache: Path, count: int) -> list[str]:
    """What Lading says of the 150 wheels and is not so."""
    store = Store(cache / "layers")
    http = HttpSettings.from_environment(world.environ)
    chosen = wheels.chosen(world.environ)[:count]
    paths = {
        one: fetch(one.url, one.sha256, cache=cache, http=http, size=one.size or None)
        for one in chosen
    }
    start = time.monotonic()
    found = {
        one: wheel_libraries(path, filename=one.filename, sha256=one.sha256, store=store)
        for one, path in paths.items()
    }
    reading = time.monotonic() - start
    findings = problems(world, store, tuple(found.values()), cache)
    target = target_of(world)
    with copied(world.root) as root:
        for one, path in paths.items():
            unpack(path, one.name, root, target)
        wrong = list(contradictions(root, tuple(found.values()), findings, target))
    files = sum(len(one.files) for one in found.values())
    size = sum(one.size for one in chosen)
    print(f"{len(chosen)} wheels, {size / 1e6:.0f} MB, {files} ELF files read in {reading:.1f} s")
    for one in findings:
        print(f"  {one.level}: {one.distribution}: {one.message}")
    return wrong


def target_of(world: World) -> Target:
    """What the wheels are for."""
    distro = parse_distro(f"debian:{world.suite}")
    return Target.of(distro, AMD64, python=PYTHON[world.suite], prefix="/opt/venv")


def problems(
    world: World, store: Store, found: tuple[WheelElfs, ...], cache: Path
) -> tuple[Finding, ...]:
    """What Lading says."""
    target = target_of(world)
    provided = provided_by_base(world.base(store), store, platform=AMD64)
    contents = read_contents(
        target.distro,
        AMD64,
        mirrors=Mirrors(),
        http=HttpSettings.from_environment(world.environ),
        cache=cache,
        store=store,
        trust=Trust(distro="debian", environ=world.environ),
        now=datetime.now(UTC),
        host_sources=Path("/etc/apt"),
    )
    return find_problems(found, target=target, provided=provided, contents=contents)


def unpack(path: Path, name: str, root: Path, target: Target) -> None:
    """A wheel's files, where an installer puts them."""
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            place = root / installed_at(member, name, target.scheme).lstrip("/")
            if not member.endswith("/"):
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(archive.read(member))


def contradictions(
    root: Path, found: tuple[WheelElfs, ...], findings: tuple[Finding, ...], target: Target
) -> Iterator[str]:
    """Where the loader or an import says otherwise."""
    said = {(one.distribution, one.what): one for one in findings if one.kind == "library"}
    real = dict(unfound(root, found, target))
    for key, one in said.items():
        if key not in real and one.members:
            yield f"{one.distribution}: {one.what} is there, says the loader"
    quiet = sorted(f"{name}: {soname}" for name, soname in real.keys() - said.keys())
    print(f"{len(quiet)} names that the loader alone does not find, and a package loads before:")
    for line in quiet:
        print(f"  {line}")
    for wheel in found:
        named = f"{wheel.name} {wheel.version}"
        errors = {
            what for (name, what), one in said.items() if (name, one.level) == (named, "error")
        }
        yield from wrong_imports(root, wheel, named, errors, target)


def unfound(
    root: Path, found: tuple[WheelElfs, ...], target: Target
) -> Iterator[tuple[tuple[str, str], str]]:
    """By distribution and name, a file that the loader does not find a library for."""
    files = {
        installed_at(file.member, wheel.name, target.scheme): (wheel, file)
        for wheel in found
        for file in wheel.files
        if target.is_native(file) and libc_of(file.elf)
    }
    # As ldd(1) asks it: without, the loader stops at the first that is missing.
    loader = "LD_TRACE_LOADED_OBJECTS=1 /lib64/ld-linux-x86-64.so.2"
    script = f'while read -r file; do echo "@ $file"; {loader} "$file"; done'
    _, output = inside(root, "sh", "-c", script, stdin="".join(f"{one}\n" for one in files))
    place = ""
    for line in output.splitlines():
        words = line.split()
        if line.startswith("@ "):
            place = line[2:]
        elif words[1:] == ["=>", "not", "found"] and place:
            wheel, file = files[place]
            if words[0] in file.elf.needed:
                yield (f"{wheel.name} {wheel.version}", words[0]), place


def wrong_imports(
    root: Path, wheel: WheelElfs, named: str, errors: set[str], target: Target
) -> Iterator[str]:
    """Where importing a wheel's packages, or loading its files, says otherwise."""
    site = f"/{target.scheme.site_packages}"
    tops = {file.member.partition("/")[0] for file in wheel.files if "/" in file.member}
    for module in sorted(top for top in tops if top.isidentifier()):
        _, output = imported(root, module, site)
        if UNFOUND in output and not any(soname in output for soname in errors):
            yield f"{named}: {output.splitlines()[-1]}"
    for soname in errors:
        members = [file.member for file in wheel.files if soname in file.elf.needed]
        place = installed_at(members[0], wheel.name, target.scheme) if members else soname
        code, output = inside(root, "python3", "-c", f"import ctypes; ctypes.CDLL({place!r})")
        if code == 0 or soname not in output:
            yield f"{named}: {place} is loaded without {soname}"


# ------------------------------------------------------------------- those that are known to fail


def check_named(world: World, cache: Path, names: list[str]) -> list[str]:
    """Of distributions that lack something, what is not so as Lading says."""
    wrong = []
    for name in names:
        start = time.monotonic()
        requirements, module = {**NAMED, **QUIET}[name]
        with tempfile.TemporaryDirectory(dir=world.root.parent) as project:
            shutil.copytree(world.root.parent / "base", Path(project) / "base")
            reasons, packages = check_one(world, Path(project), cache, requirements, module)
        print(f"  {name}: {packages or 'nothing'} ({time.monotonic() - start:.0f} s)", flush=True)
        wrong += [f"{name}: {one}" for one in reasons]
    return wrong


def check_one(
    world: World, project: Path, cache: Path, requirements: tuple[str, ...], module: str
) -> tuple[list[str], str]:
    """What is not so, and the packages that were named."""
    code, report = checked(world, project, cache, requirements, ())
    errors = [one for one in report["findings"] if one["level"] == "error"]
    packages = tuple(sorted({one["packages"][0] for one in errors if one["packages"]}))
    reasons = [f"not checked: {one}" for one in report["unchecked"]]
    if code != bool(errors):
        reasons.append(f"check exits with {code}")
    with copied(world.root) as root:
        install(root, project, world)
        fails = imported(root, module, "/opt/site")[0] != 0
        if fails != bool(errors):
            reasons.append(f"the import {'fails' if fails else 'works'}")
        if packages:
            reasons += apt_install(root, packages)
            after, output = imported(root, module, "/opt/site")
            if after:
                reasons.append(f"the import still fails: {output.strip().splitlines()[-1]}")
    if packages:
        code, report = checked(world, project, cache, requirements, packages)
        if code:
            reasons.append(f"check is not content: {report}")
        reasons += check_auto(world, project, cache, requirements, packages, module)
    return reasons, " ".join(packages)


def check_auto(  # noqa: PLR0913, PLR0917 - what is installed, where, and what is due
    world: World,
    project: Path,
    cache: Path,
    requirements: tuple[str, ...],
    packages: tuple[str, ...],
    module: str,
) -> Iterator[str]:
    """What is not so of an image that asks for whatever it lacks."""
    code, report = checked(world, project, cache, requirements, ("auto",))
    if code:
        yield f"check is not content with auto: {report}"
    lock = read_lock(project)
    assert lock is not None  # noqa: S101 - it was made just now
    found = tuple(one.package for one in lock.platforms[0].auto)
    if found != packages:
        yield f"auto stands for {' '.join(found)}"
    if module in BUILT:
        yield from wrong_build(project, cache, world, module)


def wrong_build(project: Path, cache: Path, world: World, module: str) -> Iterator[str]:
    """What an image that was made without an engine can't import."""
    environ = {**world.environ, "LADING_CACHE_DIR": str(cache)}
    words = ("build", "-q", "--engine", "oci", "-o", str(project / "image"))
    target = str(project / "service.py") + ":image"
    told((sys.executable, "-m", "lading", *words, target), environ)
    with unpacked(project / "image") as root:
        code, output = inside(root, "/opt/venv/bin/python", "-c", f"import {module}")
        if code:
            yield f"the image can't import it: {output.strip().splitlines()[-1]}"


def checked(
    world: World,
    project: Path,
    cache: Path,
    requirements: tuple[str, ...],
    packages: tuple[str, ...],
) -> tuple[int, dict[str, Any]]:
    """How `lading check` ends for an image of these, and what it prints."""
    words = ", ".join(map(repr, requirements))
    installed = f".system_packages({', '.join(map(repr, packages))})" if packages else ""
    image = f'Image(base_image="oci:base", distro="debian:{world.suite}", '
    image += f'python_version="{PYTHON[world.suite]}").python_packages({words}){installed}'
    (project / "service.py").write_text(f"from lading import Image\n\nimage = {image}\n")
    environ = {**world.environ, "LADING_CACHE_DIR": str(cache)}
    program = (sys.executable, "-m", "lading")
    target = str(project / "service.py") + ":image"
    told((*program, "lock", "-q", target), environ)
    done = run((*program, "check", "-q", "--json", target), env=environ)
    if not done.stdout:
        sys.exit(done.stderr)
    report: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, report


def install(root: Path, project: Path, world: World) -> None:
    """What the lock has, in a folder of the chroot."""
    lock = read_lock(project)
    assert lock is not None  # noqa: S101 - it was made just now
    pins = [f"{one.name}=={one.version}" for one in lock.platforms[0].distributions]
    argv = [uv.find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
    argv += ["--target", str(root / "opt/site"), "--python-version", PYTHON[world.suite]]
    glibc = target_of(world).distro.libc.version[1]
    argv += ["--python-platform", f"x86_64-manylinux_2_{min(glibc, 40)}", *pins]
    told(argv, world.environ)


def main() -> int:
    """Checks all of it."""
    parser = argparse.ArgumentParser(description="compare `lading check` with real imports")
    parser.add_argument("--cache", type=Path, help="where files are kept between runs")
    parser.add_argument("--count", type=int, default=wheels.COUNT, help="wheels of the corpus")
    parser.add_argument("--suite", choices=PYTHON, default="bookworm", help="Debian's release")
    parser.add_argument("named", nargs="*", help="only these, and no corpus")
    options = parser.parse_args()
    names = options.named or [*NAMED, *QUIET]
    unknown = set(names) - {*NAMED, *QUIET}
    if unknown:
        parser.error(f"nothing is called {', '.join(sorted(unknown))}")
    cache = (options.cache or Path(tempfile.mkdtemp())).absolute()
    world = World(folder=cache / "roots", suite=options.suite, environ=dict(os.environ))
    world.make()
    corpus = not options.named and options.suite == "bookworm"  # its wheels are for Python 3.11
    wrong = check_corpus(world, cache, options.count) if corpus else []
    print("the packages that an import needs:")
    wrong += check_named(world, cache, names)
    for one in wrong:
        print(f"WRONG: {one}")
    print(f"{len(wrong)} wrong")
    if options.cache is None:
        shutil.rmtree(cache)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
