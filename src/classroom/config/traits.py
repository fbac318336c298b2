"""Our own settings: ``c.Classroom.…`` in the tutor's jupyterhub_config.py."""

from __future__ import annotations

from jupyterhub.traitlets import ByteSpecification
from traitlets import Bool, Enum, Int, List, Unicode
from traitlets.config import Configurable


class Classroom(Configurable):
    """The classroom's own settings. Each has one home for its default: here."""

    avatars = Bool(
        default_value=True,
        help="""Whether people are shown with the picture that they have at GitHub. Browsers load it
        from there, and GitHub sees that they do; False: initials in a colour.""",
    ).tag(config=True)

    chat = Bool(
        default_value=True,
        help="""Whether people may talk in a chat beside the notebook, students who are view-only
        too; False: there is none.""",
    ).tag(config=True)

    contact = Unicode(
        "",
        help="""Whom somebody without access should ask, for the page they see: a name, an
        e-mail address, a room. Empty: the tutors' GitHub names.""",
    ).tag(config=True)

    disk_reserve = ByteSpecification(
        "1G",
        help="""How much of the volume's disk students' processes leave free, such as "2G": when
        there is less, the one that writes most is ended, and the lab takes nothing new but what
        people type. 0 for no such limit.""",
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

    idle_kernel_timeout = Int(
        4 * 3600,
        min=0,
        help="""Seconds after which a kernel is ended that nothing runs in and nobody has open.
        0: never.""",
    ).tag(config=True)

    page_hosts = List(
        Unicode(),
        help="""Hosts from which people's pages may load pictures, data, fonts and the libraries of
        interactive outputs: "cdn.example.org", or "*.example.net". Whoever writes a notebook can
        send there what they like from the browser of everybody who looks at it.""",
    ).tag(config=True)

    snapshot_interval = Int(
        600,
        min=0,
        help="""Seconds between snapshots of the lab's files, to go back to; one is made when
        anything has changed. 0: only before something is restored, and when the lab stops.""",
    ).tag(config=True)

    kernel_memory_limit = ByteSpecification(
        0,
        help="""How much memory one kernel or terminal may use, such as "2G"; a program that asks
        for more gets a MemoryError. 0: half of memory_limit.""",
    ).tag(config=True)

    max_kernels = Int(
        0,
        min=0,
        help="""How many kernels may run, and as many terminals. 0: one for each 200 MB of
        memory_limit, at least 10 and at most 200.""",
    ).tag(config=True)

    max_processes = Int(
        0,
        min=0,
        help="""How many processes and threads all that students run may have together; one of
        students' more can't be started. 0: 32 for each kernel there may be, at least 1024.""",
    ).tag(config=True)

    memory_limit = ByteSpecification(
        0,
        help="""How much memory all that students run may use together, such as "12G": when it is
        more, the largest is ended. 0: what the container has, less a quarter for the lab itself, or
        less 2 GB if that leaves more.""",
    ).tag(config=True)
