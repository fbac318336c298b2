"""Answer the supervisor's liveness check, on the server's own socket."""

from __future__ import annotations

from tornado.web import RequestHandler

ADDRESS = "classroom/api/alive"
"""Below the server's own address."""


class LabLivenessHandler(RequestHandler):
    """Answers everybody with an empty response, which only shows that a server runs."""

    def get(self) -> None:
        """Answer that the server runs."""
        self.set_status(204)

    def _log(self) -> None:
        """Log nothing: the supervisor asks every few seconds."""
