"""Guests in a person's own lab: a group lets them in, the owner leads, removes and readmits
them."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import InvalidStatus

from tests import labs, own_labs
from tests.container.test_own_labs_kept import read, save
from tests.own_labs import ask, base, enter, is_open, look, number
from tests.students import open_socket, until_closed

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from testcontainers.core.network import Network
    from websockets.sync.client import ClientConnection

    from tests.labs import Lab
    from tests.pki import Authority

GROUP = """
c.JupyterHub.load_groups = {"team-a": {"users": ["octocat", "hubot"]}}
c.JupyterHub.load_roles = [
    {"name": "team-a", "scopes": ["access:servers!group=team-a"], "groups": ["team-a"]}
]
"""


def test_a_group_enters_its_members_labs_by_jupyterhubs_own_roles(
    network: Network, github: Lab, authority: Authority, tmp_path: Path
) -> None:
    """The roles are from jupyter-collaboration's guide; guests work there, and the owner drives."""
    folder = labs.write_folder(tmp_path / "tutor", own_labs.CONFIG + GROUP, authority)
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(
            labs.start(
                folder, network=network, expected=(*own_labs.EXPECTED, r"403 (PUT|DELETE) /user/")
            )
        )
        lab.wait_healthy()
        ada = stack.enter_context(own_labs.sign_in(lab, github, authority.crt, "Octocat"))
        grace = stack.enter_context(own_labs.sign_in(lab, github, authority.crt, "hubot"))
        enter(ada, "octocat")
        assert is_open(grace, "octocat") is not None
        grace.headers["X-XSRFToken"] = str(grace.cookies.get("_xsrf", path=f"{base('octocat')}/"))
        save(grace, "octocat", "guest.txt", "from a guest")
        assert read(ada, "octocat", "guest.txt") == "from a guest"
        assert 'href="/user/octocat/lab"' in grace.get(f"{labs.ADDRESS}/hub/home").text
        driving = "classroom/api/driving"
        assert ask(grace, "octocat", "GET", driving).status_code == 403
        told = ask(ada, "octocat", "PUT", f"{driving}/hubot", json={"viewOnly": True})
        assert told.is_success, told.text
        content = {"type": "file", "format": "text", "content": "again"}
        refused = ask(grace, "octocat", "PUT", "api/contents/guest.txt", json=content)
        assert refused.status_code == 403, refused.text
        assert read(grace, "octocat", "guest.txt") == "from a guest"
        a_guest_is_removed_and_let_in_again(lab, ada, grace)


def a_guest_is_removed_and_let_in_again(lab: Lab, ada: httpx.Client, grace: httpx.Client) -> None:
    """Remove a guest from this lab only, as its owner; kill its server; readmit the guest."""
    member = "classroom/api/people"
    # A guest can remove nobody, and nobody can remove the owner or a tutor.
    assert ask(grace, "octocat", "DELETE", f"{member}/octocat").status_code == 403
    assert ask(grace, "octocat", "PUT", f"{member}/hubot").status_code == 403
    for name in ("octocat", "mona"):
        refused = ask(ada, "octocat", "DELETE", f"{member}/{name}")
        assert (refused.status_code, "can't be removed" in refused.text) == (403, True), name
    with open_socket(grace, lab, "classroom/api/live", base=base("octocat")) as socket:
        removed = ask(ada, "octocat", "DELETE", f"{member}/Hubot")
        assert removed.status_code == 204, removed.text
        until_closed(socket)
        assert "You were removed from this lab" in str(socket.close_reason)
    is_kept_out(lab, grace)
    own = number(lab, "octocat")
    lab.expected += [rf"Lab {own} .*ended with -9", r"\[crit\]|\[error\]|\[front\]"]
    lab.run("kill", "-9", str(lab.pid("classroom.lab --config", f"lab{own}-server")))
    labs.wait_until(lambda: is_open(ada, "octocat"), "the lab again", ignoring=labs.AWAY)
    is_kept_out(lab, grace)
    # The guest may still enter the class, as before.
    class_page = grace.get(f"{labs.ADDRESS}/services/classroom/lab")
    assert class_page.is_success, class_page.text
    with open_socket(ada, lab, "classroom/api/live", base=base("octocat")) as socket:
        assert labs.wait_until(lambda: heard(socket, "driving"), "news")["removed"] == ["hubot"]
        assert ask(ada, "octocat", "PUT", f"{member}/hubot").status_code == 204
        assert labs.wait_until(lambda: heard(socket, "driving"), "news")["removed"] == []
    assert is_open(grace, "octocat") is not None
    assert read(grace, "octocat", "guest.txt") == "from a guest"


def is_kept_out(lab: Lab, grace: httpx.Client) -> None:
    """Check that a guest can't get in by any way: page, files, documents, kernels, socket."""
    page = look(grace, "octocat")
    assert (page.status_code, "You were removed from this lab" in page.text) == (403, True)
    for path in ("api/contents", "api/kernels", "files/guest.txt", "classroom/api/runs?path=a"):
        assert ask(grace, "octocat", "GET", path).status_code == 403, path
    content = {"type": "file", "format": "text", "content": "again"}
    refused = ask(grace, "octocat", "PUT", "api/contents/guest.txt", json=content)
    assert refused.status_code == 403, refused.text
    for path in ("classroom/api/live", "api/collaboration/room/JupyterLab:globalAwareness"):
        with pytest.raises(InvalidStatus):
            open_socket(grace, lab, path, base=base("octocat"))


def heard(socket: ClientConnection, kind: str) -> dict[str, Any] | None:
    """Return the lab's next message on a page's own socket if its type is ``kind``, or None."""
    found: dict[str, Any] = json.loads(socket.recv(timeout=60))
    return found if found["type"] == kind else None
