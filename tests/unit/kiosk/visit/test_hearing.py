"""The audio guide within a visit: the plug begins and ends it, keys change it, wiping forgets it."""

from __future__ import annotations

import pytest

from konbini.kiosk.session.action import Cancel, ChangeAudio
from konbini.kiosk.session.audio import Audio, AudioWish
from konbini.kiosk.session.flow import State
from tests.unit.kiosk.visit.seat import Seat


async def hears(seat: Seat, audio: Audio) -> None:
    """Wait until the screen is heard like this."""
    for _ in range(200):
        if seat.view.audio == audio:
            return
        await seat.pass_time(0)
    assert seat.view.audio == audio


async def test_the_plug_begins_it_and_pulling_it_out_ends_it(seat: Seat) -> None:
    """On whatever screen; the state of the visit is not touched."""
    await seat.to_ward()
    seat.host.see(headphones=True)
    await hears(seat, Audio(is_on=True, headphones=True))
    assert seat.view.state is State.WARD
    seat.host.see(headphones=False)
    await hears(seat, Audio())
    assert seat.view.state is State.WARD


async def test_other_news_of_the_devices_leaves_it_as_it_is(seat: Seat) -> None:
    """Who began it with a key keeps it when a card is laid down."""
    await seat.to_ward()
    seat.act(ChangeAudio(wish=AudioWish.ON))
    seat.act(ChangeAudio(wish=AudioWish.FASTER))
    await hears(seat, Audio(is_on=True, rate=125))
    seat.host.see(coins_in_dish=False)
    await seat.pass_time(0)
    await hears(seat, Audio(is_on=True, rate=125))


@pytest.mark.parametrize("wish", [AudioWish.ON, AudioWish.LOUDER])
async def test_it_may_be_changed_on_any_screen(seat: Seat, wish: AudioWish) -> None:
    """Before and after the card; the question stays."""
    await seat.to_kind()
    seat.act(ChangeAudio(wish=wish))
    await hears(seat, Audio().wished(wish))
    assert seat.view.state is State.KIND


async def test_nothing_of_it_outlives_the_visit(seat: Seat) -> None:
    """Rate, volume and what the plug allowed are gone with the rest; the next visit is another process."""
    await seat.to_ward()
    seat.act(ChangeAudio(wish=AudioWish.LOUDER))
    seat.act(ChangeAudio(wish=AudioWish.SLOWER))
    await hears(seat, Audio(volume=4, rate=75))
    seat.act(Cancel())
    await seat.over()
    assert seat.course.audio == Audio()
    seat.nothing_left()
