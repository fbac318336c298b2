"""One sentence for each error of an authority, or of the connection to it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import requests
from acme import errors, messages

from classroom.config.acme import Acme
from classroom.front.acme import refusals, trouble
from classroom.front.acme.records import RecordVerdict
from classroom.front.acme.trouble import AWAITED, AcmeTrouble, TroubleError

NOW = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)
WANTED = Acme("lab.school.test", "ada@school.test", "https://ca.test/dir")
PREFIX = "urn:ietf:params:acme:error:"
TOKEN = "eHh4eHh4eHh4eHh4eHh4eA"


def document(kind: str, detail: str = "so it is", **more: Any) -> messages.Error:
    found: messages.Error = messages.Error.from_json(
        {"type": f"{PREFIX}{kind}", "detail": detail, **more}
    )
    return found


def invalid(kind: str, detail: str) -> errors.ValidationError:
    """Return the error of an authority that could not reach the host."""
    said = {
        "identifier": {"type": "dns", "value": WANTED.host},
        "status": "invalid",
        "challenges": [
            {"type": "dns-01", "url": "https://ca.test/2", "status": "pending", "token": TOKEN},
            {
                "type": "http-01",
                "url": "https://ca.test/1",
                "status": "invalid",
                "token": TOKEN,
                "error": {"type": f"{PREFIX}{kind}", "detail": detail},
            },
        ],
    }
    body = messages.Authorization.from_json(said)
    return errors.ValidationError([messages.AuthorizationResource(body=body, uri="")])


def answered(status: int) -> errors.ClientError:
    found = requests.Response()
    found.status_code = status
    return errors.ClientError(found)


REFUSED = requests.exceptions.ConnectionError(
    "HTTPSConnectionPool(host='ca.test', port=443): Max retries exceeded with url: /dir (Caused by"
    " NewConnectionError('<HTTPSConnection object>: Failed to establish a new connection: [Errno"
    " 111] Connection refused'))"
)
NOT_VALID = requests.exceptions.SSLError(
    "(Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate"
    " verify failed: {} (_ssl.c:1000)')))"
)


def untrusted(why: str) -> requests.exceptions.SSLError:
    return requests.exceptions.SSLError(str(NOT_VALID).replace("{}", why))


@pytest.mark.parametrize(
    ("error", "what", "cure"),
    [
        (REFUSED, "ca.test can't be reached (Connection refused)", "DNS, firewall and proxy."),
        (
            requests.exceptions.SSLError("[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred"),
            "ca.test can't be reached (the connection is closed)",
            "DNS, firewall and proxy.",
        ),
        (untrusted("self-signed certificate"), "is not trusted", "c.Classroom.acme_authorities."),
        (
            untrusted("certificate has expired"),
            "is not valid at the time that this machine shows, 2026-11-27 12:00 UTC",
            "set the machine's clock.",
        ),
        (untrusted("certificate is not yet valid"), "is not valid at the time", "clock."),
        (
            invalid("connection", "Connection refused"),
            "ca.test can't connect to http://lab.school.test (Connection refused)",
            "make up PORT=443 HTTP_PORT=80.",
        ),
        (
            invalid("dns", "NXDOMAIN"),
            "ca.test finds no address of lab.school.test in DNS (NXDOMAIN)",
            "or correct c.Classroom.acme.",
        ),
        (
            invalid("connection", "lookup x: no such host"),
            "finds no address of",
            "c.Classroom.acme.",
        ),
        (
            invalid("unauthorized", "404"),
            "somebody else than this lab answers ca.test at http://lab.school.test (404)",
            "make up PORT=443 HTTP_PORT=80.",
        ),
        (invalid("incorrectResponse", "x"), "somebody else", "HTTP_PORT=80."),
        (invalid("caa", "CAA"), "and not ca.test (CAA)", "c.Classroom.acme_directory."),
        (document("rateLimited"), "too many questions (so it is)", "nothing needs to be done."),
        (document("rejectedIdentifier"), "issues none for lab.school.test", "c.Classroom.acme."),
        (
            document("malformed", subproblems=[{"type": f"{PREFIX}caa", "detail": "of one"}]),
            "and not ca.test (CAA)",
            "c.Classroom.acme_directory.",
        ),
        (document("externalAccountRequired"), "made with it before", "into secrets/."),
        (document("invalidContact"), "'ada@school.test' (so it is)", "or leave it out."),
        (errors.IssuanceError(document("caa")), "(CAA)", "c.Classroom.acme_directory."),
        (errors.TimeoutError(), "has not answered in time", "nothing needs to be done."),
        (answered(503), "trouble of its own (HTTP 503)", "nothing needs to be done."),
        (answered(404), "something else than an ACME authority", "c.Classroom.acme_directory."),
        (document("userActionRequired"), "(userActionRequired: so it is)", "secrets/."),
        (
            TroubleError(AcmeTrouble(trouble.UNOFFERED, "dns-persist-01")),
            "ca.test does not offer dns-persist-01 for lab.school.test",
            "into secrets/.",
        ),
        (KeyError("newNonce"), "(KeyError: 'newNonce')", "correct c.Classroom.acme_directory."),
    ],
)
def test_what_is_said(error: Exception, what: str, cure: str) -> None:
    found = refusals.understood(error)
    said = str(trouble.problem(WANTED, found, NOW))
    assert said.startswith("the lab's own certificate: ")
    assert what in said
    assert said.endswith(cure)
    assert "{" not in said


def test_the_sentence_says_what_stays_and_when_it_goes_on() -> None:
    said = trouble.sentence(WANTED, AcmeTrouble(trouble.SLOW), NOW, NOW + dt.timedelta(hours=1))
    assert "the certificate in use stays; the lab asks again at 2026-11-27 13:00 UTC." in said


RECORD = (
    "ca.test; accounturi=https://ca.test/a-place-for-hashes-of-accounts-that-is-as-long-as-it-may-be"
    "/and-longer-still/sha-256/5SQm7n6tPh2-PlLbCKGnViTXX5z19SCN4cPGQHSk-kw; policy=wildcard"
)


@pytest.mark.parametrize(
    ("verdict", "what"),
    [
        (
            RecordVerdict.MISSING,
            "ca.test needs a TXT record that is not in DNS yet: add it, once: name",
        ),
        (RecordVerdict.UNREADABLE, "is not written as ca.test reads it"),
        (RecordVerdict.OTHER_ACCOUNT, "is for another account at ca.test"),
        (RecordVerdict.OVER, "(persistUntil) is over"),
        (RecordVerdict.NARROW, "does not permit a certificate for *.lab.school.test"),
    ],
)
def test_a_record_that_is_waited_for_is_said_whole(verdict: RecordVerdict, what: str) -> None:
    found = AcmeTrouble(AWAITED[verdict], record=RECORD)
    said = trouble.sentence(WANTED, found, NOW, NOW)
    assert what in said
    assert "_validation-persist.lab.school.test" in said
    assert said.endswith(
        f'"{RECORD}". Until then the certificate in use stays; the lab looks every minute.'
    )


@pytest.mark.parametrize("kind", ["unauthorized", "malformed", "dns", "connection"])
def test_a_record_that_the_authority_refuses_is_said_whole(kind: str) -> None:
    found = refusals.of_record(invalid(kind, "accounturi mismatch"), RECORD)
    said = trouble.sentence(WANTED, found, NOW, NOW)
    assert "does not accept the TXT record _validation-persist.lab.school.test (accounturi" in said
    assert f'say "{RECORD}" there' in said
    assert "asks again at 2026-11-27 12:00 UTC." in said
    assert refusals.of_record(invalid(kind, "x"), "").kind == f"validation.{kind}"


def test_what_is_not_the_records_fault_is_not_called_so() -> None:
    assert refusals.of_record(invalid("caa", "CAA"), RECORD).kind == "validation.caa"


def test_what_others_have_written_is_one_short_line() -> None:
    found = trouble.printable("a\nb\x1b[31m\t" + "c" * 500)
    assert found.startswith("a b [31m cc")
    assert found.isprintable()
    assert len(found) <= 201


def test_how_long_the_authority_wants_to_be_left_in_peace() -> None:
    waits, answer = refusals.Waits(), requests.Response()
    answer.status_code, answer.headers["Retry-After"] = 200, "5"
    waits.hear(answer)
    assert waits.seconds == 0, "it is told so while it works, too"
    answer.status_code, answer.headers["Retry-After"] = 429, "3600"
    waits.hear(answer, timeout=1)
    assert refusals.understood(document("rateLimited"), waits.seconds).retry_after == 3600
