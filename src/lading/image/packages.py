"""The calls of an `Image` that say which Python packages it has, and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.grammar.invalid import Invalid
from lading.grammar.requirement import Requirement, parse_package_name
from lading.grammar.secret import Secret
from lading.grammar.token import refuse_token
from lading.grammar.url import parse_index_name, parse_index_url
from lading.grammar.words import expect_text, expect_words, shown
from lading.image import steps
from lading.image.call import Call
from lading.image.words import parse_file, parse_flag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from lading.image.steps import Step

__all__ = ["PackageCalls"]


class PackageCalls:
    """What `Image` has of these calls; each returns a new image."""

    __slots__ = ()

    def _add(self, step: Step) -> Self:
        raise NotImplementedError

    def python_packages(
        self,
        *requirements: str,
        no_binary: Sequence[str] = (),
        no_build_isolation: Sequence[str] = (),
        requires: Mapping[str, Sequence[str]] | None = None,
        build_constraints: Sequence[str] = (),
        secrets: Sequence[Secret | str] = (),
    ) -> Self:
        """Install Python packages.

        Args:
            *requirements: PEP 508 requirements, direct URLs, `git+https://...`, `git+ssh://...`, or
                paths of wheels, source archives and folders of the project.
            no_binary: Names of packages to compile from source, in a stage that is not shipped.
            no_build_isolation: Names of packages to compile in an environment that has all that the
                installations before have brought, such as flash-attn after torch.
            requires: By name, the requirements of a package whose source tells them only to those
                who run its code, which Lading never does on your machine.
            build_constraints: Versions to keep to of what the image's sources are built with, such
                as `setuptools<81` for those that need its `pkg_resources`.
            secrets: What the installation may read at `/run/secrets/<id>`.
        """
        example = 'python_packages("fastapi", "pandas>=2")'
        with Call() as call:
            words = call.read(expect_words, "python_packages", requirements, example=example)
            options = (no_binary, no_build_isolation, requires, build_constraints, secrets)
            if not any((requirements, *options)):
                call.refuse(Invalid("python_packages has no package", hint=example))
            step = steps.PythonPackages(
                requirements=call.each(Requirement.parse, words),
                no_binary=call.names(parse_package_name, "no_binary", no_binary),
                no_build_isolation=call.names(
                    parse_package_name, "no_build_isolation", no_build_isolation
                ),
                requires=call.read(_parse_requires, requires),
                build_constraints=call.names(
                    _parse_constraint, "build_constraints", build_constraints
                ),
                secrets=call.secrets(secrets),
                location=call.location,
            )
        return self._add(step)

    def requirements_file(self, path: str, *, secrets: Sequence[Secret | str] = ()) -> Self:
        """Install what a requirements.txt of the project lists (or a pylock.toml, PEP 751)."""
        with Call() as call:
            step = steps.RequirementsFile(
                path=call.read(parse_file, path),
                secrets=call.secrets(secrets),
                location=call.location,
            )
        return self._add(step)

    def pyproject_toml(
        self,
        path: str = "pyproject.toml",
        *,
        extras: Sequence[str] = (),
        groups: Sequence[str] = (),
        secrets: Sequence[Secret | str] = (),
    ) -> Self:
        """Install the dependencies that a pyproject.toml declares (not the project itself)."""
        with Call() as call:
            step = steps.PyprojectToml(
                path=call.read(parse_file, path),
                extras=call.names(parse_package_name, "extras", extras),
                groups=call.names(parse_package_name, "groups", groups),
                secrets=call.secrets(secrets),
                location=call.location,
            )
        return self._add(step)

    def uv_lock(
        self,
        path: str = "uv.lock",
        *,
        extras: Sequence[str] = (),
        groups: Sequence[str] = (),
        secrets: Sequence[Secret | str] = (),
    ) -> Self:
        """Install the versions that a uv.lock pins, with its hashes."""
        with Call() as call:
            step = steps.UvLock(
                path=call.read(parse_file, path),
                extras=call.names(parse_package_name, "extras", extras),
                groups=call.names(parse_package_name, "groups", groups),
                secrets=call.secrets(secrets),
                location=call.location,
            )
        return self._add(step)

    def script_requirements(self, path: str, *, secrets: Sequence[Secret | str] = ()) -> Self:
        """Install what the inline metadata of a script asks for (PEP 723)."""
        with Call() as call:
            step = steps.ScriptRequirements(
                path=call.read(parse_file, path),
                secrets=call.secrets(secrets),
                location=call.location,
            )
        return self._add(step)

    def index(  # noqa: PLR0913 - where it is, what it serves, and how it lets one in
        self,
        url: str,
        *,
        name: str | None = None,
        packages: Sequence[str] = (),
        default: bool = False,
        secret: Secret | str | None = None,
        username: str | None = None,
        netrc: Secret | str | None = None,
        client_certificate: Secret | str | None = None,
    ) -> Self:
        """Resolve Python packages from this index: before the default one, or instead of it.

        Args:
            url: Without credentials.
            name: A name of your own; needed for an index with a `secret`.
            packages: Names of packages that come from this index and from no other; the index is
                then asked for nothing else.
            default: Whether it takes the place of the default index.
            secret: The password or the token, by name.
            username: Who it is the password of; `__token__` where left out.
            netrc: A netrc file, by name, in place of `secret`.
            client_certificate: A PEM file with a certificate and its key, by name.
        """
        with Call() as call:
            step = steps.Index(
                url=call.read(parse_index_url, url),
                name=call.maybe(parse_index_name, name),
                packages=call.names(parse_package_name, "packages", packages),
                default=call.read(parse_flag, "default", default),
                username=call.maybe(_parse_username, username),
                secret=call.maybe(Secret.named, secret),
                netrc=call.maybe(Secret.named, netrc),
                client_certificate=call.maybe(Secret.named, client_certificate),
                location=call.location,
            )
            call.read(_check_index, step)
        return self._add(step)


def _check_index(index: steps.Index) -> None:
    """Refuse arguments that contradict each other."""
    if index.default and index.packages:
        hint = "leave out packages=, or default=True"
        raise Invalid("a default index serves every package, not only some", hint=hint)
    if index.secret is not None and index.name is None:
        raise Invalid("an index with a secret needs a name", hint='name="corp"')
    if index.secret is not None and index.netrc is not None:
        raise Invalid("an index takes secret= or netrc=, not both", hint="keep one of them")
    if index.username is not None and index.secret is None:
        hint = 'secret=secret("CORP_PASSWORD")'
        raise Invalid("an index with a username needs the secret that is its password", hint=hint)


def _parse_username(text: str) -> str:
    expect_text("username", text)
    refuse_token("username", text)
    # RFC 7617: a user-id holds no colon. What stands there may be a password: it is not shown.
    if not text.isprintable() or ":" in text or not text or text != text.strip():
        raise Invalid("username is invalid", hint='a name alone: username="ci"')
    return text


def _parse_constraint(text: str) -> Requirement:
    """Versions of a package, which ask for nothing and only limit a name."""
    requirement = Requirement.parse(text)
    if requirement.kind != "named" or requirement.extras or requirement.hashes:
        hint = "name the package and its versions: setuptools<81"
        raise Invalid(f"{shown(text)} can't be a constraint", hint=hint)
    return requirement


def _parse_requires(
    given: Mapping[str, Sequence[str]] | None,
) -> tuple[tuple[str, tuple[Requirement, ...]], ...]:
    example = 'requires={"flash-attn": ["torch", "einops"]}'
    if given is not None and not hasattr(given, "items"):
        raise Invalid(f"requires takes a mapping, not {shown(given)}", hint=example)
    found: dict[str, tuple[Requirement, ...]] = {}
    for word, words in (given or {}).items():
        lines = expect_words(f"requires[{word!r}]", words, example=example)
        name = parse_package_name(word)
        if name in found:
            raise Invalid(f"requires names {name} twice", hint="say it once")
        found[name] = tuple(Requirement.parse(one) for one in lines)
    return tuple(sorted(found.items()))
