"""What holds for every Dockerfile, whoever wrote the words in it."""

from __future__ import annotations

import io
import json
import os
import re
from functools import cache
from typing import TYPE_CHECKING

import msgspec
import pytest
from dockerfile_parse import DockerfileParser
from hypothesis import given
from hypothesis import strategies as st

from dockerfile.parseback import DIALECTS, argv, expand, json_list, pairs, parse
from dockerfile.recipes import CASES, SNAPSHOTS, frozen
from lading import process
from lading.errors import FreezeError
from lading.info import (
    Config,
    ContextFile,
    CopyFiles,
    Healthcheck,
    ImageInfo,
    InstallPython,
    InstallSystem,
    RunCommand,
    RunScript,
    SetEnv,
)
from lading.lock.model import Distribution, LockedBase
from shells import _linter

if TYPE_CHECKING:
    from pathlib import Path

    from dockerfile.parseback import Parsed
    from lading.info import Step

each = pytest.mark.parametrize(("recipe", "distro"), CASES)


@cache
def text_of(recipe: str, distro: str) -> str:
    return frozen(recipe, distro).dockerfile


def of_kind(text: str, *kinds: str) -> list[Parsed]:
    return [one for one in _parsed(text) if one.kind in kinds]


@cache
def _parsed(text: str) -> tuple[Parsed, ...]:
    return parse(text)


def script(run: Parsed) -> str:
    return argv(run.rest)[2]


def stages(text: str) -> list[list[Parsed]]:
    found: list[list[Parsed]] = []
    for one in parse(text):
        if one.kind == "FROM":
            found.append([])
        found[-1].append(one)
    return found


def last_stages(text: str) -> list[Parsed]:
    """What the image is made of: its own stage, and the one that it starts from."""
    parts = stages(text)
    return [*parts[0], *parts[-1]] if len(parts) > 1 else parts[0]


def kinds_by_the_other_parser(text: str) -> list[str]:
    parser = DockerfileParser(fileobj=io.BytesIO())
    parser.content = text
    return [one["instruction"] for one in parser.structure if one["instruction"] != "COMMENT"]


def test_hadolint_has_nothing_to_say() -> None:  # CASES R44
    files = sorted(map(str, SNAPSHOTS.iterdir()))
    done = process.run(
        (_linter("hadolint"), "--format", "json", *files), env=os.environ, timeout=120
    )
    assert json.loads(done.stdout) == []


def test_every_snippet_is_posix_sh(tmp_path: Path) -> None:  # CASES R7
    scripts = {
        script(run) for recipe, distro in CASES for run in of_kind(text_of(recipe, distro), "RUN")
    }
    files = [tmp_path / f"{number}.sh" for number in range(len(scripts))]
    for file, content in zip(files, sorted(scripts), strict=True):
        file.write_text(f"{content}\n")
        parsed = process.run(("dash", "-n", str(file)), env=os.environ, timeout=20)
        assert (parsed.returncode, parsed.stderr) == (0, ""), content
    # The file that `.` reads is in the build context, where shellcheck does not look.
    options = ("--shell=sh", "--norc", "--exclude=SC1091")
    argv = (_linter("shellcheck"), *options, *map(str, files))
    done = process.run(argv, env=os.environ, timeout=120)
    assert done.returncode == 0, done.stdout


@each
def test_independent_parsers_agree(recipe: str, distro: str) -> None:  # CASES R44
    text = text_of(recipe, distro)
    kinds = [one.kind for one in parse(text)]
    assert kinds == kinds_by_the_other_parser(text)
    for dialect in DIALECTS:
        assert [one.kind for one in parse(text, dialect)] == kinds


@each
def test_only_what_old_builders_know(recipe: str, distro: str) -> None:  # CASES R42, R43
    text = text_of(recipe, distro)
    assert not re.search(r"<<|--link|--parents|^# *syntax", text, re.MULTILINE)
    assert "\r" not in text
    assert text.endswith("\n")


@each
def test_the_base_has_a_digest_and_no_word_is_missing(recipe: str, distro: str) -> None:
    text = text_of(recipe, distro)  # CASES R12, R15
    first = of_kind(text, "FROM")[0]
    assert re.match(r"[a-z0-9.:/-]+@sha256:[0-9a-f]{64}( AS base)?$", first.rest)
    assert "None" not in text
    if distro.startswith("debian") and recipe in {"minimal", "full", "compiled", "unlocked"}:
        assert f"-slim-{distro.partition(':')[2]}@" in first.rest


