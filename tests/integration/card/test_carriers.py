"""Phones, the ward's own card and the next card generation, in sessions on a real PC/SC stack."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from konbini.kiosk.card.profiles import OWN_MACHINE_PROFILES
from konbini.kiosk.card.reader import PcscCardReader
from konbini.kiosk.card.schemes import scheme_of
from konbini.protocol.errors import Code, Refused
from konbini.protocol.visits import CARD_ES384, CARD_RS256
from konbini.simulation.card.applet import Card, CardContent
from konbini.simulation.card.habits import At, Pull
from konbini.simulation.card.layout import ANDROID_PHONE, CONTACTLESS_ATR, IPHONE, WARD_CARD
from konbini.simulation.card.slots import ReaderSlot
from konbini.simulation.card.specimen import SpecimenIssuer
from tests.integration.card.test_opensc import well

Lay = Callable[[Card], Awaitable[None]]
READER = "Virtual PCD 00 00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pocket:
    """What a resident may carry instead of today's card."""

    android: Callable[[], Card]
    iphone: Callable[[], Card]
    ward_card: Callable[[], Card]
    next_card: Callable[[], Card]
    next_certificate: bytes


@pytest.fixture(scope="session")
def pocket(contents: tuple[CardContent, ...]) -> Pocket:
    """One of each."""
    today = contents[0]
    bare = replace(today, sign_certificate=None, sign_key=None, sign_ca=None, password=None)
    following = SpecimenIssuer().content("HANAKO", auth_key=ec.generate_private_key(ec.SECP384R1()))
    return Pocket(
        android=lambda: Card(today, layout=ANDROID_PHONE, atr=CONTACTLESS_ATR),
        iphone=lambda: Card(today, layout=IPHONE, atr=CONTACTLESS_ATR),
        ward_card=lambda: Card(bare, layout=WARD_CARD),
        next_card=lambda: Card(following),
        next_certificate=following.auth_certificate,
    )


@pytest.fixture
def own_reader(reader: PcscCardReader) -> PcscCardReader:
    """The reader of a ward's own machine."""
    assert reader
    return PcscCardReader(READER, watchdog=2.0, profiles=OWN_MACHINE_PROFILES)


async def refused(doing: Awaitable[object]) -> Code:
    """The code that this is refused with."""
    with pytest.raises(Refused) as caught:
        await doing
    return caught.value.code


async def test_an_android_phone_shows_who_it_is_after_the_pin(reader: PcscCardReader, lay: Lay, pocket: Pocket) -> None:
    """No certificate and no signature before the PIN; a miss costs a try; then as a card."""
    await lay(pocket.android())
    session = await reader.open()
    assert session.needs_pin
    assert session.tries_left == 3
    with pytest.raises(RuntimeError, match="after its PIN"):
        _ = session.certificate
    assert await refused(session.verify_pin(bytearray(b"0000"))) == Code.PIN_WRONG
    assert session.tries_left == 2
    with pytest.raises(RuntimeError, match="after its PIN"):
        _ = session.algorithm
    await session.verify_pin(bytearray(b"1234"))
    assert scheme_of(session.certificate).accepts(await session.sign(b"open visit"), b"open visit")
    assert session.algorithm == CARD_RS256
    await session.close()


async def test_a_phone_taken_away_while_it_is_read_after_the_pin(
    reader: PcscCardReader, slot: ReaderSlot, lay: Lay, pocket: Pocket
) -> None:
    """Between the PIN and its certificate: CARD_REMOVED, and the PIN is wiped."""
    slot.arm(Pull(at=At(instruction=0xB0, skip=1)))
    await lay(pocket.android())
    session = await reader.open()
    pin = bytearray(b"1234")
    assert await refused(session.verify_pin(pin)) == Code.CARD_REMOVED
    assert pin == bytes(4)
    await session.close()


async def test_an_iphone_needs_no_pin_from_the_kiosk(reader: PcscCardReader, lay: Lay, pocket: Pocket) -> None:
    """The holder confirmed on the phone: certificate and signature, and nobody asked for a PIN."""
    phone = pocket.iphone()
    phone.confirm()
    await lay(phone)
    session = await reader.open()
    assert not session.needs_pin
    assert scheme_of(session.certificate).accepts(await session.sign(b"open visit"), b"open visit")
    await session.close()
    assert phone.tries_left(0x0018) == 3


