"""A made-up registration of a made-up seal: round, 20.0 mm across, scanned at 508 dots an inch; it reads 見本."""

from __future__ import annotations

from datetime import date
from typing import Final

from konbini.pdf.facts import Mark
from konbini.pdf.seal_facts import Impression, SealRegistrationFacts
from konbini.pdf.specimen import FOLDER

__all__ = ["FORM", "specimen_impression", "specimen_seal_facts"]

FORM: Final = "sumikawa.seal-registration.2025"
_DOTS_PER_INCH: Final = 508


def specimen_impression() -> Impression:
    """Return the impression of the made-up seal."""
    return Impression(png=(FOLDER / "registered-seal.png").read_bytes(), dots_per_inch=_DOTS_PER_INCH)


def specimen_seal_facts(*, number: str = "131997-251122-10000002-0", form: str = FORM) -> SealRegistrationFacts:
    """Return the facts of a certificate for one made-up resident."""
    return SealRegistrationFacts(
        number=number,
        form=form,
        issued_on=date(2025, 11, 22),
        name="葛\U000e0102西　葛\U000e0103乃",
        former_name="邉\U000e0118野",
        alias=Mark.UNUSED,
        name_in_katakana=Mark.UNUSED,
        birth_date="昭和６３年２月２９日",
        address="東京都澄川区朝霧台二丁目３番４－４０５号　コーポ朝霧",
        impression=specimen_impression(),
    )
