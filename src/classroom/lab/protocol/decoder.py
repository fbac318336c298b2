"""The decoder of updates, which is Rust: what it raises, and what it makes of updates.

Where it gives up in the middle (a panic), the document it was working on is of no more use, and
only that document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycrdt import get_update, merge_updates

from classroom.lab.protocol.lib0 import OutOfBoundsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycrdt import Doc

PANIC = "PanicException"
"""Name of what the decoder raises when it gives up; it is no `Exception`."""


class BrokenError(Exception):
    """A document is of no more use: the decoder gave up in the middle."""


class UnreadableError(Exception):
    """The decoder refuses an update that was within the bounds; its text says why."""


class Decoding:
    """Turns what the decoder raises into an `Exception`, also where it gives up. Without state."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Word what was raised.

        Raises:
            UnreadableError: the decoder refuses what it was given.
            BrokenError: what it was working on can't be used any more.
        """
        if error is None:
            return
        if isinstance(error, ValueError | RuntimeError):
            raise UnreadableError(str(error)) from error
        if type(error).__name__ == PANIC:
            raise BrokenError(str(error)) from error


DECODING = Decoding()
"""What stands around everything that the decoder is given."""


def without(update: bytes, state: bytes) -> bytes:
    """Leave out of an update what is in a state.

    Raises:
        OutOfBoundsError: that can't be done.
    """
    try:
        with DECODING:
            return get_update(update, state)
    except (BrokenError, UnreadableError) as error:  # nothing but the bytes
        raise OutOfBoundsError(str(error)) from error


def merged(updates: Sequence[bytes], document: Doc[Any]) -> bytes:
    """Make one update of several, or of the whole document where the decoder can't.

    Args:
        updates: the document's updates.
        document: the document that they are in.

    Returns:
        An update that says the same as all of them, and perhaps more.
    """
    try:
        with DECODING:
            return merge_updates(*updates)
    except (BrokenError, UnreadableError):
        return document.get_update()
