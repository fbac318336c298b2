"""Give a copy where only the class exists: into one's folder there; and on a full disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from docker.types import Mount

from tests import copies, labs, students, web
from tests.container.test_rooms import Page, room
from tests.copies import is_dead, made, mine, refusal, take, take_back, words
from tests.students import BASE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.labs import Lab

EXPECTED = (r"(403|404|409|507) (GET|POST|PUT) /", r"wrote error: '")
API = f"{labs.ADDRESS}{BASE}/api"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A lab as a plain ``docker run`` starts it, which can't have any other lab."""
    with labs.start(plain=True, expected=EXPECTED) as made_lab:
        made_lab.wait_healthy()
        yield made_lab


@pytest.fixture(scope="module")
def ada(lab: Lab) -> Iterator[httpx.Client]:
    with students.signed_in(lab, "ada") as client:
        yield client


@pytest.fixture(scope="module")
def bob(lab: Lab) -> Iterator[httpx.Client]:
    with students.signed_in(lab, "bob") as client:
        yield client


def save(client: httpx.Client, path: str, text: str) -> None:
    content = {"type": "file", "format": "text", "content": text}
    assert client.put(f"{API}/contents/{path}", json=content).is_success


def read(client: httpx.Client, path: str) -> str:
    found = client.get(f"{API}/contents/{path}")
    assert found.is_success, found.text
    return str(found.json()["content"])


def test_a_copy_comes_into_ones_folder_and_a_newer_one_beside(
    lab: Lab, ada: httpx.Client, bob: httpx.Client
) -> None:
    save(ada, "sums.txt", "first")
    address = made(ada, BASE, "sums.txt")
    assert "into your folder in the classroom" in words(bob.get(address))
    assert lab.run("test", "-e", "/data/files/students")[0] != 0
    assert take(bob, address) == f"{BASE}/lab/tree/students/bob/sums.txt"
    assert read(bob, "students/bob/sums.txt") == "first"
    save(bob, "students/bob/sums.txt", "mine")
    save(ada, "sums.txt", "second")
    assert take(bob, address) == f"{BASE}/lab/tree/students/bob/sums-Copy1.txt"
    assert read(bob, "students/bob/sums.txt") == "mine"
    assert read(bob, "students/bob/sums-Copy1.txt") == "second"
    # Students' programs can change it.
    place = "/data/files/students/bob/sums.txt"
    assert lab.run("sh", "-c", f"printf x >> {place}", user="student")[0] == 0
    ((key, path, used),) = mine(ada)
    assert (path, used) == ("sums.txt", 2)
    assert mine(bob) == []
    take_back(ada, key)
    is_dead(bob, address)


def test_what_somebody_types_is_in_the_copy(lab: Lab, ada: httpx.Client, bob: httpx.Client) -> None:
    """The file is saved when the link is opened, however long before the next regular save."""
    page = Page(students.open_socket(ada, lab, room(ada, "typed.ipynb")))
    address = made(ada, BASE, "typed.ipynb")
    page.type("typed just now")
    where = take(bob, address).partition("/lab/tree/")[2]
    assert "typed just now" in str(read(bob, where))


def test_who_is_view_only_gives_copies_and_gets_none(
    lab: Lab, ada: httpx.Client, bob: httpx.Client
) -> None:
    """They may read, so they may give copies; but they may write nowhere."""
    save(ada, "view.txt", "x")
    with web.browser(lab.hosts) as tutor:
        web.sign_in_with_passphrase(tutor, labs.ADDRESS, "tutor", lab.passphrase("Tutor"))
        tutor.headers["X-XSRFToken"] = str(tutor.cookies.get("_xsrf", path=f"{BASE}/"))
        switch = f"{labs.ADDRESS}{BASE}/classroom/api/driving"
        assert tutor.put(switch, json={"viewOnly": True}).is_success
        try:
            address = made(ada, BASE, "view.txt")
            assert "You are view-only in the classroom" in refusal(bob, address)
            assert take(tutor, address).endswith("/students/tutor/view.txt")
            page = tutor.put(f"{switch}/bob", json={"viewOnly": False})
            assert page.is_success, page.text
            assert take(bob, address).endswith("/students/bob/view.txt")
        finally:
            assert tutor.put(switch, json={"viewOnly": False}).is_success
    assert take(bob, address).endswith("/students/bob/view-Copy1.txt")


def test_a_link_in_the_place_of_ones_folder_leads_nowhere(
    lab: Lab, ada: httpx.Client, bob: httpx.Client
) -> None:
    save(ada, "place.txt", "x")
    address = made(ada, BASE, "place.txt")
    script = (
        "cd /data/files; mkdir -p students; mv students/bob kept; ln -s /data/history students/bob"
    )
    assert lab.run("sh", "-c", script, user="student")[0] == 0
    try:
        assert "students/bob" in refusal(bob, address)
        assert lab.run("find", "/data/history", "-name", "place*")[1] == ""
    finally:
        script = "cd /data/files; rm students/bob; mv kept students/bob"
        assert lab.run("sh", "-c", script, user="student")[0] == 0
    assert take(bob, address).endswith("/students/bob/place.txt")


def test_on_a_full_disk_there_is_a_sentence_and_no_copy() -> None:
    small = Mount("/data", None, type="tmpfs", tmpfs_size=300 << 20, tmpfs_mode=0o755)
    full = (*EXPECTED, r"The disk is nearly full|No snapshot: only|is not a volume")
    with labs.start(plain=True, options={"mounts": [small]}, expected=full) as lab:
        lab.wait_healthy()
        with students.signed_in(lab, "ada") as ada, students.signed_in(lab, "bob") as bob:
            lab.run("sh", "-c", "head -c 40M /dev/zero > /data/files/large")
            address = made(ada, BASE, "large")
            lab.run("sh", "-c", "head -c 180M /dev/zero > /data/files/filler")
            assert "The disk is full: there is no room for the copy" in refusal(bob, address)
            assert "large" not in lab.run("find", "/data/files/students", "-name", "*")[1]
            assert lab.run("find", "/data/files", "-name", ".~*")[1] == ""
            lab.run("rm", "/data/files/filler")
            assert take(bob, address).endswith("/students/bob/large")
            assert copies.mine(ada)[0][2] == 1
