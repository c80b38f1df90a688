"""A visit's words with the ward, through a center that lies: each lie has its name, and nothing of it is believed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from konbini.kiosk.channel.messages import Answered, Question
from konbini.kiosk.visit.ward import CardProof, FailedDocument, GivenDocument, GivenMenu, WardVisit, Wish
from konbini.protocol.codec import encode
from konbini.protocol.cose import Context, SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import LinkRefusal
from konbini.protocol.kinds import CertificateKind, MessageKind, Mismatched, Options, Scope
from konbini.protocol.shape import to_bytes
from konbini.protocol.tickets import Ticket
from konbini.protocol.trust import MessageKeyCertificate
from konbini.protocol.visits import CARD_RS256, Document, Menu, answer, read_answer, refusal
from konbini.simulation.card.applet import CardContent
from konbini.simulation.clock import SettableClock
from tests.unit.kiosk.visit.far_side import FEE, FarSide, seconds
from tests.unit.kiosk.visit.parts import HostSide, Reader
from tests.unit.kiosk.visit.seat import NOON


class Talk:
    """One visit's talk with the ward."""

    def __init__(self, content: CardContent, far: FarSide, visit_id: bytes = b"v" * 16) -> None:
        self.far = far
        self.host = HostSide(far)
        self.reader = Reader(content)
        self.ward = WardVisit(device=far.device, entry=far.entry, host=self.host, visit_id=visit_id)

    async def admit(self) -> None:
        """HELLO, TICKET."""
        await self.ward.admit(seconds(self.far.clock))

    async def open(self) -> GivenMenu:
        """OPEN, MENU."""
        session = await self.reader.open()
        signature = await session.sign(self.ward.challenge(session.certificate, CARD_RS256))
        return await self.ward.open(
            CardProof(certificate=session.certificate, algorithm=CARD_RS256, signature=signature)
        )

    async def order(self, given: GivenMenu, ordinal: int = 1) -> GivenDocument:
        """ORDER, DOCUMENT."""
        wish = Wish(
            kind=CertificateKind.RESIDENT_RECORD,
            scope=Scope.SELF,
            options=Options(0),
            handles=(given.menu.members[0].handle,),
            fee=FEE,
        )
        return await self.ward.order(
            wish, ordinal, given, lambda: seconds(self.far.clock), lambda: self.host.prekey(self.far.entry.ward)
        )

    async def whole(self) -> GivenDocument:
        """All of it."""
        await self.admit()
        return await self.order(await self.open())


@pytest.fixture
def far() -> FarSide:
    """An honest center and ward."""
    return FarSide(SettableClock(NOON))


@pytest.fixture
def talk(content: CardContent, far: FarSide) -> Talk:
    """A visit before HELLO."""
    return Talk(content, far)


async def refusal_of(talk: Talk) -> Code:
    """Give the code that the talk ends with; anything but a refusal is a defect."""
    with pytest.raises(Refused) as refused:
        await talk.whole()
    return refused.value.code


async def test_an_honest_talk(talk: Talk) -> None:
    """The document is the ward's own."""
    assert (await talk.whole()).document.fee == FEE


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda ticket: replace(ticket, visit_id=b"w" * 16), Code.TICKET_INVALID),
        (lambda ticket: replace(ticket, kiosk="K-0002"), Code.TICKET_INVALID),
        (lambda ticket: replace(ticket, device_key_id=b"d" * 8), Code.TICKET_INVALID),
        (lambda ticket: replace(ticket, ward="999991"), Code.TICKET_INVALID),
        (lambda ticket: replace(ticket, visit_keys=b"k" * 32), Code.TICKET_INVALID),
        (lambda ticket: replace(ticket, issued=ticket.issued + 31, expires=ticket.expires + 31), Code.TICKET_INVALID),
        (lambda ticket: replace(ticket, expires=ticket.expires + 1), Code.TICKET_INVALID),
        (lambda ticket: replace(ticket, issued=ticket.issued - 90, expires=ticket.expires - 90), Code.TICKET_EXPIRED),
        (lambda ticket: replace(ticket, prekey=b""), Code.MALFORMED),
        (lambda ticket: replace(ticket, prekey=ticket.prekey[:-1] + b"x"), Code.SIGNATURE_INVALID),
    ],
)
async def test_a_changed_ticket(talk: Talk, change: Callable[[Ticket], Ticket], code: Code) -> None:
    """Every field is compared with the HELLO, the time with the clock, the prekey with the directory."""
    talk.far.changed_ticket = change
    assert await refusal_of(talk) is code


async def test_a_prekey_of_the_centers_own(talk: Talk) -> None:
    """A center that puts its own key in place of the ward's, in the ward's name."""
    liar = FarSide(talk.far.clock)
    talk.far.changed_ticket = lambda ticket: replace(ticket, prekey=liar.prekey())
    assert await refusal_of(talk) is Code.SIGNATURE_INVALID


