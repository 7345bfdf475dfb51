"""The frozen image: every version, file, variable and setting, and the order of the steps.

`ImageInfo` is what both generators read. It is data: immutable, comparable, and the same bytes as
canonical JSON wherever it was made. Paths of files are those in the frozen folder; `at` names the
user's lines, for comments and messages, and is no part of what an image is.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from lading.errors import FreezeError
from lading.grammar.base import SCRATCH
from lading.info.config import Config
from lading.info.steps import ContextFile, InstallSystem, Part, SecretUse, Step
from lading.lock.forms import in_words
from lading.lock.model import (  # noqa: TC001 - msgspec reads the fields
    Deb,
    LockedBase,
    Tool,
)

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Below", "ImageInfo", "PackageIndex"]

FORMAT = 2

_REACHING = frozenset(
    {
        *("vendored", "programs", "layers", "base_mirror", "python_mirror"),
        *("archive_mirrors", "archive_keyrings", "unsigned_archives"),
    }
)
"""What says how to reach things, and not what an image is."""


class PackageIndex(Part, frozen=True, kw_only=True):
    """A Python package index, and how it lets one in.

    Attributes:
        url: Without credentials.
        name: What its credentials are called by.
        default: Whether it takes the place of the installer's own default index.
        packages: The only ones that it serves; all where empty.
        username: Who `secret` is the password of.
        secret: The password or token.
        netrc: A netrc file.
        client_certificate: A PEM file with a certificate and its key.
    """

    url: str
    name: str | None = None
    default: bool = False
    packages: tuple[str, ...] = ()
    username: str | None = None
    secret: SecretUse | None = None
    netrc: SecretUse | None = None
    client_certificate: SecretUse | None = None


class Below(Part, frozen=True, kw_only=True):
    """An image that another one is put on, and of which all layers stay.

    Attributes:
        steps: How many of the other's steps are its own: the first ones.
        image: The image itself, but for these.
    """

    steps: int
    image: ImageInfo

    @classmethod
    def of(cls, image: ImageInfo) -> Self:
        """What an image on `image` says of it."""
        return cls(steps=len(image.steps), image=msgspec.structs.replace(image, steps=()))


class ImageInfo(Part, frozen=True, kw_only=True):
    """An image, decided completely.

    Attributes:
        platform: `linux/amd64`.
        distro: `debian:bookworm`, or None where it is not known and nothing needs it.
        base: The base image and its digests.
        python: The version, `3.11` or `3.11.9`.
        python_from_distro: Whether the interpreter is a package of the distro.
        interpreter_packages: The packages that bring it, where the base may have it or not.
        venv: Where the Python packages are, or None where there are none.
        compile_bytecode: Whether the installed modules are byte-compiled.
        indexes: The package indexes, in the order in which they are searched.
        find_links: More places to look for distributions.
        no_index: Whether no index is searched at all.
        prerelease: Whether an image without a lock may install pre-releases.
        interpreter_debs: What these come to, where that is locked.
        build_packages: System packages for compiling, which the image does not get.
        build_debs: What a stage that compiles lacks beside the image's own packages, where that is
            locked; on scratch also what one installs by, where the image has no shell.
        tools: The programs that the build uses.
        steps: In the order in which they are to be done.
        config: How the container is run.
        vendored: Whether the frozen folder holds all that is installed, so that a build takes
            nothing but the base image from the network.
        programs: The programs of `tools`, as a vendored folder holds them.
        layers: The layers on scratch, as a vendored folder holds them.
        components: Of Debian's archive, beside `main`, that system packages may come from.
        snapshot: The moment of the archive that system packages are taken from, as
            `20261101T000000Z`; None for what it has now.
        base_mirror: The reference that the base image is pulled by, where that is another one.
        base_built: The name that the base image is built under, where a Dockerfile makes it.
        archive_mirrors: Names of Debian archives (`debian`, `debian-security`) and the URLs to
            reach them at.
        archive_keyrings: Names of Debian archives, and the files with the keys that sign them in
            place of the distribution's own.
        unsigned_archives: Names of Debian archives that nobody has to sign.
        python_mirror: The package index that stands for the installer's own default one.
        lower: The image that this one is put on by `from_image`.
    """

    format: int = FORMAT
    platform: str
    distro: str | None = None
    base: LockedBase
    python: str
    python_from_distro: bool = False
    interpreter_packages: tuple[str, ...] = ()
    venv: str | None = None
    compile_bytecode: bool = False
    indexes: tuple[PackageIndex, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    prerelease: bool = False
    interpreter_debs: tuple[Deb, ...] | None = None
    build_packages: tuple[str, ...] = ()
    build_debs: tuple[Deb, ...] | None = None
    tools: tuple[Tool, ...] = ()
    steps: tuple[Step, ...] = ()
    config: Config = Config()
    vendored: bool = False
    programs: tuple[ContextFile, ...] = ()
    layers: tuple[ContextFile, ...] = ()
    components: tuple[str, ...] = ()
    snapshot: str | None = None
    base_mirror: str | None = None
    base_built: str | None = None
    archive_mirrors: tuple[tuple[str, str], ...] = ()
    archive_keyrings: tuple[tuple[str, ContextFile], ...] = ()
    unsigned_archives: tuple[str, ...] = ()
    python_mirror: str | None = None
    lower: Below | None = None

    @property
    def below(self) -> ImageInfo | None:
        """The image that this one is put on, just as it is by itself."""
        if self.lower is None:
            return None
        steps = self.steps[: self.lower.steps]
        return msgspec.structs.replace(self.lower.image, steps=steps)

    @property
    def stack(self) -> tuple[ImageInfo, ...]:
        """It and all images below it, from the lowest up."""
        below = self.below
        return (*(below.stack if below else ()), self)

    @property
    def given_folders(self) -> tuple[str, ...]:
        """The folders that the container's user gets, but for those that it has by an image below.

        Its home comes first, where it is among them.
        """
        below, user = self.below, self.config.user
        found = dict.fromkeys(self.config.folders)
        if below is None or (user.uid, user.gid) != (below.config.user.uid, below.config.user.gid):
            return tuple(found)
        return tuple(path for path in found if path not in below.config.folders)

    @property
    def own_steps(self) -> tuple[Step, ...]:
        """Those that the image below does not have."""
        return self.steps[self.lower.steps if self.lower else 0 :]

    @property
    def key(self) -> str:
        """`sha256:...` over everything that matters: equal keys are equal images.

        Where things are fetched from is no part of it, and neither are the user's lines.
        """
        what = {name: value for name, value in self._data().items() if name not in _REACHING}
        content = msgspec.json.encode(_identity(what), order="sorted")
        return f"sha256:{hashlib.sha256(content).hexdigest()}"

    @property
    def debs(self) -> tuple[Deb, ...]:
        """All locked Debian packages that a build of it installs, those for compiling too."""
        below = self.below
        every = (*self.installed_debs, *(self.build_debs or ()), *(below.debs if below else ()))
        return tuple({deb.sha256: deb for deb in every}.values())

    @property
    def installed_debs(self) -> tuple[Deb, ...]:
        """The locked Debian packages that the image has on its base, each in its last version."""
        found = {deb.name: deb for deb in self.interpreter_debs or ()}
        for step in self.steps:
            if isinstance(step, InstallSystem):
                found |= {deb.name: deb for deb in step.debs or ()}
        return tuple(found.values())

    @property
    def vendored_debs(self) -> tuple[Deb, ...]:
        """Those that a vendored folder holds as files, for apt: on scratch there is no apt."""
        return self.debs if self.vendored and not self.on_scratch else ()

    @property
    def on_scratch(self) -> bool:
        """Whether it is put on nothing, or on a base that is made of packages."""
        return self.base.reference == str(SCRATCH)

    @property
    def dockerfile(self) -> str:
        """The text of the Dockerfile that builds this image."""
        from lading.dockerfile import dockerfile  # noqa: PLC0415 - the door to a generator; ADR 1

        return dockerfile(self)

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, indented, ending in a newline."""
        compact = msgspec.json.encode(self._data(), order="sorted")
        return msgspec.json.format(compact, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The image that `to_json` wrote.

        Raises:
            FreezeError: The text is not such JSON; the message has the path of what is wrong.
        """
        try:
            found = msgspec.json.decode(text.encode(), type=_Head).format
            if found != FORMAT:
                message = f"the frozen image has format {found}; this Lading reads format {FORMAT}"
                raise FreezeError(message, hint="freeze again")
            return msgspec.json.decode(text.encode(), type=cls)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise FreezeError(f"not a frozen image: {in_words(str(error))}") from None

    def _data(self) -> dict[str, object]:
        return {"format": self.format, **msgspec.to_builtins(self)}


class _Head(msgspec.Struct, frozen=True):
    """What tells a frozen image's format, whatever else it holds."""

    format: int


def _identity(value: object) -> object:
    """What of a part of an image says what it is."""
    match value:
        case dict():
            left_out = _unessential(value)
            return {key: _identity(part) for key, part in value.items() if key not in left_out}
        case list() | tuple():
            return [_identity(part) for part in value]
        case _:
            return value


def _unessential(part: dict[str, object]) -> frozenset[str]:
    """The fields of a part that tell where something is, and that its other fields identify."""
    found = {"at", "folders"}  # a source's own hash or commit says what its folder holds
    if {"sha256", "suite", "group"} <= part.keys():  # a Debian package
        found |= {"path", "suite", "size", "group"}
    if "url" in part and ("sha256" in part or ("hashes" in part and part.get("index"))):
        found |= {"url", "size"}
    return frozenset(found)
