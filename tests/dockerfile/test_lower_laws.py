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
from dockerfile.recipes import (
    CASES,
    CLASSIC,
    ON_SCRATCH,
    SNAPSHOTS,
    UNLOCKED,
    frozen,
    replaced,
    text_of,
)
from lading import process
from lading.dockerfile import dockerfile
from lading.dockerfile.apt_lists import apt_files
from lading.errors import FreezeError
from lading.grammar.dialect import DIALECTS as GRAMMAR
from lading.info import (
    Config,
    ContextFile,
    CopyFiles,
    Healthcheck,
    ImageInfo,
    InstallPython,
    InstallSystem,
    PackageIndex,
    RunCommand,
    RunScript,
    SecretUse,
    SetEnv,
)
from lading.info.environment import DEFAULT_PATH
from lading.info.roots import packages_layer, tools_layer
from lading.lock.model import Build, Distribution, LockedBase
from shells import _linter

if TYPE_CHECKING:
    from pathlib import Path

    from dockerfile.parseback import Parsed
    from lading.grammar.dialect import Dialect
    from lading.info import Step
    from lading.info.roots import RootLayer

each = pytest.mark.parametrize(("recipe", "distro"), CASES)


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


def shipped(text: str) -> list[Parsed]:
    """What the image is made of: the last stage, and the stages that it stands on."""
    named = {part[0].rest.partition(" AS ")[2]: part for part in stages(text)}
    found: list[Parsed] = []
    part: list[Parsed] | None = stages(text)[-1]
    while part is not None:
        found = [*part, *found]
        part = named.get(part[0].rest.partition(" AS ")[0])
    return found


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
    assert "None" not in text
    if recipe in ON_SCRATCH:
        assert first.rest.partition(" AS ")[0] == "scratch"
        return
    assert re.match(r"[a-z0-9.:/-]+@sha256:[0-9a-f]{64}( AS [a-z]+)?$", first.rest)
    if distro.startswith("debian") and recipe in {"minimal", "full", "compiled", "unlocked"}:
        assert f"-slim-{distro.partition(':')[2]}@" in first.rest


@each
def test_the_build_starts_as_root_and_the_container_does_not(recipe: str, distro: str) -> None:
    text = text_of(recipe, distro)  # CASES R9, R48
    users = [user.rest for user in of_kind(text, "USER")]
    if recipe not in ON_SCRATCH:  # which has no other user, and no other shell
        assert users.pop(0) == "0"
        assert [one.kind for one in parse(text)][:3] == ["FROM", "SHELL", "USER"]
    assert len(users) == 1
    assert re.fullmatch(r"[1-9][0-9]*:[0-9]+", users[0])
    assert not any(one.kind == "RUN" for one in parse(text)[-3:])


@each
def test_the_installer_is_mounted_and_stays_out(recipe: str, distro: str) -> None:  # CASES R11
    text = text_of(recipe, distro)
    assert "pip install uv" not in text
    assert not any("uv" in one.rest.split() for one in shipped(text) if one.kind == "COPY")
    for run in of_kind(text, "RUN") if recipe not in CLASSIC else ():
        mounted = any("source=uv," in flag for flag in run.flags)
        assert mounted == ("/run/uv" in script(run))


@each
def test_path_keeps_what_the_base_has(recipe: str, distro: str) -> None:  # CASES R13
    found = [
        dict(pairs(one, {"PATH": "/base/bin"}))["PATH"]
        for one in of_kind(text_of(recipe, distro), "ENV")
        if one.rest.startswith("PATH=")
    ]
    if recipe in ON_SCRATCH:  # what an engine takes where a base says nothing
        assert found.pop(0) == DEFAULT_PATH
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
    if recipe in UNLOCKED:
        return
    for run in of_kind(text_of(recipe, distro), "RUN"):
        for command in script(run).split(" && "):
            if "uv pip install" in command:
                assert "--no-deps" in command
                # What this build has compiled itself has no hash yet, and comes from nowhere else.
                by_hash = "--only-binary :all: --require-hashes" in command
                assert by_hash or "--no-index --find-links /srv" in command
            if "uv build" in command:
                by_hash = "--build-constraints" in command and "--require-hashes" in command
                assert by_hash or "--no-index" in command


