"""The table is of one form, and says where each of its entries is from."""

from __future__ import annotations

import re

import pytest
from packaging.utils import canonicalize_name

from lading.libraries.table import OnDemand, Opened, Preloaded, the_table

TABLE = the_table()
LIBRARY = re.compile(r"lib[A-Za-z0-9_.+-]+\.so(\.[0-9]+)*")


@pytest.mark.parametrize("one", TABLE.opened, ids=lambda one: one.distribution)
def test_what_is_opened_is_named_as_the_loader_and_the_shell_do(one: Opened) -> None:
    assert one.distribution == canonicalize_name(one.distribution)
    assert one.libraries or one.programs
    for words in one.libraries:
        assert all(LIBRARY.fullmatch(word) for word in words.split(" | ")), words
    for words in one.programs:
        assert all(re.fullmatch(r"[a-z0-9-]+", word) for word in words.split(" | ")), words
    assert re.match(r"(which|whose|one of which) ", one.why)
    assert one.source
    assert re.match(r"[0-9]+(\.[0-9]+)*$", one.version)


def test_what_is_on_demand_or_loaded_before_says_why() -> None:
    every: tuple[OnDemand | Preloaded, ...] = (*TABLE.on_demand, *TABLE.preloaded)
    for one in every:
        assert one.members, one.distribution
        assert one.why, one.distribution
        assert one.source, one.distribution


def test_the_issues_own_examples_are_there() -> None:
    opened = {one.distribution for one in TABLE.opened}
    assert opened >= {"weasyprint", "soundfile", "pyzbar", "python-magic", "pydub", "graphviz"}
    assert opened >= {"pytesseract", "pdf2image", "pyspark", "pyaudio"}
    assert "libcuda.so.1" in TABLE.driver


def test_patterns_tell_files_apart() -> None:
    assert TABLE.is_on_demand("pyqt6", "PyQt6/QtMultimedia.abi3.so")
    assert not TABLE.is_on_demand("pyqt6", "PyQt6/QtGui.abi3.so")
    assert TABLE.is_on_demand("pyside6-webengine", "PySide6/Qt/lib/libQt6WebEngineCore.so.6")
    assert not TABLE.is_on_demand("numpy", "numpy/_core/_multiarray_umath.so")
    assert TABLE.preloads("torch", "nvidia/cublas/lib/libcublas.so.12")
    assert not TABLE.preloads("torch", "torch/lib/libtorch.so")
