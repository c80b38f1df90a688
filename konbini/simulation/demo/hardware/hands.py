"""A person's hands: what can be done to the devices of a running town, and what can be seen of them.

A card keeps what it remembers (the tries left of its PIN) for as long as the town runs, on the reader or off it. What
can break is the one list of `konbini.simulation.faults.breakdowns`; what stays broken is remembered here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from konbini.kiosk.card.profiles import INDIVIDUAL_NUMBER_CARD
from konbini.kiosk.payment.ports import CashState
from konbini.process.clock import Clock
from konbini.protocol.errors import Refused
from konbini.simulation.card.applet import Card
from konbini.simulation.card.layout import DRIVING_LICENCE
from konbini.simulation.cash.coins import KINDS
from konbini.simulation.cash.running import RejectedError
from konbini.simulation.demo.hardware.residents import Choice, Choices
from konbini.simulation.demo.town_running import RunningTown
from konbini.simulation.faults.breakdowns import BREAKDOWNS, Breakdown, Part
from konbini.simulation.printer.own import OwnPrinter
from konbini.simulation.terminal import running as terminals

__all__ = ["LICENCE", "Hands", "NotDoneError", "Seen"]

LICENCE = Choice(
    key="licence",
    name="運転免許証",
    japanese="マイナンバーカードではないカード",
    english="a driving licence: another kind of card",
    pin="",
)
"""The card that is none of the town's."""
_PIN_FILE = INDIVIDUAL_NUMBER_CARD.pin_file
_PAPERS = 6
_SHUT = {
    "SHUT": "投入口は閉じています the slot is shut",
    "NO-CHANGE": "おつりが足りないため戻りました no change for it: it fell through",
    "JAM": "硬貨がつまっています the slot is jammed",
}
_ASKS_NOT = {
    "SHUT": "決済端末は待っていません the terminal asks for no card",
    "DOWN": "決済網につながりません the payment network is down",
}


class NotDoneError(Exception):
    """The device does not let it be done; the text says why, in Japanese and English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """The printer, from outside.

    Attributes:
        works: the network reaches it.
        reasons: keywords of what is wrong with it.
        sheets: paper loaded; -1 where nobody can see it.
        counter: its lifetime counter.
        jobs: jobs that it holds.
    """

    works: bool
    reasons: tuple[str, ...]
    sheets: int
    counter: int
    jobs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coins:
    """The coin device, from outside: yen, and whether something lies in the dish."""

    works: bool
    asked: int = 0
    escrow: int = 0
    taken: int = 0
    returned: int = 0
    owed: int = 0
    dish: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What can be seen from outside.

    Attributes:
        card: what lies on the reader.
        tries: the tries left of its PIN.
        coins, printer: the devices.
        sheets: pages that lie in the paper exit.
        power: the kiosk is plugged in.
        broken: keys of what is broken now.
        papers: names of the newest pictures in the tray, the newest first.
    """

    card: Choice | None
    tries: int
    coins: Coins
    printer: Printing
    sheets: int
    power: bool
    broken: tuple[str, ...]
    papers: tuple[str, ...]


