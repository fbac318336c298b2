"""A script in a tutor's own lab page, which has the Hub's origin, tries to get the Hub's powers."""

from __future__ import annotations

import base64
import html
import re
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import expect

from classroom.hub.requests import fetch_metadata
from classroom.runtime import cookie_names
from tests import classrooms, labs, web
from tests.browser.conftest import new_notebook, new_person, shoot, sign_in, wait_for_lab

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page, StorageState
    from testcontainers.core.network import Network

    from tests.chromium import Chromium
    from tests.classrooms import Classroom
    from tests.labs import Lab
    from tests.pki import Authority

LAB = "/services/classroom"
SMALL = f"{LAB}/static/lab/package.json"
STYLE = "/hub/static/css/style.min.css"
POWERS = """
import json, sqlite3
db = sqlite3.connect("file:/data/hub/jupyterhub.sqlite?mode=ro", uri=True)
print(json.dumps([
    sorted(name for (name,) in db.execute("select name from users where admin")),
    sorted(name for (name,) in db.execute("select name from users")),
    db.execute("select count(*) from api_tokens where client_id = 'jupyterhub'").fetchone()[0],
]))
"""
# Text that only a page of the Hub, or an answer of its API, contains.
HUBS_OWN = re.compile(r'xsrf_token: "|window\.jhdata|"kind": "user"|"admin": ')

# Each is a function body; it returns what the script was able to read.
READINGS = {
    "fetch": "return (await fetch('/hub/admin')).text()",
    "fetch-with-referer": """
        return (await fetch('/hub/token', {referrer: '/hub/home', mode: 'same-origin'})).text()""",
    "fetch-of-an-error-page": "return (await fetch('/hub/nothing-there')).text()",
    "fetch-of-an-error-of-the-api": """
        return (await fetch('/hub/api/metrics', {method: 'POST'})).text()
            + await (await fetch('/hub/health', {method: 'POST'})).text()
            + await (await fetch('/hub/api/oauth2/authorize')).text()""",
    "an-address-that-nginx-and-tornado-read-differently": """
        return (await fetch('/hub/x%2f..%2fstatic/y')).text()
            + await (await fetch('/hub/x%2f..%2f..%2fz')).text()""",
    "api-without-cors": """
        return (await fetch('/hub/api/users', {mode: 'no-cors'})).text()
            + await (await fetch('/hub/api/users', {method: 'HEAD'})).text()""",
    "api-with-the-labs-token": """
        const token = document.cookie.match(/_xsrf=([^;]+)/)[1];
        return (await fetch('/hub/api/users', {headers: {'X-XSRFToken': token}})).text()
            + await (await fetch(`/hub/api/users?_xsrf=${token}`)).text()""",
    "api-by-a-bad-api-token": """
        const bad = {Authorization: 'token nonsense'};
        return (await fetch('/hub/api/users', {headers: bad})).text()
            + await (await fetch('/hub/api/users', {headers: bad, mode: 'same-origin'})).text()""",
    "xhr": """
        const asked = new XMLHttpRequest();
        asked.open('GET', '/hub/admin', false);
        asked.send();
        return asked.responseText""",
    "script": """
        return new Promise((done) => {
            const tag = document.createElement('script');
            tag.src = '/hub/admin';
            tag.onload = () => done(String(window.jhdata && 'window.jhdata'));
            tag.onerror = () => done('');
            document.body.append(tag);
        })""",
    "cookies-at-the-hubs-path": """
        const was = location.href;
        history.pushState({}, '', '/hub/admin');
        const found = document.cookie + JSON.stringify(await cookieStore.getAll());
        history.pushState({}, '', was);
        const hubs = /_xsrf[=-]|hub-login|session-id/.test(found.replace(LABS, ''));
        return hubs ? `xsrf_token: "${found}` : ''
    """,
    "service-worker": """
        const made = [];
        for (const at of ['/services/classroom/files/', '/services/classroom/', '/hub/', '/'])
            try {
                const file = '/services/classroom/files/worker.js';
                await navigator.serviceWorker.register(file, {scope: at});
                made.push(`window.jhdata ${at}`);
            } catch (error) {}
        return made.join()""",
    "prefetched": """
        const link = document.createElement('link');
        link.rel = 'prefetch';
        link.href = '/hub/home';
        const over = new Promise((done) => { link.onload = link.onerror = done; });
        document.head.append(link);
        await over;
        try {
            const kept = {cache: 'only-if-cached', mode: 'same-origin'};
            return await (await fetch('/hub/home', kept)).text();
        } catch (error) { return ''; }""",
}
FRAMES = ["iframe", "object", "embed", "frame"]
FRAMED = """([kind, path]) => {
    const made = document.createElement(kind);
    made[kind === 'object' ? 'data' : 'src'] = path;
    let parent = document.body;
    if (kind === 'frame') {
        parent = document.createElement('frameset');
        document.body.replaceWith(parent);
    }
    parent.append(made);
    window.made = made;
}"""
LOOK_INSIDE = """async () => {
    // What is refused may never load: the answer is there, and pages show it in a frame or two.
    for (let shown = 0; shown < 30; shown++)
        await new Promise((done) => requestAnimationFrame(done));
    const looks = [() => made.contentDocument, () => made.getSVGDocument(),
        () => made.contentWindow.document, () => window[window.length - 1].document];
    const found = [];
    for (const look of looks)
        try { found.push(look().documentElement.outerHTML + look().cookie + look().URL); }
        catch (error) {}
    return found.filter((text) => text.includes('/hub/')).join();
}"""
LOOK = """() => {
    const found = [];
    for (const look of [() => opened, () => window.open('', 'hub')])
        try { found.push(look().document.documentElement.outerHTML + look().location.href); }
        catch (error) {}
    // By its name it is found only if it was not cut off; else that opens an empty one.
    window.open('', 'hub').close();
    return found.filter((text) => text.includes('/hub/')).join();
}"""


