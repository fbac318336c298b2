"""What people may write in a chat: the referee judges updates of pages that follow no rules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycrdt import Array, Doc, Map, Text

from classroom.lab.chat import room_hooks, schema
from classroom.lab.chat.validator import LARGEST_BYTES, NotTakenError, Offer, Referee
from classroom.lab.rooms.hooks import Hooks

ADA = {"username": "ada", "name": "Ada", "display_name": "Ada L", "initials": "A", "color": "#123"}
ADA |= {"avatar_url": "https://example.org/a.png"}
SHOWN = {"text/html": "<script>alert(1)</script>"}


def said(ident: str, sender: str, **more: Any) -> dict[str, Any]:
    """Return a message as upstream's page writes it."""
    found = {"id": ident, "sender": sender, "body": f"by {sender}", "time": 1.5, "type": "msg"}
    return {**found, "raw_time": True, **more}


class Chat:
    """A chat with one message of ada, and a page's copy of it."""

    def __init__(self) -> None:
        self.doc: Doc[Any] = Doc()
        self.doc.get("messages", type=Array).append(Map(said("first", "ada")))
        self.doc.get("users", type=Map)["ada"] = schema.introduction(ADA)
        self.doc.get("metadata", type=Map)["id"] = "chat"
        self.doc.get("attachments", type=Map)["a"] = {"type": "file", "value": "x.py"}
        self.doc.get("state", type=Map).update({"dirty": False, "document_id": "text:chat:1"})
        self.page: Doc[Any] = Doc()
        self.page.apply_update(self.doc.get_update())
        self.messages = self.page.get("messages", type=Array)
        self.referee = Referee(self.doc.get_update())

    def map(self, name: str) -> Map[Any]:
        found: Map[Any] = self.page.get(name, type=Map)
        return found

    def offers(self, who: str) -> Offer:
        """Judge what the page has and the lab lacks."""
        return self.referee.judge(self.page.get_update(self.doc.get_state()), who)


def test_everybody_writes_in_their_own_name() -> None:
    chat = Chat()
    chat.map("state")["document_id"] = "text:chat:1"  # as each page does
    chat.messages.append(Map(said("second", "bob", mentions=["ada"], attachments=["b"])))
    chat.map("attachments")["b"] = {"type": "notebook", "value": "y.ipynb", "cells": []}
    offer = chat.offers("bob")
    assert offer.new == ["second"]
    chat.doc.apply_update(offer.update)
    assert [one["id"] for one in chat.doc.get("messages", type=Array)] == ["first", "second"]
    chat.messages[1]["body"] = ""
    chat.messages[1]["deleted"] = True
    assert not chat.offers("bob").new


def in_her_name(chat: Chat) -> None:
    chat.messages.append(Map(said("x", "ada")))


def in_mine_and_hers(chat: Chat) -> None:
    chat.messages.append(Map(said("y", "bob")))
    in_her_name(chat)


def with_her_id(chat: Chat) -> None:
    chat.messages.append(Map(said("first", "bob")))


def trusted_html(chat: Chat) -> None:
    chat.messages.append(Map(said("x", "bob", mime_model={"data": SHOWN, "trusted": True})))


def with_metadata(chat: Chat) -> None:
    chat.messages.append(Map(said("x", "bob", metadata={"a": 1})))


def too_long(chat: Chat) -> None:
    chat.messages.append(Map(said("x", "bob", body="x" * (schema.LONGEST_CHARACTERS + 1))))


def without_id(chat: Chat) -> None:
    chat.messages.append(Map({"body": "x", "sender": "bob", "time": 1}))


def text_inside(chat: Chat) -> None:
    chat.messages.append(Map({**said("x", "bob"), "body": Text("x")}))


def list_inside(chat: Chat) -> None:
    chat.messages.append(Map({**said("x", "bob"), "mentions": Array(["ada"])}))


def no_message(chat: Chat) -> None:
    chat.messages.append("x")


def edit_hers(chat: Chat) -> None:
    chat.messages[0]["body"] = "changed"


def make_hers_mine(chat: Chat) -> None:
    chat.messages[0]["sender"] = "bob"


def mime_of_hers(chat: Chat) -> None:
    chat.messages[0]["mime_model"] = {"data": SHOWN, "trusted": True}


def delete_hers(chat: Chat) -> None:
    del chat.messages[0]


def empty_hers(chat: Chat) -> None:
    del chat.messages[0]["body"]


def rename_her(chat: Chat) -> None:
    chat.map("users")["ada"] = {**ADA, "display_name": "Eve"}


def add_somebody(chat: Chat) -> None:
    chat.map("users")["eve"] = {**ADA, "username": "eve"}


def change_attachment(chat: Chat) -> None:
    chat.map("attachments")["a"] = {"type": "file", "value": "other.py"}


def attach_nonsense(chat: Chat) -> None:
    chat.map("attachments")["b"] = {"type": "notebook", "value": "y", "cells": 3}


def attach_a_map(chat: Chat) -> None:
    chat.map("attachments")["b"] = Map({"type": "file", "value": "y"})


def rename_the_chat(chat: Chat) -> None:
    chat.map("metadata")["id"] = "other"


def move_the_file(chat: Chat) -> None:
    chat.map("state")["path"] = "work.ipynb"


def rename_the_room(chat: Chat) -> None:
    chat.map("state")["document_id"] = "json:notebook:2"


def forget_the_room(chat: Chat) -> None:
    del chat.map("state")["document_id"]


def another_root(chat: Chat) -> None:
    chat.map("source")["x"] = 1


