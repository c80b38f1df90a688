"""The cards themselves: for each a key of its own and a certificate, made when the card is first wanted, then kept.

One key a card, never shared: the services could not tell two cards apart otherwise. Making a key takes a tenth of a
second, so a town of thousands makes them one by one. Files are replaced as a whole, so that two processes may want the
same card at once: the first one's stays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from konbini.protocol.japan import JAPAN
from konbini.simulation.card.applet import CardContent
from konbini.simulation.town.files import write_once
from konbini.simulation.town.people import CardCondition, HeldCard
from konbini.simulation.town.pki.authority import Life, key_pem
from konbini.simulation.town.pki.cards import CardAuthority, new_card_key
from konbini.ward_server.residents.dates import to_number

__all__ = ["CardStock"]

_DAYS_OF_A_CARD = 5 * 365
_MAKERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CardStock:
    """The cards of one issuer.

    Attributes:
        folder: where keys and certificates are kept.
        authority: issues the certificates.
        moment: when the town was made, Unix seconds; lives of certificates lie around it.
    """

    folder: Path
    authority: CardAuthority
    moment: int

    def content(self, card: HeldCard) -> CardContent:
        """Give what is on a card: made at the first asking, the same ever after.

        Raises:
            ValueError, OSError: what was kept cannot be read.
        """
        key = self._key(card)
        return CardContent(
            auth_certificate=self._certificate(card, key.public_key()),
            auth_key=key,
            auth_ca=self.authority.authority.certificate_der(),
            pin=card.pin.encode("ascii"),
        )

    def last_day(self, card: HeldCard) -> int:
        """Give the last day in Japan (yyyymmdd) of a card's certificate."""
        return to_number(self._life(card).ends.astimezone(JAPAN).date())

    def prepare(self, cards: Sequence[HeldCard], progress: Callable[[int], None] = lambda _count: None) -> None:
        """Make these cards now, on two threads, so that nobody waits for one later; ends when all are made.

        Args:
            cards: which.
            progress: told how many are ready.

        Raises:
            ValueError, OSError: as `content`.
        """
        with ThreadPoolExecutor(_MAKERS) as makers:
            for count, _ in enumerate(makers.map(self.content, cards), 1):
                progress(count)

    def _key(self, card: HeldCard) -> rsa.RSAPrivateKey:
        path = self.folder / f"{card.serial:010d}.key"
        if not path.exists():
            write_once(path, key_pem(new_card_key()))
        # Its check takes longer than a visit's cryptography, and the certificate beside it says whose key it is.
        key = serialization.load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError(f"{path.name} is no card's key")  # noqa: TRY004 - the file's content is wrong
        return key

    def _certificate(self, card: HeldCard, public: rsa.RSAPublicKey) -> bytes:
        path = self.folder / f"{card.serial:010d}.cer"
        if not path.exists():
            issued = self.authority.issue(public, card.serial, self._life(card))
            write_once(path, issued.public_bytes(serialization.Encoding.DER))
        certificate = path.read_bytes()
        if x509.load_der_x509_certificate(certificate).public_key() != public:
            raise ValueError(f"{path.name} is another card's")
        return certificate

    def _life(self, card: HeldCard) -> Life:
        """Give the certificate's life: five years, that of an expired one over since yesterday."""
        if card.condition is CardCondition.EXPIRED:
            past, left = _DAYS_OF_A_CARD, -1
        else:
            past = 30 + card.serial % 1000
            left = _DAYS_OF_A_CARD - past
        return Life.around(self.moment, before=dt.timedelta(days=past), after=dt.timedelta(days=left))
