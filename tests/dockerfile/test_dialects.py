"""The classic dialect: the same image by COPY alone, and an error for what that can't be."""

from __future__ import annotations

import re

import msgspec
import pytest

from dockerfile.parseback import argv, parse
from dockerfile.recipes import CASES, CLASSIC, ON_SCRATCH, frozen, installs, replaced, text_of
from lading.dockerfile import dockerfile, generated_files, needs_ssh
from lading.errors import FreezeError
from lading.info import RunCommand, SecretUse

classic = pytest.mark.parametrize(
    ("recipe", "distro"), [case for case in CASES if case[0] in CLASSIC]
)


@classic
def test_nothing_that_an_old_builder_does_not_know(recipe: str, distro: str) -> None:  # CASES R43
    text = text_of(recipe, distro)
    assert not re.search(r"--mount|<<|--link|--parents|--chmod|^# *syntax", text, re.MULTILINE)
    flags = {flag.partition("=")[0] for one in parse(text) for flag in one.flags}
    assert flags <= {"--from", "--interval", "--timeout", "--start-period", "--retries"}


@classic
def test_a_stage_is_known_before_it_is_used(recipe: str, distro: str) -> None:
    known = {"scratch"} if recipe in ON_SCRATCH else set()
    for one in parse(text_of(recipe, distro)):
        if one.kind == "FROM":
            image, _, name = one.rest.partition(" AS ")
            assert image in known or "@sha256:" in image
            known |= {name} - {""}
        for flag in one.flags:
            if flag.startswith("--from="):
                assert flag.removeprefix("--from=") in known


@classic
def test_no_cache_is_left_where_there_are_no_mounts(recipe: str, distro: str) -> None:  # CASES R41
    for one in parse(text_of(recipe, distro)):
        if one.kind == "RUN" and "/run/uv" in one.rest:
            assert "UV_NO_CACHE=1" in one.rest
        if one.kind == "RUN" and "apt-get" in one.rest:
            assert "/var/cache/apt/archives/*.deb" in one.rest.partition("rm -rf ")[2]


def test_the_same_is_run_in_both_dialects() -> None:
    info = frozen("compiled", "debian:bookworm")

    def commands(dialect: str) -> set[str]:
        text = dockerfile(info, dialect=dialect)  # type: ignore[arg-type]
        runs = (argv(one.rest)[2] for one in parse(text) if one.kind == "RUN")
        return {part.strip() for run in runs for part in run.split(" && ") if "/run/uv" in part}

    assert commands("buildkit") == commands("classic")


def test_an_unlocked_installation_may_remove_files() -> None:
    text = text_of("classic-unlocked", "debian:bookworm")
    kinds = [one for one in parse(text) if one.rest == "rm -rf /opt/venv"]
    assert len(kinds) == 1
    assert "rm -rf /opt/venv" not in text_of("classic", "debian:bookworm")


def test_a_secret_is_an_error_that_names_each_line() -> None:  # CASES R33
    info = frozen("private", "debian:bookworm")
    with pytest.raises(FreezeError) as refused:
        dockerfile(info, dialect="classic")
    assert [str(problem.location) for problem in refused.value.problems] == [
        *("service.py:6",) * 2,
        "service.py:7",
        "service.py:8",
    ]
    messages = [problem.message for problem in refused.value.problems]
    assert messages == [
        "the classic dialect has no way to hand over the secret LICENCE",
        "the classic dialect can't log in to an index, with the secret CORP_TOKEN",
        "the classic dialect has no way to hand over the secret HF",
        "the classic dialect has no way to hand over the secret KEY",
    ]
    assert all("buildkit" in str(problem.hint) for problem in refused.value.problems)
    with pytest.raises(FreezeError):
        generated_files(info, (), dialect="classic")


def test_a_login_for_compiling_is_an_error_too() -> None:
    with pytest.raises(FreezeError, match="can't log in to an index, with the secret NETRC"):
        dockerfile(frozen("sources", "debian:bookworm"), dialect="classic")


def test_ssh_is_an_error_and_a_vendored_repository_none() -> None:
    info = frozen("no-isolation", "debian:bookworm")
    with pytest.raises(FreezeError, match="can't clone a repository over ssh") as refused:
        dockerfile(info, dialect="classic")
    assert str(refused.value.problems[0].location) == "service.py:11"
    dockerfile(msgspec.structs.replace(info, vendored=True), dialect="classic")


def test_an_error_without_a_line_still_says_what() -> None:
    step = RunCommand(command="true", secrets=(SecretUse(id="X"),))
    info = replaced(frozen("minimal", "debian:bookworm"), (step,))
    with pytest.raises(FreezeError, match=r"^the classic dialect has no way") as refused:
        dockerfile(info, dialect="classic")
    assert refused.value.problems[0].location is None


def test_an_index_that_is_not_asked_is_no_error() -> None:
    info = frozen("private", "debian:bookworm")
    dockerfile(replaced(info, ()), dialect="classic")


def test_an_agent_is_needed_where_no_key_is_named() -> None:
    assert needs_ssh(frozen("no-isolation", "debian:bookworm"))
    assert not needs_ssh(frozen("sources", "debian:bookworm"))
    assert not needs_ssh(frozen("compiled", "debian:bookworm"))
    vendored = msgspec.structs.replace(frozen("no-isolation", "debian:bookworm"), vendored=True)
    assert not needs_ssh(vendored)
    assert "type=ssh" not in vendored.dockerfile


@pytest.mark.parametrize("recipe", ["no-isolation", "sources"])
def test_a_mount_of_the_agent_is_what_needs_ssh_says(recipe: str) -> None:
    info = frozen(recipe, "debian:bookworm")
    assert needs_ssh(info) == ("--mount=type=ssh,required=true" in info.dockerfile)


def test_only_a_build_with_mounts_has_a_script_for_its_certificates() -> None:
    info = frozen("compiled", "debian:bookworm")
    assert "ca-bundle.sh" in generated_files(info, ())
    found = generated_files(info, (), dialect="classic")
    assert "ca-bundle.sh" not in found
    assert "ca-bundle" not in found[".dockerignore"].decode()
    assert len(installs(info)) == 1
