"""What the devices mean in a state: presence and faults as events of the flow. Pure.

Asked whenever a state is entered and whenever the devices change, so that nothing which happened in between is lost.
"""

from __future__ import annotations

from collections.abc import Sequence

from konbini.kiosk.channel.messages import Devices, WardOnOffer
from konbini.kiosk.session.flow import Event, State

__all__ = ["device_event"]

_WAITS_FOR_NOBODY = frozenset((State.START, State.CLOSED, State.WARD, State.WARD_CLOSED, State.CARD))
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


def device_event(state: State, devices: Devices, wards: Sequence[WardOnOffer]) -> Event | None:
    """Give the event that the devices and the wards' notices mean in `state`, or None where they mean nothing."""
    if state is State.OUT_OF_SERVICE:
        return None if devices.fault else Event.RESTORED
    if state in _WAITS_FOR_NOBODY and devices.fault:
        return Event.DEVICE_LOST
    if state in _LOSES_READER and not devices.reader:
        return Event.DEVICE_LOST
    if state in _CARD_LIES_THERE:
        return None if devices.card else Event.CARD_TAKEN
    if state in _PAPER_LIES_THERE:
        return None if devices.paper_in_tray else Event.PAPER_TAKEN
    return _waiting_event(state, devices, wards)


def _waiting_event(state: State, devices: Devices, wards: Sequence[WardOnOffer]) -> Event | None:
    some_open = any(not ward.code for ward in wards)
    if state is State.CARD and devices.card:
        return Event.CARD_PLACED
    if state is State.START and not some_open:
        return Event.WARD_CLOSED
    if state is State.CLOSED and some_open:
        return Event.RESTORED
    return None
