"""Whether a card's certificate is revoked: where the answer may come from, how old it may be, and who judges it.

An answer is an OCSP response (RFC 6960) for one certificate, or a whole revocation list (CRL, RFC 5280 section 5). It
travels as evidence, so that the clerk judges the very bytes again by the same policy. A hold (一時保留) is a
revocation.

A card of the ward's own issuer (専用カード) is revoked by its link alone: lost, replaced and ended are changes of the
registry, which `issuing` and the clerk each follow, within a lease of 60 seconds and in the completing transaction; no
list of the ward's could be fresher.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum, unique
from typing import Annotated

from konbini.protocol.shape import UpTo

__all__ = ["MOST_LIST_BYTES", "RevocationAnswer", "RevocationOrder", "RevocationPolicy", "RevocationSource"]

MOST_LIST_BYTES = 512 * 1024
"""A longer list is refused: it travels with each order's evidence. About 13,000 entries; an issuer of more splits
its lists by distribution point."""


@unique
class RevocationSource(IntEnum):
    """What an answer is."""

    OCSP = 1
    LIST = 2
    REGISTRY = 3
    """No answer of anybody's: for the ward's own cards the link that the registry holds is all there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationAnswer:
    """An answer as it came: an OCSP response or a CRL, DER; of the registry nothing, since the feed says it."""

    source: RevocationSource
    content: Annotated[bytes, UpTo(MOST_LIST_BYTES)]


@unique
class RevocationOrder(Enum):
    """Which source is asked first; only where it settles nothing is the next one asked.

    `LISTS` alone asks nobody at a visit: an OCSP question right after OPEN names the person to whoever answers it, and
    where one body runs the center too, it could join both.
    """

    OCSP_THEN_LISTS = "ocsp-then-crl"
    LISTS_THEN_OCSP = "crl-then-ocsp"
    LISTS = "crl"

    @property
    def sources(self) -> Sequence[RevocationSource]:
        """The sources in their order."""
        return _SOURCES[self]


_SOURCES = {
    RevocationOrder.OCSP_THEN_LISTS: (RevocationSource.OCSP, RevocationSource.LIST),
    RevocationOrder.LISTS_THEN_OCSP: (RevocationSource.LIST, RevocationSource.OCSP),
    RevocationOrder.LISTS: (RevocationSource.LIST,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationPolicy:
    """A ward's policy; `issuing` and the clerk are each started with it.

    Attributes:
        order: which sources count, and which first.
        oldest_ocsp: seconds since an OCSP response was produced, at most.
        oldest_list: seconds since a list was made (thisUpdate), at most; its nextUpdate counts besides.
    """

    order: RevocationOrder
    oldest_ocsp: int
    oldest_list: int
