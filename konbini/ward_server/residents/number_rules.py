"""The rule of numbers: an individual number (番号法 Article 7) and a resident record code belong to one person.

A resident may be given a new one; the one before stays taken, also when the record is removed or was disposed of. It is
asked when a change is entered, and again within the transaction that approves it: of two changes that give one number,
the one that is approved first has it.
"""

from __future__ import annotations

from collections.abc import Iterable

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.effect import Effect, RecordEffect
from konbini.ward_server.residents.standing import Standing
from konbini.ward_server.residents.store import NumberKind

__all__ = ["TAKEN", "check_numbers"]

TAKEN = {
    NumberKind.INDIVIDUAL_NUMBER: Code.INDIVIDUAL_NUMBER_TAKEN,
    NumberKind.RESIDENT_CODE: Code.RESIDENT_CODE_TAKEN,
}
"""What a number of each kind is refused with where another resident has or had it."""


def check_numbers(standing: Standing, effects: Iterable[Effect]) -> None:
    """Refuse a number that is, or was, another resident's; what a record had before is not judged again.

    Raises:
        Refused: `INDIVIDUAL_NUMBER_TAKEN`, `RESIDENT_CODE_TAKEN`.
    """
    for effect in effects:
        if isinstance(effect, RecordEffect):
            resident = effect.record.resident
            _check(standing, NumberKind.INDIVIDUAL_NUMBER, effect.individual_number, resident)
            _check(standing, NumberKind.RESIDENT_CODE, effect.record.resident_code, resident)


def _check(standing: Standing, kind: NumberKind, number: str | None, resident: str) -> None:
    if number is None or not standing.reading.number_taken(kind, number, resident):
        return
    before = standing.record(resident) if kind is NumberKind.RESIDENT_CODE else None
    if before is None or before.resident_code != number:
        raise Refused(TAKEN[kind], "given before, to another resident")
