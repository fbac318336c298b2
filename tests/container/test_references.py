"""Walk through other projects' examples of sharing, step by step as their READMEs say.

A comment at a step says if it works differently here, or can't work by design. docs/how-to/share.md
and docs/operate/configuration.md say the same for tutors.
"""

from __future__ import annotations

import json
import re
from collections import ChainMap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from classroom.lab.people import page_socket
from tests import copies, labs, links, own_labs, sharing, web
from tests.container.test_view_only import Copy
from tests.own_labs import ask, base, enter, is_open, look
from tests.sharing import (
    OWNER,
    api,
    at_hub,
    comes_in,
    goes_in,
    has_stopped,
    is_out,
    listed,
    page_of,
    revoke,
    share,
    signed_in,
    starts,
    writes,
)
from tests.students import open_socket, until_closed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from testcontainers.core.network import Network

    from tests.classrooms import Classroom
    from tests.labs import Lab
    from tests.pki import Authority

# In JupyterHub's guide, admins enable sharing by this role. Here it comes with people's own labs,
# and the admins' line may stay; it also lets people make tokens for themselves.
ROLE = """
c.JupyterHub.load_roles = [{"name": "user", "scopes": ["self", "shares!user"]}]
c.Classroom.personal_labs = True
"""
PROJECTS = {"vox": ["Octocat", "hubot"], "mighty": ["twin"]}
CONFIG_DATA = re.compile(r'id="jupyter-config-data"[^>]*>(.*?)</script>', re.DOTALL)
SHARES, CODES = f"shares/{OWNER}/", f"share-codes/{OWNER}/"
ACCESS = f"access:servers!server={OWNER}/"
"""The scope that JupyterHub's API shares by default."""
OF_TOKEN = [f"{one}!server={OWNER}/" for one in ("shares", "servers", "users:activity")]
"""The scopes that the example gives the token of a lab."""


def config(projects: dict[str, list[str]]) -> str:
    return f"{labs.GITHUB_CONFIG}\n{ROLE}\nc.Classroom.rooms = {projects!r}\n"


@pytest.fixture(scope="module")
def school(
    network: Network, github: Lab, authority: Authority, folder: Path
) -> Iterator[Classroom]:
    with sharing.opened(network, github, authority, folder, config(PROJECTS)) as made:
        made.people["twin"] = signed_in(made, "twin")
        yield made


@pytest.fixture
def room(school: Classroom) -> Iterator[Classroom]:
    """The owner's lab; before and after each test it is shared with nobody and has no links."""
    yield school
    school.close()
    for link in links.listed(school):
        links.take_back(school, link["id"], guests=True)
    sharing.forget(school)


def in_private_window(room: Classroom, login: str, address: str) -> httpx.Response:
    """Open a link in a new browser, sign in if asked, and accept; return the last page."""
    hosts = ChainMap(room.lab.hosts, {labs.GITHUB: room.github.ip})
    client = room.stack.enter_context(web.browser(hosts, room.authority.crt))
    page = web.sign_in_with_github(client, address, login)
    assert "You are invited to the lab of octocat" in page.text
    room.people[login.lower()] = client
    return links.accept(room, login.lower(), address)


def who_is(room: Classroom, name: str) -> str:
    """Return a person's user name in the owner's lab."""
    told = ask(room.people[name], OWNER, "GET", "api/me").json()
    return str(told["identity"]["username"])


@dataclass
class Program:
    """A program that calls JupyterHub's API with a token, from outside the lab.

    Attributes:
        room: the class that contains the lab.
        token: the owner's token.
    """

    room: Classroom
    token: str

    def __call__(self, method: str, path: str, **body: Any) -> Any:
        """Call the API; return the answer's content."""
        answer = api(self.room, self.token, method, path, **body)
        assert answer.is_success, answer.text
        return answer.json() if answer.text else None

    def shared(self) -> dict[str, list[str]]:
        """Return the scopes of each person with whom the lab is shared."""
        return {one["user"]["name"]: one["scopes"] for one in self("GET", SHARES)["items"]}


