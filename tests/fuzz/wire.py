"""The wire: codec, signatures, seals, what is signed, answers, calls between processes, receipts' codes."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from konbini.pdf.paper_seal.issuers import IssuerList
from konbini.process.calls import LONGEST, _code, _frame, _parts, _read_frame, _request
from konbini.protocol.accounts import CenterCounts, DayFigures, span_of
from konbini.protocol.batches import BatchOpener, sign_batch, unchecked_member
from konbini.protocol.codec import decode, encode
from konbini.protocol.cose import Context, SigningKey, VerifyingKey, unchecked_payload
from konbini.protocol.errors import Refused
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import ANYONE, CENTER, MessageKind
from konbini.protocol.numbers import IssuanceNumber
from konbini.protocol.own_list import OwnList
from konbini.protocol.receipt_code import ReceiptCode, VisitEntries, VisitEntry
from konbini.protocol.sealing import PUBLIC_BYTES, SEAL_BYTES, SealedSize, SealingKey
from konbini.protocol.service import Notice, State
from konbini.protocol.shape import to_bytes
from konbini.protocol.tickets import Hello, Prekey, Ticket
from konbini.protocol.trust import Enrolment, MessageKeyCertificate, WardDirectory, WardEntry
from konbini.protocol.visits import Document, Menu, read_answer
from konbini.ward_server.keeping.disposal_list import Disposal, list_bytes, open_list, read_list
from konbini.ward_server.residents.comparing import HeldTree
from konbini.ward_server.residents.feed import Heartbeat
from tests.fuzz.keys import opening_key, signing_key
from tests.fuzz.messages import example
from tests.fuzz.mutating import behind, values
from tests.fuzz.target import Target, finished

__all__ = ["answers", "batch", "calls", "codec", "cose", "disposals", "numbers", "sealing", "signed", "visit_file"]

_WARD, _KIOSK, _MOMENT = "131997", "kiosk-1", 1_795_000_000
_MOST: Final = 1 << 16
_CONTEXT: Final = Context(kind=MessageKind.STATE, sender=_KIOSK, receiver=ANYONE)


def codec() -> Target:
    """One value has one encoding."""

    def run(data: bytes) -> None:
        try:
            value = decode(data, _MOST)
        except Refused:
            return
        if encode(value) != data:
            raise AssertionError("a value of another encoding was taken")

    def seeds() -> Iterator[bytes]:
        yield encode([0, -1, 2**63 - 1, b"", b"x" * 300, "", "見本", True, False, None, [], [[1], [2, [3]]]])
        yield encode([[[[[[[1]]]]]]])
        yield encode("e\u0301" * 200)

    return Target(run=run, seeds=seeds, mutate=values)


def cose() -> Target:
    """A COSE_Sign1 as it comes, and a payload of anything in a right one."""
    key = signing_key("cose")

    def run(data: bytes) -> None:
        if key.verifying.open(key.sign(data, _CONTEXT), _CONTEXT) != data:
            raise AssertionError("another payload than was signed")
        try:
            payload = unchecked_payload(data)
            opened = key.verifying.open(data, _CONTEXT)
        except Refused:
            return
        if opened != payload:
            raise AssertionError("the payload that was looked at is not the one that was signed")

    def seeds() -> Iterator[bytes]:
        yield key.sign(b"payload", _CONTEXT)
        yield key.sign(b"", _CONTEXT)
        yield key.sign(encode(["x" * 300]), _CONTEXT)

    return Target(run=run, seeds=seeds)


def sealing() -> Target:
    """By the first byte: what is padded within a right seal, a seal that was changed, a public key of anybody."""
    key = opening_key("sealing")
    genuine = key.sealing.seal(b"content", _CONTEXT, SealedSize.SMALL)

    def padded(data: bytes) -> None:
        whole = data[: SealedSize.SMALL].ljust(SealedSize.SMALL, b"\0")
        key.open(key.sealing._encrypt(whole, _CONTEXT), _CONTEXT)

    def changed(data: bytes) -> None:
        size = len(genuine) if len(data) < 16 else len(data)
        key.open(bytes(a ^ b for a, b in zip(genuine, data.ljust(size, b"\0"), strict=False)), _CONTEXT)

    def public(data: bytes) -> None:
        given = bytes(a ^ b for a, b in zip(key.sealing.public, data.ljust(PUBLIC_BYTES, b"\0"), strict=False))
        for point in (data, given, given[:-32] + data[-32:].ljust(32, b"\0")):
            SealingKey(point).seal(b"content", _CONTEXT, SealedSize.SMALL)

    ways = (padded, changed, public)

    def run(data: bytes) -> None:
        try:
            ways[data[0] % len(ways) if data else 0](data[1:])
        except Refused:
            return

    def seeds() -> Iterator[bytes]:
        yield b"\0" + len(b"content").to_bytes(4) + b"content"
        yield b"\0" + (SealedSize.SMALL - 4).to_bytes(4) + b"x" * (SealedSize.SMALL - 4)
        yield b"\1" + bytes(SEAL_BYTES)
        yield b"\2"
        yield b"\2" + bytes(PUBLIC_BYTES)

    return Target(run=run, seeds=seeds, most=1 + SealedSize.SMALL + SEAL_BYTES)


_Open = Callable[[bytes], object]


def _entry(identity: SigningKey) -> WardEntry:
    return WardEntry(
        ward=_WARD, name="東京都澄川区", name_english="Sumikawa City", identity=identity.verifying.point,
        paper_authorities=(),
    )  # fmt: skip


class _Office:
    """Whose tickets count here."""

    name = CENTER

    def __init__(self, key: VerifyingKey) -> None:
        self._key = key

    def key(self, claimed: Ticket) -> VerifyingKey:  # noqa: ARG002 - one key for all
        return self._key


def signed() -> Target:
    """By the first byte: the payload of each kind of signed message, rightly signed, whatever it says."""
    key = signing_key("signed")
    entry, office = _entry(key), _Office(key.verifying)
    certificate = MessageKeyCertificate(
        ward=_WARD, signing=key.verifying.point, begins=_MOMENT - 60, ends=_MOMENT + 3600
    ).sign(key)

    def context(kind: MessageKind, sender: str, receiver: str = ANYONE) -> Context:
        return Context(kind=kind, sender=sender, receiver=receiver)

    own = key.verifying
    kinds: tuple[tuple[type, Context, _Open], ...] = (
        (Prekey, context(MessageKind.PREKEY, _WARD), lambda data: Prekey.open(data, entry, _MOMENT)),
        (Hello, context(MessageKind.HELLO, _KIOSK, CENTER), lambda data: Hello.open(data, own, _KIOSK)),
        (Ticket, context(MessageKind.TICKET, CENTER), lambda data: Ticket.open(data, office, _MOMENT)),
        (
            WardDirectory,
            context(MessageKind.DIRECTORY, "directory authority"),
            lambda data: WardDirectory.open(data, own, newest_seen=1),
        ),
        (Enrolment, context(MessageKind.ENROLMENT, "enrolment authority"), lambda data: _enrolled(data, own)),
        (
            MessageKeyCertificate,
            context(MessageKind.MESSAGE_KEY, _WARD),
            lambda data: MessageKeyCertificate.open(data, entry, _MOMENT),
        ),
        (Notice, context(MessageKind.NOTICE, _WARD), lambda data: _noticed(data, certificate, entry)),
        (State, context(MessageKind.STATE, _KIOSK), lambda data: State.open(data, own, _KIOSK)),
        (
            DayFigures,
            context(MessageKind.FIGURES, _KIOSK, _WARD),
            lambda data: span_of(DayFigures.open(data, own, _KIOSK, _WARD).day),
        ),
        (
            CenterCounts,
            context(MessageKind.COUNTS, CENTER, _WARD),
            lambda data: span_of(CenterCounts.open(data, own, _WARD).day),
        ),
        (
            IssuerList,
            context(MessageKind.ISSUER_LIST, "directory authority"),
            lambda data: IssuerList.open(data, own, newest_seen=1),
        ),
        (Heartbeat, context(MessageKind.HEARTBEAT, _WARD), lambda data: Heartbeat.open(data, own, _WARD, bytes(16))),
        (HeldTree, context(MessageKind.HELD, _WARD), lambda data: HeldTree.open(data, own, _WARD, bytes(16))),
    )

    def run(data: bytes) -> None:
        _kind, where, read = kinds[data[0] % len(kinds) if data else 0]
        try:
            read(key.sign(data[1:], where))
        except Refused:
            return

    def seeds() -> Iterator[bytes]:
        for place, (kind, _where, _read) in enumerate(kinds):
            for seed in range(3):
                yield bytes((place,)) + example(kind, seed)
        yield bytes((6,)) + to_bytes(_notice(certificate))
        yield bytes((2,)) + to_bytes(_ticket())

    return Target(run=run, seeds=seeds, mutate=behind(1, values))


def _enrolled(data: bytes, key: VerifyingKey) -> object:
    return Enrolment.open(data, key).device_key_id


def _noticed(data: bytes, certificate: bytes, entry: WardEntry) -> object:
    return Notice.open(data, certificate, entry, _MOMENT).refusal(_MOMENT, _KIOSK)


def _notice(certificate: bytes) -> Notice:
    return Notice(
        ward=_WARD, serial=1, opens=390, closes=1380, maintenance_from=_MOMENT, maintenance_to=None, held=(),
        stopped=False, version="1", message_key=certificate, reopens=None, kinds=(), barred=("kiosk-9",),
    )  # fmt: skip


def _ticket() -> Ticket:
    return Ticket(
        visit_id=bytes(16), kiosk=_KIOSK, device_key_id=bytes(8), ward=_WARD, visit_keys=bytes(32), issued=_MOMENT,
        expires=_MOMENT + 60, prekey=b"",
    )  # fmt: skip


def batch() -> Target:
    """A member of a signed batch, with its way to the root."""
    key = signing_key("batch")
    payloads = [encode([place, "見本"]) for place in range(5)]

    def run(data: bytes) -> None:
        try:
            payload = BatchOpener(key.verifying, _CONTEXT).open(data)
        except Refused:
            return
        if payload not in payloads or unchecked_member(data) != payload:
            raise AssertionError("a payload that was never signed")

    def seeds() -> Iterator[bytes]:
        yield from sign_batch(payloads, key, _CONTEXT)
        yield from sign_batch(payloads[:1], key, _CONTEXT)

    return Target(run=run, seeds=seeds, mutate=values)


def answers() -> Target:
    """By the first byte: what a ward answers within a visit."""
    kinds = (Menu, Document, OwnList)

    def run(data: bytes) -> None:
        try:
            read_answer(kinds[data[0] % len(kinds) if data else 0], data[1:])
        except Refused:
            return

    def seeds() -> Iterator[bytes]:
        for place, kind in enumerate(kinds):
            yield bytes((place,)) + encode([0, decode(example(kind), _MOST)])
            yield bytes((place,)) + encode([301, None])

    return Target(run=run, seeds=seeds, mutate=behind(1, values))


def calls() -> Target:
    """Frames between processes: read from a stream as they come, as a call and as an answer; links' frames beside."""
    loop = asyncio.new_event_loop()
    loop.close()  # a reader belongs to one; here nobody waits in it

    async def feed(data: bytes) -> None:
        reader = asyncio.StreamReader(loop=loop)
        reader.feed_data(data)
        reader.feed_eof()
        while (frame := await _read_frame(reader, LONGEST)) is not None:
            _number, _status, content = _parts(frame, LONGEST)
            _code(content)
            _request(frame, LONGEST)

    def run(data: bytes) -> None:
        for read in (lambda: finished(feed(data)), lambda: Frame.from_bytes(data)):
            try:
                read()
            except Refused:
                continue

    def seeds() -> Iterator[bytes]:
        yield _frame(encode([1, 2, ["x", b"y", 3]])) + _frame(encode([2, 0, None]))
        yield _frame(encode([1, 1, 301]))
        yield Frame(kind=MessageKind.STATE, kiosk=_KIOSK, body=b"x").to_bytes()

    return Target(run=run, seeds=seeds, mutate=behind(4, values))


