"""The ward's own cards (専用カード) of the town: who holds one, and what is on it.

The first grown-up residents without an individual-number card hold one, where nothing stops their household at a kiosk.
Key and certificate are made when the card is first wanted, then kept; the certificate names nobody.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from konbini.protocol.japan import JAPAN
from konbini.simulation.card.applet import CardContent
from konbini.simulation.town.files import write_once
from konbini.simulation.town.people import HeldWardCard, Population
from konbini.simulation.town.pki.authority import Life, key_pem
from konbini.ward_server.card_authority.authority import SERIAL_BYTES, WardCardAuthority
from konbini.ward_server.residents.bodies import CardKind
from konbini.ward_server.residents.dates import to_number
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.town import TownCard

__all__ = ["WardCardStock", "hand_out"]

_HOLDERS: Final = 12
_PINS: Final = 10_000


def hand_out(chance: random.Random, population: Population) -> Population:
    """Give the first who may have one a card of the ward's own."""
    holders = {
        person.record.resident: _held(chance, population.today)
        for person in itertools.islice(population.plain_without_card(), _HOLDERS)
    }
    people = (replace(one, ward_card=holders.get(one.record.resident)) for one in population.people)
    return replace(population, people=tuple(people))


def _held(chance: random.Random, today: dt.date) -> HeldWardCard:
    since = today - dt.timedelta(days=chance.randint(2, 1500))
    return HeldWardCard(pin=f"{chance.randrange(_PINS):04d}", counts_from=to_number(since))


@dataclass(frozen=True, slots=True, kw_only=True)
class WardCardStock:
    """The cards themselves.

    Attributes:
        folder: where keys and certificates are kept.
        authority: the ward's, which issues the certificates.
        certificate: the authority's own, DER.
        life: of every card.
    """

    folder: Path
    authority: WardCardAuthority
    certificate: bytes
    life: Life

    def content(self, resident: str, held: HeldWardCard) -> CardContent:
        """Give what is on the resident's card: made at the first asking, the same ever after.

        Raises:
            ValueError, OSError: what was kept cannot be read.
        """
        key = self._key(resident)
        return CardContent(
            auth_certificate=self._certificate(resident, key),
            auth_key=key,
            auth_ca=self.certificate,
            pin=held.pin.encode("ascii"),
        )

    def town_card(self, resident: str, held: HeldWardCard) -> TownCard:
        """Give the card as the registry takes it over.

        Raises:
            ValueError, OSError: as `content`.
        """
        certificate = x509.load_der_x509_certificate(self._certificate(resident, self._key(resident)))
        serial = certificate.serial_number.to_bytes(SERIAL_BYTES)
        return TownCard(
            card=CardSerial(issuer_key_id=self.authority.key_id, serial=serial),
            counts_from=held.counts_from,
            valid_until=to_number(self.life.ends.astimezone(JAPAN).date()),
            carrier=CardKind.WARD_CARD,
        )

    def _key(self, resident: str) -> ec.EllipticCurvePrivateKey:
        path = self.folder / f"{resident}.key"
        if not path.exists():
            write_once(path, key_pem(ec.generate_private_key(ec.SECP384R1())))
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{path.name} is no ward card's key")  # noqa: TRY004 - the file's content is wrong
        return key

    def _certificate(self, resident: str, key: ec.EllipticCurvePrivateKey) -> bytes:
        path, public = self.folder / f"{resident}.cer", key.public_key()
        if not path.exists():
            pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            token = hashlib.sha256(resident.encode("ascii")).digest()[:SERIAL_BYTES]
            issued = self.authority.issue(pem, token=token, begins=self.life.begins, ends=self.life.ends)
            write_once(path, issued.certificate)
        certificate = path.read_bytes()
        if x509.load_der_x509_certificate(certificate).public_key() != public:
            raise ValueError(f"{path.name} is another card's")
        return certificate
