"""Check that the server's parts on which the lab's security depends are still the lab's own.

A package in the tutor's requirements.txt may contain a server extension that replaces one of our
parts. The server would start as usual, but would break the lab's promises.
"""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any

from classroom.lab.files.contents_manager import ClassContents
from classroom.lab.permissions import authorizer
from classroom.lab.upstream.extensions import EXTENSIONS
from classroom.runtime.problems import Problem, StartRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_server.serverapp import ServerApp

CONTENTS = "contents_manager"
PARTS = {
    CONTENTS: "what reads and saves files",
    "session_manager": "what knows which kernel belongs to which file",
    "kernel_manager": "what starts kernels",
    "kernel_spec_manager": "the list of kernels",
    "kernel_websocket_connection_class": "what pages talk to kernels through",
    "config_manager": "what keeps settings",
    "identity_provider": "what knows who somebody is",
    "authorizer": "what decides who may do what",
    "file_id_manager": "what follows files that are moved",
    "terminal_manager": "what starts terminals",
}
"""Parts by their name in the server's settings; most are attributes of the application, too."""
OURS = ("classroom.lab.extension", "jupyterhub.singleuser")
"""Extensions that may replace parts, besides those that the lab itself loads."""
CURE = "take it out and build the image again (make up)"


def parts(app: ServerApp) -> dict[str, object]:
    """Return all parts, and the methods of those whose class is ours.

    Args:
        app: jupyter_server's application.
    """
    found: dict[str, object] = {}
    settings = app.web_app.settings
    for name in PARTS:
        found[name] = settings.get(name)
        found[f"{name} of the server"] = getattr(app, name, None)
        found |= {f"{name}.{key}": each for key, each in _methods(settings.get(name)).items()}
    sessions: Any = app.session_manager
    found[f"{CONTENTS} of the sessions"] = getattr(sessions, CONTENTS, None)
    return found


def _methods(part: object) -> dict[str, object]:
    """Return the callables of one of our parts; a patched method is another object."""
    kinds = [one for one in type(part).__mro__ if one.__module__.startswith("classroom.")]
    found = {key: each for one in reversed(kinds) for key, each in vars(one).items()}
    own = getattr(part, "__dict__", {})
    found |= {key: own[key] for key in found.keys() & own.keys()}
    return {key: each for key, each in found.items() if callable(each)}


def replaced(before: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """List the replaced parts, in words.

    A contents manager that derives from the one before doesn't count, because it calls ours.

    Args:
        before: the result of `parts`.
        now: the result of `parts` after an extension was loaded.
    """
    changed = {key for key, part in before.items() if part is not None and part is not now.get(key)}
    old, new = before.get(CONTENTS), now.get(CONTENTS)
    if isinstance(new, ClassContents) and isinstance(new, type(old)):
        ours = {f"{CONTENTS}{of}" for of in ("", " of the server", " of the sessions")}
        changed -= {key for key in ours if now[key] is new}
    names = {key.partition(" ")[0].partition(".")[0] for key in changed}
    return [words for name, words in PARTS.items() if name in names]


def shadowed(before: Mapping[int, tuple[str, type]], now: Mapping[int, tuple[str, type]]) -> str:
    """Return an address of the lab that a new handler answers instead; "" if there is none.

    Args:
        before: the result of `routes`.
        now: the result of `routes` after an extension was loaded.
    """
    known = {pattern for pattern, _ in before.values()}
    added = (one for rule, one in now.items() if rule not in before)
    return next((pattern for pattern, _ in added if pattern in known), "")


def routes(app: ServerApp) -> dict[int, tuple[str, type]]:
    """Return patterns of addresses and their handlers, by the identity of their rule.

    Args:
        app: jupyter_server's application.
    """
    found = {}
    for rule in authorizer.rules(app.web_app):
        regex = getattr(rule.matcher, "regex", None)
        if regex is not None:
            found[id(rule)] = (regex.pattern, rule.target)
    return found


def package(extension: str) -> str:
    """Return the name of an extension's package, as in requirements.txt.

    Args:
        extension: the extension's module.
    """
    module = extension.partition(".")[0]
    return next(iter(metadata.packages_distributions().get(module, ())), module)


def watch(app: Any) -> None:
    """Check all parts after each extension that is loaded.

    Args:
        app: jupyter_server's application, before it loads any extension.
    """
    begin = app.load_server_extensions

    def load_server_extensions() -> None:
        if not isinstance(app.contents_manager, ClassContents):
            what = f"{type(app.contents_manager).__module__} is set to be {PARTS[CONTENTS]}"
            cure = "take the package that sets it out and build the image again (make up)"
            raise StartRefusedError([Problem("requirements.txt", what, cure)])
        manager = app.extension_manager
        load = manager.load_extension

        def load_extension(name: str) -> None:
            before, known = parts(app), routes(app)
            load(name)
            if name not in EXTENSIONS and not name.startswith(OURS):
                _check(app, name, before, known)

        manager.load_extension = load_extension
        begin()

    app.load_server_extensions = load_server_extensions


def _check(
    app: ServerApp, name: str, before: dict[str, Any], known: dict[int, tuple[str, type]]
) -> None:
    """Reject an extension that has replaced a part; accept a contents manager derived from ours.

    Raises:
        StartRefusedError: what to take out of requirements.txt.
    """
    if gone := replaced(before, parts(app)):
        what = f"the package {package(name)} replaces {' and '.join(gone)} in the lab"
        raise StartRefusedError([Problem("requirements.txt", what, CURE)])
    if address := shadowed(known, routes(app)):
        what = f"the package {package(name)} answers {address} in place of the lab"
        raise StartRefusedError([Problem("requirements.txt", what, CURE)])
    if (old := before[CONTENTS]) is not app.contents_manager:
        derived: Any = app.contents_manager
        derived.take_over(old)
        app.log.info("Files are read and saved through %s, on top of the lab's own", package(name))
