"""Add preload links for JupyterLab's large scripts to its page.

Without them a browser learns of scripts in four steps: the page names one script, that script
names more, and so on. On a slow line the browser waits at each step. With them it downloads the
next scripts while it compiles the first.

The image's build runs it once: ``python -I -m classroom.lab.pages.preload share/jupyter``.
"""

from __future__ import annotations

import re
import sys
from importlib.resources import files
from pathlib import Path

BEFORE = '<script defer="defer" src="{{page_config.fullStaticUrl}}/main.'
"""The first script of the page; the links are put in front of it."""
PLACES = {
    "lab/static/": "{{page_config.fullStaticUrl}}/",
    "labextensions/": "{{page_config.fullLabextensionsUrl}}/",
}
"""Prefixes of addresses in JupyterLab's page template, by folder."""
HASHED = re.compile(r"\.([0-9a-f]{16,64})\.js$")


def listed() -> tuple[str, ...]:
    """Read the list of large scripts that every page needs: paths without their hashes."""
    text = files("classroom.lab.pages").joinpath("preload.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def address(file: str) -> str:
    """Return the address in the template by which JupyterLab's own scripts load a file.

    Args:
        file: the script's path below ``share/jupyter``, with the hash in its name.

    Raises:
        ValueError: pages don't load this file.
    """
    hashed = HASHED.search(file)
    for folder, place in PLACES.items():
        if hashed and file.startswith(folder):
            return f"{place}{file.removeprefix(folder)}?v={hashed[1]}"
    raise ValueError(f"{file} is no script that a page loads")


def link(file: str) -> str:
    """Return the preload link of a script, as template text.

    The link of an extension's script depends on whether pages load that extension: chats can be
    switched off.

    Args:
        file: see `address`.

    Raises:
        ValueError: pages don't load this file.
    """
    named = f'<link rel="preload" as="script" href="{address(file)}">'
    extension, inside, _ = file.removeprefix("labextensions/").rpartition("/static/")
    if not file.startswith("labextensions/") or not inside:
        return named
    loaded = 'page_config.federated_extensions|map(attribute="name")'
    return f'{{% if "{extension}" in {loaded} %}}{named}{{% endif %}}'


def with_links(page: str, links: str) -> str:
    """Add preload links to the page.

    Args:
        page: JupyterLab's page template.
        links: the links, as `link` returns them.

    Raises:
        ValueError: the page's first script isn't where we expect it.
    """
    if page.count(BEFORE) != 1:
        raise ValueError(f"JupyterLab's page has no longer one {BEFORE!r}")
    return page.replace(BEFORE, f"{links}{BEFORE}")


def found(share: Path, name: str) -> str:
    """Find the file of a listed script.

    Args:
        share: ``share/jupyter``.
        name: the script's path, from `listed`.

    Returns:
        The file's path below `share`.

    Raises:
        ValueError: there is no such file, or more than one.
    """
    there = sorted(share.glob(f"{name}.*.js"))
    if len(there) != 1:
        raise ValueError(
            f"{name}.<hash>.js is in {share} {len(there)} times: the test"
            " tests/browser/test_page_load.py says what belongs into preload.txt"
        )
    return str(there[0].relative_to(share))


def main(share: Path) -> None:
    """Change the page of an installed JupyterLab.

    Args:
        share: ``share/jupyter``.

    Raises:
        ValueError: this version of JupyterLab isn't the expected one.
    """
    page = share / "lab/static/index.html"
    links = "".join(link(found(share, name)) for name in listed())
    page.write_text(with_links(page.read_text(encoding="utf-8"), links), encoding="utf-8")
    # These were compressed before the change. The server never sends a template as a file.
    for ending in (".br", ".gz"):
        page.with_name(page.name + ending).unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
