"""The harness itself: it holds the bounds, changes inputs in their structure, and tells of whatever broke a target."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import cbor2
import pytest

from konbini.pdf.file_structure import Stream, read_file
from tests.fuzz import mutating
from tests.fuzz.edits import Document, Edit, edits, written
from tests.fuzz.run import result_of, table
from tests.fuzz.target import Mutate, Target, spend
from tests.unit.pdf.documents import assembled

CBOR = cbor2.dumps([1, "text", b"bytes", [True, None]])
DER = bytes.fromhex("300a02010104053003020107")
JSON = b'{"kind": "hold_set", "items": [{"name": "a"}], "number": 7}'
PDF = assembled(
    [b"<< /Kids 2 0 R >>", b"<< /Length 3 >>\nstream\nabc\nendstream"], b"<< /Size 3 /Root 1 0 R /ID [<> <>] >>"
)


def flipped(data: bytes, most: int) -> bytes:
    """Change a byte, as an engine might."""
    made = bytearray(data or b"\0")
    made[random.Random(len(data)).randrange(len(made))] ^= 1  # noqa: S311 - spoils, not secrets
    return bytes(made[:most])


def read_der(data: bytes) -> None:
    """Hold that the lengths are right."""
    if mutating._read(data, 0) is None:
        raise ValueError("another length")


@pytest.mark.parametrize(
    ("change", "data", "read"),
    [
        pytest.param(mutating.values, CBOR, cbor2.loads, id="CBOR"),
        pytest.param(mutating.der, DER, read_der, id="DER"),
        pytest.param(mutating.members, JSON, json.loads, id="JSON"),
    ],
)
def test_most_changes_keep_the_structure(change: Mutate, data: bytes, read: Callable[[bytes], object]) -> None:
    """They get past the checks of form; they are others, and bounded."""
    made = [change(data, 200, seed, flipped) for seed in range(300)]
    assert max(map(len, made)) <= 200
    assert len(set(made)) > 50
    whole = 0
    for one in made:
        try:
            read(one)
        except (ValueError, cbor2.CBORError):
            continue
        whole += 1
    assert whole > 150


def test_one_input_may_not_take_what_it_likes() -> None:
    """The growth of the process's peak is what an input took."""
    held: list[bytes] = []
    target = Target(run=lambda data: held.append(data * (96 << 20)), seeds=lambda: (), mebibytes=32)
    assert spend(target, b"").grown < 1 << 20
    with pytest.raises(AssertionError, match="bytes of memory"):
        spend(target, b"x")


def test_what_a_target_raises_is_not_kept_back() -> None:
    """Whatever is no refusal breaks it."""

    def run(data: bytes) -> None:
        raise KeyError(data)

    with pytest.raises(KeyError):
        spend(Target(run=run, seeds=lambda: ()), b"x")


def test_a_document_is_written_as_it_was_and_as_it_is_edited() -> None:
    """Lengths and table of what was edited are right, so that its reader comes to the edit."""
    document = Document(PDF)
    assert document.edited(()) == PDF
    change = Edit(which=1, place=1, removed=1, inserted=b"xyz")
    assert list(edits(written(change, change))) == [change, change]
    found = read_file(document.edited([change]))
    assert found.objects[1] == Stream({"/Length": 5}, b"axyzc")


@pytest.mark.parametrize(("artifact", "code"), [("crash-0a", 77), ("timeout-0b", 70), ("", 1), ("", 0)])
def test_a_run_is_told_as_it_was(tmp_path: Path, artifact: str, code: int) -> None:
    """What is left behind is named; a process that ends otherwise than it should broke too."""
    said = "#2 INITED cov: 16 ft: 20\n#9 DONE cov: 52 ft: 218 corp: 68\nstat::number_of_executed_units: 241166\n"
    (tmp_path / "log").write_text(f"{said}stat::peak_rss_mb:    58\n", "utf-8")
    (tmp_path / "slowest").write_bytes(b"0.250000\nthe input")
    if artifact:
        (tmp_path / artifact).touch()
    result = result_of("codec", tmp_path, 3, code)
    assert (result.executions, result.edges, result.features, result.new) == (241166, 52, 218, 3)
    assert (result.peak, result.slowest) == (58, 0.25)
    assert bool(result.broken) is bool(code)
    assert (artifact or "codec") in table([result])
