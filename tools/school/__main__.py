"""Run a school's classes on a Docker Swarm, or show their state.

Run as ``python -m tools.school`` (``make school``) on a manager of the swarm.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tools.school import deploying, stacks, state, swarm
from tools.school.plan import School, SchoolClass, SchoolError, plan

if TYPE_CHECKING:
    from tools.school.stacks import Stack

FRONT = Path(__file__).parents[2] / "deploy/swarm/front.conf"
NO_MANAGER = (
    "This machine's Docker engine manages no swarm, so nothing was done: run this on a manager, or"
    " make this machine one with `docker swarm init` (docs/operate/school.md)."
)


def read(file: Path) -> School:
    """Read a school's file.

    Raises:
        SchoolError: it can't be read, or has errors.
    """
    try:
        return plan(yaml.safe_load(file.read_text(encoding="utf-8-sig")))
    except OSError as error:
        cure = "copy deploy/swarm/school.example.yml to it"
        raise SchoolError([f"{error.strerror}: {cure}."]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SchoolError([f"It is no YAML: {error}"]) from None


def stack_of(school: School, one: SchoolClass, folder: Path) -> Stack:
    """Return the stack of a class, with its files from the folder of the school's file.

    Args:
        school: the school.
        one: the class.
        folder: the folder of the school's file.

    Raises:
        SchoolError: one of its files can't be read.
    """
    try:
        more = (folder / one.config).read_text(encoding="utf-8-sig") if one.config else ""
        place = folder / "secrets" / one.name
        found = sorted(file for file in place.glob("*") if file.is_file())
        secrets = {file.name: file.read_bytes() for file in found}
    except (OSError, UnicodeDecodeError) as error:
        raise SchoolError([f"A file of the class {one.name} can't be read: {error}"]) from None
    return stacks.class_stack(school, one, more, secrets)


def show(school: School) -> bool:
    """Print the state of each class; return whether all are up."""
    nodes, there = swarm.nodes(), swarm.services(school.domain)
    all_up = True
    for one in school.classes:
        service = stacks.name_of_service(one.name)
        found = swarm.tasks(service) if service in there else None
        is_up = found is not None and state.is_up(found, nodes)
        refusal = swarm.refusals(service) if found and not is_up else ""
        print(f"{one.name}: {state.sentence(school, one, found, nodes, refusal)}.")
        all_up &= is_up
    return all_up


def main() -> int:
    """Run with the command line's arguments; return the exit status."""
    parser = argparse.ArgumentParser(prog="make school", description=__doc__)
    parser.add_argument("--file", type=Path, default=Path("school.yml"), help="the school's file")
    parser.add_argument("do", nargs="?", default="up", choices=("up", "status"))
    given = parser.parse_args()
    try:
        school = read(given.file)
        described = [stack_of(school, one, given.file.parent) for one in school.classes]
        if not swarm.is_manager():
            print(NO_MANAGER, file=sys.stderr)
            return 1
        if given.do == "up":
            front = stacks.front_stack(school, FRONT.read_text(encoding="utf-8"))
            for said in deploying.bring_up(school, front, described):
                print(said, flush=True)
        return 0 if show(school) or given.do == "up" else 1
    except SchoolError as error:
        for problem in error.problems:
            print(f"{given.file}: {problem}", file=sys.stderr)
    except (deploying.StoppedError, swarm.SwarmError) as error:
        print(error, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
