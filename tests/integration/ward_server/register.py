"""The operators of a running ward's register: what they enter and approve, and the record as it stands then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from konbini.process.calls import CallClient
from konbini.protocol.shape import from_bytes
from konbini.simulation.clock import SettableClock
from konbini.ward_server.residents.bodies import HouseholdPlan, Households, MemberPlace
from konbini.ward_server.residents.calls import OperatorMethod
from konbini.ward_server.residents.changes import Body, ChangeKind, RecordWritten, Restriction, new_change
from konbini.ward_server.residents.record import Presence, ResidentRecord, unchecked_record
from konbini.ward_server.residents.registry import Found
from tests.integration.ward_server.people import TODAY
from tests.records import removal_of, written

__all__ = ["RegisterOperators"]

_PATIENCE_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterOperators:
    """Two operators at the registry's socket.

    Attributes:
        line: to that socket.
        clock: the ward's, whose hands are moved while a follower is waited for.
        rows: reads a process's store beside it.
    """

    line: CallClient
    clock: SettableClock
    rows: Callable[[str, str], list[tuple[Any, ...]]]

    @property
    def known(self) -> frozenset[str]:
        """The residents of whom the registry has a record."""
        return frozenset(resident for (resident,) in self.rows("registry", "SELECT DISTINCT resident FROM record"))

    async def change(self, kind: ChangeKind, resident: str, body: Body, seen: int, effective: int = TODAY) -> None:
        """Have one operator enter a change and another approve it; it is in force at every follower then."""
        change = new_change(kind, resident, body, seen=seen, effective=effective, source="届書")
        entered = await self.line.call(OperatorMethod.ENTER, "aoki", change.to_bytes())
        approve = self.line.call(OperatorMethod.APPROVE, "bando", entered, within=_PATIENCE_SECONDS)
        approving = asyncio.create_task(approve)
        while not (await asyncio.wait((approving,), timeout=0.3))[0]:
            await self.clock.advance(1)  # a follower that lost the registry for a moment waits for this
        approving.result()

    async def record(self, resident: str) -> ResidentRecord:
        """Give a resident's record as the registry has it now."""
        found = await self.line.call(OperatorMethod.LOOK_UP, "aoki", resident, "照会")
        assert isinstance(found, bytes)
        return unchecked_record(from_bytes(Found, found).record)

    async def rewrite(self, resident: str, **changes: object) -> None:
        """Correct a resident's record, or enter a new one's."""
        if resident in self.known:
            record = await self.record(resident)
            fresh = replace(record, version=record.version + 1, individual_number=None, **changes)  # type: ignore[arg-type] # fields by name
            kind, seen = ChangeKind.CORRECTION, record.version
        else:
            fresh, kind, seen = written(resident, **changes), ChangeKind.BIRTH, 0
        await self.change(kind, resident, RecordWritten(record=fresh, individual_number=None, postcode=""), seen)

    async def remove(self, resident: str, reason: Presence = Presence.MOVED_OUT) -> None:
        """Remove a resident's record; the next in order heads those who stay."""
        gone = await self.record(resident)
        remaining = await self.headed_anew(gone) if gone.relationship == "世帯主" else ()
        kind, body = removal_of(reason, remaining)
        await self.change(kind, resident, body, gone.version)

    async def split_off(self, resident: str, household: str) -> None:
        """Have somebody leave for a household of their own, at the same address."""
        leaver = await self.record(resident)
        alone = MemberPlace(resident=resident, seen=leaver.version, order=1, relationship="世帯主")
        plans = (
            HouseholdPlan(household=leaver.household, members=await self.headed_anew(leaver)),
            HouseholdPlan(household=household, members=(alone,)),
        )
        await self.change(ChangeKind.HOUSEHOLD_SPLIT, resident, Households(households=plans), leaver.version)

    async def headed_anew(self, leaver: ResidentRecord) -> tuple[MemberPlace, ...]:
        """Give how a household stands without one member: headed by the next in order where the head goes."""
        records = [await self.record(one) for one in sorted(self.known - {leaver.resident})]
        staying = [one for one in records if one.household == leaver.household and one.presence is Presence.PRESENT]
        headed = leaver.relationship != "世帯主"
        staying.sort(key=lambda one: one.order)
        return tuple(
            MemberPlace(
                resident=one.resident,
                seen=one.version,
                order=one.order,
                relationship=one.relationship if headed else "子" if place else "世帯主",
            )
            for place, one in enumerate(staying)
        )

    async def protect(self, resident: str) -> None:
        """Set a protective measure."""
        await self.change(ChangeKind.MEASURE_SET, resident, Restriction(name="S-2026-0099", planned_end=None), 0)
