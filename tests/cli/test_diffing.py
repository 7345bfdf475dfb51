"""`lading diff`: whole outputs, between real locks, folders, images and revisions."""

# ruff: noqa: E501 - lines of an output are as long as they are
from __future__ import annotations

import json
import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from engine_support import must_run
from lading import process
from lading.oci import layout
from oci.images import image, layer
from registry.full_registry import running_registry

if TYPE_CHECKING:
    from cli.program import Project, Ran

needs_git = pytest.mark.skipif(
    shutil.which("git") is None and not must_run(), reason="git is not on PATH"
)


def git(project: Project, *words: str) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(project.home), "GIT_CONFIG_NOSYSTEM": "1"}
    author = ("-c", "user.name=a", "-c", "user.email=a@example.test")
    done = process.run(("git", *author, *words), env=env, cwd=project.folder)
    assert done.returncode == 0, done.stderr


def commit(project: Project) -> None:
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=more")


def told(ran: Ran) -> str:
    """What a run that went well has said."""
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def another_file(lock: str) -> str:
    """The lock, in which a distribution of the same version has other hashes."""
    return re.sub(r'("sha256:)[0-9a-f]{4}', r"\g<1>0000", lock)


def sizeless(text: str) -> str:
    """What no version of zlib decides."""
    return re.sub(r"[0-9.]+ k?B", "SIZE", text)


@pytest.fixture
def repo(locked: Project) -> Project:
    """A locked project in a repository, with one commit."""
    locked.environment["PATH"] = os.environ["PATH"]
    git(locked, "init", "--quiet", "--initial-branch=main")
    commit(locked)
    return locked


@pytest.fixture
def changed(repo: Project) -> Project:
    """The same with another version, and one requirement more."""
    repo.write("service.py", repo.read("service.py").replace('"tiny"', '"tiny<2", "small"', 1))
    assert repo.lading("lock", "-q").code == 0
    return repo


@needs_git
def test_nothing_differs(repo: Project) -> None:
    assert told(repo.lading("diff")) == snapshot("""\
HEAD -> lading.lock
linux/amd64
  nothing differs
""")
    assert repo.lading("diff", "--exit-code").code == 0


@needs_git
def test_the_lock_as_it_is_now_against_the_last_commit(changed: Project) -> None:
    assert told(changed.lading("diff")) == snapshot("""\
HEAD -> lading.lock
linux/amd64
  Python packages
    + small 1.0
    ~ tiny 2.0 -> 1.0
  settings
    - requirement tiny
    + requirement small
    + requirement tiny<2
  layers of packages and models
    + python packages small 1.0
        small is new
    + python packages tiny 1.0
        tiny 2.0 -> 1.0
    2 to make and push; 1 kept; 1 dropped
""")
    assert changed.lading("diff", "--exit-code").code == 1


@needs_git
def test_two_revisions(changed: Project) -> None:
    git(changed, "tag", "v1")
    commit(changed)
    forth = told(changed.lading("diff", "v1", "main"))
    assert forth.splitlines()[3:6] == snapshot(
        ["    + small 1.0", "    ~ tiny 2.0 -> 1.0", "  settings"]
    )
    back = told(changed.lading("diff", "main", "HEAD~1"))
    assert back.splitlines()[3:6] == snapshot(
        ["    - small 1.0", "    ~ tiny 1.0 -> 2.0", "  settings"]
    )


@needs_git
def test_a_folder_of_the_repository(changed: Project) -> None:
    changed.write("a/x", "")
    git(changed, "mv", "service.py", "pyproject.toml", "lading.lock", "a")
    commit(changed)
    assert told(changed.lading("diff", "HEAD", "HEAD", "--project", "a")) == snapshot("""\
HEAD -> HEAD
linux/amd64
  nothing differs
""")
    ran = changed.lading("diff", "HEAD~1", "--project", "a")
    assert (ran.code, ran.out, ran.err) == snapshot(
        (
            1,
            "",
            """\
error: lading.lock is not in "HEAD~1"
hint: commit it; `lading lock` makes it
""",
        )
    )


