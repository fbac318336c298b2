"""Reasons why a sign-in at GitHub fails."""

from __future__ import annotations

import pytest

from classroom.hub.auth.oauth_sign_in import (
    CANCELLED,
    MOST_SIGN_INS,
    STALE,
    cookie_name,
    problem,
    superfluous,
)

NAMES = [cookie_name(f"{number:032x}") for number in range(20)]


@pytest.mark.parametrize(
    ("error", "description", "has_code", "is_known", "sentence"),
    [
        ("", "", True, True, ""),
        ("", "", True, False, STALE),
        ("", "", False, True, STALE),
        ("access_denied", "The user has denied access", False, True, CANCELLED),
        ("access_denied", "", False, False, CANCELLED),
        ("application_suspended", "It is.", False, True, "GitHub did not sign you in: It is."),
        ("server_error", "", True, True, "GitHub did not sign you in: server_error."),
    ],
)
def test_each_end_has_a_sentence(
    error: str,
    description: str,
    has_code: bool,  # noqa: FBT001
    is_known: bool,  # noqa: FBT001
    sentence: str,
) -> None:
    assert problem(error, description, has_code=has_code, is_known=is_known) == sentence


def test_the_earliest_sign_ins_are_given_up() -> None:
    others = ["_xsrf", "oauthenticator-state", "oauthenticator-state-", "jupyterhub-session-id"]
    others.append("0" * 32)  # another program on the same host has set it
    assert superfluous([*others, *NAMES[: MOST_SIGN_INS - 1]]) == []
    assert superfluous([*others, *NAMES[:MOST_SIGN_INS]]) == NAMES[:1]
    assert superfluous([*NAMES, *others]) == NAMES[: len(NAMES) - MOST_SIGN_INS + 1]
