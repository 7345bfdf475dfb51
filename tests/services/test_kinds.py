"""What a service is goes by the module of its class, the nearest name that is known."""

from __future__ import annotations

import pytest

from lading.services.kinds import kind_called, kind_of


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        ("fastapi.applications", "asgi"),
        ("flask.app", "wsgi"),
        ("django.core.wsgi", "wsgi"),
        ("django.core.handlers.wsgi", "wsgi"),
        ("django.core.asgi", "asgi"),
        ("django.core.handlers.asgi", "asgi"),
        ("falcon.app", "wsgi"),
        ("falcon.asgi.app", "asgi"),
        ("gradio.blocks", "gradio"),
        ("flaskr", None),
        ("", None),
    ],
)
def test_a_framework_may_have_both_kinds(module: str, kind: str | None) -> None:
    assert kind_called(module) == kind


def test_the_nearest_class_counts() -> None:
    """Falcon's ASGI application is a subclass of its WSGI application."""
    above = type("App", (), {"__module__": "falcon.app"})
    below = type("App", (above,), {"__module__": "falcon.asgi.app"})
    assert kind_of(above()) == "wsgi"
    assert kind_of(below()) == "asgi"
    own = type("Own", (below,), {"__module__": "service"})
    assert kind_of(own) == "asgi"
