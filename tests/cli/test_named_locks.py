"""Images of one project have a lock each: none takes the place of another's."""

from __future__ import annotations

import json
import runpy
from typing import TYPE_CHECKING

import pytest

from lading import SpecificationError

if TYPE_CHECKING:
    from cli.program import Project

TWO = """
image = "service:image"

[images.other]
extends = "service:image"
env = { A = "1" }
"""


def test_each_image_has_its_lock(tiny: Project) -> None:
    (tiny.folder / "pyproject.toml").unlink()
    tiny.write("lading.toml", TWO)
    assert tiny.lading("lock", "-q").code == 0
    assert tiny.files() == ["lading.lock", "lading.toml", "service.py"]
    before = tiny.read("lading.lock")
    missing = tiny.lading("lock", "--check", ".:other")
    assert missing.err.splitlines()[0] == "drifted: there is no lading.other.lock"
    ran = tiny.lading("lock", ".:other")
    assert (ran.code, ran.err.splitlines()[-1]) == (0, "lading.other.lock written")
    assert tiny.read("lading.lock") == before
    assert tiny.lading("lock", "--check", ".:other").code == 0
    assert tiny.lading("freeze", "-q", "--locked", ".:other", "-o", "out").code == 0
    assert "lading.other.lock" in tiny.lading("show", ".:other").out


def test_what_code_calls_otherwise_is_another_image(tiny: Project) -> None:
    tiny.write("service.py", tiny.read("service.py") + "\nserving = image.env(A='1')\n")
    assert tiny.lading("lock", "-q", "service.py:serving").code == 0
    assert "lading.serving.lock" in tiny.files()
    assert "lading.lock" not in tiny.files()


def test_a_lock_that_drifts_for_two_modules_is_said_to_be_one_for_both(tiny: Project) -> None:
    tiny.write("other.py", tiny.read("service.py").replace('"tiny"', '"small"'))
    tiny.write("more.py", "from service import image\n")
    tiny.write("plain.py", "image = 'a picture'\n")
    assert tiny.lading("lock", "-q", "service.py").code == 0
    assert tiny.lading("lock", "--check", "service.py").err == "lading.lock is up to date\n"
    remark = (
        "lading.lock is one lock for all that is called image, and other.py, service.py each have "
        "such an image: give each a name of its own"
    )
    ran = tiny.lading("lock", "--check", "other.py")
    assert (ran.code, ran.err.splitlines()) == (
        1,
        [
            f"remark: {remark}",
            "drifted: requirement small is not locked",
            "drifted: requirement tiny is locked, and no longer asked for",
            "hint: run `lading lock other.py`, and commit the result",
        ],
    )
    found = json.loads(tiny.lading("lock", "--check", "other.py", "--json").out)
    assert found["remarks"] == [remark]
    tiny.write("other.py", tiny.read("other.py").replace("image =", "small ="))
    ran = tiny.lading("lock", "--check", "other.py:small")
    assert ran.err.splitlines()[0] == "drifted: there is no lading.small.lock"


def test_services_that_are_served_by_one_name_have_a_lock_each(tiny: Project) -> None:
    for module in ("web", "admin"):
        tiny.write(f"{module}.py", "def app(): ...\n")
    declared = "{0} = lading.service(image=image, command=['{0}'])('{0}:app')\n"
    services = "".join(declared.format(name) for name in ("web", "admin"))
    tiny.write("service.py", f"import lading\n{tiny.read('service.py')}\n{services}")
    for name in ("web", "admin"):
        ran = tiny.lading("lock", f"service.py:{name}")
        assert (ran.code, ran.err.splitlines()[-1]) == (0, f"lading.{name}.lock written")


def test_code_names_the_lock_that_the_command_line_made(
    tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.write("service.py", tiny.read("service.py") + "\nserving = image.env(A='1')\n")
    assert tiny.lading("lock", "-q", "service.py:serving").code == 0
    monkeypatch.chdir(tiny.folder)
    for name, value in tiny.environment.items():
        monkeypatch.setenv(name, value)
    serving = runpy.run_path("service.py")["serving"]
    info = serving.freeze("out", name="serving", locked=True)
    assert info.config.cmd is not None
    assert "lading.lock" not in tiny.files()
    for wrong in ("", "../up", "a/b", "a\nb", "a" * 300, 3):
        with pytest.raises(SpecificationError, match="names no image"):
            serving.freeze("out", name=wrong)
