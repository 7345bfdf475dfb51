"""Indexes: each is the only one of a call of its own, with its login, and a file of its own."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import msgspec
import pytest

from dockerfile.parseback import argv, parse
from dockerfile.recipes import CORP, TORCH, build, from_index, frozen, replaced
from freeze.world import sdist, wheel
from lading.dockerfile import generated_files
from lading.errors import FreezeError
from lading.info import InstallPython, PackageIndex, SecretUse

if TYPE_CHECKING:
    from lading.info import ImageInfo
    from lading.lock.model import Distribution

PRIVATE = PackageIndex(url=CORP, name="corp", username="o'ci", secret=SecretUse(id="TOKEN"))
OURS = from_index(CORP, wheel("ours", "1.0"))
SIX = wheel("six", "1.16.0")
DIRECT = from_index(CORP, wheel("direct", "3.0"))
DIRECT = msgspec.structs.replace(DIRECT, index=None)
CPU = from_index(TORCH, wheel("torch", "2.9.1"))


def with_packages(*distributions: Distribution, **changes: object) -> ImageInfo:
    base = frozen("minimal", "debian:bookworm")
    info = replaced(base, (InstallPython(distributions=distributions, at=("service.py:3",)),))
    return msgspec.structs.replace(info, **{"indexes": (PRIVATE,), **changes})


def calls(info: ImageInfo) -> list[str]:
    """The installations, in order."""
    run = next(one for one in parse(info.dockerfile) if "uv pip install" in one.rest)
    commands = argv(run.rest)[2].split(" && ")
    return [command.strip() for command in commands if "uv pip install" in command]


def places_of(call: str) -> list[str]:
    """The options that say where a call looks."""
    words = shlex.split(call)
    options = ("--index", "--default-index", "--find-links", "--no-index", "--extra-index-url")
    found = [place for place, word in enumerate(words) if word in options]
    return [
        words[place] if words[place] == "--no-index" else " ".join(words[place : place + 2])
        for place in found
    ]


def files(info: ImageInfo) -> dict[str, str]:
    found = generated_files(info, ())
    return {name: text.decode() for name, text in found.items() if name.endswith(".txt")}


def test_each_index_is_the_only_one_of_its_call() -> None:  # CASES R19
    found = calls(with_packages(SIX, OURS, CPU))
    assert [places_of(call) for call in found] == [
        [],
        [f"--default-index corp={CORP}"],
        [f"--default-index {TORCH}"],
    ]
    assert all("--no-deps --only-binary :all: --require-hashes" in call for call in found)


def test_a_login_is_there_for_the_calls_of_its_index_alone() -> None:
    first, second, third = calls(with_packages(SIX, OURS, CPU))
    assert second.startswith(
        "UV_INDEX_CORP_USERNAME='o'\"'\"'ci' "
        'UV_INDEX_CORP_PASSWORD="$(cat /run/secrets/TOKEN)" /run/uv pip install '
    )
    assert first.startswith("/run/uv ")
    assert third.startswith("/run/uv ")


def test_a_token_is_somebodys_by_default() -> None:
    index = msgspec.structs.replace(PRIVATE, username=None, name="my-corp.1")
    (call,) = calls(with_packages(OURS, indexes=(index,)))
    assert call.startswith("UV_INDEX_MY_CORP_1_USERNAME=__token__ UV_INDEX_MY_CORP_1_PASSWORD=")


def test_a_netrc_and_a_certificate_are_named_to_the_call() -> None:
    index = PackageIndex(
        url=CORP, netrc=SecretUse(id="NETRC"), client_certificate=SecretUse(id="PEM")
    )
    info = with_packages(OURS, SIX, indexes=(index,))
    first, second = calls(info)
    assert second.startswith("NETRC=/run/secrets/NETRC SSL_CLIENT_CERT=/run/secrets/PEM /run/uv ")
    assert "/run/secrets" not in first
    assert info.dockerfile.count("required=true") == 2


def test_an_index_that_is_not_asked_needs_no_login() -> None:
    assert "TOKEN" not in with_packages(SIX).dockerfile


@pytest.mark.parametrize("url", [CORP, f"{CORP}/"])
def test_a_default_index_keeps_the_file_of_the_default(url: str) -> None:
    index = msgspec.structs.replace(PRIVATE, default=True)
    info = with_packages(SIX, from_index(url, OURS), indexes=(index,))
    (call,) = calls(info)
    assert places_of(call) == [f"--default-index corp={CORP}"]
    assert list(files(info)) == ["requirements.txt"]


def test_files_and_direct_urls_ask_no_index() -> None:
    ours = msgspec.structs.replace(OURS, kind="file", url="wheels/ours.whl", index=None)
    info = with_packages(ours, DIRECT)
    (call,) = calls(info)
    assert places_of(call) == ["--no-index", "--find-links /media"]
    (lines,) = files(info).values()
    assert "ours==1.0 \\\n" in lines
    assert f"direct @ {DIRECT.url} \\\n" in lines


def test_what_a_page_of_links_gave_comes_from_its_url() -> None:
    page = "https://links.example.test/"
    info = with_packages(from_index(page, SIX), find_links=(page,))
    assert places_of(calls(info)[0]) == ["--no-index"]
    assert f"six @ {SIX.url}" in files(info)["requirements.files.txt"]


def test_a_file_changes_only_with_its_own_index() -> None:
    before = files(with_packages(SIX, OURS, CPU, DIRECT))
    newer = msgspec.structs.replace(OURS, version="2.0")
    after = files(with_packages(SIX, newer, CPU, DIRECT))
    assert list(before) == list(after)
    assert len(before) == 4
    (changed,) = [name for name, text in before.items() if text != after[name]]
    assert "corp" in changed


def test_the_names_of_files_are_safe_and_told_apart() -> None:
    urls = ("https://A.example.test/x y/", "https://a.example.test/b", "http://[::1]:8/simple")
    info = with_packages(
        *(from_index(url, wheel(f"p{n}", "1")) for n, url in enumerate(urls)), indexes=()
    )
    names = list(files(info))
    assert len(names) == 3
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-") for name in names)


def test_a_mirror_stands_for_the_default_index_alone() -> None:
    mirror = "https://mirror.example.test/simple"
    info = with_packages(SIX, OURS, python_mirror=mirror)
    assert [places_of(call) for call in calls(info)] == [
        [f"--default-index {mirror}"],
        [f"--default-index corp={CORP}"],
    ]
    own = msgspec.structs.replace(PRIVATE, default=True)
    (call,) = calls(with_packages(SIX, python_mirror=mirror, indexes=(own,)))
    assert places_of(call) == [f"--default-index corp={CORP}"]


def unlocked(*distributions: Distribution, **changes: object) -> ImageInfo:
    base = frozen("unlocked", "debian:bookworm")
    (step,) = (one for one in base.steps if isinstance(one, InstallPython))
    step = msgspec.structs.replace(step, distributions=distributions)
    return msgspec.structs.replace(replaced(base, (step,)), **changes)


def test_an_image_without_a_lock_searches_all_with_their_logins() -> None:
    (call,) = calls(unlocked(indexes=(PRIVATE,)))
    assert f"--index corp={CORP}" in call
    assert call.startswith("UV_INDEX_CORP_USERNAME=")
    mirrored = unlocked(indexes=(), python_mirror="https://m.example.test/s")
    assert "--default-index https://m.example.test/s" in calls(mirrored)[0]


def test_an_image_without_a_lock_compiles_nothing_in_the_image() -> None:  # CASES R30, R40
    public = msgspec.structs.replace(PRIVATE, secret=None, username=None)
    for index in (PRIVATE, public):
        (call,) = calls(unlocked(indexes=(index,)))
        assert "--only-binary :all:" in call
    with pytest.raises(FreezeError, match="its code would have that too"):
        _ = unlocked(sdist("one", "1.0"), indexes=(PRIVATE,)).dockerfile


def test_build_requirements_come_from_their_own_index_too() -> None:
    tool = from_index(CORP, wheel("corp-build", "1.0"))
    step = InstallPython(
        distributions=(sdist("one", "1.0"), sdist("two", "1.0")),
        builds=(build("one", tool), build("two", tool, SIX)),
    )
    info = msgspec.structs.replace(
        replaced(frozen("minimal", "debian:bookworm"), (step,)), indexes=(PRIVATE,)
    )
    one, two = (run for run in parse(info.dockerfile) if "environment --no-deps" in run.rest)
    assert f"--require-hashes --default-index corp={CORP}" in one.rest
    # Two indexes: neither is asked for what the other serves.
    first, second = (part for part in two.rest.split(" && ") if "uv pip install" in part)
    assert (places_of(first), places_of(second)) == ([], [f"--default-index corp={CORP}"])
    assert {name for name in files(info) if name.startswith("build-")} == {
        "build-requirements/one/corp-9417cd4d.txt",
        "build-requirements/two/corp-9417cd4d.txt",
        "build-requirements/two/default.txt",
    }


@pytest.mark.parametrize("isolated", [True, False])
def test_no_code_of_a_source_has_a_login(isolated: bool) -> None:  # noqa: FBT001 - CASES R30
    tool = from_index(CORP, wheel("corp-build", "1.0"))
    step = InstallPython(
        distributions=(SIX, sdist("one", "1.0")),
        builds=(build("one", tool),),
        no_build_isolation=() if isolated else ("one",),
        secrets=(SecretUse(id="OWN"),),
    )
    info = msgspec.structs.replace(
        replaced(frozen("minimal", "debian:bookworm"), (step,)), indexes=(PRIVATE,)
    )
    runs = [one for one in parse(info.dockerfile) if one.kind == "RUN"]
    (compiling,) = (one for one in runs if "uv build" in one.rest)
    shown = f"{compiling.flags} {compiling.rest}"
    assert "id=OWN," in shown  # which the user gave to just that
    assert not re.search("TOKEN|UV_INDEX|NETRC|--default-index|PASSWORD", shown)
    (preparing,) = (one for one in runs if f"corp={CORP}" in one.rest)
    assert "id=TOKEN," in f"{preparing.flags}"
    assert "id=OWN," not in f"{preparing.flags}"


def test_an_image_without_a_lock_has_no_order_to_compile_in() -> None:
    info = frozen("unlocked", "debian:bookworm")
    (step,) = (one for one in info.steps if isinstance(one, InstallPython))
    step = msgspec.structs.replace(step, no_build_isolation=("theirs",))
    with pytest.raises(FreezeError, match="theirs can't be compiled without isolation"):
        _ = replaced(info, (step,)).dockerfile
