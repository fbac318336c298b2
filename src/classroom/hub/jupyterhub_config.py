"""Turn the settings into JupyterHub's configuration: one function per concern."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from classroom.config import invitations, subdomains, trial
from classroom.config.sign_in_mode import SignInMode
from classroom.config.trait_kinds import is_lazy
from classroom.egress.lock import LockKind
from classroom.hub.access.assignments_handlers import CARRY
from classroom.hub.access.handlers import LIST, REMOVE, of_ours
from classroom.hub.auth.accounts import Accounts
from classroom.hub.auth.invited import ClassroomInvitationAuthenticator
from classroom.hub.auth.passphrase import ClassroomPassphraseAuthenticator
from classroom.hub.copies.service import GivenCopies
from classroom.hub.egress.gateway import Egress
from classroom.hub.labs.deletion_handler import ADMINISTER
from classroom.hub.labs.lab_rooms import OWN_LAB_SCOPES, LabRooms, roles_of
from classroom.hub.labs.listing import LabListing
from classroom.hub.labs.service import PersonalLabs
from classroom.hub.labs.spawner import POLL_SECONDS, PersonalLab
from classroom.hub.own_certificate import OwnCertificate
from classroom.hub.proxy import NginxProxy
from classroom.hub.sharing import service as sharing
from classroom.hub.spawner import NoPersonalLab
from classroom.hub.template_words import TemplateWords
from classroom.runtime.paths import COMMAND, COOKIES, PORT, PREFIX, SERVICE

if TYPE_CHECKING:
    from traitlets.config import Config

    from classroom.config.settings import Settings
    from classroom.egress.lock import Lock
    from classroom.hub.access.service import Access
    from classroom.runtime.handover import Handover
    from classroom.runtime.paths import Paths

# Users may read their own user model, enter the classroom, and leave labs that are shared with
# them. They get no server, and no tokens, which could outlive their place on the list.
USER_SCOPES = ["read:users!user", f"access:services!service={SERVICE}", "users:shares!user"]
START_SECONDS = 120
"""How long a lab may take to start on a busy machine."""


def tutors_own(c: Config, trait: str, default: Any) -> Any:
    """Read the tutor's value of a JupyterHub setting, to which ours is added.

    Args:
        c: the configuration, with the tutor's merged in.
        trait: the setting's name.
        default: an empty value of its type, to which ``c.JupyterHub.trait.append(…)`` and the like
            are applied.
    """
    value = c.JupyterHub.get(trait, default)
    return value.get_value(default) if is_lazy(value) else value


def configure(
    c: Config,
    settings: Settings,
    lock: Lock,
    access: Access,
    handed: Handover,
) -> None:
    """Set everything the Hub needs on the configuration it is loading.

    Args:
        c: the Hub's configuration object.
        settings: as loaded and checked.
        lock: the egress lock that the start has taken.
        access: decides who may be in.
        handed: how to reach the supervisor.
    """
    c.merge(settings.config)
    lab = subdomains.of(settings.config).lab
    place(c, settings.paths)
    accounts = Accounts(settings.paths.hub / "accounts.json")
    routes(c, lab)
    rooms = other_labs(c, settings, accounts)
    cookies(c, handed.lab_id)
    c.NginxProxy.handover = handed
    egress(c, settings, lock, handed)
    own_certificate(c, settings)
    roles(c, settings)
    sign_in(c, settings, access, accounts, rooms)
    pages(c, settings, lab)
    c.Background.copies = GivenCopies(settings.paths)
    classroom(c, handed.lab_token, lab)
    if handed.command_token:
        command(c, handed.command_token)


def place(c: Config, paths: Paths) -> None:
    """Keep state on the volume, and listen on a unix socket."""
    c.JupyterHub.db_url = f"sqlite:///{paths.hub}/jupyterhub.sqlite"
    c.JupyterHub.cookie_secret_file = str(paths.hub / "cookie_secret")
    c.JupyterHub.hub_bind_url = c.JupyterHub.hub_connect_url = (
        f"http+unix://{quote(str(paths.hub_socket), safe='')}"
    )
    c.JupyterHub.hub_socket_mode = 0o660  # its directory says whose group


def routes(c: Config, lab: str) -> None:
    """Put nginx in front, and send everybody to the classroom.

    Args:
        c: the Hub's configuration object.
        lab: the lab's host, if it has its own.
    """
    c.JupyterHub.proxy_class = NginxProxy
    c.JupyterHub.bind_url = f"http://:{PORT}"  # for the log only: nginx speaks TLS
    c.JupyterHub.default_url = f"{lab}{PREFIX}lab"
    if "spawner_class" not in c.JupyterHub:
        c.JupyterHub.spawner_class = NoPersonalLab


def cookies(c: Config, lab_id: str) -> None:
    """Keep the Hub's cookies from scripts, from other sites' requests and apart from other labs'.

    Lax, not Strict: GitHub sends people back here.

    Args:
        c: the Hub's configuration object.
        lab_id: the lab's id, with which their names end.
    """
    c.JupyterHub.lab_id = lab_id
    own = tutors_own(c, "tornado_settings", {})
    c.JupyterHub.tornado_settings = {
        **own,
        "cookie_options": {**own.get("cookie_options", {}), **COOKIES},
        "xsrf_cookie_kwargs": {**own.get("xsrf_cookie_kwargs", {}), **COOKIES, "httponly": True},
    }


def egress(c: Config, settings: Settings, lock: Lock, handed: Handover) -> None:
    """Do the Hub's part of the egress lock, and let the pages say when there is no lock."""
    c.Background.egress = Egress(settings, lock, handed)
    c.JupyterHub.template_vars = {
        "classroom_egress_open": lock.kind is LockKind.OPEN,
        **tutors_own(c, "template_vars", {}),
    }