@each
def test_the_build_starts_as_root_and_the_container_does_not(recipe: str, distro: str) -> None:
    text = text_of(recipe, distro)  # CASES R9, R48
    users = [user.rest for user in of_kind(text, "USER")]
    assert users[0] == "0"
    assert re.fullmatch(r"[1-9][0-9]*:[0-9]+", users[-1])
    assert [one.kind for one in parse(text)][:3] == ["FROM", "SHELL", "USER"]
    assert not any(one.kind == "RUN" for one in parse(text)[-3:])


@each
def test_the_installer_is_mounted_and_stays_out(recipe: str, distro: str) -> None:  # CASES R11
    text = text_of(recipe, distro)
    assert "pip install uv" not in text
    assert not any("uv" in one.rest.split() for one in of_kind(text, "COPY", "ADD"))
    for run in of_kind(text, "RUN"):
        mounted = any("source=uv," in flag for flag in run.flags)
        assert mounted == ("/run/uv" in script(run))


@each
def test_path_keeps_what_the_base_has(recipe: str, distro: str) -> None:  # CASES R13
    found = [
        dict(pairs(one, {"PATH": "/base/bin"}))["PATH"]
        for one in of_kind(text_of(recipe, distro), "ENV")
        if one.rest.startswith("PATH=")
    ]
    assert all("/base/bin" in path.split(":") for path in found)
    assert bool(found) == (recipe != "no-python")


@each
def test_system_packages_come_and_their_caches_go_in_one_run(recipe: str, distro: str) -> None:
    for run in of_kind(text_of(recipe, distro), "RUN"):  # CASES R14
        text = script(run)
        if "apt-get" in text:
            assert text.index(" update") < text.index(" install --yes --no-install-recommends")
            assert "export DEBIAN_FRONTEND" in text
        if re.search(r"\b(?:yum|dnf)\b.* install", text):
            assert " install -y " in text
        if re.search(r"apt-get|\byum|dnf| apk ", text):
            assert "rm -" in text.rpartition("&&")[2]


@each
def test_locked_packages_are_installed_by_hash_alone(recipe: str, distro: str) -> None:  # R29
    for run in of_kind(text_of(recipe, distro), "RUN"):
        for command in script(run).split(" && "):
            if "pip install" not in command or recipe == "unlocked":
                continue
            assert "--no-deps" in command
            # What this build has compiled itself has no hash yet; it may come from nowhere else.
            assert "--require-hashes" in command or "--no-index --find-links /srv" in command


@each
def test_nothing_is_left_behind(recipe: str, distro: str) -> None:  # CASES R40
    text = text_of(recipe, distro)
    assert not re.search(r"ch(?:own|mod) (?:-[a-z]* )*-R", text)
    shipped = [script(run) for run in last_stages(text) if run.kind == "RUN"]
    assert not any(
        re.search(r"build-essential|build-base|\bgcc\b|git clone", one) for one in shipped
    )
    for run in last_stages(text):
        if run.kind == "RUN" and "/run/uv" in script(run):
            assert "UV_CACHE_DIR=/mnt" in script(run)
            assert any("type=cache" in flag and "target=/mnt," in flag for flag in run.flags)


@each
def test_caches_are_told_apart_and_locked(recipe: str, distro: str) -> None:  # CASES R41
    flags = [flag for run in of_kind(text_of(recipe, distro), "RUN") for flag in run.flags]
    caches = [flag for flag in flags if "type=cache" in flag]
    assert all(re.search(r"id=lading-[^,]*-amd64,", flag) for flag in caches)
    assert all(flag.endswith("sharing=locked") for flag in caches)


@each
def test_no_word_of_the_machine_gets_in(recipe: str, distro: str) -> None:  # CASES R35
    text = text_of(recipe, distro)
    assert not re.search(r"pytest|/tmp\b|/home/(?!lading|server)|20[0-9]{2}-[01][0-9]", text)
    places = re.findall(r"^# (.*):\d+ ", text, re.MULTILINE)
    assert places
    assert all(re.fullmatch(r"service\.py(?::\d+, service\.py)*", place) for place in places)


