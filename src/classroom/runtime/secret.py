"""A secret that can't be printed by mistake."""

from __future__ import annotations


class Secret:
    """A secret text: `repr`, logs and tracebacks show that there is one, not which."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself, for the one place that needs it."""
        return self._text

    def __bool__(self) -> bool:
        """Say whether there is one."""
        return bool(self._text)

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "Secret('…')" if self._text else "Secret('')"
