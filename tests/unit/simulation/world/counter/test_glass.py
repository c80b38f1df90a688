"""The kiosk's glass: whose pages are up, and which taps do something."""

from __future__ import annotations

import asyncio

from konbini.kiosk.session.action import Agree, ChooseLanguage, EnterPin
from konbini.kiosk.session.entry_views import NoticeView, PinView, StartView
from konbini.kiosk.session.look import Language
from konbini.simulation.world.counter.glass import Glass
from konbini.simulation.world.counter.life import PlainBeing


async def test_a_tap_on_a_page_that_is_gone_does_nothing() -> None:
    """Nor does a second one on the same page."""
    glass, being = Glass(), PlainBeing()
    async with glass.opened(StartView(), being) as screen:
        first = await glass.after(None)
        assert glass.tap(first, ChooseLanguage(language=Language.ENGLISH))
        assert await screen.next_action() == ChooseLanguage(language=Language.ENGLISH)
        await screen.show(NoticeView())
        notice = await glass.after(first)
        assert glass.tap(notice, Agree())
        assert not glass.tap(notice, Agree())
        await screen.show(PinView(tries_left=3))
        late = EnterPin(pin=bytearray(b"1234"))
        assert not glass.tap(notice, late)
        assert not any(late.pin)


async def test_a_killed_visit_goes_dark() -> None:
    """Its pages are gone at once, with the PIN that waited on them; whoever looked sees the next visit's."""
    glass, being = Glass(), PlainBeing()
    pin = EnterPin(pin=bytearray(b"1234"))
    async with glass.opened(PinView(tries_left=3), being):
        seen = await glass.after(None)
        assert glass.tap(seen, pin)
        waiting = asyncio.create_task(glass.next(seen))
        await asyncio.sleep(0)
        being.kill()
        assert (await waiting, glass.look(), any(pin.pin)) == (None, None, False)
        assert not glass.tap(seen, Agree())
        async with glass.opened(StartView(), PlainBeing()):
            assert isinstance((await glass.after(seen)).view, StartView)
    assert glass.look() is None
