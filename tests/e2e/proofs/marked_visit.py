"""The process of a visit at a kiosk that also takes the marked card, whose PIN has twelve digits; run by the proofs.

    python -m tests.e2e.proofs.marked_visit CONFIG LISTENER CHANNEL

Four digits are in any memory by chance; twelve are not. How many a PIN has is the card's profile's, and every profile
of an installation has four: here one card more is taken, and everything else is the process as it is.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from konbini.kiosk.card.profiles import INDIVIDUAL_NUMBER_CARD
from konbini.kiosk.visit.main import main

__all__ = ["MARKED_CARD"]

MARKED_CARD = replace(INDIVIDUAL_NUMBER_CARD, name="marked card", token_name=b"KONBINIMARKEDPIN", pin_length=12)
"""The individual-number card but for its token name and its PIN's length."""

if __name__ == "__main__":
    sys.exit(main(cards=(MARKED_CARD,)))