@pytest.fixture(scope="module")
def room(shared_classroom: Classroom) -> Classroom:
    room = shared_classroom
    room.lab.expected += [r"40\d (GET|POST|HEAD|PATCH|DELETE) /hub", "XSRF|xsrf", "session id not"]
    room.lab.expected += [r"40\d GET /services/classroom/files/worker\.js", "read:metrics"]
    room.lab.expected += ["Error starting|no personal labs", "OAuth|oauth"]
    room.lab.expected += ["Not allowing POST with content-type", "Couldn't parse JSON"]
    room.enter("mona")
    room.enter("hubot")
    room.people["mona"].put(
        f"{labs.ADDRESS}{LAB}/api/contents/worker.js",
        json={"type": "file", "format": "text", "content": "self.onfetch = () => {}"},
    ).raise_for_status()
    return room


@pytest.fixture(scope="module")
def browser(chromium: Chromium, room: Classroom, github: Lab) -> Iterator[Browser]:
    with chromium.start({**room.lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


@pytest.fixture(scope="module")
def signed_in(browser: Browser) -> StorageState:
    """Cookies and storage of a tutor who is signed in at lab and Hub; tests begin with them."""
    with new_person(browser) as profile:
        page = profile.new_page()
        sign_in(page, "mona")
        page.wait_for_url(f"**{LAB}/lab**")
        page.goto(f"{labs.ADDRESS}/hub/home")
        return profile.storage_state()


@pytest.fixture
def tutor(browser: Browser, room: Classroom, signed_in: StorageState) -> Iterator[Page]:
    """A tutor's browser with a document of the lab's origin, also signed in at the Hub.

    The document has no security policy of its own, so only the Hub itself protects the Hub.
    """
    before = powers(room)
    with new_person(browser, storage_state=signed_in) as profile:
        page = profile.new_page()
        page.route(f"**{SMALL}", lambda route: route.fulfill(body="{}", content_type="text/plain"))
        page.goto(f"{labs.ADDRESS}{SMALL}")
        page.unroute(f"**{SMALL}")  # a route would keep the browser from caching
        yield page
        assert powers(room) == before, "nobody has become, made or changed anything"


def powers(room: Classroom) -> str:
    return room.lab.shown("python", "-c", POWERS)


def hub_cookie(profile: BrowserContext, name: str) -> str:
    """Return the value of a browser's cookie, which a script can't read."""
    (found,) = [
        cookie["value"]
        for cookie in profile.cookies()
        if cookie["name"].startswith(f"{name}-") and cookie["path"] in {"/hub/", "/"}
    ]
    return found


@pytest.mark.parametrize("way", READINGS)
def test_nothing_of_the_hubs_is_read(tutor: Page, way: str) -> None:
    labs_own = hub_labs_cookies(tutor.context)
    body = READINGS[way].replace("LABS", f"new RegExp({labs_own!r}, 'g')")
    got = tutor.evaluate(f"async () => {{ {body} }}")
    assert not HUBS_OWN.search(got), got[:2000]


def hub_labs_cookies(profile: BrowserContext) -> str:
    """Return a pattern of the cookies that the lab's own pages may read."""
    found = [one["value"] for one in profile.cookies() if one["path"] == f"{LAB}/"]
    return "|".join(f"_xsrf={re.escape(value)}" for value in found)


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("path", ["/hub/admin", "/hub/api/", STYLE])
def test_nothing_of_the_hubs_is_framed(tutor: Page, kind: str, path: str) -> None:
    with tutor.expect_response(f"{labs.ADDRESS}{path}"):
        tutor.evaluate(FRAMED, [kind, path])
    assert tutor.evaluate(LOOK_INSIDE) == ""


@pytest.mark.parametrize("first", ["", SMALL])
@pytest.mark.parametrize(
    "path", ["/hub/admin", "/hub/token", "/hub/nothing-there", "/hub/api/", STYLE]
)
def test_a_window_of_the_hubs_cannot_be_looked_at(tutor: Page, first: str, path: str) -> None:
    """The script uses the opener, an earlier window, or the window's name."""
    with tutor.context.expect_page() as opening:
        tutor.evaluate("(first) => { window.opened = window.open(first, 'hub'); }", first or path)
    popup = opening.value
    if first:
        popup.wait_for_load_state()
        tutor.evaluate("(path) => { opened.location = path; }", path)
    popup.wait_for_url(f"**{path}")
    popup.wait_for_load_state()
    assert tutor.evaluate(LOOK) == ""
    assert popup.evaluate("window.opener === null")


def test_going_back_to_a_page_of_the_hubs_brings_no_more(tutor: Page) -> None:
    """Neither the browser's back/forward cache nor its HTTP cache may show it."""
    with tutor.context.expect_page() as opening:
        tutor.evaluate("() => { window.opened = window.open('/services/classroom/api', 'hub'); }")
    popup = opening.value
    popup.wait_for_load_state()
    popup.goto(f"{labs.ADDRESS}/hub/admin")
    popup.goto(f"{labs.ADDRESS}{LAB}/api")
    popup.go_back()
    popup.wait_for_url("**/hub/admin")
    assert tutor.evaluate(LOOK) == ""
    for how in ("only-if-cached", "force-cache", "default"):
        got = tutor.evaluate(
            """async (cache) => {
                try { return await (await fetch('/hub/admin', {cache, mode: 'same-origin'})).text();
                } catch (error) { return ''; }
            }""",
            how,
        )
        assert not HUBS_OWN.search(got), how
    popup.go_forward()
    popup.wait_for_url(f"**{LAB}/api")
    seen = popup.evaluate("() => document.referrer + JSON.stringify(performance.getEntries())")
    assert "_xsrf" not in seen


ACT = """async ([token, referrer]) => {
    const headers = {'X-XSRFToken': token, 'Content-Type': 'application/json'};
    const call = async (method, path, body) =>
        (await fetch(path, {method, headers, referrer, body: JSON.stringify(body)})).status;
    return [
        await call('PATCH', '/hub/api/users/hubot', {admin: true}),
        await call('POST', '/hub/api/users', {usernames: ['nobody-knows']}),
        await call('POST', '/hub/api/users/mona/tokens', {note: 'stolen'}),
        await call('DELETE', '/hub/api/users/octocat', undefined),
    ];
}"""
TOSS = """([cookies, domain]) => {
    for (const [name, value] of Object.entries(cookies)) {
        // The longer path is sent first; of two equal ones the younger last.
        document.cookie = `${name}=${value}; path=/hub/api/; secure`;
        document.cookie = `${name}=${value}; path=/; domain=${domain}; secure`;
    }
}"""


def students_own(room: Classroom, *names: str) -> dict[str, str]:
    """Return a student's valid cookies of the Hub, as the student can read them."""
    hubot = room.people["hubot"]
    hubot.get(f"{labs.ADDRESS}/hub/home")
    paths = {"jupyterhub-session-id": "/"}
    found = (web.cookie(hubot, name, paths.get(name, "/hub/")) for name in names)
    return {cookie.name: str(cookie.value).strip('"') for cookie in found}


def xsrf_of(cookies: dict[str, str]) -> str:
    """Return the XSRF token in these cookies."""
    (found,) = [value for name, value in cookies.items() if name.startswith("_xsrf")]
    return found


def outside(room: Classroom, name: str) -> str:
    """Return the name of a cookie of the Hub in browsers."""
    (found,) = students_own(room, name)
    return found


@pytest.mark.parametrize("referrer", ["", "/hub/admin"])
def test_the_labs_token_is_no_good_at_the_hub(tutor: Page, room: Classroom, referrer: str) -> None:
    cookies = tutor.context.cookies()
    (token,) = [
        one["value"] for one in cookies if (one["name"], one["path"]) == ("_xsrf", f"{LAB}/")
    ]
    for tossed in ({}, {"_xsrf": token}, {outside(room, "_xsrf"): token}):
        tutor.evaluate(TOSS, [tossed, labs.HOST])
        assert tutor.evaluate(ACT, [token, referrer]) == [403, 403, 403, 403]


@pytest.mark.parametrize("names", [["_xsrf"], ["_xsrf", "jupyterhub-session-id"]])
def test_a_students_token_is_no_good_in_a_tutors_browser(
    tutor: Page, room: Classroom, names: list[str]
) -> None:
    """It isn't even with the student's cookies, which a script sets with a longer path."""
    tossed = students_own(room, *names)
    tutor.evaluate(TOSS, [tossed, labs.HOST])
    assert tutor.evaluate(ACT, [xsrf_of(tossed), "/hub/admin"]) == [403, 403, 403, 403]


def test_a_students_sign_in_does_not_take_the_place_of_the_tutors(
    tutor: Page, room: Classroom
) -> None:
    tossed = students_own(room, "jupyterhub-hub-login")
    tutor.evaluate(TOSS, [tossed, labs.HOST])
    tutor.goto(f"{labs.ADDRESS}/hub/home")
    assert fetch_metadata.TWO_SIGN_INS in tutor.inner_text("body")


def test_a_lab_page_holds_no_token(tutor: Page) -> None:
    """A script could read and pass on a token; the page itself uses its cookies."""
    tutor.goto(f"{labs.ADDRESS}{LAB}/lab")
    config = "document.getElementById('jupyter-config-data').textContent"
    assert tutor.evaluate(f"() => JSON.parse({config}).token") == ""
    token = labs_token(tutor)
    assert token not in tutor.content()
    assert token not in tutor.evaluate("() => document.cookie + JSON.stringify(localStorage)")
    # Everything works with cookies: a kernel's socket, a room's socket, a download.
    wait_for_lab(tutor)
    name = new_notebook(tutor)
    tutor.keyboard.type("print(6 * 7)")
    tutor.keyboard.press("Shift+Enter")
    expect(tutor.locator(".jp-OutputArea-output", has_text="42")).to_be_visible()
    tutor.locator(".jp-DirListing-item", has_text=name).click(button="right")
    with tutor.expect_download() as getting:
        tutor.get_by_role("menuitem", name="Download", exact=True).click()
    assert getting.value.suggested_filename == name
    assert getting.value.failure() is None
    shoot(tutor, "without-a-token")


def labs_token(page: Page) -> str:
    """Return a person's API token from the lab's cookie, which no script can read."""
    (cookie,) = [
        one for one in page.context.cookies() if one["name"].startswith("service-classroom-")
    ]
    held = cookie["value"].strip('"').split("|")[4].partition(":")[2]
    return base64.b64decode(held).decode()


def test_the_api_token_of_a_lab_page_has_no_powers(tutor: Page, room: Classroom) -> None:
    """The token identifies a person, and opens the lab for everyone who has it; no more."""
    tutor.goto(f"{labs.ADDRESS}{LAB}/lab")
    token = labs_token(tutor)
    got = tutor.evaluate(
        """async (token) => {
            const headers = {Authorization: `token ${token}`, 'Content-Type': 'application/json'};
            const call = async (method, path, body) =>
                (await fetch(path, {method, headers, body: JSON.stringify(body)})).status;
            return [
                await call('GET', '/hub/api/users'),
                await call('PATCH', '/hub/api/users/hubot', {admin: true}),
                await call('POST', '/hub/api/users/mona/tokens', {note: 'stolen'}),
                await call('GET', '/hub/api/users/mona/tokens'),
            ];
        }""",
        token,
    )
    assert all(status in {403, 404} for status in got), got
    # Send it without a browser's headers: the error page contains an XSRF token.
    page = httpx.get(
        f"https://{room.lab.ip}:8443/hub/api/metrics",
        headers={"Authorization": f"token {token}"},
        verify=False,
    )
    found = re.search(r'xsrf_token: "([^"]+)"', page.text)
    assert found, page.text
    signed = base64.urlsafe_b64decode(found.group(1) + "===").decode()
    session = base64.b64decode(signed.split("|")[4].partition(":")[2] + "===").decode()
    tossed = {
        outside(room, "_xsrf"): found.group(1),
        outside(room, "jupyterhub-session-id"): session.partition(":")[0],
    }
    tutor.evaluate(TOSS, [tossed, labs.HOST])
    assert tutor.evaluate(ACT, [found.group(1), "/hub/admin"]) == [403, 403, 403, 403]


FORM = """([action, type, fields]) => {
    const form = document.createElement('form');
    Object.assign(form, {action, method: 'post', enctype: type, target: 'hub'});
    for (const [name, value] of Object.entries(fields)) {
        const field = document.createElement('input');
        Object.assign(field, {type: 'hidden', name, value});
        form.append(field);
    }
    document.body.append(form);
    form.submit();
}"""


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("/hub/api/users", "text/plain"),
        ("/hub/api/users/mona/tokens", "application/x-www-form-urlencoded"),
        ("/hub/api/users/mona/tokens", "multipart/form-data"),
        ("/hub/logout", "application/x-www-form-urlencoded"),
    ],
)
def test_no_form_does_anything(tutor: Page, room: Classroom, action: str, kind: str) -> None:
    tossed = students_own(room, "_xsrf", "jupyterhub-session-id")
    tutor.evaluate(TOSS, [tossed, labs.HOST])
    fields = {'{"usernames": ["nobody-knows"], "x": "': '"}', "_xsrf": xsrf_of(tossed)}
    for target in (action, f"{action}?_xsrf={xsrf_of(tossed)}"):
        with tutor.context.expect_page() as opening:
            tutor.evaluate(FORM, [target, kind, fields])
        popup = opening.value
        popup.wait_for_url(f"**{action}*")
        popup.wait_for_load_state()
        assert tutor.evaluate(LOOK) == ""
        popup.close()
    assert hub_cookie(tutor.context, "jupyterhub-hub-login")


