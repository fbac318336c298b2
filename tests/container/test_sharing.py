"""Share a lab with people: who gets in, in which role, until when, and who is refused."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from classroom.lab.api.sharing import ADDRESS
from tests import labs, own_labs, students, web
from tests.container.test_view_only import ATTEMPTS, READS, Copy, Page
from tests.own_labs import ask, base, enter, look, number
from tests.sharing import (
    OWNER,
    api,
    at_hub,
    comes_in,
    goes_in,
    has_stopped,
    hub_is_back,
    is_out,
    listed,
    page_of,
    revoke,
    share,
    signed_in,
    starts,
    token_of,
    writes,
)
from tests.students import until_closed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.classrooms import Classroom


@pytest.fixture
def room(shared_lab: Classroom) -> Iterator[Classroom]:
    """The owner's lab; before and after each test it is shared with nobody."""
    yield shared_lab
    shared_lab.close()
    for name in listed(shared_lab):
        revoke(shared_lab, name)


def test_who_is_let_in_to_edit_works_there(room: Classroom) -> None:
    """The owner types their exact name, in any case; JupyterHub's API and the pages show it."""
    is_out(room, "hubot")
    made = share(room, "HuBot", role="edit", seconds=None)
    assert made.is_success, made.text
    assert (made.json()["name"], made.json()["role"], made.json()["until"]) == (
        "hubot",
        "edit",
        None,
    )
    comes_in(room, "hubot")
    assert writes(room, "hubot") in {200, 201}
    with page_of(room, "hubot"):
        assert listed(room)["hubot"]["here"]
    assert "Shared with me" in room.people["hubot"].get(f"{labs.ADDRESS}/hub/home").text
    mine = ask(room.people["hubot"], OWNER, "GET", "classroom/api/labs").json()["labs"]
    assert [(one["name"], one["role"]) for one in mine if one["shared"]] == [(OWNER, "edit")]
    program = token_of(room, OWNER)
    (found,) = api(room, program, "GET", f"shares/{OWNER}/").json()["items"]
    assert found["user"] == {"name": "hubot"}
    assert {scope.partition("!")[2] for scope in found["scopes"]} == {f"server={OWNER}/"}
    theirs = api(room, token_of(room, "hubot"), "GET", "users/hubot/shared").json()["items"]
    assert [one["server"]["user"]["name"] for one in theirs] == [OWNER]


def test_who_may_only_look_writes_nothing_by_any_way(room: Classroom) -> None:
    """The server enforces it over HTTP and in open documents, kernels and terminals."""
    hubot = room.people["hubot"]
    assert share(room, "hubot", role="edit", seconds=None).is_success
    comes_in(room, "hubot")
    path = room.room("hubot", "work.ipynb")
    kernel = {"path": "work.ipynb", "name": "x", "type": "notebook", "kernel": {"name": "python3"}}
    session = hubot.post(f"{room.api}/sessions", json=kernel).json()
    made = {
        "session": session["id"],
        "kernel": session["kernel"]["id"],
        "terminal": hubot.post(f"{room.api}/terminals").json()["name"],
        "checkpoint": hubot.post(f"{room.api}/contents/work.ipynb/checkpoints").json()["id"],
        "room": path.rpartition("/")[2].partition("?")[0],
    }
    page, copy = Page(room, "hubot"), Copy(room, "hubot", path)
    copy.write("before")
    owners = Copy(room, OWNER, path)
    owners.sees("before")
    assert share(room, "hubot", role="view").is_success
    page.hears(viewOnly=True)
    copy.write("during")
    page.hears(refused=True)
    for name, method, place, body in ATTEMPTS:
        answer = hubot.request(method, f"{room.address}/{place.format(**made)}", json=body)
        assert answer.status_code == 403, f"{name} by {place}: {answer.status_code}"
    for place in READS:
        assert hubot.get(f"{room.address}/{place.format(**made)}").status_code == 200, place
    assert share(room, "mona", who="hubot", role="edit", seconds=None).status_code == 403
    owners.write("the owner's")
    copy.sees("the owner's")  # they can still read
    fresh = Copy(room, OWNER, path)
    assert fresh.texts() == ["before", "the owner's"]
    # The share's role decides: neither the owner's switch nor another page gives them more rights.
    switched = ask(
        room.people[OWNER], OWNER, "PUT", "classroom/api/driving/hubot", json={"viewOnly": False}
    )
    assert switched.status_code == 409
    assert "“Share”" in switched.json()["message"]
    assert share(room, "hubot", role="edit").is_success
    page.hears(viewOnly=False)
    assert writes(room, "hubot") in {200, 201}


