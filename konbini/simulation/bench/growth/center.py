"""The messages of visits through a center in this process, with so many kiosks on its list and so many wards.

HELLO, OPEN and MENU, ORDER and DOCUMENT, and twice RECEIPT and FINAL, judged, written down durably and handed on by
`konbini.issuance_center.center`. Every kiosk and ward has a link; what is handed to it is taken at once. Limits: no
TLS and no socket, whose cost depends on the connections and is measured elsewhere; what is sealed is chance.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from konbini.issuance_center.center import FRAMES_A_MINUTE, Center
from konbini.issuance_center.ledger import Ledger, ledger_file
from konbini.issuance_center.lines import Lines
from konbini.issuance_center.log_exchange import LogExchange
from konbini.issuance_center.relay.quotas import Window
from konbini.issuance_center.relay.routing import KioskEnd, Sender, WardEnd
from konbini.issuance_center.relay.visits import VisitTable
from konbini.issuance_center.tickets import QUOTA_SECONDS, TicketDesk
from konbini.issuance_center.trust import Hours, KioskTrust, Trust, WardTrust
from konbini.issuance_center.wards import WardsToday
from konbini.process.clock import Clock, to_seconds
from konbini.process.entropy import Entropy
from konbini.process.link import Outlet
from konbini.process.link_server import Line
from konbini.process.log_config import LogConfig, WitnessConfig
from konbini.process.measures.ports import NoMeasures
from konbini.process.traces.ports import NoTraces
from konbini.protocol.cose import SigningKey
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import SUITE, MessageKind
from konbini.protocol.sealing import OpeningKey, SealedSize
from konbini.protocol.tickets import Hello, Prekey
from konbini.protocol.trust import Enrolment, MessageKeyCertificate, WardEntry
from konbini.simulation.town.files import write
from konbini.simulation.town.pki.authority import key_pem

__all__ = ["VISITS_OF_A_KIOSK", "CenterHouse", "open_center"]

_VISIT_ID_BYTES: Final = 16
_VISIT_KEYS_BYTES: Final = 32
_WAITING_BYTES: Final = 1 << 20
_YEAR: Final = 365 * 24 * 3600
_HOUR: Final = 3600
_DAY_MINUTES: Final = 24 * 60
_FRAMES_OF_A_VISIT: Final = 5
VISITS_OF_A_KIOSK: Final = FRAMES_A_MINUTE // _FRAMES_OF_A_VISIT
"""How many visits a kiosk may have within a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ward:
    entry: WardEntry
    prekey: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kiosk:
    name: str
    device: SigningKey


class CenterHouse:
    """A center with its peers on links that are always read."""

    def __init__(self, center: Center, kiosks: Sequence[_Kiosk], wards: Sequence[str], entropy: Entropy) -> None:
        self._center = center
        self._kiosks = kiosks
        self._wards = wards
        self._token = entropy.token
        self._document = entropy.token(SealedSize.DOCUMENT)
        self._middle, self._small = entropy.token(SealedSize.MEDIUM), entropy.token(SealedSize.SMALL)
        self._visits = 0

    async def visit(self) -> None:
        """Pass all messages of one visit on; kiosks and wards take turns, far apart on the lists.

        Raises:
            Refused: a frame is none; nothing of it should be.
        """
        number = self._visits
        self._visits += 1
        kiosk = self._kiosks[number * 7919 % len(self._kiosks)]
        ward, visit_id = self._wards[number * 101 % len(self._wards)], self._token(_VISIT_ID_BYTES)
        hello = Hello(
            visit_id=visit_id,
            kiosk=kiosk.name,
            device_key_id=kiosk.device.verifying.key_id,
            ward=ward,
            visit_keys=self._token(_VISIT_KEYS_BYTES),
        )
        at_kiosk, at_ward = KioskEnd(kiosk.name), WardEnd(ward)
        for sender, kind, body in (
            (at_kiosk, MessageKind.HELLO, hello.sign(kiosk.device)),
            (at_kiosk, MessageKind.OPEN, self._middle),
            (at_ward, MessageKind.MENU, self._middle),
            (at_kiosk, MessageKind.ORDER, self._small),
            (at_ward, MessageKind.DOCUMENT, self._document),
            *((at_kiosk, MessageKind.RECEIPT, self._small), (at_ward, MessageKind.FINAL, self._small)) * 2,
        ):
            await self._pass(sender, Frame(kind=kind, visit_id=visit_id, kiosk=kiosk.name, ward=ward, body=body))

    async def _pass(self, sender: Sender, frame: Frame) -> None:
        await self._center.received(sender, frame.to_bytes())


