"""The kiosk's questions over its link: each that can be asked is timed, and none of its figures is withheld."""

from __future__ import annotations

import pytest

from konbini.kiosk.channel.messages import Question
from konbini.kiosk.host.center_link import CenterLink
from konbini.process.measures.figures import Figures
from konbini.process.measures.shapes import ServiceName
from konbini.process.traces.ports import NoTraces
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind
from konbini.simulation.clock import SettableClock


async def published(_frame: Frame) -> None:
    """Take what nobody publishes here."""


async def test_every_question_is_timed() -> None:
    """Of each kind that has an answer, also where no link is up; what has none is no question."""
    figures = Figures(ServiceName.KIOSK)
    link = CenterLink("K-0001", published, lambda: None, measures=figures, clock=SettableClock(0), traces=NoTraces())
    asked = set()
    for kind in MessageKind:
        question = Question(kind=kind, ward="131997", visit_id=b"", body=b"", seconds=1)
        with pytest.raises(Refused) as refused:
            await link.exchange(question)
        if refused.value.code is Code.CENTER_UNREACHABLE:
            asked.add(kind)
        else:
            assert refused.value.code is Code.MISROUTED
    shown = figures.shown().decode()
    assert {MessageKind.HELLO, MessageKind.MISMATCH, MessageKind.FIGURES} < asked
    for kind in asked:
        assert f'konbini_exchange_seconds_count{{kind="{kind.name.lower()}"}} 1.0' in shown
    assert "konbini_withheld_total 0.0" in shown
