"""A short scene for each mutant that one ward can show: what happens there, and which papers are wrong."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # it ships no types

from konbini.pdf.forms.sheet import seal_box
from konbini.process.tasks import StandingTasks
from konbini.protocol.errors import Refused
from konbini.protocol.kinds import CertificateKind, Options, Scope
from konbini.ward_server.asking.card import identify
from konbini.ward_server.issuing import config as issuing_config
from konbini.ward_server.issuing import main as issuing_main
from konbini.ward_server.issuing.desk import ClerkCalls
from konbini.ward_server.residents.bodies import CardKind, CardLinked
from konbini.ward_server.residents.bulk_calls import BulkLine
from konbini.ward_server.residents.calls import OperatorMethod
from konbini.ward_server.residents.changes import Body, ChangeKind, RecordWritten, Restriction, new_change
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.seal import SealCancelled, SealEnd
from tests.integration.museum import afterwards
from tests.integration.museum.customer import Counter, Customer, Paper, text_of
from tests.integration.ward_server.clerks import Between, Silent
from tests.integration.ward_server.people import (
    ALONE,
    BESIDE_PROTECTED,
    FOREIGNER,
    HEAD,
    MEASURE,
    PROTECTED,
    SPOUSE,
    TODAY,
)
from tests.integration.ward_server.ward import Ward
from tests.records import written

__all__ = ["SCENES", "Scene"]

NAMES = {HEAD: "城　文", SPOUSE: "城　悟", ALONE: "澄川　一", FOREIGNER: "DUPONT CLAIRE"}
"""Who can be told apart by name, without the selectors of variants."""
_ONE, _TWO = "K-0001", "K-0002"
_SETTLING_SECONDS = 5.0


@dataclass(slots=True)
class Scene:
    """A ward, and what came out of its kiosks."""

    ward: Ward
    papers: list[Paper] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    def customer(self, holder: str, kiosk: str = _ONE) -> Customer:
        """A resident comes to a kiosk."""
        return Customer(self.ward, holder, kiosk, self.papers, self.refusals)

    def serve(self, clerk: ClerkCalls | None = None) -> None:
        """Put the use cases at the counter, with a clerk's line of its own where one is given."""
        if clerk is not None:
            self.ward.desk = replace(self.ward.desk, clerk=clerk)
        self.ward.apart = Counter(self.ward.desk)

    async def while_time_passes(self, *coming: Awaitable[object]) -> None:
        """Let things happen until each waits for the clock, or has ended; then the clock goes on."""
        before = self.ward.clock.sleepers
        happening = asyncio.gather(*coming)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SETTLING_SECONDS):
                while self.ward.clock.sleepers < before + len(coming) and not happening.done():  # noqa: ASYNC110 - no bell
                    await asyncio.sleep(0.005)
        while not happening.done():
            await asyncio.sleep(0.005)
            await self.ward.clock.advance(0.1)
        happening.result()

    def wrong_names(self) -> int:
        """Count papers on which the holder of the card is not, or anybody of another name is."""
        return sum(
            {one for one, name in NAMES.items() if name in _plain(paper)} != {paper.holder} for paper in self.papers
        )


class SlowDisk:
    """A disk that takes half a second for a completing transaction."""

    def before_commit(self, steps: Sequence[str]) -> None:
        """Wait before it is durable."""
        if "complete" in steps:
            time.sleep(0.5)

    def after_commit(self, steps: Sequence[str]) -> None:
        """Nothing after."""


async def yokohama(scene: Scene) -> int:
    """The clerk is late once; the next three residents come."""
    scene.serve(Silent(scene.ward.desk.clerk, TimeoutError(), call="seal"))
    for holder in (HEAD, ALONE, FOREIGNER):
        await scene.customer(holder).come()
    return scene.wrong_names()


async def kawasaki(scene: Scene) -> int:
    """Two residents at two kiosks in one second, at a disk that is slow."""
    await scene.ward.stop("issuing")
    config = issuing_config.read_config(scene.ward.town.configs / "issuing.toml")
    served = issuing_main.serve(config, scene.ward.clock, scene.ward.entropy, StandingTasks(), watch=SlowDisk())
    scene.ward.desk = await scene.ward._start("issuing", served)
    await scene.ward.caught_up()
    scene.serve()
    here = (scene.customer(ALONE, _ONE), scene.customer(HEAD, _TWO))
    assert [await one.open() for one in here] == [True, True]
    await asyncio.gather(*(one.order() for one in here))
    return scene.wrong_names()


async def munakata(scene: Scene) -> int:
    """One resident after the other at one kiosk."""
    scene.serve()
    for holder in (HEAD, ALONE, FOREIGNER):
        await scene.customer(holder).come()
    return scene.wrong_names()


