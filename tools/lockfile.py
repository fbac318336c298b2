"""Read the versions in lock files, and compare two of them; without I/O."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PYTHON = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
NPM_PREFIX = "node_modules/"
NONE = "—"


@dataclass(frozen=True, order=True)
class Change:
    """A package with different versions in two locks.

    Attributes:
        package: its name.
        before: its version in the first lock; "" if it is new.
        after: its version in the second lock; "" if it is removed.
    """

    package: str
    before: str
    after: str


def python(text: str) -> dict[str, str]:
    """Read the versions from a lock of uv or pip.

    Args:
        text: the file's text; a package with several versions for several platforms has all of
            them.
    """
    found: dict[str, list[str]] = {}
    for name, version in PYTHON.findall(text):
        found.setdefault(name.lower().replace("_", "-"), []).append(version)
    return {name: " or ".join(dict.fromkeys(versions)) for name, versions in found.items()}


def npm(text: str) -> dict[str, str]:
    """Read the versions of the top packages of a package-lock.json, without packages inside others.

    Args:
        text: the file's text.
    """
    packages: dict[str, dict[str, str]] = json.loads(text)["packages"]
    return {
        path.removeprefix(NPM_PREFIX): package["version"]
        for path, package in packages.items()
        if path.startswith(NPM_PREFIX) and path.count(NPM_PREFIX) == 1 and "version" in package
    }


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """List the packages whose versions differ between two locks, by name.

    Args:
        before: the first lock's versions by package.
        after: the second lock's versions by package.
    """
    return sorted(
        Change(name, before.get(name, ""), after.get(name, ""))
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name)
    )


def entry(text: str, package: str) -> str:
    """Return a package's whole entry in a lock, with its hashes.

    Args:
        text: the lock file's text.
        package: the package's name.

    Raises:
        KeyError: the lock has no such package.
    """
    found = re.search(rf"^{re.escape(package)}==.*\n(?:    --hash=.*\n)*", text, re.MULTILINE)
    if found is None:
        raise KeyError(package)
    return found[0]


def table(found: Iterable[Change]) -> str:
    """Return changes as a table with a line for each.

    Args:
        found: the changes.
    """
    rows = [("package", "from", "to")]
    rows += [(one.package, one.before or NONE, one.after or NONE) for one in found]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
