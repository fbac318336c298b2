"""Links to labs: what each grants, to how many people, until when; decided from plain values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from classroom.hub.sharing import kept_links, link_requests, links, requests
from classroom.hub.sharing.answers import LinkAnswer, Visitor, answer
from classroom.hub.sharing.grants import GuestListing, Terms
from classroom.hub.sharing.kept_links import KeptLinks
from classroom.hub.sharing.link_requests import WantedLink
from classroom.hub.sharing.links import Code, Link
from classroom.hub.sharing.requests import NotSharedError
from classroom.runtime.access_state import EDIT, VIEW
from classroom.runtime.problems import StartRefusedError

if TYPE_CHECKING:
    from pathlib import Path

CODE = Code("mona", "1 first", 100.0, 500.0)
LOOKS = Link("mona", 100.0, VIEW, 900.0, 2)
GUEST = GuestListing("ada", VIEW, 100.0, 900.0, waits=False)
ADA = Visitor("ada", tutor=False, refused=False, known=None)


def test_a_code_by_the_api_lets_any_number_edit() -> None:
    found = links.of_code(CODE, {})
    assert (found.role, found.guests_until, found.most) == (EDIT, None, None)
    assert not links.is_over(CODE, found, 499)
    assert links.is_over(CODE, found, 500)


def test_a_link_is_over_at_its_end_at_its_guests_and_when_it_is_used_up() -> None:
    assert not links.is_over(CODE, LOOKS, 499)
    assert links.is_over(CODE, LOOKS, 500)
    assert links.is_over(replace(CODE, owner="lisa"), LOOKS, 200), "its owner is another now"
    assert links.is_over(replace(CODE, until=None), LOOKS, 900)
    once = LOOKS.with_guest("ada")
    assert once.with_guest("ada") == once, "who comes twice counts once"
    assert not links.is_over(CODE, once, 200)
    assert links.is_over(CODE, once.with_guest("grace"), 200)


def test_a_dead_link_is_kept_as_long_as_somebody_has_access_by_it() -> None:
    used = replace(LOOKS, came=("ada", "grace"))
    alive = links.decide([CODE], {CODE.key: LOOKS}, set(), 200)
    assert (alive.links, alive.end) == ({CODE.key: LOOKS}, frozenset())
    over = links.decide([CODE], {CODE.key: used}, {CODE.key}, 200)
    assert (over.links, over.end) == ({CODE.key: used}, frozenset({CODE.key}))
    assert links.decide([], {CODE.key: used}, {CODE.key}, 200).links == {CODE.key: used}
    assert links.decide([], {CODE.key: used}, set(), 200).links == {}
    assert links.decide([CODE], {}, set(), 600).end == {CODE.key}
    assert links.next_end([CODE], {CODE.key: LOOKS}) == 500
    assert links.next_end([], {CODE.key: LOOKS}) is None


def test_another_code_with_the_number_of_one_before_has_nothing_of_it() -> None:
    again = replace(CODE, key="1 second")
    found = links.decide([again], {CODE.key: LOOKS}, set(), 200)
    assert found.links == {again.key: Link("mona", 100.0)}
    assert links.of_code(again, {CODE.key: LOOKS}).role == EDIT


@pytest.mark.parametrize(
    ("role", "until", "known", "more"),
    [
        (VIEW, 900, None, True),
        (EDIT, 900, GUEST, True),
        (EDIT, 5, GUEST, True),
        (VIEW, 900, GUEST, False),
        (VIEW, 901, GUEST, True),
        (VIEW, None, GUEST, True),
        (VIEW, None, replace(GUEST, role=EDIT), False),
        (EDIT, None, replace(GUEST, role=EDIT, until=None), False),
    ],
)
def test_who_has_something_keeps_it_unless_the_link_gives_more(
    role: str, until: float | None, known: GuestListing | None, *, more: bool
) -> None:
    assert links.gives_more(Link("mona", 1.0, role, until), known) is more


def test_who_came_by_a_link_is_known_of_one_lab_alone() -> None:
    terms = {
        ("mona", "grace"): Terms(EDIT, None, 1, "k", CODE.key),
        ("mona", "ada"): Terms(EDIT, None, 1, "k", CODE.key),
        ("mona", "bob"): Terms(EDIT, None, 1, "k", "2 x"),
        ("hedy", "eve"): Terms(EDIT, None, 1, "k", CODE.key),
    }
    assert links.came_by(CODE.key, "mona", terms) == ["ada", "grace"]


def test_the_owner_sees_links_the_newest_first_and_no_other_labs() -> None:
    api, other = Code("mona", "2 x", 150.0, 700.0), Code("hedy", "3 y", 160.0, 700.0)
    dead = Link("mona", 120.0, EDIT, None, 1, ("bob",))
    found = links.listed("mona", [CODE, api, other], {CODE.key: LOOKS, "9 z": dead}, 200)
    assert [(one.id, one.role, one.until, one.used, one.most, one.alive) for one in found] == [
        ("2 x", EDIT, 700.0, 0, None, True),
        ("9 z", EDIT, None, 1, 1, False),
        ("1 first", VIEW, 500.0, 0, 2, True),
    ]


def test_what_a_link_means_for_the_person_who_opens_it() -> None:
    def meant(visitor: Visitor, guests: int = 0) -> LinkAnswer:
        return answer(CODE, LOOKS, visitor, guests)

    assert meant(ADA) is LinkAnswer.ASK
    assert meant(replace(ADA, name="mona")) is LinkAnswer.OWN
    assert meant(replace(ADA, tutor=True)) is LinkAnswer.TUTOR
    assert meant(replace(ADA, refused=True)) is LinkAnswer.REFUSED
    assert meant(replace(ADA, known=GUEST)) is LinkAnswer.HAS
    assert meant(ADA, requests.MOST_PEOPLE) is LinkAnswer.FULL
    looks = replace(GUEST, until=5.0)
    assert meant(replace(ADA, known=looks), requests.MOST_PEOPLE) is LinkAnswer.ASK, (
        "they are one of them"
    )


def test_links_are_kept_and_what_is_damaged_ends_the_start(tmp_path: Path) -> None:
    file = tmp_path / "links.json"
    assert kept_links.LINKS.read(file) == KeptLinks()
    known = KeptLinks({CODE.key: LOOKS.with_guest("ada")}, {"mona": ("bob",)})
    kept_links.LINKS.write(file, known)
    assert kept_links.LINKS.read(file) == known
    assert file.stat().st_mode & 0o777 == 0o600
    drives = KeptLinks({CODE.key: replace(LOOKS, role="drive")})
    for damaged in (b"{", b"[]", b'{"links": {"1": {}}, "refused": {}}', kept_links.encode(drives)):
        file.write_bytes(damaged)
        with pytest.raises(StartRefusedError):
            kept_links.LINKS.read(file)


def test_what_a_page_asks_for_is_read() -> None:
    found = link_requests.read({"role": VIEW, "seconds": 60, "guest_seconds": 90, "most": 1}, 1000)
    assert found == WantedLink(VIEW, 60, 1090, 1)
    assert link_requests.read({"role": EDIT, "seconds": 3600}, 1) == WantedLink(
        EDIT, 3600, None, None
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "drive"},
        {"seconds": None},
        {"seconds": 59},
        {"seconds": True},
        {"seconds": "3600"},
        {"seconds": float("nan")},
        {"seconds": requests.LONGEST_SECONDS + 1},
        {"guest_seconds": 0},
        {"guest_seconds": "x"},
        {"most": 0},
        {"most": 1.5},
        {"most": True},
        {"most": link_requests.MOST_USES + 1},
    ],
)
def test_what_is_unclear_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(NotSharedError):
        link_requests.read({"role": EDIT, "seconds": 3600, **wrong}, 1000)
    with pytest.raises(NotSharedError):
        link_requests.read(list(wrong), 1000)


@pytest.mark.parametrize(
    "wanted",
    [
        "/user/mona/lab/tree/a%20b.ipynb",
        "/user/mona/lab/tree/a.ipynb?reset#x",
        "/user/mona/",
    ],
)
def test_a_link_leads_to_a_document_of_the_lab(wanted: str) -> None:
    assert link_requests.way_in("/user/mona/", wanted) == wanted
    assert link_requests.way_in("https://lab.test/user/mona/", wanted) == (
        f"https://lab.test{wanted}"
    )


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "/user/mona",
        "/user/monalisa/lab",
        "/user/ada/lab",
        "/hub/admin",
        "//evil.test/user/mona/",
        "https://evil.test/user/mona/",
        "javascript:alert(1)",
        "/user/mona/../ada/lab",
        "/user/mona/..",
        "/user/mona/%2e%2e/ada/lab",
        "/user/mona/.%2E/ada/lab",
        "/user/mona/..%2fada/lab",
        "/user/mona/a%3F/../../../hub/admin",
        "/user/mona/a%23/../../../hub/admin",
        "/user/mona/\\evil.test",
        "/user/mona/%5c..%5c",
        "/user/mona//evil.test",
        "/user/mona/lab\r\nSet-Cookie: a=b",
        "/user/mona/lab\t",
        "/user/mona/ä",
    ],
)
def test_a_link_leads_nowhere_else(wanted: str) -> None:
    assert link_requests.way_in("/user/mona/", wanted) == "/user/mona/lab"
