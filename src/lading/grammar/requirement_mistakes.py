"""What users write where a requirement is meant, and what they meant by it.

Each function passes what may be a requirement, and refuses one known mistake with the right form.
"""

from __future__ import annotations

import re

from lading.grammar.invalid import Invalid
from lading.grammar.url import redact
from lading.grammar.words import shown

__all__ = [
    "refuse_conda_leftover",
    "refuse_option",
    "refuse_scp_address",
    "specifier_hint",
]

# Patterns are text: `re` compiles each where it is first used, and keeps it.
_SCP = (
    r"(?P<name>[\w.-]+\s*(?:\[[^\]]*\])?\s*@\s*)?(?:git\+)?(?P<user>\w+)@(?P<host>[\w.-]+):"
    r"(?!//)(?P<path>[^\s/][^\s]*)"
)
_OPTION = r"(?P<option>--[a-z-]+|-[a-zA-Z])(?:=|\s*)(?P<value>\S*)"
_FILE_OPTIONS = {
    *("-c", "--constraint", "-f", "--find-links", "--no-index", "--pre"),
    *("--no-binary", "--only-binary"),
}
_NAME = r"(?P<name>[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?)"
_VERSION = r"(?P<version>v?[0-9][\w.+!*-]*)"


def refuse_option(text: str) -> None:
    """Refuse an option of pip, before or after a requirement."""
    place = re.search(r"(?:^|\s)(?=-[A-Za-z-])", text)
    if place is None:
        return
    match = re.match(_OPTION, text[place.end() :])
    option = match["option"] if match else "-"
    value = redact(match["value"]) if match else ""
    raise Invalid(
        f"{shown(option)} is an option, not a requirement", hint=_option_hint(option, value)
    )


def _option_hint(option: str, value: str) -> str:
    match option:
        case "-e" | "--editable":
            hint = f"an image holds a copy, nothing editable: {_copy_of(value, option)}"
        case "-r" | "--requirement":
            hint = f".requirements_file({shown(value or 'requirements.txt')})"
        case "-i" | "--index-url":
            hint = f".index({shown(value or 'https://...')}, default=True)"
        case "--extra-index-url":
            hint = f".index({shown(value or 'https://...')})"
        case _ if option in _FILE_OPTIONS:
            hint = f"write {option} on a line of its own in a file for .requirements_file()"
        case _:
            hint = "leave it out: it is not supported"
    return hint


def _copy_of(value: str, option: str) -> str:
    return f"leave {option} out, and write {shown(value or './folder')}"


def refuse_scp_address(text: str) -> None:
    """Refuse git's short form of an SSH address, which is no URL."""
    match = re.fullmatch(_SCP, text)
    if match is not None:
        hint = (
            f"write {match['name'] or ''}git+ssh://{match['user']}@{match['host']}/{match['path']}"
        )
        raise Invalid(f"{shown(text)} is git's short form, not a URL", hint=hint)


def refuse_conda_leftover(url: str, name: str | None) -> None:
    """Refuse a `file:` URL: it names a file of one machine.

    `pip freeze` in a conda environment writes them for whatever conda's own builders made
    (`numpy @ file:///croot/...`): the version is all that is left of use in them.
    """
    if not url.lower().startswith("file:"):
        return
    wheel = re.search(r"/([\w.]+)-([0-9][\w.!+]*)-[^/]*\.whl", url)
    name = name or (wheel[1].replace("_", "-") if wheel else None)
    what = shown(name) if name else "a requirement"
    message = f"{what} is at a file: URL, which names a file of one machine"
    pin = f"{name or 'name'}=={wheel[2] if wheel else 'version'}"
    hint = f"write {pin}, or ./path in the project; `pip list --format=freeze` prints such lines"
    raise Invalid(message, hint=hint)


_GUESSES = (
    # numpy=1.24=py311h1: conda's name, version and build.
    (rf"{_NAME}\s*=\s*{_VERSION}(?:=[\w.*]+)?", "{name}=={version}"),
    (rf"{_NAME}\s+{_VERSION}", "{name}=={version}"),
    (rf"{_NAME}\s*\(\s*{_VERSION}\s*\)", "{name}=={version}"),
    (rf"{_NAME}\s*=>\s*{_VERSION}", "{name}>={version}"),
    (rf"{_NAME}\s*=<\s*{_VERSION}", "{name}<={version}"),
    (rf"{_NAME}\s*~\s*{_VERSION}", "{name}~={version}"),
    (rf"{_NAME}\s*\^\s*{_VERSION}", "{name}>={version}"),
    (rf"{_NAME}\s*:\s*{_VERSION}", "{name}=={version}"),
)
_MISSING_COMMA = rf"{_NAME}(?:\s*(?:[<>=!~]=|[<>])\s*[\w.+!*-]+)+"


def specifier_hint(text: str) -> str | None:
    """Guess what was meant by a requirement that PEP 508 does not allow."""
    text = redact(text)
    for pattern, form in _GUESSES:
        match = re.fullmatch(pattern, text)
        if match is not None:
            return f"did you mean {shown(form.format(**match.groupdict()))}?"
    if re.fullmatch(_MISSING_COMMA, text):
        meant = re.sub(r"(?<=[\w*])\s*(?=(?:[<>=!~]=|[<>]))", ",", text).replace(",", "", 1)
        return f"did you mean {shown(meant.replace(' ', ''))}?"
    words = text.split()
    if len(words) > 1 and all(re.fullmatch(r"[A-Za-z][\w.-]*", word) for word in words):
        return f"hand in each as a string of its own: {', '.join(map(shown, words))}"
    return None
