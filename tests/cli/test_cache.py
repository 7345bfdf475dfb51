from __future__ import annotations

import json
import os
import re
import time
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from lading.cli.talk import from_here
from lading.store import Store
from store.made import blob_path, content, descriptor, key, make, read, record_path

if TYPE_CHECKING:
    from pathlib import Path

    from cli.program import Project

DAY = 86400


@pytest.fixture
def cache(home: Path) -> Path:
    return home / ".cache" / "lading"


@pytest.fixture
def kept(cache: Path) -> Store:
    """A cache with two layers, a base's layer, a fact, and what was downloaded."""
    store = Store(cache / "layers")
    make(store, 1)
    make(store, 2, 1_400_000)
    store.add(descriptor(3), [content(3)])
    store.keep("fact", b"value")
    for name in ("sha256/ab/abcd", "sha256/cd/cdef", "programs/0123", "git/4567.pack"):
        path = cache / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(50_000))
    return store


def age(store: Store, number: int, days: int, size: int = 300_000) -> None:
    """Make a layer look as if it had not been used for so long."""
    path = blob_path(store, number, size)
    used = time.time_ns() - days * DAY * 10**9 - 10**10
    os.utime(path, ns=(used, path.stat().st_mtime_ns))


def test_help(bare: Project) -> None:
    ran = bare.lading("cache", "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot("""\
Usage: lading cache [OPTIONS] COMMAND [ARGS]...

  Show, trim or check what is kept for later builds.

  It lies in LADING_CACHE_DIR; without that, in $XDG_CACHE_HOME/lading or
  ~/.cache/lading. All of it can be made or fetched again.

  LADING_CACHE_LIMIT says how much of layers may stay after a build: `20GB`
  without it, `none` for no limit.

Options:
  -h, --help  Show this message and exit.

Commands:
  info    Say what is kept, and how much.
  prune   Remove what has not been used for long.
  verify  Hash all layers, and remove what is damaged.
""")


def test_without_a_word_the_help_is_talk(bare: Project) -> None:
    ran = bare.lading("cache")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == bare.lading("cache", "--help").out


def test_a_word_that_is_misspelt(bare: Project) -> None:
    ran = bare.lading("cache", "prun")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == snapshot("""\
error: no such command 'prun'
hint: did you mean "prune"?
usage: lading cache [OPTIONS] COMMAND [ARGS]...
""")


@pytest.mark.parametrize("command", ["info", "prune", "verify"])
def test_help_of_each(bare: Project, command: str) -> None:
    shown = {
        "info": snapshot("""\
Usage: lading cache info [OPTIONS]

  Say what is kept, and how much.

  With --json: {folder, limit, parts}; each part has {count, size, oldest}:
  how many, how many bytes, and when the one that was not used for longest was
  used.

Options:
  --json      Print the result as JSON.
  -h, --help  Show this message and exit.
"""),
        "prune": snapshot("""\
Usage: lading cache prune [OPTIONS]

  Remove what has not been used for long.

  Of layers, what was used least recently goes until the rest is within the
  size. --all and --older-than also remove what was downloaded. What a running
  build uses stays.

  With --json: {freed, removed, left}: bytes, how many of each kind, bytes.

Options:
  --all             Remove all that no running build uses.
  --max-size SIZE   Leave so much of layers, such as 5GB; left out, what
                    LADING_CACHE_LIMIT says.
  --older-than AGE  Remove what was last used longer ago, such as 30d or 12h.
  --dry-run         Say what would go, and remove nothing.
  -q, --quiet       Say nothing but errors.
  --json            Print the result as JSON.
  -h, --help        Show this message and exit.
"""),
        "verify": snapshot("""\
Usage: lading cache verify [OPTIONS]

  Hash all layers, and remove what is damaged: it is made again when it is
  needed.

  Exits with 1 where anything was.

  With --json: {files, size, damaged}, the last a list of {name, why}.

Options:
  -q, --quiet  Say nothing but errors.
  --json       Print the result as JSON.
  -h, --help   Show this message and exit.
"""),
    }
    ran = bare.lading("cache", command, "-h")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == shown[command]


def test_info_where_there_is_nothing(bare: Project, cache: Path) -> None:
    ran = bare.lading("cache", "info")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot("""\
folder        HOME/.cache/lading
limit         20.0 GB of layers
all                0 B       0
""")
    assert not cache.exists()


@pytest.mark.usefixtures("kept")
def test_info(bare: Project, kept: Store) -> None:
    age(kept, 1, 12)
    ran = bare.lading("cache", "info", LADING_CACHE_LIMIT="5GB")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot("""\
folder        HOME/.cache/lading
limit         5.0 GB of layers
layers          1.7 MB       2  least recently used 12 days ago
base layers     300 kB       1  least recently used less than a minute ago
facts            155 B       1  least recently used less than a minute ago
downloads       100 kB       2  least recently used less than a minute ago
programs       50.0 kB       1  least recently used less than a minute ago
repositories   50.0 kB       1  least recently used less than a minute ago
all             2.2 MB       8
""")


def test_info_as_json(bare: Project, kept: Store) -> None:
    age(kept, 1, 12)
    ran = bare.lading("cache", "info", "--json", LADING_CACHE_LIMIT="none")
    assert (ran.code, ran.err) == (0, "")
    out = re.sub(r'"oldest": "[-0-9]{10}T[0-9:]{8}Z"', '"oldest": "TIME"', ran.out)
    assert out == snapshot("""\
{
  "folder": "HOME/.cache/lading",
  "limit": null,
  "parts": {
    "layers": {
      "count": 2,
      "size": 1700861,
      "oldest": "TIME"
    },
    "base_layers": {
      "count": 1,
      "size": 300000,
      "oldest": "TIME"
    },
    "facts": {
      "count": 1,
      "size": 155,
      "oldest": "TIME"
    },
    "downloads": {
      "count": 2,
      "size": 100000,
      "oldest": "TIME"
    },
    "programs": {
      "count": 1,
      "size": 50000,
      "oldest": "TIME"
    },
    "repositories": {
      "count": 1,
      "size": 50000,
      "oldest": "TIME"
    }
  }
}
""")
    oldest = json.loads(ran.out)["parts"]["layers"]["oldest"]
    assert oldest < json.loads(ran.out)["parts"]["base_layers"]["oldest"]


def test_another_folder(bare: Project, tmp_path: Path) -> None:
    ran = bare.lading("cache", "info", LADING_CACHE_DIR=str(tmp_path / "project" / "here"))
    assert ran.out.splitlines()[0] == "folder        PROJECT/here"


@pytest.mark.usefixtures("kept")
def test_prune_within_the_limit_removes_nothing(bare: Project) -> None:
    ran = bare.lading("cache", "prune")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == snapshot("freed 0 B; 2.0 MB of layers stay\n")


def test_prune_to_a_size(bare: Project, kept: Store) -> None:
    age(kept, 1, 12)
    ran = bare.lading("cache", "prune", "--max-size", "1.9MB")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == snapshot("freed 300 kB (1 layer); 1.7 MB of layers stay\n")
    assert kept.layer(key(1)) is None
    assert kept.layer(key(2)) is not None


def test_prune_to_the_limit_of_the_environment(bare: Project, kept: Store) -> None:
    age(kept, 2, 1, 1_400_000)
    ran = bare.lading("cache", "prune", LADING_CACHE_LIMIT="1MB")
    assert ran.err == snapshot("freed 1.4 MB (1 layer); 601 kB of layers stay\n")
    assert kept.layer(key(1)) is not None


def test_prune_by_age(bare: Project, kept: Store, cache: Path) -> None:
    age(kept, 1, 31)
    age(kept, 2, 29, 1_400_000)
    ran = bare.lading("cache", "prune", "--older-than", "30d")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == snapshot("freed 300 kB (1 layer); 1.7 MB of layers stay\n")
    assert (cache / "sha256/ab/abcd").exists()


def test_prune_all(bare: Project, kept: Store, cache: Path) -> None:
    ran = bare.lading("cache", "prune", "--all", "--dry-run")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == snapshot(
        "would free 2.2 MB (2 layers, 1 base layer, 1 fact, 2 downloads, 1 program, "
        "1 repository); 0 B of layers stay\n"
    )
    assert kept.layer(key(1)) is not None
    ran = bare.lading("cache", "prune", "--all", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot("""\
{
  "freed": 2201016,
  "removed": {
    "base_layers": 1,
    "downloads": 2,
    "facts": 1,
    "layers": 2,
    "programs": 1,
    "repositories": 1
  },
  "left": 0
}
""")
    assert [path.name for path in cache.rglob("*") if path.is_file()] == ["gate"]


def test_prune_all_while_a_build_runs(bare: Project, kept: Store, cache: Path) -> None:
    time.sleep(0.05)
    with kept.using():
        assert kept.layer(key(1)) is not None
        (cache / "sha256/ab/abcd").write_bytes(b"new")
        ran = bare.lading("cache", "prune", "--all")
        assert ran.err == snapshot(
            "freed 1.9 MB (1 layer, 1 base layer, 1 fact, 1 download, 1 program, "
            "1 repository); 300 kB of layers stay\n"
        )
        found = kept.layer(key(1))
        assert found is not None
        assert read(found) == content(1)
    assert (cache / "sha256/ab/abcd").exists()


@pytest.mark.usefixtures("kept")
def test_prune_quietly(bare: Project) -> None:
    ran = bare.lading("cache", "prune", "--all", "-q")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


@pytest.mark.parametrize(
    "words",
    [
        ("--max-size", "20G"),
        ("--older-than", "soon"),
        ("--all", "--max-size", "1GB"),
        ("--all", "--older-than", "1d"),
    ],
)
def test_prune_called_wrongly(bare: Project, words: tuple[str, ...]) -> None:
    shown = {
        "20G": snapshot("""\
error: --max-size: size "20G" is invalid
hint: write "20GB"
usage: lading cache prune [OPTIONS]
"""),
        "soon": snapshot("""\
error: --older-than: age "soon" is invalid
hint: write it like "30d"
usage: lading cache prune [OPTIONS]
"""),
        "1GB": snapshot("""\
error: --all removes everything, so it can't go with --max-size
usage: lading cache prune [OPTIONS]
"""),
        "1d": snapshot("""\
error: --all removes everything, so it can't go with --older-than
usage: lading cache prune [OPTIONS]
"""),
    }
    ran = bare.lading("cache", "prune", *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == shown[words[-1]]


def test_a_limit_that_is_none(bare: Project) -> None:
    ran = bare.lading("cache", "info", LADING_CACHE_LIMIT="lots")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == snapshot("""\
error: LADING_CACHE_LIMIT: size "lots" is invalid
hint: write it like "20GB" or "500MB"
""")


@pytest.mark.usefixtures("kept")
def test_verify(bare: Project) -> None:
    ran = bare.lading("cache", "verify")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == snapshot("""\
hashing 2.0 MB
all 6 files are whole (2.0 MB)
""")
    assert bare.lading("cache", "verify", "-q").err == ""


def damage(store: Store) -> None:
    path = blob_path(store, 1)
    before = path.stat()
    path.chmod(0o600)
    path.write_bytes(b"x" + content(1)[1:])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    record_path(store, 2).write_bytes(b"garbage")


def test_verify_what_is_damaged(bare: Project, kept: Store) -> None:
    damage(kept)
    ran = bare.lading("cache", "verify", "-q")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == snapshot("""\
damaged, and removed: sha256:DIGEST: its bytes are not what its digest says
damaged, and removed: DIGEST: this record can't be read
hint: it is made or fetched again by the next build that needs it
""")


def test_verify_as_json(bare: Project, kept: Store) -> None:
    damage(kept)
    ran = bare.lading("cache", "verify", "--json")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out == snapshot("""\
{
  "files": 6,
  "size": 2000585,
  "damaged": [
    {
      "name": "sha256:DIGEST",
      "why": "its bytes are not what its digest says"
    },
    {
      "name": "DIGEST",
      "why": "this record can't be read"
    }
  ]
}
""")
    ran = bare.lading("cache", "verify", "--json")
    assert (ran.code, json.loads(ran.out)["damaged"]) == (0, [])


def test_a_store_of_others(bare: Project, kept: Store) -> None:
    kept.folder.root.chmod(0o777)
    ran = bare.lading("cache", "info")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == snapshot("""\
error: the layer store HOME/.cache/lading/layers can be written by other users
hint: set LADING_CACHE_DIR to a folder of yours, or remove this one
""")


def test_talk_shows_the_folder_as_it_looks_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert from_here(f"the layer store {tmp_path}/layers has no room").startswith(
        "the layer store layers"
    )
