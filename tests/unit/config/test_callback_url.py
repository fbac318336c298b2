"""The callback URL: which ones are accepted, and the one that the sentence says to register."""

from __future__ import annotations

import pytest

from classroom.config import callback_url


@pytest.mark.parametrize(
    "url",
    [
        "https://lab.classroom.test/hub/oauth_callback",
        "https://lab.classroom.test:8443/hub/oauth_callback",
    ],
)
def test_a_good_callback(url: str) -> None:
    assert list(callback_url.check("x", url)) == []


def test_a_host_that_nobody_can_have_is_refused_and_a_long_one_is_taken() -> None:
    """No browser can use such a host, and nginx's map of hosts has a limit."""
    long = ".".join(["a" * 62] * 3 + ["b" * 61])
    assert list(callback_url.check("x", f"https://{long}:8443/hub/oauth_callback")) == []
    (problem,) = callback_url.check("x", f"https://{long}.org/hub/oauth_callback")
    assert "253 characters at most" in problem.what


@pytest.mark.parametrize(
    "host", ["<your host>:8443", "<host>", "lab.example.org:8443", "example.com", "A.EXAMPLE.NET"]
)
def test_what_stands_for_the_tutors_host_is_told(host: str) -> None:
    (problem,) = callback_url.check("x", f"https://{host}/hub/oauth_callback")
    assert "stands for the name of your host" in problem.what


def test_a_host_that_only_ends_like_an_example_is_taken() -> None:
    assert list(callback_url.check("x", "https://myexample.org/hub/oauth_callback")) == []
