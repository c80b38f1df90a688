"""Paper: seals, lists, facts, pictures, fonts, and a document as clerk, kiosk and verifier read it."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

from konbini.pdf import reading
from konbini.pdf.facts import CertificateFacts
from konbini.pdf.file_structure import read_file
from konbini.pdf.font_file import FontFile, FontInvalid
from konbini.pdf.fonts import Face, Typeface
from konbini.pdf.forms.kinds import FORM_KINDS
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.originals import Originals
from konbini.pdf.paper_seal.page_seal import PageSeal, pack
from konbini.pdf.paper_seal.signed_page import open_page, sign_page
from konbini.pdf.paper_seal.status import Status, StatusList, check_status
from konbini.pdf.picture import Picture
from konbini.pdf.printed import form_of
from konbini.pdf.seal_facts import SealRegistrationFacts
from konbini.pdf.specimen import specimen_template
from konbini.pdf.specimen.seal_registration import specimen_seal_facts
from konbini.pdf.verification import verify
from konbini.protocol.codec import Value, encode
from konbini.protocol.cose import Context
from konbini.protocol.errors import Refused
from konbini.protocol.kinds import ANYONE, MessageKind
from konbini.protocol.shape import to_bytes
from konbini.protocol.trust import WardDirectory, WardEntry
from konbini.verifier.checking import check
from konbini.verifier.lists import Lists, open_lists
from konbini.verifier.report import json_text, plain_text
from konbini.verifier.sheets import File, Sheet, look_at
from tests.fuzz.edits import Document, Edit, edited, edits, written
from tests.fuzz.keys import p256, signing_key
from tests.fuzz.mutating import behind, der, lines, values
from tests.fuzz.target import Raw, Target
from tests.impressions import black_png
from tests.integration.pdf.conftest import Paper, make_paper
from tests.papers import NOON, NUMBER, Municipality, facts_of, jpeg, png, seals_of, sheet
from tests.unit.pdf.conftest import FACE
from tests.unit.pdf.documents import assembled

__all__ = [
    "clerk_reading", "document_files", "facts", "font_files", "kiosk_reading", "page_seals", "pictures",
    "status_lists", "verifier_files", "verifier_seals",
]  # fmt: skip

_BINDING: Final = bytes(32)
_START: Final = datetime(2026, 10, 1, tzinfo=UTC)


def _municipality() -> Municipality:
    return Municipality(authority=signing_key("directory"), pages=signing_key("pages"), status=signing_key("status"))


def _paper() -> Paper:
    keys = iter((p256("paper authority"), p256("clerk")))
    return make_paper(lambda: next(keys), _START)


def _lists(municipality: Municipality, *authorities: bytes) -> Lists:
    entry = WardEntry(
        ward=municipality.code,
        name="東京都澄川区",
        name_english="Sumikawa City, Tokyo",
        identity=municipality.pages.verifying.point,
        paper_authorities=authorities,
    )
    directory = WardDirectory(version=1, issued=NOON, wards=(entry,)).sign(municipality.authority)
    statuses = [municipality.statuses((Status.VALID,))]
    return open_lists(municipality.authority.verifying, municipality.issuers(), statuses, directory)


def _unsigned() -> tuple[bytes, list[bytes]]:
    """Draw a certificate of one person, with its seals."""
    municipality = _municipality()
    seals = municipality.codes(seals_of(1))
    form = ResidentRecordForm(specimen_template(), Typeface(FACE))
    return form.draw(facts_of(1), binding=_BINDING, seals=seals), seals


def page_seals() -> Target:
    """By the first byte: a seal as it comes; a body in any coding, rightly signed."""
    municipality = _municipality()
    lists = _lists(municipality)
    key = municipality.pages
    context = Context(kind=MessageKind.PAGE_SEAL, sender=municipality.code, receiver=ANYONE)

    def signed(data: bytes) -> bytes:
        coding = data[0] if data else 0
        packed = pack(data[1:]) if coding == 255 else [coding % 3, data[1:]]
        return key.sign(encode([1, key.verifying.key_id, *packed]), context)

    def run(data: bytes) -> None:
        code = signed(data[1:]) if data[:1] == b"\1" else data[1:]
        try:
            page = open_page(code, lists.issuers)
            if PageSeal.from_wire(page.seal.to_wire()) != page.seal:
                raise AssertionError("a body of two writings")
            check_status(page.seal, lists.statuses[0])
        except Refused:
            return

    def seeds() -> Iterator[bytes]:
        for people in (1, 5):
            for seal in seals_of(people):
                yield b"\0" + sign_page(seal, key)
                yield b"\1\0" + seal.to_wire()
                yield b"\1\xff" + seal.to_wire()

    return Target(run=run, seeds=seeds, mutate=behind(2, values), most=4096)


def status_lists() -> Target:
    """By the first byte: a list's fields, rightly signed; or statuses of anything, packed and signed."""
    municipality = _municipality()
    lists = _lists(municipality)
    page = seals_of(1)[0]
    context = Context(kind=MessageKind.STATUS_LIST, sender=municipality.code, receiver=ANYONE)

    def signed(data: bytes) -> bytes:
        if data[:1] == b"\1":
            count, rest = int.from_bytes(data[1:4]), data[4:]
            fields: list[Value] = [
                1,
                municipality.status.verifying.key_id,
                "131997",
                1,
                NOON - 60,
                NOON,
                2,
                count,
                rest,
            ]
            return municipality.status.sign(encode(fields), context)
        return municipality.status.sign(data[1:], context)

    def run(data: bytes) -> None:
        for content in (data, signed(data)):
            try:
                found = StatusList.open(content, lists.issuers)
                found.every()
                check_status(page, found)
            except Refused:
                continue

    def seeds() -> Iterator[bytes]:
        listed = StatusList.of(
            (Status.VALID, Status.VOID, Status.WITHDRAWN, Status.UNSETTLED, Status.VALID),
            key_id=municipality.status.verifying.key_id, municipality="131997", incarnation=1, issued=NOON - 60,
            expires=NOON,
        )  # fmt: skip
        yield b"\0" + to_bytes(listed)
        yield b"\1" + (5).to_bytes(3) + listed.packed
        yield b"\1" + (1 << 16).to_bytes(3) + zlib.compress(bytes(1 << 14), 9)

    return Target(run=run, seeds=seeds, mutate=behind(1, values))


