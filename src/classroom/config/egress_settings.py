"""The tutor's settings of the egress lock, ``c.Classroom.egress…``, checked."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from classroom.config import endpoints, hosts, trait_kinds, upstream
from classroom.config.hosts import BadHostError, Host
from classroom.config.traits import Classroom
from classroom.runtime.problems import Problem, StartRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from classroom.config.config_file import ConfigFile
    from classroom.config.endpoints import Endpoint
    from classroom.config.upstream import Upstream

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

VARIABLE = "EGRESS"
CHOICES = ("locked", "open")


@dataclass(frozen=True)
class EgressSettings:
    """What may be reached from the container.

    Attributes:
        open: whether the tutor chose to run without a lock.
        hub: hosts that the Hub needs: GitHub, or another sign-in service.
        allow: hosts that students may reach on port 443.
        private: private networks to which those names may resolve.
        services: loopback ports of services that the tutor has added to the Hub.
        endpoints: other ports of hosts that students may reach.
        upstream: the proxy that all connections to other machines must use; None for none.
        plain_http: whether the front answers plain http as well (`c.Classroom.acme`).
    """

    open: bool = False
    hub: tuple[Host, ...] = ()
    allow: tuple[Host, ...] = ()
    private: tuple[Network, ...] = ()
    services: tuple[int, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    upstream: Upstream | None = None
    plain_http: bool = False

    def is_allowed(self, name: str) -> bool:
        """Check whether students may reach a host."""
        return any(host.matches(name) for host in self.allow)


def read_hosts(
    where: str, written: Iterable[str], problems: list[Problem], elsewhere: str = ""
) -> tuple[Host, ...]:
    """Read a list of hosts.

    Args:
        where: the setting, for error messages.
        written: as the tutor wrote them.
        problems: errors are appended to it.
        elsewhere: the setting that takes hosts with a port.
    """
    found = []
    for text in written:
        try:
            found.append(hosts.parse(text, elsewhere))
        except BadHostError as error:
            problems.append(Problem(where, f"{text!r} {error.what}", error.cure))
    return tuple(dict.fromkeys(found))


def read_networks(
    where: str, written: Iterable[str], problems: list[Problem]
) -> tuple[Network, ...]:
    """Read a list of networks; the arguments are those of `read_hosts`."""
    found = []
    for text in written:
        try:
            found.append(ipaddress.ip_network(text.strip()))
        except ValueError as error:
            problems.append(Problem(where, str(error), "write it as 10.1.2.0/24"))
    problems += [
        Problem(where, f"'{network}' is every address", "name your networks")
        for network in found
        if not network.prefixlen
    ]
    return tuple(dict.fromkeys(found))


def hub_hosts(urls: Mapping[str, str], problems: list[Problem]) -> tuple[Host, ...]:
    """Find the hosts in the addresses that the Hub calls.

    Args:
        urls: the addresses, by the setting that contains them.
        problems: errors are appended to it.
    """
    found: list[Host] = []
    for where, url in urls.items():
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme != "https" or port not in {None, 443}:
            what = f"the egress lock lets the Hub reach only https on port 443, and this is {url!r}"
            cure = "serve it there, or set c.Classroom.egress = 'open'"
            problems.append(Problem(where, what, cure))
            continue
        found += read_hosts(where, [parts.hostname or ""], problems)
    return tuple(dict.fromkeys(found))


def is_open(file: ConfigFile, environ: Mapping[str, str], problems: list[Problem]) -> bool:
    """Check whether the tutor has turned the lock off; the file overrides the environment."""
    if "egress" in file.config.get("Classroom", {}):
        return bool(Classroom(config=file.config).egress == "open")
    given = environ.get(VARIABLE, "")
    if given and given not in CHOICES:
        cure = "set it to open, or leave it out"
        problems.append(Problem(VARIABLE, f"{given!r} is neither locked nor open", cure))
    return given == "open"


def check_wildcards(where: str, found: Iterable[Host]) -> Iterator[Problem]:
    """Refuse wildcards in a list of hosts that the lab must look up."""
    for host in found:
        if host.below:
            yield Problem(where, f"'{host}' is a wildcard", "name the hosts that the Hub asks")


def service_ports(file: ConfigFile) -> tuple[int, ...]:
    """Find the loopback ports of the services that the tutor has added to the Hub."""
    services = file.config.get("JupyterHub", {}).get("services", [])
    if trait_kinds.is_lazy(services):
        services = services.get_value([])
    parts = [urlsplit(str(service.get("url") or "")) for service in services]
    local = {"localhost", "127.0.0.1"}
    return tuple(sorted({one.port for one in parts if one.hostname in local and one.port}))


def check_upstream(
    where: str, found: Upstream | None, private: Iterable[Network]
) -> Iterator[Problem]:
    """Refuse a proxy at a private address outside the networks that the tutor named.

    Args:
        where: the setting.
        found: the proxy, if there is one.
        private: ``c.Classroom.egress_private``.
    """
    if found is None or not hosts.is_address(found.host):
        return
    address = ipaddress.ip_address(found.host)
    if address.is_private and not any(address in network for network in private):
        what = f"{found} is a private address that c.Classroom.egress_private does not name"
        yield Problem(where, what, f'add "{ipaddress.ip_network(address)}", or its network, there')


def load(
    file: ConfigFile, environ: Mapping[str, str], urls: Mapping[str, str], login: str = ""
) -> EgressSettings:
    """Read the tutor's settings.

    Args:
        file: the tutor's configuration, its types checked.
        environ: the process environment.
        urls: addresses that the Hub calls, by the setting that contains them.
        login: the user and password for ``c.Classroom.upstream_proxy``.

    Raises:
        StartRefusedError: with a sentence for each problem.
    """
    given = Classroom(config=file.config)
    problems: list[Problem] = []
    proxy_setting = file.where(upstream.SETTING)
    proxy = upstream.load(proxy_setting, given.upstream_proxy, login, problems)
    private_setting = file.where("Classroom.egress_private")
    if is_open(file, environ, problems):
        if proxy is None and not problems:
            return EgressSettings(open=True)
        private = read_networks(private_setting, given.egress_private, problems)
        if problems:
            raise StartRefusedError(problems)
        # Only https on port 443 goes through the proxy.
        hub = hub_hosts(urls, [])
        return EgressSettings(open=True, hub=hub, private=private, upstream=proxy)

    hub_setting = file.where("Classroom.egress_hub")
    own = read_hosts(hub_setting, given.egress_hub, problems)
    problems += check_wildcards(hub_setting, own)
    found = EgressSettings(
        hub=tuple(dict.fromkeys((*hub_hosts(urls, problems), *own))),
        allow=read_hosts(
            file.where("Classroom.egress_allow"),
            given.egress_allow,
            problems,
            f"c.{endpoints.SETTING}",
        ),
        private=read_networks(private_setting, given.egress_private, problems),
        services=service_ports(file),
        endpoints=endpoints.read(file.where(endpoints.SETTING), given.egress_services, problems),
        upstream=proxy,
    )
    problems += check_upstream(proxy_setting, proxy, found.private)
    if problems:
        raise StartRefusedError(problems)
    return found
