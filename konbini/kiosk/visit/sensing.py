"""What the devices mean in a state: presence and faults as events of the flow. Pure.

Asked whenever a state is entered and whenever the devices change, so that nothing which happened in between is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from konbini.kiosk.channel.messages import Devices, WardOnOffer
from konbini.kiosk.session.flow import Event, State, knows
from konbini.protocol.errors import Code

__all__ = ["device_event", "left_behind"]

_CARD_LIES_THERE = frozenset(
    (
        State.IDENTIFYING,
        State.PIN,
        State.CHECKING_PIN,
        State.ASKING,
        State.TAKE_CARD,
        State.REFUSED_TAKE_CARD,
        State.CARD_LEFT,
    )
)
_LOSES_READER = frozenset((State.TAKE_CARD, State.REFUSED_TAKE_CARD, State.CARD_LEFT))
_PAPER_LIES_THERE = frozenset((State.TAKE_PAPER, State.PAPER_LEFT))
_LIES_THERE: Sequence[tuple[frozenset[State], Callable[[Devices], bool], Event]] = (
    (_CARD_LIES_THERE, lambda devices: devices.card, Event.CARD_TAKEN),
    (_PAPER_LIES_THERE, lambda devices: devices.paper_in_tray, Event.PAPER_TAKEN),
    (frozenset((State.COINS_LEFT,)), lambda devices: devices.coins_in_dish, Event.COINS_TAKEN),
)
"""In which states something lies there to be taken, whether it still does, and what its absence means."""
_NEEDS_EVERY_DEVICE = (
    frozenset(state for state in State if knows(state, Event.DEVICE_LOST)) - _LOSES_READER - _PAPER_LIES_THERE
)
"""Before a card is asked for: whatever is missing is said at once."""
_ENDS_WITH_THE_CABINET = frozenset(state for state in State if knows(state, Event.CANCEL)) - _NEEDS_EVERY_DEVICE
"""Where a visit can be ended and owes nothing but coins in escrow; what is ordered or printed comes to its end."""


def device_event(state: State, devices: Devices, wards: Sequence[WardOnOffer]) -> Event | None:
    """Give the event that the devices and the wards' notices mean in `state`, or None where they mean nothing."""
    if state is State.OUT_OF_SERVICE:
        return None if devices.fault else Event.RESTORED
    if devices.fault == Code.CABINET_OPEN and state in _ENDS_WITH_THE_CABINET:
        return Event.CANCEL
    if (state in _NEEDS_EVERY_DEVICE and devices.fault) or (state in _LOSES_READER and not devices.reader):
        return Event.DEVICE_LOST
    for states, still_lies, taken in _LIES_THERE:
        if state in states:
            return None if still_lies(devices) else taken
    return _waiting_event(state, devices, wards)


def left_behind(devices: Devices) -> Event | None:
    """Give what a visit that is over has left lying there, the card before coins; None where nothing lies there."""
    if devices.card and devices.reader:
        return Event.CARD_FOUND
    return Event.COINS_FOUND if devices.coins_in_dish else None


def _waiting_event(state: State, devices: Devices, wards: Sequence[WardOnOffer]) -> Event | None:
    some_open = any(not ward.code for ward in wards)
    if state is State.CARD and devices.card:
        return Event.CARD_PLACED
    if state is State.START and not some_open:
        return Event.WARD_CLOSED
    if state is State.CLOSED and some_open:
        return Event.RESTORED
    return None
