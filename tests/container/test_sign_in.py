"""Who may sign in, in which way, and what rejected people see."""

from __future__ import annotations

import base64
import html
import re
from typing import TYPE_CHECKING

import pytest

from classroom.hub.auth.oauth_sign_in import MOST_SIGN_INS
from classroom.hub.auth.typed_passphrase import OTHERS, TUTORS
from tests import labs, web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.pki import Authority

LAB_PATH = "/services/classroom/lab"


@pytest.fixture
def person(github_lab: Lab, github: Lab, authority: Authority) -> Iterator[httpx.Client]:
    """A browser that resolves the lab and GitHub by name, and trusts only the test authority."""
    hosts = {**github_lab.hosts, labs.GITHUB: github.ip}
    with web.browser(hosts, authority.crt) as client:
        yield client


def api(client: httpx.Client, path: str) -> httpx.Response:
    return client.get(f"{labs.ADDRESS}/services/classroom/api/{path}")


def test_allowed_user_lands_in_the_lab_in_one_go(person: httpx.Client) -> None:
    page = web.sign_in_with_github(person, labs.ADDRESS, "Octocat")
    assert page.status_code == 200
    assert page.url.path == LAB_PATH
    assert "jupyter-config-data" in page.text
    # No page in between required a click: every step was a redirect.
    assert all(step.is_redirect for step in page.history)


def test_user_names_are_compared_without_case(person: httpx.Client) -> None:
    """USERS and GitHub have Octocat, the Hub has octocat."""
    web.sign_in_with_github(person, labs.ADDRESS, "Octocat")
    assert api(person, "me").json()["identity"]["username"] == "octocat"


def test_name_and_picture_are_githubs(person: httpx.Client) -> None:
    web.sign_in_with_github(person, labs.ADDRESS, "Octocat")
    identity = api(person, "me").json()["identity"]
    assert identity["display_name"] == "Ada Octocat"
    assert identity["initials"] == "AO"
    assert identity["avatar_url"] == f"https://{labs.GITHUB}/avatars/Octocat.png"


def test_member_of_an_allowed_organization_gets_in(person: httpx.Client) -> None:
    page = web.sign_in_with_github(person, labs.ADDRESS, "astronaut")
    assert page.url.path == LAB_PATH


def test_tutor_gets_in_without_standing_in_users(person: httpx.Client) -> None:
    web.sign_in_with_github(person, labs.ADDRESS, "mona")
    assert person.get(f"{labs.ADDRESS}/hub/admin").status_code == 200


def test_student_is_no_admin(person: httpx.Client, github_lab: Lab) -> None:
    github_lab.expected.append("403 GET /hub/admin|Not authorizing access to /hub/admin")
    web.sign_in_with_github(person, labs.ADDRESS, "hubot")
    assert person.get(f"{labs.ADDRESS}/hub/admin").status_code == 403


def test_stranger_reads_who_they_are_and_whom_to_ask(person: httpx.Client, github_lab: Lab) -> None:
    github_lab.expected.append("User 'stranger' not allowed|Failed login for|stranger is not part")
    github_lab.expected.append(r"\[W .* 403 GET /hub/oauth_callback")
    page = web.sign_in_with_github(person, labs.ADDRESS, "stranger")
    assert page.status_code == 403
    assert "You are not on this classroom's list" in page.text
    assert "<strong>stranger</strong>" in page.text
    assert "mona" in page.text
    assert "Traceback" not in page.text
    assert person.get(f"{labs.ADDRESS}{LAB_PATH}").url.path == "/hub/login"


def test_stranger_can_come_back_as_somebody_else(person: httpx.Client, github_lab: Lab) -> None:
    github_lab.expected.append("User 'stranger' not allowed|Failed login for|stranger is not part")
    github_lab.expected.append(r"\[W .* 403 GET /hub/oauth_callback")
    page = web.sign_in_with_github(person, labs.ADDRESS, "stranger")
    assert 'href="/hub/oauth_login?switch=1"' in page.text
    asked = person.get(f"{labs.ADDRESS}/hub/oauth_login?switch=1")
    assert "prompt: select_account" in asked.text, "GitHub must ask, not sign the stranger in again"
    page = person.post(asked.url, data={"login": "hubot"})
    assert page.url.path == LAB_PATH
    assert api(person, "me").json()["identity"]["username"] == "hubot"


