from __future__ import annotations

import inspect
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from lading.errors import RegistryError
from lock.dock import AMD64, ARM64
from lock.package_index import pkg_info, sdist, wheel
from lock.stand_in import standing_in
from store.test_disks import small_disk

if TYPE_CHECKING:
    from pathlib import Path

    from lading.errors import Problem
    from lock.dock import Dock

__all__ = ["small_disk"]


def line() -> int:
    """The line of the caller."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def only(problems: tuple[Problem, ...]) -> Problem:
    (problem,) = problems
    return problem


def test_torch_on_alpine_names_torch_and_musllinux_at_the_users_line(dock: Dock) -> None:
    """CASES R18."""
    dock.index.wheel("torch", "2.5.0", tag="cp311-cp311-manylinux_2_28_x86_64")
    dock.index.wheel("alpha", "1.0")
    image = dock.image("alpine:3.20").python_packages("alpha").python_packages("torch")
    here = line() - 1

    problem = only(dock.refused(image))

    assert problem.location is not None
    assert problem.location.line == here  # CASES R26
    assert "torch==2.5.0 has no wheels" in (problem.detail or "")
    assert "torch" in (problem.hint or "")
    assert "musllinux" in (problem.hint or "")
    assert 'distro="debian"' in (problem.hint or "")
    assert "musl" in problem.message


def test_a_package_that_nobody_knows(dock: Dock) -> None:  # CASES R26
    dock.write("requirements.txt", "\nnowhere>=1\n")
    problem = only(dock.refused(dock.image().requirements_file("requirements.txt")))
    assert str(problem.location) == "requirements.txt:2"
    assert "nowhere was not found in the package registry" in (problem.detail or "")


def test_a_version_that_no_index_has(dock: Dock) -> None:
    """CASES R23."""
    dock.index.wheel("numpy", "1.26.4", tag="cp311-cp311-manylinux_2_17_x86_64")
    problem = only(dock.refused(dock.image().python_packages("numpy==1.26.4+cu118")))
    assert "there is no version of numpy==1.26.4+cu118" in (problem.detail or "")


def test_a_conflict_shows_both_lines(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0", requires=["beta>=2"])
    dock.index.wheel("beta", "1.0")
    dock.index.wheel("beta", "2.0")
    dock.write("requirements.txt", "beta<2\n")
    image = dock.image().python_packages("alpha").requirements_file("requirements.txt")

    problem = only(dock.refused(image))

    assert "asked for:" in (problem.detail or "")
    assert "requirements.txt:1: beta<2" in (problem.detail or "")
    assert f"{__file__}:{line() - 6}: alpha" in (problem.detail or "")


def test_two_lines_that_ask_for_the_same_package_are_both_shown(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0")
    dock.write("requirements.txt", "alpha<1\n")
    image = dock.image().requirements_file("requirements.txt").run("true")
    problem = only(dock.refused(image.python_packages("alpha>=1")))
    assert "requirements.txt:1: alpha<1" in (problem.detail or "")
    assert f"{__file__}:{line() - 2}: alpha>=1" in (problem.detail or "")


def test_a_wheel_that_is_missing_for_one_platform_only(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0", tag="cp311-cp311-manylinux_2_28_x86_64")
    problem = only(dock.refused(dock.image().python_packages("alpha"), AMD64, ARM64))
    assert "linux/arm64" in problem.message
    assert "alpha" in (problem.hint or "")


def publish_for_newer_python(dock: Dock) -> None:
    """A release whose wheel and whose source take Python 3.12, and an older source."""
    tag = "cp312-cp312-manylinux_2_28_x86_64"
    dock.index.wheel("alpha", "2.0", tag=tag)
    dock.index.add(sdist("alpha", "2.0", {"PKG-INFO": pkg_info("alpha", "2.0")}))
    names = (f"alpha-2.0-{tag}.whl", "alpha-2.0.tar.gz")
    dock.index.pythons |= dict.fromkeys(names, ">=3.12")
    dock.index.add(sdist("alpha", "1.0", {"PKG-INFO": pkg_info("alpha", "1.0")}))


@pytest.mark.parametrize("no_binary", [(), ("alpha",)])
def test_a_version_that_takes_another_python(dock: Dock, no_binary: tuple[str, ...]) -> None:
    """uv says of the first only that there is no wheel; what is told must not send one there."""
    publish_for_newer_python(dock)
    dock.index.wheel("beta", "1.0", requires=["alpha==2.0"])
    image = dock.image().python_packages("beta", no_binary=no_binary)
    problem = only(dock.refused(image))
    assert problem.hint == (
        "alpha==2.0 takes Python >=3.12, and the image has 3.11: take another version of it, "
        "or another Python: Image(python_version=...)"
    )
    assert "alpha==2.0 depends on Python>=3.12" in (problem.detail or "")
    assert "network" not in (problem.detail or "")


def test_a_source_that_would_do_is_proposed_though_a_newer_one_takes_another_python(
    dock: Dock,
) -> None:
    publish_for_newer_python(dock)
    image = dock.image().python_packages("alpha")
    problem = only(dock.refused(image))
    assert (problem.hint or "").endswith('no_binary=["alpha"]')
    assert "alpha-1.0.tar.gz" not in "".join(dock.index.asked)


def test_a_platform_that_has_no_wheels_at_all(dock: Dock) -> None:
    _, problem = dock.refused(dock.image().python_packages("alpha"), "linux/s390x")
    assert problem.message == "Python packages can't be locked for linux/s390x"
    assert problem.hint == "locking supports linux/amd64 and linux/arm64"


def test_a_base_that_does_not_tell_its_libc(dock: Dock) -> None:
    from lading import Image  # noqa: PLC0415

    image = Image(base_image=f"{dock.registry.host}/thing:1", python_version="3.11")
    image = image.index(f"{dock.index.url}/simple", default=True).python_packages("alpha")
    dock.contents.add_image("thing", "1", AMD64)
    problem = only(dock.refused(image))
    assert "libc" in problem.message
    assert "distro=" in (problem.hint or "")


def test_an_index_without_uv_is_said_to_be_one(dock: Dock) -> None:
    del dock.index.projects["uv"]
    dock.index.wheel("alpha", "1.0")
    problem = only(dock.refused(dock.image().python_packages("alpha")))
    assert problem.message == "uv, which installs the packages, is on no index for linux/amd64"


def test_all_that_is_wrong_is_said_at_once(dock: Dock) -> None:
    dock.contents.manifests.clear()
    problems = dock.refused(dock.image().python_packages("nowhere"))
    assert len(problems) == 2
    assert any("nowhere" in (problem.detail or "") for problem in problems)


def test_no_refusal_shows_a_temporary_folder(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0")
    dock.write("requirements.txt", "-c c.txt\nalpha\n")
    dock.write("c.txt", "alpha>1\n")
    problem = only(dock.refused(dock.image().requirements_file("requirements.txt")))
    assert "lading-" not in str(problem)
    assert str(dock.project) not in str(problem)


def test_an_index_that_can_not_be_reached(dock: Dock) -> None:
    dock.environ["UV_HTTP_RETRIES"] = "0"
    image = dock.image().index("http://127.0.0.1:9/simple").python_packages("alpha")
    problems = dock.refused(image)
    assert {problem.message for problem in problems} == {
        "http://127.0.0.1:9 can't be reached: Connection refused (os error 111)"
    }
    assert any("can be reached" in (problem.hint or "") for problem in problems)


def test_how_long_was_tried_is_not_told_so_that_two_platforms_say_the_same(dock: Dock) -> None:
    dock.environ["UV_HTTP_RETRIES"] = "1"
    image = dock.image().index("http://127.0.0.1:9/simple").python_packages("alpha")
    for problem in dock.refused(image):
        assert "failed after 1 retry\n" in (problem.detail or "")


def test_a_proxy_that_can_not_be_reached(dock: Dock) -> None:
    dock.environ["UV_HTTP_RETRIES"] = "0"
    dock.environ["HTTPS_PROXY"] = "http://u:hunter2@127.0.0.1:9"
    image = dock.image().index("https://index.test/simple").python_packages("alpha")
    problems = dock.refused(image)
    assert {problem.message for problem in problems} == {
        "https://index.test can't be reached through the proxy: Connection refused (os error 111)"
    }
    assert {problem.hint for problem in problems} == {"check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"}
    assert "hunter2" not in "".join(map(str, problems))


def test_a_repository_that_can_not_be_reached(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0")
    image = dock.image().python_packages("alpha")
    problem = only(
        dock.refused(image.python_packages("git+https://127.0.0.1:9/x.git@v1")),
    )
    assert problem.location is not None
    assert problem.location.line == line() - 3
    assert problem.message.startswith("git has failed: unable to access ")
    assert "127.0.0.1:9/x.git" in problem.message


def test_a_cache_of_the_resolver_that_can_not_be_used(dock: Dock) -> None:
    dock.home.joinpath("a-file").touch()
    cache = dock.home / "a-file" / "uv"
    dock.environ["UV_CACHE_DIR"] = str(cache)
    problems = dock.refused(dock.image().python_packages("alpha"))
    assert len(problems) == 2
    for problem in problems:
        assert problem.message.startswith(f"the cache of uv, {cache}, can't be used: ")
        assert problem.hint == "set UV_CACHE_DIR to a folder of yours"


def test_a_disk_that_is_full_for_the_resolver(dock: Dock, small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(bytes(os.statvfs(small_disk).f_bavail * 4096))
    dock.environ["UV_CACHE_DIR"] = str(small_disk / "uv")
    problems = dock.refused(dock.image().python_packages("alpha"))
    assert len(problems) == 2
    for problem in problems:
        assert problem.message.startswith("there is no room for what uv keeps: ")
        assert problem.hint is not None
        assert problem.hint.startswith("free some space there, or set UV_CACHE_DIR ")


def test_a_file_that_asks_for_a_login(dock: Dock) -> None:
    dock.other.wheel("alpha", "1.0")
    dock.other.login = "a:b"
    url = f"{dock.other.url}/files/alpha-1.0-py3-none-any.whl"
    problem = only(dock.refused(dock.image().python_packages(f"alpha @ {url}")))
    assert f"{url} asks for a login" in (problem.hint or "")


def test_an_authority_that_nobody_trusts(dock: Dock, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    dock.environ["SSL_CERT_FILE"] = str(tmp_path / "ca.pem")
    folder = tmp_path / "certificates"
    folder.mkdir()
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    with standing_in(dock.other, folder) as proxy:
        dock.environ |= {"HTTPS_PROXY": proxy.url, "UV_HTTP_RETRIES": "0"}
        image = dock.image().index("https://private.example.test/simple")
        problems = dock.refused(image.python_packages("alpha"))
    assert any("--ca-bundle" in (problem.hint or "") for problem in problems)


def test_an_old_name_of_a_source_is_told_and_no_obstacle_beside_a_wheel(dock: Dock) -> None:
    """PEP 625 came late: uv takes 1.0-1 for 1.0.post1, and the specification of its answer not."""
    metadata = {"PKG-INFO": pkg_info("sd.dot", "1.0.post1", "2.2")}
    dock.index.files["sd.dot-1.0-1.tar.gz"] = sdist("sd.dot", "1.0-1", metadata)[1]
    dock.index.projects["sd-dot"] = ["sd.dot-1.0-1.tar.gz"]
    image = dock.image().python_packages("sd.dot", no_binary=["sd.dot"])
    here = line() - 1

    problem = only(dock.refused(image))

    assert problem.message.startswith("sd-dot 1.0.post1 can't be locked: name in 'sd.dot-1.0-1.tar")
    assert problem.location is not None
    assert problem.location.line == here
    assert "wheel" in (problem.hint or "")
    name, content = wheel("sd_dot", "1.0.post1")
    dock.index.files[name] = content
    dock.index.projects["sd-dot"].append(name)
    image = dock.image().python_packages("sd.dot")
    assert dock.distributions(image)["sd-dot"].filename == name


def test_what_is_wrong_on_both_platforms_is_told_once(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0")
    image = dock.image().python_packages("alpha>=7")
    (problem,) = dock.refused(image, AMD64, ARM64)
    assert problem.message == (
        "the requirements can't be resolved for Python 3.11 on linux/amd64 and linux/arm64 "
        "(glibc 2.36)"
    )
    assert problem.location == image.steps[-1].location
    assert "Because only alpha==1.0 is available and you require alpha>=7" in str(problem)


def test_what_is_wrong_on_one_platform_alone_names_it(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0")
    dock.index.wheel("beta", "1.0")
    image = dock.image().for_platform(AMD64, lambda one: one.python_packages("alpha>=7"))
    image = image.for_platform(ARM64, lambda one: one.python_packages("beta>=7"))
    first, second = dock.refused(image, AMD64, ARM64)
    assert " on linux/amd64 (" in first.message
    assert "alpha>=7" in (first.detail or "")
    assert " on linux/arm64 (" in second.message
    assert "beta>=7" in (second.detail or "")


def test_a_platform_that_was_locked_before_is_none_of_those_that_fail(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0")
    image = dock.image().python_packages("alpha")
    lock = dock.lock(image)
    dock.contents.manifests.clear()
    with pytest.raises(RegistryError) as raised:
        dock.lock(image, AMD64, ARM64, earlier=lock)
    (problem,) = raised.value.problems
    assert problem.message.startswith("linux/arm64: ")
