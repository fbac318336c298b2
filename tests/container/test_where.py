"""Which people a page sees in which lab: the Hub decides, for each person who asks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from classroom.lab.api.labs import ADDRESS
from classroom.lab.people import page_socket
from tests import labs, own_labs, students, web
from tests.own_labs import ask, base, enter, is_open
from tests.students import open_socket

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from websockets.sync.client import ClientConnection

    from tests.labs import Lab
    from tests.own_labs import People
    from tests.pki import Authority

FILE = {"type": "file", "format": "text", "content": "x"}


@pytest.fixture(scope="module")
def lab(
    network: object, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    del github
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), own_labs.CONFIG, authority)
    expected = (
        *own_labs.EXPECTED,
        r"40[134] GET .*classroom/(api/)?labs|Only a lab may ask",
        r"No Hub user identified|Token stored in cookie",  # of a removed person
    )
    with labs.start(
        folder,
        network=network,  # type: ignore[arg-type]
        expected=expected,
    ) as made:
        made.wait_healthy()
        yield made


@pytest.fixture(scope="module")
def people(lab: Lab, github: Lab, authority: Authority) -> Iterator[People]:
    """Two students and a tutor, signed in; one student has opened a lab of their own."""
    with own_labs.signed_in(lab, github, authority, "Octocat", "hubot", "mona") as found:
        enter(found["octocat"], "octocat")
        told = ask(found["octocat"], "octocat", "PUT", "api/contents/diary.txt", json=FILE)
        assert told.status_code == 201
        yield found


def be_in(client: httpx.Client, lab: Lab, where: str, path: str = "") -> ClientConnection:
    """Open the socket of a lab's page, which says that it shows a document."""
    page = open_socket(client, lab, page_socket.ADDRESS, base=where)
    place = {"type": "place", "path": path, "cell": "", "index": 0, "line": 0}
    page.send(json.dumps(place))
    return page


def listed(client: httpx.Client, where: str = students.BASE) -> dict[str, dict[str, Any]]:
    """List the labs as a lab's page does, by their address's last part that isn't ``lab``."""
    headers = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    answer = client.get(f"{labs.ADDRESS}{where}/{ADDRESS}", headers=headers)
    assert answer.status_code == 200, answer.text
    return {one["address"].split("/")[2]: one for one in answer.json()["labs"]}


def names(lab: dict[str, Any]) -> list[str]:
    return [one["name"] for one in lab["people"]]


def test_tutors_see_all_labs_and_where_in_each_people_are(lab: Lab, people: People) -> None:
    at_home = be_in(people["octocat"], lab, base("octocat"), "RTC:diary.txt")
    in_class = be_in(people["hubot"], lab, students.BASE)

    def known() -> bool:
        found = listed(people["mona"])
        (one,) = found["octocat"]["people"] or [{}]
        return one.get("path") == "diary.txt" and names(found["classroom"]) == ["hubot"]

    labs.wait_until(known, "both are known")
    found = listed(people["mona"])
    assert list(found)[:3] == ["classroom", "room.maths", "mona"], "rooms, then one's own"
    assert (found["octocat"]["kind"], found["octocat"]["running"]) == ("personal", True)
    assert found["octocat"]["people"][0]["active"] > 0
    assert found["mona"]["own"]
    assert not found["mona"]["running"]
    at_home.close()
    in_class.close()
    labs.wait_until(lambda: names(listed(people["mona"])["octocat"]) == [], "they have left")


def test_students_see_labs_that_they_may_enter_and_names_alone(lab: Lab, people: People) -> None:
    """Nobody learns, from any lab's server, who is in another person's lab."""
    at_home = be_in(people["octocat"], lab, base("octocat"), "RTC:diary.txt")
    assert is_open(people["mona"], "octocat")
    visitor = be_in(people["mona"], lab, base("octocat"), "RTC:diary.txt")
    home = labs.wait_until(
        lambda: (
            names(found := listed(people["octocat"], base("octocat"))["octocat"])
            == ["mona", "octocat"]
            and found
        ),
        "the owner sees the visitor",
    )
    assert home["own"]
    assert "diary.txt" not in json.dumps(home), "where somebody is, tutors see"
    found = listed(people["hubot"])
    assert set(found) == {"classroom", "hubot", "room.maths"}
    assert "octocat" not in json.dumps(found)
    assert all(set(one) == {"name"} for lab in found.values() for one in lab["people"])
    refused = ask(people["hubot"], "octocat", "GET", ADDRESS)
    assert refused.status_code in {302, 403}
    assert "diary.txt" not in refused.text
    at_home.close()
    visitor.close()


def test_only_a_lab_asks_the_hub_for_somebody_who_has_signed_in_to_it(
    lab: Lab, people: People
) -> None:
    """A page's script with the Hub's cookie, an invalid token and a stranger are refused."""
    address = f"{labs.ADDRESS}/hub/api/classroom/labs"
    page = people["mona"].get(f"{labs.ADDRESS}/hub/home")
    token = page.text.partition('xsrf_token: "')[2].partition('"')[0]
    assert token
    script = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    assert people["mona"].get(address, headers=script).status_code == 403
    with_xsrf = people["mona"].get(address, headers={**script, "X-XSRFToken": token})
    assert with_xsrf.status_code == 403
    assert "Only a lab" in with_xsrf.text
    with web.browser(lab.hosts) as stranger:
        for headers in ({}, {"Authorization": "token " + "0" * 32}):
            assert stranger.get(address, headers={**script, **headers}).status_code == 403
        answer = stranger.get(f"{labs.ADDRESS}{students.BASE}/{ADDRESS}", headers=script)
        assert answer.status_code in {302, 403}


def test_a_removed_person_hears_nothing_more(people: People) -> None:
    page = people["mona"].get(f"{labs.ADDRESS}/hub/home")
    token = page.text.partition('xsrf_token: "')[2].partition('"')[0]
    gone = people["mona"].delete(
        f"{labs.ADDRESS}/hub/api/users/hubot",
        headers={"X-XSRFToken": token, "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
    )
    assert gone.status_code == 204, gone.text
    headers = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}

    def refused() -> bool:
        answer = people["hubot"].get(
            f"{labs.ADDRESS}{students.BASE}/{ADDRESS}", headers=headers, follow_redirects=False
        )
        return answer.status_code in {302, 403}

    labs.wait_until(refused, "they are out")
