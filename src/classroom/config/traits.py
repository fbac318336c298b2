"""Our own settings: ``c.Classroom.…`` in the tutor's jupyterhub_config.py."""

from __future__ import annotations

from traitlets import Bool, Dict, Enum, Int, List, Unicode, Union
from traitlets.config import Configurable

from classroom.config.quantities import ByteSize, Duration


class Classroom(Configurable):
    """The classroom's own settings. Each default is defined only here."""

    acme = Dict(
        help="""The host for which the lab gets a certificate by itself, and an e-mail address for
        the authority: {"host": "lab.example.org", "email": "you@example.org"}. The host's port 80
        must lead to the lab (make up PORT=443 HTTP_PORT=80). Or add "challenge": "dns": the lab
        shows a TXT record that you add to your DNS once. With this setting you agree to the
        authority's terms.""",
    ).tag(config=True)

    acme_authorities = Unicode(
        "",
        help="""A file beside the configuration with the authorities that have signed the
        certificate of acme_directory, such as "secrets/ca.crt". Empty: the authorities of the
        system.""",
    ).tag(config=True)

    acme_directory = Unicode(
        "https://acme-v02.api.letsencrypt.org/directory",
        help="""The address of the authority's ACME directory. The default is Let's Encrypt's.""",
    ).tag(config=True)

    avatars = Bool(
        default_value=True,
        help="""Whether people appear with their GitHub picture. Browsers load it from GitHub, and
        GitHub sees these requests. False: initials in a colour.""",
    ).tag(config=True)

    chat = Bool(
        default_value=True,
        help="""Whether there is a chat beside the notebook, for view-only students too.""",
    ).tag(config=True)

    contact = Unicode(
        "",
        help="""The person whom people without access should ask: a name, an e-mail address or a
        room. The page that they see shows it. Empty: the tutors' GitHub names.""",
    ).tag(config=True)

    disk_reserve = ByteSize(
        1 << 30,
        help="""How much of the volume's disk stays free, such as "2G". If less is free, the process
        that writes most is stopped, and the lab saves only what people type. 0: no reserve.""",
    ).tag(config=True)

    egress = Enum(
        ["locked", "open"],
        default_value="locked",
        help="""Whether a lock keeps the lab from the network: "locked" for the strongest lock that
        the container's capabilities allow, or "open" for no lock.""",
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
        help="""Private networks to which allowed host names may lead, such as "10.1.2.0/24" for a
        GitHub Enterprise server in it.""",
    ).tag(config=True)

    egress_services = List(
        Unicode(),
        help="""Services that students may reach by TCP, as host and port: "db.example.org:5432" for
        a database. Needs NET_ADMIN, which docker-compose.yml gives.""",
    ).tag(config=True)

    groups = Dict(
        help="""Groups whose members may enter each other's personal labs and work there, such as
        {"team-a": ["ada", "grace"]}. Changes take effect as for USERS, without a restart.""",
    ).tag(config=True)

    idle_kernel_timeout = Duration(
        4 * 3600,
        help="""The time after which an idle kernel that nobody has open is stopped: seconds, or
        "4h". 0: never.""",
    ).tag(config=True)

    idle_lab_timeout = Duration(
        1800,
        help="""The time after which a personal lab or a room without people and kernels is
        stopped: seconds, or "30 min". It starts again when somebody opens it. 0: never.""",
    ).tag(config=True)

    language = Unicode(
        "en",
        help="""The language of JupyterLab and of the class's pages and messages: "en", "de" or
        "fr", or another whose language pack requirements.txt names. Each person may choose another
        one in JupyterLab (Settings, Language).""",
    ).tag(config=True)

    max_labs = Int(
        0,
        min=0,
        help="""How many personal labs and rooms may run at the same time. 0: one for each 512 MB
        of the container's memory, at least 4 and at most 100.""",
    ).tag(config=True)

    personal_labs = Bool(
        default_value=False,
        help="""Whether each person has a lab of their own besides the class's. They and tutors may
        enter it.""",
    ).tag(config=True)

    name = Unicode(
        "",
        help="""The class's name on the sign-in page: "Algebra, 2nd year".""",
    ).tag(config=True)

    page_hosts = List(
        Unicode(),
        help="""Hosts from which people's pages may load pictures, data, fonts and the libraries of
        interactive outputs: "cdn.example.org", or "*.example.net". The author of a notebook can
        send anything there from the browser of everybody who looks at it.""",
    ).tag(config=True)

    preload = Union(
        [Bool(), List(Unicode())],
        default_value=True,
        help="""Modules that are imported before a kernel starts, so that it starts at once:
        ["numpy", "torch"] for only these. True: the modules that the image has for classes, if
        the container has 2 GB of memory or more, and one kernel 512 MB or more. False or []: no
        modules; kernels start as in any JupyterLab.""",
    ).tag(config=True)

    proxy_http = Bool(
        default_value=False,
        help="""Whether the proxies of trusted_proxies connect by plain http, over a network that
        nobody else uses. Browsers connect to the proxy by https. Nobody else can open the lab.""",
    ).tag(config=True)

    proxy_protocol = Bool(
        default_value=False,
        help="""Whether the proxies of trusted_proxies begin each connection with the PROXY
        protocol's header, as HAProxy's send-proxy does. Then only these proxies can connect.""",
    ).tag(config=True)

    rooms = Dict(
        help="""Labs for groups, by name, with the people who may enter besides tutors: a list of
        people, organizations and teams, such as {"algebra": ["ada", "my-school:team-a"]}, or two
        lists, {"lecture": {"edit": ["ada"], "view": ["my-school"]}}. Changes take effect as for
        USERS, without a restart.""",
    ).tag(config=True)

    sign_in = Enum(
        ["github", "invitations"],
        default_value="github",
        help="""How people sign in: "github", or "invitations" for a class without accounts, with a
        personal link for each person on the list (make invitations).""",
    ).tag(config=True)

    snapshot_interval = Duration(
        600,
        help="""How often a snapshot of the lab's files is made, if something has changed: seconds,
        or "10 min". 0: only before a restore, and when the lab stops.""",
    ).tag(config=True)

    students_file = Unicode(
        "",
        help="""A file beside the configuration with the students' GitHub names, one a line, or a
        table (CSV) with a column "github". For "invitations" people's own names, one a line, or a
        table with "First name" and "Last name". Changes take effect as for USERS, without a
        restart. People of the file and of USERS may enter.""",
    ).tag(config=True)

    trusted_proxies = List(
        Unicode(),
        help="""Addresses or networks of web servers in front of the lab, such as "10.1.2.3" or
        "172.17.0.0/16". The lab trusts the addresses of people that they send (X-Forwarded-For).
        Make sure that people can reach the lab only through them.""",
    ).tag(config=True)

    upstream_proxy = Unicode(
        "",
        help="""The proxy of your network through which all connections to the internet go, such as
        "http://proxy.example.org:3128". Its user and password are in secrets/upstream_proxy, as
        user:password.""",
    ).tag(config=True)

    welcome = Union(
        [Bool(), Unicode()],
        default_value=True,
        help="""The notebook that a new lab contains, and that each person's page opens once. True:
        the image's notebook, which shows the parts of the lab; "welcome.ipynb": your own, a file
        beside the configuration, which a lab in use also gets; False: none.""",
    ).tag(config=True)

    kernel_memory_limit = ByteSize(
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
        help="""How many processes and threads students may have together. 0: 32 for each kernel
        that may run, at least 1024.""",
    ).tag(config=True)

    memory_limit = ByteSize(
        0,
        help="""How much memory all students' processes may use together, such as "12G". If they use
        more, the largest one is stopped. 0: the container's memory minus a quarter for the lab
        itself, or minus 2 GB if that leaves more.""",
    ).tag(config=True)
