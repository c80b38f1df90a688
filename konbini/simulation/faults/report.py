"""What the trials say: a line for each as it ends, the table, the page of the documents, and rows for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from konbini.kiosk.payment.means import worded
from konbini.kiosk.ui.catalogue import Catalogue
from konbini.protocol.errors import Code
from konbini.simulation.faults.breakdowns import BREAKDOWNS, Part
from konbini.simulation.faults.trials import TRIALS, Trial
from konbini.simulation.faults.trying import Tried

__all__ = ["last_line", "page", "row_name", "table", "trial_line"]

_HEAD = """\
# Faults tried

`konbini faults` tries each row at the real kiosk of a running town (its own processes, the center, the ward, a card
behind a real `pcscd`, the printer of our own, the coin device, and for its own rows the cashless terminal): it breaks
what the row names at the screen that it names, reads the screen, mends, and waits until all is settled and told to the
ward. It ends with 0 only if every row came out as it stands here.
`make test` tries a few, `make test-long` all. What must hold after every row besides: the money that stays is the fee
of what is printed or in doubt, no page comes out twice, the ward has every receipt, and the kiosk serves again by
itself when what broke is mended.

What no row can show: a coin that the device counts as paid and that never fell ("One coin short") is seen by the
resident alone.
"""
_PARTS = {
    Part.CARD: "The card and its reader",
    Part.PRINTER: "The printer",
    Part.LIES: "A printer that lies",
    Part.COINS: "The coin device",
    Part.TERMINAL: "The cashless terminal",
    Part.POWER: "The power",
}
_COLUMNS = ("what breaks", "at", "screen", "money", "paper", "receipt", "afterwards")


def trial_line(tried: Tried) -> str:
    """Say how one trial ended, as it ends."""
    verdict = "; ".join(tried.faults) or "right"
    return f"{tried.seconds:5.1f} s  {row_name(tried.trial):<52}  {verdict}"


def row_name(trial: Trial) -> str:
    """Name a row in words."""
    return f"{_what(trial)}, at {trial.at}"


def table(tried: Sequence[Tried]) -> Iterator[str]:
    """Give the table, a line for each trial, its verdict last."""
    rows = [(*_cells(each), "; ".join(each.faults) or "right") for each in tried]
    heads = (*_COLUMNS, "verdict")
    widths = [max(len(row[place]) for row in (heads, *rows)) for place in range(len(heads))]
    for row in (heads, *rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def page(words: Catalogue) -> str:
    """Write the page of the documents: what must come of every trial."""
    parts = [_HEAD]
    for part, title in _PARTS.items():
        rows = [trial for trial in TRIALS if BREAKDOWNS[trial.breaks[0]].part is part]
        parts.append(f"\n## {title}\n\n| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}\n")
        parts.extend(f"| {' | '.join(_due(trial, words))} |\n" for trial in rows)
    return "".join(parts)


def last_line(tried: Sequence[Tried]) -> str:
    """Give the one line for programs."""
    return json.dumps(
        {
            "trials": len(tried),
            "right": sum(not each.faults for each in tried),
            "rows": [
                {**dict(zip(_COLUMNS, _cells(each), strict=True)), "faults": each.faults, "seconds": each.seconds}
                for each in tried
            ],
        },
        ensure_ascii=False,
    )


def _what(trial: Trial) -> str:
    return " + ".join(BREAKDOWNS[key].english for key in trial.breaks)


def _due(trial: Trial, words: Catalogue) -> tuple[str, ...]:
    """Give the cells of what must come."""
    screen = trial.screen or "(none: no power)"
    said = "" if trial.code is None else f": {_sentence(trial.code, trial, words)}"
    sides = " or ".join(str(number) for number in sorted(trial.sides))
    outcomes = " or ".join(sorted(outcome.name.lower().replace("_", " ") for outcome in trial.outcomes))
    later = "" if trial.later is None else _sentence(trial.later, trial, words)
    return (
        _what(trial),
        trial.at,
        f"{screen}{said}",
        "-" if trial.money is None else trial.money.value,
        f"{sides} of {trial.pages}" if trial.outcomes else "none",
        outcomes or "no order",
        later or "serves",
    )


def _sentence(code: Code, trial: Trial, words: Catalogue) -> str:
    return f"{words.text(worded(words.sentence_key(code, 'what'), trial.means, words.texts))} ({int(code)})"


def _cells(tried: Tried) -> tuple[str, ...]:
    trial, found = tried.trial, tried.found
    code = "" if trial.code is None else f" ({int(trial.code)})"
    return (
        _what(trial),
        trial.at,
        f"{found.heading or '-'}{code}",
        _money(tried),
        f"{found.sides} of {trial.pages}" if found.outcome is not None else "none",
        "-" if found.outcome is None else found.outcome.name.lower().replace("_", " "),
        "-" if found.later is None else f"out of service ({int(found.later)})",
    )


def _money(tried: Tried) -> str:
    """Say how the device's own count moved."""
    found = tried.found
    if not found.taken:
        return "none taken"
    named = (("kept", found.kept), ("returned", found.returned), ("owed", found.owed))
    return ", ".join(f"{yen} {word}" for word, yen in named if yen)
