"""Give somebody a copy of something in a lab into their own, for the Hub.

Run as root, ``python -I -m classroom.supervisor.copier``, with an order on its input; its output
says what came of it. As in `classroom.supervisor.carrier`, root itself opens nothing of either lab:
two processes with a pipe between them each become the user of one lab's server. The one that gives
may only look; the one that takes may write its lab's files, and nothing else.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from classroom.lab.copies import giving, order, sentences, taking
from classroom.runtime import lab_users, log, privileges
from classroom.runtime.lab_users import CLASS
from classroom.runtime.paths import Paths
from classroom.runtime.words import gettext
from classroom.sandbox.landlock import KEEP, LOOK
from classroom.supervisor.carrier import INTERRUPTED, KEPT, reserve
from classroom.supervisor.carrier_sides import BROKEN, Part, PipeEnd, allowed, start, wait

if TYPE_CHECKING:
    from classroom.lab.copies.order import CopyOrder


def copy(what: CopyOrder, paths: Paths) -> dict[str, Any]:
    """Give somebody a copy.

    Args:
        what: is to be done.
        paths: the container's.

    Returns:
        ``path`` of the copy and the names of what was ``leftOut``; a sentence under ``error`` if
        there is none.
    """
    theirs, ours = paths.of_lab(what.source), paths.of_lab(what.target)
    gives = Part(
        lab_users.server(what.source),
        allowed(LOOK, theirs.files, theirs.removed_guests.parent),
        lambda pipe: giving.give(what, theirs, pipe),
        lambda error: sentences.not_given(error, what.name),
        f"a copy for {what.person}, by lab {what.source}",
        _groups(what.source),
    )
    takes = Part(
        lab_users.server(what.target),
        (*allowed(KEEP, ours.files), *allowed(LOOK, ours.driving.parent)),
        lambda pipe: taking.take(what, ours, pipe),
        lambda error: sentences.not_taken(error, what.name),
        f"a copy for {what.person}, by lab {what.target}",
        _groups(what.target),
    )
    reading, writing = os.pipe()
    sides = [
        start(gives, PipeEnd(writing, reading, "wb")),
        start(takes, PipeEnd(reading, writing, "rb")),
    ]
    os.close(reading)
    os.close(writing)
    return merged(wait(sides))


def _groups(lab: int) -> tuple[int, ...]:
    """Return what a lab's server's user needs besides its own group, for the lab's files."""
    return (lab_users.STUDENT.gid,) if lab == CLASS else ()


def merged(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Say what came of it, from what both sides say.

    Args:
        answers: theirs. A side whose other end is gone says that it is broken.
    """
    for answer in answers:
        if "error" in answer:
            return {"error": answer["error"]}
    if any(BROKEN in answer for answer in answers):
        return {"error": gettext(INTERRUPTED)}
    return {key: value for answer in answers for key, value in answer.items()}


def main() -> None:
    """Do what is ordered."""
    log.quote()
    paths = Paths()
    wanted = order.read(json.load(sys.stdin), reserve(paths))
    privileges.drop(KEPT)
    os.chdir("/")
    sys.stdout.write(json.dumps(copy(wanted, paths)))


if __name__ == "__main__":
    main()
