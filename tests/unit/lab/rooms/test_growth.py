"""A run shows nothing that would prevent its notebook from being opened again."""

from __future__ import annotations

from classroom.lab.files.document_encoding import MOST_LISTS, MOST_PARTS, MOST_VALUES
from classroom.lab.protocol.weight import Weight
from classroom.lab.rooms.growth import MEASURE_SECONDS, Growth

HALF = Weight(50)
NOTHING = Weight()


def growth(*measured: Weight) -> tuple[Growth, list[Weight]]:
    """Return the limit of a notebook that may have 100 bytes, so that runs may fill 90."""
    left = list(measured)
    return Growth(100, lambda: left.pop(0)), left


def test_a_run_is_stopped_at_nine_tenths() -> None:
    grown, _ = growth(Weight(50))
    assert grown.take(HALF, 10)
    assert not grown.take(HALF, 10)
    assert grown.take(Weight(40), 10), "a smaller one fits still"


def test_each_limit_counts() -> None:
    for limit in (
        Weight(parts=MOST_PARTS),
        Weight(values=MOST_VALUES),
        Weight(lists=MOST_LISTS),
    ):
        grown, _ = growth(NOTHING)
        assert not grown.take(limit, 10)


def test_before_something_is_refused_the_document_is_measured() -> None:
    """Somebody may just have cleared the outputs, which isn't saved yet."""
    grown, left = growth(Weight(10))
    assert grown.weighed(Weight(85), NOTHING, "a.ipynb") is None
    assert grown.take(HALF, 10)
    assert not left, "measured"


def test_a_document_is_not_measured_all_the_time() -> None:
    grown, left = growth(Weight(90), Weight(90))
    grown.weighed(Weight(90), NOTHING, "a.ipynb")
    for second in (10.0, 11.0, 10 + MEASURE_SECONDS - 0.1):
        assert not grown.take(HALF, second)
    assert len(left) == 1
    assert not grown.take(HALF, 10 + MEASURE_SECONDS)
    assert not left


def test_what_is_shown_during_a_save_counts_on() -> None:
    grown, _ = growth(Weight(70))
    assert grown.take(Weight(40), 10)
    read = grown.since
    assert grown.take(Weight(30), 10)
    grown.weighed(Weight(40), read, "a.ipynb")
    assert grown.since == Weight(30)
    assert not grown.take(Weight(30), 10)


def test_people_are_told_once_each_time() -> None:
    grown, _ = growth()
    assert grown.weighed(Weight(80), NOTHING, "a.ipynb") is None
    said = grown.weighed(Weight(95), NOTHING, "a.ipynb")
    assert said is not None
    assert "“a.ipynb”" in said
    assert "clear outputs" in said
    assert grown.weighed(Weight(96), NOTHING, "a.ipynb") is None
    assert grown.weighed(Weight(50), NOTHING, "a.ipynb") is None
    assert grown.weighed(Weight(95), NOTHING, "a.ipynb") is not None


def test_after_a_run_has_emptied_its_cell_the_document_is_measured_at_once() -> None:
    """Otherwise people who cleared outputs, as the sentence says, could run the cell only later."""
    grown, left = growth(Weight(90), Weight(10))
    grown.weighed(Weight(90), NOTHING, "a.ipynb")
    assert not grown.take(HALF, 10.0)
    grown.emptied()
    assert grown.take(HALF, 10.1)
    assert not left, "measured"
