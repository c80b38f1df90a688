"""What a span may say: the closed list, and nothing that a message brought."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.process.traces.attributes import ORDER_STEPS, WITHHELD, Attribute, SpanName, admitted, fault_attributes
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, MessageKind

ROOT = Path(__file__).parents[4]
VALUES = st.one_of(
    st.text(),
    st.binary(),
    st.integers(),
    st.floats(),
    st.none(),
    st.booleans(),
    st.lists(st.text()),
    st.sampled_from(CertificateKind),
)


def test_what_the_list_knows_is_shown() -> None:
    """Members by name, steps, small sizes."""
    assert admitted({"kind": MessageKind.ORDER, "code": Code.BUSY, "step": "seal", "size": 7, "error": "OSError"}) == {
        "konbini.kind": "order",
        "konbini.code": "busy",
        "konbini.step": "seal",
        "konbini.size": 7,
        "konbini.error": "OSError",
    }


@given(st.dictionaries(st.one_of(st.sampled_from(Attribute), st.text()), VALUES))
def test_nothing_else_is(attributes: dict[str, object]) -> None:
    """Whatever is given: names of the list, values of closed sets, small numbers or the type of a fault."""
    found = admitted(attributes)
    withheld = found.pop(WITHHELD, [])
    assert isinstance(withheld, list)
    assert len(withheld) + len(found) == len(attributes)
    for name, value in found.items():
        match name.removeprefix("konbini."):
            case Attribute.STEP:
                assert value in ORDER_STEPS
            case Attribute.SIZE:
                assert isinstance(value, int)
                assert 0 <= value < 1_000_000
            case Attribute.ERROR:
                assert isinstance(value, str)
                assert value.isascii()
                assert value.replace("_", "").isalpha()
            case _:
                pytest.fail(f"{name} is of no message, no code and no step")
    for key in withheld:
        assert key.isascii()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "桜井"),
        ("resident", "R-1"),
        ("kind", "order"),
        ("kind", Code.BUSY),
        ("kind", CertificateKind.RESIDENT_RECORD),
        ("code", 406),
        ("step", "1234"),
        ("size", 1_000_000),
        ("size", True),
        ("error", "no such file: 桜井"),
    ],
)
def test_what_does_not_fit_is_marked(key: str, value: object) -> None:
    """A key outside the list, a word in the place of a member, another enumeration's member, a number too large."""
    assert admitted({key: value}) == {WITHHELD: [key]}


def test_a_fault_is_its_code_or_its_type() -> None:
    """Never its message, which quotes values."""
    assert admitted(fault_attributes(Refused(Code.CARD_EXPIRED, "of somebody"))) == {"konbini.code": "card_expired"}
    assert admitted(fault_attributes(OSError("桜井"))) == {"konbini.error": "OSError"}


def spans(source: str) -> Iterator[tuple[list[str], set[str], int]]:
    """Yield what each span is called, what it says, and its line; ports of traces are named `traces` or `_traces`."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") not in ("of_visit", "within"):
            continue
        holder = getattr(node.func, "value", None)
        if getattr(holder, "attr", getattr(holder, "id", "")) not in ("traces", "_traces"):
            continue
        arguments = [argument for argument in node.args if isinstance(argument, ast.Attribute)]
        names = [one.attr for one in arguments if getattr(one.value, "id", "") == "SpanName"]
        yield names, {str(keyword.arg) for keyword in node.keywords}, node.lineno


def test_every_span_that_the_source_makes_is_of_the_lists() -> None:
    """Found by reading it: a name of `SpanName`, attributes of `Attribute`, nothing unpacked."""
    made, wrong = set(), []
    for path in sorted((ROOT / "konbini").rglob("*.py")):
        for names, keys, line in spans(path.read_text(encoding="utf-8")):
            made |= set(names)
            if len(names) != 1 or not keys <= set(Attribute):
                wrong.append(f"{path.relative_to(ROOT)}:{line}")
    assert wrong == []
    assert made == {name.name for name in SpanName}


def test_the_document_names_every_span_and_attribute() -> None:
    """docs/traces.md, and nothing more."""
    document = (ROOT / "docs" / "traces.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([a-z_.]+)` \|", document, re.MULTILINE))
    assert rows == {*SpanName, *(f"konbini.{one}" for one in Attribute), WITHHELD}
