"""Source distributions, wheels and repositories that a test makes, and a server for them."""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import io
import tarfile
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from lading import process

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["index", "repository", "serving", "wheel"]

PROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "1.0"
requires-python = ">=3.9"
"""

C_EXTENSION = {
    "setup.py": """\
from setuptools import Extension, setup

setup(ext_modules=[Extension("adding", ["adding.c"])], py_modules=[])
""",
    "adding.c": """\
#include <Python.h>

static PyObject *add(PyObject *module, PyObject *arguments) {
    long first, second;
    if (!PyArg_ParseTuple(arguments, "ll", &first, &second)) return NULL;
    return PyLong_FromLong(first + second);
}
static PyMethodDef methods[] = {{"add", add, METH_VARARGS, "a sum"}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "adding", NULL, -1, methods};
PyMODINIT_FUNC PyInit_adding(void) { return PyModule_Create(&module); }
""",
}


def source_distribution(folder: Path, name: str) -> Path:
    """A source distribution with a module in C, and metadata that needs no building to be read."""
    # Metadata 2.2: what is not listed as dynamic holds for every wheel (PEP 643).
    metadata = f"Metadata-Version: 2.2\nName: {name}\nVersion: 1.0\nRequires-Python: >=3.9\n"
    files = {"PKG-INFO": metadata, "pyproject.toml": PROJECT.format(name=name), **C_EXTENSION}
    path = folder / f"{name}-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for file, text in files.items():
            member = tarfile.TarInfo(f"{name}-1.0/{file}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


def index(root: Path, name: str) -> None:
    """A package index (PEP 503) of one project, whose one file is made here."""
    page = root / "simple" / name
    page.mkdir(parents=True)
    path = source_distribution(page, name)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    link = f'<a href="{path.name}#sha256={digest}">{path.name}</a>'
    (page / "index.html").write_text(f"<!DOCTYPE html><html><body>{link}</body></html>")


def repository(root: Path, name: str, environment: Mapping[str, str]) -> str:
    """A git repository of a project in Python that any web server can serve: its commit."""
    work = root / "work"
    work.mkdir(parents=True)
    (work / "pyproject.toml").write_text(PROJECT.format(name=name))
    (work / f"{name}.py").write_text("ANSWER = 42\n")
    bare = root / f"{name}.git"
    author = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.test")

    def git(*words: str, at: Path = work) -> str:
        done = process.run(("git", *author, *words), env=environment, cwd=at)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    git("init", "--quiet", "--initial-branch", "main")
    git("add", ".")
    git("commit", "--quiet", "--message", "first")
    git("clone", "--quiet", "--bare", str(work), str(bare), at=root)
    git("update-server-info", at=bare)
    return git("rev-parse", "HEAD")


def wheel(folder: Path, name: str, code: str) -> Path:
    """A wheel of one module in Python."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{path},{_recorded(text)},{len(text)}\n" for path, text in files.items()]
    files[f"{info}/RECORD"] = "".join([*lines, f"{info}/RECORD,,\n"])
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return path


def _recorded(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
    return f"sha256={digest.rstrip(b'=').decode()}"


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        del format, args


@contextlib.contextmanager
def serving(root: Path) -> Iterator[str]:
    """A web server for a folder, on loopback: its URL without a slash at the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Silent, directory=root))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
