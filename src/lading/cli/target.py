"""Finding the `Image` that a TARGET names, and the project that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lading.cli.declared import Declared, Wanted
from lading.cli.in_code import NAMES, check_alone, imported, in_code
from lading.cli.modules import ProjectModules
from lading.cli.no_target import FORM, no_project_file, no_target
from lading.cli.overlooked import overlooked
from lading.cli.together import together
from lading.config import ImageNames, Parameter, ProjectImages, no_parameters
from lading.errors import SpecificationError
from lading.grammar.credentials import redact
from lading.grammar.image_name import LONGEST_LABEL
from lading.grammar.words import shown
from lading.image import Image
from lading.project_file import PROJECT_FILES, read_project_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lading.config import Reference, Setting
    from lading.project_file import ProjectFile

__all__ = ["Target", "imported", "load_target", "load_targets"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An image as it is written, and the folder that its paths start from.

    Attributes:
        image: The image.
        project: The folder, absolute.
        name: What it is called among the images that the same TARGET names.
        parameters: What the function that gave the image was called with.
        beside: Gives the images that the project file describes; no code is loaded for any.
    """

    image: Image
    project: Path
    name: str = "image"
    parameters: tuple[Parameter, ...] = ()
    beside: Callable[[], tuple[Image, ...]] = field(default=tuple, compare=False)


def load_target(
    text: str,
    *,
    project: str | None = None,
    settings: Sequence[Setting] = (),
    told: Callable[[str], None] | None = None,
) -> Target:
    """The image that `text` names.

    Args:
        text: `path/service.py:image`, `package.module:attr`, or a folder, with the name of one of
            its project file's images after a colon where there are several.
        project: The project's folder; left out, it is the file's folder, the folder itself, or for
            a module this folder.
        settings: What the parameters of the image are.
        told: Told, in a line, which image is meant where no name says it, and services are there.

    Raises:
        SpecificationError: There is no such image, its module can't be imported, or it has no such
            parameters.
    """
    (found,) = _targets(text, project, tuple(settings), every=False)
    if told is not None:
        for line in _not_meant(text):
            told(line)
    return found


def _not_meant(text: str) -> Iterator[str]:
    """The services of a module that is named alone, which stands for its `image`."""
    if not text.endswith((".py", ":")):
        return
    where, modules = _module(text)
    services = modules.services(where).names
    if services and "image" not in services:
        named = ", ".join(f"{where}:{one}" for one in services)
        yield f"note: {text} stands for {where}:image; its services are {named}"


def _module(text: str) -> tuple[str, ProjectModules]:
    """The module that is named alone, and those beside it."""
    where = text.removesuffix(":")
    return where, ProjectModules(Path(where).parent if where.endswith(".py") else Path())


