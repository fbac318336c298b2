"""Presence says who a person is, and nobody can say it for another person."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.lab.protocol import awareness_state, participant
from classroom.lab.protocol.awareness import NULL, Entry
from classroom.lab.protocol.participant import Owners
from classroom.lab.rooms.document_room import ClassTransientRoom
from tests.people import who

ADA = who("ada")
PLACE = {"type": {"client": 5, "clock": 7}, "tname": None, "item": None, "assoc": 0}
CURSOR = {"anchor": PLACE, "head": PLACE, "primary": True, "empty": True}
PARTS = ["anchor", "head", "primary", "type", "tname", "item", "assoc", "client", "clock"]


def state(**fields: object) -> bytes:
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    "said",
    [
        state(),
        state(user=None),
        state(user="mona"),
        state(user={"name": "mona", "username": "mona", "avatar_url": "https://x/mona"}),
    ],
)
def test_a_page_is_shown_as_its_user_for_any_state(said: bytes) -> None:
    found = participant.stamp(Entry(7, 3, said), ADA)
    assert found is not None
    assert (found.client, found.clock) == (7, 3)
    user = json.loads(found.state)["user"]
    assert user == {name: value for name, value in ADA.items() if value is not None}


def test_everything_else_it_says_stays() -> None:
    said = state(cursors=[CURSOR], current="notebook:a.ipynb", user={"name": "x"})
    found = participant.stamp(Entry(7, 3, said), ADA)
    assert found is not None
    told = json.loads(found.state)
    assert told["cursors"] == [CURSOR]
    assert told["current"] == "notebook:a.ipynb"


@pytest.mark.parametrize(
    "wrong",
    [
        {"cursors": 5},
        {"cursors": {"find": 1}},
        {"cursors": [CURSOR, None]},
        {"cursors": [CURSOR] * 1000},
        {"cursors": [{**CURSOR, "head": 1}]},
        # yjs throws an exception for each of these.
        {"cursors": [{**CURSOR, "head": {}}]},
        {"cursors": [{**CURSOR, "head": {"type": None, "tname": None, "item": None}}]},
        {"cursors": [{**CURSOR, "anchor": {"item": {"client": 1, "clock": -1}}}]},
        {"cursors": [{**CURSOR, "anchor": {"item": {"client": 1, "clock": 0.5}}}]},
        {"cursors": [{**CURSOR, "anchor": {"item": {"client": 1}}}]},
        {"cursors": [{**CURSOR, "anchor": {"tname": ["source"]}}]},
        {"autosave": 0},
        {"isWriting": {"a": 1}},
        {"isWriting": "x" * 1000},
        {"typingIndicator": {"a": 1}},
        {"writers": [{"user": {"username": "mona"}}]},
    ],
)
def test_what_other_pages_cannot_read_is_left_out(wrong: dict[str, object]) -> None:
    """Otherwise other pages would no longer show anybody's state."""
    found = participant.stamp(Entry(7, 1, state(**wrong, other=1)), ADA)
    assert found is not None
    assert json.loads(found.state).keys() == {"other", "user"}


def test_in_the_whole_lab_nobody_says_which_documents_they_have_open() -> None:
    """JupyterLab's own list of people would show the address to everybody, and open it."""
    said = state(current="notebook:RTC:private.ipynb", documents=5, autosave=True, anything=1)
    found = participant.stamp(Entry(7, 1, said), ADA, ClassTransientRoom.says)
    assert found is not None
    assert json.loads(found.state).keys() == {"autosave", "user"}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just("x"),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(PARTS), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(st.sampled_from(list(awareness_state.FIELDS)), ANYTHING)
def test_what_is_told_is_taken_again_as_it_is(field: str, value: object) -> None:
    said = {field: value}
    told = awareness_state.of_document(said)
    assert awareness_state.of_document(told) == told
    assert told.keys() <= said.keys()


