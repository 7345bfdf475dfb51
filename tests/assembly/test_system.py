"""System packages as a layer: of a base, and in the place of one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
import pytest

from assembly.tiny import Bench, base_with, image_info
from debs.debmaker import Member, file, folder, link, make_deb
from lading.assembly import made_roots, must_execute, scripts_to_run
from lading.bases import BaseFiles
from lading.bases.base import base_of, nothing
from lading.errors import ImageError
from lading.info import Config, InstallSystem, User
from lading.info.roots import root_layers
from lading.lock.model import Deb, LockedBase
from lading.oci.making import config_of
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lading.assembly import Assembled
    from lading.bases import Base
    from lading.info import ImageInfo

FILES = (folder("./usr"), folder("./usr/bin"), file("./usr/bin/tool", "tool\n", mode=0o755))
ACCOUNTS = (
    folder("./etc"),
    file("./etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"),
    file("./etc/group", "root:x:0:\n"),
)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(root=tmp_path)


def deb(
    bench: Bench,
    name: str,
    *files: Member,
    control: Mapping[str, bytes | str] | None = None,
    group: int = 1,
    depends: str = "",
    provides: str = "",
) -> Deb:
    """A package of the lock, which is at hand."""
    made = make_deb(bench.root, name, *files, control=control, depends=depends, provides=provides)
    sha256 = hashlib.sha256(made.path.read_bytes()).hexdigest()
    bench.debs[sha256] = made.path
    return Deb(
        name=name,
        version="1.0",
        architecture="amd64",
        path=f"pool/{made.path.name}",
        sha256=sha256,
        size=made.path.stat().st_size,
        suite="bookworm",
        group=group,
    )


def installing(*debs: Deb) -> InstallSystem:
    return InstallSystem(packages=tuple(one.name for one in debs), debs=debs, at=("service.py:4",))


def test_they_are_the_lowest_layer(bench: Bench) -> None:
    wheel = bench.wheel("six", "1.16.0", {"six.py": ""})
    info = image_info(installing(deb(bench, "tool", *FILES)), wheels=[wheel])
    made = bench.assemble(info, base_with(bench.root, "linux/amd64"))
    assert [one.name for one in made.layers][1:] == [
        *("system packages tool", "python environment, folders of the user"),
        "python packages six 1.16.0",
    ]
    told = {one.created_by: one.comment for one in config_of(made.artifact).history}
    assert [comment for name, comment in told.items() if "system packages tool" in str(name)]
    files = BaseFiles(as_base(made), bench.store)
    assert files.read("/usr/bin/tool") == b"tool\n"
    assert b"Package: tool\n" in (files.read("/var/lib/dpkg/status") or b"")


def as_base(made: Assembled) -> Base:
    artifact = made.artifact
    return base_of(
        "made", artifact, Platform.parse("linux/amd64"), digest=artifact.descriptor.digest
    )


def test_a_second_build_opens_no_package(bench: Bench) -> None:
    info = image_info(installing(deb(bench, "tool", *FILES)))
    base = base_with(bench.root, "linux/amd64")
    first = bench.assemble(info, base)
    for path in bench.debs.values():
        path.unlink()
    assert bench.assemble(info, base).artifact.descriptor == first.artifact.descriptor


def test_the_packages_of_all_installations_are_one_layer(bench: Bench) -> None:
    one, two = deb(bench, "tool", *FILES), deb(bench, "more", folder("./opt"), group=2)
    info = image_info(installing(one), installing(two))
    assert info.installed_debs == (one, two)
    made = bench.assemble(info, base_with(bench.root, "linux/amd64"))
    assert [layer.name for layer in made.layers][1] == "system packages tool, more"


def test_a_script_that_has_to_be_run_is_told_with_its_line(bench: Bench) -> None:
    script = "#!/bin/sh\nset -e\nfrobnicate --all\n"
    info = image_info(installing(deb(bench, "tool", *FILES, control={"postinst": script})))
    base = base_with(bench.root, "linux/amd64")
    assert must_execute(info) == ()
    needed = bench.installer.needed_scripts(info.installed_debs, base, User())
    (one,) = scripts_to_run(info, needed)
    assert str(one.problem).startswith(
        "service.py:4: the postinst script of the system package tool has to be run: "
    )
    assert "frobnicate" in str(one.problem)
    with pytest.raises(ImageError, match="frobnicate"):
        bench.assemble(info, base)
    bench.debs.clear()  # what was found once is known
    again = bench.installer.needed_scripts(info.installed_debs, base, User())
    assert again == needed


def test_what_was_unpacked_to_look_at_the_scripts_becomes_the_layer(bench: Bench) -> None:
    script = "#!/bin/sh\necho done > /usr/bin/made\n"
    debs = (deb(bench, "tool", *FILES, control={"postinst": script}),)
    base, installer = base_with(bench.root, "linux/amd64"), bench.installer
    assert installer.needed_scripts(debs, base, User()) == ()
    bench.debs.clear()  # neither asked for again nor opened
    made = bench.assemble(image_info(installing(*debs)), base, installer=installer)
    files = BaseFiles(as_base(made), bench.store)
    assert files.read("/usr/bin/tool") == b"tool\n"
    assert files.read("/usr/bin/made") == b"done\n"
    assert not list(installer.workdir.iterdir())


def test_what_has_to_be_run_leaves_nothing_unpacked(bench: Bench) -> None:
    script = "#!/bin/sh\nfrobnicate\n"
    debs = (deb(bench, "tool", *FILES, control={"postinst": script}),)
    installer = bench.installer
    assert installer.needed_scripts(debs, base_with(bench.root, "linux/amd64"), User())
    assert not list(installer.workdir.iterdir())


def test_a_package_that_can_not_be_read_leaves_nothing_unpacked(bench: Bench) -> None:
    debs = (deb(bench, "tool", *FILES), deb(bench, "more", link("./a", "")))
    installer = bench.installer
    base = base_with(bench.root, "linux/amd64")
    for _ in range(2):
        with pytest.raises(ImageError, match='it has the link "a" to nowhere'):
            installer.needed_scripts(debs, base, User())
        assert not list(installer.workdir.iterdir())


def test_what_was_left_out_is_told_each_time(bench: Bench) -> None:
    script = "#!/bin/sh\npy3compile -p tool\n"
    files = (folder("./usr"), file("./usr/su", mode=0o4755))
    info = image_info(installing(deb(bench, "tool", *files, control={"postinst": script})))
    base = base_with(bench.root, "linux/amd64")
    first = bench.assemble(info, base)
    assert first.remarks[-2:] == (
        "left out: bytecode of Debian's Python packages",
        "/usr/su is setuid or setgid: taken away",
    )
    bench.debs.clear()
    assert bench.assemble(info, base).remarks == first.remarks


def test_on_scratch_there_is_nothing_to_run_a_script_by(bench: Bench) -> None:
    script = "#!/bin/sh\nset -e\nfrobnicate --all\n"
    info = image_info(installing(deb(bench, "tool", *FILES, control={"postinst": script})))
    with pytest.raises(ImageError) as caught:
        made_roots(on_scratch(info), bench.store, bench.fetch_debs)
    (problem,) = caught.value.problems
    assert str(problem).startswith("service.py:4: the postinst script of the system package tool")
    assert problem.hint is not None
    assert problem.hint.startswith("on scratch there is nothing to run it by: leave the package")


def test_on_scratch_what_a_package_needs_is_in_the_image(bench: Bench) -> None:
    """A lock may have been edited: its words alone can't tell what a package depends on."""
    needs = "libthis (>= 1), perl-base, this-service | that-service"
    tool = deb(bench, "tool", *FILES, *ACCOUNTS, depends=needs)
    lib, that = deb(bench, "libthis"), deb(bench, "that", provides="that-service")
    made_roots(on_scratch(image_info(installing(tool, lib, that))), bench.store, bench.fetch_debs)
    info = on_scratch(image_info(installing(tool)))
    for _ in range(2):
        with pytest.raises(ImageError) as caught:
            made_roots(info, bench.store, bench.fetch_debs)
        assert [one.message for one in caught.value.problems] == [
            "tool 1.0 needs libthis (>= 1), which is not in the image",
            "tool 1.0 needs this-service | that-service, which is not in the image",
        ]
        assert "lading lock" in (caught.value.problems[-1].hint or "")


