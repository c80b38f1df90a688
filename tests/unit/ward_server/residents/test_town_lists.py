"""Lists of a town: what is written is read, whatever else is refused by its line; the document names every column."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code, Refused
from konbini.simulation.town.listing import json_line, write_csv, write_json_lines
from konbini.ward_server.residents.bodies import CardKind, MeasureCategory, Protection
from konbini.ward_server.residents.changes import Restriction
from konbini.ward_server.residents.entry import (
    Administrative,
    Coverage,
    DeathDay,
    Doubt,
    ForeignKept,
    MailName,
    NumberCard,
    NumberCardStatus,
    RegisterEntry,
    Remark,
    RemarkKind,
    Removed,
)
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.importing.columns import BESIDE, COLUMNS, FOREIGN, JAPANESE, KEPT, KEPT_FIELDS
from konbini.ward_server.residents.importing.files import Unreadable, open_list
from konbini.ward_server.residents.importing.rows import CsvForm, JsonForm
from konbini.ward_server.residents.record import ForeignCategory, ForeignItems, Sex
from konbini.ward_server.residents.seal import NameForm, SealRegistered
from konbini.ward_server.residents.town import TownCard, TownRow, TownSeal
from tests.impressions import seal_image
from tests.unit.ward_server.residents.conftest import record_of

WARD = "131997"
DOCUMENT = Path(__file__).parents[4] / "docs" / "import.md"

_plain = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="\ufeff"), min_size=1, max_size=12
)
_names = st.builds("{}\U000e0102{}".format, st.sampled_from("葛辻邉"), _plain)
_days = st.dates(min_value=dt.date(1800, 1, 1)).map(lambda day: day.year * 10000 + day.month * 100 + day.day)
_foreign = st.builds(
    ForeignItems,
    nationality=_plain,
    category=st.sampled_from(ForeignCategory),
    status_of_residence=_plain,
    period_of_stay=_plain,
    period_ends=st.none() | _days,
    residence_card=_plain,
    became_foreign_resident=st.none() | _days,
)
_records = st.builds(
    record_of,
    _plain,
    household=_plain,
    order=st.integers(1, 999),
    name=_names,
    reading=st.just("") | _plain,
    former_name=st.none() | _names,
    alias=st.none() | _names,
    birth=_days | st.sampled_from((0, 19550000, 19550300)),
    sex=st.sampled_from(Sex),
    relationship=_plain,
    head=_names,
    address=_plain,
    address_detail=st.none() | _plain,
    moved_in=st.none() | _days,
    name_in_registration=st.booleans(),
    resident_code=st.none() | st.just("00000123457"),
    foreign=st.none() | _foreign,
    remarks=st.just("") | _plain,
)
HEADER = (*(column.name for column in (*COLUMNS, *FOREIGN, *KEPT)), *BESIDE)
_bytes = st.binary(min_size=1, max_size=20)
_restrictions = st.lists(
    st.builds(
        Restriction,
        name=_plain,
        planned_end=st.none() | _days,
        category=st.none() | st.sampled_from(MeasureCategory),
        protection=st.none() | st.sampled_from(Protection),
        remark=st.just("") | _plain,
        begun=st.none() | _days,
    ),
    max_size=2,
).map(tuple)
_seals = st.builds(
    SealRegistered,
    number=_plain,
    form=st.sampled_from(NameForm),
    text=_plain,
    katakana=st.none() | _plain,
    image=st.sampled_from((seal_image(), seal_image(12.5))),
)
_entries = st.builds(
    RegisterEntry,
    postcode=st.sampled_from(("", "1390001")),
    alias_reading=st.none() | _plain,
    katakana=st.none() | _plain,
    name_before=st.none() | _names,
    removed=st.none()
    | st.builds(
        Removed, ceased=st.none() | _days, death=st.none() | st.builds(DeathDay, first=_days, doubt=st.just(Doubt.NONE))
    ),
    number_card=st.none() | st.builds(NumberCard, status=st.sampled_from(NumberCardStatus), issued=st.none() | _days),
    foreign=st.none() | st.builds(ForeignKept, mail_name=st.sampled_from(MailName)),
    administrative=st.builds(Administrative, voter=st.booleans(), health=st.builds(Coverage, since=st.none() | _days)),
    remarks=st.lists(st.builds(Remark, kind=st.sampled_from(RemarkKind), text=_plain), max_size=2).map(tuple),
)
_rows = st.builds(
    TownRow,
    record=_records,
    individual_number=st.none() | st.just("123456789018"),
    cards=st.lists(
        st.builds(
            TownCard,
            card=st.builds(CardSerial, issuer_key_id=_bytes, serial=_bytes),
            counts_from=_days,
            valid_until=st.none() | _days,
            carrier=st.sampled_from(CardKind),
        ),
        max_size=2,
    ).map(tuple),
    measures=_restrictions,
    holds=_restrictions,
    seal=st.none() | st.builds(TownSeal, registered=_days, seal=_seals),
    entry=st.none() | _entries,
).map(
    lambda row: (
        row
        if row.entry is None or row.record.foreign is not None
        else replace(row, entry=replace(row.entry, katakana=None))
    )
)
"""A name in katakana is a foreign resident's."""