def test_no_address_does_anything(tutor: Page) -> None:
    """A script can open any address in its window: pages that act ask first, and no others."""
    for way in (
        "() => { new Image().src = '/hub/logout'; }",
        "async () => { await fetch('/hub/logout', {mode: 'no-cors'}); }",
        "async () => { await fetch('/hub/logout', {redirect: 'manual'}); }",
    ):
        tutor.evaluate(way)
    tutor.evaluate("() => { window.location = '/hub/logout'; }")
    expect(tutor.get_by_role("heading", name="Sign out?")).to_be_visible()
    tutor.goto(f"{labs.ADDRESS}/hub/home")
    expect(tutor.get_by_role("link", name="Go to the classroom")).to_be_visible()
    tutor.evaluate("() => { window.location = '/hub/spawn'; }")
    expect(tutor.get_by_role("heading", name="403")).to_be_visible()


ANSWERS = {
    "page": ("GET", "/hub/home", {}, 200),
    "no such page": ("GET", "/hub/nothing-there", {}, 404),
    "outside of /hub/": ("GET", "/nothing-there", {}, 302),
    "redirect": ("GET", "/hub/", {}, 302),
    "refused": ("GET", "/hub/home", {"Sec-Fetch-Dest": "iframe"}, 403),
    "no such method": ("PUT", "/hub/home", {}, 403),
    "API": ("GET", "/hub/api/", {"X-XSRFToken": "TOKEN"}, 200),
    "refused by the API": ("GET", "/hub/api/users", {}, 403),
    "no such call": ("GET", "/hub/api/nothing", {"X-XSRFToken": "TOKEN"}, 404),
    "oauth": ("GET", "/hub/api/oauth2/authorize", {}, 400),
    "health": ("GET", "/hub/health", {}, 200),
    "logo": ("GET", "/hub/logo", {"Sec-Fetch-Dest": "image"}, 200),
    "file": ("GET", STYLE, {"Sec-Fetch-Dest": "style"}, 200),
    "no such file": ("GET", "/hub/static/nothing", {"Sec-Fetch-Dest": "script"}, 404),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_every_answer_of_the_hubs_says_so(room: Classroom, what: str) -> None:
    mona = room.people["mona"]
    method, path, headers, status = ANSWERS[what]
    token = str(web.cookie(mona, "_xsrf").value)
    sent = {name: value.replace("TOKEN", token) for name, value in headers.items()}
    sent = {"X-XSRFToken": "", **sent}
    answer = mona.request(method, f"{labs.ADDRESS}{path}", headers=sent, follow_redirects=False)
    assert answer.status_code == status, answer.text
    got = answer.headers
    assert got["cross-origin-opener-policy"] == "same-origin"
    assert got["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in got["content-security-policy"]
    assert "frame-ancestors 'self'" not in got["content-security-policy"]
    stored = "no-cache" if what == "file" else "no-store"
    assert stored in got["cache-control"]
    assert "max-age" not in got["cache-control"]


def test_a_lab_page_can_be_framed_and_opened_by_the_lab(room: Classroom) -> None:
    """The two must differ, otherwise the opener of a Hub's window could read that window."""
    answer = room.people["mona"].get(f"{labs.ADDRESS}{LAB}/lab")
    assert answer.status_code == 200
    assert answer.headers.get("cross-origin-opener-policy") != "same-origin"


def test_every_cookie_says_what_it_is_for(room: Classroom) -> None:
    """Check the cookies of Hub and lab from the first request on; deletions need no attributes."""
    hosts = {**room.lab.hosts, labs.GITHUB: room.github.ip}
    seen: dict[tuple[str, str], set[str]] = {}

    def note(answer: httpx.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            first, *rest = (part.strip() for part in line.split(";"))
            says = {part.lower() for part in rest}
            (path,) = [part for part in says if part.startswith("path=")]
            if answer.url.host == labs.HOST and not first.endswith('=""'):
                seen[re.sub(f"-{cookie_names.ID}$", "", first.partition("=")[0]), path] = says

    with web.browser(hosts, room.authority.crt) as client:
        client.event_hooks["response"] = [note]
        web.sign_in_with_github(client, labs.ADDRESS, "mona")
        for path in ("/hub/home", "/hub/admin", f"{LAB}/lab"):
            client.get(f"{labs.ADDRESS}{path}")
    names = {name for name, _ in seen}
    assert {"jupyterhub-hub-login", "jupyterhub-session-id", "service-classroom"} <= names
    assert {("_xsrf", "path=/hub/"), ("_xsrf", f"path={LAB}/")} <= set(seen)
    for (name, path), says in seen.items():
        assert {"secure", "samesite=lax"} <= says, (name, says)
        # The lab's pages must read their XSRF cookie to send it back.
        assert ("httponly" in says) == ((name, path) != ("_xsrf", f"path={LAB}/")), (name, says)


PERSONAL = """
from jupyterhub.spawner import Spawner

class Noted(Spawner):
    running = False
    async def start(self):
        self.running = True
        print("a personal lab was started", flush=True)
        return "http://127.0.0.1:9"
    async def poll(self):
        return None if self.running else 0
    async def stop(self, now=False):
        self.running = False

c.JupyterHub.spawner_class = Noted
c.Spawner.http_timeout = 1
c.Classroom.egress = "open"
"""


def test_a_personal_lab_is_started_by_a_button(
    github: Lab, authority: Authority, network: Network, tmp_path: Path, volume: str
) -> None:
    """Only the button starts it, because a script can open any address in a window."""
    started = "a personal lab was started"
    with classrooms.opened(
        network,
        github,
        authority,
        volume,
        labs.write_folder(tmp_path / "tutor", classrooms.config(more=PERSONAL), authority),
    ) as own:
        own.lab.expected += ["OPEN|never showed up|Unhandled error|Traceback|500 |503 |spawn|Fail"]
        own.lab.expected += [r"JupyterHub log:\d+\] \{"]  # headers of requests with answer 500
        mona = own.enter("mona")
        page = mona.get(f"{labs.ADDRESS}/hub/spawn/mona?opt-size=2")
        assert "Start the personal lab of mona?" in page.text
        assert 'name="size" value="2"' in page.text
        assert started not in own.lab.log
        mona.post(f"{labs.ADDRESS}/hub/spawn/mona", data={"_xsrf": "made up"})
        assert started not in own.lab.log
        action = re.search(r'action="([^"]+)"', page.text)
        assert action
        mona.post(page.url.join(html.unescape(action.group(1))))
        labs.wait_until(lambda: started in own.lab.log, "the button")
