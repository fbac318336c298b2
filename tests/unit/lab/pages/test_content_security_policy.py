"""What pages may load: the security policies as values."""

from __future__ import annotations

import base64
import hashlib

import pytest

from classroom.lab.pages import content_security_policy
from classroom.lab.pages.content_security_policy import Policies, may_be_used

PREFIX = "/services/classroom/"
PLAIN = Policies(PREFIX)


def directives(text: str) -> dict[str, list[str]]:
    """Return a policy's directives."""
    parts = [part.split() for part in text.split(";")]
    found = {name: sources for name, *sources in parts}
    assert len(found) == len(parts), "what is said twice a browser takes once"
    return found


def test_scripts_come_from_the_images_folders_alone() -> None:
    found = directives(PLAIN.page("lab.example.org:8443"))
    assert found["script-src"] == [
        "https://lab.example.org:8443/services/classroom/static/",
        "https://lab.example.org:8443/services/classroom/lab/extensions/",
        "'unsafe-eval'",
    ]
    assert found["default-src"] == ["'self'"]


@pytest.mark.parametrize("host", ["", "x; script-src *", "x y", "a/b", "x:1:2", "'unsafe-inline'"])
def test_a_host_that_is_none_becomes_no_part_of_a_policy(host: str) -> None:
    found = directives(PLAIN.page(host))
    assert found["script-src"] == ["'unsafe-eval'"]
    assert found["worker-src"] == ["'none'"]


def test_hosts_are_opened_for_what_is_shown_and_never_for_the_pages_own_scripts() -> None:
    opened = Policies(PREFIX, ("cdn.example.org", "*.example.net"), ("avatars.example.org",))
    page, frame = directives(opened.page("lab.example.org")), directives(opened.frame())
    for name in ("img-src", "connect-src", "font-src", "style-src", "media-src", "frame-src"):
        assert "https://cdn.example.org" in page[name]
        assert "https://*.example.net" in frame[name]
    assert "cdn.example.org" not in " ".join(page["script-src"])
    assert "https://cdn.example.org" in frame["script-src"]
    assert "https://avatars.example.org" in page["img-src"]
    assert "avatars" not in opened.frame() + " ".join(page["connect-src"])


def test_a_frame_has_no_way_out() -> None:
    found = directives(PLAIN.frame())
    assert found["sandbox"] == ["allow-scripts"]
    assert found["default-src"] == found["form-action"] == found["base-uri"] == ["'none'"]
    inside = {"data:", "blob:", "'none'", "'unsafe-inline'", "'unsafe-eval'"}
    for name in found.keys() - {"sandbox", "frame-ancestors"}:
        assert inside.issuperset(found[name]), name


def test_a_file_of_the_class_is_in_a_sandbox_too() -> None:
    assert directives(PLAIN.file())["sandbox"] == ["allow-scripts"]
    assert directives(PLAIN.data())["default-src"] == ["'none'"]


def test_inline_scripts_of_jupyterlabs_pages_are_named_by_their_hash() -> None:
    page = """<script id="x" type="application/json">{{ config }}</script><script src="a.js">
        </script><script>one()</script><script type="text/javascript">{{ filled }}</script>"""
    digest = base64.b64encode(hashlib.sha256(b"one()").digest()).decode()
    assert content_security_policy.hashes(page) == (f"'sha256-{digest}'",)


@pytest.mark.parametrize(
    ("github", "hosts"),
    [
        ("https://github.com", ("avatars.githubusercontent.com",)),
        ("https://git.example.org/", ("git.example.org", "avatars.git.example.org")),
        ("", ()),
    ],
)
def test_where_pictures_come_from(github: str, hosts: tuple[str, ...]) -> None:
    assert content_security_policy.avatar_hosts(github) == hosts


@pytest.mark.parametrize(
    ("destination", "path", "may"),
    [
        ("", "api/contents", True),
        ("empty", "files/evil.js", True),
        ("document", "files/page.html", True),
        ("script", "static/lab/main.js", True),
        ("script", "lab/extensions/x/static/y.js", True),
        ("script", "files/evil.js", False),
        ("script", "static/../files/evil.js", False),
        ("script", "static/..%2ffiles/evil.js", False),
        ("script", "static/%2e%2e/files/evil.js", False),
        ("serviceworker", "files/worker.js", False),
        ("worker", "nbconvert/script/x.ipynb", False),
        ("image", "files/a.png", True),
        ("image", "logout", False),
        ("empty", "logout", False),  # from data.url of a plot
        ("empty", "logout/", False),
        ("empty", "login", False),
        ("empty", "oauth_callback", False),
        ("document", "logout", True),
        ("", "logout", True),
        ("empty", "api/me", True),
        ("style", "api/contents/x", False),
        ("iframe", "classroom/frame", True),
        ("iframe", "files/report.html", True),
        ("iframe", "lab", False),
        ("object", "lab/tree/x", False),
    ],
)
def test_what_an_answer_may_be_used_for(destination: str, path: str, may: bool) -> None:  # noqa: FBT001
    assert may_be_used(destination, path) is may
