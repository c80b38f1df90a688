"""A kiosk that is played: its own rooms from the link to the journal, with card, money and printer in this process.

One visit is HELLO and TICKET, the card's signature, OPEN and MENU, ORDER and DOCUMENT, the document's verification, the
steps in the journal as a kiosk writes them, and both receipts until FINAL. Limits: no screen, no APDU, and the paper is
counted instead of drawn; the simulated printer prints every page.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Final, cast

from konbini.kiosk.channel.host import Host
from konbini.kiosk.channel.messages import Answered, Concluded, Opened, OrderStep, Question, Step
from konbini.kiosk.host.center_link import CenterLink
from konbini.kiosk.host.journal import Journal
from konbini.kiosk.host.left_rows import LeftRows
from konbini.kiosk.host.mismatch_rows import MismatchRows
from konbini.kiosk.host.owing import Owing
from konbini.kiosk.host.wards import Wards
from konbini.kiosk.visit.ward import CardProof, Device, GivenDocument, GivenMenu, WardVisit, Wish
from konbini.pdf.verification import verify
from konbini.process.clock import Clock, to_seconds
from konbini.process.entropy import Entropy
from konbini.process.link import Link, LinkAddress
from konbini.process.measures.ports import NoMeasures
from konbini.process.secret_files import read_secret, read_signing_key
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.traces.ports import NoTraces
from konbini.protocol.cose import SigningKey, VerifyingKey
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import CertificateKind, MessageKind, Options, Outcome, Scope
from konbini.protocol.numbers import binding
from konbini.protocol.offices import CenterOffice
from konbini.protocol.sealing import OpeningKey
from konbini.protocol.tls import TlsFiles, client_context
from konbini.protocol.trust import WardDirectory
from konbini.protocol.visits import CARD_RS256
from konbini.simulation.card.applet import CardContent
from konbini.simulation.card.keys import sign_message
from konbini.simulation.town.town import Town

__all__ = ["STEPS", "Played", "PlayedKiosk", "played_kiosk"]

STEPS: Final = ("ticket", "card", "menu", "document", "verified", "final")
"""What a visit is made of, in order: each is the time from the end of the one before."""
_VISIT_ID_BYTES: Final = 16
_CASH_KEY_BYTES: Final = 16
_WAIT_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.02
_FINAL_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One visit that printed.

    Attributes:
        visit_id: its own.
        began: when the card was laid on, of `time.perf_counter`.
        steps: seconds of each of `STEPS`.
    """

    visit_id: bytes
    began: float
    steps: tuple[float, ...]


class _Stopwatch:
    def __init__(self) -> None:
        self.began = self._last = time.perf_counter()
        self.steps: list[float] = []

    def lap(self) -> None:
        now = time.perf_counter()
        self.steps.append(now - self._last)
        self._last = now


@dataclass(frozen=True, kw_only=True)
class PlayedKiosk:
    """One kiosk on the link; to a visit it is that part of `Host` which speaks with the ward."""

    device: Device
    directory: WardDirectory
    ward: str
    link: CenterLink
    wards: Wards
    journal: Journal
    owing: Owing
    clock: Clock
    entropy: Entropy

    async def exchange(self, question: Question) -> Answered:
        """Send a message and wait for its answer."""
        return await self.link.exchange(question)

    async def prekey(self, ward: str) -> bytes:
        """Give the ward's newest PREKEY."""
        return self.wards.prekey(ward)

    async def visit(self, card: CardContent) -> Played:
        """Go from the card to FINAL, with one certificate of the holder's household.

        Raises:
            Refused: a service refuses, or a check fails; nothing of it should.
            TimeoutError: the ward does not say FINAL.
        """
        watch = _Stopwatch()
        host = cast("Host", self)  # a ward visit calls no other of its methods
        entry, visit_id = self.directory.entry(self.ward), self.entropy.token(_VISIT_ID_BYTES)
        visit = WardVisit(device=self.device, entry=entry, host=host, visit_id=visit_id)
        await visit.admit(self._seconds())
        watch.lap()
        t = visit.challenge(card.auth_certificate, CARD_RS256)
        signature = sign_message(card.auth_key, t)
        watch.lap()
        menu = await visit.open(CardProof(certificate=card.auth_certificate, algorithm=CARD_RS256, signature=signature))
        watch.lap()
        step = await self._opened(visit, menu)
        given = await visit.order(_wish(menu), 1, menu, self._seconds, lambda: self.prekey(self.ward))
        watch.lap()
        await asyncio.to_thread(self._verify, visit, given)
        watch.lap()
        await self._print(visit_id, step, given)
        watch.lap()
        return Played(visit_id=visit_id, began=watch.began, steps=tuple(watch.steps))

    async def _opened(self, visit: WardVisit, menu: GivenMenu) -> OrderStep:
        """Journal the visit, the money and the order, each before it is taken; the money is there at once."""
        await self.journal.opened(
            Opened(visit_id=visit.visit_id, visit=visit.visit, t=visit.t, ward=self.ward, ticketed=visit.ticketed)
        )
        step = OrderStep(
            step=Step.ASKING_MONEY,
            visit_id=visit.visit_id,
            ordinal=1,
            fee=_wish(menu).fee,
            cash_key=self.entropy.token(_CASH_KEY_BYTES),
            number=None,
            pages=0,
            counter_before=0,
        )
        for each in (step, replace(step, step=Step.ORDERING)):
            await self.journal.step(each)
        return step

    def _verify(self, visit: WardVisit, given: GivenDocument) -> None:
        document = given.document
        verify(
            given.pdf,
            authorities=visit.entry.paper_authorities,
            moment=self._seconds(),
            number=document.number,
            binding=binding(visit.t, document.ordinal, document.number),
            pages=document.pages,
        )

    async def _print(self, visit_id: bytes, step: OrderStep, given: GivenDocument) -> None:
        """Print every page, keep the fee, tell the ward, and end the visit; entered again once FINAL came for both."""
        document = given.document
        await self.journal.step(replace(step, step=Step.PRINTING, number=document.number, pages=document.pages))
        printed = Concluded(
            visit_id=visit_id,
            ordinal=1,
            outcome=Outcome.PRINTED,
            after_page=0,
            counter_before=0,
            counter_after=document.pages,
            taken=document.fee,
            returned=0,
            owed=0,
        )
        await self.journal.conclude(printed, self.owing.sign)
        await self.journal.close(visit_id, self.owing.sign)
        self.owing.wake()
        for ordinal in (1, 0):
            if not await self.owing.told(visit_id, ordinal, _FINAL_SECONDS):
                raise TimeoutError("no FINAL")

    def _seconds(self) -> int:
        return to_seconds(self.clock.now())


