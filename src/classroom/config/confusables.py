"""Decide whether a name could be mistaken for another: by its look, and by its scripts.

The letters that look like those of "tutor" come from confusables.txt (UTS 39), for all scripts,
with some additions. Latin letters with strokes, hooks and the like are recognized by their Unicode
names.
"""

from __future__ import annotations

import re
import unicodedata

LOOKS = {
    ord(other): letter
    for letter, others in {
        "t": "7\u03c4\u0442\u116e\u1342\u13a2\u2ca7\u3112\u4e05\ua4d4\U00010297\U000102b1"
        "\U00010315\U000118dc\U00016f0a",
        "u": "\u028a\u028b\u03bc\u03c5\u0446\u057d\u1200\u144c\u3129\u51f5\ua4f4\ua79f\U000104f6"
        "\U000118d8\U00016f42",
        "o": "0\u0277\u0298\u03bf\u03c3\u043e\u04e9\u0585\u0665\u06f5\u0966\u09e6\u0a66\u0ae6\u0b20"
        "\u0b66\u0be6\u0c66\u0ce6\u0d20\u0d66\u0e50\u0ed0\u101d\u1040\u10ff\u110b\u12d0\u2c9f\u2d54"
        "\u3007\u30ed\u53e3\u56d7\ua4f3\ua669\ua66b\U00010292\U000102ab\U0001042c\U000104ea"
        "\U00010516\U000114d0\U000118c8\U000118d5\U000118d7\U000118e0",
        "r": "\u0433\u0580\u13a1\u13b1\u13d2\u1587\u1d26\u2c85\u5369\u5c38\ua4e3\uab47\U000104dc"
        "\U00016f35",
    }.items()
    for other in others
}
LATIN = re.compile(r"LATIN (?:SMALL )?LETTER (?:[A-Z-]+ )*?([A-Z])(?: BAR| WITH .*)?")
"""The Unicode name of a letter of the alphabet with an addition, turned, or small."""
BETWEEN = " .,'\u2019-_\u00b7\u30fb"
"""Characters between letters that do not look like letters."""
TOGETHER = frozenset(
    {"CJK", "HANGUL", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "BOPOMOFO", "IDEOGRAPHIC"}
)
"""Scripts of Chinese, Japanese and Korean names, which one name may combine."""


def at_a_glance(name: str) -> str:
    """Reduce a name to what people see: base letters and digits; ``?`` for any other character.

    Args:
        name: any name.
    """
    plain = unicodedata.normalize("NFKD", name.casefold())
    seen = ""
    for letter in plain:
        if unicodedata.combining(letter) or letter in BETWEEN:
            continue
        base = LATIN.fullmatch(unicodedata.name(letter, ""))
        looks = base.group(1).lower() if base else LOOKS.get(ord(letter), letter)
        seen += looks if looks.isalnum() else "?"
    return seen


def alike(name: str, other: str) -> bool:
    """Say whether a name could be taken for another.

    Args:
        name: the name to check; a symbol in it may stand for a letter or for nothing.
        other: the name that it must not be mistaken for.
    """
    wanted, seen = at_a_glance(other), at_a_glance(name)
    if not seen.strip("?"):
        return False  # only symbols: no letter looks like a letter of the other name
    reached = {0}
    """Lengths of the beginnings of the other name that look like the part read so far."""
    for letter in seen:
        on = {at + 1 for at in reached if at < len(wanted) and letter in {"?", wanted[at]}}
        reached = on | reached if letter == "?" else on
    return len(wanted) in reached


def scripts(name: str) -> frozenset[str]:
    """List the scripts of a name's letters, by the first word of their Unicode names.

    Args:
        name: any name; modifier letters, such as an apostrophe, have no script.
    """
    found = {
        unicodedata.name(letter, "?").split()[0]
        for letter in name
        if unicodedata.category(letter).startswith("L")
    } - {"MODIFIER"}
    return frozenset({"EAST ASIAN" if script in TOGETHER else script for script in found})
