"""Whether each page's seal will have a code, asked before anything is signed."""

from __future__ import annotations

from typing import Final

from konbini.pdf.facts import PrintedFacts
from konbini.pdf.paper_seal.contents import SealedItems, page_seals
from konbini.pdf.paper_seal.page_seal import MOST_INDEX
from konbini.pdf.paper_seal.qr import symbol_for
from konbini.pdf.paper_seal.signed_page import SIGNATURE_BYTES, payload_of
from konbini.protocol.kinds import CertificateKind

__all__ = ["check_fits"]

_ENVELOPE: Final = 7 + 3 + 2 + SIGNATURE_BYTES  # beginning, length of the payload, length of the signature
_SLACK: Final = 16  # number and set hash are others when it is signed, and deflate by so much better or worse at most


def check_fits(facts: PrintedFacts, items: SealedItems, kind: CertificateKind) -> None:
    """Refuse facts of which a page's seal has no code; a certificate is never drawn with a part of its seal.

    Raises:
        Refused: `FORM_OVERFLOW`.
    """
    for page in page_seals(facts, items, kind=kind, status_index=MOST_INDEX):
        symbol_for(len(payload_of(page, bytes(8))) + _ENVELOPE + _SLACK)
