"""Find the common parts of two sequences, in about linear time for any content.

difflib compares every pair: it needs half a minute for one line appended to a log of 600 kB. This
is the patience diff: an item that occurs exactly once in both is an anchor, and only the parts
between anchors are compared more closely.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

CLOSEST = 40_000
"""Up to this many pairs of items, a part without an anchor is compared item by item."""


class Block(NamedTuple):
    """A run of equal items.

    Attributes:
        a: where it begins in the first sequence.
        b: where it begins in the second.
        size: how many items it has.
    """

    a: int
    b: int
    size: int


class _Part(NamedTuple):
    """A part still to be compared: the half-open range in each sequence."""

    a: int
    a_end: int
    b: int
    b_end: int


def common(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Block]:
    """List the blocks that two sequences have in common, in the order of both.

    Args:
        a: the first sequence.
        b: the second.

    Returns:
        Blocks that neither overlap nor cross. They need not be the longest possible blocks.
    """
    found: list[Block] = []
    parts = [_Part(0, len(a), 0, len(b))]
    while parts:
        part = parts.pop()
        edges, inner = _trimmed(a, b, part)
        found += edges
        if inner.a == inner.a_end or inner.b == inner.b_end:
            continue
        anchors = _anchors(a, b, inner)
        if anchors:
            parts += _between(inner, anchors)
            found += [Block(one, two, 1) for one, two in anchors]
        elif (inner.a_end - inner.a) * (inner.b_end - inner.b) <= CLOSEST:
            found += _closely(a, b, inner)
    return list(_joined(sorted(found)))


def _trimmed(
    a: Sequence[Hashable], b: Sequence[Hashable], part: _Part
) -> tuple[list[Block], _Part]:
    """Split off the common beginning and end."""
    first, first_end, second, second_end = part
    most = min(first_end - first, second_end - second)
    ahead = 0
    while ahead < most and a[first + ahead] == b[second + ahead]:
        ahead += 1
    behind = 0
    while behind < most - ahead and a[first_end - 1 - behind] == b[second_end - 1 - behind]:
        behind += 1
    edges = [
        Block(first, second, ahead),
        Block(first_end - behind, second_end - behind, behind),
    ]
    inner = _Part(first + ahead, first_end - behind, second + ahead, second_end - behind)
    return [block for block in edges if block.size], inner


def _anchors(a: Sequence[Hashable], b: Sequence[Hashable], part: _Part) -> list[tuple[int, int]]:
    """Pair items that occur once in both; choose the most pairs that are in order in both."""
    once = [
        {item for item, times in Counter(sequence[begin:end]).items() if times == 1}
        for sequence, begin, end in ((a, part.a, part.a_end), (b, part.b, part.b_end))
    ]
    both = once[0] & once[1]
    where = {b[at]: at for at in range(part.b, part.b_end) if b[at] in both}
    pairs = [(at, where[a[at]]) for at in range(part.a, part.a_end) if a[at] in both]
    return _longest_rising(pairs)


def _longest_rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Choose the longest run of pairs whose first and second numbers both rise."""
    ends: list[int] = []  # for each length, the least second number at a run's end
    last: list[int] = []  # and the index of that pair
    before: list[int] = []
    for at, (_, number) in enumerate(pairs):
        length = bisect_left(ends, number)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [number]
        last[length : length + 1] = [at]
    chosen: list[tuple[int, int]] = []
    at = last[-1] if last else -1
    while at >= 0:
        chosen.append(pairs[at])
        at = before[at]
    return chosen[::-1]


def _between(part: _Part, anchors: list[tuple[int, int]]) -> Iterator[_Part]:
    """Cut out the parts before, between and after the anchors."""
    a, b = part.a, part.b
    for one, two in anchors:
        yield _Part(a, one, b, two)
        a, b = one + 1, two + 1
    yield _Part(a, part.a_end, b, part.b_end)


def _closely(a: Sequence[Hashable], b: Sequence[Hashable], part: _Part) -> Iterator[Block]:
    matcher = SequenceMatcher(None, a[part.a : part.a_end], b[part.b : part.b_end], autojunk=False)
    for one, two, size in matcher.get_matching_blocks():
        if size:
            yield Block(part.a + one, part.b + two, size)


def _joined(blocks: list[Block]) -> Iterator[Block]:
    """Join each block that begins where the previous block ends."""
    last: Block | None = None
    for block in blocks:
        if last is not None and (last.a + last.size, last.b + last.size) == block[:2]:
            last = Block(last.a, last.b, last.size + block.size)
            continue
        if last is not None:
            yield last
        last = block
    if last is not None:
        yield last
