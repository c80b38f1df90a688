"""A visit's published file stays one that can be opened, whatever a kiosk says of its visit."""

from __future__ import annotations

from pathlib import Path

from konbini.protocol.receipt_code import MOST_VISIT_FILE_BYTES, ReceiptCode, VisitEntry
from konbini.protocol.shape import to_bytes
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.publishing.visit_files import visit_files

VISIT, DAY, CODE = b"v" * 32, "20261130", ReceiptCode("1" * 30)
ISSUING, CLERK = "konbini/131997/issuing", "konbini/131997/clerk"


def contradicted(position: int, log: str = ISSUING) -> VisitEntry:
    """Make an entry as long as a contradiction's."""
    entry = AuditEntry(
        moment=1_796_000_000_000,
        event=AuditEvent.RECEIPT_CONTRADICTED,
        visit=VISIT,
        ordinal=1,
        number="131997-1-00000001",
        about="K-0001 " + "x" * 57,
        code=9999,
        digest=bytes(32),
    )
    return VisitEntry(log=log, position=position, salt=bytes(32), entry=to_bytes(entry))


def test_a_kiosk_that_contradicts_itself_for_ever_stops_no_publication(tmp_path: Path) -> None:
    """The first thousand of each log stand in the file, which opens and is gone on with at the next publication."""
    visits = {VISIT: (DAY, CODE)}
    name = f"visits/{DAY}/{CODE.locator}"
    for turn in range(3):
        said = {VISIT: [contradicted(position) for position in range(turn * 4000, (turn + 1) * 4000)]}
        sealed = {VISIT: [contradicted(turn, CLERK)]}
        files = visit_files(visits, [sealed, said], tmp_path)
        assert len(files[name]) < MOST_VISIT_FILE_BYTES
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(files[name])
    found = CODE.open(files[name]).entries
    assert [one.position for one in found if one.log == ISSUING] == list(range(1000))
    assert [one.position for one in found if one.log == CLERK] == [0, 1, 2]
