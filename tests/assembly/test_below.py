"""An image on another one begins with that one's layers, byte for byte, and has what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assembly.test_plan import WHEELS, info_of
from assembly.test_system import ACCOUNTS, FILES, as_base, deb, installing, on_scratch
from assembly.tiny import Bench, base_with, image_info
from debs.debmaker import file, folder, link
from lading.assembly import Upon, made_roots, plan
from lading.bases import BaseFiles
from lading.bases.base import nothing
from lading.errors import ImageError
from lading.info import Below, Config, InstallPython, User
from lading.oci.making import config_of
from lading.oci.unpacking import walk
from lading.platforms import Platform

if TYPE_CHECKING:
    from pathlib import Path

    from lading.assembly import Assembled
    from lading.info import ImageInfo, Step
    from lading.lock.model import Distribution


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(root=tmp_path)


def on(
    below: ImageInfo, *steps: Step, wheels: tuple[Distribution, ...] = (), **said: object
) -> ImageInfo:
    """An image on another one."""
    install = (InstallPython(distributions=wheels, at=("service.py:9",)),) if wheels else ()
    return msgspec.structs.replace(
        below,
        steps=(*below.steps, *install, *steps),
        lower=Below.of(below),
        venv=below.venv or ("/opt/venv" if wheels else None),
        **said,
    )


def names(made: Assembled) -> list[str]:
    return [one.name for one in made.layers]


def shared(lower: Assembled, upper: Assembled) -> list[str]:
    """The names of the layers that come on top of those of another image, which are the same."""
    count = len(lower.layers)
    digests = [[one.digest for one in made.layers] for made in (lower, upper)]
    assert digests[1][:count] == digests[0]
    ours, theirs = config_of(upper.artifact), config_of(lower.artifact)
    assert ours.diff_ids[:count] == theirs.diff_ids
    return names(upper)[count:]


def paths(made: Assembled, place: int) -> dict[str, tuple[int, int]]:
    """The entries of a layer, counted from the top, each with its owner and mode."""
    blob = made.artifact.blobs[place]
    return {one.name: (one.uid, one.mode) for one in walk(blob)}


def test_only_what_is_new_comes_on_top(bench: Bench) -> None:
    torch = bench.wheel("torch", "2.1", {"torch.py": "1\n"}, scripts="torch = torch:main")
    api = bench.wheel("fastapi", "0.1", {"fastapi.py": "1\n"}, scripts="fastapi = fastapi:main")
    base = base_with(bench.root, "linux/amd64")
    shared_code = bench.include(1, "/app", {"common/x.py": b"1\n"})
    lower = image_info(shared_code, wheels=[torch])
    code = bench.include(2, "/app", {"app.py": b"1\n"})
    upper = on(lower, code, wheels=(api,))
    below, above = bench.assemble(lower, base), bench.assemble(upper, base)
    assert shared(below, above) == ["python packages fastapi 0.1", "files to /app"]
    assert set(paths(above, -2)) == {
        *("opt", "opt/venv", "opt/venv/bin", "opt/venv/bin/fastapi", "opt/venv/lib"),
        *("opt/venv/lib/python3.11", "opt/venv/lib/python3.11/site-packages"),
        "opt/venv/lib/python3.11/site-packages/fastapi.py",
        *(
            f"opt/venv/lib/python3.11/site-packages/fastapi-0.1.dist-info{name}"
            for name in ("", "/METADATA", "/WHEEL", "/RECORD", "/INSTALLER", "/entry_points.txt")
        ),
    }
    # Only those were made, and of the others no wheel was asked for.
    assert [one.outcome for one in above.layers] == ["base", *["reused"] * 3, *["made"] * 2]
    assert bench.fetched == [("torch",), ("fastapi",)]
    # What is on top may be put on again.
    third = bench.assemble(on(upper, bench.include(3, "/srv", {"b.py": b"1\n"})), base)
    assert shared(above, third) == ["files to /srv"]


def test_without_anything_of_its_own_it_has_the_same_layers(bench: Bench) -> None:
    base = base_with(bench.root, "linux/amd64")
    lower = image_info(wheels=[bench.wheel("six", "1.16.0", {"six.py": ""})])
    upper = on(lower, config=Config(cmd=("serve",), labels=(("a", "b"),), ports=("80/tcp",)))
    below, above = bench.assemble(lower, base), bench.assemble(upper, base)
    assert shared(below, above) == []
    assert config_of(above.artifact).execution.cmd == ("serve",)


def test_another_user_and_other_folders_are_a_layer_of_these(bench: Bench) -> None:
    base = base_with(bench.root, "linux/amd64")
    lower = image_info(wheels=[bench.wheel("six", "1.16.0", {"six.py": ""})])
    more = on(lower, config=Config(volumes=("/data",)))
    other = on(more, config=Config(user=User(uid=7, gid=8), volumes=("/data",), workdir="/srv"))
    below = bench.assemble(lower, base)
    middle = bench.assemble(more, base)
    above = bench.assemble(other, base)
    assert shared(below, middle) == ["folders of the user"]
    assert shared(middle, above) == ["folders of the user"]
    assert paths(middle, -1) == {"data": (10001, 0o775)}
    # The working directory of before stays as it is: nobody's of the image.
    assert paths(above, -1) == {
        "data": (7, 0o775),
        "home": (0, 0o755),
        "home/lading": (7, 0o775),
        "srv": (7, 0o775),
    }


def test_an_environment_comes_with_the_first_packages(bench: Bench) -> None:
    base = base_with(bench.root, "linux/amd64")
    lower = image_info(bench.include(1, "/opt/venv", {"x.py": b"1\n"}))
    upper = on(lower, wheels=(bench.wheel("six", "1.16.0", {"six.py": ""}),))
    above = bench.assemble(upper, base)
    assert shared(bench.assemble(lower, base), above) == [
        "python environment, folders of the user",
        "python packages six 1.16.0",
    ]
    assert "opt/venv/pyvenv.cfg" in paths(above, -2)


def test_system_packages_add_to_those_below(bench: Bench) -> None:
    base = base_with(bench.root, "linux/amd64")
    more = (folder("./usr"), folder("./usr/bin"), file("./usr/bin/more", "more\n", mode=0o755))
    tool = deb(bench, "tool", *FILES, link("./usr/bin/t", "tool"))
    lower = image_info(installing(tool))
    upper = on(lower, installing(deb(bench, "more", *more, group=2)))
    below, above = bench.assemble(lower, base), bench.assemble(upper, base)
    assert shared(below, above) == ["system packages more"]
    found = paths(above, -1)
    assert {"usr/bin/more", "var/lib/dpkg/status", "var/lib/dpkg/info/more.list"} <= found.keys()
    assert not {"usr/bin/tool", "usr/bin/t", "var/lib/dpkg/info/tool.list"} & found.keys()
    # The record has all, as that of an image with both does.
    together = image_info(*(step for step in upper.steps))
    flat = bench.assemble(together, base)
    status = "/var/lib/dpkg/status"
    ours, theirs = (BaseFiles(as_base(one), bench.store).read(status) for one in (above, flat))
    assert ours == theirs
    assert not list((bench.root / "unpacked").rglob("*"))
    for path in bench.debs.values():
        path.unlink()
    assert bench.assemble(upper, base).artifact.descriptor == above.artifact.descriptor


def test_so_they_do_on_a_base_made_of_packages(bench: Bench) -> None:
    bench_nothing = nothing(Platform.parse("linux/amd64"))
    base_files = deb(bench, "base-files", *ACCOUNTS)
    lower = on_scratch(image_info(installing(base_files)))
    below = bench.assemble(lower, bench_nothing)
    upper = on(lower, installing(deb(bench, "tool", *FILES, group=2)))
    above = bench.assemble(upper, bench_nothing)
    assert shared(below, above) == ["system packages tool"]
    assert "var/lib/dpkg/status.d/tool" in paths(above, -1)
    assert "var/lib/dpkg/status.d/base-files" not in paths(above, -1)
    # Another user has an account, and nothing else of that layer.
    own = msgspec.structs.replace(upper.config, user=User(uid=7, gid=7, name="own"))
    named = bench.assemble(on(upper, config=own), bench_nothing)
    assert shared(above, named) == ["system packages, the user's account", "folders of the user"]
    assert set(paths(named, -2)) == {"etc", "etc/group", "etc/passwd"}
    nobody = msgspec.structs.replace(on_scratch(image_info()), interpreter_debs=None)
    alone = bench.assemble(nobody, bench_nothing)
    account = bench.assemble(on(nobody, config=own), bench_nothing)
    assert shared(alone, account) == ["folders of the user"]
    assert {"etc/passwd", "home/lading", "app"} <= paths(account, -1).keys()


def test_a_package_below_is_not_replaced(bench: Bench) -> None:
    base = base_with(bench.root, "linux/amd64")
    lower = image_info(installing(deb(bench, "tool", *FILES)))
    newer = msgspec.structs.replace(deb(bench, "tool", folder("./opt"), group=2), version="2.0")
    upper = on(lower, installing(newer))
    assert upper.installed_debs == (newer,)
    with pytest.raises(
        ImageError, match=r"tool is in the image below as 1\.0, and as 2\.0 in this"
    ):
        bench.assemble(upper, base)
    upon = Upon(debs=lower.installed_debs, user=User())
    with pytest.raises(ImageError, match="tool is in the image below"):
        bench.installer.needed_scripts(upper.installed_debs, base, User(), upon)


def test_the_layers_of_a_dockerfile_are_those_of_an_image(bench: Bench) -> None:
    lower = on_scratch(image_info(installing(deb(bench, "base-files", *ACCOUNTS))))
    own = Config(user=User(uid=7, gid=7, name="own"), workdir="/srv")
    upper = on(lower, installing(deb(bench, "tool", *FILES, group=2)), config=own)
    below, found = (made_roots(one, bench.store, bench.fetch_debs) for one in (lower, upper))
    assert dict(list(found.items())[: len(below)]) == below
    image = bench.assemble(upper, nothing(Platform.parse("linux/amd64")))
    assert [one.diff_id for one in found.values()] == list(config_of(image.artifact).diff_ids)
    assert [path.partition("-")[0] for path in found] == ["base/packages", "base/folders"] * 2


@given(WHEELS, WHEELS, st.integers(0, 30), st.integers(4, 60), st.integers(8, 127))
def test_a_plan_begins_with_that_of_the_image_below(
    below: tuple[Distribution, ...],
    above: tuple[Distribution, ...],
    includes: int,
    budget: int,
    room: int,
) -> None:
    lower = info_of(below, includes)
    upper = on(lower, *info_of((), includes).steps[1:], wheels=above)
    own, whole = (plan(one, budget=budget, room=room) for one in (lower, upper))
    assert whole[: len(own)] == own
    assert len(whole) - len(own) <= max(4, min(budget, room - len(own)))
    planned = [one for layer in whole for one in layer.distributions]
    assert len(planned) == len(below) + len(above)
    assert {one.number for layer in whole for one in layer.included} == {
        number for number, step in enumerate(upper.steps) if not isinstance(step, InstallPython)
    }
