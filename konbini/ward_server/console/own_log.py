"""The console's own log among the ward's: co-signed by the center, through `issuing`, each minute.

`issuing` carries the checkpoint and its answer; what comes back is checked here. Where a witness hands back a
checkpoint that this log signed and does not hold, or the last one does not hold, that is recorded and said in the log
of the process: the console decides nothing that it could stop.
"""

from __future__ import annotations

from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.process.log_keeping import SIGNING_SECONDS, CheckpointKeeper
from konbini.process.rows import NotStored
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.issuing.cosigning import CosignLine

__all__ = ["CosignedLog"]

_log = logger("konbini.ward_server.console.own_log")


class CosignedLog:
    """Has each checkpoint co-signed.

    Args:
        keeper: signs the checkpoints and takes the answers.
        line: to `issuing`.
        clock: for its turns.
    """

    def __init__(self, keeper: CheckpointKeeper, line: CosignLine, clock: Clock) -> None:
        self._keeper = keeper
        self._line = line
        self._clock = clock
        self._size = 0

    async def run(self) -> None:
        """Ask each minute; what cannot be co-signed now is asked for again."""
        while True:
            try:
                await self.turn()
            except (Refused, ConnectionError, TimeoutError, NotStored) as error:
                _log.warning("the log was not co-signed", error=type(error).__name__)
            await self._clock.sleep(SIGNING_SECONDS)

    async def turn(self) -> None:
        """Ask, and once more where the witness names another size than the one that was asked from.

        Raises:
            Refused: the answer is none of a witness of ours, or `issuing` refuses.
            ConnectionError, TimeoutError: `issuing` is not reached.
            NotStored: nothing was kept.
        """
        if await self._ask():
            await self._ask()  # whoever names one size after another is not followed

    async def _ask(self) -> bool:
        request = await self._keeper.request(self._size)
        if request is None:
            return False
        answer = await self._line.cosign(request.to_bytes())
        if answer is None:
            raise TimeoutError
        if answer.code not in (0, Code.LOG_OLD_SIZE):
            _log.error("the log was not co-signed", code=answer.code, count=answer.size)
        again = await self._keeper.take(answer)
        self._size = answer.size
        return again
