"""A tutor adds and removes people on the admin page, and everybody sees the effect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from classroom.lab.people import page_socket, revocation
from tests import labs, own_labs
from tests.browser.conftest import (
    WATCH,
    new_notebook,
    new_person,
    shoot,
    sign_in,
    wait_for_lab,
    wait_on,
)
from tests.browser.test_tutor import violations
from tests.conftest import new_classroom
from tests.container import test_invitations as invitations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from playwright.sync_api import Browser, Page, WebSocket
    from testcontainers.core.network import Network

    from tests.browser.conftest import Chromium
    from tests.classrooms import Classroom
    from tests.labs import Lab
    from tests.pki import Authority


@pytest.fixture(scope="module")
def changed_classroom(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Classroom]:
    """A lab for changes on the admin page, which stay: each test uses other people."""
    with new_classroom(network, github, authority, tmp_path_factory) as made:
        yield made


@pytest.fixture(scope="module")
def browser(chromium: Chromium, changed_classroom: Classroom, github: Lab) -> Iterator[Browser]:
    with chromium.start({**changed_classroom.lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


def admin_page(browser: Browser) -> Page:
    page = new_person(browser).new_page()
    sign_in(page, "mona", "/hub/admin")
    return page


def test_somebody_is_added_and_comes_in(browser: Browser) -> None:
    mona = admin_page(browser)
    mona.get_by_label("Add people").fill("@stranger, Stranger")
    mona.get_by_role("button", name="Add", exact=True).click()
    # The page checks names as the file's are checked; if one is wrong, nothing is done.
    expect(mona.get_by_role("alert")).to_contain_text(
        "'@stranger' has an @ in front: write 'stranger'"
    )
    expect(mona.get_by_role("row").filter(has_text="stranger")).to_have_count(0)
    shoot(mona, "people-wrong")
    mona.get_by_label("Add people").fill("Stranger")
    mona.get_by_role("button", name="Add", exact=True).click()
    expect(mona.get_by_role("row").filter(has_text="stranger")).to_contain_text("People page")
    expect(mona.get_by_role("alert")).to_be_hidden()
    shoot(mona, "people-added")
    page = new_person(browser).new_page()
    sign_in(page, "stranger")
    wait_for_lab(page)


def test_somebody_is_removed_while_they_type(
    browser: Browser, changed_classroom: Classroom
) -> None:
    """They read a sentence instead of endless reconnects; the others keep what they typed."""
    (hubot, opened), octocat = person(browser), new_person(browser).new_page()
    sign_in(hubot, "hubot")
    wait_for_lab(hubot)
    name = new_notebook(hubot)
    sign_in(octocat, "Octocat", f"/services/classroom/lab/tree/{name}")
    wait_for_lab(octocat)
    cell = ".jp-Notebook .jp-Cell .cm-content"
    hubot.locator(cell).first.click()
    hubot.keyboard.type("my last words")
    expect(octocat.locator(cell).first).to_contain_text("my last words")
    expect(octocat.locator(".jp-Notebook .jp-remote-cursor")).to_have_count(1)
    mona = admin_page(browser)
    row = mona.get_by_role("row").filter(has_text="hubot")
    expect(row).to_contain_text("yes")  # the person is in the lab
    mona.on("dialog", lambda dialog: dialog.accept())
    mona.get_by_role("button", name="Remove hubot").click()
    expect(mona.get_by_role("button", name="Let hubot in again")).to_be_visible()
    shoot(mona, "people-removed")

    reads(hubot, opened, revocation.SENTENCE, changed_classroom)
    shoot(hubot, "removed-sentence")
    expect(octocat.locator(".jp-Notebook .jp-remote-cursor")).to_have_count(0)
    expect(octocat.locator(cell).first).to_contain_text("my last words")
    shoot(octocat, "removed-seen-by-others")
    hubot.get_by_role("button", name="Sign in again").click()
    expect(hubot.get_by_role("button", name="Sign in with GitHub")).to_be_visible()
    shoot(hubot, "removed-reloaded")


def person(browser: Browser) -> tuple[Page, list[WebSocket]]:
    """Open a page for another person; return it, and a list to which its sockets are added."""
    page = new_person(browser).new_page()
    opened: list[WebSocket] = []

    def heard(socket: WebSocket) -> None:
        opened.append(socket)

    page.on("websocket", heard)
    return page, opened


FRAMES = """async () => {
    for (let number = 0; number < 3; number++) await new Promise(requestAnimationFrame);
}"""
"""Waits until the page shows all that it knows by now."""
TRIES = """async () => {
    const directives = [], answers = [];
    addEventListener('securitypolicyviolation', (one) => directives.push(one.effectiveDirective));
    const base = '/services/classroom';
    await fetch(`${base}/api/me?tried`).then(() => answers.push('fetch'), () => undefined);
    await new Promise((resolve) => {
        try {
            const way = new WebSocket(`wss://${location.host}${base}/classroom/api/live?tried`);
            way.onopen = () => resolve(answers.push('socket'));
            way.onerror = way.onclose = resolve;
        } catch {
            resolve();
        }
    });
    await new Promise(requestAnimationFrame);
    return [answers, directives];
}"""
"""Sends the lab a request in each of the two ways that JupyterLab uses."""


def reads(page: Page, opened: list[WebSocket], sentence: str, classroom: Classroom) -> None:
    """Check that a page shows only a sentence, takes no input, and can send the lab no request."""
    dialog = page.locator(".jp-Dialog")
    expect(dialog).to_contain_text(sentence)
    wait_on(page, lambda: all(one.is_closed() for one in opened), "the end of its connections")
    page.evaluate(FRAMES)
    expect(dialog).to_have_count(1)  # a document has its own dialog for the same event
    expect(dialog.get_by_role("button")).to_have_text(["Sign in again"])
    expect(dialog.get_by_role("button")).to_be_focused()
    page.keyboard.press("Escape")
    page.mouse.click(5, 5)
    answers, directives = page.evaluate(TRIES)
    assert answers == []
    assert len(directives) >= 2, "the browser has refused both"
    assert {*directives} == {"connect-src"}
    assert "?tried" not in classroom.lab.log
    expect(dialog).to_have_count(1)
    expect(dialog).to_contain_text(sentence)


def test_somebody_is_removed_who_has_nothing_open(
    restored_browser: Browser, restored_classroom: Classroom
) -> None:
    """No document's socket tells them; the page has a connection of its own."""
    hubot, opened = person(restored_browser)
    sign_in(hubot, "hubot")
    wait_for_lab(hubot)
    expect(hubot.locator(".jp-LauncherCard").first).to_be_visible()
    restored_classroom.save(users=["Octocat"])
    reads(hubot, opened, revocation.SENTENCE, restored_classroom)
    shoot(hubot, "removed-launcher")