@needs_git
def test_the_lock_of_another_image(repo: Project) -> None:
    lock = repo.read("lading.lock")
    repo.write("lading.gpu.lock", lock)
    commit(repo)
    (repo.folder / "lading.lock").unlink()
    assert told(repo.lading("diff", "HEAD:lading.gpu.lock", "lading.gpu.lock")) == snapshot("""\
HEAD:lading.gpu.lock -> lading.gpu.lock
linux/amd64
  nothing differs
""")
    repo.write("lading.gpu.lock", another_file(lock))
    changed = told(repo.lading("diff", "HEAD:lading.gpu.lock", "lading.gpu.lock"))
    assert "nothing differs" not in changed
    ran = repo.lading("diff", "HEAD:lading.cpu.lock", "lading.gpu.lock")
    assert ran.err == snapshot("""\
error: lading.cpu.lock is not in "HEAD"
hint: commit it; `lading lock` makes it
""")


@needs_git
def test_words_that_name_nothing(repo: Project) -> None:
    for word in ("mian", "v9", "HEAD~7", "gone/lading.lock", ".git", "a b\x1b"):
        ran = repo.lading("diff", word)
        assert ran.code != 0
        assert ran.out == ""
    assert repo.lading("diff", "mian").err == snapshot("""\
error: "mian" names neither a lock, nor a frozen folder, an image or a git revision
hint: did you mean "main"?
usage: lading diff [OPTIONS] [A] [B]
""")
    assert repo.lading("diff", "v9").err == snapshot("""\
error: "v9" names neither a lock, nor a frozen folder, an image or a git revision
usage: lading diff [OPTIONS] [A] [B]
""")
    assert repo.lading("diff", ".git").err == snapshot("""\
error: the folder .git holds neither lading.lock, nor a frozen image, nor an image
usage: lading diff [OPTIONS] [A] [B]
""")


def test_a_word_that_is_not_quite_a_lock(locked: Project) -> None:
    locked.environment["PATH"] = os.environ["PATH"]
    locked.write("lading.web.lock", locked.read("lading.lock"))
    refused = ("service.py", "pyproject.toml", "lading.wbe.lock", "lading.other.lock")
    said = [locked.lading("diff", one, "lading.lock").err for one in refused]
    assert "".join(one.partition("usage: ")[0] for one in said) == snapshot("""\
error: service.py is no lock, but a module
hint: the locks beside it: lading.lock, lading.web.lock
error: pyproject.toml is no lock, but a project file
hint: the locks beside it: lading.lock, lading.web.lock
error: "lading.wbe.lock" names neither a lock, nor a frozen folder, an image or a git revision
hint: did you mean "lading.web.lock"?
error: "lading.other.lock" names neither a lock, nor a frozen folder, an image or a git revision
hint: did you mean "lading.web.lock"?
""")


@needs_git
def test_a_repository_without_a_commit_and_a_revision_without_a_lock(bare: Project) -> None:
    bare.environment["PATH"] = os.environ["PATH"]
    git(bare, "init", "--quiet")
    ran = bare.lading("diff")
    assert (ran.code, ran.out, ran.err) == snapshot(
        (
            1,
            "",
            """\
error: the repository of PROJECT has no commit yet
hint: commit lading.lock
""",
        )
    )
    bare.write("x", "")
    commit(bare)
    ran = bare.lading("diff")
    assert (ran.code, ran.out, ran.err) == snapshot(
        (
            1,
            "",
            """\
error: lading.lock is not in "HEAD"
hint: commit it; `lading lock` makes it
""",
        )
    )
    bare.write("lading.lock", "version = 1\n")
    commit(bare)
    ran = bare.lading("diff")
    assert (ran.code, ran.out, ran.err) == snapshot(
        (1, "", 'error: at "HEAD": lading.lock has format 1; this Lading reads format 3\n')
    )


@needs_git
def test_what_is_no_repository(locked: Project) -> None:
    locked.environment |= {"PATH": os.environ["PATH"], "GIT_CEILING_DIRECTORIES": "/"}
    ran = locked.lading("diff")
    assert (ran.code, ran.out, ran.err) == snapshot(
        (
            1,
            "",
            """\
error: PROJECT is in no repository that git can read
  not a git repository (or any of the parent directories): .git
hint: name two things to compare: lading diff A B
""",
        )
    )
    assert "did you mean" not in locked.lading("diff", "HEAD").err


