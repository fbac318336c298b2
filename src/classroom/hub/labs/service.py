"""Labs besides the class's: find their owners, start and stop them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tornado import web

from classroom.config.sign_in_mode import SignInMode
from classroom.hub.access import offline
from classroom.hub.labs import door
from classroom.hub.labs.door import LabNotStartedError
from classroom.hub.labs.registry import ROOMS, LabRegistry, NoNumberError, Owner
from classroom.runtime import volume_reserve
from classroom.runtime.lab_room_names import room_of
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.config.lab_rooms import LabRoom
    from classroom.config.settings import Settings
    from classroom.hub.auth.accounts import Accounts
    from classroom.hub.labs.registry import RegisteredLab

LOG = logging.getLogger("classroom.labs")
CLIENT = "jupyterhub-user-"
"""The prefix of JupyterHub's OAuth client ids for people's servers."""
LABS = "classroom_labs"
"""The key of the `PersonalLabs` in the Hub's settings."""
NO_QUESTION = "oauth_no_confirm_list"
"""JupyterHub's tornado setting for OAuth clients that need no confirmation by people."""
LONGEST_NAME_BYTES = 70
"""A name is part of a socket's path, which may have 107 bytes (unix(7))."""
NO_PATH = gettext_noop(
    "There is no lab for a name of more than {most} bytes, nor for one that has a colon or begins"
    " with a dot."
)
SIGN_IN_AGAIN = gettext_noop(
    "The lab of {name} can't be opened before {name} has signed in again: nobody knows their GitHub"
    " account's number yet."
)
TOO_MANY = gettext_noop(
    "As many labs are running beside the class's as may run at once ({most}). Try again later, or"
    " ask a tutor to stop one that nobody uses."
)
FULL = gettext_noop(
    "The disk is full, so that no lab can be made for {name}. Ask a tutor to make room."
)
NO_NUMBER = gettext_noop("No more labs can be made in this container: all numbers are given away.")
NO_OWN = gettext_noop(
    "Nobody has a lab of their own here: a tutor can set c.Classroom.personal_labs."
)
CLOSED = gettext_noop(
    "There is no room {name} any more: a tutor has closed it. Its files are kept."
)
LEAVING = gettext_noop("The lab of {name} is being deleted at this moment: try again in a minute.")
NOT_STARTED = gettext_noop("The lab of {name} could not be started: {why}.")


class OwnClients(frozenset[str]):
    """OAuth clients that need no confirmation by people: these, and every lab's server."""

    def __contains__(self, client: object) -> bool:
        """Say whether a client needs no confirmation."""
        return str(client).startswith(CLIENT) or super().__contains__(client)


def refusal(status: int, sentence: str) -> web.HTTPError:
    """Make an error whose sentence people read on the Hub's page.

    Args:
        status: the HTTP status.
        sentence: the reason.
    """
    error: Any = web.HTTPError(status, sentence.replace("%", "%%"))
    error.jupyterhub_message = sentence
    made: web.HTTPError = error
    return made


