"""Twenty people type in ten documents while programs, people and accidents befall their files.

Run by ``make soak FILES=1``. In the end every word that another page showed is in its document, in
its file, or in a copy that people were told of; anything else is an error.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from docker.types import Mount

from benchmarks.files.ledger import account, words
from benchmarks.files.people import Typist
from benchmarks.files.programs import WEIGHTS, Document, Incidents, all_files, content_of
from benchmarks.soak.lab import API, CONFIG, enter
from benchmarks.soak.people import Place
from tests import labs, logs, students, web

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from benchmarks.files.ledger import Account
    from tests.labs import Lab

BETWEEN_WORDS = 1.0
REST_SECONDS = (0.5, 3.0)
HEARD_SECONDS = 6.0
"""How long people go on typing into a document that was deleted, before they open another."""
CONVERGE_SECONDS = 90
CLOSE_SECONDS = 1.0
"""Until connections that were cancelled while they were made are closed."""
DISK_BYTES = 192 << 20
LIVE = f"wss://{labs.HOST}:8443{students.BASE}/classroom/api/live"
ROOM = f"wss://{labs.HOST}:8443{students.BASE}/api/collaboration/room"
KNOWN = (
    r"ended with -9|is back|doesn't start|\[error\]|\[crit\]|\[alert\]",
    r"Recovered what was typed last|could not be adopted|was changed by a program|was deleted: the",
    r"ServerApp\] delete /|ServerApp\] File \S+ not found",
    r"Task exception was never retrieved|wrote error|499 |4\d\d (GET|PUT|PATCH|DELETE)|50\d ",
    r"(?s)^\[E [^\n]* ServerApp\] \{\n",
    r"No space left|disk is full|disk I/O error|is not being saved|nearly full|Error saving",
    r"Not saved:|could not be (saved|recorded|recovered)|can't be (made|opened|read)",
    r"Error watching file|Too many errors while watching|Unhandled error|Uncaught exc",
    r"Database error|SQLAlchemyError|OperationalError|Rolling back|Exiting|No snapshot",
)
"""What the log may say when files vanish, the disk is full and the lab is killed."""
LOG = Path("artifacts/files.log")


class Class:
    """The class, its documents, and what befalls them."""

    def __init__(self, lab: Lab, people: int, documents: int, weights: Mapping[str, int]) -> None:
        """Sign everybody in.

        Args:
            lab: with `CONFIG`, and a small disk.
            people: how many.
            documents: how many they share.
            weights: how often each incident happens.
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
        """Make a document in a folder of its own."""
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
        """Have its people open a document."""
        address = await asyncio.to_thread(self._address, document)
        for person in self._group(document):
            headers = self._headers[self.people.index(person)]
            await person.open(Place(address, headers, self._where), document.kind)

    async def run(self, seconds: float) -> tuple[Account, list[str]]:
        """Type, and let things happen for so long; account for all words, and list differences.

        Args:
            seconds: how long.
        """
        listening = [asyncio.create_task(person.listen()) for person in self.people]
        for document in self.documents:
            await self._seat(document)
        typing = [asyncio.create_task(person.type(BETWEEN_WORDS)) for person in self.people]
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
        """Type on for a while, then open a new document under the old name."""
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

    def history(self, missed: Collection[str]) -> str:
        """List by time what happened, what people were told, and when some words were typed.

        Args:
            missed: the words.
        """
        events = list(self.events)
        for person in self.people:
            events += [(at, f"{person.name} heard: {text}") for text, at in person.notices.items()]
            events += [
                (at, f"{person.name} {what} {word}")
                for what, found in (("typed", person.typed), ("saw", person.seen))
                for word, at in found.items()
                if word in missed
            ]
        stamped = ((time.strftime("%H:%M:%S", time.gmtime(at)), at, text) for at, text in events)
        return "\n".join(f"{clock}.{at % 1:.3f} {text}" for clock, at, text in sorted(stamped))

    def report(self, found: Account, wrong: list[str]) -> str:
        """Word what happened."""
        lost = sum((person.lost for person in self.people), Counter[str]())
        lines = ["| incident | times |", "| --- | ---: |"]
        lines += [f"| {how} | {times} |" for how, times in sorted(self.happened.items())]
        typed = sum(len(person.typed) for person in self.people)
        lines += [
            "",
            "| words | |",
            "| --- | ---: |",
            f"| typed by {len(self.people)} people | {typed} |",
            f"| accepted: another page showed them | {found.accepted} |",
            f"| found in documents and files | {found.kept} |",
            f"| found only in copies | {found.copied} |",
            f"| of these, in a copy that people were told of | {found.told} |",
            f"| lost | {len(found.lost)} |",
            f"| copies made, in {self.happened.total()} incidents | {len(found.copies)} |",
            f"| reconnections | {lost.total()} |",
            "",
        ]
        lines += [f"{times:>5} times: {why[:160]}" for why, times in lost.most_common(8)]
        lines += [f"WRONG: {line}" for line in wrong]
        return "\n".join(lines)


@contextlib.contextmanager
def started(people: int, documents: int, weights: Mapping[str, int]) -> Iterator[Class]:
    """Start a lab with a small disk of its own, and sign a class in.

    Args:
        people: how many.
        documents: how many they share.
        weights: how often each incident happens.
    """
    disk = Mount("/data", None, type="tmpfs", tmpfs_size=DISK_BYTES, tmpfs_mode=0o755)
    with tempfile.TemporaryDirectory() as folder:
        labs.write_folder(Path(folder), CONFIG, None)
        with labs.start(Path(folder), options={"mounts": [disk]}, check_log=False) as lab:
            lab.wait_healthy()
            made = Class(lab, people, documents, weights)
            with contextlib.closing(made.client):
                yield made


def judged(found: Account, different: list[str], incidents: int, log: str) -> list[str]:
    """List what is wrong in the end.

    Args:
        found: where the words are.
        different: documents whose pages or file differ.
        incidents: how many there were.
        log: the lab's.
    """
    wrong = list(different)
    if found.lost:
        wrong.append(f"{len(found.lost)} words are lost: {found.lost[:20]}")
    if found.untold:
        wrong.append(f"nobody was told of {len(found.untold)} words in {found.unknown}")
    if len(found.copies) > incidents:
        wrong.append(f"{len(found.copies)} copies for {incidents} incidents: {found.copies}")
    alarming = logs.unexpected(log, KNOWN)
    return wrong + [f"the log says: {line[:300]}" for line in alarming[:5]]


def main() -> int:
    """Run it; 1 when a word is lost, or in a copy that nobody was told of."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1200)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--documents", type=int, default=10)
    parser.add_argument("--incidents", nargs="+", choices=list(WEIGHTS), default=list(WEIGHTS))
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    random.seed(asked.seed)
    weights = {how: WEIGHTS[how] for how in asked.incidents}
    with started(asked.people, asked.documents, weights) as people:
        found, different = asyncio.run(people.run(asked.seconds))
        log = people.lab.log
        wrong = judged(found, different, people.happened.total(), log)
        print(people.report(found, wrong))
        if wrong:
            LOG.parent.mkdir(exist_ok=True)
            history = people.history([*found.lost, *found.untold])
            LOG.write_text(f"{history}\n\n{log}", encoding="utf-8")
            print(f"What happened when, and the lab's whole log, are in {LOG}.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
