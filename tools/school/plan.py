"""Read a school from its file's content: its classes, their people, and the place of their work.

This module reads no files and starts no processes.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from dataclasses import dataclass, fields
from pathlib import PurePosixPath
from typing import Any

CLASS = re.compile(r"[a-z]([a-z0-9-]{0,28}[a-z0-9])?")
"""The name of a class: a label of its host name, and a part of Docker's names."""
HOST = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
MEMORY = re.compile(r"[1-9][0-9]*[MG]")
NETWORK = "10.88.0.0/20"
"""4,096 addresses: each class needs one, and each machine's front."""
HTTPS, HTTP = 443, 80
PORTS = range(1, 2**16)
IMAGE = "collaborative_jupyterlab"
RESERVED = frozenset({"front"})


class SchoolError(Exception):
    """The file has errors.

    Attributes:
        problems: a sentence for each error.
    """

    def __init__(self, problems: list[str]) -> None:
        """Store the sentences."""
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class SchoolClass:
    """A class of a school.

    Attributes:
        name: the name of its host, its services and its volume.
        tutors: the tutors' GitHub names.
        users: GitHub names of people who may enter.
        organizations: organizations on GitHub whose members may enter.
        client_id: the client id of its OAuth app; "" for a trial, which people enter with a
            passphrase.
        config: a file beside the school's whose lines are added to the class's configuration; ""
            for none.
        memory: the memory that its container may use, such as "4G"; "" for all of its machine's.
        cpus: the number of processors that it may use; 0 for all.
        folder: the folder of its work, on a file system that all machines share; "" for a volume
            on one machine.
        node: the machine that has its volume; "" with a folder.
    """

    name: str
    tutors: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    client_id: str = ""
    config: str = ""
    memory: str = ""
    cpus: float = 0
    folder: str = ""
    node: str = ""


@dataclass(frozen=True)
class School:
    """A school.

    Attributes:
        domain: the domain; each class is at its own name in it.
        classes: the classes in the file's order.
        image: the image, on each machine or in a registry.
        network: the address range of fronts and classes, which nothing else uses.
        https: the port of each machine's front for https.
        http: the port of each machine's front for http: for certificate authorities, and for people
            who do not type https.
        acme: an e-mail address, if the classes get their certificates by themselves; "" if not.
    """

    domain: str
    classes: tuple[SchoolClass, ...]
    image: str = IMAGE
    network: str = NETWORK
    https: int = HTTPS
    http: int = HTTP
    acme: str = ""

    @property
    def port(self) -> str:
        """The part of an address that names the port; "" for the usual one."""
        return "" if self.https == HTTPS else f":{self.https}"

    def host(self, one: SchoolClass) -> str:
        """Return a class's host name."""
        return f"{one.name}.{self.domain}"

    def address(self, one: SchoolClass) -> str:
        """Return a class's address."""
        return f"https://{self.host(one)}{self.port}"


KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "str": (str, "a text"),
    "int": (int, "a number"),
    "float": ((int, float), "a number"),
    "tuple[str, ...]": (list, "a list of names"),
}
"""The type in the file, and its description, by a field's annotation."""
GIVEN_APART = frozenset({"name", "classes"})


def plan(found: Any) -> School:
    """Read a school from its file's content.

    Args:
        found: the file's content, as YAML's types.

    Raises:
        SchoolError: the file has errors; there is a sentence for each.
    """
    if not isinstance(found, dict):
        raise SchoolError(["The file has no domain and no classes: begin with the example."])
    problems: list[str] = []
    common = found.get("defaults") or {}
    listed = found.get("classes") or {}
    for key, given in (("defaults", common), ("classes", listed)):
        if not isinstance(given, dict):
            raise SchoolError([f"{key} must be a table, as in the example."])
    classes = []
    for name, given in listed.items():
        own = given or {}
        if not isinstance(own, dict):
            problems.append(f"The class {name} must be a table, as in the example.")
            continue
        where = f"the class {name}"
        # The place of its work is either the class's own or the common one, never a mix of both.
        usual = {k: v for k, v in common.items() if k not in PLACES or not PLACES & own.keys()}
        values = _values(SchoolClass, {**usual, **own}, where, problems)
        classes.append(SchoolClass(str(name), **values))
    rest = {key: value for key, value in found.items() if key not in {"defaults", "classes"}}
    values = _values(School, rest, "the school", problems)
    if problems:  # further errors would only result from these
        raise SchoolError(problems)
    school = School(**{"domain": "", **values}, classes=tuple(classes))
    problems = [flaw for one in classes for flaw in _flaws(one)] + _flaws_together(school)
    if problems:
        raise SchoolError(problems)
    return school


