"""How the kiosk is heard by this visitor (音声案内): on or off, rate, volume, and whether headphones are in. Pure.

Part of every view, as the look is; each visit begins with the same. Invariant: what is personal is spoken only while
`is_private`. Pulling the headphones out ends the speech, so that nothing that was meant for one pair of ears goes on
aloud; a key begins it again over the loudspeaker.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, unique

__all__ = ["RATES", "VOLUMES", "Audio", "AudioWish"]

RATES = (75, 100, 125, 150, 200)
"""Per cent of the voice's own pace."""
VOLUMES = (1, 2, 3, 4, 5)
"""Steps of equal size; the last is all that the loudspeaker gives."""


@unique
class AudioWish(Enum):
    """What can be wished for; the values are the verbs of the page's forms."""

    ON = "audio.on"
    OFF = "audio.off"
    FASTER = "rate.faster"
    SLOWER = "rate.slower"
    LOUDER = "volume.louder"
    SOFTER = "volume.softer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """How this visitor hears the kiosk.

    Raises:
        ValueError: a rate or a volume that there is not.
    """

    is_on: bool = False
    rate: int = 100
    volume: int = 3
    headphones: bool = False

    def __post_init__(self) -> None:
        if self.rate not in RATES or self.volume not in VOLUMES:
            raise ValueError("no such rate or volume")

    @property
    def is_private(self) -> bool:
        """Whether nobody but the resident hears what is said."""
        return self.headphones

    def wished(self, wish: AudioWish) -> Audio:
        """Return it as it was wished for, as far as rate and volume go."""
        match wish:
            case AudioWish.ON | AudioWish.OFF:
                return replace(self, is_on=wish is AudioWish.ON)
            case AudioWish.FASTER | AudioWish.SLOWER:
                return replace(self, rate=_moved(RATES, self.rate, 1 if wish is AudioWish.FASTER else -1))
            case AudioWish.LOUDER | AudioWish.SOFTER:
                return replace(self, volume=_moved(VOLUMES, self.volume, 1 if wish is AudioWish.LOUDER else -1))

    def plugged(self, *, headphones: bool) -> Audio:
        """Return it after the jack was looked at: plugging in begins, pulling out ends, no change changes nothing."""
        if headphones == self.headphones:
            return self
        return replace(self, headphones=headphones, is_on=headphones)


def _moved(scale: tuple[int, ...], value: int, steps: int) -> int:
    return scale[min(max(scale.index(value) + steps, 0), len(scale) - 1)]