def hidden_in_a_list(chat: Chat) -> None:
    other: Doc[Any] = Doc()
    other.get("messages", type=Map)["x"] = 1
    chat.page.apply_update(other.get_update())


def text_in_a_list(chat: Chat) -> None:
    other: Doc[Any] = Doc()
    other.get("messages", type=Text).insert(0, "x")
    chat.page.apply_update(other.get_update())


NOT_TAKEN = (
    in_her_name,
    in_mine_and_hers,
    with_her_id,
    trusted_html,
    with_metadata,
    too_long,
    without_id,
    text_inside,
    list_inside,
    no_message,
    edit_hers,
    make_hers_mine,
    mime_of_hers,
    delete_hers,
    empty_hers,
    rename_her,
    add_somebody,
    change_attachment,
    attach_nonsense,
    attach_a_map,
    rename_the_chat,
    move_the_file,
    rename_the_room,
    forget_the_room,
    another_root,
    hidden_in_a_list,
    text_in_a_list,
)


@pytest.mark.parametrize("tries", NOT_TAKEN, ids=lambda tries: tries.__name__)
def test_nothing_else_is_taken(tries: Any) -> None:
    chat = Chat()
    tries(chat)
    with pytest.raises(NotTakenError):
        chat.offers("bob")


def test_what_waits_for_another_is_never_taken() -> None:
    """Otherwise it would come in with a later update of somebody who doesn't know about it."""
    chat = Chat()
    before = chat.page.get_state()
    chat.messages.append(Map(said("second", "bob")))
    first, middle = chat.page.get_update(before), chat.page.get_state()
    chat.messages.append(Map(said("third", "bob", mime_model=SHOWN)))
    later = chat.page.get_update(middle)
    offer = chat.referee.judge(later, "bob")
    assert (offer.update, offer.new, offer.whole) == (b"", [], False), "so the copy is let go of"
    offer = Referee(chat.doc.get_update()).judge(first, "bob")
    assert offer.new == ["second"]
    assert offer.whole


def test_a_copy_goes_with_the_chat() -> None:
    chat = Chat()
    chat.doc.observe(lambda event: chat.referee.follow(event.update))
    chat.doc.get("messages", type=Array).append(Map(said("third", "cleo")))
    chat.page.apply_update(chat.doc.get_update())
    chat.messages[1]["body"] = "changed"
    with pytest.raises(NotTakenError, match="somebody else's"):
        chat.offers("bob")


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_any_message_is_accepted_or_refused(update: bytes) -> None:
    chat = Chat()
    try:
        offer = chat.referee.judge(update, "bob")
    except NotTakenError:
        return
    assert not offer.new


def test_what_is_too_long_isnt_read() -> None:
    with pytest.raises(NotTakenError):
        Chat().referee.judge(b"\0" * (LARGEST_BYTES + 1), "bob")


# ── The file ───────────────────────────────────────────────────────────────────────────────


def test_a_file_says_only_what_people_can_write() -> None:
    file = {
        "messages": [
            said("a", "ada", mime_model={"data": SHOWN, "trusted": True}, metadata={}),
            said("a", "bob"),
            {"body": "x"},
            3,
        ],
        "users": {
            "ada": {**ADA, "bot": True, "avatar_url": "javascript:x"},
            "eve": ADA,
            "bob": {"username": "bob", "color": "red;background:url(x)"},
        },
        "attachments": {"a": {"type": "file", "value": "x", "mimetype": None}, "b": {"type": 1}},
        "metadata": {"id": "i", "more": 1},
    }
    found = schema.parse(json.dumps(file))
    assert found["messages"] == [said("a", "bob")]
    assert found["users"]["bob"] == {"username": "bob"}
    assert found["users"].keys() == {"ada", "bob"}
    assert found["users"]["ada"].keys() == ADA.keys() - {"avatar_url"}
    assert found["attachments"] == {"a": {"type": "file", "value": "x"}}
    assert found["metadata"] == {"id": "i"}
    assert schema.parse(schema.encode(found)) == found


@pytest.mark.parametrize("text", ["x", "[]", '{"cells": []}', '"x"', "[" * 100_000])
def test_another_file_is_no_chat(text: str) -> None:
    with pytest.raises(schema.NoChatError):
        schema.parse(text)


def test_an_empty_file_is_an_empty_chat() -> None:
    empty: dict[str, Any] = {"attachments": {}, "messages": [], "metadata": {}, "users": {}}
    assert schema.parse("") == empty
    assert schema.parse(schema.encode(empty)) == empty


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(schema.PARTS, JSON)))
def test_any_file_is_read(parts: dict[str, Any]) -> None:
    found = schema.parse(json.dumps(parts))
    assert schema.parse(schema.encode(found)) == found


@pytest.mark.parametrize(
    ("room_id", "path", "fitting"),
    [
        ("text:chat:1", "a/b.chat", True),
        ("text:chat:1", "work.ipynb", False),
        ("text:chat:1", None, False),
        ("json:chat:1", "a.chat", False),
        ("base64:chat:1", "a.chat", False),
        ("text:chat", "a.chat", False),
    ],
)
def test_a_room_is_for_a_chats_file(room_id: str, path: str | None, *, fitting: bool) -> None:
    hooks = Hooks()
    room_hooks.use(hooks, is_on=True)
    found = hooks.of(room_id).may_connect(room_id, {"1": path}.get)
    assert found is fitting or room_id.count(":") == 1
    assert hooks.of("text:file:chat").may_connect("text:file:chat", lambda _: None), (
        "it is no chat's"
    )