CALLBACK = f"{labs.ADDRESS}/hub/oauth_callback"


@pytest.mark.parametrize(
    "query",
    [
        "code=stolen&state=forged",
        "code=stolen&state=bnVsbA==",
        f"code=stolen&state={base64.b64encode(b'[1]').decode()}",
        "code=stolen",
        "state=forged",
        "",
    ],
)
def test_forged_state_is_refused(person: httpx.Client, github_lab: Lab, query: str) -> None:
    github_lab.expected.append(r"400 GET /hub/oauth_callback|Failed to (b64|json)-decode state")
    answer = person.get(f"{CALLBACK}?{query}")
    assert answer.status_code == 400
    assert "This sign-in was used before" in answer.text
    assert 'href="/hub/oauth_login"' in answer.text


def begun(person: httpx.Client) -> httpx.URL:
    """Begin a sign-in, and stop before the callback; return the callback's address."""
    step = person.get(f"{labs.ADDRESS}/hub/oauth_login?next={LAB_PATH}", follow_redirects=False)
    while step.is_redirect and (where := step.next_request) is not None:
        if where.url.path == "/hub/oauth_callback":
            return where.url
        step = person.send(where, follow_redirects=False)
    raise AssertionError(step)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_several_tabs_that_sign_in_at_once_all_get_in(
    person: httpx.Client, order: tuple[int, ...]
) -> None:
    web.sign_in_with_github(person, labs.ADDRESS, "hubot")  # GitHub remembers it
    person.get(f"{labs.ADDRESS}/services/classroom/logout")
    tabs = [begun(person) for _ in order]
    for tab in order:
        page = person.get(tabs[tab])
        assert (page.status_code, page.url.path) == (200, LAB_PATH)
    back = person.get(tabs[0])
    assert (back.status_code, back.url.path) == (200, LAB_PATH), "Back, when signed in"
    mine = [name for name in person.cookies if name.startswith("oauthenticator-state")]
    assert mine == [], "nothing of a sign-in is left"


def test_many_that_were_begun_leave_few_cookies(person: httpx.Client) -> None:
    web.sign_in_with_github(person, labs.ADDRESS, "hubot")
    person.get(f"{labs.ADDRESS}/services/classroom/logout")
    tabs = [begun(person) for _ in range(12)]
    mine = [name for name in person.cookies if name.startswith("oauthenticator-state")]
    assert len(mine) == MOST_SIGN_INS
    assert person.get(tabs[-1]).url.path == LAB_PATH


WAITING_TABS = 50
"""A signed-out browser that is reopened with this number of tabs begins as many sign-ins."""


def test_who_has_many_tabs_that_wait_gets_in(person: httpx.Client) -> None:
    """The cookies of all these sign-ins are cleared at the end: a small header can't hold them."""
    for number in range(WAITING_TABS):
        tab = person.get(f"{labs.ADDRESS}{LAB_PATH}/tree/{number}.ipynb", follow_redirects=False)
        assert tab.is_redirect
    begun = [name for name in person.cookies if name.startswith("service-classroom-oauth-state")]
    assert len(begun) == WAITING_TABS
    assert web.sign_in_with_github(person, labs.ADDRESS, "Octocat").url.path == LAB_PATH
    left = [name for name in person.cookies if name.startswith("service-classroom-oauth-state")]
    assert left == []


def test_who_cancels_at_github_finds_the_way_back(person: httpx.Client, github_lab: Lab) -> None:
    github_lab.expected.append("400 GET /hub/oauth_callback")
    first = person.get(f"{labs.ADDRESS}/hub/oauth_login")
    state = first.url.params["state"]
    page = person.get(f"{CALLBACK}?error=access_denied&error_description=No.&state={state}")
    assert page.status_code == 400
    assert "You cancelled the sign-in at GitHub." in page.text
    again = person.post(person.get(f"{labs.ADDRESS}/hub/oauth_login").url, data={"login": "hubot"})
    assert again.url.path == LAB_PATH