@each
def test_nothing_is_left_behind(recipe: str, distro: str) -> None:  # CASES R40
    text = text_of(recipe, distro)
    assert not re.search(r"ch(?:own|mod) (?:-[a-z]* )*-R", text)
    runs = [run for run in shipped(text) if run.kind == "RUN"]
    tools = r"build-essential|build-base|\bgcc\b|ninja|git clone|uv build|lib?ssl-|openssl-dev"
    assert not any(re.search(tools, script(one)) for one in runs)
    for run in runs:
        if "/run/uv" in script(run):
            assert "UV_CACHE_DIR=/mnt" in script(run)
            assert any("type=cache" in flag and "target=/mnt," in flag for flag in run.flags)


@each
def test_no_code_of_a_package_reaches_what_others_install(recipe: str, distro: str) -> None:
    """What uv has cached it installs without another look at its hash."""
    for run in of_kind(text_of(recipe, distro), "RUN"):
        cached = [flag for flag in run.flags if "target=/mnt," in flag]
        if "uv build" in script(run) or "uv run" in script(run):
            assert not cached
            assert "UV_NO_CACHE=1" in script(run)
            assert not any(re.search("type=ssh|deploy_key", flag) for flag in run.flags)
        elif "uv pip install" in script(run) and cached:
            unlocked = "--require-hashes" not in script(run) and "--no-deps" not in script(run)
            assert any("id=lading-uv-unlocked-" in flag for flag in cached) == unlocked


@each
def test_every_stage_that_compiles_has_the_tools(recipe: str, distro: str) -> None:  # CASES R40
    wanted = {"compiled": "(libssl-dev|openssl-dev|openssl-devel)", "no-isolation": "ninja-build"}
    for part in stages(text_of(recipe, distro)):
        runs = [script(one) for one in part if one.kind == "RUN"]
        if recipe in ON_SCRATCH and any("uv build" in run for run in runs):
            info = frozen(recipe, distro)
            tools = tools_layer(info)
            assert tools is not None
            assert ("ADD", f"{tools.path} /") in [(one.kind, one.rest) for one in part[:2]]
            assert {"build-essential", "python3.13-dev", "tar"} <= {one.name for one in tools.debs}
        elif any("uv build" in run for run in runs):
            first = runs[0]
            if "/run/apt.versions" in first:  # what it is, the lock says
                found = frozen(recipe, distro)
                first = "\n".join(text for _, text in apt_files(found))
            assert re.search(r"build-essential|build-base|gcc", first)
            assert re.search(wanted.get(recipe.removeprefix("classic-"), ""), first)


@each
def test_caches_are_told_apart_and_locked(recipe: str, distro: str) -> None:  # CASES R41
    flags = [flag for run in of_kind(text_of(recipe, distro), "RUN") for flag in run.flags]
    caches = [flag for flag in flags if "type=cache" in flag]
    assert all(re.search(r"id=lading-[^,]*-amd64,", flag) for flag in caches)
    assert all(flag.endswith("sharing=locked") for flag in caches)


@each
def test_no_word_of_the_machine_gets_in(recipe: str, distro: str) -> None:  # CASES R35
    text = text_of(recipe, distro)
    assert not re.search(r"pytest|/tmp\b|/home/(?!lading|server)|20[0-9]{2}-[01][0-9]-", text)
    places = re.findall(r"^# (.*):\d+ ", text, re.MULTILINE)
    assert places
    assert all(re.fullmatch(r"service\.py(?::\d+, service\.py)*", place) for place in places)


