"""What the lab server is told: rendered at boot into one JSON file that only it can read.

The server runs as another user than the Hub and can't read the tutor's configuration.
"""

from __future__ import annotations

import grp
import json
import os
from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING, Any

from classroom.backup import swap
from classroom.config import limits, subdomains
from classroom.config.sign_in_mode import SignInMode
from classroom.lab.pages import content_security_policy
from classroom.lab.people import welcome_text
from classroom.lab.storage import migration
from classroom.lab.upstream.extensions import EXTENSIONS
from classroom.runtime import body_limits, files, lab_users
from classroom.runtime.paths import COOKIES, PREFIX

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.config.settings import Settings
    from classroom.config.subdomains import Hosts
    from classroom.runtime.paths import Paths

Config = dict[str, dict[str, Any]]
CULL_SECONDS = 60
"""How often idle kernels are looked for."""
SESSIONS_OF_A_KERNEL = 4
"""A notebook, its consoles and its page's second thoughts: each page asks for all of them."""
LOG_FORMAT = (
    "%(color)s[%(levelname)1.1s %(asctime)s.%(msecs).03d %(name)s lab {}]%(end_color)s %(message)s"
)
"""Upstream's, with the lab's number: all labs write into one log."""


def render(settings: Settings) -> Config:
    """Build the lab server's configuration: one function per concern.

    Args:
        settings: as loaded and checked.

    Returns:
        JSON for ``jupyterhub-singleuser --config``: traits by class.
    """
    config: Config = {}
    paths = settings.paths
    concerns = (
        serve(paths),
        sign_in(subdomains.of(settings.config)),
        extensions(settings),
        quiet(paths),
        documents(settings),
        personal(paths),
        pages(settings),
        welcome(settings),
        kernels(settings),
    )
    for concern in concerns:
        for section, traits in concern.items():
            config.setdefault(section, {}).update(traits)
    return config


def serve(paths: Paths) -> Config:
    """Listen on a unix socket that only the front may open; serve the class's files."""
    return {
        "ServerApp": {
            "sock": str(paths.lab_socket),
            "sock_mode": "0660",  # its directory says whose group
            # Not by the link that leads to it: a handler that resolves a file's path would find it
            # outside.
            "root_dir": str(paths.files),
            "authorizer_class": "classroom.lab.permissions.authorizer.ClassAuthorizer",
            "contents_manager_class": "classroom.lab.files.contents_manager.ClassContents",
            "default_url": "/lab",
            "tornado_settings": {"xsrf_cookie_kwargs": COOKIES},  # pages read it
            "extra_template_paths": [str(resources.files("classroom.lab.pages") / "templates")],
            "allow_root": False,
            # As much as the front lets through for files, and a room's message (RFC 6455's head).
            "max_body_size": body_limits.FILE_BYTES,
            "max_buffer_size": body_limits.BUFFER_BYTES,
        },
    }


def sign_in(hosts: Hosts) -> Config:
    """Send people to the Hub to sign in, to its own host where it has one."""
    ours: dict[str, Any] = {"cookie_options": COOKIES}
    if hosts.hub:
        ours["hub_host"] = hosts.hub
        ours["oauth_redirect_uri"] = f"{hosts.lab}{PREFIX}oauth_callback"
    return {"HubOAuth": ours}


def extensions(settings: Settings) -> Config:
    """Load what a class uses, and nothing that costs each of its pages."""
    return {
        "ServerApp": {
            # A lab without live documents, or without our rooms, must not look like one with them.
            "reraise_server_extension_failures": True,
            "jpserver_extensions": {
                # jupyter_lsp: the page asks for it at every visit.
                **dict.fromkeys(EXTENSIONS, True),
                "jupyterlab_chat": settings.chat,
                "jupyter_resource_usage": False,  # only its pages' part: see lab/api/usage.py
                "notebook_shim": False,  # for the classic notebook
            },
        },
        "LanguageServerManager": {"autodetect": False},  # none is installed
    }


def quiet(_: Paths) -> Config:
    """No news, no update checks, no extension manager: nothing that calls out or pops up."""
    return {
        "LabApp": {
            "extension_manager": "readonly",
            "news_url": None,
            "check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
        },
        # traitlets keeps loggers at DEBUG and filters in the handler, which costs every message.
        "Application": {
            "log_level": "INFO",
        },
    }


