"""One round of measurements of a recipe; the main program repeats and alternates the rounds.

Each function measures a `Subject`, to whose samples it adds the values, with the started container
of its recipe. Playwright starts the browsers.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.page_load import browsing, containers, crowd, measures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Playwright

    from benchmarks.page_load.browsing import Visit
    from benchmarks.page_load.containers import Started
    from benchmarks.page_load.images import Recipe
    from benchmarks.page_load.measures import Measure, Samples, VisitMeasures


WEAK = 4
"""The factor by which a weak machine's processor is slower than this one."""


@dataclass
class Subject:
    """A recipe under measurement.

    Attributes:
        recipe: the recipe.
        samples: the values measured so far.
        assets: the addresses of the static files of the latest first visit.
        connections: the number of connections that Chromium opened for them.
    """

    recipe: Recipe
    samples: Samples = field(default_factory=dict)
    assets: tuple[str, ...] = ()
    connections: int = 0
    _names: Iterator[int] = field(default_factory=itertools.count)

    def add(self, measure: Measure, value: float) -> None:
        """Store the value of a run."""
        self.samples.setdefault(measure, []).append(value)

    def add_visit(self, rows: VisitMeasures, visit: Visit) -> None:
        """Store the values of a visit."""
        self.add(rows.requests, visit.requests)
        self.add(rows.size, visit.size)
        self.add(rows.usable, visit.usable)
        self.add(rows.quiet, visit.quiet)

    def next_name(self) -> str:
        """Return the name of a new person."""
        return f"visitor-{next(self._names)}"


def start(subject: Subject) -> None:
    """Start a container; measure the time of its start, and its memory before the first visit."""
    with containers.start(subject.recipe) as started:
        subject.add(measures.START, started.seconds)
        subject.add(measures.MEMORY, started.idle_memory())
        if (pss := started.idle_pss()) is not None:
            subject.add(measures.PSS, pss)


def warm(playwright: Playwright, subject: Subject, started: Started) -> None:
    """Let a person visit before the measured visits: the server then has imported its modules."""
    with (
        started.sign_in(subject.next_name()) as person,
        browsing.profile(playwright, started, person) as context,
    ):
        browsing.visit(context)


def come_twice(playwright: Playwright, subject: Subject, started: Started) -> None:
    """Let a new person open the lab twice at full speed; keep the first visit's static files."""
    with (
        started.sign_in(subject.next_name()) as person,
        browsing.profile(playwright, started, person) as context,
    ):
        before = started.lab_cpu()
        first = browsing.visit(context)
        used = started.lab_cpu() - before
        subject.add_visit(measures.FIRST, first)
        subject.add_visit(measures.SECOND, browsing.visit(context))
        subject.add(measures.LAB_CPU, used)
        subject.assets, subject.connections = first.assets, first.connections


def come_twice_slowly(playwright: Playwright, subject: Subject, started: Started) -> None:
    """Let a new person open the lab twice over a slow line."""
    with (
        started.sign_in(subject.next_name()) as person,
        browsing.profile(playwright, started, person) as context,
    ):
        subject.add_visit(measures.FIRST_SLOW, browsing.visit(context, slow=True))
        subject.add_visit(measures.SECOND_SLOW, browsing.visit(context, slow=True))


def come_twice_to_a_weak_machine(
    playwright: Playwright, subject: Subject, started: Started
) -> None:
    """Let a new person with a slow processor open the lab twice."""
    with (
        started.sign_in(subject.next_name()) as person,
        browsing.profile(playwright, started, person) as context,
    ):
        subject.add_visit(measures.FIRST_WEAK, browsing.visit(context, cpu=WEAK))
        subject.add_visit(measures.SECOND_WEAK, browsing.visit(context, cpu=WEAK))


def look_at_the_form(playwright: Playwright, subject: Subject, started: Started) -> None:
    """Let a person with an empty cache open the sign-in form."""
    with browsing.profile(playwright, started, None) as context:
        subject.add(measures.FORM, browsing.form(context))


def come_at_once(subject: Subject, started: Started) -> None:
    """Let 30 visitors at once fetch the static files of a first visit."""
    with started.sign_in(subject.next_name()) as person:
        plan = crowd.plan(started, person, subject.assets, subject.connections)
        outcome, used = crowd.visit(started, plan)
    subject.add(measures.CROWD_CONNECTIONS, crowd.VISITORS * plan.connections)
    subject.add(measures.CROWD_REQUESTS, outcome.requests)
    subject.add(measures.CROWD_SIZE, outcome.size)
    subject.add(measures.CROWD_CONNECTING, outcome.connecting)
    subject.add(measures.CROWD, outcome.fetching)
    subject.add(measures.CROWD_ALL, outcome.connecting + outcome.fetching)
    subject.add(measures.CROWD_CPU, used)
    subject.add(measures.CROWD_CLIENT, outcome.cpu)
