"""The rooms and groups on the page *People*, and the lines of the file that define them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from jupyterhub import orm

from classroom.config import settings
from classroom.config.lab_rooms import LabRoom
from classroom.hub.access import people_page
from classroom.hub.access.listing import ListEntry
from classroom.hub.labs import belonging, members
from classroom.hub.labs.belonging import Belonging
from classroom.hub.labs.listing import EnterableLab, LabKind
from classroom.hub.labs.present import Present
from classroom.runtime.paths import Paths

if TYPE_CHECKING:
    from pathlib import Path

LECTURE = LabRoom(frozenset({"ada", "school:tutors", "gone"}), frozenset({"school", "mona"}))
PEOPLE: dict[str, tuple[str, ...]] = {
    "ada": (),
    "bob": ("school",),
    "cleo": ("school", "school:tutors"),
    "dan": (),
    "mona": (),
    "tutor": (),
}
GITHUB = """
c.Classroom.personal_labs = True
c.Authenticator.allowed_users = ["ada"]
c.GitHubOAuthenticator.scope = ["read:org"]
c.GitHubOAuthenticator.oauth_callback_url = "https://lab.uni.test:8443/hub/oauth_callback"
c.GitHubOAuthenticator.client_id = "id"
c.GitHubOAuthenticator.client_secret = "secret"
"""


def test_members_of_a_room_are_named_with_what_they_may_do() -> None:
    """Tutors may enter every lab, but only those whom the file names are listed."""
    assert belonging.of_room("lecture", LECTURE, PEOPLE, {"mona", "tutor"}) == Belonging(
        "lecture",
        {"ada": "edit", "bob": "view", "cleo": "edit", "mona": "drive"},
        {"gone": "edit", "school": "view", "school:tutors": "edit"},
    )


def test_members_of_a_group_come_by_name_and_by_organization() -> None:
    found = belonging.of_group("team-a", {"dan", "school", "gone"}, PEOPLE)
    assert list(found.members) == ["bob", "cleo", "dan"]
    assert list(found.named) == ["gone", "school"]


def test_the_lines_say_in_the_file_what_is_in_force(tmp_path: Path) -> None:
    rooms = {"lecture": LECTURE, "algebra": LabRoom(frozenset({"ada"})), "empty": LabRoom()}
    groups = {"team-a": frozenset({"ada", "school:tutors"})}
    said = belonging.lines(rooms, groups)
    assert '    "algebra": ["ada"],\n' in said
    (tmp_path / "jupyterhub_config.py").write_text(GITHUB + said)
    found = settings.load(Paths(config=tmp_path, data=tmp_path), {})
    assert (found.rooms, found.groups) == (rooms, groups)


def test_there_is_no_line_for_what_there_is_not() -> None:
    assert belonging.lines({}, {}) == ""
    only = belonging.lines({}, {"team-a": frozenset({"ada"})})
    assert only == 'c.Classroom.groups = {\n    "team-a": ["ada"],\n}'
    assert '"Ärger \\"x\\""' in belonging.lines({"x": LabRoom(frozenset({'Ärger "x"'}))}, {})


RUNNING = EnterableLab(LabKind.ROOM, "lecture", "room.lecture", "/user/room.lecture/lab", "drive")
"""The room, as a tutor sees it."""


def places(tmp_path: Path, *entered: EnterableLab) -> dict[str, Any]:
    """Return the page's data for a room with a removed member and with a team."""
    db = orm.new_session_factory(f"sqlite:///{tmp_path}/jupyterhub.sqlite")()
    try:
        db.add(orm.User(name="cleo", user_info={members.ORGANIZATIONS: ["school"]}))
        db.commit()
        labs: Any = SimpleNamespace(rooms={"lecture": LECTURE}, groups={})
        found = [
            ListEntry("ada", "Ada", "", removed=True),
            ListEntry("cleo", "Cleo", "file"),
            ListEntry("mona", "mona", "file", tutor=True),
        ]
        return people_page.rooms_and_groups(db, labs, found, entered)
    finally:
        db.close()


def test_who_is_removed_belongs_nowhere(tmp_path: Path) -> None:
    (room,) = places(tmp_path)["rooms"]
    assert room["members"] == {"cleo": "view", "mona": "drive"}
    assert room["named"]["ada"] == "edit", "the file still names them"


def test_only_who_may_enter_a_room_learns_who_is_there(tmp_path: Path) -> None:
    (room,) = places(tmp_path)["rooms"]
    assert (room["address"], room["running"], room["here"]) == ("", False, [])


def test_a_room_that_does_not_run_can_be_opened_by_who_may_start_it(tmp_path: Path) -> None:
    lab = replace(RUNNING, is_running=False, may_start=True)
    (room,) = places(tmp_path, lab)["rooms"]
    assert (room["address"], room["running"]) == ("/user/room.lecture/lab", False)


def test_who_is_in_a_room_that_runs_is_named(tmp_path: Path) -> None:
    (room,) = places(tmp_path, replace(RUNNING, present=(Present("cleo"),)))["rooms"]
    assert (room["address"], room["running"]) == ("/user/room.lecture/lab", True)
    assert room["here"] == ["cleo"]
