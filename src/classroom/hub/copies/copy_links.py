"""Links by which somebody gives a copy: what each is for, until when; on plain values."""

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
    """There is no link, with the sentence that people see."""


@dataclass(frozen=True)
class WantedCopies:
    """A link that is to be made.

    Attributes:
        path: of the file or folder in its lab, as pages have it.
        is_folder: whether it was a folder then.
        seconds: how long the link lives.
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
        key: tells it from others in lists; nobody gets a copy by it.
        digest: of the code in it.
        maker: who has made it, as the Hub called them then.
        account: tells them from whoever has the name later.
        lab: the number of the lab that the file or folder is in.
        path: there.
        is_folder: whether it was a folder then.
        since: when it was made, in seconds since the epoch.
        until: when it is over, likewise.
        environment: the id of that in which it was made.
        kernel: of a notebook; "" for none.
        used: how many copies were made by it.
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
        """What the file or folder is called."""
        return self.path.rpartition("/")[2]

    def counted(self) -> CopyLink:
        """Return it after one more copy."""
        return replace(self, used=self.used + 1)


def read(body: Any) -> WantedCopies:
    """Read what a lab asks for.

    Args:
        body: of the request: ``path``, ``folder``, ``seconds`` and ``kernel``.

    Raises:
        NotMadeError: it isn't clear.
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
    """Say whether something may be called so that a lab shows: a lab's word is no proof."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    hides = any(not part or part.startswith(".") for part in path.split("/"))
    return len(path) <= LONGEST_PATH_CHARACTERS and not hides and "\0" not in path


def digest(code: str) -> str:
    """Return what is kept of a code. It has 256 bits of chance: one hash is enough.

    Args:
        code: in a link.
    """
    return hashlib.sha256(code.encode(errors="replace")).hexdigest()


def made(
    wanted: WantedCopies, maker: tuple[str, str], lab: int, environment: str, now: float
) -> tuple[CopyLink, str]:
    """Make a link, and the code in it, which is kept nowhere.

    Args:
        wanted: what it is to be.
        maker: name and account of who makes it.
        lab: the number of the lab that the file or folder is in.
        environment: the id of that in which it is made.
        now: seconds since the epoch.
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
    """Return the link that a code is of; None if there is none.

    Args:
        links: those that are alive.
        code: as somebody has shown it.
    """
    if not 0 < len(code) <= LONGEST_CODE_CHARACTERS:
        return None
    wanted = digest(code)
    return next((one for one in links if secrets.compare_digest(one.digest, wanted)), None)


def alive(links: Iterable[CopyLink], accounts: Mapping[str, str], now: float) -> list[CopyLink]:
    """List the links that are neither over nor of somebody who is gone.

    Args:
        links: all that are kept.
        accounts: of all who may be in, by their names.
        now: seconds since the epoch.
    """
    return [one for one in links if now < one.until and accounts.get(one.maker) == one.account]


def of_maker(links: Iterable[CopyLink], maker: str) -> list[CopyLink]:
    """List somebody's links, the newest first.

    Args:
        links: those that are alive.
        maker: who.
    """
    return sorted((one for one in links if one.maker == maker), key=lambda one: -one.since)
