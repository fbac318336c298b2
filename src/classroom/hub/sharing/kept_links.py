"""What is kept of links on the Hub's volume: JupyterHub's database has no place for it.

No code is in it, nor a hash of one: JupyterHub has those.
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
    """What is kept.

    Attributes:
        links: by the code's key.
        refused: whose access each owner has ended, by the owner: no link lets them in again.
    """

    links: Mapping[str, Link] = field(default_factory=dict)
    refused: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def encode(kept: KeptLinks) -> bytes:
    """Return what `decode` reads.

    Args:
        kept: all of it.
    """
    links = {key: asdict(one) for key, one in kept.links.items()}
    refused = {owner: list(names) for owner, names in kept.refused.items()}
    return json.dumps({"links": links, "refused": refused}, indent=1).encode()


def decode(text: bytes) -> KeptLinks:
    """Read what `encode` has written.

    Args:
        text: JSON.

    Raises:
        ValueError: it is something else.
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


# If it is damaged the Hub does not start: a link for looking only would else let edit.
LINKS = KeptFile(
    encode,
    decode,
    KeptLinks,
    "is not readable as a list of links to labs",
    "restore it from a backup, or delete it: then every link that there is lets edit,"
    " without an end, and owners take back those that should not",
)
