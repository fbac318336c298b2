"""Render the front's nginx configuration: plain values in, text out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from classroom.config import subdomains
from classroom.config.subdomains import TOGETHER, Hosts
from classroom.egress import detect
from classroom.front import certificate, challenges, client_addresses, hosts, nginx
from classroom.front.challenges import Challenges
from classroom.front.client_addresses import Proxies
from classroom.front.hosts import ANY, AllowedHosts
from classroom.runtime import machine, words
from classroom.runtime.paths import AUTHORITY, HTTP_PORT, KNOWN, PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.runtime.paths import Paths


QUOTE = '"'
MOST_FILES = 16_384
"""How many files each worker of nginx may open, if the container allows so many."""


@dataclass(frozen=True)
class Static:
    """A folder that is served from disk under an address.

    Attributes:
        url: the address, with a slash at both ends.
        folder: the folder.
        otherwise: the upstream to ask for a file that is not in the folder, such as a file of an
            extension that the tutor has added.
        only: a regular expression for the files that anybody may have; the upstream decides who
            may have any other. "" for all files.
    """

    url: str
    folder: Path
    otherwise: str
    only: str = ""

    def below(self, lab: str) -> str:
        """Return the address relative to a lab's; "" for an address of the Hub.

        Args:
            lab: the address of the class's lab.
        """
        return self.url.removeprefix(lab) if self.url.startswith(lab) else ""

    @property
    def alias(self) -> str:
        """The folder for nginx's ``alias``: it ends in a slash if the address does."""
        return f"{self.folder}/"


def statics(paths: Paths, server_static: Path) -> list[Static]:
    """List the folders that are served from disk.

    Args:
        paths: where things are.
        server_static: jupyter_server's own static files.
    """
    share = paths.prefix / "share"
    return [
        Static("/hub/static/", share / "jupyterhub/static", "hub"),
        Static(f"{PREFIX}static/lab/", share / "jupyter/lab/static", "lab"),
        Static(f"{PREFIX}static/", server_static, "lab"),
        Static(f"{PREFIX}lab/api/themes/", share / "jupyter/lab/themes", "lab"),
        Static(f"{PREFIX}lab/extensions/", share / "jupyter/labextensions", "lab"),
        Static(f"{PREFIX}kernelspecs/", share / "jupyter/kernels", "lab", r"\.(png|svg)$"),
    ]


def upstream(target: str) -> str:
    """Turn a route's target into the form of nginx's ``proxy_pass``.

    Args:
        target: ``http://host:port`` or ``http+unix://<quoted path>``.

    Raises:
        ValueError: nginx could read the target as more than an address.
    """
    parts = urlsplit(target)
    where = unquote(parts.netloc)
    if not where or any(letter in where for letter in "{};\"' \t\r\n$"):
        raise ValueError(f"{target!r} is not an address to route to")
    if parts.scheme == "http+unix":
        return f"http://unix:{where}:"
    return f"{parts.scheme}://{where}"


def location(routespec: str) -> str:
    """Turn a route's path into an nginx location, quoted.

    Args:
        routespec: a path that begins and ends with a slash.

    Raises:
        ValueError: the text is not such a path.
    """
    path = unquote(routespec)
    if not path.startswith("/") or any(letter in path for letter in '"\\$\r\n'):
        raise ValueError(f"{routespec!r} is not a path to route")
    return f'"{path}"'


@dataclass(frozen=True)
class SignInCheck:
    """Where nginx asks whether a person is signed in, before it reads a large body from them.

    Attributes:
        place: an address that only nginx itself can request.
        target: the upstream, which answers 2xx for a person who is signed in, else 401 or 403.
    """

    place: str
    target: str


LAB_KNOWN = SignInCheck("/.known/lab", f"http://lab{PREFIX}{KNOWN}")


@dataclass(frozen=True)
class Route:
    """A route that the Hub has added: a path and its target, in nginx's syntax."""

    path: str
    target: str

    @property
    def contents(self) -> str:
        """The address of a personal lab's files, quoted."""
        return f'"{self.path.strip(QUOTE)}api/contents"'

    @property
    def known(self) -> SignInCheck | None:
        """The sign-in check of a personal lab; None for every other route."""
        path = self.path.strip(QUOTE)
        if not path.startswith("/user/"):
            return None
        return SignInCheck(f"/.known{path}", f'"{self.target}{path}api/me"')

    @classmethod
    def of(cls, routespec: str, target: str) -> Route:
        """Make a route from the Hub's path and target.

        Raises:
            ValueError: nginx could read more than a path or an address.
        """
        return cls(location(routespec), upstream(target))


