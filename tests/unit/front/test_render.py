"""The front's configuration as text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from classroom.config.subdomains import Hosts
from classroom.front import hosts
from classroom.front import render as template
from classroom.front.challenges import Challenges
from classroom.front.client_addresses import Proxies
from classroom.runtime.paths import Paths
from tests import labs

TEMPLATE = (labs.ROOT / "nginx/front.conf").read_text()


def render(routes: dict[str, str] | None = None, **how: Any) -> str:
    place = template.Front(Paths(), Path("/site-packages/classroom"), **how)
    return template.render(TEMPLATE, place, routes or {})


def test_everything_is_filled_in() -> None:
    text = render()
    assert "{{" not in text
    assert "{%" not in text
    assert text.count("{") == text.count("}")


def test_only_one_port_listens() -> None:
    listens = [line.strip() for line in render().splitlines() if line.strip().startswith("listen")]
    # There is also a socket for the supervisor, which only root can reach.
    alive = f"unix:{Paths().front_alive};"
    assert [line.split()[1] for line in listens] == ["8443", "[::]:8443", alive]


def test_plain_http_answers_where_a_certificate_is_asked_for() -> None:
    text = render(challenges=Challenges("thumb_print-1", "https://lab.test:9443"))
    listens = re.findall(r"listen (\S*8444) backlog", text)
    assert listens == ["8444", "[::]:8444"]
    part = text[text.index("listen 8444") : text.index("# The supervisor asks here")]
    assert re.findall(r"return (.*);", part) == [
        '200 "$question.thumb_print-1"',
        "308 https://lab.test:9443$request_uri",
    ]
    for serves in ("root", "alias", "proxy_pass", "autoindex"):
        assert serves not in part, serves


def test_nobody_is_believed_who_is_not_named() -> None:
    assert "real_ip" not in render()
    trusted = Proxies(("10.1.2.3/32", "fd00::/8"))
    text = render(proxies=trusted)
    assert re.findall(r"set_real_ip_from (.+);", text) == [*trusted.trusted]
    assert "real_ip_header X-Forwarded-For;" in text
    assert "proxy_protocol" not in text


def test_by_the_proxy_protocol_only_the_health_check_comes_without() -> None:
    text = render(proxies=Proxies(("10.1.2.3/32",), protocol=True))
    listens = re.findall(r"^ *listen (\S*8443) ssl( proxy_protocol)?", text, re.MULTILINE)
    assert listens == [
        ("8443", " proxy_protocol"),
        ("[::]:8443", " proxy_protocol"),
        ("127.0.0.1:8443", ""),
    ]
    assert "real_ip_header proxy_protocol;" in text


def test_by_plain_http_come_the_named_proxies_alone() -> None:
    assert "$past" not in render(proxies=Proxies(("10.1.2.3/32",)))
    text = render(proxies=Proxies(("10.1.2.3/32", "fd00::/8"), plain=True))
    listens = re.findall(r"^ *listen (\S*8443)( ssl)?", text, re.MULTILINE)
    assert listens == [("8443", ""), ("[::]:8443", ""), ("127.0.0.1:8443", " ssl")]
    (kept,) = re.findall(r"geo \$realip_remote_addr \$past \{(.*?)\}", text, re.DOTALL)
    words = re.findall(r"(\S+) ([01]);", kept)
    assert dict(words) == {"default": "1", "127.0.0.1": "0", "10.1.2.3/32": "0", "fd00::/8": "0"}
    assert text.count("if ($past) { return 421; }") == 1


def test_without_ipv6_nothing_listens_on_it() -> None:
    assert "[::]" not in render(ipv6=False)


def test_hsts_only_on_demand() -> None:
    assert "Strict-Transport-Security" not in render()
    text = render(hsts=True)
    # nginx drops the outer headers in a location that sets its own.
    assert text.count("Strict-Transport-Security") == text.count("X-Content-Type-Options nosniff")


def test_hub_and_lab_are_apart_only_where_the_tutor_says_so() -> None:
    assert "$elsewhere" not in render()
    hosts = Hosts("https://lab.example.org:8443", "https://classroom--service.lab.example.org:8443")
    text = render(apart=hosts)
    assert r'"~^classroom--service\.lab\.example\.org/services/classroom/" "";' in text
    assert r'"~^classroom--service\.lab\.example\.org/" "lab.example.org:8443";' in text
    lab = '"~^[^/]*/services/classroom/" "classroom--service.lab.example.org:8443";'
    assert lab in text


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
    assert location_of(text, '"/services/grader/"').endswith("proxy_pass http://127.0.0.1:9000;")
    assert location_of(text, '"/user/a b/"').endswith("proxy_pass http://unix:/run/a.sock:;")


def location_of(text: str, path: str) -> str:
    """Return the content of a location's block."""
    found = re.search(rf"location {re.escape(path)} {{\s*(.*?)\s*}}", text, re.DOTALL)
    assert found is not None
    return found.group(1)


