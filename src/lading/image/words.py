"""The words of an `Image` call that are plain Python values: lists, pairs, flags, commands."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from lading.grammar.command_credentials import refuse_credentials
from lading.grammar.environment import parse_env_name, parse_env_value
from lading.grammar.invalid import Invalid
from lading.grammar.label import parse_label_key, parse_label_value
from lading.grammar.nearest import did_you_mean
from lading.grammar.path import ContainerPath, ProjectPath
from lading.grammar.secret import Secret
from lading.grammar.size import parse_size
from lading.grammar.words import expect_text, expect_words, shown
from lading.image.system import DISTRO_KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = [
    "LAYER_SIZE",
    "check_variables",
    "expect_names",
    "expect_paths",
    "expect_secrets",
    "pairs",
    "parse_argument",
    "parse_argv",
    "parse_command",
    "parse_directory",
    "parse_distro_keyword",
    "parse_file",
    "parse_flag",
    "parse_home",
    "parse_label",
    "parse_layer_size",
    "parse_model",
    "parse_pattern",
    "parse_retries",
    "parse_script_argument",
    "parse_variable",
]

V = TypeVar("V")

LAYER_SIZE: Final = "8GB"
"""How much several files of a model may have together in one layer: registries that bound a layer
at all take one of 10 GB."""

_SMALLEST_LAYER: Final = 10**6
_LAYER_HINT: Final = 'write it like "2GB"'

# What each system has, and its own programs rely on. Some platforms mount the last three.
_SYSTEM = ("/", "/bin", "/boot", "/etc", "/lib", "/lib64", "/sbin", "/usr", "/var")
_KERNEL = ("/dev", "/proc", "/sys")

# BuildKit and buildah read a line of a Dockerfile into 64 KiB; the rest is for names and quotes.
_LONGEST = 60 * 1024

_BUILD_LOGIN = (
    'write $TOKEN in their place: run("... https://$TOKEN@host", '
    'secrets=[secret("TOKEN", variable="TOKEN")])'
)
_SCRIPT_LOGIN = 'let the script read $TOKEN: secrets=[secret("TOKEN", variable="TOKEN")]'
_START_LOGIN = (
    "let the program read a variable that is given when the container starts: env(TOKEN=None)"
)

# Docker reads the number into 32 bits.
_MOST_RETRIES = 2**31 - 1


def parse_flag(name: str, value: object) -> bool:
    """`value`, which must be True or False: `"no"` would otherwise count as True."""
    if not isinstance(value, bool):
        raise Invalid(f"{name} is {shown(value)}", hint=f"write {name}=True or {name}=False")
    return value


def expect_names(name: str, values: Sequence[str]) -> tuple[str, ...]:
    """The words of a keyword argument that takes a list."""
    return expect_words(name, values, example=f'{name}=["..."]')


def expect_secrets(values: Sequence[Secret | str]) -> tuple[Secret | str, ...]:
    """The words of `secrets=`: secrets, or just their ids."""
    example = 'secrets=[secret("TOKEN")]'
    if not isinstance(values, tuple | list):
        given = "a string" if isinstance(values, str) else shown(values)  # it may be the secret
        raise Invalid(f"secrets takes a list, not {given}", hint=f"write {example}")
    for value in values:
        if not isinstance(value, Secret):
            expect_words("secrets", (value,), example=example, letters=True)
    return tuple(values)


def check_variables(secrets: Iterable[Secret]) -> None:
    """Refuse two secrets of one step in one variable, which can hold but one of them."""
    holding: dict[str, Secret] = {}
    for secret in secrets:
        if secret.variable is None:
            continue
        first = holding.setdefault(secret.variable, secret)
        if first.id != secret.id:
            raise Invalid(
                f"the variable {secret.variable} is to hold two secrets, "
                f"{shown(first.id)} and {shown(secret.id)}",
                hint="give each a variable of its own",
            )


def pairs(
    call: str, given: Mapping[str, V] | None, more: Mapping[str, V]
) -> tuple[tuple[str, V], ...]:
    """The pairs of a mapping and of keyword arguments, the mapping's first."""
    if given is not None and not hasattr(given, "items"):
        raise Invalid(
            f"{call} takes a mapping or keywords, not {shown(given)}", hint=f'{call}(NAME="value")'
        )
    return (*(given or {}).items(), *more.items())


def parse_variable(pair: tuple[str, str | None]) -> tuple[str, str | None]:
    """An environment variable; a None value is one that is given when the container starts."""
    name, value = parse_env_name(pair[0]), pair[1]
    if value is None:
        return name, None
    return name, _short(name, _named(name, partial(parse_env_value, name=name), value))


def parse_label(pair: tuple[str, str]) -> tuple[str, str]:
    """A label's key and value."""
    key = parse_label_key(pair[0])
    return key, _short(key, _named(key, parse_label_value, pair[1]))


def _short(what: str, text: str) -> str:
    """`text`, which must fit into a line of a Dockerfile, with a backslash where it takes one."""
    escapes = sum(text.count(char) for char in '\\"$')
    if len(text.encode(errors="surrogatepass")) + escapes > _LONGEST:
        raise Invalid(
            f"{what} is longer than a Dockerfile can hold",
            hint="put it in a file, and include that with build_include",
        )
    return text


