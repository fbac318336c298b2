"""Names that stand twice on the list of a class without accounts.

There a name is all that there is of a person: two of one name would be one person with one link. An
account's name may be repeated; it is the same account.
"""

from __future__ import annotations

import ast
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.config import github, people_lists, trait_kinds
from classroom.runtime.problems import Problem
from classroom.runtime.tutors_text import utf8

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from classroom.config.config_file import ConfigFile
    from classroom.config.students_file import Listed

LISTS = ("allowed_users", "admin_users")


@dataclass(frozen=True)
class Mention:
    """A name on a list, and where it stands.

    Attributes:
        written: as it is there.
        file: the file's name.
        line: its line, from 1; 0 if unknown.
        where: both, and the setting where the line is that one's.
    """

    written: str
    file: str
    line: int
    where: str

    @property
    def name(self) -> str:
        """As the Hub has it."""
        return people_lists.normal(self.written)


def literals(file: ConfigFile) -> list[list[Mention]]:
    """Collect the texts of each list that is written out in the tutor's configuration.

    Args:
        file: evaluated; a set has lost what stands in it twice.
    """
    return [
        [
            Mention(element.value, name, element.lineno, f"{name}:{element.lineno}")
            for element in node.elts
            if isinstance(element, ast.Constant) and isinstance(element.value, str)
        ]
        for name, source in file.sources.items()
        for node in ast.walk(ast.parse(utf8(source)))
        if isinstance(node, ast.List | ast.Set | ast.Tuple)
    ]


def of_setting(file: ConfigFile, trait: str, found: Mapping[str, list[Mention]]) -> list[Mention]:
    """Collect one of the Hub's lists, each name with the line on which it is written out.

    Args:
        file: the tutor's configuration.
        trait: the list's name.
        found: where names are written out, by name; each place is used once.
    """
    value = file.first(github.SECTIONS, trait)[1]
    plain = value.get_value(set()) if trait_kinds.is_lazy(value) else value
    setting = f"Authenticator.{trait}"
    made = (Mention(str(one), file.name, 0, file.where(setting)) for one in plain or ())
    return [found[one.name].pop(0) if found.get(one.name) else one for one in made]


def twice(places: Iterable[Mention]) -> Iterator[tuple[Mention, Mention]]:
    """Find the names that stand twice.

    Args:
        places: in the order in which somebody reads them.

    Yields:
        Where a name stands first, and where it stands again.
    """
    before: dict[str, Mention] = {}
    for place in places:
        first = before.setdefault(place.name, place)
        if first is not place:
            yield first, place


def problem(first: Mention, again: Mention) -> Problem:
    """Word it.

    Args:
        first: where a name stands first.
        again: where it stands again.
    """
    if first.line == 0 or first.where == again.where:
        place = "the same line" if first.where == again.where else first.where
    else:
        place = f"line {first.line}" if first.file == again.file else first.where
    shown, other = people_lists.short(again.written), people_lists.short(first.written)
    what = f"{shown!r} is in {place} too"
    if shown != other:
        what = f"{shown!r} and {other!r} in {place} would be one person"
    return Problem(again.where, what, f"{apart(shown)}, or remove one")


def apart(shown: str) -> str:
    """Say how to tell two of one name apart.

    Args:
        shown: the name.
    """
    if " " in shown:
        return f"tell them apart, such as by '{shown} (2)'"
    return f"write a last name or an initial to each, such as '{shown} B.'"


def added(names: Iterable[str], listed: Collection[str]) -> list[str]:
    """Refuse to add somebody whose name is on the list already, or stands twice in what is added.

    Args:
        names: as typed.
        listed: who is on the list, as the Hub has them.
    """
    before = set(listed)
    found = []
    for one in names:
        name, shown = people_lists.normal(one), people_lists.short(" ".join(one.split()))
        if name in before:
            what = f"{shown!r} is on the list already, and would be the same person"
            found.append(str(Problem("The name", what, apart(shown))))
        before.add(name)
    return found


def check(file: ConfigFile, named: str, students: Iterable[Listed]) -> Iterator[Problem]:
    """Refuse a list with two of one name.

    Args:
        file: the tutor's configuration.
        named: the file of students' names; "" for none.
        students: those in it.
    """
    lists = literals(file)
    by_name: dict[str, list[Mention]] = {}
    for one in itertools.chain(*lists):
        by_name.setdefault(one.name, []).append(one)
    order = [one for trait in LISTS for one in of_setting(file, trait, by_name)]
    names = {one.name for one in order}
    # A set, and what is made one, has lost a name that is written twice.
    pairs = [pair for found in lists for pair in twice(found) if pair[1].name in names]
    told = {again.name for _, again in pairs}
    order += [Mention(one.written, named, one.line, f"{named}:{one.line}") for one in students]
    for first, again in [*pairs, *(pair for pair in twice(order) if pair[1].name not in told)]:
        yield problem(first, again)