def test_without_git_files_can_be_compared(locked: Project) -> None:
    ran = locked.lading("diff")
    assert (ran.code, ran.out, ran.err) == snapshot(
        (
            1,
            "",
            """\
error: git, which reads revisions, is missing
hint: install it, or name files and images to compare
""",
        )
    )
    locked.write("old.lock", another_file(locked.read("lading.lock")))
    assert told(locked.lading("diff", "old.lock")) == snapshot("""\
old.lock -> lading.lock
linux/amd64
  base image
    - 127.0.0.1:PORT/python:3.11-slim-bookworm@sha256:DIGEST
    + 127.0.0.1:PORT/python:3.11-slim-bookworm@sha256:DIGEST
  Python packages
    ~ tiny 2.0 is another file of the same version
  layers of packages and models
    + base image 127.0.0.1:PORT/python:3.11-slim-bookworm
        the base image has changed
    + python packages tiny 2.0
        tiny is another file of the same version
    2 to make and push; 0 kept; 2 dropped
""")


def test_a_lock_that_is_missing(bare: Project) -> None:
    bare.write("old.lock", "")
    ran = bare.lading("diff", "lading.lock", "old.lock")
    assert (ran.code, ran.out, ran.err) == snapshot(
        (
            2,
            "",
            """\
error: "lading.lock" names neither a lock, nor a frozen folder, an image or a git revision
hint: run `lading lock`
usage: lading diff [OPTIONS] [A] [B]
""",
        )
    )
    ran = bare.lading("diff", "old.lock")
    assert (ran.code, ran.out, ran.err) == snapshot(
        (
            1,
            "",
            "error: old.lock is empty\n",
        )
    )


def frozen(project: Project, folder: str) -> None:
    assert project.lading("freeze", "-q", "-o", folder).code == 0


def test_frozen_folders(tiny: Project) -> None:
    tiny.write("a.txt", "one\n")
    text = tiny.read("service.py").replace(".cmd(", '.build_include("*.txt")\n    .cmd(')
    tiny.write("service.py", text)
    frozen(tiny, "a")
    tiny.write("a.txt", "two\n")
    tiny.write("b.txt", "two\n")
    text = text.replace('"tiny"', '"tiny<2"', 1).replace(".cmd(", '.env(A="1").user(33).cmd(')
    tiny.write("service.py", text)
    frozen(tiny, "b")
    assert told(tiny.lading("diff", "a", "b")) == snapshot("""\
a -> b
linux/amd64
  Python packages
    ~ tiny 2.0 -> 1.0
  settings
    - user 10001:0 (lading, /home/lading)
    + user 33:0 (lading, /home/lading)
    + env A 1
  files
    ~ /app/a.txt (4 B)
    + /app/b.txt (4 B)
  sizes
    files: 8 B (+4 B)
  layers
    + python environment, folders of the user
        user 10001:0 (lading, /home/lading) -> 33:0 (lading, /home/lading): folders belong to it
    + python packages tiny 1.0
        tiny 2.0 -> 1.0
    + files to /app (8 B)
        /app/a.txt has changed; /app/b.txt is new
    3 to make and push; 1 kept; 3 dropped
""")
    assert told(tiny.lading("diff", "b/image.json")) == snapshot("""\
b/image.json -> lading.lock
linux/amd64
  nothing differs
  not compared: files: a lock has none but those of models
  not compared: layers: a frozen image and a lock don't tell them in one form
""")


def test_an_image_that_an_engine_builds_is_compared_without_layers(tiny: Project) -> None:
    tiny.write("service.py", tiny.read("service.py") + 'image = image.run("make")\n')
    frozen(tiny, "a")
    tiny.write("service.py", tiny.read("service.py").replace("make", "make all"))
    frozen(tiny, "b")
    assert told(tiny.lading("diff", "a", "b")) == snapshot("""\
a -> b
linux/amd64
  settings
    - command 1 make
    + command 1 make all
  not compared: layers: an engine makes them: the command `make all` runs (service.py:9)
""")


