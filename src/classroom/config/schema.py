"""Check that everything in a configuration exists and has the right type.

traitlets only warns of a misspelt trait, and not at all of a misspelt class. A typing mistake in an
allowlist would then silently admit nobody, or everybody.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from traitlets.config import Configurable

from classroom.config import people_lists, trait_kinds
from classroom.config.quantities import TooFewBytesError
from classroom.config.traits import Classroom
from classroom.runtime import stand_ins
from classroom.runtime.problems import Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from classroom.config.config_file import ConfigFile

GROUPS = ("jupyterhub.authenticators", "jupyterhub.proxies", "jupyterhub.spawners")

# Settings that the container decides itself. A tutor's value would do nothing, or break a promise.
OURS = {
    "JupyterHub.ssl_cert": "put the certificate into secrets/ssl.crt instead",
    "JupyterHub.ssl_key": "put the key into secrets/ssl.key instead",
    "JupyterHub.ip": "publish another address with docker's -p instead",
    "JupyterHub.port": "publish another port with docker's -p instead",
    "JupyterHub.bind_url": "publish another port with docker's -p instead",
    "JupyterHub.base_url": "remove it; the lab is at the root of its address",
    "JupyterHub.hub_bind_url": "remove it; the Hub listens on a unix socket",
    "JupyterHub.hub_connect_url": "remove it; the Hub listens on a unix socket",
    "JupyterHub.hub_ip": "remove it; the Hub listens on a unix socket",
    "JupyterHub.hub_port": "remove it; the Hub listens on a unix socket",
    "JupyterHub.proxy_class": "remove it; nginx is the front",
    "JupyterHub.cookie_secret_file": "remove it; it is kept on the /data volume",
    "JupyterHub.default_url": "remove it; everybody lands in the classroom",
    "JupyterHub.db_url": "remove it; the database is kept on the /data volume",
}


def with_bases(classes: Iterable[type]) -> dict[str, type[Configurable]]:
    """Index configurable classes and their base classes by name."""
    return {
        base.__name__: base
        for cls in classes
        for base in reversed(cls.__mro__)
        if issubclass(base, Configurable) and base.class_traits(config=True)
    }


@cache
def usual_classes() -> dict[str, type[Configurable]]:
    """Return the classes that a tutor's file is likely to name, which are cheap to import."""
    with stand_ins.left_out(stand_ins.NOT_FOR_THE_HUB):
        from jupyterhub.app import JupyterHub  # noqa: PLC0415 (0.7 s, only needed with a file)
        from jupyterhub.authenticators.shared import SharedPasswordAuthenticator  # noqa: PLC0415
        from jupyterhub.spawner import (  # noqa: PLC0415
            LocalProcessSpawner,
            SimpleLocalProcessSpawner,
        )
        from oauthenticator.github import GitHubOAuthenticator  # noqa: PLC0415

    return with_bases(
        [
            Classroom,
            JupyterHub,
            GitHubOAuthenticator,
            SharedPasswordAuthenticator,
            LocalProcessSpawner,
            SimpleLocalProcessSpawner,
        ]
    )


@cache
def all_classes() -> dict[str, type[Configurable]]:
    """Return every class that can be configured, importing all that is installed."""
    from jupyterhub.app import JupyterHub  # noqa: PLC0415

    found: list[type] = list(JupyterHub().classes)
    for point in (point for group in GROUPS for point in entry_points(group=group)):
        # Some of OAuthenticator's classes need packages that aren't installed: not usable here.
        with suppress(ImportError):
            found.append(point.load())
    return usual_classes() | with_bases(found)


CORRECT = "correct the name or remove the line"
NAMES = frozenset({"allowed_users", "admin_users", "blocked_users", "allowed_organizations"})
"""Settings of every authenticator that are lists of names."""


def list_problems(descriptor: Any, trait: str, value: Any, where: str) -> Iterator[Problem]:
    """Find a value that should be a list of names and is something else.

    Args:
        descriptor: the trait itself.
        trait: its name.
        value: the given value.
        where: the setting, for the sentence.
    """
    if not trait_kinds.is_list(descriptor):
        return
    if isinstance(value, str):
        written = ", ".join(repr(one) for one in value.replace(",", " ").split()) or '"ada"'
        what = f"{people_lists.short(value)!r} is a text, not a list"
        yield Problem(where, what, f"write [{people_lists.short(written)}]")
    elif trait in NAMES and isinstance(value, list | tuple | set | frozenset):
        yield from people_lists.no_texts(where, value)
    elif trait in NAMES and not trait_kinds.is_lazy(value):
        what = f"{people_lists.short(repr(value))} is not a list"
        yield Problem(where, what, people_lists.LIKE_THIS)


def of_another_class(trait: str) -> str:
    """Name the class to which a misplaced setting belongs; "" if there is none.

    Args:
        trait: its name.
    """
    if trait == "allowed_teams":
        return 'write the team into allowed_organizations: "my-school:team-a"'
    having = [name for name, cls in usual_classes().items() if trait in cls.class_own_traits()]
    return f"write c.{having[0]}.{trait}" if having else ""


def value_problems(
    cls: type[Configurable], trait: str, value: Any, where: str
) -> Iterator[Problem]:
    """Find what is wrong with a setting's value.

    Args:
        cls: the class that has the setting.
        trait: its name.
        value: the given value.
        where: the setting, for the sentence.
    """
    descriptor = cls.class_traits(config=True)[trait]
    slips = list(list_problems(descriptor, trait, value, where))
    try:
        if not slips and (what := trait_kinds.type_problem(cls, trait, value)):
            slips = [Problem(where, what, trait_kinds.kind(descriptor)[1])]
    except TooFewBytesError as error:
        slips = [Problem(where, f"{value} means {value} bytes, and that is too few", error.cure)]
    yield from slips


def check(file: ConfigFile) -> Iterator[Problem]:
    """Find all settings in a configuration that don't exist or have the wrong type.

    Args:
        file: the evaluated configuration.
    """
    for name, value in file.config.items():
        if name[:1].islower() or not isinstance(value, dict):
            yield Problem(file.where(name), "is not a setting", "settings are c.Class.name = value")
    for section, trait, value in file.settings():
        setting = f"{section}.{trait}"
        where = file.where(setting)
        cls = usual_classes().get(section) or all_classes().get(section)
        if cls is None:
            cure = did_you_mean(section, all_classes()) or CORRECT
            yield Problem(where, f"there is no class {section}", cure)
        elif trait not in cls.class_traits(config=True):
            known = cls.class_traits(config=True)
            cure = of_another_class(trait) or did_you_mean(trait, known) or CORRECT
            yield Problem(where, f"{section} has no setting {trait}", cure)
        elif setting in OURS:
            yield Problem(where, "is set by the container", OURS[setting])
        elif section == "ConfigurableHTTPProxy":
            yield Problem(where, "nginx is the front here", "remove the line; it would do nothing")
        elif section.endswith("Spawner") and "spawner_class" not in file.config.get(
            "JupyterHub", {}
        ):
            what = "the labs here take no setting of a spawner's"
            yield Problem(where, what, "remove the line, or set c.JupyterHub.spawner_class")
        else:
            yield from value_problems(cls, trait, value, where)
