"""Image references, by the grammar of distribution/reference, and content digests.

    reference      := name [ ":" tag ] [ "@" digest ]
    name           := [ domain "/" ] component *( "/" component )
    domain         := host [ ":" port ]
    host           := label *( "." label ) | "[" IPv6 address "]"
    component      := alphanumeric *( separator alphanumeric )
    separator      := "." | "_" | "__" | one or more "-"
    tag            := one of A-Z a-z 0-9 _, then up to 127 of those, "." and "-"
    digest         := algorithm ":" hex

The name has at most 255 characters. What lacks a domain is meant on docker.io, and there, what
lacks an organisation is meant in library/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lading.grammar.host import is_ipv6
from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.grammar.words import expect_text, shown

__all__ = ["Digest", "ImageReference"]

_DOCKER_HUB = "docker.io"
_DOCKER_HUB_OLD = "index.docker.io"
_LIBRARY = "library"
_LONGEST_NAME = 255
_LARGEST_PORT = 65535

# OCI image-spec, descriptor.md: registered algorithms, each with the length of its lower case hex.
_HEX_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[(?P<ipv6>[0-9a-f:]+)\])(?::(?P<port>[1-9][0-9]{{0,4}}))?"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Digest:
    """The digest of a content: `sha256:` and 64 lower case hexadecimal digits.

    Raises:
        Invalid: The algorithm is not a registered one, or the digits are not as many as it has.
    """

    algorithm: str
    encoded: str

    def __post_init__(self) -> None:
        length = _HEX_LENGTHS.get(self.algorithm)
        if length is None:
            raise Invalid(
                f"digest has the unknown algorithm {shown(self.algorithm)}",
                hint=did_you_mean(self.algorithm, _HEX_LENGTHS) or "write sha256:<64 hex digits>",
            )
        if not re.fullmatch(rf"[0-9a-f]{{{length}}}", self.encoded):
            raise Invalid(
                f"{self.algorithm} digest {shown(self.encoded)} is not {length} lower case "
                "hexadecimal digits"
            )

    @classmethod
    def parse(cls, text: str) -> Digest:
        """The digest that `text` writes, `algorithm:encoded`.

        Raises:
            Invalid: It is none.
        """
        algorithm, colon, encoded = expect_text("digest", text).partition(":")
        if not colon:
            raise Invalid(f"digest {shown(text)} names no algorithm", hint="write sha256:<digits>")
        return cls(algorithm=algorithm, encoded=encoded)

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.encoded}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ImageReference:
    """Where an image is found: a registry's domain, a path there, and a tag, a digest or both.

    Its text is fully qualified (`docker.io/library/python:3.11`), which every engine reads alike.

    Raises:
        Invalid: A part is outside its grammar.
    """

    domain: str
    path: str
    tag: str | None = None
    digest: Digest | None = None

    def __post_init__(self) -> None:
        _check_domain(self.domain)
        _check_path(self.path, on_hub=self.domain == _DOCKER_HUB)
        if len(self.name) > _LONGEST_NAME:
            raise Invalid(f"image name {shown(self.name)} is longer than {_LONGEST_NAME}")
        if self.tag is not None and not re.fullmatch(_TAG, self.tag):
            raise Invalid(
                f"image tag {shown(self.tag)} is invalid",
                hint="a tag has letters, digits, '_', '.' and '-', and at most 128 of them",
            )

    @classmethod
    def parse(cls, text: str) -> ImageReference:
        """The reference that `text` writes, short (`python:3.11`) or fully qualified.

        Raises:
            Invalid: It is none; upper case in a name, white space and options are none (CASES R2).
        """
        _check_shape(expect_text("image reference", text))
        rest, at, digest = text.partition("@")
        name, tag = _split_tag(rest)
        domain, path = _split_domain(name)
        return cls(domain=domain, path=path, tag=tag, digest=Digest.parse(digest) if at else None)

    @property
    def name(self) -> str:
        """Domain and path, without tag or digest."""
        return f"{self.domain}/{self.path}"

    @property
    def familiar(self) -> str:
        """The shortest text that means the same: `python:3.11`."""
        return self._suffixed(_shortest_name(self))

    def _suffixed(self, name: str) -> str:
        tag = "" if self.tag is None else f":{self.tag}"
        return f"{name}{tag}" if self.digest is None else f"{name}{tag}@{self.digest}"

    def __str__(self) -> str:
        return self._suffixed(self.name)


def _check_shape(text: str) -> None:
    """Refuse what is no reference at all, saying what it looks like."""
    if not text:
        raise Invalid("image reference is empty", hint='write one such as "python:3.11-slim"')
    if any(char.isspace() or not char.isprintable() for char in text):
        raise Invalid(
            f"image reference {shown(text)} has white space or a control character in it",
            hint=_hint_at_first_word(text),
        )
    if text.startswith("-"):
        raise Invalid(f"image reference {shown(text)} looks like an option")
    if "://" in text:
        rest = text.partition("://")[2]
        plain = "://" not in rest and "@" not in rest and _is_reference(rest)
        hint = f"write {shown(rest)}" if plain else None
        raise Invalid(f"image reference {shown(text)} has a URL scheme", hint=hint)
    name = text.rpartition("@")[2]
    if name != text and "/" in name:  # no digest has a "/"
        then = f", and write {shown(name)}" if _is_reference(name) else ""
        hint = f"log in with `docker login` or `podman login`{then}"
        raise Invalid("image reference has a user in it", hint=hint)


def _hint_at_first_word(text: str) -> str | None:
    first = " ".join(text.split(maxsplit=1)[:1])
    if first.isprintable() and _is_reference(first):
        return f"write {shown(first)} alone"
    return None


def _is_reference(text: str) -> bool:
    """Whether a hint may say to write `text`."""
    try:
        ImageReference.parse(text)
    except Invalid:
        return False
    return True


def _split_tag(text: str) -> tuple[str, str | None]:
    # A colon before the last "/" belongs to the domain's port.
    head, slash, last = text.rpartition("/")
    last, colon, tag = last.partition(":")
    return f"{head}{slash}{last}", tag if colon else None


def _split_domain(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    if not slash or not _is_domain(first):
        first, rest = _DOCKER_HUB, name
    if first == _DOCKER_HUB_OLD:
        first = _DOCKER_HUB
    if first == _DOCKER_HUB and "/" not in rest:
        rest = f"{_LIBRARY}/{rest}"
    return first, rest


def _is_domain(first: str) -> bool:
    # As Docker decides it: "org/image" is on Docker Hub, "host.tld/image" is not.
    return "." in first or ":" in first or first == "localhost"


def _shortest_name(reference: ImageReference) -> str:
    if reference.domain != _DOCKER_HUB:
        return reference.name
    candidates = (reference.path.removeprefix(f"{_LIBRARY}/"), reference.path)
    same = (short for short in candidates if _split_domain(short) == (_DOCKER_HUB, reference.path))
    return next(same, reference.name)


def _check_domain(domain: str) -> None:
    match = re.fullmatch(_DOMAIN, domain)
    if match is None:
        raise Invalid(f"image registry {shown(domain)} is invalid", hint=_lower(domain))
    if match["port"] and int(match["port"]) > _LARGEST_PORT:
        raise Invalid(f"image registry {shown(domain)} has a port above {_LARGEST_PORT}")
    if match["ipv6"] and not is_ipv6(match["ipv6"]):
        raise Invalid(f"image registry {shown(domain)} is not an IPv6 address")


def _check_path(path: str, *, on_hub: bool) -> None:
    if any(re.fullmatch(_COMPONENT, component) is None for component in path.split("/")):
        name = path.removeprefix(f"{_LIBRARY}/") if on_hub else path
        raise Invalid(f"image name {shown(name)} is invalid", hint=_lower(name))
    if on_hub and "/" not in path:
        raise Invalid(f"image name {shown(path)} lacks its organisation on {_DOCKER_HUB}")
    # Docker reads 64 hexadecimal digits as the id of an image that it has.
    if on_hub and re.fullmatch(rf"(?:{_LIBRARY}/)?[0-9a-f]{{64}}", path):
        raise Invalid(f"image name {shown(path)} would be read as an image id")


def _lower(text: str) -> str | None:
    if text != text.lower() and _is_reference(text.lower()):
        return f"names are in lower case: {shown(text.lower())}"
    return None
