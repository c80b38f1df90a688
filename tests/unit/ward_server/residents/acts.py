"""What the tests of the rules do at the register: put a change in force, see it refused, read what stands."""

from __future__ import annotations

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.bodies import MemberPlace
from konbini.ward_server.residents.changes import Body, ChangeKind, new_change
from konbini.ward_server.residents.entry import RegisterEntry
from konbini.ward_server.residents.feed import FeedEntry
from konbini.ward_server.residents.feed_blocks import FeedBlock
from konbini.ward_server.residents.record import ResidentRecord, SignedRecord
from tests.unit.ward_server.residents.conftest import TODAY, Office

__all__ = ["HEAD", "act", "entries", "kept", "place", "read", "refused", "seen"]

HEAD = "世帯主"


def place(record: ResidentRecord, order: int | None = None, relationship: str | None = None) -> MemberPlace:
    """Give a member's place, as it stands but for what is said."""
    return MemberPlace(
        resident=record.resident,
        seen=record.version,
        order=order or record.order,
        relationship=relationship or record.relationship,
    )


async def read(office: Office, resident: str) -> ResidentRecord:
    """Give a record as it stands, its signature checked."""
    found = await office.registry.look_up("aoki", resident, "a test")
    return SignedRecord.open(found.record, office.pen.key.verifying, office.pen.municipality).record


async def kept(office: Office, resident: str) -> RegisterEntry:
    """Give what is kept of a resident beyond the record."""
    return (await office.registry.look_up("aoki", resident, "a test")).entry


async def seen(office: Office, resident: str) -> int:
    """Give the version of a record that an operator sees."""
    return (await read(office, resident)).version


async def act(  # noqa: PLR0913 - a change's particulars
    office: Office, kind: ChangeKind, resident: str, body: Body, version: int, *, corrects: str = "", day: int = TODAY
) -> str:
    """Put a change in force and give its id."""
    change = new_change(kind, resident, body, seen=version, effective=day, source="届書", corrects=corrects)
    change_id = await office.registry.enter("aoki", change)
    await office.registry.approve("bando", change_id)
    return change_id


async def refused(  # noqa: PLR0913 - a change's particulars
    office: Office, kind: ChangeKind, resident: str, body: Body, version: int, *, corrects: str = "", day: int = TODAY
) -> Code:
    """Give the code with which a change is refused when it is entered."""
    with pytest.raises(Refused) as refusal:
        await act(office, kind, resident, body, version, corrects=corrects, day=day)
    return refusal.value.code


async def entries(office: Office, after: int = 0) -> list[FeedEntry]:
    """Give the entries of the feed."""
    key, municipality = office.pen.key.verifying, office.pen.municipality
    blocks = await office.publisher.feed_after(after, 100, 0)
    return [entry for block in blocks for entry in FeedBlock.open(block, key, municipality).entries()]
