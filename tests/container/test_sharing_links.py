"""Share a lab by a link: who gets in, in which role, and what an attacker gets."""

from __future__ import annotations

from collections import ChainMap
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from classroom.lab.api.links import ADDRESS
from tests import labs, links, own_labs, sharing, students, web
from tests.links import DEAD, accept, code_of, made, take_back
from tests.own_labs import ask, base, enter
from tests.sharing import (
    OWNER,
    api,
    at_hub,
    comes_in,
    forget,
    goes_in,
    hub_is_back,
    is_out,
    page_of,
    revoke,
    share,
    signed_in,
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
    """The owner's lab; before and after each test it is shared with nobody and has no links."""
    yield shared_lab
    shared_lab.close()
    for link in links.listed(shared_lab):
        take_back(shared_lab, link["id"], guests=True)
    forget(shared_lab)


def is_in(page: httpx.Response) -> bool:
    """Say whether an answer is the lab's page."""
    return page.is_success and page.url.path == f"{base(OWNER)}/lab"


def is_dead(room: Classroom, address: str, name: str = "hubot") -> str:
    """Check that a link lets nobody in; return what the page says."""
    page = room.people[name].get(address)
    assert (page.status_code, DEAD in page.text) == (404, True), page.text
    assert "<form" not in page.text
    return page.text.split("<main")[1].split("</main>")[0]


def test_a_link_says_what_it_gives_and_the_button_gives_it(room: Classroom) -> None:
    """Opening a link grants nothing; its button leads to the lab. Viewers by link can't write."""
    answer = links.make(room, role="view", guest_seconds=7200, most=10)
    assert answer.status_code == 201, answer.text
    address, code = answer.json()["address"], code_of(answer.json()["address"])
    assert address == f"{links.PLACE}?code={code}"
    assert len(code) * 6 >= 128
    assert answer.json()["picture"].startswith("<svg")
    page = room.people["hubot"].get(address)
    for sentence in ("the lab of octocat", "You may look", "<time datetime="):
        assert sentence in page.text
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["Cache-Control"] == "no-store"
    is_out(room, "hubot")
    assert is_in(accept(room, "hubot", address)), "the lab has heard of it"
    assert goes_in(room, "hubot")
    assert writes(room, "hubot") == 403
    kernel = ask(room.people["hubot"], OWNER, "POST", "api/kernels", json={"name": "python3"})
    assert kernel.status_code == 403
    (link,) = links.listed(room)
    assert (link["used"], link["most"], link["came"], link["alive"]) == (1, 10, ["hubot"], True)
    found = sharing.listed(room)["hubot"]
    assert (found["role"], found["link"], found["until"]) == (
        *("view", link["id"]),
        link["guests_until"],
    )
    program = token_of(room, OWNER)
    (upstreams,) = api(room, program, "GET", f"share-codes/{OWNER}/").json()["items"]
    assert (upstreams["exchange_count"], "code" in upstreams) == (1, False)
    # The code is stored nowhere, and is in no line of the log.
    assert room.lab.run("grep", "-rlF", code, "/data", "/run")[1] == ""
    assert code not in room.lab.log


def test_a_guest_who_is_not_signed_in_signs_in_and_comes_back(room: Classroom) -> None:
    """A person who may not enter the class is refused there."""
    address = made(room, role="edit")
    hosts = ChainMap(room.lab.hosts, {labs.GITHUB: room.github.ip})
    with web.browser(hosts, room.authority.crt) as stranger:
        room.lab.expected += [
            "User 'stranger' not allowed|Failed login for|stranger is not part",
            r"\[W .* 403 GET /hub/oauth_callback",
        ]
        refused = web.sign_in_with_github(stranger, address, "stranger")
        assert "not on this classroom's list" in refused.text
        assert '<form method="post"' not in refused.text
    with web.browser(hosts, room.authority.crt) as client:
        page = web.sign_in_with_github(client, address, "hubot")
        assert str(page.url) == address
        assert "You are invited to the lab of octocat" in page.text
    assert code_of(address) not in room.lab.log, "also not as where to go on after the sign-in"


def test_a_link_is_used_so_often_and_then_dead_like_any_wrong_one(room: Classroom) -> None:
    """A person who comes twice counts once; all dead links get the same answer."""
    room.people.setdefault("twin", signed_in(room, "twin"))
    address = made(room, most=1)
    spare = made(room, most=2)
    assert is_in(accept(room, "hubot", spare))
    again = room.people["hubot"].get(spare)
    assert "You may enter this lab already" in again.text
    assert is_in(accept(room, "twin", address))
    said = {is_dead(room, address), is_dead(room, f"{links.PLACE}?code={'x' * 43}")}
    short = made(room)
    newest = links.listed(room)[0]["id"]
    assert take_back(room, newest, guests=False).status_code == 204
    said |= {
        is_dead(room, short),
        is_dead(room, f"{links.PLACE}?code="),
        is_dead(room, links.PLACE),
    }
    assert len(said) == 1
    by_link = {one["most"]: one for one in links.listed(room)}
    assert (by_link[1]["alive"], by_link[1]["came"]) == (False, ["twin"])
    assert (by_link[2]["alive"], by_link[2]["used"]) == (True, 1)


def test_no_more_come_than_may_however_fast(room: Classroom) -> None:
    names = ("hubot", "twin", "astronaut")
    for name in names:
        room.people.setdefault(name, signed_in(room, name))
    address = made(room, most=1)
    forms = {name: links.fields(room.people[name].get(address)) for name in names}

    def come(name: str) -> bool:
        return is_in(room.people[name].post(links.PLACE, data=forms[name]))

    with ThreadPoolExecutor(len(names)) as pool:
        assert sum(pool.map(come, names)) == 1
    assert len(sharing.listed(room)) == 1


def test_who_has_less_gets_more_by_a_link_and_never_less(room: Classroom) -> None:
    looks, edits = made(room, role="view"), made(room, role="edit", guest_seconds=3600)
    assert is_in(accept(room, "hubot", looks))
    assert is_in(accept(room, "hubot", edits))
    labs.wait_until(lambda: goes_in(room, "hubot") and writes(room, "hubot") < 300, "they edit")
    page = room.people["hubot"].get(looks)
    assert "the link gives you no more" in page.text
    assert sharing.listed(room)["hubot"]["role"] == "edit"


def test_no_forged_request_opens_a_link_for_somebody(room: Classroom) -> None:
    address = made(room)
    hubot = room.people["hubot"]
    good = links.fields(hubot.get(address))
    assert set(good) == {"_xsrf", "code", "next"}
    twin = room.people.setdefault("twin", signed_in(room, "twin"))
    theirs = links.fields(twin.get(address))["_xsrf"]
    for what, data, headers in links.forged(good, theirs):
        answer = hubot.post(links.PLACE, data=data, headers=headers)
        assert answer.status_code == 403, what
    for what, headers in links.LOOKED:
        assert hubot.get(address, headers=headers).status_code == 403, what
    is_out(room, "hubot")
    assert (sharing.listed(room), links.listed(room)[0]["used"]) == ({}, 0)


def test_nobody_makes_or_sees_links_but_the_owner_and_tutors(room: Classroom) -> None:
    """Refuse guests, strangers, sign-ins to other labs, and a lab's token at JupyterHub's API."""
    people = room.people
    address = made(room, role="edit")
    assert is_in(accept(room, "hubot", address))
    assert goes_in(room, "hubot")
    assert links.make(room, "hubot").status_code == 403
    assert ask(people["hubot"], OWNER, "GET", ADDRESS).status_code == 403
    (link,) = links.listed(room)
    assert take_back(room, link["id"], guests=True, who="hubot").status_code == 403
    assert take_back(room, "7 x", guests=True).status_code == 404
    for wrong in ({"role": "drive"}, {"seconds": 1}, {"most": 0}, {"guest_seconds": -1}):
        assert links.make(room, **wrong).status_code == 400, wrong
    enter(people["hubot"], "hubot")
    assert people[OWNER].get(f"{labs.ADDRESS}{students.BASE}/lab").is_success
    of_hub = f"{labs.ADDRESS}/hub/api/classroom/links/{OWNER}"
    tokens = {
        "the owner's, for the class": own_labs.token_of(people[OWNER], f"{students.BASE}/"),
        "the guest's, for their own": own_labs.token_of(people["hubot"], f"{base('hubot')}/"),
        "the guest's, for this one": own_labs.token_of(people["hubot"], f"{base(OWNER)}/"),
        "an API token of the owner's": token_of(room, OWNER),
    }
    terms = {"role": "edit", "seconds": 3600}
    with web.browser(room.lab.hosts, room.authority.crt) as program:
        for what, token in tokens.items():
            headers = {"Authorization": f"token {token}", "Sec-Fetch-Mode": "cors"}
            assert program.post(of_hub, headers=headers, json=terms).status_code == 403, what
            assert program.get(of_hub, headers=headers).status_code == 403, what
    owners = own_labs.token_of(people[OWNER], f"{base(OWNER)}/")
    assert api(room, owners, "POST", f"share-codes/{OWNER}/").status_code == 403
    enter(people["hubot"], "hubot")
    theirs = links.make(room, "hubot", "hubot").json()["id"]
    assert take_back(room, theirs, guests=True).status_code == 404, "a link to another lab"
    assert len(links.listed(room)) == 1


def test_a_link_is_taken_back_with_all_who_came_by_it(room: Classroom) -> None:
    address = made(room, most=None)
    assert is_in(accept(room, "hubot", address))
    (link,) = links.listed(room)
    assert take_back(room, link["id"], guests=False).status_code == 204
    is_dead(room, address, "twin" if "twin" in room.people else "hubot")
    codes = api(room, token_of(room, OWNER), "GET", f"share-codes/{OWNER}/")
    assert codes.json()["items"] == [], "JupyterHub has none, either"
    assert goes_in(room, "hubot"), "only the link is dead"
    assert links.listed(room)[0]["alive"] is False
    with page_of(room, "hubot") as theirs, page_of(room, OWNER) as owners:
        assert take_back(room, link["id"], guests=True).status_code == 204
        until_closed(theirs)
        assert owners.close_code is None
    is_out(room, "hubot")
    assert (links.listed(room), sharing.listed(room)) == ([], {})


def test_whom_the_owner_has_revoked_or_removed_no_link_lets_in(room: Classroom) -> None:
    """This lasts until the owner shares the lab with them again."""
    address = made(room)
    assert is_in(accept(room, "hubot", address))
    assert revoke(room, "hubot").status_code == 204
    page = room.people["hubot"].get(address)
    assert "Your access to this lab was ended" in page.text
    assert '<form method="post"' not in page.text
    is_out(room, "hubot")
    assert share(room, "hubot", role="view", seconds=None).is_success
    labs.wait_until(lambda: goes_in(room, "hubot"), "that they are let in")
    removed = ask(room.people[OWNER], OWNER, "DELETE", "classroom/api/people/hubot")
    assert removed.status_code == 204
    assert not is_in(accept(room, "hubot", address)), "the lab keeps them out"
    assert not goes_in(room, "hubot")
    assert share(room, "hubot", role="view", seconds=None).is_success
    labs.wait_until(lambda: goes_in(room, "hubot"), "that they are let in")


def test_the_owner_and_tutors_need_no_link(room: Classroom) -> None:
    address = made(room, most=1)
    for name, sentence in ((OWNER, "a link to your own lab"), ("mona", "As a tutor")):
        page = room.people[name].get(address)
        assert sentence in page.text
        assert '<form method="post"' not in page.text
        xsrf = page.text.split('xsrf_token: "')[1].split('"')[0]
        data = {"_xsrf": xsrf, "code": code_of(address)}
        room.people[name].post(links.PLACE, data=data)
    assert links.listed(room)[0]["used"] == 0


def test_a_link_leads_to_a_document_and_to_no_other_place(room: Classroom) -> None:
    address = made(room)
    hubot, inside = room.people["hubot"], f"{base(OWNER)}/lab/tree/links.txt"
    assert links.fields(hubot.get(f"{address}&next={inside}"))["next"] == inside
    odd = '"><script>alert(1)</script>'
    page = hubot.get(address, params={"code": code_of(address), "next": odd})
    assert "<script>alert" not in page.text
    for wanted in ("https://evil.test/", "//evil.test/", "/hub/admin", f"{base(OWNER)}/../../hub/"):
        data = {**links.fields(hubot.get(address)), "next": wanted}
        answer = hubot.post(links.PLACE, data=data, follow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{base(OWNER)}/lab")
        forget(room)
    data = {**links.fields(hubot.get(address)), "next": inside}
    answer = hubot.post(links.PLACE, data=data, follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, inside)


def test_a_restart_of_the_hub_loses_no_link_and_no_count(room: Classroom) -> None:
    lab = room.lab
    lab.expected += [r"The Hub ended with -9", r"is back", r"\[crit\]|\[error\]|\[front\]"]
    room.people.setdefault("twin", signed_in(room, "twin"))
    address = made(room, role="view", most=2)
    assert is_in(accept(room, "hubot", address))
    before = links.listed(room)
    assert lab.run("pkill", "-KILL", "-f", "classroom.hub --")[0] == 0
    hub_is_back(room)
    assert links.listed(room) == before
    assert is_in(accept(room, "twin", address))
    assert goes_in(room, "twin")
    assert writes(room, "twin") == 403
    is_dead(room, address)


def test_a_code_made_by_jupyterhubs_api_is_an_ordinary_link(room: Classroom) -> None:
    """It works, appears in the panel, and can be revoked on either side."""
    program = token_of(room, OWNER)
    codes = f"share-codes/{OWNER}/"
    upstreams = api(room, program, "POST", codes).json()
    address = f"{labs.ADDRESS}{upstreams['accept_url']}"
    (link,) = links.listed(room)
    assert (link["role"], link["most"], link["used"], link["alive"]) == ("edit", None, 0, True)
    assert is_in(accept(room, "hubot", address))
    assert goes_in(room, "hubot")
    assert writes(room, "hubot") < 300
    assert links.listed(room)[0]["came"] == ["hubot"]
    ours = made(room)
    assert len(api(room, program, "GET", codes).json()["items"]) == 2
    assert api(room, program, "DELETE", f"{codes}?code={code_of(ours)}").status_code == 204
    is_dead(room, ours)
    assert take_back(room, link["id"], guests=True).status_code == 204
    assert api(room, program, "GET", codes).json()["items"] == []
    labs.wait_until(lambda: not goes_in(room, "hubot"), "that they are out")


def test_the_links_of_who_is_removed_from_the_class_are_dead(room: Classroom) -> None:
    """They stay dead for a person who takes that name later."""
    room.people.setdefault("twin", signed_in(room, "twin"))
    enter(room.people["hubot"], "hubot")
    answer = links.make(room, "hubot", "hubot")
    assert answer.status_code == 201, answer.text
    address = answer.json()["address"]
    assert "You are invited" in room.people["twin"].get(address).text
    assert at_hub(room, "mona", "DELETE", "users/hubot").status_code == 204
    is_dead(room, address, "twin")
    assert at_hub(room, "mona", "POST", "users/hubot").status_code == 201
    room.people["hubot"] = signed_in(room, "hubot")
    is_dead(room, address, "twin")


def test_whom_jupyterhubs_api_has_taken_out_no_link_lets_in(room: Classroom) -> None:
    """It is as if the owner had revoked in the panel, until the lab is shared with them again."""
    address, program = made(room), token_of(room, OWNER)
    shares = f"shares/{OWNER}/"

    def is_kept_out() -> None:
        page = room.people["hubot"].get(address)
        assert "Your access to this lab was ended" in page.text
        assert '<form method="post"' not in page.text
        is_out(room, "hubot")

    assert is_in(accept(room, "hubot", address))
    access = {"user": "hubot", "scopes": [f"access:servers!server={OWNER}/"]}
    with page_of(room, "hubot") as theirs:
        left = api(room, program, "PATCH", shares, **access).json()["scopes"]
        assert left == [f"{what}:servers!server={OWNER}/" for what in ("read", "start")]
        until_closed(theirs)
    is_kept_out()
    assert sharing.listed(room) == {}
    assert api(room, program, "POST", shares, user="hubot").is_success
    comes_in(room, "hubot")
    assert api(room, program, "PATCH", shares, user="hubot").json() == {}
    is_kept_out()
    assert share(room, "hubot", role="edit", seconds=None).is_success
    comes_in(room, "hubot")
    assert share(room, "nobody-yet", role="edit", seconds=None).is_success
    assert api(room, program, "DELETE", shares).status_code == 204
    is_kept_out()
    assert sharing.listed(room) == {}, "nobody is waited for, either"
    # A person who leaves by the API may come back.
    assert share(room, "hubot", role="edit", seconds=None).is_success
    assert at_hub(room, "hubot", "DELETE", f"users/hubot/shared/{OWNER}/").status_code == 204
    labs.wait_until(lambda: sharing.listed(room) == {}, "that they have left")
    assert is_in(accept(room, "hubot", address))
    # A person whom a tutor removes may not come back.
    assert at_hub(room, "mona", "DELETE", f"users/hubot/shared/{OWNER}/").status_code == 204
    is_kept_out()


def test_who_guesses_links_keeps_nobody_else_at_their_address_out(room: Classroom) -> None:
    """Wrong links are answered ever more slowly, and some not at all; the right one at once."""
    address = made(room)
    assert len(code_of(address)) * 6 >= 128
    guesser = room.people.setdefault("twin", signed_in(room, "twin"))
    room.lab.expected += [r"429 GET /hub/accept-share"]
    with links.guessing(guesser, links.PLACE):
        assert guesser.get(address).status_code == 429, "also if they come upon the right one"
        assert is_in(accept(room, "hubot", address))
    assert links.listed(room)[0]["came"] == ["hubot"]
