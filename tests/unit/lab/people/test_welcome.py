"""Who has not seen the welcome notebook yet, and when a lab gets one."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from classroom.lab.files.beneath import Root
from classroom.lab.people import welcome, welcome_text
from classroom.lab.people.welcome import Greeting, WelcomeNotebook

if TYPE_CHECKING:
    from pathlib import Path

OURS = WelcomeNotebook(name="Welcome.ipynb", text="ours")
TUTORS = WelcomeNotebook(name="Start.ipynb", text="theirs", of_tutor="yes")


def person(name: str, account: int | None = None) -> Any:
    return SimpleNamespace(username=name, hub_user={"user_info": {"account": account}})


def begin(tmp_path: Path, given: WelcomeNotebook) -> Greeting:
    folder = tmp_path / "files"
    folder.mkdir(exist_ok=True)
    made = Greeting()
    made.begin(Root(folder), tmp_path / welcome.FILE, given)
    return made


def names(tmp_path: Path) -> set[str]:
    return {one.name for one in (tmp_path / "files").iterdir()}


def test_once_for_each_person_also_after_a_restart(tmp_path: Path) -> None:
    found = begin(tmp_path, OURS)
    assert (tmp_path / "files/Welcome.ipynb").read_text() == "ours"
    assert found.offers(person("ada"))
    found.opened(person("ada"))
    found.opened(person("ada"))
    assert not found.offers(person("ada"))
    assert found.offers(person("grace"))
    again = begin(tmp_path, OURS)
    assert not again.offers(person("ada"))
    assert again.offers(person("grace"))


def test_an_account_is_the_same_person_by_another_name(tmp_path: Path) -> None:
    found = begin(tmp_path, OURS)
    found.opened(person("ada", 7))
    assert not found.offers(person("ada-lovelace", 7))
    assert found.offers(person("ada", 8)), "somebody else, who has taken the name"
    assert found.offers(SimpleNamespace(username="7"))


def test_a_lab_that_is_in_use_gets_none(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/lesson.ipynb").touch()
    found = begin(tmp_path, OURS)
    assert not found.offers(person("ada"))
    assert names(tmp_path) == {"lesson.ipynb"}


def test_what_every_new_lab_has_is_no_use(tmp_path: Path) -> None:
    (tmp_path / "files/materials").mkdir(parents=True)
    (tmp_path / "files/Classroom.chat").touch()
    assert begin(tmp_path, OURS).offers(person("ada"))


def test_what_the_class_has_deleted_stays_away(tmp_path: Path) -> None:
    begin(tmp_path, OURS)
    (tmp_path / "files/Welcome.ipynb").unlink()
    begin(tmp_path, OURS)
    assert names(tmp_path) == set()


def test_a_tutors_own_comes_also_later_and_over_nothing_of_the_classs(tmp_path: Path) -> None:
    begin(tmp_path, OURS).opened(person("ada"))
    found = begin(tmp_path, TUTORS)
    assert found.offers(person("ada")), "another notebook"
    assert names(tmp_path) == {"Welcome.ipynb", "Start.ipynb"}
    (tmp_path / "files/Other.ipynb").write_text("the class's")
    begin(tmp_path, WelcomeNotebook(name="Other.ipynb", text="new", of_tutor="yes"))
    assert (tmp_path / "files/Other.ipynb").read_text() == "the class's"


def test_none(tmp_path: Path) -> None:
    assert not begin(tmp_path, WelcomeNotebook()).offers(person("ada"))
    assert names(tmp_path) == set()


def test_a_damaged_list_keeps_no_lab_from_starting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / welcome.FILE).write_text("{")
    assert not begin(tmp_path, OURS).offers(person("ada"))
    assert "The welcome notebook could not be added" in caplog.text


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ('{"type":"welcomed"}', True),
        ('{"type": "welcome"}', False),
        ("[" * 64, False),
        ('{"type":"welcomed"}' + " " * 64, False),
        (b'{"type":"welcomed"}', False),
    ],
)
def test_what_a_page_says(message: str | bytes, *, said: bool) -> None:
    assert welcome.is_opened(message) is said


@pytest.mark.parametrize("own", [True, False])
def test_ours_is_a_notebook(*, own: bool) -> None:
    text = welcome_text.notebook(own=own, chat=True)
    nbformat.validate(nbformat.reads(text, as_version=4))
    assert [one["cell_type"] for one in json.loads(text)["cells"]].count("code") == 1


def test_nobody_is_sent_to_a_chat_that_is_not_there() -> None:
    assert "chat" in welcome_text.notebook(own=False, chat=True)
    assert "chat" not in welcome_text.notebook(own=False, chat=False)