def load_targets(
    text: str,
    *,
    project: str | None = None,
    settings: Sequence[Setting] = (),
    told: Callable[[str], None] | None = None,
) -> tuple[Target, ...]:
    """All images that `text` stands for, each by a name of its own.

    Those of a folder are all that its project file names; those of a module its services, or its
    images where it has no service; those of `images` in it all of its variants.

    Args:
        text: As for `load_target`; a file, or a module and a colon, may have no name after it.
        project: As for `load_target`.
        settings: What the parameters are of those images that have them.
        told: Told, in a line, of each function that is left out and seems to give an image.

    Raises:
        SpecificationError: As for `load_target`; what is wrong with all of them together.
    """
    found = _targets(text, project, tuple(settings), every=True)
    known = {one.name for target in found for one in target.parameters}
    unknown = [one for one in settings if one.name not in known]
    if unknown:
        raise no_parameters(unknown, f"none of {text}'s images is a function with it")
    names = [one.name for one in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"{text} has several images that are called {', '.join(twice)}"
        raise SpecificationError(message, hint=NAMES)
    if told is not None:
        for line in _left_out(text, found):
            told(line)
    return found


def _left_out(text: str, found: Sequence[Target]) -> Iterator[str]:
    """Functions of a module, all of whose images are wanted, that don't say what they give."""
    if Path(text).is_dir():  # a project, whose file names all that there are
        return
    where, modules = _module(text)
    source = modules.source(where)
    if source is None or modules.services(where).names:
        return
    file = where if where.endswith(".py") else ProjectModules(Path()).file(where)
    known = {one.name.partition(".")[0] for one in found}
    for one in overlooked(source, known):
        yield f"remark: {file}:{one.line}: {one.name} seems to give an image, and is left out"
        yield f'hint: let it say so: def {one.name}() -> "Image"'


def _targets(
    text: str, project: str | None, settings: tuple[Setting, ...], *, every: bool
) -> tuple[Target, ...]:
    if "://" in text:
        # Refused before a path is made of it, in which credentials could not be told any more.
        raise SpecificationError(f"{redact(text)!r} names no image", hint=FORM)
    where, colon, name = text.rpartition(":") if ":" in text else (text, "", "")
    beside: Callable[[], tuple[Image, ...]] = tuple
    if _is_project(Path(where), named=bool(colon)):
        search = _Search(root=Path(where), settings=settings, every=every)
        found = search.of_project(name if colon else None)
        beside = search.described
    elif where.endswith(".py") or (colon and _is_module(where)):
        root = Path(where).parent if where.endswith(".py") else Path()
        search = _Search(root=root, settings=settings, every=every)
        wanted = search.wanted(where, name or ("" if every else "image"))
        found = in_code(replace(wanted, target=f"{where}:{wanted.name}"))
        for one in found:
            check_alone(one, wanted)
    elif where and Path(where).is_dir():
        raise no_project_file(Path(where))
    else:
        raise no_target(text, every=every)
    for one in found:
        _check_name(one)
    return tuple(
        Target(
            image=one.named,
            project=(Path(project) if project else search.root).resolve(),
            name=(one.variant if name else None) or one.label,
            parameters=one.parameters,
            beside=beside,
        )
        for one in found
    )


def _check_name(found: Declared) -> None:
    """Refuse a name of the code's that is too long for that of a lock."""
    if len(found.label.encode()) > LONGEST_LABEL:
        message = f"{shown(found.label)} is too long a name for an image, whose lock is called so"
        raise SpecificationError(message, hint="a project file may name it by a shorter one")


def _is_module(where: str) -> bool:
    """Whether it can be the name of one, and is no path."""
    return bool(where.strip(".")) and not set(where) & set("/:") and where not in PROJECT_FILES


def _is_project(folder: Path, *, named: bool) -> bool:
    """Whether it is a folder with images; with a name after it, a package is more likely meant."""
    return folder.is_dir() and (not named or read_project_file(folder) is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """What is looked for in a project.

    Attributes:
        root: The folder that modules are imported from.
        settings: What the command line says of parameters.
        every: Whether all images are looked for.
    """

    root: Path
    settings: tuple[Setting, ...]
    every: bool

    def wanted(
        self, where: str, attribute: str, said: tuple[Setting, ...] = (), *, one: bool = False
    ) -> Wanted:
        return Wanted(
            root=self.root,
            where=where,
            attribute=attribute,
            settings=(*said, *self.settings),
            every=self.every and not one,
            strict=not self.every,
        )

    def of_project(self, name: str | None) -> tuple[Declared, ...]:
        file = read_project_file(self.root)
        if file is None:
            raise no_project_file(self.root)
        if not self.every:
            return (self._one(file, name),)
        named = ImageNames(file=file)
        names = (name,) if name is not None else tuple(named)
        if not names:
            return (self._one(file, None),)
        each = together((one, partial(self._each, file, one)) for one in names)
        return tuple(found for several in each for found in several)

    def described(self) -> tuple[Image, ...]:
        """The images of the project file, without what they have of code: none is loaded."""
        file = read_project_file(self.root)
        if file is None:
            return ()
        return ProjectImages(file=file, load=lambda *_: Image()).described()

    def _each(self, file: ProjectFile, name: str) -> tuple[Declared, ...]:
        """An image of the project file, or all variants that it refers to."""
        named = ImageNames(file=file)
        named.check()
        reference = named.reference(name) if name in named else None
        if reference is None or reference.names_variant:
            return (self._one(file, name),)
        ProjectImages(file=file, load=self._loader([])).check_alone(name)
        wanted = self._referred(reference.text, reference.settings, one=False)
        return tuple(replace(one, name=name) for one in in_code(wanted))

    def _one(self, file: ProjectFile, name: str | None) -> Declared:
        named, parameters = ImageNames(file=file), list[Parameter]()
        named.check()
        called = named.only() if name is None else name
        own = named.reference(called) if called in named else None
        image = ProjectImages(file=file, load=self._loader(parameters, own)).image(called)
        if self.settings and not parameters and not self.every:
            what = f"{name or 'the image'} is described in {file.path.name}"
            raise no_parameters(self.settings, what)
        return Declared(image=image, name=name, parameters=tuple(parameters))

    def _loader(
        self, parameters: list[Parameter], own: Reference | None = None
    ) -> Callable[[str, tuple[Setting, ...]], Image]:
        """Gives the images in code that a project file refers to, and notes their parameters.

        Args:
            parameters: Where they are noted.
            own: The reference of the image that TARGET names, if it is one.
        """

        def load(text: str, said: tuple[Setting, ...]) -> Image:
            wanted = self._referred(text, said, one=True)
            if own is not None and (own.text, own.settings) == (text, said):
                wanted = replace(wanted, target=f"{self.root}:{own.owner}")
            (found,) = in_code(wanted)
            parameters.extend(found.parameters)
            return found.image

        return load

    def _referred(self, reference: str, said: tuple[Setting, ...], *, one: bool) -> Wanted:
        module, _, attribute = reference.rpartition(":")
        where = str(self.root / module) if module.endswith(".py") else module
        return self.wanted(where, attribute, said, one=one)
