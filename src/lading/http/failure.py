"""Why no usable answer came, said without a URL, since a URL may hold a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lading.http.settings import HttpSettings

__all__ = ["HttpError", "failure"]


class HttpError(Exception):
    """No usable answer came: names, connections, TLS, time, or an answer that broke off.

    Attributes:
        reason: What happened; no URL and no credentials in it.
        hint: What to do, where the failure itself says it.
        passing: Whether the same request may succeed at once.
        transient: Whether it may succeed after a while; true of what is passing.
    """

    def __init__(
        self,
        reason: str,
        *,
        hint: str | None = None,
        passing: bool = False,
        transient: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.passing = passing
        self.transient = passing or transient


def failure(error: Exception, settings: HttpSettings) -> HttpError:
    """Put one of urllib3's errors in our words."""
    from urllib3 import exceptions  # noqa: PLC0415

    cause = error.reason if isinstance(error, exceptions.MaxRetryError) else error
    reason, hint = type(cause).__name__, None
    match cause:
        case exceptions.ProxyError():
            reason = f"the proxy: {_plain(cause.original_error)}"
            hint = "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
        case exceptions.SSLError():
            reason = f"TLS: {_tls_reason(cause)}"
            hint = "where a company's own CA signs, name it by --ca-bundle or SSL_CERT_FILE"
        case exceptions.NewConnectionError():
            reason = _plain(cause)
        case exceptions.TimeoutError():
            reason = f"no answer within {settings.timeout:g} s"
        case exceptions.ProtocolError():
            return HttpError("the connection broke off", passing=True)
    return HttpError(reason, hint=hint, transient=_may_pass(cause))


def _may_pass(cause: BaseException | None) -> bool:
    """Whether a server that is restarted, or a line that is down for a while, explains it."""
    import ssl  # noqa: PLC0415

    from urllib3 import exceptions  # noqa: PLC0415

    match cause:
        case exceptions.NameResolutionError():
            return False
        case exceptions.TimeoutError() | exceptions.NewConnectionError():
            return True
        case exceptions.SSLError():
            return bool(cause.args) and isinstance(
                cause.args[0], ssl.SSLEOFError | ssl.SSLZeroReturnError
            )
    return False


def _plain(error: BaseException | None) -> str:
    """The system's words for a connection that failed, such as `connection refused`."""
    from urllib3 import exceptions  # noqa: PLC0415

    if isinstance(error, exceptions.NameResolutionError):
        return "its name can't be resolved"
    causes = (error, getattr(error, "__cause__", None), getattr(error, "__context__", None))
    for cause in causes:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
        if isinstance(cause, OSError) and str(cause).startswith("Tunnel connection failed"):
            return str(cause).lower()  # http.client: the proxy refused, with its status
    return "no connection"


def _tls_reason(error: Exception) -> str:
    import ssl  # noqa: PLC0415

    cause = error.args[0] if error.args else None
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    if isinstance(cause, ssl.SSLError) and cause.reason:
        return cause.reason.lower().replace("_", " ")
    return "the handshake failed"
