"""What every way is given before anything is measured: the pages, the face, the seal's picture and a signing key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from konbini.pdf.facts import CertificateFacts
from konbini.pdf.fonts import Typeface
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.signing import KeyFileSigner, PadesSigner
from konbini.pdf.signing.template_cms import TemplateCms
from konbini.pdf.specimen import specimen_template
from konbini.pdf.specimen.seals import specimen_seals
from konbini.simulation.bench.embedding import PeerSigner
from konbini.simulation.bench.household import binding_of_document, household
from konbini.simulation.bench.page import Page, take_apart
from konbini.simulation.town.pki.authority import Credential
from konbini.simulation.town.pki.papers import make_paper_authority, make_signing_certificate
from konbini.simulation.town.typeface import TYPEFACE
from konbini.simulation.town.ward import SUMIKAWA

__all__ = ["TYPEFACE_NAME", "Document", "Material", "Way", "make_material"]

TYPEFACE_NAME: Final = "IPAmjMincho"
_ISSUED: Final = int(datetime(2025, 11, 22, 3, tzinfo=UTC).timestamp())


class Way(Protocol):
    """One way to make signed certificates."""

    @property
    def name(self) -> str:
        """The word for it in the table."""

    def make(self, document: Document) -> bytes:
        """Draw and sign one document, as this way would do it for every issue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document to be made: facts, binding and paper seals for who sets text, its page for who is given it set."""

    facts: CertificateFacts
    binding: bytes
    seals: Sequence[bytes]
    page: Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What does not change from one document to the next."""

    typeface: Typeface
    form: ResidentRecordForm
    credential: Credential
    authority: bytes
    moment: int
    documents: Sequence[Document]

    def signer(self) -> PadesSigner:
        """Return the ward's signer over the key, read once."""
        return PadesSigner(self._key())

    def peer_signer(self) -> PeerSigner:
        """Return the signer of the peers' documents, whose CMS the ward's own signer makes."""
        cms = TemplateCms(self._key())
        return PeerSigner(lambda digest: cms.of(digest)[0], cms.room)

    def _key(self) -> KeyFileSigner:
        return KeyFileSigner(self.credential.key_pem(), [self.credential.certificate_der()])


def make_material(documents: int) -> Material:
    """Read the face, prepare the form, make a P-256 key under an authority, and lay out `documents` pages.

    Raises:
        OSError: the face is not installed.
    """
    typeface = Typeface(TYPEFACE)
    form = ResidentRecordForm(specimen_template(), typeface)
    authority = make_paper_authority(SUMIKAWA, _ISSUED)
    return Material(
        typeface=typeface,
        form=form,
        credential=make_signing_certificate(authority, SUMIKAWA, _ISSUED),
        authority=authority.certificate_der(),
        moment=_ISSUED,
        documents=tuple(_document(form, index) for index in range(documents)),
    )


def _document(form: ResidentRecordForm, index: int) -> Document:
    facts, binding = household(index), binding_of_document(index)
    seals = specimen_seals(facts)
    page = take_apart(form.draw(facts, binding=binding, seals=seals))
    return Document(facts=facts, binding=binding, seals=seals, page=page)
