"""The one list of what can break, how a hand breaks it, and how it is mended.

A breakdown begins and ends at a running town's devices and nowhere else; the kiosk is told nothing but what its devices
say. The hardware page makes a button of each, and the table of trials names them by key.
"""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum, unique
from functools import partial
from typing import TypeAlias

from konbini.simulation.card.apdu import Instruction
from konbini.simulation.card.applet import Card
from konbini.simulation.card.habits import At, Garble, Habit, Mute, Pull, Swap, bit_flipped, random_status
from konbini.simulation.card.layout import CONTACTLESS_ATR, TRANSIT_CARD
from konbini.simulation.demo.town_running import RunningTown
from konbini.simulation.printer.jobs import Lie
from konbini.simulation.printer.mechanism import FULL_TRAY
from konbini.simulation.terminal.running import TerminalMachine

__all__ = ["BREAKDOWNS", "Breakdown", "Part"]

_B5 = "jis_b5_182x257mm"
_SLOW_SECONDS = 5.0
_MISCOUNTED = 100
_Act: TypeAlias = Callable[[RunningTown], Awaitable[object]]
_Acts: TypeAlias = tuple[_Act, _Act]
_AtTerminal: TypeAlias = Callable[[TerminalMachine], Awaitable[object]]


@unique
class Part(Enum):
    """The part that breaks."""

    CARD = "card"
    """What lies on the reader, and the reader."""
    PRINTER = "printer"
    LIES = "lies"
    """The printer's, of itself."""
    COINS = "coins"
    TERMINAL = "terminal"
    """The cashless terminal, where one pays there."""
    POWER = "power"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """One thing that can break.

    Attributes:
        key: names it.
        part: of what.
        japanese, english: what stands on its button.
        begin: breaks it.
        end: mends it; safe where it is whole.
        own: only the printer of our own can show it.
    """

    key: str
    part: Part
    japanese: str
    english: str
    begin: _Act
    end: _Act
    own: bool


def _mechanism(attribute: str, broken: object, whole: object) -> _Acts:
    async def put(value: object, town: RunningTown) -> None:
        setattr(town.own_printer.mechanism, attribute, value)

    return partial(put, broken), partial(put, whole)


def _spooler(attribute: str, broken: object, whole: object) -> _Acts:
    async def put(value: object, town: RunningTown) -> None:
        setattr(town.own_printer.spooler, attribute, value)

    return partial(put, broken), partial(put, whole)


def _second_page(attribute: str, broken: object, whole: object) -> _Acts:
    """Break it when the first page is out and the second sheet is drawn in."""

    async def begin(town: RunningTown) -> None:
        mechanism = town.own_printer.mechanism
        mechanism.upon(1, lambda: setattr(mechanism, attribute, broken))

    async def end(town: RunningTown) -> None:
        town.own_printer.mechanism.forget()
        setattr(town.own_printer.mechanism, attribute, whole)

    return begin, end


def _lie(lie: Lie) -> _Acts:
    async def begin(town: RunningTown) -> None:
        town.own_printer.spooler.lies.add(lie)

    async def end(town: RunningTown) -> None:
        town.own_printer.spooler.lies.discard(lie)

    return begin, end


def _jam(pages: int | None) -> _Acts:
    async def begin(town: RunningTown) -> None:
        town.printer.jam_after(pages)

    return begin, lambda town: town.printer.clear_jam()


async def _vanish(town: RunningTown) -> None:
    town.own_printer.vanish_after(1)


async def _come_back(town: RunningTown) -> None:
    town.own_printer.vanish_after(None)
    await town.own_printer.join_link()


async def _load_b5(town: RunningTown) -> None:
    town.own_printer.mechanism.medium = _B5


async def _another_job(town: RunningTown) -> None:
    town.own_printer.spooler.take_foreign_job()


async def _no_other_job(town: RunningTown) -> None:
    town.own_printer.spooler.finish_foreign_jobs()


async def _mute_exit(town: RunningTown) -> None:
    town.own_printer.barrier.mute = True


