"""Whether a trial ended as it must (pure): what holds after every trial, then what its row says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from konbini.kiosk.payment.means import worded
from konbini.kiosk.session.fates import MoneyFate
from konbini.kiosk.session.look import Language
from konbini.kiosk.ui.catalogue import Catalogue
from konbini.protocol.errors import Code
from konbini.protocol.kinds import Outcome
from konbini.simulation.faults.trials import Trial

__all__ = ["Found", "Words", "faults_of", "said_code"]

Words: TypeAlias = Mapping[Language, Catalogue]
"""The catalogues of all languages."""

_KEEPS = frozenset((Outcome.PRINTED, Outcome.IN_DOUBT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found, when everything was mended and settled.

    Attributes:
        screen: the state of the screen while it was broken; empty where there was none.
        heading: of that screen.
        text: everything that stood on it.
        later: the code that the kiosk showed after the visit, None where it served at once.
        outcome: the receipt's word, None where no order was journalled.
        final: the ward has every receipt and said so.
        fee: what the order cost.
        taken, returned, owed: how the device's own count moved.
        sides: how many sides came out.
        served: the kiosk was back at its start by itself.
    """

    screen: str
    heading: str
    text: tuple[str, ...]
    later: Code | None
    outcome: Outcome | None
    final: bool
    fee: int
    taken: int
    returned: int
    owed: int
    sides: int
    served: bool

    @property
    def kept(self) -> int:
        """What stayed in the machine, in yen."""
        return self.taken - self.returned - self.owed


def said_code(code: Code, words: Words) -> frozenset[str]:
    """Give how the screens say a code, in every language: a kiosk that nobody has spoken to speaks Japanese."""
    return frozenset(one.text("outcome.code", number=int(code)) for one in words.values())


def faults_of(trial: Trial, found: Found, words: Words) -> Iterator[str]:
    """Give what is not as it must be; nothing where all is right."""
    yield from _always(trial, found)
    if found.screen != trial.screen:
        yield f"the screen was {found.screen!r}, not {trial.screen!r}"
    if trial.code is not None and said_code(trial.code, words).isdisjoint(found.text):
        yield f"the screen does not say {trial.code.name}"
    if trial.money is not None and not _says(trial, trial.money, found, words):
        yield f"the screen does not say that the money is {trial.money.value}"
    if (found.outcome is None) == bool(trial.outcomes) or (found.outcome and found.outcome not in trial.outcomes):
        yield f"the receipt says {_name(found.outcome)}"
    if found.sides not in trial.sides:
        yield f"{found.sides} sides came out"
    if found.later is not trial.later:
        yield f"after the visit the kiosk showed {_name(found.later)}"


def _always(trial: Trial, found: Found) -> Iterator[str]:
    """Paid iff printed, nothing printed twice, everything told to the ward, the kiosk back in service."""
    due = found.fee if found.outcome in _KEEPS else 0
    if found.kept != due:
        yield f"{found.kept} yen were kept, {due} are right"
    if found.outcome is Outcome.PRINTED and found.sides != trial.pages:
        yield f"printed with {found.sides} of {trial.pages} pages"
    if found.sides > trial.pages:
        yield "a page came out twice"
    if not found.final:
        yield "the ward has no receipt"
    if not found.served:
        yield "the kiosk is not back in service"


def _says(trial: Trial, fate: MoneyFate, found: Found, words: Words) -> bool:
    """Whether the sentence about the money stands on the screen, with the sum of the device's own count.

    Of a device that had fallen silent the screen says what it counted last.
    """
    sums = {
        MoneyFate.TAKEN: found.fee,
        MoneyFate.HELD: found.kept,
        MoneyFate.RETURNED: found.returned,
        MoneyFate.OWED: found.owed or found.returned,
        MoneyFate.UNKNOWN: trial.counted,
    }
    english = words[Language.ENGLISH]
    amount = english.text("service.yen", amount=f"{sums.get(fate, 0):,}")
    if fate is MoneyFate.TAKEN:
        return english.text("end.fee", fee=amount) in found.text
    key = worded(f"money.{fate.value.replace(' ', '_')}", trial.means, english.texts)
    return english.text(key, amount=amount) in found.text


def _name(word: Outcome | Code | None) -> str:
    return "nothing" if word is None else word.name
