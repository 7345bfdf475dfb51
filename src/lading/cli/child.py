"""Importing a user's module in a process of its own, which hands back nothing but the Image.

What the module leaves behind, starts or breaks stays there: one that ends Python, or takes all the
memory, is an error here and no more.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from lading import process
from lading.cli.declared import Declared, Wanted
from lading.cli.failure import INTERRUPTED
from lading.cli.importing import text_of
from lading.config import Parameter
from lading.errors import LadingError, Problem, SpecificationError
from lading.image import Image

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Found", "found_by_child"]

_ANSWER: Final = "answer"
_ASKED: Final = "asked"

_GRACE: Final = 1.0
"""In seconds: a module that is imported has nothing to bring to a good end, as an engine has."""

_PLAIN: Final = "an Image of another class, or with other values in it, can't be handed over"

# Not by -m, which would give what is defined here another name in the child than in its parent.
_CHILD: Final = f"from {__name__} import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What importing a module came to.

    Attributes:
        declared: The images that were looked for.
        problems: Why there is none.
        brings_engines: Whether the module registered container engines, which only a process that
            imports it has.
    """

    declared: tuple[Declared, ...] = ()
    problems: tuple[Problem, ...] = ()
    brings_engines: bool = False


def found_by_child(wanted: Wanted, environ: Mapping[str, str]) -> tuple[tuple[Declared, ...], bool]:
    """The images that are looked for, and whether their module brings container engines.

    Args:
        wanted: What is looked for.
        environ: What the module sees.

    Raises:
        SpecificationError: There is no such image, or the module can't be imported.
    """
    where = wanted.where
    with TemporaryDirectory(prefix="lading-") as folder:
        answer = Path(folder) / _ANSWER
        asked = Path(folder) / _ASKED  # in a file, since words of a command have a longest
        asked.write_text(replace(wanted, root=wanted.root.resolve()).to_json(), "utf-8")
        argv = (sys.executable, "-P", "-c", _CHILD, str(answer), str(asked))
        ended = process.stream(argv, env=environ, grace=_GRACE)
        if not answer.is_file():
            raise SpecificationError(
                f"importing {where} ended Python {_how(ended.returncode)}",
                hint="Lading imports the module to find the image: let it do no more at import",
            )
        found = _read(answer, where)
    if not found.declared:
        raise SpecificationError(found.problems)
    return found.declared, found.brings_engines


def _read(answer: Path, where: str) -> Found:
    """What the child handed back: it may be anything, as the module could have written it."""
    try:
        with answer.open("rb") as file:
            found = _Answer(file).load()
        _check(found)
    except Exception as error:  # noqa: BLE001 - no kind of error is out of reach for such a file
        message = f"importing {where} gave no Image: {error}"
        raise SpecificationError(message, hint=_PLAIN) from None
    assert isinstance(found, Found)  # noqa: S101 - checked
    return found


def _check(found: object) -> None:
    if not isinstance(found, Found):
        raise TypeError(f"it is of type {type(found).__name__}")
    if not found.declared and found.problems:
        if not all(isinstance(one, Problem) for one in found.problems):
            raise TypeError("its errors are none")
        return
    answered: object = found.declared
    if not isinstance(answered, tuple) or not answered:
        raise TypeError(f"it is of type {type(answered).__name__}")
    for one in answered:
        image = one.image if isinstance(one, Declared) else one
        if not isinstance(image, Image) or not isinstance(one, Declared):
            raise TypeError(f"it is of type {type(image).__name__}")
        if not all(isinstance(parameter, Parameter) for parameter in one.parameters):
            raise TypeError("its parameters are none")


def _how(code: int) -> str:
    return f"by signal {-code}" if code < 0 else f"with exit code {code}"


class _Answer(pickle.Unpickler):
    """Reads nothing but values of Lading's own classes, of modules that are there already.

    Whatever is found here is called with what the file says. So none is Lading's that a module of
    it has merely imported, or that a path through one leads to (`lading.cli.child`, `os.system`).
    """

    def find_class(self, module: str, name: str) -> object:
        if (module, name) in _OTHERS:
            return super().find_class(module, name)
        found = getattr(sys.modules.get(module), name, None)
        if module.startswith("lading.") and isinstance(found, type) and found.__module__ == module:
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of an Image")


_OTHERS: Final = frozenset({("datetime", "timedelta"), ("copyreg", "_reconstructor")})


def main() -> None:
    """What the child does: it writes the answer to a file, and all talk to stderr."""
    from lading.cli.target import imported  # noqa: PLC0415 - which imports this module
    from lading.engines import registered_engines  # noqa: PLC0415 - only here

    answer, wanted = sys.argv[1], Wanted.from_json(Path(sys.argv[2]).read_text("utf-8"))
    os.dup2(2, 1)
    # Ctrl-C reaches both: the parent says so, and this one ends without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    built_in = registered_engines()
    try:
        declared = imported(wanted)
        brings_engines = any(one not in built_in for one in registered_engines())
        found = Found(declared=declared, brings_engines=brings_engines)
    except LadingError as error:
        found = Found(problems=error.problems)
    except KeyboardInterrupt:  # of the module's own: Ctrl-C ends this process at once
        os._exit(INTERRUPTED)
    aside = Path(f"{answer}.part")
    aside.write_bytes(_pickled(found, wanted.where))
    aside.rename(answer)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads that the module has started are not waited for


def _pickled(found: Found, where: str) -> bytes:
    try:
        return pickle.dumps(found)
    except Exception as error:  # noqa: BLE001 - what the user's own classes raise
        message = f"importing {where} gave no Image: {text_of(error) or type(error).__name__}"
        return pickle.dumps(Found(problems=(Problem(message=message, hint=_PLAIN),)))
