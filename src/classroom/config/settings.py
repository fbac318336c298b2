"""Read and check everything that the start depends on, once.

Only ``load`` reads the tutor's file, the secrets and the environment. All later code uses the
frozen `Settings`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from classroom.config import (
    acme,
    config_file,
    egress_settings,
    github,
    hub_lists,
    lab_rooms,
    labs,
    language,
    limits,
    people,
    people_lists,
    preload,
    proxies,
    schema,
    students_file,
    upstream,
    welcome,
)
from classroom.config.egress_settings import EgressSettings
from classroom.config.github import Given
from classroom.config.limits import Limits
from classroom.config.sign_in_mode import SignInMode, mode_of
from classroom.config.traits import Classroom
from classroom.config.welcome import Welcome
from classroom.runtime.problems import Problem, StartRefusedError
from classroom.runtime.words import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from traitlets.config import Config

    from classroom.config.acme import Acme
    from classroom.config.config_file import ConfigFile
    from classroom.config.egress_settings import Network
    from classroom.config.github import OAuth
    from classroom.config.hosts import Host
    from classroom.config.lab_rooms import LabRoom
    from classroom.runtime.paths import Paths


@dataclass(frozen=True)
class Settings:
    """What was decided at start.

    Attributes:
        paths: where things are.
        mode: how people sign in.
        config: the tutor's configuration, every value checked.
        allowed: names on the allowlist, lower case.
        tutors: names of the tutors, lower case.
        blocked: names that may not enter, lower case.
        organizations: GitHub organizations (and ``org:team``) whose members may enter.
        everybody: whether the configuration admits people who are on no list.
        anybody: whether everybody who has a GitHub account may enter.
        oauth: the values for GitHub, in GitHub mode.
        language: the pages' language: "en", or the name of a language pack, such as "de_DE".
        name: the class's name; "" for none.
        contact: the person whom somebody without access should ask.
        egress: what may be reached from the container.
        avatars: whether pages show people's pictures.
        chat: whether the lab has chats.
        page_hosts: hosts from which people's pages may load.
        limits: what students' processes may use.
        preload: the modules that are imported before a kernel starts.
        idle_kernel_timeout: seconds after which an idle kernel ends; 0 for never.
        personal_labs: whether people have labs of their own.
        rooms: labs of several people, by their names.
        groups: groups whose members may enter each other's labs, by their names.
        max_labs: how many labs may run at the same time besides the class's.
        idle_lab_timeout: seconds after which one of these that nobody uses stops; 0 for never.
        snapshot_interval: seconds between snapshots; 0 for none but those before a restore and at
            stop.
        trusted_proxies: networks of web servers whose word for a client's address the front trusts.
        proxy_protocol: whether these use the PROXY protocol.
        proxy_http: whether these connect by plain http, and no other client may connect at all.
        acme: the certificate that the lab gets by itself; None for none.
        welcome: the notebook that everybody's page opens once.
        students_file: the file of students' names, beside the configuration; "" for none.
        shown: how the lists write a name, for names that the Hub writes in another way.
        sources: the bytes that all settings were read from, by path in the tutor's folder.
    """

    paths: Paths
    mode: SignInMode
    config: Config = field(repr=False)
    allowed: frozenset[str] = frozenset()
    tutors: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    everybody: bool = False
    anybody: bool = False
    oauth: OAuth | None = None
    language: str = ENGLISH
    name: str = ""
    contact: str = ""
    egress: EgressSettings = field(default_factory=EgressSettings)
    avatars: bool = True
    chat: bool = True
    page_hosts: tuple[Host, ...] = ()
    limits: Limits = field(default_factory=Limits)
    preload: tuple[str, ...] = ()
    idle_kernel_timeout: int = 0
    personal_labs: bool = False
    rooms: Mapping[str, LabRoom] = field(default_factory=dict)
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    max_labs: int = 0
    idle_lab_timeout: int = 0
    snapshot_interval: int = 600
    trusted_proxies: tuple[Network, ...] = ()
    proxy_protocol: bool = False
    proxy_http: bool = False
    acme: Acme | None = None
    welcome: Welcome = field(default_factory=Welcome)
    students_file: str = ""
    shown: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def has_labs(self) -> bool:
        """Say whether there are labs besides the class's."""
        return self.personal_labs or bool(self.rooms)

    @property
    def has_file(self) -> bool:
        """Say whether the tutor has a file, in which labs could be added later."""
        return self.mode is not SignInMode.TRIAL


def load_egress(
    file: ConfigFile, environ: Mapping[str, str], urls: Mapping[str, str], login: str = ""
) -> tuple[EgressSettings, list[Problem]]:
    """Read what may be reached, and collect its problems, so that one start reports all problems.

    Args:
        file: the tutor's configuration.
        environ: the process environment.
        urls: addresses that the Hub calls, by the setting that contains them.
        login: the user and password for ``c.Classroom.upstream_proxy``.
    """
    try:
        found, problems = egress_settings.load(file, environ, urls, login), []
    except StartRefusedError as refused:
        found, problems = EgressSettings(), list(refused.problems)
    if not found.open and "spawner_class" in file.config.get("JupyterHub", {}):
        problems.append(
            Problem(
                file.where("JupyterHub.spawner_class"),
                "personal labs would run outside the egress lock",
                "remove the line, or accept a lab without a lock: c.Classroom.egress = 'open'",
            )
        )
    return found, problems


