"""The carrier's orders and answers as values; a container test covers its work."""

from __future__ import annotations

from typing import Any

import pytest

from classroom.lab.assignments.carried import Carried, Errand
from classroom.supervisor import carrier

GIVE, FETCH = Carried(Errand.GIVE, "ps1", "ada"), Carried(Errand.FETCH, "ps1", "ada", "0123")
ORDER = {"do": "give", "assignment": "ps1", "labs": {"ada": 3}}


def test_an_order_is_read() -> None:
    assert carrier.ordered(ORDER, 5) == [(Carried(Errand.GIVE, "ps1", "ada", "", 5), 3)]
    fetch = {**ORDER, "do": "fetch", "place": "0123abcd"}
    assert carrier.ordered(fetch, 0)[0][0].place == "0123abcd"


@pytest.mark.parametrize(
    "wrong",
    [
        *({"assignment": name} for name in ("..", "a/b", "", ".x", "a\0b")),
        {"do": "steal"},
        {"do": "fetch"},
        {"do": "fetch", "place": "../in"},
        {"do": "fetch", "place": "a/b"},
    ],
)
def test_a_wrong_order_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        carrier.ordered({**ORDER, **wrong}, 0)


BROKEN = {"broken": True}


@pytest.mark.parametrize(
    ("answers", "what", "wanted"),
    [
        ([{"added": True}, {}], GIVE, {"added": True}),
        ([{"error": "in the way"}, BROKEN], GIVE, {"error": "in the way"}),
        ([BROKEN, {"error": "gone"}], GIVE, {"error": "gone"}),
        ([BROKEN, BROKEN], GIVE, {"error": carrier.INTERRUPTED}),
        ([{"added": True}, BROKEN], GIVE, {"error": carrier.INTERRUPTED}),
        ([{"has": "none"}, BROKEN], FETCH, {"has": "none"}),
        ([{"has": "copy"}, {}], FETCH, {"has": "copy"}),
        ([{"has": "copy"}, BROKEN], FETCH, {"error": carrier.INTERRUPTED}),
    ],
)
def test_the_reason_is_that_of_the_process_that_knows_it(
    answers: list[dict[str, Any]], what: Carried, wanted: dict[str, Any]
) -> None:
    assert carrier.merged(answers, what) == wanted
