"""Our part of the lab server, tested through its API."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from classroom.lab.api import first_answers, opening_answers
from classroom.lab.upstream import known_answers
from tests import labs, web

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.labs import Lab

LAB = f"{labs.ADDRESS}/services/classroom"
THEMES = f"{LAB}/lab/api/settings/@jupyterlab/apputils-extension:themes"


@pytest.fixture(scope="module")
def people(trial_lab: Lab) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """Two signed-in students."""
    with web.browser(trial_lab.hosts) as ada, web.browser(trial_lab.hosts) as bob:
        # Use names that no other module uses: the number of a person's layouts is limited.
        for client, name in ((ada, "lena"), (bob, "..%2fbob")):
            web.sign_in_with_passphrase(client, labs.ADDRESS, name, trial_lab.passphrase())
            token = client.cookies.get("_xsrf", path="/services/classroom/")
            client.headers["X-XSRFToken"] = str(token)
        yield ada, bob


def test_everybody_has_their_own_settings(people: tuple[httpx.Client, httpx.Client]) -> None:
    ada, bob = people
    raw = '{"theme": "JupyterLab Dark"}'
    assert ada.put(THEMES, json={"raw": raw}).status_code == 204
    assert ada.get(THEMES).json()["raw"] == raw
    assert bob.get(THEMES).json()["raw"] == "{}"
    assert len(bob.get(f"{LAB}/lab/api/settings").json()["settings"]) > 30


def test_class_defaults_hold_for_everybody(people: tuple[httpx.Client, httpx.Client]) -> None:
    """overrides.json: no news and no update checks, independent of JupyterLab's own default."""
    for client in people:
        found = client.get(f"{LAB}/lab/api/settings/@jupyterlab/apputils-extension:notification")
        properties = found.json()["schema"]["properties"]
        assert properties["fetchNews"]["default"] == "false"
        assert properties["checkForUpdates"]["default"] is False


def test_everybody_has_their_own_layout(people: tuple[httpx.Client, httpx.Client]) -> None:
    ada, bob = people
    layout = {"data": {"layout": "ada's"}, "metadata": {"id": "default"}}
    assert ada.put(f"{LAB}/lab/api/workspaces/default", json=layout).status_code == 204
    assert ada.get(f"{LAB}/lab/api/workspaces/default").json()["data"] == layout["data"]
    assert bob.get(f"{LAB}/lab/api/workspaces/default").json()["data"] == {}
    assert bob.get(f"{LAB}/lab/api/workspaces").json()["workspaces"]["ids"] == []


def told(page: httpx.Response) -> dict[str, Any]:
    """Return the configuration in a page."""
    found = re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page.text, re.DOTALL)
    assert found is not None, page.text[:2000]
    given: dict[str, Any] = json.loads(found[1])
    return given


def answers(page: httpx.Response) -> dict[str, Any]:
    """Return the API answers that are embedded in a page."""
    return {what: json.loads(text) for what, text in told(page)["classroomAnswers"].items()}


def test_a_page_is_told_how_often_what_is_running_has_changed(
    people: tuple[httpx.Client, httpx.Client],
) -> None:
    """The count comes with the page's lists, so the page notices changes before it connects."""
    ada, bob = people
    before = told(ada.get(f"{LAB}/lab"))["classroomRunning"]
    assert before.keys() == {"kernels", "sessions", "terminals"}
    made = bob.post(f"{LAB}/api/terminals", json={}).raise_for_status().json()["name"]
    after = told(ada.get(f"{LAB}/lab"))["classroomRunning"]
    assert after["terminals"] > before["terminals"]
    assert bob.delete(f"{LAB}/api/terminals/{made}").is_success


def test_a_page_comes_with_what_it_asks_first(people: tuple[httpx.Client, httpx.Client]) -> None:
    ada, bob = people
    layout = {"data": {"layout": "ada's"}, "metadata": {"id": "default"}}
    assert ada.put(f"{LAB}/lab/api/workspaces/default", json=layout).status_code == 204
    for client, name in ((ada, "lena"), (bob, "..%2fbob")):
        settings = {f"lab/api/settings{what}" for what in first_answers.SETTINGS}
        for what in known_answers.KNOWN | settings:
            assert client.get(f"{LAB}/{what}").is_success
        page = client.get(f"{LAB}/lab/tree/none.ipynb")
        assert page.headers["cache-control"] == "no-store", "tomorrow it doesn't hold any more"
        found = {what: one for what, one in answers(page).items() if ".chat" not in what}
        assert found["api/me"]["identity"]["username"] == name
        assert isinstance(found.pop("api/metrics/v1")["rss"], int)
        for what in ("api/kernels", "api/sessions", "api/terminals"):
            assert isinstance(found.pop(what), list)
        layouts = {"lab/api/workspaces", "lab/api/workspaces/default"}
        expected = known_answers.KNOWN | {"api/me", "lsp/status"} | layouts
        assert found.keys() == expected | (settings if client is bob else set()), (
            "ada's are her own"
        )
        for what, answer in found.items():
            assert client.get(f"{LAB}/{what}").json() == answer
    large = {**layout, "data": {"x": "y" * opening_answers.LARGEST_BYTES}}
    assert ada.put(f"{LAB}/lab/api/workspaces/default", json=large).status_code == 204
    assert "lab/api/workspaces" not in answers(ada.get(f"{LAB}/lab"))
    assert ada.put(f"{LAB}/lab/api/workspaces/default", json=layout).status_code == 204


