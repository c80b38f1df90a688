"""What was issued and printed on one day so far, counted; it names nobody. It walks all that was issued on that day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from konbini.process.statements import Connection
from konbini.protocol.kinds import CertificateKind, Outcome
from konbini.ward_server.issuing.ledger.issuances import IssuanceState

__all__ = ["Today", "count_today"]

_HOURS: Final = 24
_HOUR_SECONDS: Final = 3600
_GIVEN: Final = (int(IssuanceState.ISSUED), int(IssuanceState.SETTLED))
"""What was given out, whatever became of the paper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """A day so far: papers printed and their fees in yen; what was issued in each hour, at each kiosk, of each kind."""

    printed: int
    fees: int
    hours: tuple[int, ...]
    kiosks: Mapping[str, int]
    kinds: Mapping[CertificateKind, int]


def count_today(connection: Connection, day_began: int) -> Today:
    """Count a day that began at `day_began`, Unix seconds."""
    printed, fees = connection.execute(
        "SELECT count(*), coalesce(sum(fee), 0) FROM issuance JOIN receipt USING (visit, ordinal)"
        " WHERE reserved >= ? AND outcome = ?",
        (day_began, Outcome.PRINTED),
    ).fetchone()
    return Today(
        printed=printed,
        fees=fees,
        hours=_hours(connection, day_began),
        kiosks=_kiosks(connection, day_began),
        kinds=_kinds(connection, day_began),
    )


def _hours(connection: Connection, day_began: int) -> tuple[int, ...]:
    counted = dict(
        connection.execute(
            "SELECT (reserved - ?1) / ?2, count(*) FROM issuance"
            " WHERE reserved >= ?1 AND reserved < ?1 + ?3 AND state IN (?4, ?5) GROUP BY 1",
            (day_began, _HOUR_SECONDS, _HOURS * _HOUR_SECONDS, *_GIVEN),
        ).fetchall()
    )
    return tuple(counted.get(hour, 0) for hour in range(_HOURS))


def _kiosks(connection: Connection, day_began: int) -> Mapping[str, int]:
    return dict(
        connection.execute(
            "SELECT kiosk, count(*) FROM issuance WHERE reserved >= ? AND state IN (?, ?) GROUP BY kiosk ORDER BY 1",
            (day_began, *_GIVEN),
        ).fetchall()
    )


def _kinds(connection: Connection, day_began: int) -> Mapping[CertificateKind, int]:
    rows = connection.execute(
        "SELECT kind, count(*) FROM issuance WHERE reserved >= ? AND state IN (?, ?) GROUP BY kind",
        (day_began, *_GIVEN),
    )
    counted = {CertificateKind(kind): count for kind, count in rows}
    return {kind: counted.get(kind, 0) for kind in CertificateKind}