def test_the_environment_changes_nothing_before_it() -> None:  # CASES R35
    info = frozen("full", "debian:bookworm")
    steps = list(info.steps)
    place = max(number for number, step in enumerate(steps) if isinstance(step, SetEnv))
    steps[place] = SetEnv(variables=(("OTHER", "1"),))
    before = info.dockerfile.splitlines()
    after = replaced(info, tuple(steps)).dockerfile.splitlines()
    same = next(n for n, (one, two) in enumerate(zip(before, after, strict=True)) if one != two)
    assert not any(line.startswith(("RUN", "COPY")) for line in before[same:])


def test_a_base_without_a_digest_is_said_as_it_is() -> None:
    text = frozen("minimal", "debian:bookworm", pinned=False).dockerfile
    assert of_kind(text, "FROM")[0].rest == "docker.io/library/python:3.13-slim-bookworm"
    assert "base.digest" not in text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/a:$PATH:/b", "/a:/opt/venv/bin:/base:/b"),
        ("${PATH}:/b", "/opt/venv/bin:/base:/b"),
        ("/a:$PATH:$PATH", "/a:/opt/venv/bin:/base"),
        ("/a", "/opt/venv/bin:/a"),
        ("$PATH", None),
    ],
)
def test_path_is_what_its_user_wrote_around_what_was_there(
    value: str, expected: str | None
) -> None:
    base = frozen("minimal", "debian:bookworm")
    info = replaced(base, (*base.steps, SetEnv(variables=(("PATH", value),))))
    path = "/base"
    found = None
    for one in of_kind(info.dockerfile, "ENV"):
        if one.rest.startswith("PATH="):
            found, path = path, dict(pairs(one, {"PATH": path}))["PATH"]
    assert path == (expected or "/opt/venv/bin:/base")
    assert (found == "/base") == (expected is None)


def test_what_no_dockerfile_can_say_is_an_error_of_freezing() -> None:
    base = frozen("minimal", "debian:bookworm")
    info = replaced(base, (RunCommand(command="echo " + "x" * 70_000),))
    with pytest.raises(FreezeError, match="too long"):
        _ = info.dockerfile


def test_packages_are_looked_for_where_the_user_said() -> None:
    info = msgspec.structs.replace(
        frozen("unlocked", "debian:bookworm"),
        default_index="https://mirror.example.test/simple",
        find_links=("https://links.example.test/",),
        no_index=True,
        prerelease=True,
    )
    install = next(script(run) for run in of_kind(info.dockerfile, "RUN") if "-r /run" in run.rest)
    for words in (
        "--default-index https://mirror.example.test/simple",
        "--index https://packages.example.test/simple",
        "--find-links https://links.example.test/",
        "--no-index",
        "--prerelease allow",
    ):
        assert words in install.rpartition(" && ")[2]


def test_what_a_repository_holds_needs_no_version() -> None:
    base = frozen("compiled", "debian:bookworm")
    (install,) = [step for step in base.steps if isinstance(step, InstallPython)]
    git = msgspec.structs.replace(install.distributions[-1], version=None)
    step = msgspec.structs.replace(install, distributions=(git,))
    text = replaced(base, (step,)).dockerfile
    assert "--no-index --find-links /srv theirs\n" in text
    assert "None" not in text


# Words that some parser acts on, and the instructions that they must not become.

_spicy = st.sampled_from(
    [*"\\\"'$`#<>-[]{}=,!*?&|; \t", "${x}", "<<EOF", "RUN id", "\\ ", "# escape=`", "\u2028", "é"]
)
_char = st.characters(codec="utf-8", exclude_characters="\0\n\r")
line = st.lists(_spicy | _char, max_size=6).map("".join)
lines = st.lists(_spicy | _char | st.just("\n"), min_size=1, max_size=8).map("".join)
command = lines.filter(str.strip)
name = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True).filter(lambda word: word != "PATH")
places = st.lists(line, max_size=2).map(tuple)
words = st.lists(lines | line, min_size=1, max_size=3).map(tuple)
context_file = st.builds(
    ContextFile, path=line.filter(bool), sha256=st.just("0" * 64), size=st.just(1)
)
script_file = st.just(ContextFile(path="scripts/0123.sh", sha256="0" * 64, size=1, executable=True))

WHEEL = Distribution(name="six", version="1.0", url="https://files.example.test/six.whl")
SDIST = Distribution(name="old", version="1.0", kind="sdist", url="https://x.example.test/o.tar.gz")

