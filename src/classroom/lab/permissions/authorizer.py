"""Authorize each request before its handler works, also those of view-only people.

The rules go by handler and method, not by upstream's action: an action that upstream calls reading
may start something, and some of its handlers don't check permissions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyterhub.singleuser.extension import JupyterHubAuthorizer
from tornado.web import Application, HTTPError, RequestHandler

from classroom.lab import services
from classroom.lab.permissions.handler_rules import REFUSALS, RULES, Rule
from classroom.lab.permissions.mode_service import ModeService
from classroom.lab.permissions.removed_guests import REMOVED
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tornado import routing

METHODS = ("get", "head", "post", "put", "patch", "delete")


def name_of(handler: type) -> str:
    """Return the name of a handler's class in the rules."""
    return f"{handler.__module__}.{handler.__qualname__}"


def rule_of(handler: type, method: str) -> Rule | None:
    """Return the rule for a handler's method; None if there is none.

    Args:
        handler: the handler's class.
        method: the HTTP method.
    """
    asked = "get" if method.lower() == "head" else method.lower()
    return RULES.get((name_of(handler), asked))


class ClassAuthorizer(JupyterHubAuthorizer):
    """JupyterHub's authorizer, with the lab's rules for everybody and for view-only people."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        """Say whether a request is allowed; the arguments are upstream's.

        Raises:
            HTTPError: 403 with a sentence if nobody may do that, or only a tutor, or if the caller
                was removed from this lab.
        """
        if not super().is_authorized(handler, user, action, resource):
            return False
        name = str(getattr(user, "username", ""))
        modes = services.of(handler)[ModeService]
        rule = rule_of(type(handler), handler.request.method)
        if modes.is_removed(name):
            raise HTTPError(403, gettext(REMOVED))
        if rule is Rule.NOBODY or (rule is Rule.TUTORS and name not in modes.tutors):
            raise HTTPError(403, gettext(REFUSALS[rule]))
        if not modes.is_view_only(name):
            return True
        if rule is Rule.READ:
            return True
        modes.refuse(name)
        return False


def methods(handler: type) -> Iterator[str]:
    """List the methods that a handler answers to."""
    for method in METHODS:
        found = getattr(handler, method, None)
        if found is not None and found is not RequestHandler._unimplemented_method:  # noqa: SLF001
            yield method


def rules(application: Application) -> Iterator[routing.Rule]:
    """Iterate over all routing rules of a running server that name a handler's class."""
    pending = [application.default_router, application.wildcard_router]
    while pending:
        for rule in pending.pop().rules:
            if hasattr(rule.target, "rules"):
                pending.append(rule.target)
            elif isinstance(rule.target, type):
                yield rule


def handlers(application: Application) -> Iterator[type]:
    """Iterate over the classes of all handlers of a running server."""
    yield from dict.fromkeys(rule.target for rule in rules(application))


def without_rule(application: Application) -> list[str]:
    """List a running server's methods without a rule, as ``module.Handler.method``."""
    return sorted(
        f"{name_of(handler)}.{method}"
        for handler in handlers(application)
        for method in methods(handler)
        if rule_of(handler, method) is None
    )