def test_reference_user_sharing_by_api_token(room: Classroom) -> None:
    """JupyterHub's `examples/user-sharing`, `share-api.ipynb`.

    The notebook takes its server's $JUPYTERHUB_API_TOKEN. Here code in kernels has no token, so
    that people who may enter a lab can't share it. The owner makes a token on the Hub's page of
    tokens instead, and the program may run anywhere.
    """
    kernel = own_labs.student(room.people[OWNER], room.lab, OWNER).kernel
    said = kernel.run("import os; print(os.environ.get('JUPYTERHUB_API_TOKEN'))")
    assert said.strip() == "None"
    made = at_hub(room, OWNER, "POST", f"users/{OWNER}/tokens", note="sharing", scopes=OF_TOKEN)
    assert made.status_code == 201, made.text
    call = Program(room, made.json()["token"])
    # “We can check the permissions our token has”.
    me = call("GET", "user")
    assert me["name"] == OWNER
    assert set(OF_TOKEN) <= set(me["scopes"])
    # “We can see who has access to this server”, “and if there are any outstanding codes”.
    assert (call.shared(), call("GET", CODES)["items"]) == ({}, [])
    a_code_is_created_and_accepted(room, call)
    scopes_are_customized_and_revoked(room, call)
    access_is_revoked(room, call)


def a_code_is_created_and_accepted(room: Classroom, call: Program) -> None:
    # “Next, we can create a code”, and give it to somebody in another private window.
    code = call("POST", CODES)
    assert (code["scopes"], code["exchange_count"]) == ([ACCESS], 0)
    assert code["accept_url"] == f"/hub/accept-share?code={code['code']}"
    accept_url = f"{labs.ADDRESS}{code['accept_url']}"
    page = in_private_window(room, "hubot", accept_url)
    # “In the end, you should arrive at sharer's server as the user shared-with.”
    assert page.url.path == f"{base(OWNER)}/lab"
    assert who_is(room, "hubot") == "hubot"
    assert goes_in(room, "hubot")
    assert writes(room, "hubot") in {200, 201}
    assert call.shared() == {"hubot": [ACCESS]}
    assert listed(room).keys() == {"hubot"}, "the panel says so, too"
    # “?next= …, to enable a link to take users to a specific file or view”.
    file = f"{base(OWNER)}/lab/tree/guest.txt"
    page = links.accept(room, "twin", f"{accept_url}&next={file}")
    assert (page.status_code, page.url.path) == (200, file)
    # “Listing share codes doesn't reveal the code”; the list has the number of its uses.
    (outstanding,) = call("GET", CODES)["items"]
    assert (outstanding["id"], outstanding["exchange_count"]) == (code["id"], 2)
    assert "code" not in outstanding
    # “Codes can be deleted by code or id”, or all of them.
    call("DELETE", f"{CODES}?id={code['id']}")
    assert room.people["twin"].get(accept_url).status_code == 404
    assert goes_in(room, "hubot"), "whoever has come stays"
    call("POST", CODES)
    call("DELETE", CODES)
    assert call("GET", CODES)["items"] == []


def scopes_are_customized_and_revoked(room: Classroom, call: Program) -> None:
    # “scopes and expiration can be customized”: to start and stop the lab, and to share it further.
    sharing_further, starting = OF_TOKEN[:2]
    wide = sorted([ACCESS, starting, sharing_further])
    code = call("POST", CODES, scopes=wide, expires_in=3600)
    page = links.accept(room, "twin", f"{labs.ADDRESS}{code['accept_url']}")
    assert page.url.path == f"{base(OWNER)}/lab", "somebody who has access gets these as well"
    assert call.shared() == {"hubot": [ACCESS], "twin": wide}
    assert at_hub(room, "twin", "POST", CODES).status_code == 200
    assert at_hub(room, "hubot", "POST", CODES).status_code in {403, 404}
    server = f"users/{OWNER}/server"
    assert at_hub(room, "hubot", "DELETE", server).status_code in {403, 404}
    assert at_hub(room, "twin", "DELETE", server).is_success
    has_stopped(room)
    starts(room, "twin")
    enter(room.people[OWNER], OWNER)
    # “We can revoke specific permissions via a PATCH request”.
    left = call("PATCH", SHARES, user="twin", scopes=[sharing_further])
    assert left["scopes"] == sorted([ACCESS, starting])
    assert at_hub(room, "twin", "POST", CODES).status_code in {403, 404}
    for name in ("hubot", "twin"):
        comes_in(room, name)


