"""A kiosk may be called by the longest name that an enrolment can give, and what happens there is still recorded."""

from __future__ import annotations

from enum import Enum

import pytest

from konbini.protocol.kinds import CENTER, Mismatched, Outcome
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.issuing.ledger.days import about_day

LONGEST = "K" * 64


@pytest.mark.parametrize("word", [*Outcome, *Mismatched], ids=lambda word: f"{type(word).__name__}-{word.name}")
def test_what_became_of_an_order_is_recorded_beside_any_name(word: Enum) -> None:
    """Otherwise a receipt of such a kiosk would never be taken."""
    entry = AuditEntry(moment=1, event=AuditEvent.RECEIPT_TAKEN, about=f"{LONGEST} {word.name}")
    assert from_bytes(AuditEntry, to_bytes(entry)) == entry


def test_days_of_kiosks_that_begin_alike_are_told_apart() -> None:
    """And each fits an entry, as does what the center says in a kiosk's place."""
    one, other = (about_day(f"{LONGEST[:-1]}{last}", 20261130) for last in "AB")
    assert one != other
    for about in (one, other, f"{CENTER} as {LONGEST}"):
        entry = AuditEntry(moment=1, event=AuditEvent.DAY_SETTLED, about=about)
        assert from_bytes(AuditEntry, to_bytes(entry)) == entry
