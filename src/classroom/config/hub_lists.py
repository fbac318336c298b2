"""Check JupyterHub's roles, groups and services, with which the Hub could end in a traceback."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from classroom.config import people_lists
from classroom.runtime.problems import Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classroom.config.config_file import ConfigFile

NAME = re.compile(r"[a-z][a-z0-9\-_~.]{1,253}[a-z0-9]")
"""The form of a role's name in `jupyterhub.roles`."""
KEYS = ("name", "description", "scopes", "users", "groups", "services")
LISTS = ("scopes", "users", "groups", "services")
FILTERS = ("user", "group", "server", "service")


def wrong_scope(scope: str, custom: Any) -> tuple[str, str] | None:
    """Say what is wrong with a scope, and how to fix it; None for a good one.

    Args:
        scope: such as ``access:servers!group=team-a``.
        custom: the tutor's own scopes.
    """
    from jupyterhub.scopes import scope_definitions  # noqa: PLC0415 (only needed with a role)

    name, _, narrowed = scope.partition("!")
    known = {*scope_definitions, *(custom or ())}
    if name not in known and not name.startswith("custom:"):
        return f"there is no scope {scope!r}", did_you_mean(name, known) or "correct its name"
    if narrowed and narrowed.partition("=")[0] not in FILTERS:
        return f"the scope {scope!r} can't be narrowed so", "write !user=, !group=, or !server="
    return None


def wrong_roles(where: str, roles: Any, custom: Any) -> Iterator[Problem]:
    """Find roles that JupyterHub would reject.

    Args:
        where: the setting, for the sentence.
        roles: its value, a list of tables.
        custom: the tutor's own scopes.
    """
    names = [role.get("name") for role in roles]
    for name, role in zip(names, roles, strict=True):
        if not isinstance(name, str):
            shown = people_lists.short(repr(role))
            yield Problem(where, f"{shown} has no name", 'give it one: "name": "team-a"')
            continue
        if not NAME.fullmatch(name):
            how = "write 3 small letters or more, digits and hyphens, such as 'team-a'"
            yield Problem(where, f"{name!r} can't be a role's name", how)
        for key in role:
            if key not in KEYS:
                how = did_you_mean(str(key), KEYS) or f"write one of {', '.join(KEYS)}"
                yield Problem(where, f"the role {name!r} has {key!r}, which is nothing", how)
        for key in LISTS:
            if isinstance(given := role.get(key, ()), str):
                what = f"of the role {name!r}, {key!r} is a text, not a list"
                yield Problem(where, what, f"write [{given!r}]")
            elif key == "scopes":
                found = (wrong_scope(str(scope), custom) for scope in given)
                yield from (Problem(where, *one) for one in found if one)
    for name in {name for name in names if name is not None and names.count(name) > 1}:
        yield Problem(where, f"there are two roles {name!r}", "put them together, or rename one")


def wrong_groups(where: str, groups: Any) -> Iterator[Problem]:
    """Find groups whose people JupyterHub would misread.

    Args:
        where: the setting, for the sentence.
        groups: its value, a table by the groups' names.
    """
    for name, inside in groups.items():
        users = inside.get("users", []) if isinstance(inside, dict) else inside
        if isinstance(users, str):
            what = f"the people of the group {name!r} are a text, not a list"
            yield Problem(where, what, f"write [{users!r}]")


def wrong_services(where: str, services: Any) -> Iterator[Problem]:
    """Find services that JupyterHub would reject.

    Args:
        where: the setting, for the sentence.
        services: its value, a list of tables.
    """
    for service in services:
        shown = people_lists.short(repr(service))
        if not service.get("name"):
            yield Problem(where, f"{shown} has no name", 'give it one: "name": "grader"')
        try:
            _ = urlsplit(str(service.get("url") or "")).port
        except ValueError:
            what = f"the port in {service['url']!r} is none"
            yield Problem(where, what, 'write a number: "http://127.0.0.1:9000"')


def check(file: ConfigFile) -> Iterator[Problem]:
    """Check the values in the tutor's file; JupyterHub checks values that are built later.

    Args:
        file: the configuration, its types checked.
    """
    hub = file.config.get("JupyterHub", {})
    if isinstance(roles := hub.get("load_roles"), list):
        yield from wrong_roles(file.where("JupyterHub.load_roles"), roles, hub.get("custom_scopes"))
    if isinstance(groups := hub.get("load_groups"), dict):
        yield from wrong_groups(file.where("JupyterHub.load_groups"), groups)
    if isinstance(services := hub.get("services"), list):
        yield from wrong_services(file.where("JupyterHub.services"), services)
