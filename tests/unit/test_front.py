"""The front's configuration as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from classroom.hub import front
from classroom.paths import Paths
from tests import labs

TEMPLATE = (labs.ROOT / "nginx/front.conf").read_text()


def render(routes: dict[str, str] | None = None, **how: bool) -> str:
    place = front.Front(Paths(), Path("/site-packages/classroom"), **how)
    return front.render(TEMPLATE, place, routes or {})


def test_everything_is_filled_in() -> None:
    text = render()
    assert "{{" not in text
    assert "{%" not in text
    assert text.count("{") == text.count("}")


def test_only_one_port_listens() -> None:
    listens = [line.strip() for line in render().splitlines() if line.strip().startswith("listen")]
    # And a socket for the supervisor, where only root comes.
    alive = f"unix:{Paths().front_alive};"
    assert [line.split()[1] for line in listens] == ["8443", "[::]:8443", alive]


def test_without_ipv6_nothing_listens_on_it() -> None:
    assert "[::]" not in render(ipv6=False)


def test_hsts_only_on_demand() -> None:
    assert "Strict-Transport-Security" not in render()
    text = render(hsts=True)
    # nginx forgets the outer headers where a location has its own.
    assert text.count("Strict-Transport-Security") == text.count("X-Content-Type-Options nosniff")


def test_static_folders_end_with_a_slash_on_both_sides() -> None:
    text = render()
    assert "location ^~ /services/classroom/static/lab/ {" in text
    assert "alias /opt/classroom/share/jupyter/lab/static/;" in text


def test_routes_of_the_hub_are_proxied() -> None:
    text = render(
        {
            "/services/grader/": "http://127.0.0.1:9000",
            "/user/a b/": "http+unix://%2Frun%2Fa.sock",
        }
    )
    assert 'location "/services/grader/" { proxy_pass http://127.0.0.1:9000; }' in text
    assert 'location "/user/a b/" { proxy_pass http://unix:/run/a.sock:; }' in text


@pytest.mark.parametrize("target", ["http://a; } evil {", "http://", "http://a/$x b", "nonsense"])
def test_targets_cannot_smuggle_configuration(target: str) -> None:
    if target == "http://a/$x b":
        assert front.upstream(target) == "http://a"
        return
    with pytest.raises(ValueError, match="not an address"):
        front.upstream(target)


@pytest.mark.parametrize("spec", ['/a"; }/', "relative/", "/$uri/", "/a%22;/"])
def test_paths_cannot_smuggle_configuration(spec: str) -> None:
    with pytest.raises(ValueError, match="not a path"):
        front.location(spec)
