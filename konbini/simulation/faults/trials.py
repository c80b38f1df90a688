"""The table of trials: what breaks at which state, and what must come of it for money, paper and screen.

A trial is data. What must hold after every one of them, whatever it is (paid iff printed, nothing printed twice, the
kiosk back in service), stands in `verdict` and not here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from konbini.kiosk.payment.means import Means
from konbini.kiosk.session.fates import MoneyFate
from konbini.protocol.errors import Code
from konbini.protocol.kinds import Outcome

__all__ = ["TRIALS", "Trial"]

_NONE, _RETURNED, _TAKEN = MoneyFate.NONE_TAKEN, MoneyFate.RETURNED, MoneyFate.TAKEN
_OWED, _HELD, _UNKNOWN = MoneyFate.OWED, MoneyFate.HELD, MoneyFate.UNKNOWN
_SOON = ("start", "card")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One trial.

    Attributes:
        breaks: keys of `breakdowns.BREAKDOWNS`, in the order in which they are broken.
        at: the screen at which they are; "escrow" is the payment with one coin in it.
        screen: the state that the kiosk must come to while it is broken; empty where it has no screen then.
        code: what that screen must say; None where it names none.
        money: what that screen must say of the money; None where it says nothing of it.
        outcomes: what the order's receipt may say; empty where there must be no order.
        sides: how many sides may have come out, in all.
        pages: pages of the certificate that is asked for.
        coin: what is paid with, yen.
        counted: yen that the screen must say the device counted last, where it says nothing of what it holds.
        cancels: the resident gives up once it is broken.
        means: how one pays at the kiosk.
        later: the code that the kiosk must show once the visit is over, until a person has done something.
        slow: it takes more than a minute.
    """

    breaks: tuple[str, ...]
    at: str
    screen: str
    code: Code | None = None
    money: MoneyFate | None = None
    outcomes: frozenset[Outcome] = frozenset()
    sides: frozenset[int] = frozenset((0,))
    pages: int = 1
    coin: int = 100
    counted: int = 0
    cancels: bool = False
    means: Means = Means.COINS
    later: Code | None = None
    slow: bool = False

    @property
    def name(self) -> str:
        """Names the row."""
        return f"{' + '.join(self.breaks)} at {self.at}"


def _out_of_service(key: str, code: Code, *at: str) -> tuple[Trial, ...]:
    """Known before a card is asked for."""
    return tuple(Trial(breaks=(key,), at=state, screen="out of service", code=code) for state in at)


def _refused(  # noqa: PLR0913 - one column each
    key: str,
    at: str,
    code: Code,
    money: MoneyFate,
    outcome: Outcome | None = None,
    *,
    sides: int = 0,
    pages: int = 1,
    counted: int = 0,
    cancels: bool = False,
    later: Code | None = None,
    slow: bool = False,
) -> Trial:
    return Trial(
        breaks=tuple(key.split("+")),
        at=at,
        screen="refused",
        code=code,
        money=money,
        outcomes=frozenset() if outcome is None else frozenset((outcome,)),
        sides=frozenset((sides,)),
        pages=pages,
        counted=counted,
        cancels=cancels,
        later=later,
        slow=slow,
    )


def _printed(  # noqa: PLR0913 - one column each
    key: str,
    at: str,
    *,
    coin: int = 100,
    money: MoneyFate = _TAKEN,
    counted: int = 0,
    later: Code | None = None,
) -> Trial:
    return Trial(
        breaks=(key,),
        at=at,
        screen="end",
        money=money,
        outcomes=frozenset((Outcome.PRINTED,)),
        sides=frozenset((1,)),
        coin=coin,
        counted=counted,
        later=later,
    )


def _unplugged(at: str, *outcomes: Outcome, sides: tuple[int, ...] = (0,), later: Code | None = None) -> Trial:
    """The kiosk is plugged in again at once: it settles, and only then serves."""
    return Trial(breaks=("plug",), at=at, screen="", outcomes=frozenset(outcomes), sides=frozenset(sides), later=later)


def _at_terminal(*trials: Trial) -> tuple[Trial, ...]:
    """The same where one pays at a terminal."""
    return tuple(replace(trial, means=Means.CASHLESS) for trial in trials)


def _mendable(key: str, code: Code) -> tuple[Trial, ...]:
    """What the printer says it cannot print with: before the card, before the money, before the paper."""
    return (
        *_out_of_service(key, code, *_SOON),
        _refused(key, "check", code, _NONE),
        _refused(key, "pay", code, _RETURNED, _VOID),
    )


