"""Describe how to sign in, for the log at start and for ``make up``."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from classroom.config import trial
from classroom.config.sign_in_mode import SignInMode
from classroom.runtime.paths import PORT

if TYPE_CHECKING:
    from classroom.config.github import OAuth
    from classroom.config.settings import Settings

HTTPS = 443
ANYBODY = (
    "ANYBODY who has a GitHub account may enter, because c.Authenticator.allow_all is set. To admit"
    " only the people on your list, remove that line."
)
ANOTHER_PORT = (
    "the callback URL ({url}) has port {wanted}, but this machine publishes the lab under port"
    " {port}, where nobody can sign in. Start it with make up PORT={wanted}, or change the port in"
    " the callback URL, here and in the OAuth app at GitHub. If a proxy in front of the lab passes"
    " {wanted} on, all is well."
)
ONLY_HERE = (
    "the callback URL ({url}) names this machine itself, so people can sign in only with a browser"
    " on it. Register and set the name that students use."
)
UNREACHABLE = (
    "If a device in the same network can't open it: guest Wi-Fi often keeps devices apart; on a"
    " cloud\nmachine, allow TCP port {port} in the provider's firewall"
    " (docs/operate/troubleshooting.md)."
)


@dataclass(frozen=True)
class Published:
    """How the machine publishes the lab; the container can't find that out by itself.

    Attributes:
        port: the port on the machine.
        hosts: names and addresses by which other machines reach it, the best first.
    """

    port: int = PORT
    hosts: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """The lab's addresses for other machines, if nothing is configured."""
        return tuple(f"https://{host}{shown(self.port)}" for host in self.hosts)

    @property
    def here(self) -> str:
        """The lab's address for a browser on the machine itself."""
        return f"https://localhost{shown(self.port)}"


def shown(port: int) -> str:
    """Write a port as it stands in an address: "" for 443.

    Args:
        port: the port of an https address.
    """
    return "" if port == HTTPS else f":{port}"


def address(settings: Settings, published: Published | None = None) -> str:
    """Return the lab's address for students, as far as it is known.

    Args:
        settings: as loaded.
        published: how the machine publishes the lab.
    """
    if settings.oauth is not None:
        return f"https://{urlsplit(settings.oauth.callback_url).netloc}"
    published = published or Published()
    return next(iter(published.addresses), published.here)


def describe(settings: Settings, published: Published | None = None) -> str:
    """Describe in two lines how people sign in.

    Args:
        settings: as loaded.
        published: how the machine publishes the lab.
    """
    published = published or Published()
    where = address(settings, published)
    if settings.mode is SignInMode.TRIAL:
        others = [*published.addresses, published.here]
        passphrases = trial.ensure(settings.paths.hub)
        others = [one for one in others if one != where]
        return trial.paragraph(passphrases, where, published.here, others)
    if settings.mode is SignInMode.INVITATIONS:
        everybody = len(settings.allowed | settings.tutors)
        return (
            f"Each of {everybody} people opens a personal link to {where}.\n"
            "make invitations FILE=invitations.html writes a sheet with everybody's, to be printed."
        )
    if settings.oauth is None:
        return f"Open {where} and sign in as jupyterhub_config.py says."
    people = "1 person is" if len(settings.allowed) == 1 else f"{len(settings.allowed)} people are"
    admitted = ANYBODY if settings.anybody else f"{people[0].upper()}{people[1:]} on the list."
    return (
        f"Open {where} and sign in with GitHub ({settings.oauth.github_url}).\n{admitted} "
        f"Tutors: {', '.join(sorted(settings.tutors)) or 'none'}."
    )


def is_this_machine(host: str) -> bool:
    """Say whether a host's name leads each machine to itself.

    Args:
        host: a name or an address.
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def slips(oauth: OAuth | None, published: Published) -> list[str]:
    """List what in the callback URL contradicts how the machine publishes the lab.

    Args:
        oauth: the settings for GitHub; None for another way to sign in.
        published: how the machine publishes the lab.
    """
    if oauth is None:
        return []
    parts = urlsplit(oauth.callback_url)
    url, wanted = oauth.callback_url, parts.port or HTTPS
    found = []
    if wanted != published.port:
        found.append(ANOTHER_PORT.format(url=url, wanted=wanted, port=published.port))
    if is_this_machine(parts.hostname or ""):
        found.append(ONLY_HERE.format(url=url))
    return found
