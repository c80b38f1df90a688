"""The line of an entry: found by a scan that strings, comments and brackets do not mislead."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.process.config_lines import Lines

TEXT = '''# a = 1
a = """
[not]
b = 1
"""
list = [
  1, # ]
  "]", '[[fees]]',
]
b = 'x'
[one] # [two]
a = {inner = 1}
"quoted" = 2
[[fees]]
yen = 1
[[fees]]
yen = """a\\"""" # "
kind = "x"
[trust]
x = 1
[[trust.issuers]]
y = 1
[[trust.issuers]]
y = 2
'''


@pytest.mark.parametrize(
    ("table", "index", "key", "line"),
    [
        ("", 0, "a", 2),
        ("", 0, "list", 6),
        ("", 0, "b", 10),
        ("one", 0, "", 11),
        ("one", 0, "a", 12),
        ("one", 0, "quoted", 13),
        ("one", 0, "missing", 11),
        ("fees", 0, "yen", 15),
        ("fees", 1, "", 16),
        ("fees", 1, "yen", 17),
        ("fees", 1, "kind", 18),
        ("trust", 0, "x", 20),
        ("trust.issuers", 1, "y", 24),
        ("nowhere", 0, "y", 1),
        ("list", 1, "y", 6),
    ],
)
def test_where_it_stands(table: str, index: int, key: str, line: int) -> None:
    """By table, place among its like, and key; what is missing is where its table begins."""
    tomllib.loads(TEXT)
    assert Lines(TEXT).of(table, index, key) == line
    assert Lines(TEXT.replace("\n", "\r\n")).of(table, index, key) == line


VALUES = st.sampled_from(
    [
        "1",
        '"x"',
        "'#'",
        '"\\""',
        "[\n1,\n2\n]",
        '"""\n[t]\nk1 = 1\n"""',
        "'''\n'\n'''",
        "{a = '}'}",
        "2026-01-01",
        "[ ]",
    ]
)


@given(tables=st.lists(st.lists(VALUES, max_size=4), min_size=1, max_size=4), blank=st.integers(0, 2))
def test_every_entry_of_any_file(tables: list[list[str]], blank: int) -> None:
    """Entries are found on the lines on which they were written, whatever stands between."""
    lines: list[str] = []
    places: dict[tuple[int, str], int] = {}
    for index, values in enumerate(tables):
        lines.extend(["# [[t]]"] * blank)
        lines.append("[[t]]")
        for number, value in enumerate(values):
            places[index, f"k{number}"] = len(lines) + 1
            lines.extend(f"k{number} = {value}".split("\n"))
    text = "\n".join(lines)
    assert len(tomllib.loads(text)["t"]) == len(tables)
    found = Lines(text)
    assert {place: found.of("t", *place) for place in places} == places
