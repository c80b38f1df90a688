"""The town as it stands in its directory: where each file is, and the people and cards behind it.

    town.toml    what the town is made from; written last, so that a town without it is half made
    keys/        private keys, a folder for each process that holds them, `offline/` for those that none holds
    public/      certificates of authorities, the ward directory, the enrolments
    configs/     a TOML file for each process
    data/        what the processes keep
    run/         their sockets

Key files are open to their owner only. Everything is made for a demo: in a real ward no two of these folders are on one
machine, and what is in `offline/` is on none that serves.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from konbini.process.log_config import read_note_signer
from konbini.protocol.japan import JAPAN
from konbini.protocol.tlog.checkpoints import log_origin, witness_name
from konbini.protocol.tlog.notes import NoteKey, SignatureType
from konbini.simulation.card.applet import Card
from konbini.simulation.card.layout import WARD_CARD
from konbini.simulation.town.people import CardCondition, Population, Townsperson
from konbini.simulation.town.pki.authority import Authority, Credential, Life
from konbini.simulation.town.pki.cards import LIST_POINT, CardAuthority
from konbini.simulation.town.pki.revocations import AnswerMaker, ListMaker, Revocations
from konbini.simulation.town.populate import of_ward, populate
from konbini.simulation.town.seals import town_seal
from konbini.simulation.town.stock import CardStock
from konbini.simulation.town.typeface import TYPEFACE
from konbini.simulation.town.ward import Ward
from konbini.simulation.town.ward_cards import WardCardStock
from konbini.ward_server.card_authority.authority import WardCardAuthority
from konbini.ward_server.residents.bodies import MeasureCategory, Protection, Restriction
from konbini.ward_server.residents.dates import to_number
from konbini.ward_server.residents.town import TownCard, TownRow

__all__ = ["LOG_KEYS", "OWN_MACHINE", "Town"]

OWN_MACHINE = "W-0001"
"""The one machine of the ward's own (専用端末)."""
LOG_KEYS = (
    *("registry/log.key", "issuing/log.key", "clerk/log.key", "console/log.key", "center/log.key"),
    *("issuing/witness.key", "center/witness.key"),
)
"""Where the keys are that sign the logs' checkpoints and co-sign others'."""
_LIFE_OF_A_WARD_CARD = dt.timedelta(days=5 * 365)


