"""What is disclosed, as one page of HTML without a script: read in any browser, printed on A4, marked on each page.

In Japanese, whatever language whoever approves reads.
"""

from __future__ import annotations

from dataclasses import dataclass

from konbini.ward_server.console.looking import KeptLook
from konbini.ward_server.console.showing import found_rows
from konbini.ward_server.console.words import LANGUAGES, all_words
from konbini.ward_server.console.writing import templates, written_moment
from konbini.ward_server.issuing.view import IssuancesFound
from konbini.ward_server.residents.archive import Accesses, History
from konbini.ward_server.residents.registry import Found

__all__ = ["Disclosed", "DisclosureText", "Given"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """One resident's record, its changes, what was issued on their cards, who looked at that and at the record."""

    record: Found
    history: History
    issuances: IssuancesFound
    looks: tuple[KeptLook, ...]
    accesses: Accesses

    @property
    def counts(self) -> str:
        """How much it is: changes, issuances, accesses; a plus stands where older ones are left out."""
        accesses = len(self.accesses.accesses) + len(self.looks)
        parts = (
            (len(self.history.happened), self.history.is_cut),
            (len(self.issuances.issuances), self.issuances.is_cut),
            (accesses, self.accesses.is_cut),
        )
        return " / ".join(f"{count}+" if is_cut else str(count) for count, is_cut in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Which disclosure it is, for which matter, by whom, and when (Unix milliseconds)."""

    disclosure_id: str
    resident: str
    matter: str
    entered_by: str
    approved_by: str
    moment: int


class DisclosureText:
    """Writes the page.

    Args:
        ward: the ward's name.
    """

    def __init__(self, ward: str) -> None:
        self._ward = ward
        self._words = all_words()[LANGUAGES[0]]
        self._page = templates(written_moment).get_template("disclosed.html")

    def write(self, given: Given, disclosed: Disclosed) -> bytes:
        """Write what is disclosed, as UTF-8."""
        rows = found_rows(disclosed.record)
        return self._page.render(w=self._words, ward=self._ward, given=given, rows=rows, found=disclosed).encode()