def on_scratch(info: ImageInfo) -> ImageInfo:
    return msgspec.structs.replace(info, base=LockedBase(reference="scratch"), interpreter_debs=())


def test_the_layers_of_a_dockerfile_are_those_of_an_image(bench: Bench) -> None:
    info = on_scratch(image_info(installing(deb(bench, "tool", *FILES, *ACCOUNTS))))
    found = made_roots(info, bench.store, bench.fetch_debs)
    assert sorted(path.partition("-")[0] for path in found) == ["base/folders", "base/packages"]
    image = bench.assemble(info, nothing(Platform.parse("linux/amd64")))
    assert [one.diff_id for one in found.values()] == list(config_of(image.artifact).diff_ids)
    bench.debs.clear()  # what was made once is there
    assert made_roots(info, bench.store, bench.fetch_debs) == found


def test_their_names_tell_what_they_are_made_of(bench: Bench) -> None:
    tool, another = deb(bench, "tool", *FILES), deb(bench, "more")
    info = on_scratch(image_info(installing(tool)))
    more = on_scratch(image_info(installing(tool, another)))
    user = msgspec.structs.replace(info, config=Config(user=User(uid=7)))
    place = msgspec.structs.replace(info, config=Config(workdir="/elsewhere"))
    packages, folders = zip(*map(layers, (info, more, user, place)), strict=True)
    assert (len(set(packages)), len(set(folders))) == (3, 3)
    assert packages[0] == packages[3]
    assert layers(more) == layers(on_scratch(image_info(installing(another), installing(tool))))


def layers(info: ImageInfo) -> list[str]:
    return [one.path for one in root_layers(info)]


def test_what_is_not_locked_takes_an_engine() -> None:
    (one,) = must_execute(image_info(InstallSystem(packages=("curl",))))
    assert one.why == "run the distribution's package manager"


def test_on_nothing_they_are_the_base(bench: Bench) -> None:
    root = deb(bench, "base-files", *ACCOUNTS, *FILES)
    info = image_info(
        interpreter_debs=(root,), interpreter_packages=("base-files",), platform="linux/amd64"
    )
    made = bench.assemble(info, nothing(Platform.parse("linux/amd64")))
    files = BaseFiles(as_base(made), bench.store)
    assert (files.read("/etc/passwd") or b"").endswith(
        b"\nlading:x:10001:0::/home/lading:/bin/sh\n"
    )
    assert files.names("/var/lib/dpkg/status.d")
    assert files.read("/var/lib/dpkg/status") is None
