from __future__ import annotations

import importlib
from importlib.metadata import PackageNotFoundError

import pytest

from lading.integrations import supported


def test_without_bentoml_the_drop_in_says_what_to_install() -> None:
    with pytest.raises(ImportError) as caught:
        importlib.import_module("lading.integrations.bentoml")
    assert str(caught.value) == (
        "BentoML is not installed here: pip install 'bentoml>=1.4.39,<1.5'"
    )


@pytest.mark.parametrize(
    ("version", "known"),
    [
        ("1.4.38", False),
        ("1.4.39", True),
        ("1.4.40.post1", True),
        ("1.4.100", True),
        ("1.5.0", False),
        ("1.5.0a1", False),
        ("2.0", False),
        ("1.2.3", False),
    ],
)
def test_a_release_that_is_not_known_is_named(
    monkeypatch: pytest.MonkeyPatch, version: str, *, known: bool
) -> None:
    monkeypatch.setattr(supported, "version", lambda _: version)
    said = supported.unsupported()
    assert (said is None) is known
    assert said is None or said.startswith(f"BentoML {version} is not one that Lading knows")


def test_the_two_ways_of_saying_it_agree() -> None:
    first, before = (".".join(map(str, one)) for one in (supported.FIRST, supported.BEFORE))
    assert f"bentoml>={first},<{before}" == supported.SUPPORTED
    assert issubclass(PackageNotFoundError, ImportError)


def test_bentomls_program_starts_where_lading_does_not_know_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supported, "version", lambda _: "1.3.0")
    module = importlib.import_module("lading.integrations.containerize")
    module.install()  # what its command line does, and nothing is imported for it
    assert module.dockerfile.name == "dockerfile"
