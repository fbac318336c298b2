"""What the lab knows about cells that were run."""

from __future__ import annotations

from classroom.lab.connections.registry import Connections
from classroom.lab.execution import run_history
from classroom.lab.execution.run_history import LONGEST_QUESTION_CHARACTERS, RunHistory
from tests import loops


def test_a_cell_waits_until_it_is_answered() -> None:
    async def main() -> None:
        history = RunHistory(Connections())
        history.ask("1", "a.ipynb", "c", "Name?")
        assert history.of("1") == [], "nobody has run it"
        history.add("1", "a.ipynb", "c", "Ada")
        history.ask("1", "a.ipynb", "c", "Name?")
        (run,) = history.of("1")
        assert (run["who"], run["asks"]) == ("Ada", "Name?")
        history.ask("1", "a.ipynb", "c", None)
        (run,) = history.of("1")
        assert "asks" not in run

    loops.run(main())


def test_a_cell_that_is_run_again_asks_nothing_yet() -> None:
    async def main() -> None:
        history = RunHistory(Connections())
        history.add("1", "a.ipynb", "c", "Ada")
        history.ask("1", "a.ipynb", "c", "")
        assert history.of("1")[0]["asks"] == ""
        history.add("1", "a.ipynb", "c", "Grace")
        assert "asks" not in history.of("1")[0]

    loops.run(main())


def test_a_question_fits_on_a_line() -> None:
    assert run_history.shown(" Your\n\tname?  ") == "Your name?"
    assert run_history.shown("x" * LONGEST_QUESTION_CHARACTERS) == "x" * LONGEST_QUESTION_CHARACTERS
    assert run_history.shown("y" * 10**7) == "y" * LONGEST_QUESTION_CHARACTERS + " …"
