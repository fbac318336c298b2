"""The callback URL: what is accepted, and what the sentence tells to register."""

from __future__ import annotations

import pytest

from classroom import oauth


@pytest.mark.parametrize(
    "url",
    [
        "https://lab.example.org/hub/oauth_callback",
        "https://lab.example.org:8443/hub/oauth_callback",
    ],
)
def test_a_good_callback(url: str) -> None:
    assert list(oauth.check_callback("x", url)) == []


@pytest.mark.parametrize(
    ("url", "exact"),
    [
        ("http://lab.example.org/hub/oauth_callback", "https://lab.example.org/hub/oauth_callback"),
        ("https://lab.example.org:8443", "https://lab.example.org:8443/hub/oauth_callback"),
        ("https://lab.example.org/oauth_callback", "https://lab.example.org/hub/oauth_callback"),
        (
            "https://lab.example.org/hub/oauth_callback/",
            "https://lab.example.org/hub/oauth_callback",
        ),
        (
            "https://lab.example.org/hub/oauth_callback?a=b",
            "https://lab.example.org/hub/oauth_call",
        ),
        ("lab.example.org:8443", "https://lab.example.org:8443/hub/oauth_callback"),
        ("https://[my host]:8443/hub/oauth_callback", "https://<this lab's host name>:8443/hub"),
        ("", "https://<this lab's host name>:8443/hub/oauth_callback"),
    ],
)
def test_a_bad_callback_is_told_the_exact_one(url: str, exact: str) -> None:
    (problem,) = oauth.check_callback("x", url)
    assert exact in problem.cure
