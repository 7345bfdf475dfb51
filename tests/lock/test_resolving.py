from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from lock.dock import AMD64, ARM64, versions
from lock.package_index import sha256_of, wheel

if TYPE_CHECKING:
    from lock.dock import Dock


def test_each_distribution_has_its_version_url_hash_and_index(dock: Dock) -> None:
    digest = dock.index.wheel("alpha", "1.0", requires=["beta>=2"])
    dock.index.wheel("beta", "2.1")

    found = dock.distributions(dock.image().python_packages("alpha"))

    assert sorted(found) == ["alpha", "beta"]
    alpha = found["alpha"]
    assert (alpha.version, alpha.kind, alpha.hashes) == ("1.0", "wheel", (digest,))
    assert alpha.url == f"{dock.index.url}/files/alpha-1.0-py3-none-any.whl"
    assert alpha.index == f"{dock.index.url}/simple"


def test_a_hash_that_the_index_does_not_tell_is_made_of_the_file(dock: Dock) -> None:
    dock.index.tells_hashes = False
    digest = dock.index.wheel("alpha", "1.0")
    found = dock.distributions(dock.image().python_packages("alpha"))
    assert found["alpha"].hashes == (digest,)


@pytest.mark.parametrize(
    ("distro", "platform", "tag"),
    [
        ("debian:bookworm", AMD64, "cp311-cp311-manylinux_2_28_x86_64"),
        ("debian:bookworm", ARM64, "cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64"),
        ("ubuntu:22.04", AMD64, "cp311-cp311-manylinux_2_28_x86_64"),
        ("alpine:3.20", AMD64, "cp311-cp311-musllinux_1_2_x86_64"),
        ("ubi8", AMD64, "cp311-cp311-manylinux_2_28_x86_64"),
        ("amazonlinux:2", AMD64, "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64"),
    ],
)
def test_the_target_chooses_the_wheel(dock: Dock, distro: str, platform: str, tag: str) -> None:
    for one in (
        "cp311-cp311-manylinux_2_28_x86_64",
        "cp311-cp311-manylinux_2_38_x86_64",
        "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64",
        "cp311-cp311-musllinux_1_2_x86_64",
        "cp312-cp312-manylinux_2_28_x86_64",
        "cp311-cp311-win_amd64",
        "cp311-cp311-macosx_11_0_arm64",
    ):
        dock.index.wheel("alpha", "1.0", tag=one)

    lock = dock.lock(dock.image(distro).python_packages("alpha"), platform)

    assert lock.platforms[0].distributions[0].filename == f"alpha-1.0-{tag}.whl"


