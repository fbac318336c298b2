"""Translate the Hub's pages into the class's language.

Our templates use Jinja's ``{% trans %}``. JupyterHub's templates contain English sentences. This
module replaces those that a class sees by translations of our catalogues, when a template is read.
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
"""JupyterHub's sentences, by template; a test checks that each is there."""
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
"""HTTP's phrases for the statuses that people see on pages."""
ENGLISH_PAGE = '<html lang="en">'


def phrase(status: int, message: str | None) -> str:
    """Name an error on its page.

    Args:
        status: the HTTP status.
        message: JupyterHub's message, which may be empty.
    """
    return words.gettext(message or responses.get(status, "Error"))


def place(english: str) -> re.Pattern[str]:
    """Return a pattern that finds a visible text in HTML: a whole line, element or attribute.

    Args:
        english: the text; one of its spaces may be a line break in the template.
    """
    text = r"\s+".join(map(re.escape, english.split()))
    return re.compile(rf"""(?:(?<=[>"'])|^)(\s*){text}(?=\s*(?:[<"'{{]|$))""", re.MULTILINE)


def pieces(source: str, wanted: re.Pattern[str], said: str) -> Iterator[str]:
    """Split a text at each match of a pattern, with the replacement between the pieces.

    Args:
        source: the text.
        wanted: the pattern of the replaced text; the spaces in its first group stay.
        said: the replacement.
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
        source: the template's text.
        name: the template's name.
    """
    source = source.replace(ENGLISH_PAGE, f'<html lang="{words.spoken()}">')
    # The longest first, because "Sign in" is the beginning of another one.
    for english in sorted(UPSTREAMS.get(name, ()), key=len, reverse=True):
        said = words.gettext(english)
        if said != english:
            source = "".join(pieces(source, place(english), said))
    return source


class TemplateWords(InternationalizationExtension):
    """Translate ``{% trans %}`` and ``_()`` in templates, and JupyterHub's own sentences.

    Jinja gives each extension's class an `identifier`.
    """

    def __init__(self, environment: Environment) -> None:
        """Make an environment use the class's language.

        Args:
            environment: the environment of the Hub's templates.
        """
        super().__init__(environment)
        environment.policies["ext.i18n.trimmed"] = True
        environment.globals["phrase"] = phrase
        speaking: Any = environment  # the extension has given it the next
        speaking.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Translate the sentences of JupyterHub's templates; ours use ``{% trans %}``."""
        del name
        if filename is None or Path(filename).is_relative_to(OURS):
            return source
        return translated(source, Path(filename).name)
