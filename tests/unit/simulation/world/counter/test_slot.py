"""The card reader of the simulated world under production's session: what it notices, and what it does not."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from konbini.kiosk.card.ports import CardSession, Presence
from konbini.kiosk.card.schemes import scheme_of
from konbini.protocol.errors import Code, Refused
from konbini.simulation.card.apdu import Instruction
from konbini.simulation.card.applet import Card, CardContent
from konbini.simulation.card.habits import At, Garble, Habit, Mute, Pull, cut_to_one_octet
from konbini.simulation.card.specimen import SpecimenIssuer
from konbini.simulation.clock import SettableClock
from konbini.simulation.world.counter.kiosk import Counter
from konbini.simulation.world.counter.life import PlainBeing
from konbini.simulation.world.counter.slot import SimulatedReader
from tests.unit.simulation.world.counter.passing import passing

PIN = b"1234"
VERIFYING = At(instruction=Instruction.VERIFY, skip=1)
"""The first VERIFY asks for the tries left."""


@pytest.fixture(scope="module")
def content() -> CardContent:
    """Give what is on a card."""
    return SpecimenIssuer().content("HANAKO")


def reader(counter: Counter, being: PlainBeing | None = None) -> SimulatedReader:
    """Give the reader as a process uses it."""
    return SimulatedReader(counter.slot, counter.clock, being)


async def held(clock: SettableClock, counter: Counter, content: CardContent) -> CardSession:
    """Lay a card there, and hold it."""
    counter.slot.insert(Card(content))
    await clock.advance(1)
    return await passing(clock, reader(counter).open())


async def code_of(clock: SettableClock, session: CardSession) -> Code:
    """Show the PIN, and give what it is refused with."""
    with pytest.raises(Refused) as refused:
        await passing(clock, session.verify_pin(bytearray(PIN)))
    return refused.value.code


async def test_a_card_signs_with_its_own_key(clock: SettableClock, counter: Counter, content: CardContent) -> None:
    """The whole session: certificate, PIN, a signature that the certificate takes."""
    session = await held(clock, counter, content)
    assert (session.certificate, session.tries_left) == (content.auth_certificate, 3)
    await passing(clock, session.verify_pin(bytearray(PIN)))
    signature = await passing(clock, session.sign(b"t"))
    assert scheme_of(session.certificate).accepts(signature, b"t")
    await session.close()
    assert counter.slot.holder is None


async def test_a_missed_pin_costs_a_try_for_good(clock: SettableClock, counter: Counter, content: CardContent) -> None:
    """The card itself counts, whoever holds it next."""
    session = await held(clock, counter, content)
    with pytest.raises(Refused):
        await passing(clock, session.verify_pin(bytearray(b"9999")))
    await session.close()
    assert (await passing(clock, reader(counter).open())).tries_left == 2


async def test_presence_is_what_the_reader_saw(clock: SettableClock, counter: Counter, content: CardContent) -> None:
    """Each change is told a look later; a card that came and went between two looks never was."""
    slot, seen = counter.slot, list[Presence]()

    async def watched() -> None:
        async with aclosing(reader(counter).presence()) as presences:
            async for presence in presences:
                seen.append(presence)

    watching = asyncio.create_task(watched())
    slot.insert(Card(content))
    await clock.advance(0.2)
    slot.pull()
    await clock.advance(1)
    slot.insert(Card(content))
    await clock.advance(0.3)
    assert [one.card for one in seen] == [False]
    await clock.advance(0.2)
    slot.unplug()
    await clock.advance(0.1)
    assert seen == [
        Presence(reader=True, card=False),
        Presence(reader=True, card=True),
        Presence(reader=False, card=False),
    ]
    watching.cancel()
    await asyncio.wait((watching,))


async def test_another_card_between_two_looks(clock: SettableClock, counter: Counter, content: CardContent) -> None:
    """The reader noticed nothing, and the handle talks to the other card, which has lost the selection."""
    session = await held(clock, counter, content)
    counter.slot.pull()
    counter.slot.insert(Card(content))
    assert await code_of(clock, session) is Code.CARD_CHANGED


async def test_another_card_behind_a_look(clock: SettableClock, counter: Counter, content: CardContent) -> None:
    """The reader noticed that one went: the handle is dead."""
    session = await held(clock, counter, content)
    counter.slot.pull()
    await clock.advance(1)
    counter.slot.insert(Card(content))
    await clock.advance(1)
    assert await code_of(clock, session) is Code.CARD_REMOVED


@pytest.mark.parametrize(
    ("habit", "code"),
    [
        pytest.param(Pull(at=VERIFYING), Code.CARD_REMOVED, id="pulled"),
        pytest.param(Mute(at=VERIFYING), Code.CARD_MUTE, id="mute"),
        pytest.param(Garble(at=VERIFYING, how=cut_to_one_octet), Code.CARD_FAULT, id="garbled"),
    ],
)
async def test_a_card_has_its_habits(
    clock: SettableClock, counter: Counter, content: CardContent, habit: Habit, code: Code
) -> None:
    """Whatever it does in the middle of a command ends the session, and each call after it."""
    counter.slot.armed.arm(habit)
    session = await held(clock, counter, content)
    assert await code_of(clock, session) is code
    assert await code_of(clock, session) is code


async def test_nothing_lies_there(clock: SettableClock, counter: Counter) -> None:
    """Nor is there a reader, when its cable is pulled."""
    for code in (Code.NO_CARD, Code.READER_UNAVAILABLE):
        with pytest.raises(Refused) as refused:
            await passing(clock, reader(counter).open())
        assert refused.value.code is code
        counter.slot.unplug()


async def test_the_death_of_a_process_lets_the_card_go(
    clock: SettableClock, counter: Counter, content: CardContent
) -> None:
    """Another process holds it at once; the dead one's session does nothing any more."""
    counter.slot.insert(Card(content))
    await clock.advance(1)
    being = PlainBeing()
    session = await passing(clock, reader(counter, being).open())
    with pytest.raises(Refused) as refused:
        await passing(clock, reader(counter).open())
    assert refused.value.code is Code.READER_UNAVAILABLE
    being.kill()
    fresh = await passing(clock, reader(counter).open())
    with pytest.raises(asyncio.CancelledError):
        await passing(clock, session.verify_pin(bytearray(b"9999")))
    await session.close()
    assert (fresh.tries_left, counter.slot.holder is not None) == (3, True)
