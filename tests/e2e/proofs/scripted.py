"""The kiosk's own rooms without card, screen, coins and paper: visits by script, for counts that hands would not reach.

It speaks as K-0001, whose own process has ended, with the kiosk's link, its journal's place, and its part of the
protocol; the document that comes is in this very process in the open, which is where the canaries come from.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import cast

from konbini.kiosk.channel.host import Host
from konbini.kiosk.channel.messages import Answered, Concluded, Opened, OrderStep, Question, Step
from konbini.kiosk.config import KioskConfig
from konbini.kiosk.host.center_link import CenterLink
from konbini.kiosk.host.journal import Journal
from konbini.kiosk.host.left_rows import LeftRows
from konbini.kiosk.host.mismatch_rows import MismatchRows
from konbini.kiosk.host.owing import Owing
from konbini.kiosk.host.wards import Wards
from konbini.kiosk.visit.ward import CardProof, Device, GivenDocument, WardVisit, Wish
from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.process.link import Link
from konbini.process.measures.ports import NoMeasures
from konbini.process.secret_files import read_secret, read_signing_key
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.traces.ports import NoTraces
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind, Options, Outcome, Scope
from konbini.protocol.sealing import OpeningKey
from konbini.protocol.tls import client_context
from konbini.protocol.trust import WardDirectory
from konbini.protocol.visits import CARD_RS256
from konbini.simulation.card.applet import CardContent
from konbini.simulation.card.keys import sign_message

__all__ = ["ScriptedKiosk", "scripted_kiosk"]

_WAIT_SECONDS = 30.0
_LOOK_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class ScriptedKiosk:
    """One kiosk on the link; it is the part of `konbini.kiosk.channel.host.Host` that speaks with the ward."""

    device: Device
    directory: WardDirectory
    ward: str
    link: CenterLink
    wards: Wards
    journal: Journal
    owing: Owing

    async def exchange(self, question: Question) -> Answered:
        """Send a message and wait for its answer."""
        return await self.link.exchange(question)

    async def prekey(self, ward: str) -> bytes:
        """Give the ward's newest PREKEY."""
        return self.wards.prekey(ward)

    async def visit(self, card: CardContent, visit_id: bytes) -> GivenDocument:
        """Go from the card to the document, say that it was not printed, and wait until the ward has said FINAL."""
        clock = SystemClock()
        entry = self.directory.entry(self.ward)
        host = cast("Host", self)  # a ward visit calls no other of its methods
        visit = WardVisit(device=self.device, entry=entry, host=host, visit_id=visit_id)
        await visit.admit(_seconds())
        t = visit.challenge(card.auth_certificate, CARD_RS256)
        signature = sign_message(card.auth_key, t)
        given = await visit.open(
            CardProof(certificate=card.auth_certificate, algorithm=CARD_RS256, signature=signature)
        )
        await self.journal.opened(
            Opened(visit_id=visit.visit_id, visit=visit.visit, t=visit.t, ward=self.ward, ticketed=visit.ticketed)
        )
        members = given.menu.members
        wish = Wish(
            kind=given.menu.offers[0].kind,
            scope=Scope.WHOLE if len(members) > 1 else Scope.SELF,
            options=Options(0),
            handles=tuple(member.handle for member in members),
            fee=given.menu.offers[0].fee,
        )
        document = await visit.order(wish, 1, given, _seconds, lambda: self.prekey(self.ward))
        await self._conclude(visit.visit_id, wish.fee, clock)
        return document

    async def _conclude(self, visit_id: bytes, fee: int, clock: SystemClock) -> None:
        """Journal the order as one that was given up, and owe the receipt."""
        step = OrderStep(
            step=Step.ORDERING,
            visit_id=visit_id,
            ordinal=1,
            fee=fee,
            cash_key=visit_id,
            number=None,
            pages=0,
            counter_before=0,
        )
        await self.journal.step(step)
        concluded = Concluded(
            visit_id=visit_id,
            ordinal=1,
            outcome=Outcome.VOID,
            after_page=0,
            counter_before=0,
            counter_after=0,
            taken=0,
            returned=0,
            owed=0,
        )
        await self.journal.conclude(concluded, self.owing.sign)
        await self.journal.close(visit_id, self.owing.sign)
        self.owing.wake()
        async with asyncio.timeout(_WAIT_SECONDS):
            while await self.journal.owed():
                await clock.sleep(_LOOK_SECONDS)


@asynccontextmanager
async def scripted_kiosk(config: KioskConfig, ward: str) -> AsyncIterator[ScriptedKiosk]:
    """Dial the center as the kiosk of this configuration; entered once the ward can be chosen."""
    clock = SystemClock()
    directory = WardDirectory.open(
        config.directory.read_bytes(), VerifyingKey(config.directory_authority), newest_seen=0
    )
    wards = Wards(directory, config.kiosk)

    async def published(frame: Frame) -> None:
        if frame.kind is MessageKind.PREKEY:
            wards.take_prekey(frame.ward, frame.body, _seconds())
        elif frame.kind is MessageKind.NOTICE:
            wards.take_notice(frame.ward, frame.body, _seconds())

    center = CenterLink(config.kiosk, published, lambda: None, measures=NoMeasures(), clock=clock, traces=NoTraces())
    link = Link(address=config.link, tls=client_context(config.tls), user=center, clock=clock, entropy=SystemEntropy())
    center.attach(link)
    rows = SqliteRows.open(config.journal, files("konbini.kiosk.host") / "migrations")
    journal = Journal(rows)
    signing = read_signing_key(config.signing_key)
    opening = OpeningKey.from_bytes(read_secret(config.sealing_key))
    owing = Owing(
        kiosk=config.kiosk,
        signing=signing,
        opening=opening,
        journal=journal,
        left=LeftRows(rows),
        mismatches=MismatchRows(rows),
        wards=wards,
        link=center,
        clock=clock,
    )
    tasks = [asyncio.create_task(link.run()), asyncio.create_task(owing.run())]
    device = Device(kiosk=config.kiosk, signing=signing, office=config.office(directory))
    kiosk = ScriptedKiosk(
        device=device, directory=directory, ward=ward, link=center, wards=wards, journal=journal, owing=owing
    )
    try:
        await _until_known(kiosk)
        yield kiosk
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await rows.close()


async def _until_known(kiosk: ScriptedKiosk) -> None:
    """Wait until the ward can be chosen, as the kiosk's start screen does."""
    async with asyncio.timeout(_WAIT_SECONDS):
        while [each.code for each in kiosk.wards.on_offer(_seconds(), link_up=True).wards] != [0]:  # noqa: ASYNC110 - the ward's word
            await asyncio.sleep(_LOOK_SECONDS)


def _seconds() -> int:
    return SystemClock().now() // 1000
