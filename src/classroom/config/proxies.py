"""Read the web servers in front of the lab that the tutor names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.config import egress_settings
from classroom.runtime.problems import Problem

if TYPE_CHECKING:
    from classroom.config.config_file import ConfigFile
    from classroom.config.egress_settings import Network
    from classroom.config.traits import Classroom

TRUSTED, PROTOCOL = "Classroom.trusted_proxies", "Classroom.proxy_protocol"
PLAIN = "Classroom.proxy_http"


def read(
    file: ConfigFile, given: Classroom, problems: list[Problem], *, has_acme: bool = False
) -> tuple[Network, ...]:
    """Read the networks of the trusted proxies.

    Args:
        file: the tutor's configuration.
        given: our settings in it.
        problems: errors are appended to it.
        has_acme: whether the lab gets a certificate by itself.
    """
    where = file.where(TRUSTED)
    found = egress_settings.read_networks(where, given.trusted_proxies, problems)
    cure = f'name the proxy: c.{TRUSTED} = ["10.1.2.3"]'
    if given.proxy_protocol and not given.trusted_proxies:
        what = "nobody is trusted to say from where people come"
        problems.append(Problem(file.where(PROTOCOL), what, cure))
    if given.proxy_http and not given.trusted_proxies:
        what = "nobody may come by plain http"
        problems.append(Problem(file.where(PLAIN), what, cure))
    if given.proxy_http and has_acme:
        what = "people's browsers see the proxy's certificate, and the lab is to get one as well"
        cure = "let the proxy get it, and remove c.Classroom.acme or ACME_HOST"
        problems.append(Problem(file.where(PLAIN), what, cure))
    return found
