"""The kiosk's card room on a real PC/SC stack: what a session is when all is well, and each refusal."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from konbini.kiosk.card.reader import PcscCardReader
from konbini.protocol.errors import Code, Refused
from konbini.simulation.card.applet import Card, CardContent
from konbini.simulation.card.habits import At, Garble, Mute, Pull, Swap, bit_flipped, cut_to_one_octet, random_status
from konbini.simulation.card.layout import (
    CONTACT_ATR,
    CONTACTLESS_ATR,
    DRIVING_LICENCE,
    INDIVIDUAL_NUMBER_CARD,
    TRANSIT_CARD,
    CardLayout,
)
from konbini.simulation.card.slots import ReaderSlot
from konbini.simulation.card.specimen import SpecimenIssuer

Lay = Callable[[Card], Awaitable[None]]
NewCard = Callable[..., Card]

AUTH_PIN_FILE = 0x0018
READ, VERIFY, SIGN, SELECT = 0xB0, 0x20, 0x2A, 0xA4


async def refused(doing: Awaitable[object]) -> Code:
    """The code that this is refused with."""
    with pytest.raises(Refused) as caught:
        await doing
    return caught.value.code


def is_signed(certificate: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the certificate's key made this signature; raises when not."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    return True


@pytest.mark.parametrize("atr", [CONTACT_ATR, CONTACTLESS_ATR], ids=["contact", "contactless"])
async def test_a_whole_session(
    reader: PcscCardReader, lay: Lay, new_card: NewCard, contents: tuple[CardContent, ...], atr: bytes
) -> None:
    """Certificate and tries before the PIN; a signature with it; the PIN wiped; the power off at the end."""
    card = new_card(atr=atr)
    await lay(card)
    session = await reader.open()
    assert session.certificate == contents[0].auth_certificate
    assert session.tries_left == 3
    pin = bytearray(b"1234")
    await session.verify_pin(pin)
    assert pin == bytes(4)
    signature = await session.sign(b"open visit")
    assert is_signed(session.certificate, signature, b"open visit")
    await session.close()
    await session.close()
    async with asyncio.timeout(20):
        # The reader's word that the power is off is one-way: it arrives some time after the session's end.
        while card.transmit(bytes.fromhex("802A008003ABCDEF00")).hex() != "6986":  # noqa: ASYNC110 - the card has no event
            await asyncio.sleep(0.01)


async def test_wrong_pins_down_to_the_lock(reader: PcscCardReader, lay: Lay, new_card: NewCard) -> None:
    """Two PIN_WRONG with the tries left, then PIN_LOCKED; a locked card opens, and is asked nothing more."""
    card = new_card()
    await lay(card)
    session = await reader.open()
    seen = []
    for _ in range(4):
        pin = bytearray(b"0000")
        seen.append((await refused(session.verify_pin(pin)), session.tries_left, bytes(pin)))
    assert seen == [
        (Code.PIN_WRONG, 2, bytes(4)),
        (Code.PIN_WRONG, 1, bytes(4)),
        (Code.PIN_LOCKED, 0, bytes(4)),
        (Code.PIN_LOCKED, 0, bytes(4)),
    ]
    await session.close()
    session = await reader.open()
    assert session.tries_left == 0
    assert await refused(session.verify_pin(bytearray(b"1234"))) == Code.PIN_LOCKED
    with pytest.raises(RuntimeError, match="no PIN"):
        await session.sign(b"open visit")
    await session.close()


async def test_a_right_pin_after_a_wrong_one(reader: PcscCardReader, lay: Lay, new_card: NewCard) -> None:
    """The session goes on after PIN_WRONG, and the tries are back after the hit."""
    await lay(new_card())
    session = await reader.open()
    assert await refused(session.verify_pin(bytearray(b"0000"))) == Code.PIN_WRONG
    await session.verify_pin(bytearray(b"1234"))
    assert session.tries_left == 3
    await session.sign(b"open visit")
    await session.close()


async def test_what_is_no_pin_costs_no_try(reader: PcscCardReader, lay: Lay, new_card: NewCard) -> None:
    """Anything but four ASCII digits is not shown to the card, and wiped all the same."""
    card = new_card()
    await lay(card)
    session = await reader.open()
    for typed in (b"", b"123", b"12345", b"12a4", b"\x01\x02\x03\x04"):
        pin = bytearray(typed)
        with pytest.raises(ValueError, match="digits"):
            await session.verify_pin(pin)
        assert pin == bytes(len(typed))
    assert card.tries_left(AUTH_PIN_FILE) == 3
    await session.close()


@pytest.mark.parametrize("layout", [DRIVING_LICENCE, TRANSIT_CARD], ids=lambda layout: layout.name)
async def test_another_card_cannot_be_used_here(reader: PcscCardReader, lay: Lay, layout: CardLayout) -> None:
    """A licence or a transit card is WRONG_CARD, whatever its ATR."""
    await lay(Card(None, layout=layout))
    assert await refused(reader.open()) == Code.WRONG_CARD


async def test_a_token_of_a_name_we_do_not_know_is_another_card(reader: PcscCardReader, lay: Lay) -> None:
    """The application is there and its token name is not one of ours."""
    await lay(Card(None, layout=replace(INDIVIDUAL_NUMBER_CARD, token=b"JPKIAPICCTOKEN")))
    assert await refused(reader.open()) == Code.WRONG_CARD


async def test_a_card_issued_without_our_certificate_is_another_card(reader: PcscCardReader, lay: Lay) -> None:
    """The right token name, and nothing that says who holds it."""
    await lay(Card(None))
    assert await refused(reader.open()) == Code.WRONG_CARD


async def test_no_card(reader: PcscCardReader, slot: ReaderSlot) -> None:
    """An empty reader is NO_CARD at once."""
    assert slot.card is None
    assert await refused(reader.open()) == Code.NO_CARD


async def test_a_card_pulled_at_rest(reader: PcscCardReader, slot: ReaderSlot, lay: Lay, new_card: NewCard) -> None:
    """CARD_REMOVED before the reader's poll and after it, again for each further call; the PIN is wiped."""
    for wait in (0.0, 0.6):
        await lay(new_card())
        session = await reader.open()
        await slot.pull()
        await asyncio.sleep(wait)
        pin = bytearray(b"1234")
        assert await refused(session.verify_pin(pin)) == Code.CARD_REMOVED
        assert pin == bytes(4)
        assert await refused(session.verify_pin(bytearray(b"1234"))) == Code.CARD_REMOVED
        await session.close()


