"""Links to copies: what each is for, and until when. Decisions on plain values."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHORTEST_SECONDS, LONGEST_SECONDS = 1, 7 * 24 * 3600
LONGEST_CODE_CHARACTERS = 200
"""Our codes have 43."""
LONGEST_PATH_CHARACTERS, LONGEST_KERNEL_CHARACTERS = 4096, 200
NO_LIFE = gettext_noop("Say how long the link lives: at most a week.")
NO_PATH = gettext_noop("Choose a file or folder.")


class NotMadeError(Exception):
    """The link was not made; the text is the sentence for people."""


@dataclass(frozen=True)
class WantedCopies:
    """A request for a link.

    Attributes:
        path: the path of the file or folder in its lab, as in pages.
        is_folder: whether it is a folder.
        seconds: how long the link should work.
        kernel: the kernel of a notebook, as its file names it; "" for none.
    """

    path: str
    is_folder: bool
    seconds: float
    kernel: str


@dataclass(frozen=True)
class CopyLink:
    """A link.

    Attributes:
        key: identifies it in lists; nobody can get a copy with it.
        digest: the hash of the link's code.
        maker: the Hub's name of its maker at that time.
        account: distinguishes the maker from a person who has the name later.
        lab: the number of the file's or folder's lab.
        path: its path in that lab.
        is_folder: whether it was a folder then.
        since: when the link was made, in seconds since the epoch.
        until: when it expires, in seconds since the epoch.
        environment: the id of the environment in which it was made.
        kernel: the kernel of a notebook; "" for none.
        used: how many copies were made with it.
    """

    key: str
    digest: str
    maker: str
    account: str
    lab: int
    path: str
    is_folder: bool
    since: float
    until: float
    environment: str
    kernel: str = ""
    used: int = 0

    @property
    def name(self) -> str:
        """The name of the file or folder."""
        return self.path.rpartition("/")[2]

    def counted(self) -> CopyLink:
        """Return the link after one more copy."""
        return replace(self, used=self.used + 1)


def read(body: Any) -> WantedCopies:
    """Read a lab's request for a link.

    Args:
        body: the request's body: ``path``, ``folder``, ``seconds`` and ``kernel``.

    Raises:
        NotMadeError: the request is invalid.
    """
    asked: dict[str, Any] = body if isinstance(body, dict) else {}
    path: Any = asked.get("path")
    seconds: Any = asked.get("seconds")
    if not isinstance(path, str) or not _is_path(path):
        raise NotMadeError(gettext(NO_PATH))
    if type(seconds) not in {int, float} or not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise NotMadeError(gettext(NO_LIFE))
    kernel = (
        str(asked.get("kernel") or "").encode(errors="replace").decode()[:LONGEST_KERNEL_CHARACTERS]
    )
    return WantedCopies(path, asked.get("folder") is True, float(seconds), kernel)


def _is_path(path: str) -> bool:
    """Check a path in a lab's request, because the lab may be compromised."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    hides = any(not part or part.startswith(".") for part in path.split("/"))
    return len(path) <= LONGEST_PATH_CHARACTERS and not hides and "\0" not in path


def digest(code: str) -> str:
    """Return the hash of a code. A code has 256 random bits, so one plain hash is enough.

    Args:
        code: the code in a link.
    """
    return hashlib.sha256(code.encode(errors="replace")).hexdigest()


def made(
    wanted: WantedCopies, maker: tuple[str, str], lab: int, environment: str, now: float
) -> tuple[CopyLink, str]:
    """Make a link and its code, which is stored nowhere.

    Args:
        wanted: the request.
        maker: name and account of the maker.
        lab: the number of the file's or folder's lab.
        environment: the id of the present environment.
        now: the time, in seconds since the epoch.
    """
    code = secrets.token_urlsafe(32)
    link = CopyLink(
        secrets.token_hex(8),
        digest(code),
        *maker,
        lab,
        wanted.path,
        wanted.is_folder,
        now,
        now + wanted.seconds,
        environment,
        wanted.kernel,
    )
    return link, code


def find(links: Iterable[CopyLink], code: str) -> CopyLink | None:
    """Return the link of a code; None if there is none.

    Args:
        links: the valid links.
        code: the code in the address that somebody opened.
    """
    if not 0 < len(code) <= LONGEST_CODE_CHARACTERS:
        return None
    wanted = digest(code)
    return next((one for one in links if secrets.compare_digest(one.digest, wanted)), None)


def alive(links: Iterable[CopyLink], accounts: Mapping[str, str], now: float) -> list[CopyLink]:
    """List the valid links: not expired, and their makers may still be in.

    Args:
        links: all stored links.
        accounts: the accounts of everybody who may be in, by name.
        now: the time, in seconds since the epoch.
    """
    return [one for one in links if now < one.until and accounts.get(one.maker) == one.account]


def of_maker(links: Iterable[CopyLink], maker: str) -> list[CopyLink]:
    """List somebody's links, the newest first.

    Args:
        links: the valid links.
        maker: the maker's name.
    """
    return sorted((one for one in links if one.maker == maker), key=lambda one: -one.since)