async def takamatsu(scene: Scene) -> int:
    """Two residents at two shops, each served by another of the ward's servers."""
    scene.serve()
    first = scene.customer(ALONE, _ONE)
    second = scene.customer(HEAD, _TWO)
    second.ward = replace(scene.ward, apart=Counter(scene.ward.desk))
    assert await first.open()
    assert await second.open()
    await scene.while_time_passes(first.order(), second.order())
    return scene.wrong_names()


async def adachi(scene: Scene) -> int:
    """Somebody's record is changed between a resident's menu and order."""
    scene.serve()
    head = scene.customer(HEAD)
    if await head.open():
        await scene.ward.register.rewrite(ALONE, address_detail="緑荘１号室")
        await head.order()
    return scene.wrong_names()


async def tokushima(scene: Scene) -> int:
    """Two households of five ask for all of theirs, one after the other."""
    scene.serve()
    home = (await scene.ward.register.record(HEAD)).household
    await _born(scene.ward, "1000000021", household=home, order=5, name="葛城　楓", head="葛\U000e0102城　文")
    alone = (await scene.ward.register.record(ALONE)).household
    for order in range(2, 6):
        await _born(
            scene.ward, f"100000003{order}", household=alone, order=order, name=f"澄川　{order}子", head="澄川　一"
        )
    await scene.customer(HEAD).come(scope=Scope.WHOLE)
    await scene.customer(ALONE).come(scope=Scope.WHOLE)
    assert scene.papers
    return sum("楓" in text_of(paper.pdf) for paper in scene.papers if paper.holder == ALONE)


async def saitama(scene: Scene) -> int:
    """A seal is cancelled and a record changed while issuing is away; its holder asks for the seal's certificate."""
    ward = scene.ward
    await ward.stop("issuing")
    record = await ward.register.record(ALONE)
    corrected = replace(record, version=record.version + 1, individual_number=None, address_detail="緑荘１号室")
    written_anew = RecordWritten(record=corrected, individual_number=None, postcode="")
    await asyncio.gather(
        _with_time(ward, ChangeKind.SEAL_CANCELLED, HEAD, SealCancelled(reason=SealEnd.LOST), 1),
        _with_time(ward, ChangeKind.CORRECTION, ALONE, written_anew, record.version),
        _pass(ward, 70),
    )
    await ward.start_issuing()
    await _pass(ward, 20)
    scene.serve()
    head = scene.customer(HEAD)
    seal = CertificateKind.SEAL_REGISTRATION
    if await head.open() and head.given is not None and seal in {offer.kind for offer in head.given.menu.offers}:
        await head.order(seal)
    return len(scene.papers)


async def meguro(scene: Scene) -> int:
    """A list that releases a measure waits while the measure is applied for anew, and is approved."""
    ward = scene.ward
    release = new_change(
        ChangeKind.MEASURE_RELEASED,
        PROTECTED,
        Restriction(name=MEASURE, planned_end=None),
        seen=1,
        effective=TODAY,
        source="届書",
    )
    entered = await BulkLine(ward.operators, "aoki").enter("一覧", (release,))
    assert entered.change_id
    anew = Restriction(name="S-2026-0099", planned_end=None)
    await ward.register.change(ChangeKind.MEASURE_ANEW, PROTECTED, anew, 0)
    approved = await BulkLine(ward.operators, "bando").approve(entered.change_id)
    assert approved.number
    scene.serve()
    await scene.customer(BESIDE_PROTECTED).come()
    return len(scene.papers)


async def kure(scene: Scene) -> int:
    """Somebody who shares a household with a protected person comes."""
    scene.serve()
    await scene.customer(BESIDE_PROTECTED).come()
    return len(scene.papers)


async def gov24_fields(scene: Scene) -> int:
    """Somebody comes who is not the head of the household."""
    scene.serve()
    await scene.customer(SPOUSE).come(options=Options.HEAD_AND_RELATIONSHIP)
    return sum(NAMES[HEAD] not in _plain(paper) for paper in scene.papers)


async def okayama(scene: Scene) -> int:
    """Somebody comes, and asks for a copy of their own record."""
    scene.serve()
    await scene.customer(ALONE).come()
    return sum(not _bears_seal(scene.ward, paper.pdf) for paper in scene.papers)


async def wrong_key_at_open(scene: Scene) -> int:
    """Somebody opens a visit while another still chooses."""
    scene.serve()
    head, alone = scene.customer(HEAD, _ONE), scene.customer(ALONE, _TWO)
    assert await head.open()
    assert await alone.open()
    await head.order()
    return scene.wrong_names()


async def anothers_row(scene: Scene) -> int:
    """Somebody comes whose row was written with the residents' taking over."""
    scene.serve()
    await scene.customer(ALONE).come()
    return scene.wrong_names()


