"""Whether the lab server does anything at all: the supervisor asks, on the server's own socket."""

from __future__ import annotations

from tornado.web import RequestHandler

ADDRESS = "classroom/api/alive"
"""Below the server's own address."""


class LabLivenessHandler(RequestHandler):
    """Answers everybody, with nothing: whoever asks learns that a server is there."""

    def get(self) -> None:
        """Say yes."""
        self.set_status(204)

    def _log(self) -> None:
        """Log nothing: it is asked every few seconds."""
