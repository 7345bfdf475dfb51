"""Findings as they are told, and a report of them."""

from __future__ import annotations

from lading.errors import Location
from lading.libraries import Finding, Report
from lading.libraries.findings import in_order


def finding(**more: object) -> Finding:
    words: dict[str, object] = {
        "kind": "library",
        "level": "error",
        "distribution": "demo 1.0",
        "what": "libx.so",
        "reason": "is missing",
        **more,
    }
    return Finding(**words)  # type: ignore[arg-type]


def test_the_files_that_ask_are_counted() -> None:
    assert finding().message == "libx.so is missing"
    assert finding(members=("a",)).message == "libx.so is missing (a)"
    assert finding(members=("a", "b")).message == "libx.so is missing (a and 1 other)"
    assert finding(members=("a", "b", "c")).message == "libx.so is missing (a and 2 others)"


def test_a_package_comes_before_advice() -> None:
    assert finding().hint is None
    assert finding(advice="do so").hint == "do so"
    assert finding(advice="do so", packages=("one", "two")).hint == '.system_packages("one")'


def test_a_part_is_a_file_that_need_not_be_loaded() -> None:
    assert finding(level="remark", members=("a",)).is_of_part
    assert not finding(level="remark").is_of_part
    assert not finding(members=("a",)).is_of_part
    assert not finding(kind="stack", level="remark", members=("a",)).is_of_part


def test_a_report_names_each_package_once() -> None:
    report = Report(
        findings=(
            finding(packages=("b", "c")),
            finding(what="liby.so", packages=("b",)),
            finding(what="libz.so", packages=("a",)),
            finding(what="none"),
            finding(kind="program", level="remark", what="ffmpeg", packages=("ffmpeg",)),
            finding(level="remark", members=("a",), packages=("part",)),
        )
    )
    assert report.packages() == ("a", "b")
    assert report.packages("error", "remark") == ("a", "b", "ffmpeg")
    assert [one.what for one in report.of("remark")] == ["ffmpeg", "libx.so"]


def test_a_report_gets_the_users_lines() -> None:
    place, other = Location("service.py", 3), Location("service.py", 4)
    report = Report(findings=(finding(), finding(distribution="more 2.0", location=other)))
    located = report.located({"demo": place})
    assert [one.location for one in located.findings] == [place, other]


def test_the_worst_comes_first_in_each_distribution() -> None:
    found = in_order(
        [
            finding(distribution="b 1", level="note"),
            finding(distribution="b 1", level="error", what="z"),
            finding(distribution="b 1", level="error", what="a"),
            finding(distribution="b 1", level="remark"),
            finding(distribution="a 1", level="note"),
        ]
    )
    assert [(one.distribution, one.level, one.what) for one in found] == [
        ("a 1", "note", "libx.so"),
        ("b 1", "error", "a"),
        ("b 1", "error", "z"),
        ("b 1", "remark", "libx.so"),
        ("b 1", "note", "libx.so"),
    ]
