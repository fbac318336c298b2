"""The web servers in front of the lab, as the tutor names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.config import egress_settings
from classroom.runtime.problems import Problem

if TYPE_CHECKING:
    from classroom.config.config_file import ConfigFile
    from classroom.config.egress_settings import Network
    from classroom.config.traits import Classroom

TRUSTED, PROTOCOL = "Classroom.trusted_proxies", "Classroom.proxy_protocol"


def read(file: ConfigFile, given: Classroom, problems: list[Problem]) -> tuple[Network, ...]:
    """Read their networks.

    Args:
        file: the tutor's configuration.
        given: our own settings of it.
        problems: errors are appended to it.
    """
    where = file.where(TRUSTED)
    found = egress_settings.read_networks(where, given.trusted_proxies, problems)
    if given.proxy_protocol and not given.trusted_proxies:
        what = "nobody is trusted to say from where people come"
        cure = f'name the proxy: c.{TRUSTED} = ["10.1.2.3"]'
        problems.append(Problem(file.where(PROTOCOL), what, cure))
    return found
