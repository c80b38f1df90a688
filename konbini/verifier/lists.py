"""What a paper is held against: the issuer list, status lists and the ward directory, each opened once, all or nothing.

One public key is pinned by whoever verifies: the directory authority's. It signs the issuer list and the ward
directory; the issuer list names the keys that sign status lists. Limit: nothing is remembered between two runs, so that
an older list, as long as it has not expired, is taken for the newest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from konbini.pdf.paper_seal.issuers import IssuerList
from konbini.pdf.paper_seal.page_seal import PageSeal
from konbini.pdf.paper_seal.status import StatusList
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.trust import WardDirectory

__all__ = ["Lists", "open_lists"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """The lists, signatures checked.

    `directory` is None where none was handed over: the electronic signature of a PDF is then not judged.
    """

    issuers: IssuerList
    statuses: tuple[StatusList, ...]
    directory: WardDirectory | None

    def status_of(self, page: PageSeal) -> StatusList | None:
        """Give the newest status list that speaks of a paper, if there is one."""
        mine = [
            listed
            for listed in self.statuses
            if (listed.municipality, listed.incarnation) == (page.municipality, page.number.incarnation)
        ]
        return max(mine, key=lambda listed: listed.issued, default=None)

    def authorities_of(self, municipality: str) -> tuple[bytes, ...]:
        """Give the paper authorities of a ward (DER); none where no directory names any."""
        wards = () if self.directory is None else self.directory.wards
        return tuple(der for ward in wards if ward.ward == municipality for der in ward.paper_authorities)


def open_lists(authority: VerifyingKey, issuers: bytes, statuses: Iterable[bytes], directory: bytes | None) -> Lists:
    """Open the lists.

    Args:
        authority: the directory authority's pinned key.
        issuers: the signed issuer list.
        statuses: signed status lists, of any municipalities.
        directory: the signed ward directory.

    Raises:
        Refused: a list is not what it should be.
    """
    listed = IssuerList.open(issuers, authority, newest_seen=0)
    return Lists(
        issuers=listed,
        statuses=tuple(StatusList.open(one, listed) for one in statuses),
        directory=None if directory is None else WardDirectory.open(directory, authority, newest_seen=0),
    )
