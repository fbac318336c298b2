"""The steps of a sign-in at GitHub, and a page for each way in which it can fail.

Each sign-in has its own cookie. With upstream's single cookie, only the last of several tabs that
sign in at the same time succeeds. A failed sign-in ends on a page with the reason and a button.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from oauthenticator.oauth2 import (
    STATE_COOKIE_NAME,
    OAuthCallbackHandler,
    OAuthLoginHandler,
    _deserialize_state,
)
from tornado import web
from tornado.httpclient import HTTPClientError

from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterable

SWITCH = "switch"
"""The query argument of the sign-in address with which people choose another GitHub account."""
STATE = re.compile(r"[0-9a-f]{32}")
"""The form of upstream's id of a sign-in."""
COOKIE = re.compile(f"{re.escape(STATE_COOKIE_NAME)}-{STATE.pattern}")
"""The name of a sign-in's cookie."""
MOST_SIGN_INS = 8
"""How many unfinished sign-ins a browser may have; cookies of older ones are cleared."""
CANCELLED = gettext_noop("You cancelled the sign-in at GitHub.")
STALE = gettext_noop(
    "This sign-in was used before, was begun in another browser, or is more than a day old."
)
REFUSED = gettext_noop("GitHub did not sign you in: {why}.")
AWAY = gettext_noop("GitHub could not be reached to ask who you are: try again in a minute.")


class CouldNotAskError(Exception):
    """GitHub did not answer a question about a person; the text is for that person."""


class NotTheSameError(Exception):
    """A name belongs to another account than before; the text is for the person."""


def cookie_name(state_id: str) -> str:
    """Name the cookie of one sign-in.

    Args:
        state_id: the sign-in's id.
    """
    return f"{STATE_COOKIE_NAME}-{state_id}"


def superfluous(names: Iterable[str]) -> list[str]:
    """List cookies of earlier sign-ins that must be cleared to make room for another.

    Args:
        names: the names of all cookies, in the browser's order: the earliest first (RFC 6265,
            section 5.4).
    """
    ours = [name for name in names if COOKIE.fullmatch(name)]
    return ours[: max(0, len(ours) - MOST_SIGN_INS + 1)]


def problem(error: str, description: str, *, has_code: bool, is_known: bool) -> str:
    """Say why GitHub's answer doesn't sign anybody in; "" if it may.

    Args:
        error: GitHub's error code (RFC 6749, section 4.1.2.1); "" for none.
        description: GitHub's sentence about the error.
        has_code: whether the answer has a code, which the lab exchanges for a token.
        is_known: whether this browser has begun this sign-in.
    """
    if error == "access_denied":
        return gettext(CANCELLED)
    if error:
        return gettext(REFUSED).format(why=(description or error).rstrip("."))
    return "" if has_code and is_known else gettext(STALE)


class LoginHandler(OAuthLoginHandler):
    """Redirect a person to GitHub, on request with a choice of accounts."""

    def authorize_redirect(self, *args: Any, **kwargs: Any) -> None:
        """Add GitHub's ``prompt=select_account`` if the person wants another account.

        Without it GitHub would silently sign the same account in again.
        """
        if self.get_argument(SWITCH, ""):
            kwargs["extra_params"] = {**kwargs["extra_params"], "prompt": "select_account"}
        super().authorize_redirect(*args, **kwargs)

    def set_state_cookie(self, state_cookie_value: str) -> None:
        """Set this sign-in's cookie, beside those of other tabs."""
        for name in superfluous(self.cookies):
            self.clear_cookie(name, path=self.hub.base_url)
        name = cookie_name(_deserialize_state(state_cookie_value)["state_id"])
        self._set_cookie(name, state_cookie_value, expires_days=1, path=self.hub.base_url)


class CallbackHandler(OAuthCallbackHandler):
    """Finish the sign-in, or show why this is not possible."""

    signed_in_as: str = ""
    _state_cookie: str | None = None

    def get_state_cookie(self) -> str:
        """Return the state of the sign-in that GitHub answers; "" if another browser began it."""
        if self._state_cookie is None:
            found = _deserialize_state(self.get_argument("state", ""))
            state_id = str(found.get("state_id", "")) if isinstance(found, dict) else ""
            self._state_cookie = ""
            if STATE.fullmatch(state_id):
                name = cookie_name(state_id)
                kept = self.get_secure_cookie(name) or b""
                self._state_cookie = kept.decode("utf8", "replace")
                self.clear_cookie(name, path=self.hub.base_url)
        return self._state_cookie

    async def get(self) -> None:
        """Receive the code from GitHub; show problems as a page, not as an error."""
        why = problem(
            self.get_argument("error", ""),
            self.get_argument("error_description", ""),
            has_code=bool(self.get_argument("code", "")),
            is_known=bool(self.get_state_cookie()),
        )
        if why and self.current_user:
            # The person pressed Back, in a browser that is signed in now.
            self.redirect(self.get_next_url(self.current_user))
            return
        if why:
            self.log.info("No sign-in: %s", why)
            await self._show(400, why)
            return
        try:
            self.check_arguments()
            user = await self.login_user()
        except CouldNotAskError as error:
            await self._show(503, str(error))
        except NotTheSameError as error:
            await self._show(403, str(error), ask=True)
        except (HTTPClientError, OSError) as error:
            # Only the person who runs the lab can do something about it, so this goes to the log.
            self.log.error("GitHub could not be asked who somebody is: %s", error)  # noqa: TRY400
            await self._show(503, gettext(AWAY))
        except web.HTTPError as error:
            self.log.warning("No sign-in: %s", error)
            why = gettext(REFUSED).format(
                why=(error.get_message() or error.reason or "no reason").rstrip(".")
            )
            await self._show(error.status_code, why, ask=True)
        else:
            await self._enter(user)

    async def _enter(self, user: Any) -> None:
        if user is not None:
            self.redirect(self.get_next_url(user))
            return
        await self._say(403, "refused.html", signed_in_as=self.signed_in_as)

    async def _show(self, status: int, why: str, *, ask: bool = False) -> None:
        """Show a page with the reason and a button.

        Args:
            status: the HTTP status.
            why: the reason, a sentence.
            ask: whether a tutor must do something about it.
        """
        await self._say(status, "sign-in-problem.html", why=why, ask=ask)

    async def _say(self, status: int, template: str, **more: Any) -> None:
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        again = self.authenticator.login_url(self.hub.base_url)
        page = await self.render_template(
            template, again_url=again, switch_url=f"{again}?{SWITCH}=1", **more
        )
        self.finish(page)