def ours(sockets: list[WebSocket]) -> list[WebSocket]:
    """Return the page's own sockets to the classroom."""
    return [socket for socket in sockets if socket.url.endswith(page_socket.ADDRESS)]


IS_IN = """() => {
    const headers = {'X-XSRFToken': document.cookie.match(/_xsrf=([^;]+)/)[1]};
    return fetch('/services/classroom/api/me', {headers}).then(answer => answer.ok, () => false);
}"""


def test_a_restart_of_the_lab_ends_nobodys_access(
    restored_browser: Browser, restored_classroom: Classroom
) -> None:
    """The connection is restored by itself, without a message."""
    hubot, opened = person(restored_browser)
    sign_in(hubot, "hubot")
    wait_for_lab(hubot)
    (first,) = ours(opened)
    assert not first.is_closed()
    told = len(WATCH.heard(hubot, "driving"))
    restored_classroom.lab.kill_server()
    wait_on(hubot, first.is_closed, "the end of its connection")
    wait_on(hubot, lambda: hubot.evaluate(IS_IN), "the lab again")
    # The first message on a connection says what the person may do.
    wait_on(hubot, lambda: len(WATCH.heard(hubot, "driving")) > told, "its connection again")
    hubot.evaluate(FRAMES)
    assert len(ours(opened)) > 1
    assert not ours(opened)[-1].is_closed()
    expect(hubot.get_by_text("Sign in again")).to_have_count(0)
    shoot(hubot, "lab-restarted")
    expect(hubot.get_by_role("button", name="Restart")).to_have_count(0)  # students may not
    restored_classroom.save(users=["Octocat"])
    reads(hubot, opened, revocation.SENTENCE, restored_classroom)


