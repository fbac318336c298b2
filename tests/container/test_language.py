"""A German class: the Hub's pages, JupyterLab's texts and the lab's sentences."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests import labs, students, web

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.pki import Authority

CONFIG = f"""{labs.GITHUB_CONFIG}
c.Classroom.language = "German"
"""
EXPECTED = ("40[34] GET", "not part of allowed_organizations|not allowed|Failed login")
TRANSLATIONS = "lab/api/translations"


@pytest.fixture(scope="module")
def german(
    network: Network,
    github: Lab,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    del github
    folder = tmp_path_factory.mktemp("tutor")
    with labs.configured(folder, CONFIG, authority, network, EXPECTED) as made:
        yield made


@pytest.fixture
def person(german: Lab, github: Lab, authority: Authority) -> Iterator[httpx.Client]:
    with web.browser({**german.hosts, labs.GITHUB: github.ip}, authority.crt) as client:
        yield client


def lab(client: httpx.Client, path: str) -> httpx.Response:
    return client.get(f"{labs.ADDRESS}{students.BASE}/{path}")


def options(page: str) -> dict[str, Any]:
    """Return the configuration in a page of JupyterLab."""
    found = re.search(r'<script id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found
    told: dict[str, Any] = json.loads(html.unescape(found[1]))
    return told


def test_the_hubs_pages_are_german(person: httpx.Client) -> None:
    page = person.get(f"{labs.ADDRESS}/hub/login")
    assert '<html lang="de">' in page.text
    assert "Mit GitHub anmelden" in page.text
    assert "Dunkle Darstellung" in page.text
    page = person.get(f"{labs.ADDRESS}/hub/nothing-here")
    assert "404 : Nicht gefunden" in page.text, re.findall("<h1.*", page.text)
    refused = web.sign_in_with_github(person, labs.ADDRESS, "stranger")
    assert "Sie stehen nicht auf der Liste dieses Kursraums" in refused.text
    assert "Bitten Sie Ihre Lehrkraft (mona)" in refused.text


def test_the_labs_sentences_are_german(person: httpx.Client) -> None:
    web.sign_in_with_github(person, labs.ADDRESS, "Octocat")
    found = lab(person, "api/contents/weg.txt").json()["message"]
    assert found.startswith("„weg.txt“ gibt es hier nicht: Es wurde umbenannt")


def test_a_page_comes_with_jupyterlabs_words_and_ours(person: httpx.Client) -> None:
    """The page contains them, compressed: it sends no more requests than in English."""
    web.sign_in_with_github(person, labs.ADDRESS, "Octocat")
    said = lab(person, f"{TRANSLATIONS}/default").json()["data"]
    assert said["jupyterlab"]["menu\x04Edit"] == ["Bearbeiten"]
    assert said["classroom"]["You are signed out"] == ["Sie sind abgemeldet"]
    assert "jupyterlab_git" not in said, "words of what isn't installed"
    told = options(lab(person, "lab").text)
    packed = base64.b64decode(told["classroomPacked"][f"{TRANSLATIONS}/default"])
    assert json.loads(gzip.decompress(packed))["data"] == said
    assert f"{TRANSLATIONS}/default" not in told["classroomAnswers"]
    assert len(packed) < 48 * 1024


def test_settings_are_described_in_german_and_who_wants_reads_another_language(
    person: httpx.Client,
) -> None:
    web.sign_in_with_github(person, labs.ADDRESS, "hubot")
    name = "@classroom/labextension:plugin"
    asked = f"lab/api/settings/{name}"
    assert lab(person, asked).json()["schema"]["properties"]["showWhoRan"]["title"] == (
        "Anzeigen, wer eine Zelle ausgeführt hat"
    )
    listed = lab(person, TRANSLATIONS).json()["data"]
    assert {"en", "de_DE", "fr_FR"} <= listed.keys()
    token = {"X-XSRFToken": str(person.cookies.get("_xsrf", path=f"{students.BASE}/"))}
    chosen = person.put(
        f"{labs.ADDRESS}{students.BASE}/lab/api/settings/@jupyterlab/translation-extension:plugin",
        json={"raw": '{"locale": "fr_FR"}'},
        headers=token,
    )
    assert chosen.status_code == 204
    assert lab(person, asked).json()["schema"]["properties"]["showWhoRan"]["title"] == (
        "Afficher qui a exécuté une cellule"
    )
    french = lab(person, f"{TRANSLATIONS}/fr_FR").json()["data"]
    assert french["jupyterlab"]["menu\x04Kernel"] == ["Noyau"]


def test_students_programs_keep_the_c_locale(german: Lab) -> None:
    assert german.run("sh", "-c", "echo $LANG")[1].strip() == "C.UTF-8"


def test_what_is_no_language_is_refused_with_what_to_do(german: Lab) -> None:
    script = (
        "from classroom.config import language\n"
        "problems = []\n"
        "language.read('es', 'c.Classroom.language', problems)\n"
        "print(problems[0])"
    )
    said = german.run("/opt/classroom/bin/python", "-I", "-c", script)[1]
    assert "'es' is no language that this image has" in said
    assert "jupyterlab-language-pack-es-ES" in said
