"""A registry that wraps its data keys anew, and ends itself with SIGKILL at an edge of a commit; run by the tests.

rotating_child.py CONFIG EDGE NTH
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.ward_server.residents.config import read_config
from konbini.ward_server.residents.keys import key_rotation
from konbini.ward_server.residents.main import open_registry
from tests.crashing import Crash


async def main() -> None:
    """Rotate once."""
    config = read_config(Path(sys.argv[1]))
    watch = Crash(sys.argv[2], step="rotate keys", nth=int(sys.argv[3]))
    clock = SystemClock()
    async with open_registry(config, clock, SystemEntropy(), watch=watch) as rooms:
        await key_rotation(rooms.store.rows, rooms.vault, config, clock).turn()


if __name__ == "__main__":
    asyncio.run(main())
