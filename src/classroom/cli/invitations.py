"""``classroom invitations``: a sheet with a personal sign-in link and QR code for each person."""

from __future__ import annotations

import html
import sys
from typing import TYPE_CHECKING

from classroom.cli import sign_in
from classroom.config import invitations, settings
from classroom.config.sign_in_mode import SignInMode
from classroom.hub.access import roster
from classroom.runtime import qr_code, words
from classroom.runtime.problems import EX_CONFIG, StartRefusedError
from classroom.runtime.words import gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from classroom.cli.sign_in import Published
    from classroom.runtime.paths import Paths

ANOTHER_WAY = (
    "People don't sign in with invitations here: set c.Classroom.sign_in = 'invitations' and start"
    " the lab again (make up)."
)
NOBODY = "{} is not on the list, so there is nothing to renew."
PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 12pt/1.4 sans-serif; margin: 1cm; }}
.card {{ display: flex; gap: 1cm; align-items: center; border: 1px dashed #888; padding: 5mm;
  margin-bottom: 5mm; break-inside: avoid; }}
.card svg {{ width: 35mm; height: 35mm; flex: none; }}
h2 {{ margin: 0; }} code {{ overflow-wrap: anywhere; }}
@media print {{ .note {{ display: none; }} }}
</style></head><body>
<p class="note">{note}</p>
{cards}
</body></html>
"""
NOTE = gettext_noop(
    "{title}: anybody who has a person's link is that person in the lab. Print this, cut it up,"
    " hand it out, and delete the file."
)
CARD = """<section class="card">{code}<div><h2>{name}</h2><p>{title}{role}</p>
<p><code>{link}</code></p></div></section>"""


def link(address: str, key: str) -> str:
    """Return somebody's personal link.

    Args:
        address: the lab's.
        key: the person's key.
    """
    return f"{address}{invitations.PATH}?key={key}"


def sheet(
    title: str, links: Mapping[str, str], shown: Mapping[str, str], tutors: Iterable[str]
) -> str:
    """Write the sheet.

    Args:
        title: what the class is called.
        links: by name.
        shown: how a name is shown, for names that are shown in another way.
        tutors: names of the tutors.
    """
    leading = set(tutors)
    cards = (
        CARD.format(
            code=qr_code.picture(address),
            name=html.escape(shown.get(name, name)),
            title=html.escape(title),
            role=f" ({html.escape(words.gettext('tutor'))})" if name in leading else "",
            link=html.escape(address),
        )
        for name, address in links.items()
    )
    return PAGE.format(
        language=words.spoken(),
        title=html.escape(title),
        note=html.escape(words.gettext(NOTE).format(title=title)),
        cards="\n".join(cards),
    )


def main(
    paths: Paths, environ: Mapping[str, str], published: Published, renew: str, address: str
) -> int:
    """Print the sheet; return the exit code.

    Args:
        paths: where things are.
        environ: the process environment.
        published: how the machine publishes the lab.
        renew: a name whose link is replaced; "" for none.
        address: the lab's address for people; "" for the machine's.
    """
    try:
        loaded = settings.load(paths, environ)
    except StartRefusedError as refused:
        print(refused, file=sys.stderr)
        return EX_CONFIG
    words.use(loaded.language)
    if loaded.mode is not SignInMode.INVITATIONS:
        print(ANOTHER_WAY, file=sys.stderr)
        return 1
    people = roster.read(paths.people)
    wanted = " ".join(renew.lower().split())
    if wanted and wanted not in people.names:
        print(NOBODY.format(renew), file=sys.stderr)
        return 1
    keys = invitations.issue(paths.hub / invitations.FILE, people.names, {wanted} - {""})
    where = address.rstrip("/") or sign_in.address(loaded, published)
    chosen = {wanted: keys[wanted]} if wanted else keys
    links = {name: link(where, key) for name, key in chosen.items()}
    print(sheet(loaded.name or words.gettext("Our lab"), links, loaded.shown, people.all_tutors))
    return 0
