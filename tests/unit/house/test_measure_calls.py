"""Every figure that the source gives names a metric of the catalogue with exactly its labels: found by reading it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from konbini.process.measures.catalogue import Metric
from konbini.process.measures.shapes import Kind

ROOT = Path(__file__).parents[3]
WAYS = {"count": Kind.COUNTER, "observe": Kind.HISTOGRAM, "timed": Kind.HISTOGRAM, "gauge": Kind.GAUGE}
OWN_ROOM = ROOT / "konbini" / "process" / "measures"


def named(call: ast.Call) -> str | None:
    """Give the name of the metric that a call names, if it names one."""
    for argument in call.args:
        if isinstance(argument, ast.Attribute) and getattr(argument.value, "id", "") == "Metric":
            return argument.attr
    return None


def calls(source: str) -> Iterator[tuple[str, str, ast.Call]]:
    """Yield how, which metric, and the call."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and (metric := named(node)) is not None:
            way = getattr(node.func, "attr", getattr(node.func, "id", ""))
            yield way, metric, node


def faults(source: str) -> list[str]:
    """Return what is wrong with the figures of `source`."""
    found = []
    for way, name, call in calls(source):
        shape = Metric[name].value
        labels = {str(keyword.arg) for keyword in call.keywords}
        if WAYS.get(way) is not shape.kind:
            found.append(f"line {call.lineno}: {name} is no figure for {way}")
        if labels != {label.name for label in shape.labels}:
            found.append(f"line {call.lineno}: {name} has other labels")
        for keyword in call.keywords:
            allowed = {label.name: label.values for label in shape.labels}.get(str(keyword.arg))
            constant = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            if constant is not None and allowed is not None and constant not in allowed:
                found.append(f"line {call.lineno}: {name} is never {constant!r}")
    return found


def package() -> dict[str, str]:
    """Return the modules outside the figures' own room."""
    paths = [path for path in sorted((ROOT / "konbini").rglob("*.py")) if not path.is_relative_to(OWN_ROOM)]
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


@pytest.mark.parametrize(
    "source",
    [
        "m.count(Metric.COMMITS)",
        'm.count(Metric.COMMITS, outcome="durable", name=name)',
        'm.count(Metric.COMMITS, outcome="perhaps")',
        'm.observe(Metric.COMMITS, 1, outcome="durable")',
        "m.count(Metric.COMMITS, **more)",
        "m.gauge(Metric.COMMIT_SECONDS, 1)",
    ],
)
def test_the_reader_sees_what_it_looks_for(source: str) -> None:
    """A label too few, one too many, a value outside the set, the wrong kind, unpacked labels."""
    assert faults(source)


def test_every_figure_that_is_given_is_of_the_catalogue() -> None:
    """Over the whole package."""
    assert {name: wrong for name, source in package().items() if (wrong := faults(source))} == {}


def test_every_figure_of_the_catalogue_is_given() -> None:
    """A name that nobody gives would be an alert that never rings."""
    given = {metric for source in package().values() for _, metric, _ in calls(source)}
    own = {metric for path in OWN_ROOM.glob("*.py") for _, metric, _ in calls(path.read_text(encoding="utf-8"))}
    assert {metric.name for metric in Metric} - given - own - {"WITHHELD"} == set()
