"""The stored links to copies, on the volume: without their codes, only with hashes of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from classroom.hub.copies.copy_links import CopyLink
from classroom.hub.copies.environment import Environment
from classroom.hub.kept_file import KeptFile

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class KeptCopies:
    """The stored data.

    Attributes:
        links: all links.
        packages: the packages of each environment in which a link was made, by its id.
    """

    links: tuple[CopyLink, ...] = ()
    packages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def environment(self, key: str) -> Environment:
        """Return an environment in which links were made.

        Args:
            key: the environment's id.
        """
        return Environment(key, self.packages.get(key, {}))

    def with_links(self, links: tuple[CopyLink, ...], made_in: Environment | None) -> KeptCopies:
        """Return the data with other links, and the environments in which these were made.

        Args:
            links: all links from now on.
            made_in: the present environment; None if no link is new.
        """
        known = {**self.packages, **({made_in.id: made_in.packages} if made_in else {})}
        needed = {one.environment for one in links}
        return KeptCopies(links, {key: one for key, one in known.items() if key in needed})


def encode(kept: KeptCopies) -> bytes:
    """Encode the data for `decode`.

    Args:
        kept: the data.
    """
    packages = {key: dict(one) for key, one in kept.packages.items()}
    found = {"links": [asdict(one) for one in kept.links], "packages": packages}
    return json.dumps(found, indent=1).encode()


def decode(text: bytes) -> KeptCopies:
    """Read what `encode` has written.

    Args:
        text: JSON.

    Raises:
        ValueError: the text is damaged.
    """
    try:
        found = json.loads(text)
        links = tuple(CopyLink(**one) for one in found["links"])
        packages = {
            str(key): {str(name): str(version) for name, version in one.items()}
            for key, one in found["packages"].items()
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("it is no list of links to copies") from error
    return KeptCopies(links, packages)


COPIES = KeptFile(
    encode,
    decode,
    KeptCopies,
    "is not readable as a list of links to copies",
    "restore it from a backup, or delete it: then all links to copies are dead",
)