def test_who_is_revoked_is_out_and_comes_back_by_no_way(room: Classroom) -> None:
    assert share(room, "hubot", role="edit", seconds=None).is_success
    comes_in(room, "hubot")
    path = room.room("hubot", "work.ipynb")
    with page_of(room, "hubot") as theirs, page_of(room, OWNER) as owners:
        document = room.open("hubot", path)
        assert revoke(room, "hubot").status_code == 204
        until_closed(theirs)
        until_closed(document)
        assert "You may no longer enter this lab" in str(theirs.close_reason)
        assert owners.close_code is None
    is_out(room, "hubot")
    assert listed(room) == {}
    assert revoke(room, "hubot").status_code == 404
    assert api(room, token_of(room, OWNER), "GET", f"shares/{OWNER}/").json()["items"] == []
    assert at_hub(room, "hubot", "GET", "users/hubot/shared").json()["items"] == []
    assert "Shared with me" not in room.people["hubot"].get(f"{labs.ADDRESS}/hub/home").text


def test_at_its_end_a_share_is_over(room: Classroom) -> None:
    """It ends even while the Hub is down; once the Hub is back, it has removed the share."""
    lab = room.lab
    assert share(room, "hubot", role="view", seconds=None).is_success
    comes_in(room, "hubot")
    with page_of(room, "hubot") as theirs:
        assert share(room, "hubot", role="view", seconds=3).is_success
        until_closed(theirs)
    is_out(room, "hubot")
    labs.wait_until(lambda: listed(room) == {}, "the Hub has ended it")
    lab.expected += [r"The Hub ended with -9", r"is back", r"\[crit\]|\[error\]|\[front\]"]
    assert share(room, "hubot", role="edit", seconds=12).is_success
    comes_in(room, "hubot")
    with page_of(room, "hubot") as theirs:
        assert lab.run("pkill", "-STOP", "-f", "classroom.hub --")[0] == 0
        try:
            until_closed(theirs)
        finally:
            lab.run("pkill", "-CONT", "-f", "classroom.hub --")
    hub_is_back(room)
    labs.wait_until(lambda: listed(room) == {}, "the Hub has ended it")
    is_out(room, "hubot")


def test_a_restart_of_the_hub_loses_no_role_and_no_end(room: Classroom) -> None:
    lab = room.lab
    lab.expected += [r"The Hub ended with -9", r"is back", r"\[crit\]|\[error\]|\[front\]"]
    assert share(room, "hubot", role="view", seconds=3600).is_success
    assert share(room, "twin", role="view", seconds=None).is_success
    comes_in(room, "hubot")
    before = listed(room)
    assert lab.run("pkill", "-KILL", "-f", "classroom.hub --")[0] == 0
    hub_is_back(room)
    assert listed(room) == before
    comes_in(room, "hubot")
    assert before["hubot"]["until"] is not None
    assert writes(room, "hubot") == 403


