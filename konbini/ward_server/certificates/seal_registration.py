"""印鑑登録証明書: the facts that it prints of one person's record and seal registration.

Source: 印鑑登録証明事務処理要領 第6. The impression is the registered one, byte for byte, at its true size; the sex is
no fact; 旧氏 and 通称 print as the record has them, the name in katakana as it was registered. 備考 says in outage mode
as of when they are, and nothing else: the record's own remarks are of no seal.
"""

from __future__ import annotations

from collections.abc import Sequence

from konbini.pdf.seal_facts import SealRegistrationFacts
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.certificates.resident_record import (
    Particulars,
    Subject,
    address_of,
    birth_of,
    cell_of,
    moment_of,
)

__all__ = ["statement"]


def statement(subjects: Sequence[Subject], particulars: Particulars) -> SealRegistrationFacts:
    """Give the facts to print of the one person whose seal it is.

    Raises:
        Refused: `FORM_OVERFLOW`: nobody, several people, nobody's seal, or text that is not printable.
    """
    seals = [subject.seal for subject in subjects]
    image = seals[0].image if len(seals) == 1 and seals[0] is not None else None
    if image is None or seals[0] is None:
        raise Refused(Code.FORM_OVERFLOW, "not one person with a seal in force")
    record = subjects[0].record
    try:
        return SealRegistrationFacts(
            number=particulars.number,
            form=particulars.form,
            issued_on=particulars.issued_on,
            name=record.name,
            former_name=cell_of(record.former_name),
            alias=cell_of(record.alias),
            name_in_katakana=cell_of(seals[0].katakana),
            birth_date=birth_of(record.birth),
            address=address_of(record),
            impression=image.impression(),
            remarks=cell_of(None if particulars.as_of is None else moment_of(particulars.as_of)),
        )
    except ValueError as error:
        raise Refused(Code.FORM_OVERFLOW, "a cell of the record is not printable") from error