def access_is_revoked(room: Classroom, call: Program) -> None:
    # “If scopes are unspecified, all permissions are revoked”; here open pages are cut as well.
    with page_of(room, "twin") as theirs, page_of(room, "hubot") as others:
        assert call("PATCH", SHARES, user="twin") == {}
        until_closed(theirs)
        assert others.close_code is None
        # “All shared access can be revoked via a DELETE request”.
        call("DELETE", SHARES)
        until_closed(others)
    assert call.shared() == {}
    for name in ("hubot", "twin"):
        is_out(room, name)
    assert listed(room) == {}


def test_reference_user_sharing_within_jupyterlab(room: Classroom) -> None:
    """JupyterHub's `examples/user-sharing`, `share-jupyterlab.ipynb`.

    The notebook's JavaScript takes the page's token. Here no page has one, and no script in a page
    reaches the Hub: the panel *Share this lab* asks the lab, which asks the Hub with the sign-in of
    the person at the page. tests/browser/test_sharing.py clicks it.
    """
    page = is_open(room.people[OWNER], OWNER)
    assert page is not None
    (found,) = CONFIG_DATA.findall(page.text)
    assert json.loads(found).get("token", "") == ""
    script = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    of_hub = f"{labs.ADDRESS}/hub/api/{CODES}"
    assert room.people[OWNER].post(of_hub, headers=script).status_code == 403
    # “Next, we can request a share code”.
    address = links.made(room)
    assert address.startswith(f"{labs.ADDRESS}/hub/accept-share?code=")
    # “visit the URL in a private window and login as the user shared-with”.
    page = in_private_window(room, "hubot", address)
    assert page.url.path == f"{base(OWNER)}/lab"
    assert who_is(room, "hubot") == "hubot"
    # “we can see who has access to this server”, and “review outstanding sharing codes”.
    assert {name: one["role"] for name, one in listed(room).items()} == {"hubot": "edit"}
    (link,) = links.listed(room)
    assert (link["used"], link["came"], link["alive"]) == (1, ["hubot"], True)
    # “we can revoke the codes, at which point nobody new can use the code …, but anyone who has
    # accepted the code will still have access”.
    assert links.take_back(room, link["id"], guests=False).status_code == 204
    assert room.people["twin"].get(address).status_code == 404
    assert goes_in(room, "hubot")
    # “We could also use this info to … share with individuals by name.”
    assert share(room, "twin", role="view", seconds=None).is_success
    comes_in(room, "twin")
    # “Or even revoke all shared access”.
    with page_of(room, "hubot") as theirs, page_of(room, "twin") as others:
        for name in listed(room):
            assert revoke(room, name).status_code == 204
        until_closed(theirs)
        until_closed(others)
    for name in ("hubot", "twin"):
        is_out(room, name)