def test_somebody_is_removed_while_their_page_hears_nothing(
    restored_browser: Browser, restored_classroom: Classroom
) -> None:
    """A sleeping laptop, for example, hears of it when it reconnects."""
    hubot, opened = person(restored_browser)
    sign_in(hubot, "hubot")
    wait_for_lab(hubot)
    restored_classroom.lab.kill_server()
    restored_classroom.save(users=["Octocat"])
    expect(hubot.get_by_text("Sign in again to go on")).to_be_visible()
    reads(hubot, opened, "Sign in again to go on", restored_classroom)
    shoot(hubot, "removed-asleep")


def places(rooms: Mapping[str, object], groups: dict[str, list[str]]) -> str:
    """Return a tutor's file with rooms and groups."""
    return (
        f"{labs.GITHUB_CONFIG}\nc.Classroom.personal_labs = True\n"
        f"c.Classroom.rooms = {rooms!r}\nc.Classroom.groups = {groups!r}\n"
    )


def test_rooms_and_groups_are_shown_to_tutors_as_the_file_has_them(
    chromium: Chromium, network: Network, github: Lab, authority: Authority, tmp_path: Path
) -> None:
    """Each person's row and each list shows them; a save updates both; one click opens a room."""
    rooms = {
        "algebra": {"edit": ["Octocat", "moon:crew"], "view": ["hubot"]},
        "lecture": {"edit": ["mona"], "view": ["moon"]},
    }
    first = places(rooms, {"team-a": ["Octocat", "hubot"]})
    with (
        own_labs.started(
            *(tmp_path, authority, network),
            config=first,
            expected=(r"403 (PUT|POST|GET) /", r"Not authorizing access"),
        ) as lab,
        chromium.start({**lab.hosts, labs.GITHUB: github.ip}) as browser,
    ):
        neil = new_person(browser).new_page()
        sign_in(neil, "astronaut", "/hub/home")
        neil.get_by_role("link", name="Start: Room algebra").click()
        neil.wait_for_url("**/user/room.algebra/lab**", timeout=90_000)
        wait_for_lab(neil)
        neil.goto(f"{labs.ADDRESS}/hub/home")
        expect(neil.get_by_role("link", name="People")).to_have_count(0)
        neil.goto(f"{labs.ADDRESS}/hub/admin")
        expect(neil.get_by_text("algebra")).to_have_count(0)
        neil.goto(f"{labs.ADDRESS}/user/room.algebra/lab")
        wait_for_lab(neil)

        mona = new_person(browser).new_page()
        sign_in(mona, "mona", "/hub/admin")
        people = mona.get_by_role("table").filter(has_text="May enter by")
        row = people.get_by_role("row")
        astronaut = row.filter(has_text="astronaut").get_by_role("listitem")
        expect(astronaut).to_have_text(["algebra (may edit)", "lecture (view-only)"])
        hubot = row.filter(has_text="hubot").get_by_role("listitem")
        expect(hubot).to_have_text(["algebra (view-only)", "group team-a"])
        expect(row.filter(has_text="mona").get_by_role("listitem")).to_have_text(["all rooms"])

        algebra = mona.get_by_role("row").filter(
            has=mona.get_by_role("rowheader", name="algebra", exact=True)
        )
        expect(algebra).to_contain_text("hubot (view-only)")
        expect(algebra).to_contain_text("Also named: moon:crew (may edit)")
        here = algebra.get_by_role("cell").nth(1)
        expect(here).to_have_text(re.compile("astronaut|Neil"))
        lecture = mona.get_by_role("row").filter(
            has=mona.get_by_role("rowheader", name="lecture", exact=True)
        )
        expect(lecture).to_contain_text("Mona Lisa (tutor)")
        expect(lecture).to_contain_text("not running")
        expect(lecture.get_by_role("link", name="Start: Room lecture")).to_be_visible()
        group = mona.get_by_role("row").filter(has=mona.get_by_role("rowheader", name="team-a"))
        expect(group).to_contain_text("hubot")
        expect(mona.get_by_text("edit these lines in jupyterhub_config.py")).to_be_visible()
        expect(mona.locator("#people-lines")).to_contain_text(
            '"lecture": {"edit": ["mona"], "view": ["moon"]}'
        )
        shoot(mona, "people-rooms")
        mona.locator("#people-change").scroll_into_view_if_needed()
        shoot(mona, "people-rooms-below")
        assert violations(mona) == []

        (tmp_path / "jupyterhub_config.py").write_text(places({"algebra": ["hubot"]}, {}))
        expect(hubot).to_have_text(["algebra (may edit)"])
        expect(astronaut).to_have_count(0)
        expect(mona.get_by_role("heading", name="Groups", exact=True)).to_have_count(0)
        expect(lecture).to_have_count(0)
        expect(mona.locator("#people-also")).to_be_hidden()
        mona.get_by_role("link", name="Room algebra").click()
        mona.wait_for_url("**/user/room.algebra/lab**", timeout=90_000)
        wait_for_lab(mona)


