"""An operator's id is one plain word in every message that names one, so that three spellings are not three persons."""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import inspect
import pkgutil
import typing
from types import ModuleType

import pytest

import konbini.ward_server
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_value
from konbini.ward_server import operator_command
from konbini.ward_server.issuing.operator_calls import By
from konbini.ward_server.operator_id import OperatorId

SPELLINGS = (
    "Aoki",
    "aoki ",
    " aoki",
    "ａｏｋｉ",
    "aoki\u200b",
    "аoki",
    "aoki\n",
    "a.oki",
    "a_oki",
    "",
    "1aoki",
    "a" * 33,
)
CALLS = ("calls", "operator_calls", "bulk_calls", "view")
"""Modules of messages to the operators' sockets."""


def _modules() -> list[ModuleType]:
    names = [one.name for one in pkgutil.walk_packages(konbini.ward_server.__path__, "konbini.ward_server.")]
    return [importlib.import_module(name) for name in names if name.rpartition(".")[2] in CALLS]


def _operators() -> list[tuple[str, object]]:
    """Give the type of the field of each message that names who acts."""
    return [
        (f"{module.__name__}.{name}", typing.get_type_hints(kind, include_extras=True)["operator"])
        for module in _modules()
        for name, kind in inspect.getmembers(module, dataclasses.is_dataclass)
        if kind.__module__ == module.__name__ and "operator" in {one.name for one in dataclasses.fields(kind)}
    ]


def test_every_message_that_names_an_operator_takes_plain_words_alone() -> None:
    """Registry, issuing, clerk: decisions, what is kept, changes, lists, views."""
    found = _operators()
    assert len(found) > 20
    assert [name for name, kind in found if kind != OperatorId] == []


@pytest.mark.parametrize("text", SPELLINGS)
def test_another_spelling_is_refused_at_the_edge(text: str) -> None:
    """Before any room behind the socket sees it; and at a command line before anything is sent."""
    with pytest.raises(Refused) as refusal:
        from_value(By, [text])
    assert refusal.value.code is Code.MALFORMED
    with pytest.raises(SystemExit):
        _parsed(text)


def test_a_plain_word_is_taken() -> None:
    """As it stands."""
    assert from_value(By, ["aoki-2"]).operator == "aoki-2"
    assert _parsed("aoki-2").operator == "aoki-2"


def _parsed(operator: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    operator_command.add_command(parser.add_subparsers(), "show", lambda _line, _read: None, "a test")  # type: ignore[arg-type, return-value] # it is not carried out
    return parser.parse_args(["show", "--socket", "nowhere", f"--operator={operator}"])