def _named(name: str, parse: Callable[[str], str], value: str) -> str:
    """The value of `name`, which a refusal must name: a call may have set many."""
    try:
        return parse(value)
    except Invalid as error:
        raise Invalid(f"{name}: {error.message}", hint=error.hint) from None


def parse_command(command: str) -> str:
    """Shell text: anything but nothing, and no NUL, which ends a string for the kernel."""
    if not isinstance(command, str):
        raise Invalid(
            f"run takes one shell command as text, not {shown(command)}",
            hint='run("python -m compileall -q /app")',
        )
    if not command.strip():
        raise Invalid("run has an empty command")
    if "\0" in expect_text("command", command):
        raise Invalid("the command holds a NUL character")
    refuse_credentials(command, hint=_BUILD_LOGIN)
    # CR LF is what an editor on Windows leaves in a multi-line string; sh would see the CR.
    return command.replace("\r\n", "\n")


def parse_argument(word: str) -> str:
    """One word of a command line."""
    if "\0" in expect_text("argument", word):
        raise Invalid("a command's word holds a NUL character")
    return word


def parse_script_argument(word: str) -> str:
    """One word that a script is given."""
    refuse_credentials(parse_argument(word), hint=_SCRIPT_LOGIN)
    return word


def parse_argv(call: str, argv: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a command: at least one, and not a whole command line in one string."""
    words = expect_words(call, argv, example=f'{call}("python", "-m", "server")', letters=True)
    if not words or not words[0]:
        raise Invalid(f"{call} has no program", hint=f'{call}("python", "-m", "server")')
    if len(words) == 1 and " " in words[0].strip():
        split = ", ".join(map(shown, words[0].split()))
        raise Invalid(f"{call} takes a command word by word", hint=f"{call}({split})")
    _short(f"the command of {call}", " ".join(words))
    for word in words:
        refuse_credentials(parse_argument(word), hint=_START_LOGIN)
    return words


def parse_pattern(path: str) -> ProjectPath:
    """A path or a pattern in the project; a URL would pass for one, `https:/host/file`."""
    if re.match("(?i)[a-z][a-z0-9+.-]*://", expect_text("path", path)):
        raise Invalid(f"{shown(path)} is a URL; a path in the project is meant here")
    return ProjectPath.parse(path)


def expect_paths(name: str, values: Sequence[str], *, example: str) -> tuple[str, ...]:
    """The words of a call that takes at least one path."""
    words = expect_words(name, values, example=example)
    if not words:
        raise Invalid(f"{name} names no files", hint=f"write {example}")
    return words


def parse_model(path: str) -> ProjectPath:
    """A path or a pattern of a model's files: never all of the project, which changes daily."""
    parsed = parse_pattern(path)
    if parsed.text in {".", "*", "**"}:
        hint = 'name the folder with the weights, such as model("weights")'
        raise Invalid(f"a model is not the whole project, as {shown(path)} says", hint=hint)
    return parsed


def parse_layer_size(text: str) -> int:
    """How many bytes a layer may have: a megabyte at least."""
    try:
        size = parse_size(text)
    except Invalid as error:
        raise Invalid(f"layer_size: {error.message}", hint=_LAYER_HINT) from None
    if size < _SMALLEST_LAYER:
        raise Invalid(f"layer_size {shown(text)} is less than 1MB", hint=_LAYER_HINT)
    return size


def parse_file(path: str) -> ProjectPath:
    """The path of one file in the project: no pattern."""
    parsed = parse_pattern(path)
    if parsed.is_pattern:
        raise Invalid(f"{shown(path)} is a pattern; one file is meant here")
    return parsed


def parse_directory(text: str) -> ContainerPath:
    """A directory that the container's user is to write in: none that the system relies on."""
    path = ContainerPath.parse(text)
    if path.text in _SYSTEM or any(f"{path}/".startswith(f"{one}/") for one in _KERNEL):
        raise Invalid(
            f"{shown(path.text)} is a directory of the system, and is not to be the user's",
            hint="take one of your own, such as /app, /data or /srv/models",
        )
    return path


def parse_home(text: str) -> ContainerPath:
    """A home directory, which stands between colons in /etc/passwd."""
    if ":" in expect_text("home", text):
        raise Invalid(f"home {shown(text)} has a colon in it, which /etc/passwd can't hold")
    return parse_directory(text)


def parse_distro_keyword(keyword: str, call: str) -> str:
    """The name of a distro or family, as `system_packages` takes it by keyword."""
    if keyword not in DISTRO_KEYWORDS:
        hint = did_you_mean(keyword, DISTRO_KEYWORDS) or f"it takes {', '.join(DISTRO_KEYWORDS)}"
        raise Invalid(f"{call} knows no distro {shown(keyword)}", hint=hint)
    return keyword


def parse_retries(retries: object) -> int:
    """How many failed checks in a row count: at least 1."""
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 1:
        raise Invalid(f"retries is {shown(retries)}; at least 1 is meant")
    if retries > _MOST_RETRIES:
        raise Invalid(f"retries is more than {_MOST_RETRIES}")
    return retries
