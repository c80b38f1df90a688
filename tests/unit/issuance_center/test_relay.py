"""The relay: no sequence of frames carries a ward's answer to another kiosk than the visit's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from konbini.issuance_center.relay.routing import (
    KioskEnd,
    Route,
    Sender,
    ToCenter,
    ToEveryWard,
    ToPeer,
    WardEnd,
    route,
)
from konbini.issuance_center.relay.visits import LIFE_SECONDS, Visit, VisitTable
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind
from konbini.protocol.tickets import CLOCK_SKEW_SECONDS, TICKET_SECONDS

KIOSKS, WARDS = ("K-0001", "K-0002", "K-0003"), ("999991", "999992")
IDS = tuple(bytes([number]) * 16 for number in range(4))
MOMENT = 1_795_000_000

senders: st.SearchStrategy[Sender] = st.sampled_from(
    [*(KioskEnd(name) for name in KIOSKS), *(WardEnd(name) for name in WARDS)]
)
KINDS = st.sampled_from(
    [
        *MessageKind,
        *[MessageKind.HELLO, MessageKind.OPEN, MessageKind.ORDER, MessageKind.MENU, MessageKind.DOCUMENT] * 6,
    ]
)


@st.composite
def sent(draw: st.DrawFn) -> tuple[Sender, Frame]:
    """Give a frame and its sender; most name their sender, and few visits, so that visits come to life."""
    sender = draw(senders)
    kiosk, ward = draw(st.sampled_from((*KIOSKS, ""))), draw(st.sampled_from((*WARDS, "")))
    if draw(st.integers(0, 5)):
        kiosk, ward = (sender.kiosk, ward) if isinstance(sender, KioskEnd) else (kiosk, sender.ward)
    visit_id = draw(st.sampled_from((*IDS, b"")))
    body = draw(st.sampled_from((b"", b"body", bytes(33 * 1024))))
    return sender, Frame(kind=draw(KINDS), visit_id=visit_id, kiosk=kiosk, ward=ward, body=body)


sequences = st.lists(st.tuples(sent(), st.sampled_from((0, 0, 0, 0, 0, 0, 0, 1, 60, 2000))), min_size=20, max_size=80)


OUTLIVES_VISIT = {
    MessageKind.RECEIPT,
    MessageKind.FINAL,
    MessageKind.ASK,
    MessageKind.LEFT,
    MessageKind.LEFT_NOTED,
    MessageKind.MISMATCH,
    MessageKind.MISMATCH_NOTED,
    MessageKind.LINK_REFUSED,
}
"""What a kiosk and its ward still say of a visit that the center has forgotten."""


class Relay:
    """The table and the rule together, as the center puts them; a ticket is what HELLO's frame asks for."""

    def __init__(self) -> None:
        self.table = VisitTable()
        self.owners: dict[bytes, tuple[str, str]] = {}

    def step(self, sender: Sender, frame: Frame, moment: int) -> Route | None:
        """Take one frame; None where it is refused."""
        try:
            where = route(sender, frame, self.table.find(frame.visit_id), moment)
            if frame.kind is MessageKind.HELLO:
                self._ticket(frame, moment)
        except Refused:
            return None
        if frame.kind is MessageKind.OPEN:
            self.table.open(frame.visit_id)
        return where

    def _ticket(self, frame: Frame, moment: int) -> None:
        if len(frame.visit_id) == 16:
            visit = Visit(
                visit_id=frame.visit_id,
                kiosk=frame.kiosk,
                ward=frame.ward,
                ticket_expires=moment + TICKET_SECONDS,
            )
            self.table.admit(visit, moment)
            self.owners[frame.visit_id] = (frame.kiosk, frame.ward)


@settings(max_examples=80)
@given(sequences)
def test_no_sequence_of_frames_mixes_two_visits(steps: list[tuple[tuple[Sender, Frame], int]]) -> None:
    """Whatever anybody sends: who receives a frame of a visit is its kiosk or its ward, from its ward or its kiosk."""
    relay, moment = Relay(), MOMENT
    for (sender, frame), later in steps:
        moment += later
        where = relay.step(sender, frame, moment)
        if where is None or not isinstance(where, ToPeer):
            continue
        assert {type(sender), type(where.peer)} == {KioskEnd, WardEnd}
        if relay.table.find(frame.visit_id) is not None:
            kiosk, ward = relay.owners[frame.visit_id]
            assert {sender, where.peer} == {KioskEnd(kiosk), WardEnd(ward)}
        else:
            assert frame.kind in OUTLIVES_VISIT | {MessageKind.FIGURES, MessageKind.FIGURES_NOTED}


