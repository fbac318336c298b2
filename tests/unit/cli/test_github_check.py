"""What GitHub's answers to the check mean."""

from __future__ import annotations

import json

import pytest
from traitlets.config import Config

from classroom.cli import github_check
from classroom.cli.github_check import Answer, AppVerdict
from classroom.config.github import OAuth
from classroom.runtime.secret import Secret
from tests import labs

APP = OAuth(labs.CLIENT_ID, Secret(labs.CLIENT_SECRET), labs.CALLBACK, "https://github.com")


def error(name: object) -> bytes:
    return json.dumps({"error": name, "error_description": "…"}).encode()


@pytest.mark.parametrize(
    ("answer", "verdict", "words"),
    [
        (Answer(200, error("bad_verification_code")), AppVerdict.GOOD, "takes the client id"),
        (Answer(200, error("incorrect_client_credentials")), AppVerdict.WRONG, "a new secret"),
        (Answer(200, error("redirect_uri_mismatch")), AppVerdict.WRONG, labs.CALLBACK),
        (Answer(404, b"<html>"), AppVerdict.WRONG, "knows no OAuth app"),
        (Answer(200, error("slow_down")), AppVerdict.UNKNOWN, "HTTP 200, slow_down"),
        (Answer(200, error(["\n"])), AppVerdict.UNKNOWN, "HTTP 200"),
        (Answer(200, b"<html>"), AppVerdict.UNKNOWN, "HTTP 200"),
        (Answer(200, b"[1]"), AppVerdict.UNKNOWN, "HTTP 200"),
        (Answer(429, b""), AppVerdict.UNKNOWN, "HTTP 429"),
        (Answer(failure="Name or service not known"), AppVerdict.WRONG, "can't be reached"),
        (Answer(failure="self-signed", untrusted=True), AppVerdict.WRONG, "is not trusted"),
    ],
)
def test_answers(answer: Answer, verdict: AppVerdict, words: str) -> None:
    judged = github_check.judge(APP, answer)
    assert judged.kind is verdict
    assert words in judged.sentence
    assert labs.CLIENT_SECRET not in judged.sentence


def test_the_tutors_own_authorities_are_used() -> None:
    config = Config({"OAuthenticator": {"http_request_kwargs": {"ca_certs": "/ca.crt"}}})
    assert github_check.authorities(config) == "/ca.crt"
    assert github_check.authorities(Config()) is None


def test_nobody_answers() -> None:
    nowhere = OAuth("id", Secret("secret"), labs.CALLBACK, "https://127.0.0.1:9")
    answer = github_check.ask(nowhere, None)
    assert (answer.status, answer.untrusted) == (0, False)
    assert "refused" in answer.failure
