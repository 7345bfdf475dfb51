"""How a report is told, line by line."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from lading.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.libraries.findings import Finding, Report

__all__ = ["report_lines", "report_problems", "warning_lines"]

_SHOWN: Final = 3


def report_lines(report: Report, *, parts: bool = False) -> Iterator[str]:
    """The findings by distribution, then what mends them all, then what is not known.

    Args:
        report: What was found.
        parts: Whether files that need not be loaded are told one by one.
    """
    for distribution, found in groupby(report.findings, lambda one: one.distribution):
        findings = tuple(found)
        location = findings[0].location
        yield f"{location}: {distribution}" if location else distribution
        together = () if parts else tuple(one for one in findings if one.is_of_part)
        for one in findings:
            if one not in together:
                yield f"  {one.level}: {one.message}"
                if one.hint:
                    yield f"    hint: {one.hint}"
        if together:
            yield f"  remark: {_together(together)}"
    packages = report.packages("error")
    if len(packages) > 1:
        words = ", ".join(f'"{name}"' for name in packages)
        yield f"hint: for all errors, .system_packages({words})"
    for problem in report.unchecked:
        yield f"not checked: {problem.message}"
        if problem.hint:
            yield f"  hint: {problem.hint}"


def _together(parts: tuple[Finding, ...]) -> str:
    first = ", ".join(one.what for one in parts[:_SHOWN])
    left = len(parts) - _SHOWN
    more = f" and {left} other{'' if left == 1 else 's'}" if left > 0 else ""
    return f"parts that need not be used lack {first}{more} (--strict tells all)"


def warning_lines(report: Report, platform: str) -> Iterator[str]:
    """What a command that goes on says: the errors, and what it did not look at."""
    errors = replace(report, findings=report.of("error"))
    if errors.findings:
        yield f"warning: the image for {platform} would lack what its Python packages need"
    yield from report_lines(errors)
    if report.unread:
        *others, last = report.unread
        unread = f"{', '.join(others)} and {last}" if others else last
        yield f"hint: `lading check` finds missing libraries; not at hand for it: {unread}"
    elif errors.findings:
        yield "hint: `lading check` tells all"


def report_problems(report: Report) -> tuple[Problem, ...]:
    """The errors, and what is not known, as problems of the image."""
    return (
        *(
            Problem(
                message=f"{one.distribution}: {one.message}", location=one.location, hint=one.hint
            )
            for one in report.of("error")
        ),
        *(replace(one, message=f"not checked: {one.message}") for one in report.unchecked),
    )
