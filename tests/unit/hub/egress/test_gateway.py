"""The configuration of the proxy through which the egress lock lets people out."""

from __future__ import annotations

from pathlib import Path

from classroom.config.egress_settings import EgressSettings
from classroom.config.hosts import Host
from classroom.config.upstream import Upstream
from classroom.egress import nftables, resolv
from classroom.egress.lock import Lock, LockKind
from classroom.hub.egress import gateway
from tests import labs
from tests.unit.egress.test_lock import BELOW, DATA, DOCKERS

TEMPLATE = (labs.ROOT / "nginx/egress.conf").read_text()


def test_the_proxys_configuration() -> None:
    held = Lock(LockKind.NFTABLES, ("127.0.0.11",), ipv6=True)
    wanted = EgressSettings(hub=(Host("github.com"),), allow=(DATA, BELOW))
    text = gateway.render(TEMPLATE, Path("/run/x"), held, wanted)
    assert "{{" not in text
    assert "{%" not in text
    assert "resolver 127.0.0.11 ipv6=on;" in text
    for_hub, for_students = text.split("map ")[1:3]
    assert r'"~*^github\.com\z" $ssl_preread_server_name:443;' in for_hub
    assert r'"~*^data\.example\.org\z" $ssl_preread_server_name:443;' in for_students
    below = r'"~*^(?=.{1,253}\z)(?:[a-z0-9_-]{1,63}\.)+example\.net\z"'
    assert below in for_students
    assert "github" not in for_students


def test_with_the_schools_proxy_the_tunnel_is_where_all_goes() -> None:
    """It still checks the hosts."""
    held = Lock(LockKind.NFTABLES, ("127.0.0.11",))
    proxy = Upstream("proxy.example.org", 3128)
    wanted = EgressSettings(hub=(Host("github.com"),), allow=(DATA,), upstream=proxy)
    text = gateway.render(TEMPLATE, Path("/run/x"), held, wanted)
    for_hub, for_students = text.split("map ")[1:3]
    assert r'"~*^github\.com\z" unix:/run/x/tunnel/hub.sock;' in for_hub
    assert r'"~*^data\.example\.org\z" unix:/run/x/tunnel/students.sock;' in for_students
    assert ":443;" not in for_hub + for_students.split("server")[0]
    found = nftables.values(wanted, resolv.parse(DOCKERS), {})
    assert found["OUTWARD"] == "{ 443, 3128 }"


def test_without_anybody_to_ask_there_is_no_resolver() -> None:
    assert "resolver " not in gateway.render(
        TEMPLATE, Path("/x"), Lock(LockKind.NFTABLES), EgressSettings()
    )
