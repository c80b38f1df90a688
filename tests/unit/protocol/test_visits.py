"""Answers and refusals, frames, and receipts that balance."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.codec import encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import MOST_FRAME_BYTES, Frame, LinkRefusal
from konbini.protocol.kinds import CertificateKind, MessageKind, Options, Outcome, Scope
from konbini.protocol.receipts import Receipt
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.protocol.visits import Document, Member, Menu, Offer, answer, read_answer, refusal

MENU = Menu(
    offers=(
        Offer(
            kind=CertificateKind.RESIDENT_RECORD,
            scopes=tuple(Scope),
            options=int(Options.HEAD_AND_RELATIONSHIP | Options.DOMICILE),
            fee=200,
        ),
    ),
    members=(Member(handle=bytes(16), name="見本 花子", reading="みほん はなこ"),),
    closes=1_795_000_900,
    good_until=1_795_000_300,
)


def test_an_answer_is_read_as_what_was_asked_for() -> None:
    """And as nothing else."""
    assert read_answer(Menu, answer(MENU)) == MENU
    with pytest.raises(Refused) as refused:
        read_answer(Document, answer(MENU))
    assert refused.value.code is Code.MALFORMED


@pytest.mark.parametrize("code", list(Code))
def test_a_refusal_is_raised_where_the_answer_is_read(code: Code) -> None:
    """Whatever the ward refuses comes out under its own name."""
    with pytest.raises(Refused) as refused:
        read_answer(Menu, refusal(code))
    assert refused.value.code is code


@pytest.mark.parametrize("value", [5, [], [0], [0, None, None], [True, None], [999, None], [-1, None], [0, None]])
def test_what_is_neither_is_malformed(value: list[int]) -> None:
    """A code that is on no list is never shown to anybody."""
    with pytest.raises(Refused) as refused:
        read_answer(Menu, encode(value))
    assert refused.value.code is Code.MALFORMED


frames = st.builds(
    Frame,
    kind=st.sampled_from(MessageKind),
    visit_id=st.binary(max_size=16),
    kiosk=st.text(max_size=64),
    ward=st.text(max_size=64),
    body=st.binary(max_size=200),
)


@given(frames)
def test_a_frame_is_read_as_it_was_written(frame: Frame) -> None:
    """Round trip."""
    assert Frame.from_bytes(frame.to_bytes()) == frame


@given(st.binary(max_size=80))
def test_any_bytes_are_a_frame_or_refused(data: bytes) -> None:
    """Nothing else is raised, and what is read is what we would have written."""
    try:
        frame = Frame.from_bytes(data)
    except Refused:
        return
    assert frame.to_bytes() == data


def test_a_frame_has_its_version_and_its_largest_size() -> None:
    """Another version is named; above the largest nothing is read."""
    frame = Frame(kind=MessageKind.STATE, kiosk="K-0001", body=b"")
    for data, code in (
        (replace(frame, version=2).to_bytes(), Code.VERSION_UNKNOWN),
        (bytes(MOST_FRAME_BYTES + 1), Code.OVERSIZE),
        (encode([1, 13, b"", "K-0001", "", b""]), Code.MALFORMED),
        (encode([1, 90, bytes(17), "K-0001", "", b""]), Code.MALFORMED),
        (encode([1, 90, b"", "K-0001", "", ""]), Code.MALFORMED),
    ):
        with pytest.raises(Refused) as refused:
            Frame.from_bytes(data)
        assert refused.value.code is code


def test_the_frame_of_the_largest_document_fits() -> None:
    """512 KiB sealed, with its header, is under the bound; the center reads it whole."""
    body = bytes(512 * 1024 + 1136 + 200)
    frame = Frame(kind=MessageKind.DOCUMENT, visit_id=bytes(16), kiosk="K" * 64, ward="999999", body=body)
    assert len(frame.to_bytes()) < MOST_FRAME_BYTES
    assert Frame.from_bytes(frame.to_bytes()).body == body


def test_a_link_refusal_names_a_body_or_none() -> None:
    """32 bytes of hash, or nothing where there was no frame."""
    for answered in (b"", bytes(32)):
        refused = LinkRefusal(code=704, answered=answered)
        assert from_bytes(LinkRefusal, to_bytes(refused)) == refused


RECEIPT = Receipt(
    visit_id=bytes(16),
    ordinal=1,
    t=bytes(32),
    number="999999-261122-30000017-1",
    outcome=Outcome.PRINTED,
    after_page=0,
    counter_before=10,
    counter_after=11,
    taken=500,
    returned=300,
    owed=0,
)


@pytest.mark.parametrize("outcome", [Outcome.CANCELLED, Outcome.VOID, Outcome.JAM])
def test_what_was_not_printed_was_not_paid(outcome: Outcome) -> None:
    """All money goes back, in coins or on a slip."""
    replace(RECEIPT, outcome=outcome, returned=300, owed=200).balanced(200)
    for returned, owed in ((300, 0), (300, 100), (500, 100)):
        with pytest.raises(Refused) as refused:
            replace(RECEIPT, outcome=outcome, returned=returned, owed=owed).balanced(200)
        assert refused.value.code is Code.MALFORMED


def test_what_was_printed_was_paid_exactly() -> None:
    """The fee, no yen more or less; what is in doubt is not judged yet."""
    RECEIPT.balanced(200)
    for fee in (199, 201, 0):
        with pytest.raises(Refused):
            RECEIPT.balanced(fee)
    replace(RECEIPT, outcome=Outcome.IN_DOUBT).balanced(0)
