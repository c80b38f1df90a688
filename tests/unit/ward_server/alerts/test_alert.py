"""What somebody is told of, and that nothing of a person is in it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code
from konbini.protocol.kinds import Outcome
from konbini.ward_server.alerts.alert import ALERTED, Alert, AlertKind, alert_of
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry

ROOT = Path(__file__).parents[4]
WARD, KIOSKS = "131997", frozenset({"K-0001", "K-0002"})
NOON = 1_795_143_600_000
ROW = re.compile(r"^\| (?P<number>2\d\d) \| `(?P<name>[A-Z_]+)` \| (?P<meaning>.+) \|$", re.MULTILINE)
NOT_TOLD = {"STOP_RELEASED", "PART_RELEASED", "PART_STOPPED", "ISSUING_REPLACED", "STORE_RESTORED", "FEED_MENDED"}
"""What two persons did, who know, and what its case tells: a stop or a break is in its words, and nobody is woken."""


def entry(event: AuditEvent, about: str = "", code: int = 0) -> AuditEntry:
    """Make an entry that says all that an entry can."""
    return AuditEntry(
        moment=NOON,
        event=event,
        visit=b"v" * 32,
        ordinal=1,
        number="131997-2026-0000001",
        operators=("aoki",),
        about=about,
        code=code,
        digest=b"d" * 32,
    )


def alert(event: AuditEvent, about: str = "", code: int = 0) -> Alert | None:
    """Give what is told of it."""
    return alert_of(entry(event, about, code), 4711, ward=WARD, kiosks=KIOSKS)


def test_whoever_adds_an_event_that_stops_or_opens_a_case_says_whom_it_wakes() -> None:
    """Held against docs/audit-events.md: a case, a stop, a break, a restoration among the events of `issuing`."""
    document = (ROOT / "docs" / "audit-events.md").read_text(encoding="utf-8")
    grave = {
        row["name"]
        for row in ROW.finditer(document)
        if re.search(r"a case is open|stopped|broke\b|does not hold what", row["meaning"])
    }
    assert len(grave) > 5
    assert grave - NOT_TOLD <= {event.name for event in ALERTED}


def test_the_document_has_the_table() -> None:
    """docs/alerts.md: kind, entries, runbook, as the code has them; the runbooks are there."""
    document = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    for kind in AlertKind:
        names = sorted(event.name for event in ALERTED if ALERTED[event] is kind)
        events = ", ".join(f"`{name}`" for name in names)
        assert f"| `{kind.name}` | {events}" in document.replace(", while it lies there", ""), kind
        assert f"[{kind.runbook}](runbooks/{kind.runbook})" in document
        assert (ROOT / "docs" / "runbooks" / kind.runbook).is_file()


@pytest.mark.parametrize(
    ("event", "about", "kind", "kiosk"),
    [
        (AuditEvent.ISSUING_STOPPED, "K-0001", AlertKind.STOPPED, "K-0001"),
        (AuditEvent.ISSUING_STOPPED, "", AlertKind.STOPPED, ""),
        (AuditEvent.FEED_BREAK_FOUND, "", AlertKind.FEED_BROKEN, ""),
        (AuditEvent.VISIT_CONFLICT, "K-0002", AlertKind.CASE, "K-0002"),
        (AuditEvent.RECEIPT_CONTRADICTED, f"K-0001 {Outcome.PRINTED.name}", AlertKind.CASE, "K-0001"),
        (AuditEvent.RECEIPT_CONTRADICTED, "K-9999 PRINTED", AlertKind.CASE, ""),
        (AuditEvent.PAPER_LEFT, "K-0001 lies there", AlertKind.PAPER_LEFT, "K-0001"),
    ],
)
def test_each_of_these_is_told(event: AuditEvent, about: str, kind: AlertKind, kiosk: str) -> None:
    """With its kiosk, where that stands in the register."""
    found = alert(event, about, Code.SUBJECT_MISMATCH)
    assert found is not None
    assert (found.kind, found.kiosk, found.code_name) == (kind, kiosk, "SUBJECT_MISMATCH")


@pytest.mark.parametrize(
    ("event", "about"),
    [
        (AuditEvent.ORDER_SEALED, "K-0001"),
        (AuditEvent.VISIT_REFUSED, "K-0001"),
        (AuditEvent.PAPER_LEFT, "K-0001 gone"),
        (AuditEvent.STOP_RELEASED, ""),
    ],
)
def test_nobody_is_woken_for_these(event: AuditEvent, about: str) -> None:
    """Everyday entries, a paper that is gone, a release."""
    assert alert(event, about) is None


@given(st.text(), st.integers(0, 9999), st.sampled_from(sorted(ALERTED)))
def test_nothing_of_an_entry_is_told_but_kind_kiosk_code_and_moment(about: str, code: int, event: AuditEvent) -> None:
    """Not what it is about otherwise, no number, no visit, no operator; one line, ASCII."""
    found = alert_of(entry(event, "x", code), 4711, ward=WARD, kiosks=KIOSKS)
    assert found is not None
    other = Alert(ward=WARD, position=4711, kind=found.kind, kiosk="", code=code, moment=NOON)
    assert found == other
    words = about.split(" ")
    told = alert_of(AuditEntry(moment=NOON, event=event, about="K-0001 x", code=code), 1, ward=WARD, kiosks=set(words))
    assert told is not None
    assert told.kiosk in (*words, "")
    body = json.loads(found.to_json())
    assert set(body) == {"id", "ward", "kind", "kiosk", "code", "code_name", "at", "log_entry", "runbook"}
    assert body["at"] == "2026-11-20T12:00:00+09:00"
    for text in (found.title, found.to_json().decode()):
        assert text.isascii()
        assert "\n" not in text
        assert "aoki" not in text
        assert "0000001" not in text


def test_a_code_of_a_newer_build_is_told_by_its_number() -> None:
    """Nothing fails where it is not known."""
    found = alert(AuditEvent.ISSUING_STOPPED, "", 899)
    assert found is not None
    assert found.title == "[konbini 131997] STOPPED 899"
