"""The Hub's pages in the class's language.

Ours use Jinja's ``{% trans %}``. JupyterHub's templates have their English words in their text:
those that a class sees are looked up in our catalogues as well, when a template is read.
"""

from __future__ import annotations

import re
from http.client import responses
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2.ext import InternationalizationExtension

from classroom.runtime import words
from classroom.runtime.words import gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2 import Environment

OURS = Path(str(files("classroom.hub") / "templates"))
UPSTREAMS: dict[str, tuple[str, ...]] = {
    "page.html": (
        gettext_noop("Toggle navigation"),
        gettext_noop("Toggle dark mode"),
        gettext_noop("Home"),
        gettext_noop("JupyterHub logo"),
        gettext_noop("Logout"),
        gettext_noop("Login"),
        gettext_noop("JupyterHub requires JavaScript."),
        gettext_noop("Please enable it to proceed."),
        gettext_noop("The error"),
        gettext_noop("Close"),
    ),
    "login.html": (
        gettext_noop("Sign in"),
        gettext_noop("Sign in with {{ login_service }}"),
        gettext_noop("Username:"),
        gettext_noop("Password:"),
        gettext_noop("Show password"),
        gettext_noop("Hide password"),
    ),
    "404.html": (gettext_noop("Jupyter has lots of moons, but this is not one..."),),
    "logout.html": (gettext_noop("Successfully logged out."),),
    "not_running.html": (
        gettext_noop("Spawn failed"),
        gettext_noop("Server not running"),
        gettext_noop("The latest attempt to start your server {{ server_name }} has failed."),
        gettext_noop("Would you like to retry starting it?"),
        gettext_noop("Your server {{ server_name }} is not running."),
        gettext_noop("It will be restarted automatically."),
        gettext_noop("If you are not redirected in a few seconds,"),
        gettext_noop("click below to launch your server."),
        gettext_noop("Would you like to start it?"),
        gettext_noop("Relaunch"),
        gettext_noop("Launch"),
        gettext_noop("Server {{ server_name }}"),
    ),
    "spawn_pending.html": (
        gettext_noop("Your server is starting up."),
        gettext_noop("You will be redirected automatically when it's ready for you."),
        gettext_noop("Complete"),
        gettext_noop("Event log"),
        gettext_noop("Stop Server"),
    ),
    "stop_pending.html": (
        gettext_noop("Your server is stopping."),
        gettext_noop("You will be able to start it again once it has finished stopping."),
    ),
}
"""JupyterHub's words, by its templates; a test looks for each there."""
PHRASES = (
    gettext_noop("Bad Request"),
    gettext_noop("Forbidden"),
    gettext_noop("Not Found"),
    gettext_noop("Method Not Allowed"),
    gettext_noop("Request Entity Too Large"),
    gettext_noop("Too Many Requests"),
    gettext_noop("Internal Server Error"),
    gettext_noop("Service Unavailable"),
)
"""What HTTP calls the statuses that people see on pages."""
ENGLISH_PAGE = '<html lang="en">'


def phrase(status: int, message: str | None) -> str:
    """Name an error on its page.

    Args:
        status: of HTTP.
        message: JupyterHub's, which it doesn't always have.
    """
    return words.gettext(message or responses.get(status, "Error"))


def place(english: str) -> re.Pattern[str]:
    """Return where a text of people's stands in HTML: it is a whole line, element or attribute.

    Args:
        english: the text; one of its spaces may be a line break in the template.
    """
    text = r"\s+".join(map(re.escape, english.split()))
    return re.compile(rf"""(?:(?<=[>"'])|^)(\s*){text}(?=\s*(?:[<"'{{]|$))""", re.MULTILINE)


def pieces(source: str, wanted: re.Pattern[str], said: str) -> Iterator[str]:
    """Cut a text where something else is to be said, and say it.

    Args:
        source: the text.
        wanted: what is replaced, but for the spaces of its first group.
        said: what stands there then.
    """
    end = 0
    for found in wanted.finditer(source):
        yield source[end : found.end(1)]
        yield said
        end = found.end()
    yield source[end:]


def translated(source: str, name: str) -> str:
    """Return one of JupyterHub's templates in the class's language.

    Args:
        source: its text.
        name: the file's.
    """
    source = source.replace(ENGLISH_PAGE, f'<html lang="{words.spoken()}">')
    # The longest first: "Sign in" is the beginning of another.
    for english in sorted(UPSTREAMS.get(name, ()), key=len, reverse=True):
        said = words.gettext(english)
        if said != english:
            source = "".join(pieces(source, place(english), said))
    return source


class TemplateWords(InternationalizationExtension):
    """``{% trans %}`` and ``_()`` in templates, and JupyterHub's own words.

    Jinja gives each extension's class an `identifier`.
    """

    def __init__(self, environment: Environment) -> None:
        """Have an environment speak the class's language.

        Args:
            environment: of all of the Hub's templates.
        """
        super().__init__(environment)
        environment.policies["ext.i18n.trimmed"] = True
        environment.globals["phrase"] = phrase
        speaking: Any = environment  # the extension has given it the next
        speaking.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Translate what JupyterHub's templates say; ours say it by themselves."""
        del name
        if filename is None or Path(filename).is_relative_to(OURS):
            return source
        return translated(source, Path(filename).name)
