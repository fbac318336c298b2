"""Report on the certificate that the lab gets by itself: at a start, and in a check."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from classroom.front.acme import kept, plan, records
from classroom.front.acme.trouble import at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.config.settings import Settings
    from classroom.front.tls import Certificate

HAS_FILES = (
    "{file} is used, and no certificate asked for: remove it with its key, or c.Classroom.acme."
)
ANOTHER_HOST = (
    "c.Classroom.acme asks for a certificate for {host}, and people come to {other} (the callback"
    " URL), where browsers will warn: write the same name into both."
)
NOT_PUBLISHED = (
    "c.Classroom.acme: nobody can reach the lab by plain http, as an authority does: start it with"
    " make up PORT=443 HTTP_PORT=80."
)
COMES = (
    "The lab asks {authority} for a certificate for {host} by itself; until that is there, browsers"
    " will warn."
)


def warnings(loaded: Settings, supplied: Certificate | None, file: str) -> list[str]:
    """List settings that contradict each other, and why the last request for a certificate failed.

    Args:
        loaded: the settings, checked.
        supplied: the tutor's own certificate; None if there is none.
        file: the name of its file, for the sentence.
    """
    wanted, found = loaded.acme, []
    if wanted is None:
        return []
    if supplied is not None:
        return [HAS_FILES.format(file=file)]
    if loaded.oauth is not None:
        other = urlsplit(loaded.oauth.callback_url).hostname or ""
        if other != wanted.host:
            found.append(ANOTHER_HOST.format(host=wanted.host, other=other))
    lately = kept.course(loaded.paths.acme, wanted).trouble
    return [*found, lately] if lately else found


def not_published(loaded: Settings, environ: Mapping[str, str]) -> list[str]:
    """Warn if ``make up`` publishes no plain http, which it says in the environment.

    Args:
        loaded: the settings, checked.
        environ: the process environment.
    """
    by_make = bool(environ.get("ADDRESSES"))
    closed = by_make and not environ.get("HTTP_PORT")
    asks = loaded.acme is not None and loaded.acme.challenge == "http"
    return [NOT_PUBLISHED] if asks and closed else []


def standing(loaded: Settings) -> str:
    """Describe the certificate and when the lab renews it; "" without `c.Classroom.acme`.

    Args:
        loaded: the settings, checked.
    """
    wanted = loaded.acme
    if wanted is None:
        return ""
    own, names = kept.wanted(loaded.paths.acme, wanted), " and ".join(wanted.names)
    if own is None:
        return COMES.format(authority=wanted.authority, host=names)
    moment = plan.renewal(own.held, kept.course(loaded.paths.acme, wanted))
    stays = f" The TXT record {records.name(wanted.host)} has to stay in DNS for that."
    return (
        f"The certificate for {names}, from {wanted.authority}, is valid until"
        f" {own.held.ends:%Y-%m-%d}; the lab renews it from {at(moment)} on."
        f"{stays if wanted.challenge == 'dns' else ''}"
    )