def own_certificate(c: Config, settings: Settings) -> None:
    """Get the lab's certificate, and let the page *People* say why there is none.

    Args:
        c: the Hub's configuration object.
        settings: as loaded and checked.
    """
    if settings.acme is None:
        return
    c.Background.own_certificate = found = OwnCertificate(settings.paths, settings.acme)
    c.JupyterHub.template_vars = {
        "classroom_certificate": found.trouble,
        **tutors_own(c, "template_vars", {}),
    }


def other_labs(c: Config, settings: Settings, accounts: Accounts) -> LabRooms | None:
    """Prepare for labs besides the class: people's own, and rooms.

    The tutor can add them while the Hub runs; until then pages show nothing about labs. The start
    has made the folders, unless a setting contradicts labs.

    Args:
        c: the Hub's configuration object.
        settings: as loaded and checked.
        accounts: the account behind each name.

    Returns:
        The rooms; None if there can be no labs.
    """
    if not settings.paths.labs_run.is_dir():
        return None
    labs = PersonalLabs(settings, accounts)
    c.JupyterHub.spawner_class = PersonalLab
    c.PersonalLab.labs = labs
    c.PersonalLab.start_timeout = START_SECONDS
    c.PersonalLab.http_timeout = START_SECONDS
    c.PersonalLab.poll_interval = POLL_SECONDS
    c.PersonalLab.default_url = "/lab"
    # A lab starts when somebody opens its address.
    c.JupyterHub.implicit_spawn_seconds = 0.01
    # A restarting lab waits for the Hub, so the Hub must not wait for the lab.
    c.JupyterHub.init_spawners_timeout = 1
    c.Background.labs = labs
    c.Background.rooms = rooms = LabRooms(settings, labs, scopes_of_users(c, own=False))
    c.Background.shares = sharing.Shares(settings.paths.hub / sharing.FILE)
    # JupyterHub calls a callable with the user of the page.
    c.JupyterHub.template_vars = {
        "classroom_labs": LabListing(labs),
        "classroom_has_labs": lambda _: labs.has_any,
        "classroom_own_labs": lambda _: labs.has_own,
        **tutors_own(c, "template_vars", {}),
    }
    return rooms


def scopes_of_users(c: Config, *, own: bool) -> list[str]:
    """List the scopes of everybody, with those that the tutor adds.

    Args:
        c: the Hub's configuration object.
        own: whether people have labs of their own.
    """
    given = [role for role in tutors_own(c, "load_roles", []) if role.get("name") == "user"]
    more = [scope for role in given for scope in role.get("scopes", [])]
    return [*USER_SCOPES, *(OWN_LAB_SCOPES if own else []), *more]


def roles(c: Config, settings: Settings) -> None:
    """Let users enter the classroom, and the lab remove them; the tutor's own roles stay.

    Args:
        c: the Hub's configuration object.
        settings: as loaded and checked.
    """
    wanted = list(tutors_own(c, "load_roles", []))
    others = [role for role in wanted if role.get("name") != "user"]
    user = {"name": "user", "scopes": scopes_of_users(c, own=settings.personal_labs)}
    lab = {"name": f"{SERVICE}-lab", "scopes": [REMOVE, LIST, CARRY], "services": [SERVICE]}
    c.JupyterHub.load_roles = [*others, user, lab, *roles_of(settings.rooms, settings.groups)]
    c.JupyterHub.custom_scopes = {
        REMOVE: {"description": "Remove students on request of a tutor in the lab"},
        LIST: {"description": "List students on request of a tutor in the lab"},
        CARRY: {"description": "Hand out to labs of students, and collect, as a tutor asks for"},
        **tutors_own(c, "custom_scopes", {}),
    }