def facts() -> Target:
    """What the clerk's facts are on the wire; what is read is written the same."""
    kinds = (CertificateFacts, SealRegistrationFacts)

    def run(data: bytes) -> None:
        for kind in kinds:
            try:
                form_of(data)
                read = kind.from_wire(data)
            except Refused:
                continue
            if read.to_wire() != data:
                raise AssertionError("facts of two writings")

    def seeds() -> Iterator[bytes]:
        yield facts_of(1).to_wire()
        yield facts_of(5).to_wire()
        yield specimen_seal_facts().to_wire()

    return Target(run=run, seeds=seeds, mutate=values, most=1 << 14)


def pictures() -> Target:
    """A PNG that may go to paper; parts and rows are changed within right checksums."""

    def run(data: bytes) -> None:
        try:
            Picture.from_png(data).to_stream()
        except ValueError:
            return

    def seeds() -> Iterator[bytes]:
        yield black_png(20, 20)
        yield black_png(33, 7, 8, note=b"note")

    return Target(run=run, seeds=seeds, mutate=_png, most=1 << 15, mebibytes=24)


def _png(data: bytes, most: int, seed: int, raw: Raw) -> bytes:
    chance = random.Random(seed)  # noqa: S311 - spoils, not secrets
    parts, at = [], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        parts.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    if not parts or chance.random() < 0.15:
        return raw(data, most)
    place = chance.randrange(len(parts))
    name, body = parts[place]
    match chance.randrange(6):
        case 0:
            del parts[place]
        case 1:
            parts.insert(place, chance.choice(parts))
        case 2 if name == b"IDAT":
            parts[place] = name, zlib.compress(bytes(1 << chance.randrange(25)))
        case 3 if name == b"IDAT":
            parts[place] = name, zlib.compress(raw(_rows(body), 4096))
        case _:
            parts[place] = name, raw(body, len(body) + 4)
    chunks = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )
    made = data[:8] + b"".join(chunks)
    return made if len(made) <= most else raw(data, most)


