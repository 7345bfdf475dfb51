"""How a URL with credentials in it is written without: the call that names a secret (CASES R30).

What is shown is put together from parts of the URL that are no credentials for sure. Where a URL
has another shape than that, an example stands in its place.
"""

from __future__ import annotations

import re

from lading.grammar.credentials import has_credentials

__all__ = ["archive_hint", "git_hint", "index_hint", "variable_hint"]

_HOST = r"(?P<host>[A-Za-z0-9][A-Za-z0-9._-]*(?::[0-9]{1,5})?)"
_PATH = r"(?P<path>(?:/[A-Za-z0-9._~+-]+)*/?)"
_WITH_LOGIN = rf"(?i)(?P<scheme>https?)://(?:(?P<user>[^\s/?#@]+)@)?{_HOST}{_PATH}(?:[?#]\S*)?"
_GIT = rf"(?i)git\+(?P<scheme>https?|ssh)://(?P<user>[^\s/?#@]*)@{_HOST}{_PATH}(?P<rest>@[\w./-]+)?"
_VARIABLE = r"\$\{(\w+)\}"
_TOKENS_USER = (
    r"(?i)|__token__|token|oauth2?|x-access-token|x-token-auth|aws|_json_key.*|pat|apikey"
)
# A person's or a robot's account; a longer one may be a token that stands in its place.
_ACCOUNT = r"[A-Za-z][A-Za-z0-9._-]{0,15}"
_NO_PASSWORD = {"", "x-oauth-basic", "x"}


def index_hint(url: str) -> str:
    """The call for an index whose URL holds credentials."""
    with_variables = variable_hint(url)
    if with_variables is not None:
        return with_variables
    match = re.fullmatch(_WITH_LOGIN, url)
    if match is None:
        return _index_call("https://host/simple", "CORP_PASSWORD")
    bare = f"{match['scheme'].lower()}://{match['host']}{match['path']}"
    return _index_call(bare, "CORP_PASSWORD", _username(match["user"] or ""))


def archive_hint(url: str) -> str:
    """What to do about a wheel or an archive at a URL that holds credentials."""
    match = re.fullmatch(_WITH_LOGIN, url)
    host = match["host"] if match else "host"
    call = _index_call(f"https://{host}/simple", "CORP_PASSWORD")
    return f"require it by name from an index: {call}; or put the file into the project"


def git_hint(url: str) -> str:
    """The form of a git repository's URL that needs no credentials in it."""
    key = 'secrets=[secret("deploy_key", file="~/.ssh/deploy_key")]'
    match = re.fullmatch(_GIT, url.partition("#")[0])
    bare = f"git+ssh://git@{match['host']}{match['path']}{match['rest'] or ''}" if match else ""
    if not bare or has_credentials(bare):
        bare = "git+ssh://git@host/path"
    return f"write {bare}, with {key} or an ssh agent"


def variable_hint(url: str) -> str | None:
    """The call for an index whose credentials are environment variables: `https://${X}@host/`.

    None where the variables are no credentials.
    """
    match = re.fullmatch(rf"(?i)(?P<scheme>https?)://(?P<user>[^\s/?#@]*)@{_HOST}{_PATH}", url)
    names = re.findall(_VARIABLE, match["user"]) if match else []
    if match is None or not names:
        return None
    user, colon, _ = match["user"].partition(":")
    bare = f"{match['scheme'].lower()}://{match['host']}{match['path']}"
    if not colon:
        return _index_call(bare, names[-1])
    username = '"..."' if "$" in user else _username(f"{user}:x1")
    return _index_call(bare, names[-1], username)


def _username(user_information: str) -> str | None:
    """The user, quoted; dots where it may itself be a secret, None where a token has none."""
    user, colon, password = user_information.partition(":")
    if not colon or password in _NO_PASSWORD or re.fullmatch(_TOKENS_USER, user):
        return None
    return f'"{user}"' if re.fullmatch(_ACCOUNT, user) else '"..."'


def _index_call(url: str, secret: str, username: str | None = None) -> str:
    login = f", username={username}" if username else ""
    return f'.index("{url}", name="corp"{login}, secret=secret("{secret}"))'