def read(path: Path) -> list[tuple[int, TownRow | str]]:
    """Read a whole list: each row's line, and the row or why it is none."""
    found: list[tuple[int, TownRow | str]] = []
    with open_list(path, WARD) as (form, listed):
        for chunk in listed:
            for line, row in chunk.rows:
                try:
                    found.append((line, row.reason if isinstance(row, Unreadable) else form.read(row)))
                except Refused as refused:
                    found.append((line, f"{refused.code.name} {refused.detail}"))
    return found


def kind_of(attempt: Callable[[], object]) -> type | Code:
    """Give the type of what comes out, or the code of the refusal."""
    try:
        return type(attempt())
    except Refused as refused:
        return refused.code


@given(rows=st.lists(_rows, max_size=4))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, rows: list[TownRow]) -> None:
    """As CSV and as JSON Lines, with variation selectors, commas, quotation marks and blanks at the ends."""
    folder = tmp_path_factory.mktemp("list")
    assert write_csv(folder / "list.csv", rows) == len(rows)
    write_json_lines(folder / "list.jsonl", rows)
    expected = list(enumerate(rows, start=2))
    assert read(folder / "list.csv") == expected
    assert read(folder / "list.jsonl") == [(line - 1, row) for line, row in expected]


@given(content=st.binary(max_size=300), name=st.sampled_from(("list.csv", "list.jsonl")), header=st.booleans())
def test_garbage_is_refused_by_its_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str, *, header: bool
) -> None:
    """Nothing crashes, whatever the bytes are."""
    path = tmp_path_factory.mktemp("list") / name
    names = ",".join(column.name for column in (*COLUMNS, *KEPT)).encode() + b"\n"
    path.write_bytes((names if header and name.endswith("csv") else b"") + content)
    assert kind_of(lambda: read(path)) in {list, Code.CHANGE_INVALID}


_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(name=st.sampled_from((*(column.name for column in (*COLUMNS, *KEPT)), "foreign", *BESIDE)), value=_values)
def test_any_value_in_any_member_is_read_or_refused(name: str, value: Any) -> None:  # noqa: ANN401 - any JSON
    """One good row with one member changed."""
    written = json.loads(json_line(TownRow(record=record_of(), individual_number=None, cards=(), measures=())))
    written[name] = value
    assert kind_of(lambda: JsonForm(WARD).read(json.dumps(written))) in {TownRow, Code.CHANGE_INVALID}


@given(name=st.sampled_from(HEADER), cell=st.text(max_size=12))
def test_any_text_in_any_cell_is_read_or_refused(name: str, cell: str) -> None:
    """The same for a row of cells."""
    form = CsvForm(WARD, HEADER)
    good = {column.name: "" for column in COLUMNS} | {
        "resident": "1",
        "household": "1",
        "order": "1",
        "name": "名",
        "birth": "0",
        "sex": "male",
        "relationship": "世帯主",
        "head": "名",
        "address": "住所",
    }
    row = [cell if one == name else good.get(one, "") for one in HEADER]
    assert kind_of(lambda: form.read(row)) in {TownRow, Code.CHANGE_INVALID}


CARD = CardSerial(issuer_key_id=b"\x01\x02", serial=b"\x09")
LISTED = '[{"name": "S-1", "planned_end": 20270401, "begun": 20260401, "category": "stalking", "remark": "メモ"}]'


@pytest.mark.parametrize(
    ("name", "cell", "expected"),
    [
        ("cards", "0102:09:20240401", (TownCard(card=CARD, counts_from=20240401),)),
        (
            "cards",
            "0102:09:20240401:20290401; 0102:09:20240401:phone",
            (
                TownCard(card=CARD, counts_from=20240401, valid_until=20290401),
                TownCard(card=CARD, counts_from=20240401, carrier=CardKind.PHONE),
            ),
        ),
        ("cards", "0102:09:20240401:20290401:slate", None),
        ("cards", "0102:09:20240401:20291301", None),
        (
            "measures",
            "S-1;S-2:20270401",
            (Restriction(name="S-1", planned_end=None), Restriction(name="S-2", planned_end=20270401)),
        ),
        (
            "holds",
            LISTED,
            (
                Restriction(
                    name="S-1",
                    planned_end=20270401,
                    begun=20260401,
                    category=MeasureCategory.STALKING,
                    remark="メモ",
                ),
            ),
        ),
        ("measures", LISTED.replace("S-1", ""), None),
        ("measures", LISTED.replace("メモ", "\\n"), None),
        ("measures", LISTED.replace("}]", ', "in_force": true}]'), None),
        ("entry", '{"leaving_to": "隣町"}', RegisterEntry(postcode="1500001", leaving_to="隣町")),
        ("alias_reading", "ドウモト", RegisterEntry(postcode="1500001", alias_reading="ドウモト")),
        ("entry", '{"postcode": "1500001"}', None),
        ("entry", '{"alias_reading": "隣町"}', None),
        ("entry", '{"katakana": "隣町"}', None),
        ("entry", '{"leaving_to": "隣町", "leaving_to": "隣町"}', None),
        ("entry", '{"leaving_to": "\\ud800"}', None),
        ("entry", "[]", None),
        ("seal", "{}", None),
        (
            "seal",
            '{"registered": 20240401, "number": "1", "form": "name", "text": "葛城", "image": {"png": "*"}}',
            None,
        ),
    ],
)
def test_what_stands_beside_the_record_in_a_cell(name: str, cell: str, expected: object) -> None:
    """The short forms and the objects; None where it is refused, by the reason and not by what stands there."""
    header = [*(column.name for column in (*COLUMNS, *KEPT) if column.required), name]
    good = {"order": "1", "birth": "0", "sex": "male"}
    row = [*(good.get(one, "字") for one in header[:-1]), cell]
    row[header.index("postcode")] = "1500001"
    if expected is not None:
        assert getattr(CsvForm(WARD, header).read(row), "entry" if name in KEPT_FIELDS else name) == expected
        return
    with pytest.raises(Refused) as refusal:
        CsvForm(WARD, header).read(row)
    assert refusal.value.code is Code.CHANGE_INVALID
    assert not set(refusal.value.detail) & set("葛城隣町メモ*")


