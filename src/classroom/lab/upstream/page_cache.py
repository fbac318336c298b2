"""Cache the parts of JupyterLab's pages that come with the image.

Nobody in the lab can change them. Upstream reads the description of every extension, and checks the
schema of every setting, for each page that is opened, which is a third of a page's cost.
"""

from __future__ import annotations

import json
import threading
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any

import jupyterlab_server.handlers
from jupyterlab_server import settings_utils, translations_handler

from classroom.lab.upstream import lenient_json

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 1000
"""How many answers to remember; JupyterLab and its extensions have some hundred settings."""
# Checked in classroom.lab.upstream.contract.
_schema = settings_utils._get_schema  # noqa: SLF001
_overrides = settings_utils._get_overrides  # noqa: SLF001
_page_config = jupyterlab_server.handlers.get_page_config


@lru_cache(MOST)
def _known_schema(
    folder: str, name: str, overrides: str, extensions: tuple[str, ...] | None
) -> str:
    found = _schema(folder, name, json.loads(overrides), extensions and list(extensions))
    return json.dumps(found)


@wraps(_schema)
def get_schema(
    schemas_dir: str,
    schema_name: str,
    overrides: dict[str, Any],
    labextensions_path: list[str] | None,
) -> tuple[dict[str, Any], str]:
    """Return a schema and its package's version; the caller may change them.

    Args:
        schemas_dir: the folder with JupyterLab's own schemas.
        schema_name: the plugin's id.
        overrides: other defaults, by plugin.
        labextensions_path: folders with the extensions' schemas; None for none.

    Raises:
        HTTPError: there is no such schema, or it is broken; this result isn't cached.
    """
    extensions = None if labextensions_path is None else tuple(labextensions_path)
    found = _known_schema(schemas_dir, schema_name, json.dumps(overrides), extensions)
    schema, version = json.loads(found)
    return schema, version


@lru_cache(MOST)
def _known_page_config(extensions: tuple[str, ...], settings: str | None) -> str:
    return json.dumps(_page_config(list(extensions), settings))


@wraps(_page_config)
def get_page_config(
    labextensions_path: list[str], app_settings_dir: str | None = None, logger: object = None
) -> dict[str, Any]:
    """Return every page's configuration of the extensions; the caller may change it.

    Args:
        labextensions_path: folders with the extensions.
        app_settings_dir: the folder with JupyterLab's own settings.
        logger: upstream's log, unused; upstream logs broken extensions to it.
    """
    del logger
    found: dict[str, Any] = json.loads(
        _known_page_config(tuple(labextensions_path), app_settings_dir)
    )
    return found


@lru_cache(MOST)
def _known_overrides(folder: str) -> tuple[str, str]:
    found, error = _overrides(folder)
    return json.dumps(found), str(error or "")


@wraps(_overrides)
def get_overrides(app_settings_dir: str) -> tuple[dict[str, Any], str]:
    """Return other defaults of settings, by plugin; the caller may change them.

    Args:
        app_settings_dir: the folder with JupyterLab's own settings.
    """
    found, error = _known_overrides(app_settings_dir)
    return json.loads(found), error


def once(find: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function run once for the same arguments, even if several threads call it.

    Args:
        find: a function whose result for the same arguments never changes; callers don't modify it.
    """
    known, finding = lru_cache(MOST)(find), threading.Lock()

    @wraps(find)
    def found(*args: Any, **kwargs: Any) -> Any:
        with finding:
            return known(*args, **kwargs)

    return found


def use() -> None:
    """Make JupyterLab's handlers use this cache."""
    settings_utils._get_schema = get_schema  # noqa: SLF001
    settings_utils.json5 = lenient_json
    settings_utils.glob = lru_cache(MOST)(settings_utils.glob)  # where the schemas are
    jupyterlab_server.handlers.get_page_config = get_page_config
    for module in (settings_utils, jupyterlab_server.handlers):
        module._get_overrides = get_overrides  # noqa: SLF001
    for name in ("get_language_pack", "get_language_packs"):
        setattr(translations_handler, name, once(getattr(translations_handler, name)))
