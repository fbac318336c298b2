"""The class, its documents, and the incidents."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from typing import TYPE_CHECKING

import httpx

from benchmarks.files.ledger import account, words
from benchmarks.files.people import Typist
from benchmarks.files.programs import Document, Incidents, all_files, content_of
from benchmarks.soak.lab import API, enter
from benchmarks.soak.people import Place
from tests import labs, students, web

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.files.ledger import Account
    from tests.labs import Lab

BETWEEN_WORDS_SECONDS = 1.0
REST_SECONDS = (0.5, 3.0)
HEARD_SECONDS = 6.0
"""How long people still type into a deleted document, before they open another."""
CONVERGE_SECONDS = 90
"""How long pages and files may differ after the last word."""
CLOSE_SECONDS = 1.0
"""The wait until connections that were cancelled during their start are closed."""
LIVE = f"wss://{labs.HOST}:8443{students.BASE}/classroom/api/live"
ROOM = f"wss://{labs.HOST}:8443{students.BASE}/api/collaboration/room"


class Class:
    """The people, and the documents that they share."""

    def __init__(self, lab: Lab, people: int, documents: int, weights: Mapping[str, int]) -> None:
        """Sign everybody in.

        Args:
            lab: the lab, with `CONFIG` and a small disk.
            people: the number of people.
            documents: the number of documents that they share.
            weights: the relative frequency of each incident.
        """
        self.lab, self.weights = lab, weights
        self.hosts = lab.hosts
        self.client = enter(self.hosts, "tutor-of-the-files")
        self.documents = [
            self._made(f"folder{number}/notes{number}", "notebook" if number % 2 else "file")
            for number in range(documents)
        ]
        self.people: list[Typist] = []
        self._headers: list[dict[str, str]] = []
        for number in range(people):
            with contextlib.closing(enter(self.hosts, f"p{number:02}")) as client:
                cookies = "; ".join(f"{c.name}={c.value}" for c in client.cookies.jar)
            headers = {"Cookie": cookies, "Origin": labs.ADDRESS}
            self._headers.append(headers)
            self.people.append(Typist(f"p{number:02}", Place(LIVE, headers, self._where)))
        self.incidents = Incidents(lab, self.client, self._answers)
        self.happened: Counter[str] = Counter()
        self.events: list[tuple[float, str]] = []

    def _where(self) -> tuple[str, int]:
        return self.hosts[labs.HOST], 8443

    def _answers(self) -> bool:
        with web.browser(self.hosts) as client:
            status = client.get(f"{labs.ADDRESS}/services/classroom/api").status_code
            return bool(status == httpx.codes.OK)

    def _made(self, stem: str, kind: str) -> Document:
        """Make a document in its own folder."""
        document = Document("", kind)
        document.path = f"{stem}{document.suffix}"
        body: dict[str, object] = {"type": "directory"}
        self.client.put(f"{API}/contents/{document.folder}", json=body).raise_for_status()
        content = content_of(kind)
        body = {"type": "file", "format": "text", "content": content}
        if kind == "notebook":
            body = {"type": "notebook", "format": "json", "content": json.loads(content)}
        self.client.put(f"{API}/contents/{document.path}", json=body).raise_for_status()
        return document

    def _address(self, document: Document) -> str:
        form = "json" if document.kind == "notebook" else "text"
        body = {"format": form, "type": document.kind}
        answer = self.client.put(f"{API}/collaboration/session/{document.path}", json=body)
        found = answer.raise_for_status().json()
        return f"{ROOM}/{form}:{document.kind}:{found['fileId']}?sessionId={found['sessionId']}"

    def _group(self, document: Document) -> list[Typist]:
        return self.people[self.documents.index(document) :: len(self.documents)]

    async def _seat(self, document: Document) -> None:
        """Have a document's people open it."""
        address = await asyncio.to_thread(self._address, document)
        for person in self._group(document):
            headers = self._headers[self.people.index(person)]
            await person.open(Place(address, headers, self._where), document.kind)

    async def run(self, seconds: float) -> tuple[Account, list[str]]:
        """Let everybody type for some time, and cause incidents meanwhile.

        Args:
            seconds: how long.

        Returns:
            The account of all words, and a line for each document whose pages and file still differ
            `CONVERGE_SECONDS` after the end of the typing.
        """
        listening = [asyncio.create_task(person.listen()) for person in self.people]
        for document in self.documents:
            await self._seat(document)
        typing = [asyncio.create_task(person.type(BETWEEN_WORDS_SECONDS)) for person in self.people]
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            await asyncio.sleep(random.uniform(*REST_SECONDS))
            await self._something()
        for task in typing:
            task.cancel()
        wrong = await self._converge()
        found = await self._account()
        for person in self.people:
            await person.leave()
        for task in listening:
            task.cancel()
        await asyncio.gather(*typing, *listening, return_exceptions=True)
        await asyncio.sleep(CLOSE_SECONDS)
        return found, wrong

    async def _something(self) -> None:
        (how,) = random.choices(list(self.weights), list(self.weights.values()))
        document = random.choice(self.documents)
        self.events.append((time.time(), f"{how}: {document.path}"))
        print(f"  {how}: {document.path}", flush=True)
        await asyncio.to_thread(self.incidents.bring_about, how, document)
        self.happened[how] += 1
        if how == "deleted in a page":
            await self._go_on_in_another(document)

    async def _go_on_in_another(self, document: Document) -> None:
        """Type for some more time, then open a new document under the old name."""
        await asyncio.sleep(HEARD_SECONDS)
        stem = document.path.removesuffix(document.suffix)
        made = await asyncio.to_thread(self._made, stem, document.kind)
        document.path = made.path
        await self._seat(document)

    async def _converge(self) -> list[str]:
        wrong = [""]
        end = asyncio.get_running_loop().time() + CONVERGE_SECONDS
        while wrong and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(2)
            files = await asyncio.to_thread(all_files, self.lab)
            wrong = [line for one in self.documents for line in self._differences(one, files)]
        return wrong

    def _differences(self, document: Document, files: Mapping[str, str]) -> list[str]:
        texts = {person.desk.text for person in self._group(document) if person.desk is not None}
        if len(texts) > 1:
            return [f"{document.path}: {len(texts)} different pages"]
        on_disk = words(files.get(document.path, ""))
        away = words(texts.pop()) ^ on_disk
        return [f"{document.path}: {len(away)} words not both in page and file"] if away else []

    async def _account(self) -> Account:
        files = await asyncio.to_thread(all_files, self.lab)
        desks = [person.desk.text for person in self.people if person.desk is not None]
        accepted = set[str]().union(*(person.seen for person in self.people))
        notices = [notice for person in self.people for notice in person.notices]
        return account(accepted, desks, files, notices)