def test_what_is_done_by_jupyterhubs_api_shows_and_takes_effect(room: Classroom) -> None:
    """A program with the owner's token shares and revokes; the panel shows it."""
    program = token_of(room, OWNER)
    made = api(room, program, "POST", f"shares/{OWNER}/", user="hubot")
    assert made.is_success, made.text
    comes_in(room, "hubot")
    found = listed(room)["hubot"]
    assert (found["role"], found["until"], found["waits"]) == ("edit", None, False)
    assert writes(room, "hubot") in {200, 201}
    assert share(room, "hubot", role="view").is_success, "the panel gives it a role"
    labs.wait_until(lambda: writes(room, "hubot") == 403, "that they only look")
    with page_of(room, "hubot") as theirs:
        assert api(room, program, "PATCH", f"shares/{OWNER}/", user="hubot").is_success
        until_closed(theirs)
    is_out(room, "hubot")
    assert listed(room) == {}
    assert api(room, program, "POST", f"shares/{OWNER}/", user="hubot").is_success
    comes_in(room, "hubot")
    assert listed(room)["hubot"]["role"] == "edit", "it is another share, without a role"
    with page_of(room, "hubot") as theirs:
        assert api(room, program, "DELETE", f"shares/{OWNER}/").status_code == 204
        until_closed(theirs)
    is_out(room, "hubot")
    # A program can share only its owner's lab, and can't list people.
    for method, path in (
        ("POST", "shares/hubot/"),
        ("GET", "shares/hubot/"),
        ("GET", "users"),
        ("GET", "users/hubot/shared"),
        ("GET", "shares/mona/"),
    ):
        answer = api(room, program, method, path, **({"user": "mona"} if method == "POST" else {}))
        assert answer.status_code in {403, 404}, (method, path, answer.text)


def test_who_has_never_signed_in_is_waited_for(room: Classroom) -> None:
    """They sign in later, as members of an organization; the role and the end then apply."""
    assert share(room, "astronaut", role="view", seconds=3600).is_success
    assert listed(room)["astronaut"]["waits"]
    assert share(room, "twin", role="edit", seconds=None).is_success
    assert revoke(room, "twin").status_code == 204
    for name in ("astronaut", "twin"):
        room.people[name] = signed_in(room, name)
    labs.wait_until(lambda: goes_in(room, "astronaut"), "that they are let in")
    found = listed(room)["astronaut"]
    assert (found["waits"], found["role"]) == (False, "view")
    assert writes(room, "astronaut") == 403
    theirs = at_hub(room, "astronaut", "GET", "users/astronaut/shared").json()["items"]
    assert [one["server"]["user"]["name"] for one in theirs] == [OWNER], "JupyterHub says so"
    is_out(room, "twin")


def test_who_there_can_be_none_of_is_refused_with_a_sentence(room: Classroom) -> None:
    for name, sentence in (
        ("no such name", "There can be nobody called"),
        ("a.b", "There can be nobody called"),
        ("x" * 40, "There can be nobody called"),
        ("room.maths", "There can be nobody called"),
        (OWNER, "own"),
        ("mona", "tutors may enter every lab"),
    ):
        answer = share(room, name.replace(" ", "%20"), role="edit", seconds=None)
        assert (answer.status_code, sentence in answer.text) == (400, True), answer.text
    for terms in (
        {},
        {"role": "drive"},
        {"role": "edit", "seconds": 0},
        {"role": "edit", "seconds": 1e9},
    ):
        assert share(room, "hubot", **terms).status_code == 400, terms
    assert listed(room) == {}


def test_a_guest_leaves(room: Classroom) -> None:
    """They leave by the lab's panel, even as view-only guests, and by the Hub's page."""
    assert share(room, "hubot", role="view", seconds=None).is_success
    comes_in(room, "hubot")
    assert set(listed(room, "hubot")) == {"hubot"}
    with page_of(room, "hubot") as theirs:
        assert revoke(room, "hubot", who="hubot").status_code == 204
        until_closed(theirs)
    is_out(room, "hubot")
    assert share(room, "hubot", role="view", seconds=None).is_success
    page = room.people["hubot"].get(f"{labs.ADDRESS}/hub/home")
    assert f'data-leave="{OWNER}"' in page.text
    left = at_hub(room, "hubot", "DELETE", f"users/hubot/shared/{OWNER}/")
    assert left.status_code == 204, left.text
    labs.wait_until(lambda: listed(room) == {}, "that they have left")
    is_out(room, "hubot")