def test_could_not_ask_is_no_no(person: httpx.Client, github_lab: Lab) -> None:
    """A student must not read that they aren't on the list if GitHub couldn't say."""
    github_lab.expected.append(r"GitHub can't say if unsure|not part of allowed|503 GET /hub/oauth")
    page = web.sign_in_with_github(person, labs.ADDRESS, "unsure")
    assert page.status_code == 503
    assert "GitHub could not say whether you belong to moon" in page.text
    assert "not on this classroom" not in page.text
    told = "GitHub can't say if unsure belongs to moon: 403 API rate limit exceeded"
    labs.wait_until(lambda: told in github_lab.log, "the log says so too")


def test_a_name_that_another_account_has_now_waits_for_a_tutor(
    person: httpx.Client, github_lab: Lab, github: Lab, authority: Authority
) -> None:
    github_lab.expected += [
        r"twin is another GitHub account now|403 GET /hub/oauth_callback|403 GET /services/",
        "Event loop|wrote error: 'Forbidden'|Detected unused OAuth state",
    ]
    assert web.sign_in_with_github(person, labs.ADDRESS, "twin").url.path == LAB_PATH
    hosts = {**github_lab.hosts, labs.GITHUB: github.ip}
    with (
        web.browser(hosts, authority.crt) as second,
        web.browser(hosts, authority.crt) as tutor,
    ):
        page = web.sign_in_with_github(second, labs.ADDRESS, "second-twin")
        assert page.status_code == 403
        assert "The GitHub name twin belongs to another account" in page.text
        assert "mona" in page.text, "whom to ask"
        refused = "twin is another GitHub account now (8), and was refused"
        labs.wait_until(lambda: refused in github_lab.log, "the line for the tutor")
        web.sign_in_with_github(tutor, labs.ADDRESS, "mona")
        token = str(web.cookie(tutor, "_xsrf").value)
        headers = {"X-XSRFToken": token, "Referer": f"{labs.ADDRESS}/hub/admin"}
        address = f"{labs.ADDRESS}/hub/api/users/twin"
        assert tutor.delete(address, headers=headers).status_code == 204
        assert tutor.post(address, headers=headers).status_code == 201
        page = web.sign_in_with_github(second, labs.ADDRESS, "second-twin")
        assert (page.status_code, page.url.path) == (200, LAB_PATH)


def test_a_wrong_client_secret_admits_nobody(
    network: Network, github: Lab, authority: Authority, tmp_path: Path
) -> None:
    """The person reads a sentence, and a different one if GitHub does not answer."""
    wrong = labs.GITHUB_CONFIG.replace(labs.CLIENT_SECRET, "not-the-secret")
    folder = labs.write_folder(tmp_path / "tutor", wrong, authority)
    expected = ("HTTP|403 GET /hub/oauth_callback|503 GET /hub/oauth_callback|could not be asked",)
    with labs.start(folder, network=network, expected=expected) as lab:
        lab.wait_healthy()
        with web.browser({**lab.hosts, labs.GITHUB: github.ip}, authority.crt) as client:
            page = web.sign_in_with_github(client, labs.ADDRESS, "Octocat")
            assert page.status_code == 403
            assert "client_secret passed are incorrect" in page.text
            asked = client.get(f"{labs.ADDRESS}/hub/oauth_login")
            # The Hub can't reach GitHub, but the person can.
            elsewhere = "sed s/127.0.0.2/127.0.0.9/ /etc/hosts > /tmp/hosts"
            lab.run("sh", "-c", f"{elsewhere}; cat /tmp/hosts > /etc/hosts")
            page = client.get(f"{labs.ADDRESS}/hub/oauth_login")
            assert asked.history, "the stand-in knew the session and sent it straight back"
            assert page.status_code == 503
            assert "GitHub could not be reached to ask who you are" in page.text
            assert "Traceback" not in page.text


