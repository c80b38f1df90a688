"""Feeds spoilt seals and spoilt files to the verifier until its count or its time is used up; told of each by number.

python -m tests.integration.verifier.fuzz_child SEED COUNT SECONDS

Every input comes from its number alone, so that one that breaks something can be made again. Each number is written
before its input is tried: whoever watches sees a hang as silence, and a crash as the last number.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO

from cryptography.hazmat.primitives.asymmetric import ec

from konbini.pdf.fonts import Typeface
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.paper_seal.issuers import IssuerList
from konbini.pdf.paper_seal.signed_page import open_page
from konbini.pdf.paper_seal.status import Status
from konbini.pdf.specimen import specimen_template
from konbini.protocol.codec import encode
from konbini.protocol.cose import Context
from konbini.protocol.errors import Refused
from konbini.protocol.kinds import ANYONE, MessageKind
from konbini.protocol.trust import WardDirectory, WardEntry
from konbini.verifier.checking import check
from konbini.verifier.document import FileSignature
from konbini.verifier.lists import Lists, open_lists
from konbini.verifier.report import json_text, plain_text
from konbini.verifier.sheets import File, Sheet, look_at
from konbini.verifier.verdict import Reason
from tests.integration.pdf.conftest import Paper, make_paper
from tests.papers import NOON, Municipality, drawn, jpeg, png, seals_of, sheet
from tests.unit.pdf.conftest import FACE


class Material:
    """What is spoilt: genuine seals, and files of each kind that carry them."""

    def __init__(self) -> None:
        self.municipality = Municipality.make()
        self.codes = [code for people in (1, 4, 5) for code in self.municipality.codes(seals_of(people))]
        paper = make_paper(lambda: ec.generate_private_key(ec.SECP256R1()), datetime(2026, 10, 1, tzinfo=UTC))
        self.lists: Lists = open_lists(
            self.municipality.authority.verifying,
            self.municipality.issuers(),
            [self.municipality.statuses((Status.VALID,))],
            self._directory(paper),
        )
        self.issuers: IssuerList = self.lists.issuers
        page = sheet(self.codes[0], dpi=110)
        scan = BytesIO()
        page.save(scan, "PDF", resolution=110.0)
        form = ResidentRecordForm(specimen_template(), Typeface(FACE))
        unsigned, _pages = drawn(form, self.municipality, 1)
        own = paper.signer().sign(unsigned, NOON)
        pictures = [png(page), png(page.convert("P")), png(page.convert("RGBA")), jpeg(page)]
        self.files = [*pictures, scan.getvalue(), own, own]
        self.codes += [code for one in look_at("own.pdf", own).sheets for code in one.codes]
        report = check([look_at("own.pdf", own)], self.lists, NOON)
        if (report.reason, report.files[0].signature) != (Reason.VALID, FileSignature.HOLDS):
            raise AssertionError(f"the material itself is not valid: {report}")

    def _directory(self, paper: Paper) -> bytes:
        """Sign the ward directory that names the paper authority."""
        entry = WardEntry(
            ward=self.municipality.code,
            name="東京都澄川区",
            name_english="Sumikawa City, Tokyo",
            identity=self.municipality.pages.verifying.point,
            paper_authorities=(paper.authority,),
        )
        return WardDirectory(version=1, issued=NOON, wards=(entry,)).sign(self.municipality.authority)


def spoilt(data: bytes, chance: random.Random) -> bytes:
    """Change bytes, cut, repeat, insert: one to eight times."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        place, length = chance.randrange(len(made) or 1), chance.choice((1, 1, 1, 2, 4, 16, 200))
        match chance.randrange(6):
            case 0 | 1:
                made[place : place + 1] = chance.randbytes(1)
            case 2:
                made[place : place + length] = chance.randbytes(length)
            case 3:
                del made[place : place + length]
            case 4:
                made[place:place] = made[place : place + length]
            case _:
                made[place:place] = chance.choice((b"\x00", b"\xff", b"\x7f\xff\xff\xff", b"\x9f", b"\x5b")) * length
    return bytes(made)


def try_code(material: Material, chance: random.Random) -> None:
    """A spoilt seal: refused, or the very seal; whatever it is, a report is made of it."""
    code = spoilt(chance.choice(material.codes), chance)
    try:
        opened = open_page(code, material.issuers)
    except Refused:
        pass
    else:
        if code not in material.codes:
            raise AssertionError(f"a spoilt seal opened: {opened.seal.number}")
    report = check([File(name="f", sheets=(Sheet(codes=(code,), text=None),))], material.lists, NOON)
    json_text(report)
    plain_text(report)


def try_signed(material: Material, chance: random.Random) -> None:
    """A body that no ward would write, signed by the right key: what is behind the signature is as strict."""
    key, packed = material.municipality.pages, spoilt(seals_of(4)[0].to_wire(), chance)
    context = Context(kind=MessageKind.PAGE_SEAL, sender=material.municipality.code, receiver=ANYONE)
    payload = encode([1, key.verifying.key_id, chance.choice((0, 0, 0, 1, 2)), packed])
    code = key.sign(payload, context)
    report = check([File(name="f", sheets=(Sheet(codes=(code,), text=None),))], material.lists, NOON)
    json_text(report)
    plain_text(report)


def try_file(material: Material, chance: random.Random) -> None:
    """A spoilt PNG, JPEG or PDF: read or refused; a code in it is the genuine one or none at all."""
    file = look_at("f", spoilt(chance.choice(material.files), chance))
    if any(code not in material.codes for one in file.sheets for code in one.codes):
        raise AssertionError("a code that nobody made")
    json_text(check([file], material.lists, NOON))


def main() -> int:
    """Try one input after another."""
    seed, count, seconds = (int(word) for word in sys.argv[1:])
    material, ends = Material(), time.monotonic() + seconds
    ways: tuple[Callable[[Material, random.Random], None], ...] = (try_code, try_signed, try_file, try_file)
    for number in range(count):
        if time.monotonic() >= ends:
            break
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        ways[number % len(ways)](material, random.Random(f"{seed} {number}"))  # noqa: S311 - spoils, not secrets
    sys.stdout.write("done\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
