"""Who is on the list, as the tutor's file names people, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classroom.config import github, people_lists, students_file, trait_kinds
from classroom.config.students_file import Listed
from classroom.runtime.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classroom.config.config_file import ConfigFile
    from classroom.config.github import Given
    from classroom.runtime.paths import Paths

# Settings that admit people beyond lists and organizations, the tutor's explicit word.
ADMIT_EVERYBODY = ("allow_all", "allow_existing_users", "allowed_groups", "allowed_scopes")


def names(value: Any) -> frozenset[str]:
    """Normalise user names as GitHub and the Hub do: case makes no difference.

    Args:
        value: a set, list or tuple of names, or a traitlets value that is built later.
    """
    if trait_kinds.is_lazy(value):
        value = value.get_value(set())
    plain = (" ".join(str(name).split()).lower() for name in value or ())
    return frozenset(name for name in plain if name)


def lookup(file: ConfigFile, trait: str) -> Any:
    """Look an authenticator's setting up, the most specific class first."""
    return file.first(github.SECTIONS, trait)[1]


def shown_names(*lists: Any) -> dict[str, str]:
    """Return how names are written, where that is another way than the Hub's.

    Args:
        lists: of names, or of lines of the file of students' names.
    """
    found = {}
    for names_of in lists:
        plain = names_of.get_value(set()) if trait_kinds.is_lazy(names_of) else names_of
        for one in plain or ():
            written = " ".join((one.written if isinstance(one, Listed) else str(one)).split())
            if written.lower() != written:
                found[written.lower()] = written
    return found


def load_students(
    file: ConfigFile, paths: Paths, name: str
) -> tuple[list[Listed], dict[str, bytes]]:
    """Read the file of students' names.

    Args:
        file: the tutor's configuration.
        paths: where it is.
        name: the file's; "" for none.

    Returns:
        The names, and the bytes that they were read from, by the file's name.

    Raises:
        StartRefusedError: it isn't there, or can't be read.
    """
    if not name:
        return [], {}
    found, source = students_file.read(paths.config, name, file.where(students_file.SETTING))
    return found, {name: source}


def check_allowlist(file: ConfigFile, paths: Paths, allowed: frozenset[str]) -> Iterator[Problem]:
    """Refuse a lab that nobody could enter.

    Args:
        file: the tutor's configuration.
        paths: where it is.
        allowed: everybody who is named, tutors among them.
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


def check_invitations(file: ConfigFile, given: Given, listed: frozenset[str]) -> Iterator[Problem]:
    """Find what doesn't go together with personal links.

    Args:
        file: the tutor's configuration.
        given: whatever was given for GitHub.
        listed: everybody who is named, tutors among them.
    """
    where = file.where("Classroom.sign_in")
    if given.anything() or "authenticator_class" in file.config.get("JupyterHub", {}):
        what = "is 'invitations', and another way to sign in is configured"
        yield Problem(where, what, "remove one of the two")
    if not listed:
        what = "is 'invitations', and nobody is on the list"
        cure = "write people's names into USERS and TUTORS, or into c.Classroom.students_file"
        yield Problem(where, what, cure)
    if any(lookup(file, trait) for trait in ADMIT_EVERYBODY):
        what = "is 'invitations', and a setting admits everybody"
        yield Problem(where, what, "remove the line with allow_all, or the like")
    yield from people_lists.wrong_people(where, listed)
