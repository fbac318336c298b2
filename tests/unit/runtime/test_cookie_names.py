from tornado import httputil

from classroom.runtime import cookie_names, credentials
from classroom.runtime.cookie_names import LOGIN, MOST_OTHER_LABS, OF_HUB, OF_LAB, SESSION, XSRF

LAB, OTHER = "0123abcd", "fedc9876"


def test_a_lab_is_told_by_its_secret() -> None:
    one, other = (credentials.lab_id(bytes([number]) * 32) for number in (1, 2))
    assert one == credentials.lab_id(b"\x01" * 32)
    assert one != other
    assert len(one) == 8


def test_what_a_lab_sets_is_what_it_reads() -> None:
    for ours, names in (
        (OF_HUB, (LOGIN, SESSION, XSRF, f"oauthenticator-state-{'ab' * 16}", f"__Host-{LOGIN}")),
        (OF_LAB, (SESSION, "service-classroom", "service-classroom-oauth-state-abcdef12")),
    ):
        for name in names:
            outside = cookie_names.outward(name, LAB, ours)
            assert outside != name
            assert outside.startswith("__Host-") == name.startswith("__Host-")
            assert cookie_names.inward(f"{outside}=v=1", LAB, ours) == f"{name}=v=1"
            assert cookie_names.inward(f"{outside}=v", OTHER, ours) == ""
            assert cookie_names.inward(f"{name}=of another program", LAB, ours) == ""


def test_other_programs_cookies_keep_their_names() -> None:
    for ours in (OF_HUB, OF_LAB):
        assert cookie_names.outward("theirs", LAB, ours) == "theirs"
        assert cookie_names.inward("theirs=1;flag; x=a=b", LAB, ours) == "theirs=1; flag; x=a=b"


def test_pages_of_the_lab_read_its_token_under_its_own_name() -> None:
    assert cookie_names.outward(XSRF, LAB, OF_LAB) == XSRF
    assert cookie_names.inward("_xsrf=1", LAB, OF_LAB) == "_xsrf=1"


def test_two_cookies_of_one_name_stay_two() -> None:
    """The Hub rejects two sign-ins, because a script may have set one of them."""
    name = f"{LOGIN}-{LAB}"
    assert cookie_names.inward(f"{name}=1; {LOGIN}=2; {name}=3", LAB, OF_HUB) == (
        f"{LOGIN}=1; {LOGIN}=3"
    )


def test_cookies_of_labs_that_came_and_went_are_cleared() -> None:
    labs = [f"{number:08x}" for number in range(MOST_OTHER_LABS + 2)]
    header = "; ".join(f"{name}-{lab}=1" for lab in [*labs, LAB] for name in (SESSION, LOGIN))
    gone = cookie_names.superfluous(header, LAB, OF_HUB)
    assert gone == [
        (f"{name}-{lab}", path)
        for lab in labs[:2]
        for name, path in ((SESSION, "/"), (LOGIN, "/hub/"))
    ]
    assert cookie_names.answered(["a=1; Path=/"], gone, LAB, OF_HUB)[1:] == [
        f'{name}=""; Max-Age=0; Path={path}; Secure' for name, path in gone
    ]
    assert cookie_names.answered([], gone, LAB, OF_HUB) == []
    fewer = "; ".join(f"{LOGIN}-{lab}=1" for lab in labs[:MOST_OTHER_LABS])
    assert cookie_names.superfluous(fewer, LAB, OF_HUB) == []


class Delegate(httputil.HTTPMessageDelegate):
    """Stands in for a tornado application."""

    received = ""

    def headers_received(self, _: object, headers: httputil.HTTPHeaders) -> None:
        self.received = headers.get("Cookie", "")


class Connection:
    """Stands in for the connection of an answer."""

    written: httputil.HTTPHeaders | None = None

    def write_headers(self, _: object, headers: httputil.HTTPHeaders, __: bytes) -> None:
        self.written = headers


def test_names_change_on_the_way_in_and_out() -> None:
    class Application:
        def start_request(self, _: object, __: object) -> Delegate:
            return within

    within, connection, application = Delegate(), Connection(), Application()
    cookie_names.use(application, LAB, OF_HUB)
    delegate = application.start_request(None, connection)
    line = httputil.RequestStartLine("GET", "/hub/", "HTTP/1.1")
    delegate.headers_received(line, httputil.HTTPHeaders({"Cookie": f"{LOGIN}-{LAB}=1"}))
    assert within.received == f"{LOGIN}=1"
    answer = httputil.HTTPHeaders()
    for name in (LOGIN, XSRF):
        answer.add("Set-Cookie", f"{name}=1; Path=/hub/")
    connection.write_headers(httputil.ResponseStartLine("HTTP/1.1", 200, "OK"), answer, b"")
    assert answer.get_list("Set-Cookie") == [
        f"{name}-{LAB}=1; Path=/hub/" for name in (LOGIN, XSRF)
    ]
    assert connection.written is answer