def test_reference_sharing_settings(room: Classroom) -> None:
    """The extension `jupyterlab_rtc_hub_settings`, where people choose who may enter their lab.

    It needs a group and two roles for each person in the Hub's configuration, so all people must be
    known before the Hub starts; and it needs a token with all rights in each lab. Here none of that
    is necessary. It shows each student the list of all people; here students type an exact name,
    and nobody can list people.
    """
    hub = room.lab.pid("classroom.hub --")
    assert at_hub(room, OWNER, "GET", "users").status_code in {403, 404}, "no list of people"
    assert at_hub(room, OWNER, "GET", f"groups/server_sharing_{OWNER}").status_code in {403, 404}
    # Check the box of a known person.
    assert share(room, "hubot", role="edit", seconds=None).is_success
    comes_in(room, "hubot")
    assert writes(room, "hubot") in {200, 201}
    assert {name: one["waits"] for name, one in listed(room).items()} == {"hubot": False}
    # Add a person who isn't known in advance: they come later, as members of an organization.
    assert "astronaut" not in room.people
    assert share(room, "astronaut", role="edit", seconds=None).is_success
    assert listed(room)["astronaut"]["waits"]
    room.people["astronaut"] = signed_in(room, "astronaut")
    comes_in(room, "astronaut")
    assert not listed(room)["astronaut"]["waits"]
    assert is_open(room.people["astronaut"], "hubot") is None, "of others' labs nothing is shared"
    # Uncheck a box; the other people stay.
    with page_of(room, "hubot") as theirs, page_of(room, "astronaut") as others:
        assert revoke(room, "hubot").status_code == 204
        until_closed(theirs)
        assert others.close_code is None
    is_out(room, "hubot")
    assert listed(room).keys() == {"astronaut"}
    # Newcomers have labs of their own, which they can share in the same way from the start.
    newcomer = room.people["astronaut"]
    enter(newcomer, "astronaut")
    terms = {"role": "edit", "seconds": None}
    made = ask(newcomer, "astronaut", "PUT", "classroom/api/shares/hubot", json=terms)
    assert made.is_success, made.text
    labs.wait_until(lambda: is_open(room.people["hubot"], "astronaut"), "that hubot is let in")
    assert room.lab.pid("classroom.hub --") == hub, "the Hub was not started again"


def notebook(text: str) -> dict[str, Any]:
    """Return the content of a notebook with one cell."""
    cell = {"cell_type": "raw", "id": "a", "metadata": {}, "source": text}
    content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return {"type": "notebook", "format": "json", "content": content}


def test_reference_share_link(room: Classroom) -> None:
    """The service `jupyterhub-share-link`, “With Containers” and “Without Containers”.

    It is installed beside the Hub, with a key pair that signs links, an extension of JupyterLab and
    one for each server. Here none of that is necessary, and nobody chooses a container or image:
    all labs have the class's packages, and the page says so if they have changed. Its links contain
    the path and the owner's name (its README asks whether to encrypt them); here links are random.
    """
    # “Log in with any username” and “Spawn a server”; “create and save a notebook”.
    octocat = room.people[OWNER]
    saved = ask(octocat, OWNER, "PUT", "api/contents/Untitled.ipynb", json=notebook("first"))
    assert saved.is_success, saved.text
    # “right-click it. A dialog box will appear. Click the button to copy the link.”
    address = copies.made(octocat, base(OWNER), "Untitled.ipynb", seconds=3600)
    assert "Untitled" not in address
    assert OWNER not in address
    # “Log in as a different user and paste the shared link.” The service's dialog tells the sender
    # what our page tells the receiver.
    hosts = ChainMap(room.lab.hosts, {labs.GITHUB: room.github.ip})
    with web.browser(hosts, room.authority.crt) as other:
        page = web.sign_in_with_github(other, address, "twin")
        assert "octocat gives you a copy of this file: Untitled.ipynb" in copies.words(page)
        # “The user will have a new server started …, and the notebook will be copied and opened.”
        assert is_open(other, "twin") is None
        mine = f"{base('twin')}/lab/tree"
        assert copies.take(other, address) == f"{mine}/Untitled.ipynb"
        enter(other, "twin")
        assert source(other, "Untitled.ipynb") == "first"
        # “If the sender changes the file, the recipient can click the link again to make another
        # copy reflecting the changes.”
        saved = ask(octocat, OWNER, "PUT", "api/contents/Untitled.ipynb", json=notebook("second"))
        assert saved.is_success, saved.text
        assert copies.take(other, address) == f"{mine}/Untitled-Copy1.ipynb"
        assert source(other, "Untitled-Copy1.ipynb") == "second"
        assert source(other, "Untitled.ipynb") == "first", "nothing is replaced"
        assert is_open(other, OWNER) is None, "the lab itself isn't shared"
        # “After a given time interval, the link expires.” Its maker can also revoke it.
        short = copies.made(octocat, base(OWNER), "Untitled.ipynb", seconds=1)
        labs.wait_until(lambda: other.get(short).status_code == 404, "its end")
        ((key, path, used),) = [one for one in copies.mine(octocat) if one[2] == 2]
        assert (path, used) == ("Untitled.ipynb", 2)
        assert copies.take_back(octocat, key).is_success
        copies.is_dead(other, address)