async def _hear_exit(town: RunningTown) -> None:
    town.own_printer.barrier.mute = False


def _terminal(broken: _AtTerminal, whole: _AtTerminal) -> _Acts:
    async def begin(town: RunningTown) -> None:
        await broken(_terminal_of(town))

    async def end(town: RunningTown) -> None:
        await whole(_terminal_of(town))

    return begin, end


def _terminal_of(town: RunningTown) -> TerminalMachine:
    if town.terminal is None:
        raise ValueError("one pays with coins in this town")
    return town.terminal


async def _nothing(_town: RunningTown) -> None:
    """Mend what mends itself."""


def _habit(habit: Callable[[], Habit]) -> _Acts:
    """Let the card do it once, at the command that the habit names."""

    async def begin(town: RunningTown) -> None:
        town.slot.arm(habit())

    return begin, _behave


async def _swap(town: RunningTown) -> None:
    to = await _neighbours_card(town)
    town.slot.arm(Swap(at=At(instruction=Instruction.PERFORM_SECURITY_OPERATION), to=to, mimic=True))


async def _behave(town: RunningTown) -> None:
    town.slot.disarm()


async def _neighbours_card(town: RunningTown) -> Card:
    """Give somebody else's card, as good as the one that lies there.

    Raises:
        LookupError: nobody else has one.
    """
    lies = town.slot.card
    for person in town.town.population.plain_holders():
        card = await town.card_of(person)
        if lies is None or card.certificate != lies.certificate:
            return card
    raise LookupError("the town has no other card")


def _atr(atr: bytes) -> _Acts:
    async def begin(town: RunningTown) -> None:
        town.slot.show_atr(atr)

    async def end(town: RunningTown) -> None:
        town.slot.show_atr(None)

    return begin, end


async def _lock_pin(town: RunningTown) -> None:
    town.slot.lock_pins()


async def _unlock_pin(town: RunningTown) -> None:
    town.slot.unlock_pins()


async def _unplug_reader(town: RunningTown) -> None:
    await town.pcscd.stop()
    await town.pcscd.start(plugged=False)


async def _plug_reader(town: RunningTown) -> None:
    await town.pcscd.stop()
    await town.pcscd.start()


async def _kill_daemon(town: RunningTown) -> None:
    await town.pcscd.stop(signal.SIGKILL)


async def _restart_daemon(town: RunningTown) -> None:
    await town.pcscd.stop(signal.SIGKILL)
    await town.pcscd.start()