@settings(max_examples=80)
@given(sequences)
def test_a_kiosk_has_one_ticket_that_may_still_open(steps: list[tuple[tuple[Sender, Frame], int]]) -> None:
    """Of all visits of a kiosk, at most one could pass a first OPEN."""
    relay, moment = Relay(), MOMENT
    for (sender, frame), later in steps:
        moment += later
        relay.step(sender, frame, moment)
        for kiosk in KIOSKS:
            could = [
                visit_id
                for visit_id in IDS
                if (visit := relay.table.find(visit_id)) is not None
                and visit.kiosk == kiosk
                and not visit.opened
                and _opens(visit, moment)
            ]
            assert len(could) <= 1


@given(sent())
def test_nobody_speaks_as_another(given_frame: tuple[Sender, Frame]) -> None:
    """A header that names another sender is refused, whatever the kind and the visit."""
    sender, frame = given_frame
    honest = frame.kiosk if isinstance(sender, KioskEnd) else frame.ward
    own = sender.kiosk if isinstance(sender, KioskEnd) else sender.ward
    visit = Visit(visit_id=frame.visit_id, kiosk=frame.kiosk, ward=frame.ward, ticket_expires=MOMENT, opened=True)
    if honest != own:
        with pytest.raises(Refused) as refused:
            route(sender, frame, visit, MOMENT)
        assert refused.value.code in {Code.MISROUTED, Code.OVERSIZE}


VISIT = Visit(visit_id=IDS[0], kiosk="K-0001", ward="999991", ticket_expires=MOMENT + TICKET_SECONDS)
OPENED = replace(VISIT, opened=True)


def frame(kind: MessageKind, *, visit_id: bytes = IDS[0], kiosk: str = "K-0001", body: bytes = b"body") -> Frame:
    """Give a frame of the visit."""
    return Frame(kind=kind, visit_id=visit_id, kiosk=kiosk, ward="999991", body=body)


@pytest.mark.parametrize(
    ("kind", "sender", "to"),
    [
        (MessageKind.HELLO, KioskEnd("K-0001"), ToCenter()),
        (MessageKind.STATE, KioskEnd("K-0001"), ToEveryWard()),
        (MessageKind.OPEN, KioskEnd("K-0001"), ToPeer(WardEnd("999991"))),
        (MessageKind.ORDER, KioskEnd("K-0001"), ToPeer(WardEnd("999991"))),
        (MessageKind.OWNLIST, KioskEnd("K-0001"), ToPeer(WardEnd("999991"))),
        (MessageKind.RECEIPT, KioskEnd("K-0001"), ToPeer(WardEnd("999991"))),
        (MessageKind.LEFT, KioskEnd("K-0001"), ToPeer(WardEnd("999991"))),
        (MessageKind.LEFT_NOTED, WardEnd("999991"), ToPeer(KioskEnd("K-0001"))),
        (MessageKind.MISMATCH, KioskEnd("K-0001"), ToPeer(WardEnd("999991"))),
        (MessageKind.MISMATCH_NOTED, WardEnd("999991"), ToPeer(KioskEnd("K-0001"))),
        (MessageKind.PREKEY, WardEnd("999991"), ToCenter()),
        (MessageKind.NOTICE, WardEnd("999991"), ToCenter()),
        (MessageKind.MENU, WardEnd("999991"), ToPeer(KioskEnd("K-0001"))),
        (MessageKind.DOCUMENT, WardEnd("999991"), ToPeer(KioskEnd("K-0001"))),
        (MessageKind.OWNLIST, WardEnd("999991"), ToPeer(KioskEnd("K-0001"))),
        (MessageKind.FINAL, WardEnd("999991"), ToPeer(KioskEnd("K-0001"))),
        (MessageKind.ASK, WardEnd("999991"), ToPeer(KioskEnd("K-0001"))),
        (MessageKind.LINK_REFUSED, WardEnd("999991"), ToPeer(KioskEnd("K-0001"))),
    ],
)
def test_each_kind_goes_its_way(kind: MessageKind, sender: Sender, to: Route) -> None:
    """The whole table, and nothing from the other side that is not in it."""
    assert route(sender, frame(kind), OPENED, MOMENT) == to


def test_what_is_of_a_day_is_of_no_visit() -> None:
    """A kiosk's figures go to its ward and the ward's word back to it; one that names a visit does not pass."""
    kiosk, ward = KioskEnd("K-0001"), WardEnd("999991")
    for kind, sender, to in ((MessageKind.FIGURES, kiosk, ward), (MessageKind.FIGURES_NOTED, ward, kiosk)):
        assert route(sender, frame(kind, visit_id=b""), None, MOMENT) == ToPeer(to)
        assert code_of(sender, frame(kind), OPENED) is Code.MALFORMED
    assert code_of(kiosk, frame(MessageKind.FIGURES, visit_id=b"", kiosk="K-0002"), None) is Code.MISROUTED