steps = st.one_of(
    st.builds(InstallSystem, packages=st.just(("curl",)), at=places),
    st.builds(InstallPython, distributions=st.sampled_from([(WHEEL,), (SDIST,)]), at=places),
    st.builds(InstallPython, requirements=st.tuples(line), at=places),
    st.builds(RunCommand, command=command, at=places, secrets=st.sampled_from([(), ("token",)])),
    st.builds(RunScript, script=script_file, arguments=words, at=places),
    st.builds(
        CopyFiles,
        source=st.just("files/1.1"),
        destination=line.map(lambda text: f"/app/{text}x"),
        files=st.tuples(context_file),
        at=places,
    ),
    st.builds(SetEnv, variables=st.tuples(st.tuples(name, line)), at=places),
)
configs = st.builds(
    Config,
    labels=st.lists(
        st.tuples(line.filter(lambda key: key and "=" not in key), line), max_size=2
    ).map(tuple),
    entrypoint=st.none() | words,
    cmd=st.none() | words,
    healthcheck=st.none() | st.builds(Healthcheck, argv=words),
    volumes=st.sampled_from([(), ("/data",)]),
    ports=st.sampled_from([(), ("80/tcp",)]),
)
infos = st.builds(
    ImageInfo,
    platform=st.just("linux/amd64"),
    distro=st.just("debian:bookworm"),
    base=st.just(LockedBase(reference="docker.io/library/x:1", digest="sha256:" + "0" * 64)),
    python=st.just("3.11"),
    venv=st.just("/opt/venv"),
    steps=st.lists(steps, max_size=4).map(tuple),
    config=configs,
)


def replaced(info: ImageInfo, with_steps: tuple[Step, ...]) -> ImageInfo:
    return msgspec.structs.replace(info, steps=with_steps)


def expected_kinds(info: ImageInfo) -> list[str]:
    """The instructions that an image must become, counted without looking at how it is lowered."""
    installs = [step for step in info.steps if isinstance(step, InstallPython)]
    compiled = [step for step in installs if SDIST in step.distributions]
    found = ["FROM", "SHELL", "USER"]
    for _ in compiled:
        found += ["FROM", "RUN", "RUN"]
    found += ["FROM"] if compiled else []
    found += ["RUN", "WORKDIR"]
    for step in info.steps:
        first = bool(installs) and step is installs[0]
        found += ["COPY"] if isinstance(step, CopyFiles) else []
        found += ["ENV"] if isinstance(step, SetEnv) else []
        found += ["RUN"] if not isinstance(step, (CopyFiles, SetEnv)) else []
        found += ["ENV"] if first else []
    config = info.config
    settings = {
        "LABEL": config.labels,
        "EXPOSE": config.ports,
        "VOLUME": config.volumes,
        "HEALTHCHECK": config.healthcheck,
        "USER": True,
        "ENTRYPOINT": config.entrypoint,
        "CMD": config.cmd,
    }
    return [*found, "ENV", *(kind for kind, value in settings.items() if value)]


@given(info=infos)
def test_no_word_becomes_an_instruction(info: ImageInfo) -> None:  # CASES R1, R6
    text = info.dockerfile
    expected = expected_kinds(info)
    assert kinds_by_the_other_parser(text) == expected
    for dialect in DIALECTS:
        assert [one.kind for one in parse(text, dialect)] == expected


@given(info=infos)
def test_every_word_arrives(info: ImageInfo) -> None:  # CASES R4, R6
    parsed = parse(info.dockerfile)
    hostile = {"HOME": "expanded!", "x": "expanded!", "PATH": "/base"}
    commands = [script(one) for one in parsed if one.kind == "RUN"]
    for step in info.steps:
        if isinstance(step, RunCommand):
            assert any(one.endswith(f"; {step.command}") for one in commands)
        if isinstance(step, SetEnv):
            assert any(pairs(one, hostile) == step.variables for one in parsed if one.kind == "ENV")
        if isinstance(step, CopyFiles):
            copies = [one.rest for one in parsed if one.kind == "COPY"]
            ends = [(json_list(rest) or rest.split())[-1] for rest in copies]
            assert f"{step.destination}/" in [expand(end, hostile) for end in ends]
    for kind, given_words in (("ENTRYPOINT", info.config.entrypoint), ("CMD", info.config.cmd)):
        found = [one.rest for one in parsed if one.kind == kind]
        assert [json_list(rest) for rest in found] == ([given_words] if given_words else [])


@given(info=infos)
def test_lowering_is_a_function(info: ImageInfo) -> None:
    again = ImageInfo.from_json(info.to_json())
    assert again.dockerfile == info.dockerfile
