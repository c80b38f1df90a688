"""The ways of the benchmark make the same page, each with a signature that holds; and the command measures them."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # it ships no types
import pytest
import zxingcpp
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from konbini.commands.main import main
from konbini.pdf.binding import binding_of
from konbini.simulation.bench.material import Material, Way, make_material
from konbini.simulation.bench.ways import all_ways

_WAYS = ("ours", "naive", "typst", "pikepdf")
_NEAR = 1.5  # points


@pytest.fixture(scope="module")
def material() -> Material:
    """Two documents of two households."""
    return make_material(2)


@pytest.fixture(scope="module")
def ways(material: Material, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Way]:
    """Every way, ready."""
    return {way.name: way for way in all_ways(material, tmp_path_factory.mktemp("ways"))}


def _shown(pdf: bytes) -> list[tuple[str, float, float]]:
    """Every printed character and the left lower corner of its ink, spaces left out, in the order of the page."""
    document = pdfium.PdfDocument(pdf)
    text = document[0].get_textpage()
    try:
        return sorted(_characters(text), key=lambda one: (one[0], round(one[2]), one[1]))
    finally:
        text.close()
        document.close()


def _characters(text: pdfium.PdfTextPage) -> Iterator[tuple[str, float, float]]:
    for index in range(text.count_chars()):
        character = text.get_text_range(index, 1)
        if character.strip():
            left, bottom, _, _ = text.get_charbox(index)
            yield character, left, bottom


def test_every_way_is_met(ways: dict[str, Way]) -> None:
    """Ours first, as the ratios are to it."""
    assert tuple(ways) == _WAYS


@pytest.mark.parametrize("name", _WAYS[1:])
def test_a_peer_draws_the_same_text_at_the_same_place(ways: dict[str, Way], material: Material, name: str) -> None:
    """Character by character, labels and values, for two households."""
    for document in material.documents:
        ours, theirs = _shown(ways["ours"].make(document)), _shown(ways[name].make(document))
        assert [one[0] for one in theirs] == [one[0] for one in ours]
        away = [max(abs(one[1] - other[1]), abs(one[2] - other[2])) for one, other in zip(ours, theirs, strict=True)]
        assert sum(distance > _NEAR for distance in away) <= len(away) // 100  # equal characters may swap in the order


@pytest.mark.parametrize("name", _WAYS)
def test_every_way_signs(ways: dict[str, Way], material: Material, name: str) -> None:
    """One signature over the whole file, valid under the authority, PAdES."""
    reader = PdfFileReader(io.BytesIO(ways[name].make(material.documents[0])))
    (signature,) = reader.embedded_signatures
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(material.authority)], allow_fetching=False, revocation_mode="soft-fail"
    )
    status = validate_pdf_signature(signature, context)
    assert status.intact
    assert status.valid
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"


@pytest.mark.parametrize("name", _WAYS)
def test_documents_differ(ways: dict[str, Way], material: Material, name: str) -> None:
    """No way gives back what it made for somebody else: each document shows its own number."""
    for document in material.documents:
        text = "".join(character for character, _, _ in _shown(ways[name].make(document)))
        number = sorted(document.facts.number)
        assert all(text.count(figure) >= number.count(figure) for figure in set(number))


@pytest.mark.parametrize("name", _WAYS)
def test_every_way_draws_the_pages_seal(ways: dict[str, Way], material: Material, name: str) -> None:
    """The code reads back from the page at 300 dots to the inch; ours is signed anew, so its signature differs."""
    document = material.documents[1]
    (seal,) = document.seals
    opened = pdfium.PdfDocument(ways[name].make(document))
    try:
        picture = opened[0].render(scale=300 / 72, grayscale=True).to_pil()
    finally:
        opened.close()
    (code,) = zxingcpp.read_barcodes(picture)
    assert (code.bytes[:-64] if name == "ours" else code.bytes) == (seal[:-64] if name == "ours" else seal)


def test_ours_is_a_whole_certificate(ways: dict[str, Way], material: Material) -> None:
    """What is measured as ours is what the ward issues: binding and number inside, one signature after it."""
    document = material.documents[0]
    reader = PdfFileReader(io.BytesIO(ways["ours"].make(document)))
    assert binding_of(reader) == (document.binding, document.facts.number)
    assert reader.xrefs.total_revisions == 2


def test_the_command_prints_a_table_and_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Each way a row with figures; with `--json` the last line is for programs, with exactly these keys."""
    assert main(["bench", "certificate", "--documents", "5", "--json"]) == 0
    *rows, last = capsys.readouterr().out.splitlines()
    found = json.loads(last)
    assert list(found) == [*_WAYS, "ours_kb"]
    assert all(value > 0 for value in found.values())
    for name in _WAYS:
        assert any(re.match(rf"{name} +\d+\.\d+ +\d+\.\d+ +\d+ +\d+", row) for row in rows)
    assert re.fullmatch(
        r"clerk's reading, ms a page: \d+\.\d\d, \d+\.\d times our drawing of it \(\d+\.\d\d\)", rows[-1]
    )


def test_a_missing_peer_is_named(tmp_path: Path) -> None:
    """Where the peers are not installed the command says so, and ends with 2."""
    code = (
        "import sys; from importlib.machinery import PathFinder; find = PathFinder.find_spec\n"
        "PathFinder.find_spec = classmethod(lambda cls, name, *rest: None if name == 'typst' else find(name, *rest))\n"
        "from konbini.commands.main import main; raise SystemExit(main(['bench', 'certificate']))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)  # noqa: S603 - ourselves
    assert ran.returncode == 2
    assert "not installed: typst" in ran.stderr
