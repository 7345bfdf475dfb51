"""What is missing, and what is not: the rules of the loader, over values."""

from __future__ import annotations

import pytest

from lading.libraries import Provided
from lading.libraries.table import OnDemand, Opened, Preloaded, Table
from libraries.values import CONTENTS, GLIBC, check, file, lines, of, wheel

EXTENSION = "demo/_ext.cpython-311-x86_64-linux-gnu.so"
NO_PACKAGE = "no package of debian:bookworm has it; another wheel, or the base image, must bring it"


def test_a_library_that_nothing_has_is_told_with_the_package_that_has_it() -> None:
    found = check(
        wheel(
            "demo",
            file(EXTENSION, "libGL.so.1", "libc.so.6"),
            file("demo/a.so", "libGL.so.1", "libnone.so.3"),
            file("demo/b.so", "libGL.so.1"),
        )
    )
    assert lines(found) == [
        f"error: libGL.so.1 is missing ({EXTENSION} and 2 others)",
        'hint: .system_packages("libgl1")',
        "error: libnone.so.3 is missing (demo/a.so)",
        f"hint: {NO_PACKAGE}",
    ]
    assert found[0].packages == ("libgl1",)


def test_nothing_is_missing_where_the_base_or_a_package_has_it() -> None:
    one = wheel("demo", file(EXTENSION, "libGL.so.1", "libc.so.6"))
    assert check(one, base=(*GLIBC, "libGL.so.1")) == ()
    provided = Provided(names=frozenset(GLIBC)).with_names(CONTENTS.held_by(["libgl1"]))
    assert check(one, provided=provided) == ()


def test_without_the_contents_it_is_told_that_no_package_could_be_named() -> None:
    found = check(wheel("demo", file(EXTENSION, "libGL.so.1")), contents=None)
    assert found[0].hint == (
        "which package of debian:bookworm has libGL.so.1 could not be looked up"
    )


def test_where_the_base_is_not_known_nothing_is_said_to_be_missing() -> None:
    one = wheel("demo", file(EXTENSION, "libGL.so.1", versions={"libc.so.6": ["GLIBC_2.99"]}))
    assert [found.kind for found in check(one, provided=Provided(is_known=False))] == ["version"]


# Rule 1: the folders that a file names.


@pytest.mark.parametrize("tag", ["rpath", "runpath"])
@pytest.mark.parametrize(
    ("path", "member"),
    [
        ("$ORIGIN", "demo/libown.so.1"),
        ("/nowhere:${ORIGIN}/../other.libs", "other.libs/libown.so.1"),
        ("$ORIGIN/../../nvidia/cublas/lib", "nvidia/cublas/lib/libown.so.1"),
        ("$ORIGIN/../../..", "other-1.0.data/data/lib/libown.so.1"),
        ("/opt/venv/lib/python3.11/site-packages/x", "x/libown.so.1"),
    ],
)
def test_a_file_of_another_wheel_is_found_by_a_path_of_its_own(
    path: str, member: str, tag: str
) -> None:
    place = "demo/_ext.so" if "nvidia" not in path else "demo/lib/_ext.so"
    one = wheel("demo", file(place, "libown.so.1", **{tag: path}))
    assert check(one, wheel("other", file(member))) == ()
    assert [found.what for found in check(one)] == ["libown.so.1"]


def test_rpath_does_not_count_beside_runpath() -> None:
    one = wheel("demo", file("demo/a.so", "libx.so", rpath="$ORIGIN/../x", runpath="/y"))
    assert len(check(one, wheel("other", file("x/libx.so")))) == 1


def test_a_path_that_the_base_alone_can_know_is_looked_up_there() -> None:
    from lading.bases.tree import Tree  # noqa: PLC0415 - for this test

    tree = Tree({"opt": {"own": {"libx.so": [0, 0, "opt/own/libx.so"]}}})
    provided = Provided(names=frozenset(GLIBC), tree=tree)
    assert (
        check(wheel("demo", file("a.so", "libx.so", runpath="/opt/own")), provided=provided) == ()
    )
    assert check(wheel("demo", file("a.so", "/opt/own/libx.so")), provided=provided) == ()
    found = check(wheel("demo", file("a.so", "sub/libx.so")), provided=provided)
    assert [one.what for one in found] == ["sub/libx.so"]


# Rules 2 to 4: what is loaded already.


