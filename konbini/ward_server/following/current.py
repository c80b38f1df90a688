"""Whether a process may rely on its copy now: not stopped, the feed whole, and a lease or an outage in force.

Asked before each use case, and again in the transaction that issues.
"""

from __future__ import annotations

from konbini.process.clock import Clock
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.decisions.stop import check_running
from konbini.ward_server.following.lease import Lease
from konbini.ward_server.following.outage import Outage, Outages
from konbini.ward_server.following.standing import check_unbroken

__all__ = ["Current"]


class Current:
    """The judgement of one process.

    Args:
        rows: the process's.
        lease: the registry's word.
        outages: as two persons declared them at this process.
        clock: for the lease.
        standby: a server at another place (縮退運用環境用サーバー): it follows, and serves in outage mode alone.
    """

    def __init__(self, rows: Rows, lease: Lease, outages: Outages, clock: Clock, *, standby: bool = False) -> None:
        self._rows = rows
        self._lease = lease
        self._outages = outages
        self._clock = clock
        self._standby = standby

    async def check(self) -> Outage | None:
        """Refuse where nothing may be issued from this copy now.

        Returns:
            The outage that is in force, None in ordinary service.

        Raises:
            Refused: `WARD_STOPPED`; the code of what broke the feed; `WARD_NOT_CURRENT`; `WARD_CLOSED`: a standby
                server without an outage.
        """
        return await self._rows.read(self.check_in)

    def check_in(self, connection: Connection) -> Outage | None:
        """Refuse within a transaction; see `check`."""
        check_running(connection)
        check_unbroken(connection)
        outage = self._outages.in_force(connection)
        if outage is None:
            if self._standby:
                raise Refused(Code.WARD_CLOSED, "a server that serves in outage mode alone")
            self._lease.check(self._clock.monotonic())
        return outage

    def lease_holds(self) -> bool:
        """Say whether the registry's lease holds now."""
        return self._lease.holds(self._clock.monotonic())