_DOUBT, _IN_DOUBT = Code.PRINT_IN_DOUBT, Outcome.IN_DOUBT
_JAM, _VOID, _CANCELLED, _OUT = Outcome.JAM, Outcome.VOID, Outcome.CANCELLED, Outcome.PRINTED
_AT_ONCE = ("start", "card", "pin")
TRIALS: tuple[Trial, ...] = (
    _refused("card-mute", "ward", Code.CARD_MUTE, _NONE),
    _refused("card-mute", "pin", Code.CARD_MUTE, _NONE),
    _refused("card-pulled", "pin", Code.CARD_REMOVED, _NONE),
    _refused("card-swapped", "pin", Code.CARD_CHANGED, _NONE),
    _refused("card-other", "ward", Code.WRONG_CARD, _NONE),
    _refused("card-other", "pin", Code.CARD_CHANGED, _NONE),
    _refused("card-nonsense", "ward", Code.CARD_FAULT, _NONE),
    _refused("card-nonsense", "pin", Code.CARD_FAULT, _NONE),
    _refused("card-damaged", "ward", Code.CARD_FAULT, _NONE),
    _printed("card-atr", "ward"),
    _refused("card-locked", "ward", Code.PIN_LOCKED, _NONE),
    _refused("card-locked", "pin", Code.PIN_LOCKED, _NONE),
    *_out_of_service("reader-gone", Code.READER_UNAVAILABLE, *_AT_ONCE),
    _printed("reader-gone", "check"),
    *_out_of_service("pcscd", Code.READER_UNAVAILABLE, *_AT_ONCE),
    _printed("pcscd", "check"),
    *_mendable("paper", Code.PAPER_OUT),
    *_mendable("b5", Code.WRONG_PAPER),
    *_mendable("cover", Code.COVER_OPEN),
    *_mendable("toner", Code.TONER_OUT),
    *_mendable("paused", Code.PRINTER_UNAVAILABLE),
    *_mendable("off", Code.PRINTER_OFFLINE),
    *_mendable("network", Code.PRINTER_OFFLINE),
    _refused("busy", "check", Code.PRINTER_BUSY, _NONE),
    _refused("busy", "pay", Code.PRINTER_BUSY, _RETURNED, _VOID),
    _refused("jam", "pay", Code.JAM, _RETURNED, _VOID),
    _refused("jam-2", "pay", Code.JAM, _RETURNED, _JAM, sides=1, pages=2),
    _refused("paper-2", "pay", Code.PAPER_OUT, _RETURNED, _JAM, sides=1, pages=2),
    _refused("cover-2", "pay", Code.COVER_OPEN, _RETURNED, _JAM, sides=1, pages=2),
    _refused("toner-2", "pay", Code.TONER_OUT, _RETURNED, _JAM, sides=1, pages=2),
    _refused("no-reason+jam-2", "pay", Code.PRINTER_UNAVAILABLE, _RETURNED, _JAM, sides=1, pages=2),
    _printed("slow", "pay"),
    *_out_of_service("exit-mute", Code.PRINTER_UNAVAILABLE, *_SOON),
    _printed("exit-mute", "pay"),
    _refused("early", "pay", _DOUBT, _HELD, _IN_DOUBT, sides=1, pages=2),
    _refused("twice", "pay", _DOUBT, _HELD, _IN_DOUBT, sides=2, pages=2),
    _refused("stands", "pay", _DOUBT, _HELD, _IN_DOUBT, sides=1),
    _refused("cancelled+jam", "pay", Code.JAM, _RETURNED, _VOID, sides=1, later=Code.PAPER_IN_EXIT),
    _refused("vanishes", "pay", _DOUBT, _HELD, _IN_DOUBT, sides=2, pages=2, slow=True),
    *_out_of_service("slot", Code.CASH_UNAVAILABLE, *_SOON),
    _refused("slot", "check", Code.CASH_UNAVAILABLE, _NONE, _CANCELLED),
    _refused("slot", "escrow", Code.CASH_UNAVAILABLE, _RETURNED, _CANCELLED),
    _printed("hopper", "pay", coin=500),
    _refused("motor", "escrow", Code.REFUND_OWED, _OWED, _CANCELLED, cancels=True),
    _printed("motor", "pay", coin=500, money=_OWED),
    _printed("short", "pay", coin=500),
    _printed("count", "pay", later=Code.CASH_COUNT_DIFFERS),
    _printed("silent-end", "pay", coin=500, money=_UNKNOWN, counted=300),
    _refused("silent-coin", "pay", Code.CASH_SILENT, _UNKNOWN, _CANCELLED),
    *_out_of_service("coin-link", Code.CASH_UNAVAILABLE, *_SOON),
    _refused("coin-link", "check", Code.CASH_UNAVAILABLE, _NONE, _CANCELLED),
    _refused("coin-link", "escrow", Code.CASH_SILENT, _UNKNOWN, _CANCELLED, counted=100),
    *_out_of_service("coin-power", Code.CASH_UNAVAILABLE, "card"),
    _refused("coin-power", "escrow", Code.CASH_SILENT, _UNKNOWN, _CANCELLED, counted=100),
    _printed("coin-power", "printing"),
    *_at_terminal(
        _refused("declines", "pay", Code.PAYMENT_DECLINED, _NONE, _CANCELLED),
        *_out_of_service("issuers", Code.CASH_UNAVAILABLE, *_SOON),
        _refused("issuers", "check", Code.CASH_UNAVAILABLE, _NONE, _CANCELLED),
        _refused("issuers", "pay", Code.CASH_UNAVAILABLE, _NONE, _CANCELLED),
        _printed("issuers", "printing"),
        _printed("silent-charge", "pay"),
        _refused("silent-card", "pay", Code.CASH_SILENT, _UNKNOWN, _CANCELLED),
        _printed("charges", "pay", later=Code.CASH_COUNT_DIFFERS),
        *_out_of_service("terminal-link", Code.CASH_UNAVAILABLE, *_SOON),
        _refused("terminal-link", "check", Code.CASH_UNAVAILABLE, _NONE, _CANCELLED),
        _refused("terminal-link", "pay", Code.CASH_SILENT, _UNKNOWN, _CANCELLED),
        _printed("terminal-link", "printing"),
        *_out_of_service("terminal-power", Code.CASH_UNAVAILABLE, "card"),
        _refused("terminal-power", "pay", Code.CASH_SILENT, _UNKNOWN, _CANCELLED),
        _printed("terminal-power", "printing"),
    ),
    _unplugged("card"),
    _unplugged("pin"),
    _unplugged("kind"),
    _unplugged("check"),
    _unplugged("pay", _CANCELLED),
    _unplugged("escrow", _CANCELLED),
    _unplugged("printing", _OUT, _IN_DOUBT, _VOID, sides=(0, 1)),
    _unplugged("take paper", _OUT, sides=(1,), later=Code.PAPER_IN_EXIT),
    _unplugged("end", _OUT, sides=(1,)),
)
"""Every trial."""
