"""The front: TLS, headers, compressed files from disk, plain HTTP, and its answers at the start."""

from __future__ import annotations

import re
import socket
import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests import labs, web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.labs import Lab
    from tests.pki import Authority


@pytest.fixture
def client(github_lab: Lab, authority: Authority) -> Iterator[httpx.Client]:
    with web.browser(github_lab.hosts, authority.crt) as made:
        yield made


MASTER, WORKER = "nginx: master process.*front.conf", "nginx: worker process"


def workers(lab: Lab) -> set[int]:
    return set(lab.pids(WORKER, "front"))


def served_certificate(lab: Lab) -> str:
    return ssl.get_server_certificate((lab.ip, 8443))


def test_http_is_sent_to_https(github_lab: Lab) -> None:
    answer = httpx.get(f"http://{github_lab.ip}:8443/hub/login?next=x")
    assert answer.status_code == 308
    assert answer.headers["location"] == f"https://{github_lab.ip}:8443/hub/login?next=x"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize(
    ("version", "spoken"),
    [
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
def test_tls_is_1_2_or_newer(github_lab: Lab, version: ssl.TLSVersion, *, spoken: bool) -> None:
    github_lab.expected.append(r"\[crit\] .* SSL_do_handshake\(\) failed")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # At OpenSSL's default level the client itself refuses TLS 1.1, whatever the server does.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    address = f"https://{github_lab.ip}:8443/hub/health"
    if spoken:
        assert httpx.get(address, verify=context).is_success
    else:
        # Expect the server's alert; the client's own refusal would prove nothing.
        with pytest.raises(httpx.ConnectError, match="ALERT_PROTOCOL_VERSION"):
            httpx.get(address, verify=context)


def test_http2_is_spoken(github_lab: Lab) -> None:
    with httpx.Client(http2=True, verify=False) as client:
        answer = client.get(f"https://{github_lab.ip}:8443/hub/health")
    assert answer.http_version == "HTTP/2"


def test_headers(client: httpx.Client) -> None:
    for path, referrer in (
        ("/hub/login", "no-referrer"),
        ("/hub/static/css/style.min.css", "no-referrer"),
        ("/services/classroom/api", "same-origin"),
    ):
        headers = client.get(f"{labs.ADDRESS}{path}").headers
        assert headers.get_list("x-content-type-options") == ["nosniff"], path
        assert headers["referrer-policy"] == referrer, path
        assert "frame-ancestors" in headers["content-security-policy"], path
        assert "max-age" in headers["strict-transport-security"], path
        assert "nginx/" not in headers["server"]


def test_what_the_front_answers_itself_is_no_page_for_scripts(client: httpx.Client) -> None:
    """Files, and errors that a script can cause, have a security policy and can't be framed."""
    lab = f"{labs.ADDRESS}/services/classroom"
    own = {
        f"{lab}/static/lab/package.json": 200,
        f"{lab}/static/lab/index.html": 404,
        f"{lab}/lab/api/themes/@jupyterlab/theme-light-extension/index.css": 200,
        f"{lab}/kernelspecs/python3/logo-svg.svg": 200,
        f"{labs.ADDRESS}/hub/static/css/style.min.css": 200,
        f"{labs.ADDRESS}/hub/static/x.html": 404,
        f"{lab}/lab?{'a' * 17_000}": 414,
    }
    for address, status in own.items():
        answer = client.get(address)
        assert answer.status_code == status, address
        (policy,) = answer.headers.get_list("content-security-policy")
        assert "default-src" in policy, address
        assert "frame-ancestors 'none'" in policy, address
        assert "unsafe-inline'" not in policy.partition("style-src")[0], address
    answer = client.post(f"{lab}/api/sessions", content=b"x" * (1 << 20) + b"x")
    assert answer.status_code == 413
    assert "default-src" in answer.headers["content-security-policy"]
    # The lab's own answers stay unchanged.
    answer = client.get(f"{lab}/api")
    assert "frame-ancestors 'self'" in answer.headers.get_list("content-security-policy")


def test_of_kernels_only_the_pictures_are_everybodys(client: httpx.Client) -> None:
    kernel = f"{labs.ADDRESS}/services/classroom/kernelspecs/python3"
    assert client.get(f"{kernel}/logo-svg.svg").headers["content-type"] == "image/svg+xml"
    answer = client.get(f"{kernel}/kernel.json", follow_redirects=False)
    assert (answer.status_code, "oauth2/authorize" in answer.headers["location"]) == (302, True)


def test_no_hsts_with_a_made_certificate(trial_lab: Lab) -> None:
    answer = httpx.get(f"https://{trial_lab.ip}:8443/hub/login", verify=False)
    assert "strict-transport-security" not in answer.headers


def test_who_trusts_the_labs_own_authority_needs_no_exception(trial_lab: Lab) -> None:
    place = f"https://{trial_lab.ip}:8443"
    answer = httpx.get(f"{place}/authority.crt", headers=labs.FROM_INSIDE, verify=False)
    assert answer.headers["content-type"] == "application/x-x509-ca-cert"
    assert "set-cookie" not in answer.headers
    assert "authority.crt" in trial_lab.log
    trusting = ssl.create_default_context(cadata=answer.text)
    with httpx.Client(verify=trusting) as browser:
        page = browser.get(
            f"{place}/hub/health",
            headers={"Host": "localhost:8443"},
            extensions={"sni_hostname": "localhost"},
        )
    assert page.is_success


def test_it_vouches_for_the_addresses_that_make_up_has_found(volume: str) -> None:
    """People who trust the authority need not do so again after the machine's network changes."""
    seen = []
    for addresses in ("10.9.8.7,lab.example.org", "192.168.7.7,ada-laptop.local"):
        with labs.start(volume=volume, environment={"ADDRESSES": addresses}) as lab:
            lab.wait_healthy()
            text = httpx.get(f"https://{lab.ip}:8443/authority.crt", verify=False).text
            trusting = ssl.create_default_context(cadata=text)
            with socket.create_connection((lab.ip, 8443)) as way:
                name = addresses.split(",")[-1].replace("lab.example.org", "10.9.8.7")
                with trusting.wrap_socket(way, server_hostname=name) as secured:
                    found: Any = secured.getpeercert()
                    seen.append((text, found["subjectAltName"]))
    assert seen[0][0] == seen[1][0]
    assert ("IP Address", "10.9.8.7") in seen[0][1]
    assert ("DNS", "lab.example.org") not in seen[0][1], "not on the Internet"
    assert ("DNS", "ada-laptop.local") in seen[1][1]


def test_with_the_tutors_certificate_nobody_is_offered_another_authority(
    client: httpx.Client, github_lab: Lab
) -> None:
    assert "/authority.crt" not in github_lab.log
    answer = client.get(f"{labs.ADDRESS}/authority.crt")
    assert (answer.status_code, "another authority" in answer.text) == (404, True)


def lab_script(lab: Lab) -> str:
    """Return the path of the largest hashed script that JupyterLab's page loads."""
    _, listing = lab.run(
        "sh", "-c", "cd /opt/classroom/share/jupyter/lab/static && ls jlab_core.*.js"
    )
    return f"/services/classroom/static/lab/{listing.strip()}"


def test_hashed_files_are_immutable_and_compressed(client: httpx.Client, github_lab: Lab) -> None:
    path = lab_script(github_lab)
    sizes = {}
    for coding in ("br", "gzip", "identity"):
        answer = client.get(f"{labs.ADDRESS}{path}", headers={"Accept-Encoding": coding})
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers.get("content-encoding", "identity") == coding
        assert answer.headers["content-type"].startswith(("application/javascript", "text/javasc"))
        sizes[coding] = int(answer.headers["content-length"])
    assert sizes["br"] < sizes["gzip"] < sizes["identity"] / 3


def test_every_static_place_is_served_from_disk(client: httpx.Client, github_lab: Lab) -> None:
    """Only the build compresses files in this way, so the file can't have come from a server."""
    root = "/opt/classroom/share/jupyter/labextensions"
    _, entry = github_lab.run("sh", "-c", f"cd {root} && ls @jupyter/*/static/remoteEntry*.js")
    extension = f"/services/classroom/lab/extensions/{entry.split()[0]}"
    for path in (extension, "/hub/static/css/style.min.css"):
        answer = client.get(f"{labs.ADDRESS}{path}", headers={"Accept-Encoding": "br"})
        assert answer.status_code == 200, path
        assert answer.headers["content-encoding"] == "br", path
    assert client.get(f"{labs.ADDRESS}{extension}").headers["cache-control"].endswith("immutable")


def test_themes_come_from_disk_with_what_they_name(client: httpx.Client) -> None:
    """The lab rewrites a theme's relative addresses; next to its files a theme needs no change."""
    theme = f"{labs.ADDRESS}/services/classroom/lab/api/themes/@jupyterlab/theme-light-extension"
    answer = client.get(f"{theme}/index.css", headers={"Accept-Encoding": "br"})
    assert answer.headers["content-encoding"] == "br"
    assert answer.headers["content-type"].startswith("text/css")


def test_files_without_a_hash_are_asked_for_again(client: httpx.Client) -> None:
    path = "/services/classroom/static/lab/package.json"
    first = client.get(f"{labs.ADDRESS}{path}")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get(f"{labs.ADDRESS}{path}", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_files_that_only_the_servers_know_are_asked_of_them(
    client: httpx.Client, github_lab: Lab
) -> None:
    """An extension's own static files aren't in these folders, so the server answers."""
    github_lab.expected.append(r"404 GET /(hub|services/classroom)/static/x\.js")
    for path, server in (("/hub/static/x.js", "hub"), ("/services/classroom/static/x.js", "lab")):
        answer = client.get(f"{labs.ADDRESS}{path}")
        assert answer.status_code == 404
        assert "<center>nginx</center>" not in answer.text, server


def test_every_file_of_the_hubs_pages_exists(client: httpx.Client) -> None:
    page = client.get(f"{labs.ADDRESS}/hub/login")
    assets = re.findall(r'(?:src|href)="(/hub/static/[^"]+)"', page.text)
    assert len(assets) == 3  # style, icon, dark theme
    # Add the files of the other pages: the image has only the files that those pages load.
    assets += [
        f"/hub/static/{name}"
        for name in (
            "css/style.min.css",
            "components/@fortawesome/fontawesome-free/webfonts/fa-solid-900.woff2",
            "components/bootstrap/dist/js/bootstrap.bundle.min.js",
            "components/jquery/dist/jquery.min.js",
            "components/moment/moment.js",
            "components/requirejs/require.js",
        )
    ]
    for asset in assets:
        answer = client.get(f"{labs.ADDRESS}{asset.replace('&amp;', '&')}")
        assert answer.status_code == 200, asset


@pytest.mark.parametrize("time_of_death", ["first", "after its revival"])
def test_a_dead_front_is_back(trial_lab: Lab, time_of_death: str) -> None:
    del time_of_death
    trial_lab.expected.append("The front .nginx. ended with")
    master = trial_lab.pid(MASTER)
    trial_lab.run("kill", "-9", str(master))
    address = f"https://{trial_lab.ip}:8443/hub/health"
    labs.wait_until(lambda: trial_lab.pids(MASTER) not in ([], [master]), "revival")
    labs.wait_until(
        lambda: httpx.get(address, verify=False).is_success, "an answer", ignoring=labs.AWAY
    )


def test_a_dead_worker_is_replaced(trial_lab: Lab) -> None:
    trial_lab.expected.append(r"\[alert\] .* worker process \d+ exited on signal 9")
    trial_lab.run("kill", "-9", str(max(workers(trial_lab))))
    labs.wait_until(lambda: len(workers(trial_lab)) == 2, "two workers")


def test_people_read_that_the_lab_is_starting() -> None:
    """The test has a lab of its own, so that nginx's log lines are not allowed in other labs."""
    expected = (r"\[crit\] .* connect\(\) to unix:/run/classroom/lab/lab.sock failed",)
    with labs.start(expected=expected) as lab:
        lab.wait_healthy()
        socket = "/run/classroom/lab/lab.sock"
        lab.run("mv", socket, f"{socket}.away")
        # The old workers keep connections to the lab open; only new workers must open one.
        old = workers(lab)
        lab.run("kill", "-HUP", str(lab.pid(MASTER)))
        labs.wait_until(lambda: workers(lab) and not workers(lab) & old, "only new workers")
        address = f"https://{lab.ip}:8443/services/classroom"
        answer = httpx.get(f"{address}/lab", verify=False)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "2"
        assert "The classroom is starting" in answer.text
        asked = httpx.post(f"{address}/api/x", verify=False)
        assert asked.status_code == 503
        assert asked.json()["message"].startswith("The lab is starting")
        # The container's log has the failed request, without its query.
        httpx.get(f"{address}/lab?code=hidden", verify=False)
        labs.wait_until(lambda: '"GET /services/classroom/lab" 503' in lab.log, "a [front] line")
        assert "[front]" in lab.log
        assert "code=hidden" not in "".join(
            line for line in lab.log.splitlines() if "[front]" in line
        )
        lab.run("mv", f"{socket}.away", socket)
        labs.wait_until(lab.is_well, "the lab again")


def test_certificate_changes_without_a_restart(tmp_path: Path, authority: Authority) -> None:
    folder = labs.write_folder(tmp_path / "tutor", None, authority)
    secrets = folder / "secrets"
    with labs.start(folder, expected=("The certificate in use stays",)) as lab:
        lab.wait_healthy()
        first = served_certificate(lab)
        # The file is broken, as if half written: the old certificate stays, and the log says so.
        (secrets / "ssl.crt").write_text("broken")
        labs.wait_until(
            lambda: "The certificate in use stays: secrets/ssl.crt" in lab.log, "a word"
        )
        assert served_certificate(lab) == first
        # Another certificate and key are moved into place, as certificate clients do.
        authority.issue(labs.HOST).write(tmp_path / "new", "ssl")
        for name in ("ssl.key", "ssl.crt"):
            (tmp_path / "new" / name).rename(secrets / name)
        # For a tenth of a second nginx's old workers still accept connections beside the new ones.
        second = labs.wait_until(
            lambda: next(iter({served_certificate(lab)} - {first}), None),
            "the new certificate",
            ignoring=(OSError,),
        )
        # A front that dies while the files are broken starts again with the last good certificate.
        lab.expected.append("The front .nginx. ended with")
        (secrets / "ssl.crt").write_text("broken again")
        lab.run("kill", "-9", str(lab.pid(MASTER)))
        labs.wait_until(
            lambda: served_certificate(lab) == second, "the good one again", ignoring=(OSError,)
        )


def test_the_front_starts_and_reloads_with_long_and_many_names(
    tmp_path: Path, authority: Authority
) -> None:
    """Clouds give machines such names: nginx's own limit is 55 characters with the port."""
    long = ".".join(["a" * 62] * 3 + ["b" * 61])
    assert len(long) == 250
    folder = tmp_path / "tutor"
    config = labs.GITHUB_CONFIG.replace(labs.CALLBACK, f"https://{long}:8443/hub/oauth_callback")
    labs.write_folder(folder, config, authority)
    many = [f"ec2-{number:03}-0-113-25.compute.example-of-a-cloud.test" for number in range(498)]
    authority.issue(labs.HOST, long, *many).write(folder / "secrets", "ssl")
    with labs.start(folder) as lab:
        lab.wait_healthy()

        def status(host: str) -> int:
            address = f"https://{lab.ip}:8443/hub/health"
            return httpx.get(address, headers={"Host": host}, verify=False).status_code

        for host in (long, labs.HOST, many[0], many[-1]):
            assert status(f"{host}:8443") == 200, host
        assert status("evil.test:8443") == 421
        assert lab.run("nginx", "-t", "-c", "/run/classroom/front/front.conf")[0] == 0
        # A new certificate is loaded by a reload, which would fail silently.
        longest = ".".join(["c" * 63] * 3 + ["d" * 61])
        authority.issue(labs.HOST, longest).write(tmp_path / "new", "ssl")
        for name in ("ssl.key", "ssl.crt"):
            (tmp_path / "new" / name).rename(folder / "secrets" / name)
        labs.wait_until(
            lambda: status(f"{longest}:8443") == 200, "the new name", ignoring=labs.AWAY
        )
        # An old worker may accept one more connection.
        gone = f"{many[0]}:8443"
        labs.wait_until(lambda: status(gone) == 421, "no old name", ignoring=labs.AWAY)
