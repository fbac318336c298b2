"""Read the lists of people in the tutor's file, and check them."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from classroom.config import (
    class_list,
    github,
    people_lists,
    repeated_names,
    students_file,
    trait_kinds,
)
from classroom.config.students_file import Listed
from classroom.runtime.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from classroom.config.config_file import ConfigFile
    from classroom.config.github import Given
    from classroom.runtime.paths import Paths

# Settings by which a tutor explicitly admits people beyond lists and organizations.
ADMIT_EVERYBODY = ("allow_all", "allow_existing_users", "allowed_groups", "allowed_scopes")


def names(value: Any) -> frozenset[str]:
    """Normalise user names as GitHub and the Hub do: case makes no difference.

    Args:
        value: a set, list or tuple of names, or a value that traitlets builds later.
    """
    if trait_kinds.is_lazy(value):
        value = value.get_value(set())
    plain = (people_lists.normal(str(name)) for name in value or ())
    return frozenset(name for name in plain if name)


def lookup(file: ConfigFile, trait: str) -> Any:
    """Look up an authenticator's setting, the most specific class first."""
    return file.first(github.SECTIONS, trait)[1]


def shown_names(*lists: Any) -> dict[str, str]:
    """Return how the tutor has written each name that the Hub writes in another way.

    Args:
        lists: lists of names, or of lines of the file of students' names.
    """
    found = {}
    for names_of in lists:
        plain = names_of.get_value(set()) if trait_kinds.is_lazy(names_of) else names_of
        for one in plain or ():
            text = one.written if isinstance(one, Listed) else str(one)
            written = " ".join(unicodedata.normalize("NFC", text).split())
            if written.lower() != written:
                found[written.lower()] = written
    return found


def load_students(
    file: ConfigFile, paths: Paths, name: str, *, of_accounts: bool
) -> tuple[list[Listed], dict[str, bytes]]:
    """Read the file of students' names.

    Args:
        file: the tutor's configuration.
        paths: where it is.
        name: the file's name; "" for none.
        of_accounts: whether it has names of accounts, not of people.

    Returns:
        The names, and the bytes that they were read from, by the file's name.

    Raises:
        StartRefusedError: the file is missing, or can't be read.
    """
    if not name:
        return [], {}
    names_in = students_file.of_accounts if of_accounts else class_list.parse
    where = file.where(students_file.SETTING)
    found, source = students_file.read(paths.config, name, where, names_in)
    return found, {name: source}


def check_allowlist(file: ConfigFile, paths: Paths, allowed: frozenset[str]) -> Iterator[Problem]:
    """Refuse a lab that nobody could enter.

    Args:
        file: the tutor's configuration.
        paths: where it is.
        allowed: everybody who is named, including tutors.
    """
    organizations = names(lookup(file, "allowed_organizations"))
    if allowed or organizations or any(lookup(file, trait) for trait in ADMIT_EVERYBODY):
        return
    where = file.where("Authenticator.allowed_users")
    what = "nobody may sign in: there is no name in it, and there are no allowed_organizations"
    cure = "put the students' GitHub names into USERS, or into a file (c.Classroom.students_file)"
    named = file.config.get("Classroom", {}).get("students_file")
    if named:
        where, what = str(named), "nobody may sign in: there is no name in this file"
        cure = "write one GitHub name a line, or a table with a column github"
    elif unused := file.unused_lists:
        what = f"nobody may sign in: {unused[0]} is used nowhere"
        cure = f"write c.Authenticator.allowed_users = {unused[0]}"
    elif lists := students_file.unused(paths.config, ""):
        cure = f'write c.Classroom.students_file = "{lists[0]}", which is there'
    yield Problem(where, what, cure)


def check_invitations(
    file: ConfigFile, given: Given, students: Collection[Listed]
) -> Iterator[Problem]:
    """Find settings that contradict sign-in by personal links.

    Args:
        file: the tutor's configuration.
        given: all values that were given for GitHub.
        students: the names in the file of students' names.
    """
    where = file.where("Classroom.sign_in")
    lists = {trait: names(lookup(file, trait)) for trait in ("allowed_users", "admin_users")}
    if given.anything() or "authenticator_class" in file.config.get("JupyterHub", {}):
        what = "is 'invitations', and another way to sign in is configured"
        yield Problem(where, what, "remove one of the two")
    named = str(file.config.get("Classroom", {}).get("students_file") or "")
    if not students and not any(lists.values()) and named:
        cure = "write one name a line, or a table that begins with First name,Last name"
        yield Problem(named, "nobody is on the list: there is no name in this file", cure)
    elif not students and not any(lists.values()):
        what = "is 'invitations', and nobody is on the list"
        cure = "write people's names into USERS and TUTORS, or into c.Classroom.students_file"
        yield Problem(where, what, cure)
    if any(lookup(file, trait) for trait in ADMIT_EVERYBODY):
        what = "is 'invitations', and a setting admits everybody"
        yield Problem(where, what, "remove the line with allow_all, or the like")
    for trait, found in lists.items():
        yield from people_lists.wrong_people(file.where(f"Authenticator.{trait}"), found)
    for one in students:
        yield from people_lists.wrong_people(f"{named}:{one.line}", [one.name])
    yield from repeated_names.check(file, named, students)
