"""The options that several commands share, and how their words are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lading.cli.failure import Misused
from lading.cli.relock import SETTINGS, given_settings, hints_name_target
from lading.grammar.base import parse_base
from lading.grammar.dialect import parse_dialect
from lading.grammar.invalid import Invalid
from lading.grammar.registry_host import parse_registry_host
from lading.grammar.token import is_token
from lading.grammar.words import expect_text, shown
from lading.platforms import DEFAULT_PLATFORM, Platform

if TYPE_CHECKING:
    from collections.abc import Callable

    from lading.config import Setting
    from lading.secret_values import SecretSource

__all__ = [
    "as_json",
    "ca_bundle_option",
    "dialect_option",
    "every_option",
    "given_settings",
    "image_options",
    "locked_option",
    "offline_option",
    "output_option",
    "parsed",
    "plain_http_option",
    "platform_option",
    "platforms_option",
    "quiet",
    "secret_option",
    "several_platforms",
    "strict_option",
    "target_options",
    "vendor_option",
]

F = TypeVar("F", bound="Callable[..., Any]")

_SECRET_FORM = "write id=NAME,src=FILE or id=NAME,env=VARIABLE"  # noqa: S105 - a form, no secret
_SECRET_FIELDS = frozenset({"id", "src", "source", "env"})


def parsed(
    parse: Callable[[str], object],
) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """A callback for an option, repeated or not, whose words `parse` reads."""

    def read(context: click.Context, parameter: click.Parameter, value: Any) -> Any:  # noqa: ANN401 - click's type
        del context
        if value is None:
            return None
        if isinstance(value, tuple):
            return tuple(_read(parse, parameter, word) for word in value)
        return _read(parse, parameter, value)

    return read


def _read(parse: Callable[[str], object], parameter: click.Parameter, word: str) -> object:
    try:
        return parse(word)
    except Invalid as error:
        raise Misused(f"{_called(parameter)}: {error.message}", hint=error.hint) from None


def _called(parameter: click.Parameter) -> str:
    """What the usage calls it: an option by its longest name."""
    if isinstance(parameter, click.Argument):
        return f"argument {(parameter.metavar or str(parameter.name)).rstrip('.')}"
    return max(parameter.opts, key=len)


def _secret(word: str) -> SecretSource:
    from lading.grammar.secret_id import parse_users_secret_id  # noqa: PLC0415 - seldom given
    from lading.secret_values import SecretSource  # noqa: PLC0415

    # No message shows the word: somebody may have written the secret itself.
    fields = dict(part.partition("=")[::2] for part in word.split(","))
    if "id" not in fields or not fields.keys() <= _SECRET_FIELDS:
        raise Invalid("a secret can't be read", hint=_SECRET_FORM)
    parse_users_secret_id(fields["id"])
    file = fields.get("src") or fields.get("source")
    try:
        return SecretSource(
            id=fields["id"],
            file=Path(file).absolute() if file else None,
            variable=fields.get("env"),
        )
    except Invalid as error:
        raise Invalid(error.message, hint=_SECRET_FORM) from None


_SET_FORM = "write --set NAME=VALUE"


def _setting(word: str) -> Setting:
    from lading.config import Setting  # noqa: PLC0415 - seldom given

    name, equals, value = word.partition("=")
    if not equals or not name.isidentifier() or is_token(name):
        # Nothing of the value is shown: it may be what nobody is to see.
        said = "a token" if is_token(name) else shown(name)
        raise Invalid(f"{said} names no parameter and its value", hint=_SET_FORM)
    return Setting(name=name, value=expect_text("a value", value))


def _keep_settings(
    context: click.Context, parameter: click.Parameter, words: tuple[str, ...]
) -> None:
    """Lay the values aside for whoever loads TARGET: no command has anything else to do with it."""
    found: dict[str, Setting] = {}
    for one in parsed(_setting)(context, parameter, words):
        if one.name in found:
            raise Misused(f"--set: {one.name} is given twice")
        found[one.name] = one
    context.meta[SETTINGS] = tuple(found.values())


_IMAGE_OPTIONS = (
    click.argument("target", default="."),
    click.option(
        "--set",
        "settings",
        metavar="NAME=VALUE",
        multiple=True,
        expose_value=False,
        callback=_keep_settings,
        help="Set a parameter of the image, which `lading show` lists; repeat for more.",
    ),
    click.option(
        "--project",
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False),
        help="The folder that the image's paths start from, and lading.lock lies in.",
    ),
    click.option(
        "--base-image",
        metavar="REF",
        callback=parsed(parse_base),
        help="Build on this image instead (a mirror's copy, ...).",
    ),
    click.option(
        "--allow-unpinned-base",
        is_flag=True,
        help="Go on without the base image's digest where no registry tells it.",
    ),
    click.option(
        "--ca-bundle",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False),
        help="Trust these certificate authorities (PEM), here and while building; never in the "
        "image.",
    ),
)

platform_option = click.option(
    "--platform",
    metavar="OS/ARCH",
    default=DEFAULT_PLATFORM,
    show_default=True,
    callback=parsed(Platform.parse),
    help="What the image is for.",
)
output_option = click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The folder to write, replaced whole; left out, .lading/<platform> in the project.",
)
locked_option = click.option(
    "--locked",
    is_flag=True,
    help="Refuse, rather than update lading.lock, where it is out of date.",
)
offline_option = click.option(
    "--offline",
    is_flag=True,
    help="Refuse, rather than update lading.lock or fetch a file that is not in the cache.",
)
dialect_option = click.option(
    "--dialect",
    metavar="NAME",
    default="buildkit",
    show_default=True,
    callback=parsed(parse_dialect),
    help="Of the Dockerfile; classic is for builders without `RUN --mount`.",
)
vendor_option = click.option(
    "--vendor",
    is_flag=True,
    help="Put all that is installed into the folder: the build then takes nothing but the base "
    "image from the network.",
)
strict_option = click.option(
    "--strict",
    is_flag=True,
    help="Refuse an image that would lack libraries, fetching what it takes to know that.",
)
secret_option = click.option(
    "--secret",
    "secrets",
    metavar="id=NAME,src=FILE|env=VAR",
    multiple=True,
    callback=parsed(_secret),
    help="Where a secret of the image is, in place of what the image says; repeat for more.",
)


def several_platforms(words: str, *default: str) -> Callable[[F], F]:
    """The option `--platform` of what is for several.

    Args:
        words: What its help says.
        default: What it is for where left out.
    """
    return click.option(
        "--platform",
        "platforms",
        metavar="OS/ARCH",
        multiple=True,
        default=default,
        show_default=bool(default),
        callback=parsed(Platform.parse),
        help=words,
    )


platforms_option = several_platforms(
    "What the image is for; repeat for one image index of several.", DEFAULT_PLATFORM
)
plain_http_option = click.option(
    "--plain-http",
    "plain_http",
    metavar="HOST",
    multiple=True,
    callback=parsed(parse_registry_host),
    help="Reach this registry without TLS, which is else done on loopback only; repeat for more.",
)
ca_bundle_option = click.option(
    "--ca-bundle",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="Trust these certificate authorities (PEM).",
)
every_option = click.option(
    "--all",
    "every",
    is_flag=True,
    help="Do it for every image of the project file, of a module, or of variants.",
)
quiet = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def image_options(command: F) -> F:
    """Give a command TARGET, and the options about the image that it names."""
    command = hints_name_target(command)
    for option in reversed(_IMAGE_OPTIONS):
        command = option(command)
    return command


def target_options(command: F) -> F:
    """Give a command TARGET, and what says which image it is: for those that reach nothing."""
    command = hints_name_target(command)
    for option in reversed(_IMAGE_OPTIONS[:4]):
        command = option(command)
    return command
