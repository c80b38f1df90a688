"""LEFT, LEFT_NOTED: a paper that nobody took is a remark beside an outcome that stays."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from konbini.protocol.cose import Context
from konbini.protocol.errors import Code
from konbini.protocol.frames import LinkRefusal
from konbini.protocol.kinds import MessageKind, Outcome
from konbini.protocol.receipts import Final, LeftPaper, ReceiptBody
from konbini.protocol.sealing import SealedSize, SealingKey
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.protocol.tickets import Prekey
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.issuing.desk import Reply
from konbini.ward_server.issuing.settling import Receipts
from tests.integration.ward_server.kiosk import Told, Visit
from tests.integration.ward_server.people import HEAD
from tests.integration.ward_server.ward import Ward

SINCE = 1_800_000_000


async def printed(ward: Ward) -> Visit:
    """Have one paper printed and paid."""
    visit, told = await issued(ward)
    await visit.printed(told)
    return visit


async def issued(ward: Ward) -> tuple[Visit, Told]:
    """Have one paper issued."""
    visit = ward.visit(HEAD)
    await visit.open()
    return visit, await visit.order()


def left(  # noqa: PLR0913 - a remark's particulars
    visit: Visit, *, gone: int | None = None, t: bytes = b"", ordinal: int = 1, claimed: int = 1, since: int = SINCE
) -> bytes:
    """Say that the paper of an order lies there, signed by the device key."""
    paper = LeftPaper(visit_id=visit.visit_id, ordinal=claimed, t=t or visit.t, since=since, gone=gone)
    return visit.kiosk.signing.sign(to_bytes(paper), context(visit, ordinal))


def context(visit: Visit, ordinal: int) -> Context:
    """What the remark is bound to."""
    return Context(
        kind=MessageKind.LEFT, sender=visit.kiosk.name, receiver=visit.ward.code, visit=visit.v, ordinal=ordinal
    )


async def send(ward: Ward, visit: Visit, signed: bytes, ordinal: int = 1) -> Reply:
    """Seal it to the newest prekey and hand it to the ward."""
    sealing = SealingKey(Prekey.peek(ward.prekey).sealing)
    sealed = sealing.seal(signed, replace(context(visit, ordinal), key_id=sealing.key_id), SealedSize.SMALL)
    body = ReceiptBody(visit=visit.v, ordinal=ordinal, key_id=sealing.key_id, sealed=sealed)
    return await Receipts(ward.desk).take_left(visit.kiosk.name, to_bytes(body))


async def noted(ward: Ward, visit: Visit, signed: bytes) -> Final:
    """Send it and take LEFT_NOTED."""
    reply = await send(ward, visit, signed)
    assert reply.kind is MessageKind.LEFT_NOTED
    word = from_bytes(Final, visit.read_for_device(reply, MessageKind.LEFT_NOTED))
    assert word.receipt == hashlib.sha256(signed).digest()
    return word


def remarks(ward: Ward) -> list[tuple[object, ...]]:
    """Give what stands beside each outcome."""
    return ward.rows("issuing", "SELECT outcome, left_since, left_gone FROM receipt ORDER BY ordinal")


async def test_a_paper_lies_there_and_is_gone(ward: Ward) -> None:
    """One entry each, however often they come; the outcome stays, and the page's line says both."""
    visit = await printed(ward)
    lies, gone = left(visit), left(visit, gone=SINCE + 60)
    first = await noted(ward, visit, lies)
    assert await noted(ward, visit, lies) == first
    assert remarks(ward) == [(Outcome.PRINTED, SINCE, None)]
    assert ward.audit("issuing")[first.log_index].about == f"{visit.kiosk.name} lies there"
    second = await noted(ward, visit, gone)
    assert second.log_index > first.log_index
    assert (await noted(ward, visit, lies)).log_index == second.log_index, "an older word changes nothing"
    assert remarks(ward) == [(Outcome.PRINTED, SINCE, SINCE + 60)]
    assert [event for event, _ in ward.events("issuing")].count(AuditEvent.PAPER_LEFT) == 2
    line = (await ward.desk.ledger.summary(1)).newest[0]
    assert (line.outcome, line.left_since, line.left_gone) == (Outcome.PRINTED, SINCE, SINCE + 60)


async def test_a_kiosk_that_finds_its_paper_again_and_again_is_told_of_once(ward: Ward) -> None:
    """Each word another, as of one that wants the ward to ring: one entry that it lies there, one that it is gone."""
    visit = await printed(ward)
    first = await noted(ward, visit, left(visit))
    for later in range(1, 20):
        assert (await noted(ward, visit, left(visit, since=SINCE + later))).log_index == first.log_index
    for later in range(2):
        await noted(ward, visit, left(visit, gone=SINCE + 60 + later))
    assert [event for event, _ in ward.events("issuing")].count(AuditEvent.PAPER_LEFT) == 2
    assert remarks(ward) == [(Outcome.PRINTED, SINCE, SINCE + 60)]


async def test_before_its_receipt_it_waits(ward: Ward) -> None:
    """A remark on an order of which nothing is known yet is refused, and taken once the receipt is there."""
    visit, told = await issued(ward)
    signed = left(visit)
    reply = await send(ward, visit, signed)
    assert reply.kind is MessageKind.LINK_REFUSED
    assert from_bytes(LinkRefusal, reply.body).code == Code.ORDER_OUT_OF_TURN
    await visit.printed(told)
    await noted(ward, visit, signed)


async def test_a_remark_that_cannot_be_true_is_a_case(ward: Ward) -> None:
    """Another t, another kiosk: one case each, answered so that the kiosk rests, and no remark stands."""
    visit = await printed(ward)
    await noted(ward, visit, left(visit, t=bytes(32)))
    visit.kiosk = ward.kiosk("K-0002")
    await noted(ward, visit, left(visit))
    assert len(ward.cases()) == 2
    assert remarks(ward) == [(Outcome.PRINTED, None, None)]


async def test_a_remark_is_bound_to_its_order(ward: Ward) -> None:
    """What names one order inside and another outside is not read; a receipt is no remark."""
    visit = await printed(ward)
    reply = await send(ward, visit, left(visit, claimed=2))
    assert from_bytes(LinkRefusal, reply.body).code == Code.MISROUTED
    reply = await send(ward, visit, visit.receipt(Outcome.PRINTED))
    assert from_bytes(LinkRefusal, reply.body).code == Code.SIGNATURE_INVALID
    assert remarks(ward) == [(Outcome.PRINTED, None, None)]
