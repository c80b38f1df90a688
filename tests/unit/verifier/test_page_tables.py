"""The page's own tables beside ours: what its modules write down a second time is the same list."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from konbini.pdf.era import in_era
from konbini.pdf.facts import Mark
from konbini.pdf.paper_seal.items import WITHHELD_ITEMS, Item
from konbini.pdf.paper_seal.status import Status
from konbini.pdf.paper_seal.values import Withheld, to_wire
from konbini.protocol.kinds import MessageKind
from konbini.verifier.page_files import page_files
from konbini.verifier.verdict import Reason, Verdict, gravest
from konbini.verifier.words import MARKS


@pytest.fixture(scope="module")
def page() -> dict[str, str]:
    """The text of the page's own modules."""
    return {
        name: data.decode() for name, data in page_files().items() if name.endswith(".js") and not name.startswith("z")
    }


def written(text: str, pattern: str) -> str:
    """Give the one place of a module that a pattern finds."""
    (found,) = re.findall(pattern, text, re.DOTALL)
    return str(found)


def test_the_eras(page: dict[str, str]) -> None:
    """Each era begins on the day before which our paper prints another, and counts its years alike."""
    rows = re.findall(r'\["(\d{4}-\d\d-\d\d)", "(\w+)", (\d+)\]', page["era.js"])
    assert len(rows) == 5
    for first, name, before in rows:
        begins = date.fromisoformat(first)
        assert in_era(begins).startswith(name)
        second = int(before) + 10
        assert in_era(date(second, 12, 31)).startswith(f"{name}１０年")
    for first, name, _ in rows[:-1]:
        assert not in_era(date.fromisoformat(first) - timedelta(days=1)).startswith(name)
    with pytest.raises(ValueError, match="Gregorian"):
        in_era(date.fromisoformat(rows[-1][0]) - timedelta(days=1))


def test_the_marks(page: dict[str, str]) -> None:
    """The same numbers on the wire, and a word in both languages for each."""
    table = written(page["seal.js"], r"const mark = \{(.*?)\}")
    numbers = {int(number): name for number, name in re.findall(r'"(-\d)": "(\w+)"', table)}
    assert numbers == {to_wire(mark): mark.name.lower() for mark in (*Mark, *Withheld)}
    assert len(numbers) == len(MARKS)
    for name in numbers.values():
        assert len(re.findall(rf"^    {name}: ", page["words.js"], re.MULTILINE)) == 2


def test_both_languages_have_the_same_words(page: dict[str, str]) -> None:
    """No word of the page is there in one language alone, with its names in braces."""
    japanese, english = page["words.js"].split("\n  en: {")
    named = [
        {
            name: set(re.findall(r"\{\w+\}", said))
            for name, said in re.findall(r'^    (\w+): "(.*)",$', text, re.MULTILINE)
        }
        for text in (japanese, english)
    ]
    assert named[0] == named[1]
    assert named[0]


def test_the_items_of_their_own(page: dict[str, str]) -> None:
    """What may not stand in a seal, and what is a picture."""
    withheld = written(page["seal.js"], r"const WITHHELD = \[(.*?)\]")
    assert {Item(int(number)) for number in withheld.split(",")} == WITHHELD_ITEMS
    assert Item(int(written(page["seal.js"], r"const IMAGE = (\d+);"))) is Item.SEAL_IMPRINT


def test_the_statuses(page: dict[str, str]) -> None:
    """By their two bits."""
    names = re.findall(r'"(\w+)"', written(page["seal.js"], r"return (\[[^\]]*\])\[\(list\.bytes"))
    assert names == [status.name.lower() for status in sorted(Status)]


def test_what_is_signed(page: dict[str, str]) -> None:
    """The kinds of the three signed things."""
    kinds = re.findall(r"([A-Z_]+): (\d+)", written(page["cose.js"], r"const Kind = (.*?);"))
    assert {MessageKind[name]: int(number) for name, number in kinds} == {
        kind: int(kind) for kind in (MessageKind.PAGE_SEAL, MessageKind.ISSUER_LIST, MessageKind.STATUS_LIST)
    }


def test_the_order_of_verdicts_and_their_looks(page: dict[str, str]) -> None:
    """The page tells the reason that `konbini verify` tells, and shows each verdict in some colour."""
    names = re.findall(r'"(\w+)"', written(page["checking.js"], r"const GRAVEST_FIRST = \[(.*?)\]"))
    order = [Verdict[name.upper()] for name in names]
    assert set(order) == set(Verdict)
    for one in Reason:
        for other in Reason:
            found = order.index(gravest([one, other]).verdict)
            assert found == min(order.index(one.verdict), order.index(other.verdict))
    looks = written(page["view.js"], r"const LOOKS = \{(.*?)\}")
    assert {Verdict[name.upper()] for name in re.findall(r"(\w+): ", looks)} == set(Verdict)


def test_every_reason_of_the_page_has_its_sentence(page: dict[str, str]) -> None:
    """What a module gives as a reason is a name of sentences.json."""
    given = re.findall(r'new Refusal\("(\w+)"\)', page["seal.js"])
    judged = re.findall(r'reasons\.push\("(\w+)"\)|return "(\w+)"|\? "(\w+)" : "(\w+)"', page["checking.js"])
    given += [name for names in judged for name in names if name]
    assert len(set(given)) > 10
    assert set(given) <= {reason.value for reason in Reason}