def test_nobody_starts_a_personal_lab(person: httpx.Client, github_lab: Lab) -> None:
    github_lab.expected.append(
        r"403 (GET /hub/spawn|POST /hub/api/users)|Not authorizing access to /hub/(spawn|api/users)"
    )
    web.sign_in_with_github(person, labs.ADDRESS, "hubot")
    home = person.get(f"{labs.ADDRESS}/hub/home")
    assert "Go to the classroom" in home.text
    assert "Start My Server" not in home.text
    assert person.get(f"{labs.ADDRESS}/hub/spawn").status_code in {403, 404}
    token = web.cookie(person, "_xsrf").value
    started = person.post(
        f"{labs.ADDRESS}/hub/api/users/hubot/server", headers={"X-XSRFToken": token or ""}
    )
    assert started.status_code in {403, 404}


def test_signing_out_ends_the_lab_too(person: httpx.Client, github_lab: Lab) -> None:
    github_lab.expected.append("403 GET /services/classroom/api/me|wrote error: 'Forbidden'")
    web.sign_in_with_github(person, labs.ADDRESS, "hubot")
    assert api(person, "me").status_code == 200
    person.get(f"{labs.ADDRESS}/services/classroom/logout")
    assert api(person, "me").status_code == 403


def test_trial_admits_any_name_with_the_passphrase(trial_lab: Lab) -> None:
    trial_lab.expected.append("403 GET /hub/admin|Not authorizing access to /hub/admin")
    with web.browser(trial_lab.hosts) as client:
        page = web.sign_in_with_passphrase(client, labs.ADDRESS, "Grace", trial_lab.passphrase())
        assert page.url.path == LAB_PATH
        assert api(client, "me").json()["identity"]["username"] == "grace"
        assert client.get(f"{labs.ADDRESS}/hub/admin").status_code == 403


def test_trial_shows_a_name_as_it_was_typed_and_asks_a_second_of_it(trial_lab: Lab) -> None:
    """No other module may use this name, otherwise the form would ask the first person already."""
    passphrase = trial_lab.passphrase()
    with web.browser(trial_lab.hosts) as first:
        web.sign_in_with_passphrase(
            first, labs.ADDRESS, " Mary  SOMERVILLE", passphrase, same=False
        )
        identity = api(first, "me").json()["identity"]
        assert identity["username"] == "mary somerville"
        assert identity["display_name"] == "Mary SOMERVILLE"
        kept = web.cookie(first, "jupyterhub-trial-name")
        assert kept.secure
        assert kept.has_nonstandard_attr("HttpOnly")
    with web.browser(trial_lab.hosts) as second:
        page = web.sign_in_with_passphrase(
            second, f"{labs.ADDRESS}{LAB_PATH}/tree/x", "mary somerville", passphrase, same=False
        )
        assert page.status_code == 200
        assert "Are you the same Mary SOMERVILLE?" in page.text
        assert second.get(f"{labs.ADDRESS}{LAB_PATH}").url.path == "/hub/login", "not in yet"
        page = web.sign_in_with_passphrase(second, labs.ADDRESS, "mary somerville", passphrase)
        assert page.url.path == LAB_PATH
        # Signing in with a lower-case name doesn't change the display name.
        assert api(second, "me").json()["identity"]["display_name"] == "Mary SOMERVILLE"
    with web.browser(trial_lab.hosts) as guesser:
        trial_lab.expected.append("Failed login for|403 POST /hub/login")
        page = web.sign_in_with_passphrase(
            guesser, labs.ADDRESS, "Mary Somerville", "no", same=False
        )
        assert page.status_code == 403
        assert "SOMERVILLE" not in page.text, "who was here is for those with the passphrase"


def test_trial_takes_the_passphrase_however_it_is_typed(trial_lab: Lab) -> None:
    typed = f" {trial_lab.passphrase().upper().replace('-', '  ')} "
    with web.browser(trial_lab.hosts) as client:
        page = web.sign_in_with_passphrase(client, labs.ADDRESS, "Typist", typed)
        assert page.url.path == LAB_PATH


def test_trial_says_which_passphrase_is_whose(trial_lab: Lab) -> None:
    trial_lab.expected.append("Failed login for|403 POST /hub/login")
    mixed = [("grace", trial_lab.passphrase("Tutor")), ("tutor", trial_lab.passphrase())]
    for (name, typed), said in zip(mixed, (TUTORS, OTHERS), strict=True):
        with web.browser(trial_lab.hosts) as client:
            page = web.sign_in_with_passphrase(client, labs.ADDRESS, name, typed)
            assert page.status_code == 403
            assert said.format(name="tutor") in html.unescape(page.text)
            assert "the log of the" not in page.text