def test_nobody_shares_a_lab_but_its_owner_and_tutors(room: Classroom) -> None:
    """Guests, strangers, sign-ins to other labs, a lab's own token and forged forms are refused."""
    lab, people = room.lab, room.people
    enter(people["hubot"], "hubot")
    enter(people[OWNER], OWNER)
    assert share(room, "hubot", role="edit", seconds=None).is_success
    comes_in(room, "hubot")
    terms = {"role": "edit", "seconds": None}
    assert share(room, "twin", who="hubot", **terms).status_code == 403
    assert revoke(room, "octocat", who="hubot").status_code in {403, 404}
    of_hub = f"{labs.ADDRESS}/hub/api/classroom/shares/{OWNER}"
    # The owner's sign-ins to other labs, and the guest's to any lab, are not valid for this.
    assert people[OWNER].get(f"{labs.ADDRESS}{students.BASE}/lab").is_success
    tokens = {
        "the owner's, for the class": own_labs.token_of(people[OWNER], f"{students.BASE}/"),
        "the guest's, for their own": own_labs.token_of(people["hubot"], f"{base('hubot')}/"),
        "the guest's, for this one": own_labs.token_of(people["hubot"], f"{base(OWNER)}/"),
        "an API token of the owner's": token_of(room, OWNER),
    }
    with web.browser(lab.hosts, room.authority.crt) as program:
        for what, token in tokens.items():
            headers = {"Authorization": f"token {token}", "Sec-Fetch-Mode": "cors"}
            made = program.put(f"{of_hub}/twin", headers=headers, json=terms)
            assert made.status_code == 403, what
    # The token in a lab's page is valid for this lab, but not for JupyterHub's own API.
    owners = own_labs.token_of(people[OWNER], f"{base(OWNER)}/")
    refused = api(room, owners, "POST", f"shares/{OWNER}/", user="twin")
    assert refused.status_code in {403, 404}, refused.text
    # A page of another site, or a form, sends a request as the owner.
    address = f"{labs.ADDRESS}{base(OWNER)}/{ADDRESS}/twin"
    for forged in (
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Origin": "https://evil.test"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"},
    ):
        headers = {**forged, "X-XSRFToken": ""}
        assert people[OWNER].put(address, headers=headers, json=terms).status_code == 403, forged
        assert people[OWNER].put(of_hub + "/twin", headers=headers, json=terms).status_code == 403
    assert set(listed(room)) == {"hubot"}
    # A guest reaches only this one lab, and none of its tutor functions.
    assert ask(people["hubot"], "mona", "GET", "api/contents").status_code in {302, 403, 404}
    assert ask(people["hubot"], OWNER, "GET", "classroom/api/driving").status_code == 403


KERNEL = """
import json, socket, ssl, urllib.error, urllib.request
def attempt(step):
    try:
        return step()
    except urllib.error.HTTPError as error:
        return error.code
    except OSError as error:
        return type(error).__name__
def put(address):
    context = ssl._create_unverified_context()
    body = json.dumps({"role": "edit", "seconds": None}).encode()
    request = urllib.request.Request(address, data=body, method="PUT")
    return urllib.request.urlopen(request, context=context, timeout=5).status
def connect(path):
    return socket.socket(socket.AF_UNIX).connect(path) or "connected"
for place in ("user/octocat/classroom/api/shares/twin", "hub/api/classroom/shares/octocat/twin"):
    print(attempt(lambda: put(f"https://127.0.0.1:8443/{place}")))
for place in PLACES:
    print(attempt(lambda: connect(place)))
"""


def test_code_in_a_kernel_shares_nothing(room: Classroom) -> None:
    own = number(room.lab, OWNER)
    places = ["/run/classroom/hub/hub.sock", f"/run/classroom/labs/{own}/lab.sock"]
    kernel = own_labs.student(room.people[OWNER], room.lab, OWNER).kernel
    said = kernel.run(f"PLACES = {places!r}\n{KERNEL}").split()
    assert len(said) == 2 + len(places)
    assert not {"200", "connected"} & set(said), said
    assert listed(room) == {}