def _rows(body: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(body, 4096)
    except zlib.error:
        return bytes(16)


def font_files() -> Target:
    """An embedded font as the clerk reads it: each glyph's metrics and outline, and what stands for which character."""

    def run(data: bytes) -> None:
        try:
            font = FontFile(data, bare=True)
            font.heights  # noqa: B018 - read when asked for
            for glyph in range(min(len(font.records()), 64)):
                font.metrics(glyph)
                font.outline(glyph)
            font.characters.glyph("葛\U000e0102")
        except FontInvalid:
            return

    def seeds() -> Iterator[bytes]:
        face = Face(FACE)
        for text in ("1澄", "葛西見本辻"):
            yield face.cut_anew({0, *(face.glyph(one) or 0 for one in text)})[0]

    return Target(run=run, seeds=seeds, most=1 << 14)


def document_files() -> Target:
    """A file of our syntax, and of none."""

    def run(data: bytes) -> None:
        try:
            read_file(data)
        except Refused:
            return

    def seeds() -> Iterator[bytes]:
        bodies = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Kids [3 0 R] /Count 1 >>",
            b"<< /Length 3 >>\nstream\nabc\nendstream",
        ]
        yield assembled(bodies, b"<< /Size 4 /Root 1 0 R /ID [<00> <00>] >>")
        yield assembled(
            [b"[1 -2.5 true (text) <0AFF> /Name+x [[[[1]]]]]"], b"<< /Size 2 /Root 1 0 R /ID [<00> <00>] >>"
        )

    return Target(run=run, seeds=seeds, mutate=lines, words=(b"<<", b">>", b" 0 R", b"endobj\n", b"startxref", b"/ID"))


_TOKENS: Final = (
    b"<<", b">>", b"[", b"]", b" 0 R", b"/F1", b" Tf", b"BT\n", b"ET\n", b"q\n", b"Q\n", b" re f", b" cm", b"<0001>",
    b" Tj", b"/Length 0", b"0", b"-1", b"9999999999", b"0.000001", b"1e9",
)  # fmt: skip


def clerk_reading() -> Target:
    """Edits of a finished document, as the clerk reads it before it signs: its own stays, no other is taken."""
    unsigned, seals = _unsigned()
    document, template, own = Document(unsigned), specimen_template(), facts_of(1)
    originals = Originals((FACE,))

    def run(data: bytes) -> None:
        pdf = document.edited(edits(data))
        try:
            reading.check(pdf, own, template, _BINDING, seals, originals=originals, kinds=FORM_KINDS)
        except Refused:
            return

    def seeds() -> Iterator[bytes]:
        yield b""
        for which in range(len(document)):
            yield written(Edit(which=which, place=40, removed=1, inserted=b"0"))
            yield written(Edit(which=128 + which, place=9, removed=1, inserted=b"1"))

    return Target(run=run, seeds=seeds, most=512, seconds=3, mebibytes=128, words=_TOKENS)


