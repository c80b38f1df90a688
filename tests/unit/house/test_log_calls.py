"""Every log call in the source names known keys and a constant event: found by reading the source, not by luck."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from konbini.process.log import Key

ROOT = Path(__file__).parents[3]
LEVELS = frozenset({"debug", "info", "warning", "error", "critical", "exception"})
BESIDE_KEYS = frozenset({"exc_info"})


def log_calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls `<...log>.<level>(...)` and `<...log>.bind(...)` of a module; logs are named `log` or `_log`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            holder = node.func.value
            name = holder.attr if isinstance(holder, ast.Attribute) else getattr(holder, "id", "")
            if name.lower() in {"log", "_log"} and node.func.attr in LEVELS | {"bind"}:
                yield node


def faults(source: str) -> list[str]:
    """Return what is wrong with the log calls of `source`."""
    found = []
    for call in log_calls(ast.parse(source)):
        assert isinstance(call.func, ast.Attribute)
        constant = len(call.args) == 1 and isinstance(call.args[0], ast.Constant)
        if call.func.attr != "bind" and not constant:
            found.append(f"line {call.lineno}: the event is not one constant")
        unknown = {str(word.arg) for word in call.keywords} - {str(key) for key in Key} - BESIDE_KEYS
        if unknown:
            found.append(f"line {call.lineno}: keys that are not in the allow-list: {sorted(unknown)}")
    return found


def loggers_named_otherwise(source: str) -> list[int]:
    """Return the lines that keep `logger(...)` under another name than `log` or `_log`."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            called = getattr(node.value.func, "id", "")
            targets = [getattr(target, "attr", getattr(target, "id", "")) for target in node.targets]
            if called == "logger" and not {target.lower() for target in targets} <= {"log", "_log"}:
                lines.append(node.lineno)
    return lines


@pytest.mark.parametrize(
    "source",
    [
        'log.info(f"{name} came")',
        'self._log.info("came", name=name)',
        'log.info("came", **more)',
        'log.info("%s", name)',
    ],
)
def test_the_reader_sees_what_it_looks_for(source: str) -> None:
    """A formatted event, a key outside the list, unpacked keys and a second argument are found."""
    assert faults(source)


def test_the_reader_sees_a_log_under_another_name() -> None:
    """A log called otherwise would escape the reading."""
    assert loggers_named_otherwise("journal = logger('x')") == [1]
    assert loggers_named_otherwise("_LOG = logger('x')") == []


def test_every_log_call_names_known_keys_and_a_constant_event() -> None:
    """Over the whole package."""
    found = {}
    for path in sorted((ROOT / "konbini").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        lines = loggers_named_otherwise(source) if path.name != "log.py" else []
        if wrong := faults(source) + [f"line {line}: name it log or _log" for line in lines]:
            found[str(path.relative_to(ROOT))] = wrong
    assert found == {}
