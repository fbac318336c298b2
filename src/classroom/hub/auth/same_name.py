"""Ask the second person of a name in a trial whether they are the first.

Everybody has a trial's passphrase, so a name proves nothing. Without the question two students
called Anna would share a layout, a colour and a cursor without knowing it. The question is not a
barrier.
"""

from __future__ import annotations

import contextlib
from typing import Any

from classroom.hub.auth import usernames
from classroom.runtime import cookie_names
from classroom.runtime.paths import COOKIES

REMEMBERED_DAYS = 90
"""How long a browser's name is remembered."""
ANSWER = "same"
"""The field of the form with the person's answer."""


class AskFirst(Exception):  # noqa: N818 (it is a question, not an error)
    """The person must first say whether they are the one who used that name before."""

    def __init__(self, shown: str) -> None:
        """Keep how that name is shown."""
        super().__init__(shown)
        self.shown = shown


def shown(typed: str, before: str) -> str:
    """Return a name as others see it, with its capitals.

    Args:
        typed: the name as typed.
        before: how the name was shown before; "" for a new one.

    Returns:
        The typed name; or the earlier form, if the name was typed in small letters this time.
    """
    plain = usernames.tidy(typed)
    same = usernames.normal(before) == plain
    return before if same else plain


def displayed(user: Any) -> str:
    """Return how a user's name is shown; "" for a user who has never signed in.

    Args:
        user: the Hub's user; None for none. A user whom a tutor has added may never have signed in.
    """
    info = getattr(user, "user_info", None) or {}
    return str(info.get("display_name") or "")


def is_known(handler: Any, name: str) -> bool:
    """Say whether a browser has signed in under a name before.

    Args:
        handler: the request's handler.
        name: the Hub's name.
    """
    with contextlib.suppress(UnicodeDecodeError):
        kept = handler.get_signed_cookie(cookie_names.TRIAL_NAME, max_age_days=REMEMBERED_DAYS)
        return bool(kept is not None and kept.decode() == name)
    return False


def remember(handler: Any, name: str) -> None:
    """Set a cookie with the name under which a browser has signed in.

    Args:
        handler: the request's handler.
        name: the Hub's name.
    """
    handler.set_signed_cookie(
        cookie_names.TRIAL_NAME,
        name,
        expires_days=REMEMBERED_DAYS,
        path=handler.hub.base_url,
        httponly=True,
        **COOKIES,
    )


def is_asked(handler: Any, name: str) -> bool:
    """Say whether a person must answer first, because the name was used before.

    Args:
        handler: the handler of the sign-in's request.
        name: the Hub's name.
    """
    return not handler.get_body_argument(ANSWER, "") and not is_known(handler, name)