@pytest.mark.parametrize("wait", [0.0, 0.6], ids=["before the poll", "after it"])
async def test_a_card_pulled_between_its_pin_and_its_signature(
    reader: PcscCardReader, slot: ReaderSlot, lay: Lay, new_card: NewCard, wait: float
) -> None:
    """CARD_REMOVED; laid down again it wants its PIN again."""
    card = new_card()
    await lay(card)
    session = await reader.open()
    await session.verify_pin(bytearray(b"1234"))
    await slot.pull()
    await asyncio.sleep(wait)
    assert await refused(session.sign(b"open visit")) == Code.CARD_REMOVED
    await session.close()
    await asyncio.sleep(0.6)  # longer than the reader's poll
    await lay(card)
    session = await reader.open()
    with pytest.raises(RuntimeError, match="no PIN"):
        await session.sign(b"open visit")
    await session.close()


async def test_an_expired_card_signs_happily(reader: PcscCardReader, lay: Lay) -> None:
    """A card knows no date and a kiosk does not judge one: dates and revocation are the ward's to check."""
    content = SpecimenIssuer(moment=datetime(2015, 4, 1, tzinfo=UTC)).content("HANAKO")
    certificate = x509.load_der_x509_certificate(content.auth_certificate)
    assert certificate.not_valid_after_utc < datetime(2021, 1, 1, tzinfo=UTC)
    await lay(Card(content))
    session = await reader.open()
    await session.verify_pin(bytearray(b"1234"))
    assert is_signed(session.certificate, await session.sign(b"open visit"), b"open visit")
    await session.close()