async def measure_before_completion(scene: Scene) -> int:
    """A measure is set and acknowledged while the completing transaction is still to come."""
    head = scene.customer(HEAD)
    assert await head.open()
    sealed = asyncio.Event()

    async def tell() -> None:
        sealed.set()

    scene.serve(Between(scene.ward.desk.clerk, after_seal=tell))
    ordering = asyncio.ensure_future(head.order())
    await sealed.wait()
    await scene.ward.register.protect(SPOUSE)
    await scene.while_time_passes(ordering)
    return len(scene.papers)


async def feed_applied_twice(scene: Scene) -> int:
    """A record is changed twice, and its holder comes."""
    await scene.ward.register.rewrite(ALONE, address_detail="緑荘１号室")
    await scene.ward.register.rewrite(ALONE, address_detail="青荘９号室")
    scene.serve()
    await scene.customer(ALONE).come()
    return sum("青荘" not in text_of(paper.pdf) for paper in scene.papers)


async def serial_of_two_issuers(scene: Scene) -> int:
    """A card of another issuer, with the serial of one's own, is linked to somebody else; one comes."""
    serial = identify(scene.ward.card(ALONE).auth_certificate).serial
    card = CardSerial(issuer_key_id=bytes(20), serial=serial)
    body = CardLinked(card=card, replaces=None, carrier=CardKind.WARD_CARD)
    with contextlib.suppress(Refused):
        await scene.ward.register.change(ChangeKind.CARD_LINKED, HEAD, body, 0, effective=TODAY - 1)
    scene.serve()
    await scene.customer(ALONE).come()
    return scene.wrong_names()


async def anothers_picture(scene: Scene) -> int:
    """One resident after the other, each for a certificate of one sheet; what is seen is compared, not what is read."""
    scene.serve()
    for holder in (HEAD, ALONE, FOREIGNER):
        await scene.customer(holder).come()
    assert scene.wrong_names() == 0
    seen = [_seen_above(paper.pdf) for paper in scene.papers]
    return sum(one == before for before, one in itertools.pairwise(seen))


async def _born(ward: Ward, resident: str, **fields: object) -> None:
    record = written(resident, birth=20210707, **fields)
    body = RecordWritten(record=record, individual_number=None, postcode="")
    await ward.register.change(ChangeKind.BIRTH, resident, body, 0)


async def _with_time(ward: Ward, kind: ChangeKind, resident: str, body: Body, seen: int) -> None:
    """Have a change entered and approved; somebody else lets the time pass."""
    change = new_change(kind, resident, body, seen=seen, effective=TODAY, source="届書")
    entered = await ward.operators.call(OperatorMethod.ENTER, "aoki", change.to_bytes())
    await ward.operators.call(OperatorMethod.APPROVE, "bando", entered, within=20)


async def _pass(ward: Ward, seconds: int) -> None:
    for _ in range(seconds):
        await asyncio.sleep(0.02)
        await ward.clock.advance(1)


def _plain(paper: Paper) -> str:
    """Give a paper's text without the selectors of variants."""
    return "".join(sign for sign in text_of(paper.pdf) if not "\U000e0100" <= sign <= "\U000e01ef")


def _bears_seal(ward: Ward, pdf: bytes) -> bool:
    """Look for a picture where the official seal stands, on the first page."""
    box = seal_box(ward.desk.templates[0])
    document = pdfium.PdfDocument(pdf)
    try:
        page = document[0]
        shown = page.render(scale=2, grayscale=True).to_pil()
        height = page.get_height()
        edges = (box.left, height - box.top, box.right, height - box.bottom)
        inked = sum(value < _DARK for value in shown.crop([round(2 * edge) for edge in edges]).getdata())
        return bool(inked > _INKED)
    finally:
        document.close()


def _seen_above(pdf: bytes) -> bytes:
    """Give what is seen of the first page where people stand on it."""
    document = pdfium.PdfDocument(pdf)
    try:
        shown = document[0].render(scale=1, grayscale=True).to_pil()
        return bytes(shown.crop((0, 0, shown.width, shown.height // 2)).tobytes())
    finally:
        document.close()


_DARK, _INKED = 110, 200

SCENES: Mapping[str, Callable[[Scene], Awaitable[int]]] = {
    "yokohama-2023": yokohama,
    "kawasaki-2023": kawasaki,
    "adachi-2023": adachi,
    "tokushima-2023": tokushima,
    "saitama-2020": saitama,
    "munakata-2023": munakata,
    "takamatsu-2024": takamatsu,
    "gov24-fields-2024": gov24_fields,
    "meguro-2025": meguro,
    "kure-2024": kure,
    "okayama-2024": okayama,
    "wrong-key-at-open": wrong_key_at_open,
    "anothers-row": anothers_row,
    "measure-before-completion": measure_before_completion,
    "feed-applied-twice": feed_applied_twice,
    "anothers-picture": anothers_picture,
    "serial-of-two-issuers": serial_of_two_issuers,
    "status-list-lags": afterwards.status_list_lags,
    "registry-restored": afterwards.registry_restored,
}
"""By the mutants' names; each gives how many papers were wrong."""