def test_a_colour_of_its_own_only_where_the_server_has_none() -> None:
    nobody = {**ADA, "color": None}
    for colour, taken in (
        ("hsl(1, 2%, 3%)", True),
        ("var(--jp-collaborator-color1)", True),
        ("red; background: url(https://x)", False),
        ({"r": 1}, False),
    ):
        found = participant.stamp(Entry(7, 1, state(user={"color": colour})), nobody)
        assert found is not None
        assert (json.loads(found.state)["user"].get("color") == colour) is taken
    found = participant.stamp(Entry(7, 1, state(user={"color": "blue"})), ADA)
    assert found is not None
    assert json.loads(found.state)["user"]["color"] == ADA["color"]


def test_leaving_needs_no_stamp() -> None:
    assert participant.stamp(Entry(7, 3, NULL), ADA) == Entry(7, 3, NULL)


@pytest.mark.parametrize("number", [b"1e999", b"NaN", b"-Infinity"])
def test_a_number_that_no_page_can_read(number: bytes) -> None:
    """If it were relayed, each page would hear nothing more of all the others."""
    assert participant.stamp(Entry(7, 1, b'{"x":' + number + b"}"), ADA) is None


@given(st.binary(max_size=200) | st.just(b"[" * 5000))
def test_any_state_is_stamped_or_refused(said: bytes) -> None:
    found = participant.stamp(Entry(7, 1, said), ADA)
    if found is not None and not found.gone:
        assert json.loads(found.state)["user"]["name"] == "ada"


def test_what_the_server_knows_of_a_user() -> None:
    user = SimpleNamespace(**ADA, hub_user={"name": "ada", "token": "secret"})
    assert participant.identity(user) == ADA


def test_nobody_speaks_for_anothers_page() -> None:
    owners = Owners()
    ada, bob = Entry(1, 1, b"{}"), Entry(2, 1, b"{}")
    assert owners.own([ada], "ada") == [ada]
    assert owners.own([Entry(1, 9, NULL), bob], "bob") == [bob], "not even that it has left"
    assert owners.own([Entry(1, 2, b"{}")], "ada") == [Entry(1, 2, b"{}")]
    owners.keep([2])
    assert owners.own([Entry(1, 3, b"{}")], "bob") == [Entry(1, 3, b"{}")], "long gone"


def test_who_misses_somebody_does_not_own_them() -> None:
    """After a restart a page may report another one as gone before that one has reconnected."""
    owners = Owners()
    assert owners.own([Entry(1, 7, NULL)], "bob") == []
    assert owners.own([Entry(1, 8, b"{}")], "ada") == [Entry(1, 8, b"{}")]


def test_one_person_has_only_so_many_pages_and_words() -> None:
    owners = Owners()
    crowd = [Entry(client, 1, b"{}") for client in range(1000)]
    assert len(owners.own(crowd, "ada")) == participant.MANY
    assert owners.own([Entry(5000, 1, b"{}")], "bob"), "that is nobody else's trouble"
    long = b'{"a":"' + b"x" * participant.LONG_BYTES + b'"}'
    assert owners.own([Entry(5000, 2, long)], "bob") == []


def test_all_that_one_person_says_has_a_bound() -> None:
    owners = Owners()
    half = b'"' + b"x" * (participant.TOGETHER_BYTES // 2) + b'"'
    mine = owners.own([Entry(client, 1, half) for client in range(3)], "ada")
    assert [owners.fits(one) for one in mine] == [True, False, False]
    assert owners.fits(Entry(1, 2, b"{}")), "a page may say less"
    assert owners.fits(Entry(0, 2, NULL))
    assert owners.fits(mine[2]), "there is room again"
    (of_bob,) = owners.own([Entry(9, 1, half)], "bob")
    assert owners.fits(of_bob), "that is nobody else's trouble"
    owners.keep([9])
    assert all(map(owners.fits, owners.own([Entry(4, 1, half)], "ada")))
    assert not owners.fits(Entry(9, 2, half * 2)), "and is remembered"
