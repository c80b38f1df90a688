"""The ward's own way: the form prepared at start; a page seal, one drawing and one signature a document."""

from __future__ import annotations

from typing import Final

from konbini.pdf.forms.kinds import FORM_KINDS
from konbini.pdf.paper_seal.contents import page_seals
from konbini.pdf.paper_seal.signed_page import sign_page
from konbini.pdf.specimen.seals import specimen_key
from konbini.protocol.kinds import CertificateKind
from konbini.simulation.bench.material import Document, Material

__all__ = ["Ours"]


class Ours:
    """Seals and signs as the clerk does, draws as `issuing` does; the clerk's reading is measured apart."""

    name: Final = "ours"

    def __init__(self, material: Material) -> None:
        self._form = material.form
        self._kind = FORM_KINDS[material.form.template.kind]
        self._page_key = specimen_key()
        self._signer = material.signer()
        self._moment = material.moment

    def make(self, document: Document) -> bytes:
        """Seal the page's facts, draw from them, sign."""
        facts = document.facts
        pages = page_seals(facts, self._kind.sealed_items(facts), kind=CertificateKind.RESIDENT_RECORD, status_index=0)
        seals = [sign_page(page, self._page_key) for page in pages]
        return self._signer.sign(self._form.draw(facts, binding=document.binding, seals=seals), self._moment)
