"""What a progress is told."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Told:
    """A progress that keeps what it is told."""

    totals: dict[str, int | None] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)

    def begin(self, piece: str, total: int | None) -> None:
        self.totals[piece] = total

    def advance(self, piece: str, amount: int) -> None:
        self.done[piece] = self.done.get(piece, 0) + amount

    def end(self, piece: str, outcome: str, size: int | None) -> None:
        assert size is not None
        self.outcomes[piece] = outcome
