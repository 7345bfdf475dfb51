from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from lading.bentos.stand_in import write_stand_in
from lading.process import run

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = """\
from lading import Image as Other, secret
from lading.integrations.bentoml import Image

image = (
    Image(python_version="3.12")
    .python_packages("numpy")
    .run_script("setup.sh")
)
image.uv_lock()
assert isinstance(image, Image)
assert isinstance(Image(image=Other().index("https://x.example", secret=secret("A"))), Image)
"""


def test_a_service_is_imported_where_there_is_no_lading(tmp_path: Path) -> None:
    write_stand_in(tmp_path)
    (tmp_path / "service.py").write_text(SERVICE)
    done = run([sys.executable, "-IS", "-c", imported(tmp_path)], env={}, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def imported(folder: Path) -> str:
    return f"import sys; sys.path.insert(0, {str(folder)!r}); import service"


def test_a_package_of_the_project_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "lading").mkdir()
    write_stand_in(tmp_path)
    assert not list((tmp_path / "lading").iterdir())