def test_a_guest_starts_a_lab_that_has_stopped(room: Classroom) -> None:
    """They press a button on a page that asks first."""
    hubot = room.people["hubot"]
    assert share(room, "hubot", role="view", seconds=None).is_success
    stopped = at_hub(room, "mona", "DELETE", f"users/{OWNER}/server")
    assert stopped.is_success, stopped.text
    has_stopped(room)
    assert f"Start: Lab of {OWNER}" in hubot.get(f"{labs.ADDRESS}/hub/home").text
    starts(room, "hubot")
    assert writes(room, "hubot") == 403
    enter(room.people[OWNER], OWNER)


def test_a_tutor_shares_a_room_and_no_member_does(room: Classroom) -> None:
    mona, hubot = room.people["mona"], room.people["hubot"]
    enter(mona, own_labs.ROOM)
    enter(hubot, own_labs.ROOM)
    room.people.setdefault("astronaut", signed_in(room, "astronaut"))
    place, terms = f"{ADDRESS}/astronaut", {"role": "view", "seconds": None}
    assert ask(hubot, own_labs.ROOM, "PUT", place, json=terms).status_code == 403
    assert look(room.people["astronaut"], own_labs.ROOM).status_code in {403, 404}
    made = ask(mona, own_labs.ROOM, "PUT", place, json=terms)
    assert made.is_success, made.text
    labs.wait_until(
        lambda: own_labs.is_open(room.people["astronaut"], own_labs.ROOM), "that they are let in"
    )
    assert ask(mona, own_labs.ROOM, "DELETE", place).status_code == 204
    labs.wait_until(
        lambda: look(room.people["astronaut"], own_labs.ROOM).status_code in {403, 404},
        "that they are out",
    )
    assert ask(mona, "x", "PUT", place, json=terms).status_code in {302, 403, 404}
    assert mona.put(f"{labs.ADDRESS}{students.BASE}/{ADDRESS}/hubot", json=terms).status_code in {
        403,
        404,
    }, "the class is everybody's"


def test_whom_the_owner_removed_comes_back_when_the_lab_is_shared_again(room: Classroom) -> None:
    assert share(room, "hubot", role="edit", seconds=None).is_success
    comes_in(room, "hubot")
    removed = ask(room.people[OWNER], OWNER, "DELETE", "classroom/api/people/hubot")
    assert removed.status_code == 204
    assert not goes_in(room, "hubot")
    assert share(room, "hubot", role="edit", seconds=None).is_success
    comes_in(room, "hubot")


def test_who_is_removed_from_the_class_is_out_of_shared_labs_and_forgotten(
    room: Classroom,
) -> None:
    """A person who takes that name later can't enter a lab that was shared with the old one."""
    assert share(room, "hubot", role="edit", seconds=None).is_success
    comes_in(room, "hubot")
    with page_of(room, "hubot") as theirs:
        assert at_hub(room, "mona", "DELETE", "users/hubot").status_code == 204
        until_closed(theirs)
    labs.wait_until(lambda: listed(room) == {}, "that nothing is shared with them")
    assert at_hub(room, "mona", "POST", "users/hubot").status_code == 201
    room.people["hubot"] = signed_in(room, "hubot")
    is_out(room, "hubot")


def test_who_was_in_for_a_moment_only_is_out(room: Classroom) -> None:
    """They are admitted, enter and are removed faster than a lab checks who may be in."""
    for _ in range(2):
        client = room.people["twin"] = signed_in(room, "twin")
        assert share(room, "twin", role="edit", seconds=None).is_success
        look(client, OWNER)
        assert revoke(room, "twin").status_code == 204
        labs.wait_until(partial(is_refused, client), "that they are out")
    is_out(room, "twin")


def is_refused(client: httpx.Client) -> bool:
    return look(client, OWNER).status_code in {403, 404}
