"""Call the decoder of updates, which is written in Rust, and convert its exceptions.

If it gives up in the middle (a panic), the document can't be used any more; other documents aren't
affected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycrdt import get_update, merge_updates

from classroom.lab.protocol.lib0 import OutOfBoundsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycrdt import Doc

PANIC = "PanicException"
"""Name of the decoder's exception when it gives up; it isn't an `Exception`."""


class BrokenError(Exception):
    """A document can't be used any more: the decoder gave up in the middle."""


class UnreadableError(Exception):
    """The decoder rejects an update that was within the bounds; the text says why."""


class Decoding:
    """Converts the decoder's exceptions, including panics, into an `Exception`. Without state."""

    def __enter__(self) -> None:
        """Enter the context."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Convert the exception.

        Raises:
            UnreadableError: the decoder rejects its input.
            BrokenError: the document that it was working on can't be used any more.
        """
        if error is None:
            return
        if isinstance(error, ValueError | RuntimeError):
            raise UnreadableError(str(error)) from error
        if type(error).__name__ == PANIC:
            raise BrokenError(str(error)) from error


DECODING = Decoding()
"""The context for every call of the decoder."""


def without(update: bytes, state: bytes) -> bytes:
    """Remove from an update what a state vector covers.

    Raises:
        OutOfBoundsError: the decoder can't do that.
    """
    try:
        with DECODING:
            return get_update(update, state)
    except (BrokenError, UnreadableError) as error:  # no document is affected
        raise OutOfBoundsError(str(error)) from error


def merged(updates: Sequence[bytes], document: Doc[Any]) -> bytes:
    """Merge several updates into one; if the decoder can't, return the whole document.

    Args:
        updates: the document's updates.
        document: the document that they are in.

    Returns:
        An update with the content of them all, and perhaps more.
    """
    try:
        with DECODING:
            return merge_updates(*updates)
    except (BrokenError, UnreadableError):
        return document.get_update()
