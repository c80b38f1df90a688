"""A center and its peers on loopback: authorities, keys and lists made anew, and scripted ends of links."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from konbini.issuance_center.config import read_config
from konbini.issuance_center.main import serve
from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.process.link import Link, LinkAddress, LinkLimits
from konbini.process.tasks import StandingTasks
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code
from konbini.protocol.frames import Frame, LinkRefusal
from konbini.protocol.kinds import SUITE, MessageKind
from konbini.protocol.sealing import OpeningKey
from konbini.protocol.service import Notice
from konbini.protocol.shape import from_bytes
from konbini.protocol.tickets import Hello, Prekey
from konbini.protocol.tlog.notes import NoteSigner, SignatureType
from konbini.protocol.tls import TlsFiles, client_context
from konbini.protocol.trust import Enrolment, MessageKeyCertificate, WardDirectory, WardEntry
from konbini.simulation.bench.relay.proxies import Proxy, Side, edge, missing, running_proxy
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.town.configs import free_ports
from tests.integration.issuance_center.authorities import Pki


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    """Fresh authorities in a folder of this test."""
    folder = tmp_path / "pki"
    folder.mkdir()
    return Pki.make(folder)


def point(key: SigningKey) -> str:
    """Give a public key as configurations hold it."""
    return key.verifying.point.hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class WardKeys:
    """A ward's identity, its message key and that key's certificate."""

    code: str
    identity: SigningKey
    message: SigningKey
    certificate: bytes

    def prekey(self, moment: int, life: int = 1200) -> Frame:
        """Give a PREKEY that begins at `moment`."""
        public = OpeningKey.generate().sealing
        prekey = Prekey(
            ward=self.code,
            key_id=public.key_id,
            suite=SUITE,
            sealing=public.public,
            begins=moment,
            ends=moment + life,
            message_key=self.certificate,
        )
        return Frame(kind=MessageKind.PREKEY, ward=self.code, body=prekey.sign(self.message))

    def notice(
        self,
        serial: int,
        *,
        stopped: bool = False,
        opens: int = 0,
        closes: int = 1440,
        barred: tuple[str, ...] = (),
    ) -> Frame:
        """Give a NOTICE."""
        notice = Notice(
            ward=self.code,
            serial=serial,
            opens=opens,
            closes=closes,
            maintenance_from=None,
            maintenance_to=None,
            held=(),
            stopped=stopped,
            version="1",
            message_key=self.certificate,
            reopens=None,
            kinds=(),
            barred=barred,
        )
        return Frame(kind=MessageKind.NOTICE, ward=self.code, body=notice.sign(self.message))


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskKeys:
    """A kiosk's device key."""

    kiosk: str
    device: SigningKey

    def hello(self, ward: str, visit_id: bytes, keys: bytes = bytes(32)) -> Frame:
        """Give a HELLO; each call signs anew."""
        hello = Hello(
            visit_id=visit_id,
            kiosk=self.kiosk,
            device_key_id=self.device.verifying.key_id,
            ward=ward,
            visit_keys=keys,
        )
        return self.frame(MessageKind.HELLO, ward, visit_id, hello.sign(self.device))

    def frame(self, kind: MessageKind, ward: str, visit_id: bytes, body: bytes) -> Frame:
        """Give a frame of this kiosk."""
        return Frame(kind=kind, visit_id=visit_id, kiosk=self.kiosk, ward=ward, body=body)


class End:
    """A scripted kiosk or ward: the production link, and a list of what came."""

    def __init__(self, address: LinkAddress, tls: TlsFiles, *, waiting_bytes: int = 8 << 20) -> None:
        self.came: asyncio.Queue[Frame] = asyncio.Queue()
        self.prekeys: list[Frame] = []
        self.of_logs: asyncio.Queue[Frame] = asyncio.Queue()
        self.up, self.down = asyncio.Event(), asyncio.Event()
        self.taking: Callable[[Frame], Awaitable[None]] = self.came.put
        self._reading = asyncio.Event()
        self._reading.set()
        self.link = Link(
            address=address,
            tls=client_context(tls),
            user=self,
            clock=SystemClock(),
            entropy=SystemEntropy(),
            limits=LinkLimits(first_pause_seconds=0.05, longest_pause_seconds=0.2, waiting_bytes=waiting_bytes),
        )

    async def opened(self) -> None:
        """Note that the link is up."""
        self.up.set()

    async def received(self, frame: Frame) -> None:
        """Hand the frame to the script; while it does not read, the link does not either."""
        await self._reading.wait()
        if frame.kind is MessageKind.PREKEY:
            self.prekeys.append(frame)
        elif frame.kind in (MessageKind.CHECKPOINT, MessageKind.COSIGNED):
            await self.of_logs.put(frame)
        else:
            await self.taking(frame)

    async def closed(self) -> None:
        """Note that the link is down."""
        self.up.clear()
        self.down.set()

    def stop_reading(self) -> None:
        """Turn deaf after one more frame."""
        self._reading.clear()

    def send(self, frame: Frame) -> None:
        """Send one frame."""
        self.link.send(frame)

    async def next(self, *kinds: MessageKind) -> Frame:
        """Give the next frame, of one of `kinds` if they are named; others before it are dropped.

        Where none is named, what the center sends by the clock is dropped too: whether it comes before is chance.
        """
        async with asyncio.timeout(10):
            while True:
                frame = await self.came.get()
                if frame.kind in kinds or (not kinds and frame.kind not in _BY_THE_CLOCK):
                    return frame

    async def refused(self) -> Code:
        """Give the code of the next refusal."""
        frame = await self.next(MessageKind.LINK_REFUSED)
        return Code(from_bytes(LinkRefusal, frame.body).code)


