"""What a stream shows: carriage returns and backspaces do what they do in a terminal.

As in JupyterLab's own outputs, so that a progress bar is one line. What is printed comes from
students' code: nothing here takes longer than the text is long.
"""

from __future__ import annotations

LINE_CHARACTERS = 20_000
"""Characters after which a line counts as ended: nothing goes back behind them."""


class Screen:
    """One stream's text, of which only the last line is kept here: what is before never changes."""

    def __init__(self) -> None:
        self.length = 0
        self._line = ""
        self._cursor = 0

    def write(self, text: str) -> tuple[str, str]:
        """Write what was printed.

        Args:
            text: as the kernel sent it.

        Returns:
            What to take off the end of what is shown, and what to put there.
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
        """Write the rest of a line; a line feed goes to its end, wherever the cursor is."""
        self._overwrite(text)
        line, self._line, self._cursor = self._line, "", 0
        return f"{line}\n"

    def _overwrite(self, text: str) -> None:
        """Write within a line."""
        if "\b" in text:
            self._overwrite_slowly(text[-LINE_CHARACTERS:])
            return
        # The last text counts where it reaches; of those before it only what they have more.
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
        """Write character by character, where backspaces take some away."""
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