NOTEBOOK = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_a_page_comes_with_what_it_asks_about_its_notebooks(
    people: tuple[httpx.Client, httpx.Client],
) -> None:
    """It has the models of the documents in its address and its layout, as the API returns them."""
    ada, _ = people
    names = {"Übung (1)/a b.ipynb": "%C3%9Cbung%20(1)/a%20b.ipynb", "open.ipynb": "open.ipynb"}
    first, second = names
    folder = first.partition("/")[0]
    assert ada.put(f"{LAB}/api/contents/{folder}", json={"type": "directory"}).is_success
    body = {"type": "notebook", "format": "json", "content": NOTEBOOK}
    session = {"format": "json", "type": "notebook"}
    for name in names:
        assert ada.put(f"{LAB}/api/contents/{name}", json=body).is_success, "nobody has it open"
    restored = {f"notebook:{second}": {"data": {"path": second, "factory": "Notebook"}}}
    layout = {"data": restored, "metadata": {"id": "default"}}
    assert ada.put(f"{LAB}/lab/api/workspaces/default", json=layout).is_success
    found = answers(ada.get(f"{LAB}/lab/tree/{first}"))
    for place in names.values():
        for what in (
            f"api/contents/{place}?content=0&hash=0",
            f"api/contents/{place}?type=notebook&content=0&hash=1&contentProviderId=undefined",
            f"api/contents/{place}/checkpoints",
            f"classroom/api/runs?path={place.replace('/', '%2F')}",
        ):
            assert found.pop(what) == ada.get(f"{LAB}/{what}").json(), what
        room = f"api/collaboration/session/{place}"
        assert found.pop(f"PUT {room}") == ada.put(f"{LAB}/{room}", json=session).json()
    assert not [what for what in found if "ipynb" in what]
    elsewhere = answers(ada.get(f"{LAB}/lab/workspaces/other/tree/{first}"))
    assert not [what for what in elsewhere if second in what], "another window's"
    gone = {**layout, "data": {}}
    assert ada.put(f"{LAB}/lab/api/workspaces/default", json=gone).is_success


def test_a_page_comes_with_what_it_asks_about_the_chat(
    people: tuple[httpx.Client, httpx.Client],
) -> None:
    ada, _ = people
    place, session = "api/collaboration/session/Classroom.chat", {"format": "text", "type": "chat"}
    told = ada.put(f"{LAB}/{place}", json=session).json()
    found = answers(ada.get(f"{LAB}/lab"))
    assert found[f"PUT {place}"] == told
    chat = "api/contents/Classroom.chat"
    assert found[chat] == ada.get(f"{LAB}/{chat}").json()


def test_a_page_of_what_is_not_there_comes_without_answers_about_it(
    people: tuple[httpx.Client, httpx.Client],
) -> None:
    ada, _ = people
    for place in ("none.ipynb", ".hidden.ipynb", "folder%2f%2e%2e/secret.ipynb"):
        page = ada.get(f"{LAB}/lab/tree/{place}")
        assert not [what for what in answers(page) if "ipynb" in what], place


def test_all_settings_come_compressed_to_clients_that_accept_it(
    people: tuple[httpx.Client, httpx.Client],
) -> None:
    _, bob = people
    first = bob.get(f"{LAB}/lab/api/settings").json()
    for takes in ("gzip", "identity", "br"):
        found = bob.get(f"{LAB}/lab/api/settings", headers={"Accept-Encoding": takes})
        assert found.json() == first
        assert found.headers.get("content-encoding") == ("gzip" if takes == "gzip" else None)
    theme = '{"theme": "JupyterLab Light"}'
    assert bob.put(THEMES, json={"raw": theme}).status_code == 204
    changed = bob.get(f"{LAB}/lab/api/settings").json()["settings"]
    assert theme in [one["raw"] for one in changed]


def test_no_name_leads_out_of_ones_own_folder(
    people: tuple[httpx.Client, httpx.Client], trial_lab: Lab
) -> None:
    """In a trial, a person may choose the name ..%2fbob."""
    _, bob = people
    assert bob.put(THEMES, json={"raw": "{}"}).status_code == 204
    _, found = trial_lab.run("sh", "-c", "cd /data/history/settings && ls -d of-*")
    assert "of-..%252fbob" in found.split()


def test_export_formats_are_found_out_once(people: tuple[httpx.Client, httpx.Client]) -> None:
    ada, bob = people
    first, again = ada.get(f"{LAB}/api/nbconvert"), bob.get(f"{LAB}/api/nbconvert")
    assert first.json() == again.json()
    assert first.json()["html"] == {"output_mimetype": "text/html"}


@pytest.mark.parametrize(
    "path", ["api/nbconvert", "lab/api/workspaces/default", "lab/api/settings", "api/contents"]
)
def test_nothing_answers_to_strangers(trial_lab: Lab, path: str) -> None:
    trial_lab.expected.append(rf"GET /services/classroom/{path}|wrote error")
    with web.browser(trial_lab.hosts) as stranger:
        answer = stranger.get(f"{LAB}/{path}", headers={"Accept": "application/json"})
        assert answer.status_code == 403 or answer.url.path == "/hub/login"
        assert "settings" not in answer.text[:20]