_BY_THE_CLOCK = (MessageKind.COUNTS, MessageKind.CHECKPOINT)
KIOSKS = ("K-0001", "K-0002", "K-0003")
WARDS = ("999991", "999992")


class Town:
    """Two wards, three kiosks, a center's folder: keys, certificates, lists."""

    def __init__(self, folder: Path, *, now: int) -> None:
        """Make everything anew; `now` is Unix seconds."""
        self.folder = folder
        self.pki = Pki.make(folder)
        private = ec.generate_private_key(ec.SECP256R1())
        self._ticket_pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.ticket_key = SigningKey(private).verifying
        self.enrolment_authority, self.directory_authority = SigningKey.generate(), SigningKey.generate()
        self.kiosks = {name: KioskKeys(kiosk=name, device=SigningKey.generate()) for name in KIOSKS}
        self.wards = {code: self._ward(code, now) for code in WARDS}
        self._files(now)

    @property
    def config(self) -> Path:
        """The center's configuration."""
        return self.folder / "center.toml"

    def end(self, name: str, port: int, **options: int) -> End:
        """Give the scripted end of a kiosk or a ward."""
        files = self.pki.kiosk(name) if name in self.kiosks else self.pki.ward(name)
        return End(LinkAddress(host="127.0.0.1", port=port), files, **options)

    def configure(
        self,
        *,
        tickets_an_hour: int = 60,
        hours: str = 'opens = "00:00"\ncloses = "24:00"',
        edge_user: int | None = None,
    ) -> None:
        """Write the configuration; with `edge_user` kiosks come in by `kiosks.sock`, from a process of that user."""
        kiosks = "".join(
            f'[[kiosk]]\nenrolment = "{name}.enrolment"\ntickets_an_hour = {tickets_an_hour}\n' for name in self.kiosks
        )
        wards = "".join(f'[[ward]]\ncode = "{code}"\nwants_states = true\n' for code in self.wards)
        sides = [("wards", self.pki.center_for(self.pki.wards))]
        if edge_user is None:
            sides.insert(0, ("kiosks", self.pki.center_for(self.pki.devices)))
        gateways = "".join(
            f'[gateway.{side}]\nhost = "127.0.0.1"\nport = 0\ncertificate = "{files.certificate}"\n'
            f'key = "{files.key}"\nauthority = "{files.authority}"\n'
            for side, files in sides
        )
        if edge_user is not None:
            gateways += (
                f'[gateway.kiosks]\nsocket = "kiosks.sock"\nusers = [{edge_user}]\n'
                f'authority = "{self.pki.devices.file}"\n'
            )
        self.config.write_text(
            f'[center]\ndatabase = "ledger.db"\nticket_key = "ticket.key"\n'
            f'enrolment_authority = "{point(self.enrolment_authority)}"\n'
            f'directory_authority = "{point(self.directory_authority)}"\n'
            f'ward_directory = "wards.directory"\ndirectory_version = 1\n'
            f'{gateways}[hours]\n{hours}\n{kiosks}{wards}{self._logs()}[measures]\nsocket = "m.sock"\n',
            encoding="utf-8",
        )

    def log_signer(self, name: str, kind: SignatureType = SignatureType.ED25519) -> NoteSigner:
        """Give the key of a log, or of a witness, by its name: the same for the same name."""
        seed = hashlib.sha256(f"{name} {kind}".encode()).digest()
        return NoteSigner(name, kind, Ed25519PrivateKey.from_private_bytes(seed))

    def _logs(self) -> str:
        """Write the center's own log and its being a witness of one log of each ward."""
        for file, name in (("log", "konbini/center"), ("witness", "konbini/center/witness")):
            kind = SignatureType.COSIGNATURE if file == "witness" else SignatureType.ED25519
            key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"{name} {kind}".encode()).digest())
            (self.folder / f"{file}.key").touch(mode=0o600)
            (self.folder / f"{file}.key").write_bytes(
                key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )
        logs = [str(self.log_signer(f"konbini/{code}/issuing").key) for code in self.wards]
        witnesses = [
            str(self.log_signer(f"konbini/{code}/witness", SignatureType.COSIGNATURE).key) for code in self.wards
        ]
        return (
            f'[log]\norigin = "konbini/center"\nkey = "log.key"\nwitnesses = {json.dumps(witnesses)}\n'
            f'[witness]\nname = "konbini/center/witness"\nkey = "witness.key"\nlogs = {json.dumps(logs)}\n'
        )

    def _ward(self, code: str, now: int) -> WardKeys:
        identity, message = SigningKey.generate(), SigningKey.generate()
        certificate = MessageKeyCertificate(
            ward=code, signing=message.verifying.point, begins=now - 3600, ends=now + 82800
        ).sign(identity)
        return WardKeys(code=code, identity=identity, message=message, certificate=certificate)

    def _files(self, now: int) -> None:
        (self.folder / "ticket.key").touch(mode=0o600)
        (self.folder / "ticket.key").write_bytes(self._ticket_pem)
        for name, keys in self.kiosks.items():
            enrolment = Enrolment(
                kiosk=name,
                operator="operator",
                signing=keys.device.verifying.point,
                sealing=OpeningKey.generate().sealing.public,
                begins=now - 3600,
                ends=now + 86400,
            )
            (self.folder / f"{name}.enrolment").write_bytes(enrolment.sign(self.enrolment_authority))
        entries = tuple(
            WardEntry(
                ward=code, name=code, name_english=code, identity=keys.identity.verifying.point, paper_authorities=()
            )
            for code, keys in self.wards.items()
        )
        directory = WardDirectory(version=1, issued=now, wards=entries)
        (self.folder / "wards.directory").write_bytes(directory.sign(self.directory_authority))
        self.configure()