def documents(settings: Settings) -> Config:
    """Keep document history on the volume, out of the class's files."""
    paths = settings.paths
    return {
        # By default where the server starts, which is the class's folder: a template is a program.
        "TemplateExporter": {"extra_template_basedirs": [], "extra_template_paths": []},
        "HTMLExporter": {"embed_images": False},
        "ClassContents": {
            "scratch": str(paths.history / "saving"),
            "disk_reserve": settings.limits.disk,
        },
        "ClassYStore": {
            "db_path": str(paths.history / "documents.db"),
            "restored": swap.mark(paths),
        },
        "YDocExtension": {
            "ystore_class": "classroom.lab.storage.ystore.ClassYStore",
        },
        "LocalFileIdManager": {"db_path": str(paths.history / "file_ids.db")},
        "ArbitraryFileIdManager": {
            "db_path": str(paths.history / "file_ids.db"),
            # Its space stays allocated: a file can be deleted on a full disk.
            "db_journal_mode": "PERSIST",
        },
    }


def personal(paths: Paths) -> Config:
    """Keep everybody's settings and layouts where nothing is looked for that is loaded."""
    return {
        "LabApp": {
            "user_settings_dir": str(paths.history / migration.SETTINGS),
            "workspaces_dir": str(paths.history / migration.WORKSPACES),
        }
    }


def pages(settings: Settings) -> Config:
    """Say what pages may load from elsewhere, and whether they show other labs."""
    github = settings.oauth.github_url if settings.oauth and settings.avatars else ""
    return {
        "ClassPages": {
            "labs": settings.has_labs,
            "own_labs": settings.personal_labs,
            "github": settings.mode is SignInMode.GITHUB,
            "hosts": [str(host) for host in settings.page_hosts],
            "avatars": list(content_security_policy.avatar_hosts(github)),
        }
    }


def welcome(settings: Settings) -> Config:
    """Say which notebook everybody's page opens once (`classroom.lab.people.welcome`)."""
    found, own = settings.welcome, settings.paths.lab != lab_users.CLASS
    text = found.text.decode() or welcome_text.notebook(own=own, chat=settings.chat)
    of_tutor = "yes" if found.text else ""
    return {
        "WelcomeNotebook": {
            "name": found.name,
            "text": text if found.name else "",
            "of_tutor": of_tutor,
        }
    }


def kernels(settings: Settings) -> Config:
    """Run what students run as `student`, talk to kernels over unix sockets, and find both again.

    Nothing of the lab listens on a port. Kernels outlive the server: so must the sessions, which
    say what kernel is whose.
    """
    execution = "classroom.lab.execution"
    return {
        "ServerApp": {
            "kernel_manager_class": f"{execution}.kernel_manager.StudentKernels",
            "session_manager_class": f"{execution}.session_manager.KernelSessions",
            "kernel_websocket_connection_class": f"{execution}.kernel_websocket.SignedConnection",
        },
        "StudentKernels": {
            "kernel_manager_class": f"{execution}.kernel_manager.StudentKernel",
            "default_kernel_name": "python3",
            "max_kernels": settings.limits.kernels,
            "cull_idle_timeout": settings.idle_kernel_timeout,
            "cull_interval": CULL_SECONDS,
        },
        "KernelManager": {"transport": "ipc"},
        "StudentTerminals": {"at_most": settings.limits.kernels},
        "KernelSessions": {
            "database_filepath": str(settings.paths.runtime / "sessions.db"),
            "max_sessions": SESSIONS_OF_A_KERNEL * settings.limits.kernels,
        },
        "TerminalsExtensionApp": {
            "terminal_manager_class": "classroom.lab.execution.terminals.StudentTerminals"
        },
    }


def install(settings: Settings) -> Path:
    """Write the configuration for the lab server.

    Args:
        settings: as loaded and checked.

    Returns:
        The file.
    """
    file = settings.paths.lab_config
    file.write_text(json.dumps(render(settings), indent=2), encoding="utf-8")
    os.chown(file, 0, grp.getgrnam("classroom").gr_gid)
    file.chmod(0o640)
    return file


def install_labs(settings: Settings) -> Path:
    """Write what the servers of labs other than the class are told, all alike.

    One lab's number stands for each: the supervisor puts in the right one when a lab starts
    (`classroom.supervisor.labs`).

    Args:
        settings: as loaded and checked.

    Returns:
        The file.
    """
    lab = lab_users.LAST
    own = replace(
        settings,
        paths=settings.paths.of_lab(lab),
        limits=limits.of_lab(settings.limits, lab),
        personal_labs=True,  # a lab of somebody's own runs only while people have some
    )
    config = render(own)
    config["Application"]["log_format"] = LOG_FORMAT.format(lab)
    file = settings.paths.labs_config
    files.write_private(file, json.dumps(config, indent=2).encode())
    return file
