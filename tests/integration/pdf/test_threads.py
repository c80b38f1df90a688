"""The clerk reads and signs in threads beside its event loop: several orders at once, each its own document."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

from konbini.pdf.facts import CertificateFacts
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.specimen.seals import specimen_seals
from konbini.pdf.verification import verify
from konbini.protocol.numbers import IssuanceNumber
from tests.unit.pdf.conftest import check

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: ANN001 - the fixtures' classes live in conftest, which tests do not import

_ORDERS = 24


def _facts_of(order: int) -> CertificateFacts:
    number = str(IssuanceNumber.of("131997", dt.date(2025, 11, 22), 1, order + 1))
    return specimen_facts(*PEOPLE[: 1 + order % 4], number=number)


def test_orders_at_once_never_meet(form, template, paper) -> None:
    """Drawn one after the other, as issuing does; read, signed and verified in eight threads."""
    signer = paper.signer()

    drawn = [
        form.draw(_facts_of(order), binding=bytes([order]) * 32, seals=specimen_seals(_facts_of(order)))
        for order in range(_ORDERS)
    ]

    def seal(order: int) -> bytes:
        check(drawn[order], _facts_of(order), template, bytes([order]) * 32)
        sealed: bytes = signer.sign(drawn[order], paper.moment)
        return sealed

    with ThreadPoolExecutor(8) as threads:
        signed = list(threads.map(seal, range(_ORDERS)))
    for order, pdf in enumerate(signed):
        assert pdf.startswith(drawn[order])
        verify(
            pdf,
            authorities=[paper.authority],
            moment=paper.moment,
            number=_facts_of(order).number,
            binding=bytes([order]) * 32,
            pages=1,
        )
