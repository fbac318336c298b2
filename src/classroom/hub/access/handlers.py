"""Handle tutors' changes to the list of people, from the page *People* and from the lab."""

from __future__ import annotations

import json
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from jupyterhub.apihandlers.users import UserAPIHandler, UserListAPIHandler
from tornado import web
from traitlets.utils.importstring import import_item

from classroom.hub.access import people_page
from classroom.hub.access.assignments_handlers import CarryHandler, HomeHandInHandler
from classroom.hub.access.lab_call import LabCallHandler
from classroom.hub.access.people_page import PeopleListHandler
from classroom.hub.auth import appearance
from classroom.hub.copies.copy_handlers import HANDLERS as COPIES
from classroom.hub.copies.my_links import HANDLERS as MY_LINKS
from classroom.hub.copies.take_copy import HANDLERS as TAKING
from classroom.hub.labs.deletion_handler import LabDeletionHandler
from classroom.hub.labs.where_handler import WhereHandler
from classroom.hub.requests import confirmation
from classroom.hub.sharing.accept import HANDLERS as ACCEPTING
from classroom.hub.sharing.handlers import HANDLERS as SHARING
from classroom.hub.sharing.link_handlers import HANDLERS as LINKS
from classroom.hub.sharing.upstream_api import HANDLERS as UPSTREAMS
from classroom.runtime.lab_room_names import room_of
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from classroom.hub.access.service import Access

REMOVE, LIST = "custom:classroom:remove", "custom:classroom:list"
"""The scopes of the lab's token, besides `CARRY`."""


def refuse_wrong(handler: Any, names: Collection[str]) -> None:
    """Refuse names that would also be invalid in the tutor's file.

    Args:
        handler: the request's handler.
        names: the names as typed.

    Raises:
        HTTPError: 400, with a sentence for each name.
    """
    if wrong := handler.authenticator.access.wrong(names):
        raise web.HTTPError(400, " ".join(wrong))


def refuse_rooms(handler: Any, *names: str) -> None:
    """Refuse to change a room as if it were a person, or to give a person a room's name.

    Args:
        handler: the request's handler.
        names: the names to change, and new names.

    Raises:
        HTTPError: 400, with a sentence.
    """
    if rooms := [name for name in names if room_of(name.lower())]:
        refuse_wrong(handler, rooms)


class PeopleHandler(UserListAPIHandler):
    """Add people to the Hub and to the roster, which admits them."""

    async def post(self) -> None:
        """Add as the Hub does, which checks the caller's rights, then add to the roster."""
        body = dict(self.get_json_body() or {})
        refuse_wrong(self, [str(name) for name in body.get("usernames") or ()])
        asked = map(self.authenticator.normalize_username, map(str, body.get("usernames") or ()))
        # The Hub ignores users whom it knows already, and so do we.
        new = [name for name in asked if self.find_user(name) is None]
        await super().post()
        await self.authenticator.access.added(*new, tutor=bool(body.get("admin")))


class PersonHandler(UserAPIHandler):
    """Add, change or remove one person."""

    async def post(self, user_name: str) -> None:
        """Add as the Hub does, then add to the roster."""
        body = self.get_json_body() or {}
        refuse_wrong(self, [user_name])
        await super().post(user_name)
        name = self.authenticator.normalize_username(user_name)
        await self.authenticator.access.added(name, tutor=bool(body.get("admin")))

    async def delete(self, user_name: str) -> None:
        """Remove as the Hub does, and from the roster; the lab then disconnects the person."""
        refuse_rooms(self, user_name)
        await super().delete(user_name)
        await self.authenticator.access.removed(user_name)

    async def patch(self, user_name: str) -> None:
        """Change as the Hub does; a person with a new name is another person."""
        body = self.get_json_body() or {}
        refuse_rooms(self, user_name, str(body.get("name", "")))
        await super().patch(user_name)
        access: Access = self.authenticator.access
        name = user_name
        if "name" in body and body["name"] != user_name:
            name = self.authenticator.normalize_username(body["name"])
            await access.renamed(user_name, name, tutor=bool(self.find_user(name).admin))
        elif "admin" in body:
            await access.appointed(name, tutor=bool(body["admin"]))


