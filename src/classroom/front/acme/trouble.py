"""Describe in a sentence why a lab gets no certificate. Plain values, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.front.acme import records
from classroom.front.acme.records import RecordVerdict
from classroom.runtime.problems import Problem

if TYPE_CHECKING:
    import datetime as dt

    from classroom.config.acme import Acme

WHERE = "the lab's own certificate"
SHORT_CHARACTERS = 200
UNREACHED, UNTRUSTED, CLOCK, ODD, SLOW, UNUSABLE, UNKEPT = (
    *("unreached", "untrusted", "clock", "odd", "slow", "unusable", "unkept"),
)
"""Kinds of trouble besides the authority's own errors."""
VALIDATION = "validation."
"""The prefix of a kind that the authority has found when it checked the host."""
LIMITED = "rateLimited"
UNOFFERED, UNSEEN, REFUSED_RECORD = "unoffered", "record.unseen", "record.refused"
AWAITED = {
    RecordVerdict.MISSING: "record.missing",
    RecordVerdict.UNREADABLE: "record.unreadable",
    RecordVerdict.OTHER_ACCOUNT: "record.other",
    RecordVerdict.OVER: "record.over",
    RecordVerdict.NARROW: "record.narrow",
}
"""Kinds of trouble that the lab sees in DNS itself, without asking the authority."""
GO_ON = "nothing needs to be done"
AT_PORT_80 = (
    "let port 80 of {host} lead to this lab from everywhere, and start it with"
    " make up PORT=443 HTTP_PORT=80"
)
ELSEWHERE = (
    "choose another authority with c.Classroom.acme_directory, or put a certificate into secrets/"
)
SENTENCES = {
    UNREACHED: (
        "{authority} can't be reached ({detail})",
        "look at the machine's DNS, firewall and proxy",
    ),
    UNTRUSTED: (
        "the certificate of {authority} is not trusted ({detail})",
        "a proxy that inspects TLS is in between, or its authority has to be named in"
        " c.Classroom.acme_authorities",
    ),
    CLOCK: (
        "the certificate of {authority} is not valid at the time that this machine shows, {now}",
        "set the machine's clock",
    ),
    ODD: (
        "{authority} answers something else than an ACME authority ({detail})",
        "correct c.Classroom.acme_directory",
    ),
    SLOW: ("{authority} has not answered in time", GO_ON),
    UNUSABLE: (
        "{authority} has issued one that can't be used ({detail})",
        "look at the machine's clock, and at c.Classroom.acme_directory",
    ),
    UNKEPT: ("it can't be kept ({detail})", "make room on the volume"),
    f"{VALIDATION}connection": (
        "{authority} can't connect to http://{host} ({detail})",
        AT_PORT_80,
    ),
    f"{VALIDATION}dns": (
        "{authority} finds no address of {host} in DNS ({detail})",
        "give that name the machine's address in your DNS, or correct c.Classroom.acme",
    ),
    f"{VALIDATION}unauthorized": (
        "somebody else than this lab answers {authority} at http://{host} ({detail})",
        AT_PORT_80,
    ),
    "caa": (
        "the DNS of {host} lets other authorities issue certificates, and not {authority} (CAA)",
        "add it there, or choose another with c.Classroom.acme_directory",
    ),
    "rejectedIdentifier": (
        "{authority} issues none for {host} ({detail})",
        "write a name of yours that everybody can look up into c.Classroom.acme",
    ),
    LIMITED: ("{authority} has had too many questions ({detail})", GO_ON),
    "externalAccountRequired": (
        "{authority} wants an account that was made with it before, which the lab can't use",
        ELSEWHERE,
    ),
    "invalidContact": (
        "{authority} does not take the e-mail address {email!r} ({detail})",
        "correct it in c.Classroom.acme, or leave it out",
    ),
    "serverInternal": ("{authority} has trouble of its own ({detail})", GO_ON),
    UNOFFERED: (
        "{authority} does not offer {detail} for {host}",
        'change "challenge" in c.Classroom.acme, choose another authority with'
        " c.Classroom.acme_directory, or put a certificate into secrets/",
    ),
    AWAITED[RecordVerdict.MISSING]: (
        "{authority} needs a TXT record that is not in DNS yet",
        'add it, once: name {name}, value "{record}"',
    ),
    AWAITED[RecordVerdict.UNREADABLE]: (
        "the TXT record {name} is not written as {authority} reads it",
        'replace its value with "{record}"',
    ),
    AWAITED[RecordVerdict.OTHER_ACCOUNT]: (
        "the TXT record {name} is for another account at {authority}, of another lab or of a volume"
        " that is gone",
        'replace its value, or add a second record of that name, with "{record}"',
    ),
    AWAITED[RecordVerdict.OVER]: (
        "the time that the TXT record {name} permits (persistUntil) is over",
        'replace its value with "{record}"',
    ),
    AWAITED[RecordVerdict.NARROW]: (
        "the TXT record {name} does not permit a certificate for *.{host}",
        'replace its value with "{record}"',
    ),
    UNSEEN: (
        "{authority} needs a TXT record, and the lab can't look up whether it is in DNS ({detail})",
        'add it, if it is not there: name {name}, value "{record}"',
    ),
    REFUSED_RECORD: (
        "{authority} does not accept the TXT record {name} ({detail})",
        'have all nameservers of {host} say "{record}" there',
    ),
}
"""What is wrong, and what to do, by the kind of trouble (RFC 8555, 6.7)."""
SENTENCES["unsupportedContact"] = SENTENCES["invalidContact"]
SENTENCES[f"{VALIDATION}tls"] = SENTENCES[f"{VALIDATION}connection"]
SENTENCES[f"{VALIDATION}incorrectResponse"] = SENTENCES[f"{VALIDATION}unauthorized"]
SENTENCES[f"{VALIDATION}caa"] = SENTENCES["caa"]
SENTENCES[f"{VALIDATION}rejectedIdentifier"] = SENTENCES["rejectedIdentifier"]
OTHER = ("{authority} refuses it ({kind}: {detail})", ELSEWHERE)