@each
def test_the_environment_is_tidied_before_packages_and_unlocked_after_them(
    recipe: str, distro: str
) -> None:
    for run in of_kind(text_of(recipe, distro), "RUN"):
        commands = script(run).split(" && ")
        installs = [
            place
            for place, one in enumerate(commands)
            if "/run/uv pip install" in one and "--python /opt/venv" in one
        ]
        if "/run/uv build" in script(run) or not installs:  # a stage that is thrown away
            continue
        assert any(one.strip() == "rm -f /opt/venv/.lock" for one in commands[installs[-1] :])
        if "/run/uv venv" in script(run):
            # A package may have a program that is called like this itself.
            tidied = [place for place, one in enumerate(commands) if "bin/*activate*" in one]
            assert 0 < tidied[0] < installs[0]


@pytest.mark.parametrize(("recipe", "distro"), [case for case in CASES if case[0] in ON_SCRATCH])
def test_nothing_is_run_on_scratch_but_where_there_is_a_shell(recipe: str, distro: str) -> None:
    info, text = frozen(recipe, distro), text_of(recipe, distro)
    packages, tools = packages_layer(info), tools_layer(info)
    assert packages is not None
    with_shell = {one.path for one in (packages, tools) if one and has_dash(one)}
    assert (packages.path in with_shell) == (recipe == "scratch-run")
    shipped_runs = [one for one in shipped(text) if one.kind == "RUN"]
    assert bool(shipped_runs) == (recipe == "scratch-run")
    for part in stages(text):
        if any(one.kind == "RUN" for one in part) and not shipped_runs:
            assert part[1].rest.removesuffix(" /") in with_shell


def has_dash(layer: RootLayer) -> bool:
    return "dash" in {one.name for one in layer.debs}


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
        indexes=(
            PackageIndex(url="https://packages.example.test/simple", name="team"),
            PackageIndex(url="https://mirror.example.test/simple", default=True),
        ),
        find_links=("https://links.example.test/",),
        no_index=True,
        prerelease=True,
    )
    install = next(script(run) for run in of_kind(info.dockerfile, "RUN") if "-r /run" in run.rest)
    for words in (
        "--default-index https://mirror.example.test/simple",
        "--index team=https://packages.example.test/simple",
        "--find-links https://links.example.test/",
        "--no-index",
        "--prerelease allow",
    ):
        assert words in install.split(" && ")[-2]


def test_what_a_repository_holds_needs_no_version() -> None:
    base = frozen("compiled", "debian:bookworm")
    (install,) = [step for step in base.steps if isinstance(step, InstallPython)]
    git = msgspec.structs.replace(install.distributions[-1], version=None)
    step = msgspec.structs.replace(install, distributions=(git,))
    text = replaced(base, (step,)).dockerfile
    assert "--no-index --find-links /srv theirs " in text
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
CORP = PackageIndex(url="https://corp.example.test/simple", name="corp", secret=SecretUse(id="pw"))
PRIVATE = Distribution(
    name="ours", version="1.0", url="https://corp.example.test/ours.whl", index=CORP.url
)
SDIST = Distribution(name="old", version="1.0", kind="sdist", url="https://x.example.test/o.tar.gz")
LATE = Distribution(name="late", version="1.0", kind="sdist", url="https://x.example.test/l.tar.gz")
SET_UP = Build(name="late", requirements=("six",), distributions=(WHEEL,))
LOGGED_IN = (
    Build(name="late", requirements=("six", "ours"), distributions=(WHEEL, PRIVATE)),
    Build(name="old", requirements=("ours",), distributions=(PRIVATE,)),
)
LOCKED = (WHEEL, PRIVATE, SDIST, LATE)