def test_a_larger_body_is_taken_only_after_asking_who_sends_it() -> None:
    text = render(
        {"/services/grader/": "http://127.0.0.1:9000", "/user/a b/": "http://127.0.0.1:1"}
    )
    blocks = re.findall(r"location ([^{]+) {(.*?)}", text, re.DOTALL)
    large = {path: block for path, block in blocks if "client_max_body_size 64m" in block}
    assert large.keys() == {"/services/classroom/api/contents", '"/user/a b/api/contents"'}
    for block in large.values():
        assert "auth_request" in block
        assert "limit_conn large" in block
    assert 'auth_request "/.known/user/a b/"' in large['"/user/a b/api/contents"']
    assert 'proxy_pass "http://127.0.0.1:1/user/a b/api/me"' in text


def test_every_place_that_is_passed_on_has_the_limits() -> None:
    text = render(
        {"/services/grader/": "http://127.0.0.1:9000", "/user/ada/": "http://127.0.0.1:1"}
    )
    for path, block in re.findall(r"location ([^{]+) {(.*?)}", text, re.DOTALL):
        if "proxy_pass" in block and "internal" not in block:
            for limit in ("address", "session", "nobody"):
                assert f"limit_conn {limit} " in block, path
            assert "limit_req zone=strangers" in block, path
            is_hubs = "proxy_pass http://hub" in block
            for zone in ("token_guesses", "guesses", "to_hub"):
                assert (f"limit_req zone={zone} " in block) == is_hubs, path
            for zone in ("to_lab", "person"):
                assert (f"limit_req zone={zone} " in block) != is_hubs, path


def test_what_the_front_answers_itself_has_a_policy_and_is_in_no_frame() -> None:
    text = render(hsts=True)
    policies = re.findall(r'add_header Content-Security-Policy "?([^;" ]+(?: \'none\')?)', text)
    assert set(policies) == {"$policy", "$hub_policy", "default-src 'none'"}
    for name in ("policy", "hub_policy"):
        found = re.search(rf"map \S+ \${name} {{(.*?)\n    }}", text, re.DOTALL)
        assert found is not None
        (passed_on, *own) = found.group(1).strip().splitlines()
        assert passed_on.strip().startswith("default ")
        for policy in own:
            assert "default-src" in policy
            assert "frame-ancestors 'none'" in policy


def test_only_known_names_where_an_address_is_configured() -> None:
    assert "map $http_host $foreign { default 0; }" in render()
    names = hosts.known("https://lab.test/hub/oauth_callback", ("*.wild.test",), ())
    text = render(names=names)
    assert '"lab.test" ours;' in text
    assert "This classroom is at <a href='https://lab.test'>" in text


def test_the_map_of_names_has_room_for_every_name_that_a_host_can_have() -> None:
    """By default nginx allows 55 characters with a port, and doesn't start with longer names."""
    text = render(names=hosts.known(f"https://{'a' * 253}:65535/", (), ()))
    assert f'"{"a" * 253}:65535" ours;' in text
    size = re.search(r"map_hash_bucket_size (\d+);", text)
    assert size is not None
    # ngx_hash.c: a pointer, a length and the key itself, aligned, and one more pointer.
    assert int(size.group(1)) >= 8 + 2 + len("a" * 253 + ":65535") + 8 + 8


@pytest.mark.parametrize("target", ["http://a; } evil {", "http://", "http://a/$x b", "nonsense"])
def test_targets_cannot_smuggle_configuration(target: str) -> None:
    if target == "http://a/$x b":
        assert template.upstream(target) == "http://a"
        return
    with pytest.raises(ValueError, match="not an address"):
        template.upstream(target)


@pytest.mark.parametrize("spec", ['/a"; }/', "relative/", "/$uri/", "/a%22;/"])
def test_paths_cannot_smuggle_configuration(spec: str) -> None:
    with pytest.raises(ValueError, match="not a path"):
        template.location(spec)


def test_nginx_takes_no_more_connections_than_it_may_open_files() -> None:
    text = render(files=2048)
    assert "worker_rlimit_nofile 2048;" in text
    assert "worker_connections 1878;" in text
