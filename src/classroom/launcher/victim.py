"""Choose the group that ends when memory or disk runs out: plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.launcher import census
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.launcher.memory_usage import Use

MB = 1024**2
MARGIN = (1 / 16, 256 * MB)
"""The part of the container's memory that must be left: a share, and a sufficient size."""


def margin(memory: int) -> int:
    """Return the bytes that must be left; with fewer, the container is nearly out of memory.

    Args:
        memory: the container's memory in bytes.
    """
    share, enough = MARGIN
    return min(int(memory * share), enough)


def too_little_left(uses: Mapping[str, Use], left: int, least: int) -> tuple[str, str] | None:
    """Choose the group to end for the container to go on, although students keep their limit.

    Pipes, sockets or the system itself use memory that no process shows.

    Args:
        uses: the use of each group of `census`.
        left: bytes that the container can still get.
        least: bytes that must be left.

    Returns:
        The group that uses the most, and why it is ended, in words; None if enough is left, or if
        no end would help.
    """
    if left >= least or not uses:
        return None
    group = max(uses, key=lambda one: uses[one].memory)
    if uses[group].memory < least - left:
        return None
    words = gettext(
        "the container is nearly out of memory ({left} MB are left), and of all students' programs"
        " this {kind} used the most ({used} MB)"
    )
    kind, used = census.kind_of(group), uses[group].memory // MB
    return group, words.format(left=max(0, left) // MB, kind=kind, used=used)


def too_much_memory(
    uses: Mapping[str, Use], limit: int, unseen: int = 0, hiding: Mapping[str, int] | None = None
) -> tuple[str, str] | None:
    """Choose the group to end so that the others have memory.

    If the measured uses alone are within the limit, a group that may have unattributed memory ends
    first. Without such a group the largest one ends, but only if its end would be enough.

    Args:
        uses: the use of each group of `census`.
        limit: bytes for all together; 0 for no limit.
        unseen: bytes of students' unattributed memory.
        hiding: how many of these bytes a group may have, for the groups that may have any.

    Returns:
        The group, and why it is ended, in words; None if there is enough, or if no end would help.
    """
    seen = sum(use.memory for use in uses.values())
    together = seen + unseen
    if not limit or together <= limit or not uses:
        return None
    suspects = {one: size for one, size in (hiding or {}).items() if one in uses}
    strays = [one for one in uses if one.startswith(census.STRAY)]
    if seen <= limit and (suspects or strays):
        group = max(
            suspects or strays,
            key=lambda one: (one in strays, suspects.get(one, 0), uses[one].memory),
        )
        words = gettext(
            "all students together used {together} MB (limit {limit} MB), {unseen} MB of it in"
            " memory that no program shows, and this {kind} may have that"
        )
        kind = census.kind_of(group)
        found = {"together": together // MB, "limit": limit // MB, "unseen": unseen // MB}
        return group, words.format(**found, kind=kind)
    group = max(uses, key=lambda one: uses[one].memory)
    if seen <= limit and uses[group].memory < together - limit:
        return None
    words = gettext(
        "all students together used {together} MB (limit {limit} MB), and this {kind} used the most"
        " ({used} MB)"
    )
    kind, used = census.kind_of(group), uses[group].memory // MB
    return group, words.format(together=together // MB, limit=limit // MB, kind=kind, used=used)


def beyond_a_labs_share(uses: Mapping[str, Use], limit: int) -> tuple[str, str] | None:
    """Choose the group to end in a lab whose programs use more than its share.

    Args:
        uses: the use of each of this lab's groups.
        limit: bytes for all of them; 0 for no limit.

    Returns:
        The group that uses the most, and why it is ended, in words; None if there is enough.
    """
    together = sum(use.memory for use in uses.values())
    if not limit or together <= limit:
        return None
    group = max(uses, key=lambda one: uses[one].memory)
    words = gettext(
        "this lab's programs together used {together} MB (limit {limit} MB for each lab), and this"
        " {kind} used the most ({used} MB)"
    )
    kind, used = census.kind_of(group), uses[group].memory // MB
    return group, words.format(together=together // MB, limit=limit // MB, kind=kind, used=used)


def too_full_disk(
    before: Mapping[str, Use], after: Mapping[str, Use], free: int, reserve: int
) -> tuple[str, str] | None:
    """Choose the group to end so that the others can save.

    Args:
        before: the use of each group a moment ago.
        after: the use of each group now.
        free: bytes that are free.
        reserve: bytes that must stay free; 0 for no limit.

    Returns:
        The group that writes most, and why it is ended; None if enough is free, or no group
        writes.
    """
    if free >= reserve or not after:
        return None
    wrote = {one: use.since(before.get(one, use)) for one, use in after.items()}
    group = max(wrote, key=lambda one: wrote[one])
    if wrote[group] <= MB:
        return None
    words = gettext(
        "the disk is nearly full: only {free} MB of it are free, and this {kind} wrote {wrote} MB"
        " just then"
    )
    kind = census.kind_of(group)
    return group, words.format(free=free // MB, kind=kind, wrote=wrote[group] // MB)