async def test_a_prekey_out_of_its_time(talk: Talk) -> None:
    """A prekey that was accepted once is not accepted for ever."""
    old = talk.far.prekey()
    await talk.far.clock.advance(1201)  # type: ignore[attr-defined]  # this test's clock is settable
    talk.far.changed_ticket = lambda ticket: replace(ticket, prekey=old)
    assert await refusal_of(talk) is Code.PREKEY_UNKNOWN


async def test_a_ticket_of_another_center(talk: Talk) -> None:
    """The ticket key is pinned."""
    talk.far.center = SigningKey.generate()
    assert await refusal_of(talk) is Code.TICKET_INVALID


@pytest.mark.parametrize("kind", [MessageKind.OPEN, MessageKind.ORDER])
async def test_an_answer_to_another_visit(content: CardContent, talk: Talk, kind: MessageKind) -> None:
    """An old MENU or DOCUMENT, replayed, does not open: it was sealed to another visit's key."""
    earlier = FarSide(talk.far.clock)
    kept: dict[MessageKind, Answered] = {}

    def keep(question: Question, answered: Answered) -> Answered:
        kept[question.kind] = answered
        return answered

    earlier.carried = keep
    await Talk(content, earlier, visit_id=b"o" * 16).whole()
    talk.far.carried = lambda question, answered: kept[kind] if question.kind is kind else answered
    assert await refusal_of(talk) is Code.MALFORMED


@pytest.mark.parametrize(
    "elsewhere",
    [
        lambda context: replace(context, sender="999991"),
        lambda context: replace(context, receiver="K-0002"),
        lambda context: replace(context, visit=b"v" * 32),
        lambda context: replace(context, kind=MessageKind.DOCUMENT),
        lambda context: replace(context, ordinal=1),
    ],
)
async def test_an_answer_from_another_place(talk: Talk, elsewhere: Callable[[Context], Context]) -> None:
    """A MENU sealed and signed for another ward, kiosk, visit, kind or order does not open."""

    def misplaced(question: Question, answered: Answered) -> Answered:
        if question.kind is not MessageKind.OPEN:
            return answered
        return Answered(kind=MessageKind.MENU, body=talk.far.to_kiosk(MessageKind.MENU, b"", changed=elsewhere))

    talk.far.carried = misplaced
    assert await refusal_of(talk) is Code.MALFORMED


async def test_an_answer_signed_by_another_key(talk: Talk) -> None:
    """Whoever knows the visit's public key can seal to it; only the ward's message key can sign."""
    await talk.admit()
    talk.far.message_key = SigningKey.generate()
    with pytest.raises(Refused) as refused:
        await talk.open()
    assert refused.value.code is Code.SIGNATURE_INVALID


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from((MessageKind.HELLO, MessageKind.OPEN, MessageKind.ORDER)),
    harm=st.one_of(
        st.binary(max_size=64).map(lambda junk: lambda _body: junk),
        st.floats(min_value=0, max_value=0.999).map(lambda part: lambda body: body[: int(part * len(body))]),
        st.floats(min_value=0, max_value=0.999).map(lambda part: lambda body: _flipped(body, int(part * len(body)))),
        st.just(lambda body: body + b"\0"),
        st.just(lambda body: body * 40),
        st.just(lambda _body: encode([0, []])),
    ),
)
async def test_damage(content: CardContent, kind: MessageKind, harm: Callable[[bytes], bytes]) -> None:
    """Truncated, flipped, oversize or made-up bytes are refused by a code of the list, and never by a bare error."""
    far = FarSide(SettableClock(NOON))
    far.carried = lambda question, answered: (
        Answered(kind=answered.kind, body=harm(answered.body)) if question.kind is kind else answered
    )
    code = await refusal_of(Talk(content, far))
    assert code in (Code.MALFORMED, Code.TICKET_INVALID, Code.SIGNATURE_INVALID, Code.OVERSIZE)


def _flipped(body: bytes, place: int) -> bytes:
    return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda document: replace(document, t=b"t" * 32), Code.DOCUMENT_INVALID),
        (lambda document: replace(document, ordinal=2), Code.DOCUMENT_INVALID),
        (lambda document: replace(document, fee=FEE + 1), Code.DOCUMENT_INVALID),
        (lambda document: replace(document, pages=0), Code.DOCUMENT_INVALID),
        (lambda document: replace(document, pdf_hash=b"h" * 32), Code.DOCUMENT_INVALID),
        (lambda document: replace(document, print_by=document.print_by - 181), Code.DOCUMENT_LATE),
        (lambda document: replace(document, print_by=document.print_by + 3600), Code.DOCUMENT_LATE),
    ],
)
async def test_a_wrong_document(talk: Talk, change: Callable[[Document], Document], code: Code) -> None:
    """A ward, rightly signed, that answers something else than was ordered."""
    talk.far.changed_document = change
    assert await refusal_of(talk) is code