def source(client: httpx.Client, path: str) -> str:
    """Return the source of the first cell of a notebook in twin's lab."""
    found = ask(client, "twin", "GET", f"api/contents/{path}").json()
    return str(found["content"]["cells"][0]["source"])


def test_reference_group_rtc(room: Classroom, folder: Path) -> None:
    """JupyterHub's *Real-time collaboration without impersonation*: `collaboration-accounts`.

    Its collaboration accounts are rooms here, and its list of projects is `c.Classroom.rooms`. A
    room's members can start it; only tutors can stop it, because that would end what the others
    run. Members need no admin page: the Hub's page *Labs* lists their rooms.
    """
    lab, people = room.lab, room.people
    octocat, hubot, twin = (people[name] for name in ("octocat", "hubot", "twin"))
    vox, mighty = "room.vox", "room.mighty"
    # “preserve default security, where nobody has access to each other's servers”.
    assert is_open(hubot, OWNER) is None
    assert is_open(twin, OWNER) is None
    # “not be a real human user”, “be able to launch a server”.
    assert at_hub(room, "mona", "GET", f"users/{vox}").json()["name"] == vox
    assert is_open(octocat, vox) is None, "nobody has started it"
    enter(octocat, vox)
    assert is_open(hubot, vox) is not None
    enter(twin, mighty)
    assert look(twin, vox).status_code in {403, 404}
    assert look(octocat, mighty).status_code in {403, 404}
    home = hubot.get(f"{labs.ADDRESS}/hub/home").text
    assert "Room vox" in home
    assert "Room mighty" not in home
    # “start and stop servers for collaboration users”: a member has started it; only tutors stop
    # it.
    assert at_hub(room, "hubot", "DELETE", f"users/{vox}/server").status_code in {403, 404}
    # “see what other users are using the server, according to their JupyterHub identity”, and each
    # other's edits. Code runs as the room's user, and people keep their own identity.
    of_vox = replace(room, base=base(vox), sockets=[])
    for name in ("octocat", "hubot"):
        goes_to(of_vox, name)
    path = of_vox.room("octocat", "together.ipynb")
    mine, theirs = Copy(of_vox, "octocat", path), Copy(of_vox, "hubot", path)
    mine.write("from octocat")
    theirs.sees("from octocat")
    theirs.write("from hubot")
    mine.sees("from hubot")
    assert ask(hubot, vox, "GET", "api/me").json()["identity"]["username"] == "hubot"
    own = own_labs.number(lab, vox)
    student = own_labs.student(octocat, lab, vox)
    assert student.kernel.run("import os; print(os.getuid())").strip() == str(20001 + 4 * own)
    # “allow adding and removing users to collaborations without restarting JupyterHub”: this
    # happens when the file is saved, and so do new projects, for which JupyterHub needs a restart.
    hub = lab.pid("classroom.hub --")
    with open_socket(hubot, lab, page_socket.ADDRESS, base=base(vox)) as page:
        more = {"vox": ["Octocat", "twin"], "mighty": ["twin"], "fresh": ["hubot", "moon:crew"]}
        (folder / "jupyterhub_config.py").write_text(config(more))
        until_closed(page)
    assert look(hubot, vox).status_code in {403, 404}
    labs.wait_until(lambda: is_open(twin, vox), "the new member")
    enter(hubot, "room.fresh")
    # “Authenticators can even delegate group membership to your identity provider, such as GitHub
    # teams”.
    crew = people.setdefault("astronaut", signed_in(room, "astronaut"))
    labs.wait_until(lambda: is_open(crew, "room.fresh"), "a member of the team")
    assert lab.pid("classroom.hub --") == hub
    of_vox.close()
    (folder / "jupyterhub_config.py").write_text(config(PROJECTS))
    labs.wait_until(lambda: is_open(hubot, vox), "the list as it was")


def goes_to(room: Classroom, name: str) -> None:
    """Put the token of a room's pages into a person's requests."""
    assert is_open(room.people[name], room.owner) is not None
    token = room.people[name].cookies.get("_xsrf", path=f"{room.base}/")
    room.people[name].headers["X-XSRFToken"] = str(token)
