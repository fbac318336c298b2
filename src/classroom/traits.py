"""Our own settings: ``c.Classroom.…`` in the tutor's jupyterhub_config.py."""

from __future__ import annotations

from traitlets import Bool, Enum, List, Unicode
from traitlets.config import Configurable


class Classroom(Configurable):
    """The classroom's own settings. Each has one home for its default: here."""

    avatars = Bool(
        default_value=True,
        help="""Whether people are shown with the picture that they have at GitHub. Browsers load it
        from there, and GitHub sees that they do; False: initials in a colour.""",
    ).tag(config=True)

    contact = Unicode(
        "",
        help="""Whom somebody without access should ask, for the page they see: a name, an
        e-mail address, a room. Empty: the tutors' GitHub names.""",
    ).tag(config=True)

    egress = Enum(
        ["locked", "open"],
        default_value="locked",
        help="""Whether what runs in the lab is kept from the network: "locked", with the strongest
        lock that the container's rights allow, or "open", your explicit word for no lock.""",
    ).tag(config=True)

    egress_allow = List(
        Unicode(),
        help="""Hosts that students may reach on port 443: "data.example.org", or "*.example.net"
        for every name below one. Needs NET_ADMIN, which docker-compose.yml gives.""",
    ).tag(config=True)

    egress_hub = List(
        Unicode(),
        help="""Hosts that the Hub may reach besides GitHub, for another way to sign in.""",
    ).tag(config=True)

    egress_private = List(
        Unicode(),
        help="""Private networks that may be behind the names of hosts that are allowed, such as
        "10.1.2.0/24" for a GitHub Enterprise server in it.""",
    ).tag(config=True)
