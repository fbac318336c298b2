"""A secret that can't be printed by mistake."""

from __future__ import annotations


class Secret:
    """A secret text: `repr`, logs and tracebacks show only that there is one."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself, only where it is needed."""
        return self._text

    def __bool__(self) -> bool:
        """Say whether the text is not empty."""
        return bool(self._text)

    def __repr__(self) -> str:
        """Return a text without the secret."""
        return "Secret('…')" if self._text else "Secret('')"
