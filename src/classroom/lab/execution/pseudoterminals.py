"""The lab server's side of a terminal, which never waits for the program on the other side."""

from __future__ import annotations

import asyncio
import codecs
import errno
import os
from typing import TYPE_CHECKING

from ptyprocess import PtyProcessUnicode

if TYPE_CHECKING:
    from classroom.launcher.client import RemoteProcess

MOST_TYPED_BYTES = 4 * 1024 * 1024
"""Most bytes that may wait for the program: the largest message of a page."""
PIECE_BYTES = 65536


class StudentPty(PtyProcessUnicode):
    """A terminal with a process that is the launcher's child, not ours.

    Upstream reads and writes through a buffered file. The event loop makes the descriptor
    non-blocking, which such a file does not support: if a text is longer than the kernel's buffer,
    its middle is lost, and the rest in the buffer makes closing fail. The terminal then stays in
    the list, with the number of a descriptor that another connection soon gets.
    """

    closed: bool
    exitstatus: int | None
    signalstatus: int | None

    def __init__(self, launched: RemoteProcess, terminal: int) -> None:
        """Take over a process and its terminal.

        Args:
            launched: the process.
            terminal: descriptor of the lab server's side of the terminal.
        """
        self._launched = launched
        self._typed = bytearray()
        self._loop: asyncio.AbstractEventLoop | None = None  # while it watches for room
        super().__init__(launched.pid, terminal)
        os.set_blocking(terminal, False)
        # Show invalid bytes as well, as upstream's terminals do.
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def isalive(self) -> bool:
        """Say whether the process runs."""
        status = self._launched.poll()
        if status is None:
            return True
        self.terminated = True
        self.exitstatus, self.signalstatus = (status, None) if status >= 0 else (None, -status)
        return False

    def kill(self, sig: int) -> None:
        """Signal the process and what it has started."""
        self._launched.send_signal(sig)

    def read(self, size: int = PIECE_BYTES) -> str:
        """Read the terminal's output; empty if there is none.

        Args:
            size: most bytes to read.

        Raises:
            EOFError: no process has it any more.
        """
        try:
            piece = os.read(self.fd, size)
        except BlockingIOError:
            return ""
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            piece = b""
        if not piece:
            raise EOFError("no process has the terminal any more")
        return str(self.decoder.decode(piece, final=False))

    def type(self, text: str) -> bool:
        """Type text; the part that the program hasn't read yet waits. Call it on the event loop.

        Args:
            text: the text.

        Returns:
            Whether it was typed: all of it, or nothing if too much waits already.
        """
        data = text.encode(errors="replace")
        if self.closed:
            return True  # the page shows its end
        if len(self._typed) + len(data) > MOST_TYPED_BYTES:
            return False
        self._typed += data
        if self._loop is None:
            self._send()
        return True

    def _send(self) -> None:
        """Write what the system accepts, one piece in each turn of the event loop."""
        try:
            sent = os.write(self.fd, self._typed[:PIECE_BYTES])
        except BlockingIOError:
            sent = 0
        except OSError:  # no process has the terminal any more
            sent = len(self._typed)
        del self._typed[:sent]
        if not self._typed:
            self._stop()
        elif self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_writer(self.fd, self._send)

    def _stop(self) -> None:
        """Stop waiting for the terminal to become writable."""
        if self._loop is not None:
            self._loop.remove_writer(self.fd)
            self._loop = None

    def close(self, force: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002 (upstream's)
        """Close the descriptor; the launcher ends a process that still runs."""
        if not self.closed:
            self._stop()  # while the number is still this terminal's
            self.fileobj.close()  # which has the descriptor, and nothing to write
            self._launched.close()
            self.fd = -1
            self.closed = True