def sign_in(
    c: Config, settings: Settings, access: Access, accounts: Accounts, rooms: LabRooms | None
) -> None:
    """Choose the authenticator and give it the names."""
    people = access.people
    c.Background.access = access
    c.Authenticator.allowed_users = set(people.names)
    c.Authenticator.admin_users = set(people.all_tutors)
    c.Authenticator.blocked_users = set(settings.blocked | people.out)
    if settings.mode is SignInMode.TRIAL:
        passphrases = trial.ensure(settings.paths.hub)
        c.Authenticator.allow_all = True
        c.Authenticator.allowed_users = set()
        c.Authenticator.admin_users = {trial.TUTOR}
        c.SharedPasswordAuthenticator.user_password = passphrases.student.reveal()
        c.SharedPasswordAuthenticator.admin_password = passphrases.tutor.reveal()
        chosen: Any = ClassroomPassphraseAuthenticator
    elif settings.oauth is not None:
        # Imported only here, because it takes 5 MB that a trial does not need.
        from classroom.hub.auth.github import ClassroomGitHubOAuthenticator  # noqa: PLC0415

        ours = c.ClassroomGitHubOAuthenticator
        ours.client_id = settings.oauth.client_id
        ours.client_secret = settings.oauth.client_secret.reveal()
        ours.oauth_callback_url = settings.oauth.callback_url
        ours.github_url = settings.oauth.github_url
        ours.accounts = accounts
        ours.rooms = rooms
        # The tutor may have set them on a more specific class.
        ours.allowed_users = set(people.names)
        ours.admin_users = set(people.all_tutors)
        ours.blocked_users = set(settings.blocked | people.out)
        chosen = ClassroomGitHubOAuthenticator
    elif settings.mode is SignInMode.INVITATIONS:
        links = c.ClassroomInvitationAuthenticator
        links.allow_existing_users = False  # people who are not on the list stay out
        links.keys = settings.paths.hub / invitations.FILE
        links.shown = dict(settings.shown)
        chosen = ClassroomInvitationAuthenticator
    else:
        chosen = c.JupyterHub.authenticator_class
    greet = None if rooms is None else rooms.greet
    c.JupyterHub.authenticator_class = of_ours(
        chosen, access, avatars=settings.avatars, greet=greet
    )


def pages(c: Config, settings: Settings, lab: str) -> None:
    """Use our templates in place of the Hub's, and pass them their variables."""
    ours = str(files("classroom.hub") / "templates")
    c.JupyterHub.template_paths = [*tutors_own(c, "template_paths", []), ours]
    options = tutors_own(c, "jinja_environment_options", {})
    extensions = [*options.get("extensions", ()), TemplateWords]
    c.JupyterHub.jinja_environment_options = {**options, "extensions": extensions}
    c.JupyterHub.template_vars = {
        "classroom_url": f"{lab}{PREFIX}lab",
        "classroom_github": settings.mode is SignInMode.GITHUB,
        "classroom_trial": settings.mode is SignInMode.TRIAL,
        "classroom_invitations": settings.mode is SignInMode.INVITATIONS,
        "classroom_name": settings.name,
        "classroom_contact": settings.contact,
        "classroom_tutors": sorted(settings.tutors),
        "classroom_personal_labs": c.JupyterHub.spawner_class not in {NoPersonalLab, PersonalLab},
        **tutors_own(c, "template_vars", {}),
    }


def classroom(c: Config, lab_token: str, lab: str) -> None:
    """Define the one shared lab as a service, which the supervisor runs beside the Hub.

    Args:
        c: the Hub's configuration object.
        lab_token: the service's token.
        lab: its host, if it has its own.
    """
    service: dict[str, Any] = {
        "name": SERVICE,
        "display": False,
        "api_token": lab_token,
        "oauth_redirect_uri": f"{lab}{PREFIX}oauth_callback",
        "oauth_no_confirm": True,
    }
    c.JupyterHub.services = [*tutors_own(c, "services", []), service]


def command(c: Config, token: str) -> None:
    """Let ``classroom lab`` start, stop and delete labs, with a token that only root can read.

    Args:
        c: the Hub's configuration object, with our own roles and service in it.
        token: the command's token.
    """
    role = {"name": COMMAND, "scopes": [ADMINISTER], "services": [COMMAND]}
    c.JupyterHub.load_roles = [*c.JupyterHub.load_roles, role]
    service = {"name": COMMAND, "display": False, "api_token": token}
    c.JupyterHub.services = [*c.JupyterHub.services, service]