async def test_an_iphone_whose_holder_did_not_confirm(reader: PcscCardReader, lay: Lay, pocket: Pocket) -> None:
    """PHONE_NOT_CONFIRMED, and the session is over; a confirmation is good for one signature."""
    phone = pocket.iphone()
    await lay(phone)
    session = await reader.open()
    assert await refused(session.sign(b"open visit")) == Code.PHONE_NOT_CONFIRMED
    phone.confirm()
    assert await refused(session.sign(b"open visit")) == Code.PHONE_NOT_CONFIRMED
    await session.close()
    session = await reader.open()
    await session.sign(b"open visit")
    assert await refused(session.sign(b"open visit")) == Code.PHONE_NOT_CONFIRMED
    await session.close()


async def test_a_ward_card_is_taken_at_the_wards_own_machine_alone(
    reader: PcscCardReader, own_reader: PcscCardReader, lay: Lay, pocket: Pocket
) -> None:
    """In a shop it is WRONG_CARD, as a licence is; at the ward's own machine it is a card like any other."""
    card = pocket.ward_card()
    await lay(card)
    assert await refused(reader.open()) == Code.WRONG_CARD
    session = await own_reader.open()
    assert session.needs_pin
    await session.verify_pin(bytearray(b"1234"))
    assert scheme_of(session.certificate).accepts(await session.sign(b"open visit"), b"open visit")
    await session.close()


async def test_the_wards_own_machine_takes_every_other_card_too(
    own_reader: PcscCardReader, slot: ReaderSlot, lay: Lay, pocket: Pocket, contents: tuple[CardContent, ...]
) -> None:
    """Today's card and a phone."""
    for card, needs_pin in ((Card(contents[0]), True), (pocket.iphone(), False)):
        await lay(card)
        session = await own_reader.open()
        assert session.needs_pin is needs_pin
        assert session.certificate == contents[0].auth_certificate
        await session.close()
        await slot.pull()
        await asyncio.sleep(0.6)  # longer than the reader's poll


async def test_a_p384_card_signs_as_its_key_calls_for(
    reader: PcscCardReader, lay: Lay, pocket: Pocket, tmp_path: Path
) -> None:
    """The same profile, another algorithm, told by the certificate; openssl, which nobody here wrote, verifies it."""
    await lay(pocket.next_card())
    session = await reader.open()
    assert session.certificate == pocket.next_certificate
    assert session.algorithm == CARD_ES384
    await session.verify_pin(bytearray(b"1234"))
    (tmp_path / "signature").write_bytes(await session.sign(b"open visit"))
    await session.close()
    assert await openssl_accepts(pocket.next_certificate, tmp_path, "-sha384")


async def test_opensc_reads_a_ward_card_as_we_do(
    lay: Lay, pocket: Pocket, contents: tuple[CardContent, ...], tmp_path: Path
) -> None:
    """No driver of OpenSC's knows it, so its tool sends our commands and openssl verifies what the card signed."""
    await lay(pocket.ward_card())
    prepared = scheme_of(contents[0].auth_certificate).prepare(b"open visit")
    commands = (
        "00A4040C0DF04B4F4E42494E492057415244",
        "00A4020C020018",
        "002000800431323334",
        "00A4020C020017",
        f"802A0080{len(prepared):02X}{prepared.hex()}00",
    )
    sending = [word for command in commands for word in ("--send-apdu", command)]
    written = await well("opensc-tool", "--card-driver", "default", "--reader", "0", *sending)
    assert re.findall(r"SW1=0x(\w\w), SW2=0x(\w\w)", written) == [("90", "00")] * 5
    (tmp_path / "signature").write_bytes(dumped(written))
    assert await openssl_accepts(contents[0].auth_certificate, tmp_path, "-sha256")


def dumped(written: str) -> bytes:
    """The octets of the last answer in a hex dump: two digits each, at most 16 a line, then the same as characters."""
    last = written.rpartition("SW2=0x00)")[2]
    lines = [re.match(r"((?:[0-9A-F]{2} ){1,16})", line) for line in last.strip().removeprefix(":").splitlines()]
    return b"".join(bytes.fromhex(line[1]) for line in lines if line)


async def openssl_accepts(certificate: bytes, folder: Path, digest: str) -> bool:
    """Whether openssl verifies the signature over the message with this certificate's key."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    (folder / "key.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (folder / "message").write_bytes(b"open visit")
    written = await well(
        *("openssl", "dgst", digest, "-verify", str(folder / "key.pem")),
        *("-signature", str(folder / "signature"), str(folder / "message")),
    )
    return "Verified OK" in written
