"""The parts of which a lab server has exactly one each.

The extension makes them once for its server, and closes them. Other code gets single parts:
constructors as arguments, handlers from `classroom.lab.services`. No module has state of a lab
(`tests/unit/lab/test_context.py` checks this).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from classroom.lab.api.events import EventFeed
from classroom.lab.api.labs import LabLists
from classroom.lab.api.licenses import LicenseReports
from classroom.lab.api.loop_stalls import LoopStalls
from classroom.lab.api.opening_answers import Openings
from classroom.lab.api.user_settings import DefaultSettings
from classroom.lab.connections.cpu_budget import CpuBudget
from classroom.lab.connections.memory_budget import MemoryBudget
from classroom.lab.connections.notifications import Notifications
from classroom.lab.connections.receive_limits import ReceiveLimits
from classroom.lab.connections.registry import Connections
from classroom.lab.execution.run_history import RunHistory
from classroom.lab.exports.jobs import ExportQueue
from classroom.lab.people.open_documents import OpenDocuments
from classroom.lab.people.participants import Participants
from classroom.lab.people.welcome import Greeting
from classroom.lab.permissions.mode_service import ModeService
from classroom.lab.permissions.removed_guests import RemovedGuests
from classroom.lab.rooms.former_documents import FormerDocuments
from classroom.lab.rooms.hooks import Hooks
from classroom.lab.services import Services
from classroom.lab.upstream.known_answers import KnownAnswers

if TYPE_CHECKING:
    from classroom.lab.api.usage import Usage
    from classroom.lab.pages.content_security_policy import Policies
    from classroom.lab.storage.journal import Journal


@dataclass(frozen=True)
class LabContext:
    """The state of one lab. Make and use it on the event loop.

    Attributes:
        usage: measures what the container uses.
        policies: the Content-Security-Policies of pages.
        journal: the documents' journal; None in a measurement of the rooms alone.
        connections: open sockets and requests.
        hooks: the hooks that rooms call.
        memory: the memory budget of people's sockets.
        cpu: the processor budget of people's messages.
        licenses: the licenses of everything that pages load.
        known: cached answers that are the same for everybody.
        events: sends events to pages.
        settings: the default settings, for people who have changed none.
        lists: a short-lived cache of people's lists of labs.
        openings: the requests in progress for pages that open.
        turns: the queue of exports.
        bounded: limits what sockets receive and send.
        former: documents of pages from before a restart that can't be merged any more.
        notifications: sends notices to pages.
        guests: the guests whom a tutor removed from the lab.
        modes: says who is view-only and who is a tutor.
        documents: the open documents, and who is in each.
        participants: the participants and their locations.
        history: records who ran which cell.
        greeting: records who has seen the welcome notebook.
        stalls: measures how long the event loop is blocked.
    """

    usage: Usage
    policies: Policies
    journal: Journal | None = None
    connections: Connections = field(default_factory=Connections)
    hooks: Hooks = field(default_factory=Hooks)
    memory: MemoryBudget = field(default_factory=MemoryBudget)
    cpu: CpuBudget = field(default_factory=CpuBudget)
    licenses: LicenseReports = field(default_factory=LicenseReports)
    known: KnownAnswers = field(default_factory=KnownAnswers)
    events: EventFeed = field(default_factory=EventFeed)
    settings: DefaultSettings = field(default_factory=DefaultSettings)
    lists: LabLists = field(default_factory=LabLists)
    openings: Openings = field(default_factory=Openings)
    turns: ExportQueue = field(default_factory=ExportQueue)
    stalls: LoopStalls = field(default_factory=LoopStalls)
    bounded: ReceiveLimits = field(init=False)
    notifications: Notifications = field(init=False)
    former: FormerDocuments = field(default_factory=FormerDocuments)
    guests: RemovedGuests = field(default_factory=RemovedGuests)
    modes: ModeService = field(init=False)
    documents: OpenDocuments = field(default_factory=OpenDocuments)
    participants: Participants = field(init=False)
    history: RunHistory = field(init=False)
    greeting: Greeting = field(default_factory=Greeting)

    def __post_init__(self) -> None:
        """Make the parts that use others."""
        modes = ModeService(self.connections, self.guests)
        made = {
            "bounded": ReceiveLimits(self.memory),
            "notifications": Notifications(self.connections),
            "modes": modes,
            "participants": Participants(self.connections, modes, self.documents),
            "history": RunHistory(self.connections),
        }
        for name, part in made.items():
            object.__setattr__(self, name, part)

    def services(self) -> Services:
        """Return this context and its parts as services, for the server's settings."""
        parts = (getattr(self, one.name) for one in fields(self))
        return Services(self, *(part for part in parts if part is not None))

    def close(self) -> None:
        """Write what the journal still has in memory, and close it."""
        self.stalls.end()
        if self.journal is not None:
            self.journal.close()
