"""Copy assignments between the class and people's own labs, for the Hub.

Run as root, ``python -I -m classroom.supervisor.carrier``, with an order on its input; its output
contains the result for each student. Root itself opens no files of either side. For each student it
makes two processes with a pipe between them: one becomes the user of the class's server, the other
the user of the student's lab's server (`classroom.lab.assignments.carried`). Both drop all rights
of root, and can use only the files of their own lab (Landlock). No process of the same user can
trace them, because they have changed their user without executing a program (prctl(2),
PR_SET_DUMPABLE). So links, pipes or names that a student or a lab's server has made lead only to
files that this user can reach anyway.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from typing import Any

from classroom.lab.assignments import carried, names
from classroom.lab.assignments.carried import Carried, Errand
from classroom.lab.assignments.outcome import why
from classroom.runtime import lab_users, log, privileges
from classroom.runtime.lab_users import CLASS
from classroom.runtime.paths import Paths
from classroom.runtime.words import gettext, gettext_noop
from classroom.sandbox.landlock import KEEP
from classroom.supervisor.carrier_sides import BROKEN, Part, PipeEnd, allowed, start, wait

KEPT = ("kill", "setgid", "setuid")
"""The capabilities that root keeps, to make processes of other users and to end them."""
INTERRUPTED = gettext_noop("Copying was interrupted: try again.")


def carry(what: Carried, lab: int, paths: Paths) -> dict[str, Any]:
    """Carry out an errand for one student.

    Args:
        what: the errand.
        lab: the number of the student's lab, whose folders exist.
        paths: the container's paths.

    Returns:
        The result; under ``error`` a sentence if it failed.
    """
    theirs, ours = paths.of_lab(lab), paths.of_lab(CLASS)
    reading, writing = os.pipe()
    gives = what.errand is Errand.GIVE  # from the class to the lab
    the_labs = Part(
        lab_users.server(theirs.lab),
        allowed(KEEP, theirs.files, theirs.history),
        lambda pipe: carried.of_lab(what, theirs, pipe),
        lambda error: why(error, what.person),
        f"{what.name} of {what.person}",
    )
    the_class = replace(
        the_labs,
        user=lab_users.server(CLASS),
        places=allowed(KEEP, ours.history),
        do=lambda pipe: carried.of_class(what, ours, pipe),
    )
    reads, writes = PipeEnd(reading, writing, "rb"), PipeEnd(writing, reading, "wb")
    sides = [start(the_labs, reads if gives else writes)]
    if what.errand is not Errand.LOOK:
        sides.append(start(the_class, writes if gives else reads))
    os.close(reading)
    os.close(writing)
    return merged(wait(sides), what)


def merged(answers: list[dict[str, Any]], what: Carried) -> dict[str, Any]:
    """Return the result of an errand from the answers of the lab's side and the class's side.

    Args:
        answers: the lab's answer, then the class's. A side whose other side has ended answers that
            it is broken.
        what: the errand.
    """
    for answer in answers:
        if "error" in answer:
            return {"error": answer["error"]}
    lab = answers[0]
    if what.errand is Errand.FETCH and lab.get("has") in {"none", "other"}:
        return lab  # there is nothing to fetch, so the class's side got no data
    if any(BROKEN in answer for answer in answers):
        return {"error": gettext(INTERRUPTED)}
    return {key: value for answer in answers for key, value in answer.items()}


def reserve(paths: Paths) -> int:
    """Return how many bytes of the disk stay free.

    Args:
        paths: the container's paths; root has written the labs' configuration there.
    """
    several = paths.labs_config.exists()
    told = json.loads((paths.labs_config if several else paths.lab_config).read_bytes())
    return int(told["ClassContents"]["disk_reserve"])


def ordered(order: dict[str, Any], kept: int) -> list[tuple[Carried, int]]:
    """Read an order of the Hub.

    Args:
        order: ``do`` (an `Errand`), ``assignment``, ``labs`` (numbers by students' names), and
            ``place`` if something is fetched.
        kept: bytes of the disk that stay free.

    Raises:
        ValueError: the name of the assignment or place is invalid, or there is no such errand.
    """
    name, place = str(order["assignment"]), str(order.get("place", ""))
    if wrong := names.wrong_assignment(name):
        raise ValueError(wrong)
    if place and not (place.isascii() and place.isalnum()):
        raise ValueError("no place is called so")
    errand = Errand(order["do"])
    if errand is Errand.FETCH and not place:
        raise ValueError("no place is named")
    return [
        (Carried(errand, name, person, place, kept), int(lab))
        for person, lab in order["labs"].items()
    ]


def main() -> None:
    """Carry out the order."""
    log.quote()
    paths = Paths()
    wanted = ordered(json.load(sys.stdin), reserve(paths))
    privileges.drop(KEPT)
    os.chdir("/")
    found = {what.person: carry(what, lab, paths) for what, lab in wanted}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
