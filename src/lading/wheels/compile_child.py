"""Compiles the sources that a job names: run by the image's own Python, alone, never imported.

It reads one JSON document from stdin, and writes the compiled files one after another into the file
that it names; their lengths go to stdout, -1 for a source that can't be compiled.
"""

from __future__ import annotations

import json
import marshal
import sys
import zlib
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import Path
from types import CodeType

# PEP 552: by hash, and not to be compared with the source.
_HEADER = MAGIC_NUMBER + (1).to_bytes(4, "little")

# What compile() raises for a text that is no module, and zlib for one that is damaged.
_FAILURES = (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError, zlib.error)


def _source(job: dict[str, object]) -> bytes:
    if "text" in job:
        return bytes.fromhex(str(job["text"]))
    with Path(str(job["path"])).open("rb") as file:
        file.seek(int(str(job["offset"])))
        content = file.read(int(str(job["compressed"])))
    if job["deflated"]:
        most = int(str(job["size"])) + 1
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, most)
    return content


def _settled(value: object) -> object:
    """The same constant, with every string in it interned."""
    if isinstance(value, str):
        return sys.intern(value)
    if isinstance(value, tuple):
        return tuple(_settled(one) for one in value)
    if isinstance(value, frozenset):
        return frozenset(_settled(one) for one in value)
    if isinstance(value, slice):
        return slice(_settled(value.start), _settled(value.stop), _settled(value.step))
    return _settled_code(value) if isinstance(value, CodeType) else value


def _settled_code(code: CodeType) -> CodeType:
    return code.replace(
        co_consts=tuple(_settled(one) for one in code.co_consts),
        co_filename=sys.intern(code.co_filename),
        co_name=sys.intern(code.co_name),
        co_qualname=sys.intern(code.co_qualname),
    )


def _compiled(job: dict[str, object]) -> bytes:
    text = _source(job)
    if len(text) != job["size"]:
        raise ValueError
    code = compile(text, str(job["name"]), "exec", dont_inherit=True, optimize=0)
    # How marshal writes an object depends on whether it is interned and on how often it is referred
    # to, so that whatever else this process has loaded would show. Hence all strings are interned;
    # and what was just read is referred to by itself alone.
    code = marshal.loads(marshal.dumps(_settled_code(code)))  # noqa: S302 - it is our own
    return _HEADER + source_hash(text) + marshal.dumps(code)


def _main() -> None:
    order = json.loads(sys.stdin.read())
    sizes = []
    with Path(order["out"]).open("wb") as out:
        for job in order["jobs"]:
            try:
                content = _compiled(job)
            except _FAILURES:
                sizes.append(-1)
            else:
                sizes.append(out.write(content))
    sys.stdout.write(json.dumps(sizes))


_main()
