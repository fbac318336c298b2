"""Find mistakes in values that people copy from GitHub's page. No sentence shows a secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from classroom.runtime.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = re.compile(r"[0-9a-f]{40}")
"""A client secret of GitHub."""
CLIENT_ID = re.compile(r"(?:Iv|Ov)\w{1,3}\.?\w{10,}|[0-9a-f]{20}")
"""A client id of a GitHub app or an OAuth app."""
TOKEN = re.compile(r"(?:gh[pousr]|github_pat)_\w+")
NUMBER = "is the number of the app, not its client id"
AROUND = "\"' "
BOTH = "copy both again from the app's page at GitHub"


def wrapped(text: str) -> str:
    """Name what stands around a value, such as quotes; "" for nothing.

    Args:
        text: the value as it was written.
    """
    if text[:1] in "\"'" and text[:1] == text[-1:] and len(text) > 1:
        return "quotes"
    return "spaces" if text != text.strip() else ""


def in_values(id_where: str, client_id: str, secret_where: str, secret: str) -> Iterator[Problem]:
    """Find a client id or secret that can't be right.

    Args:
        id_where: where the id stands, for the sentence.
        client_id: the given id; another check reports an empty one.
        secret_where: where the secret stands.
        secret: the given secret, which no sentence shows.
    """
    if around := wrapped(client_id):
        yield Problem(id_where, f"has {around} around it", f"write {client_id.strip(AROUND)}")
    elif SECRET.fullmatch(client_id):
        also = ", and the client secret is an id" if CLIENT_ID.fullmatch(secret) else ""
        cure = "swap the two" if also else BOTH
        yield Problem(id_where, f"is a client secret, not a client id{also}", cure)
        return
    elif client_id.isdecimal():
        yield Problem(id_where, NUMBER, "copy the client id from the app's page at GitHub")
    if not secret:
        return
    cure = "make a new client secret on the app's page at GitHub, and copy it"
    if around := wrapped(secret):
        yield Problem(secret_where, f"has {around} around it", "write it without them")
    elif TOKEN.fullmatch(secret):
        yield Problem(secret_where, "is a personal access token, not the app's secret", cure)
    elif secret == client_id or (CLIENT_ID.fullmatch(secret) and not SECRET.fullmatch(secret)):
        yield Problem(secret_where, "is a client id, not a client secret", cure)
    elif "*" in secret:
        yield Problem(secret_where, "is what GitHub shows of a secret later, with stars", cure)
    elif "=" in secret or len(secret.split()) > 1:
        what = "has more in it than the client secret"
        yield Problem(secret_where, what, "leave the secret alone in it, in one line")
