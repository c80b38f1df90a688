"""systemd/alerts.yml names figures that exist, with labels that they have, and runbooks that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped] # it ships no types; it comes with certomancer

from konbini.process.measures.catalogue import Metric
from konbini.process.measures.shapes import Kind

ROOT = Path(__file__).parents[3]
RULES = ROOT / "systemd" / "alerts.yml"
NAME = re.compile(r"\b(konbini_[a-z_]+)(\{[^}]*\})?")
SELECTOR = re.compile(r'([a-z]+)(=~|=)"([^"]*)"')
SHOWN = {
    name: metric.value
    for metric in Metric
    for name in (
        [f"{metric.value.name}{end}" for end in ("_bucket", "_sum", "_count")]
        if metric.value.kind is Kind.HISTOGRAM
        else [metric.value.name]
    )
}


def rules() -> list[dict[str, object]]:
    """Read every rule."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def faults(expression: str) -> list[str]:
    """Return what is wrong with the figures of an expression."""
    found = []
    names = list(NAME.finditer(expression))
    for match in names:
        shape = SHOWN.get(match[1])
        if shape is None:
            found.append(f"{match[1]} is no figure")
            continue
        labels = {label.name: label.values for label in shape.labels}
        for label, _, value in SELECTOR.findall(match[2] or ""):
            allowed = labels.get(label, ())
            if allowed is not None and value not in allowed:
                found.append(f"{match[1]} has no {label}={value}")
    if not names and not expression.startswith("up{"):
        found.append("no figure of ours")
    if expression.count("(") != expression.count(")"):
        found.append("brackets")
    return found


@pytest.mark.parametrize(
    "expression",
    [
        "konbini_no_such > 0",
        'konbini_orders_total{outcome="lost"} > 0',
        'konbini_orders_total{result="void"} > 0',
        "konbini_frame_seconds > 5",
        "node_load1 > 5",
        "sum(rate(konbini_orders_total[5m]) > 0",
    ],
)
def test_the_reader_sees_what_it_looks_for(expression: str) -> None:
    """A name, a value, a label that do not exist; a histogram without its parts; another's figure; a bracket."""
    assert faults(expression)


def test_every_rule_names_figures_that_exist() -> None:
    """With labels that they have."""
    assert {str(rule["alert"]): wrong for rule in rules() if (wrong := faults(str(rule["expr"])))} == {}


def test_every_rule_is_whole() -> None:
    """A name of its own, who is woken, what is wrong, and a runbook that is there and knows the alert."""
    seen = set()
    for rule in rules():
        name, annotations, labels = rule["alert"], rule["annotations"], rule["labels"]
        assert isinstance(annotations, dict)
        assert isinstance(labels, dict)
        assert name not in seen
        seen.add(name)
        assert labels["severity"] in ("page", "ticket"), name
        assert annotations["summary"]
        runbook = ROOT / str(annotations["runbook"])
        assert runbook.is_file(), name
        assert runbook.parent == ROOT / "docs" / "runbooks"
        if runbook.name == "alerts.md":
            assert re.search(rf"\b{name}\b", runbook.read_text(encoding="utf-8")), name
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}, name
        assert re.fullmatch(r"\d+[smh]", str(rule.get("for", "1m"))), name
