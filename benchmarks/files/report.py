"""Report the result: a table, errors, and the history of incidents."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from tests import logs

if TYPE_CHECKING:
    from collections.abc import Collection

    from benchmarks.files.classroom import Class
    from benchmarks.files.ledger import Account

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
"""Log lines that are expected if files vanish, the disk is full or the lab is killed."""


def history(people: Class, missed: Collection[str]) -> str:
    """List, in order of time, the incidents, the notices, and when some words were typed and seen.

    Args:
        people: the class at the end.
        missed: the words to list.
    """
    events = list(people.events)
    for person in people.people:
        events += [(at, f"{person.name} heard: {text}") for text, at in person.notices.items()]
        events += [
            (at, f"{person.name} {what} {word}")
            for what, found in (("typed", person.typed), ("saw", person.seen))
            for word, at in found.items()
            if word in missed
        ]
    stamped = ((time.strftime("%H:%M:%S", time.gmtime(at)), at, text) for at, text in events)
    return "\n".join(f"{clock}.{at % 1:.3f} {text}" for clock, at, text in sorted(stamped))


def report(people: Class, found: Account, wrong: list[str]) -> str:
    """Return the report as Markdown tables and lines of text.

    Args:
        people: the class at the end.
        found: the places of the words.
        wrong: a line for each error.
    """
    lost = sum((person.lost for person in people.people), Counter[str]())
    lines = ["| incident | times |", "| --- | ---: |"]
    lines += [f"| {how} | {times} |" for how, times in sorted(people.happened.items())]
    typed = sum(len(person.typed) for person in people.people)
    lines += [
        "",
        "| words | |",
        "| --- | ---: |",
        f"| typed by {len(people.people)} people | {typed} |",
        f"| accepted: another page showed them | {found.accepted} |",
        f"| found in documents and files | {found.kept} |",
        f"| found only in copies | {found.copied} |",
        f"| of these, in a copy that people were told of | {found.told} |",
        f"| lost | {len(found.lost)} |",
        f"| copies made, in {people.happened.total()} incidents | {len(found.copies)} |",
        f"| reconnections | {lost.total()} |",
        "",
    ]
    lines += [f"{times:>5} times: {why[:160]}" for why, times in lost.most_common(8)]
    lines += [f"WRONG: {line}" for line in wrong]
    return "\n".join(lines)


def judged(found: Account, different: list[str], incidents: int, log: str) -> list[str]:
    """List the errors: differences, lost words, unnoticed copies, too many copies, log lines.

    Args:
        found: the places of the words.
        different: a line for each document whose pages or file differ.
        incidents: the number of incidents; there may be no more copies.
        log: the lab's log; the first five unexpected lines are errors.
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