@dataclass(frozen=True)
class Front:
    """How the front is configured.

    Attributes:
        paths: where things are.
        package: the folder of the classroom package, beside that of jupyter_server's files.
        hsts: whether to have browsers insist on https for a year, which is right only with a
            certificate that they trust.
        ipv6: whether the machine has IPv6; nginx does not start on an address that is missing.
        names: the accepted hosts, with their ports (`classroom.front.hosts`).
        apart: the hosts of Hub and lab, if they are separate.
        labs: whether there may be personal labs.
        files: how many files a worker may open.
        authority: the lab's own authority for browsers to trust, as PEM; "" without one.
        proxies: the proxies in front of it.
        challenges: how it answers over plain http, if at all.
    """

    paths: Paths
    package: Path
    hsts: bool = False
    ipv6: bool = True
    names: AllowedHosts = ANY
    apart: Hosts = TOGETHER
    labs: bool = False
    files: int = MOST_FILES
    authority: str = ""
    proxies: Proxies = field(default_factory=Proxies)
    challenges: Challenges = field(default_factory=Challenges)

    @property
    def connections(self) -> int:
        """How many connections a worker may have: each is a file, and logs and pages need some."""
        return self.files - self.files // 12


def sentence(english: str) -> str:
    """Translate a sentence into the class's language, for a text in quotes of either kind.

    Args:
        english: the sentence in our catalogues.
    """
    return words.gettext(english).replace("'", words.APOSTROPHE).replace('"', "”").replace("$", "")


def page(name: str) -> str:
    """Return one of the front's own pages, for a text in single quotes.

    Args:
        name: the name of its file beside this module.
    """
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return nginx.fill_in(text, say=sentence, language=words.spoken())


def render(template: str, front: Front, routes: Mapping[str, str]) -> str:
    """Render the configuration.

    Args:
        template: the text of nginx/front.conf.
        front: how the front is configured.
        routes: targets by routespec; the Hub's own, "/", is in the template.

    Raises:
        ValueError: nginx could read a route as more than a route.
    """
    added = [Route.of(spec, target) for spec, target in sorted(routes.items()) if spec != "/"]
    return nginx.fill_in(
        template,
        front=front.paths.front,
        hub_socket=front.paths.hub_socket,
        lab_socket=front.paths.lab_socket,
        lab=PREFIX,
        say=sentence,
        language=words.spoken(),
        starting=page("starting.html"),
        busy=page("busy.html"),
        routes=added,
        known=[LAB_KNOWN, *(route.known for route in added if route.known)],
        hosts=front.names.patterns,
        address=front.names.address,
        statics=statics(front.paths, front.package.parent / "jupyter_server/static"),
        hsts=front.hsts,
        ipv6=front.ipv6,
        apart=front.apart.apart,
        routes_to_labs=front.paths.routes if front.labs else "",
        known_to=KNOWN,
        files=front.files,
        connections=front.connections,
        authority=front.authority,
        proxies=front.proxies,
        challenges=front.challenges,
        http_port=HTTP_PORT,
        authority_place=AUTHORITY,
    )


def install(paths: Paths, routes: Mapping[str, str]) -> bool:
    """Write the configuration for some routes and the present certificate.

    Args:
        paths: where things are.
        routes: targets by routespec.

    Returns:
        Whether the configuration has changed.

    Raises:
        ValueError: nginx could read a route as more than a route.
    """
    package = Path(__file__).parent.parent
    text = render(
        (package / "nginx/front.conf").read_text(encoding="utf-8"),
        Front(
            paths,
            package,
            certificate.is_supplied(paths.front),
            detect.has_ipv6(),
            hosts.read(paths.front, certificate.installed(paths.front)[0]),
            subdomains.read(paths.front),
            paths.labs_run.exists(),
            min(MOST_FILES, machine.most_files()),
            certificate.authority(paths.front),
            client_addresses.read(paths.front),
            challenges.read(paths.front),
        ),
        routes,
    )
    (paths.front / "tmp").mkdir(exist_ok=True)
    file = paths.front / "front.conf"
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return False
    file.write_text(text, encoding="utf-8")
    return True