@asynccontextmanager
async def open_center(
    folder: Path, clock: Clock, entropy: Entropy, *, kiosks: int, wards: int
) -> AsyncIterator[CenterHouse]:
    """Have a center in an empty folder, with every kiosk and ward of its lists on a link.

    Raises:
        LedgerUnusable, ValueError, OSError: its ledger cannot be opened.
    """
    now, ticket = to_seconds(clock.now()), SigningKey.generate()
    machines = [_Kiosk(name=f"K-{number:05d}", device=SigningKey.generate()) for number in range(1, kiosks + 1)]
    houses = [_ward(f"{number:06d}", now) for number in range(100_000, 100_000 + wards)]
    trust = Trust(list(_enrolled(machines, now)), list(_listed(houses)), Hours(opens=0, closes=_DAY_MINUTES))
    for name in ("log", "witness"):
        write(folder / f"{name}.key", key_pem(Ed25519PrivateKey.generate()))
    async with AsyncExitStack() as ending:
        ledger = Ledger.open(ledger_file(folder / "ledger.db"), entropy)
        ending.push_async_callback(ledger.close)
        lines, today, visits = Lines(), WardsToday(trust), VisitTable(())
        logs = LogExchange(
            log=ledger.keeper(LogConfig(origin="konbini/center", key=folder / "log.key", witnesses=()), clock),
            add=ledger.witness(
                WitnessConfig(name="konbini/center/witness", key=folder / "witness.key", logs=()), clock
            ).add,
            hand=lines.hand,
            wards=lambda: lines.wards,
            clock=clock,
        )
        desk = TicketDesk(trust=trust, wards=today, visits=visits, signing=ticket, window=Window(QUOTA_SECONDS))
        center = Center(
            trust=trust,
            visits=visits,
            wards=today,
            desk=desk,
            ledger=ledger,
            lines=lines,
            logs=logs,
            clock=clock,
            frames=Window(60),
            measures=NoMeasures(),
            traces=NoTraces(),
        )
        for house in houses:
            end = WardEnd(house.entry.ward)
            center.joined(end, Line(outlet=_Read(), cut=_stay))
            await center.received(
                end, Frame(kind=MessageKind.PREKEY, ward=house.entry.ward, body=house.prekey).to_bytes()
            )
        for machine in machines:
            center.joined(KioskEnd(machine.name), Line(outlet=_Read(), cut=_stay))
        yield CenterHouse(center, machines, [house.entry.ward for house in houses], entropy)


class _Read(Outlet):
    """What waits for a peer who reads at once."""

    def __init__(self) -> None:
        super().__init__(_WAITING_BYTES)

    def offer(self, data: bytes) -> bool:
        """Take a frame, and have it read."""
        taken = super().offer(data)
        self.drop()
        return taken


def _stay() -> None:
    """Cut nothing: there is no connection."""


def _ward(code: str, now: int) -> _Ward:
    identity, message = SigningKey.generate(), SigningKey.generate()
    certificate = MessageKeyCertificate(
        ward=code, signing=message.verifying.point, begins=now - _HOUR, ends=now + 20 * _HOUR
    ).sign(identity)
    sealing = OpeningKey.generate().sealing
    prekey = Prekey(
        ward=code,
        key_id=sealing.key_id,
        suite=SUITE,
        sealing=sealing.public,
        begins=now,
        ends=now + 1200,
        message_key=certificate,
    )
    entry = WardEntry(ward=code, name=code, name_english=code, identity=identity.verifying.point, paper_authorities=())
    return _Ward(entry=entry, prekey=prekey.sign(message))


def _listed(wards: Iterable[_Ward]) -> Iterable[WardTrust]:
    hours = Hours(opens=0, closes=_DAY_MINUTES)
    for ward in wards:
        yield WardTrust(entry=ward.entry, hours=hours, wants_states=False)


def _enrolled(kiosks: Iterable[_Kiosk], now: int) -> Iterable[KioskTrust]:
    sealing = OpeningKey.generate().sealing.public  # of devices, and not used on the way through the center
    for kiosk in kiosks:
        enrolment = Enrolment(
            kiosk=kiosk.name,
            operator="bench",
            signing=kiosk.device.verifying.point,
            sealing=sealing,
            begins=now - _HOUR,
            ends=now + _YEAR,
        )
        yield KioskTrust.of(enrolment, _HOUR)
