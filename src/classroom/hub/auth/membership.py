"""Find out whether a person belongs to an organization at GitHub, if GitHub answers."""

from __future__ import annotations

import json
from enum import Enum, auto
from http import HTTPStatus
from urllib.parse import quote


class Membership(Enum):
    """GitHub's answer."""

    YES = auto()
    NO = auto()
    UNKNOWN = auto()


def address(api: str, organization: str, name: str) -> str:
    """Return the address to ask (GitHub's REST API, organization members and team members).

    Args:
        api: the address of GitHub's API.
        organization: its name, or organization and team with a colon between.
        name: the person's login.
    """
    organization, _, team = (quote(part, safe=":") for part in organization.partition(":"))
    of = f"{organization}/teams/{team}" if team else organization
    return f"{api}/orgs/{of}/members/{quote(name, safe='')}"


def judge(status: int) -> Membership:
    """Read a status: only two say whether a person is a member.

    With all others GitHub doesn't say: the organization has not approved the app, single sign-on, a
    rate limit, a fault.

    Args:
        status: the HTTP status.
    """
    if status == HTTPStatus.NO_CONTENT:
        return Membership.YES
    return Membership.NO if status == HTTPStatus.NOT_FOUND else Membership.UNKNOWN


def reason(status: int, body: bytes) -> str:
    """Say why GitHub didn't answer, for the log.

    Args:
        status: the HTTP status.
        body: the answer's body.
    """
    try:
        message = json.loads(body)["message"]
    except (ValueError, KeyError, TypeError):
        message = ""
    return f"{status} {message}".strip()