def kiosk_reading() -> Target:
    """By the first byte: edits of the signed file, of the document that is then signed, or of the signature's CMS."""
    paper = _paper()
    signer = paper.signer()
    unsigned, _seals = _unsigned()
    document = Document(unsigned)
    signed = signer.sign(unsigned, paper.moment)
    begins = signed.index(b"/Contents <") + len(b"/Contents <")
    ends = signed.index(b">", begins)
    message = bytes.fromhex(signed[begins:ends].decode())
    length = 4 + int.from_bytes(message[2:4])

    def made(data: bytes) -> bytes:
        way, rest = data[:1], data[1:]
        if way == b"\1":
            return signer.sign(document.edited(edits(rest)), paper.moment)
        if way == b"\2":
            found = rest if rest[:1] == b"\x30" else _edited(message[:length], rest)
            room = (ends - begins) // 2
            return signed[:begins] + found[:room].ljust(room, b"\0").hex().encode() + signed[ends:]
        return _edited(signed, rest)

    def run(data: bytes) -> None:
        try:
            pdf = made(data)
        except (Refused, ValueError):
            return  # what is edited so cannot be signed
        try:
            verify(pdf, authorities=[paper.authority], moment=paper.moment, number=NUMBER, binding=_BINDING, pages=1)
        except Refused:
            return

    def seeds() -> Iterator[bytes]:
        for way in range(3):
            yield bytes((way,))
            for place in (9, 400, 900, 20_000):
                yield bytes((way,)) + written(Edit(which=3, place=place, removed=2, inserted=b"0"))
        yield b"\2" + message[:length]

    return Target(run=run, seeds=seeds, mutate=_or_message, most=4096, seconds=3, mebibytes=96, words=_TOKENS)


def _or_message(data: bytes, most: int, seed: int, raw: Raw) -> bytes:
    return b"\2" + der(data[1:], most - 1, seed, raw) if data[:2] == b"\2\x30" else raw(data, most)


def _edited(content: bytes, data: bytes) -> bytes:
    for one in edits(data):
        content = edited(content, one)
    return content


def verifier_seals() -> Target:
    """By the first byte: a seal as it comes, or a body rightly signed; a report is made of it whatever it is."""
    municipality = _municipality()
    lists = _lists(municipality)
    context = Context(kind=MessageKind.PAGE_SEAL, sender=municipality.code, receiver=ANYONE)
    key = municipality.pages

    def code(data: bytes) -> bytes:
        if data[:1] == b"\1":
            return key.sign(encode([1, key.verifying.key_id, *pack(data[1:])]), context)
        return data[1:]

    def run(data: bytes) -> None:
        whole = municipality.codes(seals_of(1))
        for codes in ((code(data),), (*whole, code(data))):
            sheets = tuple(Sheet(codes=(one,), text="text") for one in codes)
            report = check([File(name="f", sheets=sheets)], lists, NOON)
            json_text(report)
            plain_text(report)

    def seeds() -> Iterator[bytes]:
        for seal in seals_of(4):
            yield b"\0" + sign_page(seal, key)
            yield b"\1" + seal.to_wire()

    return Target(run=run, seeds=seeds, mutate=behind(1, values), most=4096)


def verifier_files() -> Target:
    """By the first byte: edits of a picture, a scan or the ward's own file, as anybody hands one in."""
    municipality, paper = _municipality(), _paper()
    lists = _lists(municipality, paper.authority)
    unsigned, seals = _unsigned()
    document = Document(unsigned)
    page = sheet(seals[0], dpi=60)
    files: tuple[Callable[[bytes], bytes], ...] = (
        lambda data: _edited(png(page), data),
        lambda data: _edited(jpeg(page), data),
        lambda data: document.edited(edits(data)),
        lambda data: _edited(paper.signer().sign(unsigned, NOON), data),
        lambda data: data,
    )

    def run(data: bytes) -> None:
        made = files[data[0] % len(files) if data else 0](data[1:])
        file = look_at("f", made)
        if any(code not in seals for one in file.sheets for code in one.codes):
            raise AssertionError("a code that nobody made")
        report = check([file], lists, NOON)
        json_text(report)
        plain_text(report)

    def seeds() -> Iterator[bytes]:
        for which in range(len(files)):
            yield bytes((which,))
            yield bytes((which,)) + written(Edit(which=3, place=40, removed=2, inserted=b"0"))
        yield b"\4%PDF-1.7\n"

    return Target(run=run, seeds=seeds, most=512, seconds=8, mebibytes=400, words=(*_TOKENS, b"IHDR", b"IDAT", b"tEXt"))
