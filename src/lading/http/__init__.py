"""The one way out to the network: settings, trust, proxies, retries and redirects."""

from __future__ import annotations

from lading.http.body import Streamed
from lading.http.client import Answer, HttpClient
from lading.http.failure import HttpError
from lading.http.pace import limited
from lading.http.settings import HttpSettings, is_loopback, is_web_url, redacted_url

__all__ = [
    "Answer",
    "HttpClient",
    "HttpError",
    "HttpSettings",
    "Streamed",
    "is_loopback",
    "is_web_url",
    "limited",
    "redacted_url",
]