def visit_file() -> Target:
    """A visit's published file: what was sealed under its code, whatever it says; and the file itself."""
    code = ReceiptCode.parse("12345-67890-12345-67890-12345-67890")
    key = AESSIV(code._drawn("file", 64))

    def run(data: bytes) -> None:
        for file in (data, key.encrypt(data, None) if data else b""):
            try:
                code.open(file)
            except Refused:
                continue
        try:
            ReceiptCode.parse(data.decode("utf-8", "replace"))
        except Refused:
            return

    def seeds() -> Iterator[bytes]:
        entry = VisitEntry(log="konbini/131997/issuing", position=7, salt=bytes(32), entry=b"entry")
        content = to_bytes(VisitEntries(entries=(entry, entry)))
        yield len(content).to_bytes(4) + content + bytes(100)
        yield b"12345-67890-12345-67890-12345-67890"

    return Target(run=run, seeds=seeds, mutate=behind(4, values))


def disposals() -> Target:
    """The list of disposals: its file as it is, and one entry of anything, rightly signed."""
    key = signing_key("disposals")
    where = Context(kind=MessageKind.DISPOSAL, sender=_WARD, receiver=ANYONE)

    def run(data: bytes) -> None:
        for file in (data, list_bytes([key.sign(data, where)])):
            try:
                open_list(read_list(file), key.verifying, _WARD)
            except Refused:
                continue

    def seeds() -> Iterator[bytes]:
        yield list_bytes([example(Disposal), b""])
        yield example(Disposal)

    return Target(run=run, seeds=seeds, mutate=values)


def numbers() -> Target:
    """Numbers that people type or paper carries."""

    def run(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        try:
            number = IssuanceNumber.parse(text)
        except Refused:
            return
        if str(number) != text:
            raise AssertionError("a number of two writings")

    def seeds() -> Iterator[bytes]:
        yield str(IssuanceNumber.of(_WARD, dt.date(2026, 11, 20), 1, 17)).encode()

    return Target(run=run, seeds=seeds, most=64)
