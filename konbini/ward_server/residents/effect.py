"""What a change writes: a version of a record or of what stands beside it, a link, a restriction, a registration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.entry import RegisterEntry
from konbini.ward_server.residents.record import ResidentRecord
from konbini.ward_server.residents.seal import SealRegistration
from konbini.ward_server.residents.store import StoredLink, StoredRestriction

__all__ = ["Effect", "EntryEffect", "RecordEffect", "SealEffect", "compare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEffect:
    """A new version of a record, unsigned; `individual_number` where it is new."""

    record: ResidentRecord
    individual_number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryEffect:
    """A new version of what is kept of a resident beyond the record."""

    resident: str
    version: int
    entry: RegisterEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class SealEffect:
    """A new version of a seal registration, unsigned."""

    registration: SealRegistration


Effect: TypeAlias = RecordEffect | EntryEffect | StoredLink | StoredRestriction | SealEffect


def compare(in_force: int, seen: int) -> None:
    """Refuse a change that was prepared on another version than the one in force.

    Raises:
        Refused: `CHANGED_MEANWHILE`.
    """
    if in_force != seen:
        raise Refused(Code.CHANGED_MEANWHILE, f"version {in_force} is in force, not {seen}")
