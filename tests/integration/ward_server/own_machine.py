"""The ward's own machine and the cards that are laid on it: the kiosk's own code over a real link, and no center."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from konbini.kiosk.card import apdu, dialogue
from konbini.kiosk.card.apdu import Answer, Octets
from konbini.kiosk.card.profiles import CardProfile
from konbini.kiosk.card.schemes import scheme_of
from konbini.kiosk.channel.host import Host
from konbini.kiosk.channel.messages import Answered, Question
from konbini.kiosk.config import KioskConfig, read_config
from konbini.kiosk.host.center_link import CenterLink
from konbini.kiosk.host.wards import Wards
from konbini.kiosk.visit.ward import CardProof, Device, GivenDocument, GivenMenu, WardVisit, Wish
from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.process.link import Link
from konbini.process.measures.ports import NoMeasures
from konbini.process.secret_files import read_signing_key
from konbini.process.traces.ports import NoTraces
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind, Options, Scope
from konbini.protocol.tls import client_context
from konbini.protocol.trust import WardDirectory
from konbini.simulation.card.applet import Card, CardContent
from konbini.simulation.card.layout import WARD_CARD
from konbini.simulation.town.configs import KioskDevices, write_kiosk_config
from konbini.simulation.town.town import OWN_MACHINE
from konbini.ward_server.card_authority.authority import IssuedCard
from tests.integration.ward_server.ward import Ward

__all__ = ["OwnMachine", "WardCard", "machine_config", "new_ward_card", "own_machine"]

_DEVICES = KioskDevices(
    screen_port=0,
    reader_prefix="none",
    printer_uri="ipps://127.0.0.1:1/",
    printer_pin=bytes(32),
    printer_counter="none",
    printer_still_seconds=1,
    cash_socket=Path("/nowhere/cash.sock"),
    tray_socket=Path("/nowhere/tray.sock"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WardCard:
    """A ward card (専用カード) that was prepared: what is on it, and what the registry is told."""

    content: CardContent
    issued: IssuedCard

    def card(self) -> Card:
        """Give the card itself."""
        return Card(self.content, layout=WARD_CARD)


def new_ward_card(ward: Ward) -> WardCard:
    """Prepare a ward card with a P-384 key, under the ward's own authority."""
    key = ec.generate_private_key(ec.SECP384R1())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    begins = dt.datetime.fromtimestamp(ward.clock.now() // 1000, dt.UTC) - dt.timedelta(days=2)
    issued = ward.town.ward_card_authority.issue(
        public, token=ward.entropy.token(16), begins=begins, ends=begins + dt.timedelta(days=5 * 365)
    )
    authority = (ward.town.public / "ward-card-authority.der").read_bytes()
    content = CardContent(auth_certificate=issued.certificate, auth_key=key, auth_ca=authority, pin=b"1234")
    return WardCard(content=content, issued=issued)


def machine_config(ward: Ward, machine: str = OWN_MACHINE) -> KioskConfig:
    """Give the configuration of a machine of the town, as its processes read it."""
    return read_config(write_kiosk_config(ward.town, machine, ward.ports, _DEVICES))


class OwnMachine:
    """A machine on its link; the part of `konbini.kiosk.channel.host.Host` that speaks with the ward."""

    def __init__(self, ward: Ward, config: KioskConfig) -> None:
        """Read what the machine is told at its start."""
        self._ward, self.config = ward, config
        directory = WardDirectory.open(
            config.directory.read_bytes(), VerifyingKey(config.directory_authority), newest_seen=0
        )
        self.directory = config.offered(directory)
        self.device = Device(
            kiosk=config.kiosk, signing=read_signing_key(config.signing_key), office=config.office(directory)
        )
        self.wards = Wards(self.directory, config.kiosk)
        self.link = CenterLink(
            config.kiosk, self.published, lambda: None, measures=NoMeasures(), clock=ward.clock, traces=NoTraces()
        )

    @property
    def seconds(self) -> int:
        """Now, Unix seconds."""
        return self._ward.clock.now() // 1000

    @property
    def serves(self) -> bool:
        """Whether a resident could choose a ward now."""
        return any(not one.code for one in self.wards.on_offer(self.seconds, link_up=self.link.up).wards)

    async def published(self, frame: Frame) -> None:
        """Take what the ward publishes."""
        if frame.kind is MessageKind.PREKEY:
            self.wards.take_prekey(frame.ward, frame.body, self.seconds)
        elif frame.kind is MessageKind.NOTICE:
            self.wards.take_notice(frame.ward, frame.body, self.seconds)

    async def exchange(self, question: Question) -> Answered:
        """Send a message and wait for its answer."""
        return await self.link.exchange(question)

    async def prekey(self, ward: str) -> bytes:
        """Give the ward's newest PREKEY."""
        return self.wards.prekey(ward)

    def begin(self) -> WardVisit:
        """Begin a visit at the one ward that is offered."""
        (entry,) = self.directory.wards
        return WardVisit(
            device=self.device, entry=entry, host=cast("Host", self), visit_id=self._ward.entropy.token(16)
        )

    async def visit(self, card: Card) -> tuple[WardVisit, GivenMenu]:
        """Lay a card down, type its PIN, and go as far as the menu.

        Raises:
            Refused: the card's, or the ward's.
        """
        visit = self.begin()
        await visit.admit(self.seconds)
        proof = prove(card, self.config.cards, visit)
        return visit, await visit.open(proof)

    async def order(self, visit: WardVisit, given: GivenMenu) -> GivenDocument:
        """Order the holder's first certificate.

        Raises:
            Refused: the ward's.
        """
        offer, holder = given.menu.offers[0], given.menu.members[0]
        wish = Wish(kind=offer.kind, scope=Scope.SELF, options=Options(0), handles=(holder.handle,), fee=offer.fee)
        return await visit.order(wish, 1, given, lambda: self.seconds, lambda: self.prekey(self._ward.code))


def prove(card: Card, profiles: tuple[CardProfile, ...], visit: WardVisit) -> CardProof:
    """Say to a card what the kiosk's reader says to it, and have it sign this visit."""

    def transmit(command: Octets) -> Answer:
        answer = card.transmit(bytes(command))
        return Answer(data=answer[:-2], status=int.from_bytes(answer[-2:]))

    profile = dialogue.identify(transmit, profiles)
    certificate = dialogue.read_certificate(transmit, profile)
    scheme = scheme_of(certificate)
    assert dialogue.verify_pin(transmit, profile, apdu.verify(bytearray(b"1234"))).accepted
    t = visit.challenge(certificate, scheme.algorithm)
    signature = dialogue.sign(transmit, profile, scheme.prepare(t))
    return CardProof(certificate=certificate, algorithm=scheme.algorithm, signature=signature)


@asynccontextmanager
async def own_machine(ward: Ward, config: KioskConfig | None = None) -> AsyncIterator[OwnMachine]:
    """Dial the ward as one of its own machines; entered once the ward can be chosen."""
    machine = OwnMachine(ward, config or machine_config(ward))
    async with dialled(machine):
        await ward.go_on_until(lambda: machine.serves)
        yield machine


@asynccontextmanager
async def dialled(machine: OwnMachine) -> AsyncIterator[None]:
    """Keep the machine's link, whether or not anybody answers."""
    link = Link(
        address=machine.config.link,
        tls=client_context(machine.config.tls),
        user=machine.link,
        clock=SystemClock(),
        entropy=SystemEntropy(),
    )
    machine.link.attach(link)
    running = asyncio.create_task(link.run())
    try:
        yield
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def claiming(ward: Ward, shop: str) -> KioskConfig:
    """Give the configuration of a kiosk in a shop that says that it is the ward's own machine."""
    own = machine_config(ward)
    folder = ward.town.keys / "kiosks" / shop
    tls = replace(own.tls, certificate=folder / "link.pem", key=folder / "link.key")
    return replace(own, kiosk=shop, signing_key=folder / "device.key", tls=tls)
