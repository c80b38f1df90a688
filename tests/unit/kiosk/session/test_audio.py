"""How the kiosk is heard: rate and volume go as far as they go, and the plug decides what is private."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.session.audio import RATES, VOLUMES, Audio, AudioWish


@given(st.lists(st.sampled_from(AudioWish)))
def test_whatever_is_wished_it_stays_on_the_scales(wishes: list[AudioWish]) -> None:
    """No key makes it louder than the loudest; nothing but the plug makes it private."""
    audio = Audio()
    for wish in wishes:
        audio = audio.wished(wish)
        assert audio.rate in RATES
        assert audio.volume in VOLUMES
        assert not audio.is_private


def test_rate_and_volume_move_by_steps() -> None:
    """One wish is one step."""
    audio = Audio().wished(AudioWish.FASTER).wished(AudioWish.SOFTER)
    assert (audio.rate, audio.volume) == (125, 2)
    assert audio.wished(AudioWish.SLOWER).wished(AudioWish.LOUDER) == Audio()


def test_plugging_in_begins_and_pulling_out_ends() -> None:
    """A key may begin it again aloud; the same answer of the jack once more changes nothing."""
    plugged = Audio().plugged(headphones=True)
    assert (plugged.is_on, plugged.is_private) == (True, True)
    off = plugged.wished(AudioWish.OFF)
    assert off.plugged(headphones=True) == off
    pulled = plugged.plugged(headphones=False)
    assert (pulled.is_on, pulled.is_private) == (False, False)
    assert pulled.wished(AudioWish.ON).plugged(headphones=False).is_on


@pytest.mark.parametrize(("rate", "volume"), [(110, 3), (100, 0), (100, 6)])
def test_there_are_no_other_steps(rate: int, volume: int) -> None:
    """Nonsense is refused where it is made."""
    with pytest.raises(ValueError, match="no such"):
        Audio(rate=rate, volume=volume)
