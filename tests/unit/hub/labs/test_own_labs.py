"""Owners of labs, how the front finds a lab, and how the Hub reads its own records."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tornado import web
from traitlets.config import Config

from classroom.config.github import OAuth
from classroom.config.settings import Settings
from classroom.config.sign_in_mode import SignInMode
from classroom.front import lab_routes
from classroom.hub.auth.accounts import Accounts
from classroom.hub.labs import lab_files
from classroom.hub.labs.registry import ROOMS, LabRegistry, NoNumberError, Owner
from classroom.hub.labs.service import PersonalLabs
from classroom.runtime import lab_users, layout
from classroom.runtime.paths import Paths
from classroom.runtime.problems import StartRefusedError

if TYPE_CHECKING:
    from pathlib import Path

GITHUB = "https://github.com"
ADA, GRACE = Owner(GITHUB, "1"), Owner(GITHUB, "2")


def test_a_number_is_given_once_and_for_good(tmp_path: Path) -> None:
    file = tmp_path / "labs.json"
    first = LabRegistry(file)
    assert [first.give(ADA, "ada").number, first.give(GRACE, "grace").number] == [1, 2]
    again = LabRegistry(file)
    assert again.give(ADA, "ada").number == 1
    assert again.give(Owner("https://github.example", "1"), "ada").number == 3
    assert file.stat().st_mode & 0o077 == 0


def test_what_cannot_be_written_down_is_given_to_nobody(tmp_path: Path) -> None:
    registry = LabRegistry(tmp_path / "gone" / "labs.json")
    with pytest.raises(OSError, match="No such file"):
        registry.give(ADA, "ada")
    assert registry.all() == []
    (tmp_path / "gone").mkdir()
    assert registry.give(GRACE, "grace").number == 1


def test_a_damaged_list_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    file = tmp_path / "labs.json"
    for text in ("", "[]", '{"next": 1}', '{"next": 1, "labs": [{"number": 1}]}'):
        file.write_text(text)
        with pytest.raises(StartRefusedError, match="restore it from a backup"):
            LabRegistry(file)


def test_when_all_numbers_are_given_away_there_is_none(tmp_path: Path) -> None:
    file = tmp_path / "labs.json"
    file.write_text(json.dumps({"next": lab_users.LAST + 1, "labs": []}))
    with pytest.raises(NoNumberError):
        LabRegistry(file).give(ADA, "ada")


def test_a_deleted_labs_number_is_given_to_nobody_any_more(tmp_path: Path) -> None:
    """Its owner doesn't get it either, nor after a restart; a failed write changes nothing."""
    file = tmp_path / "labs.json"
    registry = LabRegistry(file)
    registry.give(ADA, "ada")
    registry.give(GRACE, "grace")
    registry.retire(2)
    assert [one.number for one in registry.all()] == [1]
    again = LabRegistry(file)
    assert again.find(GRACE) is None
    assert [one.number for one in again.retired()] == [2]
    assert again.give(GRACE, "grace").number == 3
    file.unlink()
    tmp_path.rmdir()
    with pytest.raises(OSError, match="No such file"):
        again.retire(1)
    assert again.find(ADA) is not None


def test_a_name_means_the_lab_that_there_is_and_else_the_one_deleted_last(tmp_path: Path) -> None:
    registry = LabRegistry(tmp_path / "labs.json")
    room = Owner(ROOMS, "maths")
    for owner, name in ((ADA, "ada"), (room, "room.maths"), (GRACE, "grace")):
        registry.give(owner, name)

    def meant(wanted: str) -> list[int]:
        return [one.number for one in registry.named(wanted)]

    assert [meant(one) for one in ("ada", "Ada", "1", "maths", "room.maths", "2")] == [
        *([1], [1], [1], [2], [2], [2])
    ]
    assert meant("") == meant("4") == meant("nobody") == []
    registry.retire(1)
    registry.retire(2)
    assert [meant(one) for one in ("ada", "1", "maths")] == [[1], [1], [2]]
    assert [registry.give(ADA, "ada").number, registry.give(room, "room.maths").number] == [4, 5]
    assert [meant(one) for one in ("ada", "1", "maths", "2")] == [[4], [1], [5], [2]]
    registry.retire(4)
    assert meant("ada") == [4]


def test_a_lab_that_is_being_deleted_is_given_to_nobody(settings: Settings) -> None:
    labs = labs_of(settings, ada=1)
    assert labs.number("ada") == 1
    labs.leaving.add(1)
    with pytest.raises(web.HTTPError) as refused:
        labs.number("ada")
    assert "is being deleted" in refused.value.jupyterhub_message  # type: ignore[attr-defined]
    labs.leaving.discard(1)
    labs.registry.retire(1)
    assert labs.number("ada") == 2


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    paths = Paths(data=tmp_path, run=tmp_path / "run")
    paths.hub.mkdir()
    oauth = OAuth("id", None, "https://lab.example.org/hub/oauth_callback", GITHUB)  # type: ignore[arg-type]
    return Settings(paths, SignInMode.GITHUB, Config(), oauth=oauth, personal_labs=True, max_labs=2)


def labs_of(settings: Settings, **accounts: int) -> PersonalLabs:
    known = Accounts(settings.paths.hub / "accounts.json")
    for name, number in accounts.items():
        known.remember(name, number)
    return PersonalLabs(settings, known)