@dataclass(frozen=True, kw_only=True)
class Town:
    """A complete town.

    Attributes:
        root: its directory.
        ward: its ward.
        moment: when it was made, Unix seconds; the lives of its keys lie around it.
        seed: its people's.
        residents: how many they are.
        kiosks: ids of its kiosks.
    """

    root: Path
    ward: Ward
    moment: int
    seed: int
    residents: int
    kiosks: tuple[str, ...]

    @property
    def keys(self) -> Path:
        """Private keys."""
        return self.root / "keys"

    @property
    def public(self) -> Path:
        """What everybody may read."""
        return self.root / "public"

    def vkey(self, place: str) -> NoteKey:
        """Give the public half of one of `LOG_KEYS`, with its name.

        Raises:
            OSError, ValueError: it cannot be read.
        """
        process, _, file = place.partition("/")
        is_witness = file == "witness.key"
        holder = "center" if process == "center" else self.ward.code
        log = "" if process == "center" else process
        name = witness_name(holder) if is_witness else log_origin(holder, log)
        kind = SignatureType.COSIGNATURE if is_witness else SignatureType.ED25519
        return read_note_signer(self.keys / place, name, kind).key

    @property
    def configs(self) -> Path:
        """Configurations."""
        return self.root / "configs"

    @property
    def data(self) -> Path:
        """What processes keep."""
        return self.root / "data"

    @property
    def run(self) -> Path:
        """Sockets."""
        return self.root / "run"

    @property
    def today(self) -> dt.date:
        """The day in Japan on which the town was made."""
        return dt.datetime.fromtimestamp(self.moment, JAPAN).date()

    @cached_property
    def population(self) -> Population:
        """The people, as they were on the day the town was made."""
        return of_ward(populate(self.seed, self.residents, self.today), self.ward)

    @cached_property
    def card_authority(self) -> CardAuthority:
        """Issues the residents' cards."""
        return CardAuthority(_authority(self.keys / "cards" / "authority"))

    @cached_property
    def ward_card_authority(self) -> WardCardAuthority:
        """Issues the ward's own cards (専用カード)."""
        stem = self.keys / "offline" / "ward-cards"
        return WardCardAuthority(stem.with_suffix(".pem").read_bytes(), stem.with_suffix(".key").read_bytes())

    def stock(self) -> CardStock:
        """Give the residents' cards."""
        return CardStock(folder=self.keys / "cards" / "stock", authority=self.card_authority, moment=self.moment)

    @cached_property
    def ward_stock(self) -> WardCardStock:
        """The ward's own cards."""
        return WardCardStock(
            folder=self.keys / "cards" / "ward-stock",
            authority=self.ward_card_authority,
            certificate=(self.public / "ward-card-authority.der").read_bytes(),
            life=Life.around(self.moment, before=dt.timedelta(days=30), after=_LIFE_OF_A_WARD_CARD),
        )

    def card_of(self, person: Townsperson) -> Card:
        """Give the card that a resident holds; one that was never wanted before takes a tenth of a second.

        Raises:
            ValueError: the resident has none.
        """
        if person.card is not None:
            return Card(self.stock().content(person.card))
        if person.ward_card is not None:
            return Card(self.ward_stock.content(person.record.resident, person.ward_card), layout=WARD_CARD)
        raise ValueError("this resident has no card")

    def foreign_stock(self) -> CardStock:
        """Give cards of an issuer whom the ward does not know, with the same serials."""
        authority = CardAuthority(_authority(self.keys / "cards" / "foreign"))
        return CardStock(folder=self.keys / "cards" / "foreign-stock", authority=authority, moment=self.moment)

    def revocations(self) -> Revocations:
        """Give the status of every card as on the day the town was made."""
        cards = [person.card for person in self.population.people if person.card]
        book = Revocations(self.card_authority.authority, [card.serial for card in cards])
        for card in cards:
            if card.condition is CardCondition.REVOKED:
                book.revoke(card.serial, self.moment)
        return book

    def answer_maker(self, revocations: Revocations) -> AnswerMaker:
        """Give what makes OCSP answers, with the responder's key."""
        stem = self.keys / "cards" / "responder"
        credential = Credential.from_pem(stem.with_suffix(".pem").read_bytes(), stem.with_suffix(".key").read_bytes())
        return AnswerMaker(credential, revocations)

    def list_maker(self, revocations: Revocations) -> ListMaker:
        """Give what makes revocation lists, with the card authority's key."""
        return ListMaker(self.card_authority.authority, revocations, LIST_POINT)

    def row(self, person: Townsperson) -> TownRow:
        """Give a resident as the registry takes one over."""
        cards = () if person.card is None else (person.card,)
        stock, resident, ward_card = self.stock(), person.record.resident, person.ward_card
        ward_cards = () if ward_card is None else (self.ward_stock.town_card(resident, ward_card),)
        return TownRow(
            record=person.record,
            individual_number=person.individual_number,
            cards=(
                *(
                    TownCard(
                        card=self.card_authority.card_serial(card.serial),
                        counts_from=card.counts_from,
                        valid_until=stock.last_day(card),
                    )
                    for card in cards
                ),
                *ward_cards,
            ),
            measures=() if person.measure is None else (self._measure(person.measure),),
            entry=person.entry,
            seal=None if person.seal is None else town_seal(person.seal, TYPEFACE),
        )

    def _measure(self, application: str) -> Restriction:
        """Give a measure as it is entered: begun on the day the town was made, for a year, categories in turn."""
        categories = tuple(MeasureCategory)
        return Restriction(
            name=application,
            planned_end=to_number(self.today + dt.timedelta(days=365)),
            category=categories[int(application[-4:]) % len(categories)],
            protection=Protection.APPLICANT,
            begun=to_number(self.today),
        )


def _authority(stem: Path) -> Authority:
    return Authority.from_pem(stem.with_suffix(".pem").read_bytes(), stem.with_suffix(".key").read_bytes())