def test_built_images(shipped: Project) -> None:
    plain = shipped.read("service.py").replace('"3.11")', '"3.11", compile_bytecode=False)')
    shipped.write("service.py", plain)
    shipped.lading("build", "-q", "-o", "one")
    text = plain.replace('"tiny"', '"tiny<2"', 1)
    shipped.write("service.py", text.replace(".cmd(", '.label(a="b")\n    .cmd('))
    shipped.lading("build", "-q", "-o", "two.tar")
    assert sizeless(told(shipped.lading("diff", "one", "two.tar"))) == snapshot("""\
one -> two.tar
linux/amd64
  Python packages
    ~ tiny 2.0 -> 1.0
  settings
    + label a b
  files
    ~ /app/service.py (SIZE)
    and 8 in site-packages
  sizes
    files: SIZE (+SIZE)
    layers: SIZE (+SIZE)
  layers
    + python packages tiny 1.0 (SIZE)
        tiny 2.0 -> 1.0
    + files to /app (SIZE)
        /app/service.py has changed
    2 to make and push, SIZE; 2 kept, SIZE; 2 dropped
""")
    assert sizeless(told(shipped.lading("diff", "oci:one"))) == snapshot("""\
oci:one -> lading.lock
linux/amd64
  Python packages
    ~ tiny 2.0 -> 1.0
  not compared: the base image: a built image does not say what it is built on
  not compared: system packages, what is for building only, settings, layers: a built image and a lock don't tell them in one form
  not compared: files: a lock has none but those of models
""")


def test_an_image_of_others(bare: Project) -> None:
    files: dict[str, bytes | str] = {"etc/a": b"1", "etc/b": b"2", "etc/c": b"3", "etc/l": "a"}
    more: dict[str, bytes | str] = {"etc/a": b"4", "etc/.wh.b": b"", "etc/n/x": b"5", "etc/l": "c"}
    one = image("amd64", (layer(files),))
    two = image("amd64", (layer(files), layer(more)), env=("A=1",))
    layout.write(bare.folder / "one", (one,))
    layout.write(bare.folder / "two", (two,))
    assert sizeless(told(bare.lading("diff", "one", "two"))) == snapshot("""\
one -> two
linux/amd64
  settings
    - env PATH /bin
    + env A 1
  files
    ~ /etc/a (SIZE)
    - /etc/b (SIZE)
    ~ /etc/l (SIZE)
    + /etc/n/x (SIZE)
  sizes
    files: SIZE
    layers: SIZE (+SIZE)
  layers
    + test (SIZE)
        /etc/a has changed; /etc/l has changed; /etc/n/x is new; and 1 more
    1 to make and push, SIZE; 1 kept, SIZE
""")


def test_several_images_of_a_layout(bare: Project) -> None:
    files = layer({"etc/a": b"1"})
    for name, env in (("app", "A=1"), ("wrk", "A=2")):
        one = image("amd64", (files,), env=(env,))
        layout.write(bare.folder / "imgs", (one,), names=(name,), keeps=True)
    for source in ("oci:imgs", "imgs"):
        for words in ((source, "oci:imgs:wrk"), ("oci:imgs:wrk", source)):
            ran = bare.lading("diff", *words)
            said = f"error: {source} has several images\nhint: it has app, wrk\n"
            assert (ran.code, ran.out, ran.err) == (1, "", said)
    layout.write(bare.folder / "none", ())
    assert bare.lading("diff", "none", "imgs").err == "error: none has no image\n"
    assert "env A 2" in told(bare.lading("diff", "oci:imgs:app", "oci:imgs:wrk"))


def test_images_of_a_layout_for_one_platform_each(bare: Project) -> None:
    files = layer({"etc/a": b"1"})
    both = tuple(image(one, (files,)) for one in ("amd64", "arm64"))
    layout.write(bare.folder / "apart", both)
    layout.write(bare.folder / "twice", (both[0],), names=("a", "b"))
    assert "linux/arm64\n  nothing differs" in told(bare.lading("diff", "apart", "apart"))
    assert "nothing differs" in told(bare.lading("diff", "twice", "twice"))


def test_an_image_of_a_registry_whose_layers_are_not_at_hand(shipped: Project) -> None:
    with running_registry() as registry:
        shipped.stand_ins[registry.host] = "REGISTRY"
        name = f"{registry.host}/a/b:1"
        shipped.lading("build", "-q", "--push", "-t", name, "-o", "one")
        ran = shipped.lading("diff", name, "one", LADING_CACHE_DIR=str(shipped.folder / "none"))
        assert told(ran) == snapshot("""\
REGISTRY/a/b:1 -> one
linux/amd64
  nothing differs
  not compared: Python packages, system packages, files: layer sha256:DIGEST is not at hand
""")