@dataclass(frozen=True)
class AcmeTrouble:
    """Why there is no new certificate.

    Attributes:
        kind: a kind in `SENTENCES`, or another one of the authority.
        detail: the message of the authority or the system.
        retry_after: seconds that the authority asks the lab to wait; 0 if it does not say.
        record: the value of the TXT record that is needed; "" if none is.
    """

    kind: str
    detail: str = ""
    retry_after: float = 0
    record: str = ""

    @property
    def is_awaited(self) -> bool:
        """Whether the lab looks up DNS records until they change."""
        return self.kind in AWAITED.values()


class TroubleError(Exception):
    """There is no certificate, for a known reason."""

    def __init__(self, trouble: AcmeTrouble) -> None:
        self.trouble = trouble
        super().__init__(trouble.kind)


def printable(text: str) -> str:
    """Shorten another program's text to one short line."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= SHORT_CHARACTERS else f"{line[:SHORT_CHARACTERS]}…"


def problem(wanted: Acme, trouble: AcmeTrouble, now: dt.datetime) -> Problem:
    """Say what is wrong and what to do.

    Args:
        wanted: the requested certificate.
        trouble: why there is none.
        now: the machine's time.
    """
    what, cure = SENTENCES.get(trouble.kind, OTHER)
    words = {
        "authority": wanted.authority,
        "host": wanted.host,
        "email": wanted.email,
        "kind": printable(trouble.kind),
        "detail": printable(trouble.detail) or "it says no more",
        "now": f"{now:%Y-%m-%d %H:%M} UTC",
        "name": records.name(wanted.host),
        "record": trouble.record,
    }
    return Problem(WHERE, what.format(**words), cure.format(**words))


def sentence(wanted: Acme, trouble: AcmeTrouble, now: dt.datetime, next_try: dt.datetime) -> str:
    """Describe the trouble for log, page and check, and say what happens next.

    Args:
        wanted: the requested certificate.
        trouble: why there is none.
        now: the machine's time.
        next_try: when the lab asks again.
    """
    said = problem(wanted, trouble, now)
    goes_on = "looks every minute" if trouble.is_awaited else f"asks again at {at(next_try)}"
    return f"{said} Until then the certificate in use stays; the lab {goes_on}."


def at(moment: dt.datetime) -> str:
    """Format a time for people."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"
