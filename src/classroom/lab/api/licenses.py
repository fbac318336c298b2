"""Report the licences of what pages load: the report is the same for everybody, and made once."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyterlab_server.licenses_handler import LicensesManager
from tornado import web
from tornado.web import HTTPError

from classroom.lab import services

FORMATS = {"json": ".json", "csv": ".csv", "markdown": ".md"}
"""Formats of a report, with the suffix of its file."""
TRUE = {"1", "true"}


class LicenseReports(dict[tuple[str, bool], tuple[str, str]]):
    """The reports of one lab: text and media type, by format and whether licences are in full."""


class KnownLicensesHandler(APIHandler):
    """Upstream's handler, without the regular expression that selects packages.

    Anybody could send one. An expression of thirty characters blocked the whole server for good,
    because Python runs no other thread while it matches.
    """

    auth_resource = "classroom"

    @web.authenticated
    @authorized
    async def get(self, _: str = "") -> None:
        """Report the licences.

        Raises:
            HTTPError: 400 if there is no such format.
        """
        wanted = self.get_argument("format", "json")
        if wanted not in FORMATS:
            raise HTTPError(400, f"Licences are reported as {', '.join(FORMATS)}.")
        key = wanted, self.get_argument("full_text", "true") in TRUE
        reports = services.of(self)[LicenseReports]
        if key not in reports:
            lab: Any = self.settings["lab"]
            manager = LicensesManager(parent=lab)
            found = await manager.report_async(report_format=wanted, full_text=key[1])
            reports[key] = found
        report, mime = reports[key]
        if self.get_argument("download", "0") in TRUE:
            self.set_attachment_header(f"jupyterlab-licenses{FORMATS[wanted]}")
        self.set_header("Content-Type", mime)
        await super(APIHandler, self).finish(report)  # APIHandler.finish would set JSON's type
