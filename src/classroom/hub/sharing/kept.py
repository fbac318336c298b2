"""Store the terms of shares on the volume, because JupyterHub's database has no place for them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from classroom.hub.kept_file import KeptFile
from classroom.hub.sharing.grants import Terms
from classroom.runtime.access_state import EDIT, VIEW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.hub.sharing.grants import Pair


def encode(terms: Mapping[Pair, Terms]) -> bytes:
    """Encode the data for `decode`.

    Args:
        terms: the terms, by owner and guest.
    """
    found = [{"owner": owner, "name": name, **asdict(one)} for (owner, name), one in terms.items()]
    return json.dumps({"shares": found}, indent=1).encode()


def decode(text: bytes) -> dict[Pair, Terms]:
    """Read what `encode` has written.

    Args:
        text: JSON.

    Raises:
        ValueError: the text is damaged.
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


# With a damaged file the Hub does not start: otherwise view-only guests could write.
TERMS: KeptFile[Mapping[Pair, Terms]] = KeptFile(
    encode,
    decode,
    dict,
    "is not readable as a list of those with whom labs are shared",
    "restore it from a backup, or delete it: then all shares let edit, without an end",
)
