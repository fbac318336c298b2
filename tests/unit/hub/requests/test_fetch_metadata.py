"""Which requests the Hub answers, judged by the browser's Sec-Fetch headers."""

from __future__ import annotations

import pytest
from jupyterhub import apihandlers, handlers
from jupyterhub.handlers.pages import HealthCheckHandler
from jupyterhub.handlers.static import CacheControlStaticFilesHandler, LogoHandler

from classroom.hub.requests import fetch_metadata, guard
from classroom.hub.requests.fetch_metadata import (
    NOT_A_PAGE,
    OLD_BROWSER,
    TWO_SIGN_INS,
    WITHOUT_XSRF,
    AnswerKind,
)

PAGE, API, OPEN = AnswerKind.PAGE, AnswerKind.API, AnswerKind.OPEN
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
SCRIPT = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
COOKIE = {"Cookie": "login=2|mona; _xsrf=abc"}
BEARER = {"Authorization": "token 0123"}


def refusal(
    kind: AnswerKind, *headers: dict[str, str], takes_bearer: bool = False, in_query: bool = False
) -> str:
    merged = {name: value for some in headers for name, value in some.items()}
    return fetch_metadata.refusal(
        kind, merged, takes_bearer=takes_bearer, in_query=in_query, cookie="login"
    )


def test_a_navigation_gets_a_page() -> None:
    assert refusal(PAGE, NAVIGATION) == ""
    assert refusal(PAGE, NAVIGATION, COOKIE) == ""


@pytest.mark.parametrize("dest", ["iframe", "frame", "object", "embed", "fencedframe", "empty"])
def test_what_is_shown_inside_another_page_gets_none(dest: str) -> None:
    assert refusal(PAGE, NAVIGATION, {"Sec-Fetch-Dest": dest}) == NOT_A_PAGE


@pytest.mark.parametrize("mode", ["cors", "no-cors", "same-origin", "websocket", "nested-navigate"])
def test_what_a_script_asks_for_gets_none(mode: str) -> None:
    assert refusal(PAGE, NAVIGATION, {"Sec-Fetch-Mode": mode}) == NOT_A_PAGE


@pytest.mark.parametrize("name", ["Sec-Purpose", "Purpose", "X-Moz"])
@pytest.mark.parametrize("purpose", ["prefetch", "Prefetch", "prefetch;prerender"])
def test_what_is_loaded_ahead_gets_none(name: str, purpose: str) -> None:
    assert refusal(PAGE, NAVIGATION, {name: purpose}) == NOT_A_PAGE


def test_the_mode_alone_is_a_navigation_and_the_destination_is_not() -> None:
    """Chrome 76 to 79 send only the mode, and "nested-navigate" for a frame."""
    assert refusal(PAGE, {"Sec-Fetch-Mode": "navigate"}, COOKIE) == ""
    assert refusal(PAGE, {"Sec-Fetch-Mode": "nested-navigate"}, COOKIE) == NOT_A_PAGE
    assert refusal(PAGE, {"Sec-Fetch-Dest": "document"}, COOKIE) == NOT_A_PAGE


def test_a_browser_that_says_nothing_reads_how_to_mend_it() -> None:
    assert refusal(PAGE) == refusal(PAGE, COOKIE) == OLD_BROWSER
    assert "update it" in OLD_BROWSER


@pytest.mark.parametrize("says", [NAVIGATION, SCRIPT, {"Sec-Fetch-Mode": "no-cors"}, {}])
def test_the_api_wants_an_xsrf_token_with_a_cookie(says: dict[str, str]) -> None:
    assert refusal(API, says, COOKIE) == WITHOUT_XSRF
    assert refusal(API, says, COOKIE, {"X-Xsrftoken": "t"}) == ""
    assert refusal(API, says, COOKIE, in_query=True) == ""
    assert refusal(API, says) == ""  # nobody


def test_an_api_token_is_enough_for_the_api_alone() -> None:
    assert refusal(API, SCRIPT, COOKIE, BEARER, takes_bearer=True) == ""
    assert refusal(API, BEARER, takes_bearer=True) == ""
    assert refusal(API, COOKIE, {"Authorization": "Basic bW9uYQ=="}, takes_bearer=True)
    assert refusal(PAGE, SCRIPT, BEARER, takes_bearer=True) == NOT_A_PAGE
    assert refusal(PAGE, BEARER, takes_bearer=False) == OLD_BROWSER
    assert refusal(PAGE, BEARER, takes_bearer=True) == "", "a program that asks for metrics"


@pytest.mark.parametrize("second", ["login=2|hubot", "login =2|hubot", 'login="2|hubot"', "login"])
def test_two_sign_ins_are_none(second: str) -> None:
    both = {"Cookie": f"{COOKIE['Cookie']}; {second}"}
    assert refusal(PAGE, NAVIGATION, both) == TWO_SIGN_INS
    assert refusal(API, SCRIPT, both, {"X-Xsrftoken": "t"}) == TWO_SIGN_INS
    twice = {"Cookie": 'login=2|mona; login="2|mona"; other_login=3'}
    assert refusal(PAGE, NAVIGATION, twice) == ""


def test_what_is_the_same_for_all_is_open() -> None:
    assert refusal(OPEN) == refusal(OPEN, SCRIPT, COOKIE) == ""


def test_only_known_handlers_are_taken_for_more_than_pages() -> None:
    found = {entry[1] for entry in (*handlers.default_handlers, *apihandlers.default_handlers)}
    kinds = {handler.__name__: guard.kind(handler, "GET") for handler in found}
    assert {name for name, kind in kinds.items() if kind is OPEN} == {
        "HealthCheckHandler",
        "AddSlashHandler",
    }
    assert kinds["OAuthAuthorizeHandler"] is PAGE, "below /hub/api/, but it answers in HTML"
    assert kinds["MetricsHandler"] is PAGE
    assert kinds["UserListAPIHandler"] is API
    assert guard.kind(HealthCheckHandler, "POST") is PAGE, "an error page"
    for files in (CacheControlStaticFilesHandler, LogoHandler):
        assert guard.kind(files, "GET") is OPEN
    assert guard.kind(object, "GET") is PAGE
