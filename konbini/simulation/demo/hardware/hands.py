"""A person's hands: what can be done to the devices of a running town, and what can be seen of them.

A card keeps what it remembers (the tries left of its PIN) for as long as the town runs, on the reader or off it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from konbini.kiosk.card.profiles import INDIVIDUAL_NUMBER_CARD
from konbini.kiosk.payment.client import CoinDevice
from konbini.process.clock import Clock
from konbini.protocol.errors import Refused
from konbini.simulation.card.applet import Card
from konbini.simulation.card.layout import DRIVING_LICENCE
from konbini.simulation.cash.coins import KINDS
from konbini.simulation.cash.running import RejectedError
from konbini.simulation.demo.hardware.residents import Choice, Choices
from konbini.simulation.demo.town_running import RunningTown

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
_NEVER = -1


class NotDoneError(Exception):
    """The device does not let it be done; the text says why, in Japanese and English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What can be seen from outside.

    Attributes:
        card: what lies on the reader.
        tries: the tries left of its PIN.
        asked: yen that the kiosk asks for, 0 where it asks for nothing.
        escrow: yen in escrow.
        sheets: pages that lie in the paper exit.
        faults: words for what is the matter with the devices.
        papers: names of the newest pictures in the tray, the newest first.
    """

    card: Choice | None
    tries: int
    asked: int
    escrow: int
    sheets: int
    faults: tuple[str, ...]
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
        self._coins = CoinDevice(town.coins.socket, clock)
        self._cards: dict[str, Card] = {}
        self._lying = ""
        self._faults: set[str] = set()
        hands, printer = town.coins.hands, town.printer
        self._acts: Mapping[str, Callable[[str], Awaitable[object]]] = {
            "put": self._put,
            "pull": lambda _value: self._town.slot.pull(),
            "drop": self._drop,
            "take": self._take,
            "plug": lambda _value: self._plug(is_in=True),
            "unplug": lambda _value: self._plug(is_in=False),
            "jam": lambda _value: self._jam(),
            "unjam": lambda _value: self._unjam(),
            "paper-out": lambda _value: self._broken("paper", printer.paper_out()),
            "refill": lambda _value: self._mended("paper", printer.refill()),
            "hopper-empty": lambda _value: self._broken("hopper", hands.empty_hopper()),
            "hopper-fill": lambda _value: self._mended("hopper", hands.fill_hopper()),
            "motor-stick": lambda _value: self._broken("motor", hands.stick_motor()),
            "motor-free": lambda _value: self._mended("motor", hands.free_motor()),
        }

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
        asked = escrow = 0
        try:
            asking = (await self._coins.state()).asking
            asked, escrow = (asking.sum, asking.escrow) if asking else (0, 0)
        except Refused:
            self._faults.add("coins")
        else:
            self._faults.discard("coins")
        lies = self._town.slot.card
        person = self._choices.person(self._lying) if lies else None
        return Seen(
            card=None if lies is None else LICENCE if person is None else self._choices.choice(person),
            tries=0 if lies is None or person is None else lies.tries_left(_PIN_FILE),
            asked=asked,
            escrow=escrow,
            sheets=self._town.printer.lying,
            faults=tuple(sorted(self._faults)),
            papers=tuple(page.name for page in reversed(self._town.printer.pages()[-_PAPERS:])),
        )

    async def _put(self, key: str) -> None:
        if self._town.slot.card is not None:
            raise NotDoneError("カードがすでに置かれています a card lies there already")
        self._town.slot.insert(self._card(key))
        self._lying = key

    def _card(self, key: str) -> Card:
        if key not in self._cards:
            person = self._choices.person(key)
            if person is None and key != LICENCE.key:
                raise NotDoneError("そのカードはありません no such card")
            self._cards[key] = Card(None, layout=DRIVING_LICENCE) if person is None else self._town.card_of(person)
        return self._cards[key]

    async def _drop(self, value: str) -> None:
        if not value.isascii() or not value.isdigit() or int(value) not in KINDS:
            raise NotDoneError("使えない硬貨です not a coin that it takes")
        try:
            await self._town.coins.hands.drop(int(value))
        except RejectedError as rejected:
            raise NotDoneError(
                "投入口は閉じています the slot is shut" if str(rejected) == "SHUT" else f"硬貨が戻りました {rejected}"
            ) from rejected

    async def _take(self, _value: str) -> None:
        if not self._town.printer.take_paper():
            raise NotDoneError("取り出し口に紙はありません no paper lies there")

    async def _plug(self, *, is_in: bool) -> None:
        self._town.jack.is_in = is_in

    async def _jam(self) -> None:
        self._town.printer.jam_after(0)
        self._faults.add("jam")

    async def _unjam(self) -> None:
        self._town.printer.jam_after(_NEVER)  # a jam that was wanted and has not happened yet
        await self._mended("jam", self._town.printer.clear_jam())

    async def _broken(self, what: str, act: Awaitable[None]) -> None:
        await act
        self._faults.add(what)

    async def _mended(self, what: str, act: Awaitable[None]) -> None:
        await act
        self._faults.discard(what)