async def test_what_is_handed_back_is_what_the_ward_signed(talk: Talk) -> None:
    """The signed part alone: it says nothing of a person, and its signature can be checked again."""
    talk.far.changed_paper = lambda pdf: pdf + b"x"
    with pytest.raises(FailedDocument) as failed:
        await talk.whole()
    handed = failed.value.handed
    assert failed.value.found is Mismatched.HASH
    context = Context(
        kind=MessageKind.DOCUMENT,
        sender=talk.far.entry.ward,
        receiver=talk.far.device.kiosk,
        visit=talk.ward.visit,
        ordinal=1,
        key_id=handed.key_id,
    )
    key = MessageKeyCertificate.open(handed.message_key, talk.far.entry, seconds(talk.far.clock))
    assert read_answer(Document, key.open(handed.signed, context)).fee == FEE


@pytest.mark.parametrize(
    "change",
    [
        lambda menu: replace(menu, offers=()),
        lambda menu: replace(menu, members=()),
        lambda menu: replace(menu, offers=(replace(menu.offers[0], scopes=()),)),
    ],
)
async def test_a_menu_of_nothing(talk: Talk, change: Callable[[Menu], Menu]) -> None:
    """A menu that nothing can be chosen from."""
    talk.far.changed_menu = change
    assert await refusal_of(talk) is Code.MALFORMED


@pytest.mark.parametrize("kind", [MessageKind.OPEN, MessageKind.ORDER])
async def test_a_refusal_of_the_ward(talk: Talk, kind: MessageKind) -> None:
    """What the ward refuses with is what the resident is told."""
    talk.far.refuses[kind] = [Code.WARD_NOT_CURRENT]
    assert await refusal_of(talk) is Code.WARD_NOT_CURRENT


async def test_a_code_on_no_list(talk: Talk) -> None:
    """A ward that answers a number that nobody knows."""
    unknown = encode([999, None])
    assert refusal(Code.BUSY) != unknown != answer(Menu(offers=(), members=(), closes=0, good_until=0))

    def other(question: Question, answered: Answered) -> Answered:
        if question.kind is not MessageKind.OPEN:
            return answered
        return Answered(kind=MessageKind.MENU, body=talk.far.to_kiosk(MessageKind.MENU, unknown))

    talk.far.carried = other
    assert await refusal_of(talk) is Code.MALFORMED


@pytest.mark.parametrize(
    ("number", "answered", "code"),
    [
        (int(Code.QUOTA), None, Code.QUOTA),
        (998, None, Code.INTERNAL),
        (int(Code.QUOTA), b"another message".ljust(32), Code.MISROUTED),
    ],
)
async def test_a_refusal_on_the_link(talk: Talk, number: int, answered: bytes | None, code: Code) -> None:
    """Believed where it names this very message; a refusal of another one is not this visit's."""

    def refuse(question: Question, _answered: Answered) -> Answered:
        digest = hashlib.sha256(question.body).digest() if answered is None else answered
        return Answered(kind=MessageKind.LINK_REFUSED, body=to_bytes(LinkRefusal(code=number, answered=digest)))

    talk.far.carried = refuse
    assert await refusal_of(talk) is code


async def test_an_answer_of_another_kind(talk: Talk) -> None:
    """A MENU is no TICKET."""
    talk.far.carried = lambda _question, answered: Answered(kind=MessageKind.FINAL, body=answered.body)
    assert await refusal_of(talk) is Code.MISROUTED


async def test_a_lost_answer_is_asked_for_with_the_same_bytes(talk: Talk) -> None:
    """Whoever answers does so alike; a center that loses everything is a ward that cannot be reached."""
    lost = {MessageKind.HELLO, MessageKind.OPEN, MessageKind.ORDER}

    def lose_once(question: Question, answered: Answered) -> Answered | None:
        if question.kind in lost:
            lost.discard(question.kind)
            return None
        return answered

    talk.far.carried = lose_once
    await talk.whole()
    bodies = [question.body for question in talk.far.heard]
    assert bodies[0::2] == bodies[1::2]


async def test_no_answer_at_all(talk: Talk) -> None:
    """Nothing but silence."""
    talk.far.carried = lambda _question, _answered: None
    assert await refusal_of(talk) is Code.WARD_UNREACHABLE


async def test_a_document_that_the_center_held_back(talk: Talk) -> None:
    """A document that is delivered after its print-by."""

    def late(question: Question, answered: Answered) -> Answered:
        if question.kind is MessageKind.ORDER:
            clock = talk.far.clock
            assert isinstance(clock, SettableClock)
            clock.set_wall(clock.now() + 181_000)
        return answered

    talk.far.carried = late
    assert await refusal_of(talk) is Code.DOCUMENT_LATE
