"""The terms of shares on the Hub's volume: JupyterHub's database has no place for them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from classroom.hub.sharing.grants import Terms
from classroom.runtime import files
from classroom.runtime.access_state import EDIT, VIEW
from classroom.runtime.problems import Problem, StartRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from classroom.hub.sharing.grants import Pair


def encode(terms: Mapping[Pair, Terms]) -> bytes:
    """Return what `decode` reads.

    Args:
        terms: by whose lab it is, and with whom it is shared.
    """
    found = [{"owner": owner, "name": name, **asdict(one)} for (owner, name), one in terms.items()]
    return json.dumps({"shares": found}, indent=1).encode()


def decode(text: bytes) -> dict[Pair, Terms]:
    """Read what `encode` has written.

    Args:
        text: JSON.

    Raises:
        ValueError: it is something else.
    """
    try:
        found = [dict(one) for one in json.loads(text)["shares"]]
        terms = {
            (str(one["owner"]), str(one["name"])): Terms(
                str(one["role"]),
                None if one["until"] is None else float(one["until"]),
                float(one["since"]),
                str(one["key"]),
                str(one.get("link", "")),
            )
            for one in found
        }
    except (KeyError, TypeError) as error:
        raise ValueError("it doesn't say who may be in") from error
    if not {one.role for one in terms.values()} <= {EDIT, VIEW}:
        raise ValueError("it has a role that there isn't")
    return terms


def read(file: Path) -> dict[Pair, Terms]:
    """Read the terms of all shares; there are none if there is no file yet.

    Args:
        file: where they are kept.

    Raises:
        StartRefusedError: it is damaged. Whoever may only look on would else be let write.
    """
    if not file.exists():
        return {}
    try:
        return decode(file.read_bytes())
    except ValueError:
        what = "is not readable as a list of those with whom labs are shared"
        cure = "restore it from a backup, or delete it: then all shares let edit, without an end"
        raise StartRefusedError([Problem(str(file), what, cure)]) from None


def write(file: Path, terms: Mapping[Pair, Terms]) -> None:
    """Write the terms of all shares, as a whole or not at all.

    Args:
        file: in a folder that is root's.
        terms: by whose lab it is, and with whom it is shared.

    Raises:
        OSError: they can't be written.
    """
    files.write_private(file, encode(terms))