def test_trial_refuses_a_wrong_passphrase(trial_lab: Lab) -> None:
    trial_lab.expected.append("Failed login for|403 POST /hub/login")
    with web.browser(trial_lab.hosts) as client:
        page = web.sign_in_with_passphrase(client, labs.ADDRESS, "grace", "not-the-passphrase")
        assert page.status_code == 403
        assert "That is not the passphrase of this class" in page.text


def test_trial_says_readably_that_somebody_was_removed(trial_lab: Lab) -> None:
    """Only people who know the passphrase read this; others learn no names."""
    trial_lab.expected.append("Failed login for|403 POST /hub/login|blocked. Stop authent|404 ")
    trial_lab.expected.append("unused OAuth state cookies|403 GET|wrote error: 'Forbidden'")
    right = trial_lab.passphrase()
    with web.browser(trial_lab.hosts) as client:
        web.sign_in_with_passphrase(client, labs.ADDRESS, "Leaver", right)
    with web.browser(trial_lab.hosts) as tutor:
        web.sign_in_with_passphrase(tutor, labs.ADDRESS, "tutor", trial_lab.passphrase("Tutor"))
        token = str(web.cookie(tutor, "_xsrf").value)
        headers = {"X-XSRFToken": token, "Referer": f"{labs.ADDRESS}/hub/admin"}
        address = f"{labs.ADDRESS}/hub/api/users/leaver"
        assert tutor.delete(address, headers=headers).status_code == 204
        with web.browser(trial_lab.hosts) as client:
            page = web.sign_in_with_passphrase(client, labs.ADDRESS, "Leaver", right)
            assert page.status_code == 403
            assert "You are not on this classroom's list" in page.text
            assert "<strong>leaver</strong>" in page.text
            assert "GitHub" not in page.text
            again = client.get(page.url.join(link_to_somebody_else(page.text)))
            assert 'name="password"' in again.text
            told = [
                web.sign_in_with_passphrase(client, labs.ADDRESS, name, "not-the-passphrase")
                for name in ("leaver", "anybody")
            ]
        assert [page.status_code for page in told] == [403, 403]
        shown = [
            # Compare the text between the tags, without scripts, which differ each time.
            re.findall(r">([^<]+)<", re.sub(r"(?s)<script.*?</script>", "", page.text))
            for page in told
        ]
        assert any("That is not the passphrase of this class" in words for words in shown[0])
        assert shown[0] == shown[1]
        assert tutor.post(address, headers=headers).status_code == 201
    with web.browser(trial_lab.hosts) as client:
        page = web.sign_in_with_passphrase(client, labs.ADDRESS, "leaver", right)
        assert page.url.path == LAB_PATH


def link_to_somebody_else(page: str) -> str:
    """Return the link on the rejecting page that lets another person sign in."""
    found = re.search(r'href="([^"]+)">Sign in as somebody else', page)
    assert found is not None
    return html.unescape(found.group(1))


def test_trial_tutor_needs_the_tutors_passphrase(trial_lab: Lab) -> None:
    trial_lab.expected.append("Failed login for|403 POST /hub/login")
    trial_lab.expected.append("unused OAuth state cookies")  # from the first try, which was refused
    with web.browser(trial_lab.hosts) as client:
        page = web.sign_in_with_passphrase(client, labs.ADDRESS, "tutor", trial_lab.passphrase())
        assert page.status_code == 403
        page = web.sign_in_with_passphrase(
            client, labs.ADDRESS, "tutor", trial_lab.passphrase("Tutor")
        )
        assert page.url.path == LAB_PATH
        assert client.get(f"{labs.ADDRESS}/hub/admin").status_code == 200


def test_trial_says_what_it_is(trial_lab: Lab) -> None:
    assert "This is a TRIAL" in trial_lab.log
    assert "To set up your class: cp jupyterhub_config_example.py" in trial_lab.log
    assert f"{labs.ADDRESS.rpartition(':')[2]}" in trial_lab.log
    assert len(trial_lab.passphrase("Tutor")) >= 32
    assert "/data is not a volume" in trial_lab.log
