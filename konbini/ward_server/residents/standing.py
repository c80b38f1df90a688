"""The registry as it stands while a change is judged: records opened and their signatures checked."""

from __future__ import annotations

from collections.abc import Callable

from konbini.protocol.cose import VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.effect import EntryEffect
from konbini.ward_server.residents.entry import PLAIN, RegisterEntry
from konbini.ward_server.residents.record import Presence, ResidentRecord, SignedRecord
from konbini.ward_server.residents.seal import SealRegistration, SignedSeal
from konbini.ward_server.residents.store import RegistryReading, StoredRecord

__all__ = ["Standing"]


class Standing:
    """Reads the register for the rules, at the one moment of `reading`.

    Every method raises `Refused`, `RECORD_NOT_SIGNED` or `SEAL_BROKEN`, where the registry's own rows are not what it
    wrote.
    """

    def __init__(self, reading: RegistryReading, key: VerifyingKey, municipality: str) -> None:
        self.reading = reading
        self.municipality = municipality
        self._key = key

    def record(self, resident: str) -> ResidentRecord | None:
        """Give a record at its newest version."""
        stored = self.reading.record(resident)
        return None if stored is None else self._open(stored)

    def present(self, resident: str) -> ResidentRecord:
        """Give a record that is not removed.

        Raises:
            Refused: `RESIDENT_UNKNOWN`; `CHANGE_INVALID`: it is removed.
        """
        record = self.record(resident)
        if record is None:
            raise Refused(Code.RESIDENT_UNKNOWN)
        if record.presence is not Presence.PRESENT:
            raise Refused(Code.CHANGE_INVALID, "the record is removed")
        return record

    def household(self, household: str) -> tuple[ResidentRecord, ...]:
        """Give the members of a household whose records stand, in 記載順位."""
        members = map(self._open, self.reading.household(household))
        standing = (record for record in members if record.presence is Presence.PRESENT)
        return tuple(sorted(standing, key=lambda record: record.order))

    def entry(self, resident: str) -> tuple[int, RegisterEntry]:
        """Give what is kept beyond the record and its version; a plain one at version 0 where nothing was entered."""
        stored = self.reading.entry(resident)
        return (0, PLAIN) if stored is None else (stored.version, stored.entry)

    def seal(self, resident: str) -> SealRegistration | None:
        """Give a seal registration at its newest version, in force or cancelled."""
        stored = self.reading.seal(resident)
        return None if stored is None else SignedSeal.open(stored.data, self._key, self.municipality).registration

    def amended(self, resident: str, amend: Callable[[RegisterEntry], RegisterEntry]) -> tuple[EntryEffect, ...]:
        """Give the next version of an entry, or nothing where `amend` leaves it as it is."""
        version, entry = self.entry(resident)
        amended = amend(entry)
        if amended == entry:
            return ()
        return (EntryEffect(resident=resident, version=version + 1, entry=amended),)

    def _open(self, stored: StoredRecord) -> ResidentRecord:
        return SignedRecord.open(stored.data, self._key, self.municipality).record
