"""The output of benchmarks is put into its place in docs/performance.md."""

from __future__ import annotations

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import documented
from benchmarks.rooms import report
from benchmarks.school import report as school_report

PAGE = """\
# Figures

<!-- measured: kernels -->
Measured then:

| old |
<!-- end -->

Between.

<!-- measured: rooms, one notebook -->
<!-- end -->
"""
PRINTED = """
### one notebook

| people |
| ---: |
| 30 |
missed: one notebook, 30 people

### nobody
"""


def test_tables_are_named_after_their_benchmark_and_section() -> None:
    table = "| people |\n| ---: |\n| 30 |\n"
    assert documented.tables("rooms", PRINTED) == {"rooms, one notebook": table}
    assert documented.tables("kernels", f"x\n{table}reached") == {"kernels": table}


def test_only_what_was_measured_is_replaced() -> None:
    page = documented.filled(PAGE, {"rooms, one notebook": "| new |\n"}, "Measured now:")
    assert "one notebook -->\nMeasured now:\n\n| new |\n\n<!-- end -->" in page
    assert "Measured then:\n\n| old |\n<!-- end -->\n\nBetween." in page
    assert documented.filled(page, {}, "") == page


def test_a_table_without_a_place_is_an_error() -> None:
    with pytest.raises(ValueError, match="no place for: pages"):
        documented.filled(PAGE, {"pages": "| 1 |\n", "kernels": "| 2 |\n"}, "")


def test_the_page_has_a_place_for_each_table() -> None:
    named = documented.places(benchmarks.PAGE.read_text())
    assert len(named) == len(set(named))
    scenes = {f"rooms, {target.scene}" for target in report.TARGETS}
    assert {"page_load", "pages", "kernels", "rooms, the whole lab", *scenes} <= set(named)
    assert {f"school, {title}" for title in school_report.TITLES} <= set(named)
    assert {name.split(",")[0] for name in named} == {*benchmarks.ALL, *benchmarks.APART}