needs_haproxy = pytest.mark.skipif("haproxy" in missing(), reason="Debian's package haproxy is not installed")


@asynccontextmanager
async def edge_before(town: Town) -> AsyncIterator[int]:
    """Run HAProxy, with the configuration that ships, before a center of this town; give its port."""
    files = town.pki.center_for(town.pki.devices)
    credential = town.folder / "edge.pem"
    credential.write_bytes(files.certificate.read_bytes() + files.key.read_bytes())
    port = free_ports().center_kiosks
    side = Side(credential=credential, authority=files.authority)
    text = edge(f"127.0.0.1:{port}", side, town.folder / "kiosks.sock", process="    maxconn 100")
    async with running_proxy(Proxy(program="haproxy", configuration=text, port=port), town.folder):
        yield port


NOW = 1_795_000_000
"""A moment of 2026, Unix seconds, at which the clock of the tests stands until it is moved."""


class RunningCenter:
    """A center in this process, its clock in the test's hands, and the ends that were connected to it."""

    def __init__(self, town: Town, clock: SettableClock) -> None:
        """Nothing runs before `start`."""
        self.town, self.clock = town, clock
        self.kiosk_port = self.ward_port = 0
        self._serving = AsyncExitStack()
        self._dialling: dict[End, asyncio.Task[None]] = {}

    @property
    def now(self) -> int:
        """The center's time, Unix seconds."""
        return self.clock.now() // 1000

    async def start(self) -> None:
        """Start it and wait until it listens."""
        self._serving = AsyncExitStack()
        self.kiosk_port, self.ward_port = await self._serving.enter_async_context(
            serve(read_config(self.town.config), self.clock, SeededEntropy(1), StandingTasks())
        )

    async def stop(self) -> None:
        """End it in order."""
        await self._serving.aclose()

    async def connect(self, name: str, *, patience: float = 10, **options: int) -> End:
        """Connect a scripted end."""
        port = self.kiosk_port if name in self.town.kiosks else self.ward_port
        end = self.town.end(name, port, **options)
        self._dialling[end] = asyncio.create_task(end.link.run())
        async with asyncio.timeout(patience):
            await end.up.wait()
        return end

    async def drop(self, end: End) -> None:
        """End one scripted end, and wait until its link is down."""
        task = self._dialling.pop(end)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(10):
            await end.down.wait()

    async def ward(self, code: str) -> End:
        """Connect a ward whose PREKEY the center has taken: a frame that is refused answers for it."""
        end = await self.connect(code)
        end.send(self.town.wards[code].prekey(self.now))
        end.send(Frame(kind=MessageKind.HELLO, ward=code, body=b""))
        assert await end.refused() is Code.MISROUTED
        return end

    async def hang_up(self) -> None:
        """End all scripted ends."""
        for task in self._dialling.values():
            task.cancel()
        await asyncio.gather(*self._dialling.values(), return_exceptions=True)
        self._dialling.clear()


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """Two wards, three kiosks and a center's folder."""
    return Town(tmp_path, now=NOW)


@pytest.fixture
def town_of_today(tmp_path: Path) -> Town:
    """The same, for a center that goes by the machine's clock."""
    return Town(tmp_path, now=int(time.time()))


@pytest.fixture
async def center(town: Town) -> AsyncIterator[RunningCenter]:
    """A center of that town, running."""
    running = RunningCenter(town, SettableClock(NOW * 1000))
    await running.start()
    try:
        yield running
    finally:
        await running.hang_up()
        await running.stop()
