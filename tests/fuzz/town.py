"""What comes into the register as text: lists of a town (CSV, JSON Lines), changes by operators; and its feed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from typing import Final

import cbor2

from konbini.protocol.batches import sign_batch
from konbini.protocol.errors import Refused
from konbini.protocol.shape import to_bytes
from konbini.simulation.town.listing import json_line, write_csv
from konbini.ward_server.residents.bodies import CardKind
from konbini.ward_server.residents.change_text import read_change, write_change
from konbini.ward_server.residents.changes import Restriction
from konbini.ward_server.residents.entry import RegisterEntry
from konbini.ward_server.residents.feed import CardSerial, EntryDraft, FeedEntry, FeedKind, FeedPosition, HoldChange
from konbini.ward_server.residents.feed_blocks import FeedBlock, FeedFollower
from konbini.ward_server.residents.importing.files import Chunk, Unreadable, _lines, chunks, open_list
from konbini.ward_server.residents.importing.rows import JsonForm, RowForm
from konbini.ward_server.residents.record import ForeignCategory, ForeignItems, RecordOpener, _context, record_bytes
from konbini.ward_server.residents.record_text import write_record
from konbini.ward_server.residents.town import TownCard, TownRow
from tests.fuzz.keys import signing_key
from tests.fuzz.mutating import cells, members, values
from tests.fuzz.target import Target, file_of
from tests.unit.ward_server.residents.conftest import record_of
from tests.unit.ward_server.residents.test_change_text import COMMON, bodies

__all__ = ["changes", "feed", "lists_csv", "lists_json", "records"]

_WARD: Final = "131997"
_WORDS: Final = (b'"', b'""', b",", b"\r\n", b"[{", b'":', b"null", b"\xef\xbb\xbf", b"\xf3\xa0\x84\x80", b"[[[[")


def _rows() -> list[TownRow]:
    foreign = ForeignItems(
        nationality="ブラジル",
        category=ForeignCategory.SPECIAL_PERMANENT,
        status_of_residence="永住者",
        period_of_stay="",
        period_ends=None,
        residence_card="AB12345678CD",
        became_foreign_resident=None,
    )
    card = TownCard(
        card=CardSerial(issuer_key_id=bytes(20), serial=b"\1\2"), counts_from=20260401, valid_until=20310331,
        carrier=CardKind.NUMBER_CARD,
    )  # fmt: skip
    measures = (Restriction(name="2026-017", planned_end=20270331),)
    return [
        TownRow(record=record_of(), individual_number="123456789018", cards=(card,), measures=measures),
        TownRow(
            record=record_of("000000000000002", foreign=foreign),
            individual_number=None,
            cards=(),
            measures=(),
            entry=RegisterEntry(postcode="1390001"),
        ),
    ]


def _judged(form: RowForm, found: Iterator[Chunk]) -> None:
    """Read rows as the preparer does, which takes these refusals for bad rows."""
    for chunk in found:
        for _place, row in chunk.rows:
            if isinstance(row, Unreadable):
                continue
            try:
                form.read(row)
            except (Refused, TypeError, ValueError):
                form.household(row)


def lists_csv() -> Target:
    """A town's list as CSV."""

    def run(data: bytes) -> None:
        try:
            with file_of(data) as path, open_list(path, _WARD) as (form, found):
                _judged(form, found)
        except Refused:
            return

    def seeds() -> Iterator[bytes]:
        with file_of(b"") as path:
            write_csv(path, _rows())
            yield path.read_bytes()

    return Target(run=run, seeds=seeds, mutate=cells, most=1 << 14, words=_WORDS)


def lists_json() -> Target:
    """A town's list as lines of JSON."""

    def run(data: bytes) -> None:
        file = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", errors="surrogateescape", newline="")
        _judged(JsonForm(_WARD), chunks(_lines(file)))

    def seeds() -> Iterator[bytes]:
        for row in _rows():
            yield f"{json_line(row)}\n".encode()

    return Target(run=run, seeds=seeds, mutate=members, most=1 << 14, words=_WORDS)


def changes() -> Target:
    """A change as an operator writes it; what was read is written and read again the same."""

    def run(data: bytes) -> None:
        try:
            change = read_change(data.decode("utf-8", "replace"))
        except Refused:
            return
        if read_change(write_change(change)) != change:
            raise AssertionError("a change of two writings")

    def seeds() -> Iterator[bytes]:
        record = json.loads(write_record(record_of()))
        for name, body in bodies(record).items():
            yield json.dumps({"kind": name, **COMMON, **body}, ensure_ascii=False).encode()
        yield 'kind = "hold_set"\nresident = "1"\nseen = 0\neffective = 20260921\nsource = "届"\nname = "a"\n'.encode()

    return Target(run=run, seeds=seeds, mutate=members, most=1 << 13, words=_WORDS)


def feed() -> Target:
    """Entries of the feed, rightly numbered, chained and signed, whatever they are: an array of them, or one."""
    key = signing_key("feed")
    after = FeedPosition(incarnation=1, number=6, newest=bytes(32), entered_under=1)

    def run(data: bytes) -> None:
        coded = _entries(data)
        follower = FeedFollower(_WARD, key.verifying, after, seen=lambda _number: None)
        for entry in _accepted(follower, _block(coded)):
            for read in (entry.link, entry.measure, entry.hold, entry.disposed):
                try:
                    read()
                except Refused:
                    continue
        _accepted(follower, data)

    def _block(coded: Sequence[bytes]) -> bytes:
        try:
            return FeedBlock.sign(coded, after, key, _WARD).to_bytes()
        except Refused:
            return b""  # a disposed entry that is none: no registry sends it

    def seeds() -> Iterator[bytes]:
        hold = HoldChange(hold="a", version=1, in_force=True)
        draft = EntryDraft(kind=FeedKind.HOLD, resident="1", version=1, body=to_bytes(hold))
        yield bytes(cbor2.dumps([to_bytes(draft), to_bytes(draft)]))
        yield FeedBlock.sign([to_bytes(draft)], after, key, _WARD).to_bytes()

    return Target(run=run, seeds=seeds, mutate=values)


def _accepted(follower: FeedFollower, block: bytes) -> Sequence[FeedEntry]:
    try:
        return follower.accept(block)
    except Refused:
        return ()


def _entries(data: bytes) -> Sequence[bytes]:
    try:
        found = cbor2.loads(data)
    except (cbor2.CBORError, ValueError, RecursionError):
        found = None
    is_list = isinstance(found, list) and found and all(isinstance(one, bytes) for one in found)
    return found[:64] if is_list else [data]


def records() -> Target:
    """A resident's record of anything, signed in a batch."""
    key = signing_key("records")

    def run(data: bytes) -> None:
        opener = RecordOpener(key.verifying, _WARD)
        for whole in (data, sign_batch([data, b"another"], key, _context(_WARD))[0]):
            try:
                opener.open(whole)
            except Refused:
                continue

    def seeds() -> Iterator[bytes]:
        for row in _rows():
            yield record_bytes(row.record)

    return Target(run=run, seeds=seeds, mutate=values)