def test_a_marker_is_judged_for_the_target(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0", requires=["beta ; platform_machine == 'aarch64'"])
    dock.index.wheel("beta", "1.0")
    image = dock.image().python_packages("alpha", "nowhere ; sys_platform == 'win32'")

    lock = dock.lock(image, AMD64, ARM64)

    assert versions(lock, AMD64) == {"alpha": "1.0"}
    assert versions(lock, ARM64) == {"alpha": "1.0", "beta": "1.0"}


def test_only_requirements_for_another_platform_are_no_requirements(dock: Dock) -> None:
    image = dock.image().python_packages("nowhere ; sys_platform == 'win32'")
    assert dock.part(image).distributions == ()


def test_an_extra_brings_what_it_needs(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0", requires=["beta ; extra == 'fast'"])
    dock.index.wheel("beta", "1.0")
    assert set(dock.distributions(dock.image().python_packages("alpha"))) == {"alpha"}
    assert set(dock.distributions(dock.image().python_packages("alpha[fast]"))) == {"alpha", "beta"}


def test_prereleases_are_taken_where_a_file_allows_them_but_never_for_uv(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0")
    dock.index.wheel("alpha", "2.0rc1")
    dock.index.add_uv("1.0a1")
    dock.write("plain.txt", "alpha\n")
    dock.write("pre.txt", "--pre\nalpha\n")

    plain = dock.part(dock.image().requirements_file("plain.txt"))
    pre = dock.part(dock.image().requirements_file("pre.txt"))

    assert [one.version for one in plain.distributions] == ["1.0"]
    assert [one.version for one in pre.distributions] == ["2.0rc1"]
    assert [tool.version for tool in pre.tools] == ["0.9.1"]


def test_a_constraint_limits_and_installs_nothing(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0")
    dock.index.wheel("alpha", "2.0")
    dock.index.wheel("beta", "1.0")
    dock.write("c.txt", "alpha<2\nbeta<3\n")
    dock.write("requirements.txt", "-c c.txt\nalpha\n")
    lock = dock.lock(dock.image().requirements_file("requirements.txt"))
    assert versions(lock) == {"alpha": "1.0"}


# Several indexes (CASES R19, R22).


def test_the_first_index_that_knows_a_package_gives_it(dock: Dock) -> None:
    dock.index.wheel("alpha", "9.0", requires=["beta"])
    dock.index.wheel("beta", "9.0")
    dock.other.wheel("beta", "1.0")

    image = dock.image().index(f"{dock.other.url}/simple").python_packages("alpha")
    found = dock.distributions(image)

    assert (found["alpha"].version, found["alpha"].index) == ("9.0", f"{dock.index.url}/simple")
    assert (found["beta"].version, found["beta"].index) == ("1.0", f"{dock.other.url}/simple")


def test_a_folder_of_wheels_gives_files_of_the_project(dock: Dock) -> None:
    name, content = wheel("alpha", "1.0")
    dock.write(f"wheels/{name}", content)
    dock.write("requirements.txt", "--find-links wheels\nalpha\n")

    found = dock.distributions(dock.image().requirements_file("requirements.txt"))

    alpha = found["alpha"]
    assert (alpha.kind, alpha.url) == ("file", f"wheels/{name}")
    assert (alpha.hashes, alpha.size) == ((sha256_of(content),), len(content))


# Direct requirements.


def test_a_wheel_of_the_project_is_hashed(dock: Dock) -> None:
    dock.index.wheel("beta", "1.0")
    name, content = wheel("alpha", "1.0", requires=["beta"])
    dock.write(f"wheels/{name}", content)

    found = dock.distributions(dock.image().python_packages(f"./wheels/{name}"))

    alpha = found["alpha"]
    assert (alpha.kind, alpha.url, alpha.index) == ("file", f"wheels/{name}", None)
    assert alpha.hashes == (sha256_of(content),)
    assert "beta" in found


def test_another_content_at_the_same_path_is_locked_anew(dock: Dock) -> None:
    name, _ = wheel("alpha", "1.0")
    image = dock.image().python_packages(f"./{name}")
    dock.index.wheel("beta", "1.0")
    dock.write(name, wheel("alpha", "1.0")[1])
    before = dock.lock(image)
    dock.write(name, wheel("alpha", "1.0", requires=["beta"])[1])

    after = dock.lock(image, earlier=before)

    assert versions(after) == {"alpha": "1.0", "beta": "1.0"}
    assert after.inputs != before.inputs


def test_a_wheel_at_a_url_is_hashed(dock: Dock) -> None:
    digest = dock.other.wheel("alpha", "1.0")
    url = f"{dock.other.url}/files/alpha-1.0-py3-none-any.whl"

    alpha = dock.distributions(dock.image().python_packages(f"alpha @ {url}"))["alpha"]

    assert (alpha.kind, alpha.url, alpha.hashes, alpha.index) == ("wheel", url, (digest,), None)


def test_a_missing_wheel_is_refused_at_its_line(dock: Dock) -> None:
    image = dock.image().python_packages("./wheels/alpha-1.0-py3-none-any.whl")
    (problem,) = dock.refused(image)
    assert "does not exist" in problem.message
    assert problem.location is not None


# Several installations (CASES R37).


def test_each_distribution_is_in_the_first_installation_that_needs_it(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0", requires=["shared"])
    dock.index.wheel("beta", "1.0", requires=["shared<2", "late"])
    dock.index.wheel("shared", "1.5")
    dock.index.wheel("shared", "2.0")
    dock.index.wheel("late", "1.0")
    image = dock.image().python_packages("alpha").run("true").python_packages("beta")

    found = dock.distributions(image)

    # One version everywhere: what the second installation needs already holds in the first.
    assert found["shared"].version == "1.5"
    assert {name: one.group for name, one in found.items()} == {
        "alpha": 1,
        "shared": 1,
        "beta": 2,
        "late": 2,
    }


def test_an_extra_that_only_a_later_installation_asks_for_comes_later(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0", requires=["beta ; extra == 'fast'"])
    dock.index.wheel("beta", "1.0")
    image = dock.image().python_packages("alpha").run("true").python_packages("alpha[fast]")
    found = dock.distributions(image)
    assert (found["alpha"].group, found["beta"].group) == (1, 2)


def test_the_installations_split_around_a_wheel_at_a_url(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0", requires=["shared"])
    dock.index.wheel("shared", "3.0")
    dock.other.wheel("shared", "1.0", requires=["below"])
    dock.index.wheel("below", "1.0")
    url = f"{dock.other.url}/files/shared-1.0-py3-none-any.whl"
    image = dock.image().python_packages("alpha").run("true").python_packages(f"shared @ {url}")

    found = dock.distributions(image)

    assert found["shared"].url == url
    assert {name: one.group for name, one in found.items()} == {
        "alpha": 1,
        "shared": 1,
        "below": 1,
    }


# What is asked for twice (CASES R20).


def test_a_version_that_is_pinned_twice_is_locked_once(dock: Dock) -> None:
    for version in ("1.0", "2.0"):
        dock.index.wheel("framework", version)
    dock.write("requirements.txt", "Framework==1.0\n")
    image = dock.image().python_packages("framework==1.0").requirements_file("requirements.txt")

    lock = dock.lock(image)

    pins = [(one.name, one.version) for one in lock.platforms[0].distributions]
    assert pins == [("framework", "1.0")]


# Hashes (CASES R21).


def test_an_allowed_hash_chooses_the_file(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0", tag="cp311-cp311-manylinux_2_28_x86_64")
    plain = dock.index.wheel("alpha", "1.0")
    dock.write("requirements.txt", f"alpha==1.0 --hash={plain}\n")
    found = dock.distributions(dock.image().requirements_file("requirements.txt"))
    assert found["alpha"].hashes == (plain,)


def test_a_hash_that_no_file_has_is_refused_at_its_line(dock: Dock) -> None:
    digest = dock.index.wheel("alpha", "1.0")
    wrong = f"sha256:{'0' * 64}"
    dock.write("requirements.txt", f"# pins\nalpha==1.0 --hash={wrong}\n")

    (problem,) = dock.refused(dock.image().requirements_file("requirements.txt"))

    assert str(problem.location) == "requirements.txt:2"
    assert "no hash that the requirement allows" in problem.message
    assert digest in (problem.detail or "")


def test_a_wheel_of_the_project_with_another_hash_is_refused(dock: Dock) -> None:
    name, content = wheel("alpha", "1.0")
    dock.write(name, content)
    dock.write("requirements.txt", f"./{name} --hash=sha256:{'1' * 64}\n")
    (problem,) = dock.refused(dock.image().requirements_file("requirements.txt"))
    assert "no hash that the requirement allows" in problem.message


# The base image, and images without packages.


def test_each_platform_has_the_digests_of_its_base(dock: Dock) -> None:
    lock = dock.lock(dock.image(), AMD64, ARM64)
    first, second = (part.base for part in lock.platforms)
    assert first.reference == dock.base
    assert first.digest == second.digest
    assert first.manifest != second.manifest
    assert re.fullmatch("sha256:[0-9a-f]{64}", first.digest or "")


def test_an_image_without_packages_needs_no_uv(dock: Dock) -> None:
    assert dock.part(dock.image()).tools == ()


def test_an_image_that_is_not_locked_has_its_base_and_uv(dock: Dock) -> None:
    part = dock.part(dock.image(lock=False).python_packages("nowhere"))
    assert part.distributions == ()
    assert [tool.version for tool in part.tools] == ["0.9.1"]
    assert part.base.digest


def test_a_registry_that_can_not_be_reached_is_refused_unless_allowed(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.0")
    dock.contents.manifests.clear()
    image = dock.image().python_packages("alpha")

    (problem,) = dock.refused(image)
    allowed = dock.lock(image, allow_unpinned_base=True)

    assert problem.location is not None
    assert allowed.platforms[0].base.digest is None
    assert any("without a digest" in line for line in dock.said)
