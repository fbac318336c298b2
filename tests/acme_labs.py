"""A lab that obtains its certificate by ACME, and what tests do with it."""

from __future__ import annotations

import json
import socket
import ssl
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from cryptography import x509

from tests import labs
from tests.acme_authority import DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.labs import Lab

FOLDER = "/data/hub/acme"
EXPECTED = ("the lab's own certificate: ", "is used, and no certificate asked for")
CHANGE = f"""
import json, pathlib, sys
file = pathlib.Path("{FOLDER}/course.json")
file.write_text(json.dumps(json.loads(file.read_text()) | json.loads(sys.argv[1])))
print(json.dumps(True))
"""
SOON, LONG_AGO = {"next_try": None, "look_at": None}, "2020-01-01T00:00:00+00:00"


class Trusted(Protocol):
    """An ACME authority of the tests."""

    def context(self) -> ssl.SSLContext:
        """Make a TLS context that trusts only certificates of this authority."""
        ...


@dataclass
class Place:
    """A lab and its ACME authority, and what the lab did while the authority was away.

    Attributes:
        first: the certificate that the lab served while the authority was away.
        check: the output of ``classroom check``.
        page: what the page *People* showed to a tutor.
        log: the log of the start.
    """

    lab: Lab
    ca: Trusted
    folder: Path
    first: x509.Certificate
    check: str
    page: str
    log: str

    def served(self) -> x509.Certificate:
        return served(self.lab)

    def is_trusted(self, host: str = labs.HOST) -> bool:
        """Say whether the TLS handshake succeeds for a client that trusts only the authority."""
        with (
            socket.create_connection((self.lab.ip, 8443), timeout=20) as way,
            self.ca.context().wrap_socket(way, server_hostname=host),
        ):
            return True

    def change(self, **course: Any) -> None:
        """Change the due times that the lab has stored about its certificate."""
        status, said = self.lab.run("python", "-I", "-c", CHANGE, json.dumps(SOON | course))
        assert status == 0, said

    def wait_for_another(self, before: x509.Certificate) -> x509.Certificate:
        def another() -> x509.Certificate | None:
            now = self.served()
            # An old nginx worker, from before the change, may still answer while it ends.
            is_newer = now.not_valid_before_utc >= before.not_valid_before_utc
            return now if is_newer and now != before else None

        found: x509.Certificate = labs.wait_until(
            another, "another certificate", ignoring=labs.AWAY
        )
        labs.wait_until(self.is_trusted, "it is the authority's", ignoring=labs.AWAY)
        return found

    def order(self, until: Callable[[], Any], what: str, seconds: float = 60) -> Any:
        """Make the certificate due for renewal until a condition holds.

        Repeat it if necessary: the lab may be talking to its authority meanwhile, and then
        overwrites the changed time with the outcome.
        """

        def is_done() -> Any:
            course = json.loads(self.lab.read(f"{FOLDER}/course.json"))
            if found := until():
                return found
            if course["look_at"] or (course["failures"] and course["next_try"]):
                self.change(renew_at=LONG_AGO)
            return False

        self.change(renew_at=LONG_AGO)
        return labs.wait_until(is_done, what, seconds, ignoring=labs.AWAY)

    def renew(self, before: x509.Certificate) -> x509.Certificate:
        self.order(lambda: self.served() != before, "another certificate")
        return self.wait_for_another(before)

    def ask(
        self,
        host: str,
        wanted: Mapping[str, Any],
        folder: str = "",
        *,
        record: str = "",
        anyway: bool = False,
    ) -> Any:
        """Have the lab's own program order a certificate for another name; return the error.

        Args:
            host: the name.
            wanted: values that differ from the defaults, as a tutor would set them.
            folder: the lab's folder for the account and the certificate; a new one by default.
            record: the DNS record that the lab waits for already.
            anyway: whether to ask the authority even if the lab does not see the record in DNS.
        """
        folder = folder or new_folder()
        order = {
            "step": "ask",
            "folder": folder,
            "record": record,
            "anyway": anyway,
            "wanted": {
                "host": host,
                "email": "",
                "directory": DIRECTORY,
                "authorities": "/srv/jupyterhub/config/secrets/ca.crt",
                **wanted,
            },
        }
        script = f"mkdir -p {folder}; echo '{json.dumps(order)}'"
        command = f"{script} | /opt/classroom/bin/python -I -m classroom.front.acme"
        return self.lab.answer("sh", "-c", command)["trouble"]


def new_folder() -> str:
    """Name a folder in the lab that does not exist yet."""
    return f"/tmp/{uuid.uuid4().hex}"  # noqa: S108 (in the lab)


def served(lab: Lab) -> x509.Certificate:
    """Return the certificate that a lab serves in a TLS handshake."""
    return x509.load_pem_x509_certificate(ssl.get_server_certificate((lab.ip, 8443)).encode())