def test_every_other_kind_and_side_is_misrouted() -> None:
    """What is not in the table above does not pass."""
    passing = {
        KioskEnd: {"HELLO", "STATE", "OPEN", "ORDER", "OWNLIST", "RECEIPT", "LEFT", "MISMATCH", "FIGURES"},
        WardEnd: {
            *("PREKEY", "NOTICE", "MENU", "DOCUMENT", "OWNLIST", "FINAL", "LEFT_NOTED", "MISMATCH_NOTED", "ASK"),
            *("LINK_REFUSED", "FIGURES_NOTED", "CHECKPOINT", "COSIGNED"),
        },
    }
    for sender in (KioskEnd("K-0001"), WardEnd("999991")):
        for kind in MessageKind:
            if kind.name not in passing[type(sender)]:
                assert code_of(sender, frame(kind), OPENED) is Code.MISROUTED


def code_of(sender: Sender, given: Frame, visit: Visit | None, moment: int = MOMENT) -> Code:
    """Give the code that refuses."""
    with pytest.raises(Refused) as refused:
        route(sender, given, visit, moment)
    return refused.value.code


def test_what_a_visit_does_not_allow() -> None:
    """Unknown, not opened, superseded, expired, over."""
    kiosk, ward = KioskEnd("K-0001"), WardEnd("999991")
    opening, order, menu = (frame(kind) for kind in (MessageKind.OPEN, MessageKind.ORDER, MessageKind.MENU))
    assert code_of(kiosk, opening, None) is Code.TICKET_INVALID
    assert code_of(kiosk, order, VISIT) is Code.TICKET_INVALID
    assert code_of(ward, menu, VISIT) is Code.TICKET_INVALID
    assert code_of(kiosk, opening, replace(VISIT, superseded=True)) is Code.TICKET_INVALID
    late = VISIT.ticket_expires + CLOCK_SKEW_SECONDS
    assert code_of(kiosk, opening, VISIT, late) is Code.TICKET_EXPIRED
    assert route(kiosk, opening, VISIT, late - 1) == ToPeer(ward)
    assert route(kiosk, opening, OPENED, late) == ToPeer(ward)
    over = VISIT.ticket_expires + LIFE_SECONDS
    assert code_of(kiosk, opening, OPENED, over) is Code.VISIT_OVER
    assert code_of(kiosk, order, OPENED, over) is Code.VISIT_OVER
    assert route(kiosk, frame(MessageKind.RECEIPT), OPENED, over) == ToPeer(ward)


def test_settling_outlives_the_visit_and_is_held_to_what_the_ledger_remembers() -> None:
    """A RECEIPT of another kiosk's visit is refused; one of a visit that nobody remembers goes by its header."""
    receipt = frame(MessageKind.RECEIPT, kiosk="K-0002")
    assert code_of(KioskEnd("K-0002"), receipt, OPENED) is Code.MISROUTED
    assert route(KioskEnd("K-0002"), receipt, None, MOMENT) == ToPeer(WardEnd("999991"))
    assert code_of(KioskEnd("K-0001"), frame(MessageKind.RECEIPT, visit_id=b"short"), None) is Code.MALFORMED


def test_a_body_larger_than_its_kind_is_oversize() -> None:
    """Only a document may be large."""
    for kind in (MessageKind.HELLO, MessageKind.STATE, MessageKind.ORDER):
        assert code_of(KioskEnd("K-0001"), frame(kind, body=bytes(33 * 1024)), OPENED) is Code.OVERSIZE
    large = frame(MessageKind.DOCUMENT, body=bytes(520 * 1024))
    assert route(WardEnd("999991"), large, OPENED, MOMENT) == ToPeer(KioskEnd("K-0001"))


def test_a_visit_id_never_changes_hands() -> None:
    """Another kiosk, or the same one after its use, does not get the id again."""
    table = VisitTable()
    table.admit(VISIT, MOMENT)
    with pytest.raises(Refused) as refused:
        table.admit(replace(VISIT, kiosk="K-0002"), MOMENT)
    assert refused.value.code is Code.VISIT_CONFLICT
    table.open(VISIT.visit_id)
    with pytest.raises(Refused):
        table.admit(VISIT, MOMENT)


def test_the_table_forgets_what_is_over() -> None:
    """Its size is bounded by the tickets of half an hour."""
    table = VisitTable()
    table.admit(VISIT, MOMENT)
    later = VISIT.ends
    table.admit(replace(VISIT, visit_id=IDS[1], ticket_expires=later + 60), later)
    assert len(table) == 1
    assert table.find(IDS[0]) is None


def _opens(visit: Visit, moment: int) -> bool:
    try:
        visit.passes_open(moment)
    except Refused:
        return False
    return True