@pytest.mark.parametrize("day", [10**30, -1, 2**63 - 1, 99991231_0000])
def test_a_day_beyond_any_calendar_is_refused(day: int) -> None:
    """Whatever the number, in a list and on the wire."""
    written = json.loads(json_line(TownRow(record=record_of(), individual_number=None, cards=(), measures=())))
    for name in ("birth", "moved_in"):
        assert kind_of(lambda name=name: JsonForm(WARD).read(json.dumps(written | {name: day}))) is Code.CHANGE_INVALID  # type: ignore[misc]


def test_encodings_marks_and_japanese_names(tmp_path: Path) -> None:
    """A byte order mark is passed over, a row that is not UTF-8 is named, columns may have Japanese names."""
    row = TownRow(record=record_of(), individual_number="123456789018", cards=(), measures=())
    write_csv(tmp_path / "plain.csv", [row, row])
    header, *lines = (tmp_path / "plain.csv").read_text(encoding="utf-8").splitlines()
    japanese = ",".join(JAPANESE[name] for name in header.split(","))
    content = "\r\n".join((japanese, *lines)).encode().replace("葛".encode(), b"\x8a\x8b", 1)
    (tmp_path / "list.csv").write_bytes(b"\xef\xbb\xbf" + content)
    (second, reason), (third, good) = read(tmp_path / "list.csv")
    assert (second, third) == (2, 3)
    assert isinstance(reason, str)
    assert "UTF-8" in reason
    assert good == row
    assert set(JAPANESE) == set(HEADER)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda header: header.replace("birth,", ""), "missing: birth"),
        (lambda header: header.replace("postcode,", ""), "missing: postcode"),
        (lambda header: header + ",municipality", "municipality"),
        (lambda header: header + ",birth", "birth"),
        (lambda _header: "", "header"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(tmp_path: Path, change: Any, reason: str) -> None:  # noqa: ANN401
    """A column is missing, unknown, or stands twice; or there is none."""
    header = ",".join((*(column.name for column in (*COLUMNS, *KEPT)), *BESIDE))
    (tmp_path / "list.csv").write_text(change(header), encoding="utf-8")
    with pytest.raises(Refused, match=reason):
        read(tmp_path / "list.csv")


def test_long_lines_and_cells_do_not_fill_the_memory(tmp_path: Path) -> None:
    """They are named and passed over; the rows behind them are read."""
    row = TownRow(record=record_of(), individual_number=None, cards=(), measures=())
    (tmp_path / "list.jsonl").write_text("x" * (3 << 20) + "\n" + json_line(row) + "\n", encoding="utf-8")
    (first, reason), good = read(tmp_path / "list.jsonl")
    assert (first, good) == (1, (2, row))
    assert isinstance(reason, str)
    write_csv(tmp_path / "list.csv", [row])
    header, line = (tmp_path / "list.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "list.csv").write_text(f"{header}\n{'x' * 200_000}\n{line}\n", encoding="utf-8")
    found = read(tmp_path / "list.csv")
    assert found[-1] == (3, row)
    assert isinstance(found[0][1], str)


def test_the_document_has_every_column() -> None:
    """docs/import.md: name, Japanese name, form, and whether every row has it; in the record's order."""
    rows = re.findall(
        r"^\| `(\w+)` \| (\S+) \| ([^|]+) \| ([^|]*) \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE
    )
    expected = [
        (column.name, JAPANESE[column.name], column.form, "yes" if column.required else "")
        for column in (*COLUMNS, *FOREIGN, *KEPT)
    ]
    assert [tuple(cell.strip() for cell in row) for row in rows if row[0] not in BESIDE] == expected
    assert [(row[0], row[1]) for row in rows if row[0] in BESIDE] == [(name, JAPANESE[name]) for name in BESIDE]
