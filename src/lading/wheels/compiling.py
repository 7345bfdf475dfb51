"""Bytecode of a wheel's modules, made by an interpreter of the image's own minor version.

The same sources give the same bytes, whatever process, order or machine an interpreter compiles
them in: a pyc says what its source hashes to and no time (PEP 552), is named by where it will be in
the image, and is written from objects that nothing else refers to. See `compile_child`.
"""

from __future__ import annotations

import json
import os
import posixpath
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lading.errors import ImageError
from lading.oci.entries import Deflated, Literal, Regular
from lading.process import ProgramNotFound, run
from lading.wheels.interpreters import ISOLATED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lading.oci.entries import Entry
    from lading.wheels.interpreters import Interpreter

__all__ = ["bytecode"]

_CHILD: Final = Path(__file__).with_name("compile_child.py")
_LARGEST_SOURCE: Final = 64 << 20
_FILES_PER_CHILD: Final = 2000
_BYTES_PER_CHILD: Final = 32 << 20
_FEWEST_FILES: Final = 50  # for fewer, another child costs more than it saves


def bytecode(
    entries: Sequence[Entry], interpreter: Interpreter, *, jobs: int | None = None
) -> tuple[Entry, ...]:
    """The pyc of each module in a site-packages folder, sorted by path.

    A module that can't be compiled has none, as after `python -m compileall`: wheels carry
    templates and files for other versions.

    Args:
        entries: Where modules are looked for.
        interpreter: Of the image's minor version.
        jobs: How many children at once; one for each core where left out. The bytes are the same.

    Raises:
        ImageError: The interpreter failed.
    """
    modules = sorted(
        (entry for entry in entries if isinstance(entry, Regular) and _is_module(entry)),
        key=lambda entry: entry.path,
    )
    batches = tuple(_batches(modules, jobs or os.cpu_count() or 1))
    if not batches:
        return ()
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only to compile

    with ThreadPoolExecutor(max_workers=jobs or os.cpu_count() or 1) as pool:
        made = list(pool.map(lambda batch: _compiled(batch, interpreter), batches))
    found = [entry for batch in made for entry in batch]
    return tuple(sorted(found, key=lambda entry: entry.path))


def _is_module(entry: Regular) -> bool:
    inside = "site-packages" in entry.path.split("/")[:-1]
    return inside and entry.path.endswith(".py") and _size(entry) <= _LARGEST_SOURCE


def _size(entry: Regular) -> int:
    content = entry.content
    return len(content.data) if isinstance(content, Literal) else content.size


def _batches(modules: Sequence[Regular], jobs: int) -> Iterator[tuple[Regular, ...]]:
    """The modules, some for each child."""
    most = min(_FILES_PER_CHILD, max(_FEWEST_FILES, -(-len(modules) // jobs)))
    batch: list[Regular] = []
    size = 0
    for module in modules:
        batch.append(module)
        size += _size(module)
        if len(batch) >= most or size >= _BYTES_PER_CHILD:
            yield tuple(batch)
            batch, size = [], 0
    if batch:
        yield tuple(batch)


def _compiled(modules: Sequence[Regular], interpreter: Interpreter) -> list[Regular]:
    with tempfile.TemporaryDirectory(prefix="lading-") as folder:
        out = Path(folder, "out")
        order = {"out": str(out), "jobs": [_job(module) for module in modules]}
        argv = [str(Path(interpreter.program).absolute()), *ISOLATED, str(_CHILD)]
        try:
            # An empty environment: no variable of the user's decides what is written.
            told = run(argv, env={}, cwd=Path(folder), stdin=json.dumps(order))
        except ProgramNotFound as error:
            raise ImageError(str(error)) from None
        sizes = _sizes(told.stdout, len(modules)) if told.returncode == 0 else None
        if sizes is None:
            raise _failure(interpreter, modules[0].source, told.stderr)
        content = out.read_bytes()
    return list(_entries(modules, sizes, content, interpreter))


def _failure(interpreter: Interpreter, source: str, words: str) -> ImageError:
    last = (words.strip().splitlines() or ["it said nothing"])[-1]
    return ImageError(
        f"Python {interpreter.version} failed to compile the modules of {source}: {last}",
        hint="compile_bytecode=False leaves bytecode out",
    )


def _sizes(text: str, count: int) -> list[int] | None:
    try:
        sizes = json.loads(text)
    except ValueError:
        return None
    return sizes if isinstance(sizes, list) and len(sizes) == count else None


def _job(module: Regular) -> dict[str, object]:
    job: dict[str, object] = {"name": f"/{module.path}", "size": _size(module)}
    content = module.content
    if isinstance(content, Literal):
        return job | {"text": content.data.hex()}
    deflated = isinstance(content, Deflated)
    return job | {
        "path": str(content.path.absolute()),
        "offset": content.offset,
        "deflated": deflated,
        "compressed": content.compressed if isinstance(content, Deflated) else content.size,
    }


def _entries(
    modules: Sequence[Regular], sizes: Sequence[int], content: bytes, interpreter: Interpreter
) -> Iterator[Regular]:
    place = 0
    tag = f"cpython-{interpreter.series.replace('.', '')}"
    for module, size in zip(modules, sizes, strict=True):
        if size < 0:
            continue
        folder, name = posixpath.split(module.path)
        yield Regular(
            path=f"{folder}/__pycache__/{name.removesuffix('.py')}.{tag}.pyc",
            mode=0o644,
            uid=module.uid,
            gid=module.gid,
            source=module.source,
            content=Literal(data=content[place : place + size]),
        )
        place += size
