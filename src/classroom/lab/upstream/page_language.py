"""Show JupyterLab in the class's language to everybody who hasn't chosen another.

Upstream uses the server's own locale from the C library, which knows only the locales that are
installed in the image.
"""

from __future__ import annotations

from functools import wraps
from importlib.util import find_spec
from typing import Any

from jupyterlab_server import settings_utils, translation_utils, translations_handler

# Checked in classroom.lab.upstream.contract.
_language_pack = translations_handler.get_language_pack


@wraps(_language_pack)
def get_language_pack(locale_: str) -> tuple[dict[str, Any], str]:
    """Return the translations into a language, only for installed packages.

    A language pack has translations for some twenty extensions, and each page would load them all.

    Args:
        locale_: the language, such as "de_DE".
    """
    found, message = _language_pack(locale_)
    return {name: said for name, said in found.items() if find_spec(name) is not None}, message


def use(locale: str) -> None:
    """Set the language of pages.

    Args:
        locale: the name of its language pack, such as "de_DE", or "en".
    """
    settings_utils.SYS_LOCALE = locale
    translations_handler.SYS_LOCALE = locale
    translation_utils.translator.set_locale(locale)
    translations_handler.get_language_pack = get_language_pack