def load(paths: Paths, environ: Mapping[str, str]) -> Settings:
    """Read, check and freeze everything the start depends on.

    Args:
        paths: where the tutor's folder is.
        environ: the process environment.

    Raises:
        StartRefusedError: with a sentence for each problem.
    """
    file = config_file.read(paths.config_file)
    if problems := list(schema.check(file)) or list(hub_lists.check(file)):
        # Misspelt settings and wrong types can't be checked further.
        raise StartRefusedError(problems)
    secret, login = github.read_secret(paths), upstream.read_login(paths)
    given = Given(file, environ, secret, github.misnamed_secrets(paths))
    ours = Classroom(config=file.config)
    mode = mode_of(given, ours.sign_in)
    students, read_from = people.load_students(
        file, paths, ours.students_file, of_accounts=mode is not SignInMode.INVITATIONS
    )
    welcomed, welcome_from = welcome.load(file, paths.config, environ)
    written = people.names(people.lookup(file, "allowed_users"))
    allowed = written | {one.name for one in students}
    tutors = people.names(people.lookup(file, "admin_users"))
    wrong: list[Problem] = []
    certificate, certificate_from = acme.load(file, environ, paths.config, wrong)
    asked = dict(given.asked()) if mode is SignInMode.GITHUB else {}
    if certificate is not None:
        asked[file.where(acme.DIRECTORY)] = certificate.directory
    egress, problems = load_egress(file, environ, asked, login)
    egress = replace(egress, plain_http=certificate is not None)
    problems += wrong
    where = file.where("Classroom.page_hosts")
    page_hosts = egress_settings.read_hosts(where, ours.page_hosts, problems)
    problems += preload.check(ours, file.where("Classroom.preload"))
    spoken = language.read(ours.language, file.where(language.SETTING), problems)
    trusted = proxies.read(file, ours, problems, has_acme=certificate is not None)
    problems += labs.check(file, ours)
    others = lab_rooms.read(file, ours, by_github=mode is SignInMode.GITHUB)
    problems += others.problems
    problems += lab_rooms.reserved(file.where("Authenticator.allowed_users"), allowed | tutors)
    found = Settings(
        paths=paths,
        mode=mode,
        config=file.config,
        allowed=allowed,
        tutors=tutors,
        blocked=people.names(people.lookup(file, "blocked_users")),
        language=spoken,
        name=" ".join(ours.name.split()),
        contact=ours.contact,
        egress=egress,
        avatars=ours.avatars,
        chat=ours.chat,
        page_hosts=page_hosts,
        limits=limits.of(ours),
        preload=preload.of(ours),
        idle_kernel_timeout=ours.idle_kernel_timeout,
        personal_labs=ours.personal_labs,
        rooms=others.rooms,
        groups=others.groups,
        max_labs=labs.most(ours.max_labs),
        idle_lab_timeout=ours.idle_lab_timeout,
        snapshot_interval=ours.snapshot_interval,
        trusted_proxies=trusted,
        proxy_protocol=ours.proxy_protocol,
        proxy_http=ours.proxy_http,
        acme=certificate,
        welcome=welcomed,
        students_file=ours.students_file,
        shown=people.shown_names(
            people.lookup(file, "allowed_users"), people.lookup(file, "admin_users"), students
        ),
        sources={
            **file.sources,
            **read_from,
            **welcome_from,
            **certificate_from,
            **({github.SECRET_FILE: secret.encode()} if secret else {}),
            **({upstream.SECRET_FILE: login.encode()} if login else {}),
        },
    )
    if mode is SignInMode.INVITATIONS:
        problems += people.check_invitations(file, given, students)
    if mode is not SignInMode.GITHUB:
        if problems:
            raise StartRefusedError(problems)
        return found

    problems = [
        *problems,
        *github.check(given),
        *people.check_allowlist(file, paths, allowed | tutors),
        *people_lists.wrong_logins(file.where("Authenticator.allowed_users"), written),
        *students_file.wrong_names(ours.students_file, students),
        *people_lists.wrong_logins(file.where("Authenticator.admin_users"), tutors),
        *people_lists.wrong_logins(file.where("Authenticator.blocked_users"), found.blocked),
        *people_lists.wrong_organizations(
            file.where("GitHubOAuthenticator.allowed_organizations"),
            people.names(people.lookup(file, "allowed_organizations")),
        ),
    ]
    if problems:
        raise StartRefusedError(problems)
    return replace(
        found,
        organizations=people.names(people.lookup(file, "allowed_organizations")),
        everybody=any(people.lookup(file, trait) for trait in people.ADMIT_EVERYBODY),
        anybody=bool(people.lookup(file, "allow_all")),
        oauth=given.values(),
    )
