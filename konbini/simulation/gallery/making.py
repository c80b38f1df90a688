"""Making the gallery's papers: drawn as a ward draws, read back as the clerk reads, signed with a key of the gallery's.

The key is made for one run under an authority of its own and is never written; the authority's certificate is, so that
a judge can follow a signature. Every paper is a specimen's: its template says 見本.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from konbini.pdf.fonts import Typeface
from konbini.pdf.forms.drawing import Form
from konbini.pdf.forms.kinds import FORM_KINDS, ready
from konbini.pdf.originals import Originals
from konbini.pdf.reading import check
from konbini.pdf.signing import KeyFileSigner, PadesSigner
from konbini.pdf.specimen import FOLDER
from konbini.pdf.specimen.seals import specimen_seals
from konbini.pdf.template import Template, load_all
from konbini.simulation.gallery.cases import ISSUED_ON, Case, all_cases
from konbini.simulation.town.pki.papers import make_paper_authority, make_signing_certificate
from konbini.simulation.town.typeface import TYPEFACE
from konbini.simulation.town.ward import SUMIKAWA

__all__ = ["SEED", "Paper", "Workshop"]

SEED: Final = 20251122
_NOON: Final = int(datetime(ISSUED_ON.year, ISSUED_ON.month, ISSUED_ON.day, 3, tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A case with its paper: before and after the signature, and what ties it to its order."""

    case: Case
    binding: bytes
    unsigned: bytes
    signed: bytes
    pages: int


class Workshop:
    """Everything that papers are made with: face, forms, the clerk's originals, a signing key.

    Args:
        seed: chooses the residents.

    Raises:
        OSError: the face is not installed.
    """

    def __init__(self, seed: int = SEED) -> None:
        self._typeface = Typeface(TYPEFACE)
        self._originals = Originals((TYPEFACE,))
        self._forms: dict[str, Form[Any]] = ready(load_all(FOLDER), self._typeface)
        authority = make_paper_authority(SUMIKAWA, _NOON)
        credential = make_signing_certificate(authority, SUMIKAWA, _NOON)
        self._signer = PadesSigner(KeyFileSigner(credential.key_pem(), [credential.certificate_der()]))
        self.authority = authority.certificate_der()
        """The paper authority's certificate, DER."""
        self.moment = _NOON
        """When every paper is signed, in Unix seconds."""
        self.cases = all_cases(self._forms.values(), seed)

    def papers(self) -> Iterator[Paper]:
        """Make every paper, one after the other.

        Raises:
            Refused: `FORM_OVERFLOW`, `GLYPH_MISSING`: a case cannot be drawn; `PAGE_MISMATCH`: it reads otherwise.
        """
        return map(self.paper, self.cases)

    def paper(self, case: Case) -> Paper:
        """Draw, read back, sign.

        Raises:
            Refused: as `papers`.
        """
        form, binding = self._form(case.template), hashlib.sha256(case.name.encode()).digest()
        seals = specimen_seals(case.facts, case.template.kind)
        unsigned = form.draw(case.facts, binding=binding, seals=seals)
        check(unsigned, case.facts, case.template, binding, seals, originals=self._originals)
        return Paper(
            case=case,
            binding=binding,
            unsigned=unsigned,
            signed=self._signer.sign(unsigned, self.moment),
            pages=form.pages(case.facts),
        )

    def _form(self, template: Template) -> Form[Any]:
        """Return a template's form; a case may have one of its own."""
        if template.form not in self._forms:
            self._forms[template.form] = FORM_KINDS[template.kind].form(template, self._typeface)
        return self._forms[template.form]
