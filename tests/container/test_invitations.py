"""A class without accounts: each person has a personal link, as strict as GitHub's sign-in."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from classroom.lab.api.sharing import ADDRESS
from classroom.lab.people import page_socket, revocation
from tests import labs, own_labs, sharing, students, web
from tests.container.test_rooms import API, room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from websockets.sync.client import ClientConnection

    from tests.labs import Lab

CONFIG = """
USERS = ["Anna Maria", "ben"]
c.Authenticator.allowed_users = USERS
c.Authenticator.admin_users = ["Mona"]
c.Classroom.sign_in = "invitations"
c.Classroom.name = "Algebra"
"""
LINK = re.compile(r"<h2>([^<]+)</h2>.*?<code>([^<]+)</code>", re.DOTALL)
LAB = f"{students.BASE}/lab"
GLOBAL_AWARENESS = "api/collaboration/room/JupyterLab:globalAwareness"
WRONG = "That link is not good any more"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return labs.write_folder(tmp_path_factory.mktemp("tutor") / "folder", CONFIG, None)


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[Lab]:
    expected = (
        "ssl.crt and secrets/ssl.key are missing",
        "403 (GET|POST) /hub/|Failed login for|no longer admitted|403 GET /services",
        "unused OAuth state cookies|wrote error: 'Forbidden'",
        "Not authorizing access to /hub/admin|XSRF error on login form",
        "No Hub user identified|Token stored in cookie|Invalid cookie token",
    )
    with labs.start(folder, expected=expected) as made:
        made.wait_healthy()
        yield made


def links(lab: Lab, *words: str) -> dict[str, str]:
    """Print the sheet of links; return each person's link."""
    status, said = lab.run("classroom", "invitations", "--address", labs.ADDRESS, *words)
    assert status == 0, said
    assert said.count("<svg") == len(LINK.findall(said))
    return {html.unescape(name): html.unescape(link) for name, link in LINK.findall(said)}


def go_in(client: httpx.Client, link: str) -> httpx.Response:
    """Open a link and press the button."""
    page = client.get(link)
    if page.status_code != 200:
        return page
    fields = dict(re.findall(r'name="(_xsrf|key)" value="([^"]+)"', page.text))
    return client.post(f"{labs.ADDRESS}/hub/login?next=", data=fields)


def test_everybody_has_a_link_of_their_own(lab: Lab) -> None:
    found = links(lab)
    assert set(found) == {"Anna Maria", "ben", "Mona"}
    assert len(set(found.values())) == 3
    assert links(lab) == found, "a second sheet has the same links"
    with web.browser(lab.hosts) as client:
        page = client.get(found["Anna Maria"])
        assert "Go in as Anna Maria" in page.text
        assert "Algebra" in page.text
        assert client.get(f"{labs.ADDRESS}{LAB}").url.path == "/hub/login", "by opening it alone"
        page = go_in(client, found["Anna Maria"])
        assert (page.status_code, page.url.path) == (200, LAB)
        identity = client.get(f"{API}/me").json()["identity"]
        assert (identity["username"], identity["display_name"]) == ("anna maria", "Anna Maria")
        assert client.get(f"{labs.ADDRESS}/hub/admin").status_code == 403
    with web.browser(lab.hosts) as client:
        assert go_in(client, found["Mona"]).url.path == LAB
        assert client.get(f"{labs.ADDRESS}/hub/admin").status_code == 200


def test_no_key_is_in_a_log_or_readable_for_students(lab: Lab) -> None:
    keys = [link.partition("key=")[2] for link in links(lab).values()]
    assert not any(key in lab.log for key in keys)
    for user in ("student", "classroom"):
        assert lab.run("cat", "/data/hub/invitations.json", user=user)[0] != 0


@pytest.mark.parametrize("key", ["", "x", "\u00e9" * 40, "k" * 43, "../../etc/passwd", "k" * 5000])
def test_what_is_nobodys_key(lab: Lab, key: str) -> None:
    with web.browser(lab.hosts) as client:
        page = client.get(f"{labs.ADDRESS}/hub/invitation", params={"key": key})
        assert page.status_code == 403
        assert WRONG in page.text
        form = client.get(f"{labs.ADDRESS}/hub/login").text
        assert "Open the personal link" in form
        xsrf = re.search(r'name="_xsrf" value="([^"]+)"', form)
        assert xsrf is not None
        data = {"_xsrf": xsrf[1], "key": key, "username": "anna maria"}
        page = client.post(f"{labs.ADDRESS}/hub/login", data=data)
        assert page.status_code == 403
        assert client.get(f"{labs.ADDRESS}{LAB}").url.path == "/hub/login"


def test_a_form_of_another_site_signs_nobody_in(lab: Lab) -> None:
    key = links(lab)["ben"].partition("key=")[2]
    with web.browser(lab.hosts) as client:
        page = client.post(f"{labs.ADDRESS}/hub/login", data={"key": key})
        assert page.status_code == 403
        assert client.get(f"{labs.ADDRESS}{LAB}").url.path == "/hub/login"


def test_one_link_is_renewed_and_the_others_stay(lab: Lab) -> None:
    before = links(lab)
    (renewed,) = links(lab, "--renew", "BEN").items()
    assert renewed[0] == "ben"
    assert renewed[1] != before["ben"]
    assert links(lab) == {**before, "ben": renewed[1]}
    with web.browser(lab.hosts) as client:
        assert WRONG in go_in(client, before["ben"]).text
        assert go_in(client, renewed[1]).url.path == LAB
    assert lab.run("classroom", "invitations", "--renew", "nobody")[0] == 1


