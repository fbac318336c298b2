"""The people of one lab, the class's or a personal one, and the notebooks in which they type."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.soak.faults import CLASS
from benchmarks.soak.lab import PASSPHRASE, cookies, enter, room, sign_in
from benchmarks.soak.people import Person, Place
from tests import labs, own_labs, students

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    Where = Callable[[], tuple[str, int]]

TUTOR, TUTORS_PASSPHRASE = "mona", "the-tutor-has-a-much-longer-passphrase"
SETTINGS = f"""
c.Authenticator.admin_users = ["{TUTOR}"]
c.SharedPasswordAuthenticator.admin_password = "{TUTORS_PASSPHRASE}"
c.Classroom.personal_labs = True
c.Classroom.max_labs = {{labs}}
"""
"""The settings for personal labs in the tutor's configuration file."""


@dataclass
class Visitor:
    """A browser in which a personal lab is open.

    Attributes:
        client: the browser.
        headers: the headers of the page's connections; `open_lab` puts a new cookie into them.
    """

    client: httpx.Client
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Group:
    """The people of one lab.

    Attributes:
        name: the lab's name: `CLASS`, or its owner's name.
        base: the lab's path.
        client: the browser that reads its files and starts its kernels.
        documents: the people who type in each notebook, by its name.
        visitors: the browsers that must open the lab again after the container has restarted.
    """

    name: str
    base: str
    client: httpx.Client
    documents: dict[str, list[Person]]
    visitors: list[Visitor] = field(default_factory=list)

    @property
    def people(self) -> list[Person]:
        """All people of the lab."""
        return [person for persons in self.documents.values() for person in persons]

    @property
    def cut(self) -> int:
        """The number of their connections that have ended so far."""
        return sum(person.cut for person in self.people)

    def reopen(self) -> None:
        """Open a personal lab again after the container has restarted, as its people do.

        Raises:
            AssertionError: the lab doesn't open.
        """
        for visitor in self.visitors:
            open_lab(visitor, self.name, self.base)

    def start_kernels(self) -> None:
        """Start the kernel of each notebook that has none.

        Raises:
            AssertionError: a kernel doesn't start.
        """
        for name in self.documents:
            what = f"a kernel of {self.name}'s {name}"
            labs.wait_until(partial(self._has_kernel, name), what, ignoring=labs.AWAY, every=1)

    def _has_kernel(self, name: str) -> bool:
        kernel = {"name": "python3"}
        body = {"path": name, "name": name, "type": "notebook", "kernel": kernel}
        address = f"{labs.ADDRESS}{self.base}/api/sessions"
        return bool(self.client.post(address, json=body, timeout=60).is_success)

    def differences(self) -> list[str]:
        """Return a line for each error: different copies, lost words, other text in the file."""
        return [
            f"{self.name}: {name}: {words}"
            for name, persons in self.documents.items()
            for words in self._differences(name, persons)
        ]

    def _differences(self, name: str, persons: list[Person]) -> list[str]:
        found = []
        texts = {person.text for person in persons}
        if len(texts) > 1:
            found.append(f"{len(texts)} different copies")
        text = persons[0].text
        typed = [word for person in persons for word in person.typed]
        if lost := [word for word in typed if word not in text]:
            found.append(f"{len(lost)} words lost, such as {lost[:3]}")
        if len(text) != sum(map(len, typed)):
            found.append(f"{len(text)} characters of {sum(map(len, typed))} typed")
        answer = self.client.get(f"{labs.ADDRESS}{self.base}/api/contents/{name}")
        if not answer.is_success:
            return [*found, f"the file is not to be had: {answer.status_code}"]
        source = answer.json()["content"]["cells"][0]["source"]
        if source != text:
            found.append(f"the file has {len(source)} characters")
        return found


def open_lab(visitor: Visitor, name: str, base: str) -> None:
    """Open a personal lab in a browser, as its owner or a tutor does.

    Args:
        visitor: the browser; the function updates its headers.
        name: the owner's name.
        base: the lab's path.

    Raises:
        AssertionError: the lab doesn't open.
    """
    own_labs.enter(visitor.client, name)
    visitor.headers |= {"Cookie": cookies(visitor.client, base), "Origin": labs.ADDRESS}


def of_class(hosts: dict[str, str], where: Where, people: int, notebooks: int) -> Group:
    """Sign the class in, make the notebooks, and give each person one of them.

    Args:
        hosts: the container's IP address, by its name.
        where: returns the container's present IP address and port.
        people: the number of people.
        notebooks: the number of notebooks that they share.
    """
    reader = enter(hosts, "reader-of-the-soak")
    names = [f"soak{number}.ipynb" for number in range(notebooks)]
    rooms = [room(reader, name) for name in names]
    documents: dict[str, list[Person]] = {name: [] for name in names}
    for number in range(people):
        with contextlib.closing(enter(hosts, f"p{number}")) as client:
            headers = {"Cookie": cookies(client), "Origin": labs.ADDRESS}
        place = Place(rooms[number % notebooks], headers, where)
        documents[names[number % notebooks]].append(Person(f"p{number}", place))
    return Group(
        CLASS, students.BASE, reader, {name: who for name, who in documents.items() if who}
    )


def of_own(hosts: dict[str, str], where: Where, number: int) -> Group:
    """Open a personal lab for one or two pages that type in it.

    In a third of the labs a tutor types too, in a third the owner has two pages open, and in a
    third the owner has one page.

    Args:
        hosts: the container's IP address, by its name.
        where: returns the container's present IP address and port.
        number: the number of the lab, from 0.
    """
    name = f"own-{number}"
    base = own_labs.base(name)
    owner = Visitor(sign_in(hosts, name, PASSPHRASE))
    open_lab(owner, name, base)
    visitors = [owner]
    if number % 3 == 0:
        visitors.append(Visitor(sign_in(hosts, TUTOR, TUTORS_PASSPHRASE)))
        open_lab(visitors[-1], name, base)
    address = room(owner.client, "own.ipynb", base)
    pages = [*visitors, *([owner] if number % 3 == 1 else [])]
    people = [
        Person(f"{name}{letter}", Place(address, page.headers, where))
        for letter, page in zip("ab", pages, strict=False)
    ]
    return Group(name, base, owner.client, {"own.ipynb": people}, visitors)
