"""Render the lab server's configuration at boot, into one JSON file that only the lab can read.

The lab server and the Hub run as different users, and the lab server can't read the tutor's
configuration.
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
"""How often the lab looks for idle kernels."""
SESSIONS_OF_A_KERNEL = 4
"""Sessions of one kernel: a notebook, its consoles, and reserves. Each page lists all sessions."""
LOG_FORMAT = (
    "%(color)s[%(levelname)1.1s %(asctime)s.%(msecs).03d %(name)s lab {}]%(end_color)s %(message)s"
)
"""Upstream's log format with the lab's number: all labs write into one log."""


def render(settings: Settings) -> Config:
    """Build the lab server's configuration; each concern has a function.

    Args:
        settings: the loaded and checked settings.

    Returns:
        The JSON data for ``jupyterhub-singleuser --config``: traits by class.
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
    """Make the lab listen on a unix socket that only the front may open, and serve the files."""
    return {
        "ServerApp": {
            "sock": str(paths.lab_socket),
            "sock_mode": "0660",  # its directory determines the group
            # The real path, not a link to it: a handler that resolves a file's path would otherwise
            # find the file outside of the root.
            "root_dir": str(paths.files),
            "authorizer_class": "classroom.lab.permissions.authorizer.ClassAuthorizer",
            "contents_manager_class": "classroom.lab.files.contents_manager.ClassContents",
            "default_url": "/lab",
            "tornado_settings": {"xsrf_cookie_kwargs": COOKIES},  # scripts of pages read it
            "extra_template_paths": [str(resources.files("classroom.lab.pages") / "templates")],
            "allow_root": False,
            # The front's limit for files; the buffer also fits a room's message with its header.
            "max_body_size": body_limits.FILE_BYTES,
            "max_buffer_size": body_limits.BUFFER_BYTES,
        },
    }


def sign_in(hosts: Hosts) -> Config:
    """Redirect people to the Hub to sign in, on the Hub's own host if it has one."""
    ours: dict[str, Any] = {"cookie_options": COOKIES}
    if hosts.hub:
        ours["hub_host"] = hosts.hub
        ours["oauth_redirect_uri"] = f"{hosts.lab}{PREFIX}oauth_callback"
    return {"HubOAuth": ours}


def extensions(settings: Settings) -> Config:
    """Load the extensions that a class uses, and switch off those that only slow its pages down."""
    return {
        "ServerApp": {
            # A lab without collaboration, or without our rooms, must not start.
            "reraise_server_extension_failures": True,
            "jpserver_extensions": {
                # With jupyter_lsp, which each page queries when it loads.
                **dict.fromkeys(EXTENSIONS, True),
                "jupyterlab_chat": settings.chat,
                "jupyter_resource_usage": False,  # only its page part is used: see lab/api/usage.py
                "notebook_shim": False,  # for the classic notebook
            },
        },
        "LanguageServerManager": {"autodetect": False},  # none is installed
    }


def quiet(_: Paths) -> Config:
    """Switch off news, update checks and the extension manager: no outside calls, no pop-ups."""
    return {
        "LabApp": {
            "extension_manager": "readonly",
            "news_url": None,
            "check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
        },
        # traitlets keeps loggers at DEBUG and filters in the handler, which costs time per message.
        "Application": {
            "log_level": "INFO",
        },
    }


def documents(settings: Settings) -> Config:
    """Keep the documents' history on the volume, outside the class's files."""
    paths = settings.paths
    return {
        # The default is the class's folder. A template in it could run code.
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
            # SQLite's rollback journal keeps its disk space, so a full disk allows deletion.
            "db_journal_mode": "PERSIST",
        },
    }


def personal(paths: Paths) -> Config:
    """Keep settings and layouts in folders from which the server loads no code."""
    return {
        "LabApp": {
            "user_settings_dir": str(paths.history / migration.SETTINGS),
            "workspaces_dir": str(paths.history / migration.WORKSPACES),
        }
    }


def pages(settings: Settings) -> Config:
    """Configure which other hosts pages may load from, and whether they show other labs."""
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
    """Configure the notebook that everybody's page opens once (`classroom.lab.people.welcome`)."""
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
    """Configure kernels and terminals.

    Kernels use unix sockets, so nothing of the lab listens on a port. Kernels keep running when the
    server restarts. So the sessions, which map notebooks to kernels, must survive a restart too.
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
    """Write the class's lab server's configuration.

    Args:
        settings: the loaded and checked settings.

    Returns:
        The path of the file.
    """
    file = settings.paths.lab_config
    file.write_text(json.dumps(render(settings), indent=2), encoding="utf-8")
    os.chown(file, 0, grp.getgrnam("classroom").gr_gid)
    file.chmod(0o640)
    return file


def install_labs(settings: Settings) -> Path:
    """Write one configuration for the servers of all labs other than the class's.

    It has the number of one lab as a placeholder: the supervisor replaces it by the right number
    when a lab starts (`classroom.supervisor.labs`).

    Args:
        settings: the loaded and checked settings.

    Returns:
        The path of the file.
    """
    lab = lab_users.LAST
    own = replace(
        settings,
        paths=settings.paths.of_lab(lab),
        limits=limits.of_lab(settings.limits, lab),
        personal_labs=True,  # such a lab runs only if people may have labs of their own
    )
    config = render(own)
    config["Application"]["log_format"] = LOG_FORMAT.format(lab)
    file = settings.paths.labs_config
    files.write_private(file, json.dumps(config, indent=2).encode())
    return file
