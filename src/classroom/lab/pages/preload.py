"""Tell browsers with the page itself which of JupyterLab's scripts it will need.

A browser learns of them step by step: the page names one script, that one some more, and so on,
four times. Over a slow line it waits in between; here it loads while it compiles.

Run once, when the image is built: ``python -I -m classroom.lab.pages.preload share/jupyter``.
"""

from __future__ import annotations

import re
import sys
from importlib.resources import files
from pathlib import Path

BEFORE = '<script defer="defer" src="{{page_config.fullStaticUrl}}/main.'
"""Where the names are put: in front of the first script."""
PLACES = {
    "lab/static/": "{{page_config.fullStaticUrl}}/",
    "labextensions/": "{{page_config.fullLabextensionsUrl}}/",
}
"""Addresses in JupyterLab's template of the page, by folder."""
HASHED = re.compile(r"\.([0-9a-f]{16,64})\.js$")


def listed() -> tuple[str, ...]:
    """Read which scripts every page needs that are large: paths without their hashes."""
    text = files("classroom.lab.pages").joinpath("preload.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def address(file: str) -> str:
    """Return the address in the template by which JupyterLab's own scripts load a file.

    Args:
        file: below ``share/jupyter``, its hash in its name.

    Raises:
        ValueError: pages load no such file.
    """
    hashed = HASHED.search(file)
    for folder, place in PLACES.items():
        if hashed and file.startswith(folder):
            return f"{place}{file.removeprefix(folder)}?v={hashed[1]}"
    raise ValueError(f"{file} is no script that a page loads")


def link(file: str) -> str:
    """Name a script, in the template; of an extension only where pages load it: chats can be off.

    Args:
        file: as of `address`.

    Raises:
        ValueError: pages load no such file.
    """
    named = f'<link rel="preload" as="script" href="{address(file)}">'
    extension, inside, _ = file.removeprefix("labextensions/").rpartition("/static/")
    if not file.startswith("labextensions/") or not inside:
        return named
    loaded = 'page_config.federated_extensions|map(attribute="name")'
    return f'{{% if "{extension}" in {loaded} %}}{named}{{% endif %}}'


def with_links(page: str, links: str) -> str:
    """Name scripts in the page.

    Args:
        page: JupyterLab's template.
        links: the scripts' links.

    Raises:
        ValueError: the page is another than we know.
    """
    if page.count(BEFORE) != 1:
        raise ValueError(f"JupyterLab's page has no longer one {BEFORE!r}")
    return page.replace(BEFORE, f"{links}{BEFORE}")


def found(share: Path, name: str) -> str:
    """Find the file of a listed script.

    Args:
        share: ``share/jupyter``.
        name: from `listed`.

    Returns:
        Its path below `share`.

    Raises:
        ValueError: there is none, or more than one.
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
        ValueError: JupyterLab is another than we know.
    """
    page = share / "lab/static/index.html"
    links = "".join(link(found(share, name)) for name in listed())
    page.write_text(with_links(page.read_text(encoding="utf-8"), links), encoding="utf-8")
    # Compressed without the change; a template is never served as a file.
    for ending in (".br", ".gz"):
        page.with_name(page.name + ending).unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
