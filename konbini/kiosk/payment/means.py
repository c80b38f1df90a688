"""By which means one pays at a kiosk (pure), and which of two texts says so."""

from __future__ import annotations

from collections.abc import Container
from enum import Enum, unique

__all__ = ["Means", "worded"]


@unique
class Means(Enum):
    """How one pays at this kiosk."""

    COINS = "coins"
    CASHLESS = "cashless"


def worded(key: str, means: Means, texts: Container[str]) -> str:
    """Return the key of the words for these means: those of coins are every screen's, unless the means has its own.

    Args:
        key: of the words that serve a kiosk with coins.
        means: how one pays here.
        texts: every key that there is; another means' own stand under its name, `cashless.pay.title`.
    """
    own = f"{means.value}.{key}"
    return own if own in texts else key
