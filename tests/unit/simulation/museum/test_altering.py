"""The hook: what it refuses, and that it alters what it is told and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from konbini.simulation.museum.altering import (
    Alteration,
    AlterationRefused,
    AlteredSources,
    altered_source,
    difference,
    install,
    source_of,
)

_ROOT = Path(__file__).parents[4]
_JAPAN = "konbini.protocol.japan"
_LINE = "JAPAN = "


def test_the_text_before_must_stand_exactly_once() -> None:
    """Nowhere, twice, or in a module that is none of ours: nothing is altered."""
    once = Alteration(module=_JAPAN, before=_LINE, after="NIPPON = ")
    assert altered_source(_JAPAN, [once]).count("NIPPON = ") == 1
    for wrong in (
        Alteration(module=_JAPAN, before="nowhere at all", after=""),
        Alteration(module=_JAPAN, before="J", after=""),
        Alteration(module="konbini.nowhere", before="x", after=""),
        Alteration(module="json", before="x", after=""),
    ):
        with pytest.raises(AlterationRefused):
            AlteredSources([wrong])


def test_alterations_of_one_module_follow_each_other() -> None:
    """The second is made upon the first; one that the first has taken away is refused."""
    first = Alteration(module=_JAPAN, before=_LINE, after="NIPPON = ")
    second = Alteration(module=_JAPAN, before="NIPPON = ", after="NIHON = ")
    with pytest.raises(AlterationRefused):
        altered_source(_JAPAN, [first, first])
    assert "NIHON = " in altered_source(_JAPAN, [first, second])


def test_a_module_that_is_imported_is_not_altered_any_more() -> None:
    """It is refused, and no hook is left behind."""
    __import__(_JAPAN)
    before = list(sys.meta_path)
    with pytest.raises(AlterationRefused, match=_JAPAN):
        install([Alteration(module=_JAPAN, before=_LINE, after="NIPPON = ")])
    assert sys.meta_path == before


def test_the_altered_module_is_what_is_imported(tmp_path: Path) -> None:
    """In a process of its own; the file on the disk and its neighbours are as they were, and nothing is compiled."""
    program = f"""
import sys
from konbini.simulation.museum.altering import Alteration, install
hook = install([Alteration(module={_JAPAN!r}, before={_LINE!r}, after="ALTERED = True; " + {_LINE!r})])
import konbini.protocol.japan as japan, konbini.protocol.errors as errors
assert japan.ALTERED and "ALTERED" in japan.__loader__.get_source({_JAPAN!r})
assert hook.imported == {{{_JAPAN!r}}} and not hasattr(errors, "ALTERED")
"""
    before = source_of(_JAPAN)
    environment = {"PYTHONPATH": str(_ROOT), "PYTHONPYCACHEPREFIX": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, cwd=tmp_path)  # noqa: S603 - the text above
    assert source_of(_JAPAN) == before
    assert not list(tmp_path.rglob("japan.*.pyc"))


def test_a_difference_shows_what_is_altered() -> None:
    """A line taken away and a line put in."""
    shown = list(difference([Alteration(module=_JAPAN, before=_LINE, after="NIPPON = ")]))
    assert [line for line in shown if line.startswith(("+NIPPON", "-JAPAN"))]
    assert shown[0] == "--- konbini/protocol/japan.py"
