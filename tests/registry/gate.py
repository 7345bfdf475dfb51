"""Who may do what in the full registry, and the tokens that say so."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from registry.fake_registry import as_json, basic
from registry.serving_requests import Response

if TYPE_CHECKING:
    from registry.serving_requests import Request


@dataclass
class Gate:
    """Lets requests in.

    Attributes:
        basic: `user:password`, where Basic authentication is asked for.
        bearer: Whether a token is asked for; given to whom `basic` names, or to anyone.
        token_uses: How many requests a token is good for.
        denied_scopes: Scopes for which no token is given at all.
    """

    basic: str | None = None
    bearer: bool = False
    token_uses: int | None = None
    denied_scopes: tuple[str, ...] = ()
    port: int = 0
    lock: Lock = field(default_factory=Lock)
    _tokens: dict[str, int] = field(default_factory=dict)
    _granted: dict[str, str] = field(default_factory=dict)
    _counter: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def count(self) -> int:
        """The next number."""
        with self.lock:
            self._counter += 1
            return self._counter

    def may_mount(self, request: Request, source: str) -> bool:
        scope = self._granted.get(request.token, "")
        return not self.bearer or f"repository:{source}:pull" in scope

    def refusal(self, request: Request) -> Response | None:
        if self.bearer:
            return self._token_refusal(request)
        if self.basic is not None and request.headers.get("authorization") != basic(self.basic):
            return Response(401, {"WWW-Authenticate": 'Basic realm="x"'}, error("UNAUTHORIZED"))
        return None

    def _token_refusal(self, request: Request) -> Response | None:
        with self.lock:
            left = self._tokens.get(request.token, 0)
            self._tokens[request.token] = left - 1
        repository = request.path.removeprefix("/v2/").split("/blobs/")[0].split("/manifests/")[0]
        action = "pull" if request.method in {"GET", "HEAD"} else "pull,push"
        scope = f"repository:{repository}:{action}"
        granted = self._granted.get(request.token, "")
        allowed = f"repository:{repository}:pull,push" in granted or scope in granted
        if left > 0 and (allowed or request.path.endswith("/tags/list")):
            return None
        asked = f'Bearer realm="{self.url}/token",service="full",scope="{scope}"'
        return Response(401, {"WWW-Authenticate": asked}, error("UNAUTHORIZED"))

    def give_token(self, request: Request) -> Response:
        form = parse_qs(request.read().decode())
        scopes = " ".join([*request.query.get("scope", []), *form.get("scope", [])])
        known = self.basic is None or request.headers.get("authorization") == basic(self.basic)
        refreshed = self.basic in form.get("refresh_token", [])
        denied = any(scope in scopes for scope in self.denied_scopes)
        if denied or not (known or refreshed):
            return Response(401, {}, error("DENIED"))
        token = f"t{self.count()}"
        with self.lock:
            self._tokens[token] = 1 << 30 if self.token_uses is None else self.token_uses
            self._granted[token] = scopes
        return Response(200, {}, as_json({"token": token}))


def error(code: str) -> bytes:
    return as_json({"errors": [{"code": code, "message": "hunter2 is in the free text"}]})
