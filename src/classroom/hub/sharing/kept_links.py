"""Store the terms of links on the volume, because JupyterHub's database has no place for them.

The file contains no code, nor a hash of one: JupyterHub has the hashes.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from classroom.hub.kept_file import KeptFile
from classroom.hub.sharing.links import Link
from classroom.runtime.access_state import EDIT, VIEW

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class KeptLinks:
    """The stored data.

    Attributes:
        links: the links, by the code's key.
        refused: the people whose access each owner has ended, by owner: no link lets them in again.
    """

    links: Mapping[str, Link] = field(default_factory=dict)
    refused: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def encode(kept: KeptLinks) -> bytes:
    """Encode the data for `decode`.

    Args:
        kept: the data.
    """
    links = {key: asdict(one) for key, one in kept.links.items()}
    refused = {owner: list(names) for owner, names in kept.refused.items()}
    return json.dumps({"links": links, "refused": refused}, indent=1).encode()


def decode(text: bytes) -> KeptLinks:
    """Read what `encode` has written.

    Args:
        text: JSON.

    Raises:
        ValueError: the text is damaged.
    """
    try:
        found = json.loads(text)
        links = {
            str(key): Link(
                str(one["owner"]),
                float(one["since"]),
                str(one["role"]),
                None if one["guests_until"] is None else float(one["guests_until"]),
                None if one["most"] is None else int(one["most"]),
                tuple(map(str, one["came"])),
            )
            for key, one in found["links"].items()
        }
        refused = {str(key): tuple(map(str, one)) for key, one in found["refused"].items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("it doesn't say what links give") from error
    if not {one.role for one in links.values()} <= {EDIT, VIEW}:
        raise ValueError("it has a role that there isn't")
    return KeptLinks(links, refused)


# With a damaged file the Hub does not start: otherwise a view-only link would permit editing.
LINKS = KeptFile(
    encode,
    decode,
    KeptLinks,
    "is not readable as a list of links to labs",
    "restore it from a backup, or delete it: then every link that there is lets edit,"
    " without an end, and owners take back those that should not",
)