def test_a_library_of_the_same_wheel_is_loaded_by_it() -> None:
    one = wheel("demo", file(EXTENSION, "libown.so.1"), file("demo.libs/libown.so.1"))
    assert check(one) == ()


def test_a_library_of_a_wheel_that_it_requires_is_loaded_first() -> None:
    torch = wheel("torch", file("torch/lib/libtorch.so"))
    vision = wheel("torchvision", file("torchvision/_C.so", "libtorch.so"), requires=["torch"])
    user = wheel("user", file("user/_x.so", "libtorch.so"), requires=["torchvision", "absent"])
    assert check(torch, vision, user) == ()
    stranger = wheel("stranger", file("stranger/_x.so", "libtorch.so"))
    assert [one.distribution for one in check(torch, stranger)] == ["stranger 1.0"]


def test_wheels_that_require_each_other_are_no_loop() -> None:
    one = wheel("one", file("one/a.so", "libtwo.so"), requires=["two"])
    two = wheel("two", file("two/libtwo.so", "libx.so"), requires=["one"])
    assert [found.what for found in check(one, two)] == ["libx.so"]


def test_a_library_that_is_known_to_be_loaded_first_is_found_in_any_wheel() -> None:
    nvidia = wheel("nvidia-cublas-cu12", file("nvidia/cublas/lib/libcublas.so.12"))
    runner = wheel("runner", file("runner/_x.so", "libcublas.so.12"), requires=["loader"])
    loader = wheel("loader")
    assert len(check(nvidia, runner, loader)) == 1
    known = Preloaded(
        distribution="loader", members=("nvidia/*/lib/*",), why="by ctypes", source="loader.py"
    )
    assert check(nvidia, runner, loader, table=Table(preloaded=(known,))) == ()


# What can't be loaded at all, and what need not be.


def test_files_for_other_pythons_and_machines_beside_the_right_ones_are_no_mistake() -> None:
    one = wheel(
        "demo",
        file(EXTENSION),
        file("demo/_ext.cpython-38-x86_64-linux-gnu.so", "libgone.so.1"),
        file("demo/_ext.pypy310-pp73-x86_64-linux-gnu.so", "libgone.so.1"),
        file("demo/attach_x86.so", "libgone.so.1", bits=32, machine=3),
        file("demo/attach_musl.so", "libc.musl-x86_64.so.1"),
    )
    assert check(one) == ()


def test_a_wheel_for_another_machine_is_wrong() -> None:
    one = wheel("demo", file("demo/_ext.so", machine=183), file("demo/b.so", machine=183))
    (found,) = check(one)
    assert (found.kind, found.level) == ("architecture", "error")
    assert found.message == (
        "arm64 is what its files are for, and the image is for linux/amd64"
        " (demo/_ext.so and 1 other)"
    )
    assert check(one, target=of(platform="linux/arm64")) == ()
    pure = wheel("demo", file("demo/_ext.so", machine=9999), any_platform=True)
    (found,) = check(pure)
    assert (found.level, found.what) == ("remark", "machine 9999")


@pytest.mark.parametrize(
    ("distro", "needed", "what", "hint"),
    [
        ("alpine:3.22", "libc.so.6", "glibc", "take the wheel for musllinux"),
        ("alpine:3.22", "ld-linux-x86-64.so.2", "glibc", "take the wheel for musllinux"),
        ("debian:trixie", "libc.musl-x86_64.so.1", "musl", "take the wheel for manylinux"),
        ("debian:trixie", "libc.so", "musl", "take the wheel for manylinux"),
    ],
)
def test_a_wheel_for_another_c_library_is_wrong(
    distro: str, needed: str, what: str, hint: str
) -> None:
    (found,) = check(wheel("demo", file("demo/_ext.so", needed)), target=of(distro))
    assert (found.kind, found.level, found.what, found.hint) == ("libc", "error", what, hint)


def test_what_is_linked_to_no_c_library_runs_on_any() -> None:
    assert check(wheel("demo", file("demo/a.so", "libgcc_s.so.1")), target=of("alpine")) == ()