class RemovalHandler(LabCallHandler):
    """Remove a student."""

    async def delete(self, user_name: str) -> None:
        """Remove a student from the roster, with the same effect as on the page *People*.

        Raises:
            HTTPError: 403, as in `check`, or the person is a tutor; 404, there is no such person.
        """
        self.check(REMOVE)
        name = self.authenticator.normalize_username(user_name)
        person = self.find_user(name)
        if person is None:
            raise web.HTTPError(404, gettext("There is no {name}.").format(name=name))
        if person.admin:
            raise web.HTTPError(
                403, gettext("Tutors are removed on the page People or in the file.")
            )
        await self.authenticator.access.removed(name)
        self.set_status(204)


class StudentsHandler(LabCallHandler):
    """Everybody on the list except tutors, also people who have never signed in."""

    async def get(self) -> None:
        """List students with the Hub's and the shown names, and the members of rooms.

        Raises:
            HTTPError: 403, as in `check`.
        """
        self.check(LIST)
        access: Access = self.authenticator.access
        found = people_page.listed(self.db, access)
        students = [one for one in found if not (one.tutor or one.removed)]
        answer = [{"name": one.name, "shown": one.shown} for one in students]
        rooms = people_page.students_of_rooms(access.rooms, [one.name for one in students])
        self.finish(json.dumps({"students": answer, "rooms": rooms}))


HANDLERS = (
    (r"/api/classroom/assignments/([^/]+)", CarryHandler),
    (r"/api/classroom/hand-in/([^/]+)", HomeHandInHandler),
    (r"/api/classroom/labs", WhereHandler),
    (r"/api/classroom/labs/([0-9]{1,9})", LabDeletionHandler),
    (r"/api/classroom/people", PeopleListHandler),
    (r"/api/classroom/people/([^/]+)", RemovalHandler),
    (r"/api/classroom/students", StudentsHandler),
    *SHARING,
    *LINKS,
    *ACCEPTING,
    *UPSTREAMS,
    *COPIES,
    *TAKING,
    *MY_LINKS,
    (r"/api/users", PeopleHandler),
    (r"/api/users/([^/]+)", PersonHandler),
)


def find(named: Any) -> type:
    """Find an authenticator's class as JupyterHub does.

    Args:
        named: a class, the name of an entry point, or a dotted path.
    """
    if isinstance(named, type):
        return named
    for point in entry_points(group="jupyterhub.authenticators"):
        if point.name.lower() == named.lower():
            found: type = point.load()
            return found
    item: type = import_item(named)
    return item


def of_ours(
    named: Any,
    access: Access,
    *,
    avatars: bool,
    greet: Callable[[str, dict[str, Any]], None] | None = None,
) -> type:
    """Extend an authenticator by people's looks, and by our handlers of the admin page.

    An authenticator's handlers come before the Hub's own, which is the public way to replace these.
    The tutor's settings still apply, because traitlets looks at the names of all base classes.

    Args:
        named: the authenticator: a class, or a name by which JupyterHub finds it.
        access: decides who may be in.
        avatars: whether people's pictures may be shown.
        greet: called with the name and ``user_info`` of a person who signs in, before they are in.
    """
    base: Any = find(named)

    def get_handlers(self: Any, app: Any) -> list[Any]:
        return [*HANDLERS, *confirmation.confirmed(base.get_handlers(self, app))]

    async def get_authenticated_user(self: Any, handler: Any, data: Any) -> Any:
        model = await base.get_authenticated_user(self, handler, data)
        if model and room_of(model["name"]):
            self.log.warning("%s is a room, and nobody signs in as one", model["name"])
            return None
        if model:
            info = model.get("user_info")
            model["user_info"] = appearance.looks(model["name"], info, avatars=avatars)
            if greet is not None:
                greet(model["name"], model["user_info"])
        return model

    body = {
        "access": access,
        "get_handlers": get_handlers,
        "get_authenticated_user": get_authenticated_user,
        "__module__": __name__,
    }
    return type(base.__name__, (base,), body)
