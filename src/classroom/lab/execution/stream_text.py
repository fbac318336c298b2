"""Apply carriage returns and backspaces in a stream's text, as a terminal does.

JupyterLab's own outputs do the same, so that a progress bar is one line. The text comes from
students' code, so all work here takes time linear in its length.
"""

from __future__ import annotations

LINE_CHARACTERS = 20_000
"""Characters after which a line counts as ended, so that no carriage return goes back further."""


class Screen:
    """One stream's text. It keeps only the last line, because earlier lines never change."""

    def __init__(self) -> None:
        self.length = 0
        self._line = ""
        self._cursor = 0

    def write(self, text: str) -> tuple[str, str]:
        """Write what was printed.

        Args:
            text: the text from the kernel.

        Returns:
            The text to remove at the end of what is shown, and the text to append then.
        """
        before = self._line
        *ended, last = text.split("\n")
        shown = "".join([self._end(line) for line in ended])
        self._overwrite(last)
        shown += self._line
        kept = 0
        while kept < min(len(before), len(shown)) and before[kept] == shown[kept]:
            kept += 1
        self.length += len(shown) - len(before)
        if len(self._line) > LINE_CHARACTERS:
            self._line, self._cursor = "", 0
        return before[kept:], shown[kept:]

    def _end(self, text: str) -> str:
        """Write the rest of a line, and end it; a line feed ignores the cursor."""
        self._overwrite(text)
        line, self._line, self._cursor = self._line, "", 0
        return f"{line}\n"

    def _overwrite(self, text: str) -> None:
        """Write text without line feeds."""
        if "\b" in text:
            self._overwrite_slowly(text[-LINE_CHARACTERS:])
            return
        # The last text overwrites the others; of those, only what is longer stays visible.
        first, *rest = text.split("\r")
        top = ""
        for one in reversed(rest):
            if len(one) > len(top):
                top += one[len(top) :]
        end = self._cursor + len(first)
        base = self._line[: self._cursor] + first + self._line[end:]
        self._line = top + base[len(top) :]
        self._cursor = len(rest[-1]) if rest else end

    def _overwrite_slowly(self, text: str) -> None:
        """Write text with backspaces, character by character."""
        line, at = list(self._line), self._cursor
        for one in text:
            if one == "\r":
                at = 0
            elif one == "\b":
                if at:
                    at -= 1
                    del line[at]
            else:
                line[at : at + 1] = one
                at += 1
        self._line, self._cursor = "".join(line), at
