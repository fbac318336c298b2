"""Don't send pages the outputs that the server writes into the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from classroom.lab.execution.output_capture import CAPTURE, Captured
from classroom.lab.protocol import kernel_messages, kernel_outputs
from classroom.lab.protocol.kernel_messages import Kept

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT = 500
"""How many messages to keep for a page that may come back."""
KEPT_BYTES = 10 * kernel_messages.MB
"""Most bytes of these messages together."""


def heard(session: Any, message: list[Any]) -> list[Any]:
    """Split a zmq message into header, parent, metadata and content; empty if that fails.

    Also empty for a message that is too large to be parsed.

    The signature isn't checked: the socket is the kernel's own, as for pages.

    Args:
        session: jupyter_client's session.
        message: the message's frames.
    """
    try:
        _, (_, *parts) = session.feed_identities(message)
    except ValueError:  # students' code can send anything in its kernel's name
        return []
    return parts if kernel_messages.sound(parts) else []


class Keeping(Protocol):
    """The kernels, which know the runs whose outputs the lab writes."""

    def keeps(self, kernel_id: str, ident: str) -> bool:
        """Say whether the lab writes a run's outputs."""


class Sieve:
    """Holds back outputs from one page that come to it with the document."""

    def __init__(self, kernels: Keeping, kernel_id: str) -> None:
        """Serve one connection to a kernel.

        Args:
            kernels: all kernels of the lab.
            kernel_id: the id of the kernel that it is connected to.
        """
        self._kernels = kernels
        self._kernel_id = kernel_id
        self._captured = Captured()

    def holds(self, parts: Sequence[Any]) -> bool:
        """Say whether a message is an output that the lab writes.

        Args:
            parts: the message's parts, from `heard`.
        """
        run = kernel_outputs.head(parts[1])[0] if parts else ""
        if not self._kernels.keeps(self._kernel_id, run):
            return False
        _, kind = kernel_outputs.head(parts[0])
        if kind == CAPTURE:
            self._captured.hear(parts[3])
        return kind in kernel_outputs.KINDS and run not in self._captured


class OfflineMessages:
    """A kernel's messages while its page is away, except outputs that the lab writes."""

    def __init__(self, session: Any, sieve: Sieve) -> None:
        """Start without messages.

        Args:
            session: jupyter_client's session of the kernel.
            sieve: the page's sieve.
        """
        self._session, self._sieve = session, sieve
        # Keep only the last ones: something else may print all night.
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
