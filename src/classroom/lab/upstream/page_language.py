"""JupyterLab in the class's language, for everybody who has chosen none for themselves.

Upstream takes the server's own locale for that, which it asks the C library for: that knows only
locales that are installed in the image.
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
    """Return a language's words, those of packages that are installed.

    A pack has the words of some twenty extensions, and each page would load them all.

    Args:
        locale_: such as "de_DE".
    """
    found, message = _language_pack(locale_)
    return {name: said for name, said in found.items() if find_spec(name) is not None}, message


def use(locale: str) -> None:
    """Have pages come up in a language.

    Args:
        locale: its language pack's name, such as "de_DE", or "en".
    """
    settings_utils.SYS_LOCALE = locale
    translations_handler.SYS_LOCALE = locale
    translation_utils.translator.set_locale(locale)
    translations_handler.get_language_pack = get_language_pack
