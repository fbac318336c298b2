"""What our part of the lab server does, over its API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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
        # Nobody that other modules know: one may have as many layouts as anybody may have.
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
    """overrides.json: no news and no update checks, whatever JupyterLab's own default is."""
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


def test_no_name_leads_out_of_ones_own_folder(
    people: tuple[httpx.Client, httpx.Client], trial_lab: Lab
) -> None:
    """Somebody may call themselves ..%2fbob in a trial."""
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
