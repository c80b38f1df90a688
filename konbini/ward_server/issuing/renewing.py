"""Message key and prekeys made anew at two persons' word, after a suspicion: what a restart does, without one.

The new message key is certified before the second person's agreement is carried out, so that a registry that is away
refuses it and nothing has changed. Then every prekey is destroyed and every visit that is open is forgotten: what was
sealed to them stays closed. What is being answered is answered; a kiosk that comes back with an order is told that
its visit is over and returns the money; a receipt that it owes it seals to the next prekey.

Limit: nobody revokes a message key before its day is over (docs/keys.md); what was signed with the last one still
verifies until then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from konbini.process.calls import Handler
from konbini.process.clock import Clock
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.decisions.decision import Decision
from konbini.ward_server.decisions.desk import Agreed
from konbini.ward_server.issuing.desk import Now
from konbini.ward_server.issuing.message_keys import MessageKeys
from konbini.ward_server.issuing.operator_calls import By, IssuingMethod, KeysOfVisits, handler
from konbini.ward_server.issuing.prekeys import Prekeys
from konbini.ward_server.issuing.visits import OpenVisits
from konbini.ward_server.residents.registry import require_person

__all__ = ["MessageKeysRenewed", "Renewing", "renewing_handlers"]


class Renewing:
    """Makes them anew at one server."""

    def __init__(self, keys: MessageKeys, prekeys: Prekeys, visits: OpenVisits, rows: Rows, clock: Clock) -> None:
        self._keys = keys
        self._prekeys = prekeys
        self._visits = visits
        self._rows = rows
        self._clock = clock

    def shown(self) -> KeysOfVisits:
        """Give how it stands now."""
        newest = self._keys.newest
        return KeysOfVisits(
            ends=0 if newest is None else newest.ends,
            prekeys=self._prekeys.held,
            visits=self._visits.count(self._now().seconds),
        )

    async def certified(self) -> bytes:
        """Have the next message key certified, and give its certificate's SHA-256.

        Raises:
            Refused, ConnectionError, TimeoutError: as `MessageKeys.make_ready`.
        """
        return hashlib.sha256(await self._keys.make_ready(self._now())).digest()

    async def renew(self) -> None:
        """Take the new key, destroy the prekeys, forget the visits; the next turn publishes."""
        now, visits = self._now(), self.shown().visits
        self._keys.renew(now)
        self._prekeys.forget()
        self._visits.end_all()
        about = f"{visits} visits ended"
        entry = AuditEntry(moment=now.milliseconds, event=AuditEvent.MESSAGE_KEYS_RENEWED, about=about)
        await self._rows.write(lambda connection: append(connection, entry), step="audit")

    def _now(self) -> Now:
        return Now(milliseconds=self._clock.now())


def renewing_handlers(renewing: Renewing) -> Mapping[int, Handler]:
    """Give the method of the operators' socket that shows what would be renewed."""

    async def keys_of_visits(asked: By) -> KeysOfVisits:
        require_person(asked.operator)
        return renewing.shown()

    return {IssuingMethod.KEYS_OF_VISITS: handler(By, keys_of_visits)}


class MessageKeysRenewed:
    """The effect of that decision; what it does in memory is done after its commit."""

    def __init__(self, renewing: Renewing) -> None:
        self._renewing = renewing

    async def prepare(self, _decision: Decision) -> bytes:
        """Have the next message key certified by the registry."""
        return await self._renewing.certified()

    def check(self, _connection: Connection, _decision: Decision) -> None:
        """It can be decided at any time."""

    def apply(self, connection: Connection, agreed: Agreed, prepared: bytes) -> None:
        """Record it before it is done."""
        append(connection, agreed.entry(AuditEvent.MESSAGE_KEYS_TO_BE_RENEWED, digest=prepared))
