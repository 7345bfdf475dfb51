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
    import ssl
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

__all__ = [
    "C_EXTENSION",
    "PROJECT",
    "module",
    "publish",
    "repository",
    "serving",
    "source_distribution",
    "source_folder",
    "wheel",
]

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


def module(name: str, answer: str = "42") -> dict[str, str]:
    """A project in Python, whose one module has an answer."""
    return {"pyproject.toml": PROJECT.format(name=name), f"{name}.py": f"ANSWER = {answer}\n"}


def source_folder(place: Path, name: str, answer: str = "42") -> None:
    """A folder with such a project."""
    place.mkdir(parents=True, exist_ok=True)
    for file, text in module(name, answer).items():
        (place / file).write_text(text)


def source_distribution(
    folder: Path, name: str, files: Mapping[str, str] = C_EXTENSION, *, metadata: str = "2.2"
) -> Path:
    """A source distribution, of a module in C where nothing else is said."""
    folder.mkdir(parents=True, exist_ok=True)
    # Metadata 2.2: what is not listed as dynamic holds for every wheel (PEP 643), so that nothing
    # must be built for it to be read.
    head = f"Metadata-Version: {metadata}\nName: {name}\nVersion: 1.0\nRequires-Python: >=3.9\n"
    files = {"PKG-INFO": head, "pyproject.toml": PROJECT.format(name=name), **files}
    path = folder / f"{name}-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for file, text in files.items():
            member = tarfile.TarInfo(f"{name}-1.0/{file}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


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


def _link(file: Path) -> str:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return f'<a href="{file.name}#sha256={digest}">{file.name}</a>'


def publish(root: Path, *files: Path) -> None:
    """A package index (PEP 503) of files that have been made."""
    for path in files:
        page = root / "simple" / path.name.partition("-")[0].replace("_", "-")
        page.mkdir(parents=True, exist_ok=True)
        (page / path.name).write_bytes(path.read_bytes())
        links = [_link(one) for one in sorted(page.iterdir()) if one.name != "index.html"]
        (page / "index.html").write_text(
            f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>"
        )


class _Files(SimpleHTTPRequestHandler):
    """Files, for whoever knows the login where there is one (RFC 7617)."""

    login: str | None
    asked: list[str]

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        given = self.headers.get("Authorization")
        self.asked.append(f"{'with' if given else 'without'} a login: {self.path}")
        if self.login is not None:
            expected = f"Basic {base64.b64encode(self.login.encode()).decode()}"
            if given != expected:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="packages"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return None
        return super().send_head()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        del format, args


@contextlib.contextmanager
def serving(
    root: Path,
    *,
    login: str | None = None,
    asked: list[str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[str]:
    """A web server for a folder, on loopback: its URL without a slash at the end.

    Args:
        root: The folder.
        login: `user:password`, without which nothing is given.
        asked: Gets what was asked for.
        tls: How to speak HTTPS, and whom to let in.
    """
    settings = {"login": login, "asked": [] if asked is None else asked}
    handler = functools.partial(type("Files", (_Files,), settings), directory=str(root))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if tls is not None:
        # The handshake waits for the thread of its connection: one that refuses holds up no other.
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