PLACES = frozenset({"folder", "node"})
"""The fields of which a class has exactly one: the place of its work."""


def _values(kind: Any, given: dict[Any, Any], where: str, problems: list[str]) -> dict[str, Any]:
    """Return the given fields of a kind; add errors to the problems."""
    known = {one.name: str(one.type) for one in fields(kind) if one.name not in GIVEN_APART}
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            meant = f"Is {near[0]} meant?" if near else f"There are {', '.join(known)}."
            problems.append(f"{key}, of {where}, is not known. {meant}")
            continue
        types, what = KINDS[known[key]]
        listed = isinstance(value, list) and not all(isinstance(one, str) for one in value)
        if not isinstance(value, types) or isinstance(value, bool) or listed:
            problems.append(f"{key}, of {where}, must be {what}, not {value!r}.")
        else:
            values[key] = tuple(value) if isinstance(value, list) else value
    return values


def _flaws(one: SchoolClass) -> list[str]:
    """List the errors of a class."""
    who, found = f"The class {one.name}", []
    if not CLASS.fullmatch(one.name) or one.name in RESERVED:
        found.append(
            f"{who} cannot have this name, which is a part of its address: use at most 30 small"
            " letters, digits and hyphens, and not “front”."
        )
    if bool(one.folder) == bool(one.node):
        both = "both a folder and a node" if one.node else "neither a folder nor a node"
        found.append(
            f"{who} has {both}. Give a folder on a file system that all machines share, so that the"
            " class can move, or the node whose disk has its volume."
        )
    if not one.config and not one.client_id:
        found.append(
            f"{who} has no client_id, so nobody can sign in: create an OAuth app on GitHub, or name"
            " a file with another sign-in as its config."
        )
    if not (one.config or one.users or one.organizations):
        found.append(f"{who} lets nobody in: give users or organizations, or a config.")
    if one.folder and not PurePosixPath(one.folder).is_absolute():
        found.append(f"{who} has the folder {one.folder}: write its whole path, from / on.")
    if one.memory and not MEMORY.fullmatch(one.memory):
        found.append(f"{who} has memory {one.memory}: write it as 4G or 700M.")
    if one.cpus < 0:
        found.append(f"{who} has {one.cpus} cpus: write a number above 0, or nothing for all.")
    return found


def _flaws_together(school: School) -> list[str]:
    """List the errors of a school, and errors between two of its classes."""
    found = []
    if not HOST.fullmatch(school.domain):
        found.append(
            f"domain must be a name such as school.example.org, not “{school.domain}”: each class"
            " is then at its own name in it."
        )
    if not school.classes:
        found.append("There are no classes: add one below classes, as in the example.")
    try:
        ipaddress.IPv4Network(school.network)
    except ValueError as error:
        found.append(f"network must be an address range such as {NETWORK}: {error}.")
    for name, port in (("https", school.https), ("http", school.http)):
        if port not in PORTS:
            found.append(f"{name} must be a port between 1 and 65535, not {port}.")
    if school.https == school.http:
        found.append(f"https and http cannot both have port {school.http}.")
    owners: dict[str, str] = {}
    found += [
        f"The classes {owners[one.folder]} and {one.name} have the same folder {one.folder}: give"
        " each its own, or one overwrites the other's work."
        for one in school.classes
        if one.folder and owners.setdefault(one.folder, one.name) != one.name
    ]
    return found
