"""Two people of one name in a trial: whoever comes second is asked whether they are the first.

A trial's passphrase is everybody's, so a name proves nothing. Two students called Anna would share
a layout, a colour and a cursor without having been told. It is a question, not a barrier.
"""

from __future__ import annotations

import contextlib
from typing import Any

from classroom.hub.auth import usernames
from classroom.runtime import cookie_names
from classroom.runtime.paths import COOKIES

REMEMBERED_DAYS = 90
"""How long a browser is remembered to be somebody's."""
ANSWER = "same"
"""The field of the form that says so."""


class AskFirst(Exception):  # noqa: N818 (it is a question, not an error)
    """Somebody has to say first whether they are who was here by that name."""

    def __init__(self, shown: str) -> None:
        """Keep how that name is shown."""
        super().__init__(shown)
        self.shown = shown


def shown(typed: str, before: str) -> str:
    """Return a name as the others see it: as it was typed, capitals and all.

    Args:
        typed: by somebody.
        before: how the name was shown before; "" for a new one.

    Returns:
        The typed name; the one before if the name was typed in small letters this time.
    """
    plain = usernames.tidy(typed)
    same = usernames.normal(before) == plain
    return before if same else plain


def displayed(user: Any) -> str:
    """Return how somebody is shown who was here before; "" for nobody.

    Args:
        user: the Hub's; None for nobody. One whom a tutor has added was not here yet.
    """
    info = getattr(user, "user_info", None) or {}
    return str(info.get("display_name") or "")


def is_known(handler: Any, name: str) -> bool:
    """Say whether a browser has signed in by a name before.

    Args:
        handler: of the request.
        name: as the Hub has it.
    """
    with contextlib.suppress(UnicodeDecodeError):
        kept = handler.get_signed_cookie(cookie_names.TRIAL_NAME, max_age_days=REMEMBERED_DAYS)
        return bool(kept is not None and kept.decode() == name)
    return False


def remember(handler: Any, name: str) -> None:
    """Let a browser know by what name it has signed in.

    Args:
        handler: of the request.
        name: as the Hub has it.
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
    """Say whether somebody who comes by a name that was here before has to answer first.

    Args:
        handler: of the sign-in's request.
        name: as the Hub has it.
    """
    return not handler.get_body_argument(ANSWER, "") and not is_known(handler, name)
