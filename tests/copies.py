"""Links to copies: make them as a page does, and open them as people do."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from classroom.lab.api.copies import ADDRESS
from tests import labs
from tests.links import DEAD, fields

if TYPE_CHECKING:
    import httpx

PLACE = f"{labs.ADDRESS}/hub/take-copy"
MINE = f"{labs.ADDRESS}/hub/my-links"


def make(client: httpx.Client, base: str, path: str, seconds: float = 3600) -> httpx.Response:
    """Make a link to a copy of a file or folder of the lab at ``base``, as the lab's page does."""
    headers = {
        "X-XSRFToken": str(client.cookies.get("_xsrf", path=f"{base}/")),
        "Sec-Fetch-Mode": "cors",
        "Sec-Fetch-Dest": "empty",
    }
    wanted = {"path": path, "seconds": seconds}
    address = f"{labs.ADDRESS}{base}/{ADDRESS}"
    return client.post(address, headers=headers, json=wanted, follow_redirects=False)


def made(client: httpx.Client, base: str, path: str, seconds: float = 3600) -> str:
    """Make a link; return its address."""
    answer = make(client, base, path, seconds)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["address"])


def press(client: httpx.Client, address: str) -> httpx.Response:
    """Open a link and press its button; the answer redirects to the copy, or is a page."""
    page = client.get(address)
    assert page.status_code == 200, page.text
    return client.post(PLACE, data=fields(page), follow_redirects=False)


def place_of(answer: httpx.Response) -> str:
    """Return the path of a copy: the answer redirects there, or its page links to it."""
    if answer.status_code == 302:
        return unquote(answer.headers["Location"])
    assert answer.status_code == 200, answer.text
    found = re.search(r'<a class="btn btn-jupyter" href="([^"]+)"', answer.text)
    assert found is not None, answer.text
    return unquote(html.unescape(found[1]))


def take(client: httpx.Client, address: str) -> str:
    """Get a copy by a link; return the path of the copy."""
    return place_of(press(client, address))


def words(page: httpx.Response) -> str:
    """Return the text of a page of the Hub."""
    assert "<main" in page.text, page.text
    main = page.text.split("<main")[1].partition(">")[2].split("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def refusal(client: httpx.Client, address: str) -> str:
    """Try to get a copy; return the page's sentence that says why there is none."""
    answer = press(client, address)
    assert answer.status_code == 409, (answer.status_code, answer.headers, answer.text)
    found = re.search(r'<p role="alert">([^<]+)</p>', answer.text)
    assert found is not None, answer.text
    return html.unescape(found[1])


def is_dead(client: httpx.Client, address: str) -> str:
    """Check that a link is dead; return what its page says."""
    page = client.get(address)
    assert (page.status_code, DEAD in page.text, "<form" in page.text) == (404, True, False)
    return words(page)


def mine(client: httpx.Client) -> list[tuple[str, str, int]]:
    """List the person's own links on their page: key, path, and how many copies were made."""
    page = client.get(MINE)
    assert page.is_success, page.text
    table = page.text.partition("<tbody>")[2]
    rows = [one for one in table.split("<tr>")[1:] if 'name="link"' in one]
    return [_row(one) for one in rows]


def _row(row: str) -> tuple[str, str, int]:
    key = re.search(r'name="link" value="([^"]+)"', row)
    path = re.search(r"<bdi>([^<]*)</bdi>", row)
    used = re.search(r"<td>(\d+)</td>", row)
    assert key is not None, row
    assert path is not None, row
    assert used is not None, row
    return key[1], html.unescape(path[1]), int(used[1])


def take_back(client: httpx.Client, key: str) -> httpx.Response:
    """Revoke a link on the page of one's own links."""
    page = client.get(MINE)
    xsrf = page.text.split('xsrf_token: "')[1].split('"')[0]
    return client.post(MINE, data={"_xsrf": xsrf, "link": key})
