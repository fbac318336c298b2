"""Messages to kernels carry the signed-in user's name, and can't harm the server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)

from classroom.lab.execution import signed_messages
from classroom.lab.execution.signed_messages import BadKernelMessageError


def message(kind: str, metadata: dict[str, Any], *buffers: bytes) -> bytes:
    parts: list[Any] = [{"msg_type": kind, "username": "mona"}, {}, metadata, {"code": "1"}]
    raw = [json.dumps(part).encode() for part in parts]
    found: bytes = serialize_msg_to_ws_v1([*raw, *buffers], "shell")
    return found


@pytest.mark.parametrize(
    ("kind", "metadata", "cell"),
    [
        ("execute_request", {"cellId": "a1-b2"}, "a1-b2"),
        ("execute_request", {}, ""),
        ("execute_request", {"cellId": "x\n[I] somebody else"}, ""),
        ("execute_request", {"cellId": 7}, ""),
        ("kernel_info_request", {"cellId": "a1"}, None),
    ],
)
def test_the_name_is_the_servers_word(kind: str, metadata: dict[str, Any], cell: str) -> None:
    found, runs = signed_messages.signed(message(kind, metadata, b"\x00\xff", b""), "ada")
    assert (runs.cell if runs.kind == signed_messages.EXECUTE else None) == cell
    channel, parts = deserialize_msg_from_ws_v1(found)
    assert channel == "shell"
    assert json.loads(parts[0]) == {"msg_type": kind, "username": "ada"}
    assert [json.loads(part) for part in parts[1:4]] == [{}, metadata, {"code": "1"}]
    assert parts[4:] == [b"\x00\xff", b""], "a widget's buffers"


def test_the_older_protocol_too() -> None:
    text = json.dumps(
        {
            "header": {"msg_type": "execute_request", "username": "mona"},
            "metadata": {"cellId": "a1"},
            "channel": "shell",
        }
    )
    found, runs = signed_messages.signed_legacy(text, "ada")
    assert runs == signed_messages.Request("execute_request", "", "a1")
    assert json.loads(found)["header"]["username"] == "ada"
    assert json.loads(found)["channel"] == "shell"


def test_a_number_that_would_fill_the_memory() -> None:
    """Eight bytes could make upstream's decoder request all memory."""
    with pytest.raises(BadKernelMessageError):
        signed_messages.signed(b"\xff" * 8, "ada")


@given(st.binary(max_size=300))
def test_any_bytes_are_signed_or_refused(raw: bytes) -> None:
    try:
        found, _ = signed_messages.signed(raw, "ada")
    except BadKernelMessageError:
        return
    _, parts = deserialize_msg_from_ws_v1(found)
    assert json.loads(parts[0])["username"] == "ada"


@given(st.text(max_size=300))
def test_any_text_is_signed(text: str) -> None:
    found, _ = signed_messages.signed_legacy(text, "ada")
    assert json.loads(found)["header"]["username"] == "ada"