@pytest.mark.parametrize(
    ("at", "skip"),
    [(SELECT, 0), (SELECT, 1), (READ, 0), (READ, 1), (SELECT, 3), (VERIFY, 0), (VERIFY, 1), (SELECT, 4), (SIGN, 0)],
    ids=[
        *("telling", "finding its name", "reading its name", "reading its certificate", "finding its PIN"),
        *("counting tries", "verifying", "finding its key", "signing"),
    ],
)
async def test_a_card_pulled_in_the_middle_of_a_command(  # noqa: PLR0913, PLR0917 - fixtures and parameters
    reader: PcscCardReader, slot: ReaderSlot, lay: Lay, new_card: NewCard, at: int, skip: int
) -> None:
    """Whatever it was doing: CARD_REMOVED."""
    slot.arm(Pull(at=At(instruction=at, skip=skip)))
    await lay(new_card())

    async def visit() -> None:
        session = await reader.open()
        try:
            await session.verify_pin(bytearray(b"1234"))
            await session.sign(b"open visit")
        finally:
            await session.close()

    assert await refused(visit()) == Code.CARD_REMOVED
    assert slot.card is None


async def test_a_card_swapped_within_a_poll_is_found_before_a_pin_is_spent(
    reader: PcscCardReader, slot: ReaderSlot, lay: Lay, new_card: NewCard
) -> None:
    """Another card behind the same handle has lost the selection: CARD_CHANGED, and its tries are untouched."""
    other = new_card(1)
    await lay(new_card())
    session = await reader.open()
    slot.swap(other)
    assert await refused(session.verify_pin(bytearray(b"9999"))) == Code.CARD_CHANGED
    assert other.tries_left(AUTH_PIN_FILE) == 3
    await session.close()


async def test_a_card_swapped_before_it_signs(
    reader: PcscCardReader, slot: ReaderSlot, lay: Lay, new_card: NewCard
) -> None:
    """Between PIN and signature: the new card is locked, CARD_CHANGED."""
    slot.arm(Swap(at=At(instruction=SIGN), to=new_card(1)))
    await lay(new_card())
    session = await reader.open()
    await session.verify_pin(bytearray(b"1234"))
    assert await refused(session.sign(b"open visit")) == Code.CARD_CHANGED
    await session.close()


async def test_a_card_made_to_be_slipped_in_is_found_by_its_signature(
    reader: PcscCardReader, slot: ReaderSlot, lay: Lay, new_card: NewCard
) -> None:
    """One that answers as if selected and unlocked signs with its own key: not this session's certificate."""
    slot.arm(Swap(at=At(instruction=SIGN), to=new_card(1), mimic=True))
    await lay(new_card())
    session = await reader.open()
    await session.verify_pin(bytearray(b"1234"))
    assert await refused(session.sign(b"open visit")) == Code.CARD_CHANGED
    assert await refused(session.sign(b"open visit")) == Code.CARD_CHANGED
    await session.close()


async def test_off_and_on_again_within_a_poll_ends_the_session(
    reader: PcscCardReader, slot: ReaderSlot, lay: Lay, new_card: NewCard
) -> None:
    """Even the same card, taken off and laid back, is not signed with any more."""
    card = new_card()
    await lay(card)
    session = await reader.open()
    await slot.pull()
    slot.insert(card)
    code = await refused(session.verify_pin(bytearray(b"1234")))
    assert code in {Code.CARD_REMOVED, Code.CARD_FAULT, Code.CARD_CHANGED}
    assert card.tries_left(AUTH_PIN_FILE) == 3
    await session.close()