def test_json(locked: Project) -> None:
    locked.write("old.lock", another_file(locked.read("lading.lock")))
    ran = locked.lading("diff", "old.lock", "lading.lock", "--json")
    assert json.loads(told(ran)) == snapshot(
        {
            "before": "old.lock",
            "after": "lading.lock",
            "kinds": ["lock", "lock"],
            "platforms": [
                {
                    "platform": "linux/amd64",
                    "only": None,
                    "base": {
                        "name": "base",
                        "before": "127.0.0.1:PORT/python:3.11-slim-bookworm@sha256:DIGEST",
                        "after": "127.0.0.1:PORT/python:3.11-slim-bookworm@sha256:DIGEST",
                    },
                    "python": [
                        {
                            "name": "tiny",
                            "what": "file",
                            "before": {
                                "name": "tiny",
                                "version": "2.0",
                                "size": None,
                                "index": "http://127.0.0.1:PORT/simple",
                                "files": ["sha256:DIGEST"],
                            },
                            "after": {
                                "name": "tiny",
                                "version": "2.0",
                                "size": None,
                                "index": "http://127.0.0.1:PORT/simple",
                                "files": ["sha256:DIGEST"],
                            },
                        }
                    ],
                    "system": [],
                    "building": [],
                    "settings": [],
                    "files": [],
                    "sizes": [],
                    "layers": [
                        {
                            "layer": {
                                "name": "base image 127.0.0.1:PORT/python:3.11-slim-bookworm",
                                "kind": "base",
                                "identity": "sha256:DIGEST",
                                "content": None,
                                "size": None,
                            },
                            "what": "made",
                            "why": ["the base image has changed"],
                        },
                        {
                            "layer": {
                                "name": "python packages tiny 2.0",
                                "kind": "packages",
                                "identity": "DIGEST",
                                "content": None,
                                "size": None,
                            },
                            "what": "made",
                            "why": ["tiny is another file of the same version"],
                        },
                        {
                            "layer": {
                                "name": "base image 127.0.0.1:PORT/python:3.11-slim-bookworm",
                                "kind": "base",
                                "identity": "sha256:DIGEST",
                                "content": None,
                                "size": None,
                            },
                            "what": "dropped",
                            "why": [],
                        },
                        {
                            "layer": {
                                "name": "python packages tiny 2.0",
                                "kind": "packages",
                                "identity": "DIGEST",
                                "content": None,
                                "size": None,
                            },
                            "what": "dropped",
                            "why": [],
                        },
                    ],
                    "unknown": {},
                }
            ],
        }
    )


@needs_git
def test_every_lock_of_the_project(repo: Project) -> None:
    for name in ("cpu", "gpu", "old"):
        repo.write(f"lading.{name}.lock", repo.read("lading.lock"))
    repo.write("poetry.lock", "no lock of ours")
    commit(repo)
    assert repo.lading("diff").out == "nothing differs in 4 locks from HEAD\n"
    (repo.folder / "lading.old.lock").unlink()
    repo.write("lading.new.lock", repo.read("lading.lock"))
    repo.write("lading.gpu.lock", another_file(repo.read("lading.lock")))
    for words in ((), ("main",)):
        ran = repo.lading("diff", *words)
        revision = words[0] if words else "HEAD"
        assert [one for one in told(ran).splitlines() if not one.startswith("    ")] == [
            f"{revision}:lading.gpu.lock -> lading.gpu.lock",
            "linux/amd64",
            "  base image",
            "  Python packages",
            "  layers of packages and models",
            f"{revision}:lading.new.lock -> lading.new.lock",
            "linux/amd64",
            "  only in lading.new.lock",
            f"{revision}:lading.old.lock -> lading.old.lock",
            "linux/amd64",
            f"  only in {revision}:lading.old.lock",
        ]
    commit(repo)
    ran = repo.lading("diff", "HEAD~1", "HEAD")
    assert [one for one in told(ran).splitlines() if "->" in one] == [
        f"HEAD~1:lading.{one}.lock -> HEAD:lading.{one}.lock" for one in ("gpu", "new", "old")
    ]
    assert (
        repo.lading("diff", "HEAD", "main").out == "nothing differs in 4 locks from HEAD to main\n"
    )
    git(repo, "reset", "--quiet", "--soft", "HEAD~1")
    assert repo.lading("diff", "--exit-code").code == 1
    found = json.loads(repo.lading("diff", "--json").out)["locks"]
    assert [one["after"] for one in found] == [
        "lading.gpu.lock", "lading.new.lock", "lading.old.lock",
    ]  # fmt: skip
    repo.write("lading.gpu.lock", "version = 1\n")
    ran = repo.lading("diff")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: lading.gpu.lock has format 1; this Lading reads format 3\n")