class PersonalLabs:
    """All labs besides the class's, for one event loop."""

    def __init__(self, settings: Settings, accounts: Accounts) -> None:
        """Read the registry of labs.

        Args:
            settings: as loaded and checked.
            accounts: the account behind each name, with GitHub sign-in.

        Raises:
            StartRefusedError: the registry is damaged.
        """
        self.paths = settings.paths
        self.idle_seconds = settings.idle_lab_timeout
        self._most = settings.max_labs
        self._by_number = settings.mode is SignInMode.GITHUB
        self._authority = offline.way_to_sign_in(settings)
        self._accounts = accounts
        self.registry = LabRegistry(settings.paths.registry)
        self._starting: set[int] = set()
        self.leaving: set[int] = set()
        """The numbers of labs that are being deleted."""
        self.has_own = settings.personal_labs
        """Whether people have labs of their own."""
        self.rooms: Mapping[str, LabRoom] = settings.rooms
        """The open rooms, by name."""
        self.groups: Mapping[str, frozenset[str]] = settings.groups
        """The entries of each group, whose members may enter each other's labs, by name."""
        self.app: Any = None
        """The running Hub, from `begin` on."""

    def __deepcopy__(self, _: Any) -> PersonalLabs:
        """Return this object: traitlets copies values of a configuration, but there must be one."""
        return self

    def begin(self, app: Any) -> None:
        """Connect to the running Hub, before it listens.

        The Hub then does not ask people to confirm that a lab's server may know who they are, which
        it would ask tutors at each lab. The class's lab needs no confirmation either.

        Args:
            app: the Hub.
        """
        self.app = app
        settings = app.tornado_application.settings
        settings[NO_QUESTION] = OwnClients(settings.get(NO_QUESTION, ()))
        settings[LABS] = self

    @property
    def has_any(self) -> bool:
        """Whether the tutor's file has any; without any, pages show nothing about labs."""
        return self.has_own or bool(self.rooms)

    def owner(self, name: str) -> Owner | None:
        """Return the owner behind a name; None if the account is unknown.

        Args:
            name: the Hub's name.
        """
        if room := room_of(name):
            return Owner(ROOMS, room)
        if not self._by_number:
            return Owner(self._authority, name)
        number = self._accounts.number(name)
        if number is None or self._accounts.is_former(name):
            # The owner no longer sees shares that were made under the old name.
            return None
        return Owner(self._authority, str(number))

    def number(self, name: str) -> int:
        """Return the number of a person's lab; make one if there is none.

        Args:
            name: the Hub's name.

        Raises:
            HTTPError: they can't have a lab, with the sentence for people.
        """
        self._refuse(name)
        if len(name.encode()) > LONGEST_NAME_BYTES or ":" in name or name.startswith("."):
            raise refusal(403, gettext(NO_PATH).format(most=LONGEST_NAME_BYTES))
        if (owner := self.owner(name)) is None:
            raise refusal(403, gettext(SIGN_IN_AGAIN).format(name=name))
        known = self._staying(owner, name)
        try:
            lab = self.registry.give(owner, name)
        except NoNumberError:
            raise refusal(503, gettext(NO_NUMBER)) from None
        except OSError as error:
            if error.errno not in volume_reserve.FULL:
                raise
            raise refusal(507, gettext(FULL).format(name=name)) from None
        if known is None:
            for other in self.registry.called(name):
                if other.number != lab.number:
                    LOG.warning(
                        "%s is another account than the one that had lab %d by this name; it gets"
                        " lab %d, and nothing of that one",
                        *(name, other.number, lab.number),
                    )
        elif known.name != name:
            LOG.warning("%s was %s: lab %d is theirs still", name, known.name, lab.number)
        return lab.number

    def _staying(self, owner: Owner, name: str) -> RegisteredLab | None:
        """Find a person's lab.

        Raises:
            HTTPError: 409, it is being deleted, with the sentence for people.
        """
        known = self.registry.find(owner)
        if known is not None and known.number in self.leaving:
            raise refusal(409, gettext(LEAVING).format(name=known.room or name))
        return known

    def _refuse(self, name: str) -> None:
        """Refuse labs that the configuration does not permit.

        Raises:
            HTTPError: 403 or 404, with the sentence for people.
        """
        room = room_of(name)
        if room and room not in self.rooms:
            raise refusal(404, gettext(CLOSED).format(name=room))
        if not room and not self.has_own:
            raise refusal(403, gettext(NO_OWN))

    async def start(self, lab: int, name: str, token: str, hub: Mapping[str, Any]) -> None:
        """Have a lab's server started.

        Args:
            lab: the lab's number.
            name: the owner's name.
            token: the server's token.
            hub: the fields of `classroom.supervisor.hub_access.HubAccess`.

        Raises:
            HTTPError: it was not started, with the sentence for people.
        """
        running = await self.running()
        if lab not in running and len(running | self._starting) >= self._most:
            raise refusal(503, gettext(TOO_MANY).format(most=self._most))
        self._starting.add(lab)
        try:
            await door.ask(self.paths.labs_socket, do="start", lab=lab, token=token, hub=dict(hub))
        except (LabNotStartedError, OSError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise refusal(
                503, gettext(NOT_STARTED).format(name=name, why=why.rstrip("."))
            ) from error
        finally:
            self._starting.discard(lab)

    async def stop(self, lab: int) -> None:
        """Have a lab's server and all its programs stopped.

        Args:
            lab: the lab's number.

        Raises:
            LabNotStartedError: it can't be stopped.
            OSError: the supervisor does not answer.
        """
        await door.ask(self.paths.labs_socket, do="stop", lab=lab)

    async def running(self) -> frozenset[int]:
        """Return the numbers of the labs that run.

        Raises:
            OSError: the supervisor does not answer.
        """
        return await door.ask(self.paths.labs_socket, do="list")
