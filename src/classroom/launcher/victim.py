"""Who ends when memory or disk runs out: plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.launcher import census
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.launcher.memory_usage import Use

MB = 1024**2
MARGIN = (1 / 16, 256 * MB)
"""How much of the container's memory must be left: a share, and what is enough."""


def margin(memory: int) -> int:
    """Decide how many bytes must be left for the container not to be nearly out of memory.

    Args:
        memory: bytes that it has.
    """
    share, enough = MARGIN
    return min(int(memory * share), enough)


def too_little_left(uses: Mapping[str, Use], left: int, least: int) -> tuple[str, str] | None:
    """Choose whom to end for the container to go on, though students' sum is within its limit.

    Something uses memory that is in nobody's figures: pipes, sockets, the kernel's own.

    Args:
        uses: by group, of `census`.
        left: bytes that the container can still get.
        least: bytes that must be left.

    Returns:
        The group that uses the most, and why it is ended, in words; None when enough is left, or
        when no end of anybody's would help.
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
    """Choose whom to end for the others to have memory.

    While what is seen would fit, whoever is seen to use the most has done nothing wrong: who may
    have the rest ends first, and nobody whose end wouldn't be enough.

    Args:
        uses: by group, of `census`.
        limit: bytes for all together; 0 for no limit.
        unseen: bytes that students have and that are in no group's use.
        hiding: how many of these bytes a group may have, for those that may have any.

    Returns:
        The group, and why it is ended, in words; None when there is enough, or when no end of
        anybody's would help.
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
    """Choose whom to end in a lab whose programs use more than its share.

    Args:
        uses: by group, of this lab's alone.
        limit: bytes for all of them; 0 for no limit.

    Returns:
        The group that uses the most, and why it is ended, in words; None when there is enough.
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
    """Choose whom to end for the others to be able to save.

    Args:
        before: uses by group a moment ago.
        after: uses now.
        free: bytes that are free.
        reserve: bytes that must stay free; 0 for no limit.

    Returns:
        The group that writes most, and why it is ended; None when there is enough, or none of
        them writes.
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
