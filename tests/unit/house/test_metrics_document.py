"""docs/metrics.md says what the catalogue says, figure by figure, and what to do for each thing that can be missing.

The head is written there and nowhere else; the table is brought up to date by
`python tests/unit/house/test_metrics_document.py`.
"""

from __future__ import annotations

import re
from pathlib import Path

from konbini.process.measures.catalogue import Metric
from konbini.process.measures.condition import Missing
from konbini.process.measures.shapes import Kind, Label, ServiceName
from konbini.protocol.errors import Code
from konbini.protocol.kinds import MessageKind

DOCUMENT = Path(__file__).parents[3] / "docs" / "metrics.md"
TABLE = "\n## Figures\n"
LONG = {
    tuple(code.name.lower() for code in Code): "a code's name",
    tuple(kind.name.lower() for kind in MessageKind): "a kind of message",
}
FROM_REGISTER = {"kiosk": "a kiosk of the register", "ward": "a ward of the list", "follower": "a follower's name"}


def values(label: Label) -> str:
    """Say what a label may be."""
    if label.values is None:
        return FROM_REGISTER[label.name]
    return LONG.get(label.values, ", ".join(label.values))


def row(metric: Metric) -> str:
    """Write one row."""
    shape = metric.value
    labels = "; ".join(f"`{label.name}`: {values(label)}" for label in shape.labels)
    services = "every" if set(shape.services) == set(ServiceName) else ", ".join(shape.services)
    return f"| `{shape.name}` | {shape.kind} | {labels} | {shape.unit} | {services} | {shape.meaning} |\n"


def render(document: str) -> str:
    """Write the document anew, with the head that it has."""
    head = document.partition(TABLE)[0]
    columns = "\n| name | type | labels | unit | process | meaning |\n|---|---|---|---|---|---|\n"
    return head + TABLE + columns + "".join(map(row, Metric))


def test_the_document_says_what_the_catalogue_says() -> None:
    """Name, type, labels with all they can be, unit, who gives it, meaning."""
    document = DOCUMENT.read_text(encoding="utf-8")
    assert document == render(document)


def test_every_thing_that_can_be_missing_has_a_next_step() -> None:
    """A code without one would be a riddle at night."""
    head = DOCUMENT.read_text(encoding="utf-8").partition(TABLE)[0]
    steps = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+) \|$", head, re.MULTILINE))
    assert set(steps) == {code.value for code in Missing}


def test_names_are_of_one_form() -> None:
    """Prometheus' conventions: a prefix, the unit at the end, `_total` for counters alone."""
    names = [metric.value.name for metric in Metric]
    assert len(set(names)) == len(names)
    for metric in Metric:
        shape = metric.value
        assert re.fullmatch(r"konbini_[a-z_]+", shape.name)
        assert shape.name.endswith("_total") == (shape.kind is Kind.COUNTER), shape.name
        if shape.unit == "seconds":
            assert shape.name.endswith("_seconds"), shape.name
        assert (shape.kind is Kind.HISTOGRAM) == bool(shape.bounds)
        assert list(shape.bounds) == sorted(set(shape.bounds))
        assert shape.services


if __name__ == "__main__":
    DOCUMENT.write_text(render(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