def test_people_of_a_class_list_are_added_by_their_whole_names(
    chromium: Chromium, tmp_path: Path
) -> None:
    """Nobody has a GitHub name there, and a space is a part of a name."""
    folder = labs.write_folder(tmp_path / "folder", invitations.CONFIG, None)
    expected = (
        r"403 (PUT|POST|GET) /|ssl.crt and secrets/ssl.key are missing",
        "400 POST /hub/api",
    )
    with (
        labs.start(folder, expected=expected) as lab,
        chromium.start(lab.hosts) as browser,
    ):
        lab.wait_healthy()
        mona = new_person(browser).new_page()
        mona.goto(invitations.links(lab)["Mona"])
        mona.get_by_role("button", name="Go in as Mona").click()
        wait_for_lab(mona)
        mona.goto(f"{labs.ADDRESS}/hub/admin")
        asked = mona.get_by_label("Add people")
        expect(asked).to_have_attribute(
            "placeholder", "Anna Miller, Ben Weaver: with commas between people"
        )
        expect(mona.get_by_text("GitHub")).to_have_count(0)
        shoot(mona, "people-invitations")
        add = mona.get_by_role("button", name="Add", exact=True)
        asked.fill("Carla Maria, Dora, Ben")
        add.click()
        expect(mona.get_by_role("alert")).to_contain_text("'Ben' is on the list already")
        rows = mona.get_by_role("row")
        expect(rows.filter(has_text="dora")).to_have_count(0)
        shoot(mona, "people-invitations-twice")
        asked.fill("Carla Maria, Dora, Ben B.")
        add.click()
        names = rows.get_by_role("cell").and_(mona.locator("td:first-child"))
        expect(names).to_have_text(
            ["anna maria", "ben", "ben b.", "carla maria", "dora", re.compile("Mona")]
        )
        expect(mona.get_by_role("alert")).to_be_hidden()
        shoot(mona, "people-invitations-added")
        assert {"carla maria", "dora", "ben b."} < set(invitations.links(lab))
