"""The rows that a comparison yields, and the Markdown table that they print as."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Missing", "Row", "format_quantity", "render"]

Unit = Literal["s", "ms", "B", "layers"]

HEAD = ("what", "Lading", "compared with", "its median", "ratio [range]", "n", "target", "met")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comparison: the same thing measured on both sides, pair by pair.

    Attributes:
        what: What was measured.
        ours: Lading's values, in the order of the runs.
        versus: What they are compared with; empty where there is nothing.
        theirs: Its values; `theirs[i]` was measured right before or after `ours[i]`.
        unit: Of both.
        ratio_limit: What the median of ours ÷ theirs may at most be.
        value_limit: What the median of ours may at most be.
        detail: What stands below the table about it.
    """

    what: str
    ours: tuple[float, ...]
    versus: str = ""
    theirs: tuple[float, ...] = ()
    unit: Unit = "s"
    ratio_limit: float | None = None
    value_limit: float | None = None
    detail: tuple[str, ...] = ()

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ours ÷ theirs, of each pair; empty where theirs is zero or missing."""
        if len(self.ours) != len(self.theirs) or not all(self.theirs):
            return ()
        return tuple(mine / other for mine, other in zip(self.ours, self.theirs, strict=True))

    @property
    def met(self) -> bool | None:
        """Whether the target was reached; None where there is none, or nothing to judge it by."""
        if self.value_limit is not None:
            return median(self.ours) <= self.value_limit
        if self.ratio_limit is not None and self.ratios:
            return median(self.ratios) <= self.ratio_limit
        return None

    def cells(self) -> tuple[str, ...]:
        """The row's text, a cell for each column of the table."""
        theirs = format_quantity(median(self.theirs), self.unit) if self.theirs else ""
        verdict = {True: "yes", False: "**no**", None: ""}[self.met]
        return (
            self.what,
            format_quantity(median(self.ours), self.unit),
            self.versus,
            theirs,
            _spread(self.ratios),
            str(len(self.ours)),
            self._target(),
            verdict,
        )

    def _target(self) -> str:
        if self.value_limit is not None:
            return f"≤ {format_quantity(self.value_limit, self.unit)}"
        return "" if self.ratio_limit is None else f"≤ {self.ratio_limit:g}x"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A comparison that could not be made, and why."""

    what: str
    reason: str
    detail: tuple[str, ...] = ()

    def cells(self) -> tuple[str, ...]:
        """The row's text: the reason stands in the second column."""
        return (self.what, f"not measured: {self.reason}", *("" for _ in HEAD[2:]))


def render(rows: Sequence[Row | Missing], notes: Iterable[str] = ()) -> str:
    """The rows as a Markdown table whose columns also line up as plain text; a list below it."""
    lines = [HEAD, *(tuple(map(_cell, row.cells())) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    head, *body = (_line(cells, widths) for cells in lines)
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    below = [f"- {one}" for one in (*(one for row in rows for one in row.detail), *notes)]
    return "\n".join([head, rule, *body, *([""] if below else []), *below])


def format_quantity(value: float, unit: Unit) -> str:
    """A value with its unit: `0.61 s`, `43 ms`, `415 MB` (10^6 bytes)."""
    if unit == "ms":
        return f"{value:.0f} ms"
    if unit == "layers":
        return f"{value:.0f}"
    if unit == "B":
        return _bytes(value)
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"  # noqa: PLR2004 - three digits


def _bytes(value: float) -> str:
    for size, name in ((1e6, "MB"), (1e3, "kB")):
        if value >= size:
            return (
                f"{value / size:.0f} {name}" if value >= 10 * size else f"{value / size:.1f} {name}"
            )
    return f"{value:.0f} B"


def _spread(ratios: Sequence[float]) -> str:
    if not ratios:
        return ""
    middle = f"{median(ratios):.2f}x"
    return middle if len(ratios) == 1 else f"{middle} [{min(ratios):.2f} to {max(ratios):.2f}]"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(padded) + " |"