class Hands:
    """The hands of whoever sits at the page.

    Args:
        town: the running town.
        choices: whose cards there are.
        clock: for asking the coin device.
    """

    def __init__(self, town: RunningTown, choices: Choices, clock: Clock) -> None:
        self._town = town
        self._choices = choices
        self._cash = town.cash(clock, patience=1.0)
        self._cards: dict[str, Card] = {}
        self._lying = ""
        self._broken: set[str] = set()
        self._acts: Mapping[str, Callable[[str], Awaitable[object]]] = {
            "put": self._put,
            "pull": lambda _value: self._town.slot.pull(),
            "drop": self._drop,
            "present": self._present,
            "take": self._take,
            "take-coins": self._take_coins,
            "break": self._break,
            "mend": self._mend,
            "plug": lambda _value: self._plug(is_in=True),
            "unplug": lambda _value: self._plug(is_in=False),
            "open-door": lambda _value: self._door(is_open=True),
            "shut-door": lambda _value: self._door(is_open=False),
        }

    @property
    def breakdowns(self) -> tuple[Breakdown, ...]:
        """What can break in this town: `ippeveprinter` shows less than our own printer; one pays in one way."""
        own = isinstance(self._town.printer, OwnPrinter)
        absent = Part.TERMINAL if self._town.terminal is None else Part.COINS
        return tuple(each for each in BREAKDOWNS.values() if (own or not each.own) and each.part is not absent)

    async def do(self, act: str, value: str) -> None:
        """Do one thing.

        Raises:
            NotDoneError: the device does not let it, or there is no such thing to do.
        """
        if act not in self._acts:
            raise NotDoneError("できない操作です no such act")
        await self._acts[act](value)

    async def see(self) -> Seen:
        """Look at the devices."""
        lies = self._town.slot.card
        person = self._choices.person(self._lying) if lies else None
        return Seen(
            card=None if lies is None else LICENCE if person is None else self._choices.choice(person),
            tries=0 if lies is None or person is None else lies.tries_left(_PIN_FILE),
            coins=await self._see_coins(),
            printer=self._see_printer(),
            sheets=self._town.printer.lying,
            power=self._town.power.on,
            broken=tuple(sorted(self._broken)),
            papers=tuple(page.name for page in reversed(self._town.printer.pages()[-_PAPERS:])),
        )

    async def _see_coins(self) -> Coins:
        try:
            return _of_coins(await self._cash.state())
        except Refused:
            return Coins(works=False)

    def _see_printer(self) -> Printing:
        printer = self._town.printer
        if not isinstance(printer, OwnPrinter):
            return Printing(works=True, reasons=(), sheets=-1, counter=printer.impressions, jobs=0)
        return Printing(
            works=printer.reachable,
            reasons=printer.mechanism.reasons,
            sheets=printer.mechanism.paper,
            counter=printer.mechanism.impressions,
            jobs=len(printer.spooler.held),
        )

    async def _put(self, key: str) -> None:
        if self._town.slot.card is not None:
            raise NotDoneError("カードがすでに置かれています a card lies there already")
        self._town.slot.insert(await self._card(key))
        self._lying = key

    async def _card(self, key: str) -> Card:
        if key not in self._cards:
            self._cards[key] = await self._made(key)
        return self._cards[key]

    async def _made(self, key: str) -> Card:
        person = self._choices.person(key)
        if person is not None:
            return await self._town.card_of(person)
        if key != LICENCE.key:
            raise NotDoneError("そのカードはありません no such card")
        return Card(None, layout=DRIVING_LICENCE)

    async def _drop(self, value: str) -> None:
        if self._town.terminal is not None:
            raise NotDoneError("できない操作です no such act")
        if not value.isascii() or not value.isdigit() or int(value) not in KINDS:
            raise NotDoneError("使えない硬貨です not a coin that it takes")
        try:
            await self._town.coins.hands.drop(int(value))
        except RejectedError as rejected:
            raise NotDoneError(_SHUT.get(str(rejected), f"硬貨が戻りました {rejected}")) from rejected
        except OSError as error:
            raise NotDoneError("硬貨の機械は止まっています the coin device is off") from error

    async def _present(self, value: str) -> None:
        if self._town.terminal is None:
            raise NotDoneError("できない操作です no such act")
        try:
            await self._town.terminal.hands.present(approved=value == "good")
        except terminals.RejectedError as rejected:
            raise NotDoneError(_ASKS_NOT.get(str(rejected), f"カードが戻りました {rejected}")) from rejected
        except OSError as error:
            raise NotDoneError("決済端末は止まっています the terminal is off") from error

    async def _take(self, _value: str) -> None:
        if not self._town.printer.take_paper():
            raise NotDoneError("取り出し口に紙はありません no paper lies there")

    async def _take_coins(self, _value: str) -> None:
        try:
            taken = 0 if self._town.terminal else await self._town.coins.hands.take_coins()
        except OSError:
            taken = 0
        if not taken:
            raise NotDoneError("返却口にお金はありません nothing lies in the dish")

    async def _plug(self, *, is_in: bool) -> None:
        self._town.jack.is_in = is_in

    async def _door(self, *, is_open: bool) -> None:
        door = self._town.shop.door
        if is_open:
            door.open()
        else:
            door.shut()

    async def _break(self, key: str) -> None:
        await self._breakdown(key).begin(self._town)
        self._broken.add(key)

    async def _mend(self, key: str) -> None:
        await self._breakdown(key).end(self._town)
        self._broken.discard(key)

    def _breakdown(self, key: str) -> Breakdown:
        found = next((each for each in self.breakdowns if each.key == key), None)
        if found is None:
            raise NotDoneError("そのような故障はありません no such fault")
        return found


def _of_coins(state: CashState) -> Coins:
    asking, counts = state.asking, state.counts
    return Coins(
        works=True,
        asked=asking.sum if asking else 0,
        escrow=counts.escrow,
        taken=counts.taken,
        returned=counts.returned,
        owed=counts.owed,
        dish=state.dish,
    )
