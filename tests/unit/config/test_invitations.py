"""Keys of personal links, and the settings that they can be combined with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.config import invitations, settings
from classroom.config.sign_in_mode import SignInMode
from tests.unit.config.test_settings import folder

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
c.Authenticator.allowed_users = ["Anna  Maria", "Ben"]
c.Authenticator.admin_users = ["Mona"]
c.Classroom.sign_in = "invitations"
"""


def test_keys_stay_until_somebody_is_off_the_list_or_gets_another(tmp_path: Path) -> None:
    file = tmp_path / "invitations.json"
    assert invitations.read(file) == {}
    first = invitations.issue(file, ["anna", "ben"])
    assert file.stat().st_mode & 0o777 == 0o600
    assert all(len(key) >= 43 for key in first.values())
    assert invitations.issue(file, ["ben", "anna"]) == first == invitations.read(file)
    second = invitations.issue(file, ["anna", "ben"], ["ben"])
    assert second["anna"] == first["anna"]
    assert second["ben"] != first["ben"]
    assert set(invitations.issue(file, ["anna"])) == {"anna"}
    assert invitations.issue(file, ["anna", "ben"])["ben"] not in {first["ben"], second["ben"]}


def test_whose_a_key_is() -> None:
    keys = {"anna": "a" * 43, "ben": "b" * 43}
    assert invitations.owner(keys, "a" * 43) == "anna"
    for wrong in ("", "a" * 42, "A" * 43, "\udc80", "anna"):
        assert invitations.owner(keys, wrong) == ""
    assert invitations.owner({}, "") == ""


def test_names_of_people(tmp_path: Path) -> None:
    loaded = settings.load(folder(tmp_path, CONFIG), {})
    assert loaded.mode is SignInMode.INVITATIONS
    assert loaded.allowed == {"anna maria", "ben"}
    assert loaded.tutors == {"mona"}
    assert loaded.shown == {"anna maria": "Anna Maria", "ben": "Ben", "mona": "Mona"}