def test_what_is_loaded_on_demand_is_a_remark() -> None:
    plugin = file("demo/plugins/sql/libpg.so", "libpq.so.5")
    table = Table(
        on_demand=(
            OnDemand(distribution="demo", members=("demo/plugins/*",), why="asked", source="docs"),
        )
    )
    one = wheel("demo", file(EXTENSION), plugin)
    (found,) = check(one, table=table)
    assert (found.level, found.message) == (
        "remark",
        "libpq.so.5 is missing for a part that need not be used (demo/plugins/sql/libpg.so)",
    )
    assert check(one)[0].level == "error"
    # Unless what is always loaded needs the same, or needs the plugin itself.
    also = wheel("demo", file(EXTENSION, "libpg.so"), plugin)
    assert check(also, table=table)[0].level == "error"


def test_a_program_is_not_loaded_by_an_import() -> None:
    tool = file("demo/bin/tool", "libx.so", interpreter="/lib64/ld-linux-x86-64.so.2")
    assert [one.level for one in check(wheel("demo", tool))] == ["remark"]


def test_the_code_of_a_wheel_for_any_platform_decides_what_it_loads() -> None:
    one = wheel("demo", file("demo/linux/libx.so", "liby.so"), any_platform=True)
    assert [found.level for found in check(one)] == ["remark"]


def test_the_driver_is_the_hosts() -> None:
    table = Table(driver={"libcuda.so.1": "start the container with --gpus"})
    (found,) = check(wheel("demo", file("demo/_ext.so", "libcuda.so.1")), table=table)
    assert (found.kind, found.level, found.hint) == (
        "driver",
        "note",
        "start the container with --gpus",
    )


# Versions.


@pytest.mark.parametrize(
    ("distro", "version", "lacking"),
    [
        ("debian:bookworm", "GLIBC_2.36", False),
        ("debian:bookworm", "GLIBC_2.38", True),
        ("debian:trixie", "GLIBC_2.38", False),
        ("ubuntu:22.04", "GLIBC_ABI_DT_RELR", True),
        ("debian:bookworm", "GLIBC_ABI_DT_RELR", False),
        ("debian:bookworm", "GLIBC_PRIVATE", False),
        ("amazonlinux:2", "GLIBC_2.27", True),
        ("alpine:3.22", "GLIBC_2.99", False),
    ],
)
def test_a_version_that_the_releases_glibc_lacks(
    distro: str, version: str, *, lacking: bool
) -> None:
    one = file("demo/_ext.so", "libgcc_s.so.1", versions={"libc.so.6": ["GLIBC_2.2.5", version]})
    found = check(wheel("demo", one), target=of(distro))
    assert [one.kind for one in found] == (["version"] if lacking else [])


def test_the_newest_of_the_versions_is_told() -> None:
    one = file("demo/_ext.so", versions={"libc.so.6": ["GLIBC_2.38", "GLIBC_2.100", "GLIBC_2.39"]})
    (found,) = check(wheel("demo", one))
    assert found.message == (
        "libc.so.6 with GLIBC_2.100 is needed, and debian:bookworm has glibc 2.36 (demo/_ext.so)"
    )


@pytest.mark.parametrize(
    ("distro", "version", "lacking"),
    [
        ("debian:bookworm", "GLIBCXX_3.4.30", False),
        ("debian:bookworm", "GLIBCXX_3.4.32", True),
        ("debian:bookworm", "CXXABI_1.3.15", True),
        ("debian:trixie", "GLIBCXX_3.4.33", False),
        ("ubi:8", "GLIBCXX_3.4.26", True),
        ("debian:bookworm", "CXXABI_FLOAT128", False),
    ],
)
def test_a_version_that_the_releases_libstdcxx_lacks(
    distro: str, version: str, *, lacking: bool
) -> None:
    needing = file("demo/_ext.so", "libstdc++.so.6", versions={"libstdc++.so.6": [version]})
    found = check(wheel("demo", needing), target=of(distro))
    assert [one.kind for one in found] == (["version"] if lacking else [])
    # One that the wheel brings is its own matter.
    assert check(wheel("demo", needing, file("demo.libs/libstdc++.so.6")), target=of(distro)) == ()


# The stack.


def test_an_executable_stack_is_a_remark_until_glibc_refuses_it() -> None:
    one = wheel("demo", file("demo/_ext.so", stack=7), file("demo/b.so", stack=None))
    (found,) = check(one)
    assert (found.level, found.message) == (
        "remark",
        "an executable stack is asked for (demo/_ext.so and 1 other)",
    )
    (found,) = check(one, target=of("debian:trixie"))
    assert (found.level, found.what) == ("error", "an executable stack")
    assert "which glibc 2.41 refuses" in found.message
    musl = wheel("demo", file("demo/_ext.so", "libgcc_s.so.1", stack=7))
    assert check(musl, target=of("alpine")) == ()


