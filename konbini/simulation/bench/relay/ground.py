"""What every way of relaying stands on: one town's keys and lists, and a center's configuration that is always open."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.protocol.cose import SigningKey
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import SUITE, MessageKind
from konbini.protocol.sealing import OpeningKey
from konbini.protocol.tickets import Hello, Prekey
from konbini.protocol.tls import TlsFiles, ward_host
from konbini.protocol.trust import MessageKeyCertificate
from konbini.simulation.bench.relay.proxies import Outward, Side
from konbini.simulation.town.layout import make_town
from konbini.simulation.town.pki.authority import Authority
from konbini.simulation.town.pki.links import LinkAuthority
from konbini.simulation.town.populate import FEWEST
from konbini.simulation.town.town import Town

__all__ = ["Gate", "Ground"]

_SEED: Final = 7
_RELAY: Final = "relay"
_PREKEY_SECONDS: Final = 1200


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Where a center answers: ports on loopback, and the socket of its edge where it has one."""

    kiosks: int
    wards: int
    edge: Path | None = None


class Ground:
    """The town of the benchmark: a ward and some kiosks."""

    def __init__(self, town: Town) -> None:
        """Make what the peers need beside a town's own files."""
        self.town = town
        self._relay = self._client(_RELAY)

    @classmethod
    def make(cls, folder: Path, clock: Clock, entropy: Entropy, *, kiosks: int) -> Ground:
        """Make a town below `folder`, whose path is short.

        Raises:
            OSError, ValueError: it cannot be made.
        """
        return cls(make_town(folder, clock, entropy, seed=_SEED, residents=FEWEST, kiosks=kiosks))

    @property
    def ward(self) -> str:
        """The ward's code."""
        return self.town.ward.code

    @property
    def kiosk_side(self) -> Side:
        """What the kiosks meet: the center's certificate, in whose stead a proxy stands, and their authority."""
        return Side(credential=self._joined("center/link"), authority=self._authority("kiosks"))

    def outward(self, port: int) -> Outward:
        """Give a proxy's way to the ward, which answers on this port."""
        side = Side(credential=self._relay, authority=self._authority("wards"))
        return Outward(port=port, name=ward_host(self.ward), side=side)

    def kiosk_files(self, kiosk: str) -> TlsFiles:
        """Give a kiosk's end of its link."""
        return self._files(f"kiosks/{kiosk}/link", "center")

    def ward_dialling(self) -> TlsFiles:
        """Give the ward's end of its link to the center."""
        return self._files("issuing/link", "center")

    def ward_answering(self) -> TlsFiles:
        """Give the ward's end where a proxy dials it."""
        return self._files("issuing/own-machines", "center")

    def ward_answering_kiosks(self) -> TlsFiles:
        """Give the end of a ward that kiosks dial with nothing in between."""
        return self._files("center/link", "kiosks")

    def hello(self, kiosk: str, visit_id: bytes) -> bytes:
        """Give a kiosk's HELLO."""
        device = SigningKey.from_pem((self.town.keys / "kiosks" / kiosk / "device.key").read_bytes())
        hello = Hello(
            visit_id=visit_id,
            kiosk=kiosk,
            device_key_id=device.verifying.key_id,
            ward=self.ward,
            visit_keys=bytes(32),
        )
        body = hello.sign(device)
        return Frame(kind=MessageKind.HELLO, visit_id=visit_id, kiosk=kiosk, ward=self.ward, body=body).to_bytes()

    def prekey(self, moment: int) -> bytes:
        """Give the ward's PREKEY of a moment (Unix seconds)."""
        identity = SigningKey.from_pem((self.town.keys / "registry" / "identity.key").read_bytes())
        message, public = SigningKey.generate(), OpeningKey.generate().sealing
        certificate = MessageKeyCertificate(
            ward=self.ward, signing=message.verifying.point, begins=moment - 3600, ends=moment + 82_800
        ).sign(identity)
        prekey = Prekey(
            ward=self.ward,
            key_id=public.key_id,
            suite=SUITE,
            sealing=public.public,
            begins=moment,
            ends=moment + _PREKEY_SECONDS,
            message_key=certificate,
        )
        return Frame(kind=MessageKind.PREKEY, ward=self.ward, body=prekey.sign(message)).to_bytes()

    def center_config(self, name: str, gate: Gate, *, kiosks: int | None = None) -> Path:
        """Write a center's configuration; `kiosks`: how many are on its list, all where it is left out."""
        path = self.town.configs / f"{name}.toml"
        path.write_text("\n".join([*self._center(name, gate, kiosks), ""]), encoding="utf-8")
        return path

    def _center(self, name: str, gate: Gate, kiosks: int | None) -> list[str]:
        town = self.town
        logs = [str(town.vkey(f"{one}/log.key")) for one in ("registry", "issuing", "clerk", "console")]
        return [
            "[center]",
            f'database = "../data/{name}.db"',
            'ticket_key = "../keys/center/ticket.key"',
            *(f'{one}_authority = "{self._point(one)}"' for one in ("enrolment", "directory")),
            'ward_directory = "../public/wards.directory"',
            "directory_version = 1",
            *self._gate(gate),
            *("[hours]", 'opens = "00:00"', 'closes = "24:00"'),
            *("[log]", f'origin = "{town.vkey("center/log.key").name}"', 'key = "../keys/center/log.key"'),
            f"witnesses = {json.dumps([str(town.vkey('issuing/witness.key'))])}",
            *("[witness]", f'name = "{town.vkey("center/witness.key").name}"', 'key = "../keys/center/witness.key"'),
            f"logs = {json.dumps(logs)}",
            *("[measures]", f'socket = "../run/{name}-measures.sock"'),
            *("[[ward]]", f'code = "{self.ward}"', "wants_states = true"),
            *(
                f'[[kiosk]]\nenrolment = "../public/{kiosk}.enrolment"\ntickets_an_hour = 3600'
                for kiosk in town.kiosks[:kiosks]
            ),
        ]

    def _gate(self, gate: Gate) -> list[str]:
        tls = ('certificate = "../keys/center/link.pem"', 'key = "../keys/center/link.key"')
        wards = ["[gateway.wards]", 'host = "127.0.0.1"', f"port = {gate.wards}", *tls]
        authority = 'authority = "../public/{}-authority.pem"'
        kiosks = ["[gateway.kiosks]"]
        if gate.edge is None:
            kiosks += ['host = "127.0.0.1"', f"port = {gate.kiosks}", *tls]
        else:
            kiosks += [f'socket = "../run/{gate.edge.name}"', f"users = [{os.getuid()}]"]
        return [*kiosks, authority.format("kiosks"), *wards, authority.format("wards")]

    def _point(self, name: str) -> str:
        return (self.town.public / f"{name}.point").read_text("ascii")

    def _files(self, stem: str, believed: str) -> TlsFiles:
        path = self.town.keys / stem
        return TlsFiles(
            certificate=path.with_suffix(".pem"), key=path.with_suffix(".key"), authority=self._authority(believed)
        )

    def _authority(self, whose: str) -> Path:
        return self.town.public / f"{whose}-authority.pem"

    def _client(self, name: str) -> Path:
        """Certify, under the center's authority, what a proxy shows to the ward."""
        stem = self.town.keys / "offline" / "center"
        authority = Authority.from_pem(stem.with_suffix(".pem").read_bytes(), stem.with_suffix(".key").read_bytes())
        made = LinkAuthority(authority).client(name, self.town.moment)
        return self._credential(name, made.certificate_pem() + made.key_pem())

    def _joined(self, stem: str) -> Path:
        path = self.town.keys / stem
        joined = path.with_suffix(".pem").read_bytes() + path.with_suffix(".key").read_bytes()
        return self._credential(path.name, joined)

    def _credential(self, name: str, pem: bytes) -> Path:
        path = self.town.run / f"{name}-credential.pem"
        path.touch(mode=0o600)
        path.write_bytes(pem)
        return path
