"""A chunk of a town's list made ready: judged, signed and sealed, in whatever process, without the registry's store.

Each row passes the same rules and the same hands as a change that an operator enters (`town.row_effects`,
`scribe.Writer`, `RegistryTransaction`), on a connection that keeps the rows (`recorder.Recorder`); what is left for the
store's one writer is to insert them and to give the feed's entries their numbers.

Invariant: what a chunk makes is of residents whom nobody knows yet; whoever inserts it checks that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from konbini.process.statements import Parameters
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.feed import CardSerial, EntryDraft
from konbini.ward_server.residents.importing.claims import Claimant, ClaimKind, Standing
from konbini.ward_server.residents.importing.files import Chunk, Unreadable
from konbini.ward_server.residents.importing.recorder import Recorder
from konbini.ward_server.residents.importing.rows import RowForm
from konbini.ward_server.residents.record import Presence
from konbini.ward_server.residents.scribe import RecordPen, Writer
from konbini.ward_server.residents.sealed_rows import Vault
from konbini.ward_server.residents.store import NumberKind, SealedEntry
from konbini.ward_server.residents.town import TownRow, row_effects
from konbini.ward_server.residents.transaction import RegistryTransaction

__all__ = ["BadRow", "Prepared", "Preparer"]

_HEAD = "世帯主"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that keeps the town out: its place (a file's line, or counted from 1), and why, naming no one."""

    place: int
    code: Code
    detail: str


@dataclass(slots=True, kw_only=True)
class Prepared:
    """What became of a chunk.

    Attributes:
        count: rows that were looked at.
        bad: those that keep the town out.
        claims: for `Claims`.
        residents: place and resident of each good row.
        cards: place and card of each good row's cards.
        seals: place and seal's number of each good row that has one.
        numbers: place, kind and keyed hash of each good row's individual number and resident code.
        rows: rows to insert, by statement, in this order.
        blocks: entries of the feed, a batch at a time.
    """

    count: int = 0
    bad: list[BadRow] = field(default_factory=list)
    claims: bytearray = field(default_factory=bytearray)
    residents: list[tuple[int, str]] = field(default_factory=list)
    cards: list[tuple[int, CardSerial]] = field(default_factory=list)
    seals: list[tuple[int, str]] = field(default_factory=list)
    numbers: list[tuple[int, NumberKind, bytes]] = field(default_factory=list)
    rows: dict[str, list[Parameters]] = field(default_factory=dict)
    blocks: list[tuple[SealedEntry, ...]] = field(default_factory=list)


class Preparer:
    """Prepares chunks of one list.

    Args:
        vault: what seals.
        pen: what signs.
        form: how a row is read; None where rows are `TownRow` already.
        change_id: the change that everything rests on.
        claim_key: the key of the claims, 32 bytes, the same for all chunks of a list.
    """

    def __init__(self, vault: Vault, pen: RecordPen, form: RowForm | None, *, change_id: str, claim_key: bytes) -> None:
        self._vault = vault
        self._pen = pen
        self._form = form
        self._change_id = change_id
        self._claimant = Claimant(claim_key)

    def prepare(self, chunk: Chunk, *, judge_only: bool) -> Prepared:
        """Prepare a chunk; `judge_only` where the town is kept out already and nothing will be inserted."""
        made = Prepared(count=len(chunk.rows))
        recorder = Recorder()
        transaction = RegistryTransaction(recorder, self._vault)

        def feed(drafts: list[EntryDraft]) -> None:
            made.blocks.append(transaction.seal_entries(drafts))

        writer = Writer(transaction, self._pen, self._change_id, feed)
        for place, row in chunk.rows:
            try:
                self._take(made, transaction, writer, place, self._read(row))
            except Refused as refused:
                self._bad(made, place, row, refused)
            except (TypeError, ValueError) as error:  # a field that breaks its own declaration
                self._bad(made, place, row, Refused(Code.CHANGE_INVALID, str(error)))
        writer.flush()
        if made.bad or judge_only:
            made.rows, made.blocks = {}, []
        else:
            made.rows = recorder.rows
        return made

    def _read(self, row: Any) -> TownRow:  # noqa: ANN401 - as its form takes it
        if isinstance(row, Unreadable):
            raise Refused(Code.CHANGE_INVALID, row.reason)
        if self._form is not None:
            return self._form.read(row)
        if not isinstance(row, TownRow):
            raise TypeError("no row of a town")
        return row

    def _take(self, made: Prepared, transaction: RegistryTransaction, writer: Writer, place: int, row: TownRow) -> None:
        for effect in row_effects(transaction, self._pen.municipality, row):
            writer.write(effect)
        made.claims += self._claims(place, row)
        made.residents.append((place, row.record.resident))
        made.cards.extend((place, held.card) for held in row.cards)
        if row.seal is not None:
            made.seals.append((place, row.seal.seal.number))
        numbers = (
            (NumberKind.INDIVIDUAL_NUMBER, row.individual_number),
            (NumberKind.RESIDENT_CODE, row.record.resident_code),
        )
        made.numbers.extend(
            (place, kind, transaction.number_hash(kind, number)) for kind, number in numbers if number is not None
        )

    def _claims(self, place: int, row: TownRow) -> bytes:
        record, claimant = row.record, self._claimant
        only: Sequence[tuple[ClaimKind, str | None]] = (
            (ClaimKind.RESIDENT, record.resident),
            (ClaimKind.RESIDENT_CODE, record.resident_code),
            (ClaimKind.INDIVIDUAL_NUMBER, row.individual_number),
            (ClaimKind.SEAL_NUMBER, None if row.seal is None else row.seal.seal.number),
        )
        claims = [claimant.only(kind, what.encode(), place) for kind, what in only if what is not None]
        for held in row.cards:
            card = held.card
            claims.append(claimant.only(ClaimKind.CARD, card.issuer_key_id + b"\x00" + card.serial, place))
        if record.presence is not Presence.PRESENT:  # it stands in no household
            return b"".join(claims)
        standing = Standing.HEAD if record.relationship == _HEAD else Standing.MEMBER
        claims.append(claimant.member(record.household, place, order=record.order, standing=standing, head=record.head))
        return b"".join(claims)

    def _bad(self, made: Prepared, place: int, row: Any, refused: Refused) -> None:  # noqa: ANN401 - as it came
        made.bad.append(BadRow(place=place, code=refused.code, detail=refused.detail))
        household = self._household(row)
        if household is not None:
            made.claims += self._claimant.member(household, place, order=0, standing=Standing.UNREAD, head="")

    def _household(self, row: Any) -> str | None:  # noqa: ANN401 - as it came
        if isinstance(row, TownRow):
            return row.record.household
        return None if self._form is None or isinstance(row, Unreadable) else self._form.household(row)