def test_who_is_off_the_list_is_out_and_their_link_is_no_good(lab: Lab, folder: Path) -> None:
    link = links(lab)["ben"]
    with web.browser(lab.hosts) as ben:
        assert go_in(ben, link).url.path == LAB
        open_ones = sockets(lab, ben)
        file = folder / "jupyterhub_config.py"
        file.write_text(CONFIG.replace(', "ben"', ', "carla"'))
        are_cut(open_ones)
        labs.wait_until(lambda: ben.get(f"{API}/me").status_code == 403, "ben is out")
        assert WRONG in go_in(ben, link).text
    assert set(links(lab)) == {"Anna Maria", "carla", "Mona"}
    file.write_text(CONFIG)
    labs.wait_until(lambda: "ben" in links(lab), "ben is back on the list")
    with web.browser(lab.hosts) as client:
        assert WRONG in go_in(client, link).text, "with a new link"
        assert go_in(client, links(lab)["ben"]).url.path == LAB


def sockets(lab: Lab, client: httpx.Client) -> list[ClientConnection]:
    """Open a page's sockets: a document's, the global awareness, and the page's own."""
    client.headers["X-XSRFToken"] = str(client.cookies.get("_xsrf", path=f"{students.BASE}/"))
    paths = (room(client, "links.ipynb"), GLOBAL_AWARENESS, page_socket.ADDRESS)
    return [students.open_socket(client, lab, path) for path in paths]


def are_cut(open_ones: list[ClientConnection]) -> None:
    """Wait until the lab has closed all of a person's sockets, with its sentence."""
    for one in open_ones:
        students.until_closed(one)
        assert one.close_code == revocation.CLOSE
        assert revocation.SENTENCE in str(one.close_reason)


def test_whom_a_tutor_removes_on_the_page_is_out_and_their_link_is_no_good(lab: Lab) -> None:
    found = links(lab)
    with web.browser(lab.hosts) as ben, web.browser(lab.hosts) as mona:
        assert go_in(ben, found["ben"]).url.path == LAB
        assert go_in(mona, found["Mona"]).url.path == LAB
        open_ones = sockets(lab, ben)
        page = mona.get(f"{labs.ADDRESS}/hub/admin")
        xsrf = page.text.split('xsrf_token: "')[1].split('"')[0]
        headers = {"X-XSRFToken": xsrf, "Sec-Fetch-Mode": "cors", "Referer": str(page.url)}
        told = mona.delete(f"{labs.ADDRESS}/hub/api/users/ben", headers=headers)
        assert told.status_code == 204, told.text
        are_cut(open_ones)
        labs.wait_until(lambda: ben.get(f"{API}/me").status_code == 403, "ben is out")
        assert WRONG in go_in(ben, found["ben"]).text
        # The others stay; and ben is let in again after he is added on the page that removed him.
        assert mona.get(f"{API}/me").status_code == 200
        told = mona.post(
            f"{labs.ADDRESS}/hub/api/users", json={"usernames": ["ben"]}, headers=headers
        )
        assert told.is_success, told.text
    labs.wait_until(lambda: "ben" in links(lab), "ben has a link again")
    with web.browser(lab.hosts) as client:
        assert go_in(client, links(lab)["ben"]).url.path == LAB


def test_a_repeated_name_changes_nothing_while_the_lab_runs(lab: Lab, folder: Path) -> None:
    """Two people of one name would be one: the last good list stays, and the log says why."""
    link = links(lab)["ben"]
    file = folder / "jupyterhub_config.py"
    file.write_text(CONFIG.replace('"ben"', '"ben", "BEN"'))
    said = "in use stays: jupyterhub_config.py:2: 'BEN' and 'ben' in the same line would be one"
    lab.expected.append(said)
    labs.wait_until(lambda: said in lab.log, "the reason")
    with web.browser(lab.hosts) as client:
        assert go_in(client, link).url.path == LAB
    status, sheet = lab.run("classroom", "invitations")
    assert status == 78
    assert "would be one person" in sheet
    file.write_text(CONFIG)
    assert links(lab)["ben"] == link


def test_labs_are_shared_with_people_by_their_names_on_the_list(tmp_path: Path) -> None:
    """The panel doesn't ask for a GitHub name, because nobody has one here."""
    config = f"{CONFIG}c.Classroom.personal_labs = True\n"
    folder = labs.write_folder(tmp_path / "folder", config, None)
    expected = ("ssl.crt and secrets/ssl.key are missing", *sharing.EXPECTED, *own_labs.EXPECTED)
    with labs.start(folder, expected=expected) as lab:
        lab.wait_healthy()
        found = links(lab)
        with web.browser(lab.hosts) as ben, web.browser(lab.hosts) as anna:
            go_in(ben, found["ben"])
            page = own_labs.enter(ben, "ben")
            assert '"classroomNames": ""' in page.text
            terms = {"role": "view", "seconds": None}
            made = own_labs.ask(ben, "ben", "PUT", f"{ADDRESS}/Anna%20Maria", json=terms)
            assert made.is_success, made.text
            assert made.json()["name"] == "anna maria"
            refused = own_labs.ask(ben, "ben", "PUT", f"{ADDRESS}/room.algebra", json=terms)
            assert (refused.status_code, "on the class's list" in refused.text) == (400, True)
            go_in(anna, found["Anna Maria"])
            labs.wait_until(lambda: own_labs.is_open(anna, "ben"), "that she is let in")