def _wish(menu: GivenMenu) -> Wish:
    offer = next(each for each in menu.menu.offers if each.kind is CertificateKind.RESIDENT_RECORD)
    members = menu.menu.members
    return Wish(
        kind=offer.kind,
        scope=Scope.WHOLE if len(members) > 1 else Scope.SELF,
        options=Options(0),
        handles=tuple(member.handle for member in members),
        fee=offer.fee,
    )


@asynccontextmanager
async def played_kiosk(  # noqa: PLR0913 - what a kiosk is put together from
    town: Town, kiosk: str, journals: Path, *, port: int, clock: Clock, entropy: Entropy
) -> AsyncIterator[PlayedKiosk]:
    """Dial the center as one of the town's kiosks; entered once its ward can be chosen.

    Args:
        town: whose.
        kiosk: which.
        journals: where its journal goes.
        port: of the center, on loopback.
        clock: the machine's.
        entropy: of visit ids.

    Raises:
        TimeoutError: the ward cannot be chosen.
        ValueError, OSError: a key cannot be read.
    """
    directory = WardDirectory.open(
        (town.public / "wards.directory").read_bytes(), _point(town, "directory"), newest_seen=0
    )
    wards = Wards(directory, kiosk)

    async def published(frame: Frame) -> None:
        if frame.kind is MessageKind.PREKEY:
            wards.take_prekey(frame.ward, frame.body, to_seconds(clock.now()))
        elif frame.kind is MessageKind.NOTICE:
            wards.take_notice(frame.ward, frame.body, to_seconds(clock.now()))

    center = CenterLink(kiosk, published, lambda: None, measures=NoMeasures(), clock=clock, traces=NoTraces())
    tls = client_context(_tls(town, kiosk))
    link = Link(
        address=LinkAddress(host="127.0.0.1", port=port),
        tls=tls,
        user=center,
        clock=clock,
        entropy=entropy,
    )
    center.attach(link)
    rows = SqliteRows.open(journals / f"{kiosk}.db", files("konbini.kiosk.host") / "migrations")
    keys = town.keys / "kiosks" / kiosk
    signing, journal = read_signing_key(keys / "device.key"), Journal(rows)
    owing = Owing(
        kiosk=kiosk,
        signing=signing,
        opening=OpeningKey.from_bytes(read_secret(keys / "device.sealing")),
        journal=journal,
        left=LeftRows(rows),
        mismatches=MismatchRows(rows),
        wards=wards,
        link=center,
        clock=clock,
    )
    pinned = SigningKey.from_pem((town.keys / "center" / "ticket.key").read_bytes()).verifying
    played = PlayedKiosk(
        device=Device(kiosk=kiosk, signing=signing, office=CenterOffice(pinned=pinned)),
        directory=directory,
        ward=town.ward.code,
        link=center,
        wards=wards,
        journal=journal,
        owing=owing,
        clock=clock,
        entropy=entropy,
    )
    async with AsyncExitStack() as ending:
        ending.push_async_callback(rows.close)
        tasks = [asyncio.create_task(link.run()), asyncio.create_task(owing.run())]
        ending.push_async_callback(_end, tasks)
        await _until_open(played)
        yield played


def _point(town: Town, name: str) -> VerifyingKey:
    return VerifyingKey(bytes.fromhex((town.public / f"{name}.point").read_text("ascii")))


def _tls(town: Town, kiosk: str) -> TlsFiles:
    stem = town.keys / "kiosks" / kiosk / "link"
    return TlsFiles(
        certificate=stem.with_suffix(".pem"),
        key=stem.with_suffix(".key"),
        authority=town.public / "center-authority.pem",
    )


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _until_open(kiosk: PlayedKiosk) -> None:
    """Wait until the ward can be chosen, as the start screen does."""
    async with asyncio.timeout(_WAIT_SECONDS):
        while any(  # noqa: ASYNC110 - the ward's word
            each.code for each in kiosk.wards.on_offer(to_seconds(kiosk.clock.now()), link_up=True).wards
        ):
            await asyncio.sleep(_LOOK_SECONDS)
