"""docs/paper-seal.md says what the code does, and its example opens."""

from __future__ import annotations

import re
from pathlib import Path

from konbini.pdf.paper_seal.issuers import IssuerList
from konbini.pdf.paper_seal.items import LABELS, Item
from konbini.pdf.paper_seal.page_set import check_set
from konbini.pdf.paper_seal.signed_page import open_page
from konbini.pdf.paper_seal.status import Status, StatusList, check_status
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.errors import Code

DOCUMENT = (Path(__file__).parents[4] / "docs" / "paper-seal.md").read_text(encoding="utf-8")


def example(name: str) -> bytes:
    """Read one block of the example."""
    found = re.search(rf"^{name}\n((?:[0-9a-f]+\n)+)", DOCUMENT, re.MULTILINE)
    assert found is not None
    return bytes.fromhex(found[1].replace("\n", ""))


def test_the_items_are_the_codes() -> None:
    """Every item with its number and labels, in order, and no other."""
    rows = [f"| {int(item)} | {LABELS[item].japanese} | {LABELS[item].english} |" for item in Item]
    table = DOCUMENT.partition("### Items")[2].partition("\n\nA number")[0]
    assert table.strip().splitlines()[2:] == rows


def test_the_statuses_are_the_codes() -> None:
    """The four values of the table."""
    table = DOCUMENT.partition("| value | Token Status List | here |")[2].partition("\n\n")[0]
    numbers = [int(number) for number in re.findall(r"^\| ([0-9]+) \|", table, re.MULTILINE)]
    assert numbers == [int(status) for status in Status]


def test_every_refusal_that_it_names_is_one() -> None:
    """The names in capitals are codes, and every code about papers is among them."""
    named = {name for name in re.findall(r"`([A-Z_]+)`", DOCUMENT) if name in Code.__members__}
    assert {code.name for code in Code if code // 100 == 11} <= named
    assert set(re.findall(r"`((?:PAPER|FORM|SIGNATURE)_[A-Z_]+)`", DOCUMENT)) <= set(Code.__members__)


def test_the_example_opens() -> None:
    """Lists and page as they are printed there: signatures, facts, set, status."""
    authority = VerifyingKey(example("directory authority's point"))
    issuers = IssuerList.open(example("issuer list"), authority, newest_seen=1)
    statuses = StatusList.open(example("status list"), issuers)
    opened = open_page(example("page seal"), issuers)
    assert opened.seal.to_wire() == example("its body")
    assert (str(opened.seal.number), opened.key.name) == ("131997-251122-10000001-1", "東京都澄川区")
    check_set([opened.seal])
    check_status(opened.seal, statuses)
    assert [index for index in range(statuses.count) if statuses.status(index) is not Status.VALID] == [3, 10]
