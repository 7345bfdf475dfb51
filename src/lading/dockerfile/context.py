"""The files of a build context that are generated from an `ImageInfo` for a Dockerfile build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.distros import ca_prelude
from lading.dockerfile.dockerignore import dockerignore
from lading.dockerfile.layout import CONTEXT_CA_SCRIPT, requirements_name
from lading.dockerfile.lower import lower
from lading.dockerfile.serialize import serialize
from lading.errors import FreezeError
from lading.grammar.invalid import Invalid
from lading.info import InstallPython, RunCommand, RunScript

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from lading.info import ImageInfo
    from lading.lock.model import Distribution

__all__ = ["dockerfile", "generated_files"]

_RUNNING = (InstallPython, RunCommand, RunScript)


def dockerfile(info: ImageInfo) -> str:
    """The text of the Dockerfile that builds `info`.

    Raises:
        FreezeError: It can't be said in a Dockerfile.
    """
    try:
        return serialize(lower(info))
    except Invalid as error:
        raise FreezeError(error.message, hint=error.hint) from None


def generated_files(info: ImageInfo, others: Iterable[str]) -> dict[str, bytes]:
    """The Dockerfile, its `.dockerignore` and the requirements files, by path in the context.

    Args:
        info: What to build.
        others: The paths of the context's other files.
    """
    texts = {
        "Dockerfile": dockerfile(info),
        "image.json": info.to_json(),
        **dict(_requirements(info)),
    }
    if any(isinstance(step, _RUNNING) for step in info.steps):
        texts[CONTEXT_CA_SCRIPT] = f"{ca_prelude()}\n"
    # The engine reads the Dockerfile itself; image.json is for people and tools, not for the build.
    sent = {path.partition("/")[0] for path in (*others, *texts)} - {"Dockerfile", "image.json"}
    texts[".dockerignore"] = dockerignore(sorted(sent))
    return {path: text.encode() for path, text in sorted(texts.items())}


def _requirements(info: ImageInfo) -> Iterator[tuple[str, str]]:
    installs = [step for step in info.steps if isinstance(step, InstallPython)]
    asked = {"default", info.default_index, *info.indexes}
    for number, step in enumerate(installs, start=1):
        lines = step.requirements or tuple(
            _pinned(distribution, asked)
            for distribution in step.distributions
            if distribution.kind in {"wheel", "file"}
        )
        if lines:
            yield requirements_name(number), "".join(f"{line}\n" for line in lines)


def _pinned(distribution: Distribution, asked: Container[str | None]) -> str:
    # A wheel from a direct URL has no index that knows it; one that a uv.lock takes from an index
    # of its own has none that the build asks.
    direct = distribution.kind == "wheel" and distribution.index not in asked
    what = f" @ {distribution.url}" if direct else f"=={distribution.version}"
    hashes = (f"--hash={digest}" for digest in distribution.hashes)
    return " \\\n    ".join((f"{distribution.name}{what}", *hashes))
