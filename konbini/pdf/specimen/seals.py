"""Paper seals for what is printed for nobody: specimens, the manual's picture, tests, benchmarks.

Their key is made anew in each process and stands on no issuer list, so that no verifier takes them for a ward's.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from konbini.pdf.facts import PrintedFacts
from konbini.pdf.forms.kinds import FORM_KINDS
from konbini.pdf.paper_seal.contents import page_seals
from konbini.pdf.paper_seal.page_seal import PageSeal
from konbini.pdf.paper_seal.signed_page import sign_page
from konbini.pdf.specimen import FOLDER
from konbini.pdf.template import load_all
from konbini.protocol.cose import SigningKey
from konbini.protocol.kinds import CertificateKind

__all__ = ["specimen_key", "specimen_seals"]


_KINDS: Final = {
    "resident-record": CertificateKind.RESIDENT_RECORD,
    "resident-record-items": CertificateKind.RESIDENT_RECORD_ITEMS,
    "seal-registration": CertificateKind.SEAL_REGISTRATION,
}


@cache
def specimen_key() -> SigningKey:
    """Give this process's key for specimens."""
    return SigningKey.generate()


def specimen_seals(facts: PrintedFacts, template_kind: str = "") -> tuple[bytes, ...]:
    """Seal each page of a specimen; the same facts get the same seals.

    Args:
        facts: of a certificate of the made-up ward; their number must be one of their day.
        template_kind: of the template that they are drawn with, where it is none of the made-up ward's.

    Raises:
        Refused: `MALFORMED`: the number is no issuance number of the day of issue.
        StopIteration: a form that the made-up ward has not.
    """
    template_kind = template_kind or next(one.kind for one in load_all(FOLDER) if one.form == facts.form)
    pages = page_seals(
        facts, FORM_KINDS[template_kind].sealed_items(facts), kind=_KINDS[template_kind.split(".")[0]], status_index=0
    )
    return tuple(map(_sealed, pages))


@cache
def _sealed(page: PageSeal) -> bytes:
    return sign_page(page, specimen_key())
