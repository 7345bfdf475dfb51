from __future__ import annotations

import pytest

from lading.grammar.component import parse_components
from lading.grammar.invalid import Invalid


def test_components_are_each_there_once_and_in_order() -> None:
    assert parse_components([]) == ()
    assert parse_components(("non-free", "contrib", "non-free")) == ("contrib", "non-free")
    assert parse_components(["main", "non-free-firmware"]) == ("non-free-firmware",)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nonfree"], 'component "nonfree" is unknown'),
        (["universe"], 'component "universe" is unknown'),
        ("contrib", "components"),
        ([3], "components"),
    ],
)
def test_what_is_no_component_is_refused(words: object, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_components(words)  # type: ignore[arg-type]
    assert told in refused.value.message
    assert refused.value.hint is not None
