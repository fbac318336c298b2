"""Watch the tutor's configuration, and apply changes that are possible while the lab runs."""

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
"""How long a file must be unchanged, because a program may have written only half of it."""


def content(file: Path) -> bytes | None:
    """Read a file; None if it is missing, as between two steps of an editor."""
    try:
        return file.read_bytes()
    except OSError:
        return None


async def settled(read: Callable[[], bytes | None]) -> bytes | None:
    """Read until two readings agree, because half of a file may be valid with half of the people.

    Args:
        read: reads the present content.
    """
    found = read()
    while True:
        await asyncio.sleep(SETTLE_SECONDS)
        again = read()
        if again == found:
            return found
        found = again


def shared(held: EgressSettings, saved: EgressSettings) -> list[str]:
    """List the Hub's hosts whose address has changed for students.

    The Hub's address of a host is fixed at the start. The opposite change needs no restart: the Hub
    always reaches its own port of the egress proxy.

    Args:
        held: the settings that the lock uses.
        saved: the settings that the tutor has saved.
    """
    return [
        host.name
        for host in held.hub
        if resolv.answer_for(saved, host.name) not in {"", resolv.answer_for(held, host.name)}
    ]


def at_next_start(held: EgressSettings, saved: EgressSettings, kind: LockKind) -> list[str]:
    """List the settings that differ and wait for the next start.

    The proxy's names can change. The rules can't, because no process in the container may change
    them any more, and neither can the Hub's names, which are in its hosts file.

    Args:
        held: the settings that the lock uses.
        saved: the settings that the tutor has saved.
        kind: by which means the lock holds.
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


# Settings that take effect at once: names through the roster, hosts through the egress lock, which
# logs itself which of them wait.
FOLLOWED = re.compile(
    r"^(GitHubOAuthenticator|OAuthenticator|Authenticator)\.(allowed|admin|blocked)_users$"
    r"|^Classroom\.(egress|students_file$)"
)
ANYBODY = re.compile(r"^(GitHubOAuthenticator|OAuthenticator|Authenticator)\.allow_all$")
"""Settings that also take effect at once, with GitHub sign-in."""
LABS = ("Classroom.personal_labs", "Classroom.rooms", "Classroom.groups")
"""Settings that also take effect at once, in a container that is ready for other labs."""


def plain(value: Any) -> Any:
    """Make a setting's value comparable with that of another reading.

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
        held: the configuration that the Hub was started with.
        saved: the configuration that the tutor has saved.
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
        """Say whether a setting takes effect when the file is saved."""
        by_kind = (labs and name in LABS) or (github and ANYBODY.match(name) is not None)
        return by_kind or FOLLOWED.match(name) is not None

    return sorted(name for name in changed if not is_followed(name))


def contents(file: Path, students: str) -> bytes | None:
    """Read the configuration, and the file of students' names after it.

    Args:
        file: the configuration.
        students: the name of the other file, beside it; "" for none.

    Returns:
        The bytes of both; None if one is missing, as between two steps of an editor.
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
    """Apply each valid saved configuration; log why an invalid one is not applied.

    Args:
        file: the tutor's configuration; its folder is watched, because editors replace the file.
        load: reads and checks it.
        take: applies the new settings.
        log: the log for what is wrong.
        students: the file of students' names, beside it, as found at the start; "" for none.
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
        except Exception as error:  # for example a full disk, or a locked database: try again
            if str(error) != trouble:
                log.exception("The saved configuration could not be applied yet; retrying")
            last, trouble = None, str(error)
        else:
            trouble = ""
            if loaded.students_file != students:
                students = loaded.students_file
                last = contents(file, students)
