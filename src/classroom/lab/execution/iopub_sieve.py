"""Keep from pages what the server writes into the document for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from classroom.lab.execution.output_capture import CAPTURE, Captured
from classroom.lab.protocol import kernel_messages, kernel_outputs
from classroom.lab.protocol.kernel_messages import Kept

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT = 500
"""How many messages are kept for a page that may come back."""
KEPT_BYTES = 10 * kernel_messages.MB
"""How much they may be together."""


def heard(session: Any, message: list[Any]) -> list[Any]:
    """Take a zmq message apart: header, parent, metadata, content; empty when it can't be.

    Nor when it is larger than any may be: nothing of such a one is read.

    Its signature is not looked at: the socket is the kernel's own, as for pages.

    Args:
        session: jupyter_client's.
        message: the message's frames.
    """
    try:
        _, (_, *parts) = session.feed_identities(message)
    except ValueError:  # students' code can send anything in its kernel's name
        return []
    return parts if kernel_messages.sound(parts) else []


class Keeping(Protocol):
    """The kernels, of which some have their runs' outputs written here."""

    def keeps(self, kernel_id: str, ident: str) -> bool:
        """Say whether a run's outputs are written here."""


class Sieve:
    """Keeps from one page what it needn't write: it comes to it with the document."""

    def __init__(self, kernels: Keeping, kernel_id: str) -> None:
        """Begin, for one connection to a kernel.

        Args:
            kernels: all of the lab's.
            kernel_id: the id of the kernel that it is connected to.
        """
        self._kernels = kernels
        self._kernel_id = kernel_id
        self._captured = Captured()

    def holds(self, parts: Sequence[Any]) -> bool:
        """Say whether a message is an output that is written here.

        Args:
            parts: of `heard`.
        """
        run = kernel_outputs.head(parts[1])[0] if parts else ""
        if not self._kernels.keeps(self._kernel_id, run):
            return False
        _, kind = kernel_outputs.head(parts[0])
        if kind == CAPTURE:
            self._captured.hear(parts[3])
        return kind in kernel_outputs.KINDS and run not in self._captured


class OfflineMessages:
    """What a kernel says while its page is away, but for what is written here."""

    def __init__(self, session: Any, sieve: Sieve) -> None:
        """Keep nothing yet.

        Args:
            session: jupyter_client's, of the kernel.
            sieve: the page's sieve.
        """
        self._session, self._sieve = session, sieve
        # Not without end: of whatever else prints all night, the last.
        self.kept: Kept[tuple[str, list[bytes]]] = Kept(
            KEPT, KEPT_BYTES, lambda one: kernel_messages.size(one[1])
        )

    def keep(self, message: list[bytes]) -> None:
        """Keep a message for the page.

        Args:
            message: the message's frames.
        """
        parts = heard(self._session, message)
        if parts and not self._sieve.holds(parts):
            self.kept.append(("iopub", message))
