from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from dockerfile.parseback import parse
from dockerfile.recipes import CASES, CLASSIC, frozen
from lading.dockerfile import dockerfile
from lading.dockerfile.embedding import Added, embedded_dockerfile

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "env/lading/"
BUILDKIT = [(name, distro) for name, distro in CASES if name not in CLASSIC]


def sources(text: str) -> Iterator[str]:
    """Every path of the build context that a Dockerfile reads."""
    for one in parse(text):
        if one.kind == "COPY" and not any(flag.startswith("--from=") for flag in one.flags):
            yield one.rest.lstrip('["')
        for flag in one.flags:
            if flag.startswith("--mount=type=bind,") and ",from=" not in flag:
                yield re.findall(r"source=([^,]+)", flag)[0]


@pytest.mark.parametrize(("recipe", "distro"), BUILDKIT)
def test_all_that_is_read_is_read_from_the_folder_and_nothing_else_changes(
    recipe: str, distro: str
) -> None:
    info = frozen(recipe, distro)
    text = embedded_dockerfile(info, "env/lading")
    assert text.replace(PREFIX, "") == dockerfile(info)
    assert all(source.startswith(PREFIX) for source in sources(text))
    assert len(list(sources(text))) == len(list(sources(dockerfile(info)))) == text.count(PREFIX)


def test_what_is_added_belongs_to_the_user_and_comes_last() -> None:
    info = frozen("full", "debian:bookworm")
    added = [
        Added(sources=("src/",), destination="/bento/src/"),
        Added(sources=("a.yaml", "READ ME"), destination="/bento/"),
    ]
    text = embedded_dockerfile(info, "env/lading", added)
    user = info.config.user
    assert text.endswith(
        "\n\n# the rest of the build context\n"
        f"COPY --chown={user.uid}:{user.gid} src/ /bento/src/\n"
        f'COPY --chown={user.uid}:{user.gid} ["a.yaml", "READ ME", "/bento/"]\n'
    )
