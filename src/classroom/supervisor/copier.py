"""Copy a file or folder of a lab into another person's lab, for the Hub.

Run as root, ``python -I -m classroom.supervisor.copier``, with an order on its input; its output
contains the result. As in `classroom.supervisor.carrier`, root itself opens no files of either lab:
two processes with a pipe between them each become the user of one lab's server. The giving process
may only read; the taking process may write only its lab's files.
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
        what: the order.
        paths: the container's paths.

    Returns:
        The copy's ``path``, and the names of files that were ``leftOut``; a sentence under
        ``error`` if there is no copy.
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
    """Return the groups that a lab's server's user needs for the lab's files, besides its own."""
    return (lab_users.STUDENT.gid,) if lab == CLASS else ()


def merged(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the result from the answers of both sides.

    Args:
        answers: their answers. A side whose other side has ended answers that it is broken.
    """
    for answer in answers:
        if "error" in answer:
            return {"error": answer["error"]}
    if any(BROKEN in answer for answer in answers):
        return {"error": gettext(INTERRUPTED)}
    return {key: value for answer in answers for key, value in answer.items()}


def main() -> None:
    """Carry out the order."""
    log.quote()
    paths = Paths()
    wanted = order.read(json.load(sys.stdin), reserve(paths))
    privileges.drop(KEPT)
    os.chdir("/")
    sys.stdout.write(json.dumps(copy(wanted, paths)))


if __name__ == "__main__":
    main()
