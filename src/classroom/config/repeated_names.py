"""Find names that are twice on the list of a class without accounts.

In such a class only the name identifies a person: two people of one name would be one person with
one link. An account's name may be repeated, because it is the same account.
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
        written: the name as written there.
        file: the file's name.
        line: the line, from 1; 0 if unknown.
        where: file and line, with the setting if the line is an assignment of it.
    """

    written: str
    file: str
    line: int
    where: str

    @property
    def name(self) -> str:
        """The name as the Hub writes it."""
        return people_lists.normal(self.written)


def literals(file: ConfigFile) -> list[list[Mention]]:
    """Collect the texts of each list that the tutor's configuration contains literally.

    Args:
        file: the configuration, evaluated; a set in it has lost repeated names.
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
    """Collect one of the Hub's lists, each name with the line on which the file contains it.

    Args:
        file: the tutor's configuration.
        trait: the list's name.
        found: the places of names in the file, by name; each place is used once.
    """
    value = file.first(github.SECTIONS, trait)[1]
    plain = value.get_value(set()) if trait_kinds.is_lazy(value) else value
    setting = f"Authenticator.{trait}"
    made = (Mention(str(one), file.name, 0, file.where(setting)) for one in plain or ())
    return [found[one.name].pop(0) if found.get(one.name) else one for one in made]


def twice(places: Iterable[Mention]) -> Iterator[tuple[Mention, Mention]]:
    """Find the names that are on the list twice.

    Args:
        places: the names' places, in the order in which a person reads them.

    Yields:
        Where a name is first, and where it is again.
    """
    before: dict[str, Mention] = {}
    for place in places:
        first = before.setdefault(place.name, place)
        if first is not place:
            yield first, place


def problem(first: Mention, again: Mention) -> Problem:
    """Describe a name that is on the list twice.

    Args:
        first: where the name is first.
        again: where it is again.
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
    """Say how to distinguish two people of one name.

    Args:
        shown: the name.
    """
    if " " in shown:
        return f"tell them apart, such as by '{shown} (2)'"
    return f"write a last name or an initial to each, such as '{shown} B.'"


def added(names: Iterable[str], listed: Collection[str]) -> list[str]:
    """Refuse to add a name that is on the list already, or that is added twice.

    Args:
        names: the names to add, as typed.
        listed: the Hub's names of the people on the list.
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
    """Refuse a list with two people of one name.

    Args:
        file: the tutor's configuration.
        named: the file of students' names; "" for none.
        students: the names in it.
    """
    lists = literals(file)
    by_name: dict[str, list[Mention]] = {}
    for one in itertools.chain(*lists):
        by_name.setdefault(one.name, []).append(one)
    order = [one for trait in LISTS for one in of_setting(file, trait, by_name)]
    names = {one.name for one in order}
    # A set does not show that a name was written twice.
    pairs = [pair for found in lists for pair in twice(found) if pair[1].name in names]
    told = {again.name for _, again in pairs}
    order += [Mention(one.written, named, one.line, f"{named}:{one.line}") for one in students]
    for first, again in [*pairs, *(pair for pair in twice(order) if pair[1].name not in told)]:
        yield problem(first, again)
