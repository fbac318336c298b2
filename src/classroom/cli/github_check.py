"""Check without a sign-in that GitHub can be reached and accepts the OAuth app's id and secret.

The check asks GitHub to exchange an invalid code for a token. GitHub checks the app before the
code, and its answer says what is wrong (docs.github.com: "Troubleshooting OAuth app access token
request errors").
"""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from classroom.tunnel import ways

if TYPE_CHECKING:
    from traitlets.config import Config

    from classroom.config.github import OAuth
    from classroom.config.upstream import Upstream

TIMEOUT_SECONDS = 15
MOST_BYTES = 65536
PATH = "/login/oauth/access_token"
NO_CODE = "0" * 20
"""A code that GitHub has never given out."""
NOT_TAKEN = (
    "GitHub does not take the client id {client_id!r} with the client secret: make a new secret for"
    " that OAuth app ({url}/settings/developers) and copy both again."
)
NO_APP = (
    "GitHub knows no OAuth app with the client id {client_id!r}: copy it again from"
    " {url}/settings/developers."
)
NOT_REGISTERED = (
    "the callback URL {callback} is not the one of the OAuth app: write exactly this one into the"
    " app ({url}/settings/developers)."
)
NOT_REACHED = (
    "{url} can't be reached from the container ({why}): look at the machine's DNS, firewall and"
    " proxy."
)
NOT_TRUSTED = (
    "the certificate of {url} is not trusted ({why}): a proxy that inspects TLS is in between, or"
    " the server has an authority of its own (c.OAuthenticator.http_request_kwargs)."
)
ODD = "{url} answers something else than GitHub does ({what}): whether people can sign in is open."
GOOD = "{url} is reached, and takes the client id and secret."


class AppVerdict(Enum):
    """What GitHub's answer says about the app."""

    GOOD = "good"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """GitHub's answer, or why there is none.

    Attributes:
        status: the HTTP status; 0 without an answer.
        body: the beginning of the answer's body.
        failure: why there was no answer; "" if there was one.
        untrusted: whether the reason is the server's certificate.
    """

    status: int = 0
    body: bytes = b""
    failure: str = ""
    untrusted: bool = False


@dataclass(frozen=True)
class Judged:
    """A verdict, and the sentence that explains it."""

    kind: AppVerdict
    sentence: str


def authorities(config: Config) -> str | None:
    """Return the file of authorities that the configuration names; None for the system's.

    Args:
        config: the tutor's configuration.
    """
    for section in ("GitHubOAuthenticator", "OAuthenticator"):
        given: Any = config.get(section, {}).get("http_request_kwargs") or {}
        if isinstance(given, dict) and given.get("ca_certs"):
            return str(given["ca_certs"])
    return None


def connect(
    host: str, port: int | None, context: ssl.SSLContext, proxy: Upstream | None
) -> http.client.HTTPSConnection:
    """Create a connection; it is opened by its first request.

    Args:
        host: the host to connect to.
        port: its port; None for 443.
        context: the TLS settings, with the trusted authorities.
        proxy: the proxy to use; None to connect directly.
    """
    if proxy is None:
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=context)
    found = http.client.HTTPSConnection(
        proxy.host, proxy.port, timeout=TIMEOUT_SECONDS, context=context
    )
    found.set_tunnel(host, port, ways.login_header(proxy))
    return found


def ask(oauth: OAuth, cafile: str | None, proxy: Upstream | None = None) -> Answer:
    """Ask GitHub to exchange an invalid code for a token.

    Args:
        oauth: the app.
        cafile: authorities to trust; None for the system's.
        proxy: the proxy to use; None to connect directly.
    """
    url = urlsplit(oauth.github_url)
    asked = {
        "client_id": oauth.client_id,
        "client_secret": oauth.client_secret.reveal(),
        "code": NO_CODE,
        "redirect_uri": oauth.callback_url,
    }
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "collaborative-jupyterlab",
    }
    try:
        context = ssl.create_default_context(cafile=cafile)
        connection = connect(url.hostname or "", url.port, context, proxy)
        try:
            connection.request("POST", f"{url.path}{PATH}", urlencode(asked), headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(MOST_BYTES))
        finally:
            connection.close()
    except ssl.SSLCertVerificationError as error:
        return Answer(failure=error.verify_message, untrusted=True)
    except (OSError, http.client.HTTPException) as error:
        return Answer(failure=str(error) or type(error).__name__)


def judge(oauth: OAuth, answer: Answer) -> Judged:
    """Say what an answer means.

    Args:
        oauth: the app.
        answer: as `ask` got it.
    """
    words = {
        "url": oauth.github_url,
        "client_id": oauth.client_id,
        "callback": oauth.callback_url,
        "why": answer.failure,
    }
    if answer.failure:
        sentence = NOT_TRUSTED if answer.untrusted else NOT_REACHED
        return Judged(AppVerdict.WRONG, sentence.format(**words))
    if answer.status == http.client.NOT_FOUND:
        return Judged(AppVerdict.WRONG, NO_APP.format(**words))
    error = said_error(answer.body)
    if error == "bad_verification_code":
        return Judged(AppVerdict.GOOD, GOOD.format(**words))
    if error == "incorrect_client_credentials":
        return Judged(AppVerdict.WRONG, NOT_TAKEN.format(**words))
    if error == "redirect_uri_mismatch":
        return Judged(AppVerdict.WRONG, NOT_REGISTERED.format(**words))
    what = f"HTTP {answer.status}{f', {error}' if error else ''}"
    return Judged(AppVerdict.UNKNOWN, ODD.format(**words, what=what))


def said_error(body: bytes) -> str:
    """Read GitHub's name of the error; "" if the answer has none.

    Args:
        body: the answer's body.
    """
    try:
        found = json.loads(body)
    except ValueError:
        return ""
    error = found.get("error") if isinstance(found, dict) else None
    return error[:100] if isinstance(error, str) and error.isprintable() else ""
