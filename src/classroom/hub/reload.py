"""Follow the tutor's configuration as it is saved: what can change while the lab runs."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any

from classroom.config.trait_kinds import is_lazy
from classroom.egress import resolv
from classroom.egress.lock import LockKind
from classroom.runtime import file_watch
from classroom.runtime.problems import StartRefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from logging import Logger
    from pathlib import Path

    from traitlets.config import Config

    from classroom.config.egress_settings import EgressSettings
    from classroom.config.settings import Settings


SETTLE_SECONDS = 0.1
"""How long a file has to be the same: who writes it in place may be half through."""


def content(file: Path) -> bytes | None:
    """Read a file; None while it isn't there, as between an editor's two steps."""
    try:
        return file.read_bytes()
    except OSError:
        return None


async def settled(read: Callable[[], bytes | None]) -> bytes | None:
    """Read until two readings agree: half a file may be a good one, with half of the people.

    Args:
        read: what is there now.
    """
    found = read()
    while True:
        await asyncio.sleep(SETTLE_SECONDS)
        again = read()
        if again == found:
            return found
        found = again


def shared(held: EgressSettings, saved: EgressSettings) -> list[str]:
    """List hosts of the Hub's that have another address for students now: theirs is fixed at start.

    The other way round nothing waits: the Hub knocks at its own door whatever the address.

    Args:
        held: what the lock holds to.
        saved: what the tutor has saved.
    """
    return [
        host.name
        for host in held.hub
        if resolv.answer_for(saved, host.name) not in {"", resolv.answer_for(held, host.name)}
    ]


def at_next_start(held: EgressSettings, saved: EgressSettings, kind: LockKind) -> list[str]:
    """List the settings that differ and wait for the next start.

    Names are the proxy's to know and can change; the rules can't, because nothing in the
    container may change them any more, and the Hub's names are in its hosts file.

    Args:
        held: what the lock holds to.
        saved: what the tutor has saved.
        kind: how the lock is held.
    """
    of_shared = "egress_allow" if held.allow != saved.allow else "egress_services"
    return [
        f"Classroom.{name}"
        for name, differs in (
            ("egress", held.open != saved.open),
            ("egress_private", held.private != saved.private),
            ("egress_hub", held.hub != saved.hub),
            (f"{of_shared} for {', '.join(shared(held, saved))}", shared(held, saved)),
            ("egress_allow", kind is LockKind.SANDBOX and held.allow != saved.allow),
            ("egress_services", kind is LockKind.SANDBOX and held.endpoints != saved.endpoints),
        )
        if differs
    ]


# What is followed while all runs: names by the roster, hosts by the egress lock, which says
# itself what waits of it.
FOLLOWED = re.compile(
    r"^(GitHubOAuthenticator|OAuthenticator|Authenticator)\.(allowed|admin|blocked)_users$"
    r"|^Classroom\.(egress|students_file$)"
)
ANYBODY = re.compile(r"^(GitHubOAuthenticator|OAuthenticator|Authenticator)\.allow_all$")
"""Followed as well where people sign in with GitHub."""
LABS = ("Classroom.personal_labs", "Classroom.rooms", "Classroom.groups")
"""Followed as well, in a container that is ready for labs besides the class."""


def plain(value: Any) -> Any:
    """Make of a setting's value something that can be compared with that of another reading.

    Each reading of the file makes new functions, classes and built-up lists.
    """
    if is_lazy(value):
        return value.to_dict()
    if isinstance(value, FunctionType):
        return value.__code__.co_code, value.__code__.co_names
    return value.__qualname__ if isinstance(value, type) else value


def waiting(held: Config, saved: Config, *, labs: bool, github: bool) -> list[str]:
    """List the settings that were changed, added or removed and wait for the next start.

    Values are compared as evaluated: a comment changes nothing.

    Args:
        held: what the Hub was started with.
        saved: what the tutor has saved.
        labs: whether the container is ready for labs besides the class.
        github: whether people sign in with GitHub.
    """
    before, after = (
        {
            f"{section}.{trait}": plain(value)
            for section, traits in one.items()
            for trait, value in traits.items()
        }
        for one in (held, saved)
    )
    changed = (name for name in before | after if before.get(name) != after.get(name))

    def is_followed(name: str) -> bool:
        """Say whether a setting holds from the save on."""
        by_kind = (labs and name in LABS) or (github and ANYBODY.match(name) is not None)
        return by_kind or FOLLOWED.match(name) is not None

    return sorted(name for name in changed if not is_followed(name))


def contents(file: Path, students: str) -> bytes | None:
    """Read the configuration, and the file of students' names after it.

    Args:
        file: the configuration.
        students: name of the other, beside it; "" for none.

    Returns:
        None while one of them isn't there, as between an editor's two steps.
    """
    found = content(file)
    if found is None or not students:
        return found
    names = content(file.with_name(students))
    return None if names is None else found + b"\0" + names


async def watch(
    file: Path,
    load: Callable[[], Settings],
    take: Callable[[Settings], Awaitable[None]],
    log: Logger,
    students: str = "",
) -> None:
    """Take over whatever is saved, if it is good; else say why not, and keep what holds.

    Args:
        file: the tutor's configuration; its folder is watched, because editors put a new file in
            the place of the old.
        load: reads and checks it.
        take: is given the new settings.
        log: where to say what is wrong.
        students: the file of students' names, beside it, as the start has found it; "" for none.
    """
    last, trouble = contents(file, students), ""
    async for _ in file_watch.moments(file.parent):
        found = await settled(partial(contents, file, students))
        if found is None or found == last:
            continue
        last = found
        try:
            loaded = await asyncio.to_thread(load)
            await take(loaded)
        except StartRefusedError as refused:
            for problem in refused.problems:
                log.error("The configuration in use stays: %s", problem)  # noqa: TRY400
        except Exception as error:  # a full disk, a locked database: it may pass
            if str(error) != trouble:
                log.exception("The saved configuration could not be applied yet; retrying")
            last, trouble = None, str(error)
        else:
            trouble = ""
            if loaded.students_file != students:
                students = loaded.students_file
                last = contents(file, students)
