"""The certificates that this ward's records suffice for: which forms may carry each, and what it says of a record.

One table. The clerk and `issuing` both choose by it, so that they choose alike.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from konbini.pdf.facts import PrintedFacts
from konbini.pdf.template import Template, choose
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind
from konbini.ward_server.certificates import resident_record, seal_registration
from konbini.ward_server.certificates.resident_record import Particulars, Subject

__all__ = ["CERTIFICATES", "Certificate", "template_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One kind of certificate.

    Attributes:
        forms: kinds of template that may carry it, the first that a municipality has in force before the others.
        statement: gives the facts to print; raises `Refused(FORM_OVERFLOW)`.
    """

    forms: tuple[str, ...]
    statement: Callable[[Sequence[Subject], Particulars], PrintedFacts]


CERTIFICATES: Final[Mapping[CertificateKind, Certificate]] = {
    CertificateKind.RESIDENT_RECORD: Certificate(
        forms=("resident-record.household", "resident-record.individual"), statement=resident_record.statement
    ),
    CertificateKind.RESIDENT_RECORD_ITEMS: Certificate(
        forms=("resident-record-items.household", "resident-record-items.individual"),
        statement=resident_record.statement,
    ),
    CertificateKind.SEAL_REGISTRATION: Certificate(forms=("seal-registration",), statement=seal_registration.statement),
}


def template_of(kind: CertificateKind, templates: Iterable[Template], *, municipality: str, day: dt.date) -> Template:
    """Choose the template that a certificate of a day is drawn with.

    Raises:
        Refused: `NOT_OFFERED`: no certificate of this ward's, or the municipality has no form for it on that day.
    """
    held = tuple(templates)
    for form in CERTIFICATES[kind].forms if kind in CERTIFICATES else ():
        try:
            return choose(held, kind=form, municipality=municipality, day=day)
        except Refused as refused:
            if refused.code is not Code.NOT_OFFERED:
                raise
    raise Refused(Code.NOT_OFFERED, f"{municipality} has no form for {kind.name} on {day.isoformat()}")
