"""Where in a TOML file an entry stands: `tomllib` gives values without lines, and who corrects a file needs them.

A scan of a text that `tomllib` has read already, so that it need not judge it: statements begin where no string and no
bracket is open. Limits: keys are bare or quoted and not dotted, as all of the house's files have them; what cannot be
found is said to be where its table begins.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

__all__ = ["Lines"]

_HEADER = re.compile(r"\s*(?P<brackets>\[\[?)\s*(?P<name>[^\]]+?)\s*\]")
_KEY = re.compile(r"\s*(?P<key>[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')\s*=")
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*|[\[\]{}]|\n",
    re.DOTALL,
)


class Lines:
    """The lines of one file. A table is named by its dotted header, and by its place among those of one name."""

    def __init__(self, text: str) -> None:
        self._found: dict[tuple[str, int, str], int] = {}
        seen: Counter[str] = Counter()
        table, index = "", 0
        for line, statement in _statements(text.replace("\r\n", "\n")):
            header = _HEADER.match(statement)
            if header is not None:
                table = header["name"]
                index = seen[table] if header["brackets"] == "[[" else 0
                seen[table] += 1
                self._found[table, index, ""] = line
                continue
            key = _KEY.match(statement)
            if key is not None:
                self._found.setdefault((table, index, key["key"].strip("\"'")), line)

    def of(self, table: str, index: int, key: str) -> int:
        """Give the line of an entry, from 1; of its table where the entry is not there; of the file's head at last."""
        outer, _, name = table.rpartition(".")
        places = ((table, index, key), (table, index, ""), (outer, 0, name))
        return next((self._found[place] for place in places if place in self._found), 1)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Give each statement with the line that it begins on."""
    line, depth, begins, first = 1, 0, 0, 1
    for token in _TOKEN.finditer(text):
        found = token.group()
        if found in "[{":
            depth += 1
        elif found in "]}":
            depth -= 1
        elif found == "\n" and not depth:
            yield first, text[begins : token.start()]
            begins, first = token.end(), line + 1
        line += found.count("\n")
    yield first, text[begins:]
