"""An engine of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

from lading import register_engine
from lading.engines import Availability, BuildRequest, Command, Engine

if TYPE_CHECKING:
    from collections.abc import Mapping


class Remote:
    name = "remote"

    def probe(self, environment: Mapping[str, str]) -> Availability:
        return Availability(usable="REMOTE" in environment, hint="set REMOTE")

    def commands(
        self, request: BuildRequest, environment: Mapping[str, str]
    ) -> tuple[Command, ...]:
        words = ("remote-build", environment["REMOTE"], *request.tags, str(request.context))
        return (Command(argv=words, purpose="build there"),)


def register() -> None:
    engine: Engine = Remote()
    register_engine(engine)
    register_engine(Remote())
    assert_type(engine.name, str)
