"""The tunnel's orders, and the login of a school's proxy in them."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import pytest

from classroom.config.egress_settings import EgressSettings
from classroom.config.endpoints import Endpoint
from classroom.config.hosts import Host
from classroom.config.upstream import Upstream
from classroom.runtime.secret import Secret
from classroom.tunnel import orders, ways
from classroom.tunnel.orders import Orders

if TYPE_CHECKING:
    from pathlib import Path

WANTED = EgressSettings(
    hub=(Host("github.com"),),
    allow=(Host("data.example.org"), Host("example.net", below=True), Host("db.example.org")),
    private=(ipaddress.ip_network("10.1.2.0/24"), ipaddress.ip_network("fd00::/8")),
    endpoints=(Endpoint("db.example.org", 5432), Endpoint("dask.example.org", 8786)),
    upstream=Upstream("proxy.example.org", 3128, Secret("class:lovelace")),
)


def made(*, ruled: bool = True) -> Orders:
    return Orders.of(WANTED, ("10.0.0.1", "[fd00::1]"), ipv6=True, ruled=ruled)


@pytest.mark.parametrize("ruled", [True, False])
def test_orders_come_through(ruled: bool, tmp_path: Path) -> None:  # noqa: FBT001 (a table)
    file = tmp_path / "orders.json"
    orders.write(file, made(ruled=ruled))
    found = orders.read(file)
    assert found == made(ruled=ruled)
    assert found.upstream is not None
    assert found.upstream.login.reveal() == "class:lovelace"
    assert found.nameservers == ("10.0.0.1", "fd00::1")


def test_port_443_is_not_the_tunnels() -> None:
    assert {(port, name) for (_, port), name in made().endpoints.items()} == {
        (5432, "db.example.org"),
        (8786, "dask.example.org"),
    }


def test_without_the_rules_it_is_for_the_hub_alone() -> None:
    found = made(ruled=False)
    assert not found.endpoints
    assert not found.allow
    assert list(map(str, found.hub)) == ["github.com"]


def test_it_is_needed_only_for_something() -> None:
    assert made().is_needed
    for wanted in (EgressSettings(), EgressSettings(allow=WANTED.allow)):
        assert not Orders.of(wanted, (), ipv6=True, ruled=True).is_needed
    # Only the Hub uses the proxy here, and it needs no tunnel.
    lonely = EgressSettings(upstream=WANTED.upstream)
    assert not Orders.of(lonely, (), ipv6=True, ruled=False).is_needed


def test_the_login_is_never_shown() -> None:
    assert "lovelace" not in repr(WANTED)
    assert "lovelace" not in repr(made())
    assert "lovelace" not in str(made().upstream)
    proxy = WANTED.upstream
    assert proxy is not None
    assert b"\r\nProxy-Authorization: Basic Y2xhc3M6bG92ZWxhY2U=\r\n" in ways.request(proxy, "a", 1)
    assert b"Authorization" not in ways.request(Upstream("proxy.example.org", 3128), "a", 1)
