"""The proofs that a process was handed, as rows: kept before anything is done, and checked again by whoever audits.

They end with decisions, by the day on which they were signed. Table: `signed_act`, in `signed_acts/signed_act.sql`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from konbini.process.statements import Connection
from konbini.protocol.errors import Refused
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import entry_at
from konbini.ward_server.signed_acts import roll
from konbini.ward_server.signed_acts.judging import check_assertion
from konbini.ward_server.signed_acts.proof import Proof, act_challenge

__all__ = ["EndedSignedActs", "SignedAct", "broken_proofs", "keep", "signed_acts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAct:
    """A proof as it is kept; `call` is its call's digest, the moment Unix milliseconds."""

    challenge: bytes
    person: str
    method: int
    call: bytes
    proof: Proof
    moment: int
    log_index: int


def keep(connection: Connection, act: SignedAct) -> None:
    """Keep a proof."""
    connection.execute(
        "INSERT INTO signed_act (challenge, person, method, call, evidence, moment, log_index)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (act.challenge, act.person, act.method, act.call, to_bytes(act.proof), act.moment, act.log_index),
    )


def signed_acts(connection: Connection) -> Iterator[SignedAct]:
    """Give every proof that is kept, oldest first."""
    for challenge, person, method, call, evidence, moment, log_index in connection.execute(
        "SELECT challenge, person, method, call, evidence, moment, log_index FROM signed_act"
        " ORDER BY log_index, challenge"
    ).fetchall():
        yield SignedAct(
            challenge=bytes(challenge),
            person=person,
            method=method,
            call=bytes(call),
            proof=from_bytes(Proof, bytes(evidence)),
            moment=moment,
            log_index=log_index,
        )


def broken_proofs(connection: Connection, origin: str, taken: AuditEvent) -> tuple[SignedAct, ...]:
    """Give the proofs that do not hold: against the roll, their own row, and the entry of the log that they name.

    Args:
        connection: to the rows.
        origin: the console's, as it was when they were signed.
        taken: the event under which the process records them.
    """
    return tuple(one for one in signed_acts(connection) if not _holds(connection, one, origin, taken))


def _holds(connection: Connection, act: SignedAct, origin: str, taken: AuditEvent) -> bool:
    challenge = act_challenge(person=act.person, said=act.proof.said, nonce=act.proof.nonce, call=act.call)
    key = roll.find(connection, act.proof.assertion.credential)
    entry = entry_at(connection, act.log_index)
    expected = (taken, (act.person,), challenge)
    recorded = entry is None or (entry.event, entry.operators, entry.digest) == expected
    if key is None or key.person != act.person or challenge != act.challenge or not recorded:
        return False
    try:
        check_assertion(act.proof.assertion, challenge=challenge, origin=origin, public_key=key.public_key)
    except Refused:
        return False
    return True


class EndedSignedActs:
    """Proofs, as rows that end by the day."""

    def oldest(self, connection: Connection, begin: int, end: int) -> int | None:
        """Give when the first of them was signed."""
        found = self._between(connection, begin, end, 1)
        return found[0][1] if found else None

    def destroy(self, connection: Connection, begin: int, end: int, most: int) -> int:
        """Empty and remove them."""
        ended = [(challenge,) for challenge, _moment in self._between(connection, begin, end, most)]
        connection.executemany(
            "UPDATE signed_act SET evidence = ? WHERE challenge = ?", [(b"", challenge) for (challenge,) in ended]
        )
        connection.executemany("DELETE FROM signed_act WHERE challenge = ?", ended)
        return len(ended)

    @staticmethod
    def _between(connection: Connection, begin: int, end: int, most: int) -> list[tuple[bytes, int]]:
        return connection.execute(
            "SELECT challenge, moment FROM signed_act WHERE moment >= ? AND moment < ?"
            " ORDER BY moment, challenge LIMIT ?",
            (begin, end, most),
        ).fetchall()