_MUTE: _Acts = _habit(lambda: Mute(at=At(instruction=Instruction.SELECT)))
_PULLED: _Acts = _habit(lambda: Pull(at=At(instruction=Instruction.PERFORM_SECURITY_OPERATION)))
_NONSENSE: _Acts = _habit(lambda: Garble(at=At(instruction=Instruction.SELECT), how=random_status))
_DAMAGED: _Acts = _habit(lambda: Garble(at=At(instruction=Instruction.READ_BINARY, skip=1), how=bit_flipped))
_SWAPPED: _Acts = (_swap, _behave)
_OTHER_KIND: _Acts = _habit(lambda: Swap(at=At(instruction=Instruction.SELECT), to=Card(None, layout=TRANSIT_CARD)))
_PAPER: _Acts = (lambda town: town.printer.paper_out(), lambda town: town.printer.refill())
_B5_LOADED: _Acts = (_load_b5, lambda town: town.printer.refill())
_OFF: _Acts = (lambda town: town.printer.unplug(), lambda town: town.printer.plug_in())
_NETWORK: _Acts = (lambda town: town.own_printer.cut_link(), _come_back)
_SLOT: _Acts = (lambda town: town.coins.hands.jam(), lambda town: town.coins.hands.unjam())
_HOPPER: _Acts = (lambda town: town.coins.hands.empty_hopper(), lambda town: town.coins.hands.fill_hopper())
_MOTOR: _Acts = (lambda town: town.coins.hands.stick_motor(), lambda town: town.coins.hands.free_motor())
_SHORT: _Acts = (
    lambda town: town.coins.hands.keep_last_piece(kept=True),
    lambda town: town.coins.hands.keep_last_piece(kept=False),
)
_COUNT: _Acts = (lambda town: town.coins.hands.miscount(_MISCOUNTED), lambda town: town.coins.hands.miscount(0))
_HANG_UP: _Acts = (lambda town: town.coins.hands.hang_up_once(), _nothing)
_SILENT: _Acts = (lambda town: town.coins.hands.fall_silent_after_coin(), lambda town: town.coins.hands.speak())
_COIN_LINK: _Acts = (lambda town: town.coins.hands.cut_link(), lambda town: town.coins.hands.join_link())
_COIN_POWER: _Acts = (lambda town: town.coins.kill(), lambda town: town.coins.start())
_DECLINES: _Acts = _terminal(
    lambda it: it.hands.decline_all(declined=True), lambda it: it.hands.decline_all(declined=False)
)
_ISSUERS: _Acts = _terminal(lambda it: it.hands.lose_network(), lambda it: it.hands.find_network())
_SILENT_END: _Acts = (lambda town: _terminal_of(town).hands.hang_up_once(), _nothing)
_SILENT_CARD: _Acts = _terminal(lambda it: it.hands.fall_silent_after_card(), lambda it: it.hands.speak())
_CARD_COUNT: _Acts = _terminal(lambda it: it.hands.miscount(_MISCOUNTED), lambda it: it.hands.miscount(0))
_TERMINAL_LINK: _Acts = _terminal(lambda it: it.hands.cut_link(), lambda it: it.hands.join_link())
_TERMINAL_POWER: _Acts = _terminal(lambda it: it.kill(), lambda it: it.start())
_PLUG: _Acts = (lambda town: town.power.cut(), lambda town: town.power.restore())
_ROWS: tuple[tuple[Part, str, str, str, _Acts], ...] = (
    (Part.CARD, "card-mute", "応答しないカード", "Mute card", _MUTE),
    (Part.CARD, "card-pulled", "署名中に抜く", "Pulled while it signs", _PULLED),
    (Part.CARD, "card-swapped", "署名前にすり替え", "Another resident's card", _SWAPPED),
    (Part.CARD, "card-other", "交通系のカード", "A transit card", _OTHER_KIND),
    (Part.CARD, "card-nonsense", "でたらめな応答", "Answers nonsense", _NONSENSE),
    (Part.CARD, "card-damaged", "化けた証明書", "Damaged certificate", _DAMAGED),
    (Part.CARD, "card-atr", "見慣れないATR", "Unknown ATR", _atr(CONTACTLESS_ATR)),
    (Part.CARD, "card-locked", "PINのロック", "PIN locked", (_lock_pin, _unlock_pin)),
    (Part.CARD, "reader-gone", "リーダーを抜く", "Reader unplugged", (_unplug_reader, _plug_reader)),
    (Part.CARD, "pcscd", "リーダーの制御断", "Reader's service dead", (_kill_daemon, _restart_daemon)),
    (Part.PRINTER, "jam", "紙づまり", "Paper jam", _jam(None)),
    (Part.PRINTER, "jam-2", "2枚目で紙づまり", "Jam, p. 2", _jam(1)),
    (Part.PRINTER, "paper", "用紙切れ", "Paper out", _PAPER),
    (Part.PRINTER, "paper-2", "2枚目で用紙切れ", "Out, p. 2", _second_page("paper", 0, FULL_TRAY)),
    (Part.PRINTER, "b5", "B5の用紙", "B5 loaded", _B5_LOADED),
    (Part.PRINTER, "cover", "カバー開", "Cover open", _mechanism("cover_open", broken=True, whole=False)),
    (Part.PRINTER, "cover-2", "2枚目でカバー開", "Cover, p. 2", _second_page("cover_open", broken=True, whole=False)),
    (Part.PRINTER, "toner", "トナー切れ", "Toner out", _mechanism("toner_out", broken=True, whole=False)),
    (
        Part.PRINTER,
        "toner-2",
        "2枚目でトナー切れ",
        "Toner, p. 2",
        _second_page("toner_out", broken=True, whole=False),
    ),
    (Part.PRINTER, "paused", "一時停止", "Stopped at panel", _spooler("paused", broken=True, whole=False)),
    (Part.PRINTER, "busy", "ほかの印刷", "Another job", (_another_job, _no_other_job)),
    (Part.PRINTER, "slow", "遅い印刷", "5 s a page", _spooler("page_seconds", _SLOW_SECONDS, 0.0)),
    (Part.PRINTER, "off", "電源断", "Power off", _OFF),
    (Part.PRINTER, "network", "通信断", "Network cut", _NETWORK),
    (Part.PRINTER, "vanishes", "2枚目で通信断", "Gone, p. 2", (_vanish, _come_back)),
    (Part.PRINTER, "exit-mute", "紙センサー断", "Exit sensor mute", (_mute_exit, _hear_exit)),
    (Part.LIES, "early", "1枚で「完了」", "Done after page 1", _lie(Lie.COMPLETES_EARLY)),
    (Part.LIES, "cancelled", "取消後も印刷", "Prints cancelled", _lie(Lie.PRINTS_CANCELLED)),
    (Part.LIES, "stands", "枚数が進まない", "Counter stands", _lie(Lie.COUNTER_STANDS)),
    (Part.LIES, "twice", "枚数を2倍に数える", "Counts twice", _lie(Lie.COUNTS_TWICE)),
    (Part.LIES, "no-reason", "理由を言わない", "Names no reason", _lie(Lie.NAMES_NO_REASON)),
    (Part.COINS, "slot", "硬貨づまり", "Slot jammed", _SLOT),
    (Part.COINS, "hopper", "釣銭切れ", "No change", _HOPPER),
    (Part.COINS, "motor", "払出し不良", "Pays nothing out", _MOTOR),
    (Part.COINS, "short", "1枚足りない払出し", "One coin short", _SHORT),
    (Part.COINS, "count", "計数の誤り", "Counts wrongly", _COUNT),
    (Part.COINS, "silent-end", "確定に無応答", "No answer, once", _HANG_UP),
    (Part.COINS, "silent-coin", "投入直後に無応答", "Silent after a coin", _SILENT),
    (Part.COINS, "coin-link", "通信断", "Cable out", _COIN_LINK),
    (Part.COINS, "coin-power", "電源断", "Power off", _COIN_POWER),
    (Part.TERMINAL, "declines", "すべて不承認", "Declines every card", _DECLINES),
    (Part.TERMINAL, "issuers", "決済網の断", "Payment network down", _ISSUERS),
    (Part.TERMINAL, "silent-charge", "確定に無応答", "No answer, once", _SILENT_END),
    (Part.TERMINAL, "silent-card", "承認直後に無応答", "Silent after a card", _SILENT_CARD),
    (Part.TERMINAL, "charges", "計数の誤り", "Counts wrongly", _CARD_COUNT),
    (Part.TERMINAL, "terminal-link", "通信断", "Cable out", _TERMINAL_LINK),
    (Part.TERMINAL, "terminal-power", "電源断", "Power off", _TERMINAL_POWER),
    (Part.POWER, "plug", "キオスクの電源断", "Kiosk unplugged", _PLUG),
)
_EITHER_PRINTER = frozenset(("jam", "jam-2", "paper", "off"))

BREAKDOWNS: Mapping[str, Breakdown] = {
    key: Breakdown(
        key=key,
        part=part,
        japanese=japanese,
        english=english,
        begin=acts[0],
        end=acts[1],
        own=part in (Part.PRINTER, Part.LIES) and key not in _EITHER_PRINTER,
    )
    for part, key, japanese, english, acts in _ROWS
}
"""Every breakdown, by key."""
