"""What makes `bentoml containerize` take the Dockerfile that a bento has, where Lading wrote it.

BentoML writes a bento's Dockerfile when it is built, and again, from a template, when it is
containerized. Its command line loads this module by the entry point `bentoml.commands` (ADR 17).
"""

from __future__ import annotations

import functools
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lading.bentos.layout import DOCKERFILE, FROZEN
from lading.integrations.supported import unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["dockerfile", "install"]


def install() -> None:
    """Let BentoML ask here first, once; nothing where it is one that Lading does not know."""
    if unsupported():
        return
    module = importlib.import_module("_bentoml_impl.docker")
    if not hasattr(module.generate_dockerfile, "asks_lading"):
        module.generate_dockerfile = _asking(module.generate_dockerfile)  # type: ignore[attr-defined]


def written(bento: Path) -> str | None:
    """The Dockerfile that Lading wrote into a bento; None where it is not one of Lading's."""
    if not (bento / FROZEN / "image.json").is_file():
        return None
    return (bento / DOCKERFILE).read_text("utf-8")


def _asking(original: Callable[..., str]) -> Callable[..., str]:
    @functools.wraps(original)
    def generate_dockerfile(image: Any, bento_fs: Path, **options: Any) -> str:  # noqa: ANN401 - BentoML's
        return written(Path(bento_fs)) or original(image, bento_fs, **options)

    generate_dockerfile.asks_lading = True  # type: ignore[attr-defined]
    return generate_dockerfile


@click.command("dockerfile", short_help="Print the Dockerfile of a bento.")
@click.argument("bento_tag", metavar="BENTO:TAG")
def dockerfile(bento_tag: str) -> None:
    """Print the Dockerfile that Lading wrote into a bento, and that `containerize` builds."""
    if reason := unsupported():
        raise click.ClickException(reason)
    bento = importlib.import_module("bentoml").get(bento_tag)
    text = written(Path(bento.path))
    if text is None:
        message = f"{bento.tag} was built without lading.integrations.bentoml"
        raise click.ClickException(message)
    click.echo(text, nl=False)


install()  # the command line loads the command above, and needs no more