@pytest.mark.parametrize("at", [SELECT, VERIFY, SIGN], ids=["selecting", "verifying", "signing"])
async def test_a_mute_card_is_told_by_the_watchdog(
    pcscd: object, slot: ReaderSlot, lay: Lay, new_card: NewCard, at: int
) -> None:
    """CARD_MUTE in time, and for every further call and session at once; once it is off, the next card works."""
    assert pcscd
    reader = PcscCardReader("Virtual PCD 00 00", watchdog=0.5)
    slot.arm(Mute(at=At(instruction=at, skip=1 if at == VERIFY else 0)))
    await lay(new_card())

    async def visit() -> None:
        session = await reader.open()
        try:
            await session.verify_pin(bytearray(b"1234"))
            await session.sign(b"open visit")
        finally:
            await session.close()

    begun = time.monotonic()
    assert await refused(visit()) == Code.CARD_MUTE
    assert await refused(reader.open()) == Code.CARD_MUTE
    assert time.monotonic() - begun < 1.5
    await slot.pull()
    await asyncio.sleep(0.6)
    await lay(new_card())
    await visit()


@pytest.mark.parametrize(
    ("at", "how"),
    [
        (SELECT, random_status),
        (READ, cut_to_one_octet),
        (SIGN, bit_flipped),
        pytest.param(SELECT, bit_flipped, marks=pytest.mark.long),
        pytest.param(SELECT, cut_to_one_octet, marks=pytest.mark.long),
        pytest.param(READ, bit_flipped, marks=pytest.mark.long),
        pytest.param(READ, random_status, marks=pytest.mark.long),
        pytest.param(SIGN, cut_to_one_octet, marks=pytest.mark.long),
        pytest.param(SIGN, random_status, marks=pytest.mark.long),
    ],
)
async def test_a_damaged_answer_ends_the_session(  # noqa: PLR0913, PLR0917 - fixtures and parameters
    reader: PcscCardReader,
    slot: ReaderSlot,
    lay: Lay,
    new_card: NewCard,
    how: Callable[[bytes], bytes],
    at: int,
) -> None:
    """CARD_FAULT; a damaged signature cannot be told from another card's, and a damaged name from another name."""
    slot.arm(Garble(at=At(instruction=at), how=how))
    await lay(new_card())

    async def visit() -> None:
        session = await reader.open()
        try:
            await session.verify_pin(bytearray(b"1234"))
            await session.sign(b"open visit")
        finally:
            await session.close()

    expected = Code.CARD_FAULT
    if how is bit_flipped:
        expected = {READ: Code.WRONG_CARD, SIGN: Code.CARD_CHANGED}.get(at, Code.CARD_FAULT)
    assert await refused(visit()) == expected


async def test_nobody_else_reaches_the_card_meanwhile(reader: PcscCardReader, lay: Lay, new_card: NewCard) -> None:
    """Another process of this machine cannot connect while a session holds the card, and can afterwards."""
    connect = (
        "import smartcard.scard as s\n"
        "c = s.SCardEstablishContext(s.SCARD_SCOPE_SYSTEM)[1]\n"
        "print(s.SCardConnect(c, 'Virtual PCD 00 00', s.SCARD_SHARE_SHARED, s.SCARD_PROTOCOL_T1)[0] & 0xFFFFFFFF)\n"
    )

    async def as_another_process() -> int:
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", connect], capture_output=True, check=True, timeout=20
        )
        return int(done.stdout)

    await lay(new_card())
    session = await reader.open()
    await session.verify_pin(bytearray(b"1234"))
    assert await as_another_process() == 0x8010000B
    assert await refused(reader.open()) == Code.READER_UNAVAILABLE
    await session.sign(b"open visit")
    await session.close()
    assert await as_another_process() == 0


async def test_a_cancelled_visit_lets_the_card_go(
    reader: PcscCardReader, slot: ReaderSlot, lay: Lay, new_card: NewCard
) -> None:
    """Cancelled while the card is thinking over the PIN: the PIN is wiped, and the card can be opened again."""
    slot.arm(Mute(at=At(instruction=VERIFY, skip=1)))
    await lay(new_card())
    session = await PcscCardReader("Virtual PCD 00 00", watchdog=0.3).open()
    pin = bytearray(b"1234")
    verifying = asyncio.create_task(session.verify_pin(pin))
    await asyncio.sleep(0.1)
    verifying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await verifying
    assert pin == bytes(4)
    await session.close()
    await slot.pull()
    await asyncio.sleep(0.6)
    await lay(new_card())
    await (await reader.open()).close()
