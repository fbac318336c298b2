from types import SimpleNamespace

import pytest
from tornado.httputil import HTTPHeaders

from classroom.lab.permissions import same_origin

OWN = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}


@pytest.mark.parametrize(
    ("change", "own"),
    [
        ({}, True),
        ({"Sec-Fetch-Mode": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),  # another port, or the Hub's host
        ({"Sec-Fetch-Site": "cross-site"}, False),  # also a frame with an origin of its own
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, False),  # a form
        ({"Sec-Fetch-Mode": "no-cors"}, False),  # a link's ping
        ({"Sec-Fetch-Dest": "image"}, False),
    ],
)
def test_only_a_script_of_a_page_of_the_lab_needs_no_token(
    change: dict[str, str], *, own: bool
) -> None:
    headers = HTTPHeaders({**OWN, **change})
    assert same_origin.is_own(headers) is own
    checked: list[object] = []
    hub_auth = SimpleNamespace(check_xsrf_cookie=checked.append)
    same_origin.use(hub_auth)
    hub_auth.check_xsrf_cookie(SimpleNamespace(request=SimpleNamespace(headers=headers)))
    assert (not checked) is own


def test_a_program_needs_the_token() -> None:
    assert not same_origin.is_own(HTTPHeaders())