secrets = st.sampled_from(
    [(), (SecretUse(id="token"),), (SecretUse(id="token", version="2", variable="TOKEN"),)]
)
installs = st.builds(
    InstallPython,
    distributions=st.sets(st.sampled_from(LOCKED), min_size=1).map(
        lambda chosen: tuple(one for one in LOCKED if one in chosen)
    ),
    builds=st.sampled_from([(SET_UP,), LOGGED_IN]),
    no_build_isolation=st.just(("late",)),
    secrets=secrets,
    at=places,
)
steps = st.one_of(
    st.builds(InstallSystem, packages=st.just(("curl",)), at=places),
    installs,
    st.builds(InstallPython, requirements=st.tuples(line), secrets=secrets, at=places),
    st.builds(RunCommand, command=command, at=places, secrets=secrets),
    st.builds(RunScript, script=script_file, arguments=words, at=places, secrets=secrets),
    st.builds(
        CopyFiles,
        source=st.just("files/1.1"),
        destination=line.map(lambda text: f"/app/{text}x"),
        files=st.tuples(context_file) | st.just(()),
        model=st.booleans(),
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
    indexes=st.just((CORP,)),
    vendored=st.booleans(),
    steps=st.lists(steps, max_size=4).map(tuple),
    config=configs,
)


def without_secrets(info: ImageInfo) -> ImageInfo:
    """The same image, as a builder without mounts can make it."""
    open_to_all = tuple(
        msgspec.structs.replace(step, secrets=()) if names_secrets(step) else step
        for step in info.steps
    )
    index = msgspec.structs.replace(CORP, secret=None)
    return msgspec.structs.replace(info, steps=open_to_all, indexes=(index,))


def expected_kinds(info: ImageInfo) -> list[str]:
    """The instructions that an image must become, counted without looking at how it is lowered."""
    installs = [step for step in info.steps if isinstance(step, InstallPython)]
    compiled = [step for step in installs if SDIST in step.distributions]
    found = ["FROM", "SHELL", "USER"]
    for one in compiled:
        found += ["FROM", *compiled_by(one, vendored=info.vendored)]
    found += ["FROM"] if compiled else []
    found += ["RUN", "WORKDIR"]
    for step in info.steps:
        if isinstance(step, InstallPython):
            found += installed_by(step, first=step is installs[0], vendored=info.vendored)
        elif isinstance(step, SetEnv):
            found += ["ENV"]
        else:
            found += ["COPY"] if isinstance(step, CopyFiles) else ["RUN"]
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


def compiled_by(step: InstallPython, *, vendored: bool) -> list[str]:
    """The tools, what is compiled with where that takes a login, the compilation, the digest."""
    login = step.builds == LOGGED_IN and not vendored
    return ["RUN", *(["RUN"] if login else []), "RUN", "RUN"]


def installed_by(step: InstallPython, *, first: bool, vendored: bool) -> list[str]:
    anything = step.requirements or set(step.distributions) - {LATE}
    found = ["RUN"] if first or anything else []
    found += ["ENV"] if first else []
    # Its compilation, and on top of what was there the installation.
    late = ["FROM", *compiled_by(step, vendored=vendored), "FROM", "RUN"]
    return [*found, *(late if LATE in step.distributions else [])]


@given(info=infos)
def test_no_word_becomes_an_instruction(info: ImageInfo) -> None:  # CASES R1, R6
    text = info.dockerfile
    expected = expected_kinds(info)
    assert kinds_by_the_other_parser(text) == expected
    for dialect in DIALECTS:
        assert [one.kind for one in parse(text, dialect)] == expected


@given(info=infos)
def test_no_word_becomes_an_instruction_of_the_classic_dialect(info: ImageInfo) -> None:
    text = dockerfile(without_secrets(info), dialect="classic")
    kinds = kinds_by_the_other_parser(text)
    for dialect in DIALECTS:
        assert [one.kind for one in parse(text, dialect)] == kinds
    assert not any(one.flags for one in parse(text) if one.kind == "RUN")
    # What is done in the image is what is done with mounts, but for what is copied.
    image = [one.kind for one in shipped(text) if one.kind not in {"FROM", "COPY", "RUN"}]
    mounted = [one.kind for one in shipped(info.dockerfile)]
    assert image == [kind for kind in mounted if kind not in {"FROM", "COPY", "RUN"}]


@pytest.mark.parametrize("dialect", GRAMMAR)
@given(info=infos)
def test_no_word_becomes_an_instruction_on_scratch(dialect: Dialect, info: ImageInfo) -> None:
    base = frozen("scratch-run", "debian:trixie")  # with a shell, for whatever the steps run
    usual = info if dialect == "buildkit" else without_secrets(info)
    usual = replaced(usual, tuple(one for one in usual.steps if not isinstance(one, InstallSystem)))
    made = msgspec.structs.replace(
        usual,
        base=base.base,
        interpreter_packages=base.interpreter_packages,
        interpreter_debs=base.interpreter_debs,
        build_debs=base.build_debs,
    )
    text = dockerfile(made, dialect=dialect)
    kinds = [one.kind for one in parse(text)]
    assert kinds == kinds_by_the_other_parser(text)
    steps = [one for one in kinds if one not in {"FROM", "ADD", "RUN", "COPY"}]
    plain = [one.kind for one in parse(dockerfile(usual, dialect=dialect))]
    plain = [one for one in plain if one not in {"FROM", "ADD", "RUN", "COPY", "SHELL"}]
    assert steps == ["ENV", *plain[plain.index("WORKDIR") :]]


@pytest.mark.parametrize("dialect", GRAMMAR)
@given(info=infos)
def test_every_word_arrives(dialect: Dialect, info: ImageInfo) -> None:  # CASES R4, R6
    made = info if dialect == "buildkit" else without_secrets(info)
    parsed = parse(dockerfile(made, dialect=dialect))
    hostile = {"HOME": "expanded!", "x": "expanded!", "PATH": "/base"}
    commands = [script(one) for one in parsed if one.kind == "RUN"]
    before = "; " if dialect == "buildkit" else ""
    for step in info.steps:
        if isinstance(step, RunCommand):
            assert any(one.endswith(f"{before}{step.command}") for one in commands)
        if isinstance(step, SetEnv):
            assert any(pairs(one, hostile) == step.variables for one in parsed if one.kind == "ENV")
        if isinstance(step, CopyFiles):
            copies = [one.rest for one in parsed if one.kind == "COPY"]
            ends = [(json_list(rest) or rest.split())[-1] for rest in copies]
            assert f"{step.destination.rstrip('/')}/" in [expand(end, hostile) for end in ends]
    for kind, given_words in (("ENTRYPOINT", info.config.entrypoint), ("CMD", info.config.cmd)):
        found = [one.rest for one in parsed if one.kind == kind]
        assert [json_list(rest) for rest in found] == ([given_words] if given_words else [])


@given(info=infos)
def test_a_secret_is_mounted_where_it_is_named_and_nowhere_else(info: ImageInfo) -> None:  # R31
    for run in of_kind(info.dockerfile, "RUN"):
        mounted = {flag for flag in run.flags if "type=secret" in flag and "id=ca-" not in flag}
        text = script(run)
        names = {name for name in ("token", "pw") if f"/run/secrets/{name}" in text}
        assert names <= {re.findall("id=([a-z]+),", flag)[0] for flag in mounted}
        assert all(flag.endswith(",required=true") for flag in mounted)
    named = any(names_secrets(step) for step in info.steps)
    assert named == ("id=token," in info.dockerfile)


@given(info=infos)
def test_no_code_of_a_package_is_run_beside_the_login_of_an_index(info: ImageInfo) -> None:  # R30
    for run in of_kind(info.dockerfile, "RUN"):
        if "uv build" in script(run):
            shown = f"{run.flags} {script(run)}"
            assert not re.search(r"id=pw,|UV_INDEX_|secrets/pw|--default-index", shown)


def names_secrets(step: Step) -> bool:
    """Whether the step is one that can name any, and does."""
    return isinstance(step, InstallPython | RunCommand | RunScript) and bool(step.secrets)


@given(info=infos)
def test_lowering_is_a_function(info: ImageInfo) -> None:
    again = ImageInfo.from_json(info.to_json())
    assert again.dockerfile == info.dockerfile


def test_what_the_base_has_already_is_not_installed() -> None:
    info = frozen("compiled", "debian:bookworm")
    bare = msgspec.structs.replace(
        info,
        build_debs=(),
        steps=tuple(
            msgspec.structs.replace(one, debs=()) if isinstance(one, InstallSystem) else one
            for one in info.steps
        ),
    )
    assert "apt-get" in dockerfile(info)
    assert "apt" not in re.findall(r"[a-z]+", dockerfile(bare))
    assert list(apt_files(bare)) == []