def test_who_renames_an_account_keeps_the_lab(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    assert labs_of(settings, ada=1).number("ada") == 1
    with caplog.at_level(logging.WARNING):
        assert labs_of(settings, lovelace=1).number("lovelace") == 1
    assert "lovelace was ada: lab 1 is theirs still" in caplog.text


def test_who_takes_the_old_name_gets_another_lab(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    assert labs_of(settings, ada=1).number("ada") == 1
    accounts = Accounts(settings.paths.hub / "accounts.json")
    accounts.forget("ada")  # a tutor has confirmed that another account has it
    with caplog.at_level(logging.WARNING):
        assert labs_of(settings, ada=7).number("ada") == 2
    assert "ada is another account than the one that had lab 1 by this name" in caplog.text


def test_nobody_gets_a_lab_whose_account_is_not_known(settings: Settings) -> None:
    with pytest.raises(web.HTTPError) as refused:
        labs_of(settings).number("ada")
    assert "signed in again" in refused.value.jupyterhub_message  # type: ignore[attr-defined]
    assert not settings.paths.registry.exists()


def test_a_name_that_makes_no_socket_is_refused(settings: Settings) -> None:
    custom = replace(settings, mode=SignInMode.TRIAL, oauth=None)
    for name in ("ä" * 36, "a:b", ".ada"):
        with pytest.raises(web.HTTPError) as refused:
            labs_of(custom).number(name)
        assert "There is no lab for" in refused.value.jupyterhub_message  # type: ignore[attr-defined]
    longest = "x" * 70
    assert labs_of(custom).number(longest) == 1
    assert len(str(Paths().routes / longest / "lab.sock")) <= 107


@pytest.mark.parametrize("lab", [1, 77, lab_users.LAST])
def test_each_lab_has_users_of_its_own(lab: int) -> None:
    server, code = lab_users.server(lab), lab_users.code(lab)
    assert lab_users.lab_of_server(server.uid) == lab_users.lab_of_code(code.uid) == lab
    assert lab_users.lab_of_code(server.uid) is lab_users.lab_of_server(code.uid) is None
    assert code.gid == server.gid
    assert code.groups == ()
    assert max(server.uid, code.uid) < 65_534


def test_what_is_no_labs_user_is_none() -> None:
    assert lab_users.lab_of_server(1000) == lab_users.lab_of_code(1001) == lab_users.CLASS
    for uid in (0, 901, 902, 19_999, 20_000, 20_001, 20_002, 65_534, 65_535, 4_294_967_295):
        assert lab_users.lab_of_server(uid) is None
        assert lab_users.lab_of_code(uid) is None
    for number in (-1, lab_users.LAST + 1):
        with pytest.raises(ValueError, match="no lab"):
            lab_users.server(number)


def test_the_class_has_its_places_and_a_lab_has_none_of_them() -> None:
    of_class = {one.path for one in layout.plan(Paths())}
    of_lab = {one.path for one in layout.plan_lab(Paths().of_lab(3))}
    assert not of_class & of_lab
    assert all(str(place).startswith(("/data/labs/3", "/run/classroom/labs/3")) for place in of_lab)
    # Only a lab's own users, the front and root can enter the folder of its number.
    assert not [
        one for one in layout.plan_lab(Paths().of_lab(3)) if one.mode & 0o006 and one.user != "root"
    ]


def test_a_route_is_a_link_by_the_persons_name(tmp_path: Path) -> None:
    paths = Paths(run=tmp_path)
    paths.routes.mkdir()
    target = f"http+unix://{str(paths.of_lab(3).lab_socket).replace('/', '%2F')}:80"
    assert lab_routes.add(paths, "/user/ada%20l/", target)
    assert (paths.routes / "ada l").readlink() == paths.of_lab(3).lab_socket.parent
    assert lab_routes.all_routes(paths)["/user/ada%20l/"]["target"].endswith("lab.sock:80")
    lab_routes.remove(paths, "/user/ada%20l/")
    lab_routes.remove(paths, "/user/ada%20l/")
    assert list(paths.routes.iterdir()) == []


@pytest.mark.parametrize(
    ("spec", "target"),
    [
        ("/user/../", "http+unix://{3}"),
        ("/user/a%2F..%2Fb/", "http+unix://{3}"),
        ("/services/x/", "http+unix://{3}"),
        ("/user/ada/", "http://127.0.0.1:9000"),
        ("/user/ada/", "http+unix://%2Frun%2Fclassroom%2Fhub%2Fhub.sock"),
        ("/user/ada/", "http+unix://{run}%2Flabs%2F..%2Fhub%2Fhub.sock"),
        ("/user/ada/", "http+unix://{run}%2Flabs%2F99999%2Flab%2Flab.sock"),
    ],
)
def test_nothing_else_becomes_a_link(tmp_path: Path, spec: str, target: str) -> None:
    paths = Paths(run=tmp_path)
    paths.routes.mkdir()
    quoted = str(tmp_path).replace("/", "%2F")
    lab = f"{quoted}%2Flabs%2F3%2Flab%2Flab.sock"
    assert not lab_routes.add(paths, spec, target.replace("{3}", lab).replace("{run}", quoted))
    assert list(paths.routes.iterdir()) == []


def test_what_a_lab_writes_down_is_read_with_care(tmp_path: Path) -> None:
    file = tmp_path / "idle.json"
    for text, since in (
        ('{"since": 5.5}', 5.5),
        ('{"since": null}', None),
        ("[]", None),
        ("", None),
    ):
        file.write_text(text)
        assert lab_files.idle_since(file) == since
    file.write_text("[" * 100_000)
    assert lab_files.read(file) == {}
    secret = tmp_path / "secret"
    secret.write_text('{"since": 1}')
    file.unlink()
    file.symlink_to(secret)
    assert lab_files.idle_since(file) is None
    file.unlink()
    os.mkfifo(file)
    assert lab_files.idle_since(file) is None