def test_what_auditwheel_has_put_there_is_loaded_where_something_needs_it() -> None:
    plugin = file("demo/plugins/libgui.so", "libxcb-own.so")
    own = file("demo.libs/libxcb-own.so", "libX11.so.6")
    table = Table(
        on_demand=(
            OnDemand(distribution="dem*", members=("demo/*",), but=("*/x.so",), why="", source=""),
        )
    )
    found = check(wheel("demo", plugin, own, file("demo/x.so")), table=table)
    assert [one.level for one in found] == ["remark"]
    needing = wheel("demo", plugin, own, file("demo/x.so", "libxcb-own.so"))
    assert [one.level for one in check(needing, table=table)] == ["error"]
    # And where it is another wheel that needs it.
    other = wheel("other", file("other/_x.so", "libxcb-own.so"), requires=["demo"])
    found = check(wheel("demo", plugin, own), other, table=table)
    assert [(one.distribution, one.level) for one in found] == [("demo 1.0", "error")]


# What is opened by name.


def opened(**more: object) -> Table:
    words = {
        "distribution": "demo",
        "why": "which reads codes",
        "source": "demo/x.py",
        "version": "1",
    }
    return Table(opened=(Opened(**{**words, **more}),))  # type: ignore[arg-type]


def test_what_is_opened_by_name_is_told_with_its_reason() -> None:
    one = wheel("demo")
    table = opened(libraries=("libzbar.so.0",), programs=("ffmpeg", "none"), when="import")
    assert lines(check(one, table=table)) == [
        "error: libzbar.so.0 is missing, which reads codes",
        'hint: .system_packages("libzbar0")',
        "error: ffmpeg is missing, which reads codes",
        'hint: .system_packages("ffmpeg")',
        "error: none is missing, which reads codes",
        f"hint: {NO_PACKAGE}",
    ]
    assert check(one, table=table, base=("libzbar.so.0", "bin/ffmpeg", "bin/none")) == ()
    assert [found.level for found in check(one, table=opened(programs=("ffmpeg",)))] == ["remark"]


def test_a_wheel_that_is_required_may_bring_what_is_opened() -> None:
    table = opened(libraries=("libzbar.so.0",))
    bringing = wheel("zbar-bin", file("zbar/libzbar.so.0"))
    assert check(wheel("demo", requires=["zbar-bin"]), bringing, table=table) == ()
    assert len(check(wheel("demo"), bringing, table=table)) == 1


def test_one_of_several_names_will_do() -> None:
    table = opened(libraries=("libnew.so.2 | libzbar.so.0",))
    (found,) = check(wheel("demo"), table=table)
    assert (found.what, found.packages) == ("libzbar.so.0", ("libzbar0",))
    for name in ("libnew.so.2", "libzbar.so.0"):
        assert check(wheel("demo"), table=table, base=(name,)) == ()
    (found,) = check(wheel("demo"), table=opened(programs=("no | none",)))
    assert (found.kind, found.what, found.packages) == ("program", "no", ())


def test_what_another_distribution_brings_is_not_opened() -> None:
    table = opened(libraries=("libzbar.so.0",), unless=("demo-binary",))
    assert check(wheel("demo"), wheel("demo-binary"), table=table) == ()
    assert len(check(wheel("demo"), table=table)) == 1


def test_a_library_of_its_own_may_have_a_longer_name() -> None:
    table = opened(libraries=("libsndfile.so.1",), when="import")
    own = wheel("demo", file("data/libsndfile_x86_64.so"))
    assert check(own, table=table) == ()


def test_other_families_have_the_names_of_a_few_packages() -> None:
    table = Table(packages={"alpine": {"libgomp.so.1": "libgomp"}})
    one = wheel("demo", file("demo/_ext.so", "libgomp.so.1", "libx.so"))
    found = check(one, target=of("alpine:3.22"), table=table)
    assert [one.hint for one in found] == [
        '.system_packages("libgomp")',
        "find the package of alpine:3.22 that has libx.so",
    ]


def test_a_damaged_member_is_told() -> None:
    from dataclasses import replace  # noqa: PLC0415 - for this test

    (found,) = check(replace(wheel("demo"), damaged=("demo/x.so",)))
    assert (found.level, found.message) == (
        "remark",
        "demo/x.so begins as an ELF file and can't be read as one",
    )
