"""A stand-in for GitHub: OAuth's authorization code flow and the API calls of a sign-in.

It runs in a container of its own under its own host name, over TLS. It is as strict as GitHub:
registered callback, client secret, one-time codes and PKCE (RFC 6749, RFC 7636).
"""

import base64
import hashlib
import html
import json
import os
import secrets
import ssl
import sys
from urllib.parse import urlencode

import tornado.ioloop
import tornado.web

CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ["CLIENT_SECRET"]
CALLBACK = os.environ["CALLBACK"]
PEOPLE = json.loads(os.environ["PEOPLE"])  # login: {"name": …, "organizations": […]}

codes: dict[str, dict[str, str]] = {}
tokens: dict[str, str] = {}

PAGE = """<!DOCTYPE html><html lang="en"><title>Stand-in GitHub</title>
<h1>Sign in to the stand-in GitHub</h1>
<form method="post"><label>Login <input name="login" autofocus></label>
<button>Authorize</button></form>{note}"""


class Authorize(tornado.web.RequestHandler):
    """GET shows the people to choose from, POST signs one in; the session is kept, as by GitHub."""

    def check(self) -> None:
        """Refuse what GitHub refuses."""
        wanted = {
            "client_id": CLIENT_ID,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "code_challenge_method": "S256",
        }
        for name, value in wanted.items():
            if self.get_argument(name, "") != value:
                raise tornado.web.HTTPError(400, f"{name} is not {value}")
        for name in ("state", "code_challenge"):
            self.get_argument(name)

    def get(self) -> None:
        """Sign in a known session again without a question, unless the app requests one."""
        self.check()
        login = self.get_cookie("login", "")
        prompt = self.get_argument("prompt", "")
        if login and prompt != "select_account":
            self.grant(login)
        else:
            self.write(PAGE.format(note=f"<p>prompt: {html.escape(prompt)}</p>"))

    def post(self) -> None:
        """Sign somebody in."""
        self.check()
        login = self.get_body_argument("login")
        if login not in PEOPLE:
            raise tornado.web.HTTPError(404, "no such user")
        self.set_cookie("login", login, secure=True, httponly=True)
        self.grant(login)

    def grant(self, login: str) -> None:
        """Redirect the browser back with a code."""
        code = secrets.token_urlsafe(16)
        codes[code] = {"login": login, "challenge": self.get_argument("code_challenge")}
        query = urlencode({"code": code, "state": self.get_argument("state")})
        self.redirect(f"{CALLBACK}?{query}")


class AccessToken(tornado.web.RequestHandler):
    """Exchanges a code for a token, once, if the client proves its identity."""

    def post(self) -> None:
        """Check the app first, as GitHub does; then the code, its PKCE verifier and callback."""
        if self.get_body_argument("client_id") != CLIENT_ID:
            raise tornado.web.HTTPError(404)
        if self.get_body_argument("client_secret") != CLIENT_SECRET:
            said = "The client_id and/or client_secret passed are incorrect."
            self.write({"error": "incorrect_client_credentials", "error_description": said})
            return
        if self.get_body_argument("redirect_uri") != CALLBACK:
            self.write({"error": "redirect_uri_mismatch"})
            return
        grant = codes.pop(self.get_body_argument("code"), None)
        verifier = self.get_body_argument("code_verifier", "").encode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).decode().rstrip("=")
        if grant is None:
            self.write(
                {"error": "bad_verification_code", "error_description": "There is no such code."}
            )
            return
        if challenge != grant["challenge"]:
            self.write({"error": "bad", "error_description": "The code or secret is wrong."})
            return
        token = secrets.token_urlsafe(16)
        tokens[token] = grant["login"]
        self.write({"access_token": token, "token_type": "bearer", "scope": "read:org"})


class Api(tornado.web.RequestHandler):
    """The base of all paths that need a token."""

    def login(self) -> str:
        """Return the login of the token's owner."""
        token = self.request.headers.get("Authorization", "").partition(" ")[2]
        if token not in tokens:
            raise tornado.web.HTTPError(401)
        return tokens[token]


class User(Api):
    """GET /user."""

    def get(self) -> None:
        """Describe the token's owner."""
        login = self.login()
        person = PEOPLE[login]
        self.write(
            {
                "login": person.get("login", login),
                "id": list(PEOPLE).index(person.get("account", login)) + 1,
                "name": person.get("name"),
                "email": None,
                "avatar_url": f"https://{self.request.host}/avatars/{login}.png",
            }
        )


class Member(Api):
    """GET /orgs/{org}/members/{username}."""

    def get(self, organization: str, login: str) -> None:
        """Say whether somebody is a member."""
        self.login()
        people = {known.lower(): person for known, person in PEOPLE.items()}
        person = people.get(login.lower(), {})
        if "membership" in person:
            status, message = person["membership"]
            self.set_status(status)
            self.write({"message": message})
            return
        self.set_status(204 if organization in person.get("organizations", []) else 404)


class TeamMember(Api):
    """GET /orgs/{org}/teams/{team}/members/{username}, which GitHub no longer documents."""

    def get(self, organization: str, team: str, login: str) -> None:
        """Say whether somebody is in a team."""
        self.login()
        people = {known.lower(): person for known, person in PEOPLE.items()}
        teams = people.get(login.lower(), {}).get("teams", [])
        self.set_status(204 if f"{organization}:{team}" in teams else 404)


class Avatar(tornado.web.RequestHandler):
    """A picture for each person."""

    def get(self, login: str) -> None:
        """Draw the login's first letter on a colour of its own."""
        hue = sum(login.encode()) * 37 % 360
        self.set_header("Content-Type", "image/svg+xml")
        self.write(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
            f'<rect width="10" height="10" fill="hsl({hue} 60% 45%)"/>'
            f'<text x="5" y="8" font-size="8" text-anchor="middle" fill="#fff">{login[:1]}</text>'
            "</svg>"
        )


if __name__ == "__main__":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("/pki/github.crt", "/pki/github.key")
    tornado.web.Application(
        [
            ("/login/oauth/authorize", Authorize),
            ("/login/oauth/access_token", AccessToken),
            (r"/avatars/(\w+)\.png", Avatar),
            (r"/(favicon)\.ico", Avatar),
            ("/api/v3/user", User),
            (r"/api/v3/orgs/([^/]+)/members/([^/]+)", Member),
            (r"/api/v3/orgs/([^/]+)/teams/([^/]+)/members/([^/]+)", TeamMember),
        ]
    ).listen(443, ssl_options=context)
    sys.stderr.write("stand-in GitHub is up\n")
    tornado.ioloop.IOLoop.current().start()
